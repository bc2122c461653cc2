//! A second look at what was chosen, at the rows of the tables as they are written.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{labels_of_whole, own_values};
use crate::summary::cube::Cube;
use crate::summary::spec::{Form, Only};
use crate::summary::tables::Row;

/// A change of counts, by their labels.
type Change = Vec<(Vec<String>, i64)>;

/// Whether every change of a cube leaves all that is shown as it is, and every hidden number is altered by one.
pub(super) fn holds(
    cube: &Cube,
    name: &str,
    changes: &[Change],
    links: &[Vec<String>],
    forms: &[(&Form, Vec<Row>)],
) -> bool {
    let possible = |change: &Change| {
        change
            .iter()
            .all(|(labels, by)| cube.get(labels).is_some_and(|n| n.checked_add_signed(*by).is_some()))
            && links.iter().all(|link| net(cube, change, link, &Only::new()).is_empty())
    };
    changes.iter().all(possible)
        && forms.iter().all(|(form, rows)| {
            let published = |&part: &usize| !form.detail && form.parts[part].is_in(true);
            let mut parts = (0..form.parts.len()).filter(published);
            parts.all(|part| numbers_hold(cube, name, changes, form, (part, rows)))
        })
}

/// Whether it is so for the rows of one part of a table.
fn numbers_hold(
    cube: &Cube,
    name: &str,
    changes: &[Change],
    form: &Form,
    (at, rows): (usize, &[Row]),
) -> bool {
    let part = &form.parts[at];
    let rows = || rows.iter().filter(|row| row.part() == at);
    let mut sides = Vec::new();
    if part.cube == name {
        let labels: Vec<String> = form.keys(part).iter().map(|(_, label)| (*label).to_owned()).collect();
        let shown: HashMap<Vec<String>, bool> =
            rows().map(|row| (own_values(form, part, row), row.n.is_some())).collect();
        sides.push((labels, &part.only, shown));
    }
    if part.of.cube.as_ref().unwrap_or(&part.cube) == name && part.cube == name {
        let whole = |row: &Row| row.whole().iter().map(|&label| label.to_owned()).collect::<Vec<_>>();
        let shown = rows().map(|row| (whole(row), row.denominator.is_some())).collect();
        sides.push((labels_of_whole(part), &part.of.only, shown));
    }
    sides.into_iter().all(|(labels, only, shown)| {
        let names: Vec<&str> = labels.iter().map(String::as_str).collect();
        let sums = cube.sums(&names, only);
        let mut altered = BTreeSet::new();
        for change in changes {
            for (values, by) in net(cube, change, &labels, only) {
                let key: Vec<&str> = values.iter().map(String::as_str).collect();
                let left = sums.get(&key).copied().unwrap_or_default().checked_add_signed(by);
                match shown.get(&values) {
                    Some(false) if left.is_some() => altered.insert(values),
                    // What has no row counts nothing in this table.
                    _ => return false,
                };
            }
        }
        shown.iter().all(|(values, &shown)| shown || altered.contains(values))
    })
}

/// What a change does to the sums by some labels.
fn net(cube: &Cube, change: &Change, by: &[String], only: &Only) -> BTreeMap<Vec<String>, i64> {
    let place = |label: &String| cube.keys.iter().position(|known| known == label);
    let places: Vec<_> = by.iter().map(place).collect();
    let mut sums = BTreeMap::<Vec<String>, i64>::new();
    for (labels, n) in change {
        let label = |at: Option<usize>| at.and_then(|at| labels.get(at)).cloned().unwrap_or_default();
        if only.iter().all(|(name, values)| place(name).is_some() && values.contains(&label(place(name)))) {
            *sums.entry(places.iter().map(|&at| label(at)).collect()).or_default() += n;
        }
    }
    sums.retain(|_, n| *n != 0);
    sums
}
