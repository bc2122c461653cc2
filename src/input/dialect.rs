//! How a text table is written down: delimiter, quotes, encoding. What is not given is told from content.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::cell::CellRules;
use super::records::{Piece, Records};

/// What separates the cells.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Delimiter {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// Tab.
    Tab,
    /// `|`
    Pipe,
}

impl Delimiter {
    /// All that are tried, the commonest first.
    pub const ALL: [Self; 4] = [Self::Comma, Self::Tab, Self::Semicolon, Self::Pipe];

    /// The byte.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "pipe",
        })
    }
}

impl FromStr for Delimiter {
    type Err = UnknownDelimiter;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|delimiter| name == delimiter.to_string() || name.as_bytes() == [delimiter.byte()])
            .or_else(|| (name == "\\t").then_some(Self::Tab))
            .ok_or_else(|| UnknownDelimiter(name.to_owned()))
    }
}

/// A name that means no delimiter rstage reads.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown delimiter `{0}`\nhint: comma, semicolon, tab and pipe are read")]
pub struct UnknownDelimiter(String);

/// What a quote character means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Quoting {
    /// At the start of a cell it opens a quoted cell.
    #[default]
    Csv,
    /// It is text like any other.
    Literal,
}

/// Character encoding of a text table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// Windows-1252, which holds Latin-1 as well.
    Windows1252,
}

impl Encoding {
    /// The text of these bytes; UTF-8 has been checked before.
    pub(super) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes),
            Self::Windows1252 => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
        })
    }
}

/// A name that means no encoding rstage reads.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown encoding `{0}`\nhint: utf-8 and windows-1252 (also called latin1) are read")]
pub struct UnknownEncoding(String);

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = encoding_rs::Encoding::for_label(name.as_bytes());
        if found == Some(encoding_rs::UTF_8) {
            Ok(Self::Utf8)
        } else if found == Some(encoding_rs::WINDOWS_1252) {
            Ok(Self::Windows1252)
        } else {
            Err(UnknownEncoding(name.to_owned()))
        }
    }
}

/// The dialect of one text table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dialect {
    /// Delimiter.
    pub delimiter: Delimiter,
    /// Quotes.
    pub quoting: Quoting,
    /// Encoding.
    pub encoding: Encoding,
}

impl Dialect {
    pub(super) fn rules(self) -> CellRules {
        CellRules { delimiter: self.delimiter.byte(), quoting: self.quoting }
    }
}

/// Records of a sample that are looked at.
const SAMPLE_RECORDS: usize = 1000;

/// The delimiter of a table that begins with this sample, header first: the one that cuts the header into
/// several cells and most records into the same number as it.
pub(super) fn detect_delimiter(sample: &[u8]) -> Delimiter {
    let mut best = (Delimiter::Comma, None);
    for delimiter in Delimiter::ALL {
        let quoting = if delimiter == Delimiter::Tab { Quoting::Literal } else { Quoting::Csv };
        let counts = field_counts(sample, CellRules { delimiter: delimiter.byte(), quoting });
        let Some((header, rows)) = counts.split_first() else { continue };
        let (usual, records) = usual(rows).unwrap_or((*header, 0));
        if *header < 2 || usual < 2 {
            continue;
        }
        let share = records * 1000 / rows.len().max(1);
        let score = Some((*header == usual, share, usual));
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
}

/// What quotes mean in a table with this delimiter. Only tables cut by tabs leave a choice: there, quotes
/// are meant as quotes if every cell that begins with one is a well-formed quoted cell, or if only so the
/// records have as many cells as the header.
pub(super) fn detect_quoting(sample: &[u8], delimiter: Delimiter) -> Quoting {
    if delimiter != Delimiter::Tab {
        return Quoting::Csv;
    }
    let tab = delimiter.byte();
    let lines = sample.split(|byte| matches!(byte, b'\n' | b'\r')).take(SAMPLE_RECORDS);
    let well_formed = |cell: &[u8]| match cell {
        [b'"', inner @ .., b'"'] => {
            !inner.split(|byte| *byte == b'"').skip(1).step_by(2).any(|gap| !gap.is_empty())
                && memchr::memchr_iter(b'"', inner).count().is_multiple_of(2)
        }
        [b'"', ..] => false,
        _ => true,
    };
    if lines.flat_map(|line| line.split(move |byte| *byte == tab)).all(well_formed) {
        return Quoting::Csv;
    }
    let even = |quoting| {
        let counts = field_counts(sample, CellRules { delimiter: tab, quoting });
        counts.iter().all(|count| Some(count) == counts.first())
    };
    if !even(Quoting::Literal) && even(Quoting::Csv) { Quoting::Csv } else { Quoting::Literal }
}

/// Cells per record; 0 for a broken one. The last record is left out where others remain, since a sample
/// may cut it.
fn field_counts(sample: &[u8], rules: CellRules) -> Vec<usize> {
    let mut records = Records::new(sample, rules, sample.len(), 1);
    let mut counts = Vec::new();
    while let Ok(Some(piece)) = records.next(None) {
        counts.push(if let Piece::Record { fields, .. } = piece { fields } else { 0 });
        if counts.len() > SAMPLE_RECORDS {
            break;
        }
    }
    if counts.len() > 2 {
        counts.pop();
    }
    counts
}

/// The commonest number of cells, the larger of equally common ones, and how many records have it.
fn usual(counts: &[usize]) -> Option<(usize, usize)> {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    sorted
        .chunk_by(PartialEq::eq)
        .map(|run| (run.len(), run[0]))
        .max()
        .map(|(records, usual)| (usual, records))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_told_from_content() {
        for (sample, delimiter) in [
            ("a,b\n1,2\n", Delimiter::Comma),
            ("a;b;c\n1,5;2,5;3\n1,5;2,5;3\n", Delimiter::Semicolon),
            ("a\tb\n\"x, y\"\t2, 3\n", Delimiter::Tab),
            ("Age, years\tSex, coded\n5\t1\n6\t2\n", Delimiter::Tab),
            ("a|b\n1|2\n", Delimiter::Pipe),
            ("a,b,c\n\"1;2;3\",\"4;5\",6\n", Delimiter::Comma),
            ("only\n1\n2\n", Delimiter::Comma),
            // A header one cell short of every row (row names) is still a table cut by tabs.
            ("a, x\tb\tc\n1\t2\t3\t4\n1\t2\t3\t4\n", Delimiter::Tab),
            ("a\tb\tc\n1\t2\t3\n1\t2\n1\t2\t3\n", Delimiter::Tab),
        ] {
            assert_eq!(detect_delimiter(sample.as_bytes()), delimiter, "{sample:?}");
        }
    }

    #[test]
    fn quotes_in_tables_cut_by_tabs_are_told_from_content() {
        for (sample, quoting) in [
            ("a\tb\n\"x\"\t\"y \"\"z\"\"\"\n", Quoting::Csv),
            ("a\tb\nx\ty\n", Quoting::Csv),
            ("a\tb\n\"x\ty\n", Quoting::Literal),
            ("a\tb\n5\" tall\ty\n", Quoting::Csv),
            ("a\tb\n\"x\" and \"y\"\tz\n", Quoting::Literal),
            ("a\tb\n\"two\nlines\"\ty\n1\t2\n", Quoting::Csv),
            ("a\tb\n\"\ty\n", Quoting::Literal),
        ] {
            assert_eq!(detect_quoting(sample.as_bytes(), Delimiter::Tab), quoting, "{sample:?}");
        }
    }

    #[test]
    fn encodings_and_delimiters_by_name() {
        for delimiter in Delimiter::ALL {
            assert_eq!(delimiter.to_string().parse(), Ok(delimiter));
        }
        assert_eq!("\\t".parse(), Ok(Delimiter::Tab));
        assert!("space".parse::<Delimiter>().is_err());
        assert_eq!("latin1".parse(), Ok(Encoding::Windows1252));
        assert_eq!("ISO-8859-1".parse(), Ok(Encoding::Windows1252));
        assert_eq!("UTF-8".parse(), Ok(Encoding::Utf8));
        assert!("utf-16".parse::<Encoding>().is_err());
        assert_eq!(Encoding::Windows1252.decode(b"Caf\xe9 \x80"), "Caf\u{e9} \u{20ac}");
    }
}
