//! Distinct texts with a number each. Columns of records repeat few words, so that a word is handled once and
//! its number many times.

use std::ops::Range;

/// Texts, numbered in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    bytes: String,
    ends: Vec<u32>,
    /// A number and one for each text that can be found again; a power of two of places, half of them free.
    slots: Vec<u32>,
}

impl Texts {
    /// The number of a text, a new one where it has none yet.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if self.slots.len() <= self.ends.len() * 2 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = hash(text.as_bytes()) as usize & mask;
        while let Some(number) = self.slots[at].checked_sub(1) {
            if self.get(number) == text {
                return number;
            }
            at = (at + 1) & mask;
        }
        let number = self.push(text);
        self.slots[at] = number + 1;
        number
    }

    /// Adds a text that need not be found again.
    pub(super) fn push(&mut self, text: &str) -> u32 {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u32);
        self.ends.len() as u32 - 1
    }

    fn grow(&mut self) {
        let places = (self.slots.len() * 2).max(64);
        self.slots.clear();
        self.slots.resize(places, 0);
        for number in 0..self.ends.len() as u32 {
            let mut at = hash(self.get(number).as_bytes()) as usize & (places - 1);
            while self.slots[at] != 0 {
                at = (at + 1) & (places - 1);
            }
            self.slots[at] = number + 1;
        }
    }

    fn range(&self, number: u32) -> Range<usize> {
        let number = number as usize;
        let start = number.checked_sub(1).and_then(|above| self.ends.get(above)).copied().unwrap_or(0);
        start as usize..self.ends.get(number).copied().unwrap_or(start) as usize
    }

    /// The text of a number, empty where there is none.
    pub(super) fn get(&self, number: u32) -> &str {
        self.bytes.get(self.range(number)).unwrap_or_default()
    }

    /// All texts.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|number| self.get(number))
    }

    /// Texts.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all texts.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// Multiply and rotate, eight bytes at a time. The order of nothing depends on it.
fn hash(text: &[u8]) -> u64 {
    let mut state = text.len() as u64;
    let mut mix = |word: u64| state = (state.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        mix(u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(u64::from_le_bytes(last));
    state.rotate_left(26)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_number() {
        let mut texts = Texts::default();
        let words: Vec<String> = (0..5_000).map(|word| format!("{}", word * 7_919)).collect();
        let numbers: Vec<u32> = words.iter().map(|word| texts.number(word)).collect();
        assert_eq!(numbers, (0..5_000).collect::<Vec<u32>>());
        assert!(words.iter().zip(numbers).all(|(word, number)| texts.number(word) == number));
        assert_eq!((texts.len(), texts.get(4_999), texts.get(5_000)), (5_000, words[4_999].as_str(), ""));
        assert_eq!((texts.number(""), texts.number("\0"), texts.number("\0\0")), (5_000, 5_001, 5_002));
    }
}
