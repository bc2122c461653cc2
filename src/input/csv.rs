//! Text tables to chunks: records are kept as the bytes they are, cells are located when they are asked for.

use std::borrow::Cow;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use memchr::memchr;

use super::cell::CellRules;
use super::chunk::Body;
use super::file::Layout;
use super::records::{Piece, Records};
use super::source::{self, Source};
use super::{Chunk, Compression, Dialect, Encoding, InputError, InputFile, Options, Reject, RejectCause};

/// Reads a text table chunk by chunk.
pub(super) struct CsvReader {
    file: usize,
    path: PathBuf,
    compression: Compression,
    dialect: Dialect,
    header: Vec<String>,
    records: Records<Source>,
    chunk_rows: usize,
    chunk_bytes: usize,
    next_record: u64,
    bytes_read: Arc<AtomicU64>,
}

impl CsvReader {
    pub(super) fn open(
        file: &InputFile,
        dialect: Dialect,
        layout: &Layout,
        options: &Options,
        bytes_read: Arc<AtomicU64>,
    ) -> Result<Self, InputError> {
        let mut source = source::open(&file.path, file.compression, Arc::clone(&bytes_read), options)?;
        std::io::copy(&mut std::io::Read::take(&mut source, layout.data_start), &mut std::io::sink())
            .map_err(|error| source::read_error(&file.path, file.compression, 0, 0, error))?;
        Ok(Self {
            file: file.index,
            path: file.path.clone(),
            compression: file.compression,
            dialect,
            header: file.header.clone(),
            records: Records::new(
                source,
                dialect.rules(),
                options.max_record_bytes.min(u32::MAX as usize),
                layout.data_line,
            ),
            chunk_rows: options.chunk_rows.max(1),
            chunk_bytes: options.chunk_bytes.max(1),
            next_record: 1,
            bytes_read,
        })
    }

    /// The next chunk, none at the end of the file.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Chunk>, InputError> {
        let mut draft = Draft::default();
        let mut rejects = Vec::new();
        let mut rejected_bytes = 0;
        while draft.lines.len() + rejects.len() < self.chunk_rows
            && draft.bytes.len() + rejected_bytes < self.chunk_bytes
        {
            match self.records.next(Some(self.header.len())) {
                Ok(None) => break,
                Ok(Some(Piece::Record { line, bytes, .. })) => draft.push(line, bytes),
                Ok(Some(Piece::Broken { line, cause, bytes, more })) => {
                    let reject = Reject::new(self.file, line, cause, bytes, more);
                    rejected_bytes += reject.raw.len();
                    rejects.push(reject);
                }
                Err(error) => {
                    let byte = self.bytes_read.load(Ordering::Relaxed);
                    let line = self.records.line().saturating_sub(1);
                    return Err(source::read_error(&self.path, self.compression, line, byte, error));
                }
            }
        }
        if draft.lines.is_empty() && rejects.is_empty() {
            return Ok(None);
        }
        if !draft.is_clean(self.dialect.encoding) {
            draft = self.sift(&draft, &mut rejects);
        }
        let first_record = self.next_record;
        self.next_record += draft.lines.len() as u64;
        let body = Body::Csv(CsvBody::new(draft, self.dialect, self.header.len()));
        Ok(Some(Chunk { file: self.file, first_record, rejects, body }))
    }

    /// Takes out the records whose bytes are no text.
    fn sift(&self, draft: &Draft, rejects: &mut Vec<Reject>) -> Draft {
        let mut kept = Draft::default();
        for (row, line) in draft.lines.iter().enumerate() {
            let bytes = draft.record(row);
            match self.unreadable(bytes) {
                None => kept.push(*line, bytes),
                Some(cause) => rejects.push(Reject::new(self.file, *line, cause, bytes, false)),
            }
        }
        rejects.sort_by_key(|reject| reject.line);
        kept
    }

    fn unreadable(&self, record: &[u8]) -> Option<RejectCause> {
        if memchr(0, record).is_some() {
            return Some(RejectCause::Nul);
        }
        if self.dialect.encoding != Encoding::Utf8 || std::str::from_utf8(record).is_ok() {
            return None;
        }
        let cells = self.dialect.rules().raw_cells(record);
        let index = cells.iter().position(|cell| std::str::from_utf8(cell).is_err())?;
        let name = self.header.get(index).map(|name| name.trim()).filter(|name| !name.is_empty());
        let column = name.map_or_else(|| format!("number {}", index + 1), str::to_owned);
        Some(RejectCause::NotUtf8 { column })
    }
}

/// Records as they are gathered, each followed by a line feed so that none can complete another's bytes.
#[derive(Default)]
pub(super) struct Draft {
    bytes: Vec<u8>,
    /// Offset after each record's line feed.
    stops: Vec<usize>,
    lines: Vec<u64>,
}

impl Draft {
    pub(super) fn push(&mut self, line: u64, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.bytes.push(b'\n');
        self.stops.push(self.bytes.len());
        self.lines.push(line);
    }

    /// Records.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Their bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    fn record(&self, row: usize) -> &[u8] {
        let start = row.checked_sub(1).and_then(|above| self.stops.get(above)).copied().unwrap_or(0);
        let stop = self.stops.get(row).map_or(start, |stop| stop - 1);
        self.bytes.get(start..stop).unwrap_or_default()
    }

    fn is_clean(&self, encoding: Encoding) -> bool {
        memchr(0, &self.bytes).is_none()
            && (encoding != Encoding::Utf8 || std::str::from_utf8(&self.bytes).is_ok())
    }
}

/// A column whose cells are located; without any where the table does not have it.
#[derive(Clone, Copy)]
pub(super) struct CsvColumn<'a> {
    draft: &'a Draft,
    rules: CellRules,
    ends: &'a [u32],
    columns: usize,
    column: usize,
}

impl<'a> CsvColumn<'a> {
    pub(super) fn cell(self, row: usize) -> Cow<'a, [u8]> {
        let at = row * self.columns + self.column;
        let Some(&end) = self.ends.get(at) else { return Cow::Borrowed(&[]) };
        let start = if self.column == 0 { 0 } else { self.ends.get(at - 1).map_or(0, |end| *end + 1) };
        match self.draft.record(row).get(start as usize..end as usize) {
            Some([]) | None => Cow::Borrowed(&[]),
            Some(raw) => self.rules.unquote(raw),
        }
    }

    /// The cells of some rows. Nearly all stand without quotes and one stride apart.
    pub(super) fn each(self, rows: Range<usize>, mut each: impl FnMut(&[u8])) {
        let mut start = rows.start.checked_sub(1).and_then(|above| self.draft.stops.get(above)).copied();
        let mut at = rows.start * self.columns + self.column;
        for row in rows {
            let from = start.unwrap_or(0);
            start = self.draft.stops.get(row).copied();
            let begin = if self.column == 0 { 0 } else { self.ends.get(at - 1).map_or(0, |end| end + 1) };
            let end = self.ends.get(at).map_or(begin, |end| *end);
            at += self.columns;
            let raw = self.draft.bytes.get(from + begin as usize..from + end as usize).unwrap_or_default();
            if raw.first() == Some(&b'"') { each(&self.rules.unquote(raw)) } else { each(raw) }
        }
    }
}

/// Records of a text table.
pub(super) struct CsvBody {
    draft: Draft,
    dialect: Dialect,
    columns: usize,
    /// Ends of all cells, row by row; filled when a cell is first asked for, so that workers and not the
    /// reader pay for it.
    ends: OnceLock<Vec<u32>>,
}

impl std::fmt::Debug for CsvBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvBody")
            .field("rows", &self.rows())
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

impl CsvBody {
    pub(super) fn new(draft: Draft, dialect: Dialect, columns: usize) -> Self {
        Self { draft, dialect, columns, ends: OnceLock::new() }
    }

    pub(super) fn rows(&self) -> usize {
        self.draft.lines.len()
    }

    pub(super) fn line(&self, row: usize) -> u64 {
        self.draft.lines.get(row).copied().unwrap_or(0)
    }

    pub(super) fn raw_line(&self, row: usize) -> &[u8] {
        self.draft.record(row)
    }

    pub(super) fn is_utf8(&self) -> bool {
        self.dialect.encoding == Encoding::Utf8
    }

    pub(super) fn decode<'a>(&self, cell: &'a [u8]) -> Cow<'a, str> {
        self.dialect.encoding.decode(cell)
    }

    pub(super) fn cell(&self, column: usize, row: usize) -> Cow<'_, [u8]> {
        self.column(column).cell(row)
    }

    pub(super) fn column(&self, column: usize) -> CsvColumn<'_> {
        let ends = if column < self.columns { self.ends.get_or_init(|| self.locate()) } else { &[][..] };
        CsvColumn { draft: &self.draft, rules: self.dialect.rules(), ends, columns: self.columns, column }
    }

    /// Ends of cells, counted from the start of their record.
    fn locate(&self) -> Vec<u32> {
        let mut ends = Vec::with_capacity(self.rows() * self.columns);
        for row in 0..self.rows() {
            self.dialect.rules().ends(self.draft.record(row), |end| ends.push(end as u32));
        }
        ends
    }
}
