//! Stage groups and their order.

/// The roman part of a stage group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// Occult carcinoma (TX N0 M0 of the lung).
    Occult,
    /// In situ.
    Zero,
    /// Stage I.
    I,
    /// Stage II.
    II,
    /// Stage III.
    III,
    /// Stage IV.
    IV,
}

/// A stage group as the manual prints it, as an index into the ordered list of
/// labels: a later group is a higher one (`IA` < `IA1` < `IB` < `IS` < `II`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StageGroup(u8);

impl StageGroup {
    /// The group with exactly this canonical label (`0is`, `IIIC1`, `IVB`, `occult`).
    pub fn from_label(_label: &str) -> Option<Self> {
        None
    }

    /// Canonical label.
    pub fn label(self) -> &'static str {
        ""
    }

    /// Its roman part.
    pub fn stage(self) -> Stage {
        Stage::Zero
    }

    /// Position within the ordered list of groups.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}
