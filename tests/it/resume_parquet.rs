//! The same where records become Parquet: copied column by column from Parquet, or written anew.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::parquet_copy::write_export;
use crate::resume::{exports, hashes, kept};
use crate::support::Work;

/// When a run is killed.
#[derive(Clone, Copy)]
enum Moments {
    Any,
    /// As soon as there is a new checkpoint: there are few where a row group has many records.
    BehindCheckpoints,
}

#[track_caller]
fn same(work: &Work, expected: &BTreeMap<String, String>) {
    let found = hashes(&work.path("out"));
    let other: Vec<&String> =
        expected.keys().filter(|name| found.get(*name) != expected.get(*name)).collect();
    assert!(other.is_empty() && found.len() == expected.len(), "{other:?} are others");
}

/// Kills a run at so many moments, going on each time; the result is that of a run nobody disturbed and that
/// kept no checkpoints.
fn kill(work: &Work, run: &[&str], kills: u32, moments: Moments) {
    let run = [
        &[
            "run",
            "--format",
            "parquet",
            "--overwrite",
            "--quiet",
            "--max-rejects",
            "100000",
            "--worklist-by",
            "facility",
        ],
        run,
    ]
    .concat();
    assert_eq!(work.rstage(&[&run[..], &["--out", "earlier"]].concat()).status, 0);
    let run = [&run[..], &["--previous", "earlier"]].concat();
    let begin = Instant::now();
    let done = work.rstage(&[&run[..], &["--out", "plain"]].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    let took = u64::try_from(begin.elapsed().as_millis()).unwrap();
    let expected: BTreeMap<String, String> = hashes(&work.path("plain"));
    let run = [&run[..], &["--resume", "--checkpoint-chunks", "3", "--out", "out"]].concat();
    let (mut state, mut killed, mut went_on) = (0x9e37_79b9_7f4a_7c15_u64, 0, 0);
    while killed < kills {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let before = kept(work);
        let mut command = Command::new(env!("CARGO_BIN_EXE_rstage"));
        let mut child = command.args(&run).current_dir(work.path("")).stderr(Stdio::null()).spawn().unwrap();
        match moments {
            Moments::Any => std::thread::sleep(Duration::from_millis(state % took)),
            Moments::BehindCheckpoints => {
                while kept(work) == before && child.try_wait().unwrap().is_none() {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
        child.kill().unwrap();
        if child.wait().unwrap().code().is_some() {
            // It was done before the kill.
            same(work, &expected);
            continue;
        }
        killed += 1;
        let after = kept(work);
        assert!(before.is_none() || after.is_none() || after >= before, "{before:?} {after:?}");
        went_on += u32::from(after.is_some() && after >= before);
    }
    let done = work.rstage(&run);
    assert_eq!(done.status, 0, "{}", done.err);
    same(work, &expected);
    assert!(went_on > 0);
    eprintln!("{kills} kills: {went_on} times work was gone on with; a run takes {took} ms");
    let done = work.rstage(&["verify", "out", "--inputs"]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
}

#[test]
fn killed_while_it_copies_columns_a_run_comes_to_the_same_bytes() {
    let work = Work::new();
    write_export(&work.path("a.parquet"), 1..5);
    write_export(&work.path("b.parquet"), 5..9);
    kill(&work, &["a.parquet", "b.parquet", "--chunk-rows", "100", "--also-edition", "7"], 6, Moments::Any);
}

#[test]
fn killed_while_it_writes_row_groups_a_run_comes_to_the_same_bytes() {
    let work = exports(3_000);
    // Enough for several row groups, whatever is in them.
    let text = fs::read_to_string(work.path("a.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    work.write("a.csv", format!("{header}\n{}", rows.repeat(180)));
    kill(&work, &["a.csv", "b.csv.zst", "--events", "e.csv"], 2, Moments::BehindCheckpoints);
}
