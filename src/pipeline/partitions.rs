//! Rows of bytes brought together by a hash on disk: each lands in one of many parts, and a part fits in memory.
//!
//! What only has to be together, and in no order among the rest, is cheaper than what is sorted.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::sorted::Rows;

/// Parts; a hundred million rows are some thirty megabytes in each.
const PARTS: usize = 256;
/// Bytes of a part that are gathered before they are written.
const BLOCK_BYTES: usize = 64 << 10;
/// Bytes of a row's hash and of its length.
const HEAD: usize = 12;

/// Gathers rows. Its file is gone once it is closed.
pub(super) struct Partitions {
    folder: PathBuf,
    open: Vec<Vec<u8>>,
    /// Places and lengths of what was written of each part.
    blocks: Vec<Vec<(u64, usize)>>,
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

    /// Calls `each` with the rows of every hash that more than one row has, in the order of their bytes.
    pub(super) fn together(
        mut self,
        mut each: impl FnMut(&mut dyn Iterator<Item = &[u8]>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut rows: Vec<(u64, usize)> = Vec::new();
        for (open, blocks) in self.open.iter().zip(&self.blocks) {
            bytes.clear();
            for &(place, length) in blocks {
                let Some(file) = &mut self.file else { continue };
                file.seek(SeekFrom::Start(place))?;
                let from = bytes.len();
                bytes.resize(from + length, 0);
                file.read_exact(&mut bytes[from..])?;
            }
            bytes.extend_from_slice(open);
            rows.clear();
            let mut at = 0;
            while let Some((hash, row)) = head(&bytes, at) {
                rows.push((hash, at + HEAD));
                at += HEAD + row.len();
            }
            rows.sort_unstable_by_key(|(hash, _)| *hash);
            for same in rows.chunk_by_mut(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
                let row = |place: usize| head(&bytes, place - HEAD).map_or(&[][..], |(_, row)| row);
                same.sort_unstable_by(|one, other| row(one.1).cmp(row(other.1)));
                each(&mut same.iter().map(|&(_, place)| row(place)))?;
            }
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
        let take = |rows: &mut dyn Iterator<Item = &[u8]>| {
            found.push(rows.map(<[u8]>::to_vec).collect::<Vec<_>>());
            Ok(())
        };
        partitions.together(take).unwrap();
        let mut expected: Vec<_> = expected.into_values().collect();
        found.sort();
        expected.sort();
        assert_eq!(found.len(), expected.len());
        assert!(found == expected);
    }
}
