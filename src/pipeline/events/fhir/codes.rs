//! What the codes of Observations mean: a table that a person can correct.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::category::Examination;

/// What an Observation tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tells {
    Group,
    T,
    N,
    M,
}

impl fmt::Display for Tells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Group => "stage group",
            Self::T => "T category",
            Self::N => "N category",
            Self::M => "M category",
        })
    }
}

/// A code of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// Of an Observation: what it tells, and under which examination if the code says so.
    Staging(Tells, Option<Examination>),
    /// Of a method: the edition.
    Edition(String),
}

/// Codes by system and code, and words that say nothing.
pub(super) struct Codes {
    codes: BTreeMap<(String, String), Meaning>,
    words: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Row {
    system: String,
    code: String,
    tells: String,
    value: String,
}

impl Codes {
    /// The table of the program; its lines are checked by a test, and a line that cannot be read means
    /// nothing.
    pub(super) fn builtin() -> &'static Self {
        static CODES: LazyLock<Codes> = LazyLock::new(|| Codes {
            codes: rows(include_str!("codes.csv")).filter_map(|row| row.ok()?.meaning()).collect(),
            words: include_str!("words.txt")
                .lines()
                .filter(|line| !line.starts_with('#'))
                .map(str::to_owned)
                .collect(),
        });
        &CODES
    }

    /// What a code means, if it is in the table.
    pub(super) fn meaning(&self, system: &str, code: &str) -> Option<&Meaning> {
        self.codes.get(&(system.trim().to_owned(), code.trim().to_owned()))
    }

    /// A text without the words in front of it that say nothing, and without a remark in brackets that is
    /// one of SNOMED CT's kinds of concept: `cT3` of "American Joint Committee on Cancer cT3 (qualifier
    /// value)".
    pub(super) fn bare<'t>(&self, text: &'t str) -> &'t str {
        let mut rest = text.trim();
        if let Some((before, remark)) = rest.strip_suffix(')').and_then(|text| text.rsplit_once('('))
            && ["qualifier value", "finding", "observable entity", "tumor staging"].contains(&remark)
        {
            rest = before.trim_end();
        }
        while let Some((word, after)) = rest.split_once(char::is_whitespace)
            && self.words.contains(word.trim_end_matches([',', ':']).to_lowercase().as_str())
        {
            rest = after.trim_start();
        }
        rest
    }
}

fn rows(text: &str) -> impl Iterator<Item = csv::Result<Row>> {
    csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes()).into_deserialize()
}

impl Row {
    fn meaning(self) -> Option<((String, String), Meaning)> {
        let examination = match self.value.as_str() {
            "c" => Some(Examination::Clinical),
            "p" => Some(Examination::Pathologic),
            _ => None,
        };
        let meaning = match self.tells.as_str() {
            "group" => Meaning::Staging(Tells::Group, examination),
            "t" => Meaning::Staging(Tells::T, examination),
            "n" => Meaning::Staging(Tells::N, examination),
            "m" => Meaning::Staging(Tells::M, examination),
            "edition" => Meaning::Edition(self.value),
            _ => return None,
        };
        Some(((self.system, self.code), meaning))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_means_something_once() {
        let text = include_str!("codes.csv");
        let read: Vec<_> =
            rows(text).map(|row| row.unwrap()).map(|row| (row.value.clone(), row.meaning())).collect();
        for (value, meaning) in &read {
            let (place, meaning) = meaning.as_ref().unwrap();
            let allowed: &[&str] = match meaning {
                Meaning::Staging(..) => &["", "c", "p"],
                Meaning::Edition(_) => &["6", "7", "8", "9"],
            };
            assert!(allowed.contains(&value.as_str()), "{place:?}");
        }
        let places: BTreeSet<_> =
            read.iter().flat_map(|(_, meaning)| meaning).map(|(place, _)| place).collect();
        assert_eq!(places.len(), read.len());
        let lines = text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(read.len(), lines - 1);
    }

    #[test]
    fn words_are_taken_off() {
        for (text, bare) in [
            ("American Joint Committee on Cancer stage IIIC (qualifier value)", "IIIC"),
            ("American Joint Committee on Cancer pN0(i+) (qualifier value)", "pN0(i+)"),
            ("AJCC Stage Group: IIA", "IIA"),
            ("Stage II Chronic Lymphocytic Leukemia", "II Chronic Lymphocytic Leukemia"),
            ("not stage IV", "not stage IV"),
            ("stage", "stage"),
            (" rIVA ", "rIVA"),
            ("", ""),
            (")", ")"),
        ] {
            assert_eq!(Codes::builtin().bare(text), bare, "{text}");
        }
    }
}
