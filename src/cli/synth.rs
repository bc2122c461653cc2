//! `rstage synth`.

use super::failure::Failure;

/// Options of `rstage synth`.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// Runs it; the exit status.
pub(crate) fn main(_args: &Args) -> Result<u8, Failure> {
    Err(Failure::Usage("not yet".to_owned()))
}
