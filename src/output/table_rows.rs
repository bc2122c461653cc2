//! Rows of a small table that are put together on any thread, before they are written.

use super::csv_cell::CellStyle;
use super::{TableFormat, TextColumn};

/// Rows in the form in which the file of their table takes them.
#[derive(Clone, Debug)]
pub struct TableRows {
    columns: usize,
    rows: u64,
    /// The first row with another number of cells, and that number.
    uneven: Option<(u64, usize)>,
    pub(super) cells: Cells,
}

#[derive(Clone, Debug)]
pub(super) enum Cells {
    Lines(Vec<u8>),
    Columns(Vec<TextColumn>),
}

impl TableRows {
    /// None yet, of a table with so many columns.
    pub fn new(columns: usize, format: TableFormat) -> Self {
        let cells = match format {
            TableFormat::Csv => Cells::Lines(Vec::new()),
            TableFormat::Parquet => Cells::Columns(vec![TextColumn::default(); columns]),
        };
        Self { columns, rows: 0, uneven: None, cells }
    }

    /// Adds a row. One that has not as many cells as there are columns is refused when the rows are written.
    pub fn push<C: AsRef<str>>(&mut self, cells: &[C]) {
        if cells.len() != self.columns {
            self.uneven = self.uneven.or(Some((self.rows, cells.len())));
        }
        self.rows += 1;
        match &mut self.cells {
            Cells::Lines(lines) => {
                CellStyle::PLAIN.record(lines, cells.iter().map(|cell| cell.as_ref().as_bytes()));
            }
            Cells::Columns(columns) => {
                columns.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell.as_ref()));
            }
        }
    }

    /// Rows.
    pub const fn len(&self) -> u64 {
        self.rows
    }

    /// Whether there are no rows.
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The columns of the table.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    pub(super) const fn uneven(&self) -> Option<(u64, usize)> {
        self.uneven
    }

    /// The rows column by column; none where they were put together as lines.
    pub fn into_columns(self) -> Option<Vec<TextColumn>> {
        match self.cells {
            Cells::Columns(columns) => Some(columns),
            Cells::Lines(_) => None,
        }
    }
}
