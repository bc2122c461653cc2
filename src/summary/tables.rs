//! Counts to tidy tables: one row per combination of labels, with `n` beside what it is a share of.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use rustc_hash::FxBuildHasher;

use super::hide::{POOLED, Release};
use super::spec::{FORMS, Form, Part};
use super::{Column, Partial, SmallCells, Table, agreement, wilson};

/// All tables, always the same ones in the same order, the empty ones included; with small numbers hidden
/// where a limit is given.
pub fn tables(partial: &Partial, small: Option<SmallCells>) -> Vec<Table> {
    let least = small.map_or(0, |small| small.count);
    if least < 2 {
        let forms = FORMS.par_iter().map(|form| (form, rows(form, partial, false)));
        return all_tables(forms.collect(), partial, small);
    }
    let mut release = Release::of(partial, least);
    loop {
        let mut forms: Vec<_> =
            FORMS.par_iter().map(|form| (form, rows(form, &release.partial, true))).collect();
        release.hide(&mut forms);
        let broken = release.broken(&forms);
        if broken.is_empty() {
            return all_tables(forms, &release.partial, small);
        }
        release.leave_out(&broken);
    }
}

fn all_tables(
    mut forms: Vec<(&'static Form, Vec<Row>)>,
    partial: &Partial,
    small: Option<SmallCells>,
) -> Vec<Table> {
    let run = partial.run_id();
    let few = small.map_or(0, |small| small.rate);
    for row in forms.iter_mut().flat_map(|(_, rows)| rows) {
        row.few = row.n.is_some_and(|n| n > 0 && n < few);
    }
    let mut tables: Vec<Table> = forms.par_iter().map(|(form, rows)| layout(form, rows, &run)).collect();
    let shown = |labels: &[&str]| {
        let matrix = forms.iter().find(|(form, _)| form.name == "agreement");
        let of_group = |row: &&Row| row.labels.starts_with(labels);
        let is_whole = |row: &Row| !row.hidden && !row.labels.contains(&POOLED);
        matrix.is_none_or(|(_, rows)| rows.iter().filter(of_group).all(is_whole))
    };
    tables.push(agreement::kappas(partial, &run, shown));
    tables.push(run_card(partial, &run));
    tables
}

/// What the tables are about, by their names.
pub fn contents() -> impl Iterator<Item = (&'static str, &'static str)> {
    let forms = FORMS.iter().map(|form| (form.name.as_str(), form.about.as_str()));
    forms.chain([(agreement::KAPPA, agreement::ABOUT_KAPPA), (RUN_CARD, ABOUT_RUN_CARD)])
}

const RUN_CARD: &str = "run_card";
const ABOUT_RUN_CARD: &str = "T12: rows read, written and rejected; version, rules and settings";

/// Columns that hold numbers; all other labels are text.
const NUMBERS: [&str; 5] = ["year", "edition", "from_edition", "to_edition", "reporting_source"];

/// One row of a table, of one of its parts.
pub(super) struct Row<'a> {
    pub(super) labels: Vec<&'a str>,
    pub(super) n: Option<u64>,
    pub(super) denominator: Option<u64>,
    /// What it is a share of: the part with the labels of the denominator.
    stratum: (usize, Vec<&'a str>),
    /// Whether `n` or the denominator is hidden.
    pub(super) hidden: bool,
    /// Whether it is too few for a share.
    pub(super) few: bool,
}

impl Row<'_> {
    /// The part of the table that it belongs to.
    pub(super) const fn part(&self) -> usize {
        self.stratum.0
    }

    /// Labels of what it is a share of.
    pub(super) fn whole(&self) -> &[&str] {
        &self.stratum.1
    }
}

/// The rows of a table in their order.
pub(super) fn rows<'a>(form: &'a Form, partial: &'a Partial, hiding: bool) -> Vec<Row<'a>> {
    if hiding && form.detail {
        return Vec::new();
    }
    let parts = form.parts.par_iter().enumerate().filter(|(_, part)| part.is_in(hiding));
    let mut rows: Vec<Row> = parts.flat_map(|(at, part)| part_rows(form, at, part, partial)).collect();
    sort(form, &mut rows);
    rows
}

/// Sorts rows by their labels: numbers by their value, what is not known last. There are few labels of a kind, so that
/// they are sorted first and rows then by the ranks of theirs.
fn sort(form: &Form, rows: &mut [Row]) {
    let ranks = |(place, name): (usize, &String)| -> HashMap<&str, u32, FxBuildHasher> {
        let labels: HashSet<&str, FxBuildHasher> =
            rows.iter().filter_map(|row| row.labels.get(place).copied()).collect();
        let mut labels: Vec<&str> = labels.into_iter().collect();
        let is_number = NUMBERS.contains(&name.as_str());
        let number = |label: &str| if is_number { label.parse::<u64>().unwrap_or(0) } else { 0 };
        labels.sort_unstable_by_key(|label| (label.is_empty(), number(label), *label));
        labels.into_iter().zip(0..).collect()
    };
    let ranks: Vec<_> = form.labels.par_iter().enumerate().map(ranks).collect();
    rows.par_sort_by_cached_key(|row| -> Vec<u32> {
        ranks.iter().zip(&row.labels).filter_map(|(ranks, label)| ranks.get(label).copied()).collect()
    });
}

fn part_rows<'a>(form: &'a Form, at: usize, part: &'a Part, partial: &'a Partial) -> Vec<Row<'a>> {
    let keys = form.keys(part);
    let names: Vec<&str> = keys.iter().map(|&(_, key)| key).collect();
    let of_cube = partial.cube(part.of.cube.as_ref().unwrap_or(&part.cube));
    let of_keys: Vec<&str> =
        part.of.by.iter().map(|label| part.from.get(label).unwrap_or(label).as_str()).collect();
    let (of, mut sums) = rayon::join(
        || of_cube.sums_unsorted(&of_keys, &part.of.only),
        || partial.cube(&part.cube).sums_unsorted(&names, &part.only),
    );
    let all_strata = part.every || form.labels.iter().all(|label| part.fixed.contains_key(label));
    if all_strata {
        for stratum in of.keys() {
            sums.entry(stratum.clone()).or_default();
        }
    }
    let label = |labels: &[&'a str], wanted: &str| {
        keys.iter().zip(labels).find(|((name, _), _)| *name == wanted).map_or("", |(_, label)| *label)
    };
    sums.into_par_iter()
        .map(|(labels, n)| {
            let stratum: Vec<&str> = part.of.by.iter().map(|name| label(&labels, name)).collect();
            let whole = form.labels.iter().map(|name| match part.fixed.get(name) {
                Some(fixed) => fixed.as_str(),
                None => label(&labels, name),
            });
            Row {
                labels: whole.collect(),
                n: Some(n),
                denominator: Some(of.get(&stratum).copied().unwrap_or_default()),
                stratum: (at, stratum),
                hidden: false,
                few: false,
            }
        })
        .collect()
}

/// Rows to columns, with the shares and their intervals.
pub(super) fn layout(form: &'static Form, rows: &[Row], run: &str) -> Table {
    let label = |(at, label): (usize, &'static String)| {
        let cells = rows.iter().map(|row| row.labels.get(at).copied().unwrap_or_default());
        let column = if NUMBERS.contains(&label.as_str()) {
            Column::Number(cells.map(|text| text.parse().ok()).collect())
        } else {
            Column::text(cells)
        };
        (label.as_str(), column)
    };
    let mut columns: Vec<(&'static str, Column)> = form.labels.par_iter().enumerate().map(label).collect();
    let per = f64::from(form.per);
    let share = |row: &Row| {
        let (n, of) = (row.n.filter(|_| !row.few)?, row.denominator.filter(|&of| of > 0)?);
        Some(per * n as f64 / of as f64)
    };
    // A tumor can have more than one finding of a kind only by mistake; an interval of a rate is that of a share.
    let interval = |row: &Row| {
        let (low, high) = wilson(row.n.filter(|_| !row.few)?, row.denominator?)?;
        Some((per * low, per * high))
    };
    let [name, low, high] = if form.per == 100 {
        ["percent", "percent_low", "percent_high"]
    } else {
        ["per_1000", "per_1000_low", "per_1000_high"]
    };
    columns.push(("n", Column::Number(rows.iter().map(|row| row.n).collect())));
    columns.push(("denominator", Column::Number(rows.iter().map(|row| row.denominator).collect())));
    columns.push((name, Column::Share(rows.par_iter().map(share).collect())));
    columns.push((low, Column::Share(rows.par_iter().map(|row| Some(interval(row)?.0)).collect())));
    columns.push((high, Column::Share(rows.par_iter().map(|row| Some(interval(row)?.1)).collect())));
    if let Some(known) = &form.known {
        columns.push((&known.column, Column::Share(of_known(&known.unknown, rows))));
    }
    columns.push(("suppressed", Column::Flag(rows.iter().map(|row| row.hidden || row.few).collect())));
    columns.push(("run", Column::same(run, rows.len())));
    Table { name: &form.name, columns }
}

/// Percent of the rows of the same stratum whose last label says something; none where one of them is hidden.
fn of_known(unknown: &[String], rows: &[Row]) -> Vec<Option<f64>> {
    let says = |row: &Row| row.labels.last().is_some_and(|last| !unknown.iter().any(|word| word == last));
    let mut sums = HashMap::<_, Option<u64>, FxBuildHasher>::default();
    for row in rows.iter().filter(|row| says(row)) {
        let sum = sums.entry(&row.stratum).or_insert(Some(0));
        *sum = sum.and_then(|sum| Some(sum + row.n?));
    }
    let share = |row: &Row| {
        let sum = sums.get(&row.stratum).copied().flatten().filter(|&sum| sum > 0)?;
        Some(100.0 * row.n.filter(|_| !row.few)? as f64 / sum as f64)
    };
    rows.iter().map(|row| if says(row) { share(row) } else { None }).collect()
}

/// What was counted and by what; it must reconcile: read = written + rejected.
fn run_card(partial: &Partial, run: &str) -> Table {
    let origin = &partial.origin;
    let items = [
        ("records.read", origin.read.to_string()),
        ("records.written", origin.written.to_string()),
        ("records.rejected", origin.rejected.to_string()),
        ("version", origin.version.clone()),
        ("rules", origin.rules.clone()),
        ("settings", origin.settings.to_string()),
    ];
    Table {
        name: RUN_CARD,
        columns: vec![
            ("item", Column::text(items.iter().map(|(name, _)| *name))),
            ("value", Column::text(items.iter().map(|(_, value)| value.as_str()))),
            ("run", Column::same(run, items.len())),
        ],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::sample::{self, csv};
    use super::*;
    use crate::summary::Counts;

    fn table(name: &str) -> Table {
        let tables = tables(&sample::partial(), None);
        tables.into_iter().find(|table| table.name == name).unwrap()
    }

    /// The columns up to the share; the rest is the same in all tables.
    fn short(name: &str) -> String {
        let text = csv(&table(name));
        text.lines()
            .map(|line| line.strip_suffix(",false,run").unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn tables_without_records_have_their_header() {
        let all = tables(&sample::labelled(&Counts::default(), &[]), None);
        let full = tables(&sample::partial(), None);
        assert_eq!(all.len(), full.len());
        assert_eq!(
            contents().map(|(name, _)| name).collect::<Vec<_>>(),
            full.iter().map(|t| t.name).collect::<Vec<_>>()
        );
        let names = |table: &Table| table.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        for (empty, full) in all.iter().zip(&full) {
            assert!(empty.rows() == 0 || ["key_figures", "run_card"].contains(&empty.name), "{}", empty.name);
            assert_eq!(names(empty), names(full), "{}", empty.name);
        }
    }

    #[test]
    fn the_readme_lists_the_tables() {
        let readme = include_str!("../../README.md");
        for (name, about) in contents() {
            assert!(readme.contains(&format!("| `{name}` | {about} |")), "{name}");
        }
    }

    #[test]
    fn the_sample_as_tables() {
        for name in [
            "stage_by_year",
            "agreement_summary",
            "unknown_causes",
            "oligometastasis_bounds",
            "findings",
            "restaging",
            "restaging_interval",
            "restaging_by_recurrence",
            "metastatic_origin",
            "agreement_kappa",
        ] {
            insta::assert_snapshot!(name, short(name));
        }
    }

    #[test]
    fn shares_of_a_stratum_add_up() {
        for name in
            ["stage_distribution", "stage_by_year", "stage_by_age", "metastatic_origin", "mets_pattern"]
        {
            let table = table(name);
            let text = csv(&table);
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let header = reader.headers().unwrap().clone();
            let at = |name: &str| header.iter().position(|known| known == name).unwrap();
            let (n, last) = (at("n"), at("n") - 1);
            let mut strata = BTreeMap::<Vec<String>, (u64, u64, f64)>::new();
            for row in reader.records().map(Result::unwrap) {
                let stratum = row.iter().take(last).map(str::to_owned).collect();
                let sum = strata.entry(stratum).or_default();
                sum.0 += row[n].parse::<u64>().unwrap();
                sum.1 = row[n + 1].parse().unwrap();
                sum.2 += row[n + 2].parse::<f64>().unwrap();
            }
            for (stratum, (n, denominator, percent)) in strata {
                assert_eq!(n, denominator, "{name} {stratum:?}");
                assert!((percent - 100.0).abs() < 0.05, "{name} {stratum:?} {percent}");
            }
        }
    }
}
