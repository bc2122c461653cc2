//! SEER's algorithms against the recorded answers of SEER's own engine: every case, every field.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::read::GzDecoder;
use rayon::iter::{ParallelBridge, ParallelIterator};
use rstage::seer::{Algorithm, CaseAnswer, Column, Columns, Origin, StageError};
use serde::Deserialize;

use crate::support::shared;

/// The year in which the answers were recorded.
const YEAR: u16 = 2026;

/// Cases that are staged together.
const BATCH: usize = 1500;

#[derive(Deserialize)]
struct Recorded {
    id: String,
    algorithm: String,
    version: String,
    year_current: String,
    input: BTreeMap<String, String>,
    result: String,
    schema_id: Option<String>,
    #[serde(default)]
    candidates: Vec<String>,
    output: BTreeMap<String, Option<String>>,
    errors: Vec<RecordedError>,
    path: Vec<String>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct RecordedError {
    #[serde(rename = "type")]
    kind: String,
    table: Option<String>,
    #[serde(default)]
    columns: Vec<String>,
    key: Option<String>,
}

impl RecordedError {
    fn of(error: &StageError) -> Self {
        let text = |text: &std::sync::Arc<str>| text.to_string();
        Self {
            kind: error.kind.code().to_owned(),
            table: error.table.as_ref().map(text),
            columns: error.columns.iter().map(text).collect(),
            key: error.key.as_ref().map(text),
        }
    }
}

fn open(name: &str) -> Algorithm {
    Algorithm::open(&shared("seer").unwrap().join(name), YEAR).unwrap_or_else(|error| panic!("{error}"))
}

fn lines(path: &Path) -> impl Iterator<Item = String> + Send + use<> {
    BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines().map(Result::unwrap)
}

/// Lines of a file, several at a time.
fn batches(path: &Path, size: usize) -> impl Iterator<Item = Vec<String>> + Send + use<> {
    let mut lines = lines(path);
    std::iter::from_fn(move || {
        let batch: Vec<String> = lines.by_ref().take(size).collect();
        (!batch.is_empty()).then_some(batch)
    })
}

/// What is different between the recorded and our answer.
fn differences(recorded: &Recorded, answer: &CaseAnswer) -> Vec<String> {
    let mut found = Vec::new();
    let mut differ = |what: &str, recorded: String, ours: String| {
        if recorded != ours {
            found.push(format!("{what}\n    recorded {recorded}\n    ours     {ours}"));
        }
    };
    differ("result", recorded.result.clone(), answer.result.code().to_owned());
    differ("schema", format!("{:?}", recorded.schema_id), format!("{:?}", answer.schema));
    differ("candidates", format!("{:?}", recorded.candidates), format!("{:?}", answer.candidates));
    differ("output", format!("{:?}", recorded.output), format!("{:?}", answer.outputs));
    differ("path", format!("{:?}", recorded.path), format!("{:?}", answer.path));
    let sorted = |mut errors: Vec<RecordedError>| {
        errors.sort();
        errors
    };
    let ours = sorted(answer.errors.iter().map(RecordedError::of).collect());
    let mut theirs: Vec<&RecordedError> = recorded.errors.iter().collect();
    theirs.sort();
    differ("errors", format!("{theirs:?}"), format!("{ours:?}"));
    found
}

fn check(algorithm: &Algorithm, batch: &[String]) -> Vec<String> {
    let cases: Vec<Recorded> = batch.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let keys: BTreeSet<&str> = cases.iter().flat_map(|case| case.input.keys().map(String::as_str)).collect();
    let column = |key| Column::encode(key, cases.iter().map(|case| case.input.get(key).map(String::as_str)));
    let columns = Columns { rows: cases.len(), columns: keys.into_iter().map(column).collect() };
    let staged = algorithm.stage_columns(&columns, Origin::Cases, true);
    let as_table = algorithm.stage_columns(&columns, Origin::Table, false);
    let mut wrong = Vec::new();
    for (row, case) in cases.iter().enumerate() {
        if case.errors.iter().all(|error| error.kind != "UNKNOWN_INPUT") {
            let alone = CaseAnswer { path: Vec::new(), ..algorithm.answer(&staged, row) };
            assert_eq!(algorithm.answer(&as_table, row), alone, "{}: as a row of a table", case.id);
        }
        assert_eq!((&*case.algorithm, &*case.version), (algorithm.name(), algorithm.version()));
        assert_eq!(case.year_current, YEAR.to_string());
        let found = differences(case, &algorithm.answer(&staged, row));
        if !found.is_empty() {
            wrong.push(format!("{}: {}", case.id, found.join("\n  ")));
        }
    }
    wrong
}

#[test]
fn every_recorded_case_has_the_recorded_answer() {
    let Some(golden) = shared("golden") else { return };
    for (name, file) in [
        ("cs.jsonl.gz", "cs-02.05.50.zip"),
        ("tnm.jsonl.gz", "tnm-2.1.zip"),
        ("eod_public.jsonl.gz", "eod_public-3.3.zip"),
        ("pediatric.jsonl.gz", "pediatric-1.3.zip"),
    ] {
        let algorithm = open(file);
        assert!(algorithm.problems().is_empty(), "{:?}", algorithm.problems());
        let count = AtomicUsize::new(0);
        let mut wrong: Vec<String> = batches(&golden.join(name), BATCH)
            .par_bridge()
            .flat_map_iter(|batch| {
                count.fetch_add(batch.len(), Ordering::Relaxed);
                check(&algorithm, &batch)
            })
            .collect();
        wrong.sort();
        let cases = count.into_inner();
        println!("{name}: {} of {cases} cases equal", cases - wrong.len());
        assert!(cases > 1000, "{name} has too few cases");
        assert!(wrong.is_empty(), "{}", wrong[..wrong.len().min(10)].join("\n"));
    }
}

#[test]
fn every_recorded_schema_of_collaborative_stage_is_found() {
    let Some(golden) = shared("golden") else { return };
    let algorithm = open("cs-02.05.50.zip");
    let count = AtomicUsize::new(0);
    let wrong: Vec<String> = batches(&golden.join("cs_lookup.csv.gz"), 20_000)
        .par_bridge()
        .flat_map_iter(|batch| {
            let rows: Vec<Vec<&str>> = batch.iter().map(|line| line.split(',').collect()).collect();
            let rows: Vec<_> = rows.into_iter().filter(|row| row[0] != "site").collect();
            count.fetch_add(rows.len(), Ordering::Relaxed);
            let columns = ["site", "hist", "ssf25"].into_iter().enumerate();
            let columns = columns.map(|(at, key)| Column::encode(key, rows.iter().map(|row| Some(row[at]))));
            let columns = Columns { rows: rows.len(), columns: columns.collect() };
            let found = algorithm.lookup_columns(&columns, Origin::Cases);
            let schemas = algorithm.schemas();
            let shown = |row: usize| match found.get(row) {
                [] => String::new(),
                [one] => schemas[*one as usize].id.to_string(),
                _ => "*".to_owned(),
            };
            let wrong = rows.iter().enumerate().filter(|(at, row)| shown(*at) != row[3]);
            wrong.map(|(at, row)| format!("{row:?}: {}", shown(at))).collect::<Vec<_>>()
        })
        .collect();
    println!(
        "cs_lookup.csv.gz: {} of {} equal",
        count.load(Ordering::Relaxed) - wrong.len(),
        count.into_inner()
    );
    assert!(wrong.is_empty(), "{}", wrong[..wrong.len().min(10)].join("\n"));
}

#[test]
fn every_recorded_code_of_collaborative_stage_is_valid() {
    let Some(golden) = shared("golden") else { return };
    let algorithm = open("cs-02.05.50.zip");
    let mut codes: BTreeMap<(String, String), Vec<(String, bool)>> = BTreeMap::new();
    for line in lines(&golden.join("cs_valid_inputs.csv.gz")).skip(1) {
        let [schema, key, value, valid] = line.split('|').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let code = (value.to_owned(), valid == "true");
        codes.entry((schema.to_owned(), key.to_owned())).or_default().push(code);
    }
    let mut count = 0;
    for ((schema, key), codes) in codes {
        let values: Vec<&str> = codes.iter().map(|(value, _)| value.as_str()).collect();
        let ours = algorithm.accepts(&schema, &key, &values).unwrap_or_else(|| panic!("{schema} {key}"));
        for ((value, valid), ours) in codes.iter().zip(ours) {
            assert_eq!(*valid, ours, "{schema} {key} {value}");
            count += 1;
        }
    }
    println!("cs_valid_inputs.csv.gz: {count} codes equal");
}
