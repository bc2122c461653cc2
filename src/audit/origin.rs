//! Whether metastatic disease was there from the start or came later, and R13.

use super::Expected;
use super::config::Config;
use super::recurrence::RecurrenceKind;
use super::registry::RuleId;
use super::report::Report;
use super::subject::{Distant, Subject};
use crate::category::{Behavior, Cell, PartialDate};
use crate::course::{Days, Recurred, months};
use crate::fields::Field;

/// Metastatic origin.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum MetOrigin {
    /// Metastatic at diagnosis.
    DeNovo,
    /// Metastatic after a stage without metastasis.
    Recurrent,
    /// Metastatic later, never having been free of disease.
    Progression,
    /// No metastasis is recorded; absence of a record is not proof of absence.
    NoneRecorded,
    /// The record does not tell.
    Unknown,
    /// No solid malignant tumor of a living patient.
    NotApplicable,
}

impl MetOrigin {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeNovo => "de_novo",
            Self::Recurrent => "recurrent",
            Self::Progression => "progression",
            Self::NoneRecorded => "none_recorded",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// Why an origin was given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum OriginReason {
    /// M1 in the original stage.
    M1Original,
    /// No M, but metastatic sites or an EOD code at diagnosis.
    SitesAtDiagnosis,
    /// Original M0, later a distant recurrence or restaged M1.
    M0ThenDistant,
    /// Never disease-free, later M1.
    NeverFreeThenM1,
    /// Metastasis of the original stage came after its window (R12), with a distant recurrence.
    LateThenRecurrence,
    /// The same, never having been disease-free.
    LateNeverFree,
    /// M0 and nothing later.
    M0NothingLater,
    /// Metastasis of the original stage came after its window, and nothing says how.
    LateUnexplained,
    /// Metastatic sites contradict M (D12).
    Contradictory,
    /// The restaged M1 lies within the window of the original stage (R05).
    WithinWindow,
    /// Recurrence is unknown or its site is.
    RecurrenceUnknown,
    /// Follow-up is shorter than asked for, or unknown.
    FollowUpShort,
    /// The original M is not known.
    MUnknown,
    /// Out of scope.
    OutOfScope,
}

impl OriginReason {
    /// The id in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::M1Original => "m1_original",
            Self::SitesAtDiagnosis => "sites_at_diagnosis",
            Self::M0ThenDistant => "m0_then_distant",
            Self::NeverFreeThenM1 => "never_free_then_m1",
            Self::LateThenRecurrence => "late_then_recurrence",
            Self::LateNeverFree => "late_never_free",
            Self::M0NothingLater => "m0_nothing_later",
            Self::LateUnexplained => "late_unexplained",
            Self::Contradictory => "contradictory",
            Self::WithinWindow => "within_window",
            Self::RecurrenceUnknown => "recurrence_unknown",
            Self::FollowUpShort => "follow_up_short",
            Self::MUnknown => "m_unknown",
            Self::OutOfScope => "out_of_scope",
        }
    }
}

/// The origin of a record's metastatic disease. `late` is R12.
pub(crate) fn origin(config: &Config, subject: &Subject, late: bool) -> (MetOrigin, OriginReason) {
    use MetOrigin as O;
    use OriginReason as R;
    let case = subject.case;
    let malignant = case.behavior.value().is_none_or(|behavior| behavior == Behavior(3));
    if subject.schema.is_some_and(|schema| !schema.solid) || !malignant || subject.not_clinical() {
        return (O::NotApplicable, R::OutOfScope);
    }
    let kind = subject.recurrence.map(|says| says.kind);
    let first_metastasis = subject.first_metastasis();
    let distant = kind == Some(RecurrenceKind::Distant)
        || first_metastasis.is_some_and(|step| step.event.recurred == Recurred::Distant);
    let never_free = kind == Some(RecurrenceKind::NeverDiseaseFree);
    let m1_later = subject.restaged_m == Some(true) || first_metastasis.is_some();
    if subject.sites_contradict_m() {
        return (O::Unknown, R::Contradictory);
    }
    if subject.metastasis_at_diagnosis() {
        return match subject.distant {
            _ if late && never_free => (O::Progression, R::LateNeverFree),
            _ if late && distant => (O::Recurrent, R::LateThenRecurrence),
            _ if late => (O::Unknown, R::LateUnexplained),
            Distant::M1(_) => (O::DeNovo, R::M1Original),
            _ => (O::DeNovo, R::SitesAtDiagnosis),
        };
    }
    if !matches!(subject.distant, Distant::M0(_)) {
        return (O::Unknown, R::MUnknown);
    }
    if never_free && (m1_later || found_after_window(subject)) {
        return (O::Progression, R::NeverFreeThenM1);
    }
    if m1_later && !distant && within_window(subject) {
        return (O::Unknown, R::WithinWindow);
    }
    if m1_later || distant {
        return (O::Recurrent, R::M0ThenDistant);
    }
    if matches!(kind, Some(RecurrenceKind::Unknown | RecurrenceKind::SiteUnknown)) {
        return (O::Unknown, R::RecurrenceUnknown);
    }
    if found_after_window(subject) {
        return (O::Recurrent, R::M0ThenDistant);
    }
    if followed_up(config, case.dx, case.last_contact) {
        (O::NoneRecorded, R::M0NothingLater)
    } else {
        (O::Unknown, R::FollowUpShort)
    }
}

/// R13: the origin of another source against the one that the record shows.
pub(crate) fn check_flag(subject: &Subject, origin: MetOrigin, report: &mut Report) {
    let (Cell::Value(de_novo), false) =
        (subject.case.origin_de_novo, matches!(origin, MetOrigin::Unknown | MetOrigin::NotApplicable))
    else {
        return;
    };
    let agrees = match origin {
        MetOrigin::DeNovo => de_novo,
        MetOrigin::Recurrent | MetOrigin::Progression => !de_novo,
        _ => false,
    };
    if !agrees {
        report.raise(RuleId::R13, &[Field::OriginFlag], Expected::Words(origin.as_str()));
    }
}

fn found_after_window(subject: &Subject) -> bool {
    let found = Days::of(subject.case.met_date);
    matches!((found, subject.window_end), (Some(found), Some(end)) if found.surely_after(end))
}

fn within_window(subject: &Subject) -> bool {
    if let Some(step) = subject.first_metastasis() {
        return step.within_window;
    }
    let restaged = Days::of(subject.case.r_date);
    matches!((restaged, subject.window_end), (Some(event), Some(end)) if event.surely_not_after(end))
}

/// Whether the last contact came late enough for silence to tell that no metastasis was found.
pub(crate) fn followed_up(config: &Config, dx: Cell<PartialDate>, last_contact: Cell<PartialDate>) -> bool {
    if config.none_recorded_months == 0 {
        return true;
    }
    match (Days::of(dx), Days::of(last_contact)) {
        (Some(dx), Some(contact)) => contact.surely_not_before(dx.plus(months(config.none_recorded_months))),
        _ => false,
    }
}
