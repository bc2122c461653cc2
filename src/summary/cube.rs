//! Counts by labels, sorted by them: each label is kept once and stands in a row as its place among those of its key.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize, Serializer};

use super::spec::Only;

/// Counts by labels; an empty label is one that is not known.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(try_from = "Told")]
pub(super) struct Cube {
    pub(super) keys: Vec<String>,
    /// The labels of each key, sorted.
    labels: Vec<Vec<String>>,
    /// The places of the labels of each row, sorted: as many for a row as there are keys.
    places: Vec<u32>,
    numbers: Vec<u64>,
}

/// Counts as they are kept in a file.
#[derive(Deserialize)]
struct Told {
    keys: Vec<String>,
    rows: Vec<(Vec<String>, u64)>,
}

/// Sums by labels.
pub(super) type Sums<'a> = HashMap<Vec<&'a str>, u64, FxBuildHasher>;

/// What stands for a label that a cube lacks.
const LACKING: u32 = u32::MAX;

impl TryFrom<Told> for Cube {
    type Error = String;

    fn try_from(told: Told) -> Result<Self, String> {
        let (wanted, keys) = (told.keys.len(), told.keys);
        if let Some((labels, _)) = told.rows.iter().find(|(labels, _)| labels.len() != wanted) {
            return Err(format!("counts by {} have a row with {} labels", keys.join(", "), labels.len()));
        }
        Ok(Self::collect(keys, told.rows.iter().map(|(labels, n)| (labels.iter().map(String::as_str), *n))))
    }
}

impl Serialize for Cube {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a, R: Serialize> {
            keys: &'a [String],
            rows: R,
        }
        struct Rows<'a>(&'a Cube);
        impl Serialize for Rows<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.rows())
            }
        }
        Told { keys: &self.keys, rows: Rows(self) }.serialize(serializer)
    }
}

impl Cube {
    /// Counts of rows, each with a label for every key; those with the same labels are added up.
    pub(super) fn collect<L: AsRef<str>>(
        keys: Vec<String>,
        rows: impl IntoIterator<Item = (impl IntoIterator<Item = L>, u64)>,
    ) -> Self {
        let mut known = vec![HashMap::<String, u32, FxBuildHasher>::default(); keys.len()];
        let (mut places, mut numbers) = (Vec::new(), Vec::new());
        for (labels, n) in rows {
            for (known, label) in known.iter_mut().zip(labels) {
                let (next, label) = (known.len() as u32, label.as_ref());
                places.push(known.get(label).copied().unwrap_or_else(|| {
                    known.insert(label.to_owned(), next);
                    next
                }));
            }
            numbers.push(n);
        }
        let mut ranks = Vec::with_capacity(known.len());
        let mut labels = Vec::with_capacity(known.len());
        for known in known {
            let mut sorted: Vec<(String, u32)> = known.into_iter().collect();
            sorted.sort_unstable();
            let mut of_key = vec![0; sorted.len()];
            sorted.iter().zip(0..).for_each(|((_, place), rank)| of_key[*place as usize] = rank);
            ranks.push(of_key);
            labels.push(sorted.into_iter().map(|(label, _)| label).collect());
        }
        let width = keys.len().max(1);
        for row in places.chunks_exact_mut(width) {
            row.iter_mut().zip(&ranks).for_each(|(place, ranks)| *place = ranks[*place as usize]);
        }
        let mut rows: Vec<(&[u32], u64)> = places.chunks_exact(width).zip(numbers).collect();
        rows.sort_unstable();
        let mut cube = Self { keys, labels, places: Vec::with_capacity(places.len()), numbers: Vec::new() };
        for rows in rows.chunk_by(|(one, _), (next, _)| one == next) {
            cube.places.extend_from_slice(rows[0].0);
            cube.numbers.push(rows.iter().map(|(_, n)| n).sum());
        }
        cube
    }

    /// Counts of a kind under their labels.
    pub(super) fn of<'l, K, const WIDTH: usize>(
        keys: [&str; WIDTH],
        numbers: impl IntoIterator<Item = (K, u64)>,
        labels: impl Fn(K) -> [Cow<'l, str>; WIDTH],
    ) -> Self {
        let keys = keys.iter().map(|&key| key.to_owned()).collect();
        Self::collect(keys, numbers.into_iter().map(|(key, n)| (labels(key), n)))
    }

    /// The labels of each row, in their order, and its number.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Vec<&str>, u64)> {
        let row = |places: &[u32]| {
            let labels = self.labels.iter().zip(places);
            labels.map(|(labels, place)| labels.get(*place as usize).map_or("", String::as_str)).collect()
        };
        let rows = self.places.chunks_exact(self.keys.len().max(1)).map(row);
        rows.zip(self.numbers.iter().copied())
    }

    /// The sum of all rows.
    pub(super) fn total(&self) -> u64 {
        self.numbers.iter().sum()
    }

    /// The number of the row with these labels, where there is one.
    pub(super) fn get(&self, labels: &[String]) -> Option<u64> {
        let places = self.labels.iter().zip(labels).map(|(known, label)| known.binary_search(label).ok());
        let places: Vec<u32> = places.map(|place| Some(place? as u32)).collect::<Option<_>>()?;
        if places.len() != self.keys.len() {
            return None;
        }
        let row = |at: usize| &self.places[at * places.len()..(at + 1) * places.len()];
        let (mut low, mut high) = (0, self.numbers.len());
        while low < high {
            let middle = low.midpoint(high);
            match row(middle).cmp(&places) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return self.numbers.get(middle).copied(),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Sums by some of the labels, over the rows whose other labels are among those that count, in the order of the
    /// labels.
    pub(super) fn sums(&self, keys: &[&str], only: &Only) -> BTreeMap<Vec<&str>, u64> {
        self.sums_unsorted(keys, only).into_iter().collect()
    }

    /// The same in no order, for who sorts them in another.
    pub(super) fn sums_unsorted(&self, keys: &[&str], only: &Only) -> Sums<'_> {
        let key = |wanted: &str| self.keys.iter().position(|known| known == wanted);
        let wanted: Vec<Option<usize>> = keys.iter().map(|name| key(name)).collect();
        let only = only.iter().map(|(name, values)| {
            let at = key(name)?;
            let counts = self.labels.get(at)?.iter().map(|label| values.contains(label));
            Some((at, counts.collect()))
        });
        // No row has a label that the cube lacks.
        let Some(only) = only.collect::<Option<Vec<(usize, Vec<bool>)>>>() else { return Sums::default() };
        let mut sums = HashMap::<Box<[u32]>, u64, FxBuildHasher>::default();
        let mut group = Vec::with_capacity(wanted.len());
        for (row, n) in self.places.chunks_exact(self.keys.len().max(1)).zip(&self.numbers) {
            let counts = |(at, counts): &(usize, Vec<bool>)| counts.get(row[*at] as usize) == Some(&true);
            if !only.iter().all(counts) {
                continue;
            }
            group.clear();
            group.extend(wanted.iter().map(|at| at.map_or(LACKING, |at| row[at])));
            match sums.get_mut(group.as_slice()) {
                Some(sum) => *sum += n,
                None => {
                    sums.insert(group.as_slice().into(), *n);
                }
            }
        }
        let label = |(at, place): (&Option<usize>, &u32)| {
            let label = at.and_then(|at| self.labels.get(at)?.get(*place as usize));
            label.map_or("", String::as_str)
        };
        sums.into_iter().map(|(places, n)| (wanted.iter().zip(&places).map(label).collect(), n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The plain definition: rows by their labels.
    type Plain = BTreeMap<Vec<String>, u64>;

    fn rows() -> impl Strategy<Value = Vec<(Vec<String>, u64)>> {
        prop::collection::vec((prop::collection::vec("[ab,\"é]{0,2}", 3), 0_u64..5), 0..60)
    }

    fn cube(rows: &[(Vec<String>, u64)]) -> (Cube, Plain) {
        let keys = ["x", "y", "z"].map(str::to_owned).to_vec();
        let mut plain = Plain::new();
        for (labels, n) in rows {
            *plain.entry(labels.clone()).or_default() += n;
        }
        (Cube::collect(keys, rows.iter().map(|(labels, n)| (labels, *n))), plain)
    }

    proptest! {
        #[test]
        fn it_counts_as_a_map_of_labels_does(rows in rows()) {
            let (cube, plain) = cube(&rows);
            let told: Vec<(Vec<String>, u64)> =
                cube.rows().map(|(labels, n)| (labels.into_iter().map(str::to_owned).collect(), n)).collect();
            prop_assert_eq!(told, plain.clone().into_iter().collect::<Vec<_>>());
            prop_assert_eq!(cube.total(), plain.values().sum::<u64>());
            for (labels, n) in &plain {
                prop_assert_eq!(cube.get(labels), Some(*n));
            }
            prop_assert_eq!(cube.get(&["c", "", ""].map(str::to_owned)), None);
            let text = serde_json::to_string(&cube).unwrap();
            prop_assert_eq!(serde_json::from_str::<Cube>(&text).unwrap(), cube);
        }

        #[test]
        fn sums_are_those_of_the_rows_that_count(rows in rows(), lacks in any::<bool>()) {
            let (cube, plain) = cube(&rows);
            let only = Only::from([("y".to_owned(), vec!["a".to_owned(), "b".to_owned(), "ab".to_owned()])]);
            let keys: &[&str] = if lacks { &["z", "none"] } else { &["z", "x"] };
            let mut expected = BTreeMap::<Vec<&str>, u64>::new();
            for (labels, n) in plain.iter().filter(|(labels, _)| only["y"].contains(&labels[1])) {
                let second = if lacks { "" } else { labels[0].as_str() };
                *expected.entry(vec![&labels[2], second]).or_default() += n;
            }
            prop_assert_eq!(cube.sums(keys, &only), expected);
            prop_assert!(cube.sums(keys, &Only::from([("none".to_owned(), vec![])])).is_empty());
        }
    }

    #[test]
    fn rows_with_other_labels_than_keys_are_no_counts() {
        let error = serde_json::from_str::<Cube>(r#"{"keys":["x","y"],"rows":[[["a"],1]]}"#).unwrap_err();
        assert!(error.to_string().contains("counts by x, y have a row with 1 labels"), "{error}");
    }
}
