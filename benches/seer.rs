//! SEER's algorithms on the recorded cases: `cargo bench --bench seer`, which needs the folders `seer` and
//! `golden` of the shared evidence (`$RSTAGE_SHARED`, else `../shared`).
//!
//! SEER's own engine (Java, JDK 17, one thread, tables and lookup warm) staged 3,390 cases of Collaborative
//! Stage, 5,371 of TNM and 9,771 of EOD a second on a machine of two cores.
//!
//! Staging is timed by the processor time of the thread (where `/proc` tells it, else by the clock), of
//! several threads by that of the slowest: what others do on the machine at the same time is left out.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to say")]
#![allow(clippy::print_stderr, reason = "says that it was skipped")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use rstage::seer::{Algorithm, Column, Columns, Origin};
use serde::Deserialize;

const FILES: [(&str, &str); 3] = [
    ("cs.jsonl.gz", "cs-02.05.50.zip"),
    ("tnm.jsonl.gz", "tnm-2.1.zip"),
    ("eod_public.jsonl.gz", "eod_public-3.3.zip"),
];

/// Cases of a batch where the cases come in batches.
const BATCH: usize = 8192;

#[derive(Deserialize)]
struct Recorded {
    kind: String,
    input: BTreeMap<String, String>,
}

fn shared() -> PathBuf {
    std::env::var_os("RSTAGE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from)
}

/// The recorded whole cases, each once.
fn inputs(path: &Path) -> Vec<BTreeMap<String, String>> {
    let file = BufReader::new(GzDecoder::new(File::open(path).expect("recorded cases")));
    file.lines()
        .map(|line| serde_json::from_str::<Recorded>(&line.expect("a line")).expect("a recorded case"))
        .filter(|case| !case.kind.starts_with("lookup"))
        .map(|case| case.input)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn columns<'a>(algorithm: &'a Algorithm, cases: &'a [BTreeMap<String, String>]) -> Columns<'a> {
    let column = |key: &'a str| {
        Column::of_cells(key, cases.iter().map(move |case| case.get(key).map_or("", String::as_str)))
    };
    let columns = algorithm.inputs().into_iter().map(|input| column(&input.key)).collect();
    Columns { rows: cases.len(), columns }
}

/// Time of this thread on a processor.
fn timed(work: impl FnOnce()) -> Duration {
    let on_processor = || {
        let spent = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(Duration::from_nanos(spent.split_whitespace().next()?.parse().ok()?))
    };
    let (clock, before) = (Instant::now(), on_processor());
    work();
    match (before, on_processor()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => clock.elapsed(),
    }
}

/// Every thread stages its share of the batches; the time of the one that takes longest.
fn slowest(algorithm: &Algorithm, parts: &[Columns<'_>], threads: usize, times: u64) -> Duration {
    let share = |first: usize| {
        for _ in 0..times {
            for part in parts.iter().skip(first).step_by(threads) {
                black_box(algorithm.stage_columns(part, Origin::Table, false));
            }
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || timed(|| share(first)))).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).max().unwrap_or_default()
    })
}

fn staging(criterion: &mut Criterion) {
    for (cases, name) in FILES {
        let (cases, file) = (shared().join("golden").join(cases), shared().join("seer").join(name));
        if !cases.is_file() || !file.is_file() {
            eprintln!("SKIPPED: {} or {} is absent", cases.display(), file.display());
            continue;
        }
        let mut group = criterion.benchmark_group(format!("seer/{name}"));
        group.sample_size(10).bench_function("open", |bencher| bencher.iter(|| Algorithm::open(&file, 2026)));
        let algorithm = Algorithm::open(&file, 2026).expect("an algorithm");
        let cases = inputs(&cases);
        group.throughput(Throughput::Elements(cases.len() as u64));
        let whole = columns(&algorithm, &cases);
        group.bench_function("all at once, threads: 1", |bencher| {
            bencher.iter_custom(|times| {
                timed(|| {
                    for _ in 0..times {
                        black_box(algorithm.stage_columns(&whole, Origin::Table, false));
                    }
                })
            });
        });
        let parts: Vec<Columns<'_>> = cases.chunks(BATCH).map(|cases| columns(&algorithm, cases)).collect();
        for threads in [1, 2] {
            group.bench_function(format!("batches of {BATCH}, threads: {threads}"), |bencher| {
                bencher.iter_custom(|times| slowest(&algorithm, &parts, threads, times));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, staging);
criterion_main!(benches);
