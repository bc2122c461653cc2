//! The course of each tumor of a chunk, and its rows in the table of restagings.

use super::RunError;
use super::decode::key_of;
use super::enriched::reason;
use super::events::Told;
use super::process::Shared;
use crate::audit::{AuditRules, Audited, Finding, Judged, audit_course};
use crate::course::{Course, Event, Step, When};
use crate::fields::Mapping;
use crate::input::Chunk;
use crate::staging::words::{group_of, recorded_word};
use crate::staging::{Case, Outcome, Staged, Stager};

/// Columns of the table of restagings: one row for each event of a tumor among the records.
pub(super) const RESTAGING_COLUMNS: [&str; 18] = [
    "key",
    "event_date",
    "event_days",
    "classification",
    "role",
    "role_reason",
    "group_recorded",
    "group_derived",
    "edition",
    "reason",
    "change",
    "agreement",
    "agreement_detail",
    "oligo",
    "oligo_state",
    "file",
    "line",
    "source",
];

/// The events of a chunk's records, by row.
pub(super) struct Courses {
    keys: Vec<String>,
    events: Vec<Vec<Told>>,
}

impl Courses {
    /// Fetches them; none where the run has no events.
    pub(super) fn fetch(shared: &Shared, chunk: &Chunk, mapping: &Mapping) -> Result<Self, RunError> {
        let Some(store) = shared.events else { return Ok(Self { keys: Vec::new(), events: Vec::new() }) };
        let keys: Vec<String> =
            (0..chunk.rows()).map(|row| key_of(chunk, mapping, row).trim().to_owned()).collect();
        let audit = &shared.plans[chunk.file].audit;
        let events = store.fetch(&keys, audit)?;
        Ok(Self { keys, events })
    }

    /// Key and events of a row; `None` where it has no events.
    pub(super) fn of(&self, row: usize) -> Option<(&str, &[Told])> {
        let events = self.events.get(row).filter(|events| !events.is_empty())?;
        Some((self.keys.get(row)?, events))
    }
}

/// A record with its course.
pub(super) struct Followed {
    pub(super) case: Case,
    pub(super) staged: Staged,
    pub(super) audited: Audited,
    pub(super) rows: Vec<[String; RESTAGING_COLUMNS.len()]>,
}

/// Stages and audits a record with its events.
pub(super) fn follow(
    shared: &Shared,
    audit: &AuditRules,
    stager: &mut Stager,
    case: &Case,
    key: &str,
    told: &[Told],
    findings: &mut Vec<Finding>,
) -> Followed {
    let config = shared.config;
    let events: Vec<Event> = told.iter().map(|told| told.event).collect();
    let mut course = Course::of(case, config.original_window, config.original_window_days, &events);
    let staged = course.stage(stager);
    let (audited, judged) = audit_course(shared.rules, audit, config, &course, &staged, findings);
    let rows = course
        .steps
        .iter()
        .zip(judged)
        .filter_map(|(step, judged)| Some(row(shared, key, step, judged, told.get(step.at)?)))
        .collect();
    Followed { case: course.case, staged, audited, rows }
}

fn row(
    shared: &Shared,
    key: &str,
    step: &Step,
    judged: Judged,
    told: &Told,
) -> [String; RESTAGING_COLUMNS.len()] {
    let classification = step.classification();
    let derived = step.derived.map(|derived| match derived.outcome {
        Outcome::Group(group) => format!("{classification}{}", group.label()),
        outcome => group_of(outcome).to_owned(),
    });
    let event = &step.event;
    let staged = event.is_staged();
    [
        shared.keys.shown(key.to_owned()),
        step.date.value().map(|date| date.to_string()).unwrap_or_default(),
        match event.when {
            When::AfterDiagnosis(days) => days.to_string(),
            When::Date(_) | When::Unknown => String::new(),
        },
        classification.to_string(),
        step.role.as_str().to_owned(),
        step.reason.as_str().to_owned(),
        recorded_word(event.tnm.group).to_owned(),
        derived.unwrap_or_default(),
        step.edition.map(|edition| edition.0.to_string()).unwrap_or_default(),
        step.derived.map(|derived| reason(shared.rules, &derived)).unwrap_or_default(),
        judged.change.as_str().to_owned(),
        if staged { judged.agreement.as_str().to_owned() } else { String::new() },
        if staged { judged.agreement_detail.as_str().to_owned() } else { String::new() },
        judged.level.as_str().to_owned(),
        judged.state.to_string(),
        shared.paths.get(told.file).cloned().unwrap_or_default(),
        told.line.to_string(),
        told.source.clone(),
    ]
}
