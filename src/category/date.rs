//! Dates whose trailing parts may be missing.
//!
//! Written as NAACCR does (`20200131`, `202001`, `2020`, missing parts blank, 99 or 00),
//! as ISO 8601 with or without a time, or day and month before the year. Dots put the
//! day first. With slashes or hyphens `03/04/2020` can be read in two ways, and only
//! the year is kept; `31/01/2020` and `01/31/2020` can not be mistaken.

use std::fmt;

use super::Cell;
use super::notation::whole_number;

/// A date with year, and month and day where known (0 where not).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PartialDate {
    /// Year, four digits.
    pub year: u16,
    /// Month 1-12, 0 unknown.
    pub month: u8,
    /// Day 1-31, 0 unknown; 0 whenever the month is 0.
    pub day: u8,
}

impl PartialDate {
    /// A date of the calendar in the years 1800 to 2200; a day without a month is dropped.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let day = if month == 0 { 0 } else { day };
        let possible = (1800..=2200).contains(&year) && month <= 12 && day <= days_in_month(year, month);
        possible.then_some(Self { year, month, day })
    }

    /// The first day that it can be, in days from 1970-01-01.
    pub fn earliest(self) -> i32 {
        day_number(self.year, self.month.max(1), self.day.max(1))
    }

    /// The last day that it can be, in days from 1970-01-01.
    pub fn latest(self) -> i32 {
        let month = if self.month == 0 { 12 } else { self.month };
        let day = if self.day == 0 { days_in_month(self.year, month) } else { self.day };
        day_number(self.year, month, day)
    }

    /// The most exact date that spans these days (from 1970-01-01); `None` where they lie in two years.
    pub fn spanning(first: i32, last: i32) -> Option<Self> {
        let (from, to) = (calendar_day(first)?, calendar_day(last)?);
        match (from.year == to.year, from.month == to.month, from.day == to.day) {
            (true, true, true) => Some(from),
            (true, true, false) => Some(Self { day: 0, ..from }),
            (true, false, _) => Some(Self { month: 0, day: 0, ..from }),
            (false, ..) => None,
        }
    }
}

/// ISO 8601 with the known parts only: `2020`, `2020-01`, `2020-01-31`.
impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.month > 0 {
            write!(f, "-{:02}", self.month)?;
        }
        if self.day > 0 {
            write!(f, "-{:02}", self.day)?;
        }
        Ok(())
    }
}

/// Reads a date; nines in the year are unknown, all zeros or eights not applicable.
pub(super) fn date(text: &str) -> Cell<PartialDate> {
    if !text.is_ascii() {
        return Cell::Invalid;
    }
    match text {
        "00000000" | "88888888" => return Cell::NotApplicable,
        _ => {}
    }
    let text = whole_number(without_time(text));
    let mut parts = text.split(['-', '/', '.']).map(str::trim);
    match [parts.next(), parts.next(), parts.next(), parts.next()] {
        [Some(compact), None, ..] if matches!(compact.len(), 4 | 6 | 7 | 8) => {
            let (year, rest) = compact.split_at(4);
            let (month, day) = rest.split_at(rest.len().min(2));
            calendar(year, part(month), part(day))
        }
        [Some(year), month, day, None] if year.len() == 4 => {
            calendar(year, part(month.unwrap_or("")), part(day.unwrap_or("")))
        }
        [Some(month), Some(year), None, None] if year.len() == 4 => calendar(year, part(month), Some(0)),
        [Some(first), Some(second), Some(year), None] if year.len() == 4 => {
            day_and_month(year, part(first), part(second), text.contains('.'))
        }
        _ => Cell::Invalid,
    }
}

fn without_time(text: &str) -> &str {
    match text.as_bytes().get(10) {
        Some(b'T' | b't' | b' ') => text.get(..10).unwrap_or(text),
        _ => text,
    }
}

/// A month or day; 0 where unknown, `None` where it is no number.
fn part(text: &str) -> Option<u8> {
    match text.trim() {
        "" | "99" | "_" | "__" | "?" | "??" => Some(0),
        digits if digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()
        }
        _ => None,
    }
}

fn calendar(year: &str, month: Option<u8>, day: Option<u8>) -> Cell<PartialDate> {
    if matches!(year, "9999" | "____" | "????") {
        return Cell::Unknown;
    }
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cell::Invalid;
    }
    match (year.parse(), month, day) {
        (Ok(year), Some(month), Some(day)) => {
            PartialDate::new(year, month, day).map_or(Cell::Invalid, Cell::Value)
        }
        _ => Cell::Invalid,
    }
}

/// A day and a month in the order that makes sense; neither where both orders do.
fn day_and_month(year: &str, first: Option<u8>, second: Option<u8>, day_first: bool) -> Cell<PartialDate> {
    let (Some(first), Some(second)) = (first, second) else {
        return Cell::Invalid;
    };
    let (month, day) = match (first, second) {
        // With the day unknown the other one is the month, and over twelve a day without a month.
        (0, known) | (known, 0) => (if known > 12 { 0 } else { known }, 0),
        _ if second > 12 => (first, second),
        _ if first > 12 || day_first || first == second => (second, first),
        _ => (0, 0),
    };
    calendar(year, Some(month), Some(day))
}

/// 31 where the month is unknown.
fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar.
fn day_number(year: u16, month: u8, day: u8) -> i32 {
    // Years from March on, so that the leap day is the last of its year.
    let (month, day) = (i32::from(month), i32::from(day));
    let year = i32::from(year) - i32::from(month <= 2);
    let month = (month + 9) % 12;
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469
}

/// The full date of a day number; `None` outside the years 1800 to 2200.
fn calendar_day(number: i32) -> Option<PartialDate> {
    // The other way round as above: eras of 400 years from March on.
    let number = number.checked_add(719_468)?;
    let era = number.div_euclid(146_097);
    let day_of_era = number.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i32::from(month <= 2);
    PartialDate::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_as_exact_as_their_days_allow() {
        let days = |text: &str| date(text).value().map(|date| (date.earliest(), date.latest())).unwrap();
        for text in ["2020", "2020-02", "2020-02-29", "1800-01-01", "2200-12-31", "1999-12-31"] {
            let (first, last) = days(text);
            let spanning = PartialDate::spanning(first, last).map(|date| date.to_string());
            assert_eq!(spanning.as_deref(), Some(text));
        }
        let (first, _) = days("2019-12-31");
        assert_eq!(PartialDate::spanning(first, first + 1), None);
        assert_eq!(PartialDate::spanning(i32::MAX, i32::MAX), None);
        assert_eq!(PartialDate::spanning(i32::MIN, 0), None);
    }

    #[test]
    fn reads_every_form() {
        for (text, expected) in [
            ("20200131", Some("2020-01-31")),
            ("2020-01-31", Some("2020-01-31")),
            ("2020/01/31", Some("2020-01-31")),
            ("2020-1-5", Some("2020-01-05")),
            ("2020-01-31T00:00:00", Some("2020-01-31")),
            ("2020-01-31 00:00:00.0", Some("2020-01-31")),
            ("20200131.0", Some("2020-01-31")),
            ("202001", Some("2020-01")),
            ("202001__", Some("2020-01")),
            ("20200199", Some("2020-01")),
            ("20200100", Some("2020-01")),
            ("2020-01", Some("2020-01")),
            ("01/2020", Some("2020-01")),
            ("2020", Some("2020")),
            ("2010.0", Some("2010")),
            ("2020-99-99", Some("2020")),
            ("20209999", Some("2020")),
            ("2020____", Some("2020")),
            ("2020  15", Some("2020")),
            ("20209915", Some("2020")),
            ("31.01.2020", Some("2020-01-31")),
            ("03.04.2020", Some("2020-04-03")),
            ("31/01/2020", Some("2020-01-31")),
            ("01/31/2020", Some("2020-01-31")),
            ("31-01-2020", Some("2020-01-31")),
            ("1/31/2020", Some("2020-01-31")),
            ("03/04/2020", Some("2020")),
            ("04/04/2020", Some("2020-04-04")),
            ("99/06/2020", Some("2020-06")),
            ("06/99/2020", Some("2020-06")),
            ("99/15/2020", Some("2020")),
            ("20200229", Some("2020-02-29")),
            ("20200231", None),
            ("20190229", None),
            ("19000229", None),
            ("20201301", None),
            ("2020-13-01", None),
            ("13/13/2020", None),
            ("31.12.20", None),
            ("1700", None),
            ("43861", None),
            ("abcd", None),
            ("2020-01-31-01", None),
            ("+020", None),
            ("2020é1", None),
        ] {
            let found = match date(text) {
                Cell::Value(date) => Some(date.to_string()),
                Cell::Invalid => None,
                other => panic!("{text}: {other:?}"),
            };
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        for text in ["9999", "99999999", "999999", "9999-99-99", "99/99/9999"] {
            assert_eq!(date(text), Cell::Unknown, "{text}");
        }
        assert_eq!(date("00000000"), Cell::NotApplicable);
        assert_eq!(date("88888888"), Cell::NotApplicable);
    }

    #[test]
    fn day_numbers_bound_what_is_unknown() {
        let days = |year, month, day| {
            let date = PartialDate::new(year, month, day).unwrap();
            (date.earliest(), date.latest())
        };
        assert_eq!(days(1970, 1, 1), (0, 0));
        assert_eq!(days(1969, 12, 31), (-1, -1));
        assert_eq!(days(2000, 3, 1), (11_017, 11_017));
        assert_eq!(days(2020, 2, 0), (18_293, 18_321));
        assert_eq!(days(2020, 0, 0), (18_262, 18_627));
        assert_eq!(days(1800, 1, 1), (-62_091, -62_091));
    }

    #[test]
    fn days_follow_one_another() {
        let mut last = PartialDate::new(1899, 12, 31).unwrap().latest();
        for year in 1900..=2100 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    let date = PartialDate::new(year, month, day).unwrap();
                    assert_eq!(date.earliest(), last + 1);
                    assert_eq!(date.latest(), last + 1);
                    last += 1;
                }
            }
        }
    }
}
