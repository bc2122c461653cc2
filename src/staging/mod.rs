//! A record's categories to schema, edition, stage group, and why.

pub mod case;
mod derived;

pub use case::{Basis, Case, FACTORS, Tnm};
pub use derived::{Assumed, Cause, Derived, EditionSource, Outcome, RuleRef, Staged};
