//! What of a chunk and of a run goes into the summary tables beside what is known of each record.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::RunConfig;
use super::RunError;
use super::settings::settings;
use crate::category::{Cell, MetFlag};
use crate::output::{ManifestAlgorithm, ManifestInput, OutputError, RunFolder};
use crate::summary::{self, Column, MetsPattern, Origin, Partial, SmallCells, Table};

/// What the metastasis items of a record say.
pub(super) fn pattern(mets: [Cell<MetFlag>; 6]) -> MetsPattern {
    MetsPattern(mets.map(|cell| match cell {
        Cell::Value(MetFlag::No) => b'0',
        Cell::Value(MetFlag::Yes) => b'1',
        Cell::Value(MetFlag::Generalised) => b'2',
        Cell::NotApplicable => b'8',
        Cell::Unknown => b'9',
        Cell::Blank | Cell::Invalid => b'-',
    }))
}

/// Settings on which the counts depend. Runs that differ in them are not added up.
const OF_STAGING: [&str; 5] = ["mx", "nx", "edition", "also_editions", "audit"];
/// Settings of reading and naming columns, in which they may differ.
const OF_READING: [&str; 8] =
    ["layout", "set", "map", "input_delimiter", "quotes", "encoding", "events_layout", "events_map"];

/// The settings that runs must share to be added up.
pub(super) fn shared_settings(config: &RunConfig, algorithms: &[ManifestAlgorithm]) -> Value {
    let mut told = some_settings(config, &OF_STAGING);
    for algorithm in algorithms {
        told.insert(format!("seer.{}", algorithm.name), algorithm.blake3.clone().into());
    }
    told.into()
}

fn some_settings(config: &RunConfig, names: &[&str]) -> Map<String, Value> {
    let settings = settings(config);
    let told = names.iter().filter_map(|&name| Some((name.to_owned(), settings.get(name)?.clone())));
    told.collect()
}

/// The id of a run: the same version, settings, rules and inputs have the same one.
pub(super) fn run_id(config: &RunConfig, origin: &Origin, inputs: &[&ManifestInput]) -> String {
    let inputs: Vec<&str> = inputs.iter().map(|input| input.blake3.as_str()).collect();
    let read = some_settings(config, &OF_READING);
    let told = json!([origin.version, origin.rules, origin.settings, read, inputs]);
    id_of(&told)
}

/// The id of work that is told so.
pub(super) fn id_of(told: &Value) -> String {
    blake3::hash(told.to_string().as_bytes()).to_hex().chars().take(16).collect()
}

/// What is done about small numbers, and where the counts are kept.
#[derive(Clone, Debug, Default)]
pub struct Release {
    /// Numbers that are not to be shown, nor to be worked out. The counts are then not kept beside the tables.
    pub small: Option<SmallCells>,
    /// A further file for the counts, which hides nothing; it must lie outside the result.
    pub counts: Option<PathBuf>,
}

impl Release {
    /// Makes sure that the counts do not end up in the folder that is given away.
    pub(super) fn check(&self, out: &Path) -> Result<(), RunError> {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        match &self.counts {
            Some(counts) if absolute(counts).starts_with(absolute(out)) => {
                Err(RunError::CountsInResult { path: counts.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Writes the counts where the user wants them, once the result is in its place.
    pub(super) fn keep_counts(&self, partial: &Partial) -> Result<(), RunError> {
        let Some(path) = &self.counts else { return Ok(()) };
        Ok(std::fs::write(path, partial.to_json()).map_err(|source| OutputError::io(path, source))?)
    }
}

/// Writes the tables of a run, and its counts where nothing is hidden; the tables.
pub(super) fn write_summaries(
    folder: &RunFolder,
    partial: &Partial,
    release: &Release,
) -> Result<Vec<Table>, RunError> {
    let counts = || -> Result<(), RunError> {
        if release.small.is_none() {
            let path = folder.file(COUNTS)?;
            std::fs::write(&path, partial.to_json()).map_err(|source| OutputError::io(&path, source))?;
        }
        Ok(())
    };
    let tables = || -> Result<_, RunError> {
        let tables = summary::tables(partial, release.small);
        tables.par_iter().try_for_each(|table| write_summary(folder, table))?;
        Ok(tables)
    };
    let (tables, counts) = rayon::join(tables, counts);
    counts?;
    tables
}

/// Writes one table as CSV and as Parquet.
pub(super) fn write_summary(folder: &RunFolder, table: &Table) -> Result<(), RunError> {
    let file = |ending| create(&folder.file(&format!("summary/{}.{ending}", table.name))?);
    let (csv, parquet) = rayon::join(
        || Ok(summary::write_csv(table, file("csv")?)?),
        || Ok(summary::write_parquet(table, file("parquet")?)?),
    );
    csv.and(parquet)
}

/// The counts of a run, in its folder.
pub const COUNTS: &str = "summary/counts.json";

/// The numbers of findings that the tables show, by rule and severity.
pub(super) fn shown_findings(
    findings: &BTreeMap<String, BTreeMap<String, u64>>,
    tables: &[Table],
) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut shown = BTreeMap::<String, BTreeMap<String, u64>>::new();
    let Some(table) = tables.iter().find(|table| table.name == "findings_by_rule") else { return shown };
    if let (Some(Column::Text(rules)), Some(Column::Text(severities)), Some(Column::Number(numbers))) =
        (table.column("rule"), table.column("severity"), table.column("n"))
    {
        for ((rule, severity), n) in rules.iter().zip(severities).zip(numbers) {
            let (Some(rule), Some(severity), Some(n)) = (rule, severity, n) else { continue };
            // What was put together is no rule.
            if findings.contains_key(&**rule) {
                shown.entry(rule.to_string()).or_default().insert(severity.to_string(), *n);
            }
        }
    }
    shown
}

fn create(path: &Path) -> Result<BufWriter<File>, OutputError> {
    Ok(BufWriter::new(File::create(path).map_err(|source| OutputError::io(path, source))?))
}
