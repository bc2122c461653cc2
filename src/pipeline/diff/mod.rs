//! Two exports of the same registry, record by record: one pass over both files, cut into partitions by
//! key, then partition by partition. Neither export has to fit into memory, and the result is the same
//! for any number of threads and partitions.

mod join;
mod manifest;
mod plan;
mod read;
mod record;
mod summary;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use rayon::prelude::*;
use tempfile::SpooledTempFile;

use super::finding_rows::FINDING_COLUMNS;
use super::settings::manifest_rules;
use super::tabulate::write_summary;
use super::{Progress, RunError, Verdict, next_batch, read_all};
use crate::audit::{AuditRules, Config, Severity};
use crate::diff::{DiffCounts, Hidden, Merged, Partition, Partitions, RowsOf, Tally};
use crate::fields::MapOptions;
use crate::input::{self, Chunk, InputError, InputFile, Kind, Options};
use crate::knowledge::Rules;
use crate::output::{Keys, OutputError, RunFolder, TableFormat, TableWriter};
use crate::staging::{Policy, Stager};
use crate::summary::SmallCells;
pub use manifest::{DiffInput, DiffManifest};

use join::{CHANGE_COLUMNS, Joined, Joiner};
use manifest::{inputs, run_id, settings};
use plan::{FilePlan, Which};
use read::{Taken, take};

/// How many rejected rows are told at once.
const SHOWN_REJECTS: usize = 5;
/// Bytes of input that one partition takes, about.
const PARTITION_BYTES: u64 = 32 << 20;
/// How much larger a packed table is than its file, about.
const UNPACKED: u64 = 8;
/// Partitions at least, so that threads have work, and at most, for each may hold open two files.
const PARTITIONS: (u64, u64) = (16, 128);

/// Everything that a comparison is told.
#[derive(Clone, Debug)]
pub struct DiffConfig {
    /// The older export: a file, folder or pattern.
    pub old: String,
    /// The newer export.
    pub new: String,
    /// Fields or columns that make the key; the usual ones where there are none.
    pub key: Vec<String>,
    /// The folder to make.
    pub out: PathBuf,
    /// Whether an earlier result may be replaced.
    pub overwrite: bool,
    /// How inputs are read.
    pub read: Options,
    /// What the user says about the columns.
    pub map: MapOptions,
    /// The same of the older export, where it differs.
    pub map_old: Option<MapOptions>,
    /// Staging policies.
    pub policy: Policy,
    /// Settings of the audit.
    pub audit: Config,
    /// The day of the newer export, in days from 1970-01-01.
    pub day: Option<i32>,
    /// Whether every column that both exports have is compared.
    pub all_columns: bool,
    /// Worker threads.
    pub threads: usize,
    /// The severity from which findings make the comparison fail.
    pub fail_on: Option<Severity>,
    /// How many rejected rows it puts up with.
    pub max_rejects: u64,
    /// How keys are shown.
    pub keys: Keys,
    /// Numbers that are not to be shown, nor to be worked out.
    pub small: Option<SmallCells>,
    /// Partitions, where their number is not to follow the size of the exports.
    pub partitions: Option<usize>,
    /// Bytes of records that are held in memory before temporary files are used.
    pub memory: usize,
}

impl DiffConfig {
    /// Bytes of records that are held in memory if nothing else is said.
    pub const MEMORY: usize = 128 << 20;
}

/// What a comparison came to.
#[derive(Debug)]
pub struct DiffResult {
    /// Where the results are.
    pub folder: PathBuf,
    /// The manifest as written.
    pub manifest: DiffManifest,
    /// What was counted.
    pub tally: Tally,
    /// What of it is hidden.
    pub hidden: Hidden,
    /// Verdict.
    pub verdict: Verdict,
    /// The first rejected rows: file, line and cause, without their text.
    pub first_rejects: Vec<String>,
}

/// Compares two exports. `started` is called once with the total of input bytes.
pub fn diff(
    config: &DiffConfig,
    progress: &Progress,
    started: impl FnOnce(u64),
) -> Result<DiffResult, RunError> {
    let begin = Instant::now();
    let rules = Rules::builtin().map_err(RunError::Knowledge)?;
    let audit = AuditRules::configured(&config.audit)?;
    let (files, old_files) = plan::files(config, progress)?;
    let plans = plan::plans(config, &files, old_files, rules)?;
    let folder = RunFolder::create(&config.out, config.overwrite)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?;
    started(files.iter().map(|file| file.bytes).sum());

    let scratch = folder.scratch()?;
    let work = Work { rules, config, files: &files, plans: &plans, pool: &pool, scratch: scratch.path() };
    let taken = work.read(&folder, progress)?;
    let read = begin.elapsed().as_secs_f64();
    let joiner = Joiner { rules, audit: &audit, config, plans: &plans };
    let (mut tally, spools) = work.join(&joiner, taken.old, taken.new, progress)?;
    let mut changes = table(&folder, "changes.csv", &CHANGE_COLUMNS)?;
    // Two exports are held against each other: there is no one stage to explain.
    let columns = FINDING_COLUMNS.split_last().map_or(&[][..], |(_, columns)| columns);
    let mut findings = table(&folder, "findings.csv", columns)?;
    for row in Merged::new(spools).map_err(|error| work.io(error))? {
        let row = row.map_err(|error| work.io(error))?;
        let table = if row.table == RowsOf::Changes { &mut changes } else { &mut findings };
        table.row(&row.cells())?;
    }
    changes.finish()?;
    findings.finish()?;
    tally.merge(Tally { counts: taken.counts, ..Tally::default() });
    tally.counts.check()?;
    drop(scratch);

    let verdict = verdict(config, &tally);
    let mut inputs = inputs(&files, &plans, &taken.rows)?;
    let new = inputs.split_off(old_files);
    let run = run_id(config, rules, (&inputs, &new));
    let small = config.small.unwrap_or_default();
    let hidden = Hidden::of(&tally.counts, small.count);
    write_summary(&folder, &summary::nightly_change(&tally, &hidden, small, &run))?;
    let manifest = DiffManifest {
        command: "diff",
        run,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config: settings(config),
        old: inputs,
        new,
        rules: manifest_rules(rules),
        counts: manifest::counts(&tally.counts, &hidden),
        findings: manifest::findings(&tally, &hidden),
        durations: BTreeMap::from([
            ("read".to_owned(), read),
            ("total".to_owned(), begin.elapsed().as_secs_f64()),
        ]),
        threads: pool.current_num_threads(),
        exit: verdict.exit(),
    };
    let folder = folder.finish_with(&manifest)?;
    Ok(DiffResult { folder, manifest, tally, hidden, verdict, first_rejects: taken.first_rejects })
}

/// What both passes share.
struct Work<'a> {
    rules: &'static Rules,
    config: &'a DiffConfig,
    files: &'a [InputFile],
    plans: &'a [FilePlan],
    pool: &'a rayon::ThreadPool,
    scratch: &'a Path,
}

/// What the first pass came to.
struct TakenAll {
    old: Partitions,
    new: Partitions,
    /// Rows read and rows that cannot be compared.
    counts: DiffCounts,
    /// Readable records by file.
    rows: Vec<u64>,
    first_rejects: Vec<String>,
}

impl Work<'_> {
    /// Reads both exports and cuts them into partitions.
    fn read(&self, folder: &RunFolder, progress: &Progress) -> Result<TakenAll, RunError> {
        let count = self.partitions();
        let memory = self.config.memory / 2;
        let mut all = TakenAll {
            old: Partitions::new(self.scratch, count, memory),
            new: Partitions::new(self.scratch, count, memory),
            counts: DiffCounts::default(),
            rows: vec![0; self.files.len()],
            first_rejects: Vec::new(),
        };
        let mut rejects = table(folder, "rejects.csv", &["file", "line", "cause", "raw"])?;
        let stagers = Mutex::new(Vec::new());
        let threads = self.pool.current_num_threads();
        std::thread::scope(|scope| -> Result<(), RunError> {
            let (sender, receiver) = sync_channel(threads * 2);
            let (files, read) = (self.files, &self.config.read);
            scope.spawn(move || read_all(files, |_| None, read, 0, progress, &sender));
            while let Some(batch) = next_batch(&receiver, threads) {
                stopped(progress)?;
                let batch = batch.into_iter().collect::<Result<Vec<Chunk>, InputError>>()?;
                let taken: Vec<Taken> = self.pool.install(|| {
                    let chunks = batch.into_par_iter().filter_map(|chunk| {
                        let plan = self.plans.get(chunk.file)?;
                        Some(self.staging(&stagers, |stager| take(self.rules, plan, stager, &chunk, count)))
                    });
                    chunks.collect()
                });
                for taken in taken {
                    progress.records.fetch_add(taken.rows, Ordering::Relaxed);
                    self.keep(&taken, &mut all, &mut rejects)?;
                }
            }
            Ok(())
        })?;
        rejects.finish()?;
        Ok(all)
    }

    /// Puts one chunk away.
    fn keep(&self, taken: &Taken, all: &mut TakenAll, rejects: &mut TableWriter) -> Result<(), RunError> {
        let Some(plan) = self.plans.get(taken.file) else { return Ok(()) };
        let rejected = taken.rejects.len() as u64;
        let counts = &mut all.counts;
        counts.unreadable += rejected;
        let (partitions, read, unreadable) = match plan.which {
            Which::Old => (&mut all.old, &mut counts.old_read, &mut counts.unreadable_old),
            Which::New => (&mut all.new, &mut counts.new_read, &mut counts.unreadable_new),
        };
        *read += taken.rows + rejected;
        *unreadable += rejected;
        if let Some(rows) = all.rows.get_mut(taken.file) {
            *rows += taken.rows;
        }
        partitions.append(&taken.buffers).map_err(|error| self.io(error))?;
        for (line, cause, raw) in &taken.rejects {
            rejects.row(&[&plan.path, &line.to_string(), cause, raw])?;
            if all.first_rejects.len() < SHOWN_REJECTS {
                all.first_rejects.push(format!("{}:{line}: {cause}", plan.path));
            }
        }
        Ok(())
    }

    /// Compares both exports, partition by partition.
    fn join(
        &self,
        joiner: &Joiner,
        old: Partitions,
        new: Partitions,
        progress: &Progress,
    ) -> Result<(Tally, Vec<SpooledTempFile>), RunError> {
        let stagers = Mutex::new(Vec::new());
        let pairs: Vec<_> = old.into_spools().into_iter().zip(new.into_spools()).collect();
        let memory = self.config.memory / pairs.len().max(1);
        let io = |error| self.io(error);
        let joined = self.pool.install(|| {
            let partitions = pairs.into_par_iter().map(|(old, new)| -> Result<_, RunError> {
                stopped(progress)?;
                let (old, new) = (Partition::read(old).map_err(io)?, Partition::read(new).map_err(io)?);
                let (old, new) = (old.entries().map_err(io)?, new.entries().map_err(io)?);
                let Joined { tally, rows } = self.staging(&stagers, |stager| joiner.join(stager, &old, &new));
                Ok((tally, rows.store(self.scratch, memory).map_err(io)?))
            });
            partitions.collect::<Result<Vec<_>, RunError>>()
        })?;
        let mut tally = Tally::default();
        let mut spools = Vec::new();
        for (own, spool) in joined {
            tally.merge(own);
            spools.push(spool);
        }
        Ok((tally, spools))
    }

    /// An error of the temporary files.
    fn io(&self, error: std::io::Error) -> OutputError {
        OutputError::io(self.scratch, error)
    }

    /// Lends a stager, which remembers answers, to one piece of work.
    fn staging<R>(&self, idle: &Mutex<Vec<Stager<'static>>>, work: impl FnOnce(&mut Stager) -> R) -> R {
        let taken = idle.lock().ok().and_then(|mut idle| idle.pop());
        let mut stager = taken.unwrap_or_else(|| Stager::new(self.rules, self.config.policy));
        let result = work(&mut stager);
        if let Ok(mut idle) = idle.lock() {
            idle.push(stager);
        }
        result
    }

    fn partitions(&self) -> usize {
        let size = |file: &InputFile| match (&file.kind, file.compression) {
            (Kind::Csv(_), input::Compression::None) => file.bytes,
            _ => file.bytes * UNPACKED,
        };
        let bytes: u64 = self.files.iter().map(size).sum();
        let (least, most) = PARTITIONS;
        let fitting = (bytes / PARTITION_BYTES).clamp(least, most);
        self.config.partitions.unwrap_or(fitting as usize)
    }
}

fn stopped(progress: &Progress) -> Result<(), RunError> {
    match progress.stop.load(Ordering::Relaxed) {
        0 => Ok(()),
        signal => Err(RunError::Stopped(signal)),
    }
}

fn table(folder: &RunFolder, name: &str, header: &[&str]) -> Result<TableWriter, OutputError> {
    TableWriter::create(folder.file(name)?, header, TableFormat::Csv)
}

fn verdict(config: &DiffConfig, tally: &Tally) -> Verdict {
    let severities = [Severity::Info, Severity::Warning, Severity::Error];
    let failing = |name: &str| {
        config.fail_on.is_some_and(|least| severities.iter().any(|s| *s >= least && s.as_str() == name))
    };
    if tally.counts.unreadable > config.max_rejects {
        Verdict::Rejects
    } else if tally.findings.values().flat_map(BTreeMap::keys).any(|severity| failing(severity)) {
        Verdict::Findings
    } else {
        Verdict::Clean
    }
}
