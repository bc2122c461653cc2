//! Small cells: nothing small stands anywhere, and what is hidden cannot be worked out.

use std::fs;

use crate::attack::publish;
use crate::support::{Table, Work, fixture};

const LEAST: u64 = 11;

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
    // Neither does it on what stays of many sites.
    let all = fixture("registry.csv").to_string_lossy().into_owned();
    let done = work.rstage(&["run", &all, "--out", "all", "--min-cell", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let published = publish(&work, "all", |_| false);
    assert!(published.names.len() > 500, "{}", published.names.len());
    assert_eq!(published.recovered(), Vec::<&str>::new());
    // And something is left to be read.
    let figures = Table::read(&work.path("hidden/summary/key_figures.csv"));
    let shown = (0..figures.rows.len()).filter(|&row| !figures.cell(row, "n").is_empty()).count();
    assert!(shown > 4, "{shown} key figures are shown");
}

fn nothing_small(work: &Work, out: &str) {
    for entry in fs::read_dir(work.path(out).join("summary")).unwrap() {
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
}

#[test]
fn of_a_handful_of_records_nothing_is_shown() {
    let work = Work::new();
    let text = fs::read_to_string(fixture("registry.csv")).unwrap();
    for records in [1, 8, 40] {
        let (input, out) = (format!("{records}.csv"), format!("out{records}"));
        work.write(&input, text.lines().take(records + 1).collect::<Vec<_>>().join("\n"));
        let done = work.rstage(&["run", &input, "--out", &out, "--min-cell", "--also-edition", "7,8"]);
        assert_eq!(done.status, 0, "{}", done.err);
        let named = done.out.contains("Tables without rows: ") && done.out.contains("stage_distribution");
        assert!(named, "{}", done.out);
        nothing_small(&work, &out);
    }
}

#[test]
fn nothing_small_stands_anywhere() {
    let work = Work::new();
    let input = few_sites(&work);
    let options = ["--min-cell", "11", "--min-cell-rate", "--counts", "kept.json"];
    let done = work.rstage(&[&["run", &input, "--out", "out"][..], &options].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(!work.path("out/summary/counts.json").exists());
    nothing_small(&work, "out");
    let page = fs::read_to_string(work.path("out/report.html")).unwrap();
    assert!(page.contains("no single record is listed") && !page.contains("class=\"finding\""));
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
