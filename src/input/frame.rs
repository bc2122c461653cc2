//! Record batches that are in memory already, as chunks of an input that is no file.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::chunk::Body;
use super::file::Layout;
use super::parquet::ParquetBody;
use super::{Chunk, Compression, InputFile, Kind};

impl InputFile {
    /// Batches of one schema as the only input; `name` stands where the path of a file would.
    pub fn frame(name: &str, schema: SchemaRef) -> Self {
        Self {
            index: 0,
            path: PathBuf::from(name),
            bytes: 0,
            header: schema.fields().iter().map(|field| field.name().clone()).collect(),
            kind: Kind::Frame(schema),
            compression: Compression::None,
            preamble_lines: 0,
            description_lines: 0,
            header_line: Vec::new(),
            layout: Layout::default(),
        }
    }
}

impl Chunk {
    /// The records of a batch; `first_record` is the number of the first of them, from 1. Nothing is copied.
    pub fn of_batch(batch: RecordBatch, first_record: u64) -> Self {
        let places: Arc<[Option<usize>]> = (0..batch.num_columns()).map(Some).collect();
        let body = Body::Parquet(ParquetBody::new(batch, places));
        Self { file: 0, first_record, rejects: Vec::new(), body }
    }
}
