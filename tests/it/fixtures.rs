//! The job on the project's own exports: known truth comes out, nothing that went in changes.

use std::fs;
use std::path::Path;

use rstage::input::{InputFile, Options};

use crate::support::{Table, Work, fixture};

/// Every cell of some columns of a table, whatever its form.
fn cells(path: &Path, columns: usize) -> Vec<Vec<Vec<u8>>> {
    let options = Options::default();
    let file = InputFile::probe(path, 0, &options).unwrap();
    let mut rows = Vec::new();
    for chunk in file.open(&options).unwrap() {
        let chunk = chunk.unwrap();
        for row in 0..chunk.rows() {
            rows.push((0..columns).map(|column| chunk.cell(column, row).into_owned()).collect());
        }
    }
    rows
}

fn width(path: &Path) -> usize {
    InputFile::probe(path, 0, &Options::default()).unwrap().header.len()
}

fn run(work: &Work, input: &Path, out: &str, more: &[&str]) {
    let args = [&["run", input.to_str().unwrap(), "--out", out, "--quiet"], more].concat();
    let done = work.rstage(&args);
    assert_eq!((done.status, done.out.as_str()), (0, ""), "{}", done.err);
}

#[test]
fn the_truth_of_every_synthetic_record_is_found() {
    let work = Work::new();
    run(&work, &fixture("registry.csv"), "out", &[]);
    let table = Table::read(&work.path("out/records.csv"));
    assert_eq!(table.rows.len(), 3_000);
    let mut planted = std::collections::BTreeSet::new();
    for row in 0..table.rows.len() {
        let cell = |column: &str| table.cell(row, column);
        for (truth, found) in [
            ("truth_group", "rstage_group"),
            ("truth_origin", "rstage_met_origin"),
            ("truth_oligo", "rstage_oligo"),
        ] {
            assert!(
                cell(truth).is_empty() || cell(truth) == cell(found),
                "record {row} ({}): {truth} {}, {found} {} because {}",
                cell("truth_case"),
                cell(truth),
                cell(found),
                cell("rstage_reason"),
            );
        }
        let findings: Vec<&str> = cell("rstage_findings").split(';').collect();
        for rule in cell("truth_findings").split(';').filter(|rule| !rule.is_empty()) {
            assert!(
                findings.contains(&rule),
                "record {row} ({}): {rule} is not in {findings:?}",
                cell("truth_case")
            );
            planted.insert(rule.to_owned());
        }
    }
    // The rules that the planted records show at least once.
    let shown: Vec<&str> = planted.iter().map(String::as_str).collect();
    for rule in [
        "D01", "D03", "D06", "D07", "D08", "D09", "D10", "D12", "D14", "D16", "D17", "D18", "R01", "R02",
        "R04",
    ] {
        assert!(shown.contains(&rule), "{rule} is planted nowhere: {shown:?}");
    }
}

#[test]
fn csv_lines_come_out_as_they_went_in() {
    let work = Work::new();
    let input = fixture("registry.csv");
    run(&work, &input, "out", &[]);
    let columns = width(&input);
    assert_eq!(cells(&input, columns), cells(&work.path("out/records.csv"), columns));
    // Byte for byte, quotes and line breaks within cells included.
    let before = fs::read_to_string(&input).unwrap();
    let after = fs::read_to_string(work.path("out/records.csv")).unwrap();
    let mut rest = after.as_str();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(before.as_bytes());
    let mut starts: Vec<usize> = Vec::new();
    for record in reader.byte_records() {
        starts.push(usize::try_from(record.unwrap().position().unwrap().byte()).unwrap());
    }
    starts.push(before.len());
    for bounds in starts.windows(2) {
        let line = before[bounds[0]..bounds[1]].trim_end_matches(['\r', '\n']);
        rest = rest.strip_prefix(line).unwrap_or_else(|| panic!("{line} was changed"));
        let end = rest.find('\n').unwrap();
        assert!(rest.starts_with(','), "the new cells follow the old line");
        rest = &rest[end + 1..];
    }
    assert!(rest.is_empty());
}

#[test]
fn parquet_and_csv_give_the_same_columns() {
    let work = Work::new();
    run(&work, &fixture("registry.csv"), "csv", &[]);
    run(&work, &fixture("registry.parquet"), "parquet", &[]);
    run(&work, &fixture("registry.parquet"), "csv2", &["--format", "csv"]);
    run(&work, &fixture("registry.csv"), "parquet2", &["--format", "parquet"]);
    let all = width(&work.path("csv/records.csv"));
    let expected = cells(&work.path("csv/records.csv"), all);
    for out in ["parquet/records.parquet", "csv2/records.csv", "parquet2/records.parquet"] {
        assert_eq!(width(&work.path(out)), all, "{out}");
        assert!(expected == cells(&work.path(out), all), "{out} differs");
    }
    assert!(work.path("parquet/findings.parquet").exists());
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    for (input, records) in [("registry.csv", "records.csv"), ("registry.parquet", "records.parquet")] {
        let work = Work::new();
        let big = work.path("big.csv");
        // Enough records for several chunks.
        let done = work.rstage(&["synth", "--rows", "40000", "--seed", "7", "--out", "big.csv"]);
        assert_eq!(done.status, 0, "{}", done.err);
        let fixture = fixture(input);
        let inputs = if input.ends_with("csv") { big.as_path() } else { fixture.as_path() };
        for threads in ["1", "8"] {
            run(&work, inputs, threads, &["--threads", threads]);
        }
        let mut names: Vec<String> =
            vec![records.to_owned(), records.replace("records", "findings"), "rejects.csv".to_owned()];
        for entry in fs::read_dir(work.path("1/summary")).unwrap() {
            names.push(format!("summary/{}", entry.unwrap().file_name().to_str().unwrap()));
        }
        assert!(names.len() > 8, "{names:?}");
        for name in names {
            let read = |threads: &str| fs::read(work.path(threads).join(&name)).unwrap();
            assert!(read("1") == read("8"), "{name} differs between 1 and 8 threads");
        }
    }
}

#[test]
fn the_manifest_accounts_for_everything() {
    let work = Work::new();
    let input = fixture("registry.csv");
    let done = work.rstage(&["run", input.to_str().unwrap(), "--out", "out", "--json", "--fail-on", "error"]);
    assert_eq!(done.status, 1, "the fixture holds errors, and they were asked about: {}", done.err);
    let printed: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let written: serde_json::Value =
        serde_json::from_slice(&fs::read(work.path("out/run.json")).unwrap()).unwrap();
    assert_eq!(printed, written);
    assert_eq!(written["counts"], serde_json::json!({"read": 3000, "written": 3000, "rejected": 0}));
    assert_eq!(written["exit"], 1);
    assert_eq!(written["inputs"][0]["bytes"], fs::metadata(&input).unwrap().len());
    let hash = blake3::hash(&fs::read(&input).unwrap()).to_hex().to_string();
    assert_eq!(written["inputs"][0]["blake3"], hash);
    assert_eq!(written["rules"]["hash"].as_str().unwrap().len(), 64);
    let findings = Table::read(&work.path("out/findings.csv"));
    let counted: u64 = written["findings"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|by| by.as_object().unwrap().values())
        .map(|n| n.as_u64().unwrap())
        .sum();
    assert_eq!(counted, findings.rows.len() as u64);
}

#[test]
fn no_identifier_but_the_key_leaves_the_records() {
    let work = Work::new();
    let text = "tumor_key,patientName,socialSecurityNumber,primarySite,histologicTypeIcdO3,dateOfDiagnosis,ajccTnmPathT,ajccTnmPathN,ajccTnmPathM,ajccTnmPathStageGroup\n\
                k-77,Erika Mustermann,078-05-1120,C509,8500,20200101,pT2,pN1a,cM0,4\n\
                k-78,Max Planted,219-09-9999\n";
    work.write("a.csv", text);
    let done = work.rstage(&["run", "a.csv", "--out", "out"]);
    assert_eq!(done.status, 4, "{}", done.err);
    let mut seen = done.out + &done.err;
    for name in ["findings.csv", "run.json"] {
        seen += &fs::read_to_string(work.path("out").join(name)).unwrap();
    }
    for entry in fs::read_dir(work.path("out/summary")).unwrap() {
        seen += &String::from_utf8_lossy(&fs::read(entry.unwrap().path()).unwrap());
    }
    assert!(seen.contains("k-77"), "the key tells which record a finding is about");
    for planted in ["Mustermann", "078-05-1120", "Planted", "219-09-9999"] {
        assert!(!seen.contains(planted), "{planted} left the records");
    }
    assert!(fs::read_to_string(work.path("out/rejects.csv")).unwrap().contains("Planted"));
}
