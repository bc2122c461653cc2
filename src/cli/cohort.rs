//! `rstage cohort`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use rstage::cohort::{Filter, select};
use rstage::output::TableFormat;

use super::failure::Failure;
use super::shared::{Pseudonyms, Reading};

/// Options of `rstage cohort`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of a run, or enriched tables
    #[arg(required = true, value_name = "RUN")]
    inputs: Vec<String>,
    /// Which records, such as "origin = recurrent and oligo >= probable and stage = IV"
    #[arg(long = "where", value_name = "FILTER")]
    filter: String,
    /// File to make, .csv or .parquet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    pseudonyms: Pseudonyms,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
}

/// Runs it; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    let filter = Filter::parse(&args.filter).map_err(|error| Failure::Usage(format!("--where: {error}")))?;
    let format = match args.out.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => TableFormat::Csv,
        Some("parquet") => TableFormat::Parquet,
        _ => return Err(Failure::Usage("--out must end in .csv or .parquet".to_owned())),
    };
    if args.out.exists() && !args.force {
        let place = args.out.display();
        return Err(Failure::Usage(format!("{place}: exists already\nhint: --force replaces it")));
    }
    let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let temporary =
        tempfile::Builder::new().prefix(".rstage-").tempfile_in(folder.unwrap_or_else(|| ".".as_ref()))?;
    let counts = select(
        &args.inputs,
        &filter,
        &args.reading.options(),
        &args.reading.mapping()?,
        temporary.path(),
        format,
        &args.pseudonyms.keys()?,
    )?;
    temporary.persist(&args.out).map_err(|error| error.error)?;
    let mut out = stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&counts).map_err(std::io::Error::from)?)?;
    } else {
        writeln!(out, "{}: {} of {} records", args.out.display(), counts.taken, counts.read)?;
    }
    Ok(0)
}
