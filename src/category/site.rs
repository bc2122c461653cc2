//! ICD-O-3 topography, from a code or from words.

use super::{Cell, topography};

/// ICD-O-3 topography code without the letter and the dot: C50.9 is 509.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Site(pub u16);

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "C{:02}.{}", self.0 / 10, self.0 % 10)
    }
}

/// Reads `C50.9`, `C509`, `c50.9`, `50.9`, a code with words behind it (`C50.9 - Breast`),
/// an ICD-10 code of the same organ (`C50.919`, `C64.1`), or a topography term.
///
/// A code of two digits is the organ not otherwise specified (`C50` is C50.9). Three
/// digits alone are not read: ICD-9 has the same form.
pub(super) fn site(text: &str) -> Cell<Site> {
    code(text).or_else(|| topography::site(text)).map_or(Cell::Invalid, Cell::Value)
}

fn code(text: &str) -> Option<Site> {
    let lettered = text.strip_prefix(['C', 'c']);
    let end = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let rest = lettered.unwrap_or(text);
    let (organ, rest) = rest.split_at(end(rest));
    let (organ, part, rest) = match rest.strip_prefix('.') {
        Some(rest) => {
            let (part, rest) = rest.split_at(end(rest));
            (organ, part, rest)
        }
        None if lettered.is_some() && organ.len() > 2 => {
            let (organ, part) = organ.split_at(2);
            (organ, part, rest)
        }
        None if lettered.is_some() => (organ, "9", rest),
        None => return None,
    };
    // ICD-10-CM has up to three digits behind the point; the first is that of the topography.
    if organ.len() != 2 || !(1..=3).contains(&part.len()) || !is_words(rest) {
        return None;
    }
    topography::site(&format!("C{organ}.{}", part.get(..1)?))
}

/// Whether a text behind a code is nothing or words, and not a second code.
fn is_words(text: &str) -> bool {
    let separated = !text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '|' | '/' | ';'));
    let second = text.as_bytes().windows(3).any(|three| {
        three[0].eq_ignore_ascii_case(&b'c') && three[1].is_ascii_digit() && three[2].is_ascii_digit()
    });
    separated && !second
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes_and_words() {
        for (text, expected) in [
            ("C50.9", "C50.9"),
            ("C43.5", "C44.5"),
            ("C43.59", "C44.5"),
            ("C45.0", "C38.4"),
            ("C509", "C50.9"),
            ("c50.9", "C50.9"),
            ("50.9", "C50.9"),
            ("C50", "C50.9"),
            ("C61", "C61.9"),
            ("C19", "C19.9"),
            ("C22", "C22.0"),
            ("C10.0: vallécule", "C10.0"),
            ("C01: base de langue", "C01.9"),
            ("C50.9 - Breast", "C50.9"),
            ("C50.9-Breast, NOS", "C50.9"),
            ("C34.1 Upper lobe", "C34.1"),
            ("C18.7", "C18.7"),
            ("C44.5", "C44.5"),
            ("C50.919", "C50.9"),
            ("C50919", "C50.9"),
            ("C64.1", "C64.9"),
            ("C34.30", "C34.3"),
            ("C22.9", "C22.0"),
            ("C00.0", "C00.0"),
            ("Breast, NOS", "C50.9"),
            ("BREAST", "C50.9"),
            ("Upper lobe, lung", "C34.1"),
            ("Kidney, NOS", "C64.9"),
            ("Sigmoid colon", "C18.7"),
            ("Cardia, NOS", "C16.0"),
            ("Prostate gland", "C61.9"),
            ("Connective, subcutaneous and other soft tissues of thorax", "C49.3"),
            ("Peripheral nerves & autonomic nervous system of head, face and neck", "C47.0"),
            ("Overlapping lesion of breast", "C50.8"),
        ] {
            assert_eq!(site(text).value().map(|site| site.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "C",
            "D05",
            "D05.1",
            "509",
            "1629",
            "162.9",
            "C82.1",
            "C99",
            "C30",
            "C50.9|C50.8",
            "C18.0-C18.9",
            "C5",
            "C509X",
            "C50.9.1",
            "8500/3",
            "left",
            "C5é",
        ] {
            assert_eq!(site(text), Cell::Invalid, "{text}");
        }
    }
}
