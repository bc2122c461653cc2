//! Record batches in memory, staged as a run stages a Parquet file: the same workers, the same columns, no file.
//!
//! This is the way in for programs that have their records as Arrow batches already, such as data frames and the
//! partitions of a cluster:
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{ArrayRef, RecordBatch, StringArray};
//! use rstage::pipeline::{Frame, FrameConfig, Progress};
//!
//! let columns = [("primarySite", "C621"), ("histologicTypeIcdO3", "9061"), ("behaviorCodeIcdO3", "3"),
//!     ("dateOfDiagnosis", "20200105"), ("ajccTnmClinT", "cT2"), ("ajccTnmClinN", "cN1"),
//!     ("ajccTnmClinM", "cM1a"), ("sCategoryClinical", "1")];
//! let columns = columns.map(|(name, cell)| (name, Arc::new(StringArray::from(vec![cell])) as ArrayRef));
//! let batch = RecordBatch::try_from_iter(columns)?;
//!
//! let frame = Frame::new("records", &batch.schema(), &FrameConfig::default())?;
//! let staged = frame.stage(vec![batch], &Progress::default())?;
//! let records = &staged.records[0];
//! let group = records.column_by_name("rstage_group").and_then(|column| column.as_any().downcast_ref::<StringArray>());
//! assert_eq!(group.map(|group| group.value(0)), Some("IIIA"));
//! assert_eq!(staged.counts.records(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod explain;
mod job;
mod stream;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::finding_rows::{FINDING_COLUMNS, FindingRows};
use super::process::Processed;
use super::{DEFAULT_MEMORY, Privacy, RunError};
use crate::audit::Config;
use crate::category::Edition;
use crate::fields::MapOptions;
use crate::knowledge::Rules;
use crate::output::{OutputError, TextColumn};
use crate::seer::Algorithms;
use crate::staging::Policy;
use crate::summary::Partial;

pub use job::Frame;
pub use stream::FrameStream;

/// What staging a frame is told: what a run is told, without inputs and files to write. Tables of events beside the
/// records are for a run alone.
#[derive(Clone, Debug)]
pub struct FrameConfig {
    /// What the user says about the columns.
    pub map: MapOptions,
    /// Staging rules; the built-in ones where it is none.
    pub rules: Option<Arc<Rules>>,
    /// SEER's algorithms that stage the records as well.
    pub algorithms: Option<Arc<Algorithms>>,
    /// Staging policies.
    pub policy: Policy,
    /// Further editions under which every record is staged as well.
    pub also_editions: Vec<Edition>,
    /// Settings of the audit.
    pub audit: Config,
    /// What is not to be told of the persons behind the records.
    pub privacy: Privacy,
    /// Worker threads; as many as the machine runs at once where it is 0.
    pub threads: usize,
    /// Memory for what workers remember, in MiB; the records themselves are the caller's.
    pub memory: usize,
}

impl Default for FrameConfig {
    fn default() -> Self {
        Self {
            map: MapOptions::default(),
            rules: None,
            algorithms: None,
            policy: Policy::default(),
            also_editions: Vec::new(),
            audit: Config::default(),
            privacy: Privacy::default(),
            threads: 0,
            memory: DEFAULT_MEMORY,
        }
    }
}

/// Some records that are staged.
#[derive(Clone, Debug)]
pub struct Staged {
    /// The columns that came, in their order and not touched, and behind them those that a run adds: texts, never
    /// null.
    pub records: RecordBatch,
    /// The findings as in the findings table of a run. `file` is the name of the frame, `line` the number of the
    /// record in it, from 1.
    pub findings: RecordBatch,
}

/// A frame that is staged.
#[derive(Clone, Debug)]
pub struct StagedFrame {
    /// The records in their order, in batches of no particular size; never none.
    pub records: Vec<RecordBatch>,
    /// The findings of single records in the order of the records, then those about a patient's several tumors.
    pub findings: RecordBatch,
    /// The counts behind the summary tables; those of several frames can be merged.
    pub counts: Partial,
}

/// What is known only once the last record of a frame is staged.
#[derive(Clone, Debug)]
pub struct FrameEnd {
    /// The findings about a patient's several tumors.
    pub findings: RecordBatch,
    /// The counts behind the summary tables; those of several frames can be merged.
    pub counts: Partial,
}

/// Findings as a batch of texts.
fn findings_batch(rows: FindingRows) -> Result<RecordBatch, RunError> {
    let columns = rows.into_columns();
    let columns =
        columns.ok_or_else(|| uneven("findings", "they were put together for a file".to_owned()))?;
    let array = |column: &TextColumn| -> ArrayRef { Arc::new(StringArray::from_iter_values(column.iter())) };
    let batch = RecordBatch::try_new(findings_schema(), columns.iter().map(array).collect());
    batch.map_err(|error| uneven("findings", error.to_string()))
}

/// The columns of the findings of a frame.
pub fn findings_schema() -> SchemaRef {
    let fields: Vec<_> =
        FINDING_COLUMNS.iter().map(|name| Field::new(*name, DataType::Utf8, false)).collect();
    Arc::new(Schema::new(fields))
}

fn uneven(frame: &str, message: String) -> RunError {
    OutputError::Batch { frame: frame.to_owned(), message }.into()
}

/// What a worker made of a chunk, as batches: records and findings.
fn staged(frame: &str, chunk: Processed) -> Result<(RecordBatch, RecordBatch), RunError> {
    let records = chunk.encoded.into_batch();
    let records =
        records.ok_or_else(|| uneven(frame, "the records were put together for a file".to_owned()))?;
    Ok((records, findings_batch(chunk.findings)?))
}
