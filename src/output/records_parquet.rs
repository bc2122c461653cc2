//! Enriched records as Parquet. Columns that come from Parquet keep their type, everything else is text.

use std::collections::BTreeSet;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray, new_null_array};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::add_encoded_arrow_schema_to_metadata;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;

use super::hashed::{Digest, HashedFile};
use super::records_splice::Splice;
use super::text_chunk::{ClosedChunk, TextChunk, zstd};
use super::union::{LeftOut, Union};
use super::{Added, OutputError, OwnTexts, TextColumn};
use crate::input::{Chunk, InputFile, Kind, text_array};

/// Records per row group: large enough to compress well, small enough to be held.
pub(super) const ROW_GROUP_ROWS: usize = 131_072;

/// How each file's records become columns of one schema.
#[derive(Clone, Debug)]
pub(super) struct ParquetPlan {
    union: Union,
    schema: SchemaRef,
    metadata: Vec<KeyValue>,
    /// The inputs whose columns are copied in their bytes; none where they are written anew.
    pub(super) splice: Option<Splice>,
    /// Names that had to be made unique, before and after.
    pub(super) renamed: Vec<(String, String)>,
}

impl ParquetPlan {
    pub(super) fn new(files: &[InputFile], added: &[String], left_out: &LeftOut) -> Self {
        let union = Union::of(files, left_out);
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
        let splice = Splice::of(files).filter(|_| left_out.is_empty());
        Self { union, schema: Arc::new(Schema::new(fields)), metadata, splice, renamed }
    }

    /// The columns of a chunk that are gathered as texts, still empty; none where all are copied in their bytes.
    pub(super) fn texts(&self, chunk: &Chunk) -> OwnTexts {
        let texts = self.own(chunk).filter(|(_, field)| is_text(field)).map(|(source, _)| source);
        OwnTexts::new(texts, chunk.rows())
    }

    /// Whether all columns of a file are gathered from the cells of its lines.
    pub(super) fn gathers_cells(&self, file: &InputFile) -> bool {
        let sources = self.union.sources.get(file.index).map(Vec::as_slice).unwrap_or_default();
        let mut fields = sources.iter().zip(self.schema.fields());
        self.splice.is_none()
            && matches!(file.kind, Kind::Csv(_))
            && fields.all(|(source, field)| source.is_none() || is_text(field))
    }

    /// The columns of a chunk that are to be written, with those that were gathered.
    pub(super) fn encode(&self, chunk: &Chunk, texts: OwnTexts, added: Added) -> Columns {
        let mut texts = texts.into_columns();
        let mut cells: Vec<Cells> = Vec::with_capacity(self.schema.fields().len());
        for (source, field) in self.own(chunk) {
            cells.push(if is_text(field) {
                Cells::Texts(texts.next().unwrap_or_default())
            } else {
                Cells::Array(array(chunk, source, field))
            });
        }
        cells.extend(added.columns.into_iter().map(Cells::Texts));
        Columns { file: chunk.file, rows: chunk.rows(), cells }
    }

    /// The places and fields of the columns of a chunk that are written anew.
    fn own(&self, chunk: &Chunk) -> impl Iterator<Item = (Option<usize>, &Field)> {
        let sources = self.union.sources.get(chunk.file).filter(|_| self.splice.is_none());
        let sources = sources.map(Vec::as_slice).unwrap_or_default();
        sources.iter().copied().zip(self.schema.fields().iter().map(Arc::as_ref))
    }
}

/// Some records of one file, column by column.
pub(super) struct Columns {
    file: usize,
    rows: usize,
    cells: Vec<Cells>,
}

enum Cells {
    Texts(TextColumn),
    Array(ArrayRef),
}

/// Whether a column is gathered as texts: the form of text tables and of new columns.
fn is_text(field: &Field) -> bool {
    field.data_type() == &DataType::Utf8 && !field.is_nullable()
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
            Kind::Csv(_) | Kind::Ndjson => Field::new("", DataType::Utf8, false),
            Kind::Frame(schema) => {
                typed = true;
                schema.field(column).clone()
            }
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

fn array(chunk: &Chunk, source: Option<usize>, field: &Field) -> ArrayRef {
    let rows = chunk.rows();
    let array = source.map(|column| match chunk.array(column) {
        Some(own) if own.data_type() == field.data_type() => Arc::clone(own),
        Some(own) => Arc::new(text_array(own)),
        None => Arc::new(StringArray::from_iter_values((0..rows).map(|row| chunk.text(column, row)))),
    });
    array.unwrap_or_else(|| new_null_array(field.data_type(), rows))
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

/// The file that takes the columns.
pub(super) struct ParquetFile {
    path: PathBuf,
    schema: SchemaRef,
    writer: SerializedFileWriter<BufWriter<HashedFile>>,
    factory: ArrowRowGroupWriterFactory,
    splice: Option<Splice>,
    /// Writers of the open row group, for the last columns of the schema: all, or those that are new.
    columns: Vec<ColumnWriter>,
    groups: usize,
    rows: usize,
}

enum ColumnWriter {
    Texts(Box<TextChunk>),
    Arrays(Box<ArrowColumnWriter>),
}

enum Closed {
    Texts(Box<ClosedChunk>),
    Arrays(Box<ArrowColumnChunk>),
}

impl ColumnWriter {
    fn write(&mut self, field: &Field, cells: &Cells) -> Result<(), ParquetError> {
        match (self, cells) {
            (Self::Texts(writer), Cells::Texts(texts)) => writer.write(texts),
            (Self::Arrays(writer), Cells::Array(array)) => {
                // No column is nested, so that each has exactly one leaf.
                compute_leaves(field, array)?.iter().try_for_each(|leaf| writer.write(leaf))
            }
            _ => Err(ParquetError::General(format!("column `{}` came in another form", field.name()))),
        }
    }

    fn close(self) -> Result<Closed, ParquetError> {
        match self {
            Self::Texts(writer) => writer.close().map(|chunk| Closed::Texts(Box::new(chunk))),
            Self::Arrays(writer) => writer.close().map(|chunk| Closed::Arrays(Box::new(chunk))),
        }
    }
}

impl ParquetFile {
    pub(super) fn create(path: &Path, plan: &ParquetPlan) -> Result<Self, OutputError> {
        let file = HashedFile::create(path).map_err(|source| OutputError::io(path, source))?;
        let mut properties = WriterProperties::builder()
            .set_compression(zstd())
            .set_key_value_metadata(Some(plan.metadata.clone()).filter(|metadata| !metadata.is_empty()))
            .build();
        add_encoded_arrow_schema_to_metadata(&plan.schema, &mut properties);
        let open = || -> Result<_, ParquetError> {
            let own = ArrowSchemaConverter::new().convert(&plan.schema)?;
            let root = match &plan.splice {
                Some(splice) => splice.root(&own)?,
                None => own.root_schema_ptr(),
            };
            let file = BufWriter::with_capacity(256 * 1024, file);
            let writer = SerializedFileWriter::new(file, root, Arc::new(properties))?;
            let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&plan.schema));
            Ok((writer, factory))
        };
        let (writer, factory) = open().map_err(|error| OutputError::parquet(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            schema: Arc::clone(&plan.schema),
            writer,
            factory,
            splice: plan.splice.clone(),
            columns: Vec::new(),
            groups: 0,
            rows: 0,
        })
    }

    /// Encodes columns side by side.
    pub(super) fn write(&mut self, columns: &Columns) -> Result<(), OutputError> {
        self.try_write(columns).map_err(|error| OutputError::parquet(&self.path, error))
    }

    fn try_write(&mut self, columns: &Columns) -> Result<(), ParquetError> {
        if columns.rows == 0 {
            return Ok(());
        }
        let full = match &mut self.splice {
            Some(splice) => splice.rows_of_group(columns.file)?,
            None => ROW_GROUP_ROWS,
        };
        let fields = self.schema.fields();
        let first = fields.len().saturating_sub(columns.cells.len());
        if self.columns.is_empty() {
            self.columns = self.column_writers(first)?;
        }
        let writers = self.columns.par_iter_mut().zip(&columns.cells).zip(fields[first..].par_iter());
        writers.try_for_each(|((writer, cells), field)| writer.write(field, cells))?;
        self.rows += columns.rows;
        if self.rows >= full { self.close_group() } else { Ok(()) }
    }

    fn column_writers(&self, first: usize) -> Result<Vec<ColumnWriter>, ParquetError> {
        let fields = self.schema.fields().iter();
        let arrays = match self.splice {
            Some(_) => Vec::new(),
            None => self.factory.create_column_writers(self.groups)?,
        };
        let mut arrays: Vec<Option<ArrowColumnWriter>> = arrays.into_iter().map(Some).collect();
        arrays.resize_with(fields.len(), || None);
        let descr = self.writer.schema_descr();
        let writers = fields.zip(arrays).enumerate().skip(first).map(|(at, (field, array))| match array {
            Some(array) if !is_text(field) => ColumnWriter::Arrays(Box::new(array)),
            _ => ColumnWriter::Texts(Box::new(TextChunk::new(descr.column(at)))),
        });
        Ok(writers.collect())
    }

    fn close_group(&mut self) -> Result<(), ParquetError> {
        let columns = std::mem::take(&mut self.columns);
        let chunks: Vec<_> = columns.into_par_iter().map(ColumnWriter::close).collect::<Result<_, _>>()?;
        let mut group = self.writer.next_row_group()?;
        if let Some(splice) = &mut self.splice {
            splice.copy_group(&mut group, self.rows)?;
        }
        for chunk in chunks {
            match chunk {
                Closed::Texts(chunk) => chunk.append(&mut group)?,
                Closed::Arrays(chunk) => chunk.append_to_row_group(&mut group)?,
            }
        }
        group.close()?;
        self.groups += 1;
        self.rows = 0;
        Ok(())
    }

    /// Copies inputs on from where another file left off.
    pub(super) fn going_on(mut self, splice: Option<Splice>) -> Self {
        self.splice = splice;
        self
    }

    /// How far inputs were copied.
    pub(super) fn into_splice(self) -> Option<Splice> {
        self.splice
    }

    /// Copies all row groups of a part of this file.
    pub(super) fn copy_groups(&mut self, parts: &mut Splice, part: usize) -> Result<(), OutputError> {
        let mut copy = || -> Result<(), ParquetError> {
            loop {
                let rows = parts.rows_of_group(part)?;
                if rows == 0 {
                    return Ok(());
                }
                let mut group = self.writer.next_row_group()?;
                parts.copy_group(&mut group, rows)?;
                group.close()?;
            }
        };
        copy().map_err(|error| OutputError::parquet(&self.path, error))
    }

    /// Completes the file.
    pub(super) fn close(&mut self) -> Result<Digest, OutputError> {
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
