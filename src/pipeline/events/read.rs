//! Event tables to the store: each row is checked before it is kept.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cells::{FIELDS, NoEvent, Texts};
use super::store::{EventStore, StoredRow, encode, hash};
use crate::audit::AuditRules;
use crate::fields::{Coding, Field, Mapping, Source, recognise_events};
use crate::input::{self, Chunk, InputFile, Reject};
use crate::output::{EventCounts, OutputError, RunFolder, TableFormat, TableWriter};
use crate::pipeline::decode::key_of;
use crate::pipeline::settings::manifest_inputs;
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
    let found = input::discover(&config.events.inputs, &config.read)?;
    (records.len()..)
        .zip(found)
        .map(|(index, mut file)| {
            file.index = index;
            table(file, config)
        })
        .collect()
}

/// One table with its columns recognised.
pub(in crate::pipeline) fn table(file: InputFile, config: &RunConfig) -> Result<EventFile, RunError> {
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
    ) -> Result<EventCounts, RunError> {
        let path = folder.file("events_unmatched.csv")?;
        let mut table = TableWriter::create(path, &["key", "file", "line", "cause"], TableFormat::Csv)?;
        self.store.unmatched(folder.hidden(), |key, file, line, cause| {
            let file = paths.get(file).map_or("", String::as_str);
            Ok::<(), RunError>(table.row(&[key, file, &line.to_string(), cause])?)
        })?;
        let tables: Vec<_> = files.iter().map(|events| (&events.file, &events.mapping)).collect();
        Ok(EventCounts {
            inputs: manifest_inputs(&tables, &self.rows)?,
            read: self.store.rows() + self.rejected,
            matched: self.store.matched(),
            unmatched: table.finish()?,
            rejected: self.rejected,
            without_event: self.without_event,
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
    let audit = AuditRules::configured(&config.audit)?;
    let folder = folder.hidden();
    let spilling = |source: io::Error| RunError::Events { path: folder.to_owned(), source };
    let mut sorter = Sorter::new(folder);
    let (mut without_event, mut rejected) = (0, 0);
    let mut rows = Vec::new();
    let mut before = 0;
    for EventFile { file, mapping } in files {
        let reader = file.open(&config.read)?;
        let bytes = reader.bytes_read();
        let mut read = 0;
        for chunk in reader {
            stop(&progress.stop)?;
            let mut chunk = chunk?;
            progress.bytes.store(before + bytes.load(Ordering::Relaxed), Ordering::Relaxed);
            let mut rejects = std::mem::take(&mut chunk.rejects);
            for row in 0..chunk.rows() {
                match events_of(&chunk, mapping, &audit, row) {
                    Ok(events) if events.is_empty() => without_event += 1,
                    Ok(events) => {
                        for event in events {
                            sorter.push(hash(&event.key), encode(&event)).map_err(spilling)?;
                        }
                    }
                    Err(why) => rejects.push(chunk.reject(row, why)),
                }
            }
            read += chunk.rows() as u64;
            rejects.sort_by_key(|reject| reject.line);
            rejected += rejects.len() as u64;
            reject(&rejects)?;
        }
        rows.push(read);
        before += file.bytes;
    }
    let store = EventStore::build(folder, sorter).map_err(spilling)?;
    Ok(Some(Ingested { store, without_event, rejected, rows }))
}

fn stop(signal: &AtomicUsize) -> Result<(), RunError> {
    match signal.load(Ordering::Relaxed) {
        0 => Ok(()),
        signal => Err(RunError::Stopped(signal)),
    }
}

/// The events of a row, or why it cannot be taken.
fn events_of(
    chunk: &Chunk,
    mapping: &Mapping,
    audit: &AuditRules,
    row: usize,
) -> Result<Vec<StoredRow>, String> {
    let texts = Texts(FIELDS.map(|field| text(chunk, mapping, field, row)));
    let key = key_of(chunk, mapping, row).trim().to_owned();
    let mut events = Vec::new();
    for (part, texts) in (0..).zip(split(texts)?) {
        match texts.event(audit) {
            Ok(_) if key.is_empty() => return Err("the key of the tumor is missing".to_owned()),
            Ok(_) => events.push(StoredRow {
                key: key.clone(),
                file: chunk.file,
                line: chunk.line(row),
                part,
                texts,
            }),
            Err(NoEvent::Nothing) => {}
            Err(NoEvent::Wrong(why)) => return Err(why),
        }
    }
    Ok(events)
}

/// The text of a field under the first of its columns that is filled, and how it is written.
fn text(chunk: &Chunk, mapping: &Mapping, field: Field, row: usize) -> (Coding, String) {
    let replaced = |text: &str| {
        // A list of types is one word each.
        let parts: Vec<&str> =
            text.split('|').map(|part| mapping.replace(field, part).unwrap_or(part)).collect();
        mapping.replace(field, text).map_or_else(|| parts.join("|"), str::to_owned)
    };
    let told = |source: &Source| match source {
        Source::Constant(text) => (Coding::Plain, text.clone()),
        Source::Column { index, coding } => (*coding, replaced(&chunk.text(*index, row))),
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
