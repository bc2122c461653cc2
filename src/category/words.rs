//! Words and codes that mean a value is missing, and words that mean a code.
//!
//! `words.csv` lists them by field id, by `@met` and `@flag` for all fields of that
//! kind, and by `*` for every field; the narrower row wins. What it does not list is
//! the value itself. Codes for a test that was not done are unknown values here.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Cell;
use super::notation::whole_number;
use super::reading::Reading;
use super::table::rows;
use crate::fields::Field;

/// What a trimmed text means in a field: one of the missing states, the code that its
/// words stand for, or itself.
pub(super) fn meaning(field: Field, text: &str) -> Cell<&str> {
    if text.is_empty() {
        return Cell::Blank;
    }
    // A measured 5.0 is not the code 5.
    let measured = matches!(Reading::of(field), Reading::Measured | Reading::CodedOrMeasured);
    let plain = if measured { text } else { whole_number(text) };
    let known = find(field, plain).or_else(|| find(field, code_before_words(text)?));
    known.unwrap_or(Cell::Value(text))
}

/// `2` of `2: Female` and of `2 - Female`.
pub(super) fn code_before_words(text: &str) -> Option<&str> {
    let (code, _) = text.split_once(':').or_else(|| text.split_once(" - "))?;
    Some(code.trim()).filter(|code| !code.is_empty())
}

fn find(field: Field, text: &str) -> Option<Cell<&'static str>> {
    let text = text.to_lowercase();
    let means = [field.id(), Reading::of(field).scope(), "*"]
        .iter()
        .find_map(|scope| WORDS.get(*scope)?.get(text.as_str()))?;
    Some(match means.as_str() {
        "blank" => Cell::Blank,
        "unknown" => Cell::Unknown,
        "not applicable" => Cell::NotApplicable,
        code => Cell::Value(code),
    })
}

/// By field or scope, then by text in lower case.
static WORDS: LazyLock<HashMap<String, HashMap<String, String>>> = LazyLock::new(|| {
    let mut words: HashMap<String, HashMap<String, String>> = HashMap::new();
    for row in rows(TABLE) {
        for field in row[0].split('|') {
            let texts = row[2].split('|').map(|text| (text.to_lowercase(), row[1].to_owned()));
            words.entry(field.to_owned()).or_default().extend(texts);
        }
    }
    words
});

const TABLE: &str = include_str!("words.csv");

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::category::table::count;

    #[test]
    fn the_table_names_fields_and_never_contradicts_itself() {
        assert_eq!(count(TABLE).0, count(TABLE).1);
        let mut seen = HashSet::new();
        for row in rows(TABLE) {
            for field in row[0].split('|') {
                let known = ["*", "@met", "@flag"].contains(&field) || Field::from_id(field).is_some();
                assert!(known, "{field} is no field");
                for text in row[2].split('|') {
                    assert!(seen.insert((field.to_owned(), text.to_lowercase())), "{field}: {text} twice");
                }
            }
        }
    }

    #[test]
    fn missing_words_of_every_field() {
        for field in Field::ALL.iter().copied().filter(|field| *field != Field::MetSites) {
            for (text, state) in [
                ("", Cell::Blank),
                ("[Not Available]", Cell::Blank),
                ("NA", Cell::Blank),
                ("N/A", Cell::Blank),
                ("null", Cell::Blank),
                ("'--", Cell::Blank),
                ("--", Cell::Blank),
                ("not reported", Cell::Blank),
                ("Not Reported", Cell::Blank),
                ("Blank(s)", Cell::Blank),
                (".", Cell::Blank),
                ("[Unknown]", Cell::Unknown),
                ("unknown", Cell::Unknown),
                ("[Discrepancy]", Cell::Unknown),
                ("Not allowed to collect", Cell::Unknown),
                ("[Not Applicable]", Cell::NotApplicable),
                ("Not Applicable", Cell::NotApplicable),
            ] {
                assert_eq!(meaning(field, text), state, "{field:?} {text}");
            }
        }
    }

    #[test]
    fn the_narrower_row_wins() {
        assert_eq!(meaning(Field::Site, "None"), Cell::Blank);
        assert_eq!(meaning(Field::Effusion, "None"), Cell::Value("0"));
        assert_eq!(meaning(Field::MetSites, "None"), Cell::Value("none"));
        assert_eq!(meaning(Field::Er, "-"), Cell::Value("0"));
        assert_eq!(meaning(Field::Psa, "-"), Cell::Blank);
        assert_eq!(meaning(Field::Disc1, "9"), Cell::Value("9"));
        assert_eq!(meaning(Field::Sex, "2: Female"), Cell::Value("2: Female"));
        assert_eq!(meaning(Field::Sex, "F - weiblich"), Cell::Value("2"));
    }
}
