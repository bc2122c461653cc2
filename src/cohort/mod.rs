//! A cohort: the records of a run that a filter takes, with the reasons for what the filter looks at.
//!
//! ```text
//! rstage cohort out --where "origin = de_novo and oligo >= probable and schema = lung" --out cohort.csv
//! ```
//!
//! The language of filters is always there; what takes records by them asks for the feature `cohort`, on by
//! default, because it brings the largest dependency.

mod filter;
#[cfg(feature = "cohort")]
mod names;
#[cfg(feature = "cohort")]
mod records;
#[cfg(feature = "cohort")]
mod select;

pub use filter::{Ask, Filter, FilterError, Order, Test, Word};
#[cfg(feature = "cohort")]
pub use records::{CohortCounts, CohortError, select};
