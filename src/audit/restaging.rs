//! R01-R12 and R15: the stage at diagnosis against restaging and recurrence.

use std::cmp::Ordering;

use super::Expected;
use super::agreement::{Agreement, AgreementDetail, compare, is_part_of};
use super::recurrence::RecurrenceKind;
use super::registry::{RuleId, Strength};
use super::report::Report;
use super::subject::{Distant, ORIGINAL, SetFields, Subject, holds_value};
use crate::category::{Cell, Prefix, Stage, StageGroup};
use crate::course::{Days, Moment, Role, Step};
use crate::fields::Field;
use crate::staging::{Basis, Outcome, Tnm};

/// The restaged group against the original one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restaging {
    /// The restaged group, where there is exactly one.
    pub group: Option<StageGroup>,
    /// Where it comes from.
    pub source: RestagedFrom,
    /// How it compares.
    pub change: Change,
    /// Its classification: r, or rc and rp where an event says so.
    pub classification: Prefix,
    /// Days from the diagnosis to the restaging, or else to the first recurrence.
    pub(crate) days: Option<Days>,
    /// Kind of the first recurrence, where its code says one.
    pub recurrence: Option<RecurrenceKind>,
}

/// Where the restaged group comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum RestagedFrom {
    /// Derived from the restaged categories.
    Derived,
    /// Recorded as a group.
    Recorded,
    /// There is none.
    Nothing,
}

impl RestagedFrom {
    /// The word in output, empty where there is no group.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Derived => "derived",
            Self::Recorded => "recorded",
            Self::Nothing => "",
        }
    }
}

/// Change from the original to the restaged group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Change {
    /// The same group.
    Same,
    /// Higher.
    Up,
    /// Lower.
    Down,
    /// No restaging is recorded.
    None,
    /// One of the two is open, or they follow editions that cannot be compared.
    Unknown,
}

impl Change {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Up => "up",
            Self::Down => "down",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// Compares the restaged with the original group.
pub(crate) fn compare_stages(subject: &Subject) -> Restaging {
    let recorded = subject.case.set(Basis::Restaged).group.cell.value();
    let derived = subject.staged.derived(Basis::Restaged).map(|derived| derived.outcome);
    let derived_group = derived.and_then(Outcome::group);
    let (group, source) = match (derived_group, recorded) {
        (Some(group), _) => (Some(group), RestagedFrom::Derived),
        (None, Some(group)) => (Some(group), RestagedFrom::Recorded),
        (None, None) => (None, RestagedFrom::Nothing),
    };
    let original = original_bounds(subject);
    let restaged = alone(group).or(derived.and_then(Outcome::bounds));
    let change = match (original, restaged) {
        _ if !subject.restaged => Change::None,
        (Some(original), Some(restaged)) => change(original, restaged, same_edition(subject)),
        _ => Change::Unknown,
    };
    let classification = Prefix { r: true, ..Prefix::default() };
    let days = subject.event_days().zip(Days::of(subject.case.dx)).map(|(event, dx)| event.since(dx));
    let recurrence = subject.recurrence.map(|says| says.kind);
    Restaging { group, source, change, classification, days, recurrence }
}

/// Change from the original stage to an event of the course.
pub(crate) fn change_at(subject: &Subject, step: &Step) -> Change {
    let derived = step.derived.map(|derived| derived.outcome);
    let group = derived.and_then(Outcome::group).or(step.event.tnm.group.cell.value());
    let here = alone(group).or(derived.and_then(Outcome::bounds));
    let edition = step.edition.or(step.event.edition.value());
    let same_edition =
        edition.is_none() || subject.staged.edition.is_none() || edition == subject.staged.edition;
    match (original_bounds(subject), here) {
        _ if step.role == Role::Original || !step.event.is_staged() => Change::None,
        (Some(original), Some(here)) => change(original, here, same_edition),
        _ => Change::Unknown,
    }
}

fn original_bounds(subject: &Subject) -> Option<Bounds> {
    let original = subject.staged.original.outcome;
    alone(original.group().or(subject.recorded().1.cell.value())).or(original.bounds())
}

fn alone(group: Option<StageGroup>) -> Option<Bounds> {
    group.map(|group| (group, group))
}

fn same_edition(subject: &Subject) -> bool {
    match (subject.case.r_edition.value(), subject.staged.edition) {
        (Some(restaged), Some(original)) => restaged == original,
        _ => true,
    }
}

type Bounds = (StageGroup, StageGroup);

/// Letters of two editions do not mean the same, so that across editions only roman numbers compare.
fn change(original: Bounds, restaged: Bounds, same_edition: bool) -> Change {
    let order = |from: StageGroup, to: StageGroup| match from.stage().cmp(&to.stage()) {
        Ordering::Equal if from == to => Some(Ordering::Equal),
        Ordering::Equal if !same_edition || is_part_of(from, to) || is_part_of(to, from) => None,
        _ => Some(from.cmp(&to)),
    };
    if order(original.1, restaged.0) == Some(Ordering::Less) {
        Change::Up
    } else if order(original.0, restaged.1) == Some(Ordering::Greater) {
        Change::Down
    } else if original == restaged && original.0 == original.1 {
        Change::Same
    } else {
        Change::Unknown
    }
}

/// Checks everything about restaging and recurrence except R12 and R13, which belong to the origin.
pub(crate) fn check(subject: &Subject, restaging: Restaging, report: &mut Report) {
    original_overwritten(subject, restaging, report);
    prefixes_in_original(subject, report);
    dates(subject, report);
    lower_than_original(subject, restaging, report);
    recurrence(subject, report);
    if subject.restaged {
        edition(subject, report);
    }
}

/// R01.
fn original_overwritten(subject: &Subject, restaging: Restaging, report: &mut Report) {
    if !subject.event_after_window() {
        return;
    }
    let (basis, recorded) = subject.recorded();
    let Some(group) = recorded.cell.value() else { return };
    let (agreement, detail) = compare(recorded.cell, subject.staged.original.outcome);
    let contradicted = agreement == Agreement::Major || detail == AgreementDetail::Conflict;
    let restaged_as_recorded = restaging.group == Some(group)
        || subject.case.set(Basis::Restaged).group.cell == Cell::Value(group)
        || subject.restagings().any(|step| step.after_window && is_staged_as(step, group));
    let needs_m1 = group.stage() == Stage::IV
        && subject.schema.is_some_and(|schema| schema.solid && !schema.iv_with_m0 && !schema.ends_below_iv());
    let later_m1 = subject.restaged_m == Some(true)
        || subject.first_metastasis().is_some_and(|step| step.after_window)
        || is_kind(subject, RecurrenceKind::Distant);
    let m1_came_later = matches!(subject.distant, Distant::M0(_)) && needs_m1 && later_m1;
    if (contradicted && restaged_as_recorded) || m1_came_later {
        let derived = subject.staged.original.outcome.group();
        let expected = derived.map_or(Expected::Words("the group at diagnosis"), Expected::Group);
        report.raise(RuleId::R01, SetFields::of(basis).group(), expected);
    }
}

/// Whether an event holds this group, as recorded or as derived.
fn is_staged_as(step: &Step, group: StageGroup) -> bool {
    step.event.tnm.group.cell == Cell::Value(group)
        || step.derived.and_then(|derived| derived.outcome.group()) == Some(group)
}

/// R02 and R03.
fn prefixes_in_original(subject: &Subject, report: &mut Report) {
    let case = subject.case;
    let autopsy = case.reporting_source == Cell::Value(6);
    let restaged = |prefix: Prefix| prefix.r || (prefix.a && !autopsy);
    let bases = [Basis::Single, Basis::Clinical, Basis::Pathologic, Basis::PostClinical, Basis::PostTherapy];
    for basis in bases {
        if let Some(at) = position(case.set(basis), restaged) {
            report.raise(RuleId::R02, SetFields::of(basis).one(at), Expected::Words("no prefix r or a"));
        }
    }
    let mut y_written = false;
    for basis in ORIGINAL {
        if let Some(at) = position(case.set(basis), |prefix| prefix.y && !prefix.r) {
            y_written = true;
            let fields = SetFields::of(basis).one(at);
            report.raise(RuleId::R03, fields, Expected::Words("a value from before systemic therapy"));
        }
    }
    if !y_written
        && case.neoadjuvant == Cell::Value(true)
        && case.set(Basis::Pathologic).group.cell.value().is_some()
        && !holds_value(case.set(Basis::PostTherapy))
    {
        let expected = Expected::Words("the group under yp");
        report.raise_as(RuleId::R03, Strength::Otherwise, &[Field::PathGroup, Field::Neoadjuvant], expected);
    }
}

/// The first of T, N, M and group whose prefix passes.
fn position(set: &Tnm, test: impl Fn(Prefix) -> bool) -> Option<usize> {
    [set.t.prefix, set.n.prefix, set.m.prefix, set.group.prefix].iter().position(|&prefix| test(prefix))
}

/// R04, R05 and R10.
fn dates(subject: &Subject, report: &mut Report) {
    let case = subject.case;
    let (dx, contact) = (Days::of(case.dx), Days::of(case.last_contact));
    let events: [(Option<Days>, &'static [Field], &'static [Field]); 2] = [
        (Days::of(case.r_date), &[Field::RDate, Field::DxDate], &[Field::RDate, Field::LastContact]),
        (
            Days::of(case.recurrence_date),
            &[Field::RecurrenceDate, Field::DxDate],
            &[Field::RecurrenceDate, Field::LastContact],
        ),
    ];
    let (mut before_dx, mut after_contact) = (false, false);
    for (event, with_dx, with_contact) in events {
        let Some(event) = event else { continue };
        if dx.is_some_and(|dx| event.surely_before(dx)) {
            before_dx = true;
            report.raise(RuleId::R04, with_dx, Expected::Words("a date after the diagnosis"));
        }
        if contact.is_some_and(|contact| event.surely_after(contact)) {
            after_contact = true;
            report.raise(RuleId::R10, with_contact, Expected::Words("a date up to the last contact"));
        }
    }
    // The case holds the latest of the events; the others are looked at here.
    let diagnosis = Moment::diagnosis(case.dx);
    let last = Moment::of(case.last_contact, diagnosis);
    let moments = || subject.restagings().filter_map(|step| step.moment);
    if !before_dx && moments().any(|moment| moment.surely_before(diagnosis)) {
        let fields = &[Field::RDate, Field::DxDate];
        report.raise(RuleId::R04, fields, Expected::Words("a date after the diagnosis"));
    }
    if !after_contact && moments().any(|moment| last.is_some_and(|last| moment.surely_after(last))) {
        let fields = &[Field::RDate, Field::LastContact];
        report.raise(RuleId::R10, fields, Expected::Words("a date up to the last contact"));
    }
    let documented = case.recurrence_date.value().is_some()
        || subject
            .recurrence
            .is_some_and(|says| says.recurred() || says.kind == RecurrenceKind::NeverDiseaseFree);
    if let (Some(event), Some(dx), Some(end), false) =
        (Days::of(case.r_date), dx, subject.window_end, documented)
        && event.surely_not_before(dx)
        && event.surely_not_after(end)
    {
        let expected = Expected::Words("a date after the window of the original stage");
        report.raise(RuleId::R05, &[Field::RDate, Field::DxDate], expected);
    }
}

/// R06.
fn lower_than_original(subject: &Subject, restaging: Restaging, report: &mut Report) {
    if restaging.change != Change::Down {
        return;
    }
    let disease_free = subject.recurrence.is_some_and(super::recurrence::Recurrence::was_disease_free)
        || subject.case.cancer_status == Cell::Value(1);
    let cleared = matches!(subject.distant, Distant::M1(_)) && subject.restaged_m == Some(false);
    let strength = if cleared && !disease_free { Strength::Otherwise } else { Strength::Usual };
    let fields = SetFields::of(Basis::Restaged).group();
    report.raise_as(RuleId::R06, strength, fields, Expected::Words("the original group or a higher one"));
}

/// R07, R08, R09 and R11.
fn recurrence(subject: &Subject, report: &mut Report) {
    let case = subject.case;
    let r_fields = SetFields::of(Basis::Restaged);
    let Some(says) = subject.recurrence else {
        if subject.restaged && case.recurrence_type.is_blank() {
            report.raise(RuleId::R08, &[Field::RecurrenceType], Expected::Words("a type of recurrence"));
        }
        return;
    };
    match says.kind {
        RecurrenceKind::Distant if !subject.restaged => {
            report.raise(RuleId::R07, &[Field::RecurrenceType], Expected::Words("a restaging"));
        }
        RecurrenceKind::Distant if subject.restaged_m == Some(false) => {
            report.raise(
                RuleId::R09,
                r_fields.m(),
                Expected::Words("M1, or a recurrence that is not distant"),
            );
        }
        RecurrenceKind::DiseaseFree if subject.restaged => {
            report.raise(RuleId::R08, &[Field::RecurrenceType], Expected::Words("a type of recurrence"));
        }
        RecurrenceKind::NeverDiseaseFree => {
            if subject.restaged {
                let expected = Expected::Words("progression, not recurrence");
                report.raise_as(RuleId::R08, Strength::Otherwise, &[Field::RecurrenceType], expected);
            }
            if case.recurrence_date.value().is_some() {
                let fields = &[Field::RecurrenceDate, Field::RecurrenceType];
                report.raise(RuleId::R11, fields, Expected::Words("a blank date of recurrence"));
            }
        }
        _ if says.only_local_or_regional() && subject.restaged_m == Some(true) => {
            report.raise(RuleId::R09, r_fields.m(), Expected::Words("M0, or a distant recurrence"));
        }
        _ => {}
    }
}

/// R15.
fn edition(subject: &Subject, report: &mut Report) {
    let in_force = subject.schema.and_then(|schema| schema.event_edition);
    let expected =
        in_force.map_or(Expected::Words("the edition in force at the restaging"), Expected::Edition);
    let wrong = match subject.case.r_edition {
        Cell::Value(edition) => in_force.is_some_and(|in_force| in_force != edition),
        Cell::Blank | Cell::Unknown | Cell::NotApplicable | Cell::Invalid => true,
    };
    if wrong {
        report.raise(RuleId::R15, &[Field::REdition, Field::RDate], expected);
    }
}

fn is_kind(subject: &Subject, kind: RecurrenceKind) -> bool {
    subject.recurrence.is_some_and(|says| says.kind == kind)
}

/// R12: whether the metastasis of the original stage belongs to a later event.
pub(crate) fn late_metastasis(subject: &Subject, report: &mut Report) -> bool {
    if !subject.metastasis_at_diagnosis() {
        return false;
    }
    let late = matches!(
        (Days::of(subject.case.met_date), subject.window_end),
        (Some(found), Some(end)) if found.surely_after(end)
    );
    let recurred = matches!(subject.distant, Distant::M1(_))
        && is_kind(subject, RecurrenceKind::Distant)
        && subject.case.cancer_status != Cell::Value(1);
    let expected = Expected::Words("M of the stage at diagnosis");
    if late {
        report.raise(RuleId::R12, &[Field::MetDate, Field::DxDate], expected);
    } else if recurred {
        report.raise(RuleId::R12, &[Field::RecurrenceType, Field::CancerStatus], expected);
    }
    late || recurred
}
