//! What can be said of dates whatever their missing parts turn out to be.
//!
//! A rule about the order of events may fire only where it holds for every reading
//! of the dates, so each question here is answered with "surely" or not at all.

use crate::category::{Cell, PartialDate};

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

    /// How many days after the others these are, at least and at most.
    pub(crate) fn since(self, other: Self) -> Self {
        Self { first: self.first - other.last, last: self.last - other.first }
    }

    /// The same days, so many days later.
    pub(crate) fn plus(self, days: i32) -> Self {
        Self { first: self.first + days, last: self.last + days }
    }

    /// The later of two days.
    pub(crate) fn later(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), last: self.last.max(other.last) }
    }

    /// The earlier of two days.
    pub(crate) fn earlier(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.min(other.last) }
    }
}

/// Months as days, at 30.4375 days each.
pub(crate) fn months(months: u16) -> i32 {
    (i32::from(months) * 487 + 8) / 16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn months_are_about_thirty_days() {
        for (count, days) in [(0, 0), (1, 30), (6, 183), (12, 365), (48, 1461)] {
            assert_eq!(months(count), days, "{count} months");
        }
    }

    fn partial_date() -> impl Strategy<Value = PartialDate> {
        (2018_u16..=2022, 0_u8..=12, 0_u8..=28)
            .prop_filter_map("a date", |(year, month, day)| PartialDate::new(year, month, day))
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
