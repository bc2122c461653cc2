//! How a run is cut into pieces changes nothing of what it says.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::Work;

/// Every file of a result but the manifest, which holds times and settings.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for place in [folder.to_owned(), folder.join("summary")] {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_file() && name != "run.json" {
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    files
}

#[test]
fn threads_chunks_and_memory_change_no_result() {
    let work = Work::new();
    let made = work.rstage(&["synth", "--rows", "9000", "--seed", "5", "--out", "export.csv"]);
    assert_eq!(made.status, 0, "{}", made.err);
    let text = std::fs::read_to_string(work.path("export.csv")).unwrap();
    // A row that is too short, one with a stray quote, and a cell with a line feed.
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(5000, "1,2,3");
    lines.insert(70, "\"1\n2,3");
    work.write("export.csv", lines.join("\r\n"));
    let run = |out: &str, options: &[&str]| {
        let fixed =
            ["run", "export.csv", "--out", out, "--quiet", "--max-rejects", "9", "--also-edition", "7"];
        let done = work.rstage(&[&fixed, options].concat());
        assert_eq!(done.status, 0, "{}", done.err);
        files(&work.path(out))
    };
    let expected = run("whole", &["--threads", "1"]);
    assert!(expected["rejects.csv"].split(|byte| *byte == b'\n').count() > 2, "rows are rejected");
    for (out, options) in [
        ("two", &["--threads", "2"][..]),
        ("pieces", &["--threads", "3", "--chunk-rows", "7"]),
        ("tight", &["--threads", "2", "--memory-limit", "1"]),
        ("single", &["--threads", "1", "--chunk-rows", "100000", "--memory-limit", "4096"]),
    ] {
        let found = run(out, options);
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (name, bytes) in &found {
            assert!(*bytes == expected[name], "{name} differs with {options:?}");
        }
    }
    let manifest = std::fs::read_to_string(work.path("two/run.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    for part in ["read", "parse", "stage", "audit", "encode", "write"] {
        assert!(manifest["work"][part].as_f64().is_some_and(|seconds| seconds > 0.0), "no time of {part}");
    }
}
