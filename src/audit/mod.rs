//! Findings: where a record contradicts itself, the tables, or its own history.

use crate::category::{Edition, StageGroup};
use crate::fields::Field;

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warning,
    /// Wrong.
    Error,
}

/// What rstage would have expected, beside what was recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Nothing in particular.
    Nothing,
    /// A stage group.
    Group(StageGroup),
    /// A range of stage groups.
    Between(StageGroup, StageGroup),
    /// An edition.
    Edition(Edition),
    /// A short phrase.
    Words(&'static str),
}

/// One finding of one record. What was recorded is the text of its fields, so that it is not held here.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Finding {
    /// Rule id, `D01`.
    pub rule: &'static str,
    /// Severity after overrides.
    pub severity: Severity,
    /// The fields that it is about, at most four.
    pub fields: &'static [Field],
    /// What was expected.
    pub expected: Expected,
}
