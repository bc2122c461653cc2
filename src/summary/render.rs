//! The short tables for the terminal: totals over all schemas, plain text, no colour.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::agreement::Agreement;
use super::counts::Numbers;
use super::frame::decimal;
use super::oligo::Bounds;
use super::tables::{Names, severity};
use super::{Counts, SummaryError, Weights, wilson};

/// Rows of a section before the rest is only counted.
const ROWS: usize = 8;
/// Schemas named beside the total of the agreement.
const SCHEMAS: usize = 5;

/// The main numbers of a run as text of at most `width` columns and about 60 lines;
/// what was not counted is left out. The full tables are those of [`super::tables`].
pub fn render(counts: &Counts, names: &[&str], width: u16) -> Result<String, SummaryError> {
    let names = Names::check(counts, names)?;
    let sections = [
        stages(counts),
        agreement(counts, &names),
        causes(counts),
        findings(counts),
        origins(counts),
        oligo(counts),
    ];
    let texts: Vec<String> = sections.iter().filter_map(|section| section.text(width)).collect();
    Ok(texts.join("\n"))
}

/// One table whose first column says what it is about.
struct Section {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Section {
    /// The first `limit` rows, and how many more there are.
    fn of(header: Vec<&'static str>, mut rows: Vec<Vec<String>>, limit: usize) -> Self {
        let more = rows.len().saturating_sub(limit);
        if more > 0 {
            rows.truncate(limit);
            rows.push(vec![format!("and {more} more")]);
        }
        Self { header, rows }
    }

    fn text(&self, width: u16) -> Option<String> {
        const STYLE: TableStyle =
            TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
        if self.rows.is_empty() {
            return None;
        }
        let mut table = Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        table.set_header(self.header.clone()).add_rows(self.rows.clone());
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        Some(table.trim_fmt() + "\n")
    }
}

fn stages(counts: &Counts) -> Section {
    let mut totals = BTreeMap::<_, (u64, u64)>::new();
    for (key, &n) in &counts.stages {
        totals.entry(key.recorded).or_default().0 += n;
        totals.entry(key.derived).or_default().1 += n;
    }
    let all = counts.records();
    let rows = totals.iter().map(|(&stage, &(recorded, derived))| {
        vec![
            stage.to_owned(),
            recorded.to_string(),
            percent(recorded, all),
            derived.to_string(),
            percent(derived, all),
        ]
    });
    Section::of(vec!["Stage", "recorded", "%", "derived", "%"], rows.collect(), ROWS + 1)
}

fn agreement(counts: &Counts, names: &Names) -> Section {
    let mut all = Agreement::default();
    let mut schemas = BTreeMap::<_, Agreement>::new();
    for (key, &n) in &counts.agreement {
        all.add(key, n);
        schemas.entry(names.of(key.schema)).or_default().add(key, n);
    }
    let mut groups: Vec<_> = schemas.into_iter().filter(|(_, agreement)| agreement.n() > 0).collect();
    groups.sort_by_key(|&(schema, agreement)| (std::cmp::Reverse(agreement.n()), schema));
    if !groups.is_empty() {
        groups.insert(0, ("all", all));
    }
    let rows = groups.iter().map(|(schema, agreement)| {
        let interval = agreement.same_stage_interval();
        vec![
            (*schema).to_owned(),
            agreement.n().to_string(),
            number(agreement.percent_exact(), 1),
            number(agreement.percent_same_stage(), 1),
            interval.map_or_else(String::new, range),
            number(agreement.kappa(Weights::Equal), 3),
            number(agreement.kappa(Weights::Linear), 3),
        ]
    });
    let header = vec!["Agreement", "n", "same group %", "same stage %", "(95 %)", "kappa", "weighted"];
    Section::of(header, rows.collect(), SCHEMAS + 1)
}

fn causes(counts: &Counts) -> Section {
    let totals = total(&counts.causes, |key| key.cause);
    let all = counts.records();
    let rows = by_number(totals).into_iter();
    let rows = rows.map(|(cause, n)| vec![cause.to_owned(), n.to_string(), percent(n, all)]);
    Section::of(vec!["No derived group because", "records", "%"], rows.collect(), ROWS)
}

fn findings(counts: &Counts) -> Section {
    let mut totals = by_number(total(&counts.findings, |key| (key.rule, key.severity)));
    totals.sort_by_key(|&((_, severity), _)| std::cmp::Reverse(severity));
    let all = counts.records();
    let rows = totals.into_iter().map(|((rule, level), n)| {
        let rate = decimal(1000.0 * n as f64 / all as f64, 1);
        vec![rule.to_owned(), severity(level).to_owned(), n.to_string(), rate]
    });
    Section::of(vec!["Finding", "severity", "n", "per 1000"], rows.collect(), ROWS)
}

fn origins(counts: &Counts) -> Section {
    let all = counts.records();
    let rows = by_number(total(&counts.origins, |key| key.origin)).into_iter();
    let rows = rows.map(|(origin, n)| vec![origin.to_owned(), n.to_string(), percent(n, all)]);
    Section::of(vec!["Metastatic origin", "records", "%"], rows.collect(), ROWS)
}

fn oligo(counts: &Counts) -> Section {
    let mut profiles = BTreeMap::<_, Bounds>::new();
    for (key, &n) in &counts.oligo {
        profiles.entry(key.oligo.profile).or_default().add(key.oligo.level, n);
    }
    let rows = profiles.iter().filter(|(_, bounds)| bounds.metastatic > 0).map(|(&profile, bounds)| {
        let share = |n| {
            let interval = wilson(n, bounds.metastatic).map(|(low, high)| (100.0 * low, 100.0 * high));
            format!("{} {}", percent(n, bounds.metastatic), interval.map_or_else(String::new, range))
        };
        vec![profile.to_owned(), bounds.metastatic.to_string(), share(bounds.lower), share(bounds.upper)]
    });
    let header = vec!["Oligometastasis", "metastatic", "at least % (95 %)", "at most % (95 %)"];
    Section::of(header, rows.collect(), SCHEMAS)
}

/// Totals over what `part` leaves out of the key.
fn total<K, P: Ord>(numbers: &Numbers<K>, part: impl Fn(&K) -> P) -> BTreeMap<P, u64> {
    let mut totals = BTreeMap::new();
    for (key, n) in numbers {
        *totals.entry(part(key)).or_default() += n;
    }
    totals
}

/// Most frequent first, by name where equal.
fn by_number<P: Ord>(totals: BTreeMap<P, u64>) -> Vec<(P, u64)> {
    let mut rows: Vec<_> = totals.into_iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.1));
    rows
}

fn percent(n: u64, of: u64) -> String {
    decimal(100.0 * n as f64 / of as f64, 1)
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| decimal(value, decimals))
}

fn range((low, high): (f64, f64)) -> String {
    format!("{}-{}", decimal(low, 1), decimal(high, 1))
}
