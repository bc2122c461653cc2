//! What can be wrong with an algorithm file: which file, which entry, what, and what to do.

use std::path::PathBuf;

/// Why an algorithm cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeerError {
    /// The file or folder cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not an algorithm at all, or one that asks for too much.
    #[error("{}: {what}\nhint: give the ZIP file of an algorithm as SEER publishes it, or the folder it was unpacked to", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// More comes out of it than may.
    #[error("{}: its tables and schemas are larger than {most} bytes\nhint: --max-algorithm-bytes allows more, where the file is to be trusted", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// So much may come out.
        most: u64,
    },
    /// One of its tables or schemas is wrong.
    #[error("{}: {entry}: {what}", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// Name inside the ZIP or folder.
        entry: String,
        /// What is wrong, and where in the entry.
        what: String,
    },
    /// Two files of one algorithm are given.
    #[error(
        "{} and {}: both are the algorithm {name}\nhint: one case can have one answer of {name} only; run twice to compare two versions",
        first.display(), second.display()
    )]
    Twice {
        /// Name of the algorithm.
        name: String,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}
