//! What stops the writing of a result.

use std::io;
use std::path::{Path, PathBuf};

/// A result that cannot be written. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The file system is full.
    #[error("{}: the disk is full\nhint: free space or choose another folder; nothing of this run was kept", path.display())]
    DiskFull {
        /// File being written.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{}: cannot be written: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The output folder has something in it.
    #[error("{}: the folder is not empty\nhint: choose another folder, or give --overwrite to replace an earlier run", path.display())]
    NotEmpty {
        /// Folder.
        path: PathBuf,
    },
    /// The output folder is to be overwritten but holds no run.
    #[error("{}: holds no run.json, so it is not the result of a run and is not overwritten\nhint: choose another folder", path.display())]
    NotARun {
        /// Folder.
        path: PathBuf,
    },
    /// The output folder is to be overwritten but holds something beside a run.
    #[error("{}: holds `{name}`, which no run writes, and is not overwritten\nhint: move it away or choose another folder", path.display())]
    Foreign {
        /// Folder.
        path: PathBuf,
        /// The first such name.
        name: String,
    },
    /// The records and their new columns do not make one batch.
    #[error("{frame}: the batches do not have the columns that were announced: {message}")]
    Batch {
        /// Name of the frame.
        frame: String,
        /// What Arrow says.
        message: String,
    },
    /// Another run is filling the same folder.
    #[error("{}: another run is writing this folder\nhint: wait until it has finished, or choose another folder", path.display())]
    Locked {
        /// Folder.
        path: PathBuf,
    },
    /// There is no result to look at.
    #[error("{}: cannot be read as the manifest of a result: {message}\nhint: name the folder that --out named; it holds run.json", path.display())]
    NoManifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A file of the result is gone before it was finished.
    #[error("{}: was removed while the run was writing\nhint: nothing of this run was kept; look for what clears this folder", path.display())]
    Vanished {
        /// File.
        path: PathBuf,
    },
    /// The output is a link that leads nowhere.
    #[error("{}: is a link to something that does not exist\nhint: name the folder itself", path.display())]
    Link {
        /// Path.
        path: PathBuf,
    },
    /// The output is a file.
    #[error("{}: is a file, not a folder", path.display())]
    NotAFolder {
        /// Path.
        path: PathBuf,
    },
    /// The Parquet writer failed.
    #[error("{}: cannot be written as Parquet: {message}", path.display())]
    Parquet {
        /// File.
        path: PathBuf,
        /// What the writer said.
        message: String,
    },
    /// New columns that do not fit the records.
    #[error("{}: new columns have {found} rows for {expected} records from line {line}", path.display())]
    Uneven {
        /// File being written.
        path: PathBuf,
        /// Line of the first record of the chunk.
        line: u64,
        /// Rows of the new column, or cells of the row.
        found: usize,
        /// Records, or columns of the table.
        expected: usize,
    },
    /// Records were lost.
    #[error(
        "{read} records read, but {written} written and {rejected} rejected\nhint: this is a fault of rstage; the result was not kept"
    )]
    Unbalanced {
        /// Records and rejects read.
        read: u64,
        /// Records written.
        written: u64,
        /// Rows rejected.
        rejected: u64,
    },
    /// Events were lost.
    #[error(
        "{read} events read, but {matched} matched, {unmatched} unmatched and {rejected} rejected\nhint: this is a fault of rstage; the result was not kept"
    )]
    EventsLost {
        /// Events and rejects read.
        read: u64,
        /// Events with a record.
        matched: u64,
        /// Events without.
        unmatched: u64,
        /// Rows rejected.
        rejected: u64,
    },
}

impl OutputError {
    /// Whether the folder that was asked for cannot be used as it is, which only the user can change.
    pub fn is_about_the_place(&self) -> bool {
        matches!(
            self,
            Self::NotEmpty { .. }
                | Self::NotARun { .. }
                | Self::Foreign { .. }
                | Self::NotAFolder { .. }
                | Self::Link { .. }
        )
    }

    /// An error of the system with the path that it is about.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return Self::DiskFull { path };
        }
        Self::Io { path, source }
    }

    /// An error of the Parquet writer, which may be one of the system.
    pub(super) fn parquet(path: &Path, error: parquet::errors::ParquetError) -> Self {
        if let parquet::errors::ParquetError::External(source) = error {
            return match source.downcast::<io::Error>() {
                Ok(source) => Self::io(path, *source),
                Err(other) => Self::Parquet { path: path.to_owned(), message: other.to_string() },
            };
        }
        Self::Parquet { path: path.to_owned(), message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_called_so() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let path = Path::new("out/records.csv");
        assert!(OutputError::io(path, full()).to_string().contains("the disk is full"));
        let wrapped = parquet::errors::ParquetError::External(Box::new(full()));
        assert!(OutputError::parquet(path, wrapped).to_string().contains("the disk is full"));
    }
}
