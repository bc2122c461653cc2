//! A walk through a NAACCR XML file, patient by patient.
//!
//! The parser expands no entity but the five of XML, and a document type is refused before the walk begins,
//! so that no text grows beyond the file that holds it. Elements of other namespaces are passed over. What
//! goes wrong within a patient costs that patient or one of its tumors; reading goes on at the next patient.

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::{BytesStart, Event};

use super::super::RejectCause;
use super::columns::Columns;
use super::patient::{Item, Level, Patient, Tumor, malformed};
use super::text::{NO_TEXT, XmlText};

/// Namespace of NAACCR XML.
pub(super) const NAACCR: &str = "http://naaccr.org/naaccrxml";

/// Elements within each other, at most. NAACCR XML has four levels; the rest is for extensions.
const DEPTH: usize = 64;

/// Elements that were never closed, at most: the parser keeps the name of each.
const NEVER_CLOSED: usize = 1 << 16;

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
    /// Elements that the parser takes for open.
    opened: usize,
    /// The patient is lost: nothing counts up to its end or the next one.
    lost: bool,
    /// The item that is open: its column and where its text begins.
    open: Option<(usize, usize)>,
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
            opened: 0,
            lost: false,
            open: None,
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
            if !within {
                self.reader.get_mut().mark();
            }
            let line = self.line();
            let before = self.reader.get_ref().since_mark();
            self.reader.get_mut().begin_event();
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            let event = self.reader.read_event_into(&mut buffer);
            let step = match event {
                Ok(event) => self.take(event, line, before, columns),
                Err(Error::IllFormed(error)) => self.stray(line, error.to_string()),
                Err(error) => Err(self.stop(line, error)),
            };
            self.buffer = buffer;
            match step? {
                Step::Begun => within = true,
                Step::Done => return Ok(true),
                Step::On => {}
            }
            let limit = self.reader.get_ref().limit();
            if within && self.reader.get_ref().since_mark() > limit {
                self.lose(RejectCause::TooLong { limit });
            }
        }
        Ok(false)
    }

    fn stop(&self, line: u64, error: Error) -> Stop {
        if self.reader.get_ref().is_too_long() {
            let limit = self.reader.get_ref().limit();
            return Stop::Broken { line, problem: format!("what begins here is longer than {limit} bytes") };
        }
        match error {
            Error::Io(error) => Stop::Io(std::io::Error::new(error.kind(), error.to_string())),
            other => Stop::Broken { line: self.line(), problem: other.to_string() },
        }
    }

    fn take(&mut self, event: Event, line: u64, before: usize, columns: &mut Columns) -> Result<Step, Stop> {
        match event {
            Event::Start(start) => {
                self.opened += 1;
                if self.opened > NEVER_CLOSED {
                    let problem = format!("more than {NEVER_CLOSED} elements are never closed");
                    return Err(Stop::Broken { line, problem });
                }
                self.start(&start, line, before, columns)
            }
            Event::Empty(start) => {
                let begun = self.start(&start, line, before, columns)?;
                let local = start.local_name();
                match self.end(local.as_ref(), line, columns)? {
                    Step::On => Ok(begun),
                    step => Ok(step),
                }
            }
            Event::End(end) => {
                self.opened = self.opened.saturating_sub(1);
                self.end(end.local_name().as_ref(), line, columns)
            }
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
                    None if self.open.is_some() => {
                        self.wrong(malformed(format!("unknown entity `&{name};`")));
                    }
                    None => {}
                }
                Ok(Step::On)
            }
            Event::DocType(_) => {
                let problem = "a document type is declared, which NAACCR XML has no use for".to_owned();
                Err(Stop::Broken { line, problem })
            }
            Event::Eof => {
                self.ended = true;
                if self.stack.is_empty() {
                    return Ok(Step::On);
                }
                let problem = "the file ends before `</NaaccrData>`".to_owned();
                Err(Stop::Broken { line, problem })
            }
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => Ok(Step::On),
        }
    }

    fn start(
        &mut self,
        start: &BytesStart,
        line: u64,
        before: usize,
        columns: &mut Columns,
    ) -> Result<Step, Stop> {
        let Some(&parent) = self.stack.last() else {
            return self.begin(start).map_err(|problem| Stop::Broken { line, problem });
        };
        let foreign = parent == Level::Foreign && !self.lost;
        let level = if foreign { Level::Foreign } else { self.level(start) };
        if self.lost && level != Level::Patient {
            return Ok(Step::On);
        }
        if self.stack.len() >= DEPTH {
            return self.stray(line, format!("more than {DEPTH} elements within each other"));
        }
        match (parent, level) {
            (Level::Root, Level::Patient) => {
                self.lost = false;
                self.patient.line = line;
                self.stack.push(level);
                return Ok(Step::Begun);
            }
            (_, Level::Patient) => {
                self.patient.broken.get_or_insert(malformed("a patient starts within this one".to_owned()));
                self.lost = false;
                self.open = None;
                self.stack.truncate(1);
                self.stack.push(Level::Patient);
                return Ok(Step::Done);
            }
            (Level::Patient, Level::Tumor) => {
                let first = self.patient.tumor_items.len();
                let (items, raw) = (first..first, before..before);
                self.patient.tumors.push(Tumor { line, items, raw, broken: None });
            }
            (Level::Root | Level::Patient | Level::Tumor, Level::Item) => self.item(start, line, columns)?,
            (Level::Item, _) | (_, Level::Root | Level::Tumor | Level::Item) => {
                let name = start.local_name().as_ref().to_owned();
                return self.stray(line, format!("`<{name}>` stands within `<{}>`", parent.name()));
            }
            (_, Level::Foreign) => {}
        }
        self.stack.push(level);
        Ok(Step::On)
    }

    /// The root: which prefixes stand for NAACCR's namespace.
    fn begin(&mut self, start: &BytesStart) -> Result<Step, String> {
        let (local, prefix) = start.name().decompose();
        let own = prefix.map_or("", |prefix| prefix.into_inner()).to_owned();
        if local.as_ref() != Level::Root.name() {
            return Err(format!("`<{}>` instead of `<NaaccrData>`", local.as_ref()));
        }
        let mut bound = None;
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let prefix = match attribute.key.as_ref() {
                "xmlns" => "",
                name => match name.strip_prefix("xmlns:") {
                    Some(prefix) => prefix,
                    None => continue,
                },
            };
            if prefix == own {
                bound = Some(attribute.value.to_string());
            }
            if attribute.value == NAACCR {
                self.prefixes.push(prefix.to_owned());
            }
        }
        match bound {
            // The first files had no namespace.
            None if own.is_empty() => self.prefixes.push(own),
            Some(bound) if bound == NAACCR => {}
            other => {
                let other = other.unwrap_or_default();
                return Err(format!("the namespace is `{other}` instead of `{NAACCR}`"));
            }
        }
        self.stack.push(Level::Root);
        Ok(Step::On)
    }

    fn level(&self, start: &BytesStart) -> Level {
        let (local, prefix) = start.name().decompose();
        let prefix = prefix.map_or("", |prefix| prefix.into_inner());
        let level = Level::of(local.as_ref());
        if level == Level::Foreign || !self.prefixes.iter().any(|own| own == prefix) {
            return Level::Foreign;
        }
        let elsewhere = start.attributes().with_checks(false).flatten().any(|attribute| {
            let name = attribute.key.as_ref();
            let binds = match name.strip_prefix("xmlns:") {
                Some(bound) => bound == prefix,
                None => prefix.is_empty() && name == "xmlns",
            };
            binds && attribute.value != NAACCR
        });
        if elsewhere { Level::Foreign } else { level }
    }

    fn item(&mut self, start: &BytesStart, line: u64, columns: &mut Columns) -> Result<(), Stop> {
        let (mut id, mut number) = (None, None);
        let mut problem = None;
        for attribute in start.attributes().with_checks(false) {
            match attribute {
                Ok(attribute) => {
                    let slot = match attribute.key.as_ref() {
                        "naaccrId" => &mut id,
                        "naaccrNum" => &mut number,
                        _ => continue,
                    };
                    if slot.replace(attribute.value.trim().to_owned()).is_some() {
                        problem = Some("an item with two ids".to_owned());
                    }
                }
                Err(error) => problem = Some(format!("an item's attributes cannot be read: {error}")),
            }
        }
        let is_given = |id: &String| !id.is_empty() && !id.contains(['&', '\0', NO_TEXT]);
        let Some(id) = id.filter(is_given).or(number.filter(is_given)).filter(|_| problem.is_none()) else {
            let problem = problem.unwrap_or_else(|| "an item without naaccrId or naaccrNum".to_owned());
            return self.wrong_or_stop(line, problem);
        };
        let Some(column) = columns.of(&id) else {
            return self.wrong_or_stop(line, format!("item `{id}` is one too many"));
        };
        let at_root = self.stack.last() == Some(&Level::Root);
        if at_root && self.patient.line > 0 {
            let problem = format!("item `{id}` of the whole file stands below a patient");
            return Err(Stop::Broken { line, problem });
        }
        let text = if at_root { &self.root.text } else { &self.patient.text };
        self.open = Some((column, text.len()));
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.open.is_none() {
            return;
        }
        let at_root = !self.stack.contains(&Level::Patient);
        if at_root { self.root.text.push_str(text) } else { self.patient.text.push_str(text) }
    }

    fn end(&mut self, name: &str, line: u64, columns: &Columns) -> Result<Step, Stop> {
        let Some(&level) = self.stack.last() else { return Ok(Step::On) };
        let closes = Level::of(name);
        if !self.lost && level != Level::Foreign && level != closes {
            self.stray(line, format!("`</{name}>` closes `<{}>`", level.name()))?;
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
            Level::Item => self.close_item(line, columns)?,
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

    fn close_item(&mut self, line: u64, columns: &Columns) -> Result<(), Stop> {
        let Some((column, begin)) = self.open.take() else { return Ok(()) };
        let parent = self.stack.last().copied();
        let of = if parent == Some(Level::Root) { &mut self.root } else { &mut self.patient };
        let item = Item { column, text: begin..of.text.len() };
        let text = of.text.get(item.text.clone()).unwrap_or_default();
        let cause = if text.contains('\0') {
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
                return Err(Stop::Broken { line, problem: cause.to_string() });
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

    fn wrong_or_stop(&mut self, line: u64, problem: String) -> Result<(), Stop> {
        if self.stack.last() == Some(&Level::Root) {
            return Err(Stop::Broken { line, problem });
        }
        self.wrong(malformed(problem));
        Ok(())
    }

    /// The markup does not fit: the patient is lost.
    fn stray(&mut self, line: u64, problem: String) -> Result<Step, Stop> {
        if !self.stack.contains(&Level::Patient) {
            return Err(Stop::Broken { line, problem });
        }
        self.lose(malformed(problem));
        Ok(Step::On)
    }

    /// Nothing of this patient counts any more.
    fn lose(&mut self, cause: RejectCause) {
        self.patient.broken.get_or_insert(cause);
        self.lost = true;
        self.open = None;
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
