//! Small tables: a header and rows of cells, as a text table or as Parquet.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::csv_cell::CellStyle;
use super::records::Mark;
use super::table_rows::{Cells, TableRows};
use super::{OutputError, TextColumn};

/// The form of a small table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableFormat {
    /// Commas, quotes where needed.
    Csv,
    /// Parquet of text columns.
    Parquet,
}

/// Rows that are gathered before they are written.
const BATCH_ROWS: usize = 65_536;

/// Writes a table row by row.
pub struct TableWriter {
    path: PathBuf,
    columns: usize,
    rows: u64,
    file: Table,
    /// The file that the rows become in the end, where they wait as text.
    becomes: Option<Becomes>,
}

struct Becomes {
    path: PathBuf,
    header: Vec<String>,
}

enum Table {
    Csv { file: BufWriter<File>, line: Vec<u8> },
    Parquet { writer: Box<ArrowWriter<BufWriter<File>>>, schema: SchemaRef, texts: Vec<TextColumn> },
}

impl TableWriter {
    /// Creates the file with its header.
    pub fn create<N: AsRef<str>>(
        path: PathBuf,
        header: &[N],
        format: TableFormat,
    ) -> Result<Self, OutputError> {
        let file = File::create(&path).map_err(|source| OutputError::io(&path, source))?;
        let mut file = BufWriter::with_capacity(128 * 1024, file);
        let columns = header.len();
        let file = match format {
            TableFormat::Csv => {
                let mut line = Vec::new();
                CellStyle::PLAIN.record(&mut line, header.iter().map(|name| name.as_ref().as_bytes()));
                file.write_all(&line).map_err(|source| OutputError::io(&path, source))?;
                Table::Csv { file, line }
            }
            TableFormat::Parquet => {
                let fields: Vec<_> =
                    header.iter().map(|name| Field::new(name.as_ref(), DataType::Utf8, false)).collect();
                let schema = Arc::new(Schema::new(fields));
                let zstd = Compression::ZSTD(ZstdLevel::default());
                let properties = WriterProperties::builder().set_compression(zstd).build();
                let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
                    .map_err(|error| OutputError::parquet(&path, error))?;
                let texts = vec![TextColumn::default(); columns];
                Table::Parquet { writer: Box::new(writer), schema, texts }
            }
        };
        Ok(Self { path, columns, rows: 0, file, becomes: None })
    }

    /// A table of Parquet whose rows wait as text under a hidden name, so that another process can go on with it.
    pub fn create_waiting<N: AsRef<str>>(path: PathBuf, header: &[N]) -> Result<Self, OutputError> {
        let waiting = Self::create(waiting(&path), header, TableFormat::Csv)?;
        Ok(waiting.becoming(path, header))
    }

    /// Opens a table of Parquet whose rows were written up to a mark by a process that is gone.
    pub fn reopen_waiting<N: AsRef<str>>(
        path: PathBuf,
        header: &[N],
        mark: Mark,
    ) -> Result<Self, OutputError> {
        let waiting = Self::reopen(waiting(&path), header.len(), mark)?;
        Ok(waiting.becoming(path, header))
    }

    fn becoming<N: AsRef<str>>(self, path: PathBuf, header: &[N]) -> Self {
        let header = header.iter().map(|name| name.as_ref().to_owned()).collect();
        Self { becomes: Some(Becomes { path, header }), ..self }
    }

    /// Opens a text table that was written up to a mark by a process that is gone, to go on from there.
    pub fn reopen(path: PathBuf, columns: usize, mark: Mark) -> Result<Self, OutputError> {
        let open = || {
            let mut file = File::options().write(true).open(&path)?;
            if file.metadata()?.len() < mark.bytes {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            file.set_len(mark.bytes)?;
            file.seek(SeekFrom::Start(mark.bytes))?;
            Ok(file)
        };
        let file = open().map_err(|source| OutputError::io(&path, source))?;
        let file = Table::Csv { file: BufWriter::with_capacity(128 * 1024, file), line: Vec::new() };
        Ok(Self { path, columns, rows: mark.rows, file, becomes: None })
    }

    /// Brings what was written to the disk; none where the form cannot be gone on with later.
    pub fn mark(&mut self) -> Result<Option<Mark>, OutputError> {
        let Table::Csv { file, .. } = &mut self.file else { return Ok(None) };
        let mut sync = || {
            file.flush()?;
            file.get_ref().sync_all()?;
            file.stream_position()
        };
        let bytes = sync().map_err(|source| OutputError::io(&self.path, source))?;
        Ok(Some(Mark { bytes, rows: self.rows }))
    }

    /// No rows yet, in the form in which they are [appended](Self::append).
    pub fn rows(&self) -> TableRows {
        let format = match &self.file {
            Table::Csv { .. } => TableFormat::Csv,
            Table::Parquet { .. } => TableFormat::Parquet,
        };
        TableRows::new(self.columns, format)
    }

    /// Adds a row, which must have as many cells as the header.
    pub fn row<C: AsRef<str>>(&mut self, cells: &[C]) -> Result<(), OutputError> {
        if cells.len() != self.columns {
            return Err(self.uneven(self.rows, cells.len()));
        }
        self.rows += 1;
        match &mut self.file {
            Table::Csv { file, line } => {
                line.clear();
                CellStyle::PLAIN.record(line, cells.iter().map(|cell| cell.as_ref().as_bytes()));
                file.write_all(line).map_err(|source| OutputError::io(&self.path, source))
            }
            Table::Parquet { writer, schema, texts } => {
                for (column, cell) in texts.iter_mut().zip(cells) {
                    column.push(cell.as_ref());
                }
                if texts.first().is_none_or(|column| column.len() < BATCH_ROWS) {
                    return Ok(());
                }
                flush(writer, schema, texts).map_err(|error| OutputError::parquet(&self.path, error))
            }
        }
    }

    /// Adds rows that were put together before; each must have as many cells as the header.
    pub fn append(&mut self, rows: &TableRows) -> Result<(), OutputError> {
        if let Some((row, found)) = rows.uneven() {
            return Err(self.uneven(self.rows + row, found));
        }
        if rows.columns() != self.columns {
            return Err(self.uneven(self.rows, rows.columns()));
        }
        match (&mut self.file, &rows.cells) {
            (Table::Csv { file, .. }, Cells::Lines(lines)) => {
                file.write_all(lines).map_err(|source| OutputError::io(&self.path, source))?;
                self.rows += rows.len();
                Ok(())
            }
            (_, Cells::Columns(columns)) => {
                let mut row = Vec::with_capacity(columns.len());
                for at in 0..rows.len() as usize {
                    row.clear();
                    row.extend(columns.iter().map(|column| column.get(at)));
                    self.row(&row)?;
                }
                Ok(())
            }
            (Table::Parquet { .. }, Cells::Lines(_)) => Err(OutputError::Parquet {
                path: self.path.clone(),
                message: "rows put together for another format".to_owned(),
            }),
        }
    }

    /// A row behind so many has another number of cells than the header.
    fn uneven(&self, rows: u64, found: usize) -> OutputError {
        OutputError::Uneven { path: self.path.clone(), line: rows + 2, found, expected: self.columns }
    }

    /// Completes the file; the number of rows.
    pub fn finish(self) -> Result<u64, OutputError> {
        match self.file {
            Table::Csv { mut file, .. } => {
                file.flush().map_err(|source| OutputError::io(&self.path, source))?;
            }
            Table::Parquet { mut writer, schema, mut texts } => {
                let mut close = || -> Result<(), ParquetError> {
                    flush(&mut writer, &schema, &mut texts)?;
                    writer.finish()?;
                    Ok(writer.inner_mut().flush()?)
                };
                close().map_err(|error| OutputError::parquet(&self.path, error))?;
            }
        }
        match self.becomes {
            Some(becomes) => become_parquet(&self.path, becomes),
            None => Ok(self.rows),
        }
    }
}

fn waiting(path: &Path) -> PathBuf {
    path.with_file_name(format!(".{}-rows", path.file_name().unwrap_or_default().to_string_lossy()))
}

fn become_parquet(waiting: &Path, Becomes { path, header }: Becomes) -> Result<u64, OutputError> {
    let io = |error: csv::Error| OutputError::io(waiting, error.into());
    let mut rows = csv::Reader::from_path(waiting).map_err(io)?;
    let mut table = TableWriter::create(path, &header, TableFormat::Parquet)?;
    let mut row = csv::StringRecord::new();
    while rows.read_record(&mut row).map_err(io)? {
        table.row(&row.iter().collect::<Vec<_>>())?;
    }
    table.finish()
}

fn flush(
    writer: &mut ArrowWriter<BufWriter<File>>,
    schema: &SchemaRef,
    texts: &mut [TextColumn],
) -> Result<(), ParquetError> {
    if texts.iter().all(TextColumn::is_empty) {
        return Ok(());
    }
    let columns = texts
        .iter_mut()
        .map(|column| -> ArrayRef { Arc::new(StringArray::from_iter_values(std::mem::take(column).iter())) })
        .collect();
    writer.write(&RecordBatch::try_new(Arc::clone(schema), columns)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_and_parquet_hold_the_same_rows() {
        let folder = tempfile::tempdir().unwrap();
        let (csv, parquet) = (folder.path().join("t.csv"), folder.path().join("t.parquet"));
        for (path, format) in [(&csv, TableFormat::Csv), (&parquet, TableFormat::Parquet)] {
            let mut table = TableWriter::create(path.clone(), &["rule", "note"], format).unwrap();
            table.row(&["D01", "a, \"b\""]).unwrap();
            let mut rows = table.rows();
            rows.push(&["D02", ""]);
            table.append(&rows).unwrap();
            assert!(matches!(table.row(&["D03"]), Err(OutputError::Uneven { line: 4, found: 1, .. })));
            rows.push(&["D03"]);
            assert!(matches!(table.append(&rows), Err(OutputError::Uneven { line: 5, found: 1, .. })));
            assert!(matches!(table.append(&TableRows::new(3, format)), Err(OutputError::Uneven { .. })));
            assert_eq!(table.finish().unwrap(), 2);
        }
        assert_eq!(std::fs::read_to_string(&csv).unwrap(), "rule,note\nD01,\"a, \"\"b\"\"\"\nD02,\n");
        let options = crate::input::Options::default();
        let file = crate::input::InputFile::probe(&parquet, 0, &options).unwrap();
        let chunk = file.open(&options).unwrap().next().unwrap().unwrap();
        assert_eq!((chunk.text(1, 0).as_ref(), chunk.text(0, 1).as_ref()), ("a, \"b\"", "D02"));
    }
}
