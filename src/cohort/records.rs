//! Records taken by a filter, written down by their keys.

use std::path::{Path, PathBuf};

use super::filter::{Filter, FilterError};
use super::select::Selection;
use crate::fields::{MapOptions, recognise_columns};
use crate::input::{InputError, InputFile, Options, discover};
use crate::output::{Keys, OutputError, TableFormat, TableWriter};
use crate::pipeline::key_of;

/// What stops the making of a cohort.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CohortError {
    /// The filter cannot be understood.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A name that is neither a short name nor a column.
    #[error(
        "the filter asks for `{name}`, which is no column of the file\nhint: columns go by their own names; short names are {known}"
    )]
    UnknownName {
        /// The name.
        name: String,
        /// The short names.
        known: String,
    },
    /// The file lacks a column that a run adds.
    #[error(
        "the filter asks for `{name}`, but there is no column `{column}`\nhint: give the folder of a run, or its records"
    )]
    NotEnriched {
        /// The name.
        name: String,
        /// The column.
        column: String,
    },
    /// A value that the column never holds.
    #[error("`{name}` is never `{value}`\nhint: it can be {allowed}")]
    UnknownValue {
        /// The name.
        name: String,
        /// The value.
        value: String,
        /// What it can be.
        allowed: String,
    },
    /// An order is asked of values that have none.
    #[error(
        "`{name}` has no order in which `{value}` has a place\nhint: compare with = or !=, or with `in (...)`"
    )]
    NoOrder {
        /// The name.
        name: String,
        /// The value.
        value: String,
    },
    /// The records cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The columns of the records cannot be told.
    #[error("{}: {source}", path.display())]
    Fields {
        /// The file.
        path: PathBuf,
        /// Why.
        source: crate::fields::FieldsError,
    },
    /// The cohort cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// What a cohort came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct CohortCounts {
    /// Records looked at.
    pub read: u64,
    /// Records taken.
    pub taken: u64,
    /// Rows that could not be read.
    pub rejected: u64,
}

/// Writes the keys of the records that the filter takes to `out`: key, file, line, and every column that
/// the filter looks at beside the one that says why. Keys are shown as `keys` says. `inputs` are the folder of a run or enriched tables.
pub fn select(
    inputs: &[String],
    filter: &Filter,
    options: &Options,
    map: &MapOptions,
    out: &Path,
    format: TableFormat,
    keys: &Keys,
) -> Result<CohortCounts, CohortError> {
    let files = discover(&inputs.iter().flat_map(|input| records_of(input)).collect::<Vec<_>>(), options)?;
    let mut counts = CohortCounts::default();
    let mut table: Option<TableWriter> = None;
    for file in &files {
        let selection = Selection::bind(filter, &file.header)?;
        let writer = if let Some(writer) = &mut table {
            writer
        } else {
            let mut header = vec!["key", "file", "line"];
            header.extend(selection.shown().iter().map(|(name, _)| name.as_str()));
            table.insert(TableWriter::create(out.to_owned(), &header, format)?)
        };
        take(file, &selection, options, (map, keys), writer, &mut counts)?;
    }
    if let Some(table) = table {
        table.finish()?;
    }
    Ok(counts)
}

fn take(
    file: &InputFile,
    selection: &Selection,
    options: &Options,
    (map, keys): (&MapOptions, &Keys),
    writer: &mut TableWriter,
    counts: &mut CohortCounts,
) -> Result<(), CohortError> {
    let (mapping, _) = recognise_columns(&file.header, map)
        .map_err(|source| CohortError::Fields { path: file.path.clone(), source })?;
    let path = file.path.display().to_string();
    for chunk in file.open(options)? {
        let chunk = chunk?;
        counts.read += chunk.rows() as u64;
        counts.rejected += chunk.rejects.len() as u64;
        for row in selection.rows(&chunk) {
            let mut cells =
                vec![keys.shown(key_of(&chunk, &mapping, row)), path.clone(), chunk.line(row).to_string()];
            cells.extend(selection.shown().iter().map(|(_, at)| chunk.text(*at, row).into_owned()));
            writer.row(&cells)?;
            counts.taken += 1;
        }
    }
    Ok(())
}

/// The records of a run where the argument is its folder, else the argument itself.
fn records_of(input: &str) -> Vec<String> {
    let folder = Path::new(input);
    if !folder.join("run.json").is_file() {
        return vec![input.to_owned()];
    }
    ["records.csv", "records.parquet"]
        .iter()
        .map(|name| folder.join(name))
        .filter(|path| path.is_file())
        .map(|path| path.to_string_lossy().into_owned())
        .collect()
}
