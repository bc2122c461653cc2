//! What one worker counts: records that come to the same are counted together.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::codes::BESIDE_KEY;
use super::decode::STATES;
use super::memo::Judged;
use crate::category::Sex;
use crate::fields::Field;
use crate::knowledge::SchemaId;
use crate::summary::{AgeBand, Counts, Facility, Tally};

/// Records that the tables by year and age do not tell apart otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    schema: Option<SchemaId>,
    sex: Option<Sex>,
    recorded: &'static str,
    derived: &'static str,
    origin: &'static str,
    source: Option<u16>,
    cause: Option<&'static str>,
}

/// Number of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct KindId(u32);

/// Counts on their way.
#[derive(Default)]
pub(super) struct Tallies {
    counts: Counts,
    kinds: HashMap<Kind, KindId, FxBuildHasher>,
    of_kind: Vec<Tally>,
    places: HashMap<(Facility, Option<u16>, &'static str), u64, FxBuildHasher>,
    beside: HashMap<([Option<u8>; BESIDE_KEY.len()], Option<u16>), u64, FxBuildHasher>,
    patients: HashMap<(KindId, Option<u16>, AgeBand), u64, FxBuildHasher>,
}

impl Tallies {
    /// The kind of a record.
    pub(super) fn kind(&mut self, tally: &Tally) -> KindId {
        let kind = Kind {
            schema: tally.schema,
            sex: tally.sex,
            recorded: tally.recorded.stage,
            derived: tally.derived.stage,
            origin: tally.origin,
            source: tally.source,
            cause: tally.cause,
        };
        *self.kinds.entry(kind).or_insert_with(|| {
            self.of_kind.push(*tally);
            KindId((self.of_kind.len() - 1) as u32)
        })
    }

    /// Counts a record's year and age.
    pub(super) fn patient(&mut self, kind: KindId, year: Option<u16>, age: Option<u8>) {
        *self.patients.entry((kind, year, AgeBand::of(age))).or_default() += 1;
    }

    /// Counts a record in its facility.
    pub(super) fn place(&mut self, facility: Facility, year: Option<u16>, judged: &Judged) {
        *self.places.entry((facility, year, judged.tally.agreement)).or_default() += 1;
        for (finding, _) in &judged.findings {
            self.counts.add_finding_at(facility, year, finding.rule, finding.severity);
        }
    }

    /// Counts what a record's fields hold that stand in no key.
    pub(super) fn filled_beside(&mut self, states: [Option<u8>; BESIDE_KEY.len()], year: Option<u16>) {
        *self.beside.entry((states, year)).or_default() += 1;
    }

    /// Counts the records of which this was said, but for year and age.
    pub(super) fn judged(&mut self, judged: &Judged) {
        let findings = judged.findings.iter().map(|(finding, _)| (finding.rule, finding.severity));
        self.counts.add_alike(&judged.tally, findings, judged.records);
        for (profile, level) in &judged.profiles {
            self.counts.add_profile(judged.tally.schema, profile, level, judged.records);
        }
        for &(field, state) in &judged.filled {
            for &(year, records) in &judged.years {
                self.filled(field, year, state, records);
            }
        }
        for moved in &judged.moved {
            self.counts.add_moved(*moved, judged.records);
        }
    }

    fn filled(&mut self, field: Field, year: Option<u16>, state: u8, records: u64) {
        if let Some(state) = STATES.get(usize::from(state)) {
            self.counts.add_filled(field, year, state, records);
        }
    }

    /// The counts.
    pub(super) fn finish(mut self) -> Counts {
        for ((facility, year, agreement), records) in std::mem::take(&mut self.places) {
            self.counts.add_place(facility, year, agreement, records);
        }
        for ((states, year), records) in std::mem::take(&mut self.beside) {
            for (field, state) in BESIDE_KEY.into_iter().zip(states) {
                if let Some(state) = state {
                    self.filled(field, year, state, records);
                }
            }
        }
        for ((kind, year, age), records) in self.patients {
            if let Some(tally) = self.of_kind.get(kind.0 as usize) {
                self.counts.add_patients(tally, year, age, records);
            }
        }
        self.counts
    }
}
