//! The bytes of an XML file as UTF-8 text that the parser may trust, with the line it stands at.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_8};
use memchr::memchr_iter;

use super::super::source::Source;

/// Bytes asked of the source at a time.
const BLOCK: usize = 256 * 1024;

/// Stands for bytes that are no UTF-8. XML allows it nowhere, so that no file can hold it by itself.
pub(super) const NO_TEXT: char = '\u{ffff}';

/// Text on its way to the parser.
pub(super) struct XmlText {
    source: Source,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_start: usize,
    raw_end: usize,
    ended: bool,
    decoded: String,
    at: usize,
    /// Physical line at `counted`.
    line: u64,
    /// Up to where the decoded text was searched for line ends.
    counted: usize,
    /// Where in the decoded text the last event begins.
    event_at: usize,
    /// The line at which it begins, once somebody asked or the decoded text is another one.
    event_line: Option<u64>,
    /// Bytes of the event.
    event: usize,
    /// What was consumed since the last mark, as much as the limit allows, up to `kept_to`.
    kept: Vec<u8>,
    kept_to: usize,
    since_mark: usize,
    limit: usize,
}

impl XmlText {
    /// Text of a source; nothing within it may be longer than the limit.
    pub(super) fn new(source: Source, limit: usize) -> Self {
        Self {
            source,
            decoder: UTF_8.new_decoder_without_bom_handling(),
            raw: vec![0; BLOCK],
            raw_start: 0,
            raw_end: 0,
            ended: false,
            decoded: String::with_capacity(BLOCK * 2),
            at: 0,
            line: 1,
            counted: 0,
            event_at: 0,
            event_line: None,
            event: 0,
            kept: Vec::new(),
            kept_to: 0,
            since_mark: 0,
            limit,
        }
    }

    /// Physical line at which reading stands.
    pub(super) fn line(&self) -> u64 {
        self.line + line_ends(self.decoded.as_bytes().get(self.counted..self.at))
    }

    /// Physical line at which the last event begins.
    pub(super) fn event_line(&mut self) -> u64 {
        if self.event_line.is_none() {
            self.count_to(self.event_at);
        }
        *self.event_line.get_or_insert(self.line)
    }

    fn count_to(&mut self, end: usize) {
        self.line += line_ends(self.decoded.as_bytes().get(self.counted..end));
        self.counted = end;
    }

    /// Bytes that anything may be long.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Forgets what was kept.
    pub(super) fn mark(&mut self) {
        self.kept.clear();
        self.kept_to = self.at;
        self.since_mark = 0;
    }

    /// Keeps what was consumed since the mark.
    pub(super) fn keep(&mut self) {
        let consumed = self.decoded.as_bytes().get(self.kept_to..self.at).unwrap_or_default();
        let room = self.limit.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(consumed.get(..room).unwrap_or(consumed));
        self.kept_to = self.at;
    }

    /// What was kept since the mark, up to the limit.
    pub(super) fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// Bytes consumed since the mark.
    pub(super) fn since_mark(&self) -> usize {
        self.since_mark
    }

    /// A piece of markup or text begins.
    pub(super) fn begin_event(&mut self) {
        self.event = 0;
        self.event_at = self.at;
        self.event_line = None;
    }

    /// Whether one piece of markup or text is over the limit.
    pub(super) fn is_too_long(&self) -> bool {
        self.event > self.limit
    }

    fn fill(&mut self) -> io::Result<()> {
        self.event_line();
        self.count_to(self.at);
        self.keep();
        self.decoded.clear();
        (self.at, self.counted, self.kept_to) = (0, 0, 0);
        while self.decoded.is_empty() && !(self.ended && self.raw_start == self.raw_end) {
            if self.raw_start == self.raw_end && !self.ended {
                (self.raw_start, self.raw_end) = (0, self.source.read(&mut self.raw)?);
                self.ended = self.raw_end == 0;
            }
            self.decode();
        }
        Ok(())
    }

    fn decode(&mut self) {
        loop {
            let bytes = self.raw.get(self.raw_start..self.raw_end).unwrap_or_default();
            let (result, read) =
                self.decoder.decode_to_string_without_replacement(bytes, &mut self.decoded, self.ended);
            self.raw_start += read;
            match result {
                DecoderResult::Malformed(..) => self.decoded.push(NO_TEXT),
                DecoderResult::OutputFull | DecoderResult::InputEmpty => return,
            }
        }
    }
}

impl Read for XmlText {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(buffer.len());
        buffer[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for XmlText {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_too_long() {
            return Err(io::Error::other("too long"));
        }
        if self.at >= self.decoded.len() {
            self.fill()?;
        }
        Ok(self.decoded.as_bytes().get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.since_mark += amount;
        self.event += amount;
        self.at += amount;
    }
}

fn line_ends(text: Option<&[u8]>) -> u64 {
    memchr_iter(b'\n', text.unwrap_or_default()).count() as u64
}
