//! Where the rules of the audit leave their findings.

use super::registry::{AuditRules, RuleId, Strength};
use super::{Expected, Finding};
use crate::fields::Field;

/// Collects the findings of one record with the severities of the run.
pub(crate) struct Report<'a> {
    rules: &'a AuditRules,
    findings: &'a mut Vec<Finding>,
    start: usize,
}

impl<'a> Report<'a> {
    /// A report that adds to the findings of earlier records.
    pub(crate) fn new(rules: &'a AuditRules, findings: &'a mut Vec<Finding>) -> Self {
        let start = findings.len();
        Self { rules, findings, start }
    }

    /// A report that adds to the findings of one record.
    pub(crate) fn again(rules: &'a AuditRules, findings: &'a mut Vec<Finding>) -> Self {
        Self { rules, findings, start: 0 }
    }

    /// Adds a finding with the rule's usual severity.
    pub(crate) fn raise(&mut self, rule: RuleId, fields: &'static [Field], expected: Expected) {
        self.raise_as(rule, Strength::Usual, fields, expected);
    }

    /// Adds a finding, unless the rule is off.
    pub(crate) fn raise_as(
        &mut self,
        rule: RuleId,
        strength: Strength,
        fields: &'static [Field],
        expected: Expected,
    ) {
        if let Some(severity) = self.rules.severity(rule, strength) {
            self.findings.push(Finding { rule: rule.as_str(), severity, fields, expected });
        }
    }

    /// Brings the findings of the record into the order of their ids.
    pub(crate) fn sort(self) {
        if let Some(own) = self.findings.get_mut(self.start..) {
            own.sort_by_key(|finding| finding.rule);
        }
    }
}
