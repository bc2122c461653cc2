//! SEER's algorithms from the command line: the recorded cases through a CSV, every column of the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use rstage::seer::{Algorithm, Algorithms, CaseAnswer, Column, Columns, Origin};
use serde::Deserialize;

use crate::support::{Table, Work, shared};

/// The year in which the answers were recorded.
const YEAR: u16 = 2026;

#[derive(Deserialize, Clone)]
struct Recorded {
    id: String,
    input: BTreeMap<String, String>,
    result: String,
    schema_id: Option<String>,
    output: BTreeMap<String, Option<String>>,
    errors: Vec<RecordedError>,
}

#[derive(Deserialize, Clone)]
struct RecordedError {
    #[serde(rename = "type")]
    kind: String,
}

/// What the columns of one record say.
#[derive(PartialEq, Debug)]
struct Answer {
    result: String,
    schema: String,
    outputs: BTreeMap<String, String>,
    errors: Vec<String>,
}

impl Answer {
    fn of(answer: &CaseAnswer) -> Self {
        let outputs = answer.outputs.iter();
        let outputs = outputs.filter_map(|(key, text)| Some((key.to_string(), text.as_deref()?.to_owned())));
        let mut errors: Vec<String> =
            answer.errors.iter().map(|error| error.kind.code().to_owned()).collect();
        errors.sort();
        Self {
            result: answer.result.code().to_owned(),
            schema: answer.schema.as_deref().unwrap_or_default().to_owned(),
            outputs: outputs.filter(|(_, text)| !text.is_empty()).collect(),
            errors,
        }
    }

    fn recorded(case: &Recorded) -> Self {
        let outputs = case.output.iter().filter_map(|(key, text)| Some((key.clone(), text.clone()?)));
        let mut errors: Vec<String> = case.errors.iter().map(|error| error.kind.clone()).collect();
        errors.sort();
        Self {
            result: case.result.clone(),
            schema: case.schema_id.clone().unwrap_or_default(),
            outputs: outputs.filter(|(_, text)| !text.is_empty()).collect(),
            errors,
        }
    }

    /// From the columns with this prefix; `outputs` are keys and the names of their columns.
    fn of_row(table: &Table, row: usize, prefix: &str, outputs: &[(String, String)]) -> Self {
        let cell = |name: &str| table.cell(row, name).to_owned();
        let outputs = outputs.iter().map(|(key, column)| (key.clone(), cell(column)));
        let errors = cell(&format!("{prefix}errors"));
        let errors = errors.split(';').filter(|error| !error.is_empty());
        let mut errors: Vec<String> =
            errors.map(|error| error.split(' ').next().unwrap().to_owned()).collect();
        errors.sort();
        Self {
            result: cell(&format!("{prefix}result")),
            schema: cell(&format!("{prefix}schema")),
            outputs: outputs.filter(|(_, text)| !text.is_empty()).collect(),
            errors,
        }
    }
}

const ALL: [(&str, &str); 4] = [
    ("cs", "cs-02.05.50.zip"),
    ("tnm", "tnm-2.1.zip"),
    ("eod_public", "eod_public-3.3.zip"),
    ("pediatric", "pediatric-1.3.zip"),
];

fn zip(name: &str) -> Option<PathBuf> {
    let file = ALL.iter().find(|(own, _)| *own == name)?.1;
    Some(shared("seer")?.join(file))
}

/// Some lines of the recorded cases, read once for all tests: every 9th, of the few pediatric ones all.
fn lines(name: &str) -> &'static [String] {
    static LINES: LazyLock<[Vec<String>; 4]> = LazyLock::new(|| {
        ALL.map(|(name, _)| {
            let path = shared("golden").unwrap().join(format!("{name}.jsonl.gz"));
            let lines = BufReader::with_capacity(1 << 18, GzDecoder::new(File::open(path).unwrap())).lines();
            lines.step_by(if name == "pediatric" { 1 } else { 9 }).map(Result::unwrap).collect()
        })
    });
    let at = ALL.iter().position(|(own, _)| *own == name).unwrap();
    &LINES[at]
}

/// Every so many-th of them.
fn cases(name: &str, one_of: usize) -> Vec<Recorded> {
    lines(name).iter().step_by(one_of).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn write_csv(path: &Path, header: &[&str], rows: &[Vec<String>]) {
    let mut csv = csv::Writer::from_path(path).unwrap();
    csv.write_record(header).unwrap();
    for row in rows {
        csv.write_record(row).unwrap();
    }
    csv.flush().unwrap();
}

/// A table of cases, with headers made from the keys, keys without a header left out.
fn write_cases(path: &Path, cases: &[Recorded], name: impl Fn(&str) -> Option<String>) {
    let keys: BTreeSet<&String> = cases.iter().flat_map(|case| case.input.keys()).collect();
    let named: Vec<(&String, String)> = keys.into_iter().filter_map(|key| Some((key, name(key)?))).collect();
    let header: Vec<&str> =
        ["id"].into_iter().chain(named.iter().map(|(_, header)| header.as_str())).collect();
    let row = |case: &Recorded| {
        let cells = named.iter().map(|(key, _)| case.input.get(*key).cloned().unwrap_or_default());
        std::iter::once(case.id.clone()).chain(cells).collect()
    };
    write_csv(path, &header, &cases.iter().map(row).collect::<Vec<Vec<String>>>());
}

/// What the written semantics give for a row of a table: blank cells and keys that the schema does not ask
/// for are not given.
fn as_rows<'c>(
    algorithm: &Algorithm,
    inputs: impl IntoIterator<Item = &'c BTreeMap<String, String>>,
) -> Vec<Answer> {
    type Case<'c> = BTreeMap<&'c str, &'c str>;
    let stage = |cases: &[Case<'_>]| -> Vec<CaseAnswer> {
        let keys: BTreeSet<&str> = cases.iter().flat_map(|case| case.keys().copied()).collect();
        let column = |key| Column::encode(key, cases.iter().map(|case| case.get(key).copied()));
        let columns = Columns { rows: cases.len(), columns: keys.into_iter().map(column).collect() };
        let staged = algorithm.stage_columns(&columns, Origin::Cases, false);
        (0..cases.len()).map(|row| algorithm.answer(&staged, row)).collect()
    };
    let lookup: BTreeSet<&str> = algorithm.lookup_keys().collect();
    let filled: Vec<Case<'_>> = inputs
        .into_iter()
        .map(|input| {
            let filled = input.iter().map(|(key, text)| (key.as_str(), text.as_str()));
            filled.filter(|(_, text)| text.chars().any(|c| c > ' ')).collect()
        })
        .collect();
    let only = |case: &Case<'c>, keys: &BTreeSet<&str>| -> Case<'c> {
        case.iter().filter(|(key, _)| keys.contains(*key)).map(|(key, text)| (*key, *text)).collect()
    };
    let found = stage(&filled.iter().map(|case| only(case, &lookup)).collect::<Vec<_>>());
    let asked = filled.iter().zip(&found).map(|(case, found)| {
        let schema = found.schema.as_deref().and_then(|id| algorithm.schema(id));
        let asked = schema.map(|schema| schema.inputs.iter().map(|input| &*input.key).collect());
        only(case, asked.as_ref().unwrap_or(&lookup))
    });
    stage(&asked.collect::<Vec<_>>()).iter().map(Answer::of).collect()
}

fn run(work: &Work, input: &str, algorithms: &[&Path], more: &[&str]) -> Table {
    let year = YEAR.to_string();
    let mut args = vec!["run", input, "--out", "out", "--overwrite", "--quiet", "--format", "csv"];
    for algorithm in algorithms {
        args.extend(["--algorithm", algorithm.to_str().unwrap()]);
    }
    args.extend(["--current-year", &year]);
    args.extend(more);
    let done = work.rstage(&args);
    assert_eq!((done.status, done.err.as_str(), done.out.as_str()), (0, "", ""));
    Table::read(&work.path("out/records.csv"))
}

fn outputs(algorithm: &Algorithm) -> Vec<(String, String)> {
    let keys = algorithm.outputs().into_iter().map(|output| output.key.to_string());
    keys.map(|key| (key.clone(), format!("seer_{key}"))).collect()
}

/// Whether a row of a table tells the same as the case did, so that the recorded answer holds for it.
fn tells_the_same(algorithm: &Algorithm, case: &Recorded) -> bool {
    let blank = case.input.values().any(|text| !text.chars().any(|c| c > ' '));
    let stranger = case.errors.iter().any(|error| error.kind == "UNKNOWN_INPUT");
    // A key that no selection table has counts for the lookup of a case, not for that of a row.
    let lookup: Vec<&str> = algorithm.lookup_keys().collect();
    let lonely = !case.input.contains_key("site") || !case.input.contains_key("hist");
    let others = lonely && case.input.keys().any(|key| !lookup.contains(&key.as_str()));
    !(blank || stranger || others)
}

#[test]
fn the_recorded_cases_through_a_csv_named_by_keys() {
    if shared("golden").is_none() || shared("seer").is_none() {
        return;
    }
    for (name, _) in ALL {
        let (work, path) = (Work::new(), zip(name).unwrap());
        let algorithm = Algorithm::open(&path, YEAR).unwrap();
        let cases = cases(name, if name == "pediatric" { 5 } else { 4 });
        write_cases(&work.path("cases.csv"), &cases, |key| Some(key.to_owned()));
        let table = run(&work, "cases.csv", &[&path], &["--layout", "seer-keys"]);
        let outputs = outputs(&algorithm);
        assert_eq!(table.rows.len(), cases.len());
        let mut recorded = 0;
        let expected = as_rows(&algorithm, cases.iter().map(|case| &case.input));
        for (row, (case, expected)) in cases.iter().zip(expected).enumerate() {
            let found = Answer::of_row(&table, row, "seer_", &outputs);
            assert_eq!(found, expected, "{name} {}", case.id);
            if tells_the_same(&algorithm, case) {
                assert_eq!(found, Answer::recorded(case), "{name} {}", case.id);
                recorded += 1;
            }
        }
        println!("{name}: {} cases equal, {recorded} of them to the recorded answer", cases.len());
        assert!(recorded > 500, "{name}");
    }
}

/// The words of an XML id, about as item names are written: `Cs Site Specific Factor 25`.
fn words(id: &str) -> String {
    let mut words = String::new();
    let mut digits = false;
    for letter in id.chars() {
        if letter.is_uppercase() || (letter.is_ascii_digit() && !digits) {
            words.push(' ');
        }
        digits = letter.is_ascii_digit();
        words.push(letter);
    }
    words
}

#[test]
fn naaccr_names_of_every_sort_give_the_same_answers_with_no_mapping() {
    if shared("golden").is_none() || shared("seer").is_none() {
        return;
    }
    for (name, _) in ALL {
        let (work, path) = (Work::new(), zip(name).unwrap());
        let algorithm = Algorithm::open(&path, YEAR).unwrap();
        // Dates are longer than years, so that a year with blanks around it is none of a date.
        let mut cases = cases(name, if name == "pediatric" { 17 } else { 15 });
        cases.retain(|case| case.input.get("year_dx").is_none_or(|year| year.len() == 4));
        let items = algorithm.inputs();
        let of_key = |key: &str| items.iter().find(|item| &*item.key == key).copied();
        for case in &mut cases {
            case.input.retain(|key, _| of_key(key).is_some());
        }
        let outputs = outputs(&algorithm);
        let expected = as_rows(&algorithm, cases.iter().map(|case| &case.input));
        for (at, case) in cases.iter_mut().enumerate() {
            for year in case.input.get_mut("year_dx").into_iter().filter(|_| at % 2 == 0) {
                year.push_str("0704");
            }
        }
        let forms = ["ids", "names", "numbers"];
        std::fs::create_dir(work.path("in")).unwrap();
        for form in forms {
            write_cases(&work.path(&format!("in/{form}.csv")), &cases, |key| {
                let item = of_key(key)?;
                Some(match form {
                    "ids" => item.naaccr_xml_id.clone()?,
                    "numbers" => item.naaccr_item?.to_string(),
                    _ => words(item.naaccr_xml_id.as_deref()?),
                })
            });
        }
        // One run over the three files, in the order of their names.
        let table = run(&work, "in", &[&path], &[]);
        assert_eq!(table.rows.len(), 3 * cases.len());
        let all = forms.iter().flat_map(|form| cases.iter().zip(&expected).map(move |case| (form, case)));
        for (row, (form, (case, expected))) in all.enumerate() {
            let found = Answer::of_row(&table, row, "seer_", &outputs);
            assert_eq!(found, *expected, "{name} {form} {}", case.id);
        }
        println!("{name}: {} cases equal by ids, numbers and names", cases.len());
    }
}

#[test]
fn each_year_has_its_algorithm_and_pediatric_answers_beside() {
    if shared("golden").is_none() || shared("seer").is_none() {
        return;
    }
    let work = Work::new();
    let paths: Vec<PathBuf> = ALL.iter().map(|(name, _)| zip(name).unwrap()).collect();
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let opened = || paths.iter().map(|path| Algorithm::open(path, YEAR).unwrap()).collect();
    let algorithms = Algorithms::new(opened()).unwrap();
    let all: Vec<&Algorithm> = algorithms.iter().collect();
    let mut cases: Vec<Recorded> =
        ALL.iter().flat_map(|(name, _)| cases(name, if *name == "pediatric" { 9 } else { 23 })).collect();
    // Cases of all kinds in turn, so that a chunk holds them mixed.
    cases.sort_by_key(|case| case.id.bytes().rev().collect::<Vec<u8>>());
    write_cases(&work.path("cases.csv"), &cases, |key| Some(key.to_owned()));
    let table = run(&work, "cases.csv", &paths, &["--layout", "seer-keys", "--threads", "2"]);
    let main: BTreeMap<String, String> = all[..3].iter().flat_map(|algorithm| outputs(algorithm)).collect();
    let main: Vec<(String, String)> = main.into_iter().collect();
    let mut beside = outputs(all[3]);
    for (key, column) in &mut beside {
        if key == "derived_version" {
            "seer_pediatric_derived_version".clone_into(column);
        }
    }
    let nothing = || Answer {
        result: String::new(),
        schema: String::new(),
        outputs: BTreeMap::new(),
        errors: Vec::new(),
    };
    let answers: Vec<Vec<Answer>> =
        all.iter().map(|algorithm| as_rows(algorithm, cases.iter().map(|case| &case.input))).collect();
    let nothing = nothing();
    let mut staged = [0; 4];
    for (row, case) in cases.iter().enumerate() {
        let number = |key: &str| case.input.get(key).and_then(|text| text.trim().parse().ok());
        let (year, age) = (number("year_dx"), number("age_dx"));
        for (chosen, prefix, outputs) in [
            (algorithms.main(year), "seer_", &main),
            (algorithms.beside(year, age), "seer_pediatric_", &beside),
        ] {
            let expected = chosen.map_or(&nothing, |at| &answers[at][row]);
            let found = Answer::of_row(&table, row, prefix, outputs);
            assert_eq!(found, *expected, "{} {chosen:?}", case.id);
            if let Some(at) = chosen {
                staged[at] += 1;
            }
        }
    }
    println!("cs, tnm, eod_public, pediatric: {staged:?} of {} cases", cases.len());
    assert!(staged.iter().all(|count| *count > 20), "{staged:?}");

    let bytes = std::fs::read(work.path("out/records.csv")).unwrap();
    run(&work, "cases.csv", &paths, &["--layout", "seer-keys", "--threads", "1"]);
    assert_eq!(std::fs::read(work.path("out/records.csv")).unwrap(), bytes, "another number of threads");
}
