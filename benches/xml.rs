//! NAACCR XML beside a plain pass over the same file: `cargo bench --no-default-features --bench xml -- [megabytes]`.
//!
//! The patients of the fixture are repeated under other numbers until the file has so many megabytes (1,000 where
//! nothing else is said). Then its events are gone through once by the reader that rstage uses, and `rstage run` does the whole
//! job, records written as CSV. Memory is the most that `/proc` showed.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that prints a table, or cannot be set up"
)]

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use quick_xml::Reader;
use quick_xml::events::Event;

fn main() {
    let asked = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let megabytes: u64 = asked.unwrap_or(1000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("export.xml");
    write(&path, megabytes * 1_000_000);
    let size = fs::metadata(&path).map_or(0, |file| file.len()) as f64 / 1e6;
    println!("| work on {size:.0} MB | s | MB/s | MiB |\n|---|---|---|---|");
    let begin = Instant::now();
    let events = pass(&path);
    let took = begin.elapsed().as_secs_f64();
    println!("| plain pass, {events} events | {took:.2} | {:.0} | |", size / took);
    let out = folder.path().join("out");
    let begin = Instant::now();
    let most = run(&path, &out);
    let took = begin.elapsed().as_secs_f64();
    println!("| rstage run | {took:.2} | {:.0} | {most:.0} |", size / took);
}

/// The fixture with its patients repeated.
fn write(path: &Path, bytes: u64) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/naaccr_v18.xml");
    let text = fs::read_to_string(fixture).expect("the fixture");
    let first = text.find("<Patient>").expect("a patient");
    let last = text.rfind("</Patient>").expect("a patient") + "</Patient>".len();
    let (head, patients, tail) = (&text[..first], &text[first..last], &text[last..]);
    let mut file = BufWriter::new(File::create(path).expect("a temporary file"));
    file.write_all(head.as_bytes()).expect("room on the disk");
    // A registry knows no patient with thousands of tumors.
    let number = "<Item naaccrId=\"patientIdNumber\">";
    for round in 0..bytes / patients.len() as u64 {
        let numbered = patients.replace(number, &format!("{number}{round}-"));
        writeln!(file, "{numbered}").expect("room on the disk");
    }
    file.write_all(tail.as_bytes()).expect("room on the disk");
}

fn pass(path: &Path) -> u64 {
    let file = File::open(path).expect("the file");
    let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 20, file));
    let (mut events, mut bytes) = (0, Vec::new());
    loop {
        match reader.read_event_into(&mut bytes).expect("the file is well-formed") {
            Event::Eof => return events,
            _ => events += 1,
        }
        bytes.clear();
    }
}

/// The most anonymous memory of a run, in MiB.
fn run(path: &Path, out: &Path) -> f64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstage"));
    command.arg("run").arg(path).args(["--format", "csv", "--quiet", "--out"]).arg(out);
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the command can be started");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0.0_f64;
    while child.try_wait().expect("the command can be waited for").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        most = most.max(kibibytes.unwrap_or(0.0) / 1024.0);
        sleep(Duration::from_millis(10));
    }
    most
}
