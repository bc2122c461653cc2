//! Which columns and constants play which role in one table.

use std::collections::{BTreeMap, BTreeSet};

use super::{Coding, Field};

/// Where the text of a field comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A column of the table.
    Column {
        /// Position, from 0.
        index: usize,
        /// How its values are written.
        coding: Coding,
    },
    /// The same text for every record.
    Constant(String),
}

/// How sure the assignment of a column is, the surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Named by the user.
    User,
    /// Named as the layout of the table, or rstage, names it.
    Exact,
    /// The same but for case, separators or years.
    Normalised,
    /// A name from another layout than the table's.
    OtherLayout,
}

/// What one field was assigned.
#[derive(Clone, Debug, Default)]
pub(super) struct Role {
    pub(super) sources: Vec<Source>,
    pub(super) confidence: Vec<Confidence>,
}

/// The columns and constants of one table by field.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(super) layout: String,
    pub(super) title: String,
    pub(super) headers: Vec<String>,
    pub(super) roles: BTreeMap<Field, Role>,
    pub(super) values: BTreeMap<Field, BTreeMap<String, String>>,
    pub(super) undecided: BTreeMap<Field, Vec<usize>>,
}

impl Mapping {
    /// Where a field's text comes from, empty where nothing plays this role. With more
    /// than one source, the first that holds a value in a record counts for that record.
    pub fn sources(&self, field: Field) -> &[Source] {
        self.roles.get(&field).map_or(&[], |role| role.sources.as_slice())
    }

    /// How sure each source of a field is, in the order of [`Mapping::sources`].
    pub fn confidence(&self, field: Field) -> &[Confidence] {
        self.roles.get(&field).map_or(&[], |role| role.confidence.as_slice())
    }

    /// The fields with at least one source, in the order of [`Field::ALL`].
    pub fn mapped_fields(&self) -> impl Iterator<Item = Field> {
        self.roles.iter().filter(|(_, role)| !role.sources.is_empty()).map(|(&field, _)| field)
    }

    /// The columns that fields are taken from, in their order.
    pub fn columns(&self) -> BTreeSet<usize> {
        let sources = self.roles.values().flat_map(|role| &role.sources);
        sources
            .filter_map(|source| match source {
                Source::Column { index, .. } => Some(*index),
                Source::Constant(_) => None,
            })
            .collect()
    }

    /// Id of the layout that the table follows.
    pub fn layout(&self) -> &str {
        &self.layout
    }

    /// What the layout is, in one line.
    pub fn layout_title(&self) -> &str {
        &self.title
    }

    /// The header of a column.
    pub fn header(&self, index: usize) -> Option<&str> {
        self.headers.get(index).map(|header| super::header::bare(header))
    }

    /// The value that stands for a raw text of a field, by the value maps of the map file
    /// and of the layout; case and surrounding blanks do not matter.
    pub fn replace(&self, field: Field, raw: &str) -> Option<&str> {
        self.values.get(&field)?.get(&raw.trim().to_lowercase()).map(String::as_str)
    }

    /// Fields for which several columns had equal claims and none was taken, with the
    /// positions (from 0) of those columns.
    pub fn undecided(&self) -> impl Iterator<Item = (Field, &[usize])> {
        self.undecided.iter().map(|(&field, columns)| (field, columns.as_slice()))
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.roles.contains_key(&field)
    }

    pub(super) fn uses(&self, column: usize) -> bool {
        let is_column = |source: &Source| matches!(source, Source::Column { index, .. } if *index == column);
        self.roles.values().any(|role| role.sources.iter().any(is_column))
    }
}
