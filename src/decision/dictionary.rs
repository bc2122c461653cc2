//! Texts as numbers: a text that comes a million times is looked at once.

use std::collections::HashMap;
use std::sync::Arc;

/// Number of a key that is not given at all.
pub const ABSENT: u32 = 0;
/// Number of a key that is given without a value.
pub const NULL: u32 = 1;
/// Number of the empty text.
pub const BLANK: u32 = 2;

/// Texts by number. Absent, null and blank are three numbers with the same empty text: a table
/// cannot tell them apart, what is reported can.
#[derive(Clone, Debug)]
pub struct Dictionary {
    texts: Vec<Arc<str>>,
    /// Texts that fit in a word; most codes do, and their text need not be looked at.
    short: HashMap<u64, u32>,
    long: HashMap<Arc<str>, u32>,
}

impl Default for Dictionary {
    fn default() -> Self {
        let empty: Arc<str> = Arc::from("");
        Self { texts: vec![empty; 3], short: HashMap::from([(0, BLANK)]), long: HashMap::new() }
    }
}

impl Dictionary {
    /// The number of a text; a new one if it was not seen before.
    pub fn number(&mut self, text: &str) -> u32 {
        let packed = pack(text);
        let known = packed.map_or_else(|| self.long.get(text), |packed| self.short.get(&packed));
        if let Some(&number) = known {
            return number;
        }
        let number = self.texts.len() as u32;
        let text: Arc<str> = Arc::from(text);
        self.texts.push(text.clone());
        match packed {
            Some(packed) => self.short.insert(packed, number),
            None => self.long.insert(text, number),
        };
        number
    }

    /// The text of a number that this dictionary gave.
    pub fn text(&self, number: u32) -> &Arc<str> {
        &self.texts[number as usize]
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Never: blank is always there.
    pub fn is_empty(&self) -> bool {
        false
    }
}

/// A text of up to seven bytes as one word: its length, then its bytes. Never all ones.
pub(crate) fn pack(text: &str) -> Option<u64> {
    let length = text.len() as u64;
    let word = || text.bytes().fold(length, |word, byte| word << 8 | u64::from(byte));
    (length < 8).then(word)
}
