//! How strong a record's evidence for oligometastatic disease is.
//!
//! A registry record seldom counts lesions, so that a yes or no would be a guess. The ladder says
//! instead what the record can support; its first rule that matches wins and names itself. A record
//! is graded at diagnosis where it shows metastasis there, otherwise at recurrence; flags, EOD and
//! the list of sites belong to the diagnosis alone.

use std::fmt;

use super::config::{Config, LesionCaps};
use super::definitions::ProfileId;
use super::estro::EstroState;
use super::evidence::{lesions_at, recurrence_at, sites_at};
use super::recurrence::RecurrenceKind;
use super::registry::AuditRules;
use super::states::Grader;
use super::subject::{SchemaFacts, Subject};
use crate::category::{Behavior, OrganSet};
use crate::course::{Days, Moment, Step, months};

/// The grade of one record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Oligometastasis {
    /// Strength of the evidence.
    pub level: Level,
    /// The rule that gave it.
    pub rule: LadderRule,
    /// The definition applied.
    pub profile: ProfileId,
    /// When metastasis was found, against the diagnosis.
    pub timing: Timing,
    /// State of the ESTRO/EORTC tree.
    pub estro: EstroState,
    /// Metastatic organs that the record names.
    pub organs: OrganSet,
    /// Number of lesions as recorded.
    pub lesions: Option<u16>,
    /// The same under the lower numbers of lesions that the definition is reported with as well.
    pub also: AlsoGrades,
}

/// Rules of the ladder under some lower numbers of lesions, in the order of the definition; none where no
/// metastasis is shown. As text `max3=excluded_poly;max4=confirmed`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AlsoGrades([Option<(u16, LadderRule)>; LesionCaps::MOST]);

impl AlsoGrades {
    /// Most lesions, and the rule met.
    pub fn iter(&self) -> impl Iterator<Item = (u16, LadderRule)> {
        self.0.into_iter().flatten()
    }
}

impl fmt::Display for AlsoGrades {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (lesions, rule)) in self.iter().enumerate() {
            let separator = if at > 0 { ";" } else { "" };
            write!(f, "{separator}max{lesions}={}", rule.level().as_str())?;
        }
        Ok(())
    }
}

/// Strength of the evidence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Diffuse spread.
    ExcludedDiffuse,
    /// Too many lesions or organs.
    ExcludedPoly,
    /// Lesions counted, within the definition.
    Confirmed,
    /// A code states few lesions.
    Probable,
    /// One organ.
    Possible,
    /// Few organs, or one with gaps.
    PossibleWeak,
    /// Metastatic, but neither organs nor lesions are told, or the record contradicts itself.
    NotAssessable,
    /// No metastasis shown, or no solid tumor.
    NotApplicable,
}

impl Level {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExcludedDiffuse => "excluded_diffuse",
            Self::ExcludedPoly => "excluded_poly",
            Self::Confirmed => "confirmed",
            Self::Probable => "probable",
            Self::Possible => "possible",
            Self::PossibleWeak => "possible_weak",
            Self::NotAssessable => "not_assessable",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// When metastasis was found, against the diagnosis.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Timing {
    /// Within the synchronous interval.
    Synchronous,
    /// Later.
    Metachronous,
    /// The dates do not tell.
    Unknown,
    /// No metastasis shown, or no solid tumor.
    NotApplicable,
}

impl Timing {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Synchronous => "synchronous",
            Self::Metachronous => "metachronous",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// Generates [`LadderRule`] with its id and level.
macro_rules! ladder {
    ($($variant:ident $id:literal $level:ident;)*) => {
        /// A rule of the ladder; `oligometastasis.toml` says what each means.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum LadderRule { $(#[doc = $id] $variant,)* }

        impl LadderRule {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The id in output.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// The level that the rule gives.
            pub const fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)* }
            }
        }
    };
}

ladder! {
    NotSolid "O-N1" NotApplicable;
    NotMalignant "O-N2" NotApplicable;
    NotClinical "O-N3" NotApplicable;
    NoMetastasis "O-N4" NotApplicable;
    Generalised "O-X1" ExcludedDiffuse;
    DiffuseCode "O-X2" ExcludedDiffuse;
    IntrathoracicCode "O-X3" ExcludedDiffuse;
    DiffuseRecurrence "O-X4" ExcludedDiffuse;
    DiffuseField "O-X5" ExcludedDiffuse;
    TooManyLesions "O-X6" ExcludedPoly;
    TooManyOrgans "O-X7" ExcludedPoly;
    CodedTooManyLesions "O-X8" ExcludedPoly;
    CodedTooManyOrgans "O-X9" ExcludedPoly;
    Contradictory "O-U1" NotAssessable;
    SchemaUnknown "O-U2" NotAssessable;
    LesionsCounted "O-C1" Confirmed;
    CodedSingleLesion "O-P1" Probable;
    CodedFewLesions "O-P2" Probable;
    OneOrgan "O-O1" Possible;
    CodedOneOrgan "O-O2" Possible;
    SingleSiteRecurrence "O-O3" Possible;
    OneOrganEarlyYears "O-W1" PossibleWeak;
    OneOrganWithGaps "O-W2" PossibleWeak;
    FewOrgans "O-W3" PossibleWeak;
    FewOrgansWithGaps "O-W4" PossibleWeak;
    CodedSeveralOrgans "O-W5" PossibleWeak;
    NothingTold "O-U3" NotAssessable;
}

/// Grades a record. `late` says that the metastasis of the original stage was found after its window.
pub(crate) fn grade(rules: &AuditRules, config: &Config, subject: &Subject, late: bool) -> Oligometastasis {
    let case = subject.case;
    let profile = profile_of(rules, subject);
    let event = first_event(subject);
    let (sites, recurrence, lesions) = match event {
        Some(Event::Recurrence(Some(step))) => {
            (sites_at(step), recurrence_at(rules, subject, step), lesions_at(subject, step))
        }
        _ => (subject.sites, subject.recurrence, case.lesions.value()),
    };
    let organ = recurrence.and_then(|recurrence| recurrence.organ).map_or(0, |organ| organ.alone().0);
    let organs = OrganSet(sites.positive().0 | organ);
    let caps = rules.definitions.profile(profile);
    let grader = Grader::new(rules, config, subject, caps, late);
    let (rule, timing) = grader.rule_and_timing(event);
    let estro = grader.latest_state(event, (rule, timing));
    let mut also = AlsoGrades::default();
    if rule.level() != Level::NotApplicable {
        for (slot, lesions) in also.0.iter_mut().zip(caps.also_report.iter()) {
            let grader = Grader::new(rules, config, subject, caps.capped(lesions), late);
            *slot = Some((lesions, grader.rule_and_timing(event).0));
        }
    }
    Oligometastasis { level: rule.level(), rule, profile, timing, estro, organs, lesions, also }
}

/// The definition that applies to a record.
pub(crate) fn profile_of(rules: &AuditRules, subject: &Subject) -> ProfileId {
    rules.forced_profile.unwrap_or_else(|| {
        let schema = subject.schema.as_ref().map(|schema| schema.id);
        rules.definitions.profile_of(schema, subject.case.histology)
    })
}

/// Whether a record is graded at diagnosis or at recurrence.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Event<'a> {
    Diagnosis,
    /// At the first recurrence that the record tells of, or at an event of its course.
    Recurrence(Option<&'a Step>),
}

pub(crate) fn first_event<'a>(subject: &'a Subject) -> Option<Event<'a>> {
    let distant = subject.recurrence.is_some_and(|recurrence| recurrence.kind == RecurrenceKind::Distant);
    if subject.metastasis_at_diagnosis() {
        Some(Event::Diagnosis)
    } else if let Some(step) = subject.first_metastasis() {
        Some(Event::Recurrence(Some(step)))
    } else if subject.restaged_m == Some(true) || distant {
        Some(Event::Recurrence(None))
    } else {
        None
    }
}

pub(crate) fn gate<'a>(
    rules: &AuditRules,
    subject: &Subject,
    event: Option<Event<'a>>,
) -> Result<Event<'a>, LadderRule> {
    let not_solid = |schema: &SchemaFacts| !schema.solid || rules.definitions.is_lymphoma(schema.id);
    if subject.schema.as_ref().is_some_and(not_solid) {
        return Err(LadderRule::NotSolid);
    }
    if subject.case.behavior.value().is_some_and(|behavior| behavior != Behavior(3)) {
        return Err(LadderRule::NotMalignant);
    }
    if subject.not_clinical() {
        return Err(LadderRule::NotClinical);
    }
    event.ok_or(LadderRule::NoMetastasis)
}

pub(crate) fn timing(config: &Config, subject: &Subject, event: Event, late: bool) -> Timing {
    let case = subject.case;
    if let Event::Recurrence(Some(step)) = event
        && let Some(found) = step.moment
    {
        let end = Moment::diagnosis(case.dx).plus(months(config.sync_months));
        return if found.surely_after(end) {
            Timing::Metachronous
        } else if found.surely_not_after(end) {
            Timing::Synchronous
        } else {
            Timing::Unknown
        };
    }
    let found = Days::of(case.met_date).or_else(|| match event {
        Event::Diagnosis => None,
        Event::Recurrence(_) => {
            let restaged = subject.restaged_m == Some(true);
            let restaged = if restaged { Days::of(case.r_date) } else { None };
            restaged.or_else(|| Days::of(case.recurrence_date))
        }
    });
    let Some(found) = found else {
        // Metastasis of the original stage is within its window, unless something says that it is not.
        let synchronous = event == Event::Diagnosis && !late;
        return if synchronous { Timing::Synchronous } else { Timing::Unknown };
    };
    let Some(dx) = Days::of(case.dx) else { return Timing::Unknown };
    let end = dx.plus(months(config.sync_months));
    if found.surely_after(end) {
        Timing::Metachronous
    } else if found.surely_not_after(end) {
        Timing::Synchronous
    } else {
        Timing::Unknown
    }
}
