//! How often facilities recorded the stage that is derived, by year of diagnosis.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::{grouped, percent};
use super::folder::Folder;

/// Facilities with most records that are shown, and years.
const MOST_FACILITIES: usize = 20;
const MOST_YEARS: usize = 12;

/// A line for each facility, a column for each year.
#[derive(Serialize)]
pub(super) struct Facilities {
    years: Vec<String>,
    lines: Vec<Line>,
    /// Facilities that have no line: those with fewer records, and those whose numbers are hidden.
    others: usize,
}

#[derive(Serialize)]
struct Line {
    name: String,
    cells: Vec<Cell>,
    all: Cell,
}

/// Records with the same stage among those compared.
#[derive(Serialize, Default)]
struct Cell {
    share: Option<String>,
    of: String,
    /// 0 where all agree to 10 where none does: what asks for attention is dark.
    dark: u64,
}

#[derive(Deserialize)]
struct Row {
    facility: String,
    year: Option<u16>,
    agreement: String,
    n: Option<u64>,
    denominator: Option<u64>,
}

/// Same stages and comparisons; none where a number is hidden.
type Numbers = Option<(u64, u64)>;

/// The facilities with most compared records, in the latest years; none where no facility is named.
pub(super) fn agreement(folder: &Folder) -> Result<Option<Facilities>, ReportError> {
    let mut facilities: BTreeMap<String, BTreeMap<Option<u16>, Numbers>> = BTreeMap::new();
    for row in folder.table::<Row>("agreement_by_facility")? {
        if row.agreement == "same_stage" && !row.facility.is_empty() {
            let of_year = facilities.entry(row.facility).or_default();
            of_year.insert(row.year, row.n.zip(row.denominator));
        }
    }
    let years: BTreeSet<u16> =
        facilities.values().flat_map(BTreeMap::keys).filter_map(|year| *year).collect();
    let mut years: Vec<u16> = years.into_iter().rev().take(MOST_YEARS).collect();
    years.reverse();
    let compared = |by_year: &BTreeMap<_, Numbers>| by_year.values().flatten().map(|(_, of)| of).sum::<u64>();
    let mut sorted: Vec<_> = facilities.into_iter().collect();
    sorted.sort_by(|(a_name, a), (b_name, b)| compared(b).cmp(&compared(a)).then_with(|| a_name.cmp(b_name)));
    let known = sorted.len();
    sorted.retain(|(_, by_year)| compared(by_year) > 0);
    if sorted.is_empty() {
        return Ok(None);
    }
    let others = known.saturating_sub(MOST_FACILITIES.min(sorted.len()));
    let lines = sorted.into_iter().take(MOST_FACILITIES).map(|(name, by_year)| {
        let all: Numbers = by_year.values().copied().try_fold((0, 0), |(n, of), year| {
            let (more, more_of) = year?;
            Some((n + more, of + more_of))
        });
        let cells = years.iter().map(|year| cell(by_year.get(&Some(*year)).copied().flatten()));
        Line { name, cells: cells.collect(), all: cell(all) }
    });
    Ok(Some(Facilities { lines: lines.collect(), years: years.iter().map(u16::to_string).collect(), others }))
}

fn cell(numbers: Numbers) -> Cell {
    let Some((n, of)) = numbers.filter(|(_, of)| *of > 0) else { return Cell::default() };
    Cell { share: percent(n, of), of: grouped(of), dark: (10 * (of - n.min(of))).div_ceil(of) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_dark() {
        for (numbers, dark) in [((10, 10), 0), ((9, 10), 1), ((99, 100), 1), ((1, 2), 5), ((0, 3), 10)] {
            assert_eq!(cell(Some(numbers)).dark, dark, "{numbers:?}");
        }
        assert!(cell(Some((0, 0))).share.is_none() && cell(None).share.is_none());
    }
}
