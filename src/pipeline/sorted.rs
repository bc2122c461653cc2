//! Rows of bytes sorted on disk: runs that fit in memory, merged to one file.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes that are gathered before they are sorted and written as one run.
const RUN_BYTES: usize = 32 << 20;

/// A row: what it is sorted by first, then its bytes.
pub(super) type Row = (u64, Vec<u8>);

/// Rows as they are gathered, end to end.
#[derive(Default)]
pub(super) struct Rows {
    bytes: Vec<u8>,
    /// Order, start and end of each.
    places: Vec<(u64, u32, u32)>,
}

impl Rows {
    /// Adds a row: `put` appends its bytes and says its order.
    pub(super) fn add(&mut self, put: impl FnOnce(&mut Vec<u8>) -> u64) {
        let start = self.bytes.len() as u32;
        let order = put(&mut self.bytes);
        self.places.push((order, start, self.bytes.len() as u32));
    }

    fn len(&self) -> usize {
        self.bytes.len() + self.places.len() * size_of::<(u64, u32, u32)>()
    }

    /// Order and bytes of each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.places.iter().map(|&(order, start, end)| (order, range(&self.bytes, start, end)))
    }

    fn sort(&mut self) {
        let Self { bytes, places } = self;
        places.sort_unstable_by(|one, other| {
            let text = |place: &(u64, u32, u32)| range(bytes, place.1, place.2);
            one.0.cmp(&other.0).then_with(|| text(one).cmp(text(other)))
        });
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
    }
}

fn range(bytes: &[u8], start: u32, end: u32) -> &[u8] {
    bytes.get(start as usize..end as usize).unwrap_or_default()
}

/// Gathers rows and gives them back in order. Its files are gone once they are closed.
pub(super) struct Sorter {
    folder: PathBuf,
    rows: Rows,
    limit: usize,
    runs: Vec<File>,
}

impl Sorter {
    /// A sorter whose files stand in this folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self::with_limit(folder, RUN_BYTES)
    }

    pub(super) fn with_limit(folder: &Path, limit: usize) -> Self {
        Self { folder: folder.to_owned(), rows: Rows::default(), limit, runs: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, order: u64, row: &[u8]) -> io::Result<()> {
        self.rows.add(|bytes| {
            bytes.extend_from_slice(row);
            order
        });
        if self.rows.len() >= self.limit { self.spill() } else { Ok(()) }
    }

    /// Adds rows.
    pub(super) fn take(&mut self, rows: &Rows) -> io::Result<()> {
        rows.iter().try_for_each(|(order, row)| self.push(order, row))
    }

    fn spill(&mut self) -> io::Result<()> {
        self.rows.sort();
        let mut writer = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
        for (order, row) in self.rows.iter() {
            write_row(&mut writer, order, row)?;
        }
        self.rows.clear();
        let mut file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        self.runs.push(file);
        Ok(())
    }

    /// All rows in order.
    pub(super) fn finish(mut self) -> io::Result<SortedRows> {
        self.rows.sort();
        let mut sources: Vec<RunRows> =
            self.runs.into_iter().map(|run| RunRows::Disk(BufReader::new(run))).collect();
        sources.push(RunRows::Memory { rows: self.rows, next: 0 });
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
    Memory { rows: Rows, next: usize },
}

impl RunRows {
    fn next_row(&mut self) -> io::Result<Option<Row>> {
        match self {
            Self::Disk(file) => read_row(file),
            Self::Memory { rows, next } => {
                let place = rows.places.get(*next).copied();
                *next += 1;
                Ok(place.map(|(order, start, end)| (order, range(&rows.bytes, start, end).to_vec())))
            }
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
                sorter.push(*order, row).unwrap();
            }
            let sorted: Vec<Row> = sorter.finish().unwrap().map(Result::unwrap).collect();
            let mut expected = rows;
            expected.sort();
            prop_assert_eq!(sorted, expected);
            prop_assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        }
    }
}
