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
    /// What of each value stands in the key.
    parts: Vec<u16>,
    /// What each holds, by its place among the states; none for text that is not interpreted.
    states: Vec<Option<u8>>,
    /// What stands for each value in other runs as well, where it is asked for.
    lasting: Option<Vec<u64>>,
    /// The codes of a block of records; a constant has one for all.
    codes: Vec<u16>,
}

#[derive(Clone, Copy)]
struct CodedValue {
    parsed: Parsed,
    holds: Holds,
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
            parts: Vec::new(),
            states: Vec::new(),
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
            column.parts.clear();
            column.states.clear();
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
            field.put_parts(&mut self.keys, self.width, place);
            place += field.width();
        }
        let Self { config, tumors, .. } = self;
        for (own, key) in self.own.iter_mut().zip(self.keys.chunks_exact_mut(self.width)) {
            let dx = own.dx();
            own.age = completed_age(own.recorded_age, own.birth, dx);
            if let Some((parts, [tumor, year, age, followed])) = key.split_last_chunk_mut::<BESIDE_PARTS>() {
                let (number, class) = tumors.class(own.site, own.histology);
                class.mask(parts);
                *tumor = number;
                *year = part(dx, |date| class.spans.year(date.year));
                *age = part(own.age, |age| class.spans.age(age));
                *followed = u16::from(followed_up(config, dx, own.last_contact));
            }
        }
        self.is_full |= self.tumors.is_full();
        let years = self.filled.years(self.own.iter().map(|own| own.dx().value().map(|date| date.year)));
        for (place, field) in self.fields.iter().enumerate() {
            self.filled.add(place, &years, field.of_rows(rows.len(), |column| &column.states, None));
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

    /// The keys of the block, those of records that have none as well.
    pub(super) fn keys(&self) -> impl Iterator<Item = &[u16]> {
        self.keys.chunks_exact(self.width.max(1))
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
        if let Some((_, [tumor, year, age, followed])) =
            self.key().and_then(|key| key.split_last_chunk::<BESIDE_PARTS>())
        {
            let class = self.tumors.at(*tumor);
            hasher.update(&class.lasting());
            for part in [year, age, followed] {
                hasher.update(&part.to_le_bytes());
            }
            let mut place = 0;
            for field in self.fields.iter().filter(|field| field.width() > 0) {
                if class.counts(place) {
                    let column = field.chosen.get(self.at).map_or(0, |column| *column);
                    let own = field.columns.get(usize::from(column));
                    let lasting = own.and_then(|column| column.lasting(self.at));
                    hasher.update(field.field.id().as_bytes());
                    hasher.update(&column.to_le_bytes());
                    hasher.update(&lasting.unwrap_or(0).to_le_bytes());
                }
                place += field.width();
            }
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

impl<'a> CodedField<'a> {
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

    /// Parts of a key that are its own.
    fn width(&self) -> usize {
        match self.field {
            Field::Age | Field::BirthDate | Field::Site | Field::DxDate | Field::DxYear => 0,
            _ if self.columns.len() > 1 => 2,
            _ => 1,
        }
    }

    /// What a table of each column has for the records of the block.
    fn of_rows<'f, V: Copy + 'f>(
        &'f self,
        rows: usize,
        table: impl Fn(&'f CodedColumn<'a>) -> &'f Vec<V> + 'f,
        none: V,
    ) -> impl Iterator<Item = V> + 'f {
        let single = self.columns.first().filter(|_| self.columns.len() == 1);
        (0..rows).map(move |at| {
            let column = match single {
                Some(column) => Some(column),
                None => self.columns.get(self.chosen.get(at).map_or(0, |column| usize::from(*column))),
            };
            column.and_then(|column| table(column).get(column.code(at)?)).copied().unwrap_or(none)
        })
    }

    /// Puts its parts of the keys of the block in their place.
    fn put_parts(&self, keys: &mut [u16], width: usize, place: usize) {
        let mut place = place;
        let rows = keys.len().checked_div(width).unwrap_or(0);
        if self.width() == 2 {
            let chosen = self.chosen.iter().copied().chain(std::iter::repeat(0));
            keys.iter_mut().skip(place).step_by(width).zip(chosen).for_each(|(part, column)| *part = column);
            place += 1;
        }
        if self.width() > 0 {
            let parts = self.of_rows(rows, |column| &column.parts, 0);
            keys.iter_mut().skip(place).step_by(width).zip(parts).for_each(|(part, own)| *part = own);
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
    /// The code of a record of the block; a constant has one for all.
    fn code(&self, at: usize) -> Option<usize> {
        let at = if matches!(self.source, Source::Constant(_)) { 0 } else { at };
        self.codes.get(at).map(|code| usize::from(*code))
    }

    /// What it holds for a record of the block.
    fn value(&self, at: usize) -> Option<&CodedValue> {
        self.values.get(self.code(at)?)
    }

    /// What stands for the value of a record of the block in other runs as well.
    fn lasting(&self, at: usize) -> Option<u64> {
        self.lasting.as_ref()?.get(self.code(at)?).copied()
    }

    fn read(&mut self, chunk: &Chunk, rows: &Range<usize>, of: (&Mapping, &Steps, Field)) {
        self.codes.clear();
        match self.source {
            Source::Constant(text) => self.take(chunk, text.as_bytes(), of),
            Source::Column { index, .. } => {
                self.codes.reserve(rows.len());
                chunk.column(*index).each(rows.clone(), |cell| self.take(chunk, cell, of));
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
        let (part, is_code) = match parsed {
            // What stands in keys is found for the record as a whole.
            Parsed::Date(_) if matches!(field, Field::DxDate | Field::DxYear) => (0, false),
            Parsed::Site(_) | Parsed::Text => (0, false),
            Parsed::Date(date) => (part(date, |_| 0), false),
            Parsed::Factor(Cell::Value(FactorValue::Number(number))) if span(number).is_some() => {
                (u16::MAX - span(number).unwrap_or(0).min(MOST_SPANS), false)
            }
            Parsed::Morphology(_, behavior) => (part(behavior, |behavior| u16::from(behavior.0)), false),
            _ => (code, true),
        };
        if let Some(lasting) = &mut self.lasting {
            lasting.push(if is_code { lasting_of(parsed) } else { u64::from(part) });
        }
        self.parts.push(part);
        self.states.push((parsed != Parsed::Text).then(|| place(parsed)));
        self.values.push(CodedValue { parsed, holds: holds(parsed) });
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
