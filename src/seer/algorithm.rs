//! An algorithm: its schemas, its tables, and what it asks for and answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::archive::{Entry, Kind, entries};
use super::error::SeerError;
use super::json::{SchemaForm, TableForm};
use super::keys::Keys;
use super::lookup::{Lookup, listed_codes};
use super::problems;
use super::schema::{Compiler, Item, Schema};
use super::table::{Table, TableIds, input_cells};
use super::worker::Worker;
use crate::decision::Dictionary;

/// Keys that every context has besides the inputs.
const YEAR_KEY: &str = "ctx_year_current";
const VERSION_KEY: &str = "ctx_alg_version";

/// One version of one of SEER's algorithms, ready to stage. It may be shared by threads.
#[derive(Debug)]
pub struct Algorithm {
    path: PathBuf,
    name: String,
    version: String,
    year_current: u16,
    problems: Vec<String>,
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
    workers: Mutex<Vec<Worker>>,
}

impl Algorithm {
    /// Opens a ZIP file or the folder that it was unpacked to. `year_current` is the year that the tables
    /// mean by "this year": the last one that a diagnosis may have.
    pub fn open(path: &Path, year_current: u16) -> Result<Self, SeerError> {
        let forms = Forms::read(path, entries(path)?)?;
        forms.compile(path, year_current)
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

/// The content of a file, each table and schema with the name of its entry, the last one of an id only.
struct Forms {
    algorithm: String,
    version: String,
    tables: BTreeMap<String, (String, TableForm)>,
    schemas: BTreeMap<String, (String, SchemaForm)>,
}

impl Forms {
    fn read(path: &Path, entries: Vec<Entry>) -> Result<Self, SeerError> {
        let mut own: Option<(String, String)> = None;
        let (mut tables, mut schemas) = (BTreeMap::new(), BTreeMap::new());
        for entry in entries {
            let malformed =
                |error: serde_json::Error| wrong(path, &entry.name, format!("is not as expected: {error}"));
            let (algorithm, version) = match entry.kind {
                Kind::Table => {
                    let form: TableForm = serde_json::from_slice(&entry.content).map_err(malformed)?;
                    let named = (form.algorithm.clone(), form.version.clone());
                    tables.insert(form.id.clone(), (entry.name.clone(), form));
                    named
                }
                Kind::Schema => {
                    let form: SchemaForm = serde_json::from_slice(&entry.content).map_err(malformed)?;
                    let named = (form.algorithm.clone(), form.version.clone());
                    schemas.insert(form.id.clone(), (entry.name.clone(), form));
                    named
                }
            };
            let (first, first_version) = own.get_or_insert_with(|| (algorithm.clone(), version.clone()));
            if *first != algorithm || *first_version != version {
                let what = format!(
                    "is of {algorithm} {version}, but the entries before are of {first} {first_version}: \
                     one file holds one algorithm"
                );
                return Err(wrong(path, &entry.name, what));
            }
        }
        let (algorithm, version) = own.unwrap_or_default();
        Ok(Self { algorithm: algorithm.to_lowercase(), version, tables, schemas })
    }

    fn compile(self, path: &Path, year_current: u16) -> Result<Algorithm, SeerError> {
        let (mut keys, mut texts) = (Keys::default(), Dictionary::default());
        let ids = TableIds(self.tables.keys().zip(0..).map(|(id, at)| (Arc::from(&**id), at)).collect());
        let mut tables = Vec::with_capacity(self.tables.len());
        for (entry, form) in self.tables.values() {
            let table = Table::compile(form, &ids, &mut keys, &mut texts);
            tables.push(table.map_err(|what| wrong(path, entry, what))?);
        }
        let codes = |id: &str| {
            let (entry, form) = self.tables.get(id).ok_or_else(|| SeerError::Archive {
                path: path.to_owned(),
                what: format!("lacks the table {id}, which lists the known codes"),
            })?;
            listed_codes(id, &input_cells(form)).map_err(|what| wrong(path, entry, what))
        };
        let codes = (codes("primary_site")?, codes("histology")?);
        let mut selections = Vec::with_capacity(self.schemas.len());
        for (entry, schema) in self.schemas.values() {
            let id = &schema.schema_selection_table;
            let missing = || wrong(path, entry, format!("schema_selection_table: the table {id} is missing"));
            let (_, form) = self.tables.get(id).ok_or_else(missing)?;
            selections.push((form.rows.iter().flatten().count(), input_cells(form)));
        }
        let lookup = Lookup::new(&selections, codes, &mut keys)
            .map_err(|what| SeerError::Archive { path: path.to_owned(), what })?;
        drop(selections);
        let system = [YEAR_KEY, VERSION_KEY].map(|key| keys.number(key));
        let mut compiler =
            Compiler { ids: &ids, tables: &tables, keys: &mut keys, texts: &mut texts, system };
        let mut schemas = Vec::with_capacity(self.schemas.len());
        for (entry, form) in self.schemas.into_values() {
            schemas.push(compiler.schema(form).map_err(|what| wrong(path, &entry, what))?);
        }
        let system =
            [(system[0], texts.number(&year_current.to_string())), (system[1], texts.number(&self.version))];
        let mut output_keys = Vec::new();
        let mut output_of_key = vec![None; keys.len()];
        for &key in schemas.iter().flat_map(|schema| &schema.reported) {
            output_of_key[key].get_or_insert_with(|| {
                output_keys.push(key);
                output_keys.len() - 1
            });
        }
        Ok(Algorithm {
            path: path.to_owned(),
            name: self.algorithm,
            version: self.version,
            year_current,
            problems: problems::find(&tables, &schemas),
            keys,
            texts,
            tables,
            schemas,
            lookup,
            system,
            output_keys,
            output_of_key,
            workers: Mutex::new(Vec::new()),
        })
    }
}

fn wrong(path: &Path, entry: &str, what: String) -> SeerError {
    SeerError::Entry { path: path.to_owned(), entry: entry.to_owned(), what }
}
