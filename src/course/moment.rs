//! A point in the course of a tumor, by the calendar and by the days since its diagnosis.
//!
//! Some sources give dates and some only days since diagnosis, and of the diagnosis itself often only the
//! year is known. Each account bounds the truth on its own, so that an order is sure where either says so.

use super::days::Days;
use super::event::When;
use crate::category::{Cell, PartialDate};

/// A point in the course.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Moment {
    /// By the calendar.
    pub calendar: Option<Days>,
    /// Days since the diagnosis.
    pub since: Option<Days>,
}

impl Moment {
    /// The diagnosis.
    pub(crate) fn diagnosis(dx: Cell<PartialDate>) -> Self {
        Self { calendar: Days::of(dx), since: Some(Days { first: 0, last: 0 }) }
    }

    /// A date in the course that begins with this diagnosis; `None` where there is no date.
    pub(crate) fn of(date: Cell<PartialDate>, diagnosis: Self) -> Option<Self> {
        let days = Days::of(date)?;
        Some(Self { calendar: Some(days), since: diagnosis.calendar.map(|dx| days.since(dx)) })
    }

    /// When an event was; `None` where that is not told.
    pub(crate) fn of_event(when: When, diagnosis: Self) -> Option<Self> {
        match when {
            When::Unknown => None,
            When::Date(date) => Self::of(Cell::Value(date), diagnosis),
            When::AfterDiagnosis(days) => Some(diagnosis.plus(days)),
        }
    }

    /// So many days later.
    pub(crate) fn plus(self, days: i32) -> Self {
        Self { calendar: self.calendar.map(|c| c.plus(days)), since: self.since.map(|s| s.plus(days)) }
    }

    /// The later of two; unknown by an account that either lacks.
    pub(crate) fn later(self, other: Self) -> Self {
        self.with(other, Days::later)
    }

    /// The earlier of two; unknown by an account that either lacks.
    pub(crate) fn earlier(self, other: Self) -> Self {
        self.with(other, Days::earlier)
    }

    /// Whether it surely lies before the other.
    pub(crate) fn surely_before(self, other: Self) -> bool {
        self.either(other, Days::surely_before)
    }

    /// Whether it surely lies after the other.
    pub(crate) fn surely_after(self, other: Self) -> bool {
        other.surely_before(self)
    }

    /// Whether it surely does not lie after the other.
    pub(crate) fn surely_not_after(self, other: Self) -> bool {
        self.either(other, Days::surely_not_after)
    }

    /// Whether it is one day.
    pub(crate) fn is_exact(self) -> bool {
        let one = |days: Option<Days>| days.is_some_and(|days| days.first == days.last);
        one(self.calendar) || one(self.since)
    }

    /// The most exact date that it can be given.
    pub(crate) fn date(self) -> Cell<PartialDate> {
        let date = self.calendar.and_then(|days| PartialDate::spanning(days.first, days.last));
        date.map_or(Cell::Blank, Cell::Value)
    }

    /// First and last day, for an order that is total even where it is not sure.
    pub(crate) fn order(self) -> (i32, i32) {
        self.calendar.or(self.since).map_or((i32::MAX, i32::MAX), |days| (days.first, days.last))
    }

    fn with(self, other: Self, join: fn(Days, Days) -> Days) -> Self {
        let of = |one: Option<Days>, other: Option<Days>| Some(join(one?, other?));
        Self { calendar: of(self.calendar, other.calendar), since: of(self.since, other.since) }
    }

    fn either(self, other: Self, test: fn(Days, Days) -> bool) -> bool {
        let of =
            |one: Option<Days>, other: Option<Days>| matches!((one, other), (Some(a), Some(b)) if test(a, b));
        of(self.calendar, other.calendar) || of(self.since, other.since)
    }
}
