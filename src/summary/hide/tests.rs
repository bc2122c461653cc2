//! Small tables beside somebody who tries all that could be meant.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::cover::cover;
use super::ledger::Ledger;
use super::release::{CubeForm, Release as Forms};
use super::*;
use crate::summary::{sample, tables};

const ROWS: usize = 3;
const COLUMNS: usize = 3;

/// A table of rows and columns, and what may be exchanged in it.
fn cube(cells: &[u64]) -> Coarse {
    let mut cube = Coarse { keys: vec!["a".to_owned(), "b".to_owned()], rows: BTreeMap::new() };
    for (at, &n) in cells.iter().enumerate().filter(|(_, n)| **n > 0) {
        cube.rows.insert(vec![(at / COLUMNS).to_string(), (at % COLUMNS).to_string()], n);
    }
    cube
}

fn form(swap: &str) -> CubeForm {
    let text = format!("pool = []\n[[cube]]\nname = \"cube\"\n[[cube.swap]]\n{swap}");
    toml::from_str::<Forms>(&text).unwrap().cubes.remove(0)
}

/// What a table shows: its cells, their sums by row, and by column where these are told elsewhere.
struct Shown {
    cells: Vec<Option<u64>>,
    rows: Vec<Option<u64>>,
    columns: Option<Vec<u64>>,
}

/// What is shown of a table; none where something in it cannot be hidden.
fn shown(cells: &[u64], swap: &str, columns: bool, least: u64) -> Option<Shown> {
    static ALL: Only = Only::new();
    let (cube, names) = (cube(cells), ["a", "b"].map(str::to_owned));
    let mut ledger = Ledger::new(&cube);
    ledger.publish(&names, &ALL);
    ledger.publish(&names[..1], &ALL);
    ledger.pair((&names, &ALL), (&names[..1], &ALL));
    if columns {
        ledger.fix(&names[1..]);
    }
    let done = cover(&mut ledger, &form(swap), least);
    if !done.failed.is_empty() {
        return None;
    }
    let number = |grouping: usize, values: &[&str]| {
        let number = ledger.groupings[grouping].numbers.get(values);
        number.map_or(Some(0), |&at| (!done.hidden[at]).then_some(ledger.numbers[at].value))
    };
    let (mut shown, mut sums) = (Vec::new(), vec![0; COLUMNS]);
    for (at, n) in cells.iter().enumerate() {
        shown.push(number(0, &[&(at / COLUMNS).to_string(), &(at % COLUMNS).to_string()]));
        sums[at % COLUMNS] += n;
    }
    let rows = (0..ROWS).map(|row| number(1, &[&row.to_string()])).collect();
    Some(Shown { cells: shown, rows, columns: columns.then_some(sums) })
}

/// All tables that could be meant, by the numbers that each cell takes in them.
fn meant(shown: &Shown, most: u64) -> Vec<BTreeSet<u64>> {
    fn fill(shown: &Shown, most: u64, cells: &mut Vec<u64>, found: &mut Vec<BTreeSet<u64>>) {
        let at = cells.len();
        let row = |row: usize, cells: &[u64]| cells.iter().skip(row * COLUMNS).take(COLUMNS).sum::<u64>();
        if at > 0 && at.is_multiple_of(COLUMNS) {
            let last = at / COLUMNS - 1;
            if shown.rows[last].is_some_and(|sum| sum != row(last, cells)) {
                return;
            }
        }
        let column = |wanted: usize| cells.iter().skip(wanted).step_by(COLUMNS).sum::<u64>();
        if at == shown.cells.len() {
            let agrees = |sums: &Vec<u64>| (0..COLUMNS).all(|wanted| column(wanted) == sums[wanted]);
            if shown.columns.as_ref().is_none_or(agrees) {
                cells.iter().enumerate().for_each(|(at, &n)| {
                    found[at].insert(n);
                });
            }
            return;
        }
        let left = |sum: u64, so_far: u64| sum.saturating_sub(so_far);
        let mut most_here = shown.rows[at / COLUMNS].map_or(most, |sum| left(sum, row(at / COLUMNS, cells)));
        if let Some(sums) = &shown.columns {
            most_here = most_here.min(left(sums[at % COLUMNS], column(at % COLUMNS)));
        }
        let range = shown.cells[at].map_or(0..=most_here, |n| n..=n);
        for n in range {
            cells.push(n);
            fill(shown, most, cells, found);
            cells.pop();
        }
    }
    let mut found = vec![BTreeSet::new(); shown.cells.len()];
    fill(shown, most, &mut Vec::new(), &mut found);
    found
}

/// Whether nothing small is shown and nothing hidden can be told.
fn check_cells(cells: &[u64], swap: &str, columns: bool, least: u64) -> Result<bool, TestCaseError> {
    let Some(shown) = shown(cells, swap, columns, least) else { return Ok(false) };
    for (at, values) in meant(&shown, 12).into_iter().enumerate() {
        prop_assert!(values.contains(&cells[at]), "the truth is not among what is meant");
        match shown.cells[at] {
            Some(n) => prop_assert!(n == cells[at] && !(1..least).contains(&n), "cell {at} shows {n}"),
            None => prop_assert!(values.len() > 1, "cell {at} is {values:?}: {:?}", shown.cells),
        }
    }
    for row in 0..ROWS {
        let rest = shown.rows[row]
            .map(|sum| sum - shown.cells.iter().skip(row * COLUMNS).take(COLUMNS).flatten().sum::<u64>());
        prop_assert!(rest.is_none_or(|rest| !(1..least).contains(&rest)), "row {row} leaves {rest:?}");
    }
    Ok(true)
}

const RECTANGLES: &str = "within = []\nleft = [\"a\"]\nright = [\"b\"]";
const MOVES: &str = "within = [\"a\"]\nleft = []\nright = [\"b\"]";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_hidden_cell_can_be_told_from_rows_and_columns(
        cells in prop::collection::vec(0_u64..7, ROWS * COLUMNS),
        least in 2_u64..5,
    ) {
        check_cells(&cells, RECTANGLES, true, least)?;
    }

    #[test]
    fn no_hidden_cell_can_be_told_from_rows(
        cells in prop::collection::vec(0_u64..7, ROWS * COLUMNS),
        least in 2_u64..5,
    ) {
        check_cells(&cells, MOVES, false, least)?;
    }
}

#[test]
fn what_is_hidden_beside_a_small_number() {
    let hidden = |cells: &[u64], swap: &str, columns| {
        let shown = shown(cells, swap, columns, 3).unwrap();
        let mark = |cell: &Option<u64>| if cell.is_some() { '.' } else { '*' };
        shown.cells.iter().map(mark).collect::<String>()
    };
    // The other three corners of the rectangle with the fewest records.
    assert_eq!(hidden(&[1, 9, 9, 9, 5, 9, 9, 9, 9], RECTANGLES, true), "**.**....");
    // One more of the row where columns are told nowhere.
    assert_eq!(hidden(&[1, 9, 5, 9, 5, 9, 9, 9, 9], MOVES, false), "*.*......");
    // A 0 instead of many.
    assert_eq!(hidden(&[1, 9, 9, 0, 5, 9, 9, 9, 9], RECTANGLES, true), "**.**....");
    // One row alone has nobody to change places with.
    assert!(shown(&[1, 9, 9, 0, 0, 0, 0, 0, 0], RECTANGLES, true, 3).is_none());
    // What hides only the small ones is told from the sums.
    let naive = Shown {
        cells: [1, 9, 9, 9, 5, 9, 9, 9, 9].map(|n| (n > 2).then_some(n)).to_vec(),
        rows: vec![Some(19), Some(23), Some(27)],
        columns: None,
    };
    assert_eq!(meant(&naive, 30)[0], BTreeSet::from([1]));
}

#[test]
fn the_second_look_sees_what_is_shown_by_mistake() {
    let release = Release::of(&sample::partial(), 3);
    let rows = || -> Vec<_> {
        let rows = |form| tables::rows(form, &release.partial, true);
        let mut forms: Vec<_> = FORMS.iter().map(|form| (form, rows(form))).collect();
        release.hide(&mut forms);
        forms
    };
    assert!(release.broken(&rows()).is_empty());
    let mut seen = 0;
    for table in 0..FORMS.len() {
        for row in 0..rows()[table].1.len() {
            let mut forms = rows();
            let cube = FORMS[table].parts[forms[table].1[row].part()].cube.clone();
            let row = &mut forms[table].1[row];
            // A hidden number that is shown, and a shown one that nothing hides.
            row.n = if row.n.is_none() { Some(1) } else { None };
            if release.settled.contains_key(&cube) {
                assert!(
                    release.broken(&forms).contains(&cube),
                    "{} {:?}",
                    FORMS[table].name,
                    forms[table].1[0].labels
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}
