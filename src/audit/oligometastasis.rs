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
use super::subject::{Distant, SchemaFacts, Subject};
use crate::category::{Behavior, Category, Cell, Edition, MetFlag, OrganSet};
use crate::course::{Days, Moment, Step, months};
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
    let event = first_event(subject);
    let (sites, recurrence, lesions) = match event {
        Some(Event::Recurrence(Some(step))) => {
            (sites_at(step), recurrence_at(rules, subject, step), lesions_at(subject, step))
        }
        _ => (subject.sites, subject.recurrence, case.lesions.value()),
    };
    let organ = recurrence.and_then(|recurrence| recurrence.organ).map_or(0, |organ| organ.alone().0);
    let organs = OrganSet(sites.positive().0 | organ);
    let grader = Grader { rules, config, subject, profile, late };
    let (rule, timing) = grader.rule_and_timing(event);
    let estro = grader.latest_state(event);
    Oligometastasis { level: rule.level(), rule, profile, timing, estro, organs, lesions }
}

/// The level of an event of the course and the state that the patient was then in; not applicable
/// where the event shows no metastasis.
pub(crate) fn grade_step(
    rules: &AuditRules,
    config: &Config,
    subject: &Subject,
    step: &Step,
) -> (Level, EstroState) {
    if !step.is_later_metastasis() {
        return (Level::NotApplicable, EstroState::NotApplicable);
    }
    let profile = grade(rules, config, subject, false).profile;
    let grader = Grader { rules, config, subject, profile, late: false };
    let event = Event::Recurrence(Some(step));
    (grader.rule_and_timing(Some(event)).0.level(), grader.state(event))
}

/// Grades the metastatic events of one record under one profile.
struct Grader<'a> {
    rules: &'a AuditRules,
    config: &'a Config,
    subject: &'a Subject<'a>,
    profile: ProfileId,
    late: bool,
}

impl<'a> Grader<'a> {
    fn rule_and_timing(&self, event: Option<Event>) -> (LadderRule, Timing) {
        let Self { rules, config, subject, .. } = self;
        let event = match gate(rules, subject, event) {
            Err(rule) => return (rule, Timing::NotApplicable),
            Ok(event) => event,
        };
        let evidence = Evidence::gather(rules, config, subject, event);
        let rule = evidence.climb(rules.definitions.profile(self.profile), &config.oligometastasis);
        let weak_refused = rule.level() == Level::PossibleWeak && !config.oligometastasis.allow_possible_weak;
        let rule = if weak_refused { LadderRule::NothingTold } else { rule };
        (rule, timing(config, subject, event, self.late))
    }

    /// The state at the latest metastatic event of the record.
    fn latest_state(&self, first: Option<Event>) -> EstroState {
        let latest = self.metastatic_events().last().or(first);
        latest.map_or(EstroState::NotApplicable, |event| self.state(event))
    }

    /// Metastasis at diagnosis, if any, and then that of the course.
    fn metastatic_events(&self) -> impl Iterator<Item = Event<'a>> {
        let subject = self.subject;
        let diagnosis = subject.metastasis_at_diagnosis().then_some(Event::Diagnosis);
        let later = subject.steps.iter().filter(|step| step.is_later_metastasis());
        diagnosis.into_iter().chain(later.map(|step| Event::Recurrence(Some(step))))
    }

    /// The state at one event, of which those before it are the history.
    fn state(&self, event: Event<'a>) -> EstroState {
        let (rule, timing) = self.rule_and_timing(Some(event));
        if matches!(rule.level(), Level::ExcludedDiffuse | Level::ExcludedPoly | Level::NotApplicable) {
            return EstroState::NotApplicable;
        }
        let earlier: Vec<Level> = self
            .metastatic_events()
            .take_while(|earlier| *earlier != event)
            .map(|earlier| self.rule_and_timing(Some(earlier)).0.level())
            .collect();
        let subject = self.subject;
        let [prior_poly, prior_oligo, on_therapy, progressing] = subject.case.estro.map(Cell::value);
        let mut answers =
            Answers { prior_poly, prior_oligo, metachronous: timing.metachronous(), on_therapy, progressing };
        // Without events, what the record does not answer stays open.
        if subject.steps.is_empty() {
            return answers.state();
        }
        let (poly, oligo) = self.history(event, &earlier);
        answers.prior_poly = prior_poly.or(poly);
        answers.prior_oligo = prior_oligo.or(oligo);
        if let Event::Recurrence(Some(step)) = event {
            // The record answers for the first metastasis, each event for itself.
            let first = earlier.is_empty();
            answers.on_therapy = step.event.on_therapy.value().or(on_therapy.filter(|_| first));
            answers.progressing = step.event.progressing.value().or(progressing.filter(|_| first));
        }
        answers.state()
    }

    /// Whether the disease was poly- or oligometastatic before an event, as far as its history tells.
    /// A history without earlier metastasis is a no only where the diagnosis is known to be without.
    fn history(&self, event: Event, earlier: &[Level]) -> (Option<bool>, Option<bool>) {
        let had = |test: fn(Level) -> bool| earlier.iter().any(|&level| test(level));
        let poly = had(|level| matches!(level, Level::ExcludedDiffuse | Level::ExcludedPoly));
        let oligo = had(|level| matches!(level, Level::Confirmed | Level::Probable));
        let known = if earlier.is_empty() {
            event == Event::Diagnosis || matches!(self.subject.distant, Distant::M0(_))
        } else {
            earlier.iter().all(|level| {
                use Level as L;
                matches!(level, L::ExcludedDiffuse | L::ExcludedPoly | L::Confirmed | L::Probable)
            })
        };
        let answer = |yes: bool| if yes { Some(true) } else { known.then_some(false) };
        (answer(poly), answer(oligo))
    }
}

fn sites_at(step: &Step) -> Sites {
    let mut case = Case { met_sites: step.event.sites, ..Case::default() };
    // Whether nodes in the list are regional depends on the N beside them.
    case.sets[Basis::Single as usize].n = step.event.tnm.n;
    Sites::of(&case)
}

fn recurrence_at(rules: &AuditRules, subject: &Subject, step: &Step) -> Option<Recurrence> {
    let own = rules.recurrence.of(step.event.recurrence_type);
    let distant = |recurrence: &Recurrence| recurrence.kind == RecurrenceKind::Distant;
    own.or(subject.recurrence.filter(|recurrence| is_first(subject, step) && distant(recurrence)))
}

fn lesions_at(subject: &Subject, step: &Step) -> Option<u16> {
    step.event.lesions.value().or(subject.case.lesions.value().filter(|_| is_first(subject, step)))
}

/// Whether an event is the first metastasis of its record, which the record's own items speak of.
fn is_first(subject: &Subject, step: &Step) -> bool {
    !subject.metastasis_at_diagnosis() && subject.first_metastasis().is_some_and(|first| first.at == step.at)
}

/// Whether a record is graded at diagnosis or at recurrence.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Event<'a> {
    Diagnosis,
    /// At the first recurrence that the record tells of, or at an event of its course.
    Recurrence(Option<&'a Step>),
}

fn first_event<'a>(subject: &'a Subject) -> Option<Event<'a>> {
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

fn gate<'a>(
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
        let step = if let Event::Recurrence(step) = event { step } else { None };
        let sites = match (event, step) {
            (Event::Diagnosis, _) => subject.sites,
            (_, Some(step)) => sites_at(step),
            (_, None) => Sites::of(&Case::default()),
        };
        // The items of the record speak of its first metastasis.
        let own_items = step.is_none_or(|step| is_first(subject, step));
        let mut positive = sites.positive();
        let maybe_nodes = matches!(sites.flag(Organ::DistantLn), Cell::Value(MetFlag::Yes) | Cell::Unknown);
        let node_only = maybe_nodes && positive.0 & !Organ::DistantLn.alone().0 == 0;
        if !config.oligometastasis.distant_ln_counts_as_organ {
            positive = OrganSet(positive.0 & !Organ::DistantLn.alone().0);
        }
        let says_of = |category: Option<Category>, edition: Option<Edition>| {
            let schema = subject.schema.as_ref()?;
            let edition = edition.or(schema.edition)?;
            rules.definitions.of_category(schema.id, edition, category?).map(|statement| statement.says)
        };
        let of_basis = |basis: Basis| says_of(case.set(basis).m.cell.value(), None);
        let says = if at_diagnosis {
            [
                of_basis(Basis::Single),
                of_basis(Basis::Clinical),
                of_basis(Basis::Pathologic),
                subject.eod.map(|statement| statement.says),
                None,
            ]
        } else if let Some(step) = step {
            [None, None, None, None, says_of(step.event.tnm.m.cell.value(), step.edition)]
        } else {
            [None, None, None, None, of_basis(Basis::Restaged)]
        };
        Self {
            at_diagnosis,
            sites,
            says,
            recurrence: match step {
                Some(step) => recurrence_at(rules, subject, step),
                None => subject.recurrence,
            },
            diffuse: if own_items { case.diffuse } else { [Cell::Blank; 4] },
            lesions: match step {
                Some(step) => lesions_at(subject, step),
                None => case.lesions.value(),
            },
            all_treatable: own_items && case.all_treatable == Cell::Value(true),
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
