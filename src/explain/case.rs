//! A record or a few fields, judged in order to be explained.

use std::collections::BTreeMap;

use super::{Explained, explain};
use crate::audit::{AuditError, AuditRules, Config, audit};
use crate::category::{Edition, parse};
use crate::fields::{Coding, Field};
use crate::knowledge::Rules;
use crate::staging::{Case, Policy, Stager};

/// What is explained by.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Staging rules.
    pub rules: &'a Rules,
    /// Settings of the audit.
    pub config: &'a Config,
    /// Staging policies.
    pub policy: Policy,
    /// Further editions to stage under.
    pub also: &'a [Edition],
}

/// Stages and audits a case and tells it in words; `cell` gives the text of a field as it was recorded.
pub fn explain_case(
    asked: Asked,
    audit_rules: &AuditRules,
    case: &Case,
    cell: &dyn Fn(Field) -> Option<String>,
) -> String {
    let Asked { rules, config, policy, also } = asked;
    let mut stager = Stager::new(rules, policy);
    let staged = stager.stage(case);
    let besides = stager.beside(case, &staged);
    let mut findings = Vec::new();
    let audited = audit(rules, audit_rules, config, case, &staged, &mut findings);
    let editions: Vec<_> =
        also.iter().map(|&edition| (edition, stager.stage_under(case, &staged, edition))).collect();
    let record = Explained {
        case,
        staged: &staged,
        audited: &audited,
        besides: &besides,
        findings: &findings,
        editions: &editions,
    };
    explain(rules, audit_rules, record, cell)
}

/// The same of a record of which some fields are given and there is nothing else.
///
/// # Errors
/// Settings of the audit that are wrong.
pub fn explain_fields(asked: Asked, given: &BTreeMap<Field, String>) -> Result<String, AuditError> {
    let mut audit_rules = AuditRules::configured(asked.config)?;
    audit_rules.mute_absent(asked.config, |field| given.contains_key(&field));
    let mut case = Case::default();
    for (field, text) in given {
        case.put(*field, parse(*field, Coding::Plain, text));
    }
    case.complete();
    Ok(explain_case(asked, &audit_rules, &case, &|field| given.get(&field).cloned()))
}
