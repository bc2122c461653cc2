//! Small cells: somebody with all published tables, and nothing else, tries to work out what is hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::{Table, Work, fixture};

const LEAST: u64 = 11;

/// Tables that count every record (or every finding) once, with the label that tells their copies apart.
const COMPLETE: [(&str, &str); 11] = [
    ("stage_by_year", "source"),
    ("stage_by_age", "source"),
    ("agreement", ""),
    ("metastatic_origin", ""),
    ("oligometastasis", ""),
    ("estro_state", ""),
    ("mets_pattern", ""),
    ("completeness", "field"),
    ("findings", ""),
    ("findings_by_facility", ""),
    ("findings_by_rule", ""),
];

/// What is published: numbers by their labels, some hidden, and sums of them.
#[derive(Default)]
struct Published {
    /// Names of the hidden numbers.
    names: Vec<String>,
    /// Hidden numbers with their signs, and what is known of their sum.
    equations: Vec<(BTreeMap<usize, i64>, i64)>,
}

/// One copy of a table: labels, then the number where it is shown.
struct Copy {
    name: String,
    population: &'static str,
    rows: Vec<(BTreeMap<String, String>, Option<u64>)>,
}

impl Published {
    fn sum(&mut self, parts: &[(i64, &str, Option<u64>)]) {
        let mut unknown = BTreeMap::new();
        let mut known = 0;
        for (sign, name, n) in parts {
            if let Some(n) = n {
                known -= sign * i64::try_from(*n).unwrap();
                continue;
            }
            let at = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
                self.names.push((*name).to_owned());
                self.names.len() - 1
            });
            *unknown.entry(at).or_default() += sign;
        }
        unknown.retain(|_, sign| *sign != 0);
        if unknown.is_empty() {
            assert_eq!(known, 0, "the tables contradict each other: {parts:?}");
        } else {
            self.equations.push((unknown, known));
        }
    }

    /// Numbers that the equations fix, by elimination modulo a prime.
    fn eliminate(&self) -> BTreeSet<usize> {
        const PRIME: i128 = 2_147_483_647;
        let inverse = |value: i128| {
            let (mut result, mut base, mut power) = (1, value, PRIME - 2);
            while power > 0 {
                if power & 1 == 1 {
                    result = result * base % PRIME;
                }
                base = base * base % PRIME;
                power >>= 1;
            }
            result
        };
        let mut solved: BTreeMap<usize, BTreeMap<usize, i128>> = BTreeMap::new();
        for (unknown, _) in &self.equations {
            let mut row: BTreeMap<usize, i128> =
                unknown.iter().map(|(&at, &sign)| (at, i128::from(sign).rem_euclid(PRIME))).collect();
            // Every pivot that the row holds goes; rows of pivots hold no other pivot.
            let pivots: Vec<usize> = row.keys().copied().filter(|at| solved.contains_key(at)).collect();
            for pivot in pivots {
                subtract(&mut row, &solved[&pivot], pivot, PRIME);
            }
            let Some((&pivot, &value)) = row.iter().next() else { continue };
            let factor = inverse(value);
            for value in row.values_mut() {
                *value = *value * factor % PRIME;
            }
            for other in solved.values_mut() {
                if other.contains_key(&pivot) {
                    subtract(other, &row, pivot, PRIME);
                }
            }
            solved.insert(pivot, row);
        }
        solved.into_iter().filter(|(_, row)| row.len() == 1).map(|(pivot, _)| pivot).collect()
    }

    /// Numbers whose bounds meet, where each is at least 1 and no more than its sums leave for it.
    fn bound(&self) -> BTreeSet<usize> {
        let mut bounds = vec![(1_i64, 1_000_000_i64); self.names.len()];
        for _ in 0..100 {
            let before = bounds.clone();
            for (unknown, known) in &self.equations {
                for (&at, &sign) in unknown {
                    let others = unknown.iter().filter(|(other, _)| **other != at);
                    let (low, high) = others.fold((0, 0), |(low, high), (&other, &sign)| {
                        let (a, b) = (sign * bounds[other].0, sign * bounds[other].1);
                        (low + a.min(b), high + a.max(b))
                    });
                    let (a, b) = ((known - high) * sign, (known - low) * sign);
                    let own = &mut bounds[at];
                    *own = (own.0.max(a.min(b)), own.1.min(a.max(b)));
                    assert!(own.0 <= own.1, "{} has no value", self.names[at]);
                }
            }
            if before == bounds {
                break;
            }
        }
        bounds.iter().enumerate().filter(|(_, (low, high))| low == high).map(|(at, _)| at).collect()
    }

    fn recovered(&self) -> Vec<&str> {
        let all: BTreeSet<usize> = self.eliminate().union(&self.bound()).copied().collect();
        all.into_iter().map(|at| self.names[at].as_str()).collect()
    }
}

fn subtract(row: &mut BTreeMap<usize, i128>, other: &BTreeMap<usize, i128>, pivot: usize, prime: i128) {
    let Some(factor) = row.get(&pivot).copied() else { return };
    for (&at, &value) in other {
        let own = row.entry(at).or_default();
        *own = (*own - factor * value).rem_euclid(prime);
    }
    row.retain(|_, value| *value != 0);
}

/// Every equation that the published tables allow; `few` says what is hidden besides.
fn publish(work: &Work, out: &str, few: impl Fn(u64) -> bool) -> Published {
    let mut published = Published::default();
    let mut copies = Vec::new();
    for (name, apart) in COMPLETE {
        let table = Table::read(&work.path(out).join("summary").join(format!("{name}.csv")));
        let labels: Vec<String> = table.header.iter().take_while(|name| *name != "n").cloned().collect();
        let mut by_copy = BTreeMap::<String, Copy>::new();
        let mut strata = BTreeMap::<(String, Vec<String>), Vec<(String, Option<u64>)>>::new();
        let by: &[&str] = match name {
            "stage_by_year" | "metastatic_origin" => &["schema", "year"],
            "stage_by_age" => &["schema", "sex", "age_band"],
            "agreement" => &["schema", "edition"],
            "oligometastasis" => &["schema", "profile"],
            "completeness" => &["field", "year"],
            _ => &["schema"],
        };
        for row in 0..table.rows.len() {
            let number = |column: &str| {
                let n = table.cell(row, column).parse::<u64>().ok();
                n.filter(|&n| !few(n))
            };
            let copy = if apart.is_empty() { String::new() } else { table.cell(row, apart).to_owned() };
            let mut own: BTreeMap<String, String> = labels
                .iter()
                .map(|label| (label.clone(), table.cell(row, label).to_owned()))
                .filter(|(label, _)| label != "source")
                .collect();
            if let Some(stage) = own.remove("stage") {
                own.insert(format!("{copy}_stage"), stage);
            }
            // Numbers of the same records by the same labels have one name in all tables.
            let named = format!("{name} {copy} {own:?}");
            if !name.starts_with("findings") {
                let values = by.iter().map(|label| table.cell(row, label).to_owned()).collect::<Vec<_>>();
                let whole = format!("{:?}", by.iter().zip(&values).collect::<Vec<_>>());
                let stratum = strata
                    .entry((format!("{copy} {whole}"), values))
                    .or_insert_with(|| vec![(whole, number("denominator"))]);
                stratum.push((named.clone(), number("n")));
            }
            let population = if name.starts_with("findings") { "findings" } else { "records" };
            let copy = by_copy.entry(copy.clone()).or_insert_with(|| Copy {
                name: format!("{name} {copy}"),
                population,
                rows: Vec::new(),
            });
            copy.rows.push((own, number("n")));
        }
        for stratum in strata.into_values() {
            let parts: Vec<_> = stratum
                .iter()
                .enumerate()
                .map(|(at, (name, n))| (if at == 0 { -1 } else { 1 }, name.as_str(), *n))
                .collect();
            published.sum(&parts);
        }
        copies.extend(by_copy.into_values());
    }
    for (at, copy) in copies.iter().enumerate() {
        for other in &copies[at + 1..] {
            link(&mut published, copy, other);
        }
    }
    published
}

/// Two tables of the same records have the same sums by the labels that they share.
fn link(published: &mut Published, copy: &Copy, other: &Copy) {
    let labels = |copy: &Copy| copy.rows.first().map(|row| row.0.keys().cloned().collect::<BTreeSet<_>>());
    let (Some(left), Some(right)) = (labels(copy), labels(other)) else { return };
    if copy.population != other.population {
        return;
    }
    let shared: Vec<String> = left.intersection(&right).cloned().collect();
    let mut margins = BTreeMap::<Vec<String>, Vec<(i64, String, Option<u64>)>>::new();
    for (sign, table) in [(1, copy), (-1, other)] {
        for (labels, n) in &table.rows {
            let values = shared.iter().map(|label| labels[label].clone()).collect();
            let (name, copy) = table.name.split_once(' ').unwrap();
            margins.entry(values).or_default().push((sign, format!("{name} {copy} {labels:?}"), *n));
        }
    }
    for parts in margins.into_values() {
        // A margin of records that one of the tables does not take (a field that no input has) is none.
        if parts.iter().all(|part| part.0 == parts[0].0) {
            continue;
        }
        let parts: Vec<_> = parts.iter().map(|(sign, name, n)| (*sign, name.as_str(), *n)).collect();
        published.sum(&parts);
    }
}

/// A registry of a few sites, so that elimination is quick.
fn few_sites(work: &Work) -> String {
    let mut reader = csv::Reader::from_path(fixture("registry.csv")).unwrap();
    let mut writer = csv::Writer::from_path(work.path("few.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let site = header.iter().position(|name| name == "primarySite").unwrap();
    writer.write_record(&header).unwrap();
    for row in reader.records().map(Result::unwrap) {
        if ["C341", "C619"].contains(&&row[site]) {
            writer.write_record(&row).unwrap();
        }
    }
    writer.flush().unwrap();
    work.path("few.csv").to_string_lossy().into_owned()
}

#[test]
fn no_hidden_number_can_be_worked_out() {
    let work = Work::new();
    let input = few_sites(&work);
    for (out, options) in [("plain", vec![]), ("hidden", vec!["--min-cell", "11", "--min-cell-rate", "16"])] {
        let done = work.rstage(&[&["run", &input, "--out", out][..], &options].concat());
        assert_eq!(done.status, 0, "{}", done.err);
        assert!(out == "plain" || done.out.contains("Key figure"), "{}", done.out);
    }
    // The trick works where only the small numbers themselves are hidden.
    let naive = publish(&work, "plain", |n| (1..LEAST).contains(&n));
    assert!(naive.recovered().len() > 20, "{:?}", naive.recovered());
    // It does not work on what is published.
    let published = publish(&work, "hidden", |_| false);
    assert!(published.names.len() > 100, "{}", published.names.len());
    assert_eq!(published.recovered(), Vec::<&str>::new());
    // And something is left to be read.
    let figures = Table::read(&work.path("hidden/summary/key_figures.csv"));
    let shown = (0..figures.rows.len()).filter(|&row| !figures.cell(row, "n").is_empty()).count();
    assert!(shown > 4, "{shown} key figures are shown");
}

#[test]
fn nothing_small_stands_anywhere() {
    let work = Work::new();
    let input = few_sites(&work);
    let options = ["--min-cell", "11", "--min-cell-rate", "--counts", "kept.json"];
    let done = work.rstage(&[&["run", &input, "--out", "out"][..], &options].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(!work.path("out/summary/counts.json").exists());
    for entry in fs::read_dir(work.path("out/summary")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "csv") || path.ends_with("run_card.csv") {
            continue;
        }
        let table = Table::read(&path);
        for row in 0..table.rows.len() {
            for column in
                ["n", "denominator"].into_iter().filter(|name| table.header.iter().any(|h| h == name))
            {
                let n = table.cell(row, column).parse::<u64>();
                assert!(n.as_ref().map_or(true, |n| *n == 0 || *n >= LEAST), "{} {row}", path.display());
                let hidden = n.is_err();
                assert!(!hidden || table.cell(row, "suppressed") == "true", "{} {row}", path.display());
            }
        }
    }
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(work.path("out/run.json")).unwrap()).unwrap();
    for (rule, severities) in json["findings"].as_object().unwrap() {
        for n in severities.as_object().unwrap().values() {
            assert!(n.as_u64().unwrap() >= LEAST, "{rule}");
        }
    }
    // Without its counts a run cannot be added to others; from the file that was kept elsewhere it can.
    let done = work.rstage(&["summary", "out", "--out", "sum"]);
    assert_eq!(done.status, 3);
    assert!(done.err.contains("only where --counts put them"), "{}", done.err);
    let done = work.rstage(&["summary", "kept.json", "--out", "sum", "--min-cell", "11", "--min-cell-rate"]);
    assert_eq!(done.status, 0, "{}", done.err);
    for name in ["stage_by_year.csv", "findings.csv", "agreement.csv"] {
        let read = |out: &str| fs::read(work.path(out).join("summary").join(name)).unwrap();
        assert!(read("out") == read("sum"), "{name}");
    }
    let done =
        work.rstage(&["run", &input, "--out", "o2", "--min-cell", "--counts", "o2/summary/counts.json"]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("lies in the folder of the result"), "{}", done.err);
}
