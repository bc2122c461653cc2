//! `rstage synth`.

use std::io::{BufWriter, Write, stderr};
use std::path::{Path, PathBuf};

use rstage::synth::{Generator, write_csv, write_events, write_parquet};
use tempfile::NamedTempFile;

use super::failure::Failure;

/// Options of `rstage synth`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Records to make
    #[arg(long, value_name = "N")]
    rows: u64,
    /// Seed; the same seed gives the same bytes
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// File to make, .csv or .parquet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Events to make beside the records, in --events-out; fewer where the records tell of fewer
    #[arg(long, value_name = "N", requires = "events_out")]
    events: Option<u64>,
    /// File of the events to make, .csv
    #[arg(long, value_name = "FILE", requires = "events")]
    events_out: Option<PathBuf>,
    /// Replace the files if they exist
    #[arg(long)]
    force: bool,
}

/// Runs it; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    let parquet = match args.out.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => false,
        Some("parquet") => true,
        _ => return Err(Failure::Usage("--out must end in .csv or .parquet".to_owned())),
    };
    if args
        .events_out
        .as_ref()
        .is_some_and(|path| path.extension().is_none_or(|extension| extension != "csv"))
    {
        return Err(Failure::Usage("--events-out must end in .csv".to_owned()));
    }
    for path in [Some(&args.out), args.events_out.as_ref()].into_iter().flatten() {
        if path.exists() && !args.force {
            let place = path.display();
            return Err(Failure::Usage(format!("{place}: exists already\nhint: --force replaces it")));
        }
    }
    let generator = Generator::new(args.rows, args.seed)?;
    let file = beside(&args.out)?;
    if parquet {
        write_parquet(&generator, file.path())?;
    } else {
        let mut out = BufWriter::new(file.as_file());
        write_csv(&generator, &mut out)?;
        out.flush()?;
    }
    file.persist(&args.out).map_err(|error| error.error)?;
    writeln!(stderr(), "{}: {} records", args.out.display(), args.rows)?;
    if let (Some(wanted), Some(path)) = (args.events, &args.events_out) {
        let file = beside(path)?;
        let written = write_events(&generator, wanted, BufWriter::new(file.as_file()))?;
        file.persist(path).map_err(|error| error.error)?;
        writeln!(stderr(), "{}: {written} events", path.display())?;
    }
    Ok(0)
}

/// A file that stands beside the one to make until it is whole.
fn beside(path: &Path) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    // Synthetic data needs no protection: the permissions of any new file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder.unwrap_or_else(|| ".".as_ref()))
}
