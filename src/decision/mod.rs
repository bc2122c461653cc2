//! Decision tables: cell patterns, rows, first match. The only evaluator; it knows no cancer.
//!
//! A table has axes, each with a list of tokens. A row has one pattern per axis: any, or a
//! set of tokens. Rows are tried from top to bottom and the first that fits wins. What no
//! row names on an axis is the axis' *other* token, which only "any" takes.
//!
//! When a table is made, the tokens of an axis that no row tells apart fall into one class
//! and the whole table becomes a dense array over the classes, so that a look-up is a few
//! array reads. A set of tokens on an axis stands for "one of these": [`Table::possible`]
//! then says which rows can still win.

mod cover;

pub use cover::{Hidden, Region, TooIntricate};

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
        let class_of: Vec<Vec<u8>> =
            tokens.iter().enumerate().map(|(axis, &n)| classes(axis, n, &rows)).collect();
        let mut strides = Vec::with_capacity(tokens.len());
        let mut cells = 1_usize;
        for classes in &class_of {
            strides.push(cells);
            cells = cells.saturating_mul(count_classes(classes));
        }
        let mut table = Self { rows, class_of, strides, dense: Vec::new() };
        if cells <= DENSE_LIMIT {
            table.dense = table.fill(cells);
        }
        Ok(table)
    }

    /// The first row that fits one token per axis ([`Table::other`] for "none of the listed").
    pub fn first_match(&self, tokens: &[u8]) -> Option<usize> {
        if self.dense.is_empty() {
            return self.scan(tokens);
        }
        let cell: usize = tokens
            .iter()
            .zip(&self.class_of)
            .zip(&self.strides)
            .map(|((&token, classes), stride)| {
                usize::from(classes.get(usize::from(token)).or(classes.last()).copied().unwrap_or(0)) * stride
            })
            .sum();
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

    fn scan(&self, tokens: &[u8]) -> Option<usize> {
        self.rows
            .iter()
            .position(|row| row.iter().zip(tokens).all(|(pattern, &token)| pattern.takes(usize::from(token))))
    }

    /// One token of every class, by axis.
    fn representatives(&self) -> Vec<Vec<u8>> {
        self.class_of
            .iter()
            .map(|classes| {
                (0..count_classes(classes))
                    .map(|class| classes.iter().position(|&c| usize::from(c) == class).unwrap_or(0) as u8)
                    .collect()
            })
            .collect()
    }

    fn fill(&self, cells: usize) -> Vec<u16> {
        let representatives = self.representatives();
        let mut tokens = vec![0_u8; representatives.len()];
        (0..cells)
            .map(|cell| {
                let mut rest = cell;
                for (token, classes) in tokens.iter_mut().zip(&representatives) {
                    *token = classes[rest % classes.len()];
                    rest /= classes.len();
                }
                self.scan(&tokens).map_or(NO_ROW, |row| row as u16)
            })
            .collect()
    }
}

fn count_classes(classes: &[u8]) -> usize {
    classes.iter().max().map_or(1, |&max| usize::from(max) + 1)
}

/// Tokens (and *other*, last) of one axis to classes that no row tells apart.
fn classes(axis: usize, tokens: usize, rows: &[Vec<Pattern>]) -> Vec<u8> {
    let mut signatures: Vec<Vec<bool>> = Vec::new();
    (0..=tokens)
        .map(|token| {
            let signature: Vec<bool> = rows
                .iter()
                .map(|row| {
                    let pattern = row.get(axis).copied().unwrap_or(Pattern::Any);
                    if token == tokens { pattern == Pattern::Any } else { pattern.takes(token) }
                })
                .collect();
            let class = signatures.iter().position(|known| *known == signature).unwrap_or_else(|| {
                signatures.push(signature);
                signatures.len() - 1
            });
            class as u8
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Pattern::{Any, OneOf};
    use proptest::prelude::*;

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
                prop_assert_eq!(table.first_match(&tokens), table.scan(&tokens));
                let mut expected: Vec<usize> = Vec::new();
                for a in 0..6_u8 { for b in 0..6_u8 { for c in 0..6_u8 {
                    if sets[0] >> a & 1 == 1 && sets[1] >> b & 1 == 1 && sets[2] >> c & 1 == 1 {
                        expected.extend(table.scan(&[a, b, c]));
                    }
                }}}
                expected.sort_unstable();
                expected.dedup();
                prop_assert_eq!(rows_possible(&table, &sets), expected);
            }
        }
    }
}
