//! What became of every record, in counts that add up.

use std::collections::BTreeMap;

use serde::Serialize;

use super::DiffError;

/// Records of both exports. `old_read = same + changed + gone + duplicate_old + unreadable_old`, and
/// `new_read = same + changed + added + duplicate_new + unreadable_new`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DiffCounts {
    /// Rows found in the older export.
    pub old_read: u64,
    /// Rows found in the newer export.
    pub new_read: u64,
    /// Tumors with nothing changed.
    pub same: u64,
    /// Tumors with a changed field or a changed stage.
    pub changed: u64,
    /// Tumors of the newer export only.
    pub added: u64,
    /// Tumors of the older export only.
    pub gone: u64,
    /// Records of the older export beyond the first of their key.
    pub duplicate_old: u64,
    /// Records of the newer export beyond the first of their key.
    pub duplicate_new: u64,
    /// Rows of both exports that could not be read, or have no key.
    pub unreadable: u64,
    /// Those of the older export.
    pub unreadable_old: u64,
    /// Those of the newer export.
    pub unreadable_new: u64,
}

/// One of these counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Rows of the older export.
    OldRead,
    /// Rows of the newer export.
    NewRead,
    /// Unchanged tumors.
    Same,
    /// Changed tumors.
    Changed,
    /// Tumors of the newer export only.
    Added,
    /// Tumors of the older export only.
    Gone,
    /// Further records of a key in the older export.
    DuplicateOld,
    /// The same in the newer export.
    DuplicateNew,
    /// Rows that cannot be compared.
    Unreadable,
    /// Those of the older export.
    UnreadableOld,
    /// Those of the newer export.
    UnreadableNew,
}

impl Count {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 11] = [
        Self::OldRead,
        Self::NewRead,
        Self::Same,
        Self::Changed,
        Self::Added,
        Self::Gone,
        Self::DuplicateOld,
        Self::DuplicateNew,
        Self::Unreadable,
        Self::UnreadableOld,
        Self::UnreadableNew,
    ];

    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OldRead => "old_read",
            Self::NewRead => "new_read",
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Gone => "gone",
            Self::DuplicateOld => "duplicate_old",
            Self::DuplicateNew => "duplicate_new",
            Self::Unreadable => "unreadable",
            Self::UnreadableOld => "unreadable_old",
            Self::UnreadableNew => "unreadable_new",
        }
    }
}

impl DiffCounts {
    /// A count by its name.
    pub const fn get(&self, count: Count) -> u64 {
        match count {
            Count::OldRead => self.old_read,
            Count::NewRead => self.new_read,
            Count::Same => self.same,
            Count::Changed => self.changed,
            Count::Added => self.added,
            Count::Gone => self.gone,
            Count::DuplicateOld => self.duplicate_old,
            Count::DuplicateNew => self.duplicate_new,
            Count::Unreadable => self.unreadable,
            Count::UnreadableOld => self.unreadable_old,
            Count::UnreadableNew => self.unreadable_new,
        }
    }

    /// Tumors that both exports have.
    pub const fn pairs(&self) -> u64 {
        self.same + self.changed
    }

    /// Makes sure that every record is accounted for once.
    pub fn check(&self) -> Result<(), DiffError> {
        let pairs = self.pairs();
        let old = pairs + self.gone + self.duplicate_old + self.unreadable_old;
        let new = pairs + self.added + self.duplicate_new + self.unreadable_new;
        for (side, read, accounted) in [("old", self.old_read, old), ("new", self.new_read, new)] {
            if read != accounted {
                return Err(DiffError::Unaccounted { side, read, accounted });
            }
        }
        let (read, accounted) = (self.unreadable, self.unreadable_old + self.unreadable_new);
        if read != accounted {
            return Err(DiffError::Unaccounted { side: "either", read, accounted });
        }
        Ok(())
    }
}

/// Everything that is counted while partitions are compared; partial tallies add up to the same whole in
/// any order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Records.
    pub counts: DiffCounts,
    /// Tumors by older and newer stage.
    pub stages: BTreeMap<(String, String), u64>,
    /// Tumors by changed field or column.
    pub fields: BTreeMap<String, u64>,
    /// Findings by rule and severity.
    pub findings: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Tally {
    /// Counts the stages of a tumor that both exports have.
    pub fn add_stages(&mut self, old: &str, new: &str) {
        // Few pairs exist, and most records hit one that does.
        if let Some((_, n)) = self.stages.iter_mut().find(|((a, b), _)| a == old && b == new) {
            *n += 1;
        } else {
            self.stages.insert((old.to_owned(), new.to_owned()), 1);
        }
    }

    /// Counts a finding.
    pub fn add_finding(&mut self, rule: &str, severity: &str) {
        *self.findings.entry(rule.to_owned()).or_default().entry(severity.to_owned()).or_default() += 1;
    }

    /// Findings of a rule.
    pub fn findings_of(&self, rule: &str) -> u64 {
        self.findings.get(rule).map_or(0, |severities| severities.values().sum())
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: Self) {
        let (into, from) = (&mut self.counts, other.counts);
        into.old_read += from.old_read;
        into.new_read += from.new_read;
        into.same += from.same;
        into.changed += from.changed;
        into.added += from.added;
        into.gone += from.gone;
        into.duplicate_old += from.duplicate_old;
        into.duplicate_new += from.duplicate_new;
        into.unreadable += from.unreadable;
        into.unreadable_old += from.unreadable_old;
        into.unreadable_new += from.unreadable_new;
        for (key, n) in other.stages {
            *self.stages.entry(key).or_default() += n;
        }
        for (key, n) in other.fields {
            *self.fields.entry(key).or_default() += n;
        }
        for (rule, severities) in other.findings {
            let own = self.findings.entry(rule).or_default();
            for (severity, n) in severities {
                *own.entry(severity).or_default() += n;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_called_the_same_everywhere() {
        for count in Count::ALL {
            assert_eq!(serde_json::to_value(count).unwrap(), count.as_str());
        }
    }

    #[test]
    fn every_record_is_accounted_for() {
        let whole = DiffCounts {
            old_read: 10,
            new_read: 9,
            same: 4,
            changed: 2,
            added: 1,
            gone: 3,
            duplicate_old: 0,
            duplicate_new: 1,
            unreadable: 2,
            unreadable_old: 1,
            unreadable_new: 1,
        };
        assert!(whole.check().is_ok());
        for lost in [
            DiffCounts { old_read: 11, ..whole },
            DiffCounts { new_read: 8, ..whole },
            DiffCounts { unreadable: 1, ..whole },
        ] {
            assert!(lost.check().is_err(), "{lost:?}");
        }
        let mut tally = Tally::default();
        tally.merge(Tally { counts: whole, ..Tally::default() });
        tally.merge(Tally { counts: whole, ..Tally::default() });
        assert_eq!(tally.counts.new_read, 18);
        assert!(tally.counts.check().is_ok());
    }
}
