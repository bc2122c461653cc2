//! How complete the fields of a file's records are, by year of diagnosis.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::decode::STATES;

/// Places of states, a power of two.
const PLACES: usize = 8;
const _: () = assert!(STATES.len() < PLACES);

/// What the fields of records hold, counted.
pub(super) struct Filled {
    fields: usize,
    years: Vec<Option<u16>>,
    /// The place of each year.
    places: HashMap<Option<u16>, usize, FxBuildHasher>,
    /// By year, field and state; the last of them is for what is not interpreted.
    counts: Vec<[u64; PLACES]>,
}

impl Filled {
    /// Counts for so many fields.
    pub(super) fn new(fields: usize) -> Self {
        Self { fields, years: Vec::new(), places: HashMap::default(), counts: Vec::new() }
    }

    /// The number of the year of each record.
    pub(super) fn years(&mut self, years: impl Iterator<Item = Option<u16>>) -> Vec<usize> {
        let Self { fields, years: known, places, counts } = self;
        let place = |year| {
            *places.entry(year).or_insert_with(|| {
                known.push(year);
                counts.resize(known.len() * *fields, [0; PLACES]);
                known.len() - 1
            })
        };
        years.map(place).collect()
    }

    /// Counts the state of a field, where it is interpreted, for some records by the number of their year.
    pub(super) fn add(&mut self, field: usize, year: usize, state: Option<u8>, records: u64) {
        if let Some(states) = self.counts.get_mut(year * self.fields + field) {
            states[state.map_or(PLACES - 1, usize::from) % PLACES] += records;
        }
    }

    /// Calls `each` with the place of a field, a year, a state and its records.
    pub(super) fn each(&self, mut each: impl FnMut(usize, Option<u16>, &'static str, u64)) {
        for (year, fields) in self.years.iter().zip(self.counts.chunks(self.fields.max(1))) {
            for (field, states) in fields.iter().enumerate() {
                for (state, records) in STATES.into_iter().zip(states).filter(|(_, records)| **records > 0) {
                    each(field, *year, state, *records);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_by_year_field_and_state() {
        let mut filled = Filled::new(2);
        for (years, first, second) in [
            (vec![Some(2020), None, Some(2020)], [Some(0), Some(1), Some(0)], [Some(4), None, Some(0)]),
            (vec![Some(2020)], [Some(3), None, None], [Some(0), None, None]),
        ] {
            for (at, year) in filled.years(years.into_iter()).into_iter().enumerate() {
                filled.add(0, year, first[at], 1);
                filled.add(1, year, second[at], 1);
            }
        }
        let mut told = Vec::new();
        filled.each(|field, year, state, records| told.push((field, year, state, records)));
        let expected = [
            (0, Some(2020), "value", 2),
            (0, Some(2020), "invalid", 1),
            (1, Some(2020), "value", 2),
            (1, Some(2020), "blank", 1),
            (0, None, "unknown", 1),
        ];
        assert_eq!(told, expected);
    }
}
