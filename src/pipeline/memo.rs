//! What a run says of a record, kept for the records to come that are like it.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::codes::Filled;
use super::tallies::KindId;
use crate::audit::Finding;
use crate::output::RowCells;
use crate::staging::Staged;
use crate::summary::{Moved, Tally};

/// Everything that a run says of a record and that does not depend on its key, its line, or its texts.
pub(super) struct Judged {
    pub(super) cells: AddedCells,
    /// With what each expects.
    pub(super) findings: Vec<(Finding, String)>,
    pub(super) tally: Tally,
    /// How it is counted among the patients.
    pub(super) kind: KindId,
    /// Its levels under the profiles beside the one that applies.
    pub(super) profiles: Vec<(&'static str, &'static str)>,
    /// Its moves to the further editions.
    pub(super) moved: Vec<Moved>,
    /// The stage itself, where SEER's answers are held against it.
    pub(super) staged: Option<Box<Staged>>,
    /// What the fields of the record hold.
    pub(super) filled: Filled,
    /// Records of which it was said.
    pub(super) records: u64,
    /// The same by year of diagnosis.
    pub(super) years: Vec<(Option<u16>, u64)>,
}

impl Judged {
    /// One more record of which it is said.
    pub(super) fn again(&mut self, year: Option<u16>) {
        self.records += 1;
        match self.years.iter_mut().find(|(known, _)| *known == year) {
            Some((_, records)) => *records += 1,
            None => self.years.push((year, 1)),
        }
    }
}

/// The new cells of a record in the form in which they are written.
pub(super) enum AddedCells {
    /// As the end of a line of text.
    LineEnd(Vec<u8>),
    /// One by one.
    Cells(RowCells),
}

/// Judgements by the key of the record. As each follows from its key alone, the result is the same whatever
/// is kept.
pub(super) struct Memo {
    by_key: HashMap<Box<[u16]>, u32, FxBuildHasher>,
    kept: Vec<Judged>,
    most: usize,
}

impl Memo {
    /// A memo that keeps so many.
    pub(super) fn new(most: usize) -> Self {
        Self { by_key: HashMap::default(), kept: Vec::new(), most }
    }

    /// The judgement of a key, and where it is kept.
    pub(super) fn find(&mut self, key: &[u16]) -> Option<(usize, &mut Judged)> {
        let at = *self.by_key.get(key)? as usize;
        Some((at, self.kept.get_mut(at)?))
    }

    /// One that is kept.
    pub(super) fn get(&self, at: usize) -> Option<&Judged> {
        self.kept.get(at)
    }

    /// Whether there is no room.
    pub(super) fn is_full(&self) -> bool {
        self.kept.len() >= self.most
    }

    /// Keeps one; where.
    pub(super) fn keep(&mut self, key: &[u16], judged: Judged) -> usize {
        let at = self.kept.len();
        self.by_key.insert(key.into(), at as u32);
        self.kept.push(judged);
        at
    }

    /// Forgets all, and hands them out to be counted.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Judged> + '_ {
        self.by_key.clear();
        self.kept.drain(..)
    }
}
