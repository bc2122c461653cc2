//! Going on after a kill or a power cut: a run that is asked to keeps checkpoints, and the next one for the same
//! folder goes on from the last.
//!
//! At a checkpoint every chunk that was read is written, what was written is on the disk, and all that was counted
//! stands in a small file beside it. A run that takes it over cuts its files off there and goes on behind the chunks
//! that were taken: the inputs are read again up to that place, but no record is judged or written twice.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::boundaries::Boundaries;
use super::events::{EventFile, EventStore};
use super::process::Shared;
use super::settings::settings;
use super::sinks::{Kept, Sinks};
use super::sorted::{Row, Rows, read_row, write_row};
use super::stream::{Position, Way, stream};
use super::times::Times;
use super::worker::Worker;
use super::{FilePlan, Progress, RunConfig, RunError};
use crate::input::{InputFile, Options};
use crate::knowledge::Rules;
use crate::output::{Access, OutputError, Program, RunFolder};
use crate::summary::KnownFacilities;

/// Chunks between two checkpoints where nothing else is asked for.
pub const CHECKPOINT_CHUNKS: u64 = 256;

/// The folder of a run, with the checkpoint of a killed one where it is to be gone on with.
pub(super) fn folder(config: &RunConfig) -> Result<(RunFolder, Option<String>), RunError> {
    let (mut folder, checkpoint) = match config.resume {
        Some(_) => RunFolder::resume(&config.out, config.overwrite)?,
        None => (RunFolder::create(&config.out, config.overwrite)?, None),
    };
    folder.readable_by(config.access);
    Ok((folder, checkpoint))
}

/// Where a run stood when everything read was written.
#[derive(Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Checkpoint {
    /// Of everything that the result depends on.
    job: String,
    file: usize,
    chunks: u64,
    kept: Kept,
    /// Events that a record has asked for.
    matched: Vec<u64>,
    /// By whose numbers records were counted.
    facilities: KnownFacilities,
}

/// A run on its way.
pub(super) struct Going<J> {
    job: J,
    at: Position,
    /// What the sinks kept of a run that is gone on with.
    pub(super) kept: Option<Kept>,
    matched: Vec<u64>,
    facilities: KnownFacilities,
    /// Records that a checkpoint speaks of.
    records: Option<u64>,
}

impl<J: Fn() -> Result<String, RunError>> Going<J> {
    /// From the checkpoint of a killed run, if it did the same job; what another job left is cleared.
    pub(super) fn from(checkpoint: Option<String>, folder: &RunFolder, job: J) -> Result<Self, RunError> {
        let mut going = Self {
            job,
            at: Position::default(),
            kept: None,
            matched: Vec::new(),
            facilities: KnownFacilities::default(),
            records: None,
        };
        let Some(text) = checkpoint else { return Ok(going) };
        // The words in it are compared with those of the program for as long as it runs.
        let text: &'static str = Box::leak(text.into_boxed_str());
        let job = (going.job)()?;
        let read = serde_json::from_str(text).ok().filter(|checkpoint: &Checkpoint| checkpoint.job == job);
        if let Some(Checkpoint { file, chunks, kept, matched, facilities, .. }) = read {
            info!(records = kept.records(), "going on where a killed run ended");
            going.at = Position::behind(file, chunks);
            going.records = Some(kept.records());
            going.kept = Some(kept);
            going.matched = matched;
            going.facilities = facilities;
        } else {
            info!("what a killed run left is of another job; starting anew");
            folder.clear()?;
        }
        Ok(going)
    }

    /// Streams what is left, with a checkpoint after every stretch where the run keeps any.
    pub(super) fn stream(
        mut self,
        config: &RunConfig,
        folder: &RunFolder,
        way: &Way,
        progress: &Progress,
        shared: &Shared,
        sinks: &mut Sinks,
    ) -> Result<Times, RunError> {
        if let Some(events) = shared.events {
            events.restore_matched(&self.matched);
        }
        shared.facilities.restore(std::mem::take(&mut self.facilities));
        let job = if config.resume.is_some() { (self.job)()? } else { String::new() };
        let threads = way.pool.current_num_threads();
        let mut workers: Vec<Worker> = (0..threads).map(|_| Worker::new(shared, config.policy)).collect();
        let mut times = Times::default();
        if config.resume.is_some() {
            self.at.boundaries = Boundaries::new(sinks.records.groups());
        }
        while self.at.file < shared.files.len() {
            let stretch = config.resume.unwrap_or(u64::MAX);
            let streamed = stream(way, progress, sinks, &mut workers, &mut self.at, stretch);
            times.add(&streamed.map_err(|error| match (error, self.records) {
                (RunError::Stopped(signal), Some(records)) => RunError::Paused { signal, records },
                (error, _) => error,
            })?);
            let counted: Vec<_> = way.pool.install(|| workers.par_iter_mut().map(Worker::settle).collect());
            for counts in counted {
                sinks.count(counts);
            }
            if config.resume.is_some() && self.at.file < shared.files.len() {
                self.keep(folder, &job, shared, sinks)?;
            }
        }
        for worker in &workers {
            times.add(&worker.times);
        }
        Ok(times)
    }

    /// Brings everything to the disk and notes it.
    fn keep(
        &mut self,
        folder: &RunFolder,
        job: &str,
        shared: &Shared,
        sinks: &mut Sinks,
    ) -> Result<(), RunError> {
        let Some(kept) = sinks.keep()? else { return Ok(()) };
        self.records = Some(kept.records());
        let matched = shared.events.map(EventStore::matched_bits).unwrap_or_default();
        let facilities = shared.facilities.keep();
        let Position { file, chunks, .. } = self.at;
        let checkpoint = Checkpoint { job: job.to_owned(), file, chunks, kept, matched, facilities };
        let text = serde_json::to_vec(&checkpoint).map_err(io::Error::from)?;
        Ok(folder.checkpoint(&text)?)
    }
}

/// A hash over everything that the bytes of a result depend on: the program, settings, rules, columns, and the
/// inputs by their size, their time and their first bytes.
pub(super) fn job(
    config: &RunConfig,
    rules: &Rules,
    inputs: (&[InputFile], &[FilePlan], &[EventFile]),
    columns: &[String],
    read: &Options,
) -> Result<String, RunError> {
    let (files, plans, events) = inputs;
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &str| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    };
    let program = Program::this();
    add(&format!("{} {:?}", program.version, program.commit));
    // A build from changed sources has the same version and commit.
    if let Ok(own) = std::env::current_exe() {
        add(&crate::input::hash_file(&own).unwrap_or_default());
    }
    add(&settings(config).to_string());
    add(&format!("{:?} {:?} {:?} {read:?}", config.policy, config.map, config.events.map));
    add(&format!("{:?} {:?}", config.privacy, config.access == Access::Owner));
    add(rules.hash());
    for algorithm in config.algorithms.iter().flat_map(|algorithms| algorithms.iter()) {
        let path = algorithm.path();
        let hash = if path.is_file() { crate::input::hash_file(path)? } else { String::new() };
        add(&format!("{} {} {} {hash}", path.display(), algorithm.name(), algorithm.version()));
    }
    for plan in plans {
        add(&format!("{:?}", plan.mapping));
    }
    for column in columns {
        add(column);
    }
    for file in files.iter().chain(events.iter().map(|events| &events.file)) {
        add(&file.path.to_string_lossy());
        let (time, head) = look(&file.path).map_err(|source| OutputError::io(&file.path, source))?;
        add(&format!("{} {time:?}", file.bytes));
        add(&blake3::hash(&head).to_hex());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn look(path: &Path) -> io::Result<(std::time::SystemTime, Vec<u8>)> {
    let file = File::open(path)?;
    let time = file.metadata()?.modified()?;
    let mut head = Vec::new();
    file.take(64 << 10).read_to_end(&mut head)?;
    Ok((time, head))
}

/// Rows that wait in memory or in nameless files, written down as well so that they outlive a kill.
pub(super) struct RowLog {
    file: BufWriter<File>,
    bytes: u64,
}

impl RowLog {
    /// A log that goes on behind its first bytes; what these hold is handed out.
    pub(super) fn open(
        path: &Path,
        bytes: u64,
        mut each: impl FnMut(Row) -> io::Result<()>,
    ) -> io::Result<Self> {
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut reader = BufReader::new(Read::take(&mut file, bytes));
        while let Some(row) = read_row(&mut reader)? {
            each(row)?;
        }
        file.set_len(bytes)?;
        file.seek(SeekFrom::Start(bytes))?;
        Ok(Self { file: BufWriter::new(file), bytes })
    }

    /// Adds rows.
    pub(super) fn take(&mut self, rows: &Rows) -> io::Result<()> {
        for (order, row) in rows.iter() {
            self.bytes += write_row(&mut self.file, order, row)? as u64;
        }
        Ok(())
    }

    /// Brings everything to the disk; the bytes so far.
    pub(super) fn sync(&mut self) -> io::Result<u64> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(self.bytes)
    }
}
