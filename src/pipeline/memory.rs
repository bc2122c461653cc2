//! How a run shares out the memory that it may use.

use super::memo::Most;

/// Memory of a run where nothing else is asked for, in MiB.
pub const DEFAULT_MEMORY: usize = 256;

/// Sizes that follow from the memory and from the number of workers. They change no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Memory {
    /// Chunks that are on their way at a time.
    pub(super) chunks: usize,
    /// Bytes of input in one of them, about.
    pub(super) chunk_bytes: usize,
    /// Records in one of them, at most.
    pub(super) chunk_rows: usize,
    /// What each worker remembers.
    pub(super) memo: Most,
}

/// The part of the memory that a chunk of input may have. It is the same for any number of workers: where a row group
/// of Parquet ends, and whether its texts are worth a dictionary, follows from the chunks.
const CHUNK_PART: usize = 240;
/// Bytes of input in a chunk whose lines are copied: what is put together and written stays in the nearer cache.
const TEXT_CHUNK: usize = 256 << 10;
/// Records in such a chunk where the input tells no bytes; their lines are a few megabytes.
const TEXT_ROWS: usize = 8192;
/// A judgement with its cells.
const JUDGEMENT: usize = 1024;
/// A key with its place.
const KEY: usize = 128;

/// What a chunk takes with ends of cells and with what is to be written, in bytes of input.
const TIMES_INPUT: usize = 10;
/// Fewer chunks on their way keep no worker busy.
const LEAST_CHUNKS: usize = 4;

impl Memory {
    /// A quarter of it goes to the chunks of two workers, those of many take all of it and no more; a quarter goes to
    /// what workers remember, most of that to judgements; the rest is for rules and counts.
    pub(super) fn share(mebibytes: usize, workers: usize) -> Self {
        Self::of(mebibytes, workers, (8 << 20, usize::MAX))
    }

    /// The same for records that are written line by line.
    pub(super) fn share_for_text(mebibytes: usize, workers: usize) -> Self {
        Self::of(mebibytes, workers, (TEXT_CHUNK, TEXT_ROWS))
    }

    /// With chunks of at most so many bytes and rows.
    fn of(mebibytes: usize, workers: usize, (most_bytes, chunk_rows): (usize, usize)) -> Self {
        let bytes = mebibytes.saturating_mul(1 << 20);
        let chunk_bytes = (bytes / CHUNK_PART).clamp(64 << 10, most_bytes);
        let most = (bytes / TIMES_INPUT / chunk_bytes).max(LEAST_CHUNKS);
        let remembered = bytes / 4 / workers.max(1);
        Self {
            chunks: (2 * workers + 2).min(workers + 4).min(most),
            chunk_rows,
            chunk_bytes,
            memo: Most {
                keys: (remembered / 4 / KEY).clamp(4096, 1 << 24),
                judgements: (remembered * 3 / 4 / JUDGEMENT).clamp(4096, 1 << 20),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_workers_remember_less_each_and_have_the_same_chunks() {
        let two = Memory::share(DEFAULT_MEMORY, 2);
        assert_eq!((two.chunks, two.memo.keys, two.memo.judgements), (6, 65_536, 24_576));
        let eight = Memory::share(DEFAULT_MEMORY, 8);
        assert_eq!((eight.chunks, eight.chunk_bytes), (12, two.chunk_bytes));
        assert!(eight.memo.keys < two.memo.keys);
        let most = DEFAULT_MEMORY << 20;
        for many in [Memory::share(DEFAULT_MEMORY, 64), Memory::share_for_text(DEFAULT_MEMORY, 500)] {
            assert!(many.chunks > 20 && many.chunks * many.chunk_bytes * TIMES_INPUT <= most, "{many:?}");
        }
        assert_eq!(Memory::share_for_text(DEFAULT_MEMORY, 2).chunk_bytes, TEXT_CHUNK);
    }
}
