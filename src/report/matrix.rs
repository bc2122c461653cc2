//! Recorded against derived stages as a heat map.

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::{STAGES, rank};
use super::folder::Folder;
use super::sum::Sum;
use crate::category::StageGroup;
use crate::staging::words::stage_word;
use crate::summary::POOLED;

/// Rows are recorded stages, columns derived ones; only those that occur.
#[derive(Serialize)]
pub(super) struct Matrix {
    columns: Vec<&'static str>,
    rows: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    recorded: &'static str,
    total: String,
    cells: Vec<Shade>,
}

/// A cell: its records, its share of the row, and how dark it is, 0 to 10.
#[derive(Serialize)]
struct Shade {
    n: String,
    share: Option<String>,
    dark: u8,
    /// Whether there is no number in it.
    quiet: bool,
    agrees: bool,
}

/// One row of the table of agreement.
#[derive(Deserialize)]
struct Row {
    recorded: String,
    derived: String,
    n: Option<u64>,
}

/// The heat map of a run; none where no record was compared.
pub(super) fn agreement(folder: &Folder) -> Result<Option<Matrix>, ReportError> {
    let mut numbers = [[Sum::default(); STAGES.len()]; STAGES.len()];
    // What was derived for stages that are put together belongs to none of the columns.
    let mut pooled = [Sum::default(); STAGES.len()];
    let mut unplaced = false;
    for row in folder.table::<Row>("agreement")? {
        match (row.recorded == POOLED, row.derived == POOLED) {
            (true, _) => unplaced = true,
            (_, true) => pooled[stage(&row.recorded)].add(row.n),
            _ => numbers[stage(&row.recorded)][stage(&row.derived)].add(row.n),
        }
    }
    for (row, pooled) in numbers.iter_mut().zip(pooled) {
        for cell in row {
            cell.partial |= unplaced || !pooled.is_empty();
        }
    }
    let seen = |at: &usize| {
        let column = numbers.iter().map(|row| row[*at]);
        numbers[*at].into_iter().chain(column).chain([pooled[*at]]).any(|cell| cell.shown > 0)
    };
    let shown: Vec<usize> = (0..STAGES.len()).filter(seen).collect();
    if shown.is_empty() {
        return Ok(None);
    }
    let rows = shown.iter().map(|&recorded| {
        let mut total = pooled[recorded];
        numbers[recorded].iter().for_each(|cell| total.join(*cell));
        let cells = shown.iter().map(|&derived| {
            let sum = numbers[recorded][derived];
            // The root lets the few that differ be seen beside the many that agree.
            let share = sum.shown as f64 / total.shown.max(1) as f64;
            let dark = (1..=10).rev().find(|&step| share > (f64::from(step - 1) / 10.0).powi(2)).unwrap_or(0);
            Shade {
                n: sum.text(),
                share: sum.percent_of(total).filter(|_| sum.shown > 0),
                dark: if total.partial { 0 } else { dark },
                quiet: sum.shown == 0,
                agrees: recorded == derived,
            }
        });
        Line { recorded: STAGES[recorded], total: total.text(), cells: cells.collect() }
    });
    Ok(Some(Matrix { rows: rows.collect(), columns: shown.iter().map(|&at| STAGES[at]).collect() }))
}

/// Place of the stage of a group or stage in [`STAGES`].
fn stage(label: &str) -> usize {
    rank(StageGroup::from_label(label).map_or(label, |group| stage_word(Some(group.stage()))))
}
