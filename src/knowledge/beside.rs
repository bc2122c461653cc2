//! The systems that stand beside the stage group: Toronto, FIGO, Binet and the like.
//!
//! Each is a file of `knowledge/beside/`: which tumors it takes, under which of its versions,
//! and tables in the form of the stage tables whose last column names one or several labels.

use super::SchemaId;
use super::beside_file::{SystemForm, named_schemas, read_select, read_table};
use super::error::Mistakes;
use super::factor::Factor;
use super::file::{Source, toml_error};
use super::ranges::Ranges;
use super::schema::Schema;
use super::summary_stage::SummaryStage;
use super::table::TableAxis;
use crate::category::{Behavior, Edition, Histology, Site, StageGroup};
use crate::decision::Table;
use crate::fields::Field;

/// Most labels of one system: a set of them is one machine word, with bits left for UNK and NA.
const MAX_LABELS: usize = 62;

/// The bit of a row that prints NA: the system has no stage for what is recorded.
pub const NOT_STAGED: u64 = 1 << 62;

/// The bit of a row that prints UNK: what is recorded says that the stage is not known.
pub const UNKNOWN: u64 = 1 << 63;

/// Most systems.
pub const MAX_SYSTEMS: usize = 8;

/// Index of the Toronto stage among the systems.
pub const TORONTO: usize = 0;

/// Index of the summary stage, which T, N and M give by [`SummaryStage`] and lymphomas by a table.
pub const SUMMARY_STAGE: usize = 1;

/// Index of the FIGO stage.
pub const FIGO: usize = 2;

/// One system.
#[derive(Debug)]
pub struct BesideSystem {
    /// Name in outputs, `toronto`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Its labels, from the lowest stage to the highest.
    pub labels: Vec<String>,
    /// Field in which a record may hold the stage itself, to be compared.
    pub recorded: Option<Field>,
    ages: Option<Ranges>,
}

impl BesideSystem {
    /// Whether the system takes patients of this age.
    pub fn takes_age(&self, age: u8) -> bool {
        self.ages.as_ref().is_none_or(|ages| ages.contains(u16::from(age)))
    }

    /// Whether the age decides on the system.
    pub fn needs_age(&self) -> bool {
        self.ages.is_some()
    }
}

/// A disease that a system stages.
#[derive(Debug)]
pub struct BesideDisease {
    /// Name in outputs, `bone`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Index of its system.
    pub system: u8,
    /// Indexes of its tables, in the order in which they are tried.
    pub tables: Vec<u16>,
    select: Vec<Selects>,
}

#[derive(Debug)]
pub(super) struct Selects {
    pub(super) sites: Option<Ranges>,
    pub(super) histologies: Ranges,
    pub(super) behaviors: Option<Ranges>,
}

impl BesideDisease {
    /// The lists of sites (none: all) and of histologies that it takes.
    fn lists(&self) -> impl Iterator<Item = (Option<&Ranges>, &Ranges)> {
        self.select.iter().map(|row| (row.sites.as_ref(), &row.histologies))
    }

    /// Whether it takes a tumor; a behavior that is not recorded is malignant.
    pub fn takes(&self, site: Site, histology: Histology, behavior: Option<Behavior>) -> bool {
        let behavior = behavior.map_or(3, |behavior| u16::from(behavior.0));
        self.select.iter().any(|row| {
            row.histologies.contains(histology.0)
                && row.sites.as_ref().is_none_or(|sites| sites.contains(site.0))
                && row.behaviors.as_ref().is_none_or(|behaviors| behaviors.contains(behavior))
        })
    }
}

/// A table of a disease.
#[derive(Debug)]
pub struct BesideTable {
    /// Index of its disease.
    pub disease: u16,
    /// Version or year of the system.
    pub version: String,
    /// Where its labels come from.
    pub kind: BesideKind,
    /// Field of a score that follows the label, and stands for the range that the label prints: `III:12`.
    pub score: Option<Field>,
    pub(super) editions: Option<Ranges>,
    pub(super) schemas: Vec<SchemaId>,
}

/// Where the labels of a table come from.
#[derive(Debug)]
pub enum BesideKind {
    /// Rows over T, N, M and factors.
    Rows(Box<BesideRows>),
    /// The stage group of the manual: group to labels.
    Groups(Vec<(StageGroup, u64)>),
}

/// Compiled rows.
#[derive(Debug)]
pub struct BesideRows {
    /// Axes, in the order of the decision table's.
    pub axes: Vec<TableAxis>,
    /// The compiled rows.
    pub decision: Table,
    /// The labels of each row, bit by position in the system's list.
    pub labels: Vec<u64>,
    /// The labels of all rows together.
    pub all: u64,
    /// Each row as the file prints it, cells by column.
    pub printed: Vec<Vec<String>>,
    /// Column headings.
    pub heading: Vec<String>,
}

impl BesideTable {
    /// Whether the table holds under an edition of the manual and for a schema; most hold under any.
    pub fn holds_for(&self, edition: Option<Edition>, schema: Option<SchemaId>) -> bool {
        let listed = |editions: &Ranges| edition.is_some_and(|e| editions.contains(u16::from(e.0)));
        self.editions.as_ref().is_none_or(listed)
            && (self.schemas.is_empty() || schema.is_some_and(|schema| self.schemas.contains(&schema)))
    }
}

/// All systems beside the stage group.
#[derive(Debug, Default)]
pub struct Beside {
    systems: Vec<BesideSystem>,
    diseases: Vec<BesideDisease>,
    tables: Vec<BesideTable>,
    by_schema: Vec<Vec<u16>>,
    by_tumor: Vec<Vec<u16>>,
    summary: SummaryStage,
}

impl Beside {
    /// The systems, in the order of their files.
    pub fn systems(&self) -> &[BesideSystem] {
        &self.systems
    }

    /// A disease by its index.
    pub fn disease(&self, index: u16) -> &BesideDisease {
        &self.diseases[usize::from(index)]
    }

    /// A table by its index.
    pub fn table(&self, index: u16) -> &BesideTable {
        &self.tables[usize::from(index)]
    }

    /// Every table.
    pub fn tables(&self) -> &[BesideTable] {
        &self.tables
    }

    /// The lists of sites (none: all) and of histologies that each disease takes.
    pub(super) fn lists_by_disease(
        &self,
    ) -> impl Iterator<Item = (u16, impl Iterator<Item = (Option<&Ranges>, &Ranges)>)> {
        (0..).zip(&self.diseases).map(|(index, disease)| (index, disease.lists()))
    }

    /// The diseases that take every tumor of a schema.
    pub fn of_schema(&self, schema: SchemaId) -> &[u16] {
        self.by_schema.get(usize::from(schema.0)).map_or(&[], Vec::as_slice)
    }

    /// The diseases of a system that look at the tumor itself.
    pub fn of_tumor(&self, system: usize) -> &[u16] {
        self.by_tumor.get(system).map_or(&[], Vec::as_slice)
    }

    /// What the categories of a schema mean for the SEER summary stage.
    pub fn summary(&self) -> &SummaryStage {
        &self.summary
    }

    /// Reads the files of the systems and of the summary stage.
    pub(super) fn read(
        files: &[(&str, &str)],
        summary: (&str, &str),
        schemas: &[Schema],
        factors: &[Factor],
    ) -> Result<Self, Mistakes> {
        let mut beside = Self {
            by_schema: vec![Vec::new(); schemas.len()],
            summary: SummaryStage::read(Source { file: summary.0, text: summary.1 }, schemas)?,
            ..Self::default()
        };
        for (file, text) in files {
            beside.read_system(Source { file, text }, schemas, factors)?;
        }
        Ok(beside)
    }

    fn read_system(
        &mut self,
        source: Source<'_>,
        schemas: &[Schema],
        factors: &[Factor],
    ) -> Result<(), Mistakes> {
        let form: SystemForm =
            toml::from_str(source.text).map_err(|e| toml_error(&e, source.text, source.file))?;
        if self.systems.len() == MAX_SYSTEMS {
            return Err(source.wrong(1, format!("more than {MAX_SYSTEMS} systems")).into());
        }
        let labels: Vec<String> = form.labels.get_ref().split_whitespace().map(str::to_owned).collect();
        if labels.len() > MAX_LABELS {
            let line = source.line(&form.labels);
            return Err(source.wrong(line, format!("more than {MAX_LABELS} labels")).into());
        }
        let recorded = form.recorded.as_ref().map(|id| {
            let line = source.line(id);
            Field::from_id(id.get_ref()).ok_or_else(|| source.wrong(line, "recorded: no such field"))
        });
        let ages = form.age.as_ref().map(|ages| {
            let line = source.line(ages);
            Ranges::parse(ages.get_ref()).ok_or_else(|| source.wrong(line, "age: years such as 0-19"))
        });
        let system = BesideSystem {
            id: form.system,
            title: form.title,
            labels,
            recorded: recorded.transpose()?,
            ages: ages.transpose()?,
        };
        self.by_tumor.push(Vec::new());
        for disease in &form.disease {
            let index = self.diseases.len() as u16;
            let select = disease.select.as_ref().map(|rows| read_select(rows, source)).transpose()?;
            let named = named_schemas(disease.schemas.as_ref(), schemas, source)?;
            match (&select, named.is_empty()) {
                (Some(_), true) => self.by_tumor[self.systems.len()].push(index),
                (None, false) => named.iter().for_each(|id| self.by_schema[usize::from(id.0)].push(index)),
                _ => {
                    let line = source.line(&disease.id);
                    return Err(source.wrong(line, "a disease has either select or schemas").into());
                }
            }
            let mut tables = Vec::new();
            for table in &disease.table {
                tables.push(self.tables.len() as u16);
                let classes = (&form.by_histology, &form.by_site);
                self.tables.push(read_table(table, index, &system, factors, schemas, classes, source)?);
            }
            self.diseases.push(BesideDisease {
                id: disease.id.get_ref().clone(),
                title: disease.title.clone(),
                system: self.systems.len() as u8,
                tables,
                select: select.unwrap_or_default(),
            });
        }
        self.systems.push(system);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Rules;

    fn read(text: &str) -> Result<Beside, Mistakes> {
        let rules = Rules::builtin().unwrap();
        let schemas: Vec<Schema> = rules.schemas().map(|(_, schema)| schema.clone()).collect();
        let factors = Factor::read_all("[risk]\ntitle = \"Risk\"\nfields = [\"gtn_risk\"]\n", "f.toml")?;
        Beside::read(&[("x.toml", text)], ("s.toml", "rows = \"\"\"\na\n\"\"\"\n"), &schemas, &factors)
    }

    #[test]
    fn every_row_of_a_disease_can_be_reached_and_every_label_is_used() {
        let beside = Rules::builtin().unwrap().beside();
        for (at, system) in beside.systems().iter().enumerate().filter(|(at, _)| *at != SUMMARY_STAGE) {
            let of = |table: &&BesideTable| usize::from(beside.disease(table.disease).system) == at;
            let used = beside.tables().iter().filter(of).fold(0, |used, table| {
                used | match &table.kind {
                    BesideKind::Rows(rows) => rows.all,
                    BesideKind::Groups(groups) => groups.iter().fold(0, |set, (_, labels)| set | labels),
                }
            });
            assert_eq!(used, (1 << system.labels.len()) - 1, "{}", system.id);
        }
        assert_eq!(beside.systems()[TORONTO].id, "toronto");
        assert_eq!(beside.systems()[SUMMARY_STAGE].id, "summary_stage");
        assert_eq!(beside.systems()[SUMMARY_STAGE].labels, super::super::SUMMARY_LABELS);
        assert_eq!(beside.systems()[FIGO].id, "figo");
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let head =
            "system = \"s\"\ntitle = \"S\"\nlabels = \"A B\"\n[[disease]]\nid = \"d\"\ntitle = \"D\"\n";
        for (rest, problem) in [
            ("table = []\n", "x.toml:5: a disease has either select or schemas"),
            ("schemas = \"nowhere\"\ntable = []\n", "x.toml:7: nowhere is no schema"),
            (
                "schemas = \"lung\"\n[[disease.table]]\nversion = \"1\"\ngroups = \"\"\"\ngroup | label\nI | C\n\"\"\"\n",
                "x.toml:12: C is not among the labels",
            ),
            (
                "schemas = \"lung\"\n[[disease.table]]\nversion = \"1\"\ngroups = \"\"\"\ngroup | label\nXI | A\n\"\"\"\n",
                "x.toml:12: XI is no stage group",
            ),
            (
                "schemas = \"lung\"\n[[disease.table]]\nversion = \"1\"\nm = \"M0 M1\"\nrows = \"\"\"\nM | label\nM2 | A\n\"\"\"\n",
                "x.toml:13: column M: \"M2\" is not a pattern: M2 is no category",
            ),
        ] {
            let error = read(&format!("{head}{rest}")).unwrap_err();
            assert_eq!(error.to_string(), problem);
        }
    }
}
