//! The files by which the program is run at night do not name what it has not got.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Work, fixture};

fn contrib(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib").join(name)
}

/// Every command line of rstage in them is one that the program takes.
#[test]
fn command_lines_are_those_of_the_program() {
    let work = Work::new();
    let mut tried = 0;
    for name in ["systemd/rstage.service", "cron/rstage", "Containerfile"] {
        let text = std::fs::read_to_string(contrib(name)).unwrap();
        // In the container file the program is the entry point, and how it is called stands in a remark.
        let (begins, remarks) = if name == "Containerfile" {
            ("\\\n#       rstage ", true)
        } else {
            ("/usr/local/bin/rstage ", false)
        };
        let kept: String =
            text.split_inclusive('\n').filter(|line| remarks || !line.starts_with('#')).collect();
        for part in kept.split(begins).skip(1) {
            let line = part.lines().next().unwrap();
            let mut words: Vec<&str> =
                line.split_whitespace().take_while(|word| !word.contains(['>', '&'])).collect();
            words.push("--help");
            let done = work.rstage(&words);
            assert_eq!(done.status, 0, "{name}: {words:?}: {}", done.err);
            for option in words.iter().filter(|word| word.starts_with("--")) {
                assert!(done.out.contains(option), "{name}: {option}");
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 6);
}

/// A place for the jobs: the example of a configuration beside an export, and what names their places.
fn place() -> (Work, impl Fn(&str) -> String) {
    let work = Work::new();
    let example = include_str!("../../examples/rstage.toml").replace("fail_on = \"error\"", "");
    work.write("etc/rstage.toml", example.replace("\"results\"", "\"../lib/results\""));
    work.write("etc/exports/registry.csv", std::fs::read(fixture("registry.csv")).unwrap());
    std::fs::create_dir(work.path("lib")).unwrap();
    let [etc, lib] = ["etc", "lib"].map(|name| work.path(name).to_str().unwrap().to_owned());
    let here = move |line: &str| {
        line.replace("/usr/local/bin/rstage", env!("CARGO_BIN_EXE_rstage"))
            .replace("/etc/rstage", &etc)
            .replace("/var/lib/rstage", &lib)
    };
    (work, here)
}

/// Two nights of the cron line, and one in which the configuration has a mistake.
#[test]
fn the_cron_line_does_its_job() {
    let (work, here) = place();
    let text = std::fs::read_to_string(contrib("cron/rstage")).unwrap();
    let line = text.lines().find(|line| !line.starts_with('#')).unwrap();
    let fields: Vec<&str> = line.splitn(7, ' ').collect();
    assert_eq!(fields[..6], ["30", "2", "*", "*", "*", "rstage"]);
    assert!(!line.contains('%'), "cron takes it for the end of the command");
    let night = || Command::new("sh").args(["-c", &here(fields[6])]).output().unwrap();
    for _ in 0..2 {
        let done = night();
        // What it prints, cron would send as a letter.
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!((done.status.code(), said.as_str()), (Some(0), ""));
        assert_eq!(work.rstage(&["verify", "lib/results", "--inputs"]).status, 0);
    }
    let log = std::fs::read_to_string(work.path("lib/rstage.log")).unwrap();
    assert_eq!(log.matches("result in place").count(), 2, "{log}");
    let good = std::fs::read_to_string(work.path("etc/rstage.toml")).unwrap();
    work.write("etc/rstage.toml", format!("mxx = 1\n{good}"));
    let done = night();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.code() == Some(2) && said.contains("rstage.toml:1: unknown key `mxx`"), "{said}");
    assert_eq!(work.rstage(&["verify", "lib/results"]).status, 0);
}

/// What the service starts, one after the other, as systemd would.
#[test]
fn the_service_does_its_job() {
    let (work, here) = place();
    let text = std::fs::read_to_string(contrib("systemd/rstage.service")).unwrap();
    for _ in 0..2 {
        for step in ["ExecStartPre=", "ExecStart=", "ExecStartPost="] {
            let line = text.lines().find_map(|line| line.strip_prefix(step)).unwrap();
            let done = Command::new("sh").args(["-c", &here(line)]).output().unwrap();
            let said = String::from_utf8(done.stderr).unwrap();
            assert_eq!(done.status.code(), Some(0), "{step}{line}: {said}");
        }
    }
    assert_eq!(work.rstage(&["verify", "lib/results", "--inputs"]).status, 0);
}

/// The image is built by the compiler that the manifest asks for, and its user is not root.
#[test]
fn the_image_is_built_by_a_known_compiler_for_a_user_who_is_not_root() {
    let text = std::fs::read_to_string(contrib("Containerfile")).unwrap();
    let version = concat!("rust:", env!("CARGO_PKG_RUST_VERSION"), "-slim-");
    let stages: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    assert!(stages.len() == 2 && stages[0].contains(version), "{stages:?}");
    assert!(stages.iter().all(|stage| stage.contains('.') && !stage.contains(":latest")), "{stages:?}");
    let user = text.lines().filter_map(|line| line.strip_prefix("USER ")).next_back().unwrap();
    let (user, group) = user.split_once(':').unwrap();
    assert!(user.parse::<u32>().unwrap() > 0 && group.parse::<u32>().unwrap() > 0);
    for option in ["--read-only", "--network none", "--cap-drop all"] {
        assert!(text.contains(option), "{option}");
    }
}

/// What is compiled in lies where the image's build finds it.
#[test]
fn the_image_is_built_from_all_that_the_source_takes_in() {
    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(".containerignore")).unwrap();
    let kept: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert!(kept.iter().all(|name| root.join(name).exists()), "{kept:?}");
    let mut taken_in = 0;
    for path in sources(&root.join("src")).iter().filter(|path| !path.ends_with("tests.rs")) {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        for include in ["include_str!(\"", "include_bytes!(\""] {
            for rest in shipped.split(include).skip(1) {
                let name = rest.split('"').next().unwrap();
                let place = std::fs::canonicalize(path.parent().unwrap().join(name)).unwrap();
                let place = place.strip_prefix(std::fs::canonicalize(root).unwrap()).unwrap();
                assert!(kept.iter().any(|kept| place.starts_with(kept)), "{}: {name}", path.display());
                taken_in += 1;
            }
        }
    }
    assert!(taken_in > 30, "{taken_in}");
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
