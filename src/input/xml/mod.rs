//! NAACCR XML to chunks of text columns: one row for each tumor, with the items of its patient and of the file.
//!
//! The file is read twice. The first pass collects the ids of all items, which are the columns; the second
//! hands out the rows as the lines of a text table, so that memory does not grow with the file. A patient
//! without tumors is a row as well. Items of a user's own dictionary are columns like any other.

mod columns;
mod element;
mod patient;
mod text;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::{memchr, memchr3};
use quick_xml::Reader;
use quick_xml::events::Event;

use self::columns::Columns;
use self::patient::{Item, Patient};
use self::text::XmlText;
use self::walk::{Stop, Walk};
use super::chunk::Body;
use super::csv::{CsvBody, Draft};
use super::file::within_columns;
use super::{Chunk, Compression, Dialect, InputError, InputFile, Options, Reject, RejectCause, source};

/// Whether a file begins as NAACCR XML does.
pub(super) fn is_naaccr_xml(path: &Path, sample: &[u8]) -> Result<bool, InputError> {
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
    if !text.starts_with(b"<") {
        return Ok(false);
    }
    let mut reader = Reader::from_reader(text);
    let (mut buffer, mut encoding, mut doctype) = (Vec::new(), None, false);
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Decl(declared)) => {
                encoding = declared.encoding().and_then(Result::ok).map(std::borrow::Cow::into_owned);
            }
            Ok(Event::DocType(_)) => doctype = true,
            Ok(Event::Start(start) | Event::Empty(start)) => {
                if start.local_name().as_ref() != "NaaccrData" {
                    return Ok(false);
                }
                break;
            }
            Ok(Event::Eof | Event::End(_)) | Err(_) => return Ok(false),
            Ok(_) => {}
        }
        buffer.clear();
    }
    let refuse = |problem: String| Err(InputError::Xml { path: path.to_owned(), line: 1, problem });
    if doctype {
        return refuse("a document type is declared, which NAACCR XML has no use for".to_owned());
    }
    match encoding {
        Some(other) if !["utf-8", "us-ascii"].contains(&other.to_ascii_lowercase().as_str()) => {
            refuse(format!("the encoding is `{other}`, and only UTF-8 is read"))
        }
        _ => Ok(true),
    }
}

/// The columns of a file, from a first pass over all of it.
pub(super) fn read_columns(
    path: &Path,
    compression: Compression,
    options: &Options,
) -> Result<Vec<String>, InputError> {
    let count = Arc::new(AtomicU64::new(0));
    let mut walk = open_walk(path, compression, options, Arc::clone(&count))?;
    let mut columns = Columns::default();
    let mut any = false;
    while walk.next_patient(&mut columns).map_err(|stop| told(path, compression, &count, &walk, stop))? {
        any = true;
        match options.stop.load(Ordering::Relaxed) {
            0 => {}
            signal => return Err(InputError::Stopped { signal }),
        }
        within_columns(path, columns.names().len(), options)?;
    }
    if !any || columns.names().is_empty() {
        return Err(InputError::NoRecords { path: path.to_owned() });
    }
    Ok(columns.names().to_vec())
}

/// The columns as the header line of a text table.
pub(super) fn header_line(columns: &[String]) -> Vec<u8> {
    let mut line = Vec::new();
    write_row(&mut line, columns.iter().map(String::as_str));
    line
}

fn open_walk(
    path: &Path,
    compression: Compression,
    options: &Options,
    count: Arc<AtomicU64>,
) -> Result<Walk, InputError> {
    let source = source::open(path, compression, count, options)?;
    Ok(Walk::new(XmlText::new(source, options.max_record_bytes.min(u32::MAX as usize))))
}

fn told(path: &Path, compression: Compression, count: &AtomicU64, walk: &Walk, stop: Stop) -> InputError {
    match stop {
        Stop::Broken { line, problem } => InputError::Xml { path: path.to_owned(), line, problem },
        Stop::Io(error) => {
            source::read_error(path, compression, walk.line(), count.load(Ordering::Relaxed), error)
        }
    }
}

/// Reads a NAACCR XML file chunk by chunk.
pub(super) struct XmlReader {
    file: usize,
    path: PathBuf,
    compression: Compression,
    walk: Walk,
    columns: Columns,
    /// Rows of the patient that were handed out.
    handed: usize,
    /// Rows of the patient.
    rows: usize,
    chunk_rows: usize,
    chunk_bytes: usize,
    next_record: u64,
    bytes_read: Arc<AtomicU64>,
}

impl XmlReader {
    pub(super) fn open(
        file: &InputFile,
        options: &Options,
        bytes_read: Arc<AtomicU64>,
    ) -> Result<Self, InputError> {
        Ok(Self {
            file: file.index,
            path: file.path.clone(),
            compression: file.compression,
            walk: open_walk(&file.path, file.compression, options, Arc::clone(&bytes_read))?,
            columns: Columns::known(&file.header),
            handed: 0,
            rows: 0,
            chunk_rows: options.chunk_rows.max(1),
            chunk_bytes: options.chunk_bytes.max(1),
            next_record: 1,
            bytes_read,
        })
    }

    /// The next chunk, none at the end of the file.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Chunk>, InputError> {
        let mut draft = Draft::default();
        let mut rejects = Vec::new();
        let (mut line, mut rejected_bytes) = (Vec::new(), 0);
        while draft.len() + rejects.len() < self.chunk_rows
            && draft.bytes() + rejected_bytes < self.chunk_bytes
        {
            if self.handed == self.rows {
                let more = self.walk.next_patient(&mut self.columns);
                let told = |stop| told(&self.path, self.compression, &self.bytes_read, &self.walk, stop);
                if !more.map_err(told)? {
                    break;
                }
                self.handed = 0;
                let of_patient = self.walk.patient.broken.is_some() || self.walk.patient.tumors.is_empty();
                self.rows = if of_patient { 1 } else { self.walk.patient.tumors.len() };
            }
            line.clear();
            match self.row(self.handed, &mut line) {
                Ok(at) => draft.push(at, &line),
                Err(reject) => {
                    rejected_bytes += reject.raw.len();
                    rejects.push(reject);
                }
            }
            self.handed += 1;
        }
        if draft.len() == 0 && rejects.is_empty() {
            return Ok(None);
        }
        let first_record = self.next_record;
        self.next_record += draft.len() as u64;
        let body = Body::Csv(CsvBody::new(draft, Dialect::default(), self.columns.names().len()));
        Ok(Some(Chunk { file: self.file, first_record, rejects, body }))
    }

    /// Writes a row of the patient as a line; gives the line on which its tumor starts.
    fn row(&self, at: usize, out: &mut Vec<u8>) -> Result<u64, Reject> {
        let (root, patient) = (&self.walk.root, &self.walk.patient);
        let raw = self.walk.raw();
        if let Some(cause) = &patient.broken {
            return Err(self.reject(patient.line, cause, raw));
        }
        let tumor = patient.tumors.get(at);
        let line = tumor.map_or(patient.line, |tumor| tumor.line);
        let raw = tumor.map_or(raw, |tumor| raw.get(tumor.raw.clone()).unwrap_or_default());
        if let Some(cause) = tumor.and_then(|tumor| tumor.broken.as_ref()) {
            return Err(self.reject(line, cause, raw));
        }
        let own = tumor.and_then(|tumor| patient.tumor_items.get(tumor.items.clone())).unwrap_or_default();
        let mut cells: Vec<Option<&str>> = vec![None; self.columns.names().len()];
        let all = with_text(root, &root.items)
            .chain(with_text(patient, &patient.items))
            .chain(with_text(patient, own));
        for (column, text) in all {
            let Some(cell) = cells.get_mut(column) else { continue };
            if cell.replace(text).is_some_and(|before| before != text) {
                let why = format!("item `{}` stands twice, with two values", self.name(column));
                return Err(self.reject(line, &RejectCause::Malformed { why }, raw));
            }
        }
        write_row(out, cells.into_iter().map(Option::unwrap_or_default));
        Ok(line)
    }

    fn reject(&self, line: u64, cause: &RejectCause, raw: &[u8]) -> Reject {
        Reject::new(self.file, line, cause.clone(), raw, false)
    }

    fn name(&self, column: usize) -> &str {
        self.columns.names().get(column).map_or("", String::as_str)
    }
}

fn with_text<'a>(of: &'a Patient, items: &'a [Item]) -> impl Iterator<Item = (usize, &'a str)> {
    items.iter().map(|item| (item.column, of.text.get(item.text.clone()).unwrap_or_default()))
}

/// Writes cells as a line of a text table, quoted where that is needed.
pub(super) fn write_row<'a>(out: &mut Vec<u8>, cells: impl Iterator<Item = &'a str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let cell = cell.as_bytes();
        if cell.is_empty() {
            continue;
        }
        if memchr3(b',', b'"', b'\n', cell).is_none() && memchr(b'\r', cell).is_none() {
            out.extend_from_slice(cell);
            continue;
        }
        out.push(b'"');
        for byte in cell {
            out.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
        }
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests;
