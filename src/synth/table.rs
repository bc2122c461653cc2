//! The small text tables inside the profile: weights, examples of stages, metastatic sites.

use super::error::SynthError;
use super::profile::FactorColumns;
use super::random::{Random, Weighted};
use super::row::{Column, Row};
use super::spelling::{Category, Group};

/// Reads cells of one data file; knows its name for messages.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) factors: &'a FactorColumns,
}

/// Which tables a line or a record has categories for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Basis {
    Clinical,
    Pathologic,
    Both,
}

/// Categories and factors with the group that the manual prints for them.
pub(super) struct Example {
    /// `Both`: the line holds for either table.
    pub(super) basis: Basis,
    /// `None` where the cancer has no such category.
    pub(super) tnm: [Option<Category>; 3],
    /// The age that the group depends on.
    pub(super) age: Option<(u64, u64)>,
    pub(super) factors: Vec<Factor>,
    pub(super) group: Group,
}

impl Example {
    /// Whether it shows distant metastasis.
    pub(super) fn is_metastatic(&self) -> bool {
        self.m().starts_with("M1")
    }

    pub(super) fn m(&self) -> &str {
        self.tnm[2].as_ref().map_or("", |m| m.label.as_str())
    }

    pub(super) fn is_in_situ(&self) -> bool {
        self.tnm[0].as_ref().is_some_and(Category::is_in_situ)
    }

    pub(super) fn has_tnm(&self) -> bool {
        self.tnm[0].is_some()
    }
}

/// A factor of an example and the columns that hold it.
pub(super) struct Factor {
    columns: Vec<Column>,
    value: Value,
}

enum Value {
    Text(String),
    /// Tenths, from and to.
    Tenths(u64, u64),
}

impl Factor {
    pub(super) fn write(&self, row: &mut Row, random: &mut Random) {
        let drawn = match &self.value {
            Value::Text(_) => 0,
            Value::Tenths(low, high) => random.between(*low, *high),
        };
        for &column in &self.columns {
            match &self.value {
                Value::Text(text) => row.set(column, text),
                Value::Tenths(..) => row.set_args(column, format_args!("{}.{}", drawn / 10, drawn % 10)),
            }
        }
    }
}

/// What the metastasis items show for a recorded M category.
pub(super) struct MetsLine {
    /// `None`: any.
    edition: Option<u8>,
    m: String,
    /// EOD Mets code, from 2018.
    pub(super) eod: String,
    pub(super) fewest: u64,
    pub(super) most: u64,
    /// `None` where no organ is involved.
    pub(super) organs: Option<Weighted<Organ>>,
}

impl MetsLine {
    pub(super) fn fits(&self, edition: u8, m: &str) -> bool {
        self.m == m && self.edition.is_none_or(|own| own == edition)
    }
}

/// A metastasis item and the code that marks it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Organ {
    pub(super) column: Column,
    pub(super) code: &'static str,
}

impl Reader<'_> {
    pub(super) fn error(&self, value: &str, expected: &'static str) -> SynthError {
        SynthError::Value { file: self.file.to_owned(), value: value.to_owned(), expected }
    }

    /// `C504 38, C502 12`: things with weights.
    pub(super) fn weights<T>(
        &self,
        text: &str,
        item: impl Fn(&str) -> Result<T, SynthError>,
    ) -> Result<Weighted<T>, SynthError> {
        let expected = "list of items with weights";
        let weighted: Vec<(T, f64)> = text
            .split(',')
            .map(|pair| {
                let (name, weight) =
                    pair.trim().rsplit_once(' ').ok_or_else(|| self.error(pair, expected))?;
                let weight = weight.parse().map_err(|_| self.error(pair, expected))?;
                Ok((item(name)?, weight))
            })
            .collect::<Result<_, SynthError>>()?;
        Weighted::new(weighted).ok_or_else(|| self.error(text, expected))
    }

    /// The examples of one edition.
    pub(super) fn examples(&self, text: &str) -> Result<Weighted<Example>, SynthError> {
        let expected = "list of stage examples";
        let lines = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
            let (stage, weight) = line.rsplit_once('|').ok_or_else(|| self.error(line, expected))?;
            let weight: f64 = weight.trim().parse().map_err(|_| self.error(line, expected))?;
            Ok((self.example(stage)?, weight))
        });
        Weighted::new(lines.collect::<Result<Vec<_>, SynthError>>()?)
            .ok_or_else(|| self.error(text, expected))
    }

    /// `p T2 N1a M0 grade=2 | IIB`.
    pub(super) fn example(&self, text: &str) -> Result<Example, SynthError> {
        let error = || self.error(text, "stage example `[c|p] T N M [factor=value] | group`");
        let (left, group) = text.split_once('|').ok_or_else(error)?;
        let mut words = left.split_whitespace().peekable();
        let basis = match words.peek() {
            Some(&"c") => Basis::Clinical,
            Some(&"p") => Basis::Pathologic,
            _ => Basis::Both,
        };
        if basis != Basis::Both {
            words.next();
        }
        let mut category = |letter: char| match words.next() {
            Some("-") => Ok(None),
            Some(word) if word.starts_with(letter) => Ok(Some(Category::new(word))),
            _ => Err(error()),
        };
        let tnm = [category('T')?, category('N')?, category('M')?];
        let (mut age, mut factors) = (None, Vec::new());
        for word in words {
            let (name, value) = word.split_once('=').ok_or_else(error)?;
            let factor = self.factor(name, value)?;
            match factor.value {
                Value::Tenths(low, high) if factor.columns.contains(&Column::Age) => age = Some((low, high)),
                _ => factors.push(factor),
            }
        }
        let group = group.trim();
        (!group.is_empty())
            .then(|| Example { basis, tnm, age, factors, group: Group::new(group) })
            .ok_or_else(error)
    }

    /// A factor by its short name with a value, `a..b` for a range.
    pub(super) fn factor(&self, name: &str, value: &str) -> Result<Factor, SynthError> {
        let columns =
            self.factors.get(name).ok_or_else(|| self.error(name, "factor of profile.toml"))?.clone();
        let value = match value.split_once("..") {
            Some((low, high)) => {
                let number =
                    |text: &str| text.replace('.', "").parse().map_err(|_| self.error(value, "range `a..b`"));
                Value::Tenths(number(low)?, number(high)?)
            }
            None => Value::Text(value.to_owned()),
        };
        Ok(Factor { columns, value })
    }

    /// `8 M1b 30 1+ bone 35, brain 30`.
    pub(super) fn mets(&self, text: &str) -> Result<Vec<MetsLine>, SynthError> {
        text.lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| {
                let error = || self.error(line, "line `edition M EOD-code organs organ weight, ...`");
                let mut words = line.split_whitespace();
                let mut word = || words.next().ok_or_else(error);
                let (edition, m, eod, count) = (word()?, word()?, word()?, word()?);
                let rest = words.collect::<Vec<_>>().join(" ");
                let edition = match edition {
                    "*" => None,
                    number => Some(number.parse().map_err(|_| error())?),
                };
                let fewest = count.trim_end_matches('+').parse().map_err(|_| error())?;
                let most = if count.ends_with('+') { 3 } else { fewest };
                let organs = match rest.as_str() {
                    "-" => None,
                    list => Some(self.weights(list, |name| self.organ(name))?),
                };
                let eod = eod.trim_matches('-').to_owned();
                Ok(MetsLine { edition, m: m.to_owned(), eod, fewest, most, organs })
            })
            .collect()
    }

    /// `bone`, and `diffuse` for carcinomatosis.
    pub(super) fn organ(&self, name: &str) -> Result<Organ, SynthError> {
        let (column, code) = match name {
            "bone" => (Column::MetsBone, "1"),
            "brain" => (Column::MetsBrain, "1"),
            "distant_ln" => (Column::MetsDistantLn, "1"),
            "liver" => (Column::MetsLiver, "1"),
            "lung" => (Column::MetsLung, "1"),
            "other" => (Column::MetsOther, "1"),
            "diffuse" => (Column::MetsOther, "2"),
            _ => return Err(self.error(name, "metastatic site")),
        };
        Ok(Organ { column, code })
    }

    pub(super) fn column(&self, name: &str) -> Result<Column, SynthError> {
        Column::from_name(name).ok_or_else(|| self.error(name, "column of the export"))
    }
}
