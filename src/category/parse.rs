//! One entry for all fields: the text of a cell to its typed value.

use super::derived_code::{self, Derived};
use super::reading::Reading;
use super::{
    Axis, Behavior, Category, Cell, Edition, FactorValue, Histology, MetFlag, OrganSet, PartialDate, Prefix,
    Recorded, Sex, Site, StageGroup, code, combined, date, group_notation, morphology, organ, site,
    tnm_notation, words,
};
use crate::fields::{Coding, Field};

/// The typed value of one cell.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Parsed {
    /// Topography.
    Site(Cell<Site>),
    /// Histology; a cell such as `8140/3` tells the behavior as well (blank otherwise).
    Morphology(Cell<Histology>, Cell<Behavior>),
    /// Behavior.
    Behavior(Cell<Behavior>),
    /// Sex.
    Sex(Cell<Sex>),
    /// Age in whole years.
    Age(Cell<u8>),
    /// A date.
    Date(Cell<PartialDate>),
    /// TNM edition.
    Edition(Cell<Edition>),
    /// T, N or M.
    Category(Recorded<Category>),
    /// Stage group.
    Group(Recorded<StageGroup>),
    /// A stage cell that holds categories instead of a group: `T3N1MX`.
    Combined {
        /// T, blank where not given.
        t: Recorded<Category>,
        /// N, blank where not given.
        n: Recorded<Category>,
        /// M, blank where not given.
        m: Recorded<Category>,
    },
    /// A prognostic factor or a schema discriminator.
    Factor(Cell<FactorValue>),
    /// A metastasis flag.
    Met(Cell<MetFlag>),
    /// A list of metastatic sites.
    Organs(Cell<OrganSet>),
    /// A count or a numeric registry code.
    Count(Cell<u16>),
    /// Yes or no.
    Flag(Cell<bool>),
    /// A field whose text is carried, not interpreted (keys, facility).
    Text,
}

/// Reads one cell of a field's column. Never fails: what cannot be read is [`Cell::Invalid`].
///
/// Words for missing values come first, then words that stand for a code, then the
/// notation of the field. The coding matters for T, N, M and stage groups (derived AJCC
/// codes) and for the age (days).
pub fn parse(field: Field, coding: Coding, text: &str) -> Parsed {
    let reading = Reading::of(field);
    let cell = words::meaning(field, text.trim());
    let coded = cell.map(|text| words::code_before_words(text).unwrap_or(text));
    match reading {
        Reading::Text => Parsed::Text,
        Reading::Site => Parsed::Site(cell.and_then(site::site)),
        Reading::Morphology => match cell {
            Cell::Value(text) => {
                let (histology, behavior) = morphology::morphology(text);
                Parsed::Morphology(histology, behavior)
            }
            missing => Parsed::Morphology(missing.and_then(|_| Cell::Invalid), Cell::Blank),
        },
        Reading::Behavior => Parsed::Behavior(coded.and_then(morphology::behavior)),
        Reading::Sex => Parsed::Sex(coded.and_then(code::sex)),
        Reading::Age if coding == Coding::Days => Parsed::Age(cell.and_then(code::age_in_days)),
        Reading::Age => Parsed::Age(cell.and_then(code::age)),
        Reading::Date => Parsed::Date(cell.and_then(date::date)),
        Reading::Edition => Parsed::Edition(cell.and_then(code::edition)),
        Reading::Category(axis) => Parsed::Category(match cell {
            Cell::Value(text) => {
                let category = category(axis, coding, text);
                // A column of T may hold the whole of T, N and M.
                let whole = (category.cell == Cell::Invalid && axis == Axis::T && coding == Coding::Plain)
                    .then(|| combined::categories(text));
                match whole.flatten() {
                    Some(whole) => return whole,
                    None => category,
                }
            }
            missing => unmarked(missing.and_then(|_| Cell::Invalid)),
        }),
        Reading::Group => match cell {
            Cell::Value(text) => group(coding, text),
            missing => Parsed::Group(unmarked(missing.and_then(|_| Cell::Invalid))),
        },
        Reading::Coded => Parsed::Factor(coded.and_then(code::coded)),
        Reading::Measured => Parsed::Factor(coded.and_then(code::measured)),
        Reading::CodedOrMeasured => Parsed::Factor(coded.and_then(code::coded_or_measured)),
        Reading::AnnArbor => Parsed::Factor(cell.and_then(group_notation::ann_arbor)),
        Reading::Met => Parsed::Met(coded.and_then(|text| organ::flag(text, false))),
        Reading::MetOrGeneralised => Parsed::Met(coded.and_then(|text| organ::flag(text, true))),
        Reading::Organs => Parsed::Organs(cell.and_then(organ::organs)),
        Reading::Count => Parsed::Count(coded.and_then(code::count)),
        Reading::Flag => Parsed::Flag(coded.and_then(code::flag)),
    }
}

fn category(axis: Axis, coding: Coding, text: &str) -> Recorded<Category> {
    match derived(coding) {
        Some(derived) => unmarked(derived_code::category(derived, axis, text)),
        None => tnm_notation::category(axis, text),
    }
}

fn group(coding: Coding, text: &str) -> Parsed {
    match derived(coding) {
        Some(derived) => Parsed::Group(unmarked(derived_code::group(derived, text))),
        None => group_notation::stage(text),
    }
}

fn derived(coding: Coding) -> Option<Derived> {
    match coding {
        Coding::DerivedAjcc6 => Some(Derived::Ajcc6),
        Coding::DerivedAjcc7 => Some(Derived::Ajcc7),
        Coding::Plain | Coding::Days => None,
    }
}

fn unmarked<V>(cell: Cell<V>) -> Recorded<V> {
    Recorded { prefix: Prefix::default(), cell }
}
