//! A result that can be trusted: what was changed afterwards is found, and a run that is killed or meets another
//! leaves the earlier result as it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Done, Work, fixture};

const INPUT: &str = "tumor_key,primarySite,histologicTypeIcdO3,behaviorCodeIcdO3,dateOfDiagnosis,ajccTnmPathT,ajccTnmPathN,ajccTnmPathM\n\
                     k-1,C509,8500,3,20200101,pT2,pN0,\nk-2,C509,8500,3,20200101,pT1,pN1a,\nk-3,C509\n";

fn verify(work: &Work, more: &[&str]) -> Done {
    work.rstage(&[&["verify", "out"], more].concat())
}

fn finished(more: &[&str]) -> Work {
    let work = Work::new();
    work.write("a.csv", INPUT);
    let done =
        work.rstage(&[&["run", "a.csv", "--out", "out", "--max-rejects", "1", "--quiet"], more].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    work
}

/// A copy of a result after something was done to it: one line per mismatch, and only those.
#[track_caller]
fn finds(format: &str, harm: impl FnOnce(&Path), expected: &[&str]) {
    let work = finished(&["--format", format]);
    assert_eq!(verify(&work, &["--inputs"]).status, 0);
    harm(&work.path("out"));
    let done = verify(&work, &[]);
    assert_eq!(done.status, 1, "{}", done.out);
    assert_eq!(done.err.lines().collect::<Vec<_>>(), expected);
}

fn flip(path: PathBuf) {
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn whatever_is_done_to_a_result_is_found() {
    for format in ["csv", "parquet"] {
        let records = format!("records.{format}");
        let changed = format!("mismatch: {records}: its bytes have changed");
        finds(format, |out| flip(out.join(&records)), &[&changed]);
        let missing = format!("mismatch: {records}: is missing");
        finds(format, |out| fs::remove_file(out.join(&records)).unwrap(), &[&missing]);
    }
    finds(
        "csv",
        |out| flip(out.join("summary/findings.csv")),
        &["mismatch: summary/findings.csv: its bytes have changed"],
    );
    finds(
        "csv",
        |out| {
            fs::write(out.join("summary/notes.txt"), "x").unwrap();
            let text = fs::read(out.join("rejects.csv")).unwrap();
            fs::write(out.join("rejects.csv"), &text[..10]).unwrap();
        },
        &[
            &format!("mismatch: rejects.csv: 10 bytes instead of {}", rejects_bytes()),
            "mismatch: summary/notes.txt: was not written by the run",
        ],
    );
}

fn rejects_bytes() -> u64 {
    fs::metadata(finished(&[]).path("out/rejects.csv")).unwrap().len()
}

#[test]
fn records_are_counted_against_the_manifest() {
    let work = finished(&[]);
    let manifest = fs::read_to_string(work.path("out/run.json")).unwrap();
    let wrong = manifest.replace("\"written\": 2", "\"written\": 1").replace("\"read\": 3", "\"read\": 4");
    assert_ne!(manifest, wrong);
    work.write("out/run.json", wrong);
    let done = verify(&work, &[]);
    assert_eq!(done.status, 1);
    let lines: Vec<_> = done.err.lines().collect();
    assert_eq!(lines.len(), 2, "{}", done.err);
    assert!(lines.contains(&"mismatch: records.csv: 2 rows instead of 1"), "{}", done.err);
    assert!(lines[1].contains("4 records read, but 1 written and 1 rejected"), "{}", done.err);
}

/// Where a result comes from: program, commit, rules and inputs, each by its hash.
#[test]
fn the_manifest_says_what_made_it() {
    let work = finished(&[]);
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(work.path("out/run.json")).unwrap()).unwrap();
    let hash = |name: &str| blake3::hash(&fs::read(work.path(name)).unwrap()).to_hex().to_string();
    assert_eq!(manifest["program"]["version"], env!("CARGO_PKG_VERSION"));
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join(".git").exists();
    if checkout && Command::new("git").arg("--version").output().is_ok() {
        let commit = manifest["program"]["commit"].as_str().unwrap();
        assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{commit}");
        assert!(verify(&work, &[]).out.contains(commit));
    }
    assert_eq!(manifest["inputs"][0]["blake3"], hash("a.csv"));
    assert_eq!(manifest["rules"]["hash"].as_str().unwrap().len(), 64);
    let outputs = manifest["outputs"].as_object().unwrap();
    assert!(outputs.contains_key("records.csv") && outputs.contains_key("rejects.csv"));
    for (name, digest) in outputs {
        assert_eq!(digest["blake3"], hash(&format!("out/{name}")), "{name}");
    }
    assert!(verify(&work, &[]).out.contains(&hash("out/run.json")), "to be kept elsewhere");
}

#[test]
fn inputs_are_compared_where_they_are_asked_for() {
    let work = finished(&[]);
    flip(work.path("a.csv"));
    assert_eq!(verify(&work, &[]).status, 0);
    let done = verify(&work, &["--inputs"]);
    assert_eq!((done.status, done.err.as_str()), (1, "mismatch: a.csv: its bytes have changed\n"));
    fs::remove_file(work.path("a.csv")).unwrap();
    assert_eq!(verify(&work, &["--inputs"]).err, "mismatch: a.csv: is missing\n");
}

#[test]
fn a_folder_that_is_no_result_is_an_input_error() {
    let work = Work::new();
    work.write("out/records.csv", "a\n");
    let done = verify(&work, &[]);
    assert_eq!(done.status, 3, "{}", done.err);
    assert!(done.err.contains("run.json") && done.err.contains("hint:"), "{}", done.err);
    work.write("out/run.json", "{}");
    assert_eq!(verify(&work, &[]).status, 3);
}

#[test]
fn comparisons_and_events_are_verified_too() {
    let work = Work::new();
    work.write("a.csv", INPUT);
    work.write("b.csv", INPUT.replace("pT1", "pT3"));
    work.write("e.csv", "tumor_key,event_date,classification,m\nk-1,20210105,r,M1\nk-9,20210105,r,M1\n");
    let done = work.rstage(&["diff", "a.csv", "b.csv", "--out", "diff"]);
    assert!(done.status < 2 || done.status == 4, "{}", done.err);
    let done = work.rstage(&["run", "a.csv", "--events", "e.csv", "--out", "events", "--max-rejects", "9"]);
    assert_eq!(done.status, 0, "{}", done.err);
    for out in ["diff", "events"] {
        let done = work.rstage(&["verify", out, "--inputs"]);
        assert_eq!((done.status, done.err.as_str()), (0, ""));
    }
    flip(work.path("b.csv"));
    flip(work.path("e.csv"));
    assert_eq!(work.rstage(&["verify", "diff", "--inputs"]).err, "mismatch: b.csv: its bytes have changed\n");
    assert_eq!(
        work.rstage(&["verify", "events", "--inputs"]).err,
        "mismatch: e.csv: its bytes have changed\n"
    );
}

/// Writes an export on which a run works long enough to be met in its middle.
pub(crate) fn large_export(work: &Work) {
    let text = fs::read_to_string(fixture("registry.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let mut large = format!("{header}\n");
    for _ in 0..15 {
        large.push_str(rows);
    }
    work.write("large.csv", large);
}

/// A run that is met in its middle.
pub(crate) fn slow_run(work: &Work) -> Child {
    large_export(work);
    let child = Command::new(env!("CARGO_BIN_EXE_rstage"))
        .args(["run", "large.csv", "--out", "out", "--overwrite", "--quiet"])
        .current_dir(work.path(""))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    let filling = || {
        fs::read_dir(work.path("")).unwrap().flatten().any(|entry| {
            let name = entry.file_name().into_string().unwrap();
            name.starts_with(".out.rstage-") && name != ".out.rstage-lock"
        })
    };
    while !filling() {
        assert!(begin.elapsed() < Duration::from_mins(1), "the run never began to write");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn a_second_run_is_refused_while_the_first_works() {
    let work = finished(&[]);
    let mut first = slow_run(&work);
    let second = work.rstage(&["run", "a.csv", "--out", "./out/../out", "--overwrite", "--quiet"]);
    assert_eq!(second.status, 5, "{}", second.err);
    assert!(second.err.contains("another run is writing this folder\nhint:"), "{}", second.err);
    let other = work.rstage(&["run", "a.csv", "--out", "other", "--quiet", "--max-rejects", "1"]);
    assert_eq!(other.status, 0, "{}", other.err);
    assert!(first.wait().unwrap().code().is_some_and(|status| [0, 4].contains(&status)));
    let done = verify(&work, &["--inputs"]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(work.holds_only(&["a.csv", "large.csv", "other", "out"]));
}

#[test]
fn a_killed_run_leaves_the_earlier_result() {
    let work = finished(&[]);
    let before = fs::read(work.path("out/run.json")).unwrap();
    for wait in [0, 20, 100] {
        let mut run = slow_run(&work);
        std::thread::sleep(Duration::from_millis(wait));
        run.kill().unwrap();
        run.wait().unwrap();
        assert!(fs::read(work.path("out/run.json")).unwrap() == before);
        assert_eq!(verify(&work, &["--inputs"]).status, 0);
    }
    let done = work.rstage(&["run", "a.csv", "--out", "out", "--overwrite", "--quiet", "--max-rejects", "1"]);
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(work.holds_only(&["a.csv", "large.csv", "out"]), "what the killed runs left is cleared");
    assert_eq!(verify(&work, &[]).status, 0);
}
