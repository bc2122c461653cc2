//! The form of a file of `knowledge/beside/`, and how its tables and selections are understood.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::SchemaId;
use super::beside::{BesideKind, BesideRows, BesideSystem, BesideTable, NOT_STAGED, Selects, UNKNOWN};
use super::error::{KnowledgeError, Mistakes, Problem};
use super::factor::{Classes, Factor};
use super::file::Source;
use super::grid::{Grid, GridForm};
use super::ranges::Ranges;
use super::rows::Rows;
use super::schema::Schema;
use crate::category::StageGroup;
use crate::fields::Field;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SystemForm {
    pub(super) system: String,
    pub(super) title: String,
    pub(super) labels: Spanned<String>,
    pub(super) recorded: Option<Spanned<String>>,
    pub(super) age: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) by_histology: BTreeMap<String, Classes>,
    #[serde(default)]
    pub(super) by_site: BTreeMap<String, Classes>,
    #[serde(default)]
    pub(super) disease: Vec<DiseaseForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DiseaseForm {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) schemas: Option<Spanned<String>>,
    pub(super) select: Option<Spanned<String>>,
    pub(super) table: Vec<TableForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableForm {
    pub(super) version: String,
    pub(super) score: Option<Spanned<String>>,
    pub(super) editions: Option<Spanned<String>>,
    pub(super) schemas: Option<Spanned<String>>,
    pub(super) t: Option<Spanned<String>>,
    pub(super) n: Option<Spanned<String>>,
    pub(super) m: Option<Spanned<String>>,
    pub(super) rows: Option<Spanned<String>>,
    pub(super) groups: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) factors: BTreeMap<String, String>,
}

pub(super) fn read_table(
    form: &TableForm,
    disease: u16,
    system: &BesideSystem,
    factors: &[Factor],
    schemas: &[Schema],
    classes: (&BTreeMap<String, Classes>, &BTreeMap<String, Classes>),
    source: Source<'_>,
) -> Result<BesideTable, Mistakes> {
    let labels = |line: usize, text: &str| -> Result<u64, Mistakes> {
        let mut set = 0;
        for word in text.split_whitespace() {
            set |= match system.labels.iter().position(|label| label == word) {
                Some(at) => 1 << at,
                None if word == "UNK" => UNKNOWN,
                None if word == "NA" => NOT_STAGED,
                None => return Err(source.wrong(line, format!("{word} is not among the labels")).into()),
            };
        }
        if set == 0 { Err(source.wrong(line, "no label").into()) } else { Ok(set) }
    };
    let kind = match (&form.rows, &form.groups) {
        (Some(rows), None) => {
            let (t, n, m) = (form.t.as_ref(), form.n.as_ref(), form.m.as_ref());
            let grid_form = GridForm { t, n, m, rows, factors: &form.factors };
            let grid = Grid::read(&grid_form, "label", factors, classes, source)?;
            let sets = grid.results.iter().map(|(line, text)| labels(*line, text));
            let labels = sets.collect::<Result<Vec<_>, _>>()?;
            BesideKind::Rows(Box::new(BesideRows {
                all: labels.iter().fold(0, |all, set| all | set) & !(UNKNOWN | NOT_STAGED),
                labels,
                axes: grid.axes,
                decision: grid.decision,
                printed: grid.printed,
                heading: grid.heading,
            }))
        }
        (None, Some(groups)) => BesideKind::Groups(read_groups(groups, &labels, source)?),
        _ => {
            let line = form.editions.as_ref().map_or(1, |editions| source.line(editions));
            return Err(source.wrong(line, "a table has either rows or groups").into());
        }
    };
    let editions = form.editions.as_ref().map(|editions| {
        let line = source.line(editions);
        Ranges::parse(editions.get_ref()).ok_or_else(|| source.wrong(line, "editions: such as 8-9"))
    });
    let score = form.score.as_ref().map(|id| {
        let line = source.line(id);
        Field::from_id(id.get_ref()).ok_or_else(|| source.wrong(line, "score: no such field"))
    });
    Ok(BesideTable {
        disease,
        score: score.transpose()?,
        version: form.version.clone(),
        kind,
        editions: editions.transpose()?,
        schemas: named_schemas(form.schemas.as_ref(), schemas, source)?,
    })
}

/// `group | label` rows: several groups before the bar, one or several labels behind it.
fn read_groups(
    block: &Spanned<String>,
    labels: &dyn Fn(usize, &str) -> Result<u64, Mistakes>,
    source: Source<'_>,
) -> Result<Vec<(StageGroup, u64)>, Mistakes> {
    let rows = Rows::split(block.get_ref(), source.file, source.block_line(block))?;
    let mut groups = Vec::new();
    for (line, cells) in &rows.rows {
        let [named, label] = cells.as_slice() else {
            return Err(source.wrong(*line, "the columns must be: group | label").into());
        };
        for word in named.split_whitespace() {
            let group = StageGroup::from_label(word)
                .ok_or_else(|| source.wrong(*line, format!("{word} is no stage group")))?;
            // "same": the label is spelled like the group.
            groups.push((group, labels(*line, if *label == "same" { word } else { label })?));
        }
    }
    Ok(groups)
}

pub(super) fn read_select(block: &Spanned<String>, source: Source<'_>) -> Result<Vec<Selects>, Mistakes> {
    let rows = Rows::split(block.get_ref(), source.file, source.block_line(block))?;
    let mut select = Vec::new();
    for (line, cells) in &rows.rows {
        let [sites, histologies, behaviors] = cells.as_slice() else {
            return Err(source.wrong(*line, "the columns must be: site | histology | behavior").into());
        };
        let cell = |column: &str, value: &str| {
            let wanted = "any or a list of codes".to_owned();
            Problem::Cell { column: column.to_owned(), value: value.to_owned(), wanted }
                .at(source.file, *line)
        };
        let list = |column: &str, text: &str| match text {
            "any" => Ok(None),
            list => Ranges::parse(list).map(Some).ok_or_else(|| cell(column, text)),
        };
        select.push(Selects {
            sites: list("site", sites)?,
            histologies: Ranges::parse(histologies).ok_or_else(|| cell("histology", histologies))?,
            behaviors: list("behavior", behaviors)?,
        });
    }
    Ok(select)
}

/// The schemas named in a list; none where there is no list.
pub(super) fn named_schemas(
    list: Option<&Spanned<String>>,
    schemas: &[Schema],
    source: Source<'_>,
) -> Result<Vec<SchemaId>, KnowledgeError> {
    let Some(list) = list else { return Ok(Vec::new()) };
    list.get_ref()
        .split_whitespace()
        .map(|name| {
            schemas
                .iter()
                .position(|schema| schema.id == name)
                .map(|at| SchemaId(at as u16))
                .ok_or_else(|| source.wrong(source.line(list), format!("{name} is no schema")))
        })
        .collect()
}
