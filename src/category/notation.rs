//! What T, N, M categories and stage groups have in common when they are written down:
//! blanks and letter case that say nothing, and the prefixes that do.

use std::fmt;

use super::{Cell, Examination, Prefix};

/// Upper case without blanks; `None` where the text is too long to be a category or
/// stage group, or holds a character that none is written with.
pub(super) fn squeeze(text: &str) -> Option<String> {
    let mut squeezed = String::new();
    for character in text.chars().filter(|character| !character.is_whitespace()) {
        let character = match character {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            _ => character,
        };
        if !character.is_ascii_graphic() || squeezed.len() >= 40 {
            return None;
        }
        squeezed.push(character.to_ascii_uppercase());
    }
    Some(squeezed)
}

/// `2` for the `2.0` that a number column with gaps turns into; any other text as it is.
pub(super) fn whole_number(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits,
        _ => text,
    }
}

/// Prefix letters taken off the front of a text.
#[derive(Clone, Copy)]
pub(super) struct Marked<'a> {
    pub(super) prefix: Prefix,
    pub(super) rest: &'a str,
    /// m, several tumors: of no consequence for the category, so no part of the prefix.
    multiple: bool,
}

impl Marked<'_> {
    /// Whether the letters may stand before a stage without the word (`rIV`): a and m
    /// may not, since A1 is a stage itself.
    pub(super) fn before_group(&self) -> bool {
        !self.prefix.a && !self.multiple
    }

    /// Whether they may stand before a category without its axis letter (`p1A`): r may
    /// not on its own, since R1 is a residual tumor.
    pub(super) fn before_code(&self) -> bool {
        self.before_group() && (!self.prefix.r || self.prefix.examination.is_some())
    }
}

/// Every way to take prefix letters off an upper-case text, the fewest letters first.
pub(super) fn prefixes(text: &str) -> impl Iterator<Item = Marked<'_>> {
    let whole = Marked { prefix: Prefix::default(), rest: text, multiple: false };
    std::iter::successors(Some(whole), |marked| {
        let mut next = Marked { rest: marked.rest.get(1..)?, ..*marked };
        match marked.rest.as_bytes().first()? {
            b'C' if next.prefix.examination.is_none() => {
                next.prefix.examination = Some(Examination::Clinical);
            }
            b'P' if next.prefix.examination.is_none() => {
                next.prefix.examination = Some(Examination::Pathologic);
            }
            b'Y' if !next.prefix.y => next.prefix.y = true,
            b'R' if !next.prefix.r => next.prefix.r = true,
            b'A' if !next.prefix.a => next.prefix.a = true,
            b'M' if !next.multiple => next.multiple = true,
            _ => return None,
        }
        Some(next)
    })
}

/// Reads the letters of a classification: c, p, yc, yp, r, rc, rp, a.
pub(super) fn classification(text: &str) -> Cell<Prefix> {
    let Some(text) = squeeze(text).filter(|text| !text.is_empty()) else { return Cell::Invalid };
    let whole = prefixes(&text).find(|marked| marked.rest.is_empty() && !marked.multiple);
    whole.map_or(Cell::Invalid, |marked| Cell::Value(marked.prefix))
}

/// The letters of the classification, empty where it is not said.
impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (written, letter) in [(self.a, "a"), (self.r, "r"), (self.y, "y")] {
            f.write_str(if written { letter } else { "" })?;
        }
        f.write_str(match self.examination {
            Some(Examination::Clinical) => "c",
            Some(Examination::Pathologic) => "p",
            None => "",
        })
    }
}

impl Prefix {
    /// Both prefixes together, as in `r pT1`.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            examination: self.examination.or(other.examination),
            y: self.y || other.y,
            r: self.r || other.r,
            a: self.a || other.a,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifications_are_their_letters() {
        for text in ["c", "p", "yc", "yp", "r", "rc", "rp", "a"] {
            let read = classification(text).value().map(|prefix| prefix.to_string());
            assert_eq!(read.as_deref(), Some(text));
        }
        assert_eq!(classification(" Y P ").value().map(|prefix| prefix.to_string()).as_deref(), Some("yp"));
        for text in ["x", "cc", "mc", "cT", "clinical", "", "\u{e9}"] {
            assert_eq!(classification(text), Cell::Invalid, "{text}");
        }
    }
}
