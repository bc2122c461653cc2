//! Adjacent columns of codes, read together.
//!
//! The codes of tumors come in the same combinations again and again, and an export has them side by side. Equal bytes
//! of such a run of columns are equal cells: the run is looked up once for a record instead of each of its cells.

use std::collections::HashMap;
use std::ops::Range;

use rustc_hash::FxBuildHasher;

use super::filled::Filled;
use super::run_numbers::RunNumbers;
use crate::input::Chunk;

/// Fewer columns are not worth it.
pub(super) const LEAST_COLUMNS: usize = 4;
/// Runs of cells that are known at a time; they change no result.
const MOST: usize = 32_768;
/// Their bytes, from where no more are learned.
const MOST_BYTES: usize = 4 << 20;
/// Patterns of states that are known at a time.
const MOST_PATTERNS: usize = 4_096;
/// Records after which it is looked at how many were known.
const TRIAL: usize = 65_536;

/// What a cell is known by.
#[derive(Clone, Copy)]
pub(super) struct CellCode {
    /// Its code in its column.
    pub(super) code: u16,
    /// What of it stands in the key.
    pub(super) part: u16,
    /// What it holds, by its place among the states.
    pub(super) state: Option<u8>,
}

/// A run of columns of one file.
pub(super) struct ColumnRun {
    columns: Range<usize>,
    /// Its fields, by their places among those of the file.
    fields: Vec<usize>,
    numbers: RunNumbers,
    /// Numbers of the cells that are kept by their bytes.
    known: HashMap<Box<[u8]>, u32, FxBuildHasher>,
    bytes: usize,
    is_full: bool,
    /// By number and column, those that are kept before those of the block alone.
    codes: Vec<u16>,
    parts: Vec<u16>,
    /// By number.
    pattern_of: Vec<u32>,
    patterns: HashMap<Box<[Option<u8>]>, u32, FxBuildHasher>,
    /// Records by pattern and year.
    seen: Vec<Vec<u64>>,
    /// Numbers of the records of the block; none where its columns are read one by one.
    block: Vec<u32>,
    trial: Trial,
}

/// How well it went of late.
#[derive(Default)]
struct Trial {
    asked: usize,
    missed: usize,
    /// Whether all was learned anew after the last one.
    again: bool,
    given_up: bool,
}

impl ColumnRun {
    /// A run of columns with the place of the field of each among those of the file.
    /// In keys it has about so many numbers at a time.
    pub(super) fn new(columns: Range<usize>, fields: Vec<usize>, most: usize) -> Self {
        Self {
            columns,
            fields,
            numbers: RunNumbers::new(most),
            known: HashMap::default(),
            bytes: 0,
            is_full: false,
            codes: Vec::new(),
            parts: Vec::new(),
            pattern_of: Vec::new(),
            patterns: HashMap::default(),
            seen: Vec::new(),
            block: Vec::new(),
            trial: Trial::default(),
        }
    }

    /// The columns of the table, where they are read together.
    pub(super) fn columns(&self) -> Option<Range<usize>> {
        (!self.trial.given_up).then(|| self.columns.clone())
    }

    /// Whether the block was read.
    pub(super) fn is_read(&self) -> bool {
        !self.block.is_empty()
    }

    /// Reads a block of records; `learn` tells what a cell of a field is known by.
    pub(super) fn read(
        &mut self,
        chunk: &Chunk,
        rows: &Range<usize>,
        filled: &mut Filled,
        mut learn: impl FnMut(usize, &[u8]) -> CellCode,
    ) {
        self.block.clear();
        self.judge(filled);
        let Some(run) = self.columns().and_then(|columns| chunk.run(columns)) else { return };
        let kept = self.known.len();
        self.codes.truncate(kept * self.fields.len());
        self.parts.truncate(kept * self.fields.len());
        self.pattern_of.truncate(kept);
        self.trial.asked += rows.len();
        run.each(rows.clone(), |raw| {
            let number = self.known.get(raw).copied().unwrap_or_else(|| {
                self.trial.missed += 1;
                let mut states = Vec::with_capacity(self.fields.len());
                for (field, cell) in self.fields.iter().zip(run.cells(raw)) {
                    let CellCode { code, part, state } = learn(*field, &cell);
                    self.codes.push(code);
                    self.parts.push(part);
                    states.push(state);
                }
                let next = self.patterns.len() as u32;
                self.pattern_of.push(*self.patterns.entry(states.into()).or_insert(next));
                let number = (self.pattern_of.len() - 1) as u32;
                if !self.is_full {
                    self.bytes += raw.len();
                    self.known.insert(raw.into(), number);
                    self.is_full = self.known.len() >= MOST || self.bytes >= MOST_BYTES;
                }
                number
            });
            self.block.push(number);
        });
        self.seen.resize_with(self.patterns.len(), Vec::new);
    }

    /// Where most records were not known, others have come and are learned anew; where that did not help, the columns
    /// are better read one by one.
    fn judge(&mut self, filled: &mut Filled) {
        if self.trial.asked >= TRIAL {
            let poor = self.trial.missed * 2 > self.trial.asked;
            let given_up = poor && self.trial.again;
            if poor {
                self.forget(filled);
            }
            self.trial = Trial { again: poor, given_up, ..Trial::default() };
        }
        if self.patterns.len() >= MOST_PATTERNS {
            self.forget(filled);
        }
    }

    /// Forgets all; codes from before mean nothing afterwards.
    pub(super) fn forget(&mut self, filled: &mut Filled) {
        self.count(filled);
        self.known.clear();
        self.bytes = 0;
        self.is_full = false;
        self.numbers.forget_cells();
        self.codes.clear();
        self.parts.clear();
        self.pattern_of.clear();
        self.patterns.clear();
        self.seen.clear();
        self.block.clear();
    }

    /// The code of a record of the block in the column of one of its fields.
    pub(super) fn code(&self, at: usize, place: usize) -> Option<usize> {
        let number = *self.block.get(at)? as usize;
        self.codes.get(number * self.fields.len() + place).map(|code| usize::from(*code))
    }

    /// Adds the codes of the block in the column of one of its fields.
    pub(super) fn put_codes(&self, place: usize, codes: &mut Vec<u16>) {
        let of_field = self.codes.get(place..).unwrap_or_default();
        let code =
            |number: &u32| of_field.get(*number as usize * self.fields.len()).copied().unwrap_or_default();
        codes.extend(self.block.iter().map(code));
    }

    /// Its fields, by their places among those of the file.
    pub(super) fn fields(&self) -> &[usize] {
        &self.fields
    }

    /// The number in the key of a record of the block: of what a mask leaves of its parts, the same for all records of
    /// a class.
    pub(super) fn number(&mut self, at: usize, class: u16, mask: &[u16]) -> u32 {
        let cells = self.block.get(at).copied().unwrap_or_default();
        let fields = self.fields.len();
        let parts =
            self.parts.get(cells as usize * fields..(cells as usize + 1) * fields).unwrap_or_default();
        if (cells as usize) < self.known.len() {
            self.numbers.of_cells(cells, class, parts, mask)
        } else {
            // Cells of this block alone.
            self.numbers.of_parts(parts, mask)
        }
    }

    /// Numbers of parts of keys.
    pub(super) fn numbers(&mut self) -> &mut RunNumbers {
        &mut self.numbers
    }

    /// Whether it has so many numbers that there is no room for more.
    pub(super) fn has_many_numbers(&self) -> bool {
        self.numbers.is_full()
    }

    /// Notes what the fields of the block hold, by the year of each record.
    pub(super) fn note(&mut self, years: &[usize]) {
        for (number, &year) in self.block.iter().zip(years) {
            let pattern = self.pattern_of.get(*number as usize).map_or(0, |pattern| *pattern as usize);
            let Some(seen) = self.seen.get_mut(pattern) else { continue };
            if seen.len() <= year {
                seen.resize(year + 1, 0);
            }
            seen[year] += 1;
        }
    }

    /// Counts what was noted since the last time.
    pub(super) fn count(&mut self, filled: &mut Filled) {
        for (states, pattern) in &self.patterns {
            let Some(seen) = self.seen.get_mut(*pattern as usize) else { continue };
            for (year, records) in
                std::mem::take(seen).into_iter().enumerate().filter(|(_, records)| *records > 0)
            {
                for (field, state) in self.fields.iter().zip(states) {
                    filled.add(*field, year, *state, records);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{InputFile, Options};

    /// Reads a table of four columns in blocks; whether its columns are read together at the end.
    fn read(rows: usize, cell: impl Fn(usize, usize) -> usize) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let line =
            |row| (0..4).map(|column| cell(row, column).to_string()).collect::<Vec<_>>().join(",") + "\n";
        std::fs::write(&path, "a,b,c,d\n".to_owned() + &(0..rows).map(line).collect::<String>()).unwrap();
        let options = Options { chunk_rows: 4096, ..Options::default() };
        let file = InputFile::probe(&path, 0, &options).unwrap();
        let mut filled = Filled::new(4);
        let mut run = ColumnRun::new(0..4, vec![3, 2, 1, 0], 1 << 16);
        let mut before = 0;
        for chunk in file.open(&options).unwrap() {
            let mut chunk = chunk.unwrap();
            chunk.locate_only(run.columns());
            for start in (0..chunk.rows()).step_by(512) {
                let block = start..(start + 512).min(chunk.rows());
                let years = filled.years(block.clone().map(|row| Some((before + row) as u16 % 3)));
                // A code that tells the field as well.
                run.read(&chunk, &block, &mut filled, |field, cell| {
                    let number: u16 = std::str::from_utf8(cell).unwrap().parse().unwrap();
                    CellCode {
                        code: number,
                        part: number * 4 + field as u16,
                        state: Some((number % 2) as u8),
                    }
                });
                run.note(&years);
                let is_read = run.is_read();
                for (at, row) in block.enumerate().filter(|_| is_read) {
                    let numbers = [0, 1, 2, 3].map(|column| cell(before + row, column));
                    assert_eq!([0, 1, 2, 3].map(|place| run.code(at, place).unwrap()), numbers);
                    let parts = [numbers[0] * 4 + 3, numbers[1] * 4 + 2, numbers[2] * 4 + 1, numbers[3] * 4];
                    let parts = parts.map(|part| part as u16);
                    let mask = [u16::MAX, 0, u16::MAX, u16::MAX];
                    assert_eq!(run.number(at, 1, &mask), run.numbers().of_parts(&parts, &mask));
                }
                if !is_read {
                    block_of(&mut filled, &years, |field, at| cell(before + start + at, 3 - field));
                }
            }
            before += chunk.rows();
        }
        run.count(&mut filled);
        let mut counted = [0; 4];
        filled.each(|field, _, state, records| {
            assert!(["value", "unknown"].contains(&state));
            counted[field] += records;
        });
        assert_eq!(counted, [rows as u64; 4], "every cell is counted once");
        run.columns().is_some()
    }

    fn block_of(filled: &mut Filled, years: &[usize], cell: impl Fn(usize, usize) -> usize) {
        for field in 0..4 {
            for (at, year) in years.iter().enumerate() {
                filled.add(field, *year, Some((cell(field, at) % 2) as u8), 1);
            }
        }
    }

    #[test]
    fn cells_that_come_again_are_known() {
        assert!(read(3_000, |row, column| (row * (column + 1)) % 5));
    }

    #[test]
    fn where_others_come_they_are_learned_and_where_all_differ_it_is_given_up() {
        // One set of runs for the first half of the file, more than fit, and another for the second.
        let changing = |row: usize, column| if row < TRIAL { row / (1 + column) % 9_000 } else { column };
        assert!(read(3 * TRIAL, changing));
        assert!(!read(3 * TRIAL, |row, column| if column < 2 { row / 256 } else { row % 256 }));
    }
}
