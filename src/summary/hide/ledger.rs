//! The numbers that are published of one cube, and which of its counts each is the sum of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::summary::partial::Cube;
use crate::summary::spec::Only;

/// One count of the cube.
pub(super) struct Atom<'a> {
    pub(super) labels: Vec<&'a str>,
    pub(super) n: u64,
}

/// A sum of counts.
pub(super) struct Number {
    pub(super) value: u64,
    pub(super) atoms: Vec<usize>,
    /// Whether it stands in a table.
    pub(super) shown: bool,
    /// Known besides from elsewhere, so that it must not change.
    pub(super) fixed: bool,
}

/// Numbers that are shares of a whole.
pub(super) struct Stratum {
    pub(super) whole: usize,
    pub(super) rows: Vec<usize>,
}

/// What is summed: labels and the values of others that count.
type Grouping<'a> = (Vec<String>, &'a Only);

pub(super) struct Ledger<'a> {
    pub(super) keys: &'a [String],
    pub(super) atoms: Vec<Atom<'a>>,
    pub(super) numbers: Vec<Number>,
    pub(super) strata: Vec<Stratum>,
    /// The numbers that a count is part of.
    pub(super) of_atom: Vec<Vec<usize>>,
    groupings: BTreeMap<Grouping<'a>, HashMap<Vec<&'a str>, usize>>,
    same: HashMap<Vec<usize>, usize>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(cube: &'a Cube) -> Self {
        let atoms = cube.rows.iter().map(|(labels, &n)| Atom {
            labels: labels.iter().map(String::as_str).collect(),
            n,
        });
        let atoms: Vec<Atom> = atoms.collect();
        let of_atom = vec![Vec::new(); atoms.len()];
        Self {
            keys: &cube.keys,
            atoms,
            numbers: Vec::new(),
            strata: Vec::new(),
            of_atom,
            groupings: BTreeMap::new(),
            same: HashMap::new(),
        }
    }

    pub(super) fn places(&self, labels: &[String]) -> Vec<Option<usize>> {
        labels.iter().map(|label| self.keys.iter().position(|known| known == label)).collect()
    }

    /// The labels of a count at some places, empty where the cube lacks one.
    pub(super) fn values(&self, atom: usize, places: &[Option<usize>]) -> Vec<&'a str> {
        places.iter().map(|at| at.map_or("", |at| self.atoms[atom].labels[at])).collect()
    }

    /// Publishes all sums by some labels; numbers of the same counts are one.
    pub(super) fn publish(&mut self, labels: &[String], only: &'a Only) {
        let grouping = (labels.to_vec(), only);
        if !self.groupings.contains_key(&grouping) {
            let sums = self.sums(labels, only);
            let numbers = sums.into_iter().map(|(values, atoms)| (values, self.show(atoms))).collect();
            self.groupings.insert(grouping, numbers);
        }
    }

    /// The published sums, by what was summed.
    pub(super) fn groupings(&self) -> impl Iterator<Item = (&Grouping<'a>, &HashMap<Vec<&'a str>, usize>)> {
        self.groupings.iter()
    }

    /// Sums by these labels are known from elsewhere.
    pub(super) fn fix(&mut self, labels: &[String]) {
        static ALL: Only = Only::new();
        for atoms in self.sums(labels, &ALL).into_values() {
            let number = self.number(atoms);
            self.numbers[number].fixed = true;
        }
    }

    /// Puts published sums under others that they are shares of, whose labels are among theirs.
    pub(super) fn pair(&mut self, rows: (&[String], &'a Only), of: (&[String], &'a Only)) {
        let find = |(labels, only): (&[String], &'a Only)| self.groupings.get(&(labels.to_vec(), only));
        let (Some(numbers), Some(wholes)) = (find(rows), find(of)) else { return };
        let places: Vec<Option<usize>> =
            of.0.iter().map(|label| rows.0.iter().position(|known| known == label)).collect();
        let mut strata = BTreeMap::<usize, BTreeSet<usize>>::new();
        for (values, &number) in numbers {
            let whole: Vec<&str> = places.iter().map(|at| at.map_or("", |at| values[at])).collect();
            if let Some(&whole) = wholes.get(&whole) {
                strata.entry(whole).or_default().insert(number);
            }
        }
        let strata = strata.into_iter().map(|(whole, rows)| Stratum { whole, rows: rows.into_iter().collect() });
        self.strata.extend(strata);
    }

    fn sums(&self, labels: &[String], only: &Only) -> BTreeMap<Vec<&'a str>, Vec<usize>> {
        let places = self.places(labels);
        let only: Vec<_> = only
            .iter()
            .map(|(label, values)| (self.keys.iter().position(|known| known == label), values))
            .collect();
        let mut sums = BTreeMap::<Vec<&str>, Vec<usize>>::new();
        for (at, atom) in self.atoms.iter().enumerate() {
            let counts = |(place, values): &(Option<usize>, &Vec<String>)| {
                place.is_some_and(|place| values.iter().any(|value| value == atom.labels[place]))
            };
            if only.iter().all(counts) {
                sums.entry(self.values(at, &places)).or_default().push(at);
            }
        }
        sums
    }

    fn show(&mut self, atoms: Vec<usize>) -> usize {
        let number = self.number(atoms);
        self.numbers[number].shown = true;
        number
    }

    fn number(&mut self, atoms: Vec<usize>) -> usize {
        if let Some(&known) = self.same.get(&atoms) {
            return known;
        }
        let value = atoms.iter().map(|&atom| self.atoms[atom].n).sum();
        let number = self.numbers.len();
        for &atom in &atoms {
            self.of_atom[atom].push(number);
        }
        self.same.insert(atoms.clone(), number);
        self.numbers.push(Number { value, atoms, shown: false, fixed: false });
        number
    }
}
