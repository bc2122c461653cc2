//! `rstage columns`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use rstage::fields::{mapping_file, recognise_columns, render, report};
use rstage::input::discover;

use super::failure::Failure;
use super::shared::{OwnRules, Reading};

/// Options of `rstage columns`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Exports: files, folders, or patterns in quotes
    #[arg(required = true, value_name = "EXPORT")]
    inputs: Vec<String>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    own: OwnRules,
    /// Write a map file to edit, for the first export
    #[arg(long, value_name = "FILE")]
    write_map: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs it; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    // No column depends on the rules; a folder that cannot be used is better told now than by the run.
    args.own.read()?;
    let options = args.reading.mapping()?;
    let mut out = stdout().lock();
    for (index, file) in discover(&args.inputs, &args.reading.options())?.iter().enumerate() {
        let place = file.path.display().to_string();
        let fields = |source| Failure::Fields { place: place.clone(), source };
        let (mapping, lack) = recognise_columns(&file.header, &options).map_err(fields)?;
        let found = report(&mapping).map_err(fields)?;
        if args.json {
            let text = serde_json::to_string_pretty(&found).map_err(std::io::Error::from)?;
            writeln!(out, "{text}")?;
        } else {
            writeln!(out, "{place}")?;
            writeln!(out, "{}", render(&found))?;
        }
        if let Some(path) = args.write_map.as_ref().filter(|_| index == 0) {
            // An edited map file is somebody's work.
            let mut map = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
            map.write_all(mapping_file(&mapping).as_bytes())?;
            writeln!(out, "Map file to edit: {}", path.display())?;
        }
        if let Some(source) = lack {
            return Err(Failure::Fields { place, source });
        }
    }
    Ok(0)
}
