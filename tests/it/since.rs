//! `--since`: whatever changed in between, the result is that of a full run, and only what changed is staged.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::Work;

fn manifest(work: &Work, out: &str) -> Value {
    serde_json::from_slice(&fs::read(work.path(out).join("run.json")).unwrap()).unwrap()
}

/// The hash of every file, but of the page, which tells how long a run took.
fn hashes(work: &Work, out: &str) -> BTreeMap<String, String> {
    let manifest = manifest(work, out);
    let outputs = manifest["outputs"].as_object().unwrap();
    let hash = |digest: &Value| digest["blake3"].as_str().unwrap().to_owned();
    let mut hashes: BTreeMap<String, String> =
        outputs.iter().map(|(name, digest)| (name.clone(), hash(digest))).collect();
    hashes.insert("counts".to_owned(), format!("{} {}", manifest["counts"], manifest["findings"]));
    hashes
}

type Cells = Vec<String>;

fn rows(work: &Work) -> (Cells, Vec<Cells>) {
    let mut reader = csv::Reader::from_path(work.path("a.csv")).unwrap();
    let cells = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect();
    let header = cells(reader.headers().unwrap());
    (header, reader.records().map(|row| cells(&row.unwrap())).collect())
}

fn write(work: &Work, name: &str, header: &[String], rows: &[Cells]) {
    let mut writer = csv::Writer::from_path(work.path(name)).unwrap();
    writer.write_record(header).unwrap();
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.flush().unwrap();
}

/// An export of so many records and a run of it that kept its answers.
fn before(records: &str) -> Work {
    let work = Work::new();
    assert_eq!(work.rstage(&["synth", "--rows", records, "--seed", "7", "--out", "a.csv"]).status, 0);
    let done = work.rstage(&["run", "a.csv", "--out", "before", "--keep-answers", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    work
}

/// Runs with and without the answers of the run before; records that were taken over, and those staged anew.
#[track_caller]
fn same(work: &Work, options: &[&str]) -> (u64, u64) {
    let run = |out: &str, more: &[&str]| {
        let args = [&["run", "--out", out, "--overwrite", "--quiet"], options, more].concat();
        let done = work.rstage(&args);
        assert_eq!(done.status, 0, "{}", done.err);
    };
    run("full", &["--keep-answers"]);
    run("out", &["--since", "before", "--threads", "3", "--chunk-rows", "70"]);
    let (mut expected, mut found) = (hashes(work, "full"), hashes(work, "out"));
    // The page says where the result lies and how long it took.
    expected.remove("report.html");
    found.remove("report.html");
    let other: Vec<_> = expected.keys().filter(|name| expected.get(*name) != found.get(*name)).collect();
    assert!(other.is_empty() && expected.len() == found.len() && expected.len() > 12, "{other:?}");
    let done = work.rstage(&["verify", "out"]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let manifest = manifest(work, "out");
    let since = &manifest["since"];
    let of = |name: &str| since[name].as_u64().unwrap();
    assert_eq!(of("taken_over") + of("restaged"), manifest["counts"]["written"].as_u64().unwrap());
    (of("taken_over"), of("restaged"))
}

#[test]
fn an_unchanged_export_is_taken_over_whole() {
    let work = before("700");
    assert_eq!(same(&work, &["a.csv"]), (700, 0));
    assert_eq!(same(&work, &["a.csv", "--format", "parquet"]), (700, 0));
    assert_eq!(same(&work, &["a.csv", "--drop-identifiers"]), (700, 0));
    work.write("secret.key", "0123456789abcdef0123456789abcdef");
    let secret = work.path("secret.key");
    fs::set_permissions(secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let pseudonyms = ["a.csv", "--pseudonymise", "key=HMAC", "--key-file", "secret.key"];
    assert_eq!(same(&work, &pseudonyms), (700, 0));
    // Night after night, the answers come from those of the night before.
    fs::remove_dir_all(work.path("before")).unwrap();
    fs::rename(work.path("out"), work.path("before")).unwrap();
    assert_eq!(same(&work, &["a.csv"]), (700, 0));
}

#[test]
fn only_what_changed_is_staged() {
    let work = before("700");
    let (header, mut rows) = rows(&work);
    // Another order, fewer records, and columns in another order.
    rows.reverse();
    rows.remove(300);
    write(&work, "a.csv", &header, &rows);
    assert_eq!(same(&work, &["a.csv"]), (699, 0));
    let reversed = |row: &Cells| row.iter().rev().cloned().collect::<Cells>();
    write(&work, "b.csv", &reversed(&header), &rows.iter().map(reversed).collect::<Vec<_>>());
    assert_eq!(same(&work, &["b.csv"]), (699, 0));
    // Changed and new records.
    let at = |name: &str| header.iter().position(|known| known == name).unwrap();
    let mut new = rows[10..14].to_vec();
    for row in rows[100..103].iter_mut().chain(&mut new) {
        "C809".clone_into(&mut row[at("primarySite")]);
    }
    rows.splice(20..20, new);
    write(&work, "a.csv", &header, &rows);
    let (taken_over, restaged) = same(&work, &["a.csv"]);
    assert_eq!(taken_over + restaged, 703);
    assert!((1..=7).contains(&restaged), "{restaged}");
    // Without a column every rule that needs it is silent.
    let place = at("ajccTnmPostTherapyStageGroup");
    let without = |row: &Cells| [&row[..place], &row[place + 1..]].concat();
    write(&work, "c.csv", &without(&header), &rows.iter().map(without).collect::<Vec<_>>());
    assert_eq!(same(&work, &["c.csv"]), (0, 703));
}

#[test]
fn other_rules_and_options_stage_everything() {
    let work = before("300");
    work.write("job.toml", "[findings]\nD01 = \"info\"\n");
    for options in [
        &["--mx", "unknown"][..],
        &["--also-edition", "7"],
        &["--oligo-profiles", "all"],
        &["--sync-months", "3"],
        &["--config", "job.toml"],
    ] {
        assert_eq!(same(&work, &[&["a.csv"], options].concat()), (0, 300), "{options:?}");
    }
}

#[test]
fn answers_that_are_not_there_or_changed_are_refused() {
    let work = before("50");
    let run = |more: &[&str]| work.rstage(&[&["run", "a.csv", "--out", "out", "--quiet"], more].concat());
    assert_eq!(work.rstage(&["run", "a.csv", "--out", "plain", "--quiet"]).status, 0);
    for (folder, status, says) in
        [("plain", 2, "holds no answers of a run"), ("nowhere", 2, "holds no answers of a run")]
    {
        let done = run(&["--since", folder]);
        assert_eq!(done.status, status, "{}", done.err);
        assert!(done.err.contains(says) && done.err.contains("hint: "), "{}", done.err);
    }
    let done = run(&["--since", "before", "--resume"]);
    assert_eq!(done.status, 2, "{}", done.err);
    let path = work.path("before/answers.zst");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let done = run(&["--since", "before"]);
    assert_eq!(done.status, 3, "{}", done.err);
    assert!(done.err.contains("answers.zst: its bytes have changed"), "{}", done.err);
    assert!(!work.path("out").exists());
}
