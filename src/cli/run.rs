//! `rstage run`.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use rstage::audit::{Config, Severity};
use rstage::category::Edition;
use rstage::course::OriginalWindow;
use rstage::fields::MapOptions;
use rstage::knowledge::Rules;
use rstage::output::{Access, EventCounts, TableFormat};
use rstage::pipeline::{
    CHECKPOINT_CHUNKS, DEFAULT_MEMORY, EventTables, Privacy, Progress, RunConfig, RunError, RunResult, run,
};
use rstage::seer::{Algorithms, SeerError, current_year};
use rstage::summary::{render, render_tables};
use signal_hook::consts::TERM_SIGNALS;
use tracing::warn;

use super::config_file::Sections;
use super::failure::Failure;
use super::log::{self, LogFormat};
use super::shared::{AlgorithmLimit, Assuming, OwnRules, Pseudonyms, Reading, Releasing, map_file};

/// Options of `rstage run`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Exports: files, folders, or patterns in quotes
    #[arg(required = true, value_name = "INPUT")]
    pub(super) inputs: Vec<String>,
    /// The folder to make for the results
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Configuration file: options as keys, severities, profiles; see `rstage check`
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// What the configuration file says beside options
    #[arg(skip)]
    pub(super) sections: Sections,
    /// All options as they came to be, for the manifest
    #[arg(skip)]
    pub(super) options: BTreeMap<String, serde_json::Value>,
    /// Replace the results of an earlier run in --out
    #[arg(long)]
    pub(super) overwrite: bool,
    /// Form of records and findings; that of the first input if not given
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Delimiter of records.csv: comma, semicolon, tab, pipe, or input for that of the first input
    #[arg(long, value_name = "NAME", default_value = "comma")]
    delimiter: String,
    /// Tables of events (one row per staging, recurrence or progression of a tumor) or FHIR NDJSON; may be repeated
    #[arg(long, value_name = "FILE")]
    events: Vec<String>,
    /// Map file for the columns of the events
    #[arg(long, value_name = "FILE", requires = "events")]
    events_map: Option<PathBuf>,
    /// The layout of the events, instead of the recognised one
    #[arg(long, value_name = "NAME", requires = "events")]
    events_layout: Option<String>,
    /// What belongs to the stage at diagnosis: longer, earlier, days or ajcc8, with days=N for N other than 120
    #[arg(long, value_name = "NAME", default_value = "longer")]
    original_window: String,
    #[command(flatten)]
    pub(super) reading: Reading,
    #[command(flatten)]
    pub(super) own: OwnRules,
    /// One of SEER's algorithms (its ZIP file, or the folder it was unpacked to) to stage with as well; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(super) algorithm: Vec<PathBuf>,
    /// The year that SEER's algorithms take for this year; that of the clock if not given
    #[arg(long, value_name = "YEAR", requires = "algorithm", value_parser = clap::value_parser!(u16).range(2000..=9998))]
    pub(super) current_year: Option<u16>,
    #[command(flatten)]
    algorithm_limit: AlgorithmLimit,
    #[command(flatten)]
    pub(super) assuming: Assuming,
    /// Stage every record under these editions (6, 7, 8, 9) as well, and count how its stage moves
    #[arg(long, value_name = "E", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(6..=9))]
    pub(super) also_edition: Vec<u8>,
    /// Grade oligometastasis under these profiles as well, each in columns of its own: names, or all
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    oligo_profiles: Vec<String>,
    /// Months from diagnosis up to which metastasis is synchronous
    #[arg(long, value_name = "MONTHS", default_value_t = 6)]
    sync_months: u16,
    /// Worker threads; as many as the machine has cores if not given
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) threads: usize,
    /// Memory to keep to, in MiB; what needs more gets it nevertheless
    #[arg(long, value_name = "MIB", default_value_t = DEFAULT_MEMORY)]
    memory_limit: usize,
    /// Records that are read at a time, for CSV output at most 8192; any number gives the same results
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    chunk_rows: Option<u32>,
    /// An earlier run whose key figures report.html sets beside those of this one; the one that --overwrite
    /// replaces if not given
    #[arg(long, value_name = "RUN")]
    previous: Option<PathBuf>,
    /// Exit with 1 where a finding is at least this severe
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Exit with 4 where more rows than this are rejected
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_rejects: u64,
    #[command(flatten)]
    pseudonyms: Pseudonyms,
    /// Leave columns that name a person (names, numbers, addresses) out of the records
    #[arg(long)]
    drop_identifiers: bool,
    /// Keep checkpoints, and go on from the last one where an earlier run with this option was killed or stopped
    #[arg(long)]
    resume: bool,
    /// With --resume: chunks of records between two checkpoints
    #[arg(long, value_name = "N", default_value_t = CHECKPOINT_CHUNKS, value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_chunks: u64,
    /// Take over from an earlier run, which kept its answers, what it said of records of which nothing has changed
    #[arg(long, value_name = "RUN")]
    since: Option<PathBuf>,
    /// Keep the answers for a later run with --since
    #[arg(long)]
    keep_answers: bool,
    /// Permissions of the results: 0600 for their owner alone, 0640 for the group as well
    #[arg(long, value_name = "MODE", default_value = "0600")]
    mode: Access,
    /// One worklist for each value of a field (facility, site, ...) or of a column of the inputs
    #[arg(long, value_name = "FIELD")]
    worklist_by: Option<String>,
    #[command(flatten)]
    releasing: Releasing,
    /// Log steps, warnings and errors on standard error in this form
    #[arg(long, value_name = "FORM")]
    pub(super) log_format: Option<LogFormat>,
    /// Print nothing but errors
    #[arg(long)]
    pub(super) quiet: bool,
    /// Print run.json instead of tables
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Parquet,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum FailOn {
    Info,
    Warning,
    Error,
}

impl From<FailOn> for Severity {
    fn from(severity: FailOn) -> Self {
        match severity {
            FailOn::Info => Self::Info,
            FailOn::Warning => Self::Warning,
            FailOn::Error => Self::Error,
        }
    }
}

/// Runs it; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    if let Some(format) = args.log_format {
        log::start(format);
    }
    let config = config(args)?;
    let show = !args.quiet && !args.json && args.log_format.is_none();
    let result = watched(show, |progress, started| run(&config, progress, started))?;
    match report(args, &result) {
        // The result is in place, whoever stopped listening.
        Err(failure) if failure.is_broken_pipe() => {}
        reported => reported?,
    }
    Ok(u8::try_from(result.verdict.exit()).unwrap_or(5))
}

/// What the library is told.
pub(super) fn config(args: &Args) -> Result<RunConfig, Failure> {
    let delimiter = match args.delimiter.as_str() {
        "input" => None,
        name => Some(name.parse().map_err(|error| Failure::Usage(format!("--delimiter: {error}")))?),
    };
    let mut audit = Config {
        severities: args.sections.findings.clone(),
        oligometastasis: args.sections.oligometastasis.clone(),
        ..Config::default()
    };
    let (window, days) = OriginalWindow::parse(&args.original_window)
        .map_err(|error| Failure::Usage(format!("--original-window: {error}")))?;
    audit.original_window = window;
    audit.original_window_days = days.unwrap_or(audit.original_window_days);
    if !args.oligo_profiles.is_empty() {
        audit.oligometastasis.beside.clone_from(&args.oligo_profiles);
    }
    audit.sync_months = args.sync_months;
    let events = EventTables {
        inputs: args.events.clone(),
        map: MapOptions {
            layout: args.events_layout.clone(),
            map: args.events_map.as_deref().map(|path| map_file("--events-map", path)).transpose()?,
            set: Vec::new(),
        },
    };
    let mut read = args.reading.options();
    if let Some(rows) = args.chunk_rows {
        read.chunk_rows = rows as usize;
    }
    let rules = args.own.read()?;
    let known: &Rules = match &rules {
        Some(rules) => rules,
        None => Rules::builtin()?,
    };
    for id in audit.oligometastasis.schemas.keys() {
        known.find(id)?;
    }
    Ok(RunConfig {
        events,
        inputs: args.inputs.clone(),
        out: args.out.clone(),
        overwrite: args.overwrite,
        format: args.format.map(|format| match format {
            Format::Csv => TableFormat::Csv,
            Format::Parquet => TableFormat::Parquet,
        }),
        delimiter,
        read,
        map: args.reading.mapping()?,
        rules,
        algorithms: algorithms(args)?,
        policy: args.assuming.policy(),
        also_editions: args.also_edition.iter().map(|&edition| Edition(edition)).collect(),
        audit,
        threads: args.threads,
        memory: args.memory_limit,
        previous: args.previous.clone(),
        fail_on: args.fail_on.map(Severity::from),
        max_rejects: args.max_rejects,
        resume: args.resume.then_some(args.checkpoint_chunks),
        since: args.since.clone(),
        keep_answers: args.keep_answers,
        access: args.mode,
        privacy: Privacy { keys: args.pseudonyms.keys()?, drop_identifiers: args.drop_identifiers },
        worklist_by: args.worklist_by.clone(),
        release: args.releasing.release(),
        options: args.options.clone(),
    })
}

/// Opens SEER's algorithms; what is wrong with a file and does not keep it from staging is told.
fn algorithms(args: &Args) -> Result<Option<Arc<Algorithms>>, Failure> {
    if args.algorithm.is_empty() {
        return Ok(None);
    }
    let year = args.current_year.unwrap_or_else(current_year);
    let open = |path: &PathBuf| args.algorithm_limit.read(path)?.compile(year);
    let opened = args.algorithm.iter().map(open).collect::<Result<_, SeerError>>()?;
    let algorithms = Algorithms::new(opened)?;
    if !args.quiet {
        for algorithm in algorithms.iter() {
            for problem in algorithm.problems() {
                let path = algorithm.path().display();
                if args.log_format.is_some() {
                    warn!("{path}: {problem}");
                } else {
                    writeln!(stderr(), "warning: {path}: {problem}")?;
                }
            }
        }
    }
    Ok(Some(Arc::new(algorithms)))
}

/// Does long work that can be stopped from outside; where it is shown, with a progress bar on a terminal
/// and with a plain line now and then elsewhere.
pub(super) fn watched<R>(
    show: bool,
    work: impl FnOnce(&Progress, &dyn Fn(u64)) -> Result<R, RunError>,
) -> Result<R, Failure> {
    let progress = Progress::default();
    // Asked to stop, a run still has to remove what it has written so far.
    for signal in TERM_SIGNALS {
        let number = usize::try_from(*signal).unwrap_or(1);
        signal_hook::flag::register_usize(*signal, Arc::clone(&progress.stop), number)?;
    }
    if !show {
        return Ok(work(&progress, &|_| {})?);
    }
    let progress = &progress;
    let on_terminal = stderr().is_terminal();
    let (done, watching) = channel::<()>();
    let (total_sender, total) = channel::<u64>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let Ok(total) = total.recv() else { return };
            let bar = if on_terminal { bar(total) } else { ProgressBar::hidden() };
            let pause = Duration::from_millis(if on_terminal { 100 } else { 10_000 });
            while watching.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let bytes = progress.bytes.load(Ordering::Relaxed);
                let records = progress.records.load(Ordering::Relaxed);
                bar.set_position(bytes);
                bar.set_message(format!("{records} records"));
                if !on_terminal {
                    let percent = bytes.saturating_mul(100).checked_div(total).unwrap_or(0);
                    let _ = writeln!(stderr(), "{percent} % read, {records} records");
                }
            }
            bar.finish_and_clear();
        });
        let result = work(progress, &|bytes| {
            let _ = total_sender.send(bytes);
        });
        drop(total_sender);
        drop(done);
        Ok(result?)
    })
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {percent} %  {bytes_per_sec}  {msg}  {eta} left")
    {
        bar.set_style(style);
    }
    bar
}

fn report(args: &Args, result: &RunResult) -> Result<(), Failure> {
    let rejected =
        result.manifest.counts.rejected + result.manifest.events.as_ref().map_or(0, |events| events.rejected);
    let all = result.folder.join("rejects.csv");
    for reject in &result.first_rejects {
        if args.log_format.is_some() {
            warn!("rejected: {reject}");
        } else {
            writeln!(stderr(), "rejected: {reject}")?;
        }
    }
    if rejected > 0 && args.log_format.is_some() {
        warn!(rejected, all = %all.display(), "rows were rejected");
    } else if rejected > 0 {
        writeln!(stderr(), "hint: {rejected} rows were rejected, all of them are in {}", all.display())?;
    }
    let mut out = stdout().lock();
    if args.json {
        out.write_all(&std::fs::read(result.folder.join("run.json"))?)?;
        return Ok(());
    }
    if args.quiet {
        return Ok(());
    }
    for input in &result.manifest.inputs {
        writeln!(out, "{}: {} records, layout {}", input.path, input.rows, input.layout)?;
    }
    writeln!(out)?;
    let shown = match args.releasing.release().small {
        Some(_) => render_tables(&result.tables, 80),
        None => render(&result.counts, 80),
    };
    writeln!(out, "{shown}")?;
    let counts = result.manifest.counts;
    writeln!(out, "{} read = {} written + {} rejected", counts.read, counts.written, counts.rejected)?;
    if let Some(events) = &result.manifest.events {
        let EventCounts { read, matched, unmatched, rejected, other_resources, .. } = events;
        writeln!(
            out,
            "{read} events read = {matched} matched + {unmatched} unmatched + {rejected} rejected"
        )?;
        if *other_resources > 0 {
            writeln!(out, "{other_resources} FHIR resources that are no staging were left aside")?;
        }
    }
    writeln!(out, "Results: {}", result.folder.display())?;
    Ok(())
}
