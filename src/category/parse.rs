//! One entry for all fields: the text of a cell to its typed value.

use super::{
    Behavior, Category, Cell, Edition, FactorValue, Histology, MetFlag, OrganSet, PartialDate, Recorded, Sex,
    Site, StageGroup,
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
pub fn parse(_field: Field, _coding: Coding, _text: &str) -> Parsed {
    Parsed::Text
}
