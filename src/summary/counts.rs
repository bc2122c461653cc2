//! Partial counts: taken record by record, added up in any order.

use std::collections::HashMap;
use std::hash::Hash;

use super::{AgeBand, Oligo, Restaging, Staging, Tally};
use crate::audit::Severity;
use crate::category::{Edition, Sex};
use crate::knowledge::SchemaId;

/// Counts of some records, one map of small keys per table. Counts of parts of the
/// input merge to the counts of the whole, whatever the parts and their order; all
/// parts must come from the same rules, because a schema is its index there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    pub(super) records: Numbers<Option<SchemaId>>,
    pub(super) stages: Numbers<StageKey>,
    pub(super) agreement: Numbers<AgreementKey>,
    pub(super) causes: Numbers<CauseKey>,
    pub(super) findings: Numbers<FindingKey>,
    pub(super) origins: Numbers<OriginKey>,
    pub(super) oligo: Numbers<OligoKey>,
    pub(super) restaging: Numbers<Restaging>,
}

/// How often each key was seen.
pub(super) type Numbers<K> = HashMap<K, u64>;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct StageKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) year: Option<u16>,
    pub(super) sex: Option<Sex>,
    pub(super) age: AgeBand,
    pub(super) recorded: &'static str,
    pub(super) derived: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct AgreementKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) edition: Option<Edition>,
    pub(super) basis: &'static str,
    pub(super) recorded: Staging,
    pub(super) derived: Staging,
    pub(super) agreement: &'static str,
    pub(super) detail: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct CauseKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) cause: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct FindingKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct OriginKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) year: Option<u16>,
    pub(super) origin: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct OligoKey {
    pub(super) schema: Option<SchemaId>,
    pub(super) oligo: Oligo,
}

impl Counts {
    /// Counts one record and its findings, each a rule id and a severity.
    pub fn add(&mut self, tally: &Tally, findings: impl IntoIterator<Item = (&'static str, Severity)>) {
        let &Tally { schema, edition, year, sex, recorded, derived, .. } = tally;
        count(&mut self.records, schema, 1);
        let age = AgeBand::of(tally.age);
        let stage = StageKey { schema, year, sex, age, recorded: recorded.stage, derived: derived.stage };
        count(&mut self.stages, stage, 1);
        let &Tally { basis, agreement, detail, .. } = tally;
        let compared = AgreementKey { schema, edition, basis, recorded, derived, agreement, detail };
        count(&mut self.agreement, compared, 1);
        count(&mut self.origins, OriginKey { schema, year, origin: tally.origin }, 1);
        if let Some(cause) = tally.cause {
            count(&mut self.causes, CauseKey { schema, cause }, 1);
        }
        if let Some(oligo) = tally.oligo {
            count(&mut self.oligo, OligoKey { schema, oligo }, 1);
        }
        if let Some(restaging) = tally.restaging {
            count(&mut self.restaging, restaging, 1);
        }
        for (rule, severity) in findings {
            count(&mut self.findings, FindingKey { schema, rule, severity }, 1);
        }
    }

    /// Adds the counts of other records.
    pub fn merge(&mut self, other: Self) {
        add_all(&mut self.records, other.records);
        add_all(&mut self.stages, other.stages);
        add_all(&mut self.agreement, other.agreement);
        add_all(&mut self.causes, other.causes);
        add_all(&mut self.findings, other.findings);
        add_all(&mut self.origins, other.origins);
        add_all(&mut self.oligo, other.oligo);
        add_all(&mut self.restaging, other.restaging);
    }

    /// Number of records counted.
    pub fn records(&self) -> u64 {
        self.records.values().sum()
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
