//! Mergeable counts and the tables made of them.
//!
//! A run never holds its records, so every table has to come from counts that are
//! taken record by record, on any number of threads, and then added up. [`Counts`]
//! are those; [`Partial`] holds them under their labels, so that several runs can be
//! added up as well; [`tables`] forms the tidy tables that are written, [`render`]
//! the short ones for the terminal. This room knows labels and numbers, not rules.

mod age;
mod agreement;
mod counts;
mod cube;
mod cubes;
mod error;
mod facility;
mod hide;
mod months;
mod partial;
mod render;
mod spec;
mod statistics;
mod table;
mod tables;

pub use age::AgeBand;
pub use counts::Counts;
pub use error::SummaryError;
pub use facility::{Facilities, Facility, KnownFacilities, MOST_FACILITIES};
pub(crate) use hide::POOLED;
pub use hide::SmallCells;
pub use months::MonthBand;
pub use partial::{Origin, Partial};
pub use render::{render, render_tables};
pub use statistics::{Weights, kappa, wilson};
pub use table::{Column, Table, write_csv, write_parquet};
pub use tables::{contents, tables};

use crate::audit::EstroState;
use crate::category::{Edition, Sex};
use crate::knowledge::SchemaId;

/// What the summary counts of one record. Labels are those of the enriched
/// columns, so that a table and a column read alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Tally {
    /// Schema, where one was found.
    pub schema: Option<SchemaId>,
    /// Edition applied.
    pub edition: Option<Edition>,
    /// Year of diagnosis.
    pub year: Option<u16>,
    /// Type of reporting source, NAACCR 500.
    pub source: Option<u16>,
    /// Sex, where known.
    pub sex: Option<Sex>,
    /// Age at diagnosis in years, where known.
    pub age: Option<u8>,
    /// Classification that the derived stage comes from (`pathologic`, `none`).
    pub basis: &'static str,
    /// Stage as recorded.
    pub recorded: Staging,
    /// Stage as derived.
    pub derived: Staging,
    /// Outcome of the comparison; `exact`, `substage` and `major` are the ones where both are known.
    pub agreement: &'static str,
    /// More on the comparison, where there is more.
    pub detail: Option<&'static str>,
    /// Why there is no derived group.
    pub cause: Option<&'static str>,
    /// Metastatic origin (`de_novo`, `recurrent`, `not_applicable`).
    pub origin: &'static str,
    /// What the metastasis items say.
    pub mets: MetsPattern,
    /// Oligometastasis, where it was graded.
    pub oligo: Option<Oligo>,
    /// State by the ESTRO/EORTC questions.
    pub state: EstroState,
    /// Stage at diagnosis beside the restaged one, where the record has one.
    pub restaging: Option<Restaging>,
}

/// A stage and, where there is one, its group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct Staging {
    /// `0`, `I`, `II`, `III`, `IV`, `occult`, `NA` or `UNK`.
    pub stage: &'static str,
    /// Stage group (`IIIA`).
    pub group: Option<&'static str>,
}

impl Staging {
    /// The group, or the stage where there is no single group.
    fn label(self) -> &'static str {
        self.group.unwrap_or(self.stage)
    }
}

/// Oligometastasis of one record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct Oligo {
    /// Profile whose thresholds were used.
    pub profile: &'static str,
    /// Level of evidence; `not_applicable` where no metastasis was shown.
    pub level: &'static str,
    /// `synchronous`, `metachronous`, `unknown`.
    pub timing: &'static str,
}

/// Stage at diagnosis beside the restaged one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct Restaging {
    /// Stage at diagnosis.
    pub original: &'static str,
    /// Restaged.
    pub restaged: &'static str,
    /// `same`, `up`, `down`, `none`, `unknown`.
    pub change: &'static str,
    /// Months from the diagnosis to the restaging, or else to the first recurrence.
    pub months: MonthBand,
    /// Kind of the first recurrence (`local`, `distant`); `blank` and `invalid` where none is recorded.
    pub recurrence: &'static str,
}

/// The metastasis items of a record in the order bone, brain, distant lymph nodes, liver, lung, other: `0`, `1`,
/// `2`, `8` (not applicable), `9` (unknown), `-` (blank or invalid).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct MetsPattern(pub [u8; 6]);

/// One record under its own and under another edition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct Moved {
    /// Schema under the own edition.
    pub schema: Option<SchemaId>,
    /// Own edition.
    pub from: Option<Edition>,
    /// Other edition.
    pub to: Edition,
    /// Stage under the own edition.
    pub own: Staging,
    /// Stage under the other edition.
    pub other: Staging,
    /// `same`, `up`, `down`, `not_comparable`.
    pub change: &'static str,
    /// Why the two are not comparable.
    pub cause: Option<&'static str>,
}

#[cfg(test)]
mod sample;
