//! What a run says of a record, kept for the records to come that are like it.

use super::keys::Keys;
use super::tallies::{AgreementId, KindId};
use crate::audit::{Finding, Tumor};
use crate::output::{RecordsEncoder, RowCells, Vocabulary};
use crate::staging::Staged;
use crate::summary::{Moved, Tally};

/// Everything that a run says of a record and that does not depend on its key, its line, or its texts; but for
/// its cells, which stand beside.
pub(super) struct Judged {
    /// With what each expects.
    pub(super) findings: Vec<(Finding, String)>,
    pub(super) tally: Tally,
    /// How it is counted among the patients.
    pub(super) kind: KindId,
    /// How recorded and derived stage compare.
    pub(super) agreement: AgreementId,
    /// Its levels under the profiles beside the one that applies, and under its lower numbers of lesions.
    pub(super) profiles: Vec<(&'static str, &'static str)>,
    /// Its moves to the further editions.
    pub(super) moved: Vec<Moved>,
    /// The tumor for the rule that asks about a patient's others.
    pub(super) tumor: Option<Tumor>,
    /// The stage itself, where SEER's answers are held against it.
    pub(super) staged: Option<Box<Staged>>,
    /// Records of which it was said.
    pub(super) records: u64,
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

    fn clear(&mut self) {
        self.judged.clear();
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
    vocabulary: Vocabulary,
    kept: Judgements,
    alone: Judgements,
    most: usize,
}

/// Bytes of different texts that a memo may hold.
const MOST_TEXT: usize = 8 << 20;

impl Memo {
    /// A memo that keeps so many.
    pub(super) fn new(form: Form, most: usize) -> Self {
        Self {
            form,
            keys: Keys::default(),
            vocabulary: Vocabulary::default(),
            kept: Judgements::default(),
            alone: Judgements::default(),
            most,
        }
    }

    /// The judgement of a key, and where it is kept.
    pub(super) fn find(&mut self, key: &[u16]) -> Option<(At, &mut Judged)> {
        let at = self.keys.find(key)?;
        Some((At::Kept(at), self.kept.judged.get_mut(at)?))
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
        self.kept.judged.len() >= self.most || self.vocabulary.bytes() >= MOST_TEXT
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
        into.judged.push(judged);
        let at = into.judged.len() - 1;
        match key {
            Some(key) => {
                self.keys.insert(key);
                At::Kept(at)
            }
            None => At::Alone(at),
        }
    }

    /// Ends a block: hands out what is of no use to later records, to be counted.
    pub(super) fn end_block(&mut self, each: impl FnMut(&Judged)) {
        self.alone.judged.iter().for_each(each);
        self.alone.clear();
    }

    /// Hands out all that is kept, to be counted, and counts its records anew from here on.
    pub(super) fn settle(&mut self, mut each: impl FnMut(&Judged)) {
        for judged in &mut self.kept.judged {
            each(judged);
            judged.records = 0;
        }
    }

    /// Forgets all, and hands it out to be counted.
    pub(super) fn forget(&mut self, each: impl FnMut(&Judged)) {
        self.kept.judged.iter().for_each(each);
        self.kept.clear();
        self.keys.clear();
        self.vocabulary = Vocabulary::default();
    }
}
