//! The cells of a record as small numbers.
//!
//! A column has few distinct texts, so that each is read once and then known by its code, from chunk to chunk.
//! The codes of a record make its key: records with one key come to the same, whatever else they hold. In the
//! key stands what the rules can tell apart: of a date of diagnosis the span of years, of an age the span of
//! ages, of a measured value the span between two steps. Records with a date of an event are the exception,
//! because there dates are held against each other: they have no key.

use std::borrow::Cow;
use std::ops::Range;

use super::decode::{CARRIED, Holds, holds, place};
use super::filled::Filled;
use super::texts::Texts;
use crate::audit::{Config, followed_up};
use crate::category::{Cell, FactorValue, Parsed, PartialDate, parse};
use crate::fields::{Coding, Field, Mapping, Source};
use crate::input::Chunk;
use crate::knowledge::Steps;
use crate::staging::{Case, completed_age};

/// Distinct texts of a column that are known at a time; beyond, all are forgotten.
const MOST_TEXTS: usize = 60_000;

/// Spans of numbers that are told apart, far more than there are; their parts of keys come down from the
/// highest, so that no code reaches them.
const MOST_SPANS: u16 = 1000;

/// Dates that are held against other dates wherever they are recorded.
const OF_EVENTS: [Field; 3] = [Field::RDate, Field::RecurrenceDate, Field::MetDate];

/// The discriminators that are read as they stand, so that their numbers have no spans.
const READ_AS_CODES: [Field; 4] = [Field::Disc1, Field::Disc2, Field::Ssf25, Field::P16];

/// The codes of one file's mapped columns, and of the record that was read last.
pub(super) struct Codes<'a> {
    mapping: &'a Mapping,
    steps: &'a Steps,
    config: &'a Config,
    fields: Vec<CodedField<'a>>,
    is_full: bool,
    key: Vec<u16>,
    own: Own,
    of_event: bool,
    filled: Filled,
}

struct CodedField<'a> {
    field: Field,
    columns: Vec<CodedColumn<'a>>,
    /// Column and code that count for the record that was read last.
    column: usize,
    code: u16,
}

struct CodedColumn<'a> {
    source: &'a Source,
    texts: Texts,
    values: Vec<CodedValue>,
    /// The codes of a block of records; a constant has one for all.
    codes: Vec<u16>,
}

struct CodedValue {
    parsed: Parsed,
    holds: Holds,
    /// What of it stands in the key.
    part: u16,
    /// What it holds, by its place among the states.
    state: u8,
}

/// What of a record is used beside its key.
#[derive(Clone, Copy, Default)]
struct Own {
    age: Cell<u8>,
    birth: Cell<PartialDate>,
    dx: Cell<PartialDate>,
    dx_year: Cell<PartialDate>,
    last_contact: Cell<PartialDate>,
}

impl<'a> Codes<'a> {
    pub(super) fn new(mapping: &'a Mapping, steps: &'a Steps, config: &'a Config) -> Self {
        let column =
            |source| CodedColumn { source, texts: Texts::default(), values: Vec::new(), codes: Vec::new() };
        let fields = mapping.mapped_fields().filter(|field| !CARRIED.contains(field));
        let fields = fields.map(|field| CodedField {
            field,
            columns: mapping.sources(field).iter().map(column).collect(),
            column: 0,
            code: 0,
        });
        let fields: Vec<_> = fields.collect();
        Self {
            filled: Filled::new(fields.len()),
            mapping,
            steps,
            config,
            fields,
            is_full: false,
            key: Vec::new(),
            own: Own::default(),
            of_event: false,
        }
    }

    /// Whether a column has too many texts to go on.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Forgets all codes; keys from before mean nothing afterwards.
    pub(super) fn clear(&mut self) {
        self.is_full = false;
        for column in self.fields.iter_mut().flat_map(|field| &mut field.columns) {
            column.texts = Texts::default();
            column.values.clear();
        }
    }

    /// Reads a block of records, column by column.
    pub(super) fn read(&mut self, chunk: &Chunk, rows: &Range<usize>) {
        for field in &mut self.fields {
            for column in &mut field.columns {
                column.read(chunk, rows, (self.mapping, self.steps, field.field));
                self.is_full |= column.values.len() >= MOST_TEXTS;
            }
        }
    }

    /// Goes to a record of the block. Of several columns of a field, the first that says most counts.
    pub(super) fn record(&mut self, at: usize) {
        self.key.clear();
        self.own = Own::default();
        self.of_event = false;
        for field in &mut self.fields {
            let mut best: Option<Holds> = None;
            let several = field.columns.len() > 1;
            let mut counts = None;
            for (place, column) in field.columns.iter().enumerate() {
                let Some(code) = column.code(at) else { continue };
                let Some(value) = column.values.get(usize::from(code)) else { continue };
                if best.is_none_or(|most| value.holds > most) {
                    best = Some(value.holds);
                    (field.column, field.code) = (place, code);
                    counts = Some(value);
                }
                if value.holds == Holds::Value {
                    break;
                }
            }
            let part = counts.map_or(0, |value| value.part);
            match (field.field, counts.map(|value| (value.parsed, value.holds))) {
                (Field::Age, Some((Parsed::Age(age), _))) => self.own.age = age,
                (Field::BirthDate, Some((Parsed::Date(date), _))) => self.own.birth = date,
                (of, parsed) => {
                    if let Some((Parsed::Date(date), holds)) = parsed {
                        match of {
                            Field::DxDate => self.own.dx = date,
                            Field::DxYear => self.own.dx_year = date,
                            Field::LastContact => self.own.last_contact = date,
                            _ => self.of_event |= holds == Holds::Value && OF_EVENTS.contains(&of),
                        }
                    }
                    if several {
                        self.key.push(field.column as u16);
                    }
                    self.key.push(part);
                }
            }
        }
        let steps = self.steps;
        self.key.push(part(self.age(), |age| steps.age(age)));
        let dx = self.dx();
        self.key.push(u16::from(followed_up(self.config, dx, self.own.last_contact)));
        self.filled.add(self.year(), self.fields.iter().map(CodedField::state));
    }

    /// The key of the record, where it has one.
    pub(super) fn key(&self) -> Option<&[u16]> {
        (!self.of_event).then_some(&self.key)
    }

    /// Year of diagnosis.
    pub(super) fn year(&self) -> Option<u16> {
        self.dx().value().map(|date| date.year)
    }

    /// Age in years.
    pub(super) fn age(&self) -> Cell<u8> {
        completed_age(self.own.age, self.own.birth, self.dx())
    }

    /// Date of diagnosis, or the year.
    pub(super) fn dx(&self) -> Cell<PartialDate> {
        self.own.dx.or(self.own.dx_year)
    }

    /// What the fields of the records read since the last time hold, by field, year and state.
    pub(super) fn take_filled(&mut self, mut each: impl FnMut(Field, Option<u16>, &'static str, u64)) {
        std::mem::replace(&mut self.filled, Filled::new(self.fields.len())).each(
            |place, year, state, records| {
                if let Some(field) = self.fields.get(place) {
                    each(field.field, year, state, records);
                }
            },
        );
    }

    /// The case of the record.
    pub(super) fn case(&self) -> Case {
        let mut case = Case::default();
        for field in &self.fields {
            let column = field.columns.get(field.column);
            if let Some(value) = column.and_then(|column| column.values.get(usize::from(field.code))) {
                case.put(field.field, value.parsed);
            }
        }
        case.complete();
        case
    }
}

impl CodedField<'_> {
    /// The state of the field in the record that was read last; none for text that is not interpreted.
    fn state(&self) -> Option<u8> {
        let value = self.columns.get(self.column)?.values.get(usize::from(self.code))?;
        (value.parsed != Parsed::Text).then_some(value.state)
    }
}

impl CodedColumn<'_> {
    /// The code of a record of the block.
    fn code(&self, at: usize) -> Option<u16> {
        let at = if matches!(self.source, Source::Constant(_)) { 0 } else { at };
        self.codes.get(at).copied()
    }

    fn read(&mut self, chunk: &Chunk, rows: &Range<usize>, of: (&Mapping, &Steps, Field)) {
        self.codes.clear();
        match self.source {
            Source::Constant(text) => self.take(chunk, text.as_bytes(), of),
            Source::Column { index, .. } => {
                let column = chunk.column(*index);
                self.codes.reserve(rows.len());
                rows.clone().for_each(|row| self.take(chunk, &column.cell(row), of));
            }
        }
    }

    fn take(&mut self, chunk: &Chunk, cell: &[u8], (mapping, steps, field): (&Mapping, &Steps, Field)) {
        let code = match self.texts.code(cell) {
            Some(code) => code,
            None => self.learn(chunk, mapping, steps, field, cell),
        };
        self.codes.push(code);
    }

    /// Reads a text that is new.
    #[cold]
    fn learn(&mut self, chunk: &Chunk, mapping: &Mapping, steps: &Steps, field: Field, cell: &[u8]) -> u16 {
        let (text, coding) = match self.source {
            Source::Constant(text) => (Cow::Borrowed(text.as_str()), Coding::Plain),
            Source::Column { coding, .. } => (chunk.decode(cell), *coding),
        };
        let parsed = parse(field, coding, mapping.replace(field, &text).unwrap_or(&text));
        let code = self.values.len() as u16;
        let part = match parsed {
            Parsed::Date(date) if matches!(field, Field::DxDate | Field::DxYear) => {
                part(date, |date| steps.year(date.year))
            }
            Parsed::Date(date) => part(date, |_| 0),
            Parsed::Factor(Cell::Value(FactorValue::Number(number))) if !READ_AS_CODES.contains(&field) => {
                u16::MAX - steps.number(number).min(MOST_SPANS)
            }
            Parsed::Text => 0,
            _ => code,
        };
        self.values.push(CodedValue { parsed, holds: holds(parsed), part, state: place(parsed) });
        self.texts.insert(cell, code);
        code
    }
}

/// A cell's state, or the span of its value.
fn part<V: Copy>(cell: Cell<V>, span: impl FnOnce(V) -> u16) -> u16 {
    match cell {
        Cell::Blank => 0,
        Cell::Unknown => 1,
        Cell::NotApplicable => 2,
        Cell::Invalid => 3,
        Cell::Value(value) => span(value).saturating_add(4),
    }
}
