//! Patterns over texts: single texts, ranges of numbers, ranges of texts of one length, and
//! bounds that are the value of another key.

use std::cmp::Ordering;

/// What a row wants of a text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TextPattern {
    /// Whatever it is, given or not.
    Any,
    /// In one of these ranges.
    OneOf(Vec<TextRange>),
}

/// From one bound to another, both included; a single text is a range from itself to itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TextRange {
    /// Lower bound.
    pub low: Bound,
    /// Upper bound.
    pub high: Bound,
}

/// One end of a range.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Bound {
    /// This text.
    Text(Box<str>),
    /// The text that the key with this number has at the time.
    Key(usize),
}

impl TextRange {
    /// The range of one text.
    pub fn single(bound: Bound) -> Self {
        Self { low: bound.clone(), high: bound }
    }

    /// The text, if it is the range of one text that refers to no key.
    pub(super) fn literal(&self) -> Option<&str> {
        match (&self.low, &self.high) {
            (Bound::Text(low), Bound::Text(high)) if low == high => Some(low),
            _ => None,
        }
    }

    /// Keys that the bounds refer to.
    pub(super) fn keys(&self) -> impl Iterator<Item = usize> {
        [&self.low, &self.high].into_iter().filter_map(|bound| match bound {
            Bound::Text(_) => None,
            Bound::Key(key) => Some(*key),
        })
    }

    /// Whether a text lies in the range; `text_of` says what a key holds.
    pub(super) fn takes<'a>(&'a self, text: &str, text_of: impl Fn(usize) -> &'a str) -> bool {
        let resolve = |bound: &'a Bound| match bound {
            Bound::Text(text) => &**text,
            Bound::Key(key) => text_of(*key),
        };
        between(resolve(&self.low), resolve(&self.high), text)
    }
}

/// Two different numbers as bounds compare numbers, whatever their length; all else compares
/// texts of one and the same length.
fn between(low: &str, high: &str, text: &str) -> bool {
    if low == high {
        return text == low;
    }
    if let (Some(from), Some(to)) = (number(low), number(high)) {
        let whole = !low.contains('.') && !high.contains('.');
        return number(text)
            .is_some_and(|value| !(whole && text.contains('.')) && from <= value && value <= to);
    }
    let length = utf16_len(text);
    utf16_len(low) == length
        && utf16_len(high) == length
        && utf16_order(low, text) != Ordering::Greater
        && utf16_order(text, high) != Ordering::Greater
}

/// A number as the tables mean it: ASCII digits with at most one point that is not the last
/// character, after at most one minus. Single precision, as the tables are written for it.
fn number(text: &str) -> Option<f32> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let numeric = !digits.is_empty()
        && !digits.ends_with('.')
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|b| *b == b'.').count() <= 1;
    if numeric { text.parse().ok() } else { None }
}

/// Whether the text is a number in the sense of a range.
pub(crate) fn is_number(text: &str) -> bool {
    number(text).is_some()
}

/// Length in UTF-16 units, the unit in which texts are as long as each other.
pub fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

fn utf16_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_take_numbers_by_value_and_texts_by_length() {
        let cases = [
            ("001", "010", "5", true),
            ("001", "010", "0005", true),
            ("001", "010", "5.0", false),
            ("001", "010", " 5", false),
            ("0.2", "999.9", "500", true),
            ("0.2", "999.9", "500.0001", true),
            ("0.1", "99.9", "99.900001", true),
            ("0.1", "99.9", "99.90001", false),
            ("16777216", "16777218", "16777217", true),
            ("00", "00", "0", false),
            ("5", "5", "05", false),
            ("10", "05", "07", false),
            ("10A", "20B", "15X", true),
            ("10A", "20B", "1ZZ", true),
            ("C500", "C509", "C505", true),
            ("C500", "C509", "C50", false),
            ("C500", "C509", "c505", false),
            ("C500", "C509", "C5055", false),
            ("2000", "XXXX", "2004", true),
            ("2018", "", "2018", false),
            ("", "", "", true),
            ("0", "39", "-0", true),
            ("0", "39", "+5", false),
            ("0", "39", "1e1", false),
            ("0", "39", "5.", false),
            ("0", "39", "-", false),
            ("0", "39", "\u{ff13}", false),
            ("0.0", "39", ".5", true),
            ("0", "999", "99999999999999999999999999999999999999999999999999", false),
            ("a", "z", "é", false),
            ("a", "\u{ff5a}", "é", true),
        ];
        for (low, high, text, expected) in cases {
            assert_eq!(between(low, high, text), expected, "{text} in {low}-{high}");
        }
    }

    #[test]
    fn a_text_beyond_the_basic_plane_counts_two_and_sorts_below_private_use() {
        assert_eq!(utf16_len("\u{1f600}a"), 3);
        assert!(between("aa", "\u{fffd}\u{fffd}", "\u{1f600}"));
    }
}
