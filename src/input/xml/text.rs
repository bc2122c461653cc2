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
    line: u64,
    /// What was consumed since the last mark, as much as the limit allows.
    kept: Vec<u8>,
    since_mark: usize,
    event: usize,
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
            kept: Vec::new(),
            since_mark: 0,
            event: 0,
            limit,
        }
    }

    /// Physical line at which reading stands.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Bytes that anything may be long.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Forgets what was kept.
    pub(super) fn mark(&mut self) {
        self.kept.clear();
        self.since_mark = 0;
    }

    /// What was consumed since the mark, up to the limit.
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
    }

    /// Whether one piece of markup or text is over the limit.
    pub(super) fn is_too_long(&self) -> bool {
        self.event > self.limit
    }

    fn fill(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.at = 0;
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
        let consumed = self.decoded.as_bytes().get(self.at..self.at + amount).unwrap_or_default();
        self.line += memchr_iter(b'\n', consumed).count() as u64;
        let room = self.limit.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(consumed.get(..room).unwrap_or(consumed));
        self.since_mark += amount;
        self.event += amount;
        self.at += amount;
    }
}
