//! Rows that could not be read. They never stop a run; they are written beside its results.

use std::fmt;

/// How much of a rejected row is kept.
const RAW_LIMIT: usize = 64 * 1024;

/// A row that could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reject {
    /// Index of the input file.
    pub file: usize,
    /// Physical line on which the row starts, from 1.
    pub line: u64,
    /// Why.
    pub cause: RejectCause,
    /// The row as it stands in the file, unreadable bytes replaced, cut after 64 KiB with a note.
    pub raw: String,
}

impl Reject {
    /// A reject of these raw bytes; `more` says that bytes beyond them were dropped already.
    pub(super) fn new(file: usize, line: u64, cause: RejectCause, bytes: &[u8], more: bool) -> Self {
        let kept = bytes.get(..RAW_LIMIT).unwrap_or(bytes);
        let mut raw = String::from_utf8_lossy(kept).into_owned();
        if more || kept.len() < bytes.len() {
            raw.push_str(" [cut after 64 KiB]");
        }
        Self { file, line, cause, raw }
    }

    /// Bytes that are worth keeping of a row that is read in pieces.
    pub(super) const fn raw_limit() -> usize {
        RAW_LIMIT
    }
}

/// Why a row could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RejectCause {
    /// More or fewer cells than the header.
    Ragged {
        /// Cells in the row.
        found: usize,
        /// Cells in the header.
        expected: usize,
    },
    /// A quote that opens on this line is not closed before the end of the file or the length limit.
    OpenQuote,
    /// A quote that opens on this line meets its partner on a later line, inside another cell.
    StrayQuote,
    /// A NUL byte.
    Nul,
    /// Bytes that are no UTF-8.
    NotUtf8 {
        /// Name of the column.
        column: String,
    },
    /// XML that does not fit.
    Malformed {
        /// What is wrong with it.
        why: String,
    },
    /// The row can be read, but what it says cannot be used.
    Unusable {
        /// Why.
        why: String,
    },
    /// Longer than the limit.
    TooLong {
        /// Limit in bytes.
        limit: usize,
    },
}

impl RejectCause {
    /// A short constant name for tables and counts.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Ragged { .. } => "ragged",
            Self::OpenQuote => "open_quote",
            Self::StrayQuote => "stray_quote",
            Self::Nul => "nul",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::Malformed { .. } => "malformed",
            Self::Unusable { .. } => "unusable",
            Self::TooLong { .. } => "too_long",
        }
    }
}

impl fmt::Display for RejectCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ragged { found, expected } => write!(f, "{found} fields instead of {expected}"),
            Self::OpenQuote => f.write_str("a quote opens on this line and never closes"),
            Self::StrayQuote => {
                f.write_str("a quote opens on this line and closes in the middle of a cell on a later line")
            }
            Self::Nul => f.write_str("a NUL byte"),
            Self::NotUtf8 { column } => {
                write!(f, "invalid UTF-8 in column `{column}` (hint: --encoding windows-1252)")
            }
            Self::Malformed { why } | Self::Unusable { why } => f.write_str(why),
            Self::TooLong { limit } => write!(f, "a record longer than {limit} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_raw_text_is_cut_with_a_note() {
        let reject = Reject::new(0, 7, RejectCause::Nul, &vec![b'x'; RAW_LIMIT + 1], false);
        assert_eq!(reject.raw.len(), RAW_LIMIT + " [cut after 64 KiB]".len());
        let whole = Reject::new(0, 7, RejectCause::Nul, &vec![b'x'; RAW_LIMIT], false);
        assert_eq!(whole.raw.len(), RAW_LIMIT);
    }

    #[test]
    fn raw_text_of_other_encodings_survives_lossily() {
        let reject = Reject::new(0, 1, RejectCause::Nul, b"Caf\xe9", false);
        assert_eq!(reject.raw, "Caf\u{fffd}");
    }
}
