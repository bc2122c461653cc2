//! Event tables to the store: each row is checked before it is kept.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::cells::{FIELDS, NoEvent, Texts};
use super::fhir::{self, Exports, Joined};
use super::store::{EventStore, StoredRow, encode, hash};
use crate::audit::AuditRules;
use crate::fields::{Coding, Field, Mapping, Source, recognise_events};
use crate::input::{self, InputFile, Kind, Reject};
use crate::output::{EventCounts, Keys, OutputError, RunFolder, TableFormat, TableWriter};
use crate::pipeline::decode::key_from;
use crate::pipeline::settings::{hashes, manifest_inputs};
use crate::pipeline::sorted::Sorter;
use crate::pipeline::{Progress, RunConfig, RunError};

/// A table of events and its columns.
pub(in crate::pipeline) struct EventFile {
    pub(in crate::pipeline) file: InputFile,
    pub(in crate::pipeline) mapping: Mapping,
}

/// What reading the event tables came to.
pub(in crate::pipeline) struct Ingested {
    pub(in crate::pipeline) store: EventStore,
    /// Rows that tell of no event.
    pub(in crate::pipeline) without_event: u64,
    /// Rows that cannot be taken.
    pub(in crate::pipeline) rejected: u64,
    /// FHIR resources that are no staging.
    pub(in crate::pipeline) other_resources: u64,
    /// Rows that could be read, by table.
    pub(in crate::pipeline) rows: Vec<u64>,
}

/// Looks into the tables of a run; they are numbered after the files of its records.
pub(in crate::pipeline) fn tables(
    records: &[InputFile],
    config: &RunConfig,
) -> Result<Vec<EventFile>, RunError> {
    if config.events.inputs.is_empty() {
        return Ok(Vec::new());
    }
    let found = input::discover_events(&config.events.inputs, &config.read)?;
    (records.len()..)
        .zip(found)
        .map(|(index, mut file)| {
            file.index = index;
            table(file, config)
        })
        .collect()
}

/// One table with its columns recognised.
pub(in crate::pipeline) fn table(mut file: InputFile, config: &RunConfig) -> Result<EventFile, RunError> {
    if matches!(file.kind, Kind::Ndjson) {
        file.header = fhir::COLUMNS.map(str::to_owned).to_vec();
    }
    let mapping = recognise_events(&file.header, &config.events.map)
        .map_err(|source| RunError::Fields { path: file.path.clone(), source })?;
    Ok(EventFile { file, mapping })
}

impl Ingested {
    /// Counts what came of the events and writes down those without a record.
    pub(in crate::pipeline) fn settle(
        &self,
        folder: &RunFolder,
        files: &[EventFile],
        paths: &[String],
        keys: &Keys,
    ) -> Result<EventCounts, RunError> {
        let path = folder.file("events_unmatched.csv")?;
        let mut table = TableWriter::create(path, &["key", "file", "line", "cause"], TableFormat::Csv)?;
        self.store.unmatched(folder.hidden(), |key, file, line, cause| {
            let file = paths.get(file).map_or("", String::as_str);
            Ok::<(), RunError>(table.row(&[
                keys.shown(key.to_owned()).as_str(),
                file,
                &line.to_string(),
                cause,
            ])?)
        })?;
        let tables: Vec<_> = files.iter().map(|events| (&events.file, &events.mapping)).collect();
        let hashes = hashes(files.par_iter().map(|events| &events.file))?;
        Ok(EventCounts {
            inputs: manifest_inputs(&tables, &self.rows, hashes),
            read: self.store.rows() + self.rejected,
            matched: self.store.matched(),
            unmatched: table.finish()?,
            rejected: self.rejected,
            without_event: self.without_event,
            other_resources: self.other_resources,
        })
    }
}

/// Reads all tables, if there are any; rejects are handed on as they are found.
pub(in crate::pipeline) fn ingest(
    files: &[EventFile],
    config: &RunConfig,
    folder: &RunFolder,
    progress: &Progress,
    mut reject: impl FnMut(&[Reject]) -> Result<(), OutputError>,
) -> Result<Option<Ingested>, RunError> {
    if files.is_empty() {
        return Ok(None);
    }
    let folder = folder.hidden();
    let spilling = |source: io::Error| RunError::Events { path: folder.to_owned(), source };
    let mut intake = Intake {
        audit: AuditRules::configured(&config.audit)?,
        sorter: Sorter::new(folder),
        without_event: 0,
        rejected: 0,
        reject: &mut reject,
    };
    let mut exports = Exports::new(folder);
    let mut rows = Vec::new();
    let mut before = 0;
    for events in files {
        let read = |bytes: u64| {
            progress.bytes.store(before + bytes, Ordering::Relaxed);
            stop(&progress.stop)
        };
        rows.push(match events.file.kind {
            Kind::Csv(_) | Kind::Parquet(_) | Kind::Frame(_) => intake.table(events, config, read)?,
            Kind::Ndjson => intake.resources(events, config, read, &mut exports)?,
        });
        before += events.file.bytes;
    }
    let other_resources = exports.other;
    intake.without_event += exports.withdrawn;
    exports.finish(|joined| intake.joined(files, joined))?;
    let Intake { sorter, without_event, rejected, .. } = intake;
    let store = EventStore::build(folder, sorter).map_err(spilling)?;
    Ok(Some(Ingested { store, without_event, rejected, other_resources, rows }))
}

/// What is being read, and where it goes.
struct Intake<'r> {
    audit: AuditRules,
    sorter: Sorter,
    without_event: u64,
    rejected: u64,
    reject: &'r mut dyn FnMut(&[Reject]) -> Result<(), OutputError>,
}

impl Intake<'_> {
    /// Reads a table; the number of its rows.
    fn table(
        &mut self,
        EventFile { file, mapping }: &EventFile,
        config: &RunConfig,
        mut at: impl FnMut(u64) -> Result<(), RunError>,
    ) -> Result<u64, RunError> {
        let reader = file.open(&config.read)?;
        let bytes = reader.bytes_read();
        let mut read = 0;
        for chunk in reader {
            let mut chunk = chunk?;
            at(bytes.load(Ordering::Relaxed))?;
            let mut rejects = std::mem::take(&mut chunk.rejects);
            for row in 0..chunk.rows() {
                let cell = |column: usize| chunk.text(column, row);
                match self.row(mapping, chunk.file, chunk.line(row), cell)? {
                    Ok(0) => self.without_event += 1,
                    Ok(_) => {}
                    Err(why) => rejects.push(chunk.reject(row, why)),
                }
            }
            read += chunk.rows() as u64;
            rejects.sort_by_key(|reject| reject.line);
            self.refuse(&rejects)?;
        }
        Ok(read)
    }

    /// Reads the lines of a FHIR export; the number of its resources.
    fn resources(
        &mut self,
        EventFile { file, .. }: &EventFile,
        config: &RunConfig,
        mut at: impl FnMut(u64) -> Result<(), RunError>,
        exports: &mut Exports,
    ) -> Result<u64, RunError> {
        let mut lines = file.lines(&config.read)?;
        let mut read = 0;
        loop {
            at(lines.bytes_read())?;
            let reject = match lines.next_line()? {
                None => return Ok(read),
                Some(Ok(line)) => exports.take(&line)?,
                Some(Err(reject)) => Some(reject),
            };
            match reject {
                Some(reject) => self.refuse(&[reject])?,
                None => read += 1,
            }
        }
    }

    /// Takes what came of some Observations.
    fn joined(&mut self, files: &[EventFile], joined: Joined) -> Result<(), RunError> {
        let staging = match joined {
            Joined::Staging(staging) => staging,
            Joined::Refused(reject) => return self.refuse(&[reject]),
            Joined::Repeated => {
                self.without_event += 1;
                return Ok(());
            }
        };
        let place = staging.place();
        let Some(events) = files.iter().find(|events| events.file.index == place.file) else { return Ok(()) };
        let cell = |column: usize| Cow::from(staging.cells.get(column).map_or("", String::as_str));
        match self.row(&events.mapping, place.file, place.line, cell)? {
            Ok(0) => self.without_event += staging.lines(),
            Ok(_) => {}
            Err(why) => self.refuse(&staging.rejects(&why))?,
        }
        Ok(())
    }

    /// Keeps the events of a row and says how many they are, or why the row cannot be taken.
    fn row<'c>(
        &mut self,
        mapping: &'c Mapping,
        file: usize,
        line: u64,
        cell: impl Fn(usize) -> Cow<'c, str>,
    ) -> io::Result<Result<usize, String>> {
        let texts = match events_of(mapping, &self.audit, &cell) {
            Ok(texts) => texts,
            Err(why) => return Ok(Err(why)),
        };
        let key = key_from(mapping, cell).trim().to_owned();
        if key.is_empty() && !texts.is_empty() {
            return Ok(Err("the key of the tumor is missing".to_owned()));
        }
        let events = texts.len();
        for (part, texts) in texts {
            let event = StoredRow { key: key.clone(), file, line, part, texts };
            self.sorter.push(hash(&event.key), &encode(&event))?;
        }
        Ok(Ok(events))
    }

    fn refuse(&mut self, rejects: &[Reject]) -> Result<(), RunError> {
        self.rejected += rejects.len() as u64;
        Ok((self.reject)(rejects)?)
    }
}

fn stop(signal: &AtomicUsize) -> Result<(), RunError> {
    match signal.load(Ordering::Relaxed) {
        0 => Ok(()),
        signal => Err(RunError::Stopped(signal)),
    }
}

/// The events of a row with their numbers within it, or why it cannot be taken.
fn events_of<'c>(
    mapping: &Mapping,
    audit: &AuditRules,
    cell: impl Fn(usize) -> Cow<'c, str>,
) -> Result<Vec<(u32, Texts)>, String> {
    let texts = Texts(FIELDS.map(|field| text(mapping, field, &cell)));
    let mut events = Vec::new();
    for (part, texts) in (0..).zip(split(texts)?) {
        match texts.event(audit) {
            Ok(_) => events.push((part, texts)),
            Err(NoEvent::Nothing) => {}
            Err(NoEvent::Wrong(why)) => return Err(why),
        }
    }
    Ok(events)
}

/// The text of a field under the first of its columns that is filled, and how it is written.
fn text<'c>(mapping: &Mapping, field: Field, cell: impl Fn(usize) -> Cow<'c, str>) -> (Coding, String) {
    let replaced = |text: &str| {
        // A list of types is one word each.
        let parts: Vec<&str> =
            text.split('|').map(|part| mapping.replace(field, part).unwrap_or(part)).collect();
        mapping.replace(field, text).map_or_else(|| parts.join("|"), str::to_owned)
    };
    let told = |source: &Source| match source {
        Source::Constant(text) => (Coding::Plain, text.clone()),
        Source::Column { index, coding } => (*coding, replaced(&cell(*index))),
    };
    let sources = mapping.sources(field);
    let filled = sources.iter().map(told).find(|(_, text)| !is_missing(text));
    filled.or_else(|| sources.first().map(told)).unwrap_or_default()
}

/// Whether a cell is empty or holds a word in brackets, as TCGA writes what is missing.
fn is_missing(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || (text.starts_with('[') && text.ends_with(']'))
}

/// A row whose dates are a list is as many events; its other lists are as long, and what is no list
/// belongs to each of them.
fn split(texts: Texts) -> Result<Vec<Texts>, String> {
    let parts = |at: usize| texts.0.get(at).map_or(1, |(_, text)| text.split('|').count());
    // The date and the days stand first.
    let dates = parts(0).max(parts(1));
    if dates == 1 {
        return Ok(vec![texts]);
    }
    let lengths: BTreeSet<usize> =
        (0..FIELDS.len()).map(parts).filter(|&length| length != 1 && length != dates).collect();
    if let Some(length) = lengths.first() {
        return Err(format!("a list of {dates} dates beside a list of {length}"));
    }
    let of = |part: usize, (coding, text): &(Coding, String)| {
        let listed = text.split('|').nth(part).filter(|_| text.contains('|'));
        (*coding, listed.unwrap_or(text).trim().to_owned())
    };
    Ok((0..dates).map(|part| Texts(std::array::from_fn(|at| of(part, &texts.0[at])))).collect())
}
