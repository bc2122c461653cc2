//! What is taken for granted, by name, where a record is silent.

use crate::category::Edition;

/// A blank or MX metastasis category.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum MxPolicy {
    /// M0, unless the record shows metastasis elsewhere. From the 7th edition on the AJCC has no MX:
    /// without evidence of metastasis a case is clinically M0 (7th edition, chapter 1).
    #[default]
    M0,
    /// Anything that the edition has.
    Unknown,
}

/// A blank or NX nodal category.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum NxPolicy {
    /// Anything that the edition has.
    #[default]
    Unknown,
    /// N0, as some studies take it.
    N0,
}

/// The policies of a run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Policy {
    /// For M.
    pub mx: MxPolicy,
    /// For N.
    pub nx: NxPolicy,
    /// The edition of a record that tells neither its edition nor its year.
    pub edition: Option<Edition>,
}
