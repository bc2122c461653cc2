//! Reporting facilities as small numbers, so that a record's facility can be counted without its text.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// Above so many different facilities they are no longer told apart: such a column is something else, and
/// a table of it would be of no use. All are then counted as `other`, so that the counts of parts of an
/// input still add up to those of the whole.
pub const MOST_FACILITIES: usize = 2_000;

/// Bytes of the longest name of a facility; what is longer is counted as [`OTHER`].
const MOST_NAME: usize = 1_000;

/// The facility of every record where there are too many of them.
pub(super) const OTHER: &str = "other";

/// A facility; the default stands for a record that names none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Facility(u32);

impl Facility {
    /// Its number in this run.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The facility with a number.
    pub const fn of_number(number: u32) -> Self {
        Self(number)
    }
}

/// The facilities of a run, numbered as they come; their numbers differ from run to run, their names do not.
#[derive(Debug, Default)]
pub struct Facilities(Mutex<KnownFacilities>);

/// What is known of them at some moment, to be gone on with by another run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KnownFacilities {
    numbers: BTreeMap<String, u32>,
    folded: bool,
}

impl Facilities {
    /// The facility with this name; blanks around it do not matter.
    pub fn number(&self, name: &str) -> Facility {
        let name = name.trim();
        if name.is_empty() {
            return Facility::default();
        }
        if name.len() > MOST_NAME {
            return Facility(u32::MAX);
        }
        let mut known = self.known();
        if let Some(&number) = known.numbers.get(name) {
            return Facility(number);
        }
        if known.numbers.len() >= MOST_FACILITIES {
            known.folded = true;
            return Facility(u32::MAX);
        }
        let number = known.numbers.len() as u32 + 1;
        known.numbers.insert(name.to_owned(), number);
        Facility(number)
    }

    /// Those seen so far.
    pub fn keep(&self) -> KnownFacilities {
        self.known().clone()
    }

    /// Goes on from those that another run had seen.
    pub fn restore(&self, known: KnownFacilities) {
        *self.known() = known;
    }

    fn known(&self) -> MutexGuard<'_, KnownFacilities> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names to write for the facilities of this run.
    pub(super) fn names(&self) -> FacilityNames {
        let known = self.known();
        let mut names = vec![String::new(); known.numbers.len() + 1];
        for (name, &number) in &known.numbers {
            if let Some(place) = names.get_mut(number as usize) {
                name.clone_into(place);
            }
        }
        FacilityNames { names, folded: known.folded }
    }
}

/// What the facilities of a run are called.
pub(super) struct FacilityNames {
    names: Vec<String>,
    pub(super) folded: bool,
}

impl FacilityNames {
    pub(super) fn of(&self, Facility(number): Facility) -> &str {
        match number {
            0 => "",
            _ if self.folded => OTHER,
            _ => self.names.get(number as usize).map_or(OTHER, String::as_str),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_facilities_are_one() {
        let facilities = Facilities::default();
        let first = facilities.number(" 00123 ");
        assert_eq!(facilities.number("00123"), first);
        assert_eq!(facilities.number("  "), Facility::default());
        let long = facilities.number(&"x".repeat(MOST_NAME + 1));
        assert_eq!([facilities.names().of(long), facilities.names().of(first)], [OTHER, "00123"]);
        assert_eq!(facilities.names().of(first), "00123");
        for at in 1..MOST_FACILITIES {
            facilities.number(&at.to_string());
        }
        assert_eq!(facilities.names().of(first), "00123");
        let last = facilities.number("one more");
        let names = facilities.names();
        assert_eq!([names.of(first), names.of(last), names.of(Facility::default())], [OTHER, OTHER, ""]);
    }
}
