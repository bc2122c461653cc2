//! Rows of bytes brought together by a hash on disk: each lands in one of many parts, and a part fits in memory.
//!
//! What only has to be together, and in no order among the rest, is cheaper than what is sorted.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use super::sorted::Rows;

/// Parts; a hundred million rows are some thirty megabytes in each.
const PARTS: usize = 256;
/// Bytes of a part that are gathered before they are written.
const BLOCK_BYTES: usize = 64 << 10;
/// Parts that are in memory at a time.
const MOST_AT_ONCE: usize = 8;
/// Bytes of a row's hash and of its length.
const HEAD: usize = 12;

/// Places and lengths of what was written of a part.
type Blocks = Vec<(u64, usize)>;

/// Gathers rows. Its file is gone once it is closed.
pub(super) struct Partitions {
    folder: PathBuf,
    open: Vec<Vec<u8>>,
    /// Of each part.
    blocks: Vec<Blocks>,
    file: Option<File>,
    end: u64,
}

impl Partitions {
    /// None yet; the file stands in this folder.
    pub(super) fn new(folder: &Path) -> Self {
        let (open, blocks) = (vec![Vec::new(); PARTS], vec![Vec::new(); PARTS]);
        Self { folder: folder.to_owned(), open, blocks, file: None, end: 0 }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, hash: u64, row: &[u8]) -> io::Result<()> {
        let length = u32::try_from(row.len()).map_err(io::Error::other)?;
        // The upper bits of the product depend on all bits of the hash.
        let part = (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize % PARTS;
        let open = &mut self.open[part];
        if open.len() + HEAD + row.len() > BLOCK_BYTES && !open.is_empty() {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(tempfile::tempfile_in(&self.folder)?),
            };
            file.write_all(open)?;
            self.blocks[part].push((self.end, open.len()));
            self.end += open.len() as u64;
            open.clear();
        }
        open.extend_from_slice(&hash.to_le_bytes());
        open.extend_from_slice(&length.to_le_bytes());
        open.extend_from_slice(row);
        Ok(())
    }

    /// Adds rows.
    pub(super) fn take(&mut self, rows: &Rows) -> io::Result<()> {
        rows.iter().try_for_each(|(hash, row)| self.push(hash, row))
    }

    /// What `each` makes of the rows of every hash that more than one row has, in the order of their bytes; `take` has
    /// it one part after the other. Some parts at a time are gone through beside each other.
    pub(super) fn together<T: Default + Send>(
        self,
        each: impl Fn(&mut dyn Iterator<Item = &[u8]>, &mut T) -> io::Result<()> + Sync,
        mut take: impl FnMut(T) -> io::Result<()>,
    ) -> io::Result<()> {
        let Self { open, blocks, file, .. } = self;
        // One thread at a time goes to a place in the file and reads there.
        let file = file.map(Mutex::new);
        let parts: Vec<(&Vec<u8>, &Blocks)> = open.iter().zip(&blocks).collect();
        let made = |(open, blocks): &(&Vec<u8>, &Blocks)| -> io::Result<T> {
            let mut made = T::default();
            let part = Part::read(file.as_ref(), blocks, open)?;
            part.together(|rows| each(rows, &mut made))?;
            Ok(made)
        };
        // Who brought no threads along has one.
        if rayon::current_thread_index().is_none() {
            return parts.iter().try_for_each(|part| take(made(part)?));
        }
        for some in parts.chunks(rayon::current_num_threads().clamp(1, MOST_AT_ONCE)) {
            let made: Vec<T> = some.par_iter().map(made).collect::<io::Result<_>>()?;
            made.into_iter().try_for_each(&mut take)?;
        }
        Ok(())
    }
}

/// The rows of one part, with their heads.
struct Part {
    bytes: Vec<u8>,
}

impl Part {
    fn read(file: Option<&Mutex<File>>, blocks: &[(u64, usize)], open: &[u8]) -> io::Result<Self> {
        let mut bytes =
            Vec::with_capacity(blocks.iter().map(|(_, length)| length).sum::<usize>() + open.len());
        for &(place, length) in blocks {
            let Some(file) = file else { continue };
            let mut file = file.lock().map_err(|_| io::Error::other("another thread failed"))?;
            file.seek(SeekFrom::Start(place))?;
            let from = bytes.len();
            bytes.resize(from + length, 0);
            file.read_exact(&mut bytes[from..])?;
        }
        bytes.extend_from_slice(open);
        Ok(Self { bytes })
    }

    /// Calls `each` with the rows of every hash that more than one row has.
    fn together(
        &self,
        mut each: impl FnMut(&mut dyn Iterator<Item = &[u8]>) -> io::Result<()>,
    ) -> io::Result<()> {
        let bytes = self.bytes.as_slice();
        let mut rows: Vec<(u64, usize)> = Vec::new();
        let mut at = 0;
        while let Some((hash, row)) = head(bytes, at) {
            rows.push((hash, at + HEAD));
            at += HEAD + row.len();
        }
        rows.sort_unstable_by_key(|(hash, _)| *hash);
        for same in rows.chunk_by_mut(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
            let row = |place: usize| head(bytes, place - HEAD).map_or(&[][..], |(_, row)| row);
            same.sort_unstable_by(|one, other| row(one.1).cmp(row(other.1)));
            each(&mut same.iter().map(|&(_, place)| row(place)))?;
        }
        Ok(())
    }
}

/// Hash and bytes of the row that begins there.
fn head(bytes: &[u8], at: usize) -> Option<(u64, &[u8])> {
    let (hash, rest) = bytes.get(at..)?.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    Some((u64::from_le_bytes(*hash), rest.get(..u32::from_le_bytes(*length) as usize)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn rows_of_one_hash_come_together() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let found = [rows_come_together(), pool.install(rows_come_together)];
        assert!(found[0] == found[1], "threads change the order");
    }

    /// The rows in the order in which they were handed out.
    fn rows_come_together() -> Vec<Vec<Vec<u8>>> {
        let folder = tempfile::tempdir().unwrap();
        let mut partitions = Partitions::new(folder.path());
        let mut expected = BTreeMap::<u64, Vec<Vec<u8>>>::new();
        for number in 0..60_000_u64 {
            // One hash comes once, others twice or three times, one of them with the other bits of another.
            let hash = (number * number % 25_013) << (number % 2 * 40);
            let row = vec![number as u8; (number % 700) as usize];
            partitions.push(hash, &row).unwrap();
            expected.entry(hash).or_default().push(row);
        }
        assert!(partitions.end > 0, "some of it is on the disk");
        expected.retain(|_, rows| rows.len() > 1);
        for rows in expected.values_mut() {
            rows.sort();
        }
        let mut found = Vec::new();
        let each = |rows: &mut dyn Iterator<Item = &[u8]>, made: &mut Vec<Vec<Vec<u8>>>| {
            made.push(rows.map(<[u8]>::to_vec).collect());
            Ok(())
        };
        let take = |made: Vec<Vec<Vec<u8>>>| {
            found.extend(made);
            Ok(())
        };
        partitions.together(each, take).unwrap();
        let handed_out = found.clone();
        let mut expected: Vec<_> = expected.into_values().collect();
        found.sort();
        expected.sort();
        assert_eq!(found.len(), expected.len());
        assert!(found == expected);
        handed_out
    }
}
