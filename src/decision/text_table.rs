//! Tables over texts: any text may come, so classes are found as texts come.

use std::collections::HashMap;

use super::dictionary::{ABSENT, Dictionary};
use super::row_sets::{RowSets, Rows};
use super::text::{TextPattern, TextRange};
use super::token::TableError;

/// No row matches.
pub const NO_ROW: u32 = u32::MAX;

/// Columns of dictionary numbers by key.
pub type Frame = [Vec<u32>];

/// Most rows of a table: a memo keeps a row in 16 bits.
const MAX_ROWS: usize = u16::MAX as usize - 2;

/// Largest memo over the classes of a table, in bits of its index; beyond, row sets are intersected each time.
const MEMO_BITS: u32 = 20;

/// Numbers whose classes are kept; beyond, a text is classified each time, which bounds the memory.
const KEPT: usize = 1 << 16;

/// A table as it was read. It is never changed: what was found out about texts is in a [`TextMemo`].
#[derive(Debug)]
pub struct TextTable {
    rows: usize,
    columns: Vec<TextColumn>,
}

/// The patterns that a table has for one key.
#[derive(Debug)]
pub struct TextColumn {
    key: usize,
    /// Rows of the pattern "any".
    any: Vec<u32>,
    /// Rows by pattern.
    rows: Vec<Vec<u32>>,
    /// Single texts and the patterns that have them.
    singles: HashMap<Box<str>, Vec<u32>>,
    /// All other ranges and their patterns.
    ranges: Vec<(TextRange, u32)>,
    /// Keys that ranges refer to.
    refers_to: Vec<usize>,
}

impl TextColumn {
    /// A column from its different patterns and the pattern of each row.
    pub fn new(key: usize, patterns: Vec<TextPattern>, pattern_of_row: &[u32]) -> Self {
        let mut column = Self {
            key,
            any: Vec::new(),
            rows: vec![Vec::new(); patterns.len()],
            singles: HashMap::new(),
            ranges: Vec::new(),
            refers_to: Vec::new(),
        };
        for (row, &pattern) in (0_u32..).zip(pattern_of_row) {
            match patterns.get(pattern as usize) {
                Some(TextPattern::OneOf(_)) => column.rows[pattern as usize].push(row),
                Some(TextPattern::Any) | None => column.any.push(row),
            }
        }
        for (at, pattern) in (0_u32..).zip(patterns) {
            let TextPattern::OneOf(ranges) = pattern else { continue };
            for range in ranges {
                if let Some(text) = range.literal() {
                    column.singles.entry(text.into()).or_default().push(at);
                } else {
                    column.refers_to.extend(range.keys());
                    column.ranges.push((range, at));
                }
            }
        }
        column.refers_to.sort_unstable();
        column.refers_to.dedup();
        column
    }

    /// Marks the rows that take a text.
    fn mark<'a>(&'a self, text: &str, text_of: impl Fn(usize) -> &'a str, rows: &mut [u64]) {
        let mut add = |own: &[u32]| own.iter().for_each(|&row| RowSets::add(rows, row as usize));
        add(&self.any);
        for &pattern in self.singles.get(text).into_iter().flatten() {
            add(&self.rows[pattern as usize]);
        }
        for (range, pattern) in &self.ranges {
            if range.takes(text, &text_of) {
                add(&self.rows[*pattern as usize]);
            }
        }
    }
}

impl TextTable {
    /// A table of columns that have one pattern for each of the rows.
    pub fn new(rows: usize, columns: Vec<TextColumn>) -> Result<Self, TableError> {
        if rows > MAX_ROWS {
            return Err(TableError::TooManyRows(rows));
        }
        Ok(Self { rows, columns })
    }

    /// Keys of the columns, then the keys that their ranges refer to.
    pub fn keys(&self) -> impl Iterator<Item = usize> {
        let refers_to = self.columns.iter().flat_map(|column| column.refers_to.iter().copied());
        self.columns.iter().map(|column| column.key).chain(refers_to)
    }
}

/// What was found out about the texts that came to a table.
#[derive(Debug)]
pub struct TextMemo {
    sets: RowSets,
    columns: Vec<ColumnMemo>,
    /// By packed classes: 0 not asked yet, 1 no row, else the row + 2. Empty where it would be too large.
    first: Vec<u16>,
}

#[derive(Debug, Default)]
struct ColumnMemo {
    /// By number: class + 1, 0 where not known.
    class_of: Vec<u16>,
    /// Numbers of the keys referred to, for which the classes hold.
    referred: Vec<u32>,
    /// Place of the class in the packed index.
    shift: u32,
    /// Width of the class in the packed index.
    bits: u32,
}

impl TextMemo {
    /// Nothing known yet.
    pub fn new(table: &TextTable) -> Self {
        let columns = (0..table.columns.len()).map(|_| ColumnMemo { bits: 2, ..ColumnMemo::default() });
        let mut memo = Self {
            sets: RowSets::new(table.columns.len(), table.rows),
            columns: columns.collect(),
            first: Vec::new(),
        };
        memo.lay_out();
        memo
    }

    /// The first matching row ([`NO_ROW`] if none) for each of the chosen records.
    pub fn first_rows(
        &mut self,
        table: &TextTable,
        frame: &Frame,
        texts: &Dictionary,
        chosen: &[u32],
        rows: &mut Vec<u32>,
    ) {
        while !self.try_first_rows(table, frame, texts, chosen, rows) {}
    }

    /// As [`Self::first_rows`]; stops and says no when a new class has changed the packed index.
    fn try_first_rows(
        &mut self,
        table: &TextTable,
        frame: &Frame,
        texts: &Dictionary,
        chosen: &[u32],
        rows: &mut Vec<u32>,
    ) -> bool {
        rows.clear();
        if self.first.is_empty() {
            for &record in chosen {
                rows.push(self.intersect(table, frame, texts, record as usize));
            }
            return true;
        }
        rows.resize(chosen.len(), 0);
        for (at, column) in table.columns.iter().enumerate() {
            let numbers = &frame[column.key];
            let shift = self.columns[at].shift;
            for (index, &record) in rows.iter_mut().zip(chosen) {
                let number = numbers[record as usize];
                let known = self.columns[at].class_of.get(number as usize).copied().unwrap_or(0);
                let class = if known != 0 && column.refers_to.is_empty() {
                    u32::from(known) - 1
                } else {
                    self.class(table, at, frame, texts, record as usize)
                };
                if class >> self.columns[at].bits != 0 {
                    self.lay_out();
                    return false;
                }
                *index |= class << shift;
            }
        }
        for index in rows {
            let cell = &mut self.first[*index as usize];
            if *cell == 0 {
                let classes =
                    self.columns.iter().map(|column| *index >> column.shift & ((1 << column.bits) - 1));
                *cell = self.sets.first(&classes).map_or(1, |row| row as u16 + 2);
            }
            *index = if *cell == 1 { NO_ROW } else { u32::from(*cell) - 2 };
        }
        true
    }

    /// Calls `found` with every row that matches a record; a key that is absent is not asked about.
    pub fn each_row(
        &mut self,
        table: &TextTable,
        frame: &Frame,
        texts: &Dictionary,
        record: usize,
        found: impl FnMut(usize),
    ) {
        let mut classes = [0_u32; 16];
        let mut more = Vec::new();
        let classes = if let Some(few) = classes.get_mut(..table.columns.len()) {
            few
        } else {
            more.resize(table.columns.len(), 0);
            &mut more[..]
        };
        for (at, column) in table.columns.iter().enumerate() {
            let number = frame[column.key][record];
            let known = self.columns[at].class_of.get(number as usize).copied().unwrap_or(0);
            classes[at] = if known != 0 && column.refers_to.is_empty() {
                u32::from(known) - 1
            } else if number == ABSENT {
                self.class_of_all(table, at)
            } else {
                self.class(table, at, frame, texts, record)
            };
        }
        self.sets.each(&classes.iter().copied(), found);
    }

    /// The class that every row takes.
    fn class_of_all(&mut self, table: &TextTable, at: usize) -> u32 {
        let mut rows = self.sets.none();
        (0..table.rows).for_each(|row| RowSets::add(&mut rows, row));
        let class = self.sets.class(at, &rows);
        self.columns[at].keep(ABSENT, class);
        class
    }

    fn intersect(&mut self, table: &TextTable, frame: &Frame, texts: &Dictionary, record: usize) -> u32 {
        let classes: Vec<u32> =
            (0..table.columns.len()).map(|at| self.class(table, at, frame, texts, record)).collect();
        self.sets.first(&classes.into_iter()).map_or(NO_ROW, |row| row as u32)
    }

    /// The class of a record's text in a column.
    fn class(
        &mut self,
        table: &TextTable,
        at: usize,
        frame: &Frame,
        texts: &Dictionary,
        record: usize,
    ) -> u32 {
        let column = &table.columns[at];
        let memo = &mut self.columns[at];
        let number = frame[column.key][record];
        let number_of = |key: &usize| frame[*key][record];
        if !memo.referred.iter().copied().eq(column.refers_to.iter().map(number_of)) {
            memo.referred = column.refers_to.iter().map(number_of).collect();
            memo.class_of.clear();
        }
        if let Some(&known) = memo.class_of.get(number as usize)
            && known != 0
        {
            return u32::from(known) - 1;
        }
        let mut rows: Rows = self.sets.none();
        column.mark(texts.text(number), |key| texts.text(frame[key][record]), &mut rows);
        let class = self.sets.class(at, &rows);
        memo.keep(number, class);
        class
    }

    /// Gives every column as many bits of the index as its classes need.
    fn lay_out(&mut self) {
        let mut bits = 0_u32;
        for (at, column) in self.columns.iter_mut().enumerate() {
            let classes = self.sets.classes(at).max(1);
            column.bits = column.bits.max(classes.next_power_of_two().trailing_zeros());
            column.shift = bits;
            bits = bits.saturating_add(column.bits);
        }
        self.first = if bits <= MEMO_BITS { vec![0; 1 << bits] } else { Vec::new() };
    }
}

impl ColumnMemo {
    fn keep(&mut self, number: u32, class: u32) {
        let number = number as usize;
        let Some(class) = u16::try_from(class + 1).ok().filter(|_| number < KEPT) else { return };
        if self.class_of.len() <= number {
            self.class_of.resize(number + 1, 0);
        }
        self.class_of[number] = class;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bound, NULL};
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> Bound {
        Bound::Text(text.into())
    }

    fn range(low: &str, high: &str) -> TextRange {
        TextRange { low: text(low), high: text(high) }
    }

    fn table(columns: Vec<(usize, Vec<TextPattern>)>) -> TextTable {
        let rows = columns.first().map_or(1, |(_, patterns)| patterns.len());
        let column = |(key, patterns): (usize, Vec<TextPattern>)| {
            let each: Vec<u32> = (0..patterns.len() as u32).collect();
            TextColumn::new(key, patterns, &each)
        };
        TextTable::new(rows, columns.into_iter().map(column).collect()).unwrap()
    }

    fn rows_of(table: &TextTable, memo: &mut TextMemo, keys: &[Vec<&str>]) -> Vec<Option<u32>> {
        let mut texts = Dictionary::default();
        let frame: Vec<Vec<u32>> =
            keys.iter().map(|column| column.iter().map(|text| texts.number(text)).collect()).collect();
        let chosen: Vec<u32> = (0..keys[0].len() as u32).collect();
        let mut rows = Vec::new();
        memo.first_rows(table, &frame, &texts, &chosen, &mut rows);
        rows.into_iter().map(|row| (row != NO_ROW).then_some(row)).collect()
    }

    #[test]
    fn the_first_matching_row_wins_and_a_reference_is_read_at_the_time() {
        use TextPattern::{Any, OneOf};
        let until = TextRange { low: text("2018"), high: Bound::Key(2) };
        let table = table(vec![
            (0, vec![OneOf(vec![range("1", "5"), TextRange::single(text("x"))]), Any, Any]),
            (1, vec![Any, OneOf(vec![until]), OneOf(vec![TextRange::single(text(""))])]),
        ]);
        let mut memo = TextMemo::new(&table);
        let keys = [
            vec!["03", "x", "y", "y", "y", ""],
            vec!["9", "2019", "2019", "2019", "", ""],
            vec!["2026", "2026", "2026", "2018", "2026", ""],
        ];
        assert_eq!(rows_of(&table, &mut memo, &keys), [Some(0), Some(0), Some(1), None, Some(2), Some(2)]);
    }

    #[test]
    fn absent_and_null_are_blank_to_a_table() {
        let table = table(vec![(0, vec![TextPattern::OneOf(vec![TextRange::single(text(""))])])]);
        let mut rows = Vec::new();
        let frame = [vec![ABSENT, NULL, super::super::BLANK]];
        TextMemo::new(&table).first_rows(&table, &frame, &Dictionary::default(), &[0, 1, 2], &mut rows);
        assert_eq!(rows, [0, 0, 0]);
    }

    #[test]
    fn a_table_without_columns_gives_its_first_row_and_one_without_rows_none() {
        for (rows, expected) in [(1, 0), (0, NO_ROW)] {
            let table = TextTable::new(rows, Vec::new()).unwrap();
            let mut found = Vec::new();
            TextMemo::new(&table).first_rows(&table, &[], &Dictionary::default(), &[0], &mut found);
            assert_eq!(found, [expected]);
        }
        assert!(TextTable::new(1 << 16, Vec::new()).is_err());
    }

    #[test]
    fn a_lookup_does_not_ask_about_absent_keys() {
        let one = |t: &str| TextPattern::OneOf(vec![TextRange::single(text(t))]);
        let table =
            table(vec![(0, vec![one("a"), one("a"), one("b")]), (1, vec![one("1"), one("2"), one("1")])]);
        let mut memo = TextMemo::new(&table);
        let mut texts = Dictionary::default();
        let (a, two) = (texts.number("a"), texts.number("2"));
        let frame = [vec![a, a, ABSENT, a], vec![ABSENT, two, two, super::super::BLANK]];
        let mut each = |record| {
            let mut found = Vec::new();
            memo.each_row(&table, &frame, &texts, record, |row| found.push(row));
            found
        };
        assert_eq!(each(0), [0, 1]);
        assert_eq!(each(1), [1]);
        assert_eq!(each(2), [1]);
        assert_eq!(each(3), [0_usize; 0]);
    }

    proptest! {
        /// Whatever came before and however large the table, the memo gives the row that a plain scan gives.
        #[test]
        fn memo_equals_scan(
            columns in prop::collection::vec(
                prop::collection::vec(prop::option::of(prop::collection::vec((0_u32..40, 0_u32..9), 1..3)), 70),
                1..6,
            ),
            records in prop::collection::vec(prop::collection::vec(0_u32..50, 6), 1..60),
        ) {
            let patterns: Vec<(usize, Vec<TextPattern>)> = columns.iter().enumerate().map(|(key, cells)| {
                (key, cells.iter().map(|cell| cell.as_ref().map_or(TextPattern::Any, |ranges| {
                    TextPattern::OneOf(ranges.iter().map(|(low, width)| {
                        range(&low.to_string(), &(low + width).to_string())
                    }).collect())
                })).collect())
            }).collect();
            let table = table(patterns);
            let mut memo = TextMemo::new(&table);
            let texts: Vec<Vec<String>> =
                (0..6).map(|key| records.iter().map(|record| record[key].to_string()).collect()).collect();
            let keys: Vec<Vec<&str>> =
                texts.iter().map(|column| column.iter().map(String::as_str).collect()).collect();
            let expected: Vec<Option<u32>> = records.iter().map(|record| {
                (0..70_u32).find(|row| columns.iter().zip(record).all(|(cells, value)| {
                    cells[*row as usize].as_ref().is_none_or(|ranges| {
                        ranges.iter().any(|(low, width)| (*low..=low + width).contains(value))
                    })
                }))
            }).collect();
            prop_assert_eq!(&rows_of(&table, &mut memo, &keys), &expected);
            prop_assert_eq!(&rows_of(&table, &mut memo, &keys), &expected);
        }
    }
}
