//! `rstage summary`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use rstage::pipeline::{SummaryConfig, summarise};
use rstage::summary::{render, render_tables};

use super::failure::Failure;
use super::shared::Releasing;

/// Options of `rstage summary`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folders of runs, or files that --counts wrote
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The folder to make for the tables
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace an earlier result in --out
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    releasing: Releasing,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
    /// Print the manifest as JSON instead of tables
    #[arg(long)]
    json: bool,
}

/// Runs it; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    let config = SummaryConfig {
        runs: args.runs.clone(),
        out: args.out.clone(),
        overwrite: args.overwrite,
        release: args.releasing.release(),
    };
    let summary = summarise(&config)?;
    let mut out = stdout().lock();
    if args.json {
        let text = serde_json::to_string_pretty(&summary.manifest).map_err(std::io::Error::from)?;
        writeln!(out, "{text}")?;
    } else if !args.quiet {
        let shown = match config.release.small {
            Some(_) => render_tables(&summary.tables, 80),
            None => render(&summary.counts, 80),
        };
        writeln!(out, "{shown}")?;
        let counts = summary.manifest.counts;
        writeln!(out, "{} read = {} written + {} rejected", counts.read, counts.written, counts.rejected)?;
        writeln!(out, "{} runs, results: {}", summary.manifest.runs.len(), summary.folder.display())?;
    }
    Ok(0)
}
