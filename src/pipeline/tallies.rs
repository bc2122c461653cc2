//! What one worker counts: records that come to the same are counted together.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::codes::Codes;
use super::memo::Judged;
use crate::category::Sex;
use crate::knowledge::SchemaId;
use crate::summary::{AgeBand, Counts, Facility, Tally};

/// Records that wait to be counted.
const WAITING: usize = 1024;

/// Sexes by their numbers.
const SEXES: [Option<Sex>; 4] = [None, Some(Sex::Male), Some(Sex::Female), Some(Sex::Other)];

/// Records that the tables by year, age and sex do not tell apart otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    schema: Option<SchemaId>,
    recorded: &'static str,
    derived: &'static str,
    origin: &'static str,
    source: Option<u16>,
    cause: Option<&'static str>,
}

/// Number of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct KindId(u32);

/// What is counted record by record, packed so that its hash is one product: a number in the upper half, a
/// year of diagnosis (0 where it is not known), and a small number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Packed(u64);

impl Packed {
    fn new(number: u32, year: Option<u16>, small: u16) -> Self {
        // A year of 0 is no year of diagnosis.
        Self(u64::from(number) << 32 | u64::from(year.unwrap_or(0)) << 16 | u64::from(small))
    }

    fn parts(self) -> (u32, Option<u16>, u16) {
        ((self.0 >> 32) as u32, Some((self.0 >> 16) as u16).filter(|year| *year > 0), self.0 as u16)
    }
}

/// Outcome of a comparison as a small number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AgreementId(u8);

/// Counts on their way.
#[derive(Default)]
pub(super) struct Tallies {
    counts: Counts,
    kinds: HashMap<Kind, KindId, FxBuildHasher>,
    of_kind: Vec<Tally>,
    agreements: Vec<&'static str>,
    /// By facility, year and outcome of the comparison.
    places: HashMap<Packed, u64, FxBuildHasher>,
    /// Kind, year, band of ages and sex of records that are not counted yet.
    waiting: Vec<Packed>,
    /// By kind, year, band of ages and sex.
    patients: HashMap<Packed, u64, FxBuildHasher>,
}

impl Tallies {
    /// The kind of a record.
    pub(super) fn kind(&mut self, tally: &Tally) -> KindId {
        let kind = Kind {
            schema: tally.schema,
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

    /// The number of an outcome; there are few.
    pub(super) fn agreement(&mut self, agreement: &'static str) -> AgreementId {
        let known = self.agreements.iter().position(|known| *known == agreement);
        AgreementId(known.unwrap_or_else(|| {
            self.agreements.push(agreement);
            self.agreements.len() - 1
        }) as u8)
    }

    /// Counts a record's year, age and sex.
    pub(super) fn patient(
        &mut self,
        KindId(kind): KindId,
        year: Option<u16>,
        age: Option<u8>,
        sex: Option<Sex>,
    ) {
        let sex = SEXES.iter().position(|known| *known == sex).unwrap_or(0) as u16;
        let who = sex << 8 | u16::from(AgeBand::of(age).number());
        self.waiting.push(Packed::new(kind, year, who));
        if self.waiting.len() >= WAITING {
            self.count_waiting();
        }
    }

    /// Counts what waits: together, so that one look-up does not wait for the memory of another.
    fn count_waiting(&mut self) {
        for packed in self.waiting.drain(..) {
            *self.patients.entry(packed).or_default() += 1;
        }
    }

    /// Counts a record in its facility.
    pub(super) fn place(
        &mut self,
        facility: Facility,
        year: Option<u16>,
        AgreementId(agreement): AgreementId,
    ) {
        *self.places.entry(Packed::new(facility.number(), year, agreement.into())).or_default() += 1;
    }

    /// Counts the findings of a record in its facility.
    pub(super) fn place_findings(&mut self, facility: Facility, year: Option<u16>, judged: &Judged) {
        for (finding, _) in &judged.findings {
            self.counts.add_finding_at(facility, year, finding.rule, finding.severity);
        }
    }

    /// Counts what the fields of a file's records hold.
    pub(super) fn filled(&mut self, codes: &mut Codes) {
        codes.take_filled(|field, year, state, records| self.counts.add_filled(field, year, state, records));
    }

    /// Counts the records of which this was said, but for year and age.
    pub(super) fn judged(&mut self, judged: &Judged, records: u64) {
        if records == 0 {
            return;
        }
        let findings = judged.findings.iter().map(|(finding, _)| (finding.rule, finding.severity));
        self.counts.add_alike(&judged.tally, findings, records);
        for (profile, level) in &judged.profiles {
            self.counts.add_profile(judged.tally.schema, profile, level, records);
        }
        for moved in &judged.moved {
            self.counts.add_moved(*moved, records);
        }
    }

    /// The counts since the last time.
    pub(super) fn settle(&mut self) -> Counts {
        for (packed, records) in self.places.drain() {
            let (facility, year, agreement) = packed.parts();
            let agreement = self.agreements.get(usize::from(agreement)).copied().unwrap_or_default();
            self.counts.add_place(Facility::of_number(facility), year, agreement, records);
        }
        self.count_waiting();
        for (packed, records) in self.patients.drain() {
            let (kind, year, who) = packed.parts();
            let sex = SEXES.get(usize::from(who >> 8)).copied().flatten();
            if let Some(tally) = self.of_kind.get(kind as usize) {
                let age = AgeBand::of_number(who as u8);
                self.counts.add_patients(&Tally { sex, ..*tally }, year, age, records);
            }
        }
        std::mem::take(&mut self.counts)
    }
}
