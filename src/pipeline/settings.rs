//! What the manifest says of a run's inputs and settings.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::RunConfig;
use crate::audit::Severity;
use crate::fields::{MapFile, Mapping};
use crate::input::{self, Compression, InputError, InputFile};
use crate::knowledge::Rules;
use crate::output::{ManifestInput, ManifestOverlay, ManifestRules};

/// The inputs as the manifest names them.
pub(super) fn manifest_inputs(
    files: &[(&InputFile, &Mapping)],
    rows: &[u64],
    hashes: Vec<String>,
) -> Vec<ManifestInput> {
    let files = files.iter().zip(rows).zip(hashes);
    let input =
        |(((file, mapping), rows), blake3): ((&(&InputFile, &Mapping), &u64), String)| ManifestInput {
            path: file.path.display().to_string(),
            bytes: file.bytes,
            blake3,
            format: format_name(file),
            rows: *rows,
            layout: mapping.layout().to_owned(),
        };
    files.map(input).collect()
}

/// The hashes of some inputs, which are read for them.
pub(super) fn hashes<'f>(
    files: impl IntoParallelIterator<Item = &'f InputFile>,
) -> Result<Vec<String>, InputError> {
    files.into_par_iter().map(|file| input::hash_file(&file.path)).collect()
}

/// The rules as the manifest names them.
pub(super) fn manifest_rules(rules: &Rules) -> ManifestRules {
    ManifestRules {
        hash: rules.hash().to_owned(),
        overlay: rules.overlay().map(|overlay| ManifestOverlay {
            path: overlay.path().display().to_string(),
            hash: overlay.hash().to_owned(),
            files: overlay.files().map(str::to_owned).collect(),
        }),
    }
}

pub(super) fn format_name(file: &InputFile) -> String {
    let kind = file.form();
    match file.compression {
        Compression::None => kind.to_owned(),
        compression => format!("{kind}+{compression}"),
    }
}

/// The settings that the result depends on, for the manifest.
pub(super) fn settings(config: &RunConfig) -> serde_json::Value {
    let set: BTreeMap<&str, &str> =
        config.map.set.iter().map(|(field, value)| (field.id(), value.as_str())).collect();
    let mut settings = serde_json::json!({
        "layout": config.map.layout,
        "set": set,
        "map": config.map.map.as_ref().map(MapFile::hash),
        "mx": format!("{:?}", config.policy.mx).to_lowercase(),
        "nx": format!("{:?}", config.policy.nx).to_lowercase(),
        "edition": config.policy.edition.map(|edition| edition.0),
        "also_editions": super::also_editions(config).iter().map(|edition| edition.0).collect::<Vec<_>>(),
        "encoding": format!("{:?}", config.read.encoding).to_lowercase(),
        "inputs": config.inputs,
        "out": config.out,
        "overwrite": config.overwrite,
        "format": config.format.map(|format| format!("{format:?}").to_lowercase()),
        "delimiter": config.delimiter.map_or_else(|| "input".to_owned(), |delimiter| delimiter.to_string()),
        "fail_on": config.fail_on.map(Severity::as_str),
        "max_rejects": config.max_rejects,
        "worklist_by": config.worklist_by,
        "min_cell": config.release.small.map(|small| small.count),
        "min_cell_rate": config.release.small.map(|small| small.rate),
        "audit": serde_json::to_value(&config.audit).unwrap_or_default(),
    });
    if let (Some(secret), Some(settings)) = (config.privacy.keys.fingerprint(), settings.as_object_mut()) {
        settings.insert("pseudonymise".to_owned(), "key=HMAC".into());
        settings.insert("key_file_fingerprint".to_owned(), secret.into());
    }
    if let (true, Some(settings)) = (config.privacy.drop_identifiers, settings.as_object_mut()) {
        settings.insert("drop_identifiers".to_owned(), true.into());
    }
    let quoting = config.read.quoting.map(|quoting| format!("{quoting:?}").to_lowercase());
    let delimiter = config.read.delimiter.map(|delimiter| delimiter.to_string());
    for (name, asked) in [("input_delimiter", delimiter), ("quotes", quoting)] {
        if let (Some(asked), Some(settings)) = (asked, settings.as_object_mut()) {
            settings.insert(name.to_owned(), asked.into());
        }
    }
    let (read, usual) = (&config.read, input::Options::default());
    for (name, asked, default) in [
        ("max_line_bytes", read.max_record_bytes as u64, usual.max_record_bytes as u64),
        ("max_columns", read.max_columns as u64, usual.max_columns as u64),
        ("max_unpacked_bytes", read.max_unpacked_bytes, usual.max_unpacked_bytes),
    ] {
        if let (true, Some(settings)) = (asked != default, settings.as_object_mut()) {
            settings.insert(name.to_owned(), asked.into());
        }
    }
    let algorithm = config.algorithms.iter().flat_map(|algorithms| algorithms.iter()).next();
    if let (Some(algorithm), Some(settings)) = (algorithm, settings.as_object_mut()) {
        settings.insert("current_year".to_owned(), algorithm.year_current().into());
    }
    if let (false, Some(settings)) = (config.events.inputs.is_empty(), settings.as_object_mut()) {
        let map = &config.events.map;
        settings.insert("events_layout".to_owned(), map.layout.clone().into());
        settings.insert("events_map".to_owned(), map.map.as_ref().map(MapFile::hash).into());
    }
    settings
}
