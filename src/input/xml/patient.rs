//! A patient of a NAACCR XML file, as far as it was read.

use std::ops::Range;

use super::super::RejectCause;

/// An item: its column and where its text stands.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) column: usize,
    pub(super) text: Range<usize>,
}

/// A tumor of a patient.
#[derive(Debug)]
pub(super) struct Tumor {
    pub(super) line: u64,
    /// Its items among those of the patient's tumors.
    pub(super) items: Range<usize>,
    /// Where it stands in the patient's XML.
    pub(super) raw: Range<usize>,
    pub(super) broken: Option<RejectCause>,
}

/// A patient with all tumors.
#[derive(Debug, Default)]
pub(super) struct Patient {
    pub(super) line: u64,
    /// Texts of all items.
    pub(super) text: String,
    pub(super) items: Vec<Item>,
    pub(super) tumors: Vec<Tumor>,
    pub(super) tumor_items: Vec<Item>,
    pub(super) broken: Option<RejectCause>,
}

/// What an element is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    Root,
    Patient,
    Tumor,
    Item,
    /// Of another namespace, or of no meaning here.
    Foreign,
}

impl Level {
    /// Its name, where it has one of its own.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Root => "NaaccrData",
            Self::Patient => "Patient",
            Self::Tumor => "Tumor",
            Self::Item => "Item",
            Self::Foreign => "",
        }
    }

    /// The level of an element of NAACCR's namespace.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "Item" => Self::Item,
            "Tumor" => Self::Tumor,
            "Patient" => Self::Patient,
            "NaaccrData" => Self::Root,
            _ => Self::Foreign,
        }
    }
}

/// Markup that does not fit.
pub(super) fn malformed(why: String) -> RejectCause {
    RejectCause::Malformed { why }
}
