//! T, N and M categories.

/// Which of the three axes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Axis {
    /// Primary tumor.
    T,
    /// Regional lymph nodes.
    N,
    /// Distant metastasis.
    M,
}

/// A category of one axis, as an index into the axis' list of labels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Category {
    axis: Axis,
    index: u8,
}

impl Category {
    /// The category with exactly this canonical label (`T1a`, `Tis(DCIS)`, `N0(i+)`, `M1c2`).
    pub fn from_label(_axis: Axis, _label: &str) -> Option<Self> {
        None
    }

    /// Its axis.
    pub fn axis(self) -> Axis {
        self.axis
    }

    /// Position within the axis' list.
    pub fn index(self) -> usize {
        usize::from(self.index)
    }

    /// Canonical label.
    pub fn label(self) -> &'static str {
        ""
    }

    /// The category that this one is a part of: `T1a1` of `T1a`, `T1a` of `T1`, `N0(i+)` of `N0`.
    pub fn parent(self) -> Option<Self> {
        None
    }

    /// Every category of the axis, in clinical order.
    pub fn all(_axis: Axis) -> impl Iterator<Item = Self> {
        std::iter::empty()
    }
}
