//! The cells of a record as small numbers.
//!
//! A column has few distinct texts, so that each is read once and then known by its code, from chunk to chunk.
//! The codes of a record make its key: records with one key come to the same, whatever else they hold. In the
//! key stands what the rules can tell apart: of a date of diagnosis the span of years, of an age the span of
//! ages, of a measured value the span between two steps, of a site or a histology the class of those that are on
//! the same lists. Cells that are read together stand there as one number. Records with a date of an event are the exception,
//! because there dates are held against each other: they have no key.

use std::collections::BTreeMap;
use std::ops::Range;

use super::coded::{CodedColumn, CodedField, Own, part};
use super::column_runs::{ColumnRun, LEAST_COLUMNS};
use super::decode::CARRIED;
use super::filled::Filled;
use super::run_numbers::{NUMBER_PARTS, number_parts};
use super::since::Known;
use super::tumors::Tumors;
use crate::audit::{Config, followed_up};
use crate::category::{Cell, Histology, PartialDate, Sex, Site};
use crate::fields::{Field, Mapping, Source};
use crate::input::Chunk;
use crate::knowledge::{Rules, Steps};
use crate::output::KnownCells;
use crate::staging::{Case, completed_age};

/// Parts of a key beside those of fields: class of the tumor, spans of year and age, whether it was followed up.
const BESIDE_PARTS: usize = 4;

/// How much is known at a time, and of what.
#[derive(Clone, Copy)]
pub(super) struct Keeping {
    /// Distinct texts of a column; beyond, all are forgotten.
    pub(super) texts: usize,
    /// Keys; beyond, all are forgotten.
    pub(super) keys: usize,
    /// Whether what stands for values in other runs is known as well.
    pub(super) lasting: bool,
    /// Whether columns side by side are read together. That is for files of lines: others hold no bytes of several
    /// cells that could be looked up as one.
    pub(super) together: bool,
}

/// The codes of one file's mapped columns, and the keys of a block of records. A block is gone through column by
/// column, so that what is known of a column is at hand.
pub(super) struct Codes<'a> {
    mapping: &'a Mapping,
    steps: &'a Steps,
    tumors: Tumors<'a>,
    config: &'a Config,
    fields: Vec<CodedField<'a>>,
    /// Columns that are read together.
    runs: Vec<ColumnRun>,
    /// Of each field, the place of its first part among those that a class of tumors masks: first the parts that stand
    /// in keys themselves, then those of the runs.
    places: Vec<usize>,
    /// Parts that stand in keys themselves.
    singles: usize,
    /// For each column of the table, the place of a field that it is of, and its place among the columns of that.
    of_column: Vec<Option<(usize, usize)>>,
    is_full: bool,
    keeping: Keeping,
    /// The keys of the block, one behind the other.
    keys: Vec<u16>,
    width: usize,
    own: Vec<Own>,
    /// The record that was gone to.
    at: usize,
    filled: Filled,
}

impl<'a> Codes<'a> {
    pub(super) fn new(
        mapping: &'a Mapping,
        (rules, steps): (&'a Rules, &'a Steps),
        config: &'a Config,
        keeping: Keeping,
    ) -> Self {
        let fields = mapping.mapped_fields().filter(|field| !CARRIED.contains(field));
        let fields = fields.map(|field| CodedField::new(field, mapping.sources(field), keeping.lasting));
        let mut fields: Vec<CodedField> = fields.collect();
        let runs = if keeping.together { runs(mapping, &mut fields, keeping.keys) } else { Vec::new() };
        let mut parts = Vec::new();
        let mut places = vec![0; fields.len()];
        let single =
            fields.iter().enumerate().filter(|(_, field)| field.within.is_none()).map(|(place, _)| place);
        let single: Vec<usize> = single.collect();
        let singles = single.iter().map(|place| fields[*place].width()).sum();
        for place in single.iter().chain(runs.iter().flat_map(ColumnRun::fields)) {
            places[*place] = parts.len();
            parts.extend(std::iter::repeat_n(fields[*place].field, fields[*place].width()));
        }
        Self {
            tumors: Tumors::new(rules, steps, parts),
            places,
            singles,
            keeping,
            filled: Filled::new(fields.len()),
            mapping,
            steps,
            config,
            of_column: of_column(&fields),
            fields,
            runs,
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
        self.fields.iter_mut().flat_map(|field| &mut field.columns).for_each(CodedColumn::clear);
        self.runs.iter_mut().for_each(|run| run.forget(&mut self.filled));
        self.forget_keys();
    }

    /// Whether numbers in keys stand for too much to go on.
    pub(super) fn has_many_keys(&self) -> bool {
        self.runs.iter().any(ColumnRun::has_many_numbers)
    }

    /// Forgets what numbers in keys stand for; keys from before mean nothing afterwards.
    pub(super) fn forget_keys(&mut self) {
        self.runs.iter_mut().for_each(|run| run.numbers().clear());
    }

    /// The columns that are looked at, or all of so many, those that are read together as one; none where they are
    /// looked at one by one.
    pub(super) fn located(&self, all: Option<usize>) -> Option<Vec<Range<usize>>> {
        let together: Vec<Range<usize>> = self.runs.iter().filter_map(ColumnRun::columns).collect();
        let single = |column: &usize| !together.iter().any(|run| run.contains(column));
        let looked_at = all.map_or_else(|| self.mapping.columns(), |all| (0..all).collect());
        let singles = looked_at.into_iter().filter(single).map(|column| column..column + 1);
        (!together.is_empty()).then(|| singles.chain(together.iter().cloned()).collect())
    }

    /// Reads a block of records.
    pub(super) fn read(&mut self, chunk: &Chunk, rows: &Range<usize>) {
        let Self { mapping, steps, fields, runs, filled, .. } = self;
        for run in &mut *runs {
            run.read(chunk, rows, filled, |place, cell| {
                let field = &mut fields[place];
                field.columns[0].known(chunk, cell, (mapping, steps, field.field))
            });
        }
        for field in fields {
            let in_run = field.is_in_run(runs);
            for column in &mut field.columns {
                if !in_run {
                    column.read(chunk, rows, (mapping, steps, field.field));
                }
                self.is_full |= column.is_full(self.keeping.texts);
            }
            field.choose(rows.len());
        }
        self.own.clear();
        self.own.resize(rows.len(), Own::default());
        self.width = self.singles + NUMBER_PARTS * self.runs.len() + BESIDE_PARTS;
        self.keys.clear();
        self.keys.resize(rows.len() * self.width, 0);
        for (field, place) in self.fields.iter().zip(&self.places) {
            field.put_own(&mut self.own);
            if field.within.is_none() {
                field.put_parts(&mut self.keys, self.width, *place);
            }
        }
        let Self { config, tumors, singles, .. } = self;
        for (own, key) in self.own.iter_mut().zip(self.keys.chunks_exact_mut(self.width)) {
            let dx = own.dx();
            own.age = completed_age(own.recorded_age, own.birth, dx);
            if let Some((parts, [tumor, year, age, followed])) = key.split_last_chunk_mut::<BESIDE_PARTS>() {
                let (number, class) = tumors.class(own.site, own.histology);
                parts
                    .iter_mut()
                    .zip(class.mask_from(0))
                    .take(*singles)
                    .for_each(|(part, mask)| *part &= mask);
                *tumor = number;
                *year = part(dx, |date| class.spans.year(date.year));
                *age = part(own.age, |age| class.spans.age(age));
                *followed = u16::from(followed_up(config, dx, own.last_contact));
            }
        }
        self.number_runs(rows.len());
        self.is_full |= self.tumors.is_full();
        let years = self.filled.years(self.own.iter().map(|own| own.dx().value().map(|date| date.year)));
        self.runs.iter_mut().for_each(|run| run.note(&years));
        for (place, field) in self.fields.iter().enumerate().filter(|(_, field)| !field.is_in_run(&self.runs))
        {
            let filled = &mut self.filled;
            let add = |at: usize, state| filled.add(place, years[at], state, 1);
            field.each_row(rows.len(), |column| &column.states, None, add);
        }
    }

    /// Puts the numbers of the runs into the keys of the block, whose classes are there already.
    fn number_runs(&mut self, rows: usize) {
        let Self { runs, fields, keys, width, singles, tumors, places, own, .. } = self;
        let mut in_key = *singles;
        for run in runs {
            let from = run.fields().first().and_then(|field| places.get(*field)).copied().unwrap_or_default();
            let is_read = run.is_read();
            let wide = run.fields().len();
            let mut parts = Vec::new();
            if !is_read {
                parts.resize(rows * wide, 0);
                for (place, field) in run.fields().iter().enumerate() {
                    fields[*field].put_parts(&mut parts, wide, place);
                }
            }
            let keys = keys.chunks_exact_mut(*width).zip(&*own).enumerate();
            // Records with a date of an event have no key that anybody asks for.
            for (at, (key, _)) in keys.filter(|(_, (_, own))| !own.of_event) {
                let class = key[*width - BESIDE_PARTS];
                let mask = tumors.at(class).mask_from(from);
                let number = if is_read {
                    run.number(at, class, mask)
                } else {
                    run.numbers().of_parts(&parts[at * wide..(at + 1) * wide], mask)
                };
                key[in_key..in_key + NUMBER_PARTS].copy_from_slice(&number_parts(number));
            }
            in_key += NUMBER_PARTS;
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
            let values = self.fields.iter().map(|field| (field.field.id(), field.value(self.at, &self.runs)));
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
            for (field, place) in self.fields.iter().zip(&self.places).filter(|(field, _)| field.width() > 0)
            {
                if class.counts(*place) {
                    let column = field.chosen.get(self.at).map_or(0, |column| *column);
                    let lasting = field.lasting(self.at, &self.runs);
                    hasher.update(field.field.id().as_bytes());
                    hasher.update(&column.to_le_bytes());
                    hasher.update(&lasting.unwrap_or(0).to_le_bytes());
                }
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
        self.runs.iter_mut().for_each(|run| run.count(&mut self.filled));
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
            if let Some(value) = field.value(self.at, &self.runs) {
                case.put(field.field, value.parsed);
            }
        }
        case.complete();
        case
    }
}

impl KnownCells for Codes<'_> {
    fn codes(&self, column: usize, codes: &mut Vec<u16>) -> bool {
        codes.clear();
        let Some((field, of_field)) = self.of_column.get(column).copied().flatten() else { return false };
        let Some(field) = self.fields.get(field) else { return false };
        let run = field.within.filter(|_| field.is_in_run(&self.runs));
        match run.and_then(|(run, place)| Some((self.runs.get(run)?, place))) {
            Some((run, place)) => run.put_codes(place, codes),
            None => codes.extend_from_slice(field.columns.get(of_field).map_or(&[], CodedColumn::codes)),
        }
        true
    }
}

/// The fields of the columns of a table, and their places among the columns of those.
fn of_column(fields: &[CodedField]) -> Vec<Option<(usize, usize)>> {
    let mut of_column = Vec::new();
    for (place, field) in fields.iter().enumerate() {
        for (at, column) in field.columns.iter().enumerate() {
            let Some(index) = column.index() else { continue };
            if of_column.len() <= index {
                of_column.resize(index + 1, None);
            }
            of_column[index] = Some((place, at));
        }
    }
    of_column
}

/// The columns of a table that are read together: those side by side whose fields are all such codes.
fn runs(mapping: &Mapping, fields: &mut [CodedField], most: usize) -> Vec<ColumnRun> {
    let mut of_column: BTreeMap<usize, Option<usize>> =
        mapping.columns().iter().map(|column| (*column, None)).collect();
    for (place, field) in fields.iter().enumerate() {
        if let Some(column) = field.in_runs() {
            of_column.insert(column, Some(place));
        }
    }
    // A column that is a second field's as well is read for both.
    for field in mapping.mapped_fields() {
        for source in mapping.sources(field) {
            if let Source::Column { index, .. } = source
                && let Some(other) = of_column.get(index).copied().flatten()
                && fields.get(other).is_none_or(|known| known.field != field)
            {
                of_column.insert(*index, None);
            }
        }
    }
    let coded: Vec<(usize, usize)> =
        of_column.into_iter().filter_map(|(column, place)| Some((column, place?))).collect();
    let mut runs = Vec::new();
    for run in coded.chunk_by(|(one, _), (next, _)| one + 1 == *next).filter(|run| run.len() >= LEAST_COLUMNS)
    {
        for (at, (_, place)) in run.iter().enumerate() {
            fields[*place].within = Some((runs.len(), at));
        }
        let columns = run[0].0..run[0].0 + run.len();
        runs.push(ColumnRun::new(columns, run.iter().map(|(_, place)| *place).collect(), most));
    }
    runs
}
