//! The one stream: read a chunk, process it, write in order, fold the summaries.
//!
//! One thread reads, the pool's threads process, the calling thread writes in input order, so that
//! the output is the same for any number of threads and memory does not grow with the input.

mod beside;
mod boundaries;
mod check;
mod coded;
mod codes;
mod column_runs;
mod columns;
mod decode;
mod diff;
mod enriched;
mod events;
mod filled;
mod finding_rows;
mod frame;
mod keys;
mod memo;
mod memory;
mod partitions;
mod patients;
mod places;
mod privacy;
mod process;
mod restagings;
mod resume;
mod rows;
mod run_numbers;
mod seer;
mod settings;
mod since;
mod sinks;
mod sorted;
mod stream;
mod summarise;
mod tabulate;
mod tallies;
#[cfg(test)]
mod tests;
mod texts;
mod times;
mod tumors;
mod worker;
mod worklist;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use tracing::info;

use crate::audit::{ADULT_FROM, AuditError, AuditRules, Config, SeerGroups, Severity};
use crate::category::Edition;
use crate::diff::DiffError;
use crate::fields::{Field, FieldsError, MapOptions, recognise_columns};
use crate::input::{self, Chunk, Held, InputError, InputFile, Options, Reject};
use crate::knowledge::{Mistakes, Rules};
use crate::output::{self, Access, Manifest, OutputError, RunFolder, TableFormat};
use crate::report::{self, ReportError};
use crate::seer::Algorithms;
use crate::staging::Policy;
use crate::summary::{Facilities, Origin, Partial, SummaryError, Table};

pub use check::{Check, CheckedInput, check};
pub use columns::COLUMNS;
pub use decode::{Cases, case_of, cell_of, key_of};
pub use diff::{DiffConfig, DiffInput, DiffManifest, DiffResult, diff};
pub use enriched::{reason, rule_word};
use events::EventFile;
pub use events::fhir_stagings;
pub use frame::{Frame, FrameConfig, FrameEnd, FrameStream, Staged, StagedFrame, findings_schema};
pub use memory::DEFAULT_MEMORY;
use memory::Memory;
use patients::Patients;
pub use privacy::Privacy;
use process::{FilePlan, Shared};
pub use resume::CHECKPOINT_CHUNKS;
use resume::Going;
pub use seer::{SeerColumn, seer_case, seer_columns};
use seer::{SeerPlan, manifest_algorithms};
use settings::{hashes, manifest_inputs, manifest_rules, settings};
use since::Store;
use sinks::{Finished, Sinks};
use stream::Way;
pub use summarise::{Summary, SummaryConfig, SummaryManifest, summarise};
pub use tabulate::{COUNTS, Release};

/// Everything that a run is told.
#[derive(Clone, Debug)]
pub struct RunConfig {
    /// Files, folders and patterns.
    pub inputs: Vec<String>,
    /// The folder to make.
    pub out: PathBuf,
    /// Whether an earlier run's folder may be replaced.
    pub overwrite: bool,
    /// Form of the records and findings; that of the first input where it is none.
    pub format: Option<TableFormat>,
    /// Delimiter of the records where they are text: a comma, or that of the first input where it is none.
    pub delimiter: Option<input::Delimiter>,
    /// Tables of events beside the records.
    pub events: EventTables,
    /// How inputs are read.
    pub read: Options,
    /// What the user says about the columns.
    pub map: MapOptions,
    /// Staging rules; the built-in ones where it is none.
    pub rules: Option<Arc<Rules>>,
    /// SEER's algorithms that stage the records as well.
    pub algorithms: Option<Arc<Algorithms>>,
    /// Staging policies.
    pub policy: Policy,
    /// Further editions under which every record is staged as well.
    pub also_editions: Vec<Edition>,
    /// Settings of the audit.
    pub audit: Config,
    /// Worker threads; as many as the machine runs at once where it is 0.
    pub threads: usize,
    /// Memory to keep to, in MiB.
    pub memory: usize,
    /// An earlier run whose key figures the page sets beside those of this one.
    pub previous: Option<PathBuf>,
    /// The severity from which findings make the run fail.
    pub fail_on: Option<Severity>,
    /// How many rejected rows the run puts up with.
    pub max_rejects: u64,
    /// Whether a killed run is gone on with and checkpoints are kept for that, every so many chunks.
    pub resume: Option<u64>,
    /// An earlier run whose answers are taken over where nothing changed that they depend on.
    pub since: Option<PathBuf>,
    /// Whether answers are kept for a later run; they are as well where some are taken over.
    pub keep_answers: bool,
    /// Who may read the result.
    pub access: Access,
    /// What is not to be told of the persons behind the records.
    pub privacy: Privacy,
    /// A field, or a column of the inputs, each value of which gets a worklist of its own.
    pub worklist_by: Option<String>,
    /// What of the counts is shown and kept.
    pub release: Release,
    /// Every option as it came to be from command line, configuration file and defaults, for the manifest alone.
    pub options: BTreeMap<String, serde_json::Value>,
}

/// Tables of events, one row per staging, recurrence or progression of a tumor.
#[derive(Clone, Debug, Default)]
pub struct EventTables {
    /// Files, folders and patterns; none for a run of records alone.
    pub inputs: Vec<String>,
    /// What the user says about their columns.
    pub map: MapOptions,
}

/// How a run that finished is to be taken; the exit status of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing stands against it.
    Clean,
    /// Findings at or above the severity that was named.
    Findings,
    /// More rejected rows than allowed.
    Rejects,
}

impl Verdict {
    /// Exit status of the process.
    pub const fn exit(self) -> i32 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Rejects => 4,
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct RunResult {
    /// Where the results are.
    pub folder: PathBuf,
    /// The manifest as written.
    pub manifest: Manifest,
    /// The counts behind the summary tables.
    pub counts: Partial,
    /// The summary tables as written.
    pub tables: Vec<Table>,
    /// Verdict.
    pub verdict: Verdict,
    /// The first rejected rows: file, line and cause, without their text.
    pub first_rejects: Vec<String>,
}

/// What stops a run. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// An input cannot be read.
    #[error(transparent)]
    Input(InputError),
    /// The columns of an input cannot be told.
    #[error("{}: {source}", path.display())]
    Fields {
        /// The input.
        path: PathBuf,
        /// Why.
        source: FieldsError,
    },
    /// An input has columns of rstage's own already.
    #[error("{}: has a column `{column}` already\nhint: this looks like the result of an earlier run; stage the export it was made from, or drop the rstage_ columns", path.display())]
    Clash {
        /// The input.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// The key of the tumors names a person, and it was asked that nothing does.
    #[error("{}: the key of the tumors is made of `{column}`, which names a person\nhint: findings repeat the key; give --pseudonymise key=HMAC and --key-file as well, or map another key", path.display())]
    IdentifyingKey {
        /// The input.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// Worklists are to be told apart by a column that names a person.
    #[error("--worklist-by: {}: `{column}` names a person, and files cannot be named by it\nhint: choose a facility, a site or another column that does not", path.display())]
    IdentifyingWorklist {
        /// The input.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// The result cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A summary table cannot be made.
    #[error(transparent)]
    Summary(#[from] SummaryError),
    /// An input has no column to make worklists by.
    #[error("{}: has neither a column for the field `{name}` nor a column of that name, to make worklists by\nhint: `rstage columns` lists what is recognised; --map names the column of a field", path.display())]
    WorklistBy {
        /// The input.
        path: PathBuf,
        /// What was asked for.
        name: String,
    },
    /// The counts are to be kept where small numbers are to be hidden.
    #[error("--counts: {}: lies in the folder of the result, which is to hide small numbers\nhint: choose a place that is not given away", path.display())]
    CountsInResult {
        /// The file.
        path: PathBuf,
    },
    /// The settings of the audit are wrong.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The staging rules are wrong.
    #[error("the staging rules cannot be loaded: {0}")]
    Knowledge(&'static Mistakes),
    /// The events cannot be kept beside the result while the run works.
    #[error("{}: what has to be joined cannot be kept here: {source}\nhint: free space on this disk or choose another folder", path.display())]
    Events {
        /// Folder.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// Stopped from outside.
    #[error("stopped by signal {0}; nothing of this run was kept")]
    Stopped(usize),
    /// The same, with something to go on from.
    #[error(
        "stopped by signal {signal}; {records} records are kept beside the result, and --resume goes on from there"
    )]
    Paused {
        /// The signal.
        signal: usize,
        /// Records that are written already.
        records: u64,
    },
    /// A thread that stages a frame ended by itself, which is a fault of rstage.
    #[error(
        "{frame}: staging ended unexpectedly\nhint: this is a fault of rstage; please report it with the record that shows it"
    )]
    Lost {
        /// Name of the frame.
        frame: String,
    },
    /// A folder to take answers over from has none.
    #[error("--since: {}: holds no answers of a run\nhint: a run with --keep-answers, or with --since itself, leaves some", path.display())]
    NoAnswers {
        /// The folder.
        path: PathBuf,
    },
    /// The answers of a run are not those that it wrote.
    #[error("--since: {}: its bytes have changed since it was written\nhint: leave --since out and give --keep-answers for a full run", path.display())]
    OtherAnswers {
        /// The file.
        path: PathBuf,
    },
    /// Answers cannot be told by what is in a record alone.
    #[error("--since and --keep-answers go neither with --algorithm nor with --resume")]
    NotWithAnswers,
    /// The page cannot be made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Two exports cannot be compared.
    #[error(transparent)]
    Diff(#[from] DiffError),
    /// The worker threads cannot be started.
    #[error("the worker threads cannot be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl From<InputError> for RunError {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Stopped { signal } => Self::Stopped(signal),
            other => Self::Input(other),
        }
    }
}

impl From<std::io::Error> for RunError {
    /// An error of the temporary file of events.
    fn from(source: std::io::Error) -> Self {
        Self::Events { path: PathBuf::from("(temporary file)"), source }
    }
}

/// Progress of a run, for a display: bytes of input read so far, and records done.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of the input files that have been read.
    pub bytes: AtomicU64,
    /// Records written.
    pub records: AtomicU64,
    /// Set to a signal's number from outside, it stops the run before the next chunks, with nothing left behind.
    pub stop: Arc<AtomicUsize>,
}

/// Runs the job. `started` is called once with the total of input bytes; `progress` moves on meanwhile.
#[expect(clippy::too_many_lines, reason = "the steps of a run in their order, each a call")]
pub fn run(
    config: &RunConfig,
    progress: &Progress,
    started: impl FnOnce(u64),
) -> Result<RunResult, RunError> {
    let begin = Instant::now();
    let rules = match &config.rules {
        Some(rules) => rules,
        None => Rules::builtin().map_err(RunError::Knowledge)?,
    };
    config.release.check(&config.out)?;
    let read = Options { stop: Arc::clone(&progress.stop), ..config.read.clone() };
    let files = input::discover(&config.inputs, &read)?;
    let event_files = events::tables(&files, config)?;
    let plans = plan(&files, &event_files, config)?;
    let also_editions = also_editions(config);
    let audit = AuditRules::configured(&config.audit)?;
    let own_columns = columns::added(&audit.profiles_beside().collect::<Vec<_>>(), &also_editions);
    let groups = SeerGroups::builtin()?;
    let seer = seer_plan(config, &groups, &files, &plans);
    let columns: Vec<String> = own_columns
        .iter()
        .map(String::as_str)
        .chain(seer.iter().flat_map(SeerPlan::columns))
        .map(str::to_owned)
        .collect();
    refuse_clash(&files, &columns)?;
    let left_out = config.privacy.left_out(&files, &plans)?;
    let previous = previous(config)?;
    let in_events = |field| event_files.iter().any(|events| !events.mapping.sources(field).is_empty());
    let answers = Store::of(config, rules, &plans, (in_events, &own_columns), config.memory << 18)?;
    let (mut folder, checkpoint) = resume::folder(config)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?;
    let threads = pool.current_num_threads();
    let memory = match sinks::format(config, &files) {
        TableFormat::Csv => Memory::share_for_text(config.memory, threads),
        TableFormat::Parquet => Memory::share(config.memory, threads),
    };
    let event_bytes: u64 = event_files.iter().map(|events| events.file.bytes).sum();
    started(event_bytes + files.iter().map(|file| file.bytes).sum::<u64>());

    info!(inputs = files.len(), events = event_files.len(), threads = pool.current_num_threads(), "reading");
    let mappings = plans.iter().map(|plan| &plan.mapping);
    let patients = Patients::of(folder.hidden(), &audit, &config.audit, mappings)?;
    let by_patient = patients.is_some();
    let read = Options {
        chunk_bytes: memory.chunk_bytes.min(config.read.chunk_bytes),
        chunk_rows: memory.chunk_rows.min(config.read.chunk_rows),
        ..config.read.clone()
    };
    let inputs = (files.as_slice(), plans.as_slice(), event_files.as_slice());
    let mut going = Going::from(checkpoint, &folder, || resume::job(config, rules, inputs, &columns, &read))?;
    let kept = going.kept.take();
    // Events that cannot be taken were written down by the run that is gone on with.
    let goes_on = kept.is_some();
    let mut sinks =
        Sinks::open(&folder, &files, &event_files, (&columns, &left_out), patients, config, kept)?;
    let reject = |rejects: &[Reject]| if goes_on { Ok(()) } else { sinks.reject(rejects) };
    let ingested = events::ingest(&event_files, config, &folder, progress, reject)?;
    let store = ingested.as_ref().map(|ingested| &ingested.store);
    let paths = sinks.paths.clone();
    let facilities = Facilities::default();
    let shared = Shared {
        rules,
        files: &files,
        plans: &plans,
        config: &config.audit,
        columns: &own_columns,
        seer: seer.as_ref(),
        also_editions: &also_editions,
        encoder: sinks.records.encoder(),
        findings: sinks.no_findings(),
        paths: &paths,
        keys: &config.privacy.keys,
        patients: by_patient,
        events: store,
        facilities: &facilities,
        steps: rules.steps(
            &[config.audit.oligometastasis.flags_complete_from],
            &[ADULT_FROM],
            &audit.histologies(),
        ),
        memo: memory.memo,
        distinct: config.read.max_distinct,
        answers: answers.as_ref(),
    };
    let way = Way { read: &read, event_bytes, pool: &pool, chunks: memory.chunks };
    let times = match going.stream(config, &folder, &way, progress, &shared, &mut sinks) {
        Err(paused @ RunError::Paused { .. }) => {
            folder.leave();
            return Err(paused);
        }
        times => times?,
    };

    let streamed = begin.elapsed().as_secs_f64();
    let schemas: Vec<&str> = rules.schemas().map(|(_, schema)| schema.id.as_str()).collect();
    let copying = sinks.records.copying();
    // An error of the first is told once the inputs are read: they seldom are so large that it matters.
    let ends = || rayon::join(|| sinks.finish(&folder), || hashes(&files));
    let (finished, hashes) = pool.install(ends);
    let finished = finished?;
    folder.hashed(finished.records.clone());
    finished.tables.iter().for_each(|table| folder.complete(table));
    let events = ingested
        .as_ref()
        .map(|ingested| ingested.settle(&folder, &event_files, &paths, &config.privacy.keys))
        .transpose()?;
    let rejected_events = events.as_ref().map_or(0, |events| events.rejected);
    let verdict = verdict(config, &finished);
    let tables: Vec<_> = files.iter().zip(plans.iter().map(|plan| &plan.mapping)).collect();
    let inputs = manifest_inputs(&tables, &finished.rows, hashes?);
    let all_inputs: Vec<_> = inputs.iter().chain(events.iter().flat_map(|events| &events.inputs)).collect();
    let algorithms = config.algorithms.as_deref().map_or_else(|| Ok(Vec::new()), manifest_algorithms)?;
    let counts = output::Counts {
        read: finished.rows.iter().sum::<u64>() + finished.rejected - rejected_events,
        written: finished.written,
        rejected: finished.rejected - rejected_events,
    };
    let mut origin = Origin {
        runs: BTreeSet::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rules: rules.hash().to_owned(),
        settings: tabulate::shared_settings(config, &algorithms),
        read: counts.read,
        written: counts.written,
        rejected: counts.rejected,
    };
    let run_id = tabulate::run_id(config, &origin, &all_inputs);
    origin.runs.insert(run_id.clone());
    let partial = Partial::new(&finished.counts, &schemas, &facilities, origin)?;
    let summary_tables = pool.install(|| tabulate::write_summaries(&folder, &partial, &config.release))?;
    let manifest = Manifest {
        run: run_id,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config: settings(config),
        options: config.options.clone(),
        inputs,
        rules: manifest_rules(rules),
        records: copying.as_str().to_owned(),
        left_out: privacy::names(&files, &left_out),
        algorithms,
        since: answers.as_ref().and_then(Store::manifest),
        counts,
        events,
        findings: tabulate::shown_findings(&finished.findings, &summary_tables),
        durations: BTreeMap::from([
            ("stream".to_owned(), streamed),
            ("total".to_owned(), begin.elapsed().as_secs_f64()),
        ]),
        work: times.seconds(),
        threads,
        exit: verdict.exit(),
    };
    let output::Counts { read, written, rejected } = manifest.counts;
    info!(read, written, rejected, seconds = streamed, "records written");
    folder.is_whole()?;
    write_report(&folder, &manifest, (previous.as_ref(), config.previous.is_some()), &audit)?;
    let folder = folder.finish(&manifest)?;
    config.release.keep_counts(&partial)?;
    info!(folder = %folder.display(), exit = verdict.exit(), "result in place");
    Ok(RunResult {
        folder,
        manifest,
        counts: partial,
        tables: summary_tables,
        verdict,
        first_rejects: finished.first_rejects,
    })
}

fn seer_plan<'a>(
    config: &'a RunConfig,
    groups: &'a SeerGroups,
    files: &[InputFile],
    plans: &[FilePlan],
) -> Option<SeerPlan<'a>> {
    let mapped = files.iter().zip(plans.iter().map(|plan| &plan.mapping));
    config.algorithms.as_deref().map(|algorithms| SeerPlan::new(algorithms, groups, mapped))
}

/// No input may have a column of ours already.
fn refuse_clash(files: &[InputFile], columns: &[String]) -> Result<(), RunError> {
    for file in files {
        if let Some(column) = output::clashing_columns(std::slice::from_ref(file), columns).pop() {
            return Err(RunError::Clash { path: file.path.clone(), column });
        }
    }
    Ok(())
}

fn write_report(
    folder: &RunFolder,
    manifest: &Manifest,
    (previous, named): (Option<&report::Folder>, bool),
    audit: &AuditRules,
) -> Result<(), RunError> {
    let unfinished = report::Folder::unfinished(folder.hidden(), manifest.clone());
    let page = match report::page(&unfinished, previous, audit) {
        // A damaged result that is replaced anyway must not keep the new one from being made.
        Err(_) if previous.is_some() && !named => report::page(&unfinished, None, audit)?,
        page => page?,
    };
    let place = folder.file("report.html")?;
    Ok(std::fs::write(&place, page).map_err(|source| OutputError::io(&place, source))?)
}

/// The run whose key figures the page sets beside those of this one: the one that is named, else the one
/// that is overwritten, where it can be read.
fn previous(config: &RunConfig) -> Result<Option<report::Folder>, RunError> {
    match &config.previous {
        Some(path) => Ok(Some(report::Folder::open(path)?)),
        None if config.overwrite => Ok(report::Folder::open(&config.out).ok()),
        None => Ok(None),
    }
}

/// The further editions, each once, from old to new.
fn also_editions(config: &RunConfig) -> Vec<Edition> {
    let mut editions = config.also_editions.clone();
    editions.sort_unstable();
    editions.dedup();
    editions
}

fn plan(files: &[InputFile], events: &[EventFile], config: &RunConfig) -> Result<Vec<FilePlan>, RunError> {
    let in_events = |field: Field| events.iter().any(|events| !events.mapping.sources(field).is_empty());
    files
        .iter()
        .map(|file| {
            let fields = |source| RunError::Fields { path: file.path.clone(), source };
            let (mapping, lack) = recognise_columns(&file.header, &config.map).map_err(fields)?;
            // What our tables have no use for may be all that SEER's ask for.
            let seer = config.algorithms.as_deref();
            let given = seer.is_some_and(|algorithms| seer::gives(algorithms, &file.header, &mapping));
            if let Some(lack) = lack.filter(|_| !given) {
                return Err(fields(lack));
            }
            let mut audit = AuditRules::configured(&config.audit)?;
            audit.mute_absent(&config.audit, |field| !mapping.sources(field).is_empty() || in_events(field));
            let worklist_by = worklist::sources(file, &mapping, config.worklist_by.as_deref())?;
            Ok(FilePlan { mapping, audit, worklist_by })
        })
        .collect()
}

/// Reads every file and hands its chunks on, until there are no more or nobody takes them; `columns` says
/// which of a file are needed, all if it says nothing.
fn read_all(
    files: &[InputFile],
    columns: impl Fn(&InputFile) -> Option<BTreeSet<usize>>,
    options: &Options,
    mut before: u64,
    progress: &Progress,
    sender: &std::sync::mpsc::SyncSender<Result<Chunk, InputError>>,
) {
    for file in files {
        let reader = match file.open_columns(options, columns(file).as_ref(), Held::InOwnType) {
            Ok(reader) => reader,
            Err(error) => {
                let _ = sender.send(Err(error));
                return;
            }
        };
        let bytes = reader.bytes_read();
        for chunk in reader {
            progress.bytes.store(before + bytes.load(Ordering::Relaxed), Ordering::Relaxed);
            let failed = chunk.is_err();
            if sender.send(chunk).is_err() || failed {
                return;
            }
        }
        before += file.bytes;
        progress.bytes.store(before, Ordering::Relaxed);
    }
}

/// The next chunks, as many as there are threads; waits for the first only.
fn next_batch<T>(receiver: &Receiver<T>, most: usize) -> Option<Vec<T>> {
    let mut batch = vec![receiver.recv().ok()?];
    while batch.len() < most
        && let Ok(chunk) = receiver.try_recv()
    {
        batch.push(chunk);
    }
    Some(batch)
}

fn verdict(config: &RunConfig, finished: &Finished) -> Verdict {
    let severities = [Severity::Info, Severity::Warning, Severity::Error];
    let failing = |name: &str| {
        config.fail_on.is_some_and(|least| severities.iter().any(|s| *s >= least && s.as_str() == name))
    };
    if finished.rejected > config.max_rejects {
        Verdict::Rejects
    } else if finished.findings.values().flat_map(BTreeMap::keys).any(|severity| failing(severity)) {
        Verdict::Findings
    } else {
        Verdict::Clean
    }
}
