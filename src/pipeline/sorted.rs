//! Rows of bytes sorted on disk: runs that fit in memory, merged to one file.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes that are gathered before they are sorted and written as one run.
const RUN_BYTES: usize = 64 << 20;

/// A row: what it is sorted by first, then its bytes.
pub(super) type Row = (u64, Vec<u8>);

/// Gathers rows and gives them back in order. Its files are gone once they are closed.
pub(super) struct Sorter {
    folder: PathBuf,
    rows: Vec<Row>,
    bytes: usize,
    limit: usize,
    runs: Vec<File>,
}

impl Sorter {
    /// A sorter whose files stand in this folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self::with_limit(folder, RUN_BYTES)
    }

    pub(super) fn with_limit(folder: &Path, limit: usize) -> Self {
        Self { folder: folder.to_owned(), rows: Vec::new(), bytes: 0, limit, runs: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, order: u64, row: Vec<u8>) -> io::Result<()> {
        self.bytes += row.capacity() + size_of::<Row>();
        self.rows.push((order, row));
        if self.bytes >= self.limit { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.rows.sort_unstable();
        let mut writer = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
        for (order, row) in self.rows.drain(..) {
            write_row(&mut writer, order, &row)?;
        }
        let mut file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        self.runs.push(file);
        self.bytes = 0;
        Ok(())
    }

    /// All rows in order.
    pub(super) fn finish(mut self) -> io::Result<SortedRows> {
        self.rows.sort_unstable();
        let mut sources: Vec<RunRows> =
            self.runs.into_iter().map(|run| RunRows::Disk(BufReader::new(run))).collect();
        sources.push(RunRows::Memory(self.rows.into_iter()));
        let mut heap = BinaryHeap::with_capacity(sources.len());
        for (at, source) in sources.iter_mut().enumerate() {
            if let Some(row) = source.next_row()? {
                heap.push(Reverse((row, at)));
            }
        }
        Ok(SortedRows { sources, heap })
    }
}

/// Rows in order.
pub(super) struct SortedRows {
    sources: Vec<RunRows>,
    heap: BinaryHeap<Reverse<(Row, usize)>>,
}

enum RunRows {
    Disk(BufReader<File>),
    Memory(std::vec::IntoIter<Row>),
}

impl RunRows {
    fn next_row(&mut self) -> io::Result<Option<Row>> {
        match self {
            Self::Disk(file) => read_row(file),
            Self::Memory(rows) => Ok(rows.next()),
        }
    }
}

impl Iterator for SortedRows {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((row, at)) = self.heap.pop()?;
        match self.sources.get_mut(at).map(RunRows::next_row) {
            Some(Ok(Some(next))) => self.heap.push(Reverse((next, at))),
            Some(Err(error)) => return Some(Err(error)),
            Some(Ok(None)) | None => {}
        }
        Some(Ok(row))
    }
}

/// Writes a row: order, length, bytes; the number of bytes written.
pub(super) fn write_row(writer: &mut impl Write, order: u64, row: &[u8]) -> io::Result<usize> {
    let length = u32::try_from(row.len()).map_err(io::Error::other)?;
    writer.write_all(&order.to_le_bytes())?;
    writer.write_all(&length.to_le_bytes())?;
    writer.write_all(row)?;
    Ok(12 + row.len())
}

/// Reads what [`write_row`] wrote; `None` at the end.
pub(super) fn read_row(reader: &mut impl Read) -> io::Result<Option<Row>> {
    let mut order = [0; 8];
    match reader.read_exact(&mut order) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut length = [0; 4];
    reader.read_exact(&mut length)?;
    let mut row = vec![0; u32::from_le_bytes(length) as usize];
    reader.read_exact(&mut row)?;
    Ok(Some((u64::from_le_bytes(order), row)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_come_back_in_order_whatever_fits_in_memory(
            rows in prop::collection::vec((0_u64..5, prop::collection::vec(any::<u8>(), 0..9)), 0..60),
            limit in 1_usize..900,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut sorter = Sorter::with_limit(folder.path(), limit);
            for (order, row) in &rows {
                sorter.push(*order, row.clone()).unwrap();
            }
            let sorted: Vec<Row> = sorter.finish().unwrap().map(Result::unwrap).collect();
            let mut expected = rows;
            expected.sort();
            prop_assert_eq!(sorted, expected);
            prop_assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        }
    }
}
