//! The `rows` blocks of knowledge files: a heading and rows of cells between bars.

use super::error::{Mistakes, Problem};

/// A block of rows with the line of each.
pub(super) struct Rows<'a> {
    pub(super) heading: Vec<&'a str>,
    pub(super) rows: Vec<(usize, Vec<&'a str>)>,
}

impl<'a> Rows<'a> {
    /// Splits a block whose first text line stands at `first_line` of `file`.
    pub(super) fn split(block: &'a str, file: &str, first_line: usize) -> Result<Self, Mistakes> {
        let mut lines = block
            .lines()
            .enumerate()
            .map(|(offset, line)| (first_line + offset, line))
            .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
            .map(|(number, line)| (number, line.split('|').map(str::trim).collect::<Vec<_>>()));
        let (_, heading) = lines
            .next()
            .ok_or_else(|| Problem::Form("the rows have no heading".into()).at(file, first_line))?;
        let (rows, wrong): (Vec<_>, Vec<_>) = lines.partition(|(_, row)| row.len() == heading.len());
        let mut mistakes = Mistakes::default();
        for (line, row) in wrong {
            mistakes.push(Problem::Width { found: row.len(), wanted: heading.len() }.at(file, line));
        }
        mistakes.none_or(Self { heading, rows })
    }
}
