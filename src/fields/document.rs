//! Reading TOML with line numbers, shared by map files and layouts, and the nearest known word.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::FieldsError;

/// A TOML text being read; knows its name and turns byte positions into lines.
pub(super) struct Document<'a> {
    name: &'a str,
    text: &'a str,
}

/// A key or value of the document with its line.
#[derive(Clone, Copy)]
pub(super) struct At<T> {
    /// Line, from 1.
    pub(super) line: usize,
    /// What stands there.
    pub(super) it: T,
}

impl<'a> Document<'a> {
    pub(super) fn new(name: &'a str, text: &'a str) -> Self {
        Self { name, text }
    }

    /// The whole document.
    pub(super) fn parse(&self) -> Result<DeTable<'a>, FieldsError> {
        DeTable::parse(self.text).map(Spanned::into_inner).map_err(|error| {
            let line = error.span().map_or(1, |span| self.line(span.start));
            self.error(line, error.message().to_owned(), None)
        })
    }

    /// The entries of a table in the order of their keys.
    pub(super) fn entries<'t>(
        &self,
        table: &'t DeTable<'a>,
    ) -> impl Iterator<Item = (At<&'t str>, &'t Spanned<DeValue<'a>>)> {
        table
            .iter()
            .map(|(key, value)| (At { line: self.line(key.span().start), it: key.get_ref().as_ref() }, value))
    }

    /// The table that a section must be.
    pub(super) fn table<'t>(
        &self,
        key: At<&str>,
        value: &'t Spanned<DeValue<'a>>,
    ) -> Result<&'t DeTable<'a>, FieldsError> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.error(key.line, format!("`{}` must be a table", key.it), None))
    }

    /// The text that a value must be.
    pub(super) fn text<'t>(
        &self,
        key: At<&str>,
        value: &'t Spanned<DeValue<'a>>,
    ) -> Result<&'t str, FieldsError> {
        value.get_ref().as_str().ok_or_else(|| {
            let problem = format!("the value of `{}` must be text in quotation marks", key.it);
            self.error(self.line(value.span().start), problem, None)
        })
    }

    /// The line of a byte position.
    pub(super) fn line(&self, position: usize) -> usize {
        self.text.bytes().take(position).filter(|&byte| byte == b'\n').count() + 1
    }

    /// An error on a line of this document.
    pub(super) fn error(&self, line: usize, problem: String, hint: Option<String>) -> FieldsError {
        FieldsError::map_file(self.name, line, problem, hint)
    }
}

/// The known word that is meant by a mistyped one: at most a third of its letters differ.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= lower.chars().count().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", where a known word is near enough.
pub fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    nearest(word, known).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Letters to insert, drop or change to turn one word into the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (above, other) in row.iter_mut().skip(1).zip(&to) {
            let cell = (diagonal + usize::from(letter != *other)).min(*above + 1).min(left + 1);
            diagonal = std::mem::replace(above, cell);
            left = cell;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("site", "site", 0),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn nearest_word() {
        let known = ["site", "histology", "path_t"];
        assert_eq!(nearest("sit", known), Some("site"));
        assert_eq!(nearest("Path_T", known), Some("path_t"));
        assert_eq!(nearest("hystology", known), Some("histology"));
        assert_eq!(nearest("smoking", known), None);
    }
}
