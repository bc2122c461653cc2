//! T, N and M categories.
//!
//! The lists hold every category of the AJCC 6th, 7th, 8th edition and Version 9
//! chapters. `TX`, `NX` and `MX` stand in them because the printed tables name them;
//! a cell that says X is read as [`Cell::Unknown`](super::Cell::Unknown).

use std::fmt;
use std::sync::LazyLock;

use super::labels::Labels;

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

impl Axis {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::T, Self::N, Self::M];

    /// Its letter.
    pub const fn letter(self) -> char {
        match self {
            Self::T => 'T',
            Self::N => 'N',
            Self::M => 'M',
        }
    }

    fn labels(self) -> &'static Labels {
        static LISTS: LazyLock<[Labels; 3]> = LazyLock::new(|| {
            [T, N, M].map(|list| Labels::new(list.split_whitespace().collect(), |_, _| true))
        });
        &LISTS[self as usize]
    }
}

/// A category of one axis, as an index into the axis' list of labels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Category {
    axis: Axis,
    index: u8,
}

impl Category {
    /// The category with exactly this canonical label (`T1a`, `Tis(DCIS)`, `N0(i+)`, `M1c2`).
    pub fn from_label(axis: Axis, label: &str) -> Option<Self> {
        axis.labels().find(label).map(|index| Self { axis, index })
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
        self.axis.labels().label(self.index)
    }

    /// The category that this one is a part of: `T1a1` of `T1a`, `T1a` of `T1`, `N0(i+)` of `N0`.
    pub fn parent(self) -> Option<Self> {
        let index = self.axis.labels().parent(self.index)?;
        Some(Self { axis: self.axis, index })
    }

    /// Whether this is the other category or a part of it: `T1a1` is within `T1`.
    pub fn is_within(self, whole: Self) -> bool {
        self.axis == whole.axis && self.axis.labels().is_within(self.index, whole.index)
    }

    /// Whether this is TX, NX or MX.
    pub fn is_x(self) -> bool {
        self.index == 0
    }

    /// Every category of the axis, in clinical order, X first.
    pub fn all(axis: Axis) -> impl Iterator<Item = Self> {
        (0..axis.labels().len() as u8).map(move |index| Self { axis, index })
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

const T: &str = "
    TX T0 Ta
    Tis Tis(AIS) Tis(DCIS) Tis(LAMN) Tis(LCIS) Tis(Paget) Tis(SCIS) Tispu Tispd
    T1 T1(s) T1(m) T1mi
    T1a T1a(s) T1a(m) T1a1 T1a2
    T1b T1b(s) T1b(m) T1b1 T1b2 T1b3
    T1c T1c1 T1c2 T1c3
    T1d
    T2 T2(s) T2(m)
    T2a T2a1 T2a2
    T2b T2c T2d
    T3 T3(s) T3(m)
    T3a T3b T3c T3d T3e
    T4 T4(s) T4(m)
    T4a T4a(s) T4a(m)
    T4b T4b(s) T4b(m)
    T4c T4d T4e
";

const N: &str = "
    NX
    N0 N0(i-) N0(i+) N0(mol-) N0(mol+) N0a N0b
    N1 N1mi N1a N1a(sn) N1b N1c
    N2 N2mi N2a N2b N2c
    N3 N3a N3b N3c
    N4
";

const M: &str = "
    MX
    M0 M0(i+)
    M1
    M1a M1a(0) M1a(1)
    M1b M1b(0) M1b(1)
    M1c M1c(0) M1c(1) M1c1 M1c2
    M1d M1d(0) M1d(1)
    M1e
";

#[cfg(test)]
mod tests {
    use super::*;

    fn category(axis: Axis, label: &str) -> Category {
        Category::from_label(axis, label).unwrap_or_else(|| panic!("{label} is no category"))
    }

    #[test]
    fn every_label_finds_itself() {
        for axis in Axis::ALL {
            for (at, category) in Category::all(axis).enumerate() {
                assert_eq!(category.index(), at);
                assert_eq!(Category::from_label(axis, category.label()), Some(category));
                assert!(category.label().starts_with(axis.letter()));
                assert_eq!(category.is_x(), category.label().ends_with('X'));
            }
        }
        assert_eq!(Category::from_label(Axis::T, "T5"), None);
        assert_eq!(Category::from_label(Axis::N, "T1"), None);
        assert_eq!(Category::from_label(Axis::T, ""), None);
    }

    #[test]
    fn parents_are_the_nearest_whole() {
        for (axis, part, whole) in [
            (Axis::T, "T1a1", Some("T1a")),
            (Axis::T, "T1a", Some("T1")),
            (Axis::T, "T1", None),
            (Axis::T, "T1(m)", Some("T1")),
            (Axis::T, "T1a(s)", Some("T1a")),
            (Axis::T, "T1mi", Some("T1")),
            (Axis::T, "Tis(DCIS)", Some("Tis")),
            (Axis::T, "Tispu", Some("Tis")),
            (Axis::T, "Ta", None),
            (Axis::T, "TX", None),
            (Axis::N, "N0(i+)", Some("N0")),
            (Axis::N, "N0b", Some("N0")),
            (Axis::N, "N1mi", Some("N1")),
            (Axis::N, "N1a(sn)", Some("N1a")),
            (Axis::M, "M1a(0)", Some("M1a")),
            (Axis::M, "M1c1", Some("M1c")),
            (Axis::M, "M0(i+)", Some("M0")),
        ] {
            assert_eq!(category(axis, part).parent().map(Category::label), whole, "{part}");
        }
    }

    #[test]
    fn a_whole_and_its_parts_stand_together() {
        for axis in Axis::ALL {
            for whole in Category::all(axis) {
                let parts: Vec<usize> =
                    Category::all(axis).filter(|part| part.is_within(whole)).map(Category::index).collect();
                assert_eq!(parts.first(), Some(&whole.index()), "{whole} comes first");
                assert_eq!(parts.len(), parts[parts.len() - 1] - parts[0] + 1, "{whole} is in one piece");
            }
        }
    }

    #[test]
    fn order_is_clinical() {
        for (axis, ordered) in [
            (Axis::T, ["TX", "T0", "Ta", "Tis", "T1mi", "T1a", "T1b2", "T1c", "T2", "T3", "T4d"].as_slice()),
            (Axis::N, &["NX", "N0", "N0(i+)", "N1", "N1mi", "N1b", "N2", "N3c"]),
            (Axis::M, &["MX", "M0", "M0(i+)", "M1", "M1a", "M1c2", "M1d"]),
        ] {
            assert!(ordered.windows(2).all(|pair| category(axis, pair[0]) < category(axis, pair[1])));
        }
    }
}
