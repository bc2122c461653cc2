//! Enriched records as Parquet. Columns that come from Parquet keep their type, everything else is text.

use std::collections::BTreeSet;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::add_encoded_arrow_schema_to_metadata;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;

use super::hashed::{Digest, HashedFile};
use super::union::Union;
use super::{Added, OutputError};
use crate::input::{Chunk, InputFile, Kind, text_array};

/// Records per row group: large enough to compress well, small enough to be held.
const ROW_GROUP_ROWS: usize = 131_072;

/// How each file's records become batches of one schema.
#[derive(Clone, Debug)]
pub(super) struct ParquetPlan {
    union: Union,
    schema: SchemaRef,
    metadata: Vec<KeyValue>,
    /// Names that had to be made unique, before and after.
    pub(super) renamed: Vec<(String, String)>,
}

impl ParquetPlan {
    pub(super) fn new(files: &[InputFile], added: &[String]) -> Self {
        let union = Union::of(files);
        let any_text = files.iter().any(|file| matches!(file.kind, Kind::Csv(_)));
        let (names, renamed) =
            if any_text { unique(&union.names, added) } else { (union.names.clone(), Vec::new()) };
        let mut fields: Vec<FieldRef> = names
            .iter()
            .enumerate()
            .map(|(place, name)| Arc::new(field(&union, place, files).with_name(name)))
            .collect();
        fields.extend(added.iter().map(|name| Arc::new(Field::new(name, DataType::Utf8, false))));
        let mut metadata: Vec<KeyValue> = Vec::new();
        for file in files {
            let Kind::Parquet(layout) = &file.kind else { continue };
            for pair in &layout.metadata {
                if metadata.iter().all(|known| known.key != pair.key) {
                    metadata.push(pair.clone());
                }
            }
        }
        Self { union, schema: Arc::new(Schema::new(fields)), metadata, renamed }
    }

    /// The batch of a chunk.
    pub(super) fn encode(&self, chunk: &Chunk, added: &Added) -> Result<RecordBatch, ParquetError> {
        let sources = self.union.sources.get(chunk.file).map(Vec::as_slice).unwrap_or_default();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for (source, field) in sources.iter().zip(self.schema.fields()) {
            columns.push(column(chunk, *source, field));
        }
        columns.extend(
            added
                .columns
                .iter()
                .map(|texts| -> ArrayRef { Arc::new(StringArray::from_iter_values(texts.iter())) }),
        );
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

/// The output's type of a column: that of the inputs where they agree, else text.
fn field(union: &Union, place: usize, files: &[InputFile]) -> Field {
    let mut known: Option<Field> = None;
    let mut alike = true;
    let mut nullable = false;
    let mut missing = false;
    let mut typed = false;
    for (file, sources) in files.iter().zip(&union.sources) {
        let Some(column) = sources.get(place).copied().flatten() else {
            missing = true;
            continue;
        };
        let own = match &file.kind {
            Kind::Csv(_) => Field::new("", DataType::Utf8, false),
            Kind::Parquet(layout) => {
                typed = true;
                layout.schema.field(column).clone()
            }
        };
        nullable |= own.is_nullable();
        match &known {
            None => known = Some(own),
            Some(first) => alike &= first.data_type() == own.data_type(),
        }
    }
    let nullable = nullable || (typed && missing);
    match known.filter(|_| alike) {
        Some(field) => field.with_nullable(nullable),
        None => Field::new("", DataType::Utf8, nullable),
    }
}

fn column(chunk: &Chunk, source: Option<usize>, field: &Field) -> ArrayRef {
    let rows = chunk.rows();
    match (source, chunk.batch()) {
        (None, _) if field.is_nullable() => new_null_array(field.data_type(), rows),
        (None, _) => Arc::new(StringArray::from_iter_values(std::iter::repeat_n("", rows))),
        (Some(column), Some(batch)) => {
            let own = batch.column(column);
            if own.data_type() == field.data_type() { Arc::clone(own) } else { Arc::new(text_array(own)) }
        }
        (Some(column), None) => {
            Arc::new(StringArray::from_iter_values((0..rows).map(|row| chunk.text(column, row))))
        }
    }
}

/// Names without blanks or repetition, as Parquet readers need them; none may be one of the new columns'.
fn unique(names: &[String], added: &[String]) -> (Vec<String>, Vec<(String, String)>) {
    let mut taken: BTreeSet<String> = added.iter().cloned().collect();
    let own: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let mut renamed = Vec::new();
    let mut result = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let stem = if name.trim().is_empty() { format!("column_{}", place + 1) } else { name.clone() };
        let mut new = stem.clone();
        let mut number = 2;
        while taken.contains(&new) || (new != *name && own.contains(new.as_str())) {
            new = format!("{stem}_{number}");
            number += 1;
        }
        if new != *name {
            renamed.push((name.clone(), new.clone()));
        }
        taken.insert(new.clone());
        result.push(new);
    }
    (result, renamed)
}

/// The file that takes the batches.
pub(super) struct ParquetFile {
    path: PathBuf,
    schema: SchemaRef,
    writer: SerializedFileWriter<BufWriter<HashedFile>>,
    factory: ArrowRowGroupWriterFactory,
    columns: Vec<ArrowColumnWriter>,
    groups: usize,
    rows: usize,
}

impl ParquetFile {
    pub(super) fn create(path: &Path, plan: &ParquetPlan) -> Result<Self, OutputError> {
        let file = HashedFile::create(path).map_err(|source| OutputError::io(path, source))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_key_value_metadata(Some(plan.metadata.clone()).filter(|metadata| !metadata.is_empty()))
            .build();
        add_encoded_arrow_schema_to_metadata(&plan.schema, &mut properties);
        let open = || -> Result<_, ParquetError> {
            let schema = ArrowSchemaConverter::new().convert(&plan.schema)?;
            let file = BufWriter::with_capacity(256 * 1024, file);
            let writer = SerializedFileWriter::new(file, schema.root_schema_ptr(), Arc::new(properties))?;
            let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&plan.schema));
            Ok((writer, factory))
        };
        let (writer, factory) = open().map_err(|error| OutputError::parquet(path, error))?;
        let schema = Arc::clone(&plan.schema);
        Ok(Self { path: path.to_owned(), schema, writer, factory, columns: Vec::new(), groups: 0, rows: 0 })
    }

    /// Encodes a batch, all columns side by side.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        self.try_write(batch).map_err(|error| OutputError::parquet(&self.path, error))
    }

    fn try_write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if self.columns.is_empty() {
            self.columns = self.factory.create_column_writers(self.groups)?;
        }
        let fields = self.schema.fields();
        // No column is nested, so that each has exactly one writer.
        self.columns.par_iter_mut().zip(batch.columns()).zip(fields.par_iter()).try_for_each(
            |((writer, array), field)| {
                compute_leaves(field, array)?.iter().try_for_each(|leaf| writer.write(leaf))
            },
        )?;
        self.rows += batch.num_rows();
        if self.rows >= ROW_GROUP_ROWS { self.close_group() } else { Ok(()) }
    }

    fn close_group(&mut self) -> Result<(), ParquetError> {
        let columns = std::mem::take(&mut self.columns);
        let chunks: Vec<_> =
            columns.into_par_iter().map(ArrowColumnWriter::close).collect::<Result<_, _>>()?;
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.groups += 1;
        self.rows = 0;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Digest, OutputError> {
        let mut close = || -> Result<Digest, ParquetError> {
            if self.rows > 0 {
                self.close_group()?;
            }
            self.writer.finish()?;
            std::io::Write::flush(self.writer.inner_mut())?;
            Ok(self.writer.inner().get_ref().digest())
        };
        close().map_err(|error| OutputError::parquet(&self.path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_unique() {
        let names = ["a", "a", "", "a_2", " ", "rstage_t"].map(str::to_owned);
        let (unique, renamed) = unique(&names, &["rstage_t".to_owned()]);
        assert_eq!(unique, ["a", "a_3", "column_3", "a_2", "column_5", "rstage_t_2"]);
        assert_eq!(renamed.len(), 4);
    }
}
