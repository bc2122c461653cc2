//! The chapter of the manual that a record belongs to: schema and edition together, since each
//! depends on the other (Version 9 came chapter by chapter).

use super::{Case, Cause, EditionSource, Policy};
use crate::category::{Cell, Edition, FactorValue};
use crate::fields::Field;
use crate::knowledge::{Rules, SchemaId, Selected, Traits};

/// Schema and edition of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Chapter {
    pub(super) schema: SchemaId,
    pub(super) edition: Option<Edition>,
    pub(super) source: Option<EditionSource>,
    /// A missing discriminator was taken as unknown.
    pub(super) assumed: bool,
}

/// The chapter of a record at diagnosis.
pub(super) fn find(rules: &Rules, policy: Policy, case: &Case) -> Result<Chapter, Cause> {
    let traits = traits(case)?;
    let recorded = case.edition.value().map(|edition| (edition, EditionSource::Recorded));
    let forced = policy.edition.map(|edition| (edition, EditionSource::Forced));
    let year = case.dx.value().map(|date| date.year);
    if let Some((edition, source)) = recorded {
        return under(rules, edition, source, &traits);
    }
    if let Some(year) = year {
        return in_year(rules, year, EditionSource::DxYear, &traits);
    }
    if let Some((edition, source)) = forced {
        return under(rules, edition, source, &traits);
    }
    // Without an edition the schema is still worth telling.
    let schema = selected(rules.select(Edition(8), &traits))?;
    Ok(Chapter { schema: schema.0, edition: None, source: None, assumed: schema.1 })
}

/// The chapter of a restaging: under its own edition, else the one in force on its date, else the given one.
pub(super) fn find_restaged(
    rules: &Rules,
    case: &Case,
    at_diagnosis: Option<Edition>,
) -> Result<Chapter, Cause> {
    let traits = traits(case)?;
    if let Some(edition) = case.r_edition.value() {
        return under(rules, edition, EditionSource::Recorded, &traits);
    }
    if let Some(date) = case.r_date.value().or(case.recurrence_date.value()) {
        return in_year(rules, date.year, EditionSource::DxYear, &Traits { year: Some(date.year), ..traits });
    }
    match at_diagnosis {
        Some(edition) => under(rules, edition, EditionSource::Forced, &traits),
        None => Err(Cause::EditionMissing),
    }
}

/// The chapter of a record under another edition than its own; as of that edition's first year, because
/// chapters that came later took some of its tumors over.
pub(super) fn find_under(
    rules: &Rules,
    case: &Case,
    own: Option<Edition>,
    edition: Edition,
) -> Result<Chapter, Cause> {
    let mut traits = traits(case)?;
    if own != Some(edition) {
        traits.year = None;
    }
    under(rules, edition, EditionSource::Forced, &traits)
}

fn selected(selected: Selected) -> Result<(SchemaId, bool), Cause> {
    match selected {
        Selected::Schema { id, assumed } => Ok((id, assumed)),
        Selected::DiscriminatorMissing => Err(Cause::DiscriminatorMissing),
        Selected::None => Err(Cause::NoSchema),
    }
}

fn under(rules: &Rules, edition: Edition, source: EditionSource, traits: &Traits) -> Result<Chapter, Cause> {
    // Where a chapter has no Version 9, the 8th edition stays in force beside it; so it does where the item
    // that tells whether it has one is missing, unless the record itself names Version 9.
    let named = source == EditionSource::Recorded;
    let (edition, (schema, assumed)) = match selected(rules.select(edition, traits)) {
        Err(cause)
            if edition.0 >= 9
                && (cause == Cause::NoSchema || (cause == Cause::DiscriminatorMissing && !named)) =>
        {
            (Edition(8), selected(rules.select(Edition(8), traits))?)
        }
        found => (edition, found?),
    };
    Ok(Chapter { schema, edition: Some(edition), source: Some(source), assumed })
}

fn in_year(rules: &Rules, year: u16, source: EditionSource, traits: &Traits) -> Result<Chapter, Cause> {
    let manual = rules.manual_of_year(year);
    if manual.is_some_and(|manual| manual >= Edition(8))
        && let Ok((schema, assumed)) = selected(rules.select(Edition(9), traits))
        && rules.edition_of_year(schema, year) == Some(Edition(9))
    {
        return Ok(Chapter { schema, edition: Some(Edition(9)), source: Some(source), assumed });
    }
    let (schema, assumed) = selected(rules.select(manual.unwrap_or(Edition(1)), traits))?;
    Ok(Chapter { schema, edition: manual, source: Some(source), assumed })
}

/// What schema selection asks of a record, or why it cannot be asked.
fn traits(case: &Case) -> Result<Traits, Cause> {
    let site = match case.site {
        Cell::Value(site) => site,
        Cell::Invalid => return Err(Cause::SiteInvalid),
        _ => return Err(Cause::SiteMissing),
    };
    let histology = match case.histology {
        Cell::Value(histology) => histology,
        Cell::Invalid => return Err(Cause::HistologyInvalid),
        _ => return Err(Cause::HistologyMissing),
    };
    Ok(Traits {
        site,
        histology,
        behavior: case.behavior.value(),
        sex: case.sex.value(),
        year: case.dx.value().map(|date| date.year),
        disc1: code(case, Field::Disc1),
        disc2: code(case, Field::Disc2),
        ssf25: code(case, Field::Ssf25),
        p16: code(case, Field::P16),
    })
}

/// A discriminator of the record as a number.
pub(super) fn code(case: &Case, field: Field) -> Option<u16> {
    match case.factor(field).value()? {
        FactorValue::Code(code) => code.as_str().parse().ok(),
        FactorValue::Number(number) => format!("{number}").parse().ok(),
    }
}
