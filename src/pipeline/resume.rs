//! Going on after a kill or a power cut: a run that is asked to keeps checkpoints, and the next one for the same
//! folder goes on from the last.
//!
//! At a checkpoint every chunk that was read is written, what was written is on the disk, and all that was counted
//! stands in a small file beside it. A run that takes it over cuts its files off there and goes on behind the chunks
//! that were taken: the inputs are read again up to that place, but no record is judged or written twice.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tracing::info;

use super::events::{EventFile, EventStore};
use super::settings::settings;
use super::sinks::Kept;
use super::sorted::{Row, Rows, read_row, write_row};
use super::stream::Position;
use super::{FilePlan, RunConfig, RunError};
use crate::input::{InputFile, Options};
use crate::knowledge::Rules;
use crate::output::{Access, OutputError, Program, RunFolder, TableFormat};

/// Chunks between two checkpoints where nothing else is asked for.
pub const CHECKPOINT_CHUNKS: u64 = 64;

/// Where a run stood when everything read was written.
#[derive(Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Checkpoint {
    /// Of everything that the result depends on.
    job: String,
    file: usize,
    chunks: u64,
    kept: Kept,
    /// Events that a record has asked for.
    matched: Vec<u64>,
}

impl Checkpoint {
    /// Brings everything to the disk and notes it.
    pub(super) fn keep(
        folder: &RunFolder,
        job: &str,
        at: &Position,
        kept: Option<Kept>,
        events: Option<&EventStore>,
    ) -> Result<(), RunError> {
        let Some(kept) = kept else { return Ok(()) };
        let matched = events.map(EventStore::matched_bits).unwrap_or_default();
        let checkpoint = Self { job: job.to_owned(), file: at.file, chunks: at.chunks, kept, matched };
        let text = serde_json::to_vec(&checkpoint).map_err(io::Error::from)?;
        Ok(folder.checkpoint(&text)?)
    }

    /// What a killed run noted, if it did the same job; what another job left is cleared.
    pub(super) fn read(
        folder: &RunFolder,
        text: Option<String>,
        job: &str,
    ) -> Result<Option<Self>, OutputError> {
        let Some(text) = text else { return Ok(None) };
        // The words in it are compared with those of the program for as long as it runs.
        let text: &'static str = Box::leak(text.into_boxed_str());
        let read = serde_json::from_str(text).ok().filter(|checkpoint: &Self| checkpoint.job == job);
        match &read {
            Some(Self { kept, .. }) => info!(records = kept.records(), "going on where a killed run ended"),
            None => {
                info!("what a killed run left is of another job; starting anew");
                folder.clear()?;
            }
        }
        Ok(read)
    }

    /// Records that are written.
    pub(super) const fn records(&self) -> u64 {
        self.kept.records()
    }

    /// Where reading goes on.
    pub(super) fn position(&self) -> Position {
        Position::behind(self.file, self.chunks)
    }

    /// What the sinks kept, and which events a record has asked for.
    pub(super) fn into_parts(self) -> (Kept, Vec<u64>) {
        (self.kept, self.matched)
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
    columns.iter().for_each(|column| add(column));
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

/// Only text tables can be cut off and gone on with; a Parquet file has its table of contents at its end.
pub(super) fn refuse_parquet(config: &RunConfig, format: TableFormat) -> Result<(), RunError> {
    match (config.resume, format) {
        (Some(_), TableFormat::Parquet) => Err(RunError::NoResume),
        _ => Ok(()),
    }
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
