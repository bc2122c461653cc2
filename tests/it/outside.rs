//! A run writes nothing outside the folder that `--out` names and its hidden folders beside it.

use std::fs;
use std::process::Command;

use crate::support::{Work, fixture};

const RUN: [&str; 13] = [
    "run",
    "r.csv",
    "--events",
    "e.csv",
    "--out",
    "out",
    "--overwrite",
    "--quiet",
    "--also-edition",
    "7",
    "--worklist-by",
    "facility",
    "--keep-answers",
];

fn work() -> Work {
    let work = Work::new();
    work.write("r.csv", fs::read(fixture("registry.csv")).unwrap());
    work.write("e.csv", "tumor_key,event_date,classification,m\nk-1,20210105,r,M1\n");
    work
}

/// Neither a folder for temporary files nor a home is needed.
#[test]
fn a_run_needs_no_other_folder() {
    let work = work();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstage"));
    command.args(RUN).current_dir(work.path("")).env("TMPDIR", "/nowhere").env("HOME", "/nowhere");
    let done = command.output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(work.holds_only(&["e.csv", "out", "r.csv"]));
}

/// Every call by which something is opened for writing, made, moved or removed.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_written_elsewhere() {
    let work = work();
    let calls = "trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,\
                 symlink,symlinkat,truncate,chmod,fchmodat,mknod,mknodat";
    for _ in 0..2 {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "calls", "-s", "400", "-e", calls, env!("CARGO_BIN_EXE_rstage")]);
        let traced = command.args(RUN).current_dir(work.path("")).status();
        if !traced.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: no strace, or it may not look, so what a run writes was not seen");
            return;
        }
        let root = fs::canonicalize(work.path("")).unwrap();
        let mut seen = 0;
        let text = fs::read_to_string(work.path("calls")).unwrap();
        // What was refused did nothing.
        for line in text.lines().filter(|line| !line.contains(" = -1 ")) {
            let opens = line.contains("open(") || line.contains("openat(");
            if opens && !["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| line.contains(flag)) {
                continue;
            }
            // The text in quotation marks: a path, or two of them.
            for path in line.split('"').skip(1).step_by(2).filter(|path| path.starts_with('/')) {
                let inside = path.strip_prefix(root.to_str().unwrap()).unwrap_or_default();
                let own = ["/out", "/.out.rstage-"].iter().any(|begins| inside.starts_with(begins));
                assert!(own, "{line}");
                seen += 1;
            }
        }
        assert!(seen > 50, "{text}");
    }
}
