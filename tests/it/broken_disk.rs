//! A disk that fails in the middle: reading, writing, bringing to the disk or moving into place ends with an error of
//! the system. The earlier result stays whole, and the message names the file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Work, fixture};

/// What stands between the program and the C library; none where there is no C compiler.
fn library(work: &Work) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/broken_disk.c");
    let made = work.path("broken_disk.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&made).arg(source);
    if compiler.status().is_ok_and(|status| status.success()) {
        return Some(made);
    }
    eprintln!("SKIPPED: no C compiler, a failing disk was not tried");
    None
}

/// A system call, the file it fails on, after so many bytes; the run that meets it, and how it ends.
struct Fault {
    call: &'static str,
    path: &'static str,
    after: &'static str,
    run: &'static [&'static str],
    status: i32,
}

const fn fault(
    call: &'static str,
    path: &'static str,
    after: &'static str,
    run: &'static [&'static str],
    status: i32,
) -> Fault {
    Fault { call, path, after, run, status }
}

const CSV: &[&str] = &["r.csv", "--chunk-rows", "100"];
const PARQUET: &[&str] = &["r.csv", "--format", "parquet"];
const EVENTS: &[&str] = &["r.csv", "--events", "e.csv"];

const FAULTS: [Fault; 14] = [
    fault("read", "/r.csv", "0", CSV, 3),
    fault("read", "/r.csv", "300000", CSV, 3),
    fault("read", "/r.csv.gz", "30000", &["r.csv.gz", "--chunk-rows", "100"], 3),
    fault("read", "/r.parquet", "30000", &["r.parquet"], 3),
    fault("read", "/e.csv", "100000", EVENTS, 3),
    fault("write", "/records.csv", "300000", CSV, 5),
    fault("write", "/findings.csv", "0", CSV, 5),
    fault("write", "/records.parquet", "0", PARQUET, 5),
    fault("write", "/run.json", "0", CSV, 5),
    fault("fsync", "/records.csv", "0", CSV, 5),
    fault("fsync", "/run.json", "0", CSV, 5),
    fault("fsync", "/findings.parquet", "0", PARQUET, 5),
    fault("rename", "/out", "0", CSV, 5),
    fault("rename", "/.out.rstage-", "0", CSV, 5),
];

#[test]
fn a_failing_disk_is_said_and_keeps_the_earlier_result() {
    let work = Work::new();
    let Some(library) = library(&work) else { return };
    let text = fs::read(fixture("registry.csv")).unwrap();
    work.write("r.csv", &text);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&text).unwrap();
    work.write("r.csv.gz", packer.finish().unwrap());
    fs::copy(fixture("registry.parquet"), work.path("r.parquet")).unwrap();
    let event = "tumor_key,event_date,classification,m\n".to_owned() + &"k-1,20210105,r,M1\n".repeat(20_000);
    work.write("e.csv", event);
    work.write("a.csv", "tumor_key,primarySite,histologicTypeIcdO3,ajccTnmPathT\nk-1,C509,8500,pT2\n");
    assert_eq!(work.rstage(&["run", "a.csv", "--out", "out", "--quiet"]).status, 0);
    let earlier = fs::read(work.path("out/run.json")).unwrap();
    let names = ["a.csv", "broken_disk.so", "e.csv", "out", "r.csv", "r.csv.gz", "r.parquet"];
    for Fault { call, path, after, run, status } in FAULTS {
        let done = Command::new(env!("CARGO_BIN_EXE_rstage"))
            .arg("run")
            .args(run)
            .args(["--out", "out", "--overwrite", "--quiet"])
            .current_dir(work.path(""))
            .env("LD_PRELOAD", &library)
            .envs([("BROKEN_CALL", call), ("BROKEN_PATH", path), ("BROKEN_AFTER", after)])
            .output()
            .unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(status), "{call} {path} {after}: {said}");
        let begins = said.starts_with("error: ") && said.contains("Input/output error");
        // What cannot be moved is told by where it belongs.
        let named = if call == "rename" { "/out" } else { path };
        assert!(begins && said.contains(named.trim_start_matches('/')), "{call} {path} {after}: {said}");
        assert!(fs::read(work.path("out/run.json")).unwrap() == earlier, "{call} {path} {after}");
        assert_eq!(work.rstage(&["verify", "out"]).status, 0, "{call} {path} {after}");
        assert!(work.holds_only(&names), "{call} {path} {after}: something was left behind");
    }
    assert_eq!(work.rstage(&["run", "r.csv", "--out", "out", "--overwrite", "--quiet"]).status, 0);
}
