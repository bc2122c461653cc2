//! SEER's algorithms on the recorded cases: `cargo bench --bench seer`, which needs the folders `seer` and
//! `golden` of the shared evidence (`$RSTAGE_SHARED`, else `../shared`).
//!
//! SEER's own engine (Java, JDK 17, one thread, tables and lookup warm) staged 3,390 cases of Collaborative
//! Stage, 5,371 of TNM and 9,771 of EOD a second on a machine of two cores.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to say")]
#![allow(clippy::print_stderr, reason = "says that it was skipped")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rstage::seer::{Algorithm, Column, Columns, Origin};
use serde::Deserialize;

const FILES: [(&str, &str); 3] = [
    ("cs.jsonl.gz", "cs-02.05.50.zip"),
    ("tnm.jsonl.gz", "tnm-2.1.zip"),
    ("eod_public.jsonl.gz", "eod_public-3.3.zip"),
];

/// Cases of a batch where several threads stage.
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

fn staging(criterion: &mut Criterion) {
    for (cases, file) in FILES {
        let (cases, file) = (shared().join("golden").join(cases), shared().join("seer").join(file));
        if !cases.is_file() || !file.is_file() {
            eprintln!("SKIPPED: {} or {} is absent", cases.display(), file.display());
            continue;
        }
        let mut group = criterion.benchmark_group(format!("seer/{}", file.display()));
        group.sample_size(10).bench_function("open", |bencher| bencher.iter(|| Algorithm::open(&file, 2026)));
        let algorithm = Algorithm::open(&file, 2026).expect("an algorithm");
        let cases = inputs(&cases);
        group.throughput(Throughput::Elements(cases.len() as u64));
        let whole = columns(&algorithm, &cases);
        group.bench_function("one thread", |bencher| {
            bencher.iter(|| black_box(algorithm.stage_columns(&whole, Origin::Table, false)));
        });
        let parts: Vec<Columns<'_>> = cases.chunks(BATCH).map(|cases| columns(&algorithm, cases)).collect();
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            group.bench_function(format!("batches of {BATCH}, threads: {threads}"), |bencher| {
                bencher.iter(|| {
                    pool.install(|| {
                        parts.par_iter().for_each(|part| {
                            black_box(algorithm.stage_columns(part, Origin::Table, false));
                        });
                    });
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, staging);
criterion_main!(benches);
