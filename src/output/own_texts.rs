//! The inputs' own columns as texts, gathered block by block: lines of text are then read from memory once and not
//! once for each column.

use std::ops::Range;

use super::TextColumn;
use crate::input::Chunk;

/// Who knows cells of a chunk by codes, so that a text that comes again and again need not be looked at each time.
pub trait KnownCells {
    /// Puts the codes of a column of the block in place of what the list holds; equal codes are equal cells. False
    /// where the column is not known so.
    fn codes(&self, column: usize, codes: &mut Vec<u16>) -> bool;
}

/// Nobody knows any.
pub(super) struct Unknown;

impl KnownCells for Unknown {
    fn codes(&self, _: usize, _: &mut Vec<u16>) -> bool {
        false
    }
}

/// Columns of texts of one chunk.
pub struct OwnTexts {
    columns: Vec<OwnColumn>,
    codes: Vec<u16>,
}

struct OwnColumn {
    /// Its place in the chunk; none where the chunk lacks it.
    source: Option<usize>,
    texts: TextColumn,
    /// For each code, one more than the number of its text; 0 where there is none yet.
    known: Vec<u32>,
}

impl OwnTexts {
    /// Empty columns with these places in a chunk of so many rows.
    pub(super) fn new(sources: impl Iterator<Item = Option<usize>>, rows: usize) -> Self {
        let column = |source| OwnColumn { source, texts: TextColumn::with_capacity(rows), known: Vec::new() };
        Self { columns: sources.map(column).collect(), codes: Vec::new() }
    }

    /// Adds the next block of rows.
    pub fn extend(&mut self, chunk: &Chunk, block: &Range<usize>, cells: &impl KnownCells) {
        let Self { columns, codes } = self;
        for OwnColumn { source, texts, known } in columns {
            let Some(column) = *source else {
                block.clone().for_each(|_| texts.push(""));
                continue;
            };
            let own = chunk.column(column);
            if !chunk.is_utf8() {
                block.clone().for_each(|row| texts.push(&chunk.decode(&own.cell(row))));
            } else if cells.codes(column, codes) && codes.len() == block.len() {
                texts.extend_known(known, codes, |row| own.cell(block.start + row));
            } else {
                own.each(block.clone(), |cell| texts.push_utf8(cell));
            }
        }
    }

    /// Forgets what the codes mean.
    pub fn forget(&mut self) {
        self.columns.iter_mut().for_each(|column| column.known.clear());
    }

    /// A number of rows that some column has and that is not this one.
    pub(super) fn uneven(&self, rows: usize) -> Option<usize> {
        self.columns.iter().map(|column| column.texts.len()).find(|own| *own != rows)
    }

    pub(super) fn into_columns(self) -> impl Iterator<Item = TextColumn> {
        self.columns.into_iter().map(|column| column.texts)
    }
}
