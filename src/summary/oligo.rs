//! Oligometastasis as two bounds.
//!
//! A registry record seldom counts lesions, so the true share lies between the
//! records that show few lesions (lower bound) and those that rule them out neither
//! (upper bound). One number in between would be a guess.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::frame::{shares_of, sorted, sum_by};
use super::tables::Names;
use super::{Counts, wilson};

/// Counts of metastatic records by what they say of oligometastasis.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Bounds {
    /// All with metastasis.
    pub(super) metastatic: u64,
    /// Confirmed or probable.
    pub(super) lower: u64,
    /// The same with the possible and the weakly possible.
    pub(super) upper: u64,
}

impl Bounds {
    /// Adds `n` records of a level.
    pub(super) fn add(&mut self, level: &str, n: u64) {
        let (lower, upper) = match level {
            "not_applicable" => return,
            "confirmed" | "probable" => (n, n),
            "possible" | "possible_weak" => (0, n),
            _ => (0, 0),
        };
        self.metastatic += n;
        self.lower += lower;
        self.upper += upper;
    }
}

/// Graded records by profile, level and timing; `not_applicable` are those without metastasis.
pub(super) fn levels(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let numbers = &counts.oligo;
    let frame = df!(
        "schema" => numbers.keys().map(|key| names.of(key.schema)).collect::<Vec<_>>(),
        "profile" => numbers.keys().map(|key| key.oligo.profile).collect::<Vec<_>>(),
        "level" => numbers.keys().map(|key| key.oligo.level).collect::<Vec<_>>(),
        "timing" => numbers.keys().map(|key| key.oligo.timing).collect::<Vec<_>>(),
        "n" => numbers.values().copied().collect::<Vec<_>>(),
    )?;
    let keys = ["schema", "profile", "level", "timing"];
    sorted(&sum_by(&frame, &keys)?, &keys)
}

/// Lower and upper bound of the share of oligometastatic among metastatic records.
pub(super) fn bounds(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let graded =
        counts.oligo.iter().map(|(key, &n)| (names.of(key.schema), key.oligo.profile, key.oligo.level, n));
    frame(graded)
}

/// The same for the profiles that every record was graded under beside the one that applies.
pub(super) fn beside(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    frame(counts.profiles.iter().map(|(key, &n)| (names.of(key.schema), key.profile, key.level, n)))
}

/// The bounds of schemas and profiles with metastatic records: schema, profile, level, records.
fn frame<'a>(graded: impl Iterator<Item = (&'a str, &'a str, &'a str, u64)>) -> PolarsResult<DataFrame> {
    let mut groups = BTreeMap::<_, Bounds>::new();
    for (schema, profile, level, n) in graded {
        groups.entry((schema, profile)).or_default().add(level, n);
    }
    groups.retain(|_, bounds| bounds.metastatic > 0);
    let rows: Vec<_> = groups
        .iter()
        .flat_map(|(&(schema, profile), bounds)| {
            [("lower", bounds.lower), ("upper", bounds.upper)]
                .map(|(bound, n)| (schema, profile, bound, n, wilson(n, bounds.metastatic)))
        })
        .collect();
    let frame = df!(
        "schema" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "profile" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "bound" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        "n" => rows.iter().map(|row| row.3).collect::<Vec<_>>(),
        "percent_low" => rows.iter().map(|row| row.4.map(|(low, _)| 100.0 * low)).collect::<Vec<_>>(),
        "percent_high" => rows.iter().map(|row| row.4.map(|(_, high)| 100.0 * high)).collect::<Vec<_>>(),
    )?;
    let metastatic = df!(
        "schema" => groups.keys().map(|key| key.0).collect::<Vec<_>>(),
        "profile" => groups.keys().map(|key| key.1).collect::<Vec<_>>(),
        "n" => groups.values().map(|bounds| bounds.metastatic).collect::<Vec<_>>(),
    )?;
    let joined = shares_of(&frame, metastatic, &["schema", "profile"])?;
    let columns =
        ["schema", "profile", "bound", "n", "denominator", "percent", "percent_low", "percent_high"];
    sorted(&joined.select(columns)?, &["schema", "profile", "bound"])
}
