//! Several runs as one: their counts added up, and the tables of the sum.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::RunError;
use super::tabulate::{COUNTS, Release, write_summaries};
use crate::output::{Counts, RunFolder};
use crate::summary::{Partial, Table};

/// What runs are added up to.
#[derive(Clone, Debug)]
pub struct SummaryConfig {
    /// Folders of runs, or files of counts.
    pub runs: Vec<PathBuf>,
    /// The folder to make.
    pub out: PathBuf,
    /// Whether an earlier result may be replaced.
    pub overwrite: bool,
    /// What of the counts is shown and kept.
    pub release: Release,
}

/// What the sum came to.
#[derive(Debug)]
pub struct Summary {
    /// Where the tables are.
    pub folder: PathBuf,
    /// The manifest as written.
    pub manifest: SummaryManifest,
    /// The counts behind the tables.
    pub counts: Partial,
    /// The tables as written.
    pub tables: Vec<Table>,
}

/// The manifest of a sum of runs.
#[derive(Clone, Debug, Serialize)]
pub struct SummaryManifest {
    /// Id of the sum.
    pub run: String,
    /// Ids of the runs in it.
    pub runs: Vec<String>,
    /// Version of rstage that the runs were made with.
    pub version: String,
    /// Hash of their rules.
    pub rules: String,
    /// Records of all of them.
    pub counts: Counts,
}

/// Adds up the counts of runs and writes their tables, exactly those of one run over all their inputs.
pub fn summarise(config: &SummaryConfig) -> Result<Summary, RunError> {
    config.release.check(&config.out)?;
    let mut runs = config.runs.iter().map(|run| Partial::read(&counts_of(run)));
    let mut partial = runs.next().unwrap_or_else(|| Ok(Partial::default()))?;
    for run in runs {
        partial.merge(run?)?;
    }
    let folder = RunFolder::create(&config.out, config.overwrite)?;
    let tables = write_summaries(&folder, &partial, &config.release)?;
    let origin = &partial.origin;
    let manifest = SummaryManifest {
        run: partial.run_id(),
        runs: origin.runs.iter().cloned().collect(),
        version: origin.version.clone(),
        rules: origin.rules.clone(),
        counts: Counts { read: origin.read, written: origin.written, rejected: origin.rejected },
    };
    manifest.counts.check()?;
    let folder = folder.finish_with(&manifest)?;
    config.release.keep_counts(&partial)?;
    Ok(Summary { folder, manifest, counts: partial, tables })
}

fn counts_of(run: &Path) -> PathBuf {
    if run.is_dir() { run.join(COUNTS) } else { run.to_owned() }
}
