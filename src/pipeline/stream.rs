//! The stream of a run: one thread reads, workers process, the calling thread writes in the order of the
//! input.
//!
//! No more than so many chunks are on their way at a time, from the first byte read to the last one written,
//! so that memory does not grow with the input even where one chunk takes longer than all others.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::boundaries::Boundaries;
use super::process::{Processed, Shared};
use super::sinks::Sinks;
use super::times::Times;
use super::worker::Worker;
use super::{Progress, RunError};
use crate::fields::Source;
use crate::input::{Chunk, Held, InputError, InputFile, Options, Reader};
use crate::output::Copying;

type Numbered<T> = (u64, T);

/// How the records of a run go their way.
pub(super) struct Way<'a> {
    /// How inputs are read.
    pub(super) read: &'a Options,
    /// Bytes of the events, which were read before.
    pub(super) event_bytes: u64,
    /// Threads on which writing encodes columns side by side.
    pub(super) pool: &'a rayon::ThreadPool,
    /// Chunks that may be on their way at a time.
    pub(super) chunks: usize,
}

/// How far the inputs have been read.
#[derive(Default)]
pub(super) struct Position {
    /// The file.
    pub(super) file: usize,
    /// Chunks of it that were taken.
    pub(super) chunks: u64,
    reader: Option<Reader>,
    /// Where it may stop.
    pub(super) boundaries: Boundaries,
}

impl Position {
    /// Behind so many chunks of a file.
    pub(super) fn behind(file: usize, chunks: u64) -> Self {
        Self { file, chunks, ..Self::default() }
    }
}

/// Reads, processes and writes at least so many chunks from where the inputs have been read to; where the time went, but for
/// that of the workers.
pub(super) fn stream(
    way: &Way,
    progress: &Progress,
    sinks: &mut Sinks,
    workers: &mut [Worker],
    at: &mut Position,
    most: u64,
) -> Result<Times, RunError> {
    let Some(shared) = workers.first().map(|worker| worker.shared) else { return Ok(Times::default()) };
    let (permit, permits) = channel::<()>();
    let (to_workers, chunks) = channel::<Numbered<Result<Chunk, InputError>>>();
    let (done, processed) = channel::<Numbered<Result<Processed, RunError>>>();
    let chunks = Mutex::new(chunks);
    let chunks = &chunks;
    let spliced = sinks.records.copying() == Copying::Spliced;
    for _ in 0..way.chunks {
        let _ = permit.send(());
    }
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let takes = Takes { permits, to_workers, most };
            read(shared, way, spliced, progress, at, &takes)
        });
        for worker in workers {
            let done = done.clone();
            scope.spawn(move || work(worker, chunks, &done));
        }
        drop(done);
        let mut times = way.pool.install(|| write(progress, processed, permit, sinks))?;
        times.read = reader.join().unwrap_or_default();
        Ok(times)
    })
}

/// Writes what is processed, chunk by chunk in the order of the input. The permits end with it, so that the
/// reader stops where writing fails.
fn write(
    progress: &Progress,
    processed: Receiver<Numbered<Result<Processed, RunError>>>,
    permit: Sender<()>,
    sinks: &mut Sinks,
) -> Result<Times, RunError> {
    let mut times = Times::default();
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (number, chunk) in processed {
        early.insert(number, chunk);
        while let Some(chunk) = early.remove(&next) {
            match progress.stop.load(Ordering::Relaxed) {
                0 => {}
                signal => return Err(RunError::Stopped(signal)),
            }
            let chunk = chunk?;
            let begin = Instant::now();
            progress.records.fetch_add(chunk.rows, Ordering::Relaxed);
            sinks.take(&chunk)?;
            times.write += begin.elapsed();
            next += 1;
            // Nobody takes it once all is read.
            let _ = permit.send(());
        }
    }
    drop(permit);
    Ok(times)
}

/// A worker's thread: chunk by chunk until there are no more or nobody takes them.
fn work(
    worker: &mut Worker,
    chunks: &Mutex<Receiver<Numbered<Result<Chunk, InputError>>>>,
    done: &Sender<Numbered<Result<Processed, RunError>>>,
) {
    loop {
        let next = chunks.lock().ok().and_then(|chunks| chunks.recv().ok());
        let Some((number, chunk)) = next else { break };
        let processed = chunk.map_err(RunError::from).and_then(|chunk| worker.process(chunk));
        let failed = processed.is_err();
        if done.send((number, processed)).is_err() || failed {
            break;
        }
    }
}

/// Where the chunks that are read go, and how many may.
struct Takes {
    permits: Receiver<()>,
    to_workers: Sender<Numbered<Result<Chunk, InputError>>>,
    most: u64,
}

/// Reads on and hands chunks on, one for each permit; how long the reading itself took.
fn read(
    shared: &Shared,
    way: &Way,
    spliced: bool,
    progress: &Progress,
    at: &mut Position,
    takes: &Takes,
) -> Duration {
    let done = shared.files.iter().take(at.file).map(|file| file.bytes);
    let mut before = way.event_bytes + done.sum::<u64>();
    let mut number = 0;
    let mut took = Duration::ZERO;
    while let Some(file) = shared.files.get(at.file) {
        let opened = at.reader.take().map_or_else(|| open(file, shared, way, spliced, at.chunks), Ok);
        let mut reader = match opened {
            Ok(reader) => reader,
            Err(error) => {
                let _ = takes.to_workers.send((number, Err(error)));
                return took;
            }
        };
        let bytes = reader.bytes_read();
        loop {
            if number >= takes.most && at.boundaries.is_one() {
                at.reader = Some(reader);
                return took;
            }
            if takes.permits.recv().is_err() {
                return took;
            }
            let begin = Instant::now();
            let Some(chunk) = reader.next() else { break };
            took += begin.elapsed();
            progress.bytes.store(before + bytes.load(Ordering::Relaxed), Ordering::Relaxed);
            if let Ok(chunk) = &chunk {
                at.boundaries.take(chunk);
            }
            let failed = chunk.is_err();
            if takes.to_workers.send((number, chunk)).is_err() || failed {
                return took;
            }
            number += 1;
            at.chunks += 1;
        }
        before += file.bytes;
        progress.bytes.store(before, Ordering::Relaxed);
        at.file += 1;
        at.chunks = 0;
    }
    took
}

/// Opens the file that is next, behind the chunks of it that were taken by an earlier process.
fn open(
    file: &InputFile,
    shared: &Shared,
    way: &Way,
    spliced: bool,
    taken: u64,
) -> Result<Reader, InputError> {
    // Columns that are copied in their bytes need not be read, only those that fields are taken from.
    let plan = shared.plans.get(file.index).filter(|_| spliced);
    let seer = || shared.seer.into_iter().flat_map(|seer| seer.reads(file.index));
    let columns = plan.map(|plan| {
        let grouping = plan.worklist_by.iter().filter_map(|source| match source {
            Source::Column { index, .. } => Some(*index),
            Source::Constant(_) => None,
        });
        plan.mapping.columns().into_iter().chain(seer()).chain(grouping).collect()
    });
    let cells_only = spliced || shared.encoder.is_text();
    let held = if cells_only { Held::AsEntries } else { Held::InOwnType };
    let mut reader = file.open_columns(way.read, columns.as_ref(), held)?;
    for _ in 0..taken {
        reader.next().transpose()?;
    }
    Ok(reader)
}
