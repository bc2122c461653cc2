//! FHIR resources as a bulk export gives them, one a line, to events: the Observations of TNM stage groups
//! and categories of mCODE.
//!
//! All else in such a file is left aside and counted. A line tells only a part of a staging, so the lines
//! are brought together first; then they go the way of any other table of events.

mod codes;
mod join;
mod observation;
mod staging;

use std::io;
use std::path::Path;

use join::Joiner;
use observation::Resource;
use staging::Place;

use crate::input::{InputFile, Line, Options, Reject};
use crate::pipeline::RunError;

pub(super) use staging::{COLUMNS, Joined};

/// The staging Observations of all files of a run.
pub(super) struct Exports {
    joiner: Joiner,
    /// Resources that are no staging.
    pub(super) other: u64,
    /// Observations that were withdrawn.
    pub(super) withdrawn: u64,
}

impl Exports {
    /// None yet; what does not fit in memory goes to this folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self { joiner: Joiner::new(folder), other: 0, withdrawn: 0 }
    }

    /// Takes a line, or gives it back with the reason why it cannot be used.
    pub(super) fn take(&mut self, line: &Line<'_>) -> io::Result<Option<Reject>> {
        match observation::read(line.bytes) {
            Ok(Resource::Staging(own)) => {
                self.joiner.push(Place { file: line.file, line: line.number }, *own)?;
            }
            Ok(Resource::Withdrawn) => self.withdrawn += 1,
            Ok(Resource::Other) => self.other += 1,
            Err(why) => return Ok(Some(line.reject(why))),
        }
        Ok(None)
    }

    /// Hands on what came of the Observations, in an order that depends on them alone.
    pub(super) fn finish<E: From<io::Error>>(
        self,
        each: impl FnMut(Joined) -> Result<(), E>,
    ) -> Result<(), E> {
        self.joiner.finish(each)
    }
}

/// Hands on the stagings that the lines of a FHIR export tell, each as the texts that a run reads its events
/// from, and the lines that cannot be used. What does not fit in memory goes to the folder `spill`.
///
/// # Errors
/// The file cannot be read, or the folder not be written.
pub fn fhir_stagings(
    file: &InputFile,
    options: &Options,
    spill: &Path,
    mut each: impl FnMut(Result<&[String], &Reject>),
) -> Result<(), RunError> {
    let mut exports = Exports::new(spill);
    let mut lines = file.lines(options)?;
    while let Some(line) = lines.next_line()? {
        let reject = match line {
            Ok(line) => exports.take(&line)?,
            Err(reject) => Some(reject),
        };
        if let Some(reject) = reject {
            each(Err(&reject));
        }
    }
    exports.finish(|joined| {
        match &joined {
            Joined::Staging(staging) => each(Ok(&staging.cells)),
            Joined::Refused(reject) => each(Err(reject)),
            Joined::Repeated => {}
        }
        Ok(())
    })
}
