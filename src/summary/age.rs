//! Ages in the bands that registries publish.

/// One of the 19 age groups of the SEER age recode (0, 1-4, then five years each to 85+), or unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct AgeBand(u8);

/// Padded with zeros, so that every tool sorts them as they are meant.
const LABELS: [&str; 20] = [
    "00", "01-04", "05-09", "10-14", "15-19", "20-24", "25-29", "30-34", "35-39", "40-44", "45-49", "50-54",
    "55-59", "60-64", "65-69", "70-74", "75-79", "80-84", "85+", UNKNOWN,
];
const UNKNOWN: &str = "unknown";

impl AgeBand {
    /// The band of an age in years.
    pub fn of(age: Option<u8>) -> Self {
        Self(match age {
            None => 19,
            Some(0) => 0,
            Some(years) => (years / 5 + 1).min(18),
        })
    }

    /// Its place in the order of ages.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The band at a place; beyond the last one the age is not known.
    pub fn of_number(number: u8) -> Self {
        Self(number.min(19))
    }

    /// Its label: `00`, `01-04`, `85+`, `unknown`.
    pub fn label(self) -> &'static str {
        LABELS.get(usize::from(self.0)).copied().unwrap_or(UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_fall_into_the_bands_of_the_recode() {
        let bands = [
            (Some(0), "00"),
            (Some(1), "01-04"),
            (Some(4), "01-04"),
            (Some(5), "05-09"),
            (Some(9), "05-09"),
            (Some(10), "10-14"),
            (Some(69), "65-69"),
            (Some(84), "80-84"),
            (Some(85), "85+"),
            (Some(255), "85+"),
            (None, "unknown"),
        ];
        for (age, label) in bands {
            assert_eq!(AgeBand::of(age).label(), label, "age {age:?}");
        }
    }
}
