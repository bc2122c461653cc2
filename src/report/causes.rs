//! Why there is no derived group, and what can be done about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::at;
use super::folder::Folder;
use super::sum::Sum;
use crate::staging::Cause;
use crate::summary::POOLED;

/// The causes, and how many of their records can be completed or corrected.
#[derive(Serialize)]
pub(super) struct Causes {
    rows: Vec<Row>,
    all: String,
    fixable: String,
    percent: Option<String>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    words: &'static str,
    /// What to do about it, where there is anything.
    remedy: String,
    n: String,
    percent: String,
    width: String,
    /// Whether it is several causes in one.
    pooled: bool,
}

#[derive(Deserialize)]
struct Count {
    cause: String,
    n: Option<u64>,
}

#[derive(Deserialize)]
struct Remedy {
    cause: String,
    remedy: String,
}

/// What can be done about each cause.
fn remedies() -> BTreeMap<String, String> {
    let mut reader = csv::Reader::from_reader(include_str!("causes.csv").as_bytes());
    let rows = reader.deserialize::<Remedy>().filter_map(Result::ok);
    rows.map(|row| (row.cause, row.remedy)).collect()
}

/// The causes of all sites together, the most frequent first.
pub(super) fn causes(folder: &Folder) -> Result<Causes, ReportError> {
    let mut numbers: BTreeMap<String, Sum> = BTreeMap::new();
    for row in folder.table::<Count>("unknown_causes")? {
        numbers.entry(row.cause).or_default().add(row.n);
    }
    let records = Sum::whole(folder.manifest.counts.written);
    let mut sorted: Vec<(String, Sum)> = numbers.into_iter().filter(|(_, sum)| !sum.is_empty()).collect();
    sorted.sort_by(|(a_id, a), (b_id, b)| b.shown.cmp(&a.shown).then_with(|| a_id.cmp(b_id)));
    let most = sorted.first().map_or(1, |(_, sum)| sum.shown).max(1) as f64;
    let mut remedies = remedies();
    let (mut all, mut fixable) = (Sum::default(), Sum::default());
    let rows = sorted.into_iter().map(|(id, sum)| {
        let remedy = remedies.remove(&id).unwrap_or_default();
        all.join(sum);
        if id == POOLED {
            fixable.add(None);
        } else if !remedy.is_empty() {
            fixable.join(sum);
        }
        Row {
            words: match id.as_str() {
                POOLED => "rare causes put together",
                _ => Cause::from_id(&id).map_or("", Cause::words),
            },
            remedy,
            n: sum.text(),
            percent: sum.percent_of(records).unwrap_or_default(),
            width: at(100.0 * sum.shown as f64 / most),
            pooled: id == POOLED,
            id,
        }
    });
    let rows = rows.collect();
    Ok(Causes { rows, all: all.text(), fixable: fixable.text(), percent: fixable.percent_of(all) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_says_whether_it_can_be_mended() {
        let remedies = remedies();
        assert_eq!(remedies.len(), Cause::ALL.len());
        for cause in Cause::ALL {
            assert!(remedies.contains_key(cause.id()), "{}", cause.id());
        }
        assert!(remedies["no_tnm"].is_empty() && !remedies["t_unknown"].is_empty());
    }
}
