//! A byte stream cut into records, in memory that is bounded whatever the file holds.
//!
//! On well-formed input a record is what the `csv` crate says it is: a line feed, a carriage return or both
//! end it, blank lines are no records, and a quoted cell may span lines. A quote that goes wrong costs one
//! physical line, never the rest of the file: reading resumes on the line after it.

use std::io::{self, Read};

use memchr::{memchr_iter, memchr2};

use super::cell::{CellRules, Progress, RecordScan};
use super::{Reject, RejectCause};

/// Bytes asked of the source at a time.
const BLOCK: usize = 256 * 1024;

/// A record or what is left of one.
#[derive(PartialEq, Debug)]
pub(super) enum Piece<'a> {
    /// A record without its terminator.
    Record {
        /// Physical line of its start.
        line: u64,
        /// Its bytes.
        bytes: &'a [u8],
        /// Its cells.
        fields: usize,
    },
    /// A row that cannot be read.
    Broken {
        /// Physical line of its start.
        line: u64,
        /// Why.
        cause: RejectCause,
        /// Its bytes, or as many as are kept of an overlong one.
        bytes: &'a [u8],
        /// Whether bytes beyond these were dropped.
        more: bool,
    },
}

/// The cutter. After an error of the source it must not be asked again.
pub(super) struct Records<R> {
    source: R,
    rules: CellRules,
    limit: usize,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    line: u64,
    consumed: u64,
}

impl<R: Read> Records<R> {
    /// Cuts from the source's first byte, which is on this physical line; no record may exceed `limit` bytes.
    pub(super) fn new(source: R, rules: CellRules, limit: usize, line: u64) -> Self {
        Self {
            source,
            rules,
            limit,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            ended: false,
            line,
            consumed: 0,
        }
    }

    /// Physical line at which reading stands.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Bytes handed out so far, terminators included.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The next piece; records with another number of cells than expected are broken.
    pub(super) fn next(&mut self, expected: Option<usize>) -> io::Result<Option<Piece<'_>>> {
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        let line = self.line;
        let Some(first_line) = self.line_length()? else {
            return self.skip_long_line().map(Some);
        };
        let mut length = first_line;
        let mut fields = 0;
        let mut broken = None;
        if self.rules.has_quote(self.ahead(first_line)) {
            match self.scan_quoted()? {
                Ok(scan) => {
                    length = scan.at;
                    fields = scan.fields;
                    if scan.crossed && self.swallowed_a_record(first_line, &scan, expected) {
                        broken = Some(RejectCause::StrayQuote);
                    }
                }
                Err(cause) => broken = Some(cause),
            }
        } else {
            fields = memchr_iter(self.rules.delimiter, self.ahead(first_line)).count() + 1;
        }
        if broken.is_some() {
            length = first_line;
        } else if let Some(expected) = expected.filter(|expected| *expected != fields) {
            broken = Some(RejectCause::Ragged { found: fields, expected });
        }
        let from = self.start;
        if length > first_line {
            self.line += line_ends(self.ahead(length));
        }
        self.consume(length);
        let bytes = &self.buffer[from..from + length];
        Ok(Some(match broken {
            None => Piece::Record { line, bytes, fields },
            Some(cause) => Piece::Broken { line, cause, bytes, more: false },
        }))
    }

    /// Walks over a record whose first line has a quote; or the cause why only that line may be taken.
    fn scan_quoted(&mut self) -> io::Result<Result<RecordScan, RejectCause>> {
        let mut scan = RecordScan::new(self.rules.delimiter);
        loop {
            match scan.advance(&self.buffer[self.start..self.end], self.ended, &mut |_| {}) {
                Progress::Open => return Ok(Err(RejectCause::OpenQuote)),
                _ if scan.at > self.limit => return Ok(Err(RejectCause::OpenQuote)),
                Progress::Complete => return Ok(Ok(scan)),
                Progress::Stray => return Ok(Err(RejectCause::StrayQuote)),
                Progress::Hungry => self.fill()?,
            }
        }
    }

    /// Whether a ragged record of several lines is rather a broken quote: its second line is a whole record
    /// of its own. With a single column every line would be.
    fn swallowed_a_record(&self, first_line: usize, scan: &RecordScan, expected: Option<usize>) -> bool {
        let Some(expected) = expected.filter(|expected| *expected > 1 && *expected != scan.fields) else {
            return false;
        };
        let record = self.ahead(scan.at);
        let rest = &record[first_line..];
        let terminator = if rest.starts_with(b"\r\n") { 2 } else { 1 };
        let rest = rest.get(terminator..).unwrap_or_default();
        let second = &rest[..memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())];
        // The line that closes a cell properly has an odd quote.
        memchr_iter(b'"', second).count().is_multiple_of(2) && self.rules.count(second) == Some(expected)
    }

    /// The next bytes, as many as asked for and there.
    fn ahead(&self, length: usize) -> &[u8] {
        &self.buffer[self.start..(self.start + length).min(self.end)]
    }

    fn consume(&mut self, length: usize) {
        self.start += length;
        self.consumed += length as u64;
    }

    /// Goes to the next byte that ends no line; false at the end of the stream.
    fn skip_line_ends(&mut self) -> io::Result<bool> {
        loop {
            if self.end - self.start < 2 && !self.ended {
                self.fill()?;
                continue;
            }
            match self.ahead(2) {
                [] => return Ok(false),
                [b'\r', b'\n'] => {
                    self.line += 1;
                    self.consume(2);
                }
                [b'\r' | b'\n', ..] => {
                    self.line += 1;
                    self.consume(1);
                }
                _ => return Ok(true),
            }
        }
    }

    /// Length of the physical line, none if it is over the limit.
    fn line_length(&mut self) -> io::Result<Option<usize>> {
        let mut searched = 0;
        loop {
            let rest = &self.buffer[self.start + searched..self.end];
            if let Some(offset) = memchr2(b'\n', b'\r', rest) {
                return Ok(Some(searched + offset).filter(|length| *length <= self.limit));
            }
            searched += rest.len();
            if searched > self.limit {
                return Ok(None);
            }
            if self.ended {
                return Ok(Some(searched));
            }
            self.fill()?;
        }
    }

    /// Drops an overlong line, keeping its beginning.
    fn skip_long_line(&mut self) -> io::Result<Piece<'_>> {
        let line = self.line;
        let mut kept = Vec::new();
        loop {
            let rest = &self.buffer[self.start..self.end];
            let line_end = memchr2(b'\n', b'\r', rest);
            let length = line_end.unwrap_or(rest.len());
            kept.extend_from_slice(&rest[..length.min(Reject::raw_limit() - kept.len())]);
            self.consume(length);
            if line_end.is_some() || self.ended {
                break;
            }
            self.fill()?;
        }
        // What is kept is parked before the unread bytes, so that it can be lent out like any other piece.
        let unread = self.buffer[self.start..self.end].to_vec();
        let length = kept.len();
        self.buffer.clear();
        self.buffer.extend_from_slice(&kept);
        self.buffer.extend_from_slice(&unread);
        self.start = length;
        self.end = self.buffer.len();
        self.buffer.resize(self.end.max(BLOCK), 0);
        Ok(Piece::Broken {
            line,
            cause: RejectCause::TooLong { limit: self.limit },
            bytes: &self.buffer[..length],
            more: length == Reject::raw_limit(),
        })
    }

    /// Reads on; the unread bytes move to the front first.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() - self.end < BLOCK / 2 {
            self.buffer.resize((self.buffer.len() * 2).max(BLOCK), 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

/// Line ends within bytes, a carriage return with a line feed being one.
fn line_ends(bytes: &[u8]) -> u64 {
    memchr2_count(bytes) - memchr::memmem::find_iter(bytes, b"\r\n").count() as u64
}

fn memchr2_count(bytes: &[u8]) -> u64 {
    memchr::memchr2_iter(b'\n', b'\r', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::input::Quoting;

    const COMMA: CellRules = CellRules { delimiter: b',', quoting: Quoting::Csv };

    /// A source that hands out few bytes at a time, as a decompressor may.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let take = self.1.min(buffer.len()).min(self.0.len());
            buffer[..take].copy_from_slice(&self.0[..take]);
            self.0 = &self.0[take..];
            Ok(take)
        }
    }

    /// Pieces as text: `line|record` or `line!cause|raw`.
    fn cut(text: &[u8], expected: Option<usize>, limit: usize, drop: usize) -> Vec<String> {
        let mut records = Records::new(Drops(text, drop), COMMA, limit, 1);
        let mut pieces = Vec::new();
        while let Some(piece) = records.next(expected).unwrap() {
            pieces.push(match piece {
                Piece::Record { line, bytes, .. } => format!("{line}|{}", String::from_utf8_lossy(bytes)),
                Piece::Broken { line, cause, bytes, .. } => {
                    format!("{line}!{}|{}", cause.id(), String::from_utf8_lossy(bytes))
                }
            });
        }
        assert_eq!(records.consumed(), text.len() as u64);
        pieces
    }

    #[test]
    fn broken_rows_cost_one_line() {
        let cases: &[(&str, &[&str])] = &[
            ("a,b\r\nc,d\r\n\r\n\ne,f", &["1|a,b", "2|c,d", "5|e,f"]),
            ("a,b\rc,d\r", &["1|a,b", "2|c,d"]),
            ("a\nb,c\n", &["1!ragged|a", "2|b,c"]),
            ("a,\"b\nc,d\n", &["1!open_quote|a,\"b", "2|c,d"]),
            ("a,\"b\nc,\"d\"\ne,f\n", &["1!stray_quote|a,\"b", "2|c,\"d\"", "3|e,f"]),
            ("a,\"b\r\nc,\"\r\ne,f\r\n", &["1|a,\"b\r\nc,\"", "3|e,f"]),
            // Closed in another cell's empty quotes: ragged, and the second line is a record of its own.
            ("a,\"b\nc,d\ne,\",f\n", &["1!stray_quote|a,\"b", "2|c,d", "3!open_quote|e,\",f"]),
            // A ragged record with a line break of its own stays one reject.
            ("a,\"b\nc\",d\ne,f\n", &["1!ragged|a,\"b\nc\",d", "3|e,f"]),
            ("a,\"b\"x\nc,d", &["1|a,\"b\"x", "2|c,d"]),
            ("\n\n", &[]),
            ("", &[]),
        ];
        for (text, pieces) in cases {
            for drop in [1, 2, 3, 1000] {
                assert_eq!(cut(text.as_bytes(), Some(2), 1000, drop), *pieces, "{text:?} by {drop}");
            }
        }
    }

    #[test]
    fn a_line_over_the_limit_is_dropped_in_bounded_memory() {
        let mut text = b"a,b\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', 40 << 20));
        text.extend_from_slice(b"\nc,d\n");
        let mut records = Records::new(Drops(&text, usize::MAX), COMMA, 1 << 20, 1);
        let mut kinds = Vec::new();
        while let Some(piece) = records.next(Some(2)).unwrap() {
            kinds.push(match piece {
                Piece::Record { line, .. } => (line, "record"),
                Piece::Broken { line, cause, bytes, more } => {
                    assert!(more && bytes.len() == Reject::raw_limit());
                    (line, cause.id())
                }
            });
            assert!(records.buffer.len() <= 4 << 20, "buffer grew to {}", records.buffer.len());
        }
        assert_eq!(kinds, [(1, "record"), (2, "too_long"), (3, "record")]);
    }

    #[test]
    fn a_quote_that_is_open_beyond_the_limit_costs_one_line() {
        let mut text = b"a,\"b\n".to_vec();
        for _ in 0..500 {
            text.extend_from_slice(b"c,d\n");
        }
        let pieces = cut(&text, Some(2), 200, 64);
        assert_eq!(pieces.len(), 501);
        assert_eq!(pieces[0], "1!open_quote|a,\"b");
        assert_eq!(pieces[500], "501|c,d");
    }

    fn cell() -> impl Strategy<Value = String> {
        proptest::string::string_regex("[ab ,\"\n\r;\u{e9}']{0,6}").unwrap()
    }

    proptest! {
        #[test]
        fn records_are_those_of_the_csv_crate(
            rows in prop::collection::vec(prop::collection::vec(cell(), 1..5), 0..12),
            crlf in any::<bool>(),
            always in any::<bool>(),
            drop in 1..40_usize,
        ) {
            let mut writer = csv::WriterBuilder::new()
                .flexible(true)
                .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
                .quote_style(if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
                .from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();

            let mut records = Records::new(Drops(&text, drop), COMMA, 1 << 20, 1);
            let mut ours = Vec::new();
            let mut copy = Vec::new();
            while let Some(piece) = records.next(None).unwrap() {
                let Piece::Record { bytes, fields, .. } = piece else { panic!("{piece:?}") };
                let cells: Vec<_> = COMMA.raw_cells(bytes).iter().map(|raw| COMMA.unquote(raw).into_owned()).collect();
                prop_assert_eq!(cells.len(), fields);
                ours.push(cells);
                copy.extend_from_slice(bytes);
                copy.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
            }
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&text[..]);
            let theirs: Vec<Vec<Vec<u8>>> =
                reader.byte_records().map(|row| row.unwrap().iter().map(<[u8]>::to_vec).collect()).collect();
            prop_assert_eq!(ours, theirs);
            prop_assert_eq!(copy, text);
        }

        #[test]
        fn any_bytes_are_cut_without_loss(text in prop::collection::vec(prop::sample::select(b"a,\"\n\r\0\xe9".to_vec()), 0..200), limit in 1..60_usize, drop in 1..30_usize) {
            let whole = cut(&text, Some(2), limit, 1000);
            prop_assert_eq!(&whole, &cut(&text, Some(2), limit, drop));
        }
    }
}
