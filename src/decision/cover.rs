//! What rows leave of a region: rows that can never win, and combinations that no row takes.
//!
//! A region is a set of tokens per axis. A row cuts it into what lies outside the row, axis by
//! axis, so that the answer is exact whatever the size of the table.

use super::{Pattern, TokenSet};

/// A set of tokens per axis: all combinations of them.
pub type Region = Vec<TokenSet>;

/// Most rows to hold against a region for one question; beyond it a table is too intricate to be checked.
const MOST_WORK: usize = 100_000_000;

/// A row whose every case is taken by rows above it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hidden {
    /// Row, from 0.
    pub row: usize,
    /// The rows that take its cases.
    pub by: Vec<usize>,
}

/// A table with so many overlapping rows that what they leave cannot be worked out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the rows overlap in too many ways to be checked")]
pub struct TooIntricate;

/// The rows that can never match, in their order. `whole` is everything that counts as a case.
pub(super) fn hidden(rows: &[Vec<Pattern>], whole: &[TokenSet]) -> Result<Vec<Hidden>, TooIntricate> {
    let mut hidden = Vec::new();
    let work = &mut 0;
    for (row, patterns) in rows.iter().enumerate() {
        let region = inside(whole, patterns);
        if leaves_any(&region, &rows[..row], work)? {
            continue;
        }
        let mut by = Vec::new();
        for (above, patterns) in rows[..row].iter().enumerate() {
            let shared = inside(&region, patterns);
            if meets(&region, patterns) && leaves_any(&shared, &rows[..above], work)? {
                by.push(above);
            }
        }
        hidden.push(Hidden { row, by });
    }
    Ok(hidden)
}

/// Regions that together hold every combination within `valid` that no row takes, each as large as it can be.
pub(super) fn gaps(rows: &[Vec<Pattern>], valid: &[TokenSet]) -> Result<Vec<Region>, TooIntricate> {
    let mut gaps: Vec<Region> = Vec::new();
    let work = &mut 0;
    visit(valid, rows, work, &mut |piece| {
        if !gaps.iter().any(|gap| holds(gap, piece)) {
            gaps.push(grown(piece, rows, valid));
        }
        true
    })?;
    // A region may lie within the others together.
    let mut at = gaps.len();
    while at > 0 {
        at -= 1;
        let region = gaps.remove(at);
        let others: Vec<Vec<Pattern>> =
            gaps.iter().map(|gap| gap.iter().map(|set| Pattern::OneOf(*set)).collect()).collect();
        if leaves_any(&region, &others, work)? {
            gaps.insert(at, region);
        }
    }
    Ok(gaps)
}

/// The region with every token that can be added without meeting a row; the last axes grow first.
fn grown(piece: &[TokenSet], rows: &[Vec<Pattern>], valid: &[TokenSet]) -> Region {
    let mut region = piece.to_vec();
    for axis in (0..region.len()).rev() {
        for token in (0..TokenSet::BITS).map(|bit| 1 << bit).filter(|token| valid[axis] & token != 0) {
            let before = region[axis];
            region[axis] |= token;
            if rows.iter().any(|row| meets(&region, row)) {
                region[axis] = before;
            }
        }
    }
    region
}

fn leaves_any(region: &[TokenSet], rows: &[Vec<Pattern>], work: &mut usize) -> Result<bool, TooIntricate> {
    let mut any = false;
    visit(region, rows, work, &mut |_| {
        any = true;
        false
    })?;
    Ok(any)
}

/// Calls `found` with pieces of the region that no row takes, until there are no more or it says stop.
fn visit(
    region: &[TokenSet],
    rows: &[Vec<Pattern>],
    work: &mut usize,
    found: &mut dyn FnMut(&[TokenSet]) -> bool,
) -> Result<(), TooIntricate> {
    let mut waiting = vec![(region.to_vec(), 0)];
    while let Some((mut region, from)) = waiting.pop() {
        let next = rows[from..].iter().position(|row| meets(&region, row));
        *work += next.unwrap_or(rows.len() - from) + 1;
        if *work > MOST_WORK {
            return Err(TooIntricate);
        }
        let Some(next) = next else {
            if !found(&region) {
                return Ok(());
            }
            continue;
        };
        let row = from + next;
        for (axis, pattern) in rows[row].iter().enumerate() {
            let outside = region[axis] & !taken(*pattern);
            if outside != 0 {
                let mut piece = region.clone();
                piece[axis] = outside;
                waiting.push((piece, row + 1));
            }
            region[axis] &= taken(*pattern);
        }
    }
    Ok(())
}

fn meets(region: &[TokenSet], row: &[Pattern]) -> bool {
    region.iter().zip(row).all(|(set, pattern)| set & taken(*pattern) != 0)
}

fn inside(region: &[TokenSet], row: &[Pattern]) -> Region {
    region.iter().zip(row).map(|(set, pattern)| set & taken(*pattern)).collect()
}

fn holds(outer: &[TokenSet], inner: &[TokenSet]) -> bool {
    outer.iter().zip(inner).all(|(outer, inner)| inner & !outer == 0)
}

fn taken(pattern: Pattern) -> TokenSet {
    match pattern {
        Pattern::Any => TokenSet::MAX,
        Pattern::OneOf(set) => set,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Table;
    use super::*;
    use Pattern::{Any, OneOf};
    use proptest::prelude::*;

    #[test]
    fn a_row_hidden_by_several_rows_is_found_with_them() {
        let rows = vec![
            vec![OneOf(0b001), Any],
            vec![OneOf(0b010), OneOf(0b01)],
            vec![OneOf(0b010), OneOf(0b10)],
            vec![OneOf(0b011), OneOf(0b11)],
            vec![OneOf(0b100), Any],
        ];
        assert_eq!(hidden(&rows, &[0b1111, 0b111]), Ok(vec![Hidden { row: 3, by: vec![0, 1, 2] }]));
    }

    #[test]
    fn gaps_are_as_large_as_they_can_be() {
        let rows = vec![vec![OneOf(0b0110), OneOf(0b11)], vec![OneOf(0b0001), OneOf(0b01)]];
        let gaps = gaps(&rows, &[0b1111, 0b11]).unwrap();
        assert_eq!(gaps, [[0b1001, 0b10], [0b1000, 0b11]]);
    }

    /// More cells than fit into a dense array: the answer does not depend on it.
    #[test]
    fn a_large_table_is_checked_as_well() {
        let axes = 8;
        let mut rows: Vec<Vec<Pattern>> = (0..8 * axes)
            .map(|row| (0..axes).map(|axis| OneOf(1 << ((row + axis * row / 8) % 8))).collect())
            .collect();
        rows.dedup();
        rows.push(rows[11].clone());
        let table = Table::new(&vec![8; axes], rows.clone()).unwrap();
        let found = table.hidden(&[0x1ff; 8]).unwrap();
        assert_eq!(found.last(), Some(&Hidden { row: rows.len() - 1, by: vec![11] }));
    }

    proptest! {
        #[test]
        fn agrees_with_trying_every_combination(
            rows in prop::collection::vec(prop::collection::vec(prop::option::of(1_u64..16), 3), 1..10),
        ) {
            let rows: Vec<Vec<Pattern>> =
                rows.into_iter().map(|row| row.into_iter().map(|p| p.map_or(Any, OneOf)).collect()).collect();
            let table = Table::new(&[4, 4, 4], rows.clone()).unwrap();
            let gaps = table.gaps(&[0b1111; 3]).unwrap();
            let mut reached = vec![false; rows.len()];
            for a in 0..5_u8 { for b in 0..5_u8 { for c in 0..5_u8 {
                let row = table.first_match(&[a, b, c]);
                if let Some(row) = row {
                    reached[row] = true;
                }
                if a < 4 && b < 4 && c < 4 {
                    let in_gap = gaps.iter().any(|gap| holds(gap, &[1 << a, 1 << b, 1 << c]));
                    prop_assert_eq!(in_gap, row.is_none());
                }
            }}}
            let unreached: Vec<usize> = (0..rows.len()).filter(|row| !reached[*row]).collect();
            let found: Vec<usize> = table.hidden(&[0b11111; 3]).unwrap().into_iter().map(|hidden| hidden.row).collect();
            prop_assert_eq!(found, unreached);
        }
    }
}
