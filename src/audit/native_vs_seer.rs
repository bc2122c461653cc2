//! D20: the group that rstage derived against the one that SEER's own algorithm derived.

use serde::Deserialize;

use super::agreement::{AgreementDetail, compare};
use super::registry::{AuditError, AuditRules, RuleId};
use super::report::Report;
use super::subject::SetFields;
use super::{Expected, Finding};
use crate::category::{Cell, Edition, Parsed, parse};
use crate::fields::{Coding, Field};
use crate::staging::words::group_of;
use crate::staging::{Basis, Staged};

const FILE: &str = "seer_groups.toml";

/// The outputs of SEER's algorithms that are compared.
#[derive(Debug)]
pub struct SeerGroups(Vec<SeerGroup>);

/// An output of one of SEER's algorithms that is a stage group, and what it is compared with.
#[derive(Debug)]
pub struct SeerGroup {
    algorithm: String,
    output: String,
    coding: Coding,
    /// The classification; none is that of the original stage.
    basis: Option<Basis>,
    edition: Edition,
}

impl SeerGroups {
    /// The outputs that come with the program.
    pub fn builtin() -> Result<Self, AuditError> {
        let File { group } = AuditError::parse(FILE, include_str!("seer_groups.toml"))?;
        Ok(Self(group.into_iter().map(Entry::read).collect::<Result<_, _>>()?))
    }

    /// Those of an algorithm, by its name.
    pub fn of(&self, algorithm: &str) -> impl Iterator<Item = &SeerGroup> {
        self.0.iter().filter(move |group| group.algorithm == algorithm)
    }
}

impl SeerGroup {
    /// The key of the output.
    pub fn output(&self) -> &str {
        &self.output
    }

    /// Compares SEER's answer for a record with ours; adds a finding, in the order of the rule ids, where
    /// they exclude each other. Where either does not know there is nothing to compare.
    pub fn compare(&self, audit: &AuditRules, staged: &Staged, seer: &str, findings: &mut Vec<Finding>) {
        if staged.edition != Some(self.edition) {
            return;
        }
        let derived = match self.basis {
            Some(basis) => staged.derived(basis),
            None => Some(&staged.original),
        };
        let Some(outcome) = derived.map(|derived| derived.outcome) else { return };
        let Parsed::Group(recorded) = parse(Field::StageGroup, self.coding, seer) else { return };
        let seer = match recorded.cell {
            Cell::Value(group) => group.label(),
            Cell::NotApplicable => "NA",
            Cell::Blank | Cell::Unknown | Cell::Invalid => return,
        };
        if compare(recorded.cell, outcome).1 != AgreementDetail::Conflict {
            return;
        }
        let (low, high) = match outcome.bounds() {
            Some((low, high)) => (low.label(), high.label()),
            None => (group_of(outcome), group_of(outcome)),
        };
        let basis = self.basis.or(staged.basis).unwrap_or(Basis::Single);
        let fields = SetFields::of(basis).categories();
        // All findings of the record are brought into the order of their ids again.
        let mut report = Report::again(audit, findings);
        report.raise(RuleId::D20, fields, Expected::Apart { low, high, seer });
        report.sort();
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    group: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    algorithm: String,
    output: String,
    coding: String,
    classification: Classification,
    edition: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Classification {
    Clinical,
    Pathologic,
    Original,
}

impl Entry {
    fn read(self) -> Result<SeerGroup, AuditError> {
        let Self { algorithm, output, coding, classification, edition } = self;
        let Some(coding) = Coding::from_id(&coding) else {
            return Err(AuditError::Entry { file: FILE, schema: output, value: coding, what: "coding" });
        };
        let basis = match classification {
            Classification::Clinical => Some(Basis::Clinical),
            Classification::Pathologic => Some(Basis::Pathologic),
            Classification::Original => None,
        };
        Ok(SeerGroup { algorithm, output, coding, basis, edition: Edition(edition) })
    }
}
