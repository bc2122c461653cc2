//! Keys of one width, numbered in the order in which they came.

/// The keys, end to end, and a table of places by their hashes.
#[derive(Default)]
pub(super) struct Keys {
    width: usize,
    parts: Vec<u16>,
    count: usize,
    /// A power of two of slots, half of them free.
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    hash: u32,
    /// One more than the number of the key; 0 where there is none.
    number: u32,
}

impl Keys {
    /// The number of a key, where it has one.
    pub(super) fn find(&self, key: &[u16]) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let hash = hash(key);
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots.get(at)?;
            let number = slot.number.checked_sub(1)? as usize;
            if slot.hash == hash && self.key(number) == key {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
    }

    /// How many keys have a number.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    fn key(&self, number: usize) -> &[u16] {
        self.parts.get(number * self.width..(number + 1) * self.width).unwrap_or_default()
    }

    /// Gives a key that has none its number. All keys are as wide as the first.
    pub(super) fn insert(&mut self, key: &[u16]) {
        if self.count * 2 >= self.slots.len() {
            let larger = vec![Slot::default(); (self.slots.len() * 2).max(1024)];
            let before = std::mem::replace(&mut self.slots, larger);
            before.into_iter().filter(|slot| slot.number > 0).for_each(|slot| self.put(slot));
        }
        self.width = key.len();
        self.parts.extend_from_slice(key);
        self.count += 1;
        self.put(Slot { hash: hash(key), number: self.count as u32 });
    }

    fn put(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = slot.hash as usize & mask;
        while self.slots[at].number > 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }

    /// Forgets all keys.
    pub(super) fn clear(&mut self) {
        self.parts.clear();
        self.count = 0;
        self.slots.fill(Slot::default());
    }
}

/// Four parts at a time are multiplied, and both halves of the product count, so that each part does. The
/// order of nothing depends on it.
fn hash(key: &[u16]) -> u32 {
    let mut state = 0x243f_6a88_85a3_08d3_u64;
    let mut mix = |word: u64| {
        let product = u128::from(state.rotate_left(23) ^ word) * 0x9e37_79b9_7f4a_7c15;
        state = (product >> 64) as u64 ^ product as u64;
    };
    let word = |parts: &[u16]| parts.iter().fold(0, |word, part| word << 16 | u64::from(*part));
    let (words, rest) = key.as_chunks::<4>();
    for parts in words {
        mix(word(parts));
    }
    mix(word(rest));
    (state >> 32) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_key_keeps_its_own_number(keys in prop::collection::vec(prop::collection::vec(0_u16..3, 6), 0..900)) {
            let mut table = Keys::default();
            let mut known: Vec<&[u16]> = Vec::new();
            for key in &keys {
                let number = known.iter().position(|known| known == key);
                prop_assert_eq!(table.find(key), number);
                if number.is_none() {
                    table.insert(key);
                    known.push(key);
                }
            }
            table.clear();
            prop_assert!(keys.iter().all(|key| table.find(key).is_none()));
        }
    }
}
