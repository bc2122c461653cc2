//! How complete the fields of a file's records are, by year of diagnosis.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::decode::STATES;

/// What the fields of records hold, counted.
pub(super) struct Filled {
    fields: usize,
    years: Vec<Option<u16>>,
    /// The place of each year.
    places: HashMap<Option<u16>, usize, FxBuildHasher>,
    /// By year, field and state.
    counts: Vec<[u64; STATES.len()]>,
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
                counts.resize(known.len() * *fields, [0; STATES.len()]);
                known.len() - 1
            })
        };
        years.map(place).collect()
    }

    /// Counts the states of a field of some records, those that are interpreted, by the numbers of their years.
    pub(super) fn add(&mut self, field: usize, years: &[usize], states: impl Iterator<Item = Option<u8>>) {
        for (year, state) in years.iter().zip(states) {
            self.add_records(field, *year, state, 1);
        }
    }

    /// Counts the state of a field for some records of a year.
    pub(super) fn add_records(&mut self, field: usize, year: usize, state: Option<u8>, records: u64) {
        let place = year * self.fields + field;
        let counted = state.and_then(|state| self.counts.get_mut(place)?.get_mut(usize::from(state)));
        if let Some(counted) = counted {
            *counted += records;
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
            let years = filled.years(years.into_iter());
            filled.add(0, &years, first.into_iter());
            filled.add(1, &years, second.into_iter());
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
