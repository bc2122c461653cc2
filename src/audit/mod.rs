//! Findings: where a record contradicts itself, the tables, or its own history.

mod agreement;
mod beside_profiles;
mod config;
mod definitions;
mod estro;
mod evidence;
mod exceptions;
mod internal;
mod native_vs_seer;
mod oligometastasis;
mod organs;
mod origin;
mod patient;
mod recorded_vs_derived;
mod recurrence;
mod registry;
mod report;
mod restaging;
mod snapshot;
mod states;
mod steps;
mod subject;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use agreement::{Agreement, AgreementDetail, compare};
pub use beside_profiles::BesideGrades;
pub use config::{Config, Intrathoracic, LesionCaps, OligoConfig, Profile, Setting, SeveritySetting};
pub use definitions::ProfileId;
pub use estro::{Answers, EstroState};
pub(crate) use internal::ADULT_FROM;
pub use native_vs_seer::{SeerGroup, SeerGroups};
pub use oligometastasis::{AlsoGrades, LadderRule, Level, Oligometastasis, Timing};
pub use organs::{Organ, OrganNames};
pub(crate) use origin::followed_up;
pub use origin::{MetOrigin, OriginReason};
pub use patient::{HistologyFamilies, Tumor};
pub use recurrence::RecurrenceKind;
pub use registry::{AuditError, AuditRules, Evaluated, Rule};
pub use restaging::{Change, RestagedFrom, Restaging};
pub use snapshot::Snapshot;
pub use steps::Judged;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::category::{Edition, Recorded, StageGroup};
use crate::course::Course;
use crate::fields::Field;
use crate::knowledge::Rules;
use crate::staging::{Basis, Case, Staged};
use report::Report;
use subject::Subject;

/// Everything that the audit says of one record, beside its findings.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Audited {
    /// The recorded group that belongs to the derived original.
    pub recorded: Recorded<StageGroup>,
    /// The classification that the recorded group is filed under.
    pub recorded_basis: Basis,
    /// How recorded and derived group agree.
    pub agreement: Agreement,
    /// How exactly.
    pub agreement_detail: AgreementDetail,
    /// The restaged group and how it compares.
    pub restaging: Restaging,
    /// Metastatic origin.
    pub origin: MetOrigin,
    /// Why.
    pub origin_reason: OriginReason,
    /// Evidence for oligometastatic disease.
    pub oligometastasis: Oligometastasis,
    /// The same under the profiles that are graded beside the one that applies.
    pub beside: BesideGrades,
}

/// Audits one record: what was recorded against what was derived, against itself, and against its
/// later history. Findings are appended in the order of their rule ids.
pub fn audit(
    rules: &Rules,
    audit: &AuditRules,
    config: &Config,
    case: &Case,
    staged: &Staged,
    findings: &mut Vec<Finding>,
) -> Audited {
    audit_subject(audit, config, &Subject::new(rules, audit, config, case, staged), findings)
}

/// Audits one record with the course of its tumor, and each event of that course.
pub fn audit_course(
    rules: &Rules,
    audit: &AuditRules,
    config: &Config,
    course: &Course,
    staged: &Staged,
    findings: &mut Vec<Finding>,
) -> (Audited, Vec<Judged>) {
    let subject = Subject::new(rules, audit, config, &course.case, staged).with_steps(&course.steps);
    let mut audited = audit_subject(audit, config, &subject, findings);
    if let Some(step) = course.restaging.and_then(|at| course.steps.get(at)) {
        audited.restaging.classification = step.classification();
        audited.restaging.days = step.moment.and_then(|moment| moment.since).or(audited.restaging.days);
    }
    (audited, steps::judge(audit, config, &subject))
}

fn audit_subject(
    audit: &AuditRules,
    config: &Config,
    subject: &Subject,
    findings: &mut Vec<Finding>,
) -> Audited {
    let mut report = Report::new(audit, findings);
    let (agreement, agreement_detail) = recorded_vs_derived::check(audit, subject, &mut report);
    internal::check(subject, &mut report);
    let restaging = restaging::compare_stages(subject);
    restaging::check(subject, restaging, &mut report);
    let late = restaging::late_metastasis(subject, &mut report);
    let (origin, origin_reason) = origin::origin(config, subject, late);
    origin::check_flag(subject, origin, &mut report);
    report.sort();
    let (recorded_basis, recorded) = subject.recorded();
    Audited {
        recorded,
        recorded_basis,
        agreement,
        agreement_detail,
        restaging,
        origin,
        origin_reason,
        oligometastasis: oligometastasis::grade(audit, config, subject, late),
        beside: BesideGrades::of(audit, config, subject, late),
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warning,
    /// Wrong.
    Error,
}

impl Severity {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What rstage would have expected, beside what was recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Nothing in particular.
    Nothing,
    /// A stage group.
    Group(StageGroup),
    /// A range of stage groups.
    Between(StageGroup, StageGroup),
    /// An edition.
    Edition(Edition),
    /// A short phrase.
    Words(&'static str),
    /// Two derivations that cannot both be right.
    Apart {
        /// The lowest group that rstage derived, or `NA`.
        low: &'static str,
        /// The highest.
        high: &'static str,
        /// What SEER's algorithm derived, or `NA`.
        seer: &'static str,
    },
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Group(group) => f.write_str(group.label()),
            Self::Between(low, high) => write!(f, "{}-{}", low.label(), high.label()),
            Self::Edition(edition) => write!(f, "edition {}", edition.0),
            Self::Words(words) => f.write_str(words),
            Self::Apart { low, high, seer } if low == high => write!(f, "{low} by rstage, {seer} by SEER"),
            Self::Apart { low, high, seer } => write!(f, "{low}-{high} by rstage, {seer} by SEER"),
        }
    }
}

/// One finding of one record. What was recorded is the text of its fields, so that it is not held here.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Finding {
    /// Rule id, `D01`.
    pub rule: &'static str,
    /// Severity after overrides.
    pub severity: Severity,
    /// The fields that it is about, at most four.
    pub fields: &'static [Field],
    /// What was expected.
    pub expected: Expected,
}
