//! The categories that one table of a chapter has on an axis, and how a recorded category reads there.
//!
//! A category that the table splits further (T2 beside T2a and T2b) stands for any of its parts;
//! one that the table does not split (T1a1 beside T1a) reads as the whole; one that
//! belongs to another edition fits only rows that take any category.

use crate::category::{Axis, Category};
use crate::decision::TokenSet;

/// How a recorded category relates to the table's list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fit {
    /// It is in the list and not split further.
    Exact,
    /// The list has parts of it: it may be any of them.
    Coarse,
    /// The list has only what it is a part of.
    Finer,
    /// The list has neither.
    Foreign,
}

/// A recorded category as the table reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// What it may be.
    pub worlds: TokenSet,
    /// Its own token, or *other*.
    pub token: u8,
    /// How it fits.
    pub fit: Fit,
}

/// The categories of one axis of a table.
#[derive(Debug)]
pub struct CategoryAxis {
    /// T, N or M.
    pub axis: Axis,
    /// Categories by token.
    pub tokens: Vec<Category>,
    /// The token of TX, NX or MX, where the table prints it.
    pub x: Option<u8>,
    /// Everything that a missing category may be.
    pub all: TokenSet,
    readings: Vec<Reading>,
}

impl CategoryAxis {
    /// An axis with these categories.
    pub(super) fn new(axis: Axis, tokens: Vec<Category>) -> Self {
        let x = tokens.iter().position(|category| is_x(*category)).map(|at| at as u8);
        let all = set(&tokens, |category| !is_x(category) && !is_split(category, &tokens));
        let readings = Category::all(axis).map(|category| read(category, &tokens)).collect();
        Self { axis, tokens, x, all, readings }
    }

    /// How the table reads a category of this axis.
    pub fn read(&self, category: Category) -> Reading {
        let other = self.tokens.len() as u8;
        let foreign = Reading { worlds: 1 << other, token: other, fit: Fit::Foreign };
        if category.axis() == self.axis {
            self.readings.get(category.index()).copied().unwrap_or(foreign)
        } else {
            foreign
        }
    }

    /// The tokens that a pattern such as `T1-T3 T4a`, `=T4` or `any` names; `None` for any.
    pub(super) fn pattern(&self, text: &str) -> Result<Option<TokenSet>, String> {
        if text == "any" {
            return Ok(None);
        }
        let mut named = 0;
        for word in text.split_whitespace() {
            let part = if let Some(exact) = word.strip_prefix('=') {
                let category = self.category(exact)?;
                set(&self.tokens, |token| token == category)
            } else if let Some((low, high)) = word.split_once('-').filter(|_| !word.contains('(')) {
                let (low, high) = (self.category(low)?, self.category(high)?);
                set(&self.tokens, |token| {
                    ancestors(token).any(|whole| (low..=high).contains(&whole) && is_numbered(whole))
                })
            } else {
                let category = self.category(word)?;
                set(&self.tokens, |token| ancestors(token).any(|whole| whole == category))
            };
            if part == 0 {
                return Err(format!("{word} is not among the categories listed for this table"));
            }
            named |= part;
        }
        if named == 0 { Err("no category".into()) } else { Ok(Some(named)) }
    }

    fn category(&self, label: &str) -> Result<Category, String> {
        Category::from_label(self.axis, label).ok_or_else(|| format!("{label} is no category"))
    }
}

/// The category and everything that it is a part of.
fn ancestors(category: Category) -> impl Iterator<Item = Category> {
    std::iter::successors(Some(category), |category| category.parent())
}

/// Whether it is a whole numbered category (T1, N0), which is what a range counts.
fn is_numbered(category: Category) -> bool {
    let label = category.label().as_bytes();
    label.len() == 2 && label[1].is_ascii_digit()
}

fn is_x(category: Category) -> bool {
    category.label().ends_with('X')
}

/// Whether the category is a lettered or numbered part of its parent (T1a of T1), and not the
/// parent with a remark (N0(i+), T1(m), N1mi), which the manuals print as a case of its own.
fn is_part(category: Category) -> bool {
    category.parent().is_some_and(|parent| {
        category.label().len() == parent.label().len() + 1 && parent.label().len() + 1 > 2
    })
}

fn is_part_of(part: Category, whole: Category) -> bool {
    part != whole
        && std::iter::successors(Some(part), |c| if is_part(*c) { c.parent() } else { None })
            .any(|category| category == whole)
}

fn is_split(category: Category, tokens: &[Category]) -> bool {
    tokens.iter().any(|token| is_part_of(*token, category))
}

fn set(tokens: &[Category], wanted: impl Fn(Category) -> bool) -> TokenSet {
    tokens.iter().enumerate().filter(|(_, token)| wanted(**token)).fold(0, |set, (at, _)| set | 1 << at)
}

fn read(category: Category, tokens: &[Category]) -> Reading {
    let other = tokens.len() as u8;
    let token_of =
        |wanted: Category| tokens.iter().position(|token| *token == wanted).map_or(other, |at| at as u8);
    let parts = |whole: Category| set(tokens, |token| is_part_of(token, whole) && !is_split(token, tokens));
    if is_split(category, tokens) {
        return Reading { worlds: parts(category), token: token_of(category), fit: Fit::Coarse };
    }
    let mut lettered = false;
    let mut at = category;
    loop {
        let token = token_of(at);
        if token != other {
            let split = is_split(at, tokens);
            if lettered && split {
                break;
            }
            let worlds = if split { parts(at) } else { 1 << token };
            let fit = match (at == category, split) {
                (true, _) => Fit::Exact,
                (false, true) => Fit::Coarse,
                (false, false) => Fit::Finer,
            };
            return Reading { worlds, token, fit };
        }
        lettered |= is_part(at);
        match at.parent() {
            Some(parent) => at = parent,
            None => break,
        }
    }
    Reading { worlds: 1 << other, token: other, fit: Fit::Foreign }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(axis: Axis, labels: &str) -> CategoryAxis {
        let tokens = labels.split_whitespace().map(|l| Category::from_label(axis, l).unwrap()).collect();
        CategoryAxis::new(axis, tokens)
    }

    fn worlds(axis: &CategoryAxis, label: &str) -> (String, Fit) {
        let reading = axis.read(Category::from_label(axis.axis, label).unwrap());
        let mut names: Vec<&str> = axis
            .tokens
            .iter()
            .enumerate()
            .filter(|(at, _)| reading.worlds >> at & 1 == 1)
            .map(|(_, c)| c.label())
            .collect();
        if reading.worlds >> axis.tokens.len() & 1 == 1 {
            names.push("other");
        }
        (names.join(" "), reading.fit)
    }

    #[test]
    fn a_category_reads_as_what_it_may_be() {
        let t = axis(Axis::T, "TX Tis Tis(DCIS) T1 T1mi T1a T1b T2 T4a T4b");
        for (label, expected, fit) in [
            ("T1", "T1a T1b", Fit::Coarse),
            ("T1mi", "T1mi", Fit::Exact),
            ("T1a1", "T1a", Fit::Finer),
            ("T1c", "other", Fit::Foreign),
            ("T2c", "T2", Fit::Finer),
            ("T4", "T4a T4b", Fit::Coarse),
            ("T3", "other", Fit::Foreign),
            ("Tis", "Tis", Fit::Exact),
            ("T1(m)", "T1a T1b", Fit::Coarse),
        ] {
            assert_eq!(worlds(&t, label), (expected.to_owned(), fit), "{label}");
        }
        assert_eq!(t.x, Some(0));
        let n = axis(Axis::N, "N0 N0(i+) N1mi N1 N1a N1b N2");
        assert_eq!(worlds(&n, "N1"), ("N1a N1b".to_owned(), Fit::Coarse));
        assert_eq!(worlds(&n, "N0(mol+)"), ("N0".to_owned(), Fit::Finer));
    }

    #[test]
    fn patterns_name_parts_ranges_and_exact_categories() {
        let t = axis(Axis::T, "TX T0 Tis T1 T1a T1b T2 T3 T4 T4a");
        let names = |text: &str| {
            t.pattern(text).unwrap().map(|set| {
                t.tokens
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| set >> at & 1 == 1)
                    .map(|(_, c)| c.label())
                    .collect::<Vec<_>>()
                    .join(" ")
            })
        };
        assert_eq!(names("any"), None);
        assert_eq!(names("T1").unwrap(), "T1 T1a T1b");
        assert_eq!(names("=T1 T4a").unwrap(), "T1 T4a");
        assert_eq!(names("T1-T3").unwrap(), "T1 T1a T1b T2 T3");
        assert_eq!(names("TX T0-T2").unwrap(), "TX T0 T1 T1a T1b T2");
        assert!(t.pattern("T5").is_err());
        assert!(t.pattern("T2a").is_err());
    }
}
