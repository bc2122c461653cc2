//! The metastatic events of one record, each with the earlier ones as its history.

use super::config::{Config, Profile};
use super::estro::{Answers, EstroState};
use super::evidence::{Evidence, is_first, lesions_at};
use super::oligometastasis::{Event, LadderRule, Level, Timing, gate, timing};
use super::registry::AuditRules;
use super::subject::{Distant, Subject};
use crate::category::Cell;
use crate::course::{Moment, Step};

/// Grades the metastatic events of one record under one profile.
pub(crate) struct Grader<'a> {
    rules: &'a AuditRules,
    config: &'a Config,
    subject: &'a Subject<'a>,
    profile: Profile,
    /// Whether the metastasis of the original stage was found after its window.
    late: bool,
    /// Metastasis at diagnosis, if any, and that of the course; none where the record has no course.
    metastatic: Vec<(Event<'a>, Extent)>,
}

impl<'a> Grader<'a> {
    pub(crate) fn new(
        rules: &'a AuditRules,
        config: &'a Config,
        subject: &'a Subject<'a>,
        profile: Profile,
        late: bool,
    ) -> Self {
        let mut grader = Self { rules, config, subject, profile, late, metastatic: Vec::new() };
        if !subject.steps.is_empty() {
            let diagnosis = subject.metastasis_at_diagnosis().then_some(Event::Diagnosis);
            let later = subject.steps.iter().filter(|step| step.is_later_metastasis());
            let events = diagnosis.into_iter().chain(later.map(|step| Event::Recurrence(Some(step))));
            grader.metastatic = events.map(|event| (event, grader.extent(event))).collect();
        }
        grader
    }

    /// The rule of the ladder that an event meets, and when it was.
    pub(crate) fn rule_and_timing(&self, event: Option<Event>) -> (LadderRule, Timing) {
        let Self { rules, config, subject, .. } = self;
        let event = match gate(rules, subject, event) {
            Err(rule) => return (rule, Timing::NotApplicable),
            Ok(event) => event,
        };
        let evidence = Evidence::gather(rules, config, subject, event);
        let rule = evidence.climb(self.profile, &config.oligometastasis);
        let weak_refused = rule.level() == Level::PossibleWeak && !config.oligometastasis.allow_possible_weak;
        let rule = if weak_refused { LadderRule::NothingTold } else { rule };
        (rule, timing(config, subject, event, self.late))
    }

    /// Level and state of an event of the course; not applicable where it shows no metastasis.
    pub(crate) fn grade_step(&self, step: &'a Step) -> (Level, EstroState) {
        if !step.is_later_metastasis() {
            return (Level::NotApplicable, EstroState::NotApplicable);
        }
        let event = Event::Recurrence(Some(step));
        let graded = self.rule_and_timing(Some(event));
        (graded.0.level(), self.state(event, graded))
    }

    /// The state at the latest metastatic event of the record, of which the first is graded already.
    pub(crate) fn latest_state(&self, first: Option<Event>, graded: (LadderRule, Timing)) -> EstroState {
        match self.metastatic.last() {
            Some(&(latest, _)) => self.state(latest, self.rule_and_timing(Some(latest))),
            None => first.map_or(EstroState::NotApplicable, |event| self.state(event, graded)),
        }
    }

    /// The state at one event, of which those before it are the history.
    fn state(&self, event: Event, (rule, timing): (LadderRule, Timing)) -> EstroState {
        if matches!(rule.level(), Level::ExcludedDiffuse | Level::ExcludedPoly | Level::NotApplicable) {
            return EstroState::NotApplicable;
        }
        let subject = self.subject;
        let [prior_poly, prior_oligo, on_therapy, progressing] = subject.case.estro.map(Cell::value);
        let mut answers =
            Answers { prior_poly, prior_oligo, metachronous: timing.metachronous(), on_therapy, progressing };
        // Without events, what the record does not answer stays open.
        if subject.steps.is_empty() {
            return answers.state();
        }
        let history = self.history(event);
        answers.prior_poly = prior_poly.or(history.poly);
        answers.prior_oligo = prior_oligo.or(history.oligo);
        if let Event::Recurrence(Some(step)) = event {
            // The record answers for the first metastasis, each event for itself.
            let first = is_first(subject, step);
            answers.on_therapy = step.event.on_therapy.value().or(on_therapy.filter(|_| first));
            answers.progressing = step.event.progressing.value().or(progressing.filter(|_| first));
        }
        answers.state()
    }

    /// What came before an event. Events of one date are one metastasis; where the order of two is
    /// open, so is the answer. No earlier metastasis is a no only where the diagnosis was without.
    fn history(&self, event: Event) -> History {
        let mut earlier = Vec::new();
        let mut open = false;
        for &(other, extent) in &self.metastatic {
            match Order::of(other, event) {
                Order::Before => earlier.push(extent),
                Order::Open => open = true,
                Order::Same | Order::After => {}
            }
        }
        let free_at_diagnosis = event == Event::Diagnosis || matches!(self.subject.distant, Distant::M0(_));
        let known = !open && !earlier.contains(&Extent::Open) && (!earlier.is_empty() || free_at_diagnosis);
        let answer = |yes: bool| if yes { Some(true) } else { known.then_some(false) };
        History {
            poly: answer(earlier.contains(&Extent::Poly)),
            oligo: answer(earlier.contains(&Extent::Oligo)),
        }
    }

    /// How far an event had spread. Counted lesions answer for the past even where nobody says whether
    /// all of them could be treated.
    fn extent(&self, event: Event) -> Extent {
        let rule = self.rule_and_timing(Some(event)).0;
        let lesions = match event {
            Event::Recurrence(Some(step)) => lesions_at(self.subject, step),
            _ => self.subject.case.lesions.value(),
        };
        let most = self.profile.max_lesions;
        let counted = lesions.is_some_and(|lesions| (1..=most).contains(&lesions));
        match rule.level() {
            Level::ExcludedDiffuse | Level::ExcludedPoly => Extent::Poly,
            Level::Confirmed | Level::Probable => Extent::Oligo,
            Level::Possible | Level::PossibleWeak if counted => Extent::Oligo,
            _ if counted && rule == LadderRule::NothingTold => Extent::Oligo,
            _ => Extent::Open,
        }
    }
}

/// Answers to the first two questions as the earlier events give them.
struct History {
    poly: Option<bool>,
    oligo: Option<bool>,
}

/// How far a metastasis had spread.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Oligo,
    Poly,
    Open,
}

/// The order of two metastatic events.
enum Order {
    Before,
    Same,
    After,
    Open,
}

impl Order {
    fn of(one: Event, other: Event) -> Self {
        let (one, other) = match (one, other) {
            (Event::Diagnosis, Event::Diagnosis) => return Self::Same,
            (Event::Diagnosis, Event::Recurrence(_)) => return Self::Before,
            (Event::Recurrence(_), Event::Diagnosis) => return Self::After,
            (Event::Recurrence(one), Event::Recurrence(other)) => (one, other),
        };
        let (Some(one), Some(other)) = (one, other) else { return Self::Open };
        let exact = |step: &Step| step.moment.is_some_and(Moment::is_exact);
        // Told twice, or two findings of one day.
        let told_twice = one.moment == other.moment && one.event == other.event;
        if one.at == other.at || told_twice || (one.moment == other.moment && exact(one)) {
            return Self::Same;
        }
        match (one.moment, other.moment) {
            (Some(one), Some(other)) if one.surely_before(other) => Self::Before,
            (Some(one), Some(other)) if one.surely_after(other) => Self::After,
            _ => Self::Open,
        }
    }
}
