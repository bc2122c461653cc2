//! `rstage verify`.

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;

use rstage::output::verify;
use rstage::pipeline::RunError;

use super::failure::Failure;

/// Options of `rstage verify`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder that `--out` of a run or of a comparison named
    #[arg(value_name = "RUN")]
    folder: PathBuf,
    /// Compare the inputs with their hashes as well
    #[arg(long)]
    inputs: bool,
}

/// Runs it; the exit status: 0 where everything is as it was written, 1 otherwise.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    let verified = verify(&args.folder, args.inputs).map_err(RunError::from)?;
    if !verified.mismatches.is_empty() {
        for mismatch in &verified.mismatches {
            writeln!(stderr(), "mismatch: {mismatch}")?;
        }
        return Ok(1);
    }
    let mut out = stdout().lock();
    let commit = verified.program.commit.map(|commit| format!(" ({commit})")).unwrap_or_default();
    let records = verified.records.map(|records| format!(", {records} records counted")).unwrap_or_default();
    writeln!(out, "Written by rstage {}{commit}", verified.program.version)?;
    writeln!(out, "{} files, {} bytes are as they were{records}", verified.files, verified.bytes)?;
    writeln!(out, "run.json itself: blake3 {}", verified.manifest.blake3)?;
    Ok(0)
}
