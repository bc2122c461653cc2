//! Enriched records as a text table. Where nothing has to change, the line is copied byte for byte.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow_array::{Array, StringArray};

use super::csv_cell::CellStyle;
use super::hashed::{Digest, HashedFile};
use super::union::{LeftOut, Union, all_literal};
use super::{Added, OutputError, RowCells, TextColumn};
use crate::input::{Chunk, Delimiter, Entries, InputFile, Kind, Quoting};

/// How each file's records become lines.
#[derive(Clone, Debug)]
pub(super) struct CsvPlan {
    union: Union,
    style: CellStyle,
    /// Per file, whether its lines can be copied.
    verbatim: Vec<bool>,
}

impl CsvPlan {
    /// A plan for these inputs; with no delimiter that of the first text table is taken.
    pub(super) fn new(files: &[InputFile], delimiter: Option<Delimiter>, left_out: &LeftOut) -> Self {
        let first = files.iter().find_map(|file| match &file.kind {
            Kind::Csv(dialect) => Some(dialect.delimiter),
            Kind::Parquet(_) | Kind::Frame(_) | Kind::Ndjson => None,
        });
        let delimiter = delimiter.or(first).unwrap_or_default();
        let literal = delimiter == Delimiter::Tab && all_literal(files);
        let quoting = if literal { Quoting::Literal } else { Quoting::Csv };
        let style = CellStyle { delimiter, quoting };
        let union = Union::of(files, left_out);
        let verbatim = files
            .iter()
            .enumerate()
            .map(|(index, file)| match &file.kind {
                Kind::Csv(dialect) => {
                    let same = CellStyle { delimiter: dialect.delimiter, quoting: dialect.quoting };
                    same == style && union.is_that_of(index)
                }
                Kind::Parquet(_) | Kind::Frame(_) | Kind::Ndjson => false,
            })
            .collect();
        Self { union, style, verbatim }
    }

    fn header(&self, files: &[InputFile], added: &[String]) -> Vec<u8> {
        let mut line = Vec::new();
        let copied = files.first().filter(|_| self.verbatim.first() == Some(&true));
        if let Some(file) = copied {
            line.extend_from_slice(&file.header_line);
        } else {
            self.style.record(&mut line, &self.union.raw_names);
            line.pop();
        }
        for name in added {
            self.style.delimit(&mut line);
            self.style.cell(&mut line, name.as_bytes());
        }
        line.push(b'\n');
        line
    }

    /// Whether the lines of a file are copied.
    pub(super) fn copies_lines(&self, file: usize) -> bool {
        self.verbatim.get(file) == Some(&true)
    }

    /// A chunk's own columns as they stand in lines; none where whole lines are copied.
    pub(super) fn own<'a>(&self, chunk: &'a Chunk) -> Option<Vec<Cells<'a>>> {
        if self.copies_lines(chunk.file) && chunk.raw_line(0).is_some() {
            return None;
        }
        let sources = self.union.sources.get(chunk.file).map(Vec::as_slice).unwrap_or_default();
        Some(sources.iter().map(|source| Cells::of_source(chunk, *source, self.style)).collect())
    }

    /// The lines of a chunk.
    pub(super) fn encode(&self, chunk: &Chunk, added: &Added) -> Vec<u8> {
        let own = self.own(chunk);
        let new: Vec<Cells> = added.columns.iter().map(|texts| Cells::of_texts(texts, self.style)).collect();
        let mut lines = Vec::with_capacity(chunk.rows() * 256);
        for row in 0..chunk.rows() {
            self.record(&mut lines, chunk, own.as_deref(), row);
            for cells in &new {
                self.style.delimit(&mut lines);
                cells.put(row, self.style, &mut lines);
            }
            lines.push(b'\n');
        }
        lines
    }

    /// Appends a record's own cells.
    pub(super) fn record(&self, lines: &mut Vec<u8>, chunk: &Chunk, own: Option<&[Cells]>, row: usize) {
        let Some(own) = own else {
            lines.extend_from_slice(chunk.raw_line(row).unwrap_or_default());
            return;
        };
        // Each cell with a delimiter behind it; that of the last goes.
        let mut rest = own;
        while let Some(cells) = rest.first() {
            rest = match put_short(rest, row, lines) {
                0 => {
                    cells.put(row, self.style, lines);
                    self.style.delimit(lines);
                    &rest[1..]
                }
                many => &rest[many..],
            };
        }
        if !own.is_empty() {
            lines.pop();
        }
    }

    /// Appends the new cells of a record and ends its line.
    pub(super) fn end(&self, lines: &mut Vec<u8>, added: &RowCells) {
        // Nearly no cell needs quotes, so that all are looked through at once.
        let plain = !added.holds([self.style.delimiter.byte(), b'"', b'\n', b'\r']);
        for cell in added.iter() {
            self.style.delimit(lines);
            if plain {
                lines.extend_from_slice(cell.as_bytes());
            } else {
                self.style.cell(lines, cell.as_bytes());
            }
        }
        lines.push(b'\n');
    }
}

/// A column of a chunk as its cells stand in a line.
pub(super) enum Cells<'a> {
    /// A column that the file does not have.
    None,
    /// Each cell is looked at on its own.
    Single(&'a Chunk, usize),
    /// No cell needs quotes.
    Plain(&'a StringArray),
    /// The same of entries of a dictionary.
    Entries(Entries<'a>),
    /// The same, all of them short, with the delimiter behind them: the entry of each row.
    Short(Vec<ShortCell>, &'a [u32]),
    /// Each different text is put down once, and a row has the number of its text.
    Written { bytes: Vec<u8>, ends: Vec<usize>, numbers: &'a [u32] },
}

impl<'a> Cells<'a> {
    fn of_source(chunk: &'a Chunk, source: Option<usize>, style: CellStyle) -> Self {
        let Some(column) = source else { return Self::None };
        if let Some(entries) = chunk.entries(column) {
            if !is_plain(entries.texts, style) {
                return Self::Single(chunk, column);
            }
            let short = ShortCell::all(&entries, chunk.rows(), style);
            return short.map_or(Self::Entries(entries), |short| Self::Short(short, entries.of_rows));
        }
        match chunk.texts(column).filter(|texts| is_plain(texts, style)) {
            Some(texts) => Self::Plain(texts),
            None => Self::Single(chunk, column),
        }
    }

    fn of_texts(column: &'a TextColumn, style: CellStyle) -> Self {
        let mut bytes = Vec::with_capacity(column.texts().bytes());
        let put = |text: &str| {
            style.cell(&mut bytes, text.as_bytes());
            bytes.len()
        };
        let ends = column.texts().iter().map(put).collect();
        Self::Written { bytes, ends, numbers: column.numbers() }
    }

    fn put(&self, row: usize, style: CellStyle, line: &mut Vec<u8>) {
        match self {
            Self::None => {}
            Self::Single(chunk, column) => style.cell(line, &chunk.cell(*column, row)),
            Self::Plain(texts) => {
                if row < texts.len() && texts.is_valid(row) {
                    line.extend_from_slice(texts.value(row).as_bytes());
                }
            }
            Self::Entries(entries) => line.extend_from_slice(entries.text(row).as_bytes()),
            Self::Short(entries, of_rows) => {
                let cell = of_rows.get(row).and_then(|entry| entries.get(*entry as usize));
                line.extend_from_slice(cell.map_or(&[], |cell| cell.text()));
            }
            Self::Written { bytes, ends, numbers } => {
                let number = numbers.get(row).map_or(0, |number| *number as usize);
                let start = number.checked_sub(1).and_then(|above| ends.get(above)).copied().unwrap_or(0);
                let end = ends.get(number).copied().unwrap_or(start);
                line.extend_from_slice(bytes.get(start..end).unwrap_or_default());
            }
        }
    }
}

/// Bytes of a short cell and of the delimiter behind it.
const SHORT: usize = 15;

/// A short cell with the delimiter behind it, to be copied in one piece whatever its length.
pub(super) struct ShortCell {
    bytes: [u8; SHORT],
    length: u8,
}

impl ShortCell {
    /// The entries of a dictionary, an empty one for nulls behind them; none where one of them is too long, or where
    /// there are more than rows.
    fn all(entries: &Entries, rows: usize, style: CellStyle) -> Option<Vec<Self>> {
        if entries.count() > rows {
            return None;
        }
        let short = |entry| {
            let text = entries.text_of(entry).as_bytes();
            let mut bytes = [0; SHORT];
            let (cell, rest) = bytes.split_at_mut_checked(text.len())?;
            cell.copy_from_slice(text);
            *rest.first_mut()? = style.delimiter.byte();
            Some(Self { bytes, length: text.len() as u8 + 1 })
        };
        (0..=entries.count() as u32).map(short).collect()
    }

    /// Without the delimiter.
    fn text(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length).saturating_sub(1)).unwrap_or_default()
    }
}

/// Appends the cells of a row as long as their columns are short ones, each with a delimiter behind it; how many.
fn put_short(columns: &[Cells], row: usize, line: &mut Vec<u8>) -> usize {
    // Nothing is made room for that is not filled: of many columns each may be a long one.
    let short = columns.iter().take_while(|cells| matches!(cells, Cells::Short(..))).count();
    let mut end = line.len();
    line.resize(end + short * SHORT, 0);
    let mut put = 0;
    for cells in columns.iter().take(short) {
        let Cells::Short(entries, of_rows) = cells else { break };
        let Some(cell) = of_rows.get(row).and_then(|entry| entries.get(*entry as usize)) else { break };
        let Some(room) = line.get_mut(end..end + SHORT) else { break };
        room.copy_from_slice(&cell.bytes);
        end += usize::from(cell.length);
        put += 1;
    }
    line.truncate(end);
    put
}

/// Whether no cell of a column has a byte that means something in a line.
fn is_plain(texts: &StringArray, style: CellStyle) -> bool {
    let bounds = texts.value_offsets();
    let bound = |at: Option<&i32>| at.and_then(|at| usize::try_from(*at).ok()).unwrap_or(0);
    let bytes = texts.value_data().get(bound(bounds.first())..bound(bounds.last())).unwrap_or_default();
    style.is_plain(bytes)
}

/// The file that takes the lines.
pub(super) struct CsvFile {
    path: PathBuf,
    file: BufWriter<HashedFile>,
}

impl CsvFile {
    pub(super) fn create(
        path: &Path,
        plan: &CsvPlan,
        files: &[InputFile],
        added: &[String],
    ) -> Result<Self, OutputError> {
        let file = HashedFile::create(path).map_err(|source| OutputError::io(path, source))?;
        let mut file = Self { path: path.to_owned(), file: BufWriter::with_capacity(256 * 1024, file) };
        file.write(&plan.header(files, added))?;
        Ok(file)
    }

    pub(super) fn reopen(path: &Path, bytes: u64) -> Result<Self, OutputError> {
        let file = HashedFile::reopen(path, bytes).map_err(|source| OutputError::io(path, source))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(256 * 1024, file) })
    }

    /// Brings everything to the disk; the bytes so far.
    pub(super) fn sync(&mut self) -> Result<u64, OutputError> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync());
        synced.map_err(|source| OutputError::io(&self.path, source))
    }

    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(lines).map_err(|source| OutputError::io(&self.path, source))
    }

    pub(super) fn finish(mut self) -> Result<Digest, OutputError> {
        self.file.flush().map_err(|source| OutputError::io(&self.path, source))?;
        Ok(self.file.get_ref().digest())
    }
}
