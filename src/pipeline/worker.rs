//! One thread's share of a run: it takes chunks and remembers what earlier ones taught it.

use super::RunError;
use super::codes::{Codes, Keeping};
use super::enriched::Enriched;
use super::keys::Keys;
use super::memo::{At, Memo};
use super::patients::Who;
use super::places::Places;
use super::process::{Processed, Shared, process};
use super::tallies::Tallies;
use super::times::Times;
use crate::audit::Finding;
use crate::input::{Chunk, Kind};
use crate::staging::{Policy, Stager, UnderEdition};
use crate::summary::Counts;

/// What a worker keeps from chunk to chunk.
pub(super) struct Worker<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) stager: Stager<'a>,
    pub(super) tallies: Tallies,
    pub(super) enriched: Enriched,
    pub(super) findings: Vec<Finding>,
    pub(super) under: Vec<UnderEdition>,
    pub(super) times: Times,
    /// Codes and judgements hold for the columns of one file.
    of_file: Option<(usize, OfFile<'a>)>,
}

/// What is known of the records of one file.
pub(super) struct OfFile<'a> {
    pub(super) codes: Codes<'a>,
    pub(super) memo: Memo,
    pub(super) places: Places<'a>,
    pub(super) who: Who<'a>,
    /// Keys in the memo that no earlier run had an answer to, where that is asked.
    pub(super) fresh: Keys,
    /// Where the judgements of a block of records are kept.
    pub(super) found: Vec<Option<At>>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(shared: &'a Shared<'a>, policy: Policy) -> Self {
        Self {
            shared,
            stager: Stager::new(shared.rules, policy),
            tallies: Tallies::default(),
            enriched: Enriched::default(),
            findings: Vec::new(),
            under: Vec::new(),
            times: Times::default(),
            of_file: None,
        }
    }

    /// Processes a chunk.
    pub(super) fn process(&mut self, chunk: Chunk) -> Result<Processed, RunError> {
        let file = chunk.file;
        let mut of_file = match self.of_file.take() {
            Some((of, known)) if of == file => known,
            other => {
                if let Some((_, mut known)) = other {
                    known.settle(&mut self.tallies);
                }
                let shared = self.shared;
                let codes = Codes::new(
                    &shared.plans[file].mapping,
                    (shared.rules, &shared.steps),
                    shared.config,
                    Keeping {
                        texts: shared.distinct,
                        keys: shared.memo.keys,
                        lasting: shared.answers.is_some(),
                        together: !matches!(shared.files[file].kind, Kind::Parquet(_) | Kind::Frame(_)),
                    },
                );
                let places = Places::new(&shared.plans[file].mapping, shared.facilities);
                OfFile {
                    codes,
                    memo: Memo::new(shared.form(), shared.memo),
                    places,
                    who: Who::new(&shared.plans[file].mapping),
                    fresh: Keys::default(),
                    found: Vec::new(),
                }
            }
        };
        let processed = process(self, &mut of_file, chunk);
        self.of_file = Some((file, of_file));
        processed
    }

    /// What it counted since the last time. It goes on with all it remembers.
    pub(super) fn settle(&mut self) -> Counts {
        if let Some((_, known)) = &mut self.of_file {
            known.memo.settle(|judged, records| self.tallies.judged(judged, records));
            self.tallies.filled(&mut known.codes);
        }
        self.tallies.settle()
    }
}

impl OfFile<'_> {
    /// Makes room for a block of records; whether all was forgotten for it.
    pub(super) fn make_room(&mut self, tallies: &mut Tallies) -> bool {
        let forget = self.memo.is_full() || self.codes.is_full() || self.codes.has_many_keys();
        if forget {
            self.forget(tallies);
        }
        if self.codes.is_full() {
            self.codes.clear();
        }
        forget
    }

    /// Counts what is left where there are no more records of its file.
    fn settle(&mut self, tallies: &mut Tallies) {
        self.forget(tallies);
        tallies.filled(&mut self.codes);
    }

    /// Forgets every judgement, once its records are counted.
    fn forget(&mut self, tallies: &mut Tallies) {
        self.memo.forget(|judged, records| tallies.judged(judged, records));
        self.fresh.clear();
        self.codes.forget_keys();
    }
}
