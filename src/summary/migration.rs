//! How stages move between editions: the same records, staged under two of them.
//!
//! Where an edition moves records to a higher stage, survival can seem to improve in the stage that
//! they left and in the one that they came to, though nobody lives longer (Feinstein, Sosin and Wells 1985).

use std::collections::BTreeMap;

use polars::prelude::*;

use super::frame::{shares, sorted};
use super::tables::Names;
use super::{Counts, Staging, wilson};
use crate::category::Edition;
use crate::knowledge::SchemaId;

/// One record under its own and under another edition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct Moved {
    /// Schema under the own edition.
    pub schema: Option<SchemaId>,
    /// Own edition.
    pub from: Option<Edition>,
    /// Other edition.
    pub to: Edition,
    /// Stage under the own edition.
    pub own: Staging,
    /// Stage under the other edition.
    pub other: Staging,
    /// `same`, `up`, `down`, `not_comparable`.
    pub change: &'static str,
    /// Why the two are not comparable.
    pub cause: Option<&'static str>,
}

/// Records by group under their own and under another edition, as a share of those with the same own group.
pub(super) fn matrix(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let numbers = &counts.moved;
    let frame = df!(
        "schema" => numbers.keys().map(|key| names.of(key.schema)).collect::<Vec<_>>(),
        "from_edition" => numbers.keys().map(|key| key.from.map(|edition| u32::from(edition.0))).collect::<Vec<_>>(),
        "to_edition" => numbers.keys().map(|key| u32::from(key.to.0)).collect::<Vec<_>>(),
        "from_stage" => numbers.keys().map(|key| key.own.stage).collect::<Vec<_>>(),
        "from_group" => numbers.keys().map(|key| key.own.label()).collect::<Vec<_>>(),
        "to_stage" => numbers.keys().map(|key| key.other.stage).collect::<Vec<_>>(),
        "to_group" => numbers.keys().map(|key| key.other.label()).collect::<Vec<_>>(),
        "change" => numbers.keys().map(|key| key.change).collect::<Vec<_>>(),
        "cause" => numbers.keys().map(|key| key.cause).collect::<Vec<_>>(),
        "n" => numbers.values().copied().collect::<Vec<_>>(),
    )?;
    let keys = [
        "schema",
        "from_edition",
        "to_edition",
        "from_stage",
        "from_group",
        "to_stage",
        "to_group",
        "change",
        "cause",
    ];
    sorted(&shares(&frame, &keys, &keys[..5])?, &keys)
}

/// How many records of a stage stay, rise, fall or cannot be compared, with 95 % intervals; the stage `all`
/// is the sum of the known ones.
pub(super) fn summary(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let rows = changes(counts, names);
    let mut totals = BTreeMap::new();
    for ((schema, from, to, stage, _), n) in &rows {
        *totals.entry((*schema, *from, *to, *stage)).or_default() += n;
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|((schema, from, to, stage, change), n)| {
            let denominator: u64 = totals.get(&(schema, from, to, stage)).copied().unwrap_or_default();
            let interval = wilson(n, denominator).map(|(low, high)| (100.0 * low, 100.0 * high));
            (schema, from, to, stage, change, n, denominator, interval)
        })
        .collect();
    df!(
        "schema" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "from_edition" => rows.iter().map(|row| row.1.map(u32::from)).collect::<Vec<_>>(),
        "to_edition" => rows.iter().map(|row| u32::from(row.2)).collect::<Vec<_>>(),
        "from_stage" => rows.iter().map(|row| row.3).collect::<Vec<_>>(),
        "change" => rows.iter().map(|row| row.4).collect::<Vec<_>>(),
        "n" => rows.iter().map(|row| row.5).collect::<Vec<_>>(),
        "denominator" => rows.iter().map(|row| row.6).collect::<Vec<_>>(),
        "percent" => rows.iter().map(|row| 100.0 * row.5 as f64 / row.6 as f64).collect::<Vec<_>>(),
        "percent_low" => rows.iter().map(|row| row.7.map(|(low, _)| low)).collect::<Vec<_>>(),
        "percent_high" => rows.iter().map(|row| row.7.map(|(_, high)| high)).collect::<Vec<_>>(),
    )
}

type Change<'a> = (&'a str, Option<u8>, u8, &'static str, &'static str);

fn changes<'a>(counts: &Counts, names: &Names<'a>) -> BTreeMap<Change<'a>, u64> {
    let mut rows = BTreeMap::new();
    for (key, n) in &counts.moved {
        // Records without a stage of their own have nothing to move from.
        if matches!(key.own.stage, "UNK" | "NA") {
            continue;
        }
        for stage in [key.own.stage, "all"] {
            let from = key.from.map(|edition| edition.0);
            *rows.entry((names.of(key.schema), from, key.to.0, stage, key.change)).or_default() += n;
        }
    }
    rows
}
