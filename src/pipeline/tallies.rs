//! What one worker counts: records that come to the same are counted together.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::codes::Codes;
use super::memo::Judged;
use crate::category::Sex;
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

    /// Counts what the fields of a file's records hold.
    pub(super) fn filled(&mut self, codes: &mut Codes) {
        codes.take_filled(|field, year, state, records| self.counts.add_filled(field, year, state, records));
    }

    /// Counts the records of which this was said, but for year and age.
    pub(super) fn judged(&mut self, judged: &Judged) {
        if judged.records == 0 {
            return;
        }
        let findings = judged.findings.iter().map(|(finding, _)| (finding.rule, finding.severity));
        self.counts.add_alike(&judged.tally, findings, judged.records);
        for (profile, level) in &judged.profiles {
            self.counts.add_profile(judged.tally.schema, profile, level, judged.records);
        }
        for moved in &judged.moved {
            self.counts.add_moved(*moved, judged.records);
        }
    }

    /// The counts since the last time.
    pub(super) fn settle(&mut self) -> Counts {
        for ((facility, year, agreement), records) in self.places.drain() {
            self.counts.add_place(facility, year, agreement, records);
        }
        for ((kind, year, age), records) in self.patients.drain() {
            if let Some(tally) = self.of_kind.get(kind.0 as usize) {
                self.counts.add_patients(tally, year, age, records);
            }
        }
        std::mem::take(&mut self.counts)
    }
}
