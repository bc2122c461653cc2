//! Both exports, cut by the hash of the key, so that a tumor's records lie in one partition and no
//! export has to fit into memory.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::{SpooledData, SpooledTempFile, spooled_tempfile_in};

use super::Entry;

/// The partitions of one export. Each is in memory up to a limit, and beyond it in a temporary file.
pub struct Partitions {
    spools: Vec<SpooledTempFile>,
}

/// One partition of one export.
pub struct Partition {
    bytes: Vec<u8>,
}

impl Partitions {
    /// So many empty partitions, which hold `memory` bytes in memory together and else use the folder.
    pub fn new(folder: &Path, count: usize, memory: usize) -> Self {
        let count = count.max(1);
        let spools = (0..count).map(|_| spooled_tempfile_in(memory / count, folder)).collect();
        Self { spools }
    }

    /// The partition of a key among so many; the same on every machine.
    pub fn of(key: &str, count: usize) -> usize {
        let hash = blake3::hash(key.as_bytes());
        let first = hash.as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        (first % count.max(1) as u64) as usize
    }

    /// Appends bytes of entries, by partition.
    pub fn append(&mut self, buffers: &[Vec<u8>]) -> io::Result<()> {
        for (spool, buffer) in self.spools.iter_mut().zip(buffers) {
            if !buffer.is_empty() {
                spool.write_all(buffer)?;
            }
        }
        Ok(())
    }

    /// The partitions, to be read.
    pub fn into_spools(self) -> Vec<SpooledTempFile> {
        self.spools
    }
}

impl Partition {
    /// Reads a partition whole.
    pub fn read(spool: SpooledTempFile) -> io::Result<Self> {
        let bytes = match spool.into_inner() {
            SpooledData::InMemory(cursor) => cursor.into_inner(),
            SpooledData::OnDisk(mut file) => {
                let mut bytes = Vec::new();
                file.seek(SeekFrom::Start(0))?;
                file.read_to_end(&mut bytes)?;
                bytes
            }
        };
        Ok(Self { bytes })
    }

    /// Its entries by key, those of one key in the order of their export.
    pub fn entries(&self) -> io::Result<Vec<Entry<'_>>> {
        let mut rest = self.bytes.as_slice();
        let mut entries = Vec::new();
        while !rest.is_empty() {
            entries.push(Entry::take(&mut rest).ok_or(io::ErrorKind::InvalidData)?);
        }
        entries.sort_unstable_by_key(|entry| (entry.key, entry.place));
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Place, Stand};

    #[test]
    fn memory_and_files_hold_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = Vec::new();
        for memory in [0, 1 << 20] {
            let mut partitions = Partitions::new(folder.path(), 3, memory);
            for record in 0..100_u64 {
                let key = format!("P{}", record % 40);
                let place = Place { file: 0, record, line: record + 2 };
                let mut buffers = vec![Vec::new(); 3];
                let entry = Entry { key: &key, place, stand: Stand::default(), texts: &[] };
                entry.put(["M0"], &mut buffers[Partitions::of(&key, 3)]);
                partitions.append(&buffers).unwrap();
            }
            let spools = partitions.into_spools();
            assert!(spools.iter().all(|spool| spool.is_rolled() == (memory == 0)));
            let mut all = Vec::new();
            for spool in spools {
                let partition = Partition::read(spool).unwrap();
                let entries = partition.entries().unwrap();
                assert!(entries.is_sorted_by_key(|entry| (entry.key, entry.place.record)));
                all.push(entries.iter().map(|e| (e.key.to_owned(), e.place)).collect::<Vec<_>>());
            }
            assert_eq!(all.iter().map(Vec::len).sum::<usize>(), 100);
            seen.push(all);
        }
        assert_eq!(seen[0], seen[1]);
    }
}
