//! What stops a comparison.

use std::path::PathBuf;

/// Two exports that cannot be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiffError {
    /// An export has no column for the key, or for a part of it.
    #[error(
        "{}: no column for the key {part}\n  its columns are: {}\nhint: name the key by fields or columns: --key COLUMN[,COLUMN]",
        path.display(), columns.join(", ")
    )]
    NoKey {
        /// The export.
        path: PathBuf,
        /// What was looked for.
        part: String,
        /// The columns that it has.
        columns: Vec<String>,
    },
    /// Old and new are one file.
    #[error("{}: is part of both exports\nhint: give the older export first, then the newer one", path.display())]
    SameFile {
        /// The file.
        path: PathBuf,
    },
    /// Records were lost between reading and comparing.
    #[error(
        "{side} export: {read} records read, but {accounted} accounted for\nhint: this is a fault of rstage; the result was not kept"
    )]
    Unaccounted {
        /// `old` or `new`.
        side: &'static str,
        /// Records and rejects read.
        read: u64,
        /// The sum of what they became.
        accounted: u64,
    },
}

impl DiffError {
    /// Whether other inputs or options would help.
    pub fn is_about_the_input(&self) -> bool {
        !matches!(self, Self::Unaccounted { .. })
    }
}
