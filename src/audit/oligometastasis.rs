//! How strong a record's evidence for oligometastatic disease is.
//!
//! A registry record seldom counts lesions, so that a yes or no would be a guess. The ladder says
//! instead what the record can support; its first rule that matches wins and names itself. A record
//! is graded at diagnosis where it shows metastasis there, otherwise at recurrence; flags, EOD and
//! the list of sites belong to the diagnosis alone.

use super::config::{Config, Intrathoracic, OligoConfig, Profile, Setting};
use super::definitions::{ProfileId, Says};
use super::estro::{Answers, EstroState};
use super::organs::{Organ, Sites};
use super::recurrence::{Recurrence, RecurrenceKind};
use super::registry::AuditRules;
use super::subject::{SchemaFacts, Subject};
use crate::category::{Behavior, Cell, MetFlag, OrganSet};
use crate::course::{Days, months};
use crate::staging::{Basis, Case};

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
    let profile = rules.forced_profile.unwrap_or_else(|| {
        rules.definitions.profile_of(subject.schema.as_ref().map(|schema| schema.id), case.histology)
    });
    let organs = OrganSet(
        subject.sites.positive().0
            | subject.recurrence.and_then(|recurrence| recurrence.organ).map_or(0, |organ| organ.alone().0),
    );
    let lesions = case.lesions.value();
    let event = event(subject);
    let rule = match gate(rules, subject, event) {
        Err(rule) => rule,
        Ok(event) => {
            let evidence = Evidence::gather(rules, config, subject, event);
            let rule = evidence.climb(rules.definitions.profile(profile), &config.oligometastasis);
            let weak_refused =
                rule.level() == Level::PossibleWeak && !config.oligometastasis.allow_possible_weak;
            if weak_refused { LadderRule::NothingTold } else { rule }
        }
    };
    let level = rule.level();
    let timing = match event {
        Some(event) if level != Level::NotApplicable => timing(config, subject, event, late),
        _ => Timing::NotApplicable,
    };
    let estro = match level {
        Level::ExcludedDiffuse | Level::ExcludedPoly | Level::NotApplicable => EstroState::NotApplicable,
        _ => answers(subject, timing).state(),
    };
    Oligometastasis { level, rule, profile, timing, estro, organs, lesions }
}

/// Whether a record is graded at diagnosis or at recurrence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    Diagnosis,
    Recurrence,
}

fn event(subject: &Subject) -> Option<Event> {
    let distant = subject.recurrence.is_some_and(|recurrence| recurrence.kind == RecurrenceKind::Distant);
    if subject.metastasis_at_diagnosis() {
        Some(Event::Diagnosis)
    } else if subject.restaged_m == Some(true) || distant {
        Some(Event::Recurrence)
    } else {
        None
    }
}

fn gate(rules: &AuditRules, subject: &Subject, event: Option<Event>) -> Result<Event, LadderRule> {
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

/// What the ladder looks at.
struct Evidence {
    at_diagnosis: bool,
    sites: Sites,
    says: [Option<Says>; 5],
    recurrence: Option<Recurrence>,
    diffuse: [Cell<bool>; 4],
    lesions: Option<u16>,
    all_treatable: bool,
    organs: u16,
    /// Whether distant nodes can be the only metastatic site.
    node_only: bool,
    contradictory: bool,
    early_years: bool,
    schema_unknown: bool,
}

impl Evidence {
    fn gather(rules: &AuditRules, config: &Config, subject: &Subject, event: Event) -> Self {
        let case = subject.case;
        let at_diagnosis = event == Event::Diagnosis;
        let sites = if at_diagnosis { subject.sites } else { Sites::of(&Case::default()) };
        let mut positive = sites.positive();
        let maybe_nodes = matches!(sites.flag(Organ::DistantLn), Cell::Value(MetFlag::Yes) | Cell::Unknown);
        let node_only = maybe_nodes && positive.0 & !Organ::DistantLn.alone().0 == 0;
        if !config.oligometastasis.distant_ln_counts_as_organ {
            positive = OrganSet(positive.0 & !Organ::DistantLn.alone().0);
        }
        let of_basis = |basis: Basis| {
            let schema = subject.schema.as_ref()?;
            let category = case.set(basis).m.cell.value()?;
            rules
                .definitions
                .of_category(schema.id, schema.edition?, category)
                .map(|statement| statement.says)
        };
        let says = if at_diagnosis {
            [
                of_basis(Basis::Single),
                of_basis(Basis::Clinical),
                of_basis(Basis::Pathologic),
                subject.eod.map(|statement| statement.says),
                None,
            ]
        } else {
            [None, None, None, None, of_basis(Basis::Restaged)]
        };
        Self {
            at_diagnosis,
            sites,
            says,
            recurrence: subject.recurrence,
            diffuse: case.diffuse,
            lesions: case.lesions.value(),
            all_treatable: case.all_treatable == Cell::Value(true),
            organs: positive.0.count_ones() as u16,
            node_only,
            contradictory: at_diagnosis && subject.sites_contradict_m(),
            early_years: sites.from_flags
                && case.dx.value().is_some_and(|dx| dx.year < config.oligometastasis.flags_complete_from),
            schema_unknown: subject.schema.is_none(),
        }
    }

    /// The first rule that matches.
    fn climb(&self, profile: Profile, config: &OligoConfig) -> LadderRule {
        self.excluded_diffuse(config)
            .or_else(|| self.excluded_poly(profile))
            // A contradiction ranks before any positive evidence: either side of it may be the error.
            .or_else(|| {
                (self.contradictory || self.more_organs_than_told()).then_some(LadderRule::Contradictory)
            })
            .or_else(|| self.schema_unknown.then_some(LadderRule::SchemaUnknown))
            .or_else(|| self.confirmed(profile))
            .or_else(|| self.probable(profile))
            .or_else(|| self.possible())
            .or_else(|| self.possible_weak(profile))
            .unwrap_or(LadderRule::NothingTold)
    }

    fn excluded_diffuse(&self, config: &OligoConfig) -> Option<LadderRule> {
        let excludes = |setting| config.excludes(setting);
        if self.sites.flag(Organ::Other) == Cell::Value(MetFlag::Generalised)
            && excludes(Setting::Carcinomatosis)
        {
            return Some(LadderRule::Generalised);
        }
        if self.any(|says| matches!(says, Says::Diffuse(setting) if excludes(setting))) {
            return Some(LadderRule::DiffuseCode);
        }
        if config.lung_m1a == Intrathoracic::Excluded && self.any(|says| says == Says::Intrathoracic) {
            return Some(LadderRule::IntrathoracicCode);
        }
        if self.recurrence.and_then(|recurrence| recurrence.setting).is_some_and(excludes) {
            return Some(LadderRule::DiffuseRecurrence);
        }
        let mut recorded = self.diffuse.iter().zip(Setting::RECORDED);
        recorded
            .any(|(&cell, setting)| cell == Cell::Value(true) && excludes(setting))
            .then_some(LadderRule::DiffuseField)
    }

    fn excluded_poly(&self, profile: Profile) -> Option<LadderRule> {
        let one_station = profile.one_node_station && self.node_only;
        if !one_station && self.lesions.is_some_and(|lesions| lesions > profile.max_lesions) {
            return Some(LadderRule::TooManyLesions);
        }
        if self.organs > profile.max_organs {
            return Some(LadderRule::TooManyOrgans);
        }
        if self.any(|says| matches!(says, Says::MoreThan(lesions) if lesions >= profile.max_lesions)) {
            return Some(LadderRule::CodedTooManyLesions);
        }
        (profile.max_organs <= 1 && self.any(|says| says == Says::SeveralOrgans))
            .then_some(LadderRule::CodedTooManyOrgans)
    }

    fn confirmed(&self, profile: Profile) -> Option<LadderRule> {
        let lesions = self.lesions.filter(|&lesions| (1..=profile.max_lesions).contains(&lesions))?;
        let organs_open = self.sites.flag(Organ::Other) == Cell::Value(MetFlag::Yes)
            || self.sites.positive().0.count_ones() as usize + self.sites.denied() < 6;
        // Every lesion lies in one organ, so that their number bounds the organs where the flags do not.
        let most_organs = if organs_open { lesions } else { lesions.min(self.organs) };
        let treatable = self.all_treatable || !profile.needs_all_treatable;
        (most_organs <= profile.max_organs && treatable && !self.diffuse_unknown())
            .then_some(LadderRule::LesionsCounted)
    }

    fn probable(&self, profile: Profile) -> Option<LadderRule> {
        if self.diffuse_unknown() {
            return None;
        }
        let chest_denied = !self.at_diagnosis || self.sites.flag(Organ::Lung) == Cell::Value(MetFlag::No);
        if chest_denied && self.any(|says| says == Says::SingleLesion) {
            return Some(LadderRule::CodedSingleLesion);
        }
        self.any(|says| matches!(says, Says::AtMost(lesions) if lesions <= profile.max_lesions))
            .then_some(LadderRule::CodedFewLesions)
    }

    fn possible(&self) -> Option<LadderRule> {
        let one_positive = self.sites.positive().0.is_power_of_two();
        if one_positive && self.sites.denied() == 5 && !self.early_years {
            return Some(LadderRule::OneOrgan);
        }
        // A single lesion lies in one organ, even where the chest is not known to be free.
        if self.any(|says| matches!(says, Says::OneOrgan | Says::SingleLesion)) {
            return Some(LadderRule::CodedOneOrgan);
        }
        self.recurrence.and_then(|recurrence| recurrence.organ).map(|_| LadderRule::SingleSiteRecurrence)
    }

    fn possible_weak(&self, profile: Profile) -> Option<LadderRule> {
        let positive = self.sites.positive().0.count_ones();
        if positive == 1 && self.sites.denied() == 5 {
            return Some(LadderRule::OneOrganEarlyYears);
        }
        if positive == 1 {
            return Some(LadderRule::OneOrganWithGaps);
        }
        if positive > 1 && self.organs <= profile.max_organs {
            // Fewer gaps than in the rule above: it would be odd to grade this record lower.
            let gaps = self.sites.any_unknown();
            return Some(if gaps { LadderRule::FewOrgansWithGaps } else { LadderRule::FewOrgans });
        }
        self.any(|says| matches!(says, Says::SeveralOrgans | Says::OrganAndNodes))
            .then_some(LadderRule::CodedSeveralOrgans)
    }

    /// Whether more organs are positive than the counted lesions or a code leave room for.
    fn more_organs_than_told(&self) -> bool {
        let positive = self.sites.positive().0.count_ones() as u16;
        let too_few = |most: u16| positive > most;
        self.lesions.is_some_and(too_few)
            || self.any(|says| match says {
                Says::SingleLesion | Says::OneOrgan => too_few(1),
                Says::AtMost(lesions) => too_few(lesions),
                _ => false,
            })
    }

    fn any(&self, test: impl Fn(Says) -> bool) -> bool {
        self.says.iter().flatten().any(|&says| test(says))
    }

    /// Whether a diffuse setting is recorded as unknown. For the other sites that is the code for
    /// carcinomatosis with no organ named, so that it must not pass for a no.
    fn diffuse_unknown(&self) -> bool {
        self.diffuse.contains(&Cell::Unknown) || self.sites.flag(Organ::Other) == Cell::Unknown
    }
}

fn timing(config: &Config, subject: &Subject, event: Event, late: bool) -> Timing {
    let case = subject.case;
    let found = Days::of(case.met_date).or_else(|| match event {
        Event::Diagnosis => None,
        Event::Recurrence => {
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

fn answers(subject: &Subject, timing: Timing) -> Answers {
    let [prior_poly, prior_oligo, on_therapy, progressing] = subject.case.estro.map(Cell::value);
    Answers { prior_poly, prior_oligo, metachronous: timing.metachronous(), on_therapy, progressing }
}
