//! Combinations that a table lists and no row groups: Tis with nodes, T0 without them, a slip of the pen.
//!
//! X and a category that the table splits further are no cases of their own, so that only what a
//! record can finally be is looked at.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::Rules;
use super::category_axis::CategoryAxis;
use super::error::{KnowledgeError, Mistakes};
use super::file::{Source, toml_error};
use super::rows::Rows;
use super::table::{StageTable, TableAxis};
use crate::category::{Axis, Category};
use crate::decision::{Region, TokenSet, TooIntricate};

const GAPS: (&str, &str) = ("gaps.toml", include_str!("../../knowledge/gaps.toml"));

/// A combination of patterns without a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    /// One cell for each axis, as a row would print them.
    pub cells: Vec<String>,
    region: Region,
}

/// Why tables leave combinations without a group on purpose.
#[derive(Debug)]
pub(super) struct Reason {
    title: String,
    /// Schema, T, N and M.
    rows: Vec<[String; 4]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonForm {
    title: String,
    rows: Spanned<String>,
}

/// Reads `knowledge/gaps.toml`.
pub(super) fn read_reasons() -> Result<Vec<Reason>, Mistakes> {
    let source = Source { file: GAPS.0, text: GAPS.1 };
    let forms: BTreeMap<String, ReasonForm> =
        toml::from_str(source.text).map_err(|error| toml_error(&error, source.text, source.file))?;
    let mut reasons = Vec::new();
    for form in forms.into_values() {
        let first_line = source.block_line(&form.rows);
        let block = Rows::split(form.rows.get_ref(), source.file, first_line)?;
        let rows: Result<Vec<[String; 4]>, KnowledgeError> = block
            .rows
            .iter()
            .map(|(line, cells)| {
                <[&str; 4]>::try_from(cells.as_slice())
                    .map(|cells| cells.map(str::to_owned))
                    .map_err(|_| source.wrong(*line, "the columns must be: schema | T | N | M"))
            })
            .collect();
        reasons.push(Reason { title: form.title, rows: rows? });
    }
    Ok(reasons)
}

impl Rules {
    /// Why a table leaves a combination without a group, where that is meant.
    pub fn gap_reason(&self, table: &StageTable, gap: &Gap) -> Option<&str> {
        let schema = &self.schema(table.schema).id;
        let explains = |row: &[String; 4]| {
            let [of, patterns @ ..] = row;
            (of == "any" || of == schema)
                && Axis::ALL.iter().zip(patterns).all(|(axis, pattern)| {
                    pattern == "any"
                        || table.category_axis(*axis).is_some_and(|(at, own)| {
                            gap.region.get(at).is_some_and(|set| set & !own.listed(pattern) == 0)
                        })
                })
        };
        self.gap_reasons
            .iter()
            .find(|reason| reason.rows.iter().any(explains))
            .map(|reason| reason.title.as_str())
    }
}

impl StageTable {
    /// The combinations without a group as patterns.
    pub fn gaps(&self) -> Result<Vec<Gap>, TooIntricate> {
        let valid: Vec<TokenSet> = self.axes.iter().map(cases).collect();
        let regions = self.decision.gaps(&valid)?;
        let cells = |region: &Region| {
            let axes = self.axes.iter().zip(region).zip(&valid);
            axes.map(|((axis, set), valid)| if set == valid { "any".to_owned() } else { named(axis, *set) })
                .collect()
        };
        Ok(regions.into_iter().map(|region| Gap { cells: cells(&region), region }).collect())
    }
}

/// What a record can be on an axis.
fn cases(axis: &TableAxis) -> TokenSet {
    match axis {
        TableAxis::Category(axis) => axis.all,
        TableAxis::Factor(axis) => axis.all & !(TokenSet::MAX << axis.classes.len()),
    }
}

fn named(axis: &TableAxis, set: TokenSet) -> String {
    match axis {
        TableAxis::Category(axis) => axis.words(set),
        TableAxis::Factor(axis) => {
            let classes = axis.classes.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
            classes.map(|(_, class)| class.as_str()).collect::<Vec<_>>().join(" ")
        }
    }
}

impl CategoryAxis {
    /// The categories that a pattern names, as far as the table lists them.
    fn listed(&self, pattern: &str) -> TokenSet {
        pattern
            .split_whitespace()
            .filter_map(|word| self.pattern(word).ok().flatten())
            .fold(0, |set, own| set | own)
    }

    /// A set of categories in the shortest words: `T1` for all of its parts, `T1-T3` for a range.
    fn words(&self, set: TokenSet) -> String {
        let cases = || self.tokens.iter().enumerate().filter(|(at, _)| self.all >> at & 1 == 1);
        let holds_all_of = |whole: Category| {
            cases().filter(|(_, part)| part.is_within(whole)).all(|(at, _)| set >> at & 1 == 1)
        };
        let mut wholes: Vec<Category> = Vec::new();
        for (_, category) in cases().filter(|(at, _)| set >> at & 1 == 1) {
            let wider = std::iter::successors(Some(*category), |category| category.parent());
            let widest = wider.take_while(|wider| holds_all_of(*wider)).last().unwrap_or(*category);
            if !wholes.contains(&widest) {
                wholes.push(widest);
            }
        }
        wholes.sort_unstable();
        let mut words: Vec<String> = Vec::new();
        let mut at = 0;
        while let Some(first) = wholes.get(at) {
            let run = wholes[at..].windows(2).take_while(|pair| follows(pair[0], pair[1])).count();
            words.push(match wholes.get(at + run) {
                Some(last) if run > 1 => format!("{first}-{last}"),
                _ => first.to_string(),
            });
            at += if run > 1 { run + 1 } else { 1 };
        }
        words.join(" ")
    }
}

/// Whether the second whole numbered category comes right after the first (T1, T2).
fn follows(first: Category, second: Category) -> bool {
    match (first.label().as_bytes(), second.label().as_bytes()) {
        ([_, a], [_, b]) => a.is_ascii_digit() && *b == a + 1,
        _ => false,
    }
}
