//! Stage by year of diagnosis, recorded beside derived, one chart for all sites and one for each large one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::{STAGES, at, grouped, percent, rank, step};
use super::folder::Folder;
use super::sum::Sum;
use crate::summary::POOLED;

/// Sites that get a chart of their own; the tables have them all.
const SITES: usize = 24;
/// Years that a chart shows, the latest ones.
const YEARS: usize = 30;

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 76.0;
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
    /// All records of the schema and year.
    denominator: Option<u64>,
}

/// Records by year and whether the stage is the recorded one; behind the stages stand those whose stage is
/// hidden or put together with others, so that a bar has its true height.
type Bars = BTreeMap<(Option<u16>, bool), [u64; STAGES.len() + 1]>;

/// The name of a place in [`Bars`].
fn name(place: usize) -> &'static str {
    STAGES.get(place).copied().unwrap_or("hidden")
}

/// The charts, that of all sites first, then the sites by their number of records.
pub(super) fn charts(folder: &Folder) -> Result<Vec<StageChart>, ReportError> {
    let mut sites: BTreeMap<String, Bars> = BTreeMap::new();
    let mut all = Bars::new();
    let mut wholes: BTreeMap<(String, Option<u16>, bool), u64> = BTreeMap::new();
    for row in folder.table::<Row>("stage_by_year")? {
        let key = (row.year, row.source == "recorded");
        if let Some(whole) = row.denominator {
            wholes.insert((row.schema.clone(), key.0, key.1), whole);
        }
        let n = row.n.filter(|_| row.stage != POOLED).unwrap_or(0);
        sites.entry(row.schema).or_default().entry(key).or_default()[rank(&row.stage)] += n;
    }
    for (site, bars) in &mut sites {
        for (&(year, recorded), numbers) in bars {
            let whole = wholes.get(&(site.clone(), year, recorded)).copied().unwrap_or(0);
            numbers[STAGES.len()] = whole.saturating_sub(numbers.iter().sum());
            let sums = all.entry((year, recorded)).or_default();
            sums.iter_mut().zip(*numbers).for_each(|(sum, n)| *sum += n);
        }
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
                    title: format!("{year}, {source} {}: {} ({share} %)", name(stage), grouped(n)),
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
        let mut sums = [0_u64; STAGES.len() + 1];
        for (_, numbers) in bars.iter().filter(|((_, recorded), _)| *recorded == wanted) {
            sums.iter_mut().zip(numbers).for_each(|(sum, n)| *sum += n);
        }
        sums
    });
    let [recorded, derived] = sums;
    let whole = [recorded.iter().sum::<u64>(), derived.iter().sum::<u64>()];
    // Whatever is hidden may belong to any of the stages.
    let sum = |sums: &[u64; STAGES.len() + 1], class: usize| Sum {
        shown: sums[class],
        partial: class < STAGES.len() && sums[STAGES.len()] > 0,
    };
    let totals = (0..=STAGES.len()).filter(|&at| recorded[at] + derived[at] > 0);
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
            .map(|class| Total {
                stage: name(class),
                class,
                recorded: if whole[0] > 0 { sum(&recorded, class).text() } else { String::new() },
                recorded_percent: sum(&recorded, class).percent_of(Sum::whole(whole[0])),
                derived: sum(&derived, class).text(),
                derived_percent: sum(&derived, class).percent_of(Sum::whole(whole[1])),
            })
            .collect(),
    }
}
