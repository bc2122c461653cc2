//! `run.json`: what was read, by which rules, and what came of it. A folder without it is not a result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::OutputError;

/// The manifest of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Id of the run, which its tables repeat; the same version, settings, rules and inputs have the same one.
    #[serde(default)]
    pub run: String,
    /// Version of rstage.
    pub version: String,
    /// Settings that the result depends on.
    pub config: serde_json::Value,
    /// Every option of the command as it came to be: command line over configuration file over defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, serde_json::Value>,
    /// Inputs in their order.
    pub inputs: Vec<ManifestInput>,
    /// Rules that were applied.
    pub rules: ManifestRules,
    /// How the inputs' columns came into the records: `spliced` in their bytes, or `encoded`.
    #[serde(default)]
    pub records: String,
    /// Columns of the inputs that were left out of the records, since they name persons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// SEER's algorithms, where there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub algorithms: Vec<ManifestAlgorithm>,
    /// What was taken over from an earlier run, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<ManifestSince>,
    /// What was read and written.
    pub counts: Counts,
    /// What came of the tables of events, where there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<EventCounts>,
    /// Findings by rule id and severity.
    pub findings: BTreeMap<String, BTreeMap<String, u64>>,
    /// Seconds per part of the run.
    pub durations: BTreeMap<String, f64>,
    /// Seconds per kind of work, each summed over the threads that do it.
    pub work: BTreeMap<String, f64>,
    /// Worker threads.
    pub threads: usize,
    /// Exit status of the process.
    pub exit: i32,
}

/// Records whose answers came from an earlier run, and those that were staged anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ManifestSince {
    /// Id of the earlier run.
    pub run: String,
    /// Records that came to what an earlier one came to.
    pub taken_over: u64,
    /// Records that were staged and audited, or are like one that was.
    pub restaged: u64,
}

/// One input of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ManifestInput {
    /// Path as given or found.
    pub path: String,
    /// Size on disk.
    pub bytes: u64,
    /// BLAKE3 hash of the file.
    pub blake3: String,
    /// Form in which it was read, `csv` or `parquet` with its compression.
    pub format: String,
    /// Records that could be read.
    pub rows: u64,
    /// Layout by which its columns were recognized.
    pub layout: String,
}

/// The rules of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ManifestRules {
    /// Hash of all rule tables.
    pub hash: String,
    /// The user's own folder of rules, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<ManifestOverlay>,
}

/// One of SEER's algorithms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ManifestAlgorithm {
    /// Its name: `cs`, `tnm`, `eod_public`, `pediatric`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// File or folder as given.
    pub path: String,
    /// BLAKE3 hash of the file; of a folder, over names and contents of its tables and schemas.
    pub blake3: String,
    /// Slips of the file: missing tables, jumps in a circle.
    pub problems: usize,
}

/// A user's own folder of rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ManifestOverlay {
    /// The folder as given.
    pub path: String,
    /// BLAKE3 hash over names and contents of its files.
    pub hash: String,
    /// The files that were read.
    pub files: Vec<String>,
}

/// Records of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Rows found in the inputs.
    pub read: u64,
    /// Records written.
    pub written: u64,
    /// Rows that could not be read.
    pub rejected: u64,
}

impl Counts {
    /// Makes sure that no row was lost or written twice.
    pub fn check(self) -> Result<(), OutputError> {
        let Self { read, written, rejected } = self;
        if written.checked_add(rejected) == Some(read) {
            return Ok(());
        }
        Err(OutputError::Unbalanced { read, written, rejected })
    }
}

/// Events of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EventCounts {
    /// Their tables in their order.
    pub inputs: Vec<ManifestInput>,
    /// Events found, and rows that could not be taken.
    pub read: u64,
    /// Events whose tumor is among the records.
    pub matched: u64,
    /// Events whose tumor is not.
    pub unmatched: u64,
    /// Rows that could not be taken.
    pub rejected: u64,
    /// Rows that tell of no event, or of another tumor; not counted as read.
    pub without_event: u64,
    /// FHIR resources that are no staging; not counted as read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other_resources: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl EventCounts {
    /// Makes sure that no event was lost.
    pub fn check(&self) -> Result<(), OutputError> {
        let Self { read, matched, unmatched, rejected, .. } = *self;
        if matched.checked_add(unmatched).and_then(|sum| sum.checked_add(rejected)) == Some(read) {
            return Ok(());
        }
        Err(OutputError::EventsLost { read, matched, unmatched, rejected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_must_balance() {
        assert!(Counts { read: 5, written: 3, rejected: 2 }.check().is_ok());
        assert!(Counts { read: 5, written: 5, rejected: 1 }.check().is_err());
        let events = |read, matched| EventCounts {
            read,
            matched,
            unmatched: 2,
            rejected: 1,
            ..EventCounts::default()
        };
        assert!(events(8, 5).check().is_ok());
        assert!(events(8, 4).check().is_err());
        assert!(Counts { read: 0, written: u64::MAX, rejected: 1 }.check().is_err());
    }
}
