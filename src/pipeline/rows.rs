//! The rows that a chunk leaves in the tables of a run.

use std::fmt::Write;
use std::ops::Range;

use super::RunError;
use super::codes::Codes;
use super::decode::{key_of, put_recorded};
use super::finding_rows::{FindingRow, FindingRows};
use super::memo::{At, Form, Judged, Memo};
use super::process::{FilePlan, Shared};
use super::restagings::RESTAGING_COLUMNS;
use super::seer::Answers;
use super::worklist;
use crate::fields::Field;
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
    findings: FindingRows,
    texts: FindingTexts,
    pub(super) restagings: RestagingRows,
}

/// Texts of a finding, in room that is used again.
#[derive(Default)]
struct FindingTexts {
    line: String,
    fields: String,
    recorded: String,
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
            findings: shared.findings.clone(),
            texts: FindingTexts::default(),
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
        let Self { shared, plan, chunk, texts, .. } = self;
        let (mapping, FindingTexts { line, fields, recorded }) = (&plan.mapping, texts);
        let key = shared.keys.shown(key_of(chunk, mapping, row));
        let facility = worklist::text(chunk, mapping.sources(Field::Facility), row);
        let group = worklist::text(chunk, &plan.worklist_by, row);
        line.clear();
        // Writing to a text cannot fail.
        let _ = write!(line, "{}", chunk.line(row));
        for (finding, derived) in &judged.findings {
            fields.clear();
            for (at, field) in finding.fields.iter().enumerate() {
                fields.push_str(if at > 0 { ";" } else { "" });
                fields.push_str(field.id());
            }
            recorded.clear();
            put_recorded(recorded, chunk, mapping, finding.fields, row);
            let rule = plan.audit.rule(finding.rule);
            self.findings.push(&FindingRow {
                rule: finding.rule,
                severity: finding.severity,
                what: rule.map_or("", |rule| &rule.meaning),
                action: rule.map_or("", |rule| &rule.action),
                key: &key,
                file: &self.path,
                line,
                fields,
                recorded,
                derived,
                why: &judged.why,
                facility: &facility,
                group: &group,
            });
        }
    }

    /// The rows: those of the records as they are written, those of findings and of restagings.
    pub(super) fn finish(
        self,
        seer: Option<Answers>,
    ) -> Result<(Encoded, FindingRows, RestagingRows), RunError> {
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
