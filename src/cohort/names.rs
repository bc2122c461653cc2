//! The names that a filter knows: short ones for the columns that rstage adds, and the columns of the file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::category::StageGroup;

/// How the values of a column compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// One of a few words.
    Word,
    /// Words of which some have an order.
    Scale,
    /// Numbers.
    Number,
    /// Stage groups, in the order of the manuals.
    Group,
    /// Words with `;` between: equal to each of them.
    List,
    /// Anything; `*` at the end of a value stands for the rest.
    Text,
}

/// A name of a filter.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    /// The column that it stands for.
    pub(super) column: String,
    /// The column that says why.
    pub(super) reason: Option<String>,
    /// How its values compare.
    pub(super) kind: Kind,
    /// Values from low to high.
    #[serde(default)]
    pub(super) order: Vec<String>,
    /// Values without a place in the order.
    #[serde(default)]
    pub(super) values: Vec<String>,
}

impl Known {
    /// A column of the file under its own name.
    pub(super) fn column(header: &str) -> Self {
        let (order, values) = (Vec::new(), Vec::new());
        Self { column: header.to_owned(), reason: None, kind: Kind::Text, order, values }
    }

    /// Whether a value can occur at all.
    pub(super) fn allows(&self, value: &str) -> bool {
        match self.kind {
            Kind::Word | Kind::Scale => self.order.iter().chain(&self.values).any(|known| known == value),
            Kind::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
            Kind::Group => StageGroup::from_label(value).is_some() || matches!(value, "NA" | "UNK"),
            Kind::List | Kind::Text => true,
        }
    }

    /// The place of a value in the order of its kind; none where it has no place.
    pub(super) fn rank(&self, value: &str) -> Option<f64> {
        match self.kind {
            Kind::Scale => self.order.iter().position(|known| known == value).map(|at| at as f64),
            Kind::Number => value.parse().ok().filter(|number: &f64| number.is_finite()),
            Kind::Group => StageGroup::from_label(value).map(|group| group.index() as f64),
            // Columns of the file can hold numbers.
            Kind::Text => value.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Kind::Word | Kind::List => None,
        }
    }

    /// Whether a cell equals a value of the filter.
    pub(super) fn equal(&self, cell: &str, value: &str) -> bool {
        match self.kind {
            Kind::List => cell.split(';').any(|word| word == value),
            Kind::Number => {
                self.rank(cell).zip(self.rank(value)).is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
            }
            Kind::Text => match value.strip_suffix('*') {
                Some(start) => cell.starts_with(start),
                None => cell == value,
            },
            Kind::Word | Kind::Scale | Kind::Group => cell == value,
        }
    }
}

const TABLE: &str = include_str!("names.toml");

/// The short names.
pub(super) static NAMES: LazyLock<BTreeMap<String, Known>> =
    LazyLock::new(|| toml::from_str(TABLE).unwrap_or_default());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::COLUMNS;

    #[test]
    fn every_name_stands_for_a_column_that_a_run_adds() {
        toml::from_str::<BTreeMap<String, Known>>(TABLE).unwrap();
        for (name, known) in NAMES.iter() {
            for column in std::iter::once(&known.column).chain(&known.reason) {
                assert!(COLUMNS.contains(&column.as_str()), "{name}: {column}");
            }
            let listed = matches!(known.kind, Kind::Word | Kind::Scale);
            assert_eq!(listed, !known.values.is_empty(), "{name}");
        }
    }

    #[test]
    fn values_compare_as_their_kind_says() {
        let oligo = &NAMES["oligo"];
        assert!(oligo.rank("confirmed") > oligo.rank("probable"));
        assert_eq!(oligo.rank("excluded_poly"), None);
        assert!(!oligo.allows("likely"));
        let group = &NAMES["group"];
        assert!(group.rank("IIIA") < group.rank("IV"));
        assert!(group.rank("IIIA1") < group.rank("IIIB"));
        assert!(NAMES["finding"].equal("D01;D06", "D06"));
        assert!(!NAMES["finding"].equal("D01;D06", "D0"));
        assert!(NAMES["edition"].equal("8", "8.0"));
        assert!(Known::column("site").equal("C50.4", "C50*"));
    }
}
