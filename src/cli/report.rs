//! `rstage report`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use rstage::audit::{AuditRules, Config};
use rstage::output::replace;
use rstage::pipeline::RunError;
use rstage::report::{Folder, page};

use super::failure::Failure;

/// Options of `rstage report`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of a run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// An earlier run whose key figures are set beside those of this one
    #[arg(long, value_name = "RUN")]
    previous: Option<PathBuf>,
    /// Where to write the page; report.html in the folder of the run if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Makes the page; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    let run = Folder::open(&args.run)?;
    let previous = args.previous.as_deref().map(Folder::open).transpose()?;
    let audit = AuditRules::configured(&Config::default())?;
    let html = page(&run, previous.as_ref(), &audit)?;
    let place = args.out.clone().unwrap_or_else(|| args.run.join("report.html"));
    replace(&place, html.as_bytes()).map_err(RunError::from)?;
    writeln!(stdout(), "{}", place.display())?;
    Ok(0)
}
