//! Tumors of which the rules ask the same, numbered as records of them come.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::category::{Cell, Histology, Site};
use crate::fields::Field;
use crate::knowledge::{Asked, Rules, Spans, Steps};
use crate::staging::FACTORS;

/// Classes that are known at a time; a key has numbers for those of a further block of records.
const MOST: usize = 60_000;

/// The classes that have come so far.
pub(super) struct Tumors<'a> {
    rules: &'a Rules,
    steps: &'a Steps,
    /// The parts of a key: the field of each.
    parts: Vec<Field>,
    numbers: HashMap<Kind, u16, FxBuildHasher>,
    of_tumor: HashMap<(Cell<Site>, Cell<Histology>), u16, FxBuildHasher>,
    classes: Vec<Class>,
}

/// What makes a class: a site or histology without a value is asked about in ways of its own.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Kind {
    Asked(Asked),
    Lacking(Cell<Site>, Cell<Histology>),
}

/// Tumors of which the rules ask the same.
pub(super) struct Class {
    /// Years and ages between which nothing else holds.
    pub(super) spans: Spans,
    /// What counts of each part of a key: all of it or nothing.
    mask: Vec<u16>,
    /// What stands for it in other runs as well.
    lasting: [u8; 32],
}

impl<'a> Tumors<'a> {
    /// None yet; `parts` are the fields of the parts of a key.
    pub(super) fn new(rules: &'a Rules, steps: &'a Steps, parts: Vec<Field>) -> Self {
        Self {
            rules,
            steps,
            parts,
            numbers: HashMap::default(),
            of_tumor: HashMap::default(),
            classes: Vec::new(),
        }
    }

    /// Whether there are too many to go on.
    pub(super) fn is_full(&self) -> bool {
        self.classes.len() >= MOST
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.of_tumor.clear();
        self.classes.clear();
    }

    /// The number of the class of a tumor, and the class.
    pub(super) fn class(&mut self, site: Cell<Site>, histology: Cell<Histology>) -> (u16, &Class) {
        let number = match self.of_tumor.get(&(site, histology)) {
            Some(number) => *number,
            None => self.learn(site, histology),
        };
        (number, self.at(number))
    }

    /// A class by its number.
    pub(super) fn at(&self, number: u16) -> &Class {
        &self.classes[usize::from(number)]
    }

    #[cold]
    fn learn(&mut self, site: Cell<Site>, histology: Cell<Histology>) -> u16 {
        let kind = match (site, histology) {
            (Cell::Value(site), Cell::Value(histology)) => {
                Kind::Asked(self.rules.asked(site, histology, self.steps))
            }
            _ => Kind::Lacking(site, histology),
        };
        let next = self.classes.len() as u16;
        let number = *self.numbers.entry(kind).or_insert_with_key(|kind| {
            self.classes.push(Class::new(kind, &self.parts, self.steps));
            next
        });
        self.of_tumor.insert((site, histology), number);
        number
    }
}

impl Class {
    fn new(kind: &Kind, parts: &[Field], steps: &Steps) -> Self {
        let lasting = blake3::hash(format!("{kind:?}").as_bytes()).into();
        let Kind::Asked(asked) = kind else {
            return Self { spans: steps.all.clone(), mask: vec![u16::MAX; parts.len()], lasting };
        };
        let counts = |field: &Field| match field {
            Field::Sex => asked.sex,
            field => !FACTORS.contains(field) || asked.factors.contains(field),
        };
        let mask = parts.iter().map(|field| if counts(field) { u16::MAX } else { 0 }).collect();
        Self { spans: asked.spans.clone(), mask, lasting }
    }

    /// What counts of the parts from one on: all of each or nothing.
    pub(super) fn mask_from(&self, part: usize) -> &[u16] {
        self.mask.get(part..).unwrap_or_default()
    }

    /// Whether a part of a key counts.
    pub(super) fn counts(&self, part: usize) -> bool {
        self.mask.get(part).is_some_and(|mask| *mask > 0)
    }

    /// What stands for the class in other runs as well.
    pub(super) const fn lasting(&self) -> [u8; 32] {
        self.lasting
    }
}
