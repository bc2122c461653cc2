//! Partial counts: taken record by record, added up in any order.

use std::collections::HashMap;
use std::hash::Hash;

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use super::{AgeBand, Facility, MetsPattern, Moved, Oligo, Restaging, Staging, Tally};
use crate::audit::{EstroState, Severity};
use crate::category::{Edition, Sex};
use crate::fields::Field;
use crate::knowledge::SchemaId;

/// Counts of some records, one map of small keys per table. Counts of parts of the
/// input merge to the counts of the whole, whatever the parts and their order; all
/// parts must come from the same rules, because a schema is its index there.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Counts {
    #[serde(with = "pairs")]
    pub(super) records: Numbers<RecordKey>,
    #[serde(with = "pairs")]
    pub(super) stages: Numbers<StageKey>,
    #[serde(with = "pairs")]
    pub(super) agreement: Numbers<AgreementKey>,
    #[serde(with = "pairs")]
    pub(super) facilities: Numbers<FacilityKey>,
    #[serde(with = "pairs")]
    pub(super) causes: Numbers<CauseKey>,
    #[serde(with = "pairs")]
    pub(super) findings: Numbers<FindingKey>,
    #[serde(with = "pairs")]
    pub(super) facility_findings: Numbers<FacilityFindingKey>,
    #[serde(with = "pairs")]
    pub(super) origins: Numbers<OriginKey>,
    #[serde(with = "pairs")]
    pub(super) oligo: Numbers<OligoKey>,
    #[serde(with = "pairs")]
    pub(super) restaging: Numbers<RestagingKey>,
    #[serde(with = "pairs")]
    pub(super) mets: Numbers<MetsKey>,
    #[serde(with = "pairs")]
    pub(super) moved: Numbers<Moved>,
    #[serde(with = "pairs")]
    pub(super) filled: Numbers<FilledKey>,
    #[serde(with = "pairs")]
    pub(super) profiles: Numbers<ProfileKey>,
}

/// How often each key was seen.
pub(super) type Numbers<K> = HashMap<K, u64, FxBuildHasher>;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct StageKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) year: Option<u16>,
    pub(super) sex: Option<Sex>,
    pub(super) age: AgeBand,
    pub(super) recorded: &'static str,
    pub(super) derived: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct AgreementKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) edition: Option<Edition>,
    pub(super) basis: &'static str,
    pub(super) recorded: Staging,
    pub(super) derived: Staging,
    pub(super) agreement: &'static str,
    pub(super) detail: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct RecordKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) year: Option<u16>,
    pub(super) source: Option<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct FacilityKey {
    pub(super) facility: Facility,
    pub(super) year: Option<u16>,
    pub(super) agreement: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct CauseKey {
    pub(super) record: RecordKey,
    pub(super) cause: &'static str,
    /// Stage as derived, known where every possible group shares it.
    pub(super) derived: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct FindingKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct FacilityFindingKey {
    pub(super) facility: Facility,
    pub(super) year: Option<u16>,
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct OriginKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) year: Option<u16>,
    pub(super) origin: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct OligoKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) oligo: Oligo,
    pub(super) state: EstroState,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct RestagingKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) restaging: Restaging,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct MetsKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) mets: MetsPattern,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct FilledKey {
    pub(super) field: Field,
    pub(super) year: Option<u16>,
    pub(super) state: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct ProfileKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) profile: &'static str,
    pub(super) level: &'static str,
}

impl Counts {
    /// Counts one record and its findings, each a rule id and a severity.
    pub fn add(
        &mut self,
        tally: &Tally,
        findings: impl IntoIterator<Item = (&'static str, Severity)> + Clone,
    ) {
        self.add_alike(tally, findings.clone(), 1);
        self.add_patients(tally, tally.year, AgeBand::of(tally.age), 1);
        self.add_place(Facility::default(), tally.year, tally.agreement, 1);
        for (rule, severity) in findings {
            self.add_finding_at(Facility::default(), tally.year, rule, severity);
        }
    }

    /// Counts so many records that differ in nothing but year, age and facility, in the tables that ask for
    /// none of them.
    pub fn add_alike(
        &mut self,
        tally: &Tally,
        findings: impl IntoIterator<Item = (&'static str, Severity)>,
        n: u64,
    ) {
        let &Tally { schema, edition, recorded, derived, basis, agreement, detail, .. } = tally;
        let compared = AgreementKey { schema, edition, basis, recorded, derived, agreement, detail };
        count(&mut self.agreement, compared, n);
        count(&mut self.mets, MetsKey { schema, mets: tally.mets }, n);
        if let Some(oligo) = tally.oligo {
            count(&mut self.oligo, OligoKey { schema, oligo, state: tally.state }, n);
        }
        if let Some(restaging) = tally.restaging {
            count(&mut self.restaging, RestagingKey { schema, restaging }, n);
        }
        for (rule, severity) in findings {
            count(&mut self.findings, FindingKey { schema, rule, severity }, n);
        }
    }

    /// Counts a finding that no record has by itself, in the table by schema.
    pub fn add_finding(&mut self, schema: Option<SchemaId>, rule: &'static str, severity: Severity) {
        count(&mut self.findings, FindingKey { schema, rule, severity }, 1);
    }

    /// Counts so many of them in the tables by year and age.
    pub fn add_patients(&mut self, tally: &Tally, year: Option<u16>, age: AgeBand, n: u64) {
        let &Tally { schema, sex, recorded, derived, origin, source, .. } = tally;
        let stage = StageKey { schema, year, sex, age, recorded: recorded.stage, derived: derived.stage };
        count(&mut self.stages, stage, n);
        count(&mut self.origins, OriginKey { schema, year, origin }, n);
        let record = RecordKey { schema, year, source };
        count(&mut self.records, record, n);
        if let Some(cause) = tally.cause {
            count(&mut self.causes, CauseKey { record, cause, derived: derived.stage }, n);
        }
    }

    /// Counts so many of them in the tables by facility.
    pub fn add_place(&mut self, facility: Facility, year: Option<u16>, agreement: &'static str, n: u64) {
        count(&mut self.facilities, FacilityKey { facility, year, agreement }, n);
    }

    /// Counts a finding in the tables by facility.
    pub fn add_finding_at(
        &mut self,
        facility: Facility,
        year: Option<u16>,
        rule: &'static str,
        severity: Severity,
    ) {
        count(&mut self.facility_findings, FacilityFindingKey { facility, year, rule, severity }, 1);
    }

    /// Counts so many records under another edition.
    pub fn add_moved(&mut self, moved: Moved, n: u64) {
        count(&mut self.moved, moved, n);
    }

    /// Counts the level of so many records' oligometastasis under a profile beside the one that applies.
    pub fn add_profile(
        &mut self,
        schema: Option<SchemaId>,
        profile: &'static str,
        level: &'static str,
        n: u64,
    ) {
        count(&mut self.profiles, ProfileKey { schema, profile, level }, n);
    }

    /// Counts `n` records of a year whose field is in a state (`filled`, `unknown`).
    pub fn add_filled(&mut self, field: Field, year: Option<u16>, state: &'static str, n: u64) {
        count(&mut self.filled, FilledKey { field, year, state }, n);
    }

    /// Adds the counts of other records.
    pub fn merge(&mut self, other: Self) {
        add_all(&mut self.records, other.records);
        add_all(&mut self.stages, other.stages);
        add_all(&mut self.agreement, other.agreement);
        add_all(&mut self.facilities, other.facilities);
        add_all(&mut self.causes, other.causes);
        add_all(&mut self.findings, other.findings);
        add_all(&mut self.facility_findings, other.facility_findings);
        add_all(&mut self.origins, other.origins);
        add_all(&mut self.oligo, other.oligo);
        add_all(&mut self.restaging, other.restaging);
        add_all(&mut self.mets, other.mets);
        add_all(&mut self.moved, other.moved);
        add_all(&mut self.filled, other.filled);
        add_all(&mut self.profiles, other.profiles);
    }

    /// Number of records counted.
    pub fn records(&self) -> u64 {
        self.records.values().sum()
    }
}

/// Numbers by key as a list, since a key is no text.
mod pairs {
    use std::hash::Hash;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Numbers;

    pub(super) fn serialize<K: Serialize, S: Serializer>(
        numbers: &Numbers<K>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(numbers)
    }

    pub(super) fn deserialize<'de, K, D>(deserializer: D) -> Result<Numbers<K>, D::Error>
    where
        K: Deserialize<'de> + Eq + Hash,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, u64)>::deserialize(deserializer)?.into_iter().collect())
    }
}

fn count<K: Eq + Hash>(numbers: &mut Numbers<K>, key: K, n: u64) {
    *numbers.entry(key).or_default() += n;
}

fn add_all<K: Eq + Hash>(numbers: &mut Numbers<K>, others: Numbers<K>) {
    for (key, n) in others {
        count(numbers, key, n);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{self, csv};
    use super::*;
    use crate::summary::{MonthBand, render, tables};

    type Record = (Tally, Vec<(&'static str, Severity)>);

    fn record() -> impl Strategy<Value = Record> {
        let group =
            prop::sample::select(vec![("0", None), ("I", Some("IA")), ("IV", Some("IVB")), ("UNK", None)])
                .prop_map(|(stage, group)| Staging { stage, group });
        let who = (
            prop::option::of(prop::sample::select(vec![SchemaId(0), SchemaId(1)])),
            prop::option::of(6_u8..=9),
            prop::option::of(2018_u16..2021),
            prop::sample::select(vec![None, Some(Sex::Male), Some(Sex::Female), Some(Sex::Other)]),
            prop::option::of(0_u8..100),
        );
        let label = |labels: &[&'static str]| prop::sample::select(labels.to_vec());
        let level = label(&["confirmed", "possible", "excluded_poly", "not_assessable", "not_applicable"]);
        let what = (
            (group.clone(), group),
            label(&["exact", "substage", "major", "underivable"]),
            prop::option::of(label(&["n_unknown", "no_row"])),
            label(&["de_novo", "recurrent", "unknown"]),
            prop::option::of((label(&["generic", "nsclc"]), level)),
            prop::option::of(label(&["up", "same"])),
        );
        let severity = prop::sample::select(vec![Severity::Info, Severity::Warning, Severity::Error]);
        let findings = prop::collection::vec((label(&["D01", "D02", "R02"]), severity), 0..3);
        (who, what, findings).prop_map(|(who, what, findings)| {
            let (schema, edition, year, sex, age) = who;
            let ((recorded, derived), agreement, cause, origin, oligo, change) = what;
            let tally = Tally {
                schema,
                edition: edition.map(Edition),
                year,
                source: Some(1),
                mets: MetsPattern(*b"000000"),
                state: EstroState::NotApplicable,
                sex,
                age,
                basis: "clinical",
                recorded,
                derived,
                agreement,
                detail: cause,
                cause,
                origin,
                oligo: oligo.map(|(profile, level)| Oligo { profile, level, timing: "unknown" }),
                restaging: change.map(|change| Restaging {
                    original: "I",
                    restaged: "IV",
                    change,
                    months: MonthBand::UNKNOWN,
                    recurrence: "local",
                }),
            };
            (tally, findings)
        })
    }

    fn counts<'a>(records: impl IntoIterator<Item = &'a Record>) -> Counts {
        let mut counts = Counts::default();
        for (tally, findings) in records {
            counts.add(tally, findings.iter().copied());
        }
        counts
    }

    fn text(counts: &Counts) -> String {
        let partial = sample::labelled(counts, sample::NAMES);
        let (tables, shown) = (tables(&partial, None), render(&partial, 80));
        tables.iter().map(csv).chain([shown]).collect::<Vec<_>>().join("\n")
    }

    proptest! {
            #![proptest_config(ProptestConfig::with_cases(48))]

            /// Records dealt to some parts, and the parts merged in any order or pairing, are the same tables.
            #[test]
            fn any_split_merges_to_the_same_tables(
                dealt in prop::collection::vec((0_usize..5, record()), 0..60),
                order in Just(vec![0_usize, 1, 2, 3, 4]).prop_shuffle(),
                nested in any::<bool>(),
            ) {
                let whole = counts(dealt.iter().map(|(_, record)| record));
                let part = |wanted: usize| counts(dealt.iter().filter(|(at, _)| *at == wanted).map(|(_, record)| record));
                let mut merged = Counts::default();
                if nested {
                    for pair in order.chunks(2) {
                        let mut both = part(pair[0]);
                        for &at in &pair[1..] {
     both.merge(part(at));
    }
                        merged.merge(both);
                    }
                } else {
                    for &at in &order {
     merged.merge(part(at));
    }
                }
                prop_assert_eq!(merged.records(), dealt.len() as u64);
                prop_assert_eq!(text(&merged), text(&whole));
                prop_assert_eq!(merged, whole);
            }
        }

    #[test]
    fn a_record_seen_before_needs_no_new_key() {
        let once = sample::counts();
        let mut twice = once.clone();
        twice.merge(once.clone());
        assert_eq!(twice.records(), 2 * once.records());
        assert_eq!(twice.stages.len(), once.stages.len());
        assert_ne!(text(&twice), text(&once));
    }
}
