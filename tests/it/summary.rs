//! Summary tables: what they hold, and that runs add up.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{Table, Work, fixture};

/// Cuts the fixture into parts of whole records.
fn parts(work: &Work, parts: usize) -> Vec<String> {
    let text = fs::read_to_string(fixture("registry.csv")).unwrap();
    let (header, body) = text.split_once('\n').unwrap();
    let lines: Vec<&str> = body.lines().collect();
    let names = lines.chunks(lines.len().div_ceil(parts)).enumerate().map(|(at, lines)| {
        let name = format!("part{at}.csv");
        work.write(&name, format!("{header}\n{}\n", lines.join("\n")));
        name
    });
    names.collect()
}

/// The tables of a result without the names of their runs.
fn tables(work: &Work, folder: &str) -> BTreeMap<String, String> {
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(work.path(folder).join("run.json")).unwrap()).unwrap();
    let run = json["run"].as_str().unwrap();
    assert_eq!(run.len(), 16);
    let entries = fs::read_dir(work.path(folder).join("summary")).unwrap();
    let mut tables = BTreeMap::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "csv") {
            let text = fs::read_to_string(&path).unwrap();
            tables.insert(path.file_name().unwrap().to_string_lossy().into_owned(), text.replace(run, "RUN"));
        }
    }
    tables
}

#[test]
fn runs_add_up_to_the_run_over_all() {
    let work = Work::new();
    let whole = fixture("registry.csv").to_string_lossy().into_owned();
    let options = ["--also-edition", "7,8", "--quiet"];
    let run = |input: &str, out: &str| {
        let done = work.rstage(&[&["run", input, "--out", out], &options[..]].concat());
        assert_eq!(done.status, 0, "{}", done.err);
    };
    run(&whole, "all");
    let mut summary = vec!["summary".to_owned()];
    for (at, part) in parts(&work, 3).iter().enumerate() {
        run(part, &format!("run{at}"));
        summary.insert(1, format!("run{at}"));
    }
    assert_eq!(summary.len(), 4);
    summary.extend(["--out", "sum"].map(str::to_owned));
    let done = work.rstage(&summary);
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(done.out.contains("3000 read = 3000 written + 0 rejected"), "{}", done.out);
    let (one, sum) = (tables(&work, "all"), tables(&work, "sum"));
    assert!(one.len() > 18 && one["migration.csv"].lines().count() > 50);
    assert_eq!(one.keys().collect::<Vec<_>>(), sum.keys().collect::<Vec<_>>());
    for (name, table) in &one {
        assert!(table == &sum[name], "{name} differs");
    }
    // A sum can be added to in its turn, and no record is counted twice.
    let done = work.rstage(&["summary", "sum", "run1", "--out", "sum2"]);
    assert_eq!(done.status, 3);
    assert!(done.err.contains("is given twice"), "{}", done.err);
    run_with_other_settings(&work);
}

fn run_with_other_settings(work: &Work) {
    let done = work.rstage(&["run", "part0.csv", "--out", "other", "--mx", "unknown", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let done = work.rstage(&["summary", "run1", "other", "--out", "sum2"]);
    assert_eq!(done.status, 3);
    assert!(done.err.contains("the runs differ in settings"), "{}", done.err);
    let done = work.rstage(&["summary", "nowhere", "--out", "sum2"]);
    assert_eq!(done.status, 3);
    assert!(done.err.contains("hint: give the folders of finished runs"), "{}", done.err);
    assert!(!work.path("sum2").exists());
}

#[test]
fn the_tables_tell_of_every_record() {
    let work = Work::new();
    let input = fixture("registry.csv").to_string_lossy().into_owned();
    let done = work.rstage(&["run", &input, "--out", "out", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let table = |name: &str| Table::read(&work.path("out/summary").join(format!("{name}.csv")));
    let sum = |table: &Table, wanted: &[(&str, &str)]| {
        (0..table.rows.len())
            .filter(|&row| wanted.iter().all(|(column, value)| table.cell(row, column) == *value))
            .map(|row| table.cell(row, "n").parse::<u64>().unwrap())
            .sum::<u64>()
    };
    for name in ["stage_distribution", "stage_by_year", "stage_by_age"] {
        for source in ["recorded", "derived"] {
            assert_eq!(sum(&table(name), &[("source", source)]), 3000, "{name} {source}");
        }
    }
    for name in ["agreement", "metastatic_origin", "estro_state", "mets_pattern", "oligometastasis"] {
        assert_eq!(sum(&table(name), &[]), 3000, "{name}");
    }
    assert_eq!(sum(&table("completeness"), &[("field", "path_t")]), 3000);
    let (by_schema, by_facility) = (table("agreement_summary"), table("agreement_by_facility"));
    for agreement in ["exact", "substage", "major", "same_stage"] {
        let wanted = [("agreement", agreement)];
        assert_eq!(sum(&by_schema, &wanted), sum(&by_facility, &wanted), "{agreement}");
    }
    let findings = Table::read(&work.path("out/findings.csv")).rows.len() as u64;
    assert_eq!(sum(&table("findings"), &[]), findings);
    assert_eq!(sum(&table("findings_by_facility"), &[]), findings);
    insta::assert_snapshot!(
        fs::read_to_string(work.path("out/summary/key_figures.csv")).unwrap().replace(
            serde_json::from_slice::<serde_json::Value>(&fs::read(work.path("out/run.json")).unwrap())
                .unwrap()["run"]
                .as_str()
                .unwrap(),
            "RUN",
        )
    );
}

/// T7 by months and by type of recurrence. The records differ in nothing else, so that one must not be counted as
/// another.
#[test]
fn restagings_are_told_by_their_time_and_by_recurrence() {
    const HEADER: &str = "patient_id,tumor_number,site,morphology,dx_date,path_t,path_n,path_m,path_group,\
                          r_group,r_date,recurrence_type,recurrence_date";
    let work = Work::new();
    let record = |at: usize, [dx, group, date, kind, recurred]: [&str; 5]| {
        format!("{at},01,C18.2,8140/3,{dx},pT2,pN0,cM0,1,{group},{date},{kind},{recurred}")
    };
    let records = [
        ["2020-01-15", "4B", "2020-03-15", "40", ""],
        ["2020-01-15", "4B", "2020-07-01", "40", ""],
        ["2020-01-15", "4B", "2021-06-01", "40", ""],
        ["2020-01-15", "4B", "2029-06-01", "70", ""],
        // The date of the recurrence stands in for that of the restaging.
        ["2020-01-15", "4B", "", "54", "2021-02-01"],
        ["2020-01-15", "4B", "", "54", ""],
        // Years alone do not tell the band.
        ["2020", "4B", "2022", "10", ""],
        ["2020-01-15", "4B", "2022", "", ""],
        ["2020-01-15", "4B", "2019-06-01", "77", ""],
        ["2020-01-15", "1", "2020-06-20", "10", ""],
        ["2020-01-15", "", "", "40", "2021-06-01"],
    ];
    let rows: Vec<String> = (1..).zip(records).map(|(at, record_of)| record(at, record_of)).collect();
    // As much more of the same comes in other blocks of records and to other threads.
    let many: Vec<String> = (0..50).flat_map(|_| rows.iter().cloned()).collect();
    for (name, rows, times) in [("few.csv", &rows, 1), ("many.csv", &many, 50)] {
        work.write(name, format!("{HEADER}\n{}\n", rows.join("\n")));
        let done =
            work.rstage(&["run", name, "--out", "out", "--overwrite", "--quiet", "--chunk-rows", "30"]);
        assert_eq!(done.status, 0, "{}", done.err);
        let counted = |table: &str, labels: usize| -> Vec<String> {
            let table = Table::read(&work.path("out/summary").join(table));
            let n = |row: &[String]| row[labels].parse::<usize>().unwrap() / times;
            table.rows.iter().map(|row| format!("{} {}", row[1..labels].join(" "), n(row))).collect()
        };
        assert_eq!(
            counted("restaging_interval.csv", 3),
            [
                "same 04-06 1",
                "up 00-03 1",
                "up 04-06 1",
                "up 13-24 2",
                "up 61+ 1",
                "up before 1",
                "up unknown 3"
            ],
        );
        assert_eq!(
            counted("restaging_by_recurrence.csv", 5),
            [
                "blank I IV up 1",
                "distant I IV up 5",
                "invalid I IV up 1",
                "local I I same 1",
                "local I IV up 1",
                "never_disease_free I IV up 1"
            ],
        );
        assert_eq!(counted("restaging.csv", 4), ["I I same 1", "I IV up 9"]);
    }
}

/// T1 to T10 and T12; T11 comes from `rstage diff`.
#[test]
fn every_table_has_its_share_interval_flag_and_run() {
    let work = Work::new();
    let input = fixture("registry.csv").to_string_lossy().into_owned();
    let options = ["--also-edition", "7,8", "--oligo-profiles", "generic", "--quiet"];
    let done = work.rstage(&[&["run", &input, "--out", "out"][..], &options].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(work.path("out/run.json")).unwrap()).unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir(work.path("out/summary")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "csv") {
            continue;
        }
        assert!(path.with_extension("parquet").exists(), "{}", path.display());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let table = Table::read(&path);
        let columns: &[&str] = match name.as_str() {
            "run_card" => &["item", "value"],
            "agreement_kappa" => &["n", "kappa", "suppressed"],
            "findings" | "findings_by_rule" | "findings_by_facility" => {
                &["n", "denominator", "per_1000", "per_1000_low", "per_1000_high", "suppressed"]
            }
            _ => &["n", "denominator", "percent", "percent_low", "percent_high", "suppressed"],
        };
        for column in columns {
            assert!(table.header.iter().any(|known| known == column), "{name} has no {column}");
        }
        assert!(!table.rows.is_empty(), "{name} is empty");
        for row in 0..table.rows.len() {
            assert_eq!(table.cell(row, "run"), json["run"].as_str().unwrap(), "{name}");
        }
        found.push(name);
    }
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for name in &found {
        assert!(guide.contains(&format!("| `{name}` | ")), "README.md does not tell of {name}");
    }
    for table in 1..=12 {
        let told = guide.contains(&format!("T{table}: ")) || guide.contains(&format!("T{table}, "));
        assert!(told, "README.md does not say which table is T{table}");
    }
}
