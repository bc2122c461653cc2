//! The six organ groups of metastasis at diagnosis (NAACCR 1112-1117).

use std::sync::LazyLock;

use super::Cell;
use super::notation::whole_number;
use super::table::rows;

/// A metastasis flag at diagnosis (NAACCR 1112-1117).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MetFlag {
    /// 0: none.
    No,
    /// 1: yes.
    Yes,
    /// 2 (item 1117 only): generalised, carcinomatosis.
    Generalised,
}

/// A set of the six organ groups of the metastasis items, as bits in the order
/// bone, brain, distant lymph nodes, liver, lung, other; a seventh bit stands for
/// [nodes of which it is not said where they lie](Self::NODES).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct OrganSet(pub u8);

impl OrganSet {
    /// Bone.
    pub const BONE: Self = Self(1);
    /// Brain.
    pub const BRAIN: Self = Self(1 << 1);
    /// Distant lymph nodes.
    pub const DISTANT_NODES: Self = Self(1 << 2);
    /// Liver.
    pub const LIVER: Self = Self(1 << 3);
    /// Lung.
    pub const LUNG: Self = Self(1 << 4);
    /// Any other organ.
    pub const OTHER: Self = Self(1 << 5);
    /// Lymph nodes in a list that does not say whether they are regional or distant. Not one of the
    /// six groups: what they are depends on the N beside them.
    pub const NODES: Self = Self(1 << 6);

    /// The organ groups in the order of their bits, with the names used in tables.
    pub const NAMED: [(Self, &str); 6] = [
        (Self::BONE, "bone"),
        (Self::BRAIN, "brain"),
        (Self::DISTANT_NODES, "distant_ln"),
        (Self::LIVER, "liver"),
        (Self::LUNG, "lung"),
        (Self::OTHER, "other"),
    ];

    /// Organs of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Organs of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all organs of the other set are in this one.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of organ groups.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }
}

/// Names joined by `|`: `bone|lung`.
impl std::fmt::Display for OrganSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut separator = "";
        for (_, name) in Self::NAMED.iter().filter(|(organ, _)| self.contains(*organ)) {
            write!(f, "{separator}{name}")?;
            separator = "|";
        }
        Ok(())
    }
}

/// Reads a metastasis flag; words were turned into codes before.
pub(super) fn flag(text: &str, generalised: bool) -> Cell<MetFlag> {
    match whole_number(text) {
        "0" => Cell::Value(MetFlag::No),
        "1" => Cell::Value(MetFlag::Yes),
        "2" if generalised => Cell::Value(MetFlag::Generalised),
        _ => Cell::Invalid,
    }
}

/// Reads a list such as `Lung|Bone` or `Liver; Other, specify`; `none` is the empty set.
///
/// The words of `organs.csv` name the groups. A site in other words is another organ;
/// digits, or a word of negation, make the cell invalid.
pub(super) fn organs(text: &str) -> Cell<OrganSet> {
    let mut found = OrganSet::default();
    for site in text.split(['|', ';', ',', '/']).map(words).filter(|words| !words.trim().is_empty()) {
        if site.contains(|c: char| c.is_ascii_digit()) || NEGATIONS.iter().any(|word| site.contains(word)) {
            return Cell::Invalid;
        }
        let organ = match site.as_str() {
            " none " => OrganSet::default(),
            _ => WORDS
                .iter()
                .find(|(phrase, _)| site.contains(phrase.as_str()))
                .map_or(OrganSet::OTHER, |(_, organ)| *organ),
        };
        found = found.union(organ);
    }
    if text.contains(char::is_alphabetic) { Cell::Value(found) } else { Cell::Invalid }
}

const NEGATIONS: [&str; 4] = [" no ", " not ", " negative ", " without "];

/// Phrases and their organs, in the order of the table: the first that fits wins.
static WORDS: LazyLock<Vec<(String, OrganSet)>> = LazyLock::new(|| {
    let named = |name: &str| {
        let groups = OrganSet::NAMED.iter().chain(&[(OrganSet::NODES, "nodes")]);
        groups.into_iter().find(|(_, known)| *known == name).map(|(organ, _)| *organ)
    };
    rows(TABLE)
        .filter_map(|row| Some((named(&row[0])?, row[1].to_owned())))
        .flat_map(|(organ, phrases)| {
            phrases.split('|').map(|phrase| (words(phrase), organ)).collect::<Vec<_>>()
        })
        .collect()
});

const TABLE: &str = include_str!("organs.csv");

/// Lower-case words with one blank before, between and behind them.
fn words(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut spaced = String::from(" ");
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        spaced.push_str(word);
        spaced.push(' ');
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::category::table::count;

    #[test]
    fn the_table_names_known_organs() {
        assert_eq!(count(TABLE).0, count(TABLE).1);
        let phrases: usize = rows(TABLE).map(|row| row[1].split('|').count()).sum();
        assert_eq!(WORDS.len(), phrases, "every row names one of the six groups, or nodes");
    }

    #[test]
    fn reads_lists() {
        for (text, expected) in [
            ("Bone|Liver", "bone|liver"),
            ("Lymph node only|Lung|Liver", "liver|lung+nodes"),
            ("Lymph node only", "+nodes"),
            ("Distant lymph nodes|Bone", "bone|distant_ln"),
            ("non-regional lymph node", "distant_ln"),
            ("Lung|Bone|Liver|Other, specify", "bone|liver|lung|other"),
            ("Other, specify", "other"),
            ("Other", "other"),
            ("None", ""),
            ("brain", "brain"),
            ("skin", "other"),
            ("Bone|Lung|Peritoneum", "bone|lung|other"),
            ("left cervical lymph node", "+nodes"),
            ("Lymph nodes", "+nodes"),
            ("left adrenal gland", "other"),
            ("Vena cava and left atrium of the heart", "other"),
            ("Retroperitoneum", "other"),
            ("bone marrow", "other"),
            ("Vertebrae; lungs", "bone|lung"),
            ("pleura", "other"),
            ("spinal cord", "other"),
        ] {
            let named = |set: OrganSet| {
                let nodes = if set.contains(OrganSet::NODES) { "+nodes" } else { "" };
                format!("{set}{nodes}")
            };
            assert_eq!(organs(text).value().map(named).as_deref(), Some(expected), "{text}");
        }
        for text in ["3", "C34.1", "|", "-", "axillary node negative but mammary node positive", "no bone"] {
            assert_eq!(organs(text), Cell::Invalid, "{text}");
        }
        let set = OrganSet::BONE.union(OrganSet::LUNG);
        assert_eq!((set.len(), set.is_empty(), set.contains(OrganSet::BRAIN)), (2, false, false));
    }
}
