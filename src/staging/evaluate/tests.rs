//! What an unknown may do to the groups that are possible, over every table and every combination.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::category::{Edition, Site};
use crate::knowledge::TableBasis;

const PRINTED_X: &str = include_str!("printed_x.csv");

fn tables(rules: &Rules) -> BTreeSet<u16> {
    let mut tables = BTreeSet::new();
    for (id, _) in rules.schemas() {
        for edition in [6, 7, 8, 9] {
            for basis in [TableBasis::Clinical, TableBasis::Pathologic, TableBasis::PostTherapy] {
                // Two of the tables of chronic lymphocytic leukemia hang on the site.
                for site in [Site(421), Site(779)] {
                    tables
                        .extend(rules.tables_for(id, Edition(edition), basis, site).map(|(index, _)| index));
                }
            }
        }
    }
    tables
}

/// What an axis takes when nothing is known, the token of its printed X, and the token of "none of the listed".
fn unknowns(axis: &TableAxis) -> (TokenSet, Option<u8>, u8) {
    match axis {
        TableAxis::Category(axis) => (axis.all, axis.x, axis.tokens.len() as u8),
        TableAxis::Factor(axis) => (axis.all, axis.x, axis.classes.len() as u8),
    }
}

fn word(table: &StageTable, axis: usize, token: u8) -> &str {
    match &table.axes[axis] {
        TableAxis::Category(own) => own.tokens[usize::from(token)].label(),
        TableAxis::Factor(own) => &own.classes[usize::from(token)],
    }
}

/// Calls `found` with every combination of known values of a table.
fn each_cell(table: &StageTable, mut found: impl FnMut(&[u8])) {
    let choices: Vec<Vec<u8>> = table
        .axes
        .iter()
        .map(unknowns)
        .map(|(all, _, other)| (0..other).filter(|token| all >> token & 1 == 1).collect())
        .collect();
    let cells: usize = choices.iter().map(Vec::len).product();
    for cell in 0..cells {
        let mut rest = cell;
        let tokens: Vec<u8> = choices
            .iter()
            .map(|choice| {
                let token = choice[rest % choice.len()];
                rest /= choice.len();
                token
            })
            .collect();
        found(&tokens);
    }
}

fn question(index: u16, cell: &[u8]) -> Question {
    let mut inputs = [Input { worlds: 0, token: 0, known: Known::Yes }; MAX_AXES];
    for (input, &token) in inputs.iter_mut().zip(cell) {
        *input = Input { worlds: 1 << token, token, known: Known::Yes };
    }
    Question { table: index, inputs, axes: cell.len() as u8, from_group: false }
}

#[test]
fn a_blank_leaves_every_group_possible_that_it_may_be() {
    let rules = Rules::builtin().unwrap();
    let mut blanks = 0_u64;
    for index in tables(rules) {
        let table = rules.table(index);
        each_cell(table, |cell| {
            let known = question(index, cell);
            let Some(group) = known.answer(rules).outcome.group() else { return };
            for (axis, (worlds, _, token)) in table.axes.iter().map(unknowns).enumerate() {
                let mut less = known;
                less.inputs[axis] = Input { worlds, token, known: Known::Missing };
                blanks += 1;
                match less.answer(rules).outcome {
                    Outcome::Unknown(_) => {}
                    outcome => {
                        let (low, high) = outcome.bounds().unwrap();
                        assert!(
                            low <= group && group <= high,
                            "{} {}: {} but {}..{} without {}",
                            rules.schema(table.schema).id,
                            table.edition.0,
                            group.label(),
                            low.label(),
                            high.label(),
                            word(table, axis, cell[axis])
                        );
                    }
                }
            }
        });
    }
    println!("{blanks} combinations with one value left blank: none loses a group that it may have");
    assert!(blanks > 100_000, "{blanks}");
}

/// Whether X says more than a blank: fewer groups, or others. A group without its letter says no more.
fn says_more(blank: Outcome, x: Outcome) -> bool {
    let Some((low, high)) = x.bounds() else { return false };
    let without_letter =
        |group: StageGroup| group.stage() == low.stage() && group.label().starts_with(low.label());
    match blank.bounds() {
        Some((from, to)) => (from < low || high < to) && !(without_letter(from) && without_letter(to)),
        None => true,
    }
}

#[test]
fn x_says_more_than_a_blank_only_where_it_is_printed() {
    let rules = Rules::builtin().unwrap();
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(PRINTED_X.as_bytes());
    let listed: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let (mut occurred, mut unlisted) = (BTreeSet::new(), BTreeSet::new());
    let (mut asked, mut more) = (0_u64, 0_u64);
    for index in tables(rules) {
        let table = rules.table(index);
        let schema = rules.schema(table.schema).id.as_str();
        let edition = table.edition.0.to_string();
        for (axis, (worlds, x, other)) in table.axes.iter().map(unknowns).enumerate() {
            let Some(x) = x else { continue };
            each_cell(table, |cell| {
                // One cell for all values of the hidden axis.
                if worlds.trailing_zeros() != u32::from(cell[axis]) {
                    return;
                }
                let mut asks = question(index, cell);
                asks.inputs[axis] = Input { worlds, token: other, known: Known::Missing };
                let blank = asks.answer(rules).outcome;
                asks.inputs[axis] = Input { worlds, token: x, known: Known::X };
                asked += 1;
                if !says_more(blank, asks.answer(rules).outcome) {
                    return;
                }
                more += 1;
                let words: Vec<&str> =
                    (0..cell.len()).filter(|at| *at != axis).map(|at| word(table, at, cell[at])).collect();
                let names =
                    |list: &str, word: &str| list == "any" || list.split(' ').any(|known| known == word);
                let mut known = false;
                for (at, row) in listed.iter().enumerate() {
                    if names(&row["schema"], schema)
                        && names(&row["edition"], &edition)
                        && names(&row["axis"], &table.heading[axis])
                        && (row["cells"] == "any" || words.iter().any(|word| names(&row["cells"], word)))
                    {
                        known = true;
                        occurred.insert(at);
                    }
                }
                if !known {
                    unlisted.insert(format!(
                        "{schema} {edition} {} X, {}",
                        table.heading[axis],
                        words.join(" ")
                    ));
                }
            });
        }
    }
    println!("{asked} combinations with one X: a printed row says more than a blank in {more}, as listed");
    assert!(unlisted.is_empty(), "not listed: {unlisted:#?}");
    let gone: Vec<_> = (0..listed.len()).filter(|at| !occurred.contains(at)).map(|at| &listed[at]).collect();
    assert!(gone.is_empty(), "listed, but gone: {gone:?}");
    assert!(asked > 5_000, "{asked}");
}
