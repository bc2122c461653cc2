//! The files that a run fills, in input order, and what it counts meanwhile.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::events::EventFile;
use super::finding_rows::{FINDING_COLUMNS, FindingRows};
use super::patients::Patients;
use super::process::Processed;
use super::restagings::RESTAGING_COLUMNS;
use super::since;
use super::sorted::Sorter;
use super::worklist::WORKLIST_COLUMNS;
use super::{RunConfig, RunError};
use crate::input::{InputFile, Kind, Reject};
use crate::output::{
    Digest, LeftOut, Mark, OutputError, RecordsFormat, RecordsWriter, RejectsWriter, RunFolder, TableFormat,
    TableWriter, WorklistMark, WorklistWriter,
};
use crate::summary::Counts;

/// How many rejected rows are told at once.
const SHOWN_REJECTS: usize = 5;

/// Findings about several records of a patient that are written at a time.
const FINDINGS_AT_ONCE: u64 = 4096;

/// The files that a run fills, and what it counts meanwhile.
pub(super) struct Sinks {
    pub(super) records: RecordsWriter,
    findings_table: TableWriter,
    worklist: WorklistWriter,
    restagings: Option<TableWriter>,
    records_name: String,
    findings_name: String,
    rejects: RejectsWriter,
    counts: Counts,
    rows: Vec<u64>,
    findings: BTreeMap<String, BTreeMap<String, u64>>,
    /// Paths of all inputs, those of events after those of records.
    pub(super) paths: Vec<String>,
    first_rejects: Vec<String>,
    patients: Option<Patients>,
    /// Answers for a later run.
    answers: Option<Sorter>,
}

/// What the sinks came to.
pub(super) struct Finished {
    pub(super) counts: Counts,
    pub(super) rows: Vec<u64>,
    pub(super) findings: BTreeMap<String, BTreeMap<String, u64>>,
    pub(super) written: u64,
    /// The file of records: its name, size and hash.
    pub(super) records: (String, Digest),
    /// The largest of the other tables, by their names.
    pub(super) tables: [String; 2],
    pub(super) rejected: u64,
    pub(super) first_rejects: Vec<String>,
}

/// All that the sinks hold, with their files on the disk up to here.
#[derive(Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Kept {
    records: Mark,
    findings_table: Mark,
    worklist: WorklistMark,
    restagings: Option<Mark>,
    rejects: Mark,
    tumors: u64,
    counts: Counts,
    rows: Vec<u64>,
    findings: BTreeMap<String, BTreeMap<String, u64>>,
    first_rejects: Vec<String>,
}

impl Kept {
    /// Records written.
    pub(super) const fn records(&self) -> u64 {
        self.records.rows
    }
}

/// The form of the tables of a run.
pub(super) fn format(config: &RunConfig, files: &[InputFile]) -> TableFormat {
    config.format.unwrap_or(match files.first().map(|file| &file.kind) {
        Some(Kind::Parquet(_)) => TableFormat::Parquet,
        _ => TableFormat::Csv,
    })
}

impl Sinks {
    /// New files, or those that an earlier process kept.
    pub(super) fn open(
        folder: &RunFolder,
        files: &[InputFile],
        events: &[EventFile],
        (columns, left_out): (&[String], &LeftOut),
        mut patients: Option<Patients>,
        config: &RunConfig,
        kept: Option<Kept>,
    ) -> Result<Self, RunError> {
        let inputs: Vec<InputFile> =
            files.iter().chain(events.iter().map(|events| &events.file)).cloned().collect();
        let format = format(config, files);
        let (extension, records) = match format {
            TableFormat::Csv => ("csv", RecordsFormat::Csv(config.delimiter)),
            TableFormat::Parquet if config.resume.is_some() => ("parquet", RecordsFormat::ParquetInParts),
            TableFormat::Parquet => ("parquet", RecordsFormat::Parquet),
        };
        let records_name = format!("records.{extension}");
        let records_path = folder.file(&records_name)?;
        let findings_name = format!("findings.{extension}");
        let findings_path = folder.file(&findings_name)?;
        let restagings_path = match events {
            [] => None,
            _ => Some(folder.file(&format!("restagings.{extension}"))?),
        };
        let rejects_path = folder.file("rejects.csv")?;
        if let (Some(_), Some(patients)) = (config.resume, &mut patients) {
            patients.logged(kept.as_ref().map_or(0, |kept| kept.tumors))?;
        }
        let paths = inputs.iter().map(|file| file.path.display().to_string()).collect();
        let grouped = config.worklist_by.is_some();
        let answers = (config.since.is_some() || config.keep_answers).then(|| Sorter::new(folder.hidden()));
        let Some(kept) = kept else {
            let table = |path, columns: &[&str]| match records {
                RecordsFormat::ParquetInParts => TableWriter::create_waiting(path, columns),
                _ => TableWriter::create(path, columns, format),
            };
            return Ok(Self {
                records: RecordsWriter::create_without(records_path, files, columns, records, left_out)?,
                findings_table: table(findings_path, &FINDING_COLUMNS)?,
                worklist: WorklistWriter::create(folder, &worklist_header(config), grouped)?,
                restagings: restagings_path.map(|path| table(path, &RESTAGING_COLUMNS)).transpose()?,
                records_name,
                findings_name,
                rejects: RejectsWriter::create(rejects_path, &inputs)?,
                counts: Counts::default(),
                rows: vec![0; files.len()],
                findings: BTreeMap::new(),
                paths,
                first_rejects: Vec::new(),
                patients,
                answers,
            });
        };
        let restagings = restagings_path.zip(kept.restagings);
        let table = |path, columns: &[&str], mark| match format {
            TableFormat::Csv => TableWriter::reopen(path, columns.len(), mark),
            TableFormat::Parquet => TableWriter::reopen_waiting(path, columns, mark),
        };
        Ok(Self {
            records: RecordsWriter::reopen(records_path, files, columns, records, left_out, kept.records)?,
            findings_table: table(findings_path, &FINDING_COLUMNS, kept.findings_table)?,
            worklist: WorklistWriter::reopen(folder, &worklist_header(config), grouped, kept.worklist)?,
            restagings: restagings.map(|(path, mark)| table(path, &RESTAGING_COLUMNS, mark)).transpose()?,
            records_name,
            findings_name,
            rejects: RejectsWriter::reopen(rejects_path, &inputs, kept.rejects)?,
            counts: kept.counts,
            rows: kept.rows,
            findings: kept.findings,
            paths,
            first_rejects: kept.first_rejects,
            patients,
            answers,
        })
    }

    /// Brings everything to the disk, to be gone on with later; none where a file's form does not allow that.
    pub(super) fn keep(&mut self) -> Result<Option<Kept>, RunError> {
        let marks = (self.records.mark()?, self.findings_table.mark()?, self.rejects.mark()?);
        let (Some(records), Some(findings_table), Some(rejects)) = marks else { return Ok(None) };
        Ok(Some(Kept {
            records,
            findings_table,
            worklist: self.worklist.mark()?,
            restagings: self.restagings.as_mut().map_or(Ok(None), TableWriter::mark)?,
            rejects,
            tumors: self.patients.as_mut().map_or(Ok(0), Patients::sync)?,
            counts: self.counts.clone(),
            rows: self.rows.clone(),
            findings: self.findings.clone(),
            first_rejects: self.first_rejects.clone(),
        }))
    }

    pub(super) fn take(&mut self, chunk: &Processed) -> Result<(), RunError> {
        self.records.write(&chunk.encoded)?;
        self.find(&chunk.findings)?;
        if let Some(patients) = &mut self.patients {
            patients.take(&chunk.tumors)?;
        }
        if let Some(answers) = &mut self.answers {
            answers.take(&chunk.answers)?;
        }
        for row in &chunk.restagings {
            if let Some(table) = &mut self.restagings {
                table.row(row)?;
            }
        }
        self.reject(&chunk.rejects)?;
        self.rows[chunk.file] += chunk.rows;
        Ok(())
    }

    /// Adds what a worker counted.
    pub(super) fn count(&mut self, counts: Counts) {
        self.counts.merge(counts);
    }

    /// No findings yet, in the form in which they are taken.
    pub(super) fn no_findings(&self) -> FindingRows {
        FindingRows::new(&self.findings_table, &self.worklist)
    }

    fn find(&mut self, findings: &FindingRows) -> Result<(), OutputError> {
        for (rule, severity, n) in findings.counts() {
            *self
                .findings
                .entry(rule.to_owned())
                .or_default()
                .entry(severity.as_str().to_owned())
                .or_default() += n;
        }
        findings.write(&mut self.findings_table, &mut self.worklist)
    }

    /// Writes rows that cannot be taken.
    pub(super) fn reject(&mut self, rejects: &[Reject]) -> Result<(), OutputError> {
        self.rejects.write(rejects)?;
        for reject in rejects.iter().take(SHOWN_REJECTS.saturating_sub(self.first_rejects.len())) {
            let path = self.paths.get(reject.file).map_or("", String::as_str);
            self.first_rejects.push(format!("{path}:{}: {}", reject.line, reject.cause));
        }
        Ok(())
    }

    pub(super) fn finish(mut self, folder: &RunFolder) -> Result<Finished, RunError> {
        if let Some(patients) = self.patients.take() {
            let paths = self.paths.clone();
            let mut counts = Counts::default();
            let mut findings = self.no_findings();
            patients.findings(&paths, &mut counts, |finding| {
                findings.push(finding);
                if findings.len() >= FINDINGS_AT_ONCE {
                    self.find(&std::mem::replace(&mut findings, self.no_findings()))?;
                }
                Ok(())
            })?;
            self.find(&findings)?;
            self.count(counts);
        }
        if let Some(answers) = self.answers {
            since::write(&folder.file(since::ANSWERS)?, answers)?;
        }
        self.worklist.finish(folder)?;
        self.findings_table.finish()?;
        self.restagings.map_or(Ok(0), TableWriter::finish)?;
        let records = self.records.finish()?;
        Ok(Finished {
            counts: self.counts,
            rows: self.rows,
            findings: self.findings,
            written: records.rows,
            tables: [self.findings_name, "worklist.csv".to_owned()],
            records: (self.records_name, records.digest),
            rejected: self.rejects.finish()?,
            first_rejects: self.first_rejects,
        })
    }
}

/// The columns of a worklist, the one that tells them apart first.
fn worklist_header(config: &RunConfig) -> Vec<&str> {
    config.worklist_by.iter().map(|_| "worklist").chain(WORKLIST_COLUMNS).collect()
}
