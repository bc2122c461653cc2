//! `rstage codebook`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::ValueEnum;
use rstage::codebook::{Form, codebook};
use rstage::seer::{Algorithms, SeerError, current_year};

use super::failure::Failure;
use super::shared::AlgorithmLimit;

/// Options of `rstage codebook`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A table of columns and codes (csv, markdown), or a program that reads records.csv and labels it
    #[arg(long, value_name = "FORMAT", default_value = "markdown")]
    format: Format,
    /// An algorithm of SEER (its ZIP file, or the folder it was unpacked to) whose columns to tell instead of those
    /// of CS 02.05.50, TNM 2.1, EOD 3.3 and Pediatric 1.3; may be repeated, as with `rstage run`
    #[arg(long, value_name = "FILE")]
    algorithm: Vec<PathBuf>,
    #[command(flatten)]
    algorithm_limit: AlgorithmLimit,
    /// The file to write; standard output if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Markdown,
    Sas,
    Stata,
    R,
    Python,
}

/// Runs it; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    let form = match args.format {
        Format::Csv => Form::Csv,
        Format::Markdown => Form::Markdown,
        Format::Sas => Form::Sas,
        Format::Stata => Form::Stata,
        Format::R => Form::R,
        Format::Python => Form::Python,
    };
    let open = |path: &PathBuf| args.algorithm_limit.read(path)?.compile(current_year());
    let opened = args.algorithm.iter().map(open).collect::<Result<Vec<_>, SeerError>>()?;
    let algorithms = if opened.is_empty() { None } else { Some(Algorithms::new(opened)?) };
    let text = codebook(form, algorithms.as_ref());
    match &args.out {
        Some(path) => std::fs::write(path, text)?,
        None => stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(0)
}
