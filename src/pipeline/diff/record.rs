//! Two records of a tumor as their files wrote them, brought to the same fields.

use std::collections::BTreeMap;

use super::plan::FilePlan;
use crate::category::{Cell, Examination, Parsed, Prefix, Recorded};
use crate::diff::{Entry, Moved, Stand, texts};
use crate::fields::{Field, Source};
use crate::pipeline::decode::{ReadCell, read_cells, state};
use crate::staging::{Basis, fields_of};

/// Classifications whose name says how the tumor was examined.
const BASES: [Basis; 4] = [Basis::Clinical, Basis::Pathologic, Basis::PostClinical, Basis::PostTherapy];

/// What `changes.csv` says in the place of a date of birth.
const WITHHELD: &str = "(not shown)";

/// A record that is compared, with the plan of its file.
pub(super) struct Record<'r> {
    pub(super) plan: &'r FilePlan,
    pub(super) stand: Stand<'r>,
    texts: Vec<&'r str>,
}

impl<'r> Record<'r> {
    /// The record of an entry.
    pub(super) fn of(plan: &'r FilePlan, entry: &Entry<'r>) -> Self {
        Self { plan, stand: entry.stand, texts: texts(entry.texts) }
    }

    /// The text of a column, empty where it was not kept.
    pub(super) fn text(&self, column: usize) -> &'r str {
        self.plan.slot(column).and_then(|slot| self.texts.get(slot)).copied().unwrap_or_default()
    }

    /// Some of its fields, read.
    pub(super) fn cells(&self, wanted: impl Fn(Field) -> bool) -> Vec<ReadCell<'r>> {
        let mut cells = read_cells(&self.plan.mapping, wanted, |column| self.text(column));
        for cell in &mut cells {
            cell.value = without_own_prefix(cell.field, cell.value);
        }
        cells
    }

    /// Whether its file has a field.
    pub(super) fn has(&self, field: Field) -> bool {
        !self.plan.mapping.sources(field).is_empty()
    }

    /// The columns of a field.
    pub(super) fn columns_of(&self, field: Field) -> impl Iterator<Item = usize> {
        self.plan.mapping.sources(field).iter().filter_map(|source| match source {
            Source::Column { index, .. } => Some(*index),
            Source::Constant(_) => None,
        })
    }

    /// The field that a column belongs to.
    pub(super) fn field_of(&self, column: usize) -> Option<Field> {
        self.plan.mapping.mapped_fields().find(|field| self.columns_of(*field).any(|own| own == column))
    }
}

/// A category or group without the prefix that its field says already: `pT2` in the pathologic T is `T2`.
fn without_own_prefix(field: Field, value: Parsed) -> Parsed {
    let examination = match BASES.into_iter().find(|basis| fields_of(*basis).contains(&field)) {
        Some(Basis::Clinical | Basis::PostClinical) => Some(Examination::Clinical),
        Some(Basis::Pathologic | Basis::PostTherapy) => Some(Examination::Pathologic),
        _ => None,
    };
    let strip = |prefix: Prefix| Prefix {
        examination: prefix.examination.filter(|own| Some(*own) != examination),
        ..prefix
    };
    match value {
        Parsed::Category(recorded) => {
            Parsed::Category(Recorded { prefix: strip(recorded.prefix), ..recorded })
        }
        Parsed::Group(recorded) => Parsed::Group(Recorded { prefix: strip(recorded.prefix), ..recorded }),
        other => other,
    }
}

/// Whether every field that both records have was written alike, which is told without reading any value.
pub(super) fn same_texts(old: &Record, new: &Record) -> bool {
    let alike = |field: Field| {
        let (before, after) = (old.plan.mapping.sources(field), new.plan.mapping.sources(field));
        before.len() == after.len()
            && before.iter().zip(after).all(|pair| match pair {
                (
                    Source::Column { index: before, coding: as_before },
                    Source::Column { index: after, coding: as_after },
                ) => as_before == as_after && old.text(*before) == new.text(*after),
                (before, after) => before == after,
            })
    };
    // Layouts may say what a text means, so that only the texts of one layout can be held side by side.
    old.plan.mapping.layout() == new.plan.mapping.layout()
        && new.plan.mapping.mapped_fields().filter(|field| old.has(*field)).all(alike)
}

/// The fields whose values differ, in the order of the fields.
pub(super) fn moved<'t>(old: &Record<'t>, new: &Record<'t>) -> Vec<Moved<'t>> {
    // Most texts are the same, and in files of one shape the same text is the same value.
    let one_shape = old.plan.shape == new.plan.shape;
    let wanted =
        |field: Field| !one_shape || new.columns_of(field).any(|column| old.text(column) != new.text(column));
    let (old_cells, new_cells) = (old.cells(wanted), new.cells(wanted));
    let mut fields = BTreeMap::<Field, [Option<&ReadCell<'t>>; 2]>::new();
    for (at, cells) in [&old_cells, &new_cells].into_iter().enumerate() {
        for cell in cells {
            if let Some(slot) = fields.entry(cell.field).or_default().get_mut(at) {
                *slot = Some(cell);
            }
        }
    }
    let differ = |pair: [Option<&ReadCell>; 2]| match pair {
        [Some(old), Some(new)] => {
            let unread = matches!(state(old.value), Cell::Invalid);
            old.value != new.value || (unread && old.text != new.text)
        }
        [Some(only), None] | [None, Some(only)] => !state(only.value).is_blank(),
        [None, None] => false,
    };
    let text = |cell: Option<&ReadCell<'t>>| cell.map_or("", |cell| cell.text);
    let moved = fields.into_iter().filter(|(_, pair)| differ(*pair));
    moved
        .map(|(field, [before, after])| Moved {
            field,
            old: text(before),
            new: text(after),
            shared: old.has(field) && new.has(field),
        })
        .collect()
}

/// The texts of a changed field; those of a date of birth only where they are asked for.
pub(super) fn shown<'t>(moved: &Moved<'t>, everything: bool) -> [&'t str; 2] {
    if moved.field == Field::BirthDate && !everything { [WITHHELD, WITHHELD] } else { [moved.old, moved.new] }
}
