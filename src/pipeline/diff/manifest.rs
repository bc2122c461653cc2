//! `run.json` of a comparison.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::DiffConfig;
use super::plan::FilePlan;
use crate::diff::{Count, DiffCounts, Hidden, Tally};
use crate::fields::MapFile;
use crate::input::{self, InputFile};
use crate::knowledge::Rules;
use crate::output::{ManifestInput, ManifestRules};
use crate::pipeline::RunError;
use crate::pipeline::settings::format_name;
use crate::pipeline::tabulate::id_of;

/// The manifest of a comparison.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DiffManifest {
    /// `diff`, to tell it from the manifest of a run.
    pub command: &'static str,
    /// Its id: the same version, settings, rules and inputs have the same one.
    pub run: String,
    /// Version of rstage.
    pub version: String,
    /// Settings that the result depends on.
    pub config: serde_json::Value,
    /// Files of the older export.
    pub old: Vec<DiffInput>,
    /// Files of the newer export.
    pub new: Vec<DiffInput>,
    /// Rules that were applied.
    pub rules: ManifestRules,
    /// What became of the records; a hidden number is none.
    pub counts: BTreeMap<Count, Option<u64>>,
    /// Findings by rule id and severity, but for rules whose number is hidden.
    pub findings: BTreeMap<String, BTreeMap<String, u64>>,
    /// Seconds per part.
    pub durations: BTreeMap<String, f64>,
    /// Worker threads.
    pub threads: usize,
    /// Exit status of the process.
    pub exit: i32,
}

/// One file of an export.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DiffInput {
    /// The file.
    #[serde(flatten)]
    pub file: ManifestInput,
    /// Which rstage derived the stages that were compared, by which rules.
    pub staged_by: String,
}

/// The files of both exports as the manifest names them.
pub(super) fn inputs(
    files: &[InputFile],
    plans: &[FilePlan],
    rows: &[u64],
) -> Result<Vec<DiffInput>, RunError> {
    files
        .par_iter()
        .zip(plans)
        .zip(rows)
        .map(|((file, plan), rows)| {
            Ok(DiffInput {
                file: ManifestInput {
                    path: plan.path.clone(),
                    bytes: file.bytes,
                    blake3: input::hash_file(&file.path)?,
                    format: format_name(file),
                    rows: *rows,
                    layout: plan.mapping.layout().to_owned(),
                },
                staged_by: plan.maker.clone(),
            })
        })
        .collect()
}

/// The counts that are shown.
pub(super) fn counts(counts: &DiffCounts, hidden: &Hidden) -> BTreeMap<Count, Option<u64>> {
    Count::ALL.into_iter().map(|count| (count, hidden.count(counts, count))).collect()
}

/// The findings that are shown.
pub(super) fn findings(tally: &Tally, hidden: &Hidden) -> BTreeMap<String, BTreeMap<String, u64>> {
    let shown = tally.findings.iter().filter(|(rule, _)| hidden.findings(tally, rule).is_some());
    shown.map(|(rule, severities)| (rule.clone(), severities.clone())).collect()
}

/// The id of a comparison, whatever it hides.
pub(super) fn run_id(config: &DiffConfig, rules: &Rules, exports: (&[DiffInput], &[DiffInput])) -> String {
    let hashes =
        |inputs: &[DiffInput]| inputs.iter().map(|input| input.file.blake3.clone()).collect::<Vec<_>>();
    let (old, new) = (hashes(exports.0), hashes(exports.1));
    let told =
        serde_json::json!(["diff", env!("CARGO_PKG_VERSION"), rules.hash(), of_comparing(config), old, new]);
    id_of(&told)
}

/// The settings that the result depends on.
pub(super) fn settings(config: &DiffConfig) -> serde_json::Value {
    let mut settings = of_comparing(config);
    if let Some(settings) = settings.as_object_mut() {
        settings.insert("min_cell".to_owned(), config.small.map(|small| small.count).into());
        settings.insert("min_cell_rate".to_owned(), config.small.map(|small| small.rate).into());
    }
    settings
}

/// The settings that what is counted depends on.
fn of_comparing(config: &DiffConfig) -> serde_json::Value {
    let set: BTreeMap<&str, &str> =
        config.map.set.iter().map(|(field, value)| (field.id(), value.as_str())).collect();
    serde_json::json!({
        "key": config.key,
        "layout": config.map.layout,
        "set": set,
        "map": config.map.map.as_ref().map(MapFile::hash),
        "map_old": config.map_old.as_ref().and_then(|old| old.map.as_ref()).map(MapFile::hash),
        "mx": format!("{:?}", config.policy.mx).to_lowercase(),
        "nx": format!("{:?}", config.policy.nx).to_lowercase(),
        "edition": config.policy.edition.map(|edition| edition.0),
        "encoding": format!("{:?}", config.read.encoding).to_lowercase(),
        "day": config.day,
        "all_columns": config.all_columns,
        "audit": serde_json::to_value(&config.audit).unwrap_or_default(),
    })
}
