//! What can be said of dates whatever their missing parts turn out to be.
//!
//! A rule about the order of events may fire only where it holds for every reading
//! of the dates, so each question here is answered with "surely" or not at all.

use crate::category::{Cell, PartialDate};
use crate::staging::Case;

/// The days that a date can be: days since 1970-01-01, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Days {
    /// Earliest day.
    pub first: i32,
    /// Latest day.
    pub last: i32,
}

impl Days {
    /// The days of a recorded date.
    pub(crate) fn of(date: Cell<PartialDate>) -> Option<Self> {
        date.value().map(|date| Self { first: date.earliest(), last: date.latest() })
    }

    /// Whether every reading lies before every reading of the other.
    pub(crate) fn surely_before(self, other: Self) -> bool {
        self.last < other.first
    }

    /// Whether every reading lies after every reading of the other.
    pub(crate) fn surely_after(self, other: Self) -> bool {
        other.surely_before(self)
    }

    /// Whether no reading lies before any reading of the other.
    pub(crate) fn surely_not_before(self, other: Self) -> bool {
        self.first >= other.last
    }

    /// Whether no reading lies after any reading of the other.
    pub(crate) fn surely_not_after(self, other: Self) -> bool {
        other.surely_not_before(self)
    }

    /// The same days, so many days later.
    pub(crate) fn plus(self, days: i32) -> Self {
        Self { first: self.first + days, last: self.last + days }
    }

    fn later(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), last: self.last.max(other.last) }
    }

    fn earlier(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.min(other.last) }
    }
}

/// Months as days, at 30.4375 days each.
pub(crate) fn months(months: u16) -> i32 {
    (i32::from(months) * 487 + 8) / 16
}

/// Last day of the original stage: so many days from diagnosis or the most definitive surgery of the
/// first course, whichever is later, and never as late as the first recurrence (NAACCR 759).
pub(crate) fn original_window_end(case: &Case, window_days: u16) -> Option<Days> {
    let dx = Days::of(case.dx)?;
    let mut end = dx.plus(i32::from(window_days));
    if let Some(surgery) = Days::of(case.surgery_date) {
        end = end.later(surgery);
    }
    // A recurrence before the diagnosis is an error of its own (R04) and closes nothing.
    if let Some(recurrence) = Days::of(case.recurrence_date).filter(|&days| !days.surely_before(dx)) {
        end = end.earlier(recurrence.plus(-1));
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audit::testing::{date, partial_date};

    #[test]
    fn months_are_about_thirty_days() {
        for (count, days) in [(0, 0), (1, 30), (6, 183), (12, 365), (48, 1461)] {
            assert_eq!(months(count), days, "{count} months");
        }
    }

    #[test]
    fn the_window_closes_with_surgery_or_recurrence() {
        let mut case = Case { dx: date(2020, 1, 1), ..Case::default() };
        let end = |case: &Case| original_window_end(case, 120).map(|days| days.first);
        let dx = Days::of(case.dx).unwrap().first;
        assert_eq!(end(&case), Some(dx + 120));
        case.surgery_date = date(2020, 2, 1);
        assert_eq!(end(&case), Some(dx + 120));
        case.surgery_date = date(2020, 7, 1);
        assert_eq!(end(&case), Some(dx + 182));
        case.recurrence_date = date(2020, 6, 1);
        assert_eq!(end(&case), Some(dx + 151));
        case.recurrence_date = date(2019, 6, 1);
        assert_eq!(end(&case), Some(dx + 182));
        case.dx = Cell::Blank;
        assert_eq!(end(&case), None);
    }

    proptest! {
        /// Filling in a missing part never takes back what was sure before.
        #[test]
        fn precision_never_revokes_certainty(
            a in partial_date(), b in partial_date(), month in 1_u8..=12, day in 1_u8..=28,
        ) {
            let filled = |mut date: PartialDate| {
                if date.month == 0 { date.month = month; date.day = day; }
                if date.day == 0 { date.day = day; }
                date
            };
            let days = |date| Days::of(Cell::Value(date)).unwrap();
            let (a_full, b_full) = (filled(a), filled(b));
            prop_assert!(days(a).first <= days(a_full).first && days(a_full).last <= days(a).last);
            if days(a).surely_before(days(b)) {
                prop_assert!(days(a_full).surely_before(days(b_full)));
                prop_assert!(a_full < b_full);
                prop_assert!(!days(a).surely_not_before(days(b)));
            }
            if days(a).surely_not_before(days(b)) {
                prop_assert!(days(a_full).surely_not_before(days(b_full)));
            }
        }
    }
}
