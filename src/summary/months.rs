//! Months between the diagnosis and a restaging, in bands.

use crate::course::{Days, months};

/// A band of months from the diagnosis on, before it, or unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct MonthBand(u8);

/// The last month of each band but the open one.
const ENDS: [u16; 5] = [3, 6, 12, 24, 60];
/// Padded with zeros, so that every tool sorts them as they are meant.
const LABELS: [&str; 8] = ["00-03", "04-06", "07-12", "13-24", "25-60", "61+", "before", UNKNOWN];
const BEFORE: u8 = 6;
const UNKNOWN: &str = "unknown";

impl MonthBand {
    /// The band is not known.
    pub const UNKNOWN: Self = Self(7);

    /// The band of so many days after the diagnosis; unknown where parts of a date are missing that decide it.
    pub(crate) fn of(days: Option<Days>) -> Self {
        let band = |days: i32| match days {
            ..0 => BEFORE,
            days => ENDS.iter().filter(|&&end| days > months(end)).count() as u8,
        };
        match days {
            Some(Days { first, last }) if band(first) == band(last) => Self(band(first)),
            _ => Self::UNKNOWN,
        }
    }

    /// Its label: `00-03`, `04-06` (more than 3 months, up to 6), `61+`, `before`, `unknown`.
    pub fn label(self) -> &'static str {
        LABELS.get(usize::from(self.0)).copied().unwrap_or(UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_into_the_bands_that_they_are_sure_of() {
        for (first, last, label) in [
            (-1, -1, "before"),
            (-30, 5, "unknown"),
            (0, 0, "00-03"),
            (91, 91, "00-03"),
            (92, 92, "04-06"),
            (91, 92, "unknown"),
            (183, 183, "04-06"),
            (184, 365, "07-12"),
            (366, 731, "13-24"),
            (732, 1826, "25-60"),
            (1827, 40_000, "61+"),
        ] {
            assert_eq!(MonthBand::of(Some(Days { first, last })).label(), label, "{first} to {last}");
        }
        assert_eq!(MonthBand::of(None).label(), "unknown");
    }
}
