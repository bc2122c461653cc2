//! Which counts two records can change places between: a table of rows and columns within a context.

use std::collections::HashMap;

use super::ledger::Ledger;
use super::release::Swap;

/// Counts and by how much each is altered: one record moves, or two change places.
pub(super) type Change = Vec<(usize, i64)>;

/// Counts by the labels that a swap leaves and takes.
pub(super) struct Places<'a> {
    /// Places of the labels in the cube: of the context, the rows and the columns, and all others.
    within: Vec<Option<usize>>,
    left: Vec<Option<usize>>,
    right: Vec<Option<usize>>,
    others: Vec<usize>,
    /// Labels that tell the others: all but that which is put together.
    telling: Vec<usize>,
    told: HashMap<Vec<&'a str>, Vec<&'a str>>,
    contexts: Lines<'a>,
    rows: Lines<'a>,
    columns: Lines<'a>,
    cells: HashMap<(usize, usize), Vec<usize>>,
}

/// Groups of counts that have the same labels.
#[derive(Default)]
struct Lines<'a> {
    ids: HashMap<Vec<&'a str>, usize>,
    members: Vec<Vec<usize>>,
    of: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn add(&mut self, labels: Vec<&'a str>, atom: usize) {
        let next = self.members.len();
        let id = *self.ids.entry(labels).or_insert(next);
        if id == next {
            self.members.push(Vec::new());
        }
        self.members[id].push(atom);
        self.of.push(id);
    }

    fn with(&self, atom: usize) -> &[usize] {
        &self.members[self.of[atom]]
    }
}

impl<'a> Places<'a> {
    pub(super) fn new(ledger: &Ledger<'a>, swap: &Swap, pool: Option<&str>) -> Self {
        let [within, left, right] =
            [&swap.within, &swap.left, &swap.right].map(|labels| ledger.places(labels));
        let used: Vec<usize> = [&within, &left, &right].into_iter().flatten().copied().flatten().collect();
        let others = (0..ledger.keys.len()).filter(|at| !used.contains(at)).collect();
        let telling = used.into_iter().filter(|&at| Some(ledger.keys[at].as_str()) != pool).collect();
        let mut places = Self {
            within,
            left,
            right,
            others,
            telling,
            told: HashMap::new(),
            contexts: Lines::default(),
            rows: Lines::default(),
            columns: Lines::default(),
            cells: HashMap::new(),
        };
        for atom in 0..ledger.atoms.len() {
            places.add(ledger, atom);
        }
        places
    }

    pub(super) fn add(&mut self, ledger: &Ledger<'a>, atom: usize) {
        let line = |places: &[Option<usize>]| {
            let mut labels = ledger.values(atom, &self.within);
            labels.extend(ledger.values(atom, places));
            labels
        };
        let (context, row, column) = (line(&[]), line(&self.left), line(&self.right));
        self.contexts.add(context, atom);
        self.rows.add(row, atom);
        self.columns.add(column, atom);
        self.cells.entry((self.rows.of[atom], self.columns.of[atom])).or_default().push(atom);
        let labels = &ledger.atoms[atom].labels;
        let telling = self.telling.iter().map(|&at| labels[at]).collect();
        self.told.entry(telling).or_insert_with(|| self.others.iter().map(|&at| labels[at]).collect());
    }

    /// Changes that begin at a count, among counts that are known.
    pub(super) fn changes(&self, atom: usize, mut each: impl FnMut(&[(usize, i64)])) {
        for &beside in self.rows.with(atom) {
            if self.columns.of[beside] == self.columns.of[atom] {
                continue;
            }
            each(&[(atom, 1), (beside, -1)]);
            each(&[(atom, -1), (beside, 1)]);
            for &below in self.columns.with(atom) {
                let across = (self.rows.of[below], self.columns.of[beside]);
                if across.0 == self.rows.of[atom] {
                    continue;
                }
                for &across in self.cells.get(&across).into_iter().flatten() {
                    each(&[(atom, 1), (across, 1), (beside, -1), (below, -1)]);
                    each(&[(atom, -1), (across, -1), (beside, 1), (below, 1)]);
                }
            }
        }
    }

    /// Labels of counts of 0 that would allow further changes, each with the labels of the whole count.
    pub(super) fn zeros(&self, ledger: &Ledger<'a>, atom: usize) -> Vec<Vec<&'a str>> {
        let (row, column) = (self.rows.of[atom], self.columns.of[atom]);
        let mut wanted = Vec::new();
        for &across in self.contexts.with(atom).iter().filter(|&&across| ledger.atoms[across].n > 0) {
            wanted.push((row, self.columns.of[across]));
            wanted.push((self.rows.of[across], column));
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|cell| !self.cells.contains_key(cell));
        wanted.into_iter().filter_map(|(row, column)| self.labels(ledger, row, column)).collect()
    }

    /// The labels of a count where a row and a column cross, where it is known what its other labels are.
    fn labels(&self, ledger: &Ledger<'a>, row: usize, column: usize) -> Option<Vec<&'a str>> {
        let (of_row, of_column) = (*self.rows.members[row].first()?, *self.columns.members[column].first()?);
        let mut labels = ledger.atoms[of_row].labels.clone();
        for at in self.right.iter().copied().flatten() {
            labels[at] = ledger.atoms[of_column].labels[at];
        }
        let telling: Vec<&str> = self.telling.iter().map(|&at| labels[at]).collect();
        if !self.others.is_empty() {
            for (&at, &label) in self.others.iter().zip(self.told.get(&telling)?) {
                labels[at] = label;
            }
        }
        Some(labels)
    }
}
