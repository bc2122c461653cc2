//! The numbers that are published of one cube, and which of its counts each is the sum of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::coarse::Coarse;
use crate::summary::spec::Only;

/// One count of the cube; 0 where nothing has these labels.
pub(super) struct Atom<'a> {
    pub(super) labels: Vec<&'a str>,
    pub(super) n: u64,
}

/// A sum of counts.
pub(super) struct Number {
    pub(super) value: u64,
    /// The counts that are not 0.
    pub(super) atoms: Vec<usize>,
    /// Known besides from elsewhere, so that it must not change.
    pub(super) fixed: bool,
}

/// Numbers that are shares of a whole.
pub(super) struct Stratum {
    pub(super) whole: usize,
    pub(super) rows: Vec<usize>,
}

/// Sums by some labels of what has certain values of others.
pub(super) struct Grouping<'a> {
    pub(super) labels: Vec<String>,
    pub(super) only: &'a Only,
    fixed: bool,
    pub(super) numbers: HashMap<Vec<&'a str>, usize>,
}

pub(super) struct Ledger<'a> {
    pub(super) keys: &'a [String],
    pub(super) atoms: Vec<Atom<'a>>,
    pub(super) numbers: Vec<Number>,
    pub(super) strata: Vec<Stratum>,
    /// The numbers that a count is part of.
    pub(super) of_atom: Vec<Vec<usize>>,
    pub(super) groupings: Vec<Grouping<'a>>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(cube: &'a Coarse) -> Self {
        let atoms = cube
            .rows
            .iter()
            .map(|(labels, &n)| Atom { labels: labels.iter().map(String::as_str).collect(), n });
        let atoms: Vec<Atom> = atoms.collect();
        let of_atom = vec![Vec::new(); atoms.len()];
        Self {
            keys: &cube.keys,
            atoms,
            numbers: Vec::new(),
            strata: Vec::new(),
            of_atom,
            groupings: Vec::new(),
        }
    }

    /// Where some labels stand in the cube.
    pub(super) fn places(&self, labels: &[String]) -> Vec<Option<usize>> {
        labels.iter().map(|label| self.keys.iter().position(|known| known == label)).collect()
    }

    /// The labels of a count at some places, empty where the cube lacks one.
    pub(super) fn values(&self, atom: usize, places: &[Option<usize>]) -> Vec<&'a str> {
        places.iter().map(|at| at.map_or("", |at| self.atoms[atom].labels[at])).collect()
    }

    /// Publishes all sums by some labels.
    pub(super) fn publish(&mut self, labels: &[String], only: &'a Only) {
        if self.grouping(labels, only).is_none() {
            self.group(labels, only, false);
        }
    }

    /// Sums by these labels are known from elsewhere.
    pub(super) fn fix(&mut self, labels: &[String]) {
        static ALL: Only = Only::new();
        self.group(labels, &ALL, true);
    }

    fn grouping(&self, labels: &[String], only: &Only) -> Option<&Grouping<'a>> {
        self.groupings.iter().find(|known| !known.fixed && known.labels == labels && known.only == only)
    }

    fn group(&mut self, labels: &[String], only: &'a Only, fixed: bool) {
        let grouping = Grouping { labels: labels.to_vec(), only, fixed, numbers: HashMap::new() };
        self.groupings.push(grouping);
        for atom in 0..self.atoms.len() {
            self.count(self.groupings.len() - 1, atom);
        }
    }

    /// Adds a count to the number of a grouping that it is part of.
    fn count(&mut self, grouping: usize, atom: usize) {
        let Grouping { labels, only, fixed, .. } = &self.groupings[grouping];
        let has = |(name, wanted): (&String, &Vec<String>)| {
            let at = self.keys.iter().position(|known| known == name);
            at.is_some_and(|at| wanted.iter().any(|value| value == self.atoms[atom].labels[at]))
        };
        if !only.iter().all(has) {
            return;
        }
        let values = self.values(atom, &self.places(labels));
        let (fixed, next) = (*fixed, self.numbers.len());
        let number = *self.groupings[grouping].numbers.entry(values).or_insert(next);
        if number == next {
            self.numbers.push(Number { value: 0, atoms: Vec::new(), fixed });
        }
        let n = self.atoms[atom].n;
        self.numbers[number].value += n;
        if n > 0 {
            self.numbers[number].atoms.push(atom);
        }
        self.of_atom[atom].push(number);
    }

    /// A count of 0 besides.
    pub(super) fn add_zero(&mut self, labels: Vec<&'a str>) -> usize {
        let atom = self.atoms.len();
        self.atoms.push(Atom { labels, n: 0 });
        self.of_atom.push(Vec::new());
        for grouping in 0..self.groupings.len() {
            self.count(grouping, atom);
        }
        atom
    }

    /// Puts published sums under others that they are shares of, whose labels are among theirs.
    pub(super) fn pair(&mut self, rows: (&[String], &Only), of: (&[String], &Only)) {
        let (Some(numbers), Some(wholes)) = (self.grouping(rows.0, rows.1), self.grouping(of.0, of.1)) else {
            return;
        };
        let places: Vec<Option<usize>> =
            of.0.iter().map(|label| rows.0.iter().position(|known| known == label)).collect();
        let mut strata = BTreeMap::<usize, BTreeSet<usize>>::new();
        for (values, &number) in &numbers.numbers {
            let whole: Vec<&str> = places.iter().map(|at| at.map_or("", |at| values[at])).collect();
            if let Some(&whole) = wholes.numbers.get(&whole) {
                strata.entry(whole).or_default().insert(number);
            }
        }
        let strata =
            strata.into_iter().map(|(whole, rows)| Stratum { whole, rows: rows.into_iter().collect() });
        self.strata.extend(strata);
    }
}
