//! Batch staging of tumor-registry records.
//!
//! A chunk of records walks through the rooms in one direction, and each room
//! adds what it knows: [`input`] reads text columns, [`fields`] says which column
//! is which, [`category`] turns the text of a cell into a small typed value,
//! [`staging`] derives the stage group from the tables of [`knowledge`] with the
//! evaluator of [`decision`], or [`seer`] stages it by an algorithm file of SEER with the same
//! evaluator, [`course`] puts later events in their places,
//! [`audit`] compares it with what was recorded, [`diff`] with an older export,
//! [`output`] and [`summary`] write it down. [`pipeline`] drives the walk. A room
//! imports only rooms named before it; [`rulebook`] prints the rules themselves.
//!
//! Everything that the command line does can be called from here, without files as well:
//!
//! ```
//! use rstage::category::parse;
//! use rstage::fields::{Coding, Field};
//! use rstage::knowledge::Rules;
//! use rstage::staging::{Case, Policy, Stager};
//!
//! let mut case = Case::default();
//! for (field, text) in [
//!     (Field::Site, "C62.1"),
//!     (Field::Histology, "9061/3"),
//!     (Field::DxYear, "2020"),
//!     (Field::T, "T2"),
//!     (Field::N, "N1"),
//!     (Field::M, "M1a"),
//!     (Field::SCategory, "1"),
//! ] {
//!     case.put(field, parse(field, Coding::Plain, text));
//! }
//! let rules = Rules::builtin().map_err(ToString::to_string)?;
//! let staged = Stager::new(rules, Policy::default()).stage(&case);
//! assert_eq!(staged.original.outcome.group().map(|group| group.label()), Some("IIIA"));
//! # Ok::<(), String>(())
//! ```

#![forbid(unsafe_code)]

pub mod fields;
pub mod input;

pub mod category;

pub mod decision;
pub mod knowledge;
pub mod rulebook;
pub mod seer;
pub mod staging;

pub mod course;

pub mod audit;
pub mod explain;

pub mod diff;

pub mod output;
pub mod report;
pub mod summary;

pub mod pipeline;

pub mod codebook;

#[cfg(feature = "cohort")]
pub mod cohort;

pub mod synth;
