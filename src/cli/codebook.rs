//! `rstage codebook`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::ValueEnum;
use rstage::codebook::{Form, codebook};

use super::failure::Failure;

/// Options of `rstage codebook`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A table of columns and codes (csv, markdown), or a program that reads records.csv and labels it
    #[arg(long, value_name = "FORMAT", default_value = "markdown")]
    format: Format,
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
    let text = codebook(match args.format {
        Format::Csv => Form::Csv,
        Format::Markdown => Form::Markdown,
        Format::Sas => Form::Sas,
        Format::Stata => Form::Stata,
        Format::R => Form::R,
        Format::Python => Form::Python,
    });
    match &args.out {
        Some(path) => std::fs::write(path, text)?,
        None => stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(0)
}
