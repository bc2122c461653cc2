//! The rows that a chunk leaves in the tables of a run.

use std::ops::Range;

use super::RunError;
use super::codes::Codes;
use super::decode::{key_of, recorded};
use super::memo::{At, Form, Judged, Memo};
use super::process::{FilePlan, Shared};
use super::restagings::RESTAGING_COLUMNS;
use super::seer::Answers;
use super::worklist::FindingRow;
use crate::input::Chunk;
use crate::output::{Added, Encoded, Lines, NumberedColumns, OwnTexts};

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
    Columns(NumberedColumns, OwnTexts),
}

impl<'a> Rows<'a> {
    pub(super) fn new(shared: &'a Shared<'a>, chunk: &'a Chunk) -> Self {
        let columns = || NumberedColumns::new(shared.columns.len(), chunk.rows());
        let lines = shared.encoder.lines(chunk).filter(|_| shared.form() == Form::LineEnds);
        Self {
            shared,
            plan: &shared.plans[chunk.file],
            chunk,
            path: shared.files[chunk.file].path.display().to_string(),
            records: lines
                .map_or_else(|| Records::Columns(columns(), shared.encoder.texts(chunk)), Records::Lines),
            findings: Vec::new(),
            restagings: Vec::new(),
        }
    }

    /// Adds a block of records, with what is said of them, by the codes of their cells.
    pub(super) fn extend(
        &mut self,
        block: Range<usize>,
        codes: &Codes,
        memo: &Memo,
        said: &[(At, Option<u16>)],
    ) {
        match &mut self.records {
            Records::Lines(lines) => said.iter().for_each(|(at, _)| lines.push(memo.line_end(*at))),
            Records::Columns(columns, own) => {
                own.extend(self.chunk, &block, codes);
                let rows: Vec<&[u32]> = said.iter().map(|(at, _)| memo.numbers(*at)).collect();
                columns.extend(memo.vocabulary(), &rows);
            }
        }
        for (row, (at, _)) in block.zip(said) {
            if memo.brief(*at).is_some_and(|brief| brief.has_findings)
                && let Some(judged) = memo.get(*at)
            {
                self.find(row, judged);
            }
        }
    }

    /// The numbers of the memo and the codes of cells begin anew.
    pub(super) fn forget(&mut self) {
        if let Records::Columns(columns, own) = &mut self.records {
            own.forget();
            columns.forget();
        }
    }

    /// Adds the findings of a record.
    fn find(&mut self, row: usize, judged: &Judged) {
        let mapping = &self.plan.mapping;
        let key = self.shared.keys.shown(key_of(self.chunk, mapping, row));
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
                judged.why.clone(),
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
            Records::Columns(columns, own) => {
                let mut columns = columns.into_columns();
                columns.extend(seer.into_iter().flat_map(Answers::into_columns));
                self.shared.encoder.encode_with(self.chunk, own, Added { columns })?
            }
        };
        Ok((encoded, self.findings, self.restagings))
    }
}
