//! ICD-O-3 histology and behavior.

use super::Cell;
use super::notation::whole_number;

/// ICD-O-3 histology of four digits, 8000 to 9993.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Histology(pub u16);

impl std::fmt::Display for Histology {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

/// ICD-O-3 behavior digit: 0 benign, 1 borderline, 2 in situ, 3 malignant, 6 metastatic, 9 uncertain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Behavior(pub u8);

/// Reads `8140`, `8140/3`, `81403`, `M-8140/3`, each with or without words behind it.
pub(super) fn morphology(text: &str) -> (Cell<Histology>, Cell<Behavior>) {
    const INVALID: (Cell<Histology>, Cell<Behavior>) = (Cell::Invalid, Cell::Blank);
    let text = text.strip_prefix(['M', 'm']).unwrap_or(text);
    let text = whole_number(text.strip_prefix('-').unwrap_or(text));
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (code, rest) = text.split_at(digits);
    let (code, behavior, rest) = match (code.len(), rest.strip_prefix('/')) {
        (4, Some(rest)) => {
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            let (digit, words) = rest.split_at(end);
            (code, digit, words)
        }
        (4, None) => (code, "", rest),
        (5, None) => (&code[..4], &code[4..], rest),
        _ => return INVALID,
    };
    let histology = code.parse().ok().filter(|code| (8000..=9993).contains(code));
    let (Some(histology), true) = (histology, is_words(rest)) else {
        return INVALID;
    };
    let behavior = if behavior.is_empty() { Cell::Blank } else { self::behavior(behavior) };
    (Cell::Value(Histology(histology)), behavior)
}

/// Reads a behavior digit, with or without the slash.
pub(super) fn behavior(text: &str) -> Cell<Behavior> {
    match whole_number(text.strip_prefix('/').unwrap_or(text)).as_bytes() {
        [digit @ (b'0'..=b'3' | b'6' | b'9')] => Cell::Value(Behavior(digit - b'0')),
        _ => Cell::Invalid,
    }
}

/// Whether a text behind a code is nothing or words, and not a second code.
fn is_words(text: &str) -> bool {
    let separated = !text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '/'));
    separated && !text.as_bytes().windows(4).any(|four| four.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes() {
        for (text, expected) in [
            ("8500/3", Some((8500, Some(3)))),
            ("8500", Some((8500, None))),
            ("8500.0", Some((8500, None))),
            ("85003", Some((8500, Some(3)))),
            ("8500/2", Some((8500, Some(2)))),
            ("M-8500/3", Some((8500, Some(3)))),
            ("m8500/3", Some((8500, Some(3)))),
            ("8500/3: Infiltrating duct carcinoma", Some((8500, Some(3)))),
            ("8140/3 Adenocarcinoma, NOS", Some((8140, Some(3)))),
            ("8140: Adenocarcinoma", Some((8140, None))),
            ("8140 - Adenocarcinome infiltré", Some((8140, None))),
            ("8140/", Some((8140, None))),
            ("8000/6", Some((8000, Some(6)))),
            ("9993/3", Some((9993, Some(3)))),
            ("9994/3", None),
            ("7999", None),
            ("0000", None),
            ("814", None),
            ("814003", None),
            ("8500/3, 8520/3", None),
            ("8500-8520", None),
            ("Adenocarcinoma, NOS", None),
            ("", None),
        ] {
            let (histology, behavior) = morphology(text);
            let found = histology.value().map(|histology| (histology.0, behavior.value().map(|b| b.0)));
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(morphology("8500/x").1, Cell::Invalid);
        assert_eq!(morphology("8500/5").1, Cell::Invalid);
        assert_eq!(morphology("8500").1, Cell::Blank);
        assert_eq!(behavior("3"), Cell::Value(Behavior(3)));
        assert_eq!(behavior("/2"), Cell::Value(Behavior(2)));
        assert_eq!(behavior("3.0"), Cell::Value(Behavior(3)));
        assert_eq!(behavior("4"), Cell::Invalid);
    }
}
