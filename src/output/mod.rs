//! What a run leaves behind, written whole or not at all.
//!
//! A [`RunFolder`] is filled under another name and moved into place by its manifest. In it, [`RecordsWriter`]
//! puts new columns beside the records as they were read, [`TableWriter`] writes findings and summaries, and
//! [`RejectsWriter`] what could not be read. The room writes what it is given and knows no rule.

mod access;
mod added;
mod csv_cell;
mod error;
mod folder;
mod hashed;
mod keys;
mod lock;
mod manifest;
mod number_runs;
mod own_texts;
mod records;
mod records_csv;
mod records_frame;
mod records_parquet;
mod records_parts;
mod records_splice;
mod rejects;
mod replace;
mod seal;
mod syncing;
mod table;
mod table_rows;
mod text_chunk;
mod texts;
mod union;
mod verify;
mod worklist;

pub use access::{Access, UnknownAccess};
pub use added::{Added, NumberedColumns, RowCells, TextColumn, Vocabulary};
pub use error::OutputError;
pub use folder::RunFolder;
pub use hashed::Digest;
pub use keys::{KeyFileError, Keys};
pub use manifest::{
    Counts, EventCounts, Manifest, ManifestAlgorithm, ManifestInput, ManifestOverlay, ManifestRules,
    ManifestSince,
};
pub use own_texts::{KnownCells, OwnTexts};
pub use records::{
    Copying, Encoded, Lines, Mark, RecordsEncoder, RecordsFormat, RecordsWriter, RowGroups, Written,
};
pub use rejects::RejectsWriter;
pub use replace::replace;
pub use seal::Program;
pub use table::{TableFormat, TableWriter};
pub use table_rows::TableRows;
pub use union::{LeftOut, clashing_columns};
pub use verify::{Verified, verify};
pub use worklist::{WorklistMark, WorklistRows, WorklistWriter};
