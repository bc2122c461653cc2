//! A walk through a NAACCR XML file, patient by patient.
//!
//! The parser expands no entity but the five of XML, and a document type is refused before the walk begins,
//! so that no text grows beyond the file that holds it. Elements of other namespaces are passed over. What
//! goes wrong within a patient costs that patient or one of its tumors; reading goes on at the next patient.

use std::collections::HashMap;

use memchr::memchr2;
use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::{BytesStart, Event};
use rustc_hash::FxBuildHasher;

use super::super::RejectCause;
use super::columns::Columns;
use super::element;
use super::patient::{Item, Level, Patient, Tumor, malformed};
use super::text::{NO_TEXT, XmlText};

/// Elements within each other, at most. NAACCR XML has four levels; the rest is for extensions.
const DEPTH: usize = 64;

/// Elements that were never closed, at most: the parser keeps the name of each.
const NEVER_CLOSED: usize = 1 << 16;

/// Tags that are remembered, at most, and the bytes of the longest.
const TAGS: (usize, usize) = (4096, 256);

/// What stops the walk.
#[derive(Debug)]
pub(super) enum Stop {
    /// The source failed.
    Io(std::io::Error),
    /// This is no XML that can be read on.
    Broken { line: u64, problem: String },
}

/// The walk.
pub(super) struct Walk {
    reader: Reader<XmlText>,
    buffer: Vec<u8>,
    /// Prefixes that stand for NAACCR's namespace; an empty one for none.
    prefixes: Vec<String>,
    stack: Vec<Level>,
    /// Columns of items by their whole start tag: a file repeats the same few.
    tags: HashMap<Box<str>, usize, FxBuildHasher>,
    /// Elements that the parser takes for open.
    opened: usize,
    /// The patient is lost: nothing counts up to its end or the next one.
    lost: bool,
    /// The item that is open: its column, and where its text begins.
    item: Option<(usize, usize)>,
    /// Items of the whole file.
    pub(super) root: Patient,
    pub(super) patient: Patient,
    ended: bool,
}

impl Walk {
    pub(super) fn new(text: XmlText) -> Self {
        let mut reader = Reader::from_reader(text);
        let config = reader.config_mut();
        // Ends are held against the levels here, so that a wrong one costs a patient and not the file.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        Self {
            reader,
            buffer: Vec::new(),
            prefixes: Vec::new(),
            stack: Vec::new(),
            tags: HashMap::default(),
            opened: 0,
            lost: false,
            item: None,
            root: Patient::default(),
            patient: Patient::default(),
            ended: false,
        }
    }

    /// Physical line at which the walk stands.
    pub(super) fn line(&self) -> u64 {
        self.reader.get_ref().line()
    }

    /// The patient's XML.
    pub(super) fn raw(&self) -> &[u8] {
        self.reader.get_ref().kept()
    }

    /// Reads the next patient; false at the end of the file.
    pub(super) fn next_patient(&mut self, columns: &mut Columns) -> Result<bool, Stop> {
        let mut patient = std::mem::take(&mut self.patient);
        patient.text.clear();
        patient.items.clear();
        patient.tumors.clear();
        patient.tumor_items.clear();
        patient.broken = None;
        self.patient = patient;
        // A patient whose end is missing ends where the next one starts.
        let mut within = self.stack.contains(&Level::Patient);
        if within {
            self.patient.line = self.line();
            self.reader.get_mut().mark();
        }
        while !self.ended {
            let text = self.reader.get_mut();
            if !within {
                text.mark();
            }
            let before = text.since_mark();
            text.begin_event();
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            let event = self.reader.read_event_into(&mut buffer);
            let step = match event {
                Ok(event) => self.take(event, before, columns),
                Err(Error::IllFormed(error)) => self.stray(error.to_string()),
                Err(error) => Err(self.stop(error)),
            };
            self.buffer = buffer;
            match step? {
                Step::Begun => within = true,
                Step::Done => {
                    self.reader.get_mut().keep();
                    return Ok(true);
                }
                Step::On => {}
            }
            let limit = self.reader.get_ref().limit();
            if within && self.reader.get_ref().since_mark() > limit {
                self.lose(RejectCause::TooLong { limit });
            }
        }
        Ok(false)
    }

    fn stop(&mut self, error: Error) -> Stop {
        if self.reader.get_ref().is_too_long() {
            let limit = self.reader.get_ref().limit();
            return self.broken(format!("what begins here is longer than {limit} bytes"));
        }
        match error {
            Error::Io(error) => Stop::Io(std::io::Error::new(error.kind(), error.to_string())),
            other => Stop::Broken { line: self.line(), problem: other.to_string() },
        }
    }

    /// The last event is where it cannot be read on.
    fn broken(&mut self, problem: String) -> Stop {
        Stop::Broken { line: self.reader.get_mut().event_line(), problem }
    }

    fn take(&mut self, event: Event, before: usize, columns: &mut Columns) -> Result<Step, Stop> {
        match event {
            Event::Start(start) => {
                self.opened += 1;
                if self.opened > NEVER_CLOSED {
                    return Err(self.broken(format!("more than {NEVER_CLOSED} elements are never closed")));
                }
                self.start(&start, before, columns)
            }
            Event::Empty(start) => {
                let begun = self.start(&start, before, columns)?;
                let local = start.local_name();
                match self.end(local.as_ref(), columns)? {
                    Step::On => Ok(begun),
                    step => Ok(step),
                }
            }
            Event::End(end) => {
                self.opened = self.opened.saturating_sub(1);
                self.end(end.local_name().as_ref(), columns)
            }
            // Between items stands nothing but space.
            Event::Text(_) | Event::CData(_) if self.item.is_none() => Ok(Step::On),
            Event::Text(text) => {
                self.text(&text.xml10_content());
                Ok(Step::On)
            }
            Event::CData(text) => {
                self.text(&text.xml10_content());
                Ok(Step::On)
            }
            Event::GeneralRef(reference) => {
                let name = reference.to_string();
                let character = match name.as_str() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().ok().flatten(),
                };
                match character {
                    Some(character) => self.text(character.encode_utf8(&mut [0; 4])),
                    None if self.item.is_some() => {
                        self.wrong(malformed(format!("unknown entity `&{name};`")));
                    }
                    None => {}
                }
                Ok(Step::On)
            }
            Event::DocType(_) => {
                let problem = "a document type is declared, which NAACCR XML has no use for";
                Err(self.broken(problem.to_owned()))
            }
            Event::Eof => {
                self.ended = true;
                if self.stack.is_empty() {
                    return Ok(Step::On);
                }
                Err(self.broken("the file ends before `</NaaccrData>`".to_owned()))
            }
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => Ok(Step::On),
        }
    }

    fn start(&mut self, start: &BytesStart, before: usize, columns: &mut Columns) -> Result<Step, Stop> {
        let Some(&parent) = self.stack.last() else {
            self.prefixes = element::prefixes(start).map_err(|problem| self.broken(problem))?;
            self.tags.clear();
            self.stack.push(Level::Root);
            return Ok(Step::On);
        };
        let foreign = parent == Level::Foreign && !self.lost;
        let known = self.tags.get::<str>(start).copied().filter(|_| !foreign);
        let level = match known {
            Some(_) => Level::Item,
            None if foreign => Level::Foreign,
            None => element::level(start, &self.prefixes),
        };
        if self.lost && level != Level::Patient {
            return Ok(Step::On);
        }
        if self.stack.len() >= DEPTH {
            return self.stray(format!("more than {DEPTH} elements within each other"));
        }
        match (parent, level) {
            (Level::Root, Level::Patient) => {
                self.lost = false;
                self.patient.line = self.reader.get_mut().event_line();
                self.stack.push(level);
                return Ok(Step::Begun);
            }
            (_, Level::Patient) => {
                self.patient.broken.get_or_insert(malformed("a patient starts within this one".to_owned()));
                self.lost = false;
                self.item = None;
                self.stack.truncate(1);
                self.stack.push(Level::Patient);
                return Ok(Step::Done);
            }
            (Level::Patient, Level::Tumor) => {
                let first = self.patient.tumor_items.len();
                let (items, raw) = (first..first, before..before);
                let line = self.reader.get_mut().event_line();
                self.patient.tumors.push(Tumor { line, items, raw, broken: None });
            }
            (Level::Root | Level::Patient | Level::Tumor, Level::Item) => {
                match known.map_or_else(|| self.column(start, columns), Ok) {
                    Ok(column) => self.open(column, columns)?,
                    Err(problem) => self.wrong_or_stop(problem)?,
                }
            }
            (Level::Item, _) | (_, Level::Root | Level::Tumor | Level::Item) => {
                let name = start.local_name().as_ref().to_owned();
                return self.stray(format!("`<{name}>` stands within `<{}>`", parent.name()));
            }
            (_, Level::Foreign) => {}
        }
        self.stack.push(level);
        Ok(Step::On)
    }

    /// The column of an item by its tag.
    fn column(&mut self, start: &BytesStart, columns: &mut Columns) -> Result<usize, String> {
        let id = element::item_id(start)?;
        let column = columns.of(&id).ok_or_else(|| format!("item `{id}` is one too many"))?;
        if self.tags.len() < TAGS.0 && start.len() <= TAGS.1 {
            self.tags.insert(Box::from(&**start), column);
        }
        Ok(column)
    }

    /// An item begins.
    fn open(&mut self, column: usize, columns: &Columns) -> Result<(), Stop> {
        let at_root = self.stack.last() == Some(&Level::Root);
        if at_root && self.patient.line > 0 {
            let id = columns.names().get(column).map_or("", String::as_str);
            return Err(self.broken(format!("item `{id}` of the whole file stands below a patient")));
        }
        let text = if at_root { &self.root.text } else { &self.patient.text };
        self.item = Some((column, text.len()));
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.item.is_none() {
            return;
        }
        let at_root = !self.stack.contains(&Level::Patient);
        if at_root { self.root.text.push_str(text) } else { self.patient.text.push_str(text) }
    }

    fn end(&mut self, name: &str, columns: &Columns) -> Result<Step, Stop> {
        let Some(&level) = self.stack.last() else { return Ok(Step::On) };
        let closes = Level::of(name);
        if !self.lost && level != Level::Foreign && level != closes {
            self.stray(format!("`</{name}>` closes `<{}>`", level.name()))?;
        }
        if self.lost {
            // A lost patient ends with its own end, or with that of the file.
            return Ok(match closes {
                Level::Patient => {
                    self.stack.truncate(1);
                    self.lost = false;
                    Step::Done
                }
                Level::Root => {
                    self.stack.clear();
                    Step::Done
                }
                _ => Step::On,
            });
        }
        self.stack.pop();
        match level {
            Level::Item => self.close_item(columns)?,
            Level::Tumor => {
                let end = self.patient.tumor_items.len();
                let raw_end = self.reader.get_ref().since_mark();
                if let Some(tumor) = self.patient.tumors.last_mut() {
                    tumor.items.end = end;
                    tumor.raw.end = raw_end;
                }
            }
            Level::Patient => return Ok(Step::Done),
            Level::Root | Level::Foreign => {}
        }
        Ok(Step::On)
    }

    fn close_item(&mut self, columns: &Columns) -> Result<(), Stop> {
        let Some((column, begin)) = self.item.take() else { return Ok(()) };
        let parent = self.stack.last().copied();
        let of = if parent == Some(Level::Root) { &mut self.root } else { &mut self.patient };
        let item = Item { column, text: begin..of.text.len() };
        let text = of.text.get(item.text.clone()).unwrap_or_default();
        // The first byte of `NO_TEXT`; most items have neither.
        let cause = if memchr2(0, 0xef, text.as_bytes()).is_none() {
            None
        } else if text.contains('\0') {
            Some(RejectCause::Nul)
        } else if text.contains(NO_TEXT) {
            Some(RejectCause::NotUtf8 { column: columns.names().get(column).cloned().unwrap_or_default() })
        } else {
            None
        };
        if parent == Some(Level::Tumor) {
            of.tumor_items.push(item);
        } else {
            of.items.push(item);
        }
        match cause {
            None => {}
            Some(cause) if parent == Some(Level::Root) => {
                return Err(self.broken(cause.to_string()));
            }
            Some(cause) => self.wrong(cause),
        }
        Ok(())
    }

    /// Something is wrong with the tumor or the patient.
    fn wrong(&mut self, cause: RejectCause) {
        let in_tumor = self.stack.contains(&Level::Tumor);
        match self.patient.tumors.last_mut().filter(|_| in_tumor) {
            Some(tumor) => tumor.broken.get_or_insert(cause),
            None => self.patient.broken.get_or_insert(cause),
        };
    }

    fn wrong_or_stop(&mut self, problem: String) -> Result<(), Stop> {
        if self.stack.last() == Some(&Level::Root) {
            return Err(self.broken(problem));
        }
        self.wrong(malformed(problem));
        Ok(())
    }

    /// The markup does not fit: the patient is lost.
    fn stray(&mut self, problem: String) -> Result<Step, Stop> {
        if !self.stack.contains(&Level::Patient) {
            return Err(self.broken(problem));
        }
        self.lose(malformed(problem));
        Ok(Step::On)
    }

    /// Nothing of this patient counts any more.
    fn lose(&mut self, cause: RejectCause) {
        self.patient.broken.get_or_insert(cause);
        self.lost = true;
        self.item = None;
    }
}

/// What an event came to.
enum Step {
    On,
    /// A patient began.
    Begun,
    /// A patient is whole, or as whole as it gets.
    Done,
}
