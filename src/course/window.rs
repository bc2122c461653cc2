//! How long what is found still belongs to the stage at diagnosis.
//!
//! Registries differ, so that the window has named policies. All of them end with a recurrence or
//! progression: what is found from then on is restaging.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use crate::category::Examination;
use crate::staging::Case;

/// A policy for the window of the original stage.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginalWindow {
    /// The days from diagnosis, or the most definitive surgery of the first course where that is
    /// later (SEER Summary Stage 2018; NAACCR 759).
    #[default]
    Longer,
    /// The days from diagnosis, or the surgery where that is earlier (older California rule).
    Earlier,
    /// The days from diagnosis, whatever the treatment (New South Wales).
    Days,
    /// AJCC 8th edition, chapter 1: the clinical stage ends with the first treatment or the days, whichever
    /// is first; the pathologic one takes in the surgery.
    Ajcc8,
}

impl OriginalWindow {
    /// Every policy.
    pub const ALL: [Self; 4] = [Self::Longer, Self::Earlier, Self::Days, Self::Ajcc8];

    /// The name on the command line.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Longer => "longer",
            Self::Earlier => "earlier",
            Self::Days => "days",
            Self::Ajcc8 => "ajcc8",
        }
    }

    /// A policy and the number of days that may follow it: `longer`, `days=120`.
    ///
    /// # Errors
    /// A name that no policy has, or a number of days from outside 1 to 3650.
    pub fn parse(text: &str) -> Result<(Self, Option<u16>), UnknownWindow> {
        let (name, days) = match text.split_once('=') {
            Some((name, days)) => (name, Some(days)),
            None => (text, None),
        };
        let window = name.trim().parse()?;
        let Some(days) = days else { return Ok((window, None)) };
        let days = days.trim().parse().ok().filter(|days| (1..=3650).contains(days));
        Ok((window, Some(days.ok_or_else(|| UnknownWindow(text.to_owned()))?)))
    }
}

/// A window that does not exist.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{0}` is no window\nhint: longer, earlier, days or ajcc8, with the number of days where it is not 120: days=90"
)]
pub struct UnknownWindow(pub String);

impl FromStr for OriginalWindow {
    type Err = UnknownWindow;

    fn from_str(name: &str) -> Result<Self, UnknownWindow> {
        let found = Self::ALL.into_iter().find(|window| window.id() == name);
        found.ok_or_else(|| UnknownWindow(name.to_owned()))
    }
}

impl fmt::Display for OriginalWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The last day of the original stage, of a classification where the policy treats them apart. A
/// recurrence that the record documents ends it the day before.
pub(crate) fn window_end(
    case: &Case,
    window: OriginalWindow,
    days: u16,
    examination: Option<Examination>,
) -> Moment {
    let dx = Moment::diagnosis(case.dx);
    // What lies before the diagnosis is an error of its own and closes nothing.
    let at = |date| Moment::of(date, dx).filter(|moment| !moment.surely_before(dx));
    let limit = dx.plus(i32::from(days));
    let surgery = at(case.surgery_date);
    let end = match (window, examination) {
        (OriginalWindow::Days, _) => limit,
        (OriginalWindow::Earlier, _) => surgery.map_or(limit, |surgery| limit.earlier(surgery)),
        (OriginalWindow::Ajcc8, Some(Examination::Clinical)) => {
            let treatment = at(case.first_course_date).or(surgery);
            treatment.map_or(limit, |treatment| limit.earlier(treatment))
        }
        (OriginalWindow::Longer | OriginalWindow::Ajcc8, _) => {
            surgery.map_or(limit, |surgery| limit.later(surgery))
        }
    };
    at(case.recurrence_date).map_or(end, |recurrence| end.earlier(recurrence.plus(-1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::category::{Cell, PartialDate};

    fn date(text: &str) -> Cell<PartialDate> {
        let mut parts = text.split('-').map(|part| part.parse::<u16>().unwrap());
        let mut next = || parts.next().unwrap_or(0);
        let (year, month, day) = (next(), next() as u8, next() as u8);
        PartialDate::new(year, month, day).map_or(Cell::Blank, Cell::Value)
    }

    #[test]
    fn every_policy_ends_where_it_says() {
        use OriginalWindow as W;
        // Surgery, first treatment, recurrence; the end under longer, earlier, days, ajcc8 (c), ajcc8 (p).
        for (surgery, treatment, recurrence, ends) in [
            ("0", "0", "0", [120, 120, 120, 120, 120]),
            ("2020-02-01", "2020-01-11", "0", [120, 31, 120, 10, 120]),
            ("2020-07-01", "2020-01-11", "0", [182, 120, 120, 10, 182]),
            ("2020-07-01", "0", "0", [182, 120, 120, 120, 182]),
            ("2020-07-01", "2020-07-01", "2020-06-01", [151, 120, 120, 120, 151]),
            ("2020-07-01", "0", "2020-01-31", [29, 29, 29, 29, 29]),
            // Before the diagnosis.
            ("2019-07-01", "2019-07-01", "2019-06-01", [120, 120, 120, 120, 120]),
        ] {
            let case = Case {
                dx: date("2020-01-01"),
                surgery_date: date(surgery),
                first_course_date: date(treatment),
                recurrence_date: date(recurrence),
                ..Case::default()
            };
            let clinical = Some(Examination::Clinical);
            let windows = [
                (W::Longer, None),
                (W::Earlier, None),
                (W::Days, None),
                (W::Ajcc8, clinical),
                (W::Ajcc8, Some(Examination::Pathologic)),
            ];
            for ((window, examination), expected) in windows.into_iter().zip(ends) {
                let end = window_end(&case, window, 120, examination);
                let since = end.since.map(|days| (days.first, days.last));
                assert_eq!(since, Some((expected, expected)), "{window} {surgery} {treatment} {recurrence}");
            }
        }
        let end = window_end(&Case::default(), W::Longer, 120, None);
        assert_eq!((end.calendar, end.since.map(|days| days.last)), (None, Some(120)));
    }

    #[test]
    fn windows_are_named() {
        assert_eq!(OriginalWindow::parse("longer"), Ok((OriginalWindow::Longer, None)));
        assert_eq!(OriginalWindow::parse("days=90"), Ok((OriginalWindow::Days, Some(90))));
        for text in ["", "later", "days=", "days=x", "days=0", "days=-3", "days=99999"] {
            assert!(OriginalWindow::parse(text).is_err(), "{text}");
        }
    }
}
