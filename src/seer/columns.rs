//! Many cases as columns of codes into the column's own texts.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::decision::pack;

/// Code of a record that does not give the key.
pub const NOT_GIVEN: u32 = u32::MAX;

/// One key of many cases.
#[derive(Clone, Debug)]
pub struct Column<'a> {
    /// The algorithm's key.
    pub key: &'a str,
    /// Its different texts.
    pub texts: Vec<&'a str>,
    /// By record, the place of its text, or [`NOT_GIVEN`]. A code beyond the texts counts as not given.
    pub codes: Cow<'a, [u32]>,
}

impl<'a> Column<'a> {
    /// A column from the text of each record.
    pub fn encode(key: &'a str, cells: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut encoder = Encoder::default();
        let codes = cells.into_iter().map(|cell| cell.map_or(NOT_GIVEN, |text| encoder.code(text))).collect();
        Self { key, texts: encoder.texts, codes }
    }

    /// A column of a table: a blank cell is not given.
    pub fn of_cells(key: &'a str, cells: impl IntoIterator<Item = &'a str>) -> Self {
        Self::encode(key, cells.into_iter().map(|cell| Some(cell).filter(|cell| !cell.trim().is_empty())))
    }

    /// The code of a record.
    pub(super) fn code(&self, record: usize) -> Option<usize> {
        let code = *self.codes.get(record)? as usize;
        (code < self.texts.len()).then_some(code)
    }
}

/// Slots of the short cut for short texts.
const SLOTS: usize = 1024;

/// Numbers texts in the order they come. Codes of registries are short and few: a text of up to seven
/// bytes is first looked for where its own bytes point.
struct Encoder<'a> {
    texts: Vec<&'a str>,
    codes: HashMap<&'a str, u32>,
    short: Vec<(u64, u32)>,
}

impl Default for Encoder<'_> {
    fn default() -> Self {
        Self { texts: Vec::new(), codes: HashMap::new(), short: vec![(u64::MAX, 0); SLOTS] }
    }
}

impl<'a> Encoder<'a> {
    fn code(&mut self, text: &'a str) -> u32 {
        let Some(packed) = pack(text) else { return self.number(text) };
        let slot = (packed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize;
        if self.short[slot].0 != packed {
            self.short[slot] = (packed, self.number(text));
        }
        self.short[slot].1
    }

    fn number(&mut self, text: &'a str) -> u32 {
        *self.codes.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() as u32 - 1
        })
    }
}

/// Cases as columns.
#[derive(Clone, Debug, Default)]
pub struct Columns<'a> {
    /// Number of cases.
    pub rows: usize,
    /// Their keys, each once.
    pub columns: Vec<Column<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn encoded_texts_come_back(cells in prop::collection::vec(prop::option::of("[0-9a-c]{0,9}|.{0,3}"), 0..200)) {
            let column = Column::encode("key", cells.iter().map(Option::as_deref));
            let mut seen = column.texts.clone();
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len(), column.texts.len());
            for (record, cell) in cells.iter().enumerate() {
                prop_assert_eq!(column.code(record).map(|code| column.texts[code]), cell.as_deref());
            }
        }
    }
}
