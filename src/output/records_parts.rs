//! Enriched records as Parquet, written so that a run that is killed can be gone on with.
//!
//! A Parquet file has its table of contents at its end, and nothing can be added behind it. Until all records are
//! there they lie in parts, each a whole Parquet file of some row groups; in the end the row groups are copied in
//! their bytes into one file, which is the same as one that was written at once.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaDataReader;

use super::records_parquet::{Columns, ParquetFile, ParquetPlan};
use super::records_splice::Splice;
use super::{Digest, OutputError};

/// Parts of a file of records to be.
pub(super) struct ParquetParts {
    path: PathBuf,
    plan: Arc<ParquetPlan>,
    /// Parts that are whole.
    whole: u64,
    open: Option<ParquetFile>,
    /// How far the inputs have been copied by the parts that are whole.
    splice: Option<Splice>,
}

impl ParquetParts {
    /// No part yet. The parts stand beside the path under hidden names.
    pub(super) fn create(path: &Path, plan: Arc<ParquetPlan>) -> Self {
        let splice = plan.splice.clone();
        Self { path: path.to_owned(), plan, whole: 0, open: None, splice }
    }

    /// The parts that hold the first rows; those behind them, of a process that is gone, are written anew.
    pub(super) fn reopen(path: &Path, plan: Arc<ParquetPlan>, rows: u64) -> Result<Self, OutputError> {
        let mut parts = Self::create(path, plan);
        let mut seen = 0;
        while seen < rows {
            let part = parts.part(parts.whole);
            seen += rows_of(&part).map_err(|error| OutputError::parquet(&part, error))?;
            parts.whole += 1;
        }
        if seen > rows {
            let error = ParquetError::General(format!("its parts hold {seen} rows instead of {rows}"));
            return Err(OutputError::parquet(path, error));
        }
        if let Some(splice) = &mut parts.splice {
            splice.skip(rows).map_err(|error| OutputError::parquet(path, error))?;
        }
        Ok(parts)
    }

    fn part(&self, number: u64) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}-{number}"))
    }

    /// Adds columns to the open part.
    pub(super) fn write(&mut self, columns: &Columns) -> Result<(), OutputError> {
        if self.open.is_none() {
            let new = ParquetFile::create(&self.part(self.whole), &self.plan)?;
            self.open = Some(new.going_on(self.splice.take()));
        }
        self.open.as_mut().map_or(Ok(()), |open| open.write(columns))
    }

    /// Completes the open part and brings it to the disk; the number of parts.
    pub(super) fn sync(&mut self) -> Result<u64, OutputError> {
        if let Some(mut open) = self.open.take() {
            open.close()?;
            self.splice = open.into_splice();
            let part = self.part(self.whole);
            File::open(&part)
                .and_then(|file| file.sync_all())
                .map_err(|source| OutputError::io(&part, source))?;
            self.whole += 1;
        }
        Ok(self.whole)
    }

    /// Puts the parts together. They stay where they are: until the result is in place it may have to be done again.
    pub(super) fn finish(mut self) -> Result<Digest, OutputError> {
        self.sync()?;
        let paths: Vec<PathBuf> = (0..self.whole).map(|number| self.part(number)).collect();
        let mut file = ParquetFile::create(&self.path, &self.plan)?;
        let mut splice = Splice::of_parts(&paths).map_err(|error| OutputError::parquet(&self.path, error))?;
        for part in 0..paths.len() {
            file.copy_groups(&mut splice, part)?;
        }
        file.close()
    }
}

/// Rows of a part. One that is not there, or not whole, was promised and is missing.
fn rows_of(part: &Path) -> Result<u64, ParquetError> {
    let footer = ParquetMetaDataReader::new().parse_and_finish(&File::open(part)?)?;
    match u64::try_from(footer.file_metadata().num_rows()) {
        Ok(rows) if rows > 0 => Ok(rows),
        _ => Err(ParquetError::General("a part without rows".to_owned())),
    }
}
