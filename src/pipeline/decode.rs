//! The text columns of a chunk to cases: each distinct text of a column is read once.

use std::borrow::Cow;

use crate::category::{Cell, Parsed, parse};
use crate::fields::{Coding, Field, Mapping, Source};
use crate::input::{Chunk, Coded};
use crate::staging::Case;

/// Fields whose text is carried into findings and tables, not interpreted.
pub(super) const CARRIED: &[Field] =
    &[Field::TumorKey, Field::RegistryId, Field::PatientId, Field::TumorNumber, Field::Facility];

/// One column (or constant) of a field, read.
struct ReadColumn {
    codes: Vec<u32>,
    values: Vec<Parsed>,
}

/// A field with its columns: the first that holds something counts.
struct ReadField {
    field: Field,
    columns: Vec<ReadColumn>,
}

/// The cases of a chunk.
pub struct Cases {
    fields: Vec<ReadField>,
}

impl Cases {
    /// Reads the mapped columns of a chunk.
    pub fn read(chunk: &Chunk, mapping: &Mapping) -> Self {
        let fields = mapping
            .mapped_fields()
            .filter(|field| !CARRIED.contains(field))
            .map(|field| ReadField {
                field,
                columns: mapping
                    .sources(field)
                    .iter()
                    .map(|source| read(chunk, mapping, field, source))
                    .collect(),
            })
            .collect();
        Self { fields }
    }

    /// The case of one row.
    pub fn case(&self, row: usize) -> Case {
        let mut case = Case::default();
        for field in &self.fields {
            let mut best: Option<(Holds, Parsed)> = None;
            for column in &field.columns {
                let code = column.codes.get(row).or(column.codes.first());
                let Some(&value) = code.and_then(|&code| column.values.get(code as usize)) else { continue };
                let holds = holds(value);
                if best.is_none_or(|(most, _)| holds > most) {
                    best = Some((holds, value));
                }
                if holds == Holds::Value {
                    break;
                }
            }
            let Some((_, value)) = best else { continue };
            case.put(field.field, value);
        }
        case.complete();
        case
    }
}

/// What a cell can hold, in the words of the table of completeness.
pub(super) const STATES: [&str; 5] = ["value", "unknown", "not_applicable", "invalid", "blank"];

/// The place of what a cell holds among [`STATES`].
pub(super) fn place(parsed: Parsed) -> u8 {
    match state(parsed) {
        Cell::Value(()) => 0,
        Cell::Unknown => 1,
        Cell::NotApplicable => 2,
        Cell::Invalid => 3,
        Cell::Blank => 4,
    }
}

/// One field of one record, with the text that it was read from.
pub(super) struct ReadCell<'t> {
    pub(super) field: Field,
    pub(super) value: Parsed,
    pub(super) text: &'t str,
}

/// Some fields of one record whose texts are at hand by column; as in [`Cases`], the first text of a field
/// that says most counts.
pub(super) fn read_cells<'t>(
    mapping: &'t Mapping,
    wanted: impl Fn(Field) -> bool,
    text: impl Fn(usize) -> &'t str,
) -> Vec<ReadCell<'t>> {
    let fields = mapping.mapped_fields().filter(|field| !CARRIED.contains(field) && wanted(*field));
    let cell = |field: Field| {
        let mut best: Option<(Holds, ReadCell<'t>)> = None;
        for source in mapping.sources(field) {
            let (text, coding) = match source {
                Source::Constant(text) => (text.as_str(), Coding::Plain),
                Source::Column { index, coding } => (text(*index), *coding),
            };
            let value = parse(field, coding, mapping.replace(field, text).unwrap_or(text));
            if best.as_ref().is_none_or(|(most, _)| holds(value) > *most) {
                best = Some((holds(value), ReadCell { field, value, text }));
            }
        }
        best.map(|(_, cell)| cell)
    };
    fields.filter_map(cell).collect()
}

/// The case that fields make.
pub(super) fn case_from<'c, 't: 'c>(cells: impl IntoIterator<Item = &'c ReadCell<'t>>) -> Case {
    let mut case = Case::default();
    for cell in cells {
        case.put(cell.field, cell.value);
    }
    case.complete();
    case
}

fn read(chunk: &Chunk, mapping: &Mapping, field: Field, source: &Source) -> ReadColumn {
    let value =
        |coding: Coding, text: &str| parse(field, coding, mapping.replace(field, text).unwrap_or(text));
    match source {
        Source::Constant(text) => ReadColumn { codes: vec![0], values: vec![value(Coding::Plain, text)] },
        Source::Column { index, coding } => {
            let Coded { codes, texts } = chunk.coded(*index);
            ReadColumn { codes, values: texts.iter().map(|text| value(*coding, text)).collect() }
        }
    }
}

/// How much a cell says, so that of several columns of one role the first that says most counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    Nothing,
    Something,
    Value,
}

pub(super) fn holds(parsed: Parsed) -> Holds {
    match state(parsed) {
        Cell::Blank => Holds::Nothing,
        Cell::Value(()) => Holds::Value,
        Cell::Unknown | Cell::NotApplicable | Cell::Invalid => Holds::Something,
    }
}

/// What a cell holds, without its value.
pub(super) fn state(parsed: Parsed) -> Cell<()> {
    fn of<V: Copy>(cell: Cell<V>) -> Cell<()> {
        cell.map(|_| ())
    }
    match parsed {
        Parsed::Site(cell) => of(cell),
        Parsed::Morphology(cell, _) => of(cell),
        Parsed::Behavior(cell) => of(cell),
        Parsed::Sex(cell) => of(cell),
        Parsed::Age(cell) => of(cell),
        Parsed::Date(cell) => of(cell),
        Parsed::Edition(cell) => of(cell),
        Parsed::Category(recorded) => of(recorded.cell),
        Parsed::Group(recorded) => of(recorded.cell),
        Parsed::Combined { .. } => Cell::Value(()),
        Parsed::Factor(cell) => of(cell),
        Parsed::Met(cell) => of(cell),
        Parsed::Organs(cell) => of(cell),
        Parsed::Count(cell) => of(cell),
        Parsed::Flag(cell) => of(cell),
        Parsed::Classification(cell) => of(cell),
        Parsed::Days(cell) => of(cell),
        Parsed::Text => Cell::Blank,
    }
}

/// The case of one row, for whoever wants a single record.
pub fn case_of(chunk: &Chunk, mapping: &Mapping, row: usize) -> Case {
    Cases::read(chunk, mapping).case(row)
}

/// The text of a field as it stands in a record; `None` where it is empty or there is none.
pub fn cell_of<'c>(chunk: &'c Chunk, mapping: &'c Mapping, field: Field, row: usize) -> Option<Cow<'c, str>> {
    filled(mapping, field, |column| chunk.text(column, row))
}

fn filled<'c>(
    mapping: &'c Mapping,
    field: Field,
    text: impl Fn(usize) -> Cow<'c, str>,
) -> Option<Cow<'c, str>> {
    mapping
        .sources(field)
        .iter()
        .map(|source| match source {
            Source::Constant(text) => Cow::Borrowed(text.as_str()),
            Source::Column { index, .. } => text(*index),
        })
        .find(|text| !text.is_empty())
}

/// The key of a record: the key column, else the parts that make it, else nothing.
pub fn key_of(chunk: &Chunk, mapping: &Mapping, row: usize) -> String {
    key_from(mapping, |column| chunk.text(column, row))
}

/// The same of a record whose texts are at hand by column.
pub(super) fn key_from<'c>(mapping: &'c Mapping, text: impl Fn(usize) -> Cow<'c, str>) -> String {
    if let Some(key) = filled(mapping, Field::TumorKey, &text) {
        return key.into_owned();
    }
    let parts = [Field::RegistryId, Field::PatientId, Field::TumorNumber];
    parts.into_iter().filter_map(|part| filled(mapping, part, &text)).collect::<Vec<_>>().join("/")
}

/// Puts down the recorded texts of some fields, as a finding shows them.
pub(super) fn put_recorded(
    text: &mut String,
    chunk: &Chunk,
    mapping: &Mapping,
    fields: &[Field],
    row: usize,
) {
    for &field in fields {
        let Some(cell) = cell_of(chunk, mapping, field, row) else { continue };
        for part in [if text.is_empty() { "" } else { "; " }, field.id(), "=", &cell] {
            text.push_str(part);
        }
    }
}
