//! The counts of a run under their labels: what is kept beside the tables so that runs can be added up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

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

/// Counts by labels; an empty label is one that is not known.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Cube {
    pub(super) keys: Vec<String>,
    #[serde(with = "rows")]
    pub(super) rows: BTreeMap<Vec<String>, u64>,
}

/// Sums by labels.
pub(super) type Sums<'a> = HashMap<Vec<&'a str>, u64, FxBuildHasher>;

/// Labels and their number as one list, which JSON can hold.
mod rows {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        rows: &BTreeMap<Vec<String>, u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(rows)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Vec<String>, u64>, D::Error> {
        Ok(Vec::<(Vec<String>, u64)>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl Cube {
    /// Sums by some of the labels, over the rows whose other labels are among those that count, in the order of the
    /// labels.
    pub(super) fn sums(&self, keys: &[&str], only: &Only) -> BTreeMap<Vec<&str>, u64> {
        self.sums_unsorted(keys, only).into_iter().collect()
    }

    /// The same in no order, for who sorts them in another.
    pub(super) fn sums_unsorted(&self, keys: &[&str], only: &Only) -> Sums<'_> {
        let place = |key: &str| self.keys.iter().position(|known| known == key);
        let places: Vec<_> = keys.iter().map(|key| place(key)).collect();
        let only: Vec<_> = only.iter().map(|(key, values)| (place(key), values)).collect();
        let mut sums = Sums::default();
        for (row, n) in &self.rows {
            let counts = |(at, values): &(Option<usize>, &Vec<String>)| {
                at.and_then(|at| row.get(at)).is_some_and(|label| values.contains(label))
            };
            if only.iter().all(counts) {
                let labels =
                    places.iter().map(|&at| at.and_then(|at| row.get(at)).map_or("", String::as_str));
                *sums.entry(labels.collect()).or_default() += n;
            }
        }
        sums
    }

    /// Counts of a kind under their labels.
    pub(super) fn of<K>(
        keys: &[&str],
        numbers: impl IntoIterator<Item = (K, u64)>,
        labels: impl Fn(K) -> Vec<String>,
    ) -> Self {
        let mut cube = Self { keys: keys.iter().map(|&key| key.to_owned()).collect(), ..Self::default() };
        for (key, n) in numbers {
            *cube.rows.entry(labels(key)).or_default() += n;
        }
        cube
    }
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
        self.origin.runs.extend(other.origin.runs);
        self.origin.read += other.origin.read;
        self.origin.written += other.origin.written;
        self.origin.rejected += other.origin.rejected;
        for (name, cube) in other.cubes {
            let own = self.cubes.entry(name).or_default();
            own.keys = cube.keys;
            for (labels, n) in cube.rows {
                *own.rows.entry(labels).or_default() += n;
            }
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
            for (mut labels, n) in std::mem::take(&mut cube.rows) {
                if let Some(facility) = labels.get_mut(at).filter(|facility| !facility.is_empty()) {
                    OTHER.clone_into(facility);
                }
                *cube.rows.entry(labels).or_default() += n;
            }
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
        self.cube("records").rows.values().sum()
    }

    /// Other counts of the same runs.
    pub(super) fn with(&self, cubes: BTreeMap<String, Cube>) -> Self {
        let Self { form, ref origin, folded_facilities, .. } = *self;
        Self { form, origin: origin.clone(), folded_facilities, cubes }
    }

    pub(super) fn cube(&self, name: &str) -> &Cube {
        static NONE: Cube = Cube { keys: Vec::new(), rows: BTreeMap::new() };
        self.cubes.get(name).unwrap_or(&NONE)
    }
}
