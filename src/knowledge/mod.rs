//! The staging rules as text tables: `knowledge/schemas/*.toml`, one file per schema, loaded and checked.
//!
//! An epidemiologist reads and corrects those files beside the staging manual; this room turns
//! them into [`Rules`] and says with file and line where one of them contradicts itself.

mod asked;
mod beside;
mod beside_file;
mod between;
mod category_axis;
mod eod_mets;
mod error;
mod factor;
mod file;
mod gaps;
mod grid;
mod overlay;
mod ranges;
mod read;
mod rows;
mod schema;
mod select;
mod steps;
mod summary_stage;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

pub use asked::Asked;
pub use beside::{
    Beside, BesideDisease, BesideKind, BesideRows, BesideSystem, BesideTable, FIGO, MAX_SYSTEMS, NOT_STAGED,
    SUMMARY_STAGE, TORONTO, UNKNOWN,
};
pub use between::{Carried, is_anchor};
pub use category_axis::{CategoryAxis, Fit, Reading};
pub use eod_mets::EodMets;
pub use error::{KnowledgeError, Mistakes, Problem};
pub use factor::{Class, Factor, FactorAxis, Origin};
pub use gaps::Gap;
pub use overlay::Overlay;
pub use ranges::Ranges;
pub use schema::{Schema, System};
pub use select::{Selected, Traits};
pub use steps::{Spans, Steps};
pub use summary_stage::{SUMMARY_LABELS, SummaryRow, SummaryStage};
pub use table::{StageTable, TableAxis, TableBasis};

use crate::category::{Edition, Histology, Site};
use crate::fields::did_you_mean;
use file::{Source, toml_error};
use select::{Family, Selection};

const SCHEMAS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/schemas.rs"));
const FACTORS: (&str, &str) = ("factors.toml", include_str!("../../knowledge/factors.toml"));
const HISTOLOGIES: (&str, &str) = ("histologies.toml", include_str!("../../knowledge/histologies.toml"));
const CHANGES: (&str, &str) =
    ("between_editions.toml", include_str!("../../knowledge/between_editions.toml"));
/// Name and text of the file of the EOD Mets codes, for the audit, which reads it as well.
pub(crate) const EOD_METS: (&str, &str) = ("eod_mets.toml", include_str!("../../knowledge/eod_mets.toml"));
const EDITIONS: (&str, &str) = ("editions.toml", include_str!("../../knowledge/editions.toml"));

/// The systems beside the stage group, in the order of the outputs.
const BESIDE: &[(&str, &str)] = &[
    ("toronto.toml", include_str!("../../knowledge/beside/toronto.toml")),
    ("summary_lymphoma.toml", include_str!("../../knowledge/beside/summary_lymphoma.toml")),
    ("figo.toml", include_str!("../../knowledge/beside/figo.toml")),
    ("figo_2018.toml", include_str!("../../knowledge/beside/figo_2018.toml")),
    ("figo_2023.toml", include_str!("../../knowledge/beside/figo_2023.toml")),
    ("inss.toml", include_str!("../../knowledge/beside/inss.toml")),
    ("rai.toml", include_str!("../../knowledge/beside/rai.toml")),
    ("binet.toml", include_str!("../../knowledge/beside/binet.toml")),
];
const SUMMARY: (&str, &str) =
    ("summary_stage.toml", include_str!("../../knowledge/beside/summary_stage.toml"));

/// Index of a schema within the loaded rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
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
    overlay: Option<Overlay>,
    gap_reasons: Vec<gaps::Reason>,
    changes: between::Changes,
    eod_mets: EodMets,
    beside: Beside,
    hash: String,
}

/// Named lists of histologies.
pub(crate) struct Lists(BTreeMap<String, String>);

impl Lists {
    fn ranges(&self, text: &str) -> Option<Ranges> {
        Ranges::parse(self.spelled_out(text))
    }

    /// The codes of a named list, or the text itself.
    fn spelled_out<'t>(&'t self, text: &'t str) -> &'t str {
        text.strip_prefix('@').and_then(|name| self.0.get(name)).map_or(text, String::as_str)
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
    pub fn builtin() -> Result<&'static Self, &'static Mistakes> {
        static BUILTIN: LazyLock<Result<Rules, Mistakes>> = LazyLock::new(|| Rules::read(SCHEMAS, None));
        BUILTIN.as_ref()
    }

    /// The rules that come with rstage with those of a user's folder over them.
    ///
    /// # Errors
    /// Every mistake in the folder, and every tumor that one of its schemas and another one take both.
    pub fn overlaid(overlay: Overlay) -> Result<Self, Mistakes> {
        Self::read(SCHEMAS, Some(overlay))
    }

    /// Reads schema files given as (file name, text), and lays a user's folder over them.
    fn read(files: &[(&str, &str)], overlay: Option<Overlay>) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let lists = read::lists(overlay.as_ref(), &mut mistakes)?;
        let factors = read::factors(overlay.as_ref(), &mut mistakes)?;
        let editions = read_editions()?;
        let first_year =
            |edition: u8| editions.iter().find(|(_, e)| e.0 == edition).map_or(0, |(year, _)| *year);
        let selections = [Selection::new(0), Selection::new(first_year(8)), Selection::new(first_year(8))];
        let mut hasher = blake3::Hasher::new();
        let own = [&FACTORS, &HISTOLOGIES, &EDITIONS, &CHANGES, &EOD_METS, &SUMMARY];
        for (name, text) in files.iter().chain(own).chain(BESIDE) {
            hasher.update(name.as_bytes());
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        if let Some(overlay) = &overlay {
            hasher.update(overlay.hash().as_bytes());
        }
        let hash = hasher.finalize().to_hex().to_string();
        let (schemas, tables) = (Vec::new(), Vec::new());
        let gap_reasons = gaps::read_reasons()?;
        let eod_mets = toml::from_str(EOD_METS.1).map_err(|e| toml_error(&e, EOD_METS.1, EOD_METS.0))?;
        let mut rules = Self {
            schemas,
            tables,
            factors,
            selections,
            editions,
            overlay: None,
            gap_reasons,
            changes: between::Changes::default(),
            eod_mets,
            beside: Beside::default(),
            hash,
        };
        for (file, text) in files {
            mistakes.note(rules.read_schema(Source { file, text }, &lists, false));
        }
        if let Some(overlay) = overlay {
            for (file, text) in overlay.schemas() {
                mistakes.note(rules.read_schema(Source { file, text }, &lists, true));
            }
            rules.overlay = Some(overlay);
            rules.overlaps(false).for_each(|overlap| mistakes.push(overlap));
        }
        let named = |id: &str| rules.find(id).ok();
        rules.changes = between::Changes::read(CHANGES.1, CHANGES.0, named)?;
        let mut rules = mistakes.none_or(rules)?;
        rules.beside = Beside::read(BESIDE, SUMMARY, &rules.schemas, &rules.factors)?;
        Ok(rules)
    }

    /// The user's folder that was laid over the built-in rules.
    pub fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }

    /// Rows of two schemas that take the same tumor; `all`, or those that the user's folder brings in.
    fn overlaps(&self, all: bool) -> impl Iterator<Item = KnowledgeError> {
        let name = |id: SchemaId| self.schema(id).id.as_str();
        self.selections.iter().flat_map(move |selection| selection.overlaps(all, name))
    }

    /// The schema with this id.
    ///
    /// # Errors
    /// There is none; the error names the one that may be meant.
    pub fn find(&self, id: &str) -> Result<SchemaId, UnknownSchema> {
        self.schemas().find(|(_, schema)| schema.id == id).map(|(found, _)| found).ok_or_else(|| {
            let lower = id.to_lowercase();
            let ids = || self.schemas.iter().map(|schema| schema.id.as_str());
            let holding = ids().filter(|own| lower.len() > 2 && own.contains(&lower)).take(5);
            let hint = did_you_mean(&lower, ids()).unwrap_or_else(|| {
                let holding: Vec<&str> = holding.collect();
                match holding.as_slice() {
                    [] => "`rstage rules list` names all".to_owned(),
                    holding => format!("did you mean `{}`?", holding.join("`, `")),
                }
            });
            UnknownSchema { id: id.to_owned(), hint }
        })
    }

    /// The tumors that a schema takes: editions (`6, 7`), sites, histologies, conditions, row by row.
    pub fn selection(&self, schema: SchemaId) -> impl Iterator<Item = (&'static str, &[String; 3])> {
        Family::ALL.into_iter().flat_map(move |family| {
            self.selections[family as usize].printed(schema).map(move |row| (family.name(), row))
        })
    }

    /// Whether a schema takes this site and this histology in any edition, as far as they are given.
    pub fn takes(&self, schema: SchemaId, site: Option<Site>, histology: Option<Histology>) -> bool {
        self.selections.iter().any(|selection| selection.takes(schema, site, histology))
    }

    /// The tables of a schema, in the order of the editions and in which they are tried.
    pub fn tables_of(&self, schema: SchemaId) -> impl Iterator<Item = (u16, &StageTable)> {
        self.schema(schema).tables.iter().map(|&index| (index, self.table(index)))
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

    /// What the EOD Mets codes say of distant metastasis.
    pub fn eod_mets(&self) -> &EodMets {
        &self.eod_mets
    }

    /// The systems beside the stage group; none for rules that were not built in.
    pub fn beside(&self) -> &Beside {
        &self.beside
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
        tables.iter().filter(of_edition).map(|&index| (index, self.table(index))).filter(move |(_, table)| {
            (table.basis == wanted || table.basis == TableBasis::Any) && !table.replaced_for.contains(&wanted)
        })
    }
}

/// A schema that was asked for and does not exist.
#[derive(Clone, Debug, thiserror::Error)]
#[error("there is no schema {id}\nhint: {hint}")]
pub struct UnknownSchema {
    /// What was asked for.
    pub id: String,
    /// What may be meant.
    pub hint: String,
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
