//! The distinct texts of one column and their codes.
//!
//! Most cells of a registry export are codes of a few bytes: these are compared as one number, without a hash
//! over their bytes.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

/// Texts to codes.
#[derive(Default)]
pub(super) struct Texts {
    empty: Option<u16>,
    slots: Vec<Slot>,
    used: usize,
    long: HashMap<Box<[u8]>, u16, FxBuildHasher>,
    long_bytes: usize,
}

/// A text of at most eight bytes; no text where the length is none.
#[derive(Clone, Copy, Default)]
struct Slot {
    packed: u64,
    length: Option<u8>,
    code: u16,
}

impl Texts {
    /// The code of a text, where it has one.
    pub(super) fn code(&self, text: &[u8]) -> Option<u16> {
        if text.is_empty() {
            return self.empty;
        }
        let Some(packed) = pack(text) else { return self.long.get(text).copied() };
        let length = Some(text.len() as u8);
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = place(packed, text.len()) & mask;
        loop {
            let slot = self.slots.get(at)?;
            if slot.packed == packed && slot.length == length {
                return Some(slot.code);
            }
            slot.length?;
            at = (at + 1) & mask;
        }
    }

    /// Gives a text that has none its code.
    pub(super) fn insert(&mut self, text: &[u8], code: u16) {
        if text.is_empty() {
            self.empty = Some(code);
            return;
        }
        let Some(packed) = pack(text) else {
            self.long.insert(text.into(), code);
            self.long_bytes += text.len();
            return;
        };
        if self.used * 2 >= self.slots.len() {
            let larger = vec![Slot::default(); (self.slots.len() * 2).max(64)];
            let before = std::mem::replace(&mut self.slots, larger);
            before.into_iter().filter(|slot| slot.length.is_some()).for_each(|slot| self.put(slot));
        }
        self.used += 1;
        self.put(Slot { packed, length: Some(text.len() as u8), code });
    }

    /// Bytes of the texts that are not kept as numbers.
    pub(super) fn long_bytes(&self) -> usize {
        self.long_bytes
    }

    fn put(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = place(slot.packed, slot.length.map_or(0, usize::from)) & mask;
        while self.slots[at].length.is_some() {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }
}

/// A text of one to eight bytes as a number that no other text of its length has.
fn pack(text: &[u8]) -> Option<u64> {
    Some(match *text {
        [a] => u64::from(a),
        [a, b] => u64::from(u16::from_le_bytes([a, b])),
        [a, b, c] => u64::from(u32::from_le_bytes([a, b, c, 0])),
        _ if matches!(text.len(), 4..=8) => {
            let (&first, &last) = (text.first_chunk()?, text.last_chunk()?);
            u64::from(u32::from_le_bytes(first)) | u64::from(u32::from_le_bytes(last)) << 32
        }
        _ => return None,
    })
}

fn place(packed: u64, length: usize) -> usize {
    // Both halves of the product, so that the last byte counts as much as the first.
    let mixed = u128::from(packed ^ (length as u64) << 59) * 0x9e37_79b9_7f4a_7c15;
    ((mixed >> 64) as u64 ^ mixed as u64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_keeps_its_own_code(texts in prop::collection::vec("[a0\0]{0,10}", 0..300)) {
            let mut table = Texts::default();
            let mut known: Vec<&str> = Vec::new();
            for text in &texts {
                let code = known.iter().position(|known| known == text).map(|code| code as u16);
                prop_assert_eq!(table.code(text.as_bytes()), code);
                if code.is_none() {
                    table.insert(text.as_bytes(), known.len() as u16);
                    known.push(text);
                }
            }
        }
    }
}
