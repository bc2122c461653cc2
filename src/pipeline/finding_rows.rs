//! Findings as they will be written: rows of the table of findings and of the worklist.

use super::worklist::WORKLIST_COLUMNS;
use crate::audit::Severity;
use crate::output::{
    OutputError, TableFormat, TableRows, TableWriter, TextColumn, WorklistRows, WorklistWriter,
};

/// Columns of the findings table.
pub(super) const FINDING_COLUMNS: [&str; 10] =
    ["key", "file", "line", "rule", "severity", "fields", "recorded", "derived", "action", "why"];

/// What is written of a finding.
#[derive(Clone, Copy)]
pub(super) struct FindingRow<'a> {
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
    /// What its rule looks for.
    pub(super) what: &'a str,
    /// What is to be done about it.
    pub(super) action: &'a str,
    pub(super) key: &'a str,
    pub(super) file: &'a str,
    pub(super) line: &'a str,
    pub(super) fields: &'a str,
    pub(super) recorded: &'a str,
    pub(super) derived: &'a str,
    pub(super) why: &'a str,
    pub(super) facility: &'a str,
    /// By what worklists are told apart.
    pub(super) group: &'a str,
}

/// The findings of some records.
#[derive(Clone)]
pub(super) struct FindingRows {
    table: TableRows,
    /// None where nobody gets a worklist.
    worklist: Option<WorklistRows>,
    counts: Vec<(&'static str, Severity, u64)>,
}

impl FindingRows {
    /// None yet, for a table and a worklist, with the group of each before it where worklists are told apart.
    pub(super) fn new(table: &TableWriter, worklist: &WorklistWriter) -> Self {
        Self { table: table.rows(), worklist: Some(worklist.rows()), counts: Vec::new() }
    }

    /// None yet, for who takes their columns.
    pub(super) fn of_columns() -> Self {
        let table = TableRows::new(FINDING_COLUMNS.len(), TableFormat::Parquet);
        Self { table, worklist: None, counts: Vec::new() }
    }

    pub(super) fn push(&mut self, row: &FindingRow) {
        let &FindingRow { rule, severity, what, action, key, file, line, .. } = row;
        let &FindingRow { fields, recorded, derived, why, facility, group, .. } = row;
        match self.counts.iter_mut().find(|(known, of, _)| *known == rule && *of == severity) {
            Some((_, _, findings)) => *findings += 1,
            None => self.counts.push((rule, severity, 1)),
        }
        let word = severity.as_str();
        self.table.push(&[key, file, line, rule, word, fields, recorded, derived, action, why]);
        if let Some(worklist) = &mut self.worklist {
            let cells: [&str; WORKLIST_COLUMNS.len() + 1] =
                [group, word, rule, what, action, key, facility, fields, recorded, derived, why, file, line];
            let cells = if worklist.is_grouped() { &cells[..] } else { &cells[1..] };
            worklist.push(severity, cells);
        }
    }

    /// Findings.
    pub(super) const fn len(&self) -> u64 {
        self.table.len()
    }

    /// How many there are of each rule and severity.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, Severity, u64)> {
        self.counts.iter().copied()
    }

    /// Writes them.
    pub(super) fn write(
        &self,
        table: &mut TableWriter,
        worklist: &mut WorklistWriter,
    ) -> Result<(), OutputError> {
        table.append(&self.table)?;
        self.worklist.as_ref().map_or(Ok(()), |rows| worklist.append(rows))
    }

    /// The columns of the table; none where they were put together for a file of lines.
    pub(super) fn into_columns(self) -> Option<Vec<TextColumn>> {
        self.table.into_columns()
    }
}
