//! A run that is killed at any moment and gone on with comes to the same bytes as one that nobody disturbed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Done, Work};

/// A work folder with an export of so many records, its second part packed, and events beside it.
pub(crate) fn exports(records: u32) -> Work {
    let work = Work::new();
    for (name, seed) in [("a.csv", "1"), ("b.csv", "2")] {
        let records = (records / 2).to_string();
        let done = work.rstage(&["synth", "--rows", &records, "--seed", seed, "--out", name]);
        assert_eq!(done.status, 0, "{}", done.err);
    }
    let text = fs::read(work.path("b.csv")).unwrap();
    // A row that cannot be read in the middle of each.
    let middle = text.len() / 2 + text[text.len() / 2..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let broken = [&text[..middle], b"broken,row\n", &text[middle..]].concat();
    work.write("b.csv.zst", zstd::encode_all(&broken[..], 3).unwrap());
    let mut keys = csv::ReaderBuilder::new().from_path(work.path("a.csv")).unwrap();
    let mut events = "tumor_key,event_date,classification,m\nnobody,20210105,r,M1\n".to_owned();
    for record in keys.records().step_by(97) {
        let record = record.unwrap();
        // Patient, tumor and registry number stand first.
        let key = format!("{}/{}/{}", &record[2], &record[0], &record[1]);
        write!(events, "{key},20230105,r,M1\n{key},never,r,M1\n").unwrap();
    }
    work.write("e.csv", events);
    fs::remove_file(work.path("b.csv")).unwrap();
    work
}

const RUN: [&str; 20] = [
    "run",
    "a.csv",
    "b.csv.zst",
    "--events",
    "e.csv",
    "--also-edition",
    "7",
    "--chunk-rows",
    "60",
    "--max-rejects",
    "100000",
    "--overwrite",
    "--resume",
    "--checkpoint-chunks",
    "4",
    "--quiet",
    "--worklist-by",
    "facility",
    "--previous",
    "earlier",
];

fn run(work: &Work, out: &str, more: &[&str]) -> Done {
    work.rstage(&[&RUN[..], &["--out", out], more].concat())
}

fn started(work: &Work, out: &str, more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstage"));
    command.args(RUN).args(["--out", out]).args(more).current_dir(work.path("")).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// The hash of every file; of the manifest everything but the times.
pub(crate) fn hashes(out: &Path) -> BTreeMap<String, String> {
    let text = fs::read(out.join("run.json")).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let mut hashes: BTreeMap<String, String> = manifest["outputs"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, digest)| (name.clone(), digest["blake3"].as_str().unwrap().to_owned()))
        .collect();
    assert!(hashes.contains_key("report.html") && hashes.contains_key("worklist.csv"));
    assert!(hashes.keys().any(|name| name.starts_with("worklists/")));
    for key in ["durations", "work", "outputs", "options"] {
        manifest.as_object_mut().unwrap().remove(key);
    }
    manifest["config"].as_object_mut().unwrap().remove("out");
    hashes.insert("run.json".to_owned(), manifest.to_string());
    hashes
}

/// Records that the last checkpoint beside the result speaks of.
pub(crate) fn kept(work: &Work) -> Option<u64> {
    let mut folders = fs::read_dir(work.path("")).unwrap().flatten();
    let text = folders.find_map(|entry| fs::read(entry.path().join(".checkpoint")).ok())?;
    let checkpoint: serde_json::Value = serde_json::from_slice(&text).unwrap();
    checkpoint["kept"]["records"]["rows"].as_u64()
}

#[test]
fn killed_at_fifty_moments_a_run_comes_to_the_same_bytes() {
    let work = exports(8_000);
    // The page of every run sets the same earlier one beside it.
    assert_eq!(work.rstage(&["run", "a.csv", "--out", "earlier", "--quiet"]).status, 0);
    let begin = Instant::now();
    let done = run(&work, "whole", &[]);
    assert_eq!(done.status, 0, "{}", done.err);
    let took = u64::try_from(begin.elapsed().as_millis()).unwrap();
    let expected = hashes(&work.path("whole"));
    assert!(expected.len() > 12, "{expected:?}");
    // Checkpoints change nothing either.
    let plain: Vec<&str> =
        RUN.iter().copied().filter(|word| !["--resume", "--checkpoint-chunks", "4"].contains(word)).collect();
    assert_eq!(work.rstage(&[&plain[..], &["--out", "plain"]].concat()).status, 0);
    assert_eq!(hashes(&work.path("plain")), expected);

    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let (mut kills, mut went_on, mut finished) = (0, 0, 0);
    while kills < 50 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let before = kept(&work);
        let mut child = started(&work, "out", &[]);
        std::thread::sleep(Duration::from_millis(state % (took / 2)));
        child.kill().unwrap();
        if child.wait().unwrap().code().is_some() {
            // It was done before the kill.
            assert_eq!(hashes(&work.path("out")), expected);
            finished += 1;
            continue;
        }
        kills += 1;
        let after = kept(&work);
        went_on += u32::from(before.is_some() && after >= before);
        assert!(before.is_none() || after.is_none() || after >= before, "{before:?} {after:?}");
    }
    let done = run(&work, "out", &[]);
    assert_eq!(done.status, 0, "{}", done.err);
    assert_eq!(hashes(&work.path("out")), expected);
    assert!(went_on > 5, "{went_on}");
    eprintln!("50 kills: {went_on} times work was gone on with, {finished} times the run was whole before");
    let done = work.rstage(&["verify", "out", "--inputs"]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(work.holds_only(&["a.csv", "b.csv.zst", "e.csv", "earlier", "out", "plain", "whole"]));
}

/// A run that is met when it has checkpoints, and stopped.
fn stopped(work: &Work, out: &str, signal: &str, more: &[&str]) -> Option<i32> {
    let mut child = started(work, out, more);
    let begin = Instant::now();
    while kept(work).is_none() {
        assert!(begin.elapsed() < Duration::from_mins(1), "there never was a checkpoint");
        std::thread::sleep(Duration::from_millis(1));
    }
    Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    child.wait().unwrap().code()
}

#[test]
fn a_signal_keeps_what_is_done_and_another_job_starts_anew() {
    let work = exports(6_000);
    assert_eq!(work.rstage(&["run", "a.csv", "--out", "earlier", "--quiet"]).status, 0);
    assert_eq!(run(&work, "whole", &[]).status, 0);
    let expected = hashes(&work.path("whole"));
    assert_eq!(stopped(&work, "out", "-TERM", &[]), Some(143));
    assert!(!work.path("out").exists());
    let before = kept(&work).unwrap();
    assert!(before > 0);
    // A look at the job does nothing to it.
    work.write("job.toml", "inputs = [\"a.csv\"]\nout = \"out\"\noverwrite = true\n");
    assert_eq!(work.rstage(&["check", "job.toml"]).status, 0);
    assert_eq!(kept(&work), Some(before));
    let done = run(&work, "out", &["--log-format", "text"]);
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(done.err.contains("going on where a killed run ended"), "{}", done.err);
    assert_eq!(hashes(&work.path("out")), expected);

    // Other settings: what is left is of no use.
    assert_eq!(stopped(&work, "out", "-KILL", &[]), None);
    let done = run(&work, "out", &["--mx", "unknown", "--log-format", "text"]);
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(done.err.contains("of another job; starting anew"), "{}", done.err);
    assert_eq!(run(&work, "other", &["--mx", "unknown"]).status, 0);
    assert_eq!(hashes(&work.path("out")), hashes(&work.path("other")));
    // An input that changed.
    assert_eq!(stopped(&work, "out", "-KILL", &[]), None);
    let text = fs::read_to_string(work.path("a.csv")).unwrap();
    work.write("a.csv", text.replace("C509", "C619"));
    let done = run(&work, "out", &["--log-format", "text"]);
    assert!(done.err.contains("of another job; starting anew"), "{}", done.err);
    // Without the option it starts anew as well, and clears.
    assert_eq!(stopped(&work, "out", "-KILL", &[]), None);
    assert_eq!(work.rstage(&["run", "a.csv", "--out", "out", "--overwrite", "--quiet"]).status, 0);
    assert_eq!(kept(&work), None);
}

/// What texts mean, by a map file or a layout, is the same in every process.
#[test]
fn a_run_with_meanings_of_texts_is_gone_on_with() {
    let work = exports(6_000);
    assert_eq!(work.rstage(&["run", "a.csv", "--out", "earlier", "--quiet"]).status, 0);
    let meanings: String = ('a'..='p').fold("[values.sex]\n".to_owned(), |mut text, letter| {
        writeln!(text, "{letter} = \"1\"").unwrap();
        text
    });
    work.write("map.toml", meanings);
    let map = ["--map", "map.toml", "--log-format", "text"];
    assert_eq!(stopped(&work, "out", "-KILL", &map), None);
    let done = run(&work, "out", &map);
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(done.err.contains("going on where a killed run ended"), "{}", done.err);
    let done = run(&work, "whole", &map);
    assert_eq!(done.status, 0, "{}", done.err);
    assert_eq!(hashes(&work.path("out")), hashes(&work.path("whole")));
}
