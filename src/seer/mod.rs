//! SEER's own staging algorithms, answer for answer: Collaborative Stage, TNM, EOD, Pediatric.
//!
//! An algorithm is a ZIP file (or the folder it was unpacked to) of tables and schemas as JSON, as SEER
//! publishes it. It is read when it is asked for; nothing of it is built in. Its tables become tables of
//! [`crate::decision`], so that there is one evaluator for all rules.
//!
//! A case is staged in this order: its schema is found by site, histology and discriminators; what it
//! gives is checked and what it does not give is filled in; then the schema's mappings ask table after
//! table, each row setting values, jumping to another table or stopping; what is left of the outputs is
//! the answer. [`Algorithm::stage`] does it for one case, [`Algorithm::stage_columns`] for many at once:
//! the texts of a column become numbers once, and cases of one schema take every step together.
//!
//! [`Algorithm::trace`] tells how an answer came about; [`Source`] has the tables as they are written.
//!
//! Absent, null and blank are three things, before and after. Results and errors keep the codes of SEER's
//! engine.

mod algorithm;
mod archive;
mod batch;
mod cell;
mod choice;
mod columns;
mod error;
mod inputs;
mod json;
mod keys;
mod lookup;
mod problems;
mod process;
mod schema;
mod source;
mod staged;
mod table;
#[cfg(test)]
mod tests;
mod trace;
mod worker;

pub use algorithm::Algorithm;
pub use archive::MOST_UNPACKED;
pub use batch::Origin;
pub use choice::{AGE, Algorithms, YEAR, current_year};
pub use columns::{Column, Columns, NOT_GIVEN};
pub use error::SeerError;
pub(crate) use json::{
    FromToForm, ItemForm, KeyValueForm, MappingForm, OnInvalidInput, PathForm, SchemaForm, TableForm,
};
pub use schema::{Item, Schema};
pub use source::Source;
pub use staged::{CaseAnswer, Lists, OutputColumn, StageError, StageErrorType, StageResult, Staged};
pub use trace::{Filled, Step, Trace, Written};
