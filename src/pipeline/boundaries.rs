//! Where a run may stop so that everything it has written is whole: text after any record, Parquet after a row group
//! only.

use crate::input::Chunk;
use crate::output::RowGroups;

/// Counts what is read, to tell such places without waiting for what is written.
#[derive(Default)]
pub(super) struct Boundaries {
    groups: RowGroups,
    /// Rows of the open row group.
    open: usize,
    /// Whether the last chunk ended one.
    is_one: bool,
}

impl Boundaries {
    /// From such a place on.
    pub(super) fn new(groups: RowGroups) -> Self {
        Self { groups, open: 0, is_one: true }
    }

    /// Goes on behind a chunk.
    pub(super) fn take(&mut self, chunk: &Chunk) {
        match &self.groups {
            RowGroups::None => {}
            RowGroups::Every(rows) => {
                self.open += chunk.rows();
                self.is_one = self.open >= *rows || self.open == 0;
                if self.is_one {
                    self.open = 0;
                }
            }
            RowGroups::OfInputs(ends) => {
                let end = chunk.first_record - 1 + chunk.rows() as u64;
                let ends = ends.get(chunk.file).map(Vec::as_slice).unwrap_or_default();
                self.is_one = end == 0 || ends.binary_search(&end).is_ok();
            }
        }
    }

    /// Whether a run may stop here.
    pub(super) fn is_one(&self) -> bool {
        self.is_one || matches!(self.groups, RowGroups::None)
    }
}
