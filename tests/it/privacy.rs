//! What is not told of persons: planted names and numbers are looked for in everything that a run leaves.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rstage::input::{InputFile, Options};
use rstage::output::{TableFormat, TableWriter};

use crate::support::{Done, Table, Work};

/// Names, numbers and addresses that nothing but records and rejects may hold.
const PLANTED: [&str; 5] = ["Zyxwvutsen", "987-65-4320", "Quuxallee", "Wibbleford", "MRN77001"];
/// Keys of tumors.
const KEYS: [&str; 3] = ["SECRETKEY01", "SECRETKEY02", "SECRETKEY03"];
/// Patient numbers, which a rule about the tumors of a patient looks at.
const PATIENT: &str = "PATIENT4711";

fn input() -> String {
    let [surname, ssn, street, given, mrn] = PLANTED;
    let [first, second, third] = KEYS;
    let person = format!("{surname},{given},{ssn},{street},{mrn},{PATIENT}");
    format!(
        "tumor_key,nameLast,First Name,SSN,addrAtDxNoStreet,medicalRecordNumber,patientIdNumber,primarySite,histologicTypeIcdO3,behaviorCodeIcdO3,\
         dateOfDiagnosis,ajccTnmPathT,ajccTnmPathN,ajccTnmPathM,ajccTnmPathStageGroup\n\
         {first},{person},C509,8500,3,20190101,pT2,pN0,,1A\n\
         {second},{person},C509,8500,3,20210301,pT1,pN1a,,4\n\
         {third},{person},C509,8500,3,20210301,pT9,pN1a,cM1,\n\
         \"{third},{person},C509\n"
    )
}

fn work() -> Work {
    let work = Work::new();
    work.write("a.csv", input());
    work.write(
        "e.csv",
        format!(
            "tumor_key,event_date,classification,m\n{},20210105,r,M1\nSECRETKEY99,20210105,r,M1\n{},never,r,M1\n",
            KEYS[0], KEYS[1]
        ),
    );
    secret(&work, "secret", 0o600);
    work
}

fn secret(work: &Work, name: &str, mode: u32) -> PathBuf {
    let path = work.write(name, "0123456789abcdef0123456789abcdef\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

/// Every file under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What a file holds, unpacked.
fn content(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("zst") => zstd::decode_all(&bytes[..]).unwrap(),
        // Its cells are packed; a table without rows is no input.
        Some("parquet") if InputFile::probe(path, 0, &Options::default()).is_ok() => {
            let Table { header, rows } = table(path);
            [bytes, format!("{header:?} {rows:?}").into_bytes()].concat()
        }
        _ => bytes,
    }
}

/// No output but records and rejects holds any of these words.
#[track_caller]
fn nothing_tells(work: &Work, done: &Done, words: &[&str]) {
    nothing_in(work, "out", done, words);
}

#[track_caller]
fn nothing_in(work: &Work, folder: &str, done: &Done, words: &[&str]) {
    let mut looked = 0;
    let mut look = |place: String, text: &[u8]| {
        for word in words {
            let found = text.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{place} tells {word}");
        }
        looked += 1;
    };
    look("standard output".to_owned(), done.out.as_bytes());
    look("standard error".to_owned(), done.err.as_bytes());
    for path in files(&work.path(folder)) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("records.") && !name.starts_with("rejects.") {
            look(path.display().to_string(), &content(&path));
        }
    }
    assert!(looked > 4, "{looked}");
}

const RUN: [&str; 8] = ["run", "a.csv", "--out", "out", "--max-rejects", "9", "--events", "e.csv"];
const PSEUDONYMS: [&str; 4] = ["--pseudonymise", "key=HMAC", "--key-file", "secret"];

#[test]
fn names_and_numbers_stand_in_records_and_rejects_only() {
    for more in [
        &[][..],
        &["--log-format", "json"],
        &["--json"],
        &["--drop-identifiers", "--log-format", "text"],
        &["--format", "parquet", "--keep-answers", "--log-format", "json"],
        &["--resume", "--also-edition", "7", "--worklist-by", "site", "--log-format", "json"],
    ] {
        let work = work();
        let done = work.rstage(&[&RUN, more].concat());
        assert_eq!(done.status, 0, "{}", done.err);
        nothing_tells(&work, &done, &[&PLANTED[..], &[PATIENT]].concat());
        assert!(done.err.contains("rejected"), "{}", done.err);
        let rejects = fs::read_to_string(work.path("out/rejects.csv")).unwrap();
        assert!(rejects.contains(PLANTED[0]), "{rejects}");
    }
}

/// Other commands: a comparison, a check, and what is said where nothing can be done.
#[test]
fn names_and_numbers_stand_in_no_comparison_and_no_message() {
    let work = work();
    work.write("b.csv", input().replace("pT2", "pT3").replace(PLANTED[2], "Elsewhere"));
    let done = work.rstage(&["diff", "a.csv", "b.csv", "--out", "changes", "--max-rejects", "9"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let words = [&PLANTED[..], &[PATIENT]].concat();
    nothing_in(&work, "changes", &done, &words);
    work.write("job.toml", "inputs = \"a.csv\"\nout = \"out\"\n");
    // Without its header, the first record stands where names of columns are looked for.
    work.write("bare.csv", input().split_once('\n').unwrap().1);
    for command in [
        &["check", "job.toml"][..],
        &["columns", "a.csv"],
        &["run", "a.csv", "--out", "new", "--log-format", "json", "--set", "edition=x"],
        &["run", "bare.csv", "--out", "new", "--log-format", "json"],
        &["verify", "changes", "--inputs"],
    ] {
        let done = work.rstage(command);
        let said = done.out + &done.err;
        assert!(!said.is_empty());
        for word in &words {
            assert!(!said.contains(word), "{command:?} tells {word}");
        }
    }
}

#[test]
fn keys_are_pseudonyms_outside_records_and_rejects() {
    let work = work();
    let done = work.rstage(&[&RUN[..], &PSEUDONYMS].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    nothing_tells(
        &work,
        &done,
        &[&PLANTED[..], &KEYS, &[PATIENT, "SECRETKEY99", "0123456789abcdef"]].concat(),
    );
    // The tables name the same tumor by the same pseudonym.
    let keys = |name: &str| {
        let table = Table::read(&work.path(name));
        let mut keys: Vec<String> =
            (0..table.rows.len()).map(|row| table.cell(row, "key").to_owned()).collect();
        keys.sort();
        keys.dedup();
        assert!(!keys.is_empty() && keys.iter().all(|key| key.len() == 64), "{name}: {keys:?}");
        keys
    };
    let found = keys("out/findings.csv");
    assert!(found.contains(&keys("out/restagings.csv")[0]));
    assert!(!found.contains(&keys("out/events_unmatched.csv")[0]));
    let findings = Table::read(&work.path("out/findings.csv"));
    let recurrence = (0..findings.rows.len()).find(|row| findings.cell(*row, "rule") == "R14").unwrap();
    let earlier = findings.cell(recurrence, "derived");
    assert!(found.iter().any(|key| earlier.contains(key)), "{earlier}");
    assert!(fs::read_to_string(work.path("out/records.csv")).unwrap().contains(KEYS[0]));
    let manifest = fs::read_to_string(work.path("out/run.json")).unwrap();
    assert!(manifest.contains("\"pseudonymise\": \"key=HMAC\"") && manifest.contains("key_file_fingerprint"));

    // Worklists and comparisons use the same pseudonyms.
    let list = ["cohort", "out", "--where", "stage != IV", "--out", "list.csv"];
    assert_eq!(work.rstage(&[&list[..], &PSEUDONYMS].concat()).status, 0);
    let text = fs::read_to_string(work.path("list.csv")).unwrap();
    assert!(!text.contains(KEYS[0]) && found.iter().any(|key| text.contains(key)), "{text}");
    work.write("b.csv", input().replace("pT2", "pT3"));
    let diff = ["diff", "a.csv", "b.csv", "--out", "changes", "--max-rejects", "9"];
    let done = work.rstage(&[&diff[..], &PSEUDONYMS].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    let text = fs::read_to_string(work.path("changes/changes.csv")).unwrap();
    assert!(!text.contains(KEYS[0]) && found.iter().any(|key| text.contains(key)), "{text}");
}

/// A table of either form.
fn table(path: &Path) -> Table {
    let options = Options::default();
    let file = InputFile::probe(path, 0, &options).unwrap();
    let mut rows = Vec::new();
    for chunk in file.open(&options).unwrap() {
        let chunk = chunk.unwrap();
        let cells = |row| (0..file.header.len()).map(|column| chunk.text(column, row).into_owned()).collect();
        rows.extend((0..chunk.rows()).map(cells));
    }
    Table { header: file.header, rows }
}

#[test]
fn identifying_columns_are_left_out_of_records() {
    let work = work();
    let text = input();
    let good: String = text.split_inclusive('\n').take(4).collect();
    work.write("a.csv", good);
    let read = table(&work.path("a.csv"));
    let mut writer = TableWriter::create(work.path("a.parquet"), &read.header, TableFormat::Parquet).unwrap();
    read.rows.iter().for_each(|row| writer.row(row).unwrap());
    writer.finish().unwrap();
    let dropped = ["First Name", "SSN", "addrAtDxNoStreet", "medicalRecordNumber", "nameLast"];
    for (input, format) in
        [("a.csv", "csv"), ("a.csv", "parquet"), ("a.parquet", "csv"), ("a.parquet", "parquet")]
    {
        let run = ["run", input, "--overwrite", "--format", format, "--quiet", "--max-rejects", "9"];
        assert_eq!(work.rstage(&[&run[..], &["--out", "whole"]].concat()).status, 0);
        let done = work.rstage(&[&run[..], &["--out", "out", "--drop-identifiers"]].concat());
        assert_eq!(done.status, 0, "{}", done.err);
        let path = work.path(&format!("out/records.{format}"));
        let bytes = fs::read(&path).unwrap();
        for word in PLANTED {
            assert!(
                !bytes.windows(word.len()).any(|window| window == word.as_bytes()),
                "{input} {format}: {word}"
            );
        }
        let (whole, table) = (table(&work.path(&format!("whole/records.{format}"))), table(&path));
        let kept: Vec<&String> =
            whole.header.iter().filter(|name| !dropped.contains(&name.as_str())).collect();
        assert_eq!(table.header.iter().collect::<Vec<_>>(), kept);
        assert_eq!(table.rows.len(), 3);
        for (row, name) in (0..3).flat_map(|row| kept.iter().map(move |name| (row, name))) {
            assert_eq!(table.cell(row, name), whole.cell(row, name));
        }
        let manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(work.path("out/run.json")).unwrap()).unwrap();
        assert_eq!(manifest["left_out"], serde_json::json!(dropped));
        assert_eq!(work.rstage(&["verify", "out", "--inputs"]).status, 0);
    }
}

#[test]
fn a_key_that_names_a_person_is_not_repeated() {
    let work = work();
    work.write("m.csv", "mrn,site,histology,t,n,m\nMRN77001,C50.9,8500/3,T1,N0,M0\n");
    let run = ["run", "m.csv", "--map", "map.toml", "--out", "out", "--drop-identifiers"];
    work.write("map.toml", "[columns]\ntumor_key = \"mrn\"\n");
    let done = work.rstage(&run);
    assert_eq!(done.status, 2, "{}", done.err);
    assert!(done.err.contains("made of `mrn`, which names a person\nhint: "), "{}", done.err);
    let done = work.rstage(&[&run[..], &PSEUDONYMS].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    nothing_tells(&work, &done, &["MRN77001"]);
}

#[test]
fn worklists_are_not_named_by_a_person() {
    let work = work();
    let done =
        work.rstage(&["run", "a.csv", "--out", "out", "--worklist-by", "nameLast", "--max-rejects", "9"]);
    assert_eq!(done.status, 2, "{}", done.err);
    assert!(done.err.contains("`nameLast` names a person") && done.err.contains("hint: "), "{}", done.err);
    assert!(!work.path("out").exists());
}

#[test]
fn a_secret_that_is_none_is_a_usage_error() {
    let work = work();
    secret(&work, "open", 0o644);
    work.write("short", "0123456789abcde");
    fs::set_permissions(work.path("short"), fs::Permissions::from_mode(0o600)).unwrap();
    for (name, says) in [
        ("open", "every user of this machine may read or change the secret (mode 644)\nhint: chmod 600 open"),
        ("short", "a secret of 15 bytes, which is too short\nhint: at least 16 bytes"),
        ("none", "cannot be read"),
    ] {
        let done = work.rstage(&[&RUN[..], &["--pseudonymise", "key=HMAC", "--key-file", name]].concat());
        assert_eq!(done.status, 2, "{}", done.err);
        assert!(done.err.contains(says), "{}", done.err);
    }
    for alone in
        [&["--pseudonymise", "key=HMAC"][..], &["--key-file", "secret"], &["--pseudonymise", "sex=MD5"]]
    {
        assert_eq!(work.rstage(&[&RUN[..], alone].concat()).status, 2);
    }
    assert!(!work.path("out").exists());
    work.write(
        "job.toml",
        "inputs = \"a.csv\"\nout = \"out\"\nmax_rejects = 9\npseudonymise = \"key=HMAC\"\nkey_file = \"secret\"\ndrop_identifiers = true\n",
    );
    assert_eq!(work.rstage(&["check", "job.toml"]).status, 0);
    let done = work.rstage(&["run", "--config", "job.toml"]);
    assert_eq!(done.status, 0, "{}", done.err);
    nothing_tells(&work, &done, &[&PLANTED[..], &KEYS].concat());
}
