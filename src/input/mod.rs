//! Files to chunks of text columns.
//!
//! [`discover()`] turns arguments into [`InputFile`]s whose headers are known, [`InputFile::open`] gives a
//! [`Reader`], and that gives [`Chunk`]s. The room knows how tables are written down and nothing of what
//! their columns mean. What cannot be read of a table becomes a [`Reject`]; only a table that cannot be read
//! at all is an [`InputError`]. Original bytes (or Arrow arrays) stay with a chunk, so that what no rule
//! touches can be written out unchanged.

mod cell;
mod chunk;
mod csv;
mod dialect;
mod discover;
mod error;
mod file;
mod fixed_width;
mod frame;
mod hash;
mod header;
mod lines;
mod parquet;
mod records;
mod reject;
mod source;
mod xml;

pub use chunk::{Chunk, Coded, Column, Entries, Run};
pub use dialect::{Delimiter, Dialect, Encoding, Quoting, UnknownDelimiter, UnknownEncoding};
pub use discover::{discover, discover_events};
pub use error::InputError;
pub use file::{Held, InputFile, Kind, Reader};
pub use hash::hash_file;
pub use lines::{Line, Lines};
pub use parquet::{ParquetLayout, is_flat, text_array};
pub use reject::{Reject, RejectCause};
pub use source::Compression;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// The most different texts of a column that can be remembered at a time.
pub const MOST_DISTINCT: usize = 60_000;

/// How inputs are read. What is none is told from content.
#[derive(Clone, Debug)]
pub struct Options {
    /// Delimiter of text tables.
    pub delimiter: Option<Delimiter>,
    /// Meaning of quotes in text tables.
    pub quoting: Option<Quoting>,
    /// Encoding of text tables.
    pub encoding: Encoding,
    /// Records and rejects per chunk, at most.
    pub chunk_rows: usize,
    /// Bytes of text after which a chunk is closed.
    pub chunk_bytes: usize,
    /// Bytes of the longest record that is read.
    pub max_record_bytes: usize,
    /// Columns of the widest table that is read.
    pub max_columns: usize,
    /// Bytes that a compressed file may unpack to.
    pub max_unpacked_bytes: u64,
    /// Different texts of a column that are remembered at a time; they change no result.
    pub max_distinct: usize,
    /// Set to a signal's number from outside, it ends the look into a file that has to be read whole for its
    /// columns.
    pub stop: Arc<AtomicUsize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delimiter: None,
            quoting: None,
            encoding: Encoding::Utf8,
            chunk_rows: 16_384,
            chunk_bytes: 8 << 20,
            max_record_bytes: 16 << 20,
            max_columns: 10_000,
            max_unpacked_bytes: 100 << 30,
            max_distinct: MOST_DISTINCT,
            stop: Arc::default(),
        }
    }
}
