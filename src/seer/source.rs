//! An algorithm as its file writes it, which is what people read, and how it is compiled.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::algorithm::Algorithm;
use super::archive::{Kind, MOST_UNPACKED, entries};
use super::error::SeerError;
use super::json::{SchemaForm, TableForm};
use super::keys::Keys;
use super::lookup::{Lookup, listed_codes};
use super::problems;
use super::schema::Compiler;
use super::table::{Table, TableIds, input_cells};
use crate::decision::Dictionary;

/// Keys that every context has besides the inputs.
const YEAR_KEY: &str = "ctx_year_current";
const VERSION_KEY: &str = "ctx_alg_version";

/// The tables and schemas of an algorithm as they are written. Of two with one id the later counts.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    name: String,
    version: String,
    /// By id, with the name of the entry.
    tables: BTreeMap<String, (String, TableForm)>,
    schemas: BTreeMap<String, (String, SchemaForm)>,
}

impl Source {
    /// Reads a ZIP file or the folder that it was unpacked to; its tables and schemas may have
    /// [`MOST_UNPACKED`] bytes.
    pub fn read(path: &Path) -> Result<Self, SeerError> {
        Self::read_within(path, MOST_UNPACKED)
    }

    /// The same with another limit.
    pub fn read_within(path: &Path, most: u64) -> Result<Self, SeerError> {
        let mut own: Option<(String, String)> = None;
        let (mut tables, mut schemas) = (BTreeMap::new(), BTreeMap::new());
        for entry in entries(path, most)? {
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
        let (name, version) = own.unwrap_or_default();
        Ok(Self { path: path.to_owned(), name: name.to_lowercase(), version, tables, schemas })
    }

    /// Its name in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Ids of its schemas, sorted.
    pub fn schema_ids(&self) -> impl Iterator<Item = &str> {
        self.schemas.keys().map(String::as_str)
    }

    /// Ids of its tables, sorted.
    pub fn table_ids(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    pub(crate) fn schema(&self, id: &str) -> Option<&SchemaForm> {
        self.schemas.get(id).map(|(_, form)| form)
    }

    pub(crate) fn table(&self, id: &str) -> Option<&TableForm> {
        self.tables.get(id).map(|(_, form)| form)
    }

    /// Makes it ready to stage; `year_current` as in [`Algorithm::open`].
    pub fn compile(&self, year_current: u16) -> Result<Algorithm, SeerError> {
        let path = &*self.path;
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
        for (entry, form) in self.schemas.values() {
            schemas.push(compiler.schema(form).map_err(|what| wrong(path, entry, what))?);
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
            name: self.name.clone(),
            version: self.version.clone(),
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
