//! The staging rules as text tables: `knowledge/schemas/*.toml`, one file per schema, loaded and checked.
//!
//! An epidemiologist reads and corrects those files beside the staging manual; this room turns
//! them into [`Rules`] and says with file and line where one of them contradicts itself.

mod category_axis;
mod error;
mod factor;
mod file;
mod grid;
mod ranges;
mod rows;
mod schema;
mod select;
mod table;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

pub use category_axis::{CategoryAxis, Fit, Reading};
pub use error::{KnowledgeError, Problem};
pub use factor::{Class, Factor, FactorAxis, Origin};
pub use ranges::Ranges;
pub use schema::{Schema, System};
pub use select::{Selected, Traits};
pub use table::{StageTable, TableAxis, TableBasis};

use crate::category::{Axis, Edition, Site, Stage};
use file::{SchemaForm, Source, toml_error};
use schema::{EditionFacts, HistologyRule};
use select::{Family, Selection};

const SCHEMAS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/schemas.rs"));
const FACTORS: (&str, &str) = ("factors.toml", include_str!("../../knowledge/factors.toml"));
const HISTOLOGIES: (&str, &str) = ("histologies.toml", include_str!("../../knowledge/histologies.toml"));
const EDITIONS: (&str, &str) = ("editions.toml", include_str!("../../knowledge/editions.toml"));

/// Index of a schema within the loaded rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SchemaId(pub u16);

/// All loaded rules.
#[derive(Debug)]
pub struct Rules {
    schemas: Vec<Schema>,
    tables: Vec<StageTable>,
    factors: Vec<Factor>,
    selections: [Selection; 3],
    /// First year of each edition, newest first.
    editions: Vec<(u16, Edition)>,
    hash: String,
}

/// Named lists of histologies.
pub(crate) struct Lists(BTreeMap<String, String>);

impl Lists {
    fn ranges(&self, text: &str) -> Option<Ranges> {
        match text.strip_prefix('@') {
            Some(name) => self.0.get(name).and_then(|list| Ranges::parse(list)),
            None => Ranges::parse(text),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditionsForm {
    from: BTreeMap<String, u16>,
}

impl Rules {
    /// The rules that come with rstage. They are part of the program; a mistake in them is found
    /// by the tests, so that this fails only in a broken build.
    pub fn builtin() -> Result<&'static Self, &'static KnowledgeError> {
        static BUILTIN: LazyLock<Result<Rules, KnowledgeError>> = LazyLock::new(|| Rules::read(SCHEMAS));
        BUILTIN.as_ref()
    }

    /// Reads schema files given as (file name, text).
    pub fn read(files: &[(&str, &str)]) -> Result<Self, KnowledgeError> {
        let lists: BTreeMap<String, String> =
            toml::from_str(HISTOLOGIES.1).map_err(|e| toml_error(&e, HISTOLOGIES.1, HISTOLOGIES.0))?;
        let lists = Lists(lists);
        let factors = Factor::read_all(FACTORS.1, FACTORS.0)?;
        let editions = read_editions()?;
        let first_year =
            |edition: u8| editions.iter().find(|(_, e)| e.0 == edition).map_or(0, |(year, _)| *year);
        let selections = [Selection::new(0), Selection::new(first_year(8)), Selection::new(first_year(8))];
        let mut hasher = blake3::Hasher::new();
        for (name, text) in files.iter().chain([&FACTORS, &HISTOLOGIES, &EDITIONS]) {
            hasher.update(name.as_bytes());
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        let hash = hasher.finalize().to_hex().to_string();
        let mut rules = Self { schemas: Vec::new(), tables: Vec::new(), factors, selections, editions, hash };
        for (file, text) in files {
            rules.read_schema(Source { file, text }, &lists)?;
        }
        Ok(rules)
    }

    /// A schema by its index.
    pub fn schema(&self, id: SchemaId) -> &Schema {
        &self.schemas[usize::from(id.0)]
    }

    /// Every schema.
    pub fn schemas(&self) -> impl Iterator<Item = (SchemaId, &Schema)> {
        self.schemas.iter().enumerate().map(|(at, schema)| (SchemaId(at as u16), schema))
    }

    /// A table by its index.
    pub fn table(&self, index: u16) -> &StageTable {
        &self.tables[usize::from(index)]
    }

    /// The definition of a factor.
    pub fn factor(&self, index: usize) -> &Factor {
        &self.factors[index]
    }

    /// Hash (BLAKE3) over all knowledge files, for the manifest of a run.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The schema that takes a tumor under an edition.
    pub fn select(&self, edition: Edition, traits: &Traits) -> Selected {
        self.selections[Family::of(edition) as usize].select(traits)
    }

    /// The manual's edition of a year of diagnosis, Version 9 aside.
    pub fn manual_of_year(&self, year: u16) -> Option<Edition> {
        self.editions.iter().find(|(from, _)| *from <= year).map(|(_, edition)| *edition)
    }

    /// The edition in force for a schema in a year of diagnosis: Version 9 from the chapter's own year on.
    pub fn edition_of_year(&self, schema: SchemaId, year: u16) -> Option<Edition> {
        match self.schema(schema).version_9_from {
            Some(from) if year >= from => Some(Edition(9)),
            _ => self.manual_of_year(year),
        }
    }

    /// The tables of a schema under an edition for a classification, in the order in which they are tried.
    pub fn tables_for(
        &self,
        schema: SchemaId,
        edition: Edition,
        basis: TableBasis,
        site: Site,
    ) -> impl Iterator<Item = (u16, &StageTable)> {
        let of_edition = move |index: &&u16| {
            let table = self.table(**index);
            table.edition == edition && table.holds_for(site)
        };
        let tables = &self.schema(schema).tables;
        let own = tables.iter().filter(of_edition).any(|&index| self.table(index).basis == basis);
        // Where a chapter prints no table after therapy, the pathologic one serves.
        let wanted = if own || basis != TableBasis::PostTherapy { basis } else { TableBasis::Pathologic };
        tables
            .iter()
            .filter(of_edition)
            .map(|&index| (index, self.table(index)))
            .filter(move |(_, table)| table.basis == wanted || table.basis == TableBasis::Any)
    }

    fn read_schema(&mut self, source: Source<'_>, lists: &Lists) -> Result<(), KnowledgeError> {
        let form: SchemaForm =
            toml::from_str(source.text).map_err(|e| toml_error(&e, source.text, source.file))?;
        let id = SchemaId(self.schemas.len() as u16);
        if self.schemas.iter().any(|schema| schema.id == form.id) {
            return Err(source.wrong(1, format!("a schema {:?} exists already", form.id)));
        }
        let system = |text: &toml::Spanned<String>| {
            System::named(text.get_ref()).ok_or_else(|| {
                source.wrong(source.line(text), format!("{:?} is no staging system", text.get_ref()))
            })
        };
        let mut schema = Schema {
            system: system(&form.system)?,
            system_before_8: form.system_before_8.as_ref().map(system).transpose()?,
            behaviors: Ranges::parse(form.behavior.get_ref())
                .ok_or_else(|| source.wrong(source.line(&form.behavior), "behavior: a list of digits"))?,
            histology_rules: read_histology_rules(&form, lists, source)?,
            version_9_from: form.version_9_from,
            chapters: form
                .chapter
                .iter()
                .filter_map(|(e, title)| Some((e.parse().ok()?, title.clone())))
                .collect(),
            tables: Vec::new(),
            facts: BTreeMap::new(),
            id: form.id,
            title: form.title,
        };
        for block in &form.select {
            for (family, row) in select::read(block, id, lists, source)? {
                self.selections[family as usize].add(row);
            }
        }
        for block in &form.table {
            let table =
                StageTable::read(block, id, &self.factors, (&form.by_histology, &form.by_site), source)?;
            add_facts(schema.facts.entry(table.edition.0).or_default(), &table);
            schema.tables.push(self.tables.len() as u16);
            self.tables.push(table);
        }
        self.schemas.push(schema);
        Ok(())
    }
}

fn read_editions() -> Result<Vec<(u16, Edition)>, KnowledgeError> {
    let form: EditionsForm =
        toml::from_str(EDITIONS.1).map_err(|e| toml_error(&e, EDITIONS.1, EDITIONS.0))?;
    let mut editions: Vec<(u16, Edition)> = form
        .from
        .iter()
        .filter_map(|(edition, year)| Some((*year, Edition(edition.parse().ok()?))))
        .collect();
    editions.sort_unstable_by(|a, b| b.cmp(a));
    Ok(editions)
}

fn read_histology_rules(
    form: &SchemaForm,
    lists: &Lists,
    source: Source<'_>,
) -> Result<Vec<HistologyRule>, KnowledgeError> {
    let blocks = form.eligible.iter().map(|b| (true, b)).chain(form.excluded.iter().map(|b| (false, b)));
    let mut rules = Vec::new();
    for (eligible, block) in blocks {
        let first_line = source.block_line(&block.rows);
        let table = rows::Rows::split(block.rows.get_ref(), source.file, first_line)?;
        let mut read = Vec::new();
        for (line, cells) in &table.rows {
            let wrong = |what: &str| source.wrong(*line, what);
            let [sites, histologies] = cells.as_slice() else {
                return Err(wrong("the columns must be: site | histology"));
            };
            let sites = match *sites {
                "any" => None,
                list => Some(Ranges::parse(list).ok_or_else(|| wrong("site: any, or topography codes"))?),
            };
            read.push((sites, lists.ranges(histologies).ok_or_else(|| wrong("histology: codes or @list"))?));
        }
        rules.push(HistologyRule { edition: Edition(block.edition), eligible, rows: read });
    }
    Ok(rules)
}

fn add_facts(facts: &mut EditionFacts, table: &StageTable) {
    let is_m1 = |label: &str| label.starts_with("M1");
    let explicit: Vec<_> = table.stages_where(|m| is_m1(m.label())).collect();
    let named = explicit.iter().any(|(_, explicit)| *explicit);
    let m1 =
        explicit.iter().filter(|(_, explicit)| *explicit || !named).map(|(group, _)| group.stage()).min();
    facts.m1 = [facts.m1, m1.filter(|_| named)].into_iter().flatten().min();
    facts.iv_with_m0 |=
        table.stages_where(|m| !is_m1(m.label())).any(|(group, _)| group.stage() == Stage::IV);
    facts.highest = facts.highest.max(table.groups.iter().copied().max());
    let categories = facts.categories.get_or_insert_default();
    for axis in [Axis::T, Axis::N, Axis::M] {
        match table.category_axis(axis) {
            Some((_, own)) => categories.extend(own.tokens.iter().copied()),
            None => facts.any_axis[axis as usize] = true,
        }
    }
}
