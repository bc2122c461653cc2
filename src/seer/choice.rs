//! Several algorithms in one run: each case goes to the one of its year of diagnosis.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use super::algorithm::Algorithm;
use super::error::SeerError;

/// Who stages what.
const CHOICE: &str = include_str!("choice.toml");

/// The key by which all of SEER's algorithms ask for the year of diagnosis.
pub const YEAR: &str = "year_dx";

/// The key by which all of SEER's algorithms ask for the age at diagnosis.
pub const AGE: &str = "age_dx";

/// The algorithms of a run.
#[derive(Debug)]
pub struct Algorithms {
    given: Vec<(Algorithm, Option<Rule>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    algorithm: Vec<Rule>,
}

#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: String,
    years: (u16, u16),
    ages: Option<(u16, u16)>,
    #[serde(default)]
    beside: bool,
}

impl Algorithms {
    /// Algorithms of different names.
    pub fn new(algorithms: Vec<Algorithm>) -> Result<Self, SeerError> {
        for (at, second) in algorithms.iter().enumerate() {
            if let Some(first) = algorithms[..at].iter().find(|first| first.name() == second.name()) {
                return Err(SeerError::Twice {
                    name: second.name().to_owned(),
                    first: first.path().to_owned(),
                    second: second.path().to_owned(),
                });
            }
        }
        let rules = toml::from_str::<Choice>(CHOICE).map(|choice| choice.algorithm).unwrap_or_default();
        let rule = |own: &Algorithm| rules.iter().find(|rule| rule.name == own.name()).cloned();
        Ok(Self { given: algorithms.into_iter().map(|own| (rule(&own), own)).map(|(r, a)| (a, r)).collect() })
    }

    /// All of them, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &Algorithm> {
        self.given.iter().map(|(algorithm, _)| algorithm)
    }

    /// The algorithm that stages a case, by its place in [`Self::iter`]: the only one that is given, else
    /// that of the year. Without a known year several algorithms leave the case alone.
    pub fn main(&self, year: Option<u16>) -> Option<usize> {
        let mains: Vec<usize> = (0..self.given.len()).filter(|&at| !self.is_beside(at)).collect();
        match (&mains[..], year) {
            (&[only], _) => Some(only),
            (several, Some(year)) => several.iter().copied().find(|&at| self.is_of_year(at, year)),
            (_, None) => None,
        }
    }

    /// The algorithm that answers beside the main one, by its place in [`Self::iter`]; alone it stages all.
    pub fn beside(&self, year: Option<u16>, age: Option<u16>) -> Option<usize> {
        let at = (0..self.given.len()).find(|&at| self.is_beside(at))?;
        let of_age = self.given[at].1.as_ref().is_some_and(|rule| {
            rule.ages.is_none_or(|(from, to)| age.is_some_and(|age| (from..=to).contains(&age)))
        });
        let fits = of_age && year.is_some_and(|year| self.is_of_year(at, year));
        (fits || self.given.len() == 1).then_some(at)
    }

    /// Whether an algorithm answers beside others rather than in their place.
    pub fn answers_beside(&self, at: usize) -> bool {
        self.given.len() > 1 && self.is_beside(at)
    }

    fn is_beside(&self, at: usize) -> bool {
        self.given.get(at).is_some_and(|(_, rule)| rule.as_ref().is_some_and(|rule| rule.beside))
    }

    fn is_of_year(&self, at: usize, year: u16) -> bool {
        self.given[at].1.as_ref().is_some_and(|rule| (rule.years.0..=rule.years.1).contains(&year))
    }
}

/// The year of the clock (UTC), for runs that are not told another.
pub fn current_year() -> u16 {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    // Days since the 1st of March of the year 0: leap days then come at the end of a year.
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    // From the 306th day on it is January of the next year.
    (400 * era + year + u64::from(day_of_year >= 306)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_can_be_read() {
        let choice: Choice = toml::from_str(CHOICE).unwrap();
        assert_eq!(choice.algorithm.len(), 4);
        assert!(current_year() >= 2025);
    }
}
