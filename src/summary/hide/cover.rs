//! Which numbers of a cube are hidden: for each that is too small a change of one or two records that alters
//! it, together with every other number that the change alters.
//!
//! Whoever sees the tables cannot tell the true counts from the changed ones, so none of these numbers can be
//! worked out, whatever the way. Hiding more never takes that away, so that one pass is enough.

use std::collections::{HashMap, HashSet};

use super::ledger::{Ledger, Number, Stratum};
use super::release::Swap;

/// Counts and by how much each is altered.
pub(super) type Change = Vec<(usize, i64)>;

/// Counts that a change of a number is looked for at.
const MOST_COUNTS: usize = 64;

/// What is hidden of a cube.
pub(super) struct Cover {
    pub(super) hidden: Vec<bool>,
    pub(super) changes: Vec<Change>,
    /// Counts behind numbers for which there is no change.
    pub(super) failed: Vec<Vec<usize>>,
}

/// Counts by the labels that a swap leaves and takes.
struct Places {
    rows: Vec<Vec<usize>>,
    columns: Vec<Vec<usize>>,
    row_of: Vec<usize>,
    column_of: Vec<usize>,
    cells: HashMap<(usize, usize), Vec<usize>>,
}

impl Places {
    fn new(ledger: &Ledger, swap: &Swap) -> Self {
        let group = |labels: &[String]| {
            let places = ledger.places(&[&swap.within[..], labels].concat());
            let mut ids = HashMap::new();
            let mut members: Vec<Vec<usize>> = Vec::new();
            let of: Vec<usize> = (0..ledger.atoms.len())
                .map(|atom| {
                    let id = *ids.entry(ledger.values(atom, &places)).or_insert(members.len());
                    if id == members.len() {
                        members.push(Vec::new());
                    }
                    members[id].push(atom);
                    id
                })
                .collect();
            (members, of)
        };
        let (rows, row_of) = group(&swap.left);
        let (columns, column_of) = group(&swap.right);
        let mut cells = HashMap::<_, Vec<usize>>::new();
        for atom in 0..ledger.atoms.len() {
            cells.entry((row_of[atom], column_of[atom])).or_default().push(atom);
        }
        Self { rows, columns, row_of, column_of, cells }
    }

    /// Calls `each` with the changes that begin at a count.
    fn changes(&self, atom: usize, mut each: impl FnMut(&[(usize, i64)])) {
        let (row, column) = (self.row_of[atom], self.column_of[atom]);
        for &beside in &self.rows[row] {
            if self.column_of[beside] == column {
                continue;
            }
            each(&[(atom, 1), (beside, -1)]);
            each(&[(atom, -1), (beside, 1)]);
            for &below in &self.columns[column] {
                let across = (self.row_of[below], self.column_of[beside]);
                if across.0 == row {
                    continue;
                }
                for &across in self.cells.get(&across).into_iter().flatten() {
                    each(&[(atom, 1), (across, 1), (beside, -1), (below, -1)]);
                    each(&[(atom, -1), (across, -1), (beside, 1), (below, 1)]);
                }
            }
        }
    }
}

/// Chooses what is hidden so that no number from 1 up to below `least` is shown or can be worked out.
pub(super) fn cover(ledger: &Ledger, swaps: &[Swap], least: u64) -> Cover {
    let mut search = Search {
        ledger,
        places: swaps.iter().map(|swap| Places::new(ledger, swap)).collect(),
        hidden: vec![false; ledger.numbers.len()],
        altered: vec![false; ledger.numbers.len()],
        net: vec![0; ledger.numbers.len()],
        changes: Vec::new(),
        failed: Vec::new(),
    };
    let small = |value: u64| (1..least).contains(&value);
    let secret = |at: &usize| ledger.numbers[*at].shown && small(ledger.numbers[*at].value);
    let secrets: Vec<usize> = (0..ledger.numbers.len()).filter(secret).collect();
    for &secret in &secrets {
        search.hidden[secret] = true;
    }
    for secret in secrets {
        if !search.altered[secret] {
            let atoms = &ledger.numbers[secret].atoms;
            search.alter(atoms, |net| net[secret] != 0);
        }
    }
    search.hide_remainders(small);
    Cover { hidden: search.hidden, changes: search.changes, failed: search.failed }
}

struct Search<'a> {
    ledger: &'a Ledger<'a>,
    places: Vec<Places>,
    hidden: Vec<bool>,
    /// Whether a change alters it.
    altered: Vec<bool>,
    /// By how much a change alters each number, 0 between two changes.
    net: Vec<i64>,
    changes: Vec<Change>,
    failed: Vec<Vec<usize>>,
}

impl Search<'_> {
    /// Makes a change at one of some counts and hides what it alters; the one that hides the least.
    fn alter(&mut self, atoms: &[usize], wanted: impl Fn(&[i64]) -> bool) -> bool {
        let mut starts = atoms.to_vec();
        starts.sort_by_key(|&atom| (self.ledger.atoms[atom].n, atom));
        starts.truncate(MOST_COUNTS);
        let mut best: Option<(u64, Change)> = None;
        let places = std::mem::take(&mut self.places);
        for places in &places {
            for &atom in &starts {
                if best.as_ref().is_some_and(|(cost, _)| *cost == 0) {
                    break;
                }
                places.changes(atom, |change| {
                    let most = best.as_ref().map_or(u64::MAX, |(cost, _)| *cost);
                    if let Some(cost) = self.cost(change, most, &wanted) {
                        best = Some((cost, change.to_vec()));
                    }
                });
            }
            if best.is_some() {
                break;
            }
        }
        self.places = places;
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
    fn cost(
        &mut self,
        change: &[(usize, i64)],
        most: u64,
        wanted: &impl Fn(&[i64]) -> bool,
    ) -> Option<u64> {
        if change.iter().any(|&(atom, by)| by < 0 && self.ledger.atoms[atom].n == 0) {
            return None;
        }
        let touched = self.touch(change);
        let mut cost = Some(0_u64);
        if !wanted(&self.net) {
            cost = None;
        }
        for number in touched {
            let net = std::mem::take(&mut self.net[number]);
            let &Number { value, fixed, shown, .. } = &self.ledger.numbers[number];
            // A row that stands in a table tells that there is at least one record.
            if net != 0 && (fixed || shown && value.saturating_add_signed(net) == 0) {
                cost = None;
            } else if net != 0 && !self.hidden[number] {
                cost = cost.map(|cost| cost + value);
            }
        }
        cost.filter(|&cost| cost < most)
    }

    /// What the shown rows of a stratum leave of a shown whole is a number, too.
    fn hide_remainders(&mut self, small: impl Fn(u64) -> bool) {
        let ledger = self.ledger;
        for Stratum { whole, rows } in &ledger.strata {
            loop {
                let shown: Vec<usize> = rows.iter().copied().filter(|&row| !self.hidden[row]).collect();
                let sum: u64 = shown.iter().map(|&row| ledger.numbers[row].value).sum();
                if self.hidden[*whole] || !small(ledger.numbers[*whole].value.saturating_sub(sum)) {
                    break;
                }
                let mut atoms = ledger.numbers[*whole].atoms.clone();
                let in_shown: HashSet<usize> =
                    shown.iter().flat_map(|&row| ledger.numbers[row].atoms.iter().copied()).collect();
                atoms.retain(|atom| !in_shown.contains(atom));
                let alters =
                    |net: &[i64]| net[*whole] != shown.iter().map(|&row| net[row]).sum::<i64>();
                if !self.alter(&atoms, alters) {
                    break;
                }
            }
        }
    }
}
