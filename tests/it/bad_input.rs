//! What a run is given by mistake: a clear message, the right exit code, nothing half-written.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use crate::support::{Done, Table, Work};

const HEADER: &str = "patientIdNumber,primarySite,histologicTypeIcdO3,behaviorCodeIcdO3,dateOfDiagnosis,\
                      ajccTnmPathT,ajccTnmPathN,ajccTnmPathM,ajccTnmPathStageGroup";
const GOOD: &str = "1,C509,8500,3,20200101,pT2,pN0,,2A";

fn run(work: &Work, inputs: &[&str]) -> Done {
    let mut args = vec!["run"];
    args.extend(inputs);
    args.extend(["--out", "out", "--quiet"]);
    work.rstage(&args)
}

/// A run that fails as a whole: its status, what the message says, and that nothing is left.
fn fails(work: &Work, inputs: &[&str], status: i32, says: &[&str]) {
    let before = [inputs, &["left"]].concat();
    work.write("left", "");
    let done = run(work, inputs);
    assert_eq!(done.status, status, "{}", done.err);
    for words in says {
        assert!(done.err.contains(words), "{words:?} is not in:\n{}", done.err);
    }
    let names = before.into_iter().map(|name| name.trim_start_matches("./"));
    let mut names: Vec<&str> = names.filter(|name| work.path(name).exists()).collect();
    names.sort_unstable();
    names.dedup();
    assert!(work.holds_only(&names), "something was left behind");
}

#[test]
fn inputs_that_cannot_be_read_at_all() {
    let cases: [(&str, &[u8], &[&str]); 6] = [
        ("empty.csv", b"", &["empty.csv", "empty"]),
        ("header.csv", b"primarySite,histologicTypeIcdO3,ajccTnmPathT\n", &["header.csv", "no records"]),
        ("other.csv", b"a,b\n1,2\n", &["other.csv", "nothing to stage", "primarySite", "--map"]),
        ("utf16.csv", b"\xff\xfep\0r\0i\0m\0a\0r\0y\0", &["utf16.csv", "UTF-16"]),
        ("page.txt", b"<!DOCTYPE html>\n<html><body>Login</body></html>\n", &["page.txt", "HTML"]),
        ("cut.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", &["cut.csv.gz", "too early"]),
    ];
    for (name, content, says) in cases {
        let work = Work::new();
        work.write(name, content);
        fails(&work, &[name], 3, says);
    }
    fails(&Work::new(), &["nosuch.csv"], 3, &["nosuch.csv: no such file"]);
    fails(&Work::new(), &["nosuch*.csv"], 3, &["nosuch*.csv"]);
}

#[test]
fn the_same_file_twice() {
    let work = Work::new();
    work.write("a.csv", format!("{HEADER}\n{GOOD}\n"));
    fails(&work, &["a.csv", "./a.csv"], 3, &["a.csv", "twice"]);
}

#[test]
fn two_columns_for_one_role_are_named_both() {
    let work = Work::new();
    work.write("a.csv", "primarySite,histologicTypeIcdO3,ajccTnmPathT,ajccTnmPathT\nC509,8500,pT1,pT2\n");
    fails(&work, &["a.csv"], 3, &["a.csv", "ajccTnmPathT", "column 3", "column 4"]);
}

/// Rows that cannot be read: each is rejected with line and cause, the others are staged.
#[test]
fn rows_that_cannot_be_read_are_rejected_one_by_one() {
    let long = format!("1,C509,8500,3,20200101,{},pN0,,2A", "x".repeat(100_000_000));
    let rows: [(&str, Vec<u8>, &str); 5] = [
        ("ragged", b"1,C509,8500".to_vec(), "3 fields instead of 9"),
        ("quote", b"\"1,C509,8500,3,20200101,pT2,pN0,,2A".to_vec(), "quote"),
        ("long", long.into_bytes(), "longer than"),
        ("nul", b"1,C509,85\x000,3,20200101,pT2,pN0,,2A".to_vec(), "NUL"),
        ("bytes", b"1,C509,8500,3,20200101,p\xffT2,pN0,,2A".to_vec(), "ajccTnmPathT"),
    ];
    for (name, row, cause) in rows {
        let work = Work::new();
        let mut content = format!("{HEADER}\n{GOOD}\n").into_bytes();
        content.extend_from_slice(&row);
        content.extend_from_slice(format!("\n{GOOD}\n").as_bytes());
        work.write("a.csv", &content);
        let done = run(&work, &["a.csv"]);
        assert_eq!(done.status, 4, "{name}: {}", done.err);
        assert!(done.err.contains("a.csv:3") && done.err.contains(cause), "{name}: {}", done.err);
        let rejects = Table::read(&work.path("out/rejects.csv"));
        assert_eq!(rejects.rows.len(), 1, "{name}");
        assert_eq!((rejects.cell(0, "file"), rejects.cell(0, "line")), ("a.csv", "3"), "{name}");
        assert!(rejects.cell(0, "cause").contains(cause), "{name}: {}", rejects.cell(0, "cause"));
        assert!(rejects.cell(0, "raw").len() <= 66_000, "{name}");
        let records = Table::read(&work.path("out/records.csv"));
        assert_eq!(records.rows.len(), 2, "{name}");
        assert_eq!(records.cell(1, "rstage_group"), "IIA", "{name}");
        let allowed =
            work.rstage(&["run", "a.csv", "--out", "out", "--overwrite", "--max-rejects", "1", "--quiet"]);
        assert_eq!(allowed.status, 0, "{name}: {}", allowed.err);
    }
}

#[test]
fn parquet_that_is_cut_off_or_nested() {
    let work = Work::new();
    let site: ArrayRef = Arc::new(StringArray::from(vec!["C509"]));
    let flat = RecordBatch::try_from_iter([
        ("primarySite", Arc::clone(&site)),
        ("histologicTypeIcdO3", site.clone()),
        ("ajccTnmPathT", site.clone()),
    ])
    .unwrap();
    let mut list = ListBuilder::new(Int32Builder::new());
    list.values().append_value(1);
    list.append(true);
    let nested = RecordBatch::try_from_iter([
        ("primarySite", site.clone()),
        ("ajccTnmPathT", site),
        ("lesionSizes", Arc::new(list.finish()) as ArrayRef),
    ])
    .unwrap();
    let write = |batch: &RecordBatch| {
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        bytes
    };
    let whole = write(&flat);
    work.write("cut.parquet", &whole[..whole.len() / 2]);
    fails(&work, &["cut.parquet"], 3, &["cut.parquet", "not a whole Parquet file"]);
    let work = Work::new();
    work.write("nested.parquet", write(&nested));
    fails(&work, &["nested.parquet"], 3, &["nested.parquet", "`lesionSizes`", "flatten"]);
}

#[test]
fn an_output_folder_in_use_is_not_touched() {
    let work = Work::new();
    work.write("a.csv", format!("{HEADER}\n{GOOD}\n"));
    work.write("out/notes.txt", "mine");
    for args in [&["run", "a.csv", "--out", "out"][..], &["run", "a.csv", "--out", "out", "--overwrite"]] {
        let done = work.rstage(args);
        assert_eq!(done.status, 2, "{}", done.err);
        assert!(done.err.contains("out"), "{}", done.err);
        assert_eq!(std::fs::read_to_string(work.path("out/notes.txt")).unwrap(), "mine");
        assert!(work.holds_only(&["a.csv", "out"]));
    }
    let done = work.rstage(&["run", "a.csv", "--out", "a.csv"]);
    assert_eq!(done.status, 2, "{}", done.err);
}

/// Needs a file system that can be filled: a small one in memory, which only root may mount.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let work = Work::new();
    let mut big = format!("{HEADER}\n");
    for _ in 0..40_000 {
        big.push_str(GOOD);
        big.push('\n');
    }
    work.write("a.csv", big);
    work.write("small/keep", "");
    let small = work.path("small");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(&small)
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        eprintln!("SKIPPED: no small file system can be mounted here, the full disk was not tried");
        return;
    }
    let done = work.rstage(&["run", "a.csv", "--out", "small/out", "--quiet"]);
    let left: Vec<_> = std::fs::read_dir(&small).unwrap().collect();
    let unmounted = std::process::Command::new("umount").arg(&small).status().unwrap();
    assert!(unmounted.success());
    assert_eq!(done.status, 5, "{}", done.err);
    assert!(done.err.contains("the disk is full"), "{}", done.err);
    assert!(left.is_empty(), "something was left on the full disk");
}

#[test]
fn usage_errors_have_their_own_status() {
    let work = Work::new();
    work.write("a.csv", format!("{HEADER}\n{GOOD}\n"));
    for (args, says) in [
        (&["run"][..], "INPUT"),
        (&["run", "a.csv", "--out", "out", "--set", "sites=C50.9"], "did you mean"),
        (&["run", "a.csv", "--out", "out", "--edition", "12"], "12"),
        (&["explain"], "nothing to explain"),
        (&["frobnicate"], "frobnicate"),
    ] {
        let done = work.rstage(args);
        assert_eq!(done.status, 2, "{args:?}: {}", done.err);
        assert!(done.err.contains(says), "{args:?}: {}", done.err);
    }
    let mut file = std::fs::File::create(work.path("m.toml")).unwrap();
    writeln!(file, "[columns]\nsite = \"primarySite\"\nhistolgy = \"x\"").unwrap();
    let done = work.rstage(&["run", "a.csv", "--out", "out", "--map", "m.toml"]);
    assert_eq!(done.status, 3, "{}", done.err);
    assert!(done.err.contains("line 3") && done.err.contains("histology"), "{}", done.err);
}

/// Asked to stop in the middle, a run leaves nothing behind and says so.
#[cfg(target_os = "linux")]
#[test]
fn a_stop_signal_leaves_nothing() {
    let work = Work::new();
    let mut big = format!("{HEADER}\n");
    for _ in 0..400_000 {
        big.push_str(GOOD);
        big.push('\n');
    }
    work.write("a.csv", big);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_rstage"))
        .args(["run", "a.csv", "--out", "out", "--quiet"])
        .current_dir(work.path(""))
        .spawn()
        .unwrap();
    // The temporary folder shows that the run is under way.
    while std::fs::read_dir(work.path("")).unwrap().count() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let sent = std::process::Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
    assert!(work.holds_only(&["a.csv"]), "something was left behind");
}
