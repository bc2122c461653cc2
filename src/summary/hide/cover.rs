//! Which numbers of a cube are hidden: for each that is too small a change of one or two records that alters
//! it, together with every other number that the change alters.
//!
//! Whoever sees the tables cannot tell the true counts from the changed ones, so none of these numbers can be
//! worked out, whatever the way. Hiding more never takes that away, so that one pass is enough.

use std::collections::HashSet;

use super::ledger::{Ledger, Stratum};
use super::places::{Change, Places};
use super::release::CubeForm;

/// Counts that a change of a number is looked for at.
const MOST_COUNTS: usize = 64;

/// What is hidden of a cube.
pub(super) struct Cover {
    /// By number.
    pub(super) hidden: Vec<bool>,
    pub(super) changes: Vec<Change>,
    /// Counts behind numbers for which there is no change.
    pub(super) failed: Vec<Vec<usize>>,
}

/// Chooses what is hidden so that no number from 1 up to below `least` is shown or can be worked out.
pub(super) fn cover(ledger: &mut Ledger, form: &CubeForm, least: u64) -> Cover {
    let places = form.swaps.iter().map(|swap| Places::new(ledger, swap, form.pool.as_deref())).collect();
    let numbers = ledger.numbers.len();
    let mut search = Search {
        ledger,
        least,
        places,
        hidden: vec![false; numbers],
        altered: vec![false; numbers],
        net: vec![0; numbers],
        changes: Vec::new(),
        failed: Vec::new(),
    };
    let secrets: Vec<usize> = (0..numbers).filter(|&at| search.is_small(at)).collect();
    for &secret in &secrets {
        search.hidden[secret] = true;
    }
    for secret in secrets {
        if !search.altered[secret] {
            let atoms = search.ledger.numbers[secret].atoms.clone();
            search.alter(&atoms, |net| net[secret] != 0);
        }
    }
    search.hide_remainders();
    Cover { hidden: search.hidden, changes: search.changes, failed: search.failed }
}

struct Search<'a, 'b> {
    ledger: &'b mut Ledger<'a>,
    least: u64,
    places: Vec<Places<'a>>,
    hidden: Vec<bool>,
    /// Whether a change alters it.
    altered: Vec<bool>,
    /// By how much a change alters each number, 0 between two changes.
    net: Vec<i64>,
    changes: Vec<Change>,
    failed: Vec<Vec<usize>>,
}

impl<'a> Search<'a, '_> {
    fn is_small(&self, number: usize) -> bool {
        let number = &self.ledger.numbers[number];
        !number.fixed && (1..self.least).contains(&number.value)
    }

    /// Makes a change at one of some counts and hides what it alters; the one that hides the least.
    fn alter(&mut self, atoms: &[usize], wanted: impl Fn(&[i64]) -> bool) -> bool {
        let mut starts = atoms.to_vec();
        starts.sort_by_key(|&atom| (self.ledger.atoms[atom].n, atom));
        starts.truncate(MOST_COUNTS);
        let mut best = None;
        for at in 0..self.places.len() {
            self.look(at, &starts, &mut best, &wanted);
            // Where much would be hidden, a 0 is hidden instead.
            if best.as_ref().is_none_or(|(cost, _)| *cost >= self.least) {
                for &atom in &starts {
                    for labels in self.places[at].zeros(self.ledger, atom) {
                        self.add_zero(labels);
                    }
                }
                self.look(at, &starts, &mut best, &wanted);
            }
            if best.is_some() {
                break;
            }
        }
        let Some((_, change)) = best else {
            self.failed.push(starts);
            return false;
        };
        for number in self.touch(&change) {
            if self.net[number] != 0 {
                self.hidden[number] = true;
                self.altered[number] = true;
            }
            self.net[number] = 0;
        }
        self.changes.push(change);
        true
    }

    fn look(
        &mut self,
        at: usize,
        starts: &[usize],
        best: &mut Option<(u64, Change)>,
        wanted: &impl Fn(&[i64]) -> bool,
    ) {
        let places = self.places.swap_remove(at);
        for &atom in starts {
            if best.as_ref().is_some_and(|(cost, _)| *cost == 0) {
                break;
            }
            places.changes(atom, |change| {
                let most = best.as_ref().map_or(u64::MAX, |(cost, _)| *cost);
                if let Some(cost) = self.cost(change, most, wanted) {
                    *best = Some((cost, change.to_vec()));
                }
            });
        }
        self.places.push(places);
        let last = self.places.len() - 1;
        self.places.swap(at, last);
    }

    fn add_zero(&mut self, labels: Vec<&'a str>) {
        let atom = self.ledger.add_zero(labels);
        for places in &mut self.places {
            places.add(self.ledger, atom);
        }
        let numbers = self.ledger.numbers.len();
        self.hidden.resize(numbers, false);
        self.altered.resize(numbers, false);
        self.net.resize(numbers, 0);
    }

    /// Adds up what a change does to the numbers; those that it meets.
    fn touch(&mut self, change: &[(usize, i64)]) -> Vec<usize> {
        let mut touched = Vec::with_capacity(16);
        for &(atom, by) in change {
            for &number in &self.ledger.of_atom[atom] {
                self.net[number] += by;
                touched.push(number);
            }
        }
        touched
    }

    /// The records in the numbers that a change would hide, where it can be made and costs less than `most`.
    fn cost(&mut self, change: &[(usize, i64)], most: u64, wanted: &impl Fn(&[i64]) -> bool) -> Option<u64> {
        if change.iter().any(|&(atom, by)| self.ledger.atoms[atom].n.checked_add_signed(by).is_none()) {
            return None;
        }
        let touched = self.touch(change);
        let mut cost = wanted(&self.net).then_some(0_u64);
        for number in touched {
            if std::mem::take(&mut self.net[number]) == 0 {
                continue;
            }
            let of = &self.ledger.numbers[number];
            if of.fixed {
                cost = None;
            } else if !self.hidden[number] {
                cost = cost.map(|cost| cost + of.value.max(1));
            }
        }
        cost.filter(|&cost| cost < most)
    }

    /// What the shown rows of a stratum leave of a shown whole is a number, too.
    fn hide_remainders(&mut self) {
        for Stratum { whole, rows } in std::mem::take(&mut self.ledger.strata) {
            loop {
                let ledger = &self.ledger;
                let shown: Vec<usize> = rows.iter().copied().filter(|&row| !self.hidden[row]).collect();
                let sum: u64 = shown.iter().map(|&row| ledger.numbers[row].value).sum();
                let rest = ledger.numbers[whole].value.saturating_sub(sum);
                if self.hidden[whole] || !(1..self.least).contains(&rest) {
                    break;
                }
                let mut atoms = ledger.numbers[whole].atoms.clone();
                let in_shown: HashSet<usize> =
                    shown.iter().flat_map(|&row| ledger.numbers[row].atoms.iter().copied()).collect();
                atoms.retain(|atom| !in_shown.contains(atom));
                let alters = |net: &[i64]| net[whole] != shown.iter().map(|&row| net[row]).sum::<i64>();
                if !self.alter(&atoms, alters) {
                    break;
                }
            }
        }
    }
}
