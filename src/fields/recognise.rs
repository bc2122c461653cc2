//! From a header to a [`Mapping`]: the user's word first, then the layout that the
//! table speaks, then rstage's own names, then names of other layouts.
//!
//! Where nothing ranks one column above another, nothing is guessed: it is an
//! error for the fields that a stage depends on, and left open for the others.

use std::collections::{BTreeMap, BTreeSet};

use super::document::did_you_mean;
use super::header::{Affixes, Fit, Headers, Name};
use super::layout::{self, Found, Layout, Proposal};
use super::map_file::{ColumnRef, MapFile, Named};
use super::mapping::{Confidence, Mapping, Role, Source};
use super::stageable::{events_told, stageable};
use super::{Coding, Field, FieldsError};

/// What the user says about the columns.
#[derive(Clone, Debug, Default)]
pub struct MapOptions {
    /// `--layout`: the layout to use; names of other layouts are then not tried.
    pub layout: Option<String>,
    /// `--map`.
    pub map: Option<MapFile>,
    /// `--set`, in the order given. Takes the place of a column and of a constant of the map file.
    pub set: Vec<(Field, String)>,
}

/// Fields that no stage and no grade of metastasis depends on: an open question leaves
/// them out and is reported; for every other field it stops the run.
const MINOR: &[Field] = &[
    Field::TumorKey,
    Field::RegistryId,
    Field::PatientId,
    Field::TumorNumber,
    Field::Facility,
    Field::BirthDate,
    Field::DistantSurgery,
    Field::SummaryStage,
    Field::RecurrenceType,
    Field::RecurrenceDate,
    Field::CancerStatus,
    Field::LastContact,
    Field::FirstCourseDate,
    Field::SurgeryDate,
    Field::Neoadjuvant,
    Field::ReportingSource,
    Field::OverrideTnm,
    Field::OverridePediatric,
    Field::OverrideNewPrimary,
    Field::OriginFlag,
];

/// Assigns the columns of a table that is to be staged to fields.
///
/// # Errors
/// Those of [`recognise_columns`]; nothing that could be staged.
pub fn recognise(headers: &[String], options: &MapOptions) -> Result<Mapping, FieldsError> {
    let (mapping, lack) = recognise_columns(headers, options)?;
    lack.map_or(Ok(mapping), Err)
}

/// Assigns the columns of any table to fields, and says why it could not be staged, if so.
///
/// # Errors
/// A layout, header or position that does not exist; columns with equal claims to one field.
pub fn recognise_columns(
    headers: &[String],
    options: &MapOptions,
) -> Result<(Mapping, Option<FieldsError>), FieldsError> {
    let layouts = layout::all()?;
    let (mapping, ruling) = assign(headers, options, layouts)?;
    let lack = stageable(&mapping, ruling, layouts).err();
    Ok((mapping, lack))
}

/// Assigns the columns of a table of events, one per row, to fields. Categories, group, date and edition
/// of an event are the `r_` fields, whatever its classification.
///
/// # Errors
/// Those of [`recognise_columns`]; no key of the tumor, or nothing that an event could tell.
pub fn recognise_events(headers: &[String], options: &MapOptions) -> Result<Mapping, FieldsError> {
    let layouts = layout::of_events()?;
    let (mapping, ruling) = assign(headers, options, layouts)?;
    events_told(&mapping, ruling, layouts)?;
    Ok(mapping)
}

/// The assignment under the layout that fits best, and that layout.
fn assign<'l>(
    headers: &[String],
    options: &MapOptions,
    layouts: &'l [Layout],
) -> Result<(Mapping, &'l Layout), FieldsError> {
    let names = Headers::new(headers);
    let forced = options.layout.as_deref().map(|name| named_layout(name, layouts)).transpose()?;
    let scores: Vec<usize> = layouts.iter().map(|layout| layout.score(&names)).collect();
    let best = scores.iter().copied().max().unwrap_or(0);
    let own = layouts.first().ok_or_else(|| FieldsError::Layout {
        layout: "rstage",
        problem: "there are no layouts".to_owned(),
    })?;
    let tied: Vec<&Layout> =
        layouts.iter().zip(&scores).filter(|(_, score)| **score == best).map(|(layout, _)| layout).collect();
    let ruling = forced.or_else(|| tied.first().copied()).unwrap_or(own);

    let mut work =
        Work { headers: names, roles: BTreeMap::new(), undecided: BTreeMap::new(), closed: BTreeSet::new() };
    work.user(options, ruling)?;
    work.layout(ruling)?;
    if forced.is_none() {
        work.rivals(own, &tied, ruling)?;
    }
    work.close_misleading(ruling);
    work.own(own)?;
    if forced.is_none() {
        let lenders: Vec<&Layout> = layouts
            .iter()
            .filter(|layout| layout.lends && layout.id != ruling.id && layout.id != own.id)
            .collect();
        work.lend(&lenders)?;
    }

    let mut values = ruling.values.clone();
    if let Some(map) = &options.map {
        for (field, said) in &map.values {
            values.entry(*field).or_default().extend(said.clone());
        }
    }
    let mapping = Mapping {
        layout: ruling.id.clone(),
        title: ruling.title.clone(),
        headers: headers.to_vec(),
        roles: work.roles,
        values,
        undecided: work.undecided,
    };
    Ok((mapping, ruling))
}

fn named_layout<'l>(name: &str, layouts: &'l [Layout]) -> Result<&'l Layout, FieldsError> {
    layouts.iter().find(|layout| layout.id.eq_ignore_ascii_case(name.trim())).ok_or_else(|| {
        let ids = || layouts.iter().map(|layout| layout.id.as_str());
        let hint = did_you_mean(name, ids())
            .unwrap_or_else(|| format!("layouts are {}", ids().collect::<Vec<_>>().join(", ")));
        FieldsError::UnknownLayout { name: name.to_owned(), hint }
    })
}

/// The assignment as it grows.
struct Work<'h> {
    headers: Headers<'h>,
    roles: BTreeMap<Field, Role>,
    undecided: BTreeMap<Field, Vec<usize>>,
    /// Columns that are used, or must not be.
    closed: BTreeSet<usize>,
}

impl Work<'_> {
    /// Columns and constants that the user names.
    fn user(&mut self, options: &MapOptions, ruling: &Layout) -> Result<(), FieldsError> {
        let constants =
            options.map.iter().flat_map(|map| &map.constants).map(|(field, value)| (*field, value));
        for (field, value) in constants.chain(options.set.iter().map(|(field, value)| (*field, value))) {
            let sources = vec![Source::Constant(value.clone())];
            self.roles.insert(field, Role { sources, confidence: vec![Confidence::User] });
        }
        let Some(map) = &options.map else { return Ok(()) };
        for (&field, named) in &map.columns {
            if self.roles.contains_key(&field) {
                continue;
            }
            let mut role = Role::default();
            for named in named {
                let index = self.resolve(field, named, map)?;
                let known = || ruling.coding(field, index, &self.headers);
                let coding = named.coding.or_else(known).unwrap_or(Coding::Plain);
                role.sources.push(Source::Column { index, coding });
                role.confidence.push(Confidence::User);
                self.closed.insert(index);
            }
            self.roles.insert(field, role);
        }
        Ok(())
    }

    fn resolve(&self, field: Field, named: &Named, map: &MapFile) -> Result<usize, FieldsError> {
        match &named.column {
            ColumnRef::Position(position) => match position.checked_sub(1) {
                Some(index) if index < self.headers.names().len() => Ok(index),
                _ => {
                    let problem = format!("the table has no column {position}");
                    let hint = format!("it has {} columns", self.headers.names().len());
                    Err(FieldsError::map_file(&map.name, named.line, problem, Some(hint)))
                }
            },
            ColumnRef::Header(header) => {
                match self.headers.find(&Name::Text(header.clone()), &Affixes::default()) {
                    Some((&[index], _)) => Ok(index),
                    Some((columns, _)) => Err(self.ambiguous(field, columns)),
                    None => {
                        let hint = did_you_mean(
                            header,
                            self.headers.names().iter().map(|name| super::header::bare(name)),
                        );
                        let problem = format!("the table has no column `{header}`");
                        Err(FieldsError::map_file(&map.name, named.line, problem, hint))
                    }
                }
            }
        }
    }

    /// What the ruling layout knows.
    fn layout(&mut self, ruling: &Layout) -> Result<(), FieldsError> {
        for &field in Field::ALL {
            if self.roles.contains_key(&field) {
                continue;
            }
            match ruling.propose(field, &self.headers) {
                Proposal::Nothing => {}
                Proposal::Repeated(columns) => self.leave_open(field, columns)?,
                Proposal::Columns(found) => {
                    let taken = |found: &Found| self.taken_by_user(found.index);
                    let found: Vec<Found> = found.into_iter().filter(|found| !taken(found)).collect();
                    self.take(field, &found, None);
                }
            }
        }
        Ok(())
    }

    /// Columns that have as good a claim as the ruling layout's: rstage's own names, and
    /// names of a layout that the header fits equally well.
    fn rivals(&self, own: &Layout, tied: &[&Layout], ruling: &Layout) -> Result<(), FieldsError> {
        for (&field, role) in &self.roles {
            let Some(&Source::Column { index: taken, .. }) = role.sources.first() else { continue };
            if role.confidence.first() == Some(&Confidence::User) || MINOR.contains(&field) {
                continue;
            }
            for rival in std::iter::once(&own).chain(tied).filter(|rival| rival.id != ruling.id) {
                let Proposal::Columns(found) = rival.propose(field, &self.headers) else { continue };
                let unranked = |found: &&Found| {
                    found.fit == Fit::Exact
                        && !self.closed.contains(&found.index)
                        && !self.misleads(ruling, found.index)
                        && ruling.coding(field, found.index, &self.headers).is_none()
                };
                if let Some(stranger) = found.iter().find(unranked) {
                    return Err(self.ambiguous(field, &[taken, stranger.index]));
                }
            }
        }
        Ok(())
    }

    fn close_misleading(&mut self, ruling: &Layout) {
        let misleading = (0..self.headers.names().len()).filter(|&index| self.misleads(ruling, index));
        let misleading: Vec<usize> = misleading.collect();
        self.closed.extend(misleading);
    }

    fn misleads(&self, ruling: &Layout, index: usize) -> bool {
        let mut columns =
            ruling.misleading.iter().filter_map(|name| self.headers.find(name, &ruling.affixes));
        columns.any(|(columns, _)| columns.contains(&index))
    }

    /// Fields that the ruling layout lacks, under rstage's own names.
    fn own(&mut self, own: &Layout) -> Result<(), FieldsError> {
        for &field in Field::ALL {
            if !self.roles.contains_key(&field) && !self.undecided.contains_key(&field) {
                self.fill(field, own.propose(field, &self.headers), None)?;
            }
        }
        Ok(())
    }

    /// Fields that are still open, under names of other layouts, where these agree.
    fn lend(&mut self, lenders: &[&Layout]) -> Result<(), FieldsError> {
        for &field in Field::ALL {
            if self.roles.contains_key(&field) || self.undecided.contains_key(&field) {
                continue;
            }
            let offers: Vec<Found> = lenders
                .iter()
                .filter_map(|lender| match lender.propose(field, &self.headers) {
                    Proposal::Columns(found) => found.first().copied(),
                    _ => None,
                })
                .filter(|found| !self.closed.contains(&found.index))
                .collect();
            let Some(best) = offers.iter().map(|found| found.fit).min() else { continue };
            let best: Vec<Found> = offers.into_iter().filter(|found| found.fit == best).collect();
            let columns: BTreeSet<usize> = best.iter().map(|found| found.index).collect();
            let proposal = match best.first() {
                Some(&found) if columns.len() == 1 => Proposal::Columns(vec![found]),
                _ => Proposal::Repeated(columns.into_iter().collect()),
            };
            self.fill(field, proposal, Some(Confidence::OtherLayout))?;
        }
        Ok(())
    }

    fn fill(
        &mut self,
        field: Field,
        proposal: Proposal,
        confidence: Option<Confidence>,
    ) -> Result<(), FieldsError> {
        match proposal {
            Proposal::Nothing => {}
            Proposal::Columns(found) => {
                let found: Vec<Found> =
                    found.into_iter().filter(|found| !self.closed.contains(&found.index)).collect();
                self.take(field, &found, confidence);
            }
            Proposal::Repeated(columns) => self.leave_open(field, columns)?,
        }
        Ok(())
    }

    fn leave_open(&mut self, field: Field, columns: Vec<usize>) -> Result<(), FieldsError> {
        if !MINOR.contains(&field) {
            return Err(self.ambiguous(field, &columns));
        }
        self.undecided.insert(field, columns);
        Ok(())
    }

    fn take(&mut self, field: Field, found: &[Found], confidence: Option<Confidence>) {
        if found.is_empty() {
            return;
        }
        let sure = |fit| if fit == Fit::Normalised { Confidence::Normalised } else { Confidence::Exact };
        let sources =
            found.iter().map(|&Found { index, coding, .. }| Source::Column { index, coding }).collect();
        let confidence = found.iter().map(|found| confidence.unwrap_or_else(|| sure(found.fit))).collect();
        self.closed.extend(found.iter().map(|found| found.index));
        self.roles.insert(field, Role { sources, confidence });
    }

    fn taken_by_user(&self, column: usize) -> bool {
        self.roles.values().any(|role| {
            role.confidence.first() == Some(&Confidence::User)
                && role
                    .sources
                    .iter()
                    .any(|source| matches!(source, Source::Column { index, .. } if *index == column))
        })
    }

    fn ambiguous(&self, field: Field, columns: &[usize]) -> FieldsError {
        let columns: BTreeSet<usize> = columns.iter().copied().collect();
        let columns = columns.into_iter().map(|index| self.headers.describe(index)).collect();
        FieldsError::Ambiguous { field: field.id(), columns }
    }
}

#[cfg(test)]
mod real_tables;
#[cfg(test)]
mod tests;
