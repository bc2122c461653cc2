//! The files by which the program is run at night do not name what it has not got.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Work;

fn contrib(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib").join(name)
}

/// Every command line of rstage in them is one that the program takes.
#[test]
fn command_lines_are_those_of_the_program() {
    let work = Work::new();
    let mut tried = 0;
    for name in ["systemd/rstage.service", "cron/rstage"] {
        let text = std::fs::read_to_string(contrib(name)).unwrap();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            for part in line.split("/usr/local/bin/rstage ").skip(1) {
                let words = part.split_whitespace().take_while(|word| !word.contains(['>', '&']));
                let mut words: Vec<&str> = words.collect();
                words.push("--help");
                let done = work.rstage(&words);
                assert_eq!(done.status, 0, "{name}: {words:?}: {}", done.err);
                for option in words.iter().filter(|word| word.starts_with("--")) {
                    assert!(done.out.contains(option), "{name}: {option}");
                }
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 5);
}

#[test]
fn units_are_sound() {
    let folder = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for name in ["rstage.service", "rstage.timer"] {
        let text = std::fs::read_to_string(contrib("systemd").join(name)).unwrap();
        // What is named must exist on this machine.
        let text = text
            .replace("/usr/local/bin/rstage", env!("CARGO_BIN_EXE_rstage"))
            .replace("=rstage\n", "=root\n");
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        units.push(path);
    }
    let Ok(done) = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units).output() else {
        eprintln!("SKIPPED: systemd-analyze is absent, the units were not verified");
        return;
    };
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("rstage.")).collect();
    assert!(ours.is_empty() && done.status.success(), "{said}");
}
