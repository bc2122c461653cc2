//! The counts of a run under their labels: what is kept beside the tables so that runs can be added up.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::cube::Cube;
use super::cubes::Labels;
use super::facility::OTHER;
use super::spec::Only;
use super::{Counts, Facilities, MOST_FACILITIES, SummaryError};
use crate::knowledge::SchemaId;

/// The form of the file of counts; raised where a cube changes.
const FORM: u32 = 2;

/// Where counts come from. Runs that differ in version, rules or settings are not added up.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Origin {
    /// Ids of the runs.
    pub runs: BTreeSet<String>,
    /// Version of rstage.
    pub version: String,
    /// Hash of the rules.
    pub rules: String,
    /// Settings of staging and audit.
    pub settings: serde_json::Value,
    /// Rows found.
    pub read: u64,
    /// Records written.
    pub written: u64,
    /// Rows that could not be read.
    pub rejected: u64,
}

/// Labelled counts of one run or several.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Partial {
    form: u32,
    /// Where they come from.
    pub origin: Origin,
    folded_facilities: bool,
    cubes: BTreeMap<String, Cube>,
}

impl Partial {
    /// The counts of a run; `schemas` are the ids of the schemas by their index.
    pub fn new(
        counts: &Counts,
        schemas: &[&str],
        facilities: &Facilities,
        origin: Origin,
    ) -> Result<Self, SummaryError> {
        let highest = counts.records.keys().filter_map(|key| key.schema).max();
        if let Some(SchemaId(schema)) = highest.filter(|&SchemaId(at)| usize::from(at) >= schemas.len()) {
            return Err(SummaryError::SchemaName { schema, names: schemas.len() });
        }
        let names = facilities.names();
        let folded_facilities = names.folded;
        let labels = Labels { schemas, facilities: names };
        Ok(Self { form: FORM, origin, folded_facilities, cubes: labels.cubes(counts) })
    }

    /// Reads the counts that a run has left.
    pub fn read(path: &Path) -> Result<Self, SummaryError> {
        let text =
            std::fs::read(path).map_err(|source| SummaryError::NoCounts { path: path.to_owned(), source })?;
        let not_counts = |message: String| SummaryError::NotCounts { path: path.to_owned(), message };
        let partial: Self = serde_json::from_slice(&text).map_err(|error| not_counts(error.to_string()))?;
        if partial.form != FORM {
            return Err(not_counts(format!("they have form {}, not {FORM}", partial.form)));
        }
        Ok(partial)
    }

    /// As it is kept in a file.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// Adds the counts of another run, which has to come from the same rules and settings.
    pub fn merge(&mut self, other: Self) -> Result<(), SummaryError> {
        let (ours, theirs) = (&self.origin, &other.origin);
        if let Some(run) = ours.runs.intersection(&theirs.runs).next() {
            return Err(SummaryError::Twice(run.clone()));
        }
        let text = |value: &serde_json::Value| value.to_string();
        for (what, first, second) in [
            ("version", ours.version.clone(), theirs.version.clone()),
            ("rules", ours.rules.clone(), theirs.rules.clone()),
            ("settings", text(&ours.settings), text(&theirs.settings)),
        ] {
            if first != second {
                return Err(SummaryError::Different { what, first, second });
            }
        }
        for (name, cube) in &other.cubes {
            let own = self.cubes.get(name).map_or(&cube.keys, |own| &own.keys);
            if *own != cube.keys {
                let (first, second) = (own.join(", "), cube.keys.join(", "));
                return Err(SummaryError::Different { what: "labels", first, second });
            }
        }
        self.origin.runs.extend(other.origin.runs);
        self.origin.read += other.origin.read;
        self.origin.written += other.origin.written;
        self.origin.rejected += other.origin.rejected;
        for (name, cube) in other.cubes {
            let own = self.cubes.entry(name).or_default();
            let rows = own.rows().chain(cube.rows());
            *own = Cube::collect(cube.keys.clone(), rows);
        }
        self.folded_facilities |= other.folded_facilities;
        self.fold_facilities();
        Ok(())
    }

    /// Where there are too many facilities together, they are told apart no longer.
    fn fold_facilities(&mut self) {
        let known = self.cube("facilities").sums(&["facility"], &Only::new());
        if !self.folded_facilities && known.keys().filter(|key| *key != &[""]).count() <= MOST_FACILITIES {
            return;
        }
        self.folded_facilities = true;
        for cube in self.cubes.values_mut() {
            let Some(at) = cube.keys.iter().position(|key| key == "facility") else { continue };
            let folded = cube.rows().map(|(mut labels, n)| {
                if let Some(facility) = labels.get_mut(at).filter(|facility| !facility.is_empty()) {
                    *facility = OTHER;
                }
                (labels, n)
            });
            *cube = Cube::collect(cube.keys.clone(), folded);
        }
    }

    /// The run that made it, or one name for all of them.
    pub fn run_id(&self) -> String {
        let runs = &self.origin.runs;
        if let (1, Some(run)) = (runs.len(), runs.first()) {
            return run.clone();
        }
        let mut hasher = blake3::Hasher::new();
        for run in runs {
            hasher.update(run.as_bytes()).update(b"\n");
        }
        hasher.finalize().to_hex().chars().take(16).collect()
    }

    /// Number of records counted.
    pub fn records(&self) -> u64 {
        self.cube("records").total()
    }

    /// Other counts of the same runs.
    pub(super) fn with(&self, cubes: BTreeMap<String, Cube>) -> Self {
        let Self { form, ref origin, folded_facilities, .. } = *self;
        Self { form, origin: origin.clone(), folded_facilities, cubes }
    }

    pub(super) fn cube(&self, name: &str) -> &Cube {
        static NONE: LazyLock<Cube> = LazyLock::new(Cube::default);
        self.cubes.get(name).unwrap_or(&NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn counts_by_other_labels_are_not_added_up() {
        let mut told: serde_json::Value = serde_json::from_slice(&sample::partial().to_json()).unwrap();
        told["origin"]["runs"] = serde_json::json!(["other"]);
        let cube = &mut told["cubes"]["facilities"];
        cube["keys"].as_array_mut().unwrap().push("ward".into());
        for row in cube["rows"].as_array_mut().unwrap() {
            row[0].as_array_mut().unwrap().push("7".into());
        }
        let other: Partial = serde_json::from_value(told).unwrap();
        let mut partial = sample::partial();
        let error = partial.merge(other).unwrap_err().to_string();
        assert!(error.contains("labels") && error.contains("ward"), "{error}");
        assert_eq!(partial, sample::partial());
    }
}
