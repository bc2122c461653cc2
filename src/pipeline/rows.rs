//! The rows that a chunk leaves in the tables of a run.

use super::RunError;
use super::decode::{key_of, recorded};
use super::memo::{AddedCells, Judged};
use super::process::{FilePlan, Shared};
use super::restagings::RESTAGING_COLUMNS;
use super::seer::Answers;
use super::worklist::FindingRow;
use crate::input::Chunk;
use crate::output::{Added, Encoded, Lines, TextColumn};

/// Rows of the table of restagings.
pub(super) type RestagingRows = Vec<[String; RESTAGING_COLUMNS.len()]>;

/// The rows of one chunk, record by record.
pub(super) struct Rows<'a> {
    shared: &'a Shared<'a>,
    plan: &'a FilePlan,
    chunk: &'a Chunk,
    path: String,
    records: Records<'a>,
    findings: Vec<FindingRow>,
    pub(super) restagings: RestagingRows,
}

enum Records<'a> {
    Lines(Lines<'a>),
    Columns(Vec<TextColumn>),
}

impl<'a> Rows<'a> {
    pub(super) fn new(shared: &'a Shared<'a>, chunk: &'a Chunk) -> Self {
        let columns = || shared.columns.iter().map(|_| TextColumn::with_capacity(chunk.rows())).collect();
        let lines = shared.encoder.lines(chunk).filter(|_| shared.seer.is_none());
        Self {
            shared,
            plan: &shared.plans[chunk.file],
            chunk,
            path: shared.files[chunk.file].path.display().to_string(),
            records: lines.map_or_else(|| Records::Columns(columns()), Records::Lines),
            findings: Vec::new(),
            restagings: Vec::new(),
        }
    }

    /// Adds the next record, with what is said of it.
    pub(super) fn push(&mut self, row: usize, judged: &Judged) {
        match (&mut self.records, &judged.cells) {
            (Records::Lines(lines), AddedCells::LineEnd(end)) => lines.push(end),
            (Records::Columns(columns), AddedCells::Cells(cells)) => {
                columns.iter_mut().zip(cells.iter()).for_each(|(column, cell)| column.push(cell));
            }
            // Both follow from the form of the run's records.
            _ => {}
        }
        if judged.findings.is_empty() {
            return;
        }
        let mapping = &self.plan.mapping;
        let key = key_of(self.chunk, mapping, row);
        let line = self.chunk.line(row).to_string();
        for (finding, expected) in &judged.findings {
            let fields: Vec<&str> = finding.fields.iter().map(|field| field.id()).collect();
            let action = self.plan.audit.rule(finding.rule).map_or("", |rule| rule.action.as_str());
            let cells = [
                key.clone(),
                self.path.clone(),
                line.clone(),
                finding.rule.to_owned(),
                finding.severity.as_str().to_owned(),
                fields.join(";"),
                recorded(self.chunk, mapping, finding.fields, row),
                expected.clone(),
                action.to_owned(),
            ];
            self.findings.push(FindingRow::new(self.plan, self.chunk, row, finding, cells));
        }
    }

    /// The rows: those of the records as they are written, those of findings and of restagings.
    pub(super) fn finish(
        self,
        seer: Option<Answers>,
    ) -> Result<(Encoded, Vec<FindingRow>, RestagingRows), RunError> {
        let encoded = match self.records {
            Records::Lines(lines) => lines.finish(),
            Records::Columns(mut columns) => {
                columns.extend(seer.into_iter().flat_map(Answers::into_columns));
                self.shared.encoder.encode(self.chunk, &Added { columns })?
            }
        };
        Ok((encoded, self.findings, self.restagings))
    }
}
