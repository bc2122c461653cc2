//! Two exports against each other: every rule, every record accounted for, the same bytes however the
//! work is cut.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{Done, Table, Work, fixture};

const HEADER: [&str; 17] = [
    "patientIdNumber",
    "tumorRecordNumber",
    "nameLast",
    "dateOfBirth",
    "primarySite",
    "histologicTypeIcdO3",
    "behaviorCodeIcdO3",
    "dateOfDiagnosis",
    "ajccTnmPathT",
    "ajccTnmPathN",
    "ajccTnmPathM",
    "ajccTnmPathStageGroup",
    "ajccTnmClinStageGroup",
    "recurrenceType1st",
    "recurrenceDate1st",
    "dateOfLastContact",
    "r_group",
];

/// A colon cancer of January 2020, T2 N0 M0, stage I; `changes` are `column=text`.
fn record(patient: &str, changes: &[&str]) -> Vec<String> {
    let mut cells: Vec<String> = HEADER.map(|_| String::new()).into();
    let mut set = |column: &str, text: &str| {
        let at = HEADER.iter().position(|name| *name == column).unwrap();
        text.clone_into(&mut cells[at]);
    };
    for (column, text) in [
        ("patientIdNumber", patient),
        ("tumorRecordNumber", "01"),
        ("nameLast", "SECRETNAME"),
        ("dateOfBirth", "19500203"),
        ("primarySite", "C182"),
        ("histologicTypeIcdO3", "8140"),
        ("behaviorCodeIcdO3", "3"),
        ("dateOfDiagnosis", "20200115"),
        ("ajccTnmPathT", "pT2"),
        ("ajccTnmPathN", "pN0"),
        ("ajccTnmPathM", "cM0"),
        ("ajccTnmPathStageGroup", "1"),
        ("dateOfLastContact", "20200301"),
    ] {
        set(column, text);
    }
    for change in changes {
        let (column, text) = change.split_once('=').unwrap();
        set(column, text);
    }
    cells
}

fn table(records: &[Vec<String>]) -> String {
    let lines = records.iter().map(|cells| cells.join(",") + "\n");
    HEADER.join(",") + "\n" + &lines.collect::<String>()
}

pub(crate) fn diff(work: &Work, more: &[&str]) -> Done {
    work.rstage(&[&["diff", "old.csv", "new.csv", "--out", "out", "--overwrite", "--quiet"], more].concat())
}

/// The rules that speak of each key, and the counts of the manifest, which must add up.
fn compared(work: &Work) -> (Vec<(String, String)>, serde_json::Value) {
    let findings = Table::read(&work.path("out/findings.csv"));
    let rules = (0..findings.rows.len())
        .map(|row| (findings.cell(row, "key").to_owned(), findings.cell(row, "rule").to_owned()));
    let manifest = std::fs::read(work.path("out/run.json")).unwrap();
    let counts = serde_json::from_slice::<serde_json::Value>(&manifest).unwrap()["counts"].clone();
    let sum = |names: &[&str]| names.iter().map(|name| counts[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum(&["old_read"]), sum(&["same", "changed", "gone", "duplicate_old", "unreadable_old"]));
    assert_eq!(sum(&["new_read"]), sum(&["same", "changed", "added", "duplicate_new", "unreadable_new"]));
    assert_eq!(sum(&["unreadable"]), sum(&["unreadable_old", "unreadable_new"]));
    (rules.collect(), counts)
}

/// The rules that speak where one record of an export becomes another.
fn rules(old: &[&str], new: &[&str], more: &[&str]) -> BTreeSet<String> {
    let work = Work::new();
    work.write("old.csv", table(&[record("1", old)]));
    work.write("new.csv", table(&[record("1", new)]));
    let done = diff(&work, more);
    assert_eq!(done.status, 0, "{}", done.err);
    compared(&work).0.into_iter().map(|(_, rule)| rule).collect()
}

/// Name, older record, newer record, options, rules.
type Case<'c> = (&'c str, &'c [&'c str], &'c [&'c str], &'c [&'c str], &'c [&'c str]);

#[test]
fn each_rule_speaks_where_it_must_and_not_elsewhere() {
    let m1 = ["ajccTnmPathM=pM1a", "ajccTnmPathStageGroup=4A"];
    let with = |more: &[&'static str]| [&m1[..], more].concat();
    let late = ["--date", "2021-01-01"];
    let cases: &[Case] = &[
        ("nothing", &[], &[], &[], &[]),
        ("another spelling", &[], &["ajccTnmPathStageGroup=I", "ajccTnmPathT=T2"], &[], &[]),
        ("another classification", &[], &["ajccTnmPathT=cT2"], &[], &[]),
        ("later follow-up", &[], &["dateOfLastContact=20210101"], &[], &[]),
        ("higher T", &[], &["ajccTnmPathT=pT3"], &[], &["S01"]),
        ("recorded group alone", &[], &["ajccTnmPathStageGroup=2A"], &[], &["S01"]),
        ("M1 within the window", &[], &m1, &[], &["S01"]),
        ("M1 in an export after the window", &[], &m1, &late, &["S01", "S02"]),
        ("M1 on the last day of the window", &[], &m1, &["--date", "2020-05-14"], &["S01"]),
        ("M1 after the last contact", &[], &with(&["dateOfLastContact=20200801"]), &[], &["S01", "S02"]),
        ("M1 as before", &m1, &m1, &late, &[]),
        ("M1 taken back", &m1, &[], &late, &["S01"]),
        ("another site", &[], &["primarySite=C509"], &[], &["S01", "S03"]),
        ("another year", &[], &["dateOfDiagnosis=20160115"], &[], &["S03"]),
        ("another site of the chapter", &[], &["primarySite=C184"], &[], &[]),
        ("T removed", &[], &["ajccTnmPathT=", "ajccTnmPathN=", "ajccTnmPathM="], &[], &["S04"]),
        ("T added", &["ajccTnmPathT=", "ajccTnmPathN=", "ajccTnmPathM="], &[], &[], &["S05"]),
        ("recorded group removed", &[], &["ajccTnmPathStageGroup="], &[], &["S04"]),
        ("recorded group at last", &["ajccTnmPathStageGroup=99"], &[], &[], &["S05"]),
        (
            "group moved to the other classification",
            &["ajccTnmPathStageGroup=", "ajccTnmClinStageGroup=1"],
            &[],
            &[],
            &[],
        ),
        ("never known", &["ajccTnmPathT=pTX"], &["ajccTnmPathT="], &[], &[]),
        (
            "the group of a later restaging",
            &[],
            &["ajccTnmPathStageGroup=4B", "r_group=4B", "recurrenceDate1st=20210601", "recurrenceType1st=70"],
            &[],
            &["R01", "S01"],
        ),
        (
            "a later restaging in its own place",
            &[],
            &["r_group=4B", "recurrenceDate1st=20210601", "recurrenceType1st=70"],
            &[],
            &[],
        ),
        (
            "another group than the restaging",
            &[],
            &["ajccTnmPathStageGroup=2A", "r_group=4B", "recurrenceDate1st=20210601"],
            &[],
            &["S01"],
        ),
        (
            "M1 after a recurrence",
            &[],
            &with(&["recurrenceDate1st=20210601", "recurrenceType1st=70"]),
            &[],
            &["R01", "S01", "S02"],
        ),
    ];
    for (name, old, new, more, expected) in cases {
        let expected: BTreeSet<String> = expected.iter().map(|rule| (*rule).to_owned()).collect();
        let found = rules(old, new, more);
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn gone_added_doubled_and_blank_records_are_all_accounted_for() {
    let work = Work::new();
    let old = [
        record("1", &[]),
        record("2", &[]),
        record("3", &[]),
        record("3", &["ajccTnmPathT=pT1"]),
        record("", &[]),
        record("5", &[]),
    ];
    let new = [
        record("9", &[]),
        record("1", &["ajccTnmPathT=pT3"]),
        record("3", &["ajccTnmPathT=pT1"]),
        record("5", &[]),
        record("5", &["ajccTnmPathN=pN1"]),
        record("", &[]),
        record("", &[]),
    ];
    work.write("old.csv", table(&old));
    work.write("new.csv", table(&new) + "6,01,short\n");
    let done = diff(&work, &[]);
    assert_eq!(done.status, 4, "{}", done.err);
    assert!(done.err.contains("the key is blank"), "{}", done.err);
    let (rules, counts) = compared(&work);
    let expected = [("1/01", "S01"), ("5/01", "S08"), ("2/01", "S07"), ("3/01", "S08")];
    let expected = expected.map(|(key, rule)| (key.to_owned(), rule.to_owned()));
    assert_eq!(rules, expected, "the newer export in its order, then the older one");
    for (name, n) in [
        ("old_read", 6),
        ("new_read", 8),
        ("same", 2),
        ("changed", 1),
        ("added", 1),
        ("gone", 1),
        ("duplicate_old", 1),
        ("duplicate_new", 1),
        ("unreadable_old", 1),
        ("unreadable_new", 3),
    ] {
        assert_eq!(counts[name], n, "{name}");
    }
    let rejects = Table::read(&work.path("out/rejects.csv"));
    let causes: Vec<_> = (0..4).map(|row| rejects.cell(row, "cause")).collect();
    assert_eq!(
        causes,
        ["the key is blank", "the key is blank", "the key is blank", "3 fields instead of 17"]
    );
    let findings = Table::read(&work.path("out/findings.csv"));
    assert_eq!((findings.cell(1, "line"), findings.cell(1, "recorded")), ("6", "also at new.csv:5"));
    assert_eq!((findings.cell(2, "file"), findings.cell(2, "line")), ("old.csv", "3"));
    assert_eq!(diff(&work, &["--max-rejects", "4"]).status, 0);
    assert_eq!(diff(&work, &["--max-rejects", "4", "--fail-on", "error"]).status, 1);
    let nightly = Table::read(&work.path("out/summary/nightly_change.csv"));
    let of = |measure: &str| {
        let row = nightly.rows.iter().find(|row| row[0] == measure).unwrap();
        row[3].clone()
    };
    assert_eq!([of("records.gone"), of("rule.S08"), of("rule.S02")], ["1", "2", "0"]);
}

#[test]
fn changes_show_staging_fields_and_no_identifier() {
    let work = Work::new();
    work.write("old.csv", table(&[record("1", &[]), record("2", &[])]));
    let changed = ["nameLast=OTHERNAME", "dateOfBirth=19510203", "ajccTnmPathT=pT3"];
    work.write("new.csv", table(&[record("1", &changed), record("2", &["nameLast=OTHERNAME"])]));
    assert_eq!(diff(&work, &[]).status, 0);
    let rows = |work: &Work| -> Vec<String> {
        let changes = Table::read(&work.path("out/changes.csv"));
        assert_eq!(changes.header.join(","), "key,file_old,line_old,file_new,line_new,field,old,new");
        changes
            .rows
            .iter()
            .map(|row| [&row[0], &row[5], &row[6], &row[7]].map(String::as_str).join(" "))
            .collect()
    };
    assert_eq!(
        rows(&work),
        [
            "1/01 birth_date (not shown) (not shown)",
            "1/01 path_t pT2 pT3",
            "1/01 rstage_group I IIA",
            "1/01 rstage_stage I II"
        ]
    );
    assert_eq!(compared(&work).1["same"], 1);
    for name in ["changes.csv", "findings.csv", "summary/nightly_change.csv", "run.json"] {
        let text = std::fs::read_to_string(work.path("out").join(name)).unwrap();
        for secret in ["SECRETNAME", "OTHERNAME", "19500203", "19510203"] {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
    }
    assert_eq!(diff(&work, &["--all-columns"]).status, 0);
    let rows = rows(&work);
    assert!(rows.contains(&"2/01 nameLast SECRETNAME OTHERNAME".to_owned()), "{rows:?}");
    assert!(rows.contains(&"1/01 birth_date 19500203 19510203".to_owned()), "{rows:?}");
    assert_eq!(rows.iter().filter(|row| row.contains("path_t")).count(), 1, "{rows:?}");
    assert_eq!(compared(&work).1["changed"], 2);
}

/// Every file of a result but its manifest.
fn result(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let names = [
        "changes.csv",
        "findings.csv",
        "rejects.csv",
        "summary/nightly_change.csv",
        "summary/nightly_change.parquet",
    ];
    names.map(|name| (name.to_owned(), std::fs::read(folder.join(name)).unwrap())).into()
}

#[test]
fn the_result_does_not_depend_on_threads_partitions_or_memory() {
    let work = Work::new();
    let fixture = Table::read(&fixture("registry.csv"));
    let mut records = fixture.rows.clone();
    let write = |name: &str, records: &[Vec<String>]| fixture.write(&work.path(name), records);
    write("old.csv", &records);
    // Some records change, go, come twice, and all of them come in another order.
    for record in records.iter_mut().step_by(7) {
        for cell in record {
            *cell = cell.replace("M0", "M1").replace("20230", "20220");
        }
    }
    records.retain(|record| !record[0].starts_with("0000012"));
    let twice: Vec<_> = records.iter().step_by(50).cloned().collect();
    records.reverse();
    records.extend(twice);
    write("new.csv", &records);
    assert_eq!(diff(&work, &["--threads", "1", "--partitions", "1"]).status, 0);
    let (found, counts) = compared(&work);
    assert!(found.len() > 100 && counts["changed"].as_u64() > Some(50), "{counts}");
    let expected = result(&work.path("out"));
    for options in [
        ["--threads", "2", "--partitions", "1", "--memory", "100"],
        ["--threads", "1", "--partitions", "37", "--memory", "100"],
        ["--threads", "3", "--partitions", "37", "--memory", "0"],
        ["--threads", "2", "--partitions", "128", "--memory", "0"],
    ] {
        assert_eq!(diff(&work, &options).status, 0);
        assert!(result(&work.path("out")) == expected, "{options:?}");
    }
    assert!(work.holds_only(&["old.csv", "new.csv", "out"]), "temporary files were left behind");
}

#[test]
fn the_form_of_an_export_is_no_change() {
    let work = Work::new();
    let [csv, parquet] = ["registry.csv", "registry.parquet"].map(|name| fixture(name).display().to_string());
    let done = work.rstage(&["diff", &csv, &parquet, "--out", "out", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let (found, counts) = compared(&work);
    assert!(found.is_empty());
    assert_eq!((&counts["same"], &counts["new_read"]), (&3000.into(), &3000.into()));
    // Another layout, in which the columns stand in another order and under other names.
    work.write("old.csv", table(&[record("1", &[])]));
    work.write("new.csv", "patient_id,tumor_number,path_m,path_t,path_n,path_group,site,morphology,dx_date\n1,01,cM0,2,0,I,C18.2,8140/3,2020-01-15\n");
    let done = diff(&work, &[]);
    assert_eq!(done.status, 0, "{}", done.err);
    assert_eq!(compared(&work).1["same"], 1);
    assert!(compared(&work).0.is_empty());
}

#[test]
fn results_of_runs_tell_which_rules_made_a_stage() {
    let work = Work::new();
    work.write("export.csv", table(&[record("1", &[]), record("2", &[])]));
    for out in ["monday", "tuesday"] {
        assert_eq!(work.rstage(&["run", "export.csv", "--out", out, "--quiet"]).status, 0);
    }
    let compare = |more: &[&str]| {
        work.rstage(
            &[&["diff", "monday", "tuesday", "--out", "out", "--overwrite", "--quiet"], more].concat(),
        )
    };
    assert_eq!(compare(&[]).status, 0);
    assert!(compared(&work).0.is_empty());
    // An older version that had put the second record elsewhere.
    let records = std::fs::read_to_string(work.path("monday/records.csv")).unwrap();
    let (before, last) = records.trim_end().rsplit_once('\n').unwrap();
    let last = last.replacen(",I,I,", ",IIA,II,", 1);
    work.write("monday/records.csv", format!("{before}\n{last}\n"));
    let manifest = std::fs::read_to_string(work.path("monday/run.json")).unwrap();
    let version = concat!("\"version\": \"", env!("CARGO_PKG_VERSION"), "\"");
    work.write("monday/run.json", manifest.replace(version, "\"version\": \"0.0.9\""));
    assert_eq!(compare(&["--fail-on", "info"]).status, 1);
    assert_eq!(compared(&work).0, [("2/01".to_owned(), "S06".to_owned())]);
    let findings = Table::read(&work.path("out/findings.csv"));
    let derived = findings.cell(0, "derived");
    let now = concat!("-> I (rstage ", env!("CARGO_PKG_VERSION"), ", rules ");
    assert!(derived.starts_with("IIA (rstage 0.0.9, rules ") && derived.contains(now), "{derived}");
}

#[test]
fn what_cannot_be_compared_is_told() {
    let work = Work::new();
    work.write("old.csv", table(&[record("1", &[])]));
    work.write("new.csv", "primarySite,caseId,ajccTnmPathT\nC182,1,pT2\n");
    let done = diff(&work, &[]);
    assert_eq!(done.status, 3);
    for says in ["new.csv", "no column for the key", "caseId", "--key"] {
        assert!(done.err.contains(says), "{says} is not in:\n{}", done.err);
    }
    let done = diff(&work, &["--key", "patientIdNumber"]);
    assert!(done.status == 3 && done.err.contains("`patientIdNumber`"), "{}", done.err);
    work.write("new.csv", "primarySite,patientIdNumber,ajccTnmPathT\nC182,1,pT2\n");
    assert_eq!(diff(&work, &["--key", "patientIdNumber"]).status, 0);
    assert_eq!(compared(&work).1["gone"], 0);
    assert_eq!(diff(&work, &["--date", "tomorrow"]).status, 2);
    let done = work.rstage(&["diff", "old.csv", "./old.csv", "--out", "twice"]);
    assert!(done.status == 3 && done.err.contains("part of both exports"), "{}", done.err);
    work.write("new.csv", "");
    assert_eq!(diff(&work, &[]).status, 3);
    assert!(!work.path("twice").exists());
}
