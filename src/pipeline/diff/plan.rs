//! What is to be read of each file: its key, the columns that are compared, the columns of an earlier run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::DiffConfig;
use crate::diff::DiffError;
use crate::fields::{Coding, Field, Mapping, Source, recognise};
use crate::input::{self, Chunk, InputFile, Options};
use crate::knowledge::Rules;
use crate::pipeline::decode::CARRIED;
use crate::pipeline::{Progress, RunError};

/// The columns of a run that say where a record stands.
pub(super) const STAND: [&str; 4] = ["rstage_schema", "rstage_edition", "rstage_group", "rstage_stage"];
/// Parts of the key where no column holds it whole.
const PARTS: [Field; 3] = [Field::RegistryId, Field::PatientId, Field::TumorNumber];

/// Which export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Which {
    Old,
    New,
}

/// What applies to every record of one file.
pub(super) struct FilePlan {
    pub(super) path: String,
    pub(super) which: Which,
    pub(super) mapping: Mapping,
    pub(super) key: Key,
    /// Columns whose texts are kept, in ascending order.
    pub(super) kept: Vec<usize>,
    /// Columns in which an earlier run said where the record stands.
    pub(super) stand: Option<[usize; 4]>,
    /// Which rstage said so, by which rules.
    pub(super) maker: String,
    /// Files of one shape hold the same fields in the same columns, written the same way.
    pub(super) shape: usize,
    /// With every column compared: its name to its position.
    pub(super) columns: BTreeMap<String, usize>,
}

/// How the key is read.
pub(super) enum Key {
    /// The key column if it is filled, else the parts; without a patient there is no key.
    Usual { whole: Vec<Source>, parts: Vec<(Field, Vec<Source>)> },
    /// These columns, all of them filled.
    Named(Vec<Vec<Source>>),
}

impl FilePlan {
    /// The key of a record, with its parts joined by a slash; none where it is blank.
    pub(super) fn key(&self, chunk: &Chunk, row: usize) -> Option<String> {
        let text = |sources: &[Source]| {
            let text = |source: &Source| match source {
                Source::Constant(text) => text.clone(),
                Source::Column { index, .. } => chunk.text(*index, row).trim().to_owned(),
            };
            sources.iter().map(text).find(|text| !text.is_empty())
        };
        match &self.key {
            Key::Named(parts) => {
                parts.iter().map(|part| text(part)).collect::<Option<Vec<_>>>().map(|parts| parts.join("/"))
            }
            Key::Usual { whole, parts } => text(whole).or_else(|| {
                let texts: Vec<_> = parts.iter().map(|(field, part)| (*field, text(part))).collect();
                let patient = texts.iter().any(|(field, text)| *field == Field::PatientId && text.is_some());
                let texts: Vec<String> = texts.into_iter().filter_map(|(_, text)| text).collect();
                patient.then(|| texts.join("/"))
            }),
        }
    }

    /// Position of a column among the kept ones.
    pub(super) fn slot(&self, column: usize) -> Option<usize> {
        self.kept.binary_search(&column).ok()
    }
}

/// Finds both exports; the files of the older one come first.
pub(super) fn files(config: &DiffConfig, progress: &Progress) -> Result<(Vec<InputFile>, usize), RunError> {
    let read = Options { stop: Arc::clone(&progress.stop), ..config.read.clone() };
    let find = |export: &str| input::discover(&[records_of(export)], &read);
    let mut files = find(&config.old)?;
    let old = files.len();
    for mut file in find(&config.new)? {
        let place = |file: &InputFile| file.path.canonicalize().ok();
        if files.iter().any(|other| place(other).is_some() && place(other) == place(&file)) {
            return Err(DiffError::SameFile { path: file.path }.into());
        }
        file.index = files.len();
        files.push(file);
    }
    Ok((files, old))
}

/// The records of a run, where the argument is the folder that a run made.
fn records_of(export: &str) -> String {
    let folder = Path::new(export);
    let records = ["records.csv", "records.parquet"].map(|name| folder.join(name));
    let records = records.iter().find(|path| folder.join("run.json").is_file() && path.is_file());
    records.map_or_else(|| export.to_owned(), |path| path.display().to_string())
}

/// Looks at the columns of every file.
pub(super) fn plans(
    config: &DiffConfig,
    files: &[InputFile],
    old: usize,
    rules: &Rules,
) -> Result<Vec<FilePlan>, RunError> {
    let mut mappings = Vec::new();
    for file in files {
        let options = if file.index < old { config.map_old.as_ref() } else { None };
        let mapping = recognise(&file.header, options.unwrap_or(&config.map))
            .map_err(|source| RunError::Fields { path: file.path.clone(), source })?;
        mappings.push(mapping);
    }
    let usual = if config.key.is_empty() { usual_key(files, &mappings)? } else { Vec::new() };
    let mut shapes: Vec<(&[String], bool)> = Vec::new();
    let mut plans = Vec::new();
    for (file, mapping) in files.iter().zip(mappings) {
        let which = if file.index < old { Which::Old } else { Which::New };
        let shape = (file.header.as_slice(), which == Which::Old && config.map_old.is_some());
        let at = shapes.iter().position(|known| *known == shape).unwrap_or_else(|| {
            shapes.push(shape);
            shapes.len() - 1
        });
        let column = |name: &str| file.header.iter().position(|header| header.trim() == name);
        let stand: Option<Vec<usize>> = STAND.iter().map(|name| column(name)).collect();
        let stand = stand.and_then(|columns| <[usize; 4]>::try_from(columns).ok());
        plans.push(FilePlan {
            path: file.path.display().to_string(),
            which,
            key: key(config, file, &mapping, &usual)?,
            kept: kept(config, file, &mapping),
            maker: match stand {
                Some(_) => maker_of(&file.path),
                None => maker(env!("CARGO_PKG_VERSION"), rules.hash()),
            },
            stand,
            shape: at,
            columns: if config.all_columns { columns(file) } else { BTreeMap::new() },
            mapping,
        });
    }
    Ok(plans)
}

/// The fields of the usual key that every file has, so that both exports make it alike.
fn usual_key(files: &[InputFile], mappings: &[Mapping]) -> Result<Vec<Field>, DiffError> {
    let everywhere = |field: &Field| mappings.iter().all(|mapping| !mapping.sources(*field).is_empty());
    let fields: Vec<Field> = std::iter::once(Field::TumorKey).chain(PARTS).filter(everywhere).collect();
    if fields.contains(&Field::TumorKey) {
        return Ok(fields);
    }
    let without = |(_, mapping): &(&InputFile, &Mapping)| mapping.sources(Field::PatientId).is_empty();
    match files.iter().zip(mappings).find(without) {
        Some((file, _)) => {
            let fields = "(tumor_key, or registry_id, patient_id and tumor_number)";
            Err(no_key(file, fields.to_owned()))
        }
        None => Ok(fields),
    }
}

fn no_key(file: &InputFile, part: String) -> DiffError {
    let columns = file.header.iter().map(|name| name.trim().to_owned()).collect();
    DiffError::NoKey { path: file.path.clone(), part, columns }
}

fn key(config: &DiffConfig, file: &InputFile, mapping: &Mapping, usual: &[Field]) -> Result<Key, DiffError> {
    let sources = |field: Field| mapping.sources(field).to_vec();
    if config.key.is_empty() {
        let (whole, parts): (Vec<Field>, Vec<Field>) =
            usual.iter().partition(|field| **field == Field::TumorKey);
        return Ok(Key::Usual {
            whole: whole.into_iter().flat_map(sources).collect(),
            parts: parts.into_iter().map(|part| (part, sources(part))).collect(),
        });
    }
    let parts = config.key.iter().map(|name| {
        let named = Field::from_id(name).map(sources).unwrap_or_default();
        if !named.is_empty() {
            return Ok(named);
        }
        let exact = file.header.iter().position(|header| header.trim() == name);
        let alike = || file.header.iter().position(|header| header.trim().eq_ignore_ascii_case(name));
        let index = exact.or_else(alike).ok_or_else(|| no_key(file, format!("`{name}`")))?;
        Ok(vec![Source::Column { index, coding: Coding::Plain }])
    });
    Ok(Key::Named(parts.collect::<Result<_, DiffError>>()?))
}

/// Columns of the fields that are compared, or all but those in which a run said where a record stands.
fn kept(config: &DiffConfig, file: &InputFile, mapping: &Mapping) -> Vec<usize> {
    if config.all_columns {
        return columns(file).into_values().collect::<BTreeSet<_>>().into_iter().collect();
    }
    let fields = mapping.mapped_fields().filter(|field| !CARRIED.contains(field));
    let columns = fields.flat_map(|field| mapping.sources(field)).filter_map(|source| match source {
        Source::Column { index, .. } => Some(*index),
        Source::Constant(_) => None,
    });
    columns.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Columns by name; a name that stands twice gets its number behind it from the second on.
fn columns(file: &InputFile) -> BTreeMap<String, usize> {
    let mut columns = BTreeMap::new();
    for (index, header) in file.header.iter().enumerate() {
        let name = header.trim();
        if STAND.contains(&name) {
            continue;
        }
        let mut unique = name.to_owned();
        for number in 2.. {
            if !columns.contains_key(&unique) {
                break;
            }
            unique = format!("{name} ({number})");
        }
        columns.insert(unique, index);
    }
    columns
}

fn maker(version: &str, hash: &str) -> String {
    format!("rstage {version}, rules {}", hash.get(..12).unwrap_or(hash))
}

/// What `run.json` beside a result says of who made it.
fn maker_of(records: &Path) -> String {
    let manifest = records.parent().and_then(|folder| std::fs::read(folder.join("run.json")).ok());
    let manifest = manifest.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let said = manifest
        .as_ref()
        .and_then(|manifest| Some(maker(manifest["version"].as_str()?, manifest["rules"]["hash"].as_str()?)));
    said.unwrap_or_else(|| "an rstage without run.json".to_owned())
}
