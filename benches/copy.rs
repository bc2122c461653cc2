//! The whole job beside a plain copy of the same file: `cargo bench --no-default-features --features allocator --bench copy -- [records]`.
//!
//! Makes a synthetic export (2,000,000 records and the first 40 columns where nothing else is said), then
//! times `rstage run` with everything on, from and to each format, beside the streaming copies of polars and
//! `DuckDB` where Python has them. Of three runs the median counts; CPU and anonymous memory are the most that
//! `/proc` showed. At the end, cost against size.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that prints a table, or cannot be set up"
)]

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rstage::synth::{Generator, write_csv};

const COLUMNS: usize = 40;
const SIZES: [u64; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

/// What one command took.
#[derive(Clone, Copy)]
struct Took {
    wall: f64,
    cpu: f64,
    anonymous: f64,
}

fn main() {
    let asked = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let records = asked.unwrap_or(2_000_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let csv = export(folder.path(), records);
    let parquet = folder.path().join("m.parquet");
    let mut made = python(&format!(
        "import polars as pl; pl.scan_csv('{}', infer_schema=False).sink_parquet('{}')",
        csv.display(),
        parquet.display()
    ));
    let has_parquet = made.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success());
    println!("{records} records, {COLUMNS} columns, {} MB as CSV", bytes(&csv) / 1_000_000);
    println!(
        "| work | rstage s | CPU s | MiB | polars s | ratio | DuckDB s | ratio |\n|---|---|---|---|---|---|---|---|"
    );
    for (from, to) in [("csv", "csv"), ("csv", "parquet"), ("parquet", "parquet"), ("parquet", "csv")] {
        if from == "parquet" && !has_parquet {
            println!("| {from} to {to} | no Parquet input without polars | | | | | | |");
            continue;
        }
        let input = if from == "csv" { &csv } else { &parquet };
        let out = folder.path().join(format!("copy.{to}"));
        let own = median(&|| rstage(input, to, folder.path()));
        let Some(own) = own else { continue };
        let beside = |script: String| match median(&|| python(&script)) {
            Some(took) => format!("{:.2} | {:.2}", took.wall, own.wall / took.wall),
            None => "not installed | ".to_owned(),
        };
        let polars = beside(polars_copy(input, &out, from, to));
        let duckdb = beside(duckdb_copy(input, &out, from, to));
        let Took { wall, cpu, anonymous } = own;
        println!("| {from} to {to} | {wall:.2} | {cpu:.2} | {anonymous:.0} | {polars} | {duckdb} |");
    }
    println!("\n| records | CSV to CSV s | CPU s | MiB | ns a record |\n|---|---|---|---|---|");
    for records in SIZES.into_iter().filter(|size| *size <= records.max(1_000_000) * 5) {
        let csv = export(folder.path(), records);
        if let Some(Took { wall, cpu, anonymous }) = median(&|| rstage(&csv, "csv", folder.path())) {
            let each = wall * 1e9 / records as f64;
            println!("| {records} | {wall:.2} | {cpu:.2} | {anonymous:.0} | {each:.0} |");
        }
    }
}

/// A synthetic export with the first columns.
fn export(folder: &Path, records: u64) -> PathBuf {
    let path = folder.join("m.csv");
    let generator = Generator::new(records, 1).expect("the generator's data files are sound");
    let whole = folder.join("whole.csv");
    let file = BufWriter::new(File::create(&whole).expect("a temporary file"));
    write_csv(&generator, file).expect("the export is written");
    let mut reader = csv::Reader::from_path(&whole).expect("the export can be read");
    let mut writer = csv::Writer::from_path(&path).expect("a temporary file");
    let header = reader.byte_headers().expect("a header").clone();
    writer.write_record(header.iter().take(COLUMNS)).expect("the export is written");
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).expect("the export can be read") {
        writer.write_record(record.iter().take(COLUMNS)).expect("the export is written");
    }
    writer.flush().expect("the export is written");
    fs::remove_file(whole).expect("a temporary file");
    path
}

fn bytes(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

fn rstage(input: &Path, to: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstage"));
    command.arg("run").arg(input).args(["--format", to, "--quiet", "--overwrite", "--out"]);
    command.arg(folder.join("out"));
    command
}

fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", script]);
    command
}

fn polars_copy(input: &Path, out: &Path, from: &str, to: &str) -> String {
    let scan = if from == "csv" { "scan_csv" } else { "scan_parquet" };
    let texts = if from == "csv" { ", infer_schema=False" } else { "" };
    let (input, out) = (input.display(), out.display());
    format!("import polars as pl; pl.{scan}('{input}'{texts}).sink_{to}('{out}')")
}

fn duckdb_copy(input: &Path, out: &Path, from: &str, to: &str) -> String {
    let texts = if from == "csv" { ", all_varchar=true" } else { "" };
    let form = if to == "csv" { "format csv, header" } else { "format parquet, compression zstd" };
    let (input, out) = (input.display(), out.display());
    format!(
        "import duckdb; duckdb.sql(\"copy (select * from read_{from}('{input}'{texts})) to '{out}' ({form})\")"
    )
}

/// The median of three runs by the clock; none where the command fails.
fn median(command: &dyn Fn() -> Command) -> Option<Took> {
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(time(command())?);
    }
    runs.sort_by(|one, other| one.wall.total_cmp(&other.wall));
    runs.get(1).copied()
}

fn time(mut command: Command) -> Option<Took> {
    let begin = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    let place = PathBuf::from(format!("/proc/{}", child.id()));
    let (mut cpu, mut anonymous) = (0.0_f64, 0.0_f64);
    loop {
        if let Some(status) = child.try_wait().ok()? {
            let wall = begin.elapsed().as_secs_f64();
            return status.success().then_some(Took { wall, cpu, anonymous });
        }
        cpu = cpu.max(seconds(&place).unwrap_or(0.0));
        anonymous = anonymous.max(mebibytes(&place).unwrap_or(0.0));
        sleep(Duration::from_millis(3));
    }
}

/// User and system time of a process so far, at the usual hundred ticks a second.
fn seconds(place: &Path) -> Option<f64> {
    let stat = fs::read_to_string(place.join("stat")).ok()?;
    let mut times = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: f64 = times.next()?.parse::<f64>().ok()? + times.next()?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// Anonymous memory of a process.
fn mebibytes(place: &Path) -> Option<f64> {
    let status = fs::read_to_string(place.join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}
