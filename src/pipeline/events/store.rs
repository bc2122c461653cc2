//! The events of all tumors by the hash of their key.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cells::{FIELDS, Texts, Told};
use crate::audit::AuditRules;
use crate::fields::Coding;
use crate::pipeline::sorted::{Sorter, read_row, write_row};

/// Bytes of events under one entry of the index.
const BLOCK_BYTES: u64 = 4096;

/// The most events of one key. A key with more stands for no tumor but for many rows without one.
const MOST_EVENTS: u64 = 1000;

/// A row of the store: the key of its tumor, its place and its texts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct StoredRow {
    pub(super) key: String,
    pub(super) file: usize,
    pub(super) line: u64,
    /// Number of the event within its line.
    pub(super) part: u32,
    pub(super) texts: Texts,
}

/// The first row of a stretch of the file.
#[derive(Clone, Copy, Debug)]
struct Block {
    hash: u64,
    offset: u64,
    /// Rows before it.
    row: u64,
}

/// Events on disk, sorted by the hash of their key, with an entry in memory for every few of them.
pub(in crate::pipeline) struct EventStore {
    file: Mutex<File>,
    bytes: u64,
    blocks: Vec<Block>,
    rows: u64,
    /// Hashes of keys with more events than a tumor has.
    crowded: BTreeSet<u64>,
    /// One bit per row, set once a record has asked for it.
    matched: Vec<AtomicU64>,
}

impl EventStore {
    /// Writes the rows of a sorter to a file in this folder, which is gone once the store is.
    pub(super) fn build(folder: &Path, sorter: Sorter) -> io::Result<Self> {
        let mut writer = BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(folder)?);
        let mut blocks: Vec<Block> = Vec::new();
        let mut crowded = BTreeSet::new();
        let (mut bytes, mut rows, mut last, mut alike) = (0, 0, None, 0);
        for row in sorter.finish()? {
            let (hash, row) = row?;
            // Rows of one hash stay in one block, so that a search has one place to begin.
            let full = blocks.last().is_none_or(|block| bytes - block.offset >= BLOCK_BYTES);
            if full && last != Some(hash) {
                blocks.push(Block { hash, offset: bytes, row: rows });
            }
            alike = if last == Some(hash) { alike + 1 } else { 1 };
            if alike > MOST_EVENTS {
                crowded.insert(hash);
            }
            last = Some(hash);
            bytes += write_row(&mut writer, hash, &row)? as u64;
            rows += 1;
        }
        let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        let matched = (0..rows.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Ok(Self { file: Mutex::new(file), bytes, blocks, rows, crowded, matched })
    }

    /// The events of each key, in the order of the keys; a key without any has none.
    pub(in crate::pipeline) fn fetch(
        &self,
        keys: &[String],
        audit: &AuditRules,
    ) -> io::Result<Vec<Vec<Told>>> {
        let mut found: Vec<Vec<Told>> = vec![Vec::new(); keys.len()];
        let mut wanted: Vec<(u64, usize)> = keys
            .iter()
            .enumerate()
            .filter(|(_, key)| !key.is_empty())
            .map(|(at, key)| (hash(key), at))
            .filter(|(hash, _)| !self.crowded.contains(hash))
            .collect();
        wanted.sort_unstable();
        let mut wanted = wanted.as_slice();
        while let Some(&(first, _)) = wanted.first() {
            // The block that this hash would be in, and all others asked for in it.
            let after = self.blocks.partition_point(|block| block.hash <= first);
            let Some(at) = after.checked_sub(1) else {
                wanted = wanted.get(1..).unwrap_or_default();
                continue;
            };
            let end = self.blocks.get(after).map_or(u64::MAX, |block| block.hash);
            let (here, rest) = wanted.split_at(wanted.partition_point(|&(hash, _)| hash < end));
            wanted = rest;
            self.search(at, here, keys, audit, &mut found)?;
        }
        Ok(found)
    }

    /// Looks through one block for some keys, which are given in the order of their hashes.
    fn search(
        &self,
        block: usize,
        wanted: &[(u64, usize)],
        keys: &[String],
        audit: &AuditRules,
        found: &mut [Vec<Told>],
    ) -> io::Result<()> {
        let bytes = self.block(block)?;
        let mut rest = bytes.as_slice();
        let mut number = self.blocks.get(block).map_or(0, |block| block.row);
        while let Some((hash, row)) = read_row(&mut rest)? {
            let from = wanted.partition_point(|&(wanted, _)| wanted < hash);
            let mut stored: Option<StoredRow> = None;
            for &(_, at) in wanted[from..].iter().take_while(|&&(wanted, _)| wanted == hash) {
                let row = match &mut stored {
                    Some(row) => row,
                    empty => empty.insert(decode(&row)?),
                };
                if keys.get(at) != Some(&row.key) {
                    continue;
                }
                if let Some(bits) = self.matched.get((number / 64) as usize) {
                    bits.fetch_or(1 << (number % 64), Ordering::Relaxed);
                }
                // What is no event was left out before.
                if let (Ok(event), Some(found)) = (row.texts.event(audit), found.get_mut(at)) {
                    let source = row.texts.source().to_owned();
                    found.push(Told { event, source, file: row.file, line: row.line });
                }
            }
            number += 1;
        }
        Ok(())
    }

    fn block(&self, block: usize) -> io::Result<Vec<u8>> {
        let start = self.blocks.get(block).map_or(self.bytes, |block| block.offset);
        let end = self.blocks.get(block + 1).map_or(self.bytes, |block| block.offset);
        let mut bytes = vec![0; usize::try_from(end - start).map_err(io::Error::other)?];
        let mut file = self.file.lock().map_err(|_| io::Error::other("another thread failed"))?;
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// How many events a record has asked for.
    pub(in crate::pipeline) fn matched(&self) -> u64 {
        self.matched.iter().map(|bits| u64::from(bits.load(Ordering::Relaxed).count_ones())).sum()
    }

    /// Calls for each event that no record has asked for, in the order of files and lines.
    pub(in crate::pipeline) fn unmatched<E: From<io::Error>>(
        &self,
        folder: &Path,
        mut each: impl FnMut(&str, usize, u64, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut sorter = Sorter::new(folder);
        for (at, block) in self.blocks.iter().enumerate() {
            let bytes = self.block(at)?;
            let mut rest = bytes.as_slice();
            let mut number = block.row;
            while let Some((_, row)) = read_row(&mut rest)? {
                let bits =
                    self.matched.get((number / 64) as usize).map_or(0, |bits| bits.load(Ordering::Relaxed));
                if bits >> (number % 64) & 1 == 0 {
                    let StoredRow { key, file, line, part, .. } = decode(&row)?;
                    let mut place = line.to_be_bytes().to_vec();
                    place.extend_from_slice(&part.to_be_bytes());
                    place.extend_from_slice(key.as_bytes());
                    sorter.push(file as u64, place)?;
                }
                number += 1;
            }
        }
        for row in sorter.finish()? {
            let (file, place) = row?;
            let (line, key) = place.split_first_chunk().ok_or_else(damaged)?;
            let key = String::from_utf8_lossy(key.get(4..).unwrap_or_default());
            let crowded = self.crowded.contains(&hash(&key));
            let cause =
                if crowded { "more than 1000 events have this key" } else { "no record has this key" };
            each(&key, file as usize, u64::from_be_bytes(*line), cause)?;
        }
        Ok(())
    }

    /// Events in the store.
    pub(in crate::pipeline) fn rows(&self) -> u64 {
        self.rows
    }
}

/// The hash that events are sorted by.
pub(super) fn hash(key: &str) -> u64 {
    let hash = blake3::hash(key.as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The bytes of a row, which sort by key and place.
pub(super) fn encode(row: &StoredRow) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_text(&mut bytes, &row.key);
    bytes.extend_from_slice(&(row.file as u32).to_be_bytes());
    bytes.extend_from_slice(&row.line.to_be_bytes());
    bytes.extend_from_slice(&row.part.to_be_bytes());
    for (coding, text) in &row.texts.0 {
        bytes.push(Coding::ALL.iter().position(|own| own == coding).unwrap_or(0) as u8);
        put_text(&mut bytes, text);
    }
    bytes
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u32).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn decode(bytes: &[u8]) -> io::Result<StoredRow> {
    let mut rest = bytes;
    let key = take_text(&mut rest)?;
    let file = u32::from_be_bytes(take(&mut rest)?) as usize;
    let line = u64::from_be_bytes(take(&mut rest)?);
    let part = u32::from_be_bytes(take(&mut rest)?);
    let mut texts = Texts::default();
    for slot in texts.0.iter_mut().take(FIELDS.len()) {
        let [coding] = take(&mut rest)?;
        let coding = Coding::ALL.get(usize::from(coding)).copied().unwrap_or_default();
        *slot = (coding, take_text(&mut rest)?);
    }
    Ok(StoredRow { key, file, line, part, texts })
}

fn take<const N: usize>(rest: &mut &[u8]) -> io::Result<[u8; N]> {
    let (taken, after) = rest.split_first_chunk().ok_or_else(damaged)?;
    *rest = after;
    Ok(*taken)
}

fn take_text(rest: &mut &[u8]) -> io::Result<String> {
    let length = u32::from_be_bytes(take(rest)?) as usize;
    let (text, after) = rest.split_at_checked(length).ok_or_else(damaged)?;
    *rest = after;
    String::from_utf8(text.to_vec()).map_err(io::Error::other)
}

fn damaged() -> io::Error {
    io::Error::other("the temporary file of events is damaged")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(group: &str) -> Texts {
        let mut texts = Texts::default();
        texts.0[6].1 = group.to_owned();
        texts
    }

    #[test]
    fn a_key_with_too_many_events_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let audit = AuditRules::builtin().unwrap();
        let mut sorter = Sorter::new(folder.path());
        for line in 0..=MOST_EVENTS {
            let row = StoredRow { key: "99".to_owned(), file: 1, line, part: 0, texts: texts("IV") };
            sorter.push(hash(&row.key), encode(&row)).unwrap();
        }
        let store = EventStore::build(folder.path(), sorter).unwrap();
        assert_eq!(store.fetch(&["99".to_owned()], &audit).unwrap(), [vec![]]);
        let mut causes = Vec::new();
        let told = store.unmatched(folder.path(), |_, _, _, cause| {
            causes.push(cause.to_owned());
            io::Result::Ok(())
        });
        told.unwrap();
        assert_eq!(causes.len() as u64, store.rows());
        assert!(causes.iter().all(|cause| cause == "more than 1000 events have this key"));
    }

    proptest! {
        /// Every key gets its own events and no others, however they are spread over runs and blocks.
        #[test]
        fn each_key_gets_its_own_events(
            owners in prop::collection::vec(0_usize..40, 0..400),
            asked in prop::collection::vec(0_usize..60, 0..80),
            limit in 100_usize..20_000,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let audit = AuditRules::builtin().unwrap();
            let mut sorter = Sorter::with_limit(folder.path(), limit);
            for (line, owner) in owners.iter().enumerate() {
                let row = StoredRow { key: format!("k{owner}"), file: 1, line: line as u64, part: 0, texts: texts("IV") };
                sorter.push(hash(&row.key), encode(&row)).unwrap();
            }
            let store = EventStore::build(folder.path(), sorter).unwrap();
            prop_assert_eq!(store.rows(), owners.len() as u64);
            let keys: Vec<String> = asked.iter().map(|key| format!("k{key}")).collect();
            let found = store.fetch(&keys, &audit).unwrap();
            for (key, found) in asked.iter().zip(found) {
                let lines: Vec<u64> = found.iter().map(|told| told.line).collect();
                let own = owners.iter().enumerate().filter(|(_, owner)| *owner == key);
                prop_assert_eq!(lines, own.map(|(line, _)| line as u64).collect::<Vec<_>>());
            }
            let missed: Vec<u64> = (0..).zip(&owners).filter(|(_, o)| !asked.contains(o)).map(|(line, _)| line).collect();
            prop_assert_eq!(store.matched(), (owners.len() - missed.len()) as u64);
            let mut told = Vec::new();
            store.unmatched(folder.path(), |_, _, line, _| { told.push(line); io::Result::Ok(()) }).unwrap();
            prop_assert_eq!(told, missed);
        }
    }
}
