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

use super::process::{Processed, Shared};
use super::sinks::Sinks;
use super::times::Times;
use super::worker::Worker;
use super::{Progress, RunError};
use crate::fields::Source;
use crate::input::{Chunk, InputError, Options};
use crate::output::Copying;
use crate::staging::Policy;
use crate::summary::Counts;

type Numbered<T> = (u64, T);

/// How the records of a run go their way.
pub(super) struct Way<'a> {
    /// How inputs are read.
    pub(super) read: &'a Options,
    /// Staging policies.
    pub(super) policy: Policy,
    /// Bytes of the events, which were read before.
    pub(super) event_bytes: u64,
    /// Threads on which writing encodes columns side by side.
    pub(super) pool: &'a rayon::ThreadPool,
    /// Workers.
    pub(super) threads: usize,
    /// Chunks that may be on their way at a time.
    pub(super) chunks: usize,
}

/// Reads, processes and writes every record; where the time went.
pub(super) fn stream(
    way: &Way,
    progress: &Progress,
    shared: &Shared,
    sinks: &mut Sinks,
) -> Result<Times, RunError> {
    let (permit, permits) = channel::<()>();
    let (to_workers, chunks) = channel::<Numbered<Result<Chunk, InputError>>>();
    let (done, processed) = channel::<Numbered<Result<Processed, RunError>>>();
    let chunks = Mutex::new(chunks);
    let spliced = sinks.records.copying() == Copying::Spliced;
    for _ in 0..way.chunks {
        let _ = permit.send(());
    }
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || read(shared, way, spliced, progress, &permits, &to_workers));
        let workers: Vec<_> = (0..way.threads)
            .map(|_| {
                let (chunks, done) = (&chunks, done.clone());
                scope.spawn(move || work(Worker::new(shared, way.policy), chunks, &done))
            })
            .collect();
        drop(done);
        let mut times = way.pool.install(|| write(progress, processed, permit, sinks))?;
        // What a worker did not finish has failed above.
        for (counts, of_worker) in workers.into_iter().filter_map(|worker| worker.join().ok()) {
            sinks.count(counts);
            times.add(&of_worker);
        }
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
            sinks.take(chunk)?;
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
    mut worker: Worker,
    chunks: &Mutex<Receiver<Numbered<Result<Chunk, InputError>>>>,
    done: &Sender<Numbered<Result<Processed, RunError>>>,
) -> (Counts, Times) {
    loop {
        let next = chunks.lock().ok().and_then(|chunks| chunks.recv().ok());
        let Some((number, chunk)) = next else { break };
        let processed = chunk.map_err(RunError::from).and_then(|chunk| worker.process(chunk));
        let failed = processed.is_err();
        if done.send((number, processed)).is_err() || failed {
            break;
        }
    }
    worker.finish()
}

/// Reads every file and hands its chunks on, one for each permit; how long the reading itself took.
fn read(
    shared: &Shared,
    way: &Way,
    spliced: bool,
    progress: &Progress,
    permits: &Receiver<()>,
    to_workers: &Sender<Numbered<Result<Chunk, InputError>>>,
) -> Duration {
    let mut before = way.event_bytes;
    let mut number = 0;
    let mut took = Duration::ZERO;
    for file in shared.files {
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
        let mut reader = match file.open_columns(way.read, columns.as_ref()) {
            Ok(reader) => reader,
            Err(error) => {
                let _ = to_workers.send((number, Err(error)));
                return took;
            }
        };
        let bytes = reader.bytes_read();
        while permits.recv().is_ok() {
            let begin = Instant::now();
            let Some(chunk) = reader.next() else { break };
            took += begin.elapsed();
            progress.bytes.store(before + bytes.load(Ordering::Relaxed), Ordering::Relaxed);
            let failed = chunk.is_err();
            if to_workers.send((number, chunk)).is_err() || failed {
                return took;
            }
            number += 1;
        }
        before += file.bytes;
        progress.bytes.store(before, Ordering::Relaxed);
    }
    took
}
