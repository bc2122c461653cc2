//! The tables as data: which counts each is made of, by which labels, and what it is a share of.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// One table of `tables.toml`.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    pub(super) name: String,
    /// One line for people.
    pub(super) about: String,
    /// Its labels, by which it is sorted.
    pub(super) labels: Vec<String>,
    /// 100 for percent, 1000 for a rate.
    pub(super) per: u16,
    pub(super) known: Option<Known>,
    /// Left empty where small cells are hidden.
    #[serde(default)]
    pub(super) detail: bool,
    #[serde(rename = "part")]
    pub(super) parts: Vec<Part>,
}

/// A further share, of the rows of a stratum without those with one of these last labels.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    pub(super) column: String,
    pub(super) unknown: Vec<String>,
}

/// Labels of a cube, and the values of them that count.
pub(super) type Only = BTreeMap<String, Vec<String>>;

/// Some rows of a table: sums of one cube.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    pub(super) cube: String,
    #[serde(default)]
    pub(super) from: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) fixed: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) only: Only,
    pub(super) of: Of,
    /// Whether every stratum has a row, those without a record with 0.
    #[serde(default)]
    pub(super) every: bool,
    /// Whether it is made only where small cells are hidden, or only where they are not; always where absent.
    pub(super) hiding: Option<bool>,
}

impl Part {
    /// Whether it is part of a table whose small cells are hidden, or of one where they are not.
    pub(super) fn is_in(&self, hiding: bool) -> bool {
        self.hiding.is_none_or(|only| only == hiding)
    }
}

/// What the rows are a share of: sums of a cube by some of the labels.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Of {
    pub(super) cube: Option<String>,
    pub(super) by: Vec<String>,
    #[serde(default)]
    pub(super) only: Only,
}

impl Form {
    /// The labels that tell the rows of a part apart: name in the table and in the cube.
    pub(super) fn keys<'a>(&'a self, part: &'a Part) -> Vec<(&'a str, &'a str)> {
        let open = self.labels.iter().filter(|label| !part.fixed.contains_key(*label));
        open.map(|label| (label.as_str(), part.from.get(label).unwrap_or(label).as_str())).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "table")]
    tables: Vec<Form>,
}

const TEXT: &str = include_str!("tables.toml");

/// Every table, in the order in which they are written.
pub(super) static FORMS: LazyLock<Vec<Form>> =
    LazyLock::new(|| toml::from_str::<File>(TEXT).map(|file| file.tables).unwrap_or_default());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole() {
        let file: File = toml::from_str(TEXT).unwrap();
        assert_eq!(file.tables.len(), FORMS.len());
        for form in &file.tables {
            for part in &form.parts {
                let known = |label: &String| form.labels.contains(label);
                assert!(
                    part.fixed.keys().chain(part.from.keys()).chain(&part.of.by).all(known),
                    "{}",
                    form.name
                );
            }
            assert!([100, 1000].contains(&form.per) && !form.about.is_empty(), "{}", form.name);
        }
    }
}
