//! The comparison as one of the summary tables.

use crate::diff::{Hidden, Nightly, Tally, nightly};
use crate::summary::{Column, SmallCells, Table, wilson};

/// T11, laid out as the tables of a run.
pub(super) fn nightly_change(tally: &Tally, hidden: &Hidden, small: SmallCells, run: &str) -> Table {
    let rows = nightly(tally, hidden);
    let few = |row: &Nightly| row.n.is_some_and(|n| n > 0 && n < small.rate);
    let n = |row: &Nightly| row.n.filter(|_| !few(row));
    let share = |row: &Nightly| {
        let of = row.denominator.filter(|&of| of > 0)?;
        Some(100.0 * n(row)? as f64 / of as f64)
    };
    let interval = |row: &Nightly| wilson(n(row)?, row.denominator?);
    let text = |label: fn(&Nightly) -> &str| Column::text(rows.iter().map(label));
    let suppressed = |row: &Nightly| row.n.is_none() || row.denominator.is_none() || few(row);
    Table {
        name: "nightly_change",
        columns: vec![
            ("measure", text(|row| &row.measure)),
            ("old", text(|row| &row.old)),
            ("new", text(|row| &row.new)),
            ("n", Column::Number(rows.iter().map(|row| row.n).collect())),
            ("denominator", Column::Number(rows.iter().map(|row| row.denominator).collect())),
            ("percent", Column::Share(rows.iter().map(share).collect())),
            ("percent_low", Column::Share(rows.iter().map(|row| Some(100.0 * interval(row)?.0)).collect())),
            ("percent_high", Column::Share(rows.iter().map(|row| Some(100.0 * interval(row)?.1)).collect())),
            ("suppressed", Column::Flag(rows.iter().map(suppressed).collect())),
            ("run", Column::same(run, rows.len())),
        ],
    }
}
