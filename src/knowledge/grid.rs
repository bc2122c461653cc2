//! A `rows` block with its columns understood: axes, compiled rows, and what each row gives.
//!
//! Stage tables and the tables of the systems beside them are printed in this one form.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::category_axis::CategoryAxis;
use super::error::{KnowledgeError, Mistakes, Problem};
use super::factor::{Classes, Factor, FactorAxis};
use super::file::Source;
use super::rows::Rows;
use super::table::TableAxis;
use crate::category::{Axis, Category};
use crate::decision::{Hidden, MAX_TOKENS, Pattern, Table, TokenSet};

/// What a table block says before it is understood.
pub(super) struct GridForm<'a> {
    pub(super) t: Option<&'a Spanned<String>>,
    pub(super) n: Option<&'a Spanned<String>>,
    pub(super) m: Option<&'a Spanned<String>>,
    pub(super) rows: &'a Spanned<String>,
    pub(super) factors: &'a BTreeMap<String, String>,
}

/// A compiled block.
pub(super) struct Grid {
    pub(super) axes: Vec<TableAxis>,
    pub(super) decision: Table,
    /// Line and last cell of each row.
    pub(super) results: Vec<(usize, String)>,
    /// Each row as the file prints it, cells by column.
    pub(super) printed: Vec<Vec<String>>,
    pub(super) heading: Vec<String>,
}

impl Grid {
    /// Reads a block whose last column is called `result`.
    pub(super) fn read(
        form: &GridForm<'_>,
        result: &str,
        factors: &[Factor],
        classes: (&BTreeMap<String, Classes>, &BTreeMap<String, Classes>),
        source: Source<'_>,
    ) -> Result<Self, Mistakes> {
        let first_line = source.block_line(form.rows);
        let mut mistakes = Mistakes::default();
        let block = Rows::split(form.rows.get_ref(), source.file, first_line)?;
        let (_, columns) = block
            .heading
            .split_last()
            .filter(|(last, _)| **last == result)
            .ok_or_else(|| source.wrong(first_line, format!("the last column must be: {result}")))?;
        if let Some((_, twice)) = columns.iter().enumerate().find(|(at, name)| columns[..*at].contains(name))
        {
            return Err(source.wrong(first_line, format!("column {twice} stands there twice")).into());
        }
        let mut axes = Vec::with_capacity(columns.len());
        for column in columns {
            axes.extend(mistakes.note(read_axis(column, form, factors, classes, source, first_line)));
        }
        if axes.len() < columns.len() {
            return Err(mistakes);
        }
        let mut patterns = Vec::with_capacity(block.rows.len());
        let mut results = Vec::with_capacity(block.rows.len());
        for (line, cells) in &block.rows {
            let mut row = Vec::with_capacity(axes.len());
            for ((axis, column), text) in axes.iter().zip(columns).zip(cells) {
                let set = match axis {
                    TableAxis::Category(axis) => axis.pattern(text),
                    TableAxis::Factor(axis) => factor_pattern(axis, text),
                };
                let set = set.map_err(|wanted| {
                    Problem::Cell {
                        column: (*column).to_owned(),
                        value: (*text).to_owned(),
                        wanted: format!("a pattern: {wanted}"),
                    }
                    .at(source.file, *line)
                });
                row.extend(mistakes.note(set).map(|set| set.map_or(Pattern::Any, Pattern::OneOf)));
            }
            patterns.push(row);
            results.push((*line, cells.last().copied().unwrap_or("").to_owned()));
        }
        let sizes: Vec<usize> = axes
            .iter()
            .map(|axis| match axis {
                TableAxis::Category(axis) => axis.tokens.len(),
                TableAxis::Factor(axis) => axis.classes.len(),
            })
            .collect();
        // A row that fits only a category of another edition is a slip; a factor has values beside its classes.
        let cases: Vec<TokenSet> = axes
            .iter()
            .map(|axis| match axis {
                TableAxis::Category(axis) => all_of(axis.tokens.len()),
                TableAxis::Factor(axis) => all_of(axis.classes.len() + 1),
            })
            .collect();
        // Rows are held against each other only where every one of them could be read.
        let mut mistakes = mistakes.none_or(Mistakes::default())?;
        let whole = |problem: Problem| problem.at(source.file, first_line);
        let decision = Table::new(&sizes, patterns).map_err(|error| whole(error.into()))?;
        let hidden = decision.hidden(&cases).map_err(|error| {
            whole(Problem::Form(error.to_string())).hint("cut the table in two, or let fewer rows overlap")
        })?;
        for row in &hidden {
            mistakes.push(useless(row, &results, source));
        }
        mistakes.none_or(())?;
        let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        Ok(Self {
            axes,
            decision,
            results,
            printed: block.rows.iter().map(|(_, cells)| owned(cells)).collect(),
            heading: owned(&block.heading),
        })
    }
}

fn all_of(tokens: usize) -> TokenSet {
    (0..tokens).fold(0, |set, token| set | 1 << token)
}

/// What is wrong with a row that can never match: it repeats, or contradicts, the rows above it.
fn useless(hidden: &Hidden, results: &[(usize, String)], source: Source<'_>) -> KnowledgeError {
    let (line, here) = results.get(hidden.row).cloned().unwrap_or_default();
    let by = || hidden.by.iter().filter_map(|row| results.get(*row));
    let others: BTreeSet<&str> = by().map(|(_, says)| says.as_str()).collect();
    let lines = by().map(|(line, _)| *line).collect();
    if others.iter().any(|says| *says != here) {
        let there = others.into_iter().collect::<Vec<_>>().join(" or ");
        Problem::Contradiction { here, there, by: lines }
            .at(source.file, line)
            .hint("keep the row that is right, or put the narrower row first")
    } else {
        Problem::Unreachable { by: lines }.at(source.file, line).hint("leave the row out")
    }
}

fn read_axis(
    column: &str,
    form: &GridForm<'_>,
    factors: &[Factor],
    (by_histology, by_site): (&BTreeMap<String, Classes>, &BTreeMap<String, Classes>),
    source: Source<'_>,
    first_line: usize,
) -> Result<TableAxis, KnowledgeError> {
    let (axis, list) = match column {
        "T" => (Axis::T, form.t),
        "N" => (Axis::N, form.n),
        "M" => (Axis::M, form.m),
        name => {
            let (index, factor) =
                factors.iter().enumerate().find(|(_, factor)| factor.name == name).ok_or_else(|| {
                    source.wrong(
                        first_line,
                        format!("column {name}: neither T, N, M nor a factor of factors.toml"),
                    )
                })?;
            let classes = form.factors.get(name).ok_or_else(|| {
                source.wrong(
                    first_line,
                    format!("column {name}: its classes are missing under [table.factors]"),
                )
            })?;
            let classes: Vec<String> = classes.split_whitespace().map(str::to_owned).collect();
            check_list(name, &classes).map_err(|what| source.wrong(first_line, what))?;
            return FactorAxis::new(index, factor, classes, by_histology.get(name), by_site.get(name))
                .map(TableAxis::Factor)
                .map_err(|what| source.wrong(first_line, what));
        }
    };
    let Some(list) = list else {
        let what =
            format!("column {column}: its categories are missing ({} = \"...\")", column.to_lowercase());
        return Err(source.wrong(first_line, what));
    };
    let mut tokens = Vec::new();
    for label in list.get_ref().split_whitespace() {
        tokens
            .push(Category::from_label(axis, label).ok_or_else(|| {
                source.wrong(source.line(list), format!("{label} is no {column} category"))
            })?);
    }
    check_list(column, &tokens).map_err(|what| source.wrong(source.line(list), what))?;
    Ok(TableAxis::Category(CategoryAxis::new(axis, tokens)))
}

/// A list of categories or classes names each once, and no more than a table can tell apart.
fn check_list<T: PartialEq + std::fmt::Display>(column: &str, list: &[T]) -> Result<(), String> {
    if list.is_empty() || list.len() > MAX_TOKENS {
        return Err(format!("column {column}: {} values listed, 1 to {MAX_TOKENS} are possible", list.len()));
    }
    match list.iter().enumerate().find(|(at, value)| list[..*at].contains(value)) {
        Some((_, twice)) => Err(format!("column {column}: {twice} is listed twice")),
        None => Ok(()),
    }
}

fn factor_pattern(axis: &FactorAxis, text: &str) -> Result<Option<u64>, String> {
    if text == "any" {
        return Ok(None);
    }
    text.split_whitespace()
        .map(|word| {
            axis.classes
                .iter()
                .position(|class| class == word)
                .ok_or_else(|| format!("{word} is not among the classes listed for this table"))
        })
        .try_fold(0_u64, |set, at| at.map(|at| set | 1 << at))
        .map(Some)
}
