//! What stops the reading of a file, told so that the person who sent it can repair it.

use std::path::{Path, PathBuf};

use super::{Compression, RejectCause};

/// An input that cannot be read at all. A row that cannot be read is a [`super::Reject`] instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// Asked from outside to stop while looking for the columns of a file.
    #[error("stopped by signal {signal}; nothing was written")]
    Stopped {
        /// The signal.
        signal: usize,
    },
    /// An argument names nothing.
    #[error("{}: no such file or folder", path.display())]
    NotFound {
        /// Argument as given.
        path: PathBuf,
    },
    /// A glob that no file matches.
    #[error(
        "{pattern}: no file matches this pattern\nhint: quote the pattern so that the shell leaves it alone, and check the folder"
    )]
    NoMatch {
        /// Pattern as given.
        pattern: String,
    },
    /// A glob that cannot be parsed.
    #[error("{pattern}: not a valid file pattern ({source})")]
    Pattern {
        /// Pattern as given.
        pattern: String,
        /// What is wrong with it.
        source: glob::PatternError,
    },
    /// A folder without tables.
    #[error("{}: the folder holds no table\nhint: tables are files named .csv, .tsv, .txt (also with .gz or .zst) or .parquet; subfolders are not searched", path.display())]
    NoTables {
        /// Folder.
        path: PathBuf,
    },
    /// One file given twice.
    #[error("{}: the same file is given twice (also as {})\nhint: its records would be counted twice; give it once", path.display(), first.display())]
    Twice {
        /// Second mention.
        path: PathBuf,
        /// First mention.
        first: PathBuf,
    },
    /// A pipe, a device or a folder where a file is needed.
    #[error("{}: not a regular file\nhint: inputs are read more than once; save the data to a file first", path.display())]
    NotAFile {
        /// Path.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// No bytes, or nothing but blank lines.
    #[error("{}: the file is empty", path.display())]
    Empty {
        /// File.
        path: PathBuf,
    },
    /// A header and nothing below it.
    #[error("{}: the file has a header but no records", path.display())]
    NoRecords {
        /// File.
        path: PathBuf,
    },
    /// Something other than a table.
    #[error("{}: looks like {what}, not a table\nhint: {hint}", path.display())]
    NotATable {
        /// File.
        path: PathBuf,
        /// What it looks like.
        what: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// A header that cannot be read.
    #[error("{}:{line}: the header cannot be read: {cause}", path.display())]
    Header {
        /// File.
        path: PathBuf,
        /// Physical line.
        line: u64,
        /// Why.
        cause: RejectCause,
    },
    /// A compressed file that ends too early.
    #[error("{}: the {compression} stream ends too early, after line {line} (byte {byte} of the file)\nhint: the file is truncated; fetch or copy it again", path.display())]
    Truncated {
        /// File.
        path: PathBuf,
        /// Compression.
        compression: Compression,
        /// Last line that could be read.
        line: u64,
        /// Compressed bytes read.
        byte: u64,
    },
    /// A compressed file that is damaged.
    #[error("{}: the {compression} stream is damaged after line {line} (near byte {byte} of the file): {source}\nhint: fetch or copy the file again", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// Compression.
        compression: Compression,
        /// Last line that could be read.
        line: u64,
        /// Compressed bytes read.
        byte: u64,
        /// Cause.
        source: std::io::Error,
    },
    /// More columns than are allowed.
    #[error("{}: has {found} columns, more than {limit}\nhint: the delimiter may be another; --max-columns allows more", path.display())]
    TooManyColumns {
        /// File.
        path: PathBuf,
        /// Its columns, or as many as were read.
        found: usize,
        /// Columns that are allowed.
        limit: usize,
    },
    /// A compressed file that holds more than is allowed.
    #[error("{}: the {compression} stream unpacks to more than {limit} bytes, after line {line}\nhint: see where the file comes from; if it is sound, --max-unpacked-bytes allows more", path.display())]
    UnpackedTooLarge {
        /// File.
        path: PathBuf,
        /// Compression.
        compression: Compression,
        /// Last line that was read.
        line: u64,
        /// Bytes that are allowed.
        limit: u64,
    },
    /// Parquet inside gzip or zstd.
    #[error("{}: a Parquet file inside a {compression} stream\nhint: unpack it first; Parquet is compressed within", path.display())]
    PackedParquet {
        /// File.
        path: PathBuf,
        /// Outer compression.
        compression: Compression,
    },
    /// XML that cannot be read on.
    #[error("{}:{line}: the XML cannot be read: {problem}\nhint: write the file again; NAACCR XML is UTF-8, with Patient and Tumor elements within NaaccrData", path.display())]
    Xml {
        /// File.
        path: PathBuf,
        /// Physical line.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// A Parquet file that is truncated, damaged or of an unknown kind.
    #[error("{}: not a whole Parquet file, after row {row}: {message}\nhint: fetch or write the file again; a download that was cut off looks like this", path.display())]
    Parquet {
        /// File.
        path: PathBuf,
        /// Rows read before.
        row: u64,
        /// What the Parquet reader said.
        message: String,
    },
    /// A Parquet column that is no column of plain values.
    #[error("{}: column `{column}` holds nested values ({kind})\nhint: flatten it to one value per row, or drop it", path.display())]
    Nested {
        /// File.
        path: PathBuf,
        /// Column.
        column: String,
        /// Type as Arrow names it.
        kind: String,
    },
}

impl InputError {
    /// JSON resources where a table is needed.
    pub(super) fn no_table(path: &Path) -> Self {
        let hint = "FHIR resources tell of events: give them with --events beside a table of records";
        Self::NotATable { path: path.to_owned(), what: "JSON, one resource a line", hint }
    }

    /// An error of the system with the path that it is about.
    pub(super) fn io(path: &Path, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::NotFound {
            return Self::NotFound { path: path.to_owned() };
        }
        Self::Io { path: path.to_owned(), source }
    }
}
