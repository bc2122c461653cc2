//! What T, N, M categories and stage groups have in common when they are written down:
//! blanks and letter case that say nothing, and the prefixes that do.

use super::{Examination, Prefix};

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

/// The prefix as one writes it, for test tables.
#[cfg(test)]
pub(super) fn letters(prefix: Prefix) -> String {
    let mut letters = String::new();
    for (written, letter) in [(prefix.a, 'a'), (prefix.r, 'r'), (prefix.y, 'y')] {
        letters.extend(written.then_some(letter));
    }
    letters.extend(prefix.examination.map(|examination| match examination {
        Examination::Clinical => 'c',
        Examination::Pathologic => 'p',
    }));
    letters
}
