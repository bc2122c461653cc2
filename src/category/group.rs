//! Stage groups and their order.

use std::fmt;
use std::sync::LazyLock;

use super::labels::Labels;

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

impl Stage {
    /// Every stage, lowest first.
    pub const ALL: [Self; 6] = [Self::Occult, Self::Zero, Self::I, Self::II, Self::III, Self::IV];

    /// As the manual prints it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Occult => "occult",
            Self::Zero => "0",
            Self::I => "I",
            Self::II => "II",
            Self::III => "III",
            Self::IV => "IV",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A stage group as the manual prints it, as an index into the ordered list of
/// labels: a later group is a higher one (`IA` < `IA1` < `IB` < `IS` < `II`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StageGroup(u8);

impl StageGroup {
    /// The group with exactly this canonical label (`0is`, `IIIC1`, `IVB`, `occult`).
    pub fn from_label(label: &str) -> Option<Self> {
        LIST.labels.find(label).map(Self)
    }

    /// Canonical label.
    pub fn label(self) -> &'static str {
        LIST.labels.label(self.0)
    }

    /// Its roman part.
    pub fn stage(self) -> Stage {
        LIST.stages.get(self.index()).copied().unwrap_or(Stage::Occult)
    }

    /// Position within the ordered list of groups.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Whether it is a stage without a letter (`III`), which says no more than its roman part.
    pub fn is_bare(self) -> bool {
        self.label() == self.stage().label()
    }

    /// Whether this is the other group or a part of it: `IIIC1` is within `IIIC` and within `III`.
    pub fn is_within(self, whole: Self) -> bool {
        LIST.labels.is_within(self.0, whole.0)
    }

    /// Every group, lowest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..LIST.labels.len() as u8).map(Self)
    }
}

impl fmt::Display for StageGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

struct List {
    labels: Labels,
    stages: Vec<Stage>,
}

static LIST: LazyLock<List> = LazyLock::new(|| {
    let stages: Vec<Stage> =
        GROUPS.iter().flat_map(|(stage, labels)| labels.iter().map(|_| *stage)).collect();
    let list = GROUPS.iter().flat_map(|(_, labels)| labels.iter().copied()).collect();
    // The stage keeps II from being a part of I.
    let labels = Labels::new(list, |part, whole| stages[part] == stages[whole]);
    List { labels, stages }
});

/// TNM groups first; then the Ann Arbor and Lugano groups with E (extranodal), S (spleen),
/// X (bulky), and A or B (symptoms).
const GROUPS: &[(Stage, &[&str])] = &[
    (Stage::Occult, &["occult"]),
    (Stage::Zero, &["0", "0a", "0is"]),
    (
        Stage::I,
        &[
            "I", "IA", "IA1", "IA2", "IA3", "IB", "IB1", "IB2", "IB3", "IC", //
            "IE", "IEA", "IEB", "IS", "ISA", "ISB",
        ],
    ),
    (
        Stage::II,
        &[
            "II", "IIA", "IIA1", "IIA2", "IIB", "IIC", //
            "IIE", "IIEA", "IIEB", "IIES", "IIESA", "IIESB", "IIS", "IISA", "IISB", "II bulky", "IIAX",
            "IIBX",
        ],
    ),
    (
        Stage::III,
        &[
            "III", "IIIA", "IIIA1", "IIIA2", "IIIB", "IIIC", "IIIC1", "IIIC2", "IIID", //
            "IIIE", "IIIEA", "IIIEB", "IIIES", "IIIESA", "IIIESB", "IIIS", "IIISA", "IIISB",
        ],
    ),
    (Stage::IV, &["IV", "IVA", "IVA1", "IVA2", "IVB", "IVC", "IVE", "IVS"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn group(label: &str) -> StageGroup {
        StageGroup::from_label(label).unwrap_or_else(|| panic!("{label} is no stage group"))
    }

    #[test]
    fn every_label_finds_itself() {
        for (at, group) in StageGroup::all().enumerate() {
            assert_eq!(group.index(), at);
            assert_eq!(StageGroup::from_label(group.label()), Some(group));
        }
        assert_eq!(StageGroup::from_label("V"), None);
        assert_eq!(StageGroup::from_label("iia"), None);
    }

    #[test]
    fn each_stage_begins_with_its_bare_group_and_holds_all_its_parts() {
        for stage in Stage::ALL {
            let bare = group(stage.label());
            assert!(bare.is_bare());
            assert_eq!(StageGroup::all().filter(|part| part.is_bare() && part.stage() == stage).count(), 1);
            for part in StageGroup::all() {
                assert_eq!(part.is_within(bare), part.stage() == stage, "{part} within {bare}");
                if part.stage() == stage {
                    assert!(part >= bare);
                }
            }
        }
        let stages: Vec<Stage> = StageGroup::all().map(StageGroup::stage).collect();
        assert!(stages.is_sorted());
    }

    #[test]
    fn order_and_parts() {
        for (low, high) in [
            ("occult", "0"),
            ("0a", "0is"),
            ("I", "IA"),
            ("IA", "IA1"),
            ("IA3", "IB"),
            ("IB", "IS"),
            ("IS", "II"),
            ("IIE", "II bulky"),
            ("IIIC2", "IIID"),
            ("IIID", "IV"),
            ("IVA2", "IVB"),
        ] {
            assert!(group(low) < group(high), "{low} < {high}");
        }
        for (part, whole, expected) in [
            ("IIIA", "III", true),
            ("IIIC1", "IIIC", true),
            ("IIIC1", "IIIA", false),
            ("II", "I", false),
            ("IV", "I", false),
            ("III", "IIIA", false),
            ("0is", "0", true),
            ("IIEA", "IIE", true),
            ("II bulky", "II", true),
        ] {
            assert_eq!(group(part).is_within(group(whole)), expected, "{part} within {whole}");
        }
    }
}
