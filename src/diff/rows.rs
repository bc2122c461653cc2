//! Rows of the result, found partition by partition, brought back into the order of the exports.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::{SpooledTempFile, spooled_tempfile_in};

use super::entry::{put_number, take_number};
use super::{Place, put_texts, texts};

/// Where a row stands in the result: what belongs to a record of the newer export comes in the order of
/// that export, then what belongs to the older one alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Order {
    /// Whether the row belongs to a record of the older export alone.
    pub older: bool,
    /// The record.
    pub place: Place,
}

/// The table that a row belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RowsOf {
    /// `changes.csv`
    Changes,
    /// `findings.csv`
    Findings,
}

/// Rows of one partition, gathered and then sorted; beyond a limit they lie in a temporary file.
pub struct Rows {
    rows: Vec<(Order, RowsOf, Vec<u8>)>,
}

impl Rows {
    /// No rows.
    pub fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push<C: AsRef<str>>(&mut self, order: Order, table: RowsOf, cells: &[C]) {
        let mut bytes = Vec::new();
        put_texts(cells, &mut bytes);
        self.rows.push((order, table, bytes));
    }

    /// Sorts the rows and puts them away.
    pub fn store(mut self, folder: &Path, memory: usize) -> io::Result<SpooledTempFile> {
        // Stable: the rows of one record stay in the order in which they were found.
        self.rows.sort_by_key(|(order, ..)| *order);
        let mut spool = spooled_tempfile_in(memory, folder);
        let mut bytes = Vec::new();
        for (order, table, cells) in &self.rows {
            bytes.clear();
            for number in [
                u64::from(order.older),
                order.place.file as u64,
                order.place.record,
                order.place.line,
                u64::from(*table == RowsOf::Findings),
                cells.len() as u64,
            ] {
                put_number(number, &mut bytes);
            }
            bytes.extend_from_slice(cells);
            spool.write_all(&bytes)?;
        }
        Ok(spool)
    }
}

impl Default for Rows {
    fn default() -> Self {
        Self::new()
    }
}

/// The rows of all partitions in their order.
pub struct Merged {
    runs: Vec<Run>,
    next: BinaryHeap<Reverse<(Order, usize, Row)>>,
}

impl Merged {
    /// Begins to read what [`Rows::store`] put away.
    pub fn new(spools: Vec<SpooledTempFile>) -> io::Result<Self> {
        let mut merged = Self { runs: Vec::new(), next: BinaryHeap::new() };
        for (index, mut spool) in spools.into_iter().enumerate() {
            spool.seek(SeekFrom::Start(0))?;
            merged.runs.push(Run { reader: BufReader::new(spool) });
            merged.refill(index)?;
        }
        Ok(merged)
    }

    fn refill(&mut self, index: usize) -> io::Result<()> {
        let row = self.runs.get_mut(index).map_or(Ok(None), Run::read)?;
        self.next.extend(row.map(|row| Reverse((row.order, index, row))));
        Ok(())
    }
}

impl Iterator for Merged {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((_, index, row)) = self.next.pop()?;
        Some(self.refill(index).map(|()| row))
    }
}

/// One row.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    order: Order,
    /// The table that it belongs to.
    pub table: RowsOf,
    cells: Vec<u8>,
}

impl Row {
    /// Its cells.
    pub fn cells(&self) -> Vec<&str> {
        texts(&self.cells)
    }
}

struct Run {
    reader: BufReader<SpooledTempFile>,
}

impl Run {
    fn read(&mut self) -> io::Result<Option<Row>> {
        if self.reader.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut numbers = [0; 6];
        for number in &mut numbers {
            *number = self.number()?;
        }
        let [older, file, record, line, findings, length] = numbers;
        let mut cells = vec![0; length as usize];
        self.reader.read_exact(&mut cells)?;
        let place = Place { file: file as usize, record, line };
        let table = if findings == 0 { RowsOf::Changes } else { RowsOf::Findings };
        Ok(Some(Row { order: Order { older: older != 0, place }, table, cells }))
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut bytes = Vec::with_capacity(10);
        loop {
            let mut byte = [0];
            self.reader.read_exact(&mut byte)?;
            bytes.extend(byte);
            if byte[0] < 0x80 || bytes.len() == 10 {
                return take_number(&mut bytes.as_slice()).ok_or(io::ErrorKind::InvalidData.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_all_partitions_come_in_the_order_of_the_records() {
        let folder = tempfile::tempdir().unwrap();
        let mut written = Vec::new();
        for memory in [0, 1 << 20] {
            let mut parts = [Rows::new(), Rows::new()];
            for record in [5, 3, 4, 1, 2] {
                let order = Order { older: record == 1, place: Place { file: 0, record, line: 0 } };
                for text in ["b", "a"] {
                    let cells = [record.to_string(), text.to_owned()];
                    parts[record as usize % 2].push(order, RowsOf::Changes, &cells);
                }
                parts[record as usize % 2].push(order, RowsOf::Findings, &[record.to_string()]);
            }
            let spools = parts.map(|rows| rows.store(folder.path(), memory).unwrap());
            let mut lines = [String::new(), String::new()];
            for row in Merged::new(spools.into()).unwrap() {
                let row = row.unwrap();
                lines[usize::from(row.table == RowsOf::Findings)] += &(row.cells().concat() + " ");
            }
            written.push(lines);
        }
        assert_eq!(written[0], written[1]);
        assert_eq!(written[0][0], "2b 2a 3b 3a 4b 4a 5b 5a 1b 1a ");
        assert_eq!(written[0][1], "2 3 4 5 1 ");
    }
}
