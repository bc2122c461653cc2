//! Small cells: which numbers of the tables are hidden so that none below a limit can be read or worked out.
//!
//! Some labels are left out and rare values put together ([`coarse`]); then every number that is too small is
//! hidden together with those that a change of one or two records would alter as well ([`cover`]). The true
//! tables and the changed ones look the same, so a hidden number cannot be told, whatever is added and
//! subtracted. [`check`] sees to it once more, with code of its own.

mod check;
mod coarse;
mod cover;
mod ledger;
mod places;
mod release;

use std::collections::{BTreeMap, BTreeSet, HashSet};

pub(crate) use self::coarse::POOLED;
use self::coarse::{Coarse, coarsen, place, pool_more};
use self::cover::{Cover, cover};
use self::ledger::Ledger;
use self::release::{CubeForm, RELEASE};
use super::Partial;
use super::spec::{FORMS, Form, Only, Part};
use super::tables::Row;

/// What is too small to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SmallCells {
    /// Numbers of records from 1 up to below this are hidden, and what they could be worked out from.
    pub count: u64,
    /// Percents and rates of fewer records than this are not shown.
    pub rate: u64,
}

/// Attempts to put more values together before the tables of a cube are left out.
const MOST_ROUNDS: u32 = 24;

/// What can be given away of some counts.
pub(super) struct Release {
    /// The coarser counts; those that could not be made safe are left out.
    pub(super) partial: Partial,
    settled: BTreeMap<String, Settled>,
}

/// What is hidden of one cube.
#[derive(Default)]
struct Settled {
    /// Values of the hidden sums, by the labels and what counts.
    hidden: BTreeMap<(Vec<String>, Only), HashSet<Vec<String>>>,
    /// Changes that nobody sees, by the labels of the counts.
    changes: Vec<Vec<(Vec<String>, i64)>>,
    /// Labels whose sums no change may alter.
    links: Vec<Vec<String>>,
    /// Whether more was put together here than in other cubes.
    pooled: bool,
}

impl Release {
    /// Chooses what is hidden so that no number from 1 up to below `least` is shown or can be worked out.
    pub(super) fn of(partial: &Partial, least: u64) -> Self {
        let mut cubes = coarsen(|name| partial.cube(name), least);
        let keys: Vec<(String, Vec<String>)> =
            cubes.iter().map(|(name, cube)| (name.clone(), cube.keys.clone())).collect();
        let keys: BTreeMap<&str, Vec<&str>> = keys
            .iter()
            .map(|(name, keys)| (name.as_str(), keys.iter().map(String::as_str).collect()))
            .collect();
        let mut settled = BTreeMap::new();
        for form in &RELEASE.cubes {
            let Some(cube) = cubes.get_mut(&form.name) else { continue };
            match settle(form, cube, RELEASE.links(&keys, form), least) {
                Some(done) => {
                    settled.insert(form.name.clone(), done);
                }
                None => {
                    cubes.remove(&form.name);
                }
            }
        }
        let cubes = cubes.into_iter().map(|(name, cube)| (name, cube.cube())).collect();
        Self { partial: partial.with(cubes), settled }
    }

    /// Hides what is to be hidden in the rows of all tables.
    pub(super) fn hide(&self, forms: &mut [(&Form, Vec<Row>)]) {
        for (form, rows) in forms {
            for row in rows.iter_mut() {
                let part = &form.parts[row.part()];
                let (hide_n, hide_whole) = (self.hides_n(form, part, row), self.hides_whole(part, row));
                row.hidden = hide_n || hide_whole;
                if hide_n {
                    row.n = None;
                }
                if hide_whole {
                    row.denominator = None;
                }
            }
        }
    }

    fn hides_n(&self, form: &Form, part: &Part, row: &Row) -> bool {
        let Some(settled) = self.settled.get(&part.cube) else { return true };
        let labels: Vec<String> = form.keys(part).iter().map(|(_, label)| (*label).to_owned()).collect();
        settled.hides(labels, &part.only, &own_values(form, part, row))
    }

    fn hides_whole(&self, part: &Part, row: &Row) -> bool {
        let of = part.of.cube.as_ref().unwrap_or(&part.cube);
        let Some(settled) = self.settled.get(of) else { return true };
        // What is put together here is something else there.
        let elsewhere = *of != part.cube && self.settled.get(&part.cube).is_some_and(|own| own.pooled);
        let values: Vec<String> = row.whole().iter().map(|&value| value.to_owned()).collect();
        (elsewhere && values.iter().any(|value| value == POOLED))
            || settled.hides(labels_of_whole(part), &part.of.only, &values)
    }

    /// Cubes of which something hidden can be told, by another way of reckoning.
    pub(super) fn broken(&self, forms: &[(&Form, Vec<Row>)]) -> BTreeSet<String> {
        let broken = self.settled.iter().filter(|(name, settled)| {
            !check::holds(self.partial.cube(name), name, &settled.changes, &settled.links, forms)
        });
        broken.map(|(name, _)| name.clone()).collect()
    }

    /// Leaves cubes out, with the tables that are made of them.
    pub(super) fn leave_out(&mut self, names: &BTreeSet<String>) {
        self.settled.retain(|name, _| !names.contains(name));
        let kept = self.settled.keys().map(|name| (name.clone(), self.partial.cube(name).clone())).collect();
        self.partial = self.partial.with(kept);
    }
}

impl Settled {
    fn hides(&self, labels: Vec<String>, only: &Only, values: &[String]) -> bool {
        self.hidden.get(&(labels, only.clone())).is_some_and(|hidden| hidden.contains(values))
    }
}

/// The labels of a row in the order in which its part names them.
fn own_values(form: &Form, part: &Part, row: &Row) -> Vec<String> {
    let value = |name: &str| {
        let at = form.labels.iter().position(|label| label == name);
        at.and_then(|at| row.labels.get(at)).map_or(String::new(), |label| (*label).to_owned())
    };
    form.keys(part).iter().map(|&(name, _)| value(name)).collect()
}

fn labels_of_whole(part: &Part) -> Vec<String> {
    part.of.by.iter().map(|name| part.from.get(name).unwrap_or(name).clone()).collect()
}

/// What is published of a cube.
fn ledger<'a>(name: &str, cube: &'a Coarse, links: &[Vec<String>]) -> Ledger<'a> {
    let mut ledger = Ledger::new(cube);
    for form in FORMS.iter().filter(|form| !form.detail) {
        for part in form.parts.iter().filter(|part| part.is_in(true)) {
            let labels: Vec<String> = form.keys(part).iter().map(|(_, label)| (*label).to_owned()).collect();
            let of = labels_of_whole(part);
            let own = part.cube == name;
            let own_whole = part.of.cube.as_ref().unwrap_or(&part.cube) == name;
            if own {
                ledger.publish(&labels, &part.only);
            }
            if own_whole {
                ledger.publish(&of, &part.of.only);
            }
            if own && own_whole {
                ledger.pair((&labels, &part.only), (&of, &part.of.only));
            }
        }
    }
    for link in links {
        ledger.fix(link);
    }
    ledger
}

/// Chooses what of a cube is hidden; where something stays too small, more values are put together. None where
/// that does not help.
fn settle(form: &CubeForm, cube: &mut Coarse, links: Vec<Vec<String>>, least: u64) -> Option<Settled> {
    for round in 0..MOST_ROUNDS {
        let mut ledger = ledger(&form.name, cube, &links);
        let done = cover(&mut ledger, form, least);
        if done.failed.is_empty() {
            let settled = settled(&ledger, &done, links, round > 0);
            // A hidden 0 has a row as every hidden number.
            for (labels, _) in settled.changes.iter().flatten() {
                cube.rows.entry(labels.clone()).or_default();
            }
            return Some(settled);
        }
        let label = form.pool.as_ref()?;
        let at = [Some(place(&cube.keys, label)?)];
        let mut wanted = BTreeSet::new();
        for atoms in &done.failed {
            let values: BTreeSet<&str> = atoms.iter().flat_map(|&atom| ledger.values(atom, &at)).collect();
            // A number over several of them is not changed by putting them together.
            let value = values.first().filter(|_| values.len() == 1)?;
            wanted.insert((*value).to_owned());
        }
        let all: BTreeSet<&str> = (0..ledger.atoms.len()).flat_map(|atom| ledger.values(atom, &at)).collect();
        if all.len() < 2 {
            return None;
        }
        wanted.extend(all.contains(POOLED).then(|| POOLED.to_owned()));
        pool_more(cube, label, &wanted, least << round.min(32));
    }
    None
}

fn settled(ledger: &Ledger, done: &Cover, links: Vec<Vec<String>>, pooled: bool) -> Settled {
    let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>();
    let mut hidden = BTreeMap::<_, HashSet<_>>::new();
    for grouping in &ledger.groupings {
        let numbers = grouping.numbers.iter().filter(|&(_, &number)| done.hidden[number]);
        let what = hidden.entry((grouping.labels.clone(), grouping.only.clone())).or_default();
        what.extend(numbers.map(|(values, _)| owned(values)));
    }
    let change = |change: &Vec<(usize, i64)>| {
        change.iter().map(|&(at, by)| (owned(&ledger.atoms[at].labels), by)).collect()
    };
    Settled { hidden, changes: done.changes.iter().map(change).collect(), links, pooled }
}

#[cfg(test)]
mod tests;
