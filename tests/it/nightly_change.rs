//! What changed overnight in numbers: a table like those of a run, whose small numbers cannot be worked out.

use std::collections::BTreeMap;

use crate::attack::Published;
use crate::diff::diff;
use crate::support::{Table, Work, fixture};

/// The first records of the fixture as an older and a newer export: some records change, `gone` of them go, `added` come, and
/// `twice` of the newer ones come twice.
fn two_nights(work: &Work, [changed, gone, added, twice]: [usize; 4]) {
    let mut fixture = Table::read(&fixture("registry.csv"));
    fixture.rows.truncate(800);
    let write = |name: &str, records: &[Vec<String>]| fixture.write(&work.path(name), records);
    write("old.csv", &fixture.rows[added..]);
    let mut records = fixture.rows[..fixture.rows.len() - gone].to_vec();
    let at = |name: &str| fixture.header.iter().position(|known| known == name).unwrap();
    let (m, group) = (at("ajccTnmClinM"), at("ajccTnmClinStageGroup"));
    let known = records.iter_mut().skip(added).filter(|record| record[m] == "cM0");
    for (number, record) in known.take(changed).enumerate() {
        if number % 3 == 0 { "cM1" } else { "" }.clone_into(&mut record[m]);
        if number % 4 == 0 { "4" } else { "99" }.clone_into(&mut record[group]);
    }
    let doubled = records[..twice].to_vec();
    records.extend(doubled);
    write("new.csv", &records);
}

/// Everything that somebody with the table of a comparison knows; `few` says what is hidden besides.
fn published(table: &Table, few: impl Fn(u64) -> bool) -> Published {
    let number = |row: usize, column: &str| table.cell(row, column).parse().ok().filter(|&n| !few(n));
    let mut published = Published::default();
    let mut shown = BTreeMap::new();
    let mut pairs = None;
    for row in 0..table.rows.len() {
        let name = table.rows[row][..3].join(" ");
        if name.starts_with("field.") {
            pairs = Some(number(row, "denominator"));
        }
        shown.insert(name.trim().to_owned(), number(row, "n"));
    }
    let mut sum = |whole: &str, n: Option<u64>, parts: &[&str]| {
        let of = |name: &str| shown.get(name).copied().flatten();
        let parts = parts.iter().map(|name| (1, *name, of(name)));
        let parts: Vec<_> = [(-1, whole, n)].into_iter().chain(parts).collect();
        published.sum(&parts);
    };
    let n = |name: &str| shown[name];
    for (side, own) in [("old", "records.gone"), ("new", "records.added")] {
        let [read, doubled, unreadable] = ["read", "duplicate", "unreadable"].map(|name| match name {
            "read" => format!("records.{side}_read"),
            name => format!("records.{name}_{side}"),
        });
        sum(&read, n(&read), &["records.same", "records.changed", own, &doubled, &unreadable]);
    }
    sum("rule.S07", n("rule.S07"), &["records.gone"]);
    sum("rule.S08", n("rule.S08"), &["records.duplicate_old", "records.duplicate_new"]);
    if let Some(pairs) = pairs {
        sum("pairs", pairs, &["records.same", "records.changed"]);
        let stages: Vec<&str> =
            shown.keys().map(String::as_str).filter(|name| name.starts_with("stage ")).collect();
        if !stages.is_empty() {
            sum("pairs", pairs, &stages);
            let moved = stages.into_iter().filter(|name| {
                let mut words = name.split(' ').skip(1);
                words.next() != words.next()
            });
            sum("field.rstage_stage", n("field.rstage_stage"), &moved.collect::<Vec<_>>());
        }
    }
    published
}

#[test]
fn small_numbers_cannot_be_worked_out() {
    for (nights, shown) in [
        ([200, 0, 0, 0], &["records.same", "records.changed", "rule.S01"][..]),
        ([200, 3, 0, 0], &["records.changed"]),
        ([200, 3, 40, 0], &["records.changed", "records.added"]),
        ([200, 30, 40, 2], &["records.same", "records.changed", "records.gone", "rule.S07"]),
        ([7, 30, 2, 2], &["records.gone"]),
        ([0, 1, 1, 0], &["rule.S01"]),
    ] {
        let work = Work::new();
        two_nights(&work, nights);
        assert_eq!(diff(&work, &[]).status, 0);
        let plain = Table::read(&work.path("out/summary/nightly_change.csv"));
        let naive = published(&plain, |n| (1..11).contains(&n));
        assert!(nights == [200, 0, 0, 0] || !naive.recovered().is_empty(), "{nights:?}");

        let command = ["diff", "old.csv", "new.csv", "--out", "hidden", "--min-cell", "11"];
        let done = work.rstage(&command);
        assert_eq!(done.status, 0, "{}", done.err);
        let table = Table::read(&work.path("hidden/summary/nightly_change.csv"));
        assert_eq!(published(&table, |_| false).recovered(), Vec::<&str>::new(), "{nights:?}");
        let run = table.cell(0, "run").to_owned();
        assert_eq!(run, plain.cell(0, "run"), "what is hidden does not change the comparison");
        for row in 0..table.rows.len() {
            let (measure, n) = (table.cell(row, "measure"), table.cell(row, "n"));
            let small = n.parse::<u64>().is_ok_and(|n| (1..11).contains(&n));
            assert!(!small || measure.contains("unreadable"), "{nights:?} {measure}");
            let hidden = n.is_empty() || table.cell(row, "denominator").is_empty();
            assert_eq!(hidden, table.cell(row, "suppressed") == "true", "{nights:?} {measure}");
            assert!(!hidden || table.cell(row, "percent").is_empty(), "{nights:?} {measure}");
            assert!(!shown.contains(&measure) || !n.is_empty(), "{nights:?} {measure} is hidden");
        }
        let mut lines = done.out.lines().filter_map(|line| line.rsplit_once(' '));
        let small = |(_, n): &(&str, &str)| n.parse::<u64>().is_ok_and(|n| (1..11).contains(&n));
        assert_eq!(lines.find(small), None, "{}", done.out);
        let json = std::fs::read(work.path("hidden/run.json")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["run"], run.as_str());
        for part in ["counts", "findings"] {
            let of = |value: &serde_json::Value| value.as_u64().is_some_and(|n| (1..11).contains(&n));
            for (name, value) in json[part].as_object().unwrap() {
                let inner = value.as_object().into_iter().flat_map(|inner| inner.values());
                assert!(!of(value) && !inner.into_iter().any(of), "{nights:?} {part} {name}");
            }
        }
    }
}

#[test]
fn the_change_of_a_night_is_a_table_like_those_of_a_run() {
    let work = Work::new();
    two_nights(&work, [40, 20, 12, 3]);
    assert_eq!(diff(&work, &["--min-cell-rate", "15"]).status, 0);
    let table = Table::read(&work.path("out/summary/nightly_change.csv"));
    assert_eq!(
        table.header.join(","),
        "measure,old,new,n,denominator,percent,percent_low,percent_high,suppressed,run"
    );
    let row = |measure: &str| {
        let row = table.rows.iter().find(|row| row[0] == measure).unwrap();
        row[3..9].join(" ")
    };
    assert_eq!(row("records.gone"), "20 788 2.54 1.65 3.89 false");
    assert_eq!(row("records.added"), "12 783    true", "too few for a percent");
    assert_eq!(row("records.unreadable_old"), "0 788 0.00 0.00 0.49 false");
    let folder = work.path("out/summary");
    let options = rstage::input::Options::default();
    let parquet =
        rstage::input::InputFile::probe(&folder.join("nightly_change.parquet"), 0, &options).unwrap();
    let chunk = parquet.open(&options).unwrap().next().unwrap().unwrap();
    assert_eq!(chunk.rows(), table.rows.len());
    for at in 0..table.rows.len() {
        for column in [0, 1, 2, 3, 4, 8, 9] {
            assert_eq!(chunk.text(column, at), table.rows[at][column].as_str());
        }
    }
}
