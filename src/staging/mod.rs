//! A record's categories to schema, edition, stage group, and why.
//!
//! [`Stager`] does it for one [`Case`] after another and remembers what it has worked out,
//! since the same categories come again and again. Nothing here reads a file or makes text.

mod beside;
mod beside_recorded;
pub mod case;
mod chapter;
mod derived;
mod evaluate;
mod factor;
mod fill;
mod later;
mod other_edition;
mod policy;
mod stager;
#[cfg(test)]
mod tests;
pub mod words;

pub use beside::{BesideOutcome, BesideRule, Besides, DerivedBeside};
pub use beside_recorded::{Comparison, compare};
pub use case::{Basis, Case, FACTORS, Tnm};
pub use derived::{Assumed, Cause, Derived, EditionSource, Outcome, RuleRef, Staged};
pub(crate) use fill::completed_age;
pub use fill::fields_of;
pub use other_edition::{Migration, UnderEdition};
pub use policy::{MxPolicy, NxPolicy, Policy};
pub use stager::Stager;
