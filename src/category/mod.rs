//! The text of one cell turned into a small typed value.
//!
//! Blank, unknown, not applicable and invalid are four different things here and
//! stay so through every later room. A value keeps the prefixes that it was
//! written with (c, p, yc, yp, r, a). Nothing in this room knows a record.

mod code;
mod combined;
mod date;
mod derived_code;
mod group;
mod group_notation;
mod labels;
mod morphology;
mod notation;
mod organ;
mod parse;
mod reading;
mod site;
mod table;
mod tnm;
mod tnm_notation;
mod topography;
mod words;

#[cfg(test)]
mod tests;

pub use code::{Code, Edition, FactorValue, Sex};
pub use date::PartialDate;
pub use group::{Stage, StageGroup};
pub use morphology::{Behavior, Histology};
pub use organ::{MetFlag, OrganSet};
pub use parse::{Parsed, parse};
pub use site::Site;
pub use tnm::{Axis, Category};

/// What a cell holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Cell<V> {
    /// Nothing was recorded, or the export has no such column.
    #[default]
    Blank,
    /// Recorded as unknown: `X`, `99`, `[Unknown]`.
    Unknown,
    /// Recorded as not applicable: `88`, `[Not Applicable]`.
    NotApplicable,
    /// Recorded, but no value of this kind.
    Invalid,
    /// A value.
    Value(V),
}

impl<V: Copy> Cell<V> {
    /// The value, if there is one.
    pub fn value(self) -> Option<V> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Whether nothing was recorded.
    pub fn is_blank(self) -> bool {
        matches!(self, Self::Blank)
    }

    /// The same state with the value changed.
    pub fn map<W>(self, change: impl FnOnce(V) -> W) -> Cell<W> {
        self.and_then(|value| Cell::Value(change(value)))
    }

    /// The same state, or what the value turns out to be.
    pub fn and_then<W>(self, read: impl FnOnce(V) -> Cell<W>) -> Cell<W> {
        match self {
            Self::Value(value) => read(value),
            Self::Blank => Cell::Blank,
            Self::Unknown => Cell::Unknown,
            Self::NotApplicable => Cell::NotApplicable,
            Self::Invalid => Cell::Invalid,
        }
    }

    /// This cell, or the other one where this one holds no value and the other does.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Value(_), _) => self,
            (_, Self::Value(_)) | (Self::Blank, _) => other,
            _ => self,
        }
    }
}

/// Which examination a category comes from, as its prefix says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Examination {
    /// `c`: before treatment.
    Clinical,
    /// `p`: with the pathology of a resection.
    Pathologic,
}

/// The prefix that a category or group was written with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Prefix {
    /// `c` or `p`.
    pub examination: Option<Examination>,
    /// `y`: during or after neoadjuvant therapy.
    pub y: bool,
    /// `r`: at recurrence or progression; never the stage at diagnosis.
    pub r: bool,
    /// `a`: first found at autopsy.
    pub a: bool,
}

impl Prefix {
    /// Whether it belongs to the diagnosis: neither after therapy, nor at recurrence, nor at autopsy.
    pub fn at_diagnosis(self) -> bool {
        !(self.y || self.r || self.a)
    }
}

/// A category or stage group as recorded: its prefix and what the cell holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Recorded<V> {
    /// Prefix as written.
    pub prefix: Prefix,
    /// What the cell holds.
    pub cell: Cell<V>,
}

impl<V> Default for Recorded<V> {
    fn default() -> Self {
        Self { prefix: Prefix::default(), cell: Cell::Blank }
    }
}
