//! A mapped field with its columns, each distinct text of which is read once.

use std::borrow::Cow;
use std::ops::Range;

use super::column_runs::{CellCode, ColumnRun};
use super::decode::{Holds, holds, place};
use super::texts::Texts;
use crate::category::{Cell, FactorValue, Histology, Parsed, PartialDate, Sex, Site, parse};
use crate::fields::{Coding, Field, Mapping, Source};
use crate::input::{Chunk, Entries};
use crate::knowledge::Steps;

/// Bytes of a column's distinct texts that are known at a time; beyond, all are forgotten.
const MOST_BYTES: usize = 16 << 20;

/// Spans of numbers that are told apart, far more than there are; their parts of keys come down from the
/// highest, so that no code reaches them.
const MOST_SPANS: u16 = 1000;

/// Dates that are held against other dates wherever they are recorded.
const OF_EVENTS: [Field; 3] = [Field::RDate, Field::RecurrenceDate, Field::MetDate];

/// The discriminators that are read as they stand, so that their numbers have no spans.
const READ_AS_CODES: [Field; 4] = [Field::Disc1, Field::Disc2, Field::Ssf25, Field::P16];

pub(super) struct CodedField<'a> {
    pub(super) field: Field,
    pub(super) columns: Vec<CodedColumn<'a>>,
    /// The run of columns that its column is part of, and its place there.
    pub(super) within: Option<(usize, usize)>,
    /// Of several columns, the one that counts for each record of the block.
    pub(super) chosen: Vec<u16>,
}

pub(super) struct CodedColumn<'a> {
    source: &'a Source,
    texts: Texts,
    values: Vec<CodedValue>,
    /// What of each value stands in the key.
    parts: Vec<u16>,
    /// What each holds, by its place among the states; none for text that is not interpreted.
    pub(super) states: Vec<Option<u8>>,
    /// What stands for each value in other runs as well, where it is asked for.
    lasting: Option<Vec<u64>>,
    /// The codes of a block of records; a constant has one for all.
    codes: Vec<u16>,
    of_entries: OfEntries,
}

/// The codes of the entries of a dictionary, those of one chunk.
#[derive(Default)]
struct OfEntries {
    /// Number of the first record of the chunk.
    first_record: u64,
    /// One more than the code of each entry, that of a null behind them; 0 where there is none yet.
    codes: Vec<u32>,
}

#[derive(Clone, Copy)]
pub(super) struct CodedValue {
    pub(super) parsed: Parsed,
    holds: Holds,
}

/// What of a record is used beside its key.
#[derive(Clone, Copy, Default)]
pub(super) struct Own {
    pub(super) recorded_age: Cell<u8>,
    pub(super) birth: Cell<PartialDate>,
    pub(super) dx: Cell<PartialDate>,
    pub(super) dx_year: Cell<PartialDate>,
    pub(super) last_contact: Cell<PartialDate>,
    /// In completed years.
    pub(super) age: Cell<u8>,
    pub(super) site: Cell<Site>,
    pub(super) histology: Cell<Histology>,
    pub(super) sex: Cell<Sex>,
    pub(super) of_event: bool,
}

impl Own {
    pub(super) fn dx(self) -> Cell<PartialDate> {
        self.dx.or(self.dx_year)
    }
}

impl<'a> CodedField<'a> {
    /// Of several columns, the first that says most counts.
    pub(super) fn choose(&mut self, rows: usize) {
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

    /// A field with these columns.
    pub(super) fn new(field: Field, sources: &'a [Source], lasting: bool) -> Self {
        let column = |source| CodedColumn {
            source,
            texts: Texts::default(),
            values: Vec::new(),
            parts: Vec::new(),
            states: Vec::new(),
            lasting: lasting.then(Vec::new),
            codes: Vec::new(),
            of_entries: OfEntries::default(),
        };
        Self { field, columns: sources.iter().map(column).collect(), within: None, chosen: Vec::new() }
    }

    /// The column of the table that it is, where that can be read together with its neighbours: what it holds are
    /// few codes, which matter only as part of the key.
    pub(super) fn in_runs(&self) -> Option<usize> {
        let [CodedColumn { source: Source::Column { index, .. }, .. }] = self.columns.as_slice() else {
            return None;
        };
        let is_measured = |parsed| matches!(parsed, Parsed::Factor(Cell::Value(FactorValue::Number(_))));
        let is_code = !self.is_own()
            && !matches!(parse(self.field, Coding::Plain, ""), Parsed::Date(_) | Parsed::Text)
            && !is_measured(parse(self.field, Coding::Plain, "12.5"));
        is_code.then_some(*index)
    }

    /// Whether its run of columns was read.
    pub(super) fn is_in_run(&self, runs: &[ColumnRun]) -> bool {
        self.within.and_then(|(run, _)| runs.get(run)).is_some_and(ColumnRun::is_read)
    }

    /// The column that counts for a record of the block, and the code there.
    fn place(&self, at: usize, runs: &[ColumnRun]) -> Option<(&CodedColumn<'a>, usize)> {
        if let Some(code) = self.within.and_then(|(run, place)| runs.get(run)?.code(at, place)) {
            return Some((self.columns.first()?, code));
        }
        let column = self.columns.get(self.chosen.get(at).map_or(0, |column| usize::from(*column)))?;
        Some((column, column.code(at)?))
    }

    /// What counts for a record of the block.
    pub(super) fn value(&self, at: usize, runs: &[ColumnRun]) -> Option<&CodedValue> {
        let (column, code) = self.place(at, runs)?;
        column.values.get(code)
    }

    /// What stands for the value of a record of the block in other runs as well.
    pub(super) fn lasting(&self, at: usize, runs: &[ColumnRun]) -> Option<u64> {
        let (column, code) = self.place(at, runs)?;
        column.lasting.as_ref()?.get(code).copied()
    }

    /// Parts of a key that are its own.
    pub(super) fn width(&self) -> usize {
        match self.field {
            Field::Age | Field::BirthDate | Field::Site | Field::DxDate | Field::DxYear => 0,
            _ if self.columns.len() > 1 => 2,
            _ => 1,
        }
    }

    /// Calls `each` with what a table of each column has for the records of the block, in their order.
    pub(super) fn each_row<'f, V: Copy + 'f>(
        &'f self,
        rows: usize,
        table: impl Fn(&'f CodedColumn<'a>) -> &'f Vec<V>,
        none: V,
        mut each: impl FnMut(usize, V),
    ) {
        if let [column] = self.columns.as_slice()
            && column.codes.len() == rows
        {
            let table = table(column).as_slice();
            let of_code = |code: &u16| table.get(usize::from(*code)).copied().unwrap_or(none);
            column.codes.iter().enumerate().for_each(|(at, code)| each(at, of_code(code)));
            return;
        }
        for at in 0..rows {
            let column = self.columns.get(self.chosen.get(at).map_or(0, |column| usize::from(*column)));
            let value = column.and_then(|column| table(column).get(column.code(at)?));
            each(at, value.copied().unwrap_or(none));
        }
    }

    /// Puts its parts of the keys of the block in their place.
    pub(super) fn put_parts(&self, keys: &mut [u16], width: usize, place: usize) {
        let mut place = place;
        let rows = keys.len().checked_div(width).unwrap_or(0);
        if self.width() == 2 {
            let chosen = self.chosen.iter().copied().chain(std::iter::repeat(0));
            keys.iter_mut().skip(place).step_by(width).zip(chosen).for_each(|(part, column)| *part = column);
            place += 1;
        }
        if self.width() > 0 {
            self.each_row(rows, |column| &column.parts, 0, |at, part| keys[at * width + place] = part);
        }
    }

    /// Whether something of it is used beside the keys.
    fn is_own(&self) -> bool {
        OF_EVENTS.contains(&self.field)
            || matches!(
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
            )
    }

    /// Notes what is used beside the keys.
    pub(super) fn put_own(&self, owns: &mut [Own]) {
        if !self.is_own() {
            return;
        }
        let of_event = OF_EVENTS.contains(&self.field);
        for (at, own) in owns.iter_mut().enumerate() {
            match (self.field, self.value(at, &[])) {
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
    /// Its place in the table, where it is one of its columns.
    pub(super) fn index(&self) -> Option<usize> {
        match self.source {
            Source::Column { index, .. } => Some(*index),
            Source::Constant(_) => None,
        }
    }

    /// The codes of the block, where it was read for itself.
    pub(super) fn codes(&self) -> &[u16] {
        &self.codes
    }

    /// The code of a record of the block; a constant has one for all.
    fn code(&self, at: usize) -> Option<usize> {
        let at = if matches!(self.source, Source::Constant(_)) { 0 } else { at };
        self.codes.get(at).map(|code| usize::from(*code))
    }

    /// What it holds for a record of the block.
    fn value(&self, at: usize) -> Option<&CodedValue> {
        self.values.get(self.code(at)?)
    }

    /// Whether it has so many texts that there is no room for more.
    pub(super) fn is_full(&self, most_texts: usize) -> bool {
        self.values.len() >= most_texts || self.texts.long_bytes() >= MOST_BYTES
    }

    /// Forgets all codes.
    pub(super) fn clear(&mut self) {
        self.texts = Texts::default();
        self.values.clear();
        self.parts.clear();
        self.states.clear();
        self.lasting.iter_mut().for_each(Vec::clear);
        self.of_entries = OfEntries::default();
    }

    pub(super) fn read(&mut self, chunk: &Chunk, rows: &Range<usize>, of: (&Mapping, &Steps, Field)) {
        self.codes.clear();
        match self.source {
            Source::Constant(text) => self.take(chunk, text.as_bytes(), of),
            Source::Column { index, .. } => {
                self.codes.reserve(rows.len());
                match chunk.entries(*index) {
                    Some(entries) => self.take_entries(chunk, &entries, rows, of),
                    None => chunk.column(*index).each(rows.clone(), |cell| self.take(chunk, cell, of)),
                }
            }
        }
    }

    /// Takes cells by their entries, each of which is looked up once in a chunk.
    fn take_entries(
        &mut self,
        chunk: &Chunk,
        entries: &Entries,
        rows: &Range<usize>,
        of: (&Mapping, &Steps, Field),
    ) {
        let null = entries.count();
        let mut known = std::mem::take(&mut self.of_entries);
        if known.first_record != chunk.first_record || known.codes.len() != null + 1 {
            known.first_record = chunk.first_record;
            known.codes.clear();
            known.codes.resize(null + 1, 0);
        }
        for entry in entries.of_rows.get(rows.clone()).unwrap_or_default() {
            let code = &mut known.codes[*entry as usize];
            if *code == 0 {
                *code = u32::from(self.code_of(chunk, entries.text_of(*entry).as_bytes(), of)) + 1;
            }
            self.codes.push((*code - 1) as u16);
        }
        self.of_entries = known;
    }

    fn take(&mut self, chunk: &Chunk, cell: &[u8], of: (&Mapping, &Steps, Field)) {
        let code = self.code_of(chunk, cell, of);
        self.codes.push(code);
    }

    fn code_of(
        &mut self,
        chunk: &Chunk,
        cell: &[u8],
        (mapping, steps, field): (&Mapping, &Steps, Field),
    ) -> u16 {
        match self.texts.code(cell) {
            Some(code) => code,
            None => self.learn(chunk, mapping, steps, field, cell),
        }
    }

    /// What a cell is known by.
    pub(super) fn known(&mut self, chunk: &Chunk, cell: &[u8], of: (&Mapping, &Steps, Field)) -> CellCode {
        let code = self.code_of(chunk, cell, of);
        let part = self.parts.get(usize::from(code)).copied().unwrap_or(0);
        CellCode { code, part, state: self.states.get(usize::from(code)).copied().flatten() }
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
pub(super) fn part<V: Copy>(cell: Cell<V>, span: impl FnOnce(V) -> u16) -> u16 {
    match cell {
        Cell::Blank => 0,
        Cell::Unknown => 1,
        Cell::NotApplicable => 2,
        Cell::Invalid => 3,
        Cell::Value(value) => span(value).saturating_add(4),
    }
}
