//! The job on 1,000,000 synthetic records: `cargo bench --bench pipeline`.
//!
//! `records` stages and audits cases that are in memory; `run` is the whole job from file to file.

#![allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to say")]

use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rstage::audit::{AuditRules, Config, audit};
use rstage::fields::{MapOptions, recognise};
use rstage::input::{Delimiter, InputFile, Options};
use rstage::knowledge::Rules;
use rstage::output::{Access, TableFormat};
use rstage::pipeline::{Cases, DEFAULT_MEMORY, EventTables, Privacy, Progress, RunConfig, run};
use rstage::staging::{Case, Policy, Stager};
use rstage::synth::{Generator, write_csv, write_parquet};

const ROWS: u64 = 1_000_000;

fn cases(path: &Path) -> Vec<Case> {
    let options = Options::default();
    let file = InputFile::probe(path, 0, &options).expect("the export can be read");
    let mapping = recognise(&file.header, &MapOptions::default()).expect("its columns are known");
    let mut cases = Vec::new();
    for chunk in file.open(&options).expect("the export can be read") {
        let chunk = chunk.expect("the export can be read");
        let read = Cases::read(&chunk, &mapping);
        cases.extend((0..chunk.rows()).map(|row| read.case(row)));
    }
    cases
}

fn config(input: &Path, out: PathBuf, format: TableFormat) -> RunConfig {
    RunConfig {
        events: EventTables::default(),
        inputs: vec![input.display().to_string()],
        out,
        overwrite: true,
        format: Some(format),
        delimiter: Some(Delimiter::Comma),
        read: Options::default(),
        map: MapOptions::default(),
        rules: None,
        algorithms: None,
        policy: Policy::default(),
        also_editions: Vec::new(),
        audit: Config::default(),
        threads: 0,
        memory: DEFAULT_MEMORY,
        previous: None,
        fail_on: None,
        max_rejects: 0,
        resume: None,
        since: None,
        keep_answers: false,
        access: Access::default(),
        privacy: Privacy::default(),
        worklist_by: None,
        release: rstage::pipeline::Release::default(),
        options: std::collections::BTreeMap::new(),
    }
}

fn benches(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (csv, parquet) = (folder.path().join("m.csv"), folder.path().join("m.parquet"));
    let generator = Generator::new(ROWS, 1).expect("the generator's data files are sound");
    let file = BufWriter::new(File::create(&csv).expect("a temporary file"));
    write_csv(&generator, file).expect("the export is written");
    write_parquet(&generator, &parquet).expect("the export is written");

    let rules = Rules::builtin().expect("the rules are sound");
    let settings = Config::default();
    let audit_rules = AuditRules::configured(&settings).expect("the rules are sound");
    let cases = cases(&csv);
    let mut group = criterion.benchmark_group("records");
    group.sample_size(10).throughput(Throughput::Elements(ROWS));
    group.bench_function("stage", |bencher| {
        let mut stager = Stager::new(rules, Policy::default());
        bencher.iter(|| {
            cases.iter().map(|case| black_box(stager.stage(case)).schema.is_some()).filter(|b| *b).count()
        });
    });
    group.bench_function("stage and what stands beside", |bencher| {
        let mut stager = Stager::new(rules, Policy::default());
        bencher.iter(|| {
            for case in &cases {
                let staged = stager.stage(case);
                black_box(stager.beside(case, &staged));
            }
        });
    });
    group.bench_function("stage and audit", |bencher| {
        let mut stager = Stager::new(rules, Policy::default());
        let mut findings = Vec::new();
        bencher.iter(|| {
            for case in &cases {
                let staged = stager.stage(case);
                findings.clear();
                black_box(audit(rules, &audit_rules, &settings, case, &staged, &mut findings));
            }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("run");
    group.sample_size(10).measurement_time(Duration::from_secs(30)).throughput(Throughput::Elements(ROWS));
    for (name, input, format) in [
        ("CSV to CSV", &csv, TableFormat::Csv),
        ("CSV to Parquet", &csv, TableFormat::Parquet),
        ("Parquet to Parquet", &parquet, TableFormat::Parquet),
        ("Parquet to CSV", &parquet, TableFormat::Csv),
    ] {
        let config = config(input, folder.path().join("out"), format);
        group.bench_function(name, |bencher| {
            bencher.iter(|| run(&config, &Progress::default(), |_| {}).expect("the run succeeds"));
        });
    }
    group.finish();
}

criterion_group!(pipeline, benches);
criterion_main!(pipeline);
