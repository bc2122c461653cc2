//! Enriched records as a batch in memory: the columns as they came, the new ones behind them.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};

use super::union::LeftOut;
use super::{Added, OutputError};
use crate::input::{Chunk, InputFile, Kind};

/// Which columns of a frame its records keep, and what they become.
#[derive(Debug)]
pub(super) struct FramePlan {
    frame: InputFile,
    kept: Vec<usize>,
    schema: SchemaRef,
}

impl FramePlan {
    pub(super) fn new(frame: &InputFile, added: &[String], left_out: &LeftOut) -> Self {
        let own = match &frame.kind {
            Kind::Frame(schema) => Arc::clone(schema),
            _ => Arc::new(Schema::empty()),
        };
        let is_kept = |column: &usize| !left_out.contains(&(frame.index, *column));
        let kept: Vec<usize> = (0..own.fields().len()).filter(is_kept).collect();
        let fields = kept.iter().filter_map(|&column| own.fields().get(column).cloned());
        let new = added.iter().map(|name| -> FieldRef { Arc::new(Field::new(name, DataType::Utf8, false)) });
        let fields: Vec<FieldRef> = fields.chain(new).collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, own.metadata().clone()));
        Self { frame: frame.clone(), kept, schema }
    }

    /// The columns of the batches.
    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// A chunk with its new columns. The arrays that it came with are shared and not copied.
    pub(super) fn encode(&self, chunk: &Chunk, added: &Added) -> Result<RecordBatch, OutputError> {
        let own = self.kept.iter().filter_map(|&column| chunk.array(column).cloned());
        let new = added
            .columns
            .iter()
            .map(|texts| -> ArrayRef { Arc::new(StringArray::from_iter_values(texts.iter())) });
        let arrays: Vec<ArrayRef> = own.chain(new).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(chunk.rows()));
        RecordBatch::try_new_with_options(self.schema(), arrays, &options).map_err(|error| {
            OutputError::Batch { frame: self.frame.path.display().to_string(), message: error.to_string() }
        })
    }
}
