//! NAACCR flat records, versions 14 to 18, to chunks of text columns.
//!
//! Every line is a record of one length; the items that rstage knows are columns named by their XML ids, and
//! what stands between them is a column as well, named by its place (`columns_58_191`), so that the cells put
//! together are the line again. Positions are data: `naaccr_flat.csv`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;

use super::cell::CellRules;
use super::chunk::Body;
use super::csv::{CsvBody, Draft};
use super::records::{Piece, Records};
use super::source::{self, Source};
use super::{
    Chunk, Compression, Dialect, Encoding, InputError, InputFile, Options, Quoting, Reject, RejectCause, xml,
};

const POSITIONS: &str = include_str!("naaccr_flat.csv");

/// Characters of a record by version and record type: incidence, confidential, full abstract (and its update).
const LENGTHS: [(&[u16], [usize; 3]); 2] =
    [(&[14, 15, 16], [3339, 5564, 22824]), (&[18], [4048, 6154, 24194])];

/// A line is one cell, whatever stands in it.
const WHOLE_LINES: CellRules = CellRules { delimiter: 0, quoting: Quoting::Literal };

#[derive(Deserialize)]
struct Position {
    #[serde(rename = "item")]
    _item: u16,
    id: String,
    since: u16,
    length: usize,
    start_14_16: Option<usize>,
    start_18: Option<usize>,
}

/// What the records of a file are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Flat {
    version: u16,
    length: usize,
}

/// Whether a file begins with a flat record, and of which kind.
pub(super) fn flat(sample: &[u8]) -> Option<Flat> {
    let line = sample.split(|byte| matches!(byte, b'\n' | b'\r')).next()?;
    Flat::of(line).filter(|flat| line.len() > 1000 && characters(line) <= flat.length)
}

fn characters(line: &[u8]) -> usize {
    std::str::from_utf8(line).map_or(line.len(), |line| line.chars().count())
}

impl Flat {
    /// What a line says of itself: its type stands first, its version in the columns 17 to 19.
    fn of(line: &[u8]) -> Option<Self> {
        let place = match line.first()? {
            b'I' => 0,
            b'C' => 1,
            b'A' | b'M' => 2,
            _ => return None,
        };
        let is_blank = line.get(2..16)?.iter().all(|byte| *byte == b' ');
        let version: u16 = std::str::from_utf8(line.get(16..19)?).ok()?.parse().ok()?;
        let (version, patch) = (version / 10, version % 10);
        let (_, lengths) = LENGTHS.iter().find(|(versions, _)| versions.contains(&version))?;
        Some(Self { version, length: *lengths.get(place)? }).filter(|_| is_blank && patch <= 1)
    }

    /// The columns of a record with their places, first and behind the last character.
    fn columns(self) -> Vec<(String, usize, usize)> {
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(POSITIONS.as_bytes());
        let mut items: Vec<(String, usize, usize)> = reader
            .deserialize::<Position>()
            .flatten()
            .filter(|position| position.since <= self.version)
            .filter_map(|position| {
                let start = if self.version < 18 { position.start_14_16 } else { position.start_18 }?;
                Some((position.id, start - 1, start - 1 + position.length))
            })
            .collect();
        items.sort_by_key(|(_, start, _)| *start);
        let mut columns = Vec::new();
        let mut at = 0;
        for (id, start, end) in items {
            if at < start {
                columns.push((between(at, start), at, start));
            }
            columns.push((id, start, end));
            at = end;
        }
        if at < self.length {
            columns.push((between(at, self.length), at, self.length));
        }
        columns
    }

    /// The names of the columns.
    pub(super) fn names(self) -> Vec<String> {
        self.columns().into_iter().map(|(name, ..)| name).collect()
    }
}

fn between(start: usize, end: usize) -> String {
    format!("columns_{}_{end}", start + 1)
}

/// Reads flat records chunk by chunk.
pub(super) struct FlatReader {
    file: usize,
    path: PathBuf,
    compression: Compression,
    encoding: Encoding,
    flat: Flat,
    ends: Vec<usize>,
    records: Records<Source>,
    chunk_rows: usize,
    chunk_bytes: usize,
    next_record: u64,
    bytes_read: Arc<AtomicU64>,
}

impl FlatReader {
    pub(super) fn open(
        file: &InputFile,
        flat: Flat,
        options: &Options,
        bytes_read: Arc<AtomicU64>,
    ) -> Result<Self, InputError> {
        let source = source::open(&file.path, file.compression, Arc::clone(&bytes_read), options)?;
        Ok(Self {
            file: file.index,
            path: file.path.clone(),
            compression: file.compression,
            encoding: options.encoding,
            flat,
            ends: flat.columns().into_iter().map(|(_, _, end)| end).collect(),
            records: Records::new(source, WHOLE_LINES, options.max_record_bytes.min(u32::MAX as usize), 1),
            chunk_rows: options.chunk_rows.max(1),
            chunk_bytes: options.chunk_bytes.max(1),
            next_record: 1,
            bytes_read,
        })
    }

    /// The next chunk, none at the end of the file.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Chunk>, InputError> {
        let mut draft = Draft::default();
        let mut rejects: Vec<Reject> = Vec::new();
        let (mut row, mut rejected_bytes) = (Vec::new(), 0);
        while draft.len() + rejects.len() < self.chunk_rows
            && draft.bytes() + rejected_bytes < self.chunk_bytes
        {
            let told = |path: &Path, line: u64, error| {
                let byte = self.bytes_read.load(Ordering::Relaxed);
                source::read_error(path, self.compression, line, byte, error)
            };
            let line = self.records.line().saturating_sub(1);
            let (line, bytes, cause) = match self.records.next(None) {
                Err(error) => return Err(told(&self.path, line, error)),
                Ok(None) => break,
                Ok(Some(Piece::Broken { line, cause, bytes, more })) => {
                    rejected_bytes += bytes.len();
                    rejects.push(Reject::new(self.file, line, cause, bytes, more));
                    continue;
                }
                Ok(Some(Piece::Record { line, bytes, .. })) => {
                    row.clear();
                    (line, bytes, write_row(&mut row, bytes, self.flat, &self.ends, self.encoding))
                }
            };
            match cause {
                Ok(()) => draft.push(line, &row),
                Err(cause) => {
                    rejected_bytes += bytes.len();
                    rejects.push(Reject::new(self.file, line, cause, bytes, false));
                }
            }
        }
        if draft.len() == 0 && rejects.is_empty() {
            return Ok(None);
        }
        let first_record = self.next_record;
        self.next_record += draft.len() as u64;
        let body = Body::Csv(CsvBody::new(draft, Dialect::default(), self.ends.len()));
        Ok(Some(Chunk { file: self.file, first_record, rejects, body }))
    }
}

/// Cuts a record at these columns; one whose trailing blanks were dropped ends where it ends.
fn write_row(
    out: &mut Vec<u8>,
    bytes: &[u8],
    flat: Flat,
    ends: &[usize],
    encoding: Encoding,
) -> Result<(), RejectCause> {
    let malformed = |why: String| Err(RejectCause::Malformed { why });
    match Flat::of(bytes) {
        None => return malformed("no NAACCR flat record of the versions 14 to 18".to_owned()),
        Some(own) if own.version != flat.version || own.length != flat.length => {
            return malformed(format!(
                "a record of version {} with {} columns in a file of version {} with {}",
                own.version, own.length, flat.version, flat.length
            ));
        }
        Some(_) => {}
    }
    if bytes.contains(&0) {
        return Err(RejectCause::Nul);
    }
    if encoding == Encoding::Utf8 && std::str::from_utf8(bytes).is_err() {
        return Err(RejectCause::NotUtf8 { column: "(whole record)".to_owned() });
    }
    let text = encoding.decode(bytes);
    let length = if text.is_ascii() { text.len() } else { text.chars().count() };
    if length > flat.length {
        return malformed(format!("{length} columns instead of {}", flat.length));
    }
    let mut rest: &str = &text;
    let mut at = 0;
    xml::write_row(
        out,
        ends.iter().map(|end| {
            let width = end - at;
            at = *end;
            let cut = if rest.is_ascii() {
                width.min(rest.len())
            } else {
                rest.char_indices().nth(width).map_or(rest.len(), |(place, _)| place)
            };
            let (cell, tail) = rest.split_at(cut);
            rest = tail;
            cell
        }),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], options: &Options) -> (InputFile, Vec<Vec<String>>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.txt");
        std::fs::write(&path, bytes).unwrap();
        let file = InputFile::probe(&path, 0, options).unwrap();
        let (mut rows, mut rejects) = (vec![], vec![]);
        for chunk in file.open(options).unwrap() {
            let chunk = chunk.unwrap();
            for row in 0..chunk.rows() {
                rows.push((0..file.header.len()).map(|c| chunk.text(c, row).into_owned()).collect());
            }
            rejects.extend(chunk.rejects.iter().map(|reject| format!("{}: {}", reject.line, reject.cause)));
        }
        (file, rows, rejects)
    }

    /// A record of this version and type with a site and a remark in free text.
    fn record(version: &str, kind: char, length: usize, site: (usize, &str), last: &str) -> String {
        let mut line = format!("{kind}{:15}{version}", "");
        line.push_str(&" ".repeat(site.0 - 1 - line.len()));
        line.push_str(site.1);
        let rest = length - line.chars().count() - last.chars().count();
        line + &" ".repeat(rest) + last
    }

    #[test]
    fn every_layout_covers_its_record() {
        for (versions, lengths) in LENGTHS {
            for (&version, length) in
                versions.iter().flat_map(|version| lengths.map(|length| (version, length)))
            {
                let columns = Flat { version, length }.columns();
                let mut at = 0;
                for (name, start, end) in &columns {
                    assert!(*start == at && end > start, "version {version}, {length}: {name}");
                    at = *end;
                }
                assert_eq!(at, length, "version {version}");
                let items = columns.iter().filter(|(name, ..)| !name.starts_with("columns_")).count();
                assert!(items > 100, "version {version}: {items}");
            }
        }
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(POSITIONS.as_bytes());
        assert!(reader.deserialize::<Position>().all(|position| position.is_ok()));
    }

    #[test]
    fn cells_put_together_are_the_line() {
        for (version, kind, length, start) in [
            ("140", 'I', 3339, 540),
            ("150", 'C', 5564, 540),
            ("160", 'A', 22824, 540),
            ("180", 'I', 4048, 554),
            ("181", 'M', 24194, 554),
        ] {
            let line = record(version, kind, length, (start, "C619"), "a,\"b\" \u{e9}");
            let cut = line[..2000].trim_end();
            let (file, rows, rejects) = read(format!("{line}\r\n{cut}\n").as_bytes(), &Options::default());
            assert_eq!(file.form(), "naaccr_flat");
            assert_eq!(rejects, Vec::<String>::new());
            assert_eq!(rows.iter().map(|row| row.concat()).collect::<Vec<_>>(), [line.as_str(), cut]);
            let site = file.header.iter().position(|name| name == "primarySite").unwrap();
            assert_eq!((rows[0][site].as_str(), rows[1][site].as_str()), ("C619", "C619"), "{version}");
        }
    }

    #[test]
    fn records_that_do_not_fit_are_rejected() {
        let good = record("180", 'I', 4048, (554, "C619"), "x");
        let text =
            format!("{good}\n{}\n{}x\nanything\n{good}", record("160", 'I', 3339, (540, "C619"), "x"), good);
        let (_, rows, rejects) = read(text.as_bytes(), &Options::default());
        assert_eq!(rows.len(), 2);
        assert_eq!(
            rejects,
            [
                "2: a record of version 16 with 3339 columns in a file of version 18 with 4048",
                "3: 4049 columns instead of 4048",
                "4: no NAACCR flat record of the versions 14 to 18",
            ]
        );
        let latin = [&good.as_bytes()[..4047], b"\xe9\n"].concat();
        assert_eq!(
            read(&latin, &Options::default()).2,
            ["1: invalid UTF-8 in column `(whole record)` (hint: --encoding windows-1252)"]
        );
        let options = Options { encoding: Encoding::Windows1252, ..Options::default() };
        assert!(read(&latin, &options).1[0].concat().ends_with('\u{e9}'));
    }

    #[test]
    fn other_tables_are_none() {
        for text in ["id,stage\n", "I               180 short\n", ""] {
            assert_eq!(flat(text.as_bytes()), None, "{text:?}");
        }
        let text = record("210", 'I', 4048, (554, "C619"), "x");
        assert_eq!(flat(text.as_bytes()), None);
    }
}
