//! Which part each event plays: the stage at diagnosis, or what came after it.

use super::event::{Event, Recurred};
use super::moment::Moment;
use super::window::{OriginalWindow, window_end};
use crate::category::{Cell, Edition, Examination, PartialDate, Prefix};
use crate::staging::{Case, Derived};

/// The part that an event plays in the course of its tumor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Role {
    /// The stage at diagnosis, where the record has none of its own.
    Original,
    /// Staged within the window of the original stage, and not the original.
    WithinWindow,
    /// Staged at recurrence or progression, or recurred.
    Restaging,
    /// Staged after neoadjuvant therapy.
    PostTherapy,
    /// First found at autopsy.
    Autopsy,
    /// The dates leave it open.
    Unknown,
}

impl Role {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::WithinWindow => "within_window",
            Self::Restaging => "restaging",
            Self::PostTherapy => "post_therapy",
            Self::Autopsy => "autopsy",
            Self::Unknown => "unknown",
        }
    }
}

/// Why an event plays its part.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum RoleReason {
    /// Its classification says so.
    Classification,
    /// Its type of recurrence says so.
    Recurrence,
    /// The last of its classification within the window, and the record has no stage of its own.
    LastInWindow,
    /// Another one is later within the window.
    NotLastInWindow,
    /// The record has a stage at diagnosis of its own.
    RecordStaged,
    /// Nothing is staged in it.
    NotStaged,
    /// It surely lies after the window.
    AfterWindow,
    /// It lies after a recurrence or progression.
    AfterProgression,
    /// It has no date.
    NoDate,
    /// The date of the diagnosis is not known.
    NoDiagnosisDate,
    /// It surely lies before the diagnosis.
    BeforeDiagnosis,
    /// Its date or the end of the window is not exact enough.
    DateOpen,
}

impl RoleReason {
    /// The id in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Recurrence => "recurrence",
            Self::LastInWindow => "last_in_window",
            Self::NotLastInWindow => "not_last_in_window",
            Self::RecordStaged => "record_staged",
            Self::NotStaged => "not_staged",
            Self::AfterWindow => "after_window",
            Self::AfterProgression => "after_progression",
            Self::NoDate => "no_date",
            Self::NoDiagnosisDate => "no_diagnosis_date",
            Self::BeforeDiagnosis => "before_diagnosis",
            Self::DateOpen => "date_open",
        }
    }
}

/// An event in its place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Step {
    /// Position among the events as they were given.
    pub at: usize,
    /// The event.
    pub event: Event,
    /// Its date as recorded, or as it follows from the days since diagnosis.
    pub date: Cell<PartialDate>,
    /// Its part.
    pub role: Role,
    /// Why.
    pub reason: RoleReason,
    /// Edition under which its group was derived.
    pub edition: Option<Edition>,
    /// Its group as derived; `None` where it holds no T, N or M.
    pub derived: Option<Derived>,
    pub(crate) moment: Option<Moment>,
    /// Whether it surely lies after the window, whatever it says of itself.
    pub(crate) after_window: bool,
    /// Whether it surely lies within the window.
    pub(crate) within_window: bool,
}

impl Step {
    /// Its classification as it counts: with r where it is a restaging.
    pub fn classification(&self) -> Prefix {
        let restaged = self.role == Role::Restaging;
        Prefix { r: self.event.classification.r || restaged, ..self.event.classification }
    }

    /// Whether it is a distant metastasis that came after the diagnosis.
    pub fn is_later_metastasis(&self) -> bool {
        self.role == Role::Restaging && self.event.is_metastatic()
    }
}

/// The course of one tumor.
#[derive(Clone, PartialEq, Debug)]
pub struct Course {
    /// The record, completed by its events: the stage at diagnosis and after therapy where it has none,
    /// the latest restaging, the first recurrence.
    pub case: Case,
    /// The events in their order: by date, those without one last.
    pub steps: Vec<Step>,
    /// The step that the restaging of the case comes from; `None` where it is the record's own.
    pub restaging: Option<usize>,
}

impl Course {
    /// Puts the events of a tumor in their places. The order in which they are given does not matter.
    pub fn of(case: &Case, window: OriginalWindow, days: u16, events: &[Event]) -> Self {
        let dx = Moment::diagnosis(case.dx);
        let mut steps: Vec<Step> = events
            .iter()
            .enumerate()
            .map(|(at, event)| {
                let moment = Moment::of_event(event.when, dx);
                let date = match event.when {
                    super::When::Date(date) => Cell::Value(date),
                    _ => moment.map_or(Cell::Blank, Moment::date),
                };
                Step {
                    at,
                    event: *event,
                    date,
                    role: Role::Unknown,
                    reason: RoleReason::NoDate,
                    edition: None,
                    derived: None,
                    moment,
                    after_window: false,
                    within_window: false,
                }
            })
            .collect();
        steps.sort_by_key(|step| (order(step.moment), step.event.rank(), step.at));
        let ends = Ends { case, window, days, dx, progression: progression(&steps, dx) };
        for step in &mut steps {
            (step.role, step.reason) = ends.role(step);
        }
        let mut course = Self { case: *case, steps, restaging: None };
        course.tell();
        let end = window_end(&course.case, window, days, None);
        for step in &mut course.steps {
            step.after_window = step.moment.is_some_and(|moment| moment.surely_after(end));
            step.within_window =
                step.moment.is_some_and(|moment| moment.surely_not_after(end) && !moment.surely_before(dx));
        }
        course
    }
}

/// The order of moments: those that are not known come last.
pub(super) fn order(moment: Option<Moment>) -> (i32, i32) {
    moment.unwrap_or_default().order()
}

/// The first recurrence or progression that the events date, where there is one.
fn progression(steps: &[Step], dx: Moment) -> Option<Moment> {
    let progresses = |event: &Event| {
        event.classification.r || event.recurred != Recurred::No || event.progressing == Cell::Value(true)
    };
    steps
        .iter()
        .filter(|step| progresses(&step.event))
        .filter_map(|step| step.moment)
        .filter(|moment| !moment.surely_before(dx))
        .reduce(Moment::earlier)
}

/// What closes the original stage of a record.
struct Ends<'a> {
    case: &'a Case,
    window: OriginalWindow,
    days: u16,
    dx: Moment,
    progression: Option<Moment>,
}

impl Ends<'_> {
    fn role(&self, step: &Step) -> (Role, RoleReason) {
        use RoleReason as R;
        let event = &step.event;
        let marks = event.classification;
        if marks.a {
            return (Role::Autopsy, R::Classification);
        }
        if marks.r {
            return (Role::Restaging, R::Classification);
        }
        if event.recurred != Recurred::No {
            return (Role::Restaging, R::Recurrence);
        }
        if marks.y {
            return (Role::PostTherapy, R::Classification);
        }
        let Some(moment) = step.moment else { return (Role::Unknown, R::NoDate) };
        if self.dx.calendar.is_none() && moment.since.is_none() {
            return (Role::Unknown, R::NoDiagnosisDate);
        }
        if moment.surely_before(self.dx) {
            return (Role::Unknown, R::BeforeDiagnosis);
        }
        self.against_window(moment, marks.examination)
    }

    fn against_window(&self, moment: Moment, examination: Option<Examination>) -> (Role, RoleReason) {
        use RoleReason as R;
        let end = window_end(self.case, self.window, self.days, examination);
        if moment.surely_after(end) {
            return (Role::Restaging, R::AfterWindow);
        }
        let last = self.progression.map_or(end, |progression| end.earlier(progression.plus(-1)));
        if self.progression.is_some_and(|progression| moment.surely_after(progression)) {
            (Role::Restaging, R::AfterProgression)
        } else if moment.surely_not_after(last) {
            (Role::WithinWindow, R::NotLastInWindow)
        } else {
            (Role::Unknown, R::DateOpen)
        }
    }
}
