//! Where the cells of a record end and what they say once their quotes are off.
//!
//! The meaning of quotes is that of the `csv` crate: a quote opens only at the very start of a cell, two
//! quotes within are one, and text after the closing quote is taken literally. A record that spans lines
//! is held to more: there, text after a closing quote means that an earlier quote was never closed.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::Quoting;

/// How the cells of a text file are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CellRules {
    pub(super) delimiter: u8,
    pub(super) quoting: Quoting,
}

impl CellRules {
    /// Whether the line needs the slow way.
    pub(super) fn has_quote(self, line: &[u8]) -> bool {
        self.quoting == Quoting::Csv && memchr(b'"', line).is_some()
    }

    /// The number of cells of one whole record, none where its quotes are broken.
    pub(super) fn count(self, record: &[u8]) -> Option<usize> {
        if !self.has_quote(record) {
            return Some(memchr_iter(self.delimiter, record).count() + 1);
        }
        let mut scan = RecordScan::new(self.delimiter);
        (scan.advance(record, true, &mut |_| {}) == Progress::Complete).then_some(scan.fields)
    }

    /// Tells where each cell of one whole record ends, the last one at the end of the record.
    pub(super) fn ends(self, record: &[u8], mut end: impl FnMut(usize)) {
        if self.has_quote(record) {
            let mut scan = RecordScan::new(self.delimiter);
            scan.advance(record, true, &mut end);
        } else {
            places(self.delimiter, record, |at| {
                end(at);
                false
            });
            end(record.len());
        }
    }

    /// Of the cells of one whole record of so many, where some end; their columns are given in their order.
    pub(super) fn some_ends(
        self,
        record: &[u8],
        wanted: &[usize],
        columns: usize,
        mut end: impl FnMut(usize),
    ) {
        // The last cell ends with the record, so that nothing behind the one before it is looked at.
        let (inner, is_last) = match wanted.split_last() {
            Some((last, inner)) if last + 1 == columns => (inner, true),
            _ => (wanted, false),
        };
        let mut inner = inner.iter();
        if let Some(mut next) = inner.next() {
            let mut column = 0;
            let mut take = |at: usize| {
                if column == *next {
                    end(at);
                    match inner.next() {
                        Some(further) => next = further,
                        None => return true,
                    }
                }
                column += 1;
                false
            };
            if self.has_quote(record) {
                // The scan goes on to the end; what is wanted may end before.
                let mut done = false;
                let mut scan = RecordScan::new(self.delimiter);
                scan.advance(record, true, &mut |at| done = done || take(at));
            } else {
                places(self.delimiter, record, take);
            }
        }
        if is_last {
            end(record.len());
        }
    }

    /// One cell of a whole record of so many as it stands in the file.
    pub(super) fn raw_cell(self, record: &[u8], column: usize, columns: usize) -> Option<&[u8]> {
        let mut bounds = [0, 0];
        let wanted: &[usize] = if column == 0 { &[0] } else { &[column - 1, column] };
        self.some_ends(record, wanted, columns, |end| bounds = [bounds[1], end]);
        record.get(if column == 0 { 0 } else { bounds[0] + 1 }..bounds[1])
    }

    /// The cells of one whole record as they stand in the file.
    pub(super) fn raw_cells(self, record: &[u8]) -> Vec<&[u8]> {
        let mut cells = Vec::new();
        let mut start = 0;
        self.ends(record, |end| {
            cells.push(record.get(start..end).unwrap_or_default());
            start = end + 1;
        });
        cells
    }

    /// A cell without its quotes.
    pub(super) fn unquote(self, raw: &[u8]) -> Cow<'_, [u8]> {
        if self.quoting == Quoting::Literal {
            return Cow::Borrowed(raw);
        }
        let Some(inner) = raw.strip_prefix(b"\"") else { return Cow::Borrowed(raw) };
        match memchr(b'"', inner) {
            None => Cow::Borrowed(inner),
            Some(at) if at + 1 == inner.len() => Cow::Borrowed(&inner[..at]),
            Some(at) => Cow::Owned(unescape(inner, at)),
        }
    }
}

/// Goes through the places of a byte until it is told to stop. Cells are a few bytes long: to search anew for the end
/// of each takes several times as long as to look at eight bytes at once.
fn places(byte: u8, text: &[u8], mut stop: impl FnMut(usize) -> bool) {
    const LOW: u64 = u64::MAX / 255 * 0x7f;
    let wanted = u64::MAX / 255 * u64::from(byte);
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let other = u64::from_le_bytes(*word) ^ wanted;
        // Of each byte that is the wanted one the highest bit, and nothing of the others.
        let mut found = !(((other & LOW) + LOW) | other | LOW);
        while found != 0 {
            if stop(at * 8 + found.trailing_zeros() as usize / 8) {
                return;
            }
            found &= found - 1;
        }
    }
    let before = text.len() - rest.len();
    for (at, _) in rest.iter().enumerate().filter(|(_, own)| **own == byte) {
        if stop(before + at) {
            return;
        }
    }
}

/// The text of a quoted cell whose first inner quote, at `at`, is not its end.
fn unescape(inner: &[u8], mut at: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(inner.len());
    let mut rest = inner;
    loop {
        let (before, from_quote) = rest.split_at(at);
        text.extend_from_slice(before);
        rest = from_quote.get(1..).unwrap_or_default();
        let Some(tail) = rest.strip_prefix(b"\"") else { break };
        text.push(b'"');
        rest = tail;
        match memchr(b'"', rest) {
            Some(next) => at = next,
            None => break,
        }
    }
    text.extend_from_slice(rest);
    text
}

/// A walk over one record that can pause where the bytes at hand end.
#[derive(Debug)]
pub(super) struct RecordScan {
    delimiter: u8,
    state: State,
    /// Offset of the next byte; of the terminator once complete.
    pub(super) at: usize,
    /// Cells that ended.
    pub(super) fields: usize,
    /// Whether a quoted cell went over the end of a line.
    pub(super) crossed: bool,
    loose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Start,
    Plain,
    Quoted,
    QuoteSeen,
}

/// How far a walk came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// The record ends at `at`.
    Complete,
    /// More bytes are needed.
    Hungry,
    /// The quote is still open at the end of the file.
    Open,
    /// Text after a closing quote in a record of several lines.
    Stray,
}

impl RecordScan {
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::Start, at: 0, fields: 0, crossed: false, loose: false }
    }

    /// Walks on; `bytes` begins where the record begins, `last` says that no more will come.
    pub(super) fn advance(&mut self, bytes: &[u8], last: bool, end: &mut impl FnMut(usize)) -> Progress {
        loop {
            let rest = bytes.get(self.at..).unwrap_or_default();
            let Some(&next) = rest.first() else {
                return match (last, self.state) {
                    (false, _) => Progress::Hungry,
                    (true, State::Quoted) => Progress::Open,
                    (true, _) => self.complete(end),
                };
            };
            match self.state {
                State::Start if next == b'"' => {
                    self.state = State::Quoted;
                    self.at += 1;
                }
                State::Start => self.state = State::Plain,
                State::Plain => match memchr3(self.delimiter, b'\n', b'\r', rest) {
                    None => self.at = bytes.len(),
                    Some(offset) => {
                        self.at += offset;
                        if rest.get(offset) != Some(&self.delimiter) {
                            return self.complete(end);
                        }
                        self.end_field(end);
                    }
                },
                State::Quoted => {
                    let closing = memchr(b'"', rest);
                    let inside = &rest[..closing.unwrap_or(rest.len())];
                    if !self.crossed
                        && let Some(offset) = memchr2(b'\n', b'\r', inside)
                    {
                        self.crossed = true;
                        if self.loose {
                            self.at += offset;
                            return Progress::Stray;
                        }
                    }
                    self.at += inside.len();
                    if closing.is_some() {
                        self.at += 1;
                        self.state = State::QuoteSeen;
                    }
                }
                State::QuoteSeen => match next {
                    b'"' => {
                        self.state = State::Quoted;
                        self.at += 1;
                    }
                    b'\n' | b'\r' => return self.complete(end),
                    delimiter if delimiter == self.delimiter => self.end_field(end),
                    _ => {
                        self.loose = true;
                        self.state = State::Plain;
                        if self.crossed {
                            return Progress::Stray;
                        }
                    }
                },
            }
        }
    }

    fn end_field(&mut self, end: &mut impl FnMut(usize)) {
        end(self.at);
        self.fields += 1;
        self.at += 1;
        self.state = State::Start;
    }

    fn complete(&mut self, end: &mut impl FnMut(usize)) -> Progress {
        end(self.at);
        self.fields += 1;
        Progress::Complete
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_are_all_and_no_others(
            text in prop::collection::vec(prop::sample::select(vec![0, b'+', b',', b'-', 0x7f, 0x80, 0xac, 0xff]), 0..40),
            byte in prop::sample::select(vec![0, b',', b'\t', 0x80, 0xff]),
            most in 0..5_usize,
        ) {
            let mut found = Vec::new();
            places(byte, &text, |at| {
                found.push(at);
                false
            });
            prop_assert_eq!(&found, &memchr_iter(byte, &text).collect::<Vec<_>>());
            let mut asked = 0;
            places(byte, &text, |_| {
                asked += 1;
                asked > most
            });
            prop_assert_eq!(asked, found.len().min(most + 1));
        }
    }

    #[test]
    fn cells_are_those_of_the_csv_crate() {
        for record in [
            "a,b,c",
            ",,",
            "a",
            "\"a\",\"b,c\"",
            "\"a\"\"b\",c",
            "\"a\"b,c",
            "a\"b,\"\"",
            "\"\"\"\",x",
            "\"a\"b\"c,d",
            "\"a\nb\",c",
            " \"a\",b",
            "\"\"a\"\",b",
            "x,",
            "\"a\"\"\",\"\"\"\"\"\"",
        ] {
            let rules = CellRules { delimiter: b',', quoting: Quoting::Csv };
            let ours: Vec<_> = rules
                .raw_cells(record.as_bytes())
                .into_iter()
                .map(|raw| rules.unquote(raw).into_owned())
                .collect();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(record.as_bytes());
            let theirs: Vec<_> =
                reader.byte_records().next().unwrap().unwrap().iter().map(<[u8]>::to_vec).collect();
            assert_eq!(ours, theirs, "{record}");
            assert_eq!(rules.count(record.as_bytes()), Some(theirs.len()), "{record}");
        }
    }

    #[test]
    fn literal_quotes_stay() {
        let rules = CellRules { delimiter: b'\t', quoting: Quoting::Literal };
        assert_eq!(rules.raw_cells(b"\"a\t5\" x\""), [b"\"a".as_slice(), b"5\" x\""]);
        assert_eq!(rules.unquote(b"\"a\"").as_ref(), b"\"a\"");
    }
}
