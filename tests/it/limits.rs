//! Inputs that are too long, too wide or too large, given to the built program: each is told with its place, and
//! memory holds no more of it than the limit.

use std::fs;
use std::io::Write;

use crate::support::{Done, Work, fixture};

const HEADER: &str = "tumor_key,primarySite,histologicTypeIcdO3,behaviorCodeIcdO3,dateOfDiagnosis,ajccTnmPathT,ajccTnmPathN,ajccTnmPathM,note\n";

fn row(key: &str, note: &str) -> String {
    format!("{key},C509,8500,3,20200101,pT2,pN0,,{note}\n")
}

fn run(work: &Work, input: &str, options: &[&str]) -> Done {
    work.rstage(&[&["run", input, "--out", "out", "--overwrite", "--quiet"], options].concat())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn an_overlong_record_is_rejected_and_the_run_goes_on() {
    let work = Work::new();
    let long = "x".repeat(17 << 20);
    let text = [HEADER, &row("k-1", "a"), &row("k-2", &long), &row("k-3", "\"b\nc\"")].concat();
    work.write("plain.csv", &text);
    work.write("packed.csv.gz", gzip(text.as_bytes()));
    for input in ["plain.csv", "packed.csv.gz"] {
        let done = run(&work, input, &["--max-line-bytes", "200"]);
        assert_eq!(done.status, 4, "{}", done.err);
        assert!(done.err.contains(&format!("{input}:3: a record longer than 200 bytes")), "{}", done.err);
        assert!(fs::metadata(work.path("out/rejects.csv")).unwrap().len() < 100_000);
        let records = fs::read_to_string(work.path("out/records.csv")).unwrap();
        assert!(records.contains("\nk-1,") && !records.contains("k-2,") && records.contains("\nk-3,"));
        // The default, of 16 MiB, is crossed as well; where more is allowed, nothing is rejected.
        assert_eq!(run(&work, input, &["--max-rejects", "1"]).status, 0);
        assert_eq!(run(&work, input, &["--max-line-bytes", "18000000"]).status, 0);
    }
    let earlier = fs::read(work.path("out/run.json")).unwrap();
    let done = run(&work, "plain.csv", &["--max-line-bytes", "64"]);
    assert_eq!(done.status, 3);
    assert_eq!(fs::read(work.path("out/run.json")).unwrap(), earlier);
    assert!(done.err.contains("plain.csv:1: the header cannot be read: a record longer"), "{}", done.err);
}

#[test]
fn too_many_columns_are_refused() {
    let work = Work::new();
    work.write("a.csv", [HEADER, &row("k-1", "a")].concat());
    assert_eq!(run(&work, "a.csv", &["--max-columns", "9"]).status, 0);
    let earlier = fs::read(work.path("out/run.json")).unwrap();
    let wide: Vec<String> = (0..10_000).map(|column| format!("c{column}")).collect();
    work.write("wide.csv", format!("{},{}", wide.join(","), [HEADER, &row("k-1", "a")].concat()));
    fs::copy(fixture("registry.parquet"), work.path("r.parquet")).unwrap();
    let xml = fs::read(fixture("naaccr_v18.xml"));
    work.write("n.xml", xml.unwrap());
    let few = &["--max-columns", "8"][..];
    for (input, options) in [("a.csv", few), ("r.parquet", few), ("n.xml", few), ("wide.csv", &[])] {
        let done = run(&work, input, options);
        assert_eq!(done.status, 3, "{input}: {}", done.err);
        assert!(done.err.contains(input) && done.err.contains("hint: "), "{}", done.err);
        assert!(done.err.contains("columns, more than "), "{}", done.err);
        assert_eq!(fs::read(work.path("out/run.json")).unwrap(), earlier);
    }
}

#[test]
fn a_stream_that_unpacks_to_too_much_is_refused() {
    let work = Work::new();
    work.write("a.csv", [HEADER, &row("k-1", "a")].concat());
    assert_eq!(run(&work, "a.csv", &["--max-unpacked-bytes", "1"]).status, 0, "it is not packed");
    let earlier = fs::read(work.path("out/run.json")).unwrap();
    let line = row("k-1", &"x".repeat(900));
    let text = [HEADER, &line.repeat(8000)].concat();
    work.write("bomb.csv.gz", gzip(text.as_bytes()));
    work.write("bomb.csv.zst", zstd::encode_all(text.as_bytes(), 3).unwrap());
    // Before the header is known, in the middle of the records, and not at all.
    for (limit, status) in [("1000", 3), ("5000000", 3), ("8000000", 0)] {
        for input in ["bomb.csv.gz", "bomb.csv.zst"] {
            let out = if status == 0 { "new" } else { "out" };
            let limits = ["--max-unpacked-bytes", limit];
            let done =
                work.rstage(&[&["run", input, "--out", out, "--overwrite", "--quiet"], &limits[..]].concat());
            assert_eq!(done.status, status, "{}", done.err);
            let told = format!("stream unpacks to more than {limit} bytes");
            assert_eq!(done.err.contains(&told) && done.err.contains(input), status == 3, "{}", done.err);
            assert_eq!(fs::read(work.path("out/run.json")).unwrap(), earlier);
        }
    }
}

#[test]
fn how_many_texts_are_remembered_changes_nothing() {
    let work = Work::new();
    work.write("r.csv", fs::read(fixture("registry.csv")).unwrap());
    assert_eq!(work.rstage(&["run", "r.csv", "--out", "all", "--quiet"]).status, 0);
    let few = ["run", "r.csv", "--out", "few", "--quiet", "--max-distinct", "1", "--chunk-rows", "50"];
    assert_eq!(work.rstage(&few).status, 0);
    for name in ["records.csv", "findings.csv", "worklist.csv", "summary/T1.csv"] {
        let read = |out: &str| fs::read(work.path(out).join(name)).ok();
        assert!(read("all") == read("few"), "{name}");
    }
    let done = work.rstage(&["run", "r.csv", "--out", "x", "--max-distinct", "60001"]);
    assert_eq!(done.status, 2, "{}", done.err);
}
