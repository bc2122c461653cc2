//! The cells of a record as small numbers.
//!
//! A column has few distinct texts, so that each is read once and then known by its code, from chunk to chunk.
//! The codes of a record make its key: records with one key come to the same, whatever else they hold. In the
//! key stands what the rules can tell apart: of a date of diagnosis the span of years, of an age the span of
//! ages, of a measured value the span between two steps, of a site or a histology the class of those that are on
//! the same lists. Records with a date of an event are the exception,
//! because there dates are held against each other: they have no key.

use std::borrow::Cow;
use std::ops::Range;

use super::decode::{CARRIED, Holds, holds, place};
use super::filled::Filled;
use super::since::Known;
use super::texts::Texts;
use super::tumors::Tumors;
use crate::audit::{Config, followed_up};
use crate::category::{Cell, FactorValue, Histology, Parsed, PartialDate, Sex, Site, parse};
use crate::fields::{Coding, Field, Mapping, Source};
use crate::input::Chunk;
use crate::knowledge::{Rules, Steps};
use crate::staging::{Case, completed_age};

/// Bytes of a column's distinct texts that are known at a time; beyond, all are forgotten.
const MOST_BYTES: usize = 16 << 20;

/// Spans of numbers that are told apart, far more than there are; their parts of keys come down from the
/// highest, so that no code reaches them.
const MOST_SPANS: u16 = 1000;

/// Parts of a key beside those of fields: class of the tumor, spans of year and age, whether it was followed up.
const BESIDE_PARTS: usize = 4;

/// Dates that are held against other dates wherever they are recorded.
const OF_EVENTS: [Field; 3] = [Field::RDate, Field::RecurrenceDate, Field::MetDate];

/// The discriminators that are read as they stand, so that their numbers have no spans.
const READ_AS_CODES: [Field; 4] = [Field::Disc1, Field::Disc2, Field::Ssf25, Field::P16];

/// The codes of one file's mapped columns, and the keys of a block of records. A block is gone through column by
/// column, so that what is known of a column is at hand.
pub(super) struct Codes<'a> {
    mapping: &'a Mapping,
    steps: &'a Steps,
    tumors: Tumors<'a>,
    config: &'a Config,
    fields: Vec<CodedField<'a>>,
    is_full: bool,
    /// Distinct texts of a column that are known at a time; beyond, all are forgotten.
    most_texts: usize,
    /// The keys of the block, one behind the other.
    keys: Vec<u16>,
    width: usize,
    own: Vec<Own>,
    /// The record that was gone to.
    at: usize,
    filled: Filled,
}

struct CodedField<'a> {
    field: Field,
    columns: Vec<CodedColumn<'a>>,
    /// Of several columns, the one that counts for each record of the block.
    chosen: Vec<u16>,
}

struct CodedColumn<'a> {
    source: &'a Source,
    texts: Texts,
    values: Vec<CodedValue>,
    /// What stands for each value in other runs as well, where it is asked for.
    lasting: Option<Vec<u64>>,
    /// The codes of a block of records; a constant has one for all.
    codes: Vec<u16>,
}

#[derive(Clone, Copy)]
struct CodedValue {
    parsed: Parsed,
    holds: Holds,
    /// What of it stands in the key.
    part: u16,
    /// What it holds, by its place among the states; none for text that is not interpreted.
    state: Option<u8>,
}

/// What of a record is used beside its key.
#[derive(Clone, Copy, Default)]
struct Own {
    recorded_age: Cell<u8>,
    birth: Cell<PartialDate>,
    dx: Cell<PartialDate>,
    dx_year: Cell<PartialDate>,
    last_contact: Cell<PartialDate>,
    /// In completed years.
    age: Cell<u8>,
    site: Cell<Site>,
    histology: Cell<Histology>,
    sex: Cell<Sex>,
    of_event: bool,
}

impl<'a> Codes<'a> {
    pub(super) fn new(
        mapping: &'a Mapping,
        (rules, steps): (&'a Rules, &'a Steps),
        config: &'a Config,
        most_texts: usize,
        lasting: bool,
    ) -> Self {
        let column = |source| CodedColumn {
            source,
            texts: Texts::default(),
            values: Vec::new(),
            lasting: lasting.then(Vec::new),
            codes: Vec::new(),
        };
        let fields = mapping.mapped_fields().filter(|field| !CARRIED.contains(field));
        let fields = fields.map(|field| CodedField {
            field,
            columns: mapping.sources(field).iter().map(column).collect(),
            chosen: Vec::new(),
        });
        let fields: Vec<CodedField> = fields.collect();
        let parts = fields.iter().flat_map(|field| std::iter::repeat_n(field.field, field.width()));
        Self {
            tumors: Tumors::new(rules, steps, parts.collect()),
            most_texts,
            filled: Filled::new(fields.len()),
            mapping,
            steps,
            config,
            fields,
            is_full: false,
            keys: Vec::new(),
            width: 0,
            own: Vec::new(),
            at: 0,
        }
    }

    /// Whether a column has too many texts to go on.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Forgets all codes; keys from before mean nothing afterwards.
    pub(super) fn clear(&mut self) {
        self.is_full = false;
        self.tumors.clear();
        for column in self.fields.iter_mut().flat_map(|field| &mut field.columns) {
            column.texts = Texts::default();
            column.values.clear();
            column.lasting.iter_mut().for_each(Vec::clear);
        }
    }

    /// Reads a block of records.
    pub(super) fn read(&mut self, chunk: &Chunk, rows: &Range<usize>) {
        for field in &mut self.fields {
            for column in &mut field.columns {
                column.read(chunk, rows, (self.mapping, self.steps, field.field));
                self.is_full |=
                    column.values.len() >= self.most_texts || column.texts.long_bytes() >= MOST_BYTES;
            }
            field.choose(rows.len());
        }
        self.own.clear();
        self.own.resize(rows.len(), Own::default());
        self.width = BESIDE_PARTS + self.fields.iter().map(CodedField::width).sum::<usize>();
        self.keys.clear();
        self.keys.resize(rows.len() * self.width, 0);
        let mut place = 0;
        for field in &self.fields {
            field.put_own(&mut self.own);
            let keys = self.keys.chunks_exact_mut(self.width);
            field.put_parts(keys.filter_map(|key| key.get_mut(place..place + field.width())));
            place += field.width();
        }
        let Self { steps, config, tumors, .. } = self;
        for (own, key) in self.own.iter_mut().zip(self.keys.chunks_exact_mut(self.width)) {
            let dx = own.dx();
            own.age = completed_age(own.recorded_age, own.birth, dx);
            if let Some((parts, [tumor, year, age, followed])) = key.split_last_chunk_mut::<BESIDE_PARTS>() {
                let (number, class) = tumors.class(own.site, own.histology);
                class.mask(parts);
                *tumor = number;
                *year = part(dx, |date| class.year(date, steps));
                *age = part(own.age, |age| class.age(age, steps));
                *followed = u16::from(followed_up(config, dx, own.last_contact));
            }
        }
        self.is_full |= self.tumors.is_full();
        let years = self.filled.years(self.own.iter().map(|own| own.dx().value().map(|date| date.year)));
        for (place, field) in self.fields.iter().enumerate() {
            let states = (0..rows.len()).map(|at| field.value(at).and_then(|value| value.state));
            self.filled.add(place, &years, states);
        }
    }

    /// Goes to a record of the block.
    pub(super) fn record(&mut self, at: usize) {
        self.at = at;
    }

    fn own(&self) -> Own {
        self.own.get(self.at).copied().unwrap_or_default()
    }

    /// The key of the record, where it has one.
    pub(super) fn key(&self) -> Option<&[u16]> {
        let key = self.keys.get(self.at * self.width..(self.at + 1) * self.width)?;
        (!self.own().of_event).then_some(key)
    }

    /// What the record is known by in other runs as well: a hash over all that its key stands for, or over all that
    /// its fields hold where it has none.
    pub(super) fn known(&self, seed: &[u8; 32]) -> Known {
        let mut hasher = blake3::Hasher::new_keyed(seed);
        if self.key().is_none() {
            let values = self.fields.iter().map(|field| (field.field.id(), field.value(self.at)));
            let values: Vec<_> = values.map(|(id, value)| (id, value.map(|value| value.parsed))).collect();
            hasher.update(format!("{values:?}").as_bytes());
            let mut known = Known::default();
            hasher.finalize_xof().fill(&mut known);
            return known;
        }
        for field in self.fields.iter().filter(|field| !field.is_of_age()) {
            let column = field.chosen.get(self.at).map_or(0, |column| *column);
            let lasting = field.columns.get(usize::from(column)).and_then(|column| column.lasting(self.at));
            hasher.update(field.field.id().as_bytes());
            hasher.update(&column.to_le_bytes());
            hasher.update(&lasting.unwrap_or(0).to_le_bytes());
        }
        if let Some([.., age, followed]) = self.key() {
            hasher.update(&age.to_le_bytes());
            hasher.update(&followed.to_le_bytes());
        }
        let mut known = Known::default();
        hasher.finalize_xof().fill(&mut known);
        known
    }

    /// Year of diagnosis.
    pub(super) fn year(&self) -> Option<u16> {
        self.dx().value().map(|date| date.year)
    }

    /// Age in years.
    pub(super) fn age(&self) -> Cell<u8> {
        self.own().age
    }

    /// Sex.
    pub(super) fn sex(&self) -> Cell<Sex> {
        self.own().sex
    }

    /// Topography.
    pub(super) fn site(&self) -> Cell<Site> {
        self.own().site
    }

    /// Histology.
    pub(super) fn histology(&self) -> Cell<Histology> {
        self.own().histology
    }

    /// Date of diagnosis, or the year.
    pub(super) fn dx(&self) -> Cell<PartialDate> {
        self.own().dx()
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
            if let Some(value) = field.value(self.at) {
                case.put(field.field, value.parsed);
            }
        }
        case.complete();
        case
    }
}

impl Own {
    fn dx(self) -> Cell<PartialDate> {
        self.dx.or(self.dx_year)
    }
}

impl CodedField<'_> {
    /// Of several columns, the first that says most counts.
    fn choose(&mut self, rows: usize) {
        self.chosen.clear();
        if self.columns.len() < 2 {
            return;
        }
        let columns = &self.columns;
        self.chosen.extend((0..rows).map(|at| {
            let mut best: Option<(Holds, usize)> = None;
            for (place, column) in columns.iter().enumerate() {
                let Some(value) = column.value(at) else { continue };
                if best.is_none_or(|(most, _)| value.holds > most) {
                    best = Some((value.holds, place));
                }
                if value.holds == Holds::Value {
                    break;
                }
            }
            best.map_or(0, |(_, place)| place as u16)
        }));
    }

    /// What counts for a record of the block.
    fn value(&self, at: usize) -> Option<&CodedValue> {
        let column = self.chosen.get(at).map_or(0, |column| usize::from(*column));
        self.columns.get(column)?.value(at)
    }

    /// Whether it counts only for the age.
    fn is_of_age(&self) -> bool {
        matches!(self.field, Field::Age | Field::BirthDate)
    }

    /// Parts of a key that are its own.
    fn width(&self) -> usize {
        match self.field {
            Field::Age | Field::BirthDate | Field::Site | Field::DxDate | Field::DxYear => 0,
            _ if self.columns.len() > 1 => 2,
            _ => 1,
        }
    }

    fn put_parts<'k>(&self, keys: impl Iterator<Item = &'k mut [u16]>) {
        for (at, key) in keys.enumerate() {
            let part = self.value(at).map_or(0, |value| value.part);
            match key {
                [own] => *own = part,
                [column, own] => {
                    *column = self.chosen.get(at).map_or(0, |column| *column);
                    *own = part;
                }
                _ => {}
            }
        }
    }

    /// Notes what is used beside the keys.
    fn put_own(&self, owns: &mut [Own]) {
        let of_event = OF_EVENTS.contains(&self.field);
        let is_used = matches!(
            self.field,
            Field::Age
                | Field::BirthDate
                | Field::DxDate
                | Field::DxYear
                | Field::LastContact
                | Field::Site
                | Field::Histology
                | Field::Morphology
                | Field::Sex
        );
        if !is_used && !of_event {
            return;
        }
        for (at, own) in owns.iter_mut().enumerate() {
            match (self.field, self.value(at)) {
                (Field::Age, Some(CodedValue { parsed: Parsed::Age(age), .. })) => own.recorded_age = *age,
                (_, Some(CodedValue { parsed: Parsed::Site(site), .. })) => own.site = *site,
                (_, Some(CodedValue { parsed: Parsed::Sex(sex), .. })) => own.sex = *sex,
                (_, Some(CodedValue { parsed: Parsed::Morphology(histology, _), .. })) => {
                    own.histology = own.histology.or(*histology);
                }
                (of, Some(CodedValue { parsed: Parsed::Date(date), holds, .. })) => match of {
                    Field::BirthDate => own.birth = *date,
                    Field::DxDate => own.dx = *date,
                    Field::DxYear => own.dx_year = *date,
                    Field::LastContact => own.last_contact = *date,
                    _ => own.of_event |= of_event && *holds == Holds::Value,
                },
                _ => {}
            }
        }
    }
}

impl CodedColumn<'_> {
    /// What it holds for a record of the block.
    fn value(&self, at: usize) -> Option<&CodedValue> {
        let at = if matches!(self.source, Source::Constant(_)) { 0 } else { at };
        self.values.get(usize::from(*self.codes.get(at)?))
    }

    /// What stands for the value of a record of the block in other runs as well.
    fn lasting(&self, at: usize) -> Option<u64> {
        let at = if matches!(self.source, Source::Constant(_)) { 0 } else { at };
        self.lasting.as_ref()?.get(usize::from(*self.codes.get(at)?)).copied()
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
        let span = |number| match field {
            _ if READ_AS_CODES.contains(&field) => None,
            field => steps.number(field, number),
        };
        let of_text = || lasting_of(parsed);
        let (part, lasting): (u16, &dyn Fn() -> u64) = match parsed {
            // What stands in keys is found for the record as a whole.
            Parsed::Date(date) if matches!(field, Field::DxDate | Field::DxYear) => {
                (0, &move || u64::from(part(date, |date| steps.year(date.year))))
            }
            Parsed::Site(site) => (0, &move || u64::from(part(site, |site| steps.site(site)))),
            Parsed::Date(date) => (part(date, |_| 0), &move || u64::from(part(date, |_| 0))),
            Parsed::Factor(Cell::Value(FactorValue::Number(number))) if span(number).is_some() => {
                let span = u16::MAX - span(number).unwrap_or(0).min(MOST_SPANS);
                (span, &move || u64::from(span))
            }
            Parsed::Morphology(histology, Cell::Blank) => {
                (0, &move || u64::from(part(histology, |code| steps.histology(code))))
            }
            Parsed::Morphology(_, behavior) => (part(behavior, |behavior| u16::from(behavior.0)), &of_text),
            Parsed::Text => (0, &|| 0),
            _ => (code, &of_text),
        };
        if let Some(known) = &mut self.lasting {
            known.push(lasting());
        }
        let state = (parsed != Parsed::Text).then(|| place(parsed));
        self.values.push(CodedValue { parsed, holds: holds(parsed), part, state });
        self.texts.insert(cell, code);
        code
    }
}

/// A hash over everything that a value says, however it was spelled.
fn lasting_of(parsed: Parsed) -> u64 {
    let hash = blake3::hash(format!("{parsed:?}").as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
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
