//! What a finished run left: its manifest, its tables and its findings.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::input::{Chunk, InputError, InputFile, Options};
use crate::output::Manifest;

/// What stops the making of a page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The folder holds no finished run.
    #[error("{}: {source}\nhint: give the folder that `rstage run --out` made", path.display())]
    NoRun {
        /// The manifest that was looked for.
        path: PathBuf,
        /// Why it cannot be read.
        source: std::io::Error,
    },
    /// The manifest is not one of a run.
    #[error("{}: {source}\nhint: only the folder of `rstage run` has a page", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A table cannot be read.
    #[error("{}: {source}\nhint: the table is not as this version of rstage writes it; repeat the run", path.display())]
    Table {
        /// The table.
        path: PathBuf,
        /// What is wrong with it.
        source: csv::Error,
    },
    /// The findings cannot be read.
    #[error(transparent)]
    Findings(#[from] InputError),
    /// The page cannot be formed; a defect of rstage.
    #[error("the page cannot be formed: {0}")]
    Template(String),
}

impl ReportError {
    /// Whether the folder of a run is at fault.
    pub fn is_about_the_run(&self) -> bool {
        !matches!(self, Self::Template(_))
    }

    pub(super) fn template(error: &minijinja::Error) -> Self {
        Self::Template(format!("{error:#}"))
    }
}

/// The folder of a run.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    pub(super) manifest: Manifest,
}

impl Folder {
    /// That of a run whose tables and findings are written and whose manifest is not.
    pub fn unfinished(path: &Path, manifest: Manifest) -> Self {
        Self { path: path.to_owned(), manifest }
    }

    /// That of a finished run.
    pub fn open(path: &Path) -> Result<Self, ReportError> {
        let manifest = path.join("run.json");
        let file =
            File::open(&manifest).map_err(|source| ReportError::NoRun { path: manifest.clone(), source })?;
        let read = serde_json::from_reader(BufReader::new(file));
        let manifest = read.map_err(|source| ReportError::Manifest { path: manifest, source })?;
        Ok(Self { path: path.to_owned(), manifest })
    }

    /// Whether small numbers are hidden, so that the page may show no single record.
    pub(super) fn hides(&self) -> bool {
        self.manifest.config["min_cell"].as_u64().is_some_and(|least| least > 1)
    }

    /// The rows of a summary table.
    pub(super) fn table<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, ReportError> {
        let path = self.path.join("summary").join(format!("{name}.csv"));
        let failed = |source| ReportError::Table { path: path.clone(), source };
        let mut reader = csv::Reader::from_path(&path).map_err(failed)?;
        reader.deserialize().collect::<Result<_, _>>().map_err(failed)
    }

    /// Calls `each` with the findings, one after the other, until it breaks off.
    pub(super) fn findings(
        &self,
        mut each: impl FnMut(&Finding<'_>) -> ControlFlow<()>,
    ) -> Result<(), ReportError> {
        if self.manifest.findings.is_empty() {
            return Ok(());
        }
        let places = ["findings.csv", "findings.parquet"].map(|name| self.path.join(name));
        let place = places.iter().find(|path| path.exists()).unwrap_or(&places[0]);
        let options = Options::default();
        let file = InputFile::probe(place, 0, &options)?;
        let header: Vec<String> =
            file.header_cells().iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
        for chunk in file.open(&options)? {
            let chunk = chunk?;
            for row in 0..chunk.rows() {
                if each(&Finding { header: &header, chunk: &chunk, row }).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// One row of the findings table.
pub(super) struct Finding<'a> {
    header: &'a [String],
    chunk: &'a Chunk,
    row: usize,
}

impl Finding<'_> {
    /// The text in a column, empty where the table lacks it.
    pub(super) fn text(&self, column: &str) -> String {
        let at = self.header.iter().position(|name| name == column);
        at.map(|at| self.chunk.text(at, self.row).into_owned()).unwrap_or_default()
    }

    /// All columns that hold something, with their texts.
    pub(super) fn filled(&self) -> impl Iterator<Item = (&str, String)> {
        let cells = self.header.iter().enumerate();
        let cells = cells.map(|(at, name)| (name.as_str(), self.chunk.text(at, self.row).into_owned()));
        cells.filter(|(_, text)| !text.is_empty())
    }
}
