//! What a run leaves behind, written whole or not at all.
//!
//! A [`RunFolder`] is filled under another name and moved into place by its manifest. In it, [`RecordsWriter`]
//! puts new columns beside the records as they were read, [`TableWriter`] writes findings and summaries, and
//! [`RejectsWriter`] what could not be read. The room writes what it is given and knows no rule.

mod added;
mod csv_cell;
mod error;
mod folder;
mod manifest;
mod records;
mod records_csv;
mod records_parquet;
mod rejects;
mod table;
mod union;
mod worklist;

pub use added::{Added, TextColumn};
pub use error::OutputError;
pub use folder::RunFolder;
pub use manifest::{Counts, EventCounts, Manifest, ManifestInput, ManifestOverlay, ManifestRules};
pub use records::{Encoded, RecordsEncoder, RecordsFormat, RecordsWriter};
pub use rejects::RejectsWriter;
pub use table::{TableFormat, TableWriter};
pub use union::clashing_columns;
pub use worklist::WorklistWriter;
