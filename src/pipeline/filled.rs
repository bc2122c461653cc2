//! How complete the fields of a file's records are, by year of diagnosis.

use super::decode::STATES;

/// What the fields of records hold, counted.
pub(super) struct Filled {
    fields: usize,
    years: Vec<Option<u16>>,
    /// By year, field and state.
    counts: Vec<[u64; STATES.len()]>,
    /// Place of the year that was counted last: many records follow one of the same year.
    last: usize,
}

impl Filled {
    /// Counts for so many fields.
    pub(super) fn new(fields: usize) -> Self {
        Self { fields, years: Vec::new(), counts: Vec::new(), last: 0 }
    }

    /// Counts a record of this year, with the state of each field that is interpreted.
    pub(super) fn add(&mut self, year: Option<u16>, states: impl Iterator<Item = Option<u8>>) {
        if self.years.get(self.last) != Some(&year) {
            let known = self.years.iter().position(|known| *known == year);
            self.last = known.unwrap_or_else(|| {
                self.years.push(year);
                self.counts.resize(self.years.len() * self.fields, [0; STATES.len()]);
                self.years.len() - 1
            });
        }
        let counts = self.counts.get_mut(self.last * self.fields..).unwrap_or_default();
        for (states, state) in counts.iter_mut().zip(states) {
            if let Some(records) = state.and_then(|state| states.get_mut(usize::from(state))) {
                *records += 1;
            }
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
        for (year, states) in [
            (Some(2020), [Some(0), Some(4)]),
            (None, [Some(1), None]),
            (Some(2020), [Some(0), Some(0)]),
            (Some(2020), [Some(3), Some(0)]),
        ] {
            filled.add(year, states.into_iter());
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
