//! A filter bound to the columns of one file, and the records of a chunk that it takes.

use polars::prelude::{BooleanChunked, NamedFrom};

use super::filter::{Ask, Filter, Order, Test, Word};
use super::names::{Kind, Known, NAMES};
use super::records::CohortError;
use crate::input::{Chunk, Coded};

/// A filter whose names are columns of a file.
#[derive(Debug)]
pub(super) struct Selection<'f> {
    filter: Bound<'f>,
    /// Columns to write out: header and position.
    shown: Vec<(String, usize)>,
}

#[derive(Debug)]
enum Bound<'f> {
    And(Box<Bound<'f>>, Box<Bound<'f>>),
    Or(Box<Bound<'f>>, Box<Bound<'f>>),
    Not(Box<Bound<'f>>),
    Test { ask: &'f Ask, known: Known, column: usize },
}

impl<'f> Selection<'f> {
    /// Finds the columns of a filter, and checks that its values can occur in them.
    pub(super) fn bind(filter: &'f Filter, header: &[String]) -> Result<Self, CohortError> {
        let mut shown = Vec::new();
        Ok(Self { filter: bind(filter, header, &mut shown)?, shown })
    }

    /// The columns that the filter looks at, each with the one that says why: header and position.
    pub(super) fn shown(&self) -> &[(String, usize)] {
        &self.shown
    }

    /// The rows of a chunk that the filter takes.
    pub(super) fn rows(&self, chunk: &Chunk) -> Vec<usize> {
        let mask = mask(&self.filter, chunk);
        mask.iter().enumerate().filter(|(_, taken)| *taken == Some(true)).map(|(row, _)| row).collect()
    }
}

fn bind<'f>(
    filter: &'f Filter,
    header: &[String],
    shown: &mut Vec<(String, usize)>,
) -> Result<Bound<'f>, CohortError> {
    Ok(match filter {
        Filter::And(left, right) => {
            let left = Box::new(bind(left, header, shown)?);
            Bound::And(left, Box::new(bind(right, header, shown)?))
        }
        Filter::Or(left, right) => {
            let left = Box::new(bind(left, header, shown)?);
            Bound::Or(left, Box::new(bind(right, header, shown)?))
        }
        Filter::Not(inner) => Bound::Not(Box::new(bind(inner, header, shown)?)),
        Filter::Test(test) => {
            let known = known(&test.name, header)?;
            check(test, &known)?;
            let place = |name: &str| header.iter().position(|column| column == name);
            let column = place(&known.column).ok_or_else(|| CohortError::NotEnriched {
                name: test.name.text.clone(),
                column: known.column.clone(),
            })?;
            let reason = known.reason.as_ref().and_then(|reason| Some((reason.clone(), place(reason)?)));
            for column in std::iter::once((known.column.clone(), column)).chain(reason) {
                if !shown.contains(&column) {
                    shown.push(column);
                }
            }
            Bound::Test { ask: &test.ask, known, column }
        }
    })
}

/// What a name stands for: a short name, unless it is quoted, else a column of the file.
fn known(name: &Word, header: &[String]) -> Result<Known, CohortError> {
    if let Some(known) = NAMES.get(&name.text.to_lowercase()).filter(|_| !name.quoted) {
        return Ok(known.clone());
    }
    let exact = header.iter().find(|column| **column == name.text);
    let column = exact.or_else(|| header.iter().find(|column| column.eq_ignore_ascii_case(&name.text)));
    match column {
        Some(column) => {
            let added = NAMES.values().find(|known| known.column == *column);
            Ok(added.cloned().unwrap_or_else(|| Known::column(column)))
        }
        None => Err(CohortError::UnknownName {
            name: name.text.clone(),
            known: NAMES.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        }),
    }
}

/// Whether the values of a test can occur, and whether it makes sense to order them.
fn check(test: &Test, known: &Known) -> Result<(), CohortError> {
    let name = || test.name.text.clone();
    let values: &[Word] = match &test.ask {
        Ask::Blank => &[],
        Ask::In(values) => values,
        Ask::Compare(order, value) => {
            let ordered = !matches!(order, Order::Equal | Order::Unequal);
            if ordered && known.rank(&value.text).is_none() {
                return Err(CohortError::NoOrder { name: name(), value: value.text.clone() });
            }
            std::slice::from_ref(value)
        }
    };
    match values.iter().find(|value| !known.allows(&value.text)) {
        None => Ok(()),
        Some(value) => Err(CohortError::UnknownValue {
            name: name(),
            value: value.text.clone(),
            allowed: match known.kind {
                Kind::Number => "a number".to_owned(),
                Kind::Group => "a stage group such as IIIA, NA or UNK".to_owned(),
                _ => [known.order.as_slice(), known.values.as_slice()].concat().join(", "),
            },
        }),
    }
}

fn mask(filter: &Bound, chunk: &Chunk) -> BooleanChunked {
    match filter {
        Bound::And(left, right) => mask(left, chunk) & mask(right, chunk),
        Bound::Or(left, right) => mask(left, chunk) | mask(right, chunk),
        Bound::Not(inner) => !mask(inner, chunk),
        Bound::Test { ask, known, column } => {
            // Each distinct text of the column is asked once.
            let Coded { codes, texts } = chunk.coded(*column);
            let answers: Vec<bool> = texts.iter().map(|cell| holds(ask, known, cell)).collect();
            let row = |code: &u32| answers.get(*code as usize).copied().unwrap_or(false);
            BooleanChunked::new("".into(), codes.iter().map(row).collect::<Vec<_>>())
        }
    }
}

/// A blank cell equals nothing and has no place in any order.
fn holds(ask: &Ask, known: &Known, cell: &str) -> bool {
    let equal = |value: &Word| known.equal(cell, &value.text);
    match ask {
        Ask::Blank => cell.trim().is_empty(),
        Ask::In(values) => values.iter().any(equal),
        Ask::Compare(Order::Equal, value) => equal(value),
        Ask::Compare(Order::Unequal, value) => !equal(value),
        Ask::Compare(order, value) => match (known.rank(cell), known.rank(&value.text)) {
            (Some(cell), Some(value)) => match order {
                Order::Less => cell < value,
                Order::AtMost => cell <= value,
                Order::More => cell > value,
                _ => cell >= value,
            },
            _ => false,
        },
    }
}
