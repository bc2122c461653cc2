//! Distinct texts with a number each. Columns of records repeat few words, so that a word is handled once and
//! its number many times.

use std::hash::Hasher;
use std::ops::Range;

use rustc_hash::FxHasher;

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
        self.number_of(text.as_bytes())
    }

    /// The same for the bytes of a text, which are looked at as text where they are new.
    pub(super) fn number_of(&mut self, text: &[u8]) -> u32 {
        if self.slots.len() <= self.ends.len() * 2 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = hash(text) as usize & mask;
        while let Some(number) = self.slots[at].checked_sub(1) {
            if same(self.bytes_of(number), text) {
                return number;
            }
            at = (at + 1) & mask;
        }
        let number = self.push(&String::from_utf8_lossy(text));
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

    /// The same in bytes.
    pub(super) fn bytes_of(&self, number: u32) -> &[u8] {
        self.bytes.as_bytes().get(self.range(number)).unwrap_or_default()
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

/// Whether two texts are the same. Most are a few bytes long, for which a call that compares memory takes
/// longer than all the rest.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    fn ends<const N: usize>(text: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
        Some((text.first_chunk()?, text.last_chunk()?))
    }
    one.len() == other.len()
        && match one.len() {
            0 => true,
            1 => one.first() == other.first(),
            2 | 3 => ends::<2>(one) == ends::<2>(other),
            4..=7 => ends::<4>(one) == ends::<4>(other),
            8..=16 => ends::<8>(one) == ends::<8>(other),
            _ => one == other,
        }
}

/// The order of nothing depends on it.
fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_same_whatever_their_length() {
        let text: Vec<u8> = (0..20).collect();
        for length in 0..=text.len() {
            let own = &text[..length];
            assert!(same(own, &text.clone()[..length]));
            assert!(!same(own, &[own, &[0]].concat()));
            for at in 0..length {
                let mut other = own.to_vec();
                other[at] ^= 128;
                assert!(!same(own, &other), "{length} {at}");
            }
        }
    }

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
