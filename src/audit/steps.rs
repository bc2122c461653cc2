//! What the audit says of each event in the course of a tumor.

use super::agreement::{Agreement, AgreementDetail, compare};
use super::config::Config;
use super::estro::EstroState;
use super::oligometastasis::{Level, profile_of};
use super::registry::AuditRules;
use super::restaging::{Change, change_at};
use super::states::Grader;
use super::subject::Subject;
use crate::course::Step;
use crate::staging::{Cause, Outcome};

/// An event as it compares with what was derived of it and with the original stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Judged {
    /// Change from the original stage to this event.
    pub change: Change,
    /// How the recorded group agrees with the derived one.
    pub agreement: Agreement,
    /// How exactly.
    pub agreement_detail: AgreementDetail,
    /// Evidence for oligometastatic disease at this event.
    pub level: Level,
    /// ESTRO/EORTC state at this event, with the earlier ones as its history.
    pub state: EstroState,
}

/// Judges the events of a record's course.
pub(crate) fn judge(audit: &AuditRules, config: &Config, subject: &Subject) -> Vec<Judged> {
    let profile = audit.definitions.profile(profile_of(audit, subject));
    let grader = Grader::new(audit, config, subject, profile, false);
    let judge = |step: &Step| {
        let derived = step.derived.map_or(Outcome::Unknown(Cause::TnmMissing), |derived| derived.outcome);
        let (agreement, agreement_detail) = compare(step.event.tnm.group.cell, derived);
        let (level, state) = grader.grade_step(step);
        Judged { change: change_at(subject, step), agreement, agreement_detail, level, state }
    };
    subject.steps.iter().map(judge).collect()
}
