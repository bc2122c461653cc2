//! The short tables for the terminal: totals over all schemas, plain text, no colour.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::agreement::Agreement;
use super::spec::Only;
use super::table::decimal;
use super::{Column, Partial, Weights, wilson};

/// Rows of a section before the rest is only counted.
const ROWS: usize = 8;
/// Schemas named below the total of the agreement, and profiles of oligometastasis.
const SCHEMAS: usize = 5;

/// The main numbers of a run as text of at most `width` columns and about 60 lines;
/// what was not counted is left out. The full tables are those of [`super::tables`].
pub fn render(partial: &Partial, width: u16) -> String {
    let sections = [
        stages(partial),
        agreement(partial),
        causes(partial),
        findings(partial),
        origins(partial),
        oligo(partial),
        migration(partial),
    ];
    let texts: Vec<String> = sections.iter().filter_map(|section| section.text(width)).collect();
    texts.join("\n")
}

/// The key figures of tables whose small numbers are hidden; a hidden one is `*`.
pub fn render_tables(tables: &[super::Table], width: u16) -> String {
    let Some(figures) = tables.iter().find(|table| table.name == "key_figures") else { return String::new() };
    let text = |name: &str, row: usize| match figures.column(name) {
        Some(Column::Text(cells)) => cells.get(row).cloned().flatten().map(|text| text.to_string()),
        Some(Column::Number(cells)) => cells.get(row).copied().flatten().map(|n| n.to_string()),
        Some(Column::Share(cells)) => cells.get(row).copied().flatten().map(|share| decimal(share, 1)),
        _ => None,
    };
    let rows = (0..figures.rows()).map(|row| {
        let cell = |name: &str| text(name, row).unwrap_or_else(|| "*".to_owned());
        ["measure", "n", "denominator", "percent"].map(cell).to_vec()
    });
    let section = Section::of(vec!["Key figure", "n", "of", "%"], rows.collect(), usize::MAX);
    let empty: Vec<&str> = tables.iter().filter(|table| table.rows() == 0).map(|table| table.name).collect();
    let mut text = section.text(width).unwrap_or_default();
    if !empty.is_empty() {
        let _ = write!(text, "\n{}", list("Tables without rows:", &empty, width));
    }
    text
}

/// Words after a title, in lines of at most `width` columns.
fn list(title: &str, words: &[&str], width: u16) -> String {
    let (mut text, mut used) = (title.to_owned(), title.chars().count());
    for (at, word) in words.iter().enumerate() {
        let comma = if at + 1 < words.len() { "," } else { "" };
        let long = word.chars().count() + comma.len();
        if used + 1 + long > usize::from(width) {
            text.push_str("\n ");
            used = 1;
        }
        let _ = write!(text, " {word}{comma}");
        used += 1 + long;
    }
    text.push('\n');
    text
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

fn stages(partial: &Partial) -> Section {
    let mut totals = BTreeMap::<_, (u64, u64)>::new();
    for (stage, n) in total(partial, "stages", "recorded_stage") {
        totals.entry(stage).or_default().0 = n;
    }
    for (stage, n) in total(partial, "stages", "derived_stage") {
        totals.entry(stage).or_default().1 = n;
    }
    let all = partial.records();
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

fn agreement(partial: &Partial) -> Section {
    let mut groups: Vec<_> = Agreement::by(partial, &["schema"])
        .into_iter()
        .map(|(labels, agreement)| (labels.first().copied().unwrap_or_default(), agreement))
        .collect();
    groups.sort_by_key(|&(schema, agreement)| (std::cmp::Reverse(agreement.n()), schema));
    groups.splice(..0, Agreement::by(partial, &[]).into_values().map(|all| ("all", all)));
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
    let header = vec!["Agreement", "n", "group %", "stage %", "(95 %)", "kappa", "weighted"];
    Section::of(header, rows.collect(), SCHEMAS + 1)
}

fn causes(partial: &Partial) -> Section {
    let all = partial.records();
    let rows = by_number(total(partial, "causes", "cause")).into_iter();
    let rows = rows.map(|(cause, n)| vec![cause.to_owned(), n.to_string(), percent(n, all)]);
    Section::of(vec!["No derived group because", "records", "%"], rows.collect(), ROWS)
}

fn findings(partial: &Partial) -> Section {
    const ORDER: [&str; 3] = ["error", "warning", "info"];
    let totals = partial.cube("findings").sums(&["severity", "rule"], &Only::new());
    let mut totals: Vec<_> =
        totals.into_iter().filter_map(|(labels, n)| Some((*labels.first()?, *labels.get(1)?, n))).collect();
    let place = |severity: &str| ORDER.iter().position(|known| *known == severity);
    totals.sort_by_key(|&(severity, rule, n)| (place(severity), std::cmp::Reverse(n), rule));
    let all = partial.records();
    let rows = totals.into_iter().map(|(severity, rule, n)| {
        let rate = decimal(1000.0 * n as f64 / all as f64, 1);
        vec![rule.to_owned(), severity.to_owned(), n.to_string(), rate]
    });
    Section::of(vec!["Finding", "severity", "n", "per 1000"], rows.collect(), ROWS)
}

fn origins(partial: &Partial) -> Section {
    let all = partial.records();
    let rows = by_number(total(partial, "origins", "origin")).into_iter();
    let rows = rows.map(|(origin, n)| vec![origin.to_owned(), n.to_string(), percent(n, all)]);
    Section::of(vec!["Metastatic origin", "records", "%"], rows.collect(), ROWS)
}

/// Metastatic records of a profile, those that are oligometastatic at least and at most.
fn oligo(partial: &Partial) -> Section {
    let mut profiles = BTreeMap::<_, [u64; 3]>::new();
    for (labels, n) in partial.cube("oligometastasis").sums(&["profile", "level"], &Only::new()) {
        let &[profile, level] = labels.as_slice() else { continue };
        let counted = match level {
            "not_applicable" => continue,
            "confirmed" | "probable" => [n, n, n],
            "possible" | "possible_weak" => [n, 0, n],
            _ => [n, 0, 0],
        };
        let sums = profiles.entry(profile).or_default();
        for (sum, n) in sums.iter_mut().zip(counted) {
            *sum += n;
        }
    }
    let rows = profiles.iter().map(|(&profile, &[metastatic, least, most])| {
        let share = |n| {
            let interval = wilson(n, metastatic).map(|(low, high)| (100.0 * low, 100.0 * high));
            format!("{} {}", percent(n, metastatic), interval.map_or_else(String::new, range))
        };
        vec![profile.to_owned(), metastatic.to_string(), share(least), share(most)]
    });
    let header = vec!["Oligometastasis", "metastatic", "at least % (95 %)", "at most % (95 %)"];
    Section::of(header, rows.collect(), SCHEMAS)
}

fn migration(partial: &Partial) -> Section {
    let mut pairs = BTreeMap::<_, [u64; 4]>::new();
    for (labels, n) in partial.cube("moved").sums(&["from_edition", "to_edition", "change"], &Only::new()) {
        let &[from, to, change] = labels.as_slice() else { continue };
        let at = match change {
            "same" => 0,
            "up" => 1,
            "down" => 2,
            _ => 3,
        };
        if !from.is_empty() && from != to {
            pairs.entry((from, to)).or_default()[at] += n;
        }
    }
    let rows = pairs.iter().map(|((from, to), numbers)| {
        let compared: u64 = numbers[..3].iter().sum();
        let share = |n: u64| if compared == 0 { "-".to_owned() } else { percent(n, compared) };
        vec![
            format!("{from} to {to}"),
            compared.to_string(),
            share(numbers[0]),
            share(numbers[1]),
            share(numbers[2]),
            numbers[3].to_string(),
        ]
    });
    let header = vec!["Edition", "compared", "same %", "up %", "down %", "not comparable"];
    Section::of(header, rows.collect(), ROWS)
}

/// Sums of a cube by one of its labels.
fn total<'a>(partial: &'a Partial, cube: &str, label: &str) -> BTreeMap<&'a str, u64> {
    let sums = partial.cube(cube).sums(&[label], &Only::new());
    sums.into_iter().filter_map(|(labels, n)| Some((*labels.first()?, n))).collect()
}

/// Most frequent first, by name where equal.
fn by_number(totals: BTreeMap<&str, u64>) -> Vec<(&str, u64)> {
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
    format!("({}-{})", decimal(low, 1), decimal(high, 1))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::audit::Severity;
    use crate::summary::Counts;

    #[test]
    fn the_sample_at_80_columns() {
        insta::assert_snapshot!(render(&sample::partial(), 80), @"
         Stage   recorded      %   derived      %
        ──────────────────────────────────────────
         0              1    3.4         1    3.4
         I              8   27.6         8   27.6
         II             1    3.4         0    0.0
         III            6   20.7         7   24.1
         IV            10   34.5        10   34.5
         NA             2    6.9         2    6.9
         UNK            1    3.4         1    3.4

         Agreement    n   group %   stage %         (95 %)   kappa   weighted
        ──────────────────────────────────────────────────────────────────────
         all         25      88.0      96.0    (80.5-99.3)   0.942      0.972
         lung        17      82.4      94.1    (73.0-99.0)   0.884      0.892
         breast       8     100.0     100.0   (67.6-100.0)   1.000      1.000

         No derived group because   records     %
        ──────────────────────────────────────────
         no_schema                        2   6.9
         n_unknown                        1   3.4

         Finding   severity   n   per 1000
        ───────────────────────────────────
         D01          error   1       34.5
         D14          error   1       34.5
         D02        warning   2       69.0
         D03        warning   1       34.5
         D04           info   1       34.5

         Metastatic origin   records      %
        ────────────────────────────────────
         none_recorded            15   51.7
         de_novo                  10   34.5
         not_applicable            2    6.9
         recurrent                 2    6.9

         Oligometastasis   metastatic   at least % (95 %)   at most % (95 %)
        ─────────────────────────────────────────────────────────────────────
         nsclc                     10    30.0 (10.8-60.3)   60.0 (31.3-83.2)
        ");
    }

    #[test]
    fn nothing_counted_is_nothing_shown() {
        assert_eq!(render(&sample::labelled(&Counts::default(), &[]), 80), "");
    }

    #[test]
    fn no_line_is_wider_than_asked_for() {
        for width in [60, 80, 120] {
            let text = render(&sample::partial(), width);
            assert!(text.lines().all(|line| line.chars().count() <= usize::from(width)), "{width}:\n{text}");
        }
    }

    #[test]
    fn long_names_are_broken_into_lines() {
        let names: Vec<String> =
            ["long_schema_name_", "\u{e9}\u{4e2d}"].iter().map(|name| name.repeat(20)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let profile: &'static str = Box::leak("profile".repeat(30).into_boxed_str());
        let mut counts = sample::counts();
        let oligo = super::super::Oligo { profile, level: "confirmed", timing: "unknown" };
        counts.add(&crate::summary::Tally { oligo: Some(oligo), ..sample::lung() }, []);
        let partial = sample::labelled(&counts, &names);
        let small = crate::summary::SmallCells { count: 11, rate: 16 };
        let hidden = crate::summary::tables(&partial, Some(small));
        for width in [60, 80, 120] {
            for text in [render(&partial, width), render_tables(&hidden, width)] {
                let wide = text.lines().find(|line| line.chars().count() > usize::from(width));
                assert_eq!(wide, None, "{width}:\n{text}");
            }
        }
    }

    #[test]
    fn the_longest_summary_stays_near_60_lines() {
        let texts: Vec<&'static str> =
            (0..12).map(|at| &*Box::leak(format!("label_{at}").into_boxed_str())).collect();
        let mut counts = sample::counts();
        for (at, &text) in texts.iter().enumerate() {
            let mut tally = sample::lung();
            tally.schema = Some(crate::knowledge::SchemaId(at as u16));
            tally.cause = Some(text);
            tally.origin = text;
            tally.oligo = Some(super::super::Oligo { profile: text, level: "confirmed", timing: "unknown" });
            counts.add(&tally, [(text, Severity::Warning)]);
        }
        let text = render(&sample::labelled(&counts, &texts), 80);
        assert!(text.lines().count() <= 66, "{} lines\n{text}", text.lines().count());
        assert!(text.contains("and 9 more"), "{text}");
    }
}
