//! The lines of a file of JSON resources, which is no table: one resource a line, of bounded length.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::memchr;

use super::source::{self, Source};
use super::{Compression, InputError, InputFile, Options, Reject, RejectCause};

/// The lines of one file, decompressed. Blank ones are left out.
pub struct Lines {
    file: usize,
    path: PathBuf,
    compression: Compression,
    source: BufReader<Source>,
    /// Bytes of the longest line that is read.
    limit: usize,
    number: u64,
    buffer: Vec<u8>,
    bytes_read: Arc<AtomicU64>,
}

/// A line with its place.
#[derive(Clone, Copy, Debug)]
pub struct Line<'l> {
    /// Index of the input file.
    pub file: usize,
    /// Physical line, from 1.
    pub number: u64,
    /// The line without blanks around it.
    pub bytes: &'l [u8],
}

impl Line<'_> {
    /// The line as one that cannot be used.
    pub fn reject(&self, why: String) -> Reject {
        Reject::new(self.file, self.number, RejectCause::Unusable { why }, self.bytes, false)
    }
}

impl Lines {
    pub(super) fn open(file: &InputFile, options: &Options) -> Result<Self, InputError> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let source = source::open(&file.path, file.compression, Arc::clone(&bytes_read), options)?;
        Ok(Self {
            file: file.index,
            path: file.path.clone(),
            compression: file.compression,
            source: BufReader::with_capacity(128 * 1024, source),
            limit: options.max_record_bytes,
            number: 0,
            buffer: Vec::new(),
            bytes_read,
        })
    }

    /// Bytes of the file that have been read so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// The next line, a reject where it is too long, none at the end.
    ///
    /// # Errors
    /// The file cannot be read on.
    pub fn next_line(&mut self) -> Result<Option<Result<Line<'_>, Reject>>, InputError> {
        loop {
            self.buffer.clear();
            let Some(whole) = self.fill().map_err(|error| {
                source::read_error(&self.path, self.compression, self.number, self.bytes_read(), error)
            })?
            else {
                return Ok(None);
            };
            self.number += 1;
            if !whole {
                let cause = RejectCause::TooLong { limit: self.limit };
                let reject = Reject::new(self.file, self.number, cause, &self.buffer, true);
                return Ok(Some(Err(reject)));
            }
            let text = self.buffer.as_slice();
            let text = text.strip_prefix(b"\xef\xbb\xbf").filter(|_| self.number == 1).unwrap_or(text);
            if !text.trim_ascii().is_empty() {
                break;
            }
        }
        let text = self.buffer.as_slice();
        let text = text.strip_prefix(b"\xef\xbb\xbf").filter(|_| self.number == 1).unwrap_or(text);
        Ok(Some(Ok(Line { file: self.file, number: self.number, bytes: text.trim_ascii() })))
    }

    /// Reads to the end of a line; false where more than the limit was dropped, none at the end of the file.
    fn fill(&mut self) -> std::io::Result<Option<bool>> {
        let (mut any, mut whole) = (false, true);
        loop {
            let available = self.source.fill_buf()?;
            if available.is_empty() {
                return Ok(any.then_some(whole));
            }
            any = true;
            let end = memchr(b'\n', available);
            let line = available.get(..end.unwrap_or(available.len())).unwrap_or(available);
            let room = self.limit.saturating_sub(self.buffer.len());
            whole &= line.len() <= room;
            self.buffer.extend_from_slice(line.get(..room).unwrap_or(line));
            let used = line.len() + usize::from(end.is_some());
            self.source.consume(used);
            if end.is_some() {
                return Ok(Some(whole));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], limit: usize) -> Vec<(u64, String)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        std::fs::write(&path, bytes).unwrap();
        let options = Options { max_record_bytes: limit, ..Options::default() };
        let file = InputFile::probe(&path, 0, &options).unwrap();
        let mut lines = file.lines(&options).unwrap();
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            seen.push(match line {
                Ok(line) => (line.number, String::from_utf8_lossy(line.bytes).into_owned()),
                Err(reject) => (reject.line, reject.cause.to_string()),
            });
        }
        seen
    }

    #[test]
    fn lines_of_any_length_keep_their_numbers() {
        let text = b"\xef\xbb\xbf{\"a\":1}\r\n\n  \n{\"long\":\"0123456789\"}\n{}\n{\"b\":2}";
        let told = |number, text: &str| (number, text.to_owned());
        assert_eq!(
            lines(text, 12),
            [
                told(1, "{\"a\":1}"),
                told(4, "a record longer than 12 bytes"),
                told(5, "{}"),
                told(6, "{\"b\":2}")
            ]
        );
        assert_eq!(lines(text, 100).len(), 4);
    }
}
