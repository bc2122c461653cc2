//! Tables over tokens, compiled to dense arrays.
//!
//! An axis lists its tokens; what no row names on it is the axis' *other* token, which only
//! "any" takes. A set of tokens on an axis stands for "one of these": [`Table::possible`] then
//! says which rows can still win.

use super::cover::{self, Hidden, Region, TooIntricate};
use super::row_sets::RowSets;

/// Most tokens that an axis may have: a set of them is one machine word, with a bit left for *other*.
pub const MAX_TOKENS: usize = 63;

/// Most axes that a table may have.
pub const MAX_AXES: usize = 10;

/// Most rows that a table may have; the longest printed one has about a hundred.
const MAX_ROWS: usize = 2000;

/// Largest dense array, in cells; a larger table is scanned row by row.
const DENSE_LIMIT: usize = 1 << 20;

/// No row matches.
const NO_ROW: u16 = u16::MAX;

/// A set of tokens of one axis, bit by token index.
pub type TokenSet = u64;

/// What a row wants of one axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// Whatever it is, known or not.
    Any,
    /// One of these tokens.
    OneOf(TokenSet),
}

impl Pattern {
    /// Whether a token fits; the *other* token fits only [`Pattern::Any`].
    fn takes(self, token: usize) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(set) => set >> token & 1 == 1,
        }
    }
}

/// Why a table cannot be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TableError {
    /// More tokens than a word has bits.
    #[error("axis {axis} has {tokens} values, at most {MAX_TOKENS} are possible")]
    TooManyTokens {
        /// Axis, from 0.
        axis: usize,
        /// Number of its tokens.
        tokens: usize,
    },
    /// More axes than an evaluation holds.
    #[error("{0} columns are too many for one table, at most {MAX_AXES} are possible")]
    TooManyAxes(usize),
    /// More rows than anyone prints.
    #[error("{0} rows are too many for one table, at most {MAX_ROWS} are possible")]
    TooManyRows(usize),
}

/// A compiled decision table.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<Pattern>>,
    sets: RowSets,
    /// By axis: token (and *other* last) to class.
    class_of: Vec<Vec<u8>>,
    /// By axis: class to how far apart its cells lie.
    strides: Vec<usize>,
    /// First matching row by cell; empty where the array would be too large.
    dense: Vec<u16>,
}

impl Table {
    /// Compiles rows over axes with the given numbers of tokens. Every row holds one pattern per axis.
    pub fn new(tokens: &[usize], rows: Vec<Vec<Pattern>>) -> Result<Self, TableError> {
        if let Some((axis, &tokens)) = tokens.iter().enumerate().find(|(_, n)| **n > MAX_TOKENS) {
            return Err(TableError::TooManyTokens { axis, tokens });
        }
        if tokens.len() > MAX_AXES {
            return Err(TableError::TooManyAxes(tokens.len()));
        }
        if rows.len() > MAX_ROWS {
            return Err(TableError::TooManyRows(rows.len()));
        }
        let mut sets = RowSets::new(tokens.len(), rows.len());
        let class_of: Vec<Vec<u8>> =
            tokens.iter().enumerate().map(|(axis, &n)| classes(axis, n, &rows, &mut sets)).collect();
        let mut strides = Vec::with_capacity(tokens.len());
        let mut cells = 1_usize;
        for axis in 0..tokens.len() {
            strides.push(cells);
            cells = cells.saturating_mul(sets.classes(axis));
        }
        let mut table = Self { rows, sets, class_of, strides, dense: Vec::new() };
        if cells <= DENSE_LIMIT {
            table.dense = table.fill(cells);
        }
        Ok(table)
    }

    /// The first row that fits one token per axis ([`Table::other`] for "none of the listed").
    pub fn first_match(&self, tokens: &[u8]) -> Option<usize> {
        let classes = tokens.iter().zip(&self.class_of).map(|(&token, classes)| {
            u32::from(classes.get(usize::from(token)).or(classes.last()).copied().unwrap_or(0))
        });
        if self.dense.is_empty() {
            return self.sets.first(&classes);
        }
        let cell: usize = classes.zip(&self.strides).map(|(class, stride)| class as usize * stride).sum();
        self.dense.get(cell).filter(|&&row| row != NO_ROW).map(|&row| usize::from(row))
    }

    /// The token of an axis that stands for everything not listed.
    pub fn other(&self, axis: usize) -> u8 {
        self.class_of.get(axis).map_or(0, |classes| classes.len().saturating_sub(1)) as u8
    }

    /// The pattern of a row on an axis.
    pub fn pattern(&self, row: usize, axis: usize) -> Pattern {
        self.rows.get(row).and_then(|row| row.get(axis)).copied().unwrap_or(Pattern::Any)
    }

    /// The rows that match no combination of the sets' tokens, because rows above them take all of them.
    pub fn hidden(&self, sets: &[TokenSet]) -> Result<Vec<Hidden>, TooIntricate> {
        cover::hidden(&self.rows, sets)
    }

    /// Regions that together hold every combination of the sets' tokens without a row.
    pub fn gaps(&self, sets: &[TokenSet]) -> Result<Vec<Region>, TooIntricate> {
        cover::gaps(&self.rows, sets)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Calls `found` with every row that wins for at least one combination of the sets' tokens,
    /// once per class of combinations; combinations without a row are passed over.
    pub fn possible(&self, sets: &[TokenSet], mut found: impl FnMut(usize)) {
        let choices: Vec<Vec<u8>> = sets
            .iter()
            .zip(&self.class_of)
            .map(|(&set, classes)| {
                let mut seen = 0_u64;
                let mut one_each = Vec::new();
                for (token, &class) in classes.iter().enumerate() {
                    if set >> token & 1 == 1 && seen >> class & 1 == 0 {
                        seen |= 1 << class;
                        one_each.push(token as u8);
                    }
                }
                one_each
            })
            .collect();
        if choices.iter().any(Vec::is_empty) {
            return;
        }
        let mut at = vec![0_usize; choices.len()];
        let mut tokens: Vec<u8> = choices.iter().map(|choice| choice[0]).collect();
        loop {
            if let Some(row) = self.first_match(&tokens) {
                found(row);
            }
            let mut axis = 0;
            loop {
                let Some(choice) = choices.get(axis) else { return };
                at[axis] += 1;
                if let Some(&token) = choice.get(at[axis]) {
                    tokens[axis] = token;
                    break;
                }
                at[axis] = 0;
                tokens[axis] = choice[0];
                axis += 1;
            }
        }
    }

    fn fill(&self, cells: usize) -> Vec<u16> {
        let mut classes = vec![0_u32; self.class_of.len()];
        (0..cells)
            .map(|cell| {
                let mut rest = cell;
                for (axis, class) in classes.iter_mut().enumerate() {
                    let count = self.sets.classes(axis);
                    *class = (rest % count) as u32;
                    rest /= count;
                }
                self.sets.first(&classes.iter().copied()).map_or(NO_ROW, |row| row as u16)
            })
            .collect()
    }
}

/// Tokens (and *other*, last) of one axis to classes that no row tells apart.
fn classes(axis: usize, tokens: usize, rows: &[Vec<Pattern>], sets: &mut RowSets) -> Vec<u8> {
    (0..=tokens)
        .map(|token| {
            let mut takers = sets.none();
            for (at, row) in rows.iter().enumerate() {
                let pattern = row.get(axis).copied().unwrap_or(Pattern::Any);
                if pattern == Pattern::Any || token < tokens && pattern.takes(token) {
                    RowSets::add(&mut takers, at);
                }
            }
            sets.class(axis, &takers) as u8
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Pattern::{Any, OneOf};
    use proptest::prelude::*;

    fn scan(table: &Table, tokens: &[u8]) -> Option<usize> {
        let fits = |row: &Vec<Pattern>| row.iter().zip(tokens).all(|(p, &token)| p.takes(usize::from(token)));
        table.rows.iter().position(fits)
    }

    fn rows_possible(table: &Table, sets: &[TokenSet]) -> Vec<usize> {
        let mut rows = Vec::new();
        table.possible(sets, |row| rows.push(row));
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    #[test]
    fn the_first_fitting_row_wins_and_other_needs_any() {
        let table = Table::new(
            &[3, 2],
            vec![vec![Any, OneOf(0b10)], vec![OneOf(0b001), OneOf(0b01)], vec![OneOf(0b110), Any]],
        )
        .unwrap();
        assert_eq!(table.first_match(&[0, 1]), Some(0));
        assert_eq!(table.first_match(&[0, 0]), Some(1));
        assert_eq!(table.first_match(&[2, 0]), Some(2));
        assert_eq!(table.first_match(&[table.other(0), 1]), Some(0));
        assert_eq!(table.first_match(&[table.other(0), 0]), None);
        assert_eq!(rows_possible(&table, &[0b111, 0b01]), [1, 2]);
        assert_eq!(rows_possible(&table, &[0b111, 0b11]), [0, 1, 2]);
        assert_eq!(rows_possible(&table, &[0b1000, 0b01]), [0_usize; 0]);
    }

    #[test]
    fn too_many_tokens_are_refused() {
        assert!(Table::new(&[64], vec![vec![Any]]).is_err());
    }

    proptest! {
        #[test]
        fn dense_equals_scan(
            rows in prop::collection::vec(prop::collection::vec(prop::option::of(0_u64..32), 3), 1..8),
            tokens in prop::collection::vec(0_u8..=5, 3),
            sets in prop::collection::vec(1_u64..64, 3),
        ) {
            let rows: Vec<Vec<Pattern>> =
                rows.into_iter().map(|row| row.into_iter().map(|p| p.map_or(Any, OneOf)).collect()).collect();
            if let Ok(table) = Table::new(&[5, 5, 5], rows) {
                prop_assert_eq!(table.first_match(&tokens), scan(&table, &tokens));
                let mut expected: Vec<usize> = Vec::new();
                for a in 0..6_u8 { for b in 0..6_u8 { for c in 0..6_u8 {
                    if sets[0] >> a & 1 == 1 && sets[1] >> b & 1 == 1 && sets[2] >> c & 1 == 1 {
                        expected.extend(scan(&table, &[a, b, c]));
                    }
                }}}
                expected.sort_unstable();
                expected.dedup();
                prop_assert_eq!(rows_possible(&table, &sets), expected);
            }
        }
    }
}
