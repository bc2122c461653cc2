//! `rstage diff`.

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;

use rstage::audit::{AuditRules, Config, Severity};
use rstage::category::{Cell, Parsed, parse};
use rstage::diff::render;
use rstage::fields::{Coding, Field};
use rstage::pipeline::{DiffConfig, DiffResult, diff};

use super::failure::Failure;
use super::run::{FailOn, watched};
use super::shared::{Assuming, Hiding, Pseudonyms, Reading};

/// Options of `rstage diff`.
#[derive(clap::Args)]
#[command(
    after_help = "OLD and NEW are exports, or folders that `rstage run` made: then the stages of those runs are compared.\n\
    Example:\n  rstage diff monday.csv tuesday.csv --date 2026-11-24 --out changes"
)]
pub(crate) struct Args {
    /// The older export: a file, a folder, or a pattern in quotes
    #[arg(value_name = "OLD")]
    old: String,
    /// The newer export
    #[arg(value_name = "NEW")]
    new: String,
    /// The folder to make for the results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace an earlier result in --out
    #[arg(long)]
    overwrite: bool,
    /// Fields or columns that make the key of a tumor; registry, patient and tumor number if not given
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    key: Vec<String>,
    /// Day of the newer export; if not given, an export is as old as the last contact that a record tells
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Compare every column that both exports have and show every value, identifiers included
    #[arg(long)]
    all_columns: bool,
    /// Map file of the older export, where it differs from --map
    #[arg(long, value_name = "FILE")]
    map_old: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    assuming: Assuming,
    /// Worker threads; as many as the machine has cores if not given
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
    /// Exit with 1 where a finding is at least this severe
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Exit with 4 where more rows than this cannot be compared
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_rejects: u64,
    #[command(flatten)]
    pseudonyms: Pseudonyms,
    #[command(flatten)]
    hiding: Hiding,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
    /// Print the manifest as JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Cut the exports into so many partitions
    #[arg(long, hide = true)]
    partitions: Option<usize>,
    /// Mebibytes of records to hold in memory
    #[arg(long, hide = true)]
    memory: Option<usize>,
}

/// Runs it; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    let config = config(args)?;
    let result = watched(!args.quiet && !args.json, |progress, started| diff(&config, progress, started))?;
    report(args, &result)?;
    Ok(u8::try_from(result.verdict.exit()).unwrap_or(5))
}

fn config(args: &Args) -> Result<DiffConfig, Failure> {
    let map_old = args.map_old.as_ref().map(|map| args.reading.mapping_with(Some(map))).transpose()?;
    let day = args.date.as_deref().map(|text| match parse(Field::DxDate, Coding::Plain, text) {
        Parsed::Date(Cell::Value(date)) => Ok(date.earliest()),
        _ => Err(Failure::Usage(format!("--date: `{text}` is no date\nhint: write it as 2026-11-24"))),
    });
    Ok(DiffConfig {
        old: args.old.clone(),
        new: args.new.clone(),
        key: args.key.iter().map(|name| name.trim().to_owned()).collect(),
        out: args.out.clone(),
        overwrite: args.overwrite,
        read: args.reading.options(),
        map: args.reading.mapping()?,
        map_old,
        policy: args.assuming.policy(),
        audit: Config::default(),
        day: day.transpose()?,
        all_columns: args.all_columns,
        threads: args.threads,
        fail_on: args.fail_on.map(Severity::from),
        max_rejects: args.max_rejects,
        keys: args.pseudonyms.keys()?,
        small: args.hiding.small(),
        partitions: args.partitions,
        memory: args.memory.map_or(DiffConfig::MEMORY, |mebibytes| mebibytes << 20),
    })
}

fn report(args: &Args, result: &DiffResult) -> Result<(), Failure> {
    for reject in &result.first_rejects {
        writeln!(stderr(), "not compared: {reject}")?;
    }
    let unreadable = result.tally.counts.unreadable;
    if unreadable > 0 {
        let all = result.folder.join("rejects.csv");
        writeln!(
            stderr(),
            "hint: {unreadable} rows were not compared, all of them are in {}",
            all.display()
        )?;
    }
    let mut out = stdout().lock();
    if args.json {
        out.write_all(&std::fs::read(result.folder.join("run.json"))?)?;
        return Ok(());
    }
    if args.quiet {
        return Ok(());
    }
    let rules = AuditRules::builtin()?;
    let name = |id: &str| format!("{id} {}", rules.rule(id).map_or("", |rule| rule.name.as_str()));
    for (side, inputs) in [("old", &result.manifest.old), ("new", &result.manifest.new)] {
        for input in inputs {
            let file = &input.file;
            writeln!(out, "{side}: {}: {} records, layout {}", file.path, file.rows, file.layout)?;
        }
    }
    writeln!(out)?;
    writeln!(out, "{}", render(&result.tally, &result.hidden, name))?;
    writeln!(out, "Results: {}", result.folder.display())?;
    Ok(())
}
