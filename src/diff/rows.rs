//! Rows of the result, found partition by partition, brought back into the order of the exports.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::{SpooledTempFile, spooled_tempfile_in};

use super::entry::{put_number, take_number};
use super::{Place, put_texts, texts};
use crate::output::{OutputError, TableWriter};

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
    pub fn store(mut self, folder: &Path, memory: usize) -> Result<SpooledTempFile, OutputError> {
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
            spool.write_all(&bytes).map_err(|source| OutputError::io(folder, source))?;
        }
        Ok(spool)
    }
}

impl Default for Rows {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes the rows of all partitions in their order.
pub fn merge(
    spools: Vec<SpooledTempFile>,
    folder: &Path,
    changes: &mut TableWriter,
    findings: &mut TableWriter,
) -> Result<(), OutputError> {
    let mut runs = Vec::new();
    let mut next = BinaryHeap::new();
    for (index, mut spool) in spools.into_iter().enumerate() {
        spool.seek(SeekFrom::Start(0)).map_err(|source| OutputError::io(folder, source))?;
        let mut run = Run { reader: BufReader::new(spool), folder: folder.to_owned() };
        if let Some(row) = run.next()? {
            next.push(Reverse((row.order, index, row)));
        }
        runs.push(run);
    }
    while let Some(Reverse((_, index, row))) = next.pop() {
        let table = if row.table == RowsOf::Changes { &mut *changes } else { &mut *findings };
        table.row(&texts(&row.cells))?;
        if let Some(run) = runs.get_mut(index)
            && let Some(row) = run.next()?
        {
            next.push(Reverse((row.order, index, row)));
        }
    }
    Ok(())
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    order: Order,
    table: RowsOf,
    cells: Vec<u8>,
}

struct Run {
    reader: BufReader<SpooledTempFile>,
    folder: PathBuf,
}

impl Run {
    fn next(&mut self) -> Result<Option<Row>, OutputError> {
        self.read().map_err(|source| OutputError::io(&self.folder, source))
    }

    fn read(&mut self) -> std::io::Result<Option<Row>> {
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

    fn number(&mut self) -> std::io::Result<u64> {
        let mut bytes = Vec::with_capacity(10);
        loop {
            let mut byte = [0];
            self.reader.read_exact(&mut byte)?;
            bytes.extend(byte);
            if byte[0] < 0x80 || bytes.len() == 10 {
                return take_number(&mut bytes.as_slice())
                    .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "a damaged number"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::TableFormat;

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
            let path = |name: &str| folder.path().join(name);
            let table =
                |name, header: &[&str]| TableWriter::create(path(name), header, TableFormat::Csv).unwrap();
            let (mut changes, mut findings) = (table("c", &["n", "t"]), table("f", &["n"]));
            merge(spools.into(), folder.path(), &mut changes, &mut findings).unwrap();
            changes.finish().unwrap();
            findings.finish().unwrap();
            written.push([path("c"), path("f")].map(|path| std::fs::read_to_string(path).unwrap()));
        }
        assert_eq!(written[0], written[1]);
        assert_eq!(written[0][0], "n,t\n2,b\n2,a\n3,b\n3,a\n4,b\n4,a\n5,b\n5,a\n1,b\n1,a\n");
        assert_eq!(written[0][1], "n\n2\n3\n4\n5\n1\n");
    }
}
