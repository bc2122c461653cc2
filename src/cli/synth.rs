//! `rstage synth`.

use std::io::{BufWriter, Write, stderr};
use std::path::PathBuf;

use rstage::synth::{Generator, write_csv, write_parquet};

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
    /// Replace the file if it exists
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
    if args.out.exists() && !args.force {
        let place = args.out.display();
        return Err(Failure::Usage(format!("{place}: exists already\nhint: --force replaces it")));
    }
    let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    // Synthetic data needs no protection: the permissions of any new file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(folder.unwrap_or_else(|| ".".as_ref()))?;
    let generator = Generator::new(args.rows, args.seed)?;
    if parquet {
        write_parquet(&generator, file.path())?;
    } else {
        let mut out = BufWriter::new(file.as_file());
        write_csv(&generator, &mut out)?;
        out.flush()?;
    }
    file.persist(&args.out).map_err(|error| error.error)?;
    writeln!(stderr(), "{}: {} records", args.out.display(), args.rows)?;
    Ok(0)
}
