//! From the stage at diagnosis to the restaged one, as bands whose width is the number of records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::{STAGES, at, grouped, percent, rank};
use super::folder::Folder;
use super::sum::Sum;
use crate::summary::POOLED;

const WIDTH: f64 = 680.0;
const PLOT: f64 = 300.0;
const GAP: f64 = 10.0;
const NODE: f64 = 14.0;
const SIDE: f64 = 126.0;

/// The bands, with the stages that they run between.
#[derive(Serialize)]
pub(super) struct Flow {
    width: f64,
    height: String,
    records: String,
    /// Whether some bands are hidden.
    partial: bool,
    nodes: Vec<Node>,
    bands: Vec<Band>,
}

#[derive(Serialize)]
struct Node {
    x: String,
    y: String,
    width: f64,
    height: String,
    stage: usize,
    label: String,
    label_x: String,
    label_y: String,
    left: bool,
}

#[derive(Serialize)]
struct Band {
    path: String,
    stage: usize,
    title: String,
    original: &'static str,
    restaged: &'static str,
    n: String,
    share: Option<String>,
}

/// One row of the table of restagings.
#[derive(Deserialize)]
struct Row {
    original: String,
    restaged: String,
    n: Option<u64>,
}

/// The flow of a run; none where no record was restaged.
pub(super) fn restaging(folder: &Folder) -> Result<Option<Flow>, ReportError> {
    let mut numbers: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    let mut all = Sum::default();
    for row in folder.table::<Row>("restaging")? {
        let placed = row.original != POOLED && row.restaged != POOLED;
        let n = row.n.filter(|_| placed);
        all.add(n);
        *numbers.entry((rank(&row.original), rank(&row.restaged))).or_default() += n.unwrap_or(0);
    }
    numbers.retain(|_, n| *n > 0);
    Ok((!numbers.is_empty()).then(|| flow(&numbers, all)))
}

/// `all` is the sum of the numbers; where a part of it is hidden, no share is told.
fn flow(numbers: &BTreeMap<(usize, usize), u64>, all: Sum) -> Flow {
    let total: u64 = numbers.values().sum();
    let mut sums = [[0_u64; STAGES.len()]; 2];
    for (&(from, to), n) in numbers {
        sums[0][from] += n;
        sums[1][to] += n;
    }
    let scale = PLOT / total.max(1) as f64;
    let mut nodes = Vec::new();
    let mut tops = [[0.0; STAGES.len()]; 2];
    let mut height = PLOT;
    for (side, sums) in sums.iter().enumerate() {
        let mut y = GAP;
        for (stage, &n) in sums.iter().enumerate().filter(|(_, n)| **n > 0) {
            tops[side][stage] = y;
            let tall = n as f64 * scale;
            let x = if side == 0 { SIDE } else { WIDTH - SIDE - NODE };
            let some = Sum { shown: n, partial: all.partial };
            nodes.push(Node {
                x: at(x),
                y: at(y),
                width: NODE,
                height: at(tall.max(1.0)),
                stage,
                label: format!("{}{} {}", if side == 0 { "" } else { "r" }, STAGES[stage], some.text()),
                label_x: at(if side == 0 { x - 6.0 } else { x + NODE + 6.0 }),
                label_y: at(y + (tall / 2.0).max(5.0) + 4.0),
                left: side == 0,
            });
            y += tall.max(12.0) + GAP;
        }
        height = f64::max(height, y);
    }
    let mut bands = Vec::new();
    for (&(from, to), &n) in numbers {
        let wide = n as f64 * scale;
        let (left, right) = (tops[0][from], tops[1][to]);
        tops[0][from] += wide;
        tops[1][to] += wide;
        let (start, end, middle) = (SIDE + NODE, WIDTH - SIDE - NODE, WIDTH / 2.0);
        let whole: u64 = sums[0][from];
        let share = percent(n, whole).filter(|_| !all.partial);
        let of = share.as_ref().map_or_else(String::new, |share| format!(" ({share} % of {})", STAGES[from]));
        // A band of few records stays a line that can be seen.
        let wide = wide.max(1.0);
        bands.push(Band {
            path: format!(
                "M{start} {}C{middle} {} {middle} {} {end} {}V{}C{middle} {} {middle} {} {start} {}Z",
                at(left),
                at(left),
                at(right),
                at(right),
                at(right + wide),
                at(right + wide),
                at(left + wide),
                at(left + wide),
            ),
            stage: from,
            title: format!("{} to r{}: {}{of}", STAGES[from], STAGES[to], grouped(n)),
            original: STAGES[from],
            restaged: STAGES[to],
            n: grouped(n),
            share,
        });
    }
    Flow { width: WIDTH, height: at(height + GAP), records: all.text(), partial: all.partial, nodes, bands }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_flows_from_one_stage_to_one() {
        let numbers = BTreeMap::from([((1, 4), 53), ((1, 1), 10), ((2, 4), 48)]);
        let flow = flow(&numbers, Sum::whole(111));
        assert_eq!(flow.records, "111");
        let labels: Vec<&str> = flow.nodes.iter().map(|node| node.label.as_str()).collect();
        assert_eq!(labels, ["I 63", "II 48", "rI 10", "rIV 101"]);
        let titles: Vec<&str> = flow.bands.iter().map(|band| band.title.as_str()).collect();
        assert_eq!(
            titles,
            ["I to rI: 10 (15.9 % of I)", "I to rIV: 53 (84.1 % of I)", "II to rIV: 48 (100.0 % of II)"]
        );
    }
}
