//! What counts of the cells of a run of columns, as one number in the key of a record.
//!
//! A run has some twenty columns, of most of which the rules ask nothing for a given class of tumors: with a number in
//! their place, keys are half as long.

use super::keys::Keys;

/// Places for what was numbered of late, a power of two.
const RECENT: usize = 1 << 16;

/// The parts of a key that stand for a number.
pub(super) const NUMBER_PARTS: usize = 2;

/// Parts of keys that have numbers.
pub(super) struct RunNumbers {
    known: Keys,
    /// Numbers that are known at a time, beyond those of a further block of records.
    most: usize,
    recent: Vec<Recent>,
    /// Room for the parts that count.
    parts: Vec<u16>,
}

/// The number of some cells for a class of tumors.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Recent {
    cells: u32,
    class: u16,
    number: u32,
}

const NONE: Recent = Recent { cells: u32::MAX, class: 0, number: 0 };

impl RunNumbers {
    /// None yet, and never many more than so many.
    pub(super) fn new(most: usize) -> Self {
        Self { known: Keys::default(), most, recent: vec![NONE; RECENT], parts: Vec::new() }
    }

    /// Whether there are too many to go on.
    pub(super) fn is_full(&self) -> bool {
        self.known.len() >= self.most
    }

    /// Forgets all numbers; keys from before mean nothing afterwards.
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.forget_cells();
    }

    /// Forgets which cells have which number; the numbers stay.
    pub(super) fn forget_cells(&mut self) {
        self.recent.fill(NONE);
    }

    /// The number of cells that have one of their own, for a class of tumors.
    pub(super) fn of_cells(&mut self, cells: u32, class: u16, parts: &[u16], mask: &[u16]) -> u32 {
        let mixed = (u64::from(cells) << 16 | u64::from(class)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = (mixed >> 48) as usize % RECENT;
        if let Some(recent) = self.recent.get(place)
            && (recent.cells, recent.class) == (cells, class)
        {
            return recent.number;
        }
        let number = self.of_parts(parts, mask);
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = Recent { cells, class, number };
        }
        number
    }

    /// The number of what a mask leaves of some parts.
    pub(super) fn of_parts(&mut self, parts: &[u16], mask: &[u16]) -> u32 {
        self.parts.clear();
        self.parts.extend(parts.iter().zip(mask).map(|(part, mask)| part & mask));
        if let Some(number) = self.known.find(&self.parts) {
            return number as u32;
        }
        let number = self.known.len() as u32;
        self.known.insert(&self.parts);
        number
    }
}

/// The parts of a key that stand for a number.
pub(super) const fn number_parts(number: u32) -> [u16; NUMBER_PARTS] {
    [(number >> 16) as u16, number as u16]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_counts_has_one_number_and_only_one(
            asked in prop::collection::vec((0_u32..40, 0_u16..3, 0_usize..50), 1..400),
        ) {
            let masks = [[u16::MAX; 3], [u16::MAX, 0, u16::MAX], [0; 3]];
            let mut numbers = RunNumbers::new(1000);
            let mut seen = std::collections::HashMap::new();
            let mut epoch = 0;
            for (cells, class, event) in asked {
                match event {
                    0 => numbers.forget_cells(),
                    1 => {
                        numbers.clear();
                        seen.clear();
                        epoch += 7;
                    }
                    _ => {}
                }
                // The same cells may have other parts once all is forgotten.
                let parts = [(cells % 5) as u16 + epoch, (cells % 3) as u16, (cells / 15) as u16];
                let mask = masks[usize::from(class)];
                let counts: Vec<u16> = parts.iter().zip(mask).map(|(part, mask)| part & mask).collect();
                let next = seen.len() as u32;
                let expected = *seen.entry(counts).or_insert(next);
                prop_assert_eq!(numbers.of_cells(cells, class, &parts, &mask), expected);
                prop_assert_eq!(numbers.of_parts(&parts, &mask), expected);
            }
        }
    }

    #[test]
    fn parts_tell_every_number() {
        for number in [0, 1, 65_535, 65_536, 1 << 20] {
            let [high, low] = number_parts(number);
            assert_eq!(u32::from(high) << 16 | u32::from(low), number);
        }
    }
}
