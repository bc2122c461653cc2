//! What a run says of a record, kept for the records to come that are like it.
//!
//! Records with one key come to the same, and many keys do so as well: what is said is kept once for all of them.

use std::collections::HashMap;
use std::hash::Hasher;

use rustc_hash::{FxBuildHasher, FxHasher};

use super::keys::Keys;
use super::tallies::{AgreementId, KindId};
use crate::audit::Finding;
use crate::knowledge::SchemaId;
use crate::output::{RecordsEncoder, RowCells, Vocabulary};
use crate::staging::Staged;
use crate::summary::{Moved, Tally};

/// Everything that a run says of a record and that does not depend on its key, its line, or its texts; but for
/// its cells, which stand beside.
pub(super) struct Judged {
    /// With what each expects.
    pub(super) findings: Vec<(Finding, String)>,
    /// Where the stage comes from, if there are findings.
    pub(super) why: String,
    pub(super) tally: Tally,
    /// How it is counted among the patients.
    pub(super) kind: KindId,
    /// How recorded and derived stage compare.
    pub(super) agreement: AgreementId,
    /// Its levels under the profiles beside the one that applies, and under its lower numbers of lesions.
    pub(super) profiles: Vec<(&'static str, &'static str)>,
    /// Its moves to the further editions.
    pub(super) moved: Vec<Moved>,
    /// For the rule that asks about a patient's other tumors; none where it does not ask about this one.
    pub(super) tumor: Option<TumorTraits>,
    /// The stage itself, where SEER's answers are held against it.
    pub(super) staged: Option<Box<Staged>>,
}

/// What of a judgement is asked for every record of which it is said: little, so that many are at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brief {
    /// Records of which it was said.
    pub(super) records: u64,
    pub(super) kind: KindId,
    pub(super) agreement: AgreementId,
    pub(super) schema: Option<SchemaId>,
    pub(super) tumor: Option<TumorTraits>,
    pub(super) has_findings: bool,
}

/// What of a tumor matters beside its site, histology and date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TumorTraits {
    pub(super) metastatic: bool,
    pub(super) confirmed: bool,
}

impl Judged {
    fn brief(&self) -> Brief {
        Brief {
            records: 1,
            kind: self.kind,
            agreement: self.agreement,
            schema: self.tally.schema,
            tumor: self.tumor,
            has_findings: !self.findings.is_empty(),
        }
    }

    /// Whether the same is said, of whatever records.
    fn says_the_same(&self, other: &Self) -> bool {
        self.staged.is_none()
            && other.staged.is_none()
            && self.kind == other.kind
            && self.tally == other.tally
            && self.findings == other.findings
            && self.profiles == other.profiles
            && self.moved == other.moved
            && self.tumor == other.tumor
    }
}

/// The form in which new cells are kept until they are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// As the end of a line of text.
    LineEnds,
    /// As the numbers of texts.
    Numbers,
}

/// Judgements with their cells.
#[derive(Default)]
struct Judgements {
    judged: Vec<Judged>,
    briefs: Vec<Brief>,
    lines: Vec<u8>,
    line_ends: Vec<usize>,
    numbers: Vec<u32>,
}

impl Judgements {
    fn line_end(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).and_then(|above| self.line_ends.get(above)).copied().unwrap_or(0);
        let end = self.line_ends.get(at).copied().unwrap_or(start);
        self.lines.get(start..end).unwrap_or_default()
    }

    fn numbers(&self, at: usize) -> &[u32] {
        let width = self.numbers.len().checked_div(self.judged.len()).unwrap_or(0);
        self.numbers.get(at * width..(at + 1) * width).unwrap_or_default()
    }

    /// Removes the last one; its records.
    fn remove_last(&mut self) -> u64 {
        let width = self.numbers.len().checked_div(self.judged.len()).unwrap_or(0);
        self.numbers.truncate(self.numbers.len() - width);
        self.line_ends.pop();
        self.lines.truncate(self.line_ends.last().copied().unwrap_or(0));
        self.judged.pop();
        self.briefs.pop().map_or(0, |brief| brief.records)
    }

    fn count(&self, mut each: impl FnMut(&Judged, u64)) {
        self.judged.iter().zip(&self.briefs).for_each(|(judged, brief)| each(judged, brief.records));
    }

    fn clear(&mut self) {
        self.judged.clear();
        self.briefs.clear();
        self.lines.clear();
        self.line_ends.clear();
        self.numbers.clear();
    }
}

/// Where a judgement is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum At {
    /// Among those that are kept.
    Kept(usize),
    /// Among those of one block of records, which are of no use to others.
    Alone(usize),
}

/// Judgements by the key of the record. As each follows from its key alone, the result is the same whatever
/// is kept.
pub(super) struct Memo {
    form: Form,
    keys: Keys,
    /// For each key, its judgement among those that are kept.
    of_key: Vec<u32>,
    /// Judgements by a hash over their cells.
    by_hash: HashMap<u64, u32, FxBuildHasher>,
    vocabulary: Vocabulary,
    kept: Judgements,
    alone: Judgements,
    most: Most,
}

/// How much a memo keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Most {
    pub(super) keys: usize,
    pub(super) judgements: usize,
}

/// Bytes of different texts that a memo may hold.
const MOST_TEXT: usize = 8 << 20;

impl Memo {
    /// A memo that keeps so many.
    pub(super) fn new(form: Form, most: Most) -> Self {
        Self {
            form,
            keys: Keys::default(),
            of_key: Vec::new(),
            by_hash: HashMap::default(),
            vocabulary: Vocabulary::default(),
            kept: Judgements::default(),
            alone: Judgements::default(),
            most,
        }
    }

    /// Where the judgement of a key is kept, if it is.
    pub(super) fn find(&self, key: &[u16]) -> Option<At> {
        Some(At::Kept(*self.of_key.get(self.keys.find(key)?)? as usize))
    }

    /// Where the judgements of some keys are kept. One look-up does not wait for another, so that the processor
    /// waits for many places of memory at once.
    pub(super) fn find_all<'k>(&self, keys: impl Iterator<Item = &'k [u16]>, found: &mut Vec<Option<At>>) {
        found.clear();
        found.extend(keys.map(|key| self.find(key)));
    }

    /// Counts a further record of which a judgement was said; what of it is asked for every record.
    pub(super) fn again(&mut self, at: At) -> Option<Brief> {
        let (judgements, at) = match at {
            At::Kept(at) => (&mut self.kept, at),
            At::Alone(at) => (&mut self.alone, at),
        };
        let brief = judgements.briefs.get_mut(at)?;
        brief.records += 1;
        Some(*brief)
    }

    fn place(&self, at: At) -> (&Judgements, usize) {
        match at {
            At::Kept(at) => (&self.kept, at),
            At::Alone(at) => (&self.alone, at),
        }
    }

    /// A judgement.
    pub(super) fn get(&self, at: At) -> Option<&Judged> {
        let (judgements, at) = self.place(at);
        judgements.judged.get(at)
    }

    /// What of a judgement is asked for every record.
    pub(super) fn brief(&self, at: At) -> Option<&Brief> {
        let (judgements, at) = self.place(at);
        judgements.briefs.get(at)
    }

    /// The new cells as the end of a line.
    pub(super) fn line_end(&self, at: At) -> &[u8] {
        let (judgements, at) = self.place(at);
        judgements.line_end(at)
    }

    /// The new cells as numbers of texts.
    pub(super) fn numbers(&self, at: At) -> &[u32] {
        let (judgements, at) = self.place(at);
        judgements.numbers(at)
    }

    /// The texts of the numbers.
    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Whether there is no room.
    pub(super) fn is_full(&self) -> bool {
        self.of_key.len() >= self.most.keys
            || self.kept.judged.len() >= self.most.judgements
            || self.vocabulary.bytes() >= MOST_TEXT
    }

    /// Keeps a judgement with its cells: by its key, or until the end of the block where it has none.
    pub(super) fn keep(
        &mut self,
        key: Option<&[u16]>,
        judged: Judged,
        cells: &RowCells,
        encoder: &RecordsEncoder,
    ) -> At {
        let into = if key.is_some() { &mut self.kept } else { &mut self.alone };
        match self.form {
            Form::LineEnds => {
                encoder.line_end(cells, &mut into.lines);
                into.line_ends.push(into.lines.len());
            }
            Form::Numbers => self.vocabulary.number(cells, &mut into.numbers),
        }
        let at = into.judged.len();
        into.briefs.push(judged.brief());
        into.judged.push(judged);
        let Some(key) = key else { return At::Alone(at) };
        let at = self.merge_last(at);
        self.keys.insert(key);
        self.of_key.push(at as u32);
        At::Kept(at)
    }

    /// Where the same as the last judgement that is kept is said already, that one takes its place.
    fn merge_last(&mut self, last: usize) -> usize {
        let kept = &mut self.kept;
        let hash = match self.form {
            Form::LineEnds => hash(|hasher| hasher.write(kept.line_end(last))),
            Form::Numbers => {
                hash(|hasher| kept.numbers(last).iter().for_each(|number| hasher.write_u32(*number)))
            }
        };
        let known = *self.by_hash.entry(hash).or_insert(last as u32) as usize;
        if known == last {
            return last;
        }
        let same = kept.line_end(known) == kept.line_end(last)
            && kept.numbers(known) == kept.numbers(last)
            && matches!((kept.judged.get(known), kept.judged.get(last)), (Some(a), Some(b)) if a.says_the_same(b));
        if !same {
            // Records to come are more likely to be like the later one.
            self.by_hash.insert(hash, last as u32);
            return last;
        }
        let records = kept.remove_last();
        if let Some(brief) = kept.briefs.get_mut(known) {
            brief.records += records;
        }
        known
    }

    /// Ends a block: hands out what is of no use to later records with its number of records, to be counted.
    pub(super) fn end_block(&mut self, each: impl FnMut(&Judged, u64)) {
        self.alone.count(each);
        self.alone.clear();
    }

    /// Hands out all that is kept, to be counted, and counts its records anew from here on.
    pub(super) fn settle(&mut self, each: impl FnMut(&Judged, u64)) {
        self.kept.count(each);
        self.kept.briefs.iter_mut().for_each(|brief| brief.records = 0);
    }

    /// Forgets all, and hands it out to be counted.
    pub(super) fn forget(&mut self, each: impl FnMut(&Judged, u64)) {
        self.kept.count(each);
        self.kept.clear();
        self.keys.clear();
        self.of_key.clear();
        self.by_hash.clear();
        self.vocabulary = Vocabulary::default();
    }
}

fn hash(write: impl FnOnce(&mut FxHasher)) -> u64 {
    let mut hasher = FxHasher::default();
    write(&mut hasher);
    hasher.finish()
}
