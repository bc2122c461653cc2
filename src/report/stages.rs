//! Stage by year of diagnosis, recorded beside derived, one chart for all sites and one for each large one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::{STAGES, at, grouped, percent, rank, step};
use super::folder::Folder;
use crate::summary::POOLED;

/// Sites that get a chart of their own; the tables have them all.
const SITES: usize = 24;
/// Years that a chart shows, the latest ones.
const YEARS: usize = 30;

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 10.0;

/// Stacked bars: per year the recorded stages on the left and the derived ones on the right.
#[derive(Serialize)]
pub(super) struct StageChart {
    id: String,
    site: String,
    records: String,
    width: f64,
    height: f64,
    base: String,
    left: f64,
    bars: Vec<Segment>,
    years: Vec<Mark>,
    marks: Vec<Mark>,
    /// The same in numbers: per stage the records, recorded and derived, over all years.
    totals: Vec<Total>,
}

#[derive(Serialize)]
struct Segment {
    x: String,
    y: String,
    width: String,
    height: String,
    stage: usize,
    recorded: bool,
    title: String,
}

#[derive(Serialize)]
struct Mark {
    at: String,
    label: String,
}

#[derive(Serialize)]
struct Total {
    stage: &'static str,
    class: usize,
    recorded: String,
    recorded_percent: Option<String>,
    derived: String,
    derived_percent: Option<String>,
}

/// One row of the table of stages by schema and year.
#[derive(Deserialize)]
struct Row {
    schema: String,
    year: Option<u16>,
    source: String,
    stage: String,
    n: Option<u64>,
}

type Bars = BTreeMap<(Option<u16>, bool), [u64; STAGES.len()]>;

/// The charts, that of all sites first, then the sites by their number of records.
pub(super) fn charts(folder: &Folder) -> Result<Vec<StageChart>, ReportError> {
    let mut sites: BTreeMap<String, Bars> = BTreeMap::new();
    let mut all = Bars::new();
    for row in folder.table::<Row>("stage_by_year")?.into_iter().filter(|row| row.stage != POOLED) {
        let n = row.n.unwrap_or(0);
        let key = (row.year, row.source == "recorded");
        let at = rank(&row.stage);
        all.entry(key).or_default()[at] += n;
        sites.entry(row.schema).or_default().entry(key).or_default()[at] += n;
    }
    let size = |bars: &Bars| {
        bars.iter().filter(|((_, recorded), _)| !recorded).map(|(_, n)| n.iter().sum::<u64>()).sum::<u64>()
    };
    let mut ranked: Vec<(String, Bars)> = sites.into_iter().collect();
    ranked.sort_by(|(a_name, a), (b_name, b)| size(b).cmp(&size(a)).then_with(|| a_name.cmp(b_name)));
    ranked.retain(|(_, bars)| size(bars) > 0);
    ranked.truncate(SITES);
    let first = (!all.is_empty()).then(|| ("all sites".to_owned(), all));
    Ok(first.into_iter().chain(ranked).enumerate().map(|(at, (site, bars))| chart(at, site, &bars)).collect())
}

fn chart(number: usize, site: String, bars: &Bars) -> StageChart {
    let years: BTreeSet<u16> = bars.keys().filter_map(|(year, _)| *year).collect();
    let years: Vec<u16> = years.into_iter().rev().take(YEARS).rev().collect();
    let highest = |year: u16| {
        [true, false].map(|recorded| bars.get(&(Some(year), recorded)).map_or(0, |n| n.iter().sum::<u64>()))
    };
    let most = years.iter().flat_map(|&year| highest(year)).max().unwrap_or(0);
    let plot = HEIGHT - TOP - BOTTOM;
    let scale = plot / most.max(1) as f64;
    let base = TOP + plot;
    let slot = (WIDTH - LEFT) / years.len().max(1) as f64;
    let bar = (slot * 0.4).min(28.0);
    let mut segments = Vec::new();
    for (place, &year) in years.iter().enumerate() {
        let middle = LEFT + slot * (place as f64 + 0.5);
        for recorded in [true, false] {
            let Some(numbers) = bars.get(&(Some(year), recorded)) else { continue };
            let whole: u64 = numbers.iter().sum();
            let mut top = base;
            for (stage, &n) in numbers.iter().enumerate().filter(|(_, n)| **n > 0) {
                let height = n as f64 * scale;
                top -= height;
                let source = if recorded { "recorded" } else { "derived" };
                let share = percent(n, whole).unwrap_or_default();
                segments.push(Segment {
                    x: at(if recorded { middle - bar } else { middle + 1.0 }),
                    y: at(top),
                    width: at((bar - 1.0).max(1.0)),
                    height: at(height),
                    stage,
                    recorded,
                    title: format!("{year}, {source} {}: {} ({share} %)", STAGES[stage], grouped(n)),
                });
            }
        }
    }
    let every = years.len().div_ceil(15).max(1);
    let labels = years
        .iter()
        .enumerate()
        .filter(|(place, _)| place % every == 0)
        .map(|(place, year)| Mark { at: at(LEFT + slot * (place as f64 + 0.5)), label: year.to_string() });
    let between = step(most);
    let marks = (0..=5).map(|times| times * between).filter(|value| *value <= most.max(1));
    let marks = marks.map(|value| Mark { at: at(base - value as f64 * scale), label: grouped(value) });
    let sums = [true, false].map(|wanted| {
        let mut sums = [0_u64; STAGES.len()];
        for (_, numbers) in bars.iter().filter(|((_, recorded), _)| *recorded == wanted) {
            sums.iter_mut().zip(numbers).for_each(|(sum, n)| *sum += n);
        }
        sums
    });
    let [recorded, derived] = sums;
    let whole = [recorded.iter().sum::<u64>(), derived.iter().sum::<u64>()];
    let totals = STAGES.iter().enumerate().filter(|(at, _)| recorded[*at] + derived[*at] > 0);
    StageChart {
        id: format!("stages-{number}"),
        records: grouped(whole[1]),
        site,
        width: WIDTH,
        height: HEIGHT,
        base: at(base),
        left: LEFT,
        bars: segments,
        years: labels.collect(),
        marks: marks.collect(),
        totals: totals
            .map(|(class, &stage)| Total {
                stage,
                class,
                recorded: grouped(recorded[class]),
                recorded_percent: percent(recorded[class], whole[0]),
                derived: grouped(derived[class]),
                derived_percent: percent(derived[class], whole[1]),
            })
            .collect(),
    }
}
