//! The export as CSV and as Parquet. Rows are made in parallel, a few chunks at a
//! time, and written in order, so that memory stays bounded and the bytes do not
//! depend on the number of threads.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;

use super::{Column, Generator, Row, SynthError};

/// Rows of a CSV chunk, about 3 MB of text.
const CSV_CHUNK: u64 = 8_192;
/// Rows of a Parquet row group.
const ROW_GROUP: u64 = 65_536;
/// A row group is filled in this many parts at once, whatever the number of threads.
const PARTS: u64 = 16;

/// Writes the export as CSV: UTF-8, comma, a header, cells quoted where they must be.
pub fn write_csv(generator: &Generator, out: impl Write) -> Result<(), SynthError> {
    let mut out = out;
    let mut header = csv::Writer::from_writer(Vec::new());
    header.write_record(Column::ALL.iter().map(|column| column.name()))?;
    out.write_all(&finish(header)?)?;
    let chunks: Vec<Range<u64>> = split(0..generator.rows(), CSV_CHUNK).collect();
    for batch in chunks.chunks(rayon::current_num_threads().max(1) * 2) {
        let texts: Vec<Vec<u8>> = batch
            .par_iter()
            .map(|rows| csv_text(generator, rows.clone()))
            .collect::<Result<_, SynthError>>()?;
        for text in texts {
            out.write_all(&text)?;
        }
    }
    out.flush()?;
    Ok(())
}

fn csv_text(generator: &Generator, rows: Range<u64>) -> Result<Vec<u8>, SynthError> {
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(1 << 21));
    let mut row = Row::default();
    for index in rows {
        generator.fill(index, &mut row);
        writer.write_record(row.cells())?;
    }
    finish(writer)
}

pub(super) fn finish(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, SynthError> {
    writer.into_inner().map_err(|error| SynthError::Io(error.into_error()))
}

/// Writes the export as Parquet: every column Utf8, blank cells as empty texts as in
/// the CSV file, zstd, row groups of 65,536 rows.
pub fn write_parquet(generator: &Generator, path: &Path) -> Result<(), SynthError> {
    let fields: Vec<Field> =
        Column::ALL.iter().map(|column| Field::new(column.name(), DataType::Utf8, false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by("rstage synth".to_owned())
        .build();
    let options = ArrowWriterOptions::new().with_properties(properties);
    let file = BufWriter::new(File::create(path)?);
    let writer = ArrowWriter::try_new_with_options(file, Arc::clone(&schema), options)?;
    let (mut file, row_groups) = writer.into_serialized_writer()?;
    for (at, rows) in split(0..generator.rows(), ROW_GROUP).enumerate() {
        let columns = row_groups.create_column_writers(at)?;
        let arrays = arrays(generator, rows);
        let chunks: Vec<ArrowColumnChunk> = columns
            .into_par_iter()
            .zip(schema.fields().par_iter())
            .zip(arrays)
            .map(|((column, field), parts)| encode(column, field, &parts))
            .collect::<Result<_, ParquetError>>()?;
        let mut row_group = file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut row_group)?;
        }
        row_group.close()?;
    }
    file.close()?;
    Ok(())
}

fn encode(
    mut writer: ArrowColumnWriter,
    field: &Field,
    parts: &[ArrayRef],
) -> Result<ArrowColumnChunk, ParquetError> {
    for part in parts {
        for leaf in compute_leaves(field, part)? {
            writer.write(&leaf)?;
        }
    }
    writer.close()
}

/// By column, the arrays of the parts of a row group.
fn arrays(generator: &Generator, rows: Range<u64>) -> Vec<Vec<ArrayRef>> {
    let parts: Vec<Vec<ArrayRef>> = split(rows, ROW_GROUP / PARTS)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|rows| part(generator, rows))
        .collect();
    let mut columns: Vec<Vec<ArrayRef>> =
        Column::ALL.iter().map(|_| Vec::with_capacity(parts.len())).collect();
    for part in parts {
        for (column, array) in columns.iter_mut().zip(part) {
            column.push(array);
        }
    }
    columns
}

fn part(generator: &Generator, rows: Range<u64>) -> Vec<ArrayRef> {
    let mut builders: Vec<StringBuilder> = Column::ALL.iter().map(|_| StringBuilder::new()).collect();
    let mut row = Row::default();
    for index in rows {
        generator.fill(index, &mut row);
        for (builder, cell) in builders.iter_mut().zip(row.cells()) {
            builder.append_value(cell);
        }
    }
    builders.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef).collect()
}

/// A range in pieces of a size, the last one shorter.
pub(super) fn split(range: Range<u64>, size: u64) -> impl Iterator<Item = Range<u64>> {
    let Range { start, end } = range;
    (0..(end - start).div_ceil(size)).map(move |at| start + at * size..(start + (at + 1) * size).min(end))
}
