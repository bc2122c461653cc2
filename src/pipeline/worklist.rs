//! What a worklist says of a finding, and by what worklists are told apart.

use super::RunError;
use super::process::{FINDING_COLUMNS, FilePlan};
use crate::audit::{AuditRules, Finding, Severity};
use crate::fields::{Coding, Field, Mapping, Source, identifying_columns};
use crate::input::{Chunk, InputFile};

/// Columns of a worklist, after the group where worklists are told apart.
pub(super) const WORKLIST_COLUMNS: [&str; 12] = [
    "severity", "rule", "what", "action", "key", "facility", "fields", "recorded", "derived", "why", "file",
    "line",
];

/// A finding that is ready to be written.
pub(super) struct FindingRow {
    severity: Severity,
    pub(super) cells: [String; FINDING_COLUMNS.len()],
    /// What its rule looks for.
    what: String,
    facility: String,
    group: String,
}

impl FindingRow {
    pub(super) fn new(
        plan: &FilePlan,
        chunk: &Chunk,
        row: usize,
        finding: &Finding,
        cells: [String; FINDING_COLUMNS.len()],
    ) -> Self {
        let what = plan.audit.rule(finding.rule).map_or("", |rule| rule.meaning.as_str()).to_owned();
        let facility = text(chunk, plan.mapping.sources(Field::Facility), row);
        let group = text(chunk, &plan.worklist_by, row);
        Self { severity: finding.severity, cells, what, facility, group }
    }

    /// One about several records of a patient, of whose facility nothing is known any more.
    pub(super) fn of_patient(
        audit: &AuditRules,
        severity: Severity,
        cells: &[String; FINDING_COLUMNS.len()],
    ) -> Self {
        let what = audit.rule(&cells[3]).map_or("", |rule| rule.meaning.as_str()).to_owned();
        Self { severity, cells: cells.clone(), what, facility: String::new(), group: String::new() }
    }

    /// Id of its rule.
    pub(super) fn rule(&self) -> &str {
        &self.cells[3]
    }

    pub(super) const fn severity(&self) -> Severity {
        self.severity
    }

    /// Its cells in a worklist; with its group before them where worklists are told apart.
    pub(super) fn worklist(&self, grouped: bool) -> impl Iterator<Item = &str> {
        let [key, file, line, rule, severity, fields, recorded, derived, action, why] = &self.cells;
        let Self { what, facility, group, .. } = self;
        let cells = [severity, rule, what, action, key, facility, fields, recorded, derived, why, file, line];
        grouped.then_some(group).into_iter().chain(cells).map(String::as_str)
    }
}

/// Where the group of a record is found in a file: by a field, else by the name of a column.
pub(super) fn sources(
    file: &InputFile,
    mapping: &Mapping,
    name: Option<&str>,
) -> Result<Vec<Source>, RunError> {
    let Some(name) = name else { return Ok(Vec::new()) };
    let of_field = Field::from_id(name).map_or(&[][..], |field| mapping.sources(field));
    let sources = if of_field.is_empty() {
        let column =
            (0..).map_while(|at| Some((at, mapping.header(at)?))).find(|(_, header)| *header == name);
        let (index, _) =
            column.ok_or_else(|| RunError::WorklistBy { path: file.path.clone(), name: name.to_owned() })?;
        vec![Source::Column { index, coding: Coding::Plain }]
    } else {
        of_field.to_vec()
    };
    let names_a_person = |column: &usize| {
        sources.iter().any(|source| matches!(source, Source::Column { index, .. } if index == column))
    };
    if let Some(column) = identifying_columns(&file.header).into_iter().find(names_a_person) {
        let column = file.header.get(column).cloned().unwrap_or_default();
        return Err(RunError::IdentifyingWorklist { path: file.path.clone(), column });
    }
    Ok(sources)
}

/// The first of some columns that holds something.
fn text(chunk: &Chunk, sources: &[Source], row: usize) -> String {
    let texts = sources.iter().map(|source| match source {
        Source::Constant(text) => text.clone(),
        Source::Column { index, .. } => chunk.text(*index, row).trim().to_owned(),
    });
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}
