//! How a cell is put down in a text table.

use memchr::memchr;

use crate::input::{Delimiter, Quoting};

/// Delimiter and quotes of a text table that is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CellStyle {
    pub(super) delimiter: Delimiter,
    pub(super) quoting: Quoting,
}

impl CellStyle {
    /// A comma and quotes where needed.
    pub(super) const PLAIN: Self = Self { delimiter: Delimiter::Comma, quoting: Quoting::Csv };

    /// Appends the delimiter.
    pub(super) fn delimit(self, out: &mut Vec<u8>) {
        out.push(self.delimiter.byte());
    }

    /// Appends a cell, quoted only when it must be. Where quotes mean nothing, a delimiter or line end
    /// within becomes a blank: such a table cannot hold them.
    pub(super) fn cell(self, out: &mut Vec<u8>, cell: &[u8]) {
        let delimiter = self.delimiter.byte();
        match self.quoting {
            Quoting::Literal => {
                out.extend(cell.iter().map(|byte| {
                    if *byte == delimiter || matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }
                }));
            }
            Quoting::Csv if self.is_plain(cell) => out.extend_from_slice(cell),
            Quoting::Csv => {
                out.push(b'"');
                let mut rest = cell;
                while let Some(at) = memchr(b'"', rest) {
                    out.extend_from_slice(&rest[..=at]);
                    out.push(b'"');
                    rest = &rest[at + 1..];
                }
                out.extend_from_slice(rest);
                out.push(b'"');
            }
        }
    }

    /// Whether no byte of some text means anything in a line. Most are short, so that all of it is looked at at once.
    pub(super) fn is_plain(self, text: &[u8]) -> bool {
        let delimiter = self.delimiter.byte();
        let has_a_meaning = |byte: u8| byte == delimiter || byte == b'"' || byte == b'\n' || byte == b'\r';
        !text.iter().fold(false, |found, byte| found | has_a_meaning(*byte))
    }

    /// Appends a whole record with its line feed. A lone empty cell is quoted, else it would be a blank line.
    pub(super) fn record<C: AsRef<[u8]>>(self, out: &mut Vec<u8>, cells: impl IntoIterator<Item = C>) {
        let from = out.len();
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                self.delimit(out);
            }
            self.cell(out, cell.as_ref());
        }
        if out.len() == from && self.quoting == Quoting::Csv {
            out.extend_from_slice(b"\"\"");
        }
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn records_are_those_of_the_csv_crate(cells in prop::collection::vec("[ab ,;\"\n\r\u{e9}]{0,6}", 1..5)) {
            let mut ours = Vec::new();
            CellStyle::PLAIN.record(&mut ours, &cells);
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(&cells).unwrap();
            prop_assert_eq!(ours, writer.into_inner().unwrap());
        }
    }

    #[test]
    fn literal_cells_lose_only_what_they_cannot_hold() {
        let style = CellStyle { delimiter: Delimiter::Tab, quoting: Quoting::Literal };
        let mut out = Vec::new();
        style.record(&mut out, ["5\" x", "a\tb\nc", ""]);
        assert_eq!(out, b"5\" x\ta b c\t\n");
    }
}
