//! An algorithm: its schemas, its tables, and what it asks for and answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::error::SeerError;
use super::keys::Keys;
use super::lookup::Lookup;
use super::schema::{Item, Schema};
use super::source::Source;
use super::table::Table;
use super::worker::Worker;
use crate::decision::Dictionary;

/// One version of one of SEER's algorithms, ready to stage. It may be shared by threads.
#[derive(Debug)]
pub struct Algorithm {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) year_current: u16,
    pub(super) problems: Vec<String>,
    pub(super) keys: Keys,
    /// Texts that the file itself gives to keys.
    pub(super) texts: Dictionary,
    pub(super) tables: Vec<Table>,
    pub(super) schemas: Vec<Schema>,
    pub(super) lookup: Lookup,
    /// The two keys of every context and their values.
    pub(super) system: [(usize, u32); 2],
    /// Keys of outputs, in the order of the columns that are answered.
    pub(super) output_keys: Vec<usize>,
    /// By key, its place among the outputs.
    pub(super) output_of_key: Vec<Option<usize>>,
    pub(super) workers: Mutex<Vec<Worker>>,
}

impl Algorithm {
    /// Opens a ZIP file or the folder that it was unpacked to. `year_current` is the year that the tables
    /// mean by "this year": the last one that a diagnosis may have; [`current_year`](super::current_year)
    /// is that of the clock.
    ///
    /// ```no_run
    /// use std::path::Path;
    ///
    /// use rstage::seer::{Algorithm, current_year};
    ///
    /// let eod = Algorithm::open(Path::new("eod_public-3.3.zip"), current_year())?;
    /// println!("{} {}: {} schemas", eod.name(), eod.version(), eod.schemas().len());
    /// for slip in eod.problems() {
    ///     eprintln!("{slip}");
    /// }
    /// # Ok::<(), rstage::seer::SeerError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read, is no algorithm, is larger than any algorithm is, or a table or a schema in
    /// it is wrong: the message names the entry, its place, and what is wrong there.
    pub fn open(path: &Path, year_current: u16) -> Result<Self, SeerError> {
        Source::read(path)?.compile(year_current)
    }

    /// The file or folder it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name in lower case: `cs`, `tnm`, `eod_public`, `pediatric`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The year that its tables mean by "this year".
    pub fn year_current(&self) -> u16 {
        self.year_current
    }

    /// Slips of the file that only concern cases that run into them: missing tables, jumps in a circle.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Its schemas, by id.
    pub fn schemas(&self) -> &[Schema] {
        &self.schemas
    }

    /// A schema by its id.
    pub fn schema(&self, id: &str) -> Option<&Schema> {
        self.schemas.binary_search_by(|schema| (*schema.id).cmp(id)).ok().map(|at| &self.schemas[at])
    }

    /// Everything that a schema asks for, once each, by key.
    pub fn inputs(&self) -> Vec<&Item> {
        once(self.schemas.iter().flat_map(|schema| &schema.inputs))
    }

    /// Everything that a schema answers, once each, by key.
    pub fn outputs(&self) -> Vec<&Item> {
        once(self.schemas.iter().flat_map(|schema| &schema.outputs))
    }

    /// Keys that tell schemas apart: site, histology, discriminators.
    pub fn lookup_keys(&self) -> impl Iterator<Item = &str> {
        self.lookup.keys.iter().map(|&key| &**self.keys.name(key))
    }

    /// The title of a table, as the reported path and errors name it.
    pub fn table_title(&self, id: &str) -> Option<&str> {
        self.tables.iter().find(|table| &*table.id == id).map(|table| table.title.as_str())
    }

    /// Lends a worker, one that knows much if there is any.
    pub(super) fn with_worker<T>(&self, work: impl FnOnce(&mut Worker) -> T) -> T {
        let idle = || self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = idle().pop();
        let mut worker = rested.unwrap_or_else(|| Worker::new(self));
        let done = work(&mut worker);
        if worker.is_fit() {
            idle().push(worker);
        }
        done
    }
}

fn once<'a>(items: impl Iterator<Item = &'a Item>) -> Vec<&'a Item> {
    let mut by_key: BTreeMap<&str, &Item> = BTreeMap::new();
    for item in items {
        by_key.entry(&item.key).or_insert(item);
    }
    by_key.into_values().collect()
}
