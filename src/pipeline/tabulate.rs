//! What of a chunk and of a run goes into the summary tables beside what is known of each record.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::RunError;
use super::settings::settings;
use super::{RunConfig, process::Shared};
use crate::category::{Cell, MetFlag};
use crate::fields::{Field, Mapping, Source};
use crate::input::{Chunk, Coded};
use crate::output::{ManifestInput, OutputError, RunFolder};
use crate::summary::{self, Facility, MetsPattern, Partial};

/// The reporting facilities of the records of a chunk.
pub(super) struct Places {
    columns: Vec<(Vec<u32>, Vec<Facility>)>,
}

impl Places {
    pub(super) fn read(shared: &Shared, chunk: &Chunk, mapping: &Mapping) -> Self {
        let number =
            |text: &str| shared.facilities.number(mapping.replace(Field::Facility, text).unwrap_or(text));
        let columns = mapping.sources(Field::Facility).iter().map(|source| match source {
            Source::Constant(text) => (vec![0], vec![number(text)]),
            Source::Column { index, .. } => {
                let Coded { codes, texts } = chunk.coded(*index);
                (codes, texts.iter().map(|text| number(text)).collect())
            }
        });
        Self { columns: columns.collect() }
    }

    /// The facility of a record: of several columns the first that names one.
    pub(super) fn of(&self, row: usize) -> Facility {
        let named = self.columns.iter().filter_map(|(codes, facilities)| {
            let code = codes.get(row).or(codes.first())?;
            facilities.get(*code as usize).copied()
        });
        named.into_iter().find(|&facility| facility != Facility::default()).unwrap_or_default()
    }
}

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

/// The id of a run: the same version, settings, rules and inputs have the same one.
pub(super) fn run_id(config: &RunConfig, rules: &str, inputs: &[&ManifestInput]) -> String {
    let inputs: Vec<&str> = inputs.iter().map(|input| input.blake3.as_str()).collect();
    let told = json!([env!("CARGO_PKG_VERSION"), settings(config), rules, inputs]);
    blake3::hash(told.to_string().as_bytes()).to_hex().chars().take(16).collect()
}

/// The settings that runs must share to be added up: those of reading and naming columns may differ.
pub(super) fn shared_settings(config: &RunConfig) -> Value {
    let mut settings = settings(config);
    if let Some(settings) = settings.as_object_mut() {
        for own in ["layout", "set", "map", "encoding", "events_layout", "events_map"] {
            settings.remove(own);
        }
    }
    settings
}

/// Writes the tables of a run, and its counts where they may be kept.
pub(super) fn write_summaries(folder: &RunFolder, partial: &Partial) -> Result<(), RunError> {
    write_tables(partial, |name| folder.file(name))?;
    let path = folder.file(COUNTS)?;
    std::fs::write(&path, partial.to_json()).map_err(|source| OutputError::io(&path, source))?;
    Ok(())
}

/// The counts of a run, in its folder.
pub const COUNTS: &str = "summary/counts.json";

fn write_tables(
    partial: &Partial,
    place: impl Fn(&str) -> Result<PathBuf, OutputError>,
) -> Result<(), RunError> {
    for table in summary::tables(partial) {
        summary::write_csv(&table, create(&place(&format!("summary/{}.csv", table.name))?)?)?;
        summary::write_parquet(&table, create(&place(&format!("summary/{}.parquet", table.name))?)?)?;
    }
    Ok(())
}

fn create(path: &Path) -> Result<BufWriter<File>, OutputError> {
    Ok(BufWriter::new(File::create(path).map_err(|source| OutputError::io(path, source))?))
}
