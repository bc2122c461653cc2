//! Recorded against derived stages as a heat map.

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::{STAGES, grouped, percent, rank};
use super::folder::Folder;
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
    let mut numbers = [[0_u64; STAGES.len()]; STAGES.len()];
    for row in folder.table::<Row>("agreement")?.into_iter().filter(|row| row.derived != POOLED) {
        numbers[stage(&row.recorded)][stage(&row.derived)] += row.n.unwrap_or(0);
    }
    let seen =
        |at: &usize| numbers[*at].iter().sum::<u64>() + numbers.iter().map(|row| row[*at]).sum::<u64>() > 0;
    let shown: Vec<usize> = (0..STAGES.len()).filter(seen).collect();
    if shown.is_empty() {
        return Ok(None);
    }
    let rows = shown.iter().map(|&recorded| {
        let total: u64 = numbers[recorded].iter().sum();
        let cells = shown.iter().map(|&derived| {
            let n = numbers[recorded][derived];
            // The root lets the few that differ be seen beside the many that agree.
            let share = n as f64 / total.max(1) as f64;
            let dark = (1..=10).rev().find(|&step| share > (f64::from(step - 1) / 10.0).powi(2)).unwrap_or(0);
            Shade {
                n: grouped(n),
                share: percent(n, total).filter(|_| n > 0),
                dark,
                agrees: recorded == derived,
            }
        });
        Line { recorded: STAGES[recorded], total: grouped(total), cells: cells.collect() }
    });
    Ok(Some(Matrix { rows: rows.collect(), columns: shown.iter().map(|&at| STAGES[at]).collect() }))
}

/// Place of the stage of a group or stage in [`STAGES`].
fn stage(label: &str) -> usize {
    rank(StageGroup::from_label(label).map_or(label, |group| stage_word(Some(group.stage()))))
}
