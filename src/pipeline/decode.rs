//! The text columns of a chunk to cases: each distinct text of a column is read once.

use crate::category::{Cell, Parsed, parse};
use crate::fields::{Coding, Field, Mapping, Source};
use crate::input::{Chunk, Coded};
use crate::staging::Case;

/// Fields whose text is carried into findings and tables, not interpreted.
const CARRIED: &[Field] =
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
pub(super) struct Cases {
    fields: Vec<ReadField>,
}

impl Cases {
    /// Reads the mapped columns of a chunk.
    pub(super) fn read(chunk: &Chunk, mapping: &Mapping) -> Self {
        let fields = mapping
            .mapped_fields()
            .filter(|field| !CARRIED.contains(field))
            .map(|field| ReadField {
                field,
                columns: mapping.sources(field).iter().map(|source| read(chunk, mapping, field, source)).collect(),
            })
            .collect();
        Self { fields }
    }

    /// The case of one row.
    pub(super) fn case(&self, row: usize) -> Case {
        let mut case = Case::default();
        for field in &self.fields {
            let mut values = field.columns.iter().filter_map(|column| {
                let code = column.codes.get(row).or(column.codes.first())?;
                column.values.get(*code as usize).copied()
            });
            let Some(first) = values.next() else { continue };
            let value = if is_blank(first) { values.find(|value| !is_blank(*value)).unwrap_or(first) } else { first };
            case.put(field.field, value);
        }
        case.complete();
        case
    }
}

fn read(chunk: &Chunk, mapping: &Mapping, field: Field, source: &Source) -> ReadColumn {
    let value = |coding: Coding, text: &str| parse(field, coding, mapping.replace(field, text).unwrap_or(text));
    match source {
        Source::Constant(text) => ReadColumn { codes: vec![0], values: vec![value(Coding::Plain, text)] },
        Source::Column { index, coding } => {
            let Coded { codes, texts } = chunk.coded(*index);
            ReadColumn { codes, values: texts.iter().map(|text| value(*coding, text)).collect() }
        }
    }
}

/// Whether a cell holds nothing, so that an older column of the same role is asked.
fn is_blank(parsed: Parsed) -> bool {
    match parsed {
        Parsed::Site(cell) => cell.is_blank(),
        Parsed::Morphology(cell, _) => cell.is_blank(),
        Parsed::Behavior(cell) => cell.is_blank(),
        Parsed::Sex(cell) => cell.is_blank(),
        Parsed::Age(cell) => cell.is_blank(),
        Parsed::Date(cell) => cell.is_blank(),
        Parsed::Edition(cell) => cell.is_blank(),
        Parsed::Category(recorded) => recorded.cell.is_blank(),
        Parsed::Group(recorded) => recorded.cell.is_blank(),
        Parsed::Combined { .. } => false,
        Parsed::Factor(cell) => matches!(cell, Cell::Blank),
        Parsed::Met(cell) => cell.is_blank(),
        Parsed::Organs(cell) => cell.is_blank(),
        Parsed::Count(cell) => cell.is_blank(),
        Parsed::Flag(cell) => cell.is_blank(),
        Parsed::Text => true,
    }
}

/// The text of a field as it stands in a record; `None` where it is empty or there is none.
fn text(chunk: &Chunk, mapping: &Mapping, field: Field, row: usize) -> Option<String> {
    mapping
        .sources(field)
        .iter()
        .map(|source| match source {
            Source::Constant(text) => text.clone(),
            Source::Column { index, .. } => chunk.text(*index, row).into_owned(),
        })
        .find(|text| !text.is_empty())
}

/// The key of a record: the key column, else the parts that make it, else nothing.
pub(super) fn key(chunk: &Chunk, mapping: &Mapping, row: usize) -> String {
    text(chunk, mapping, Field::TumorKey, row).unwrap_or_else(|| {
        let parts = [Field::RegistryId, Field::PatientId, Field::TumorNumber];
        let parts: Vec<String> = parts.into_iter().filter_map(|part| text(chunk, mapping, part, row)).collect();
        parts.join("/")
    })
}

/// The recorded texts of some fields, as a finding shows them.
pub(super) fn recorded(chunk: &Chunk, mapping: &Mapping, fields: &[Field], row: usize) -> String {
    let texts: Vec<String> = fields
        .iter()
        .filter_map(|&field| Some(format!("{}={}", field.id(), text(chunk, mapping, field, row)?)))
        .collect();
    texts.join("; ")
}
