//! Enriched records as a text table. Where nothing has to change, the line is copied byte for byte.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::csv_cell::CellStyle;
use super::union::{Union, all_literal};
use super::{Added, OutputError};
use crate::input::{Chunk, Delimiter, InputFile, Kind, Quoting};

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
    pub(super) fn new(files: &[InputFile], delimiter: Option<Delimiter>) -> Self {
        let first = files.iter().find_map(|file| match &file.kind {
            Kind::Csv(dialect) => Some(dialect.delimiter),
            Kind::Parquet(_) => None,
        });
        let delimiter = delimiter.or(first).unwrap_or_default();
        let literal = delimiter == Delimiter::Tab && all_literal(files);
        let quoting = if literal { Quoting::Literal } else { Quoting::Csv };
        let style = CellStyle { delimiter, quoting };
        let union = Union::of(files);
        let verbatim = files
            .iter()
            .enumerate()
            .map(|(index, file)| match &file.kind {
                Kind::Csv(dialect) => {
                    let same = CellStyle { delimiter: dialect.delimiter, quoting: dialect.quoting };
                    same == style && union.is_that_of(index)
                }
                Kind::Parquet(_) => false,
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

    /// The lines of a chunk.
    pub(super) fn encode(&self, chunk: &Chunk, added: &Added) -> Vec<u8> {
        let mut lines = Vec::with_capacity(chunk.rows() * 256);
        for row in 0..chunk.rows() {
            self.record(&mut lines, chunk, row);
            self.end(&mut lines, added.columns.iter().map(|column| column.get(row)));
        }
        lines
    }

    /// Appends a record's own cells.
    pub(super) fn record(&self, lines: &mut Vec<u8>, chunk: &Chunk, row: usize) {
        let verbatim = self.verbatim.get(chunk.file).copied().unwrap_or(false);
        if let Some(line) = chunk.raw_line(row).filter(|_| verbatim) {
            lines.extend_from_slice(line);
            return;
        }
        let sources = self.union.sources.get(chunk.file).map(Vec::as_slice).unwrap_or_default();
        for (place, source) in sources.iter().enumerate() {
            if place > 0 {
                self.style.delimit(lines);
            }
            if let Some(column) = source {
                self.style.cell(lines, &chunk.cell(*column, row));
            }
        }
    }

    /// Appends the new cells of a record and ends its line.
    pub(super) fn end<'t>(&self, lines: &mut Vec<u8>, added: impl IntoIterator<Item = &'t str>) {
        for cell in added {
            self.style.delimit(lines);
            self.style.cell(lines, cell.as_bytes());
        }
        lines.push(b'\n');
    }
}

/// The file that takes the lines.
pub(super) struct CsvFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl CsvFile {
    pub(super) fn create(
        path: &Path,
        plan: &CsvPlan,
        files: &[InputFile],
        added: &[String],
    ) -> Result<Self, OutputError> {
        let file = File::create(path).map_err(|source| OutputError::io(path, source))?;
        let mut file = Self { path: path.to_owned(), file: BufWriter::with_capacity(256 * 1024, file) };
        file.write(&plan.header(files, added))?;
        Ok(file)
    }

    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(lines).map_err(|source| OutputError::io(&self.path, source))
    }

    pub(super) fn finish(mut self) -> Result<(), OutputError> {
        self.file.flush().map_err(|source| OutputError::io(&self.path, source))
    }
}
