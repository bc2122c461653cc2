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

/// Which of the cells of a record are located: the columns by whose ends the wanted ones are cut out.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Located {
    /// Ascending.
    columns: Vec<usize>,
    /// For each column of the table, its place among them.
    places: Vec<Option<u32>>,
}

impl Located {
    fn new(mut columns: Vec<usize>, width: usize) -> Self {
        columns.retain(|column| *column < width);
        columns.sort_unstable();
        columns.dedup();
        let mut places = vec![None; width];
        for (place, column) in columns.iter().enumerate() {
            if let Some(slot) = places.get_mut(*column) {
                *slot = Some(place as u32);
            }
        }
        Self { columns, places }
    }

    fn place(&self, column: usize) -> Option<usize> {
        self.places.get(column).copied().flatten().map(|place| place as usize)
    }
}

/// Adjacent columns whose outer ends are located; a single column is one of them. Nothing where a table does not
/// have them.
#[derive(Clone, Copy)]
pub(super) struct CsvColumns<'a> {
    draft: &'a Draft,
    rules: CellRules,
    ends: &'a [u32],
    /// Located ends of a record.
    stride: usize,
    /// Place of the end before the first column, none where that begins the record.
    before: Option<usize>,
    /// Place of the end of the last one.
    last: usize,
}

impl<'a> CsvColumns<'a> {
    /// The columns of a record as they stand in the file, with what is between them.
    fn raw(self, row: usize) -> &'a [u8] {
        let at = row * self.stride;
        let Some(&end) = self.ends.get(at + self.last) else { return &[] };
        let start = self.before.and_then(|before| self.ends.get(at + before)).map_or(0, |end| *end + 1);
        self.draft.record(row).get(start as usize..end as usize).unwrap_or_default()
    }

    fn cell(self, row: usize) -> Cow<'a, [u8]> {
        match self.raw(row) {
            [] => Cow::Borrowed(&[]),
            raw => self.rules.unquote(raw),
        }
    }

    /// The same for some rows, one after the other.
    pub(super) fn each_raw(self, rows: Range<usize>, mut each: impl FnMut(&'a [u8])) {
        let mut start = rows.start.checked_sub(1).and_then(|above| self.draft.stops.get(above)).copied();
        let mut at = rows.start * self.stride;
        for row in rows {
            let from = start.unwrap_or(0);
            start = self.draft.stops.get(row).copied();
            let begin = self.before.and_then(|before| self.ends.get(at + before)).map_or(0, |end| end + 1);
            let end = self.ends.get(at + self.last).map_or(begin, |end| *end);
            at += self.stride;
            each(self.draft.bytes.get(from + begin as usize..from + end as usize).unwrap_or_default());
        }
    }

    /// The cells that make such bytes, without their quotes.
    pub(super) fn cells(self, raw: &'a [u8]) -> impl Iterator<Item = Cow<'a, [u8]>> {
        self.rules.raw_cells(raw).into_iter().map(move |cell| self.rules.unquote(cell))
    }
}

/// A column of a text table.
#[derive(Clone, Copy)]
pub(super) enum CsvColumn<'a> {
    Located(CsvColumns<'a>),
    /// Each of its cells costs a walk over the record, for who asks for few of them.
    Elsewhere {
        body: &'a CsvBody,
        column: usize,
    },
}

impl<'a> CsvColumn<'a> {
    pub(super) fn cell(self, row: usize) -> Cow<'a, [u8]> {
        match self {
            Self::Located(columns) => columns.cell(row),
            Self::Elsewhere { body, column } => {
                let rules = body.dialect.rules();
                rules
                    .raw_cell(body.draft.record(row), column, body.columns)
                    .map_or(Cow::Borrowed(&[]), |raw| rules.unquote(raw))
            }
        }
    }

    /// The cells of some rows. Nearly all stand without quotes and one stride apart.
    pub(super) fn each(self, rows: Range<usize>, mut each: impl FnMut(&[u8])) {
        match self {
            Self::Located(columns) => columns.each_raw(rows, |raw| {
                if raw.first() == Some(&b'"') { each(&columns.rules.unquote(raw)) } else { each(raw) }
            }),
            Self::Elsewhere { .. } => rows.for_each(|row| each(&self.cell(row))),
        }
    }
}

/// Records of a text table.
pub(super) struct CsvBody {
    draft: Draft,
    dialect: Dialect,
    columns: usize,
    /// Which cells are located.
    located: Located,
    /// Their ends, row by row; filled when a cell is first asked for, so that workers and not the reader pay for
    /// it.
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
        let located = Located::new((0..columns).collect(), columns);
        Self { draft, dialect, columns, located, ends: OnceLock::new() }
    }

    /// Says which cells will be asked for, by runs of adjacent columns, before the first of them is.
    pub(super) fn locate_only(&mut self, runs: impl IntoIterator<Item = Range<usize>>) {
        let bounds = runs.into_iter().flat_map(|run| [run.start.checked_sub(1), run.end.checked_sub(1)]);
        self.located = Located::new(bounds.flatten().collect(), self.columns);
        self.ends = OnceLock::new();
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
        self.run(column..column + 1).map_or(CsvColumn::Elsewhere { body: self, column }, CsvColumn::Located)
    }

    /// Adjacent columns, where their outer ends are located.
    pub(super) fn run(&self, run: Range<usize>) -> Option<CsvColumns<'_>> {
        let before = match run.start.checked_sub(1) {
            Some(before) => Some(self.located.place(before)?),
            None => None,
        };
        let last = self.located.place(run.end.checked_sub(1)?)?;
        Some(CsvColumns {
            draft: &self.draft,
            rules: self.dialect.rules(),
            ends: self.ends.get_or_init(|| self.locate()),
            stride: self.located.columns.len(),
            before,
            last,
        })
    }

    /// Ends of the located cells, counted from the start of their record.
    fn locate(&self) -> Vec<u32> {
        let stride = self.located.columns.len();
        let mut ends = Vec::with_capacity(self.rows() * stride);
        for row in 0..self.rows() {
            let record = self.draft.record(row);
            self.dialect
                .rules()
                .some_ends(record, &self.located.columns, self.columns, |end| ends.push(end as u32));
            // Every record has all columns; were one short, the others would still be where they are.
            ends.resize((row + 1) * stride, record.len() as u32);
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cell_is_the_same_however_it_is_located(
            rows in prop::collection::vec(prop::collection::vec("[ab ,\"\n;é]{0,4}", 6), 1..8),
            from in 0..6_usize,
            length in 1..4_usize,
            single in 0..6_usize,
            always in any::<bool>(),
        ) {
            let style = if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
            let mut writer = csv::WriterBuilder::new().quote_style(style).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let mut records = Records::new(text.as_slice(), Dialect::default().rules(), 1 << 20, 1);
            let mut draft = Draft::default();
            while let Some(Piece::Record { line, bytes, .. }) = records.next(Some(6)).unwrap() {
                draft.push(line, bytes);
            }
            let mut body = CsvBody::new(draft, Dialect::default(), 6);
            let run = from..(from + length).min(6);
            body.locate_only([run.clone(), single..single + 1]);
            for (row, cells) in rows.iter().enumerate() {
                for (column, cell) in cells.iter().enumerate() {
                    prop_assert_eq!(&*body.cell(column, row), cell.as_bytes());
                }
            }
            let mut row = 0;
            let columns = body.run(run.clone()).unwrap();
            columns.each_raw(0..rows.len(), |raw| {
                let cells: Vec<_> = columns.cells(raw).map(Cow::into_owned).collect();
                let expected: Vec<_> = rows[row][run.clone()].iter().map(|cell| cell.as_bytes().to_vec()).collect();
                assert_eq!(cells, expected);
                row += 1;
            });
            for column in 0..6 {
                let mut seen = Vec::new();
                body.column(column).each(0..rows.len(), |cell| seen.push(cell.to_vec()));
                let expected: Vec<_> = rows.iter().map(|row| row[column].as_bytes().to_vec()).collect();
                prop_assert_eq!(seen, expected);
            }
        }
    }
}
