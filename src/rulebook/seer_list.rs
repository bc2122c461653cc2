//! The schemas of an algorithm of SEER, one line each.

use std::collections::BTreeSet;

use crate::seer::{PathForm, SchemaForm, Source, TableForm};

/// Keys of site and histology, which every selection table asks about.
const SITE: &str = "site";
const HISTOLOGY: &str = "hist";

/// A schema of an algorithm in one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeerLine {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// The sites that its selection table takes.
    pub sites: String,
    /// The histologies that its selection table takes.
    pub histologies: String,
    /// Other keys that its selection table asks about.
    pub discriminators: Vec<String>,
    /// Tables that staging may ask.
    pub tables: usize,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
}

/// The schemas with this text in their id or title, in the order of their ids.
pub fn seer_lines(source: &Source, text: Option<&str>) -> Vec<SeerLine> {
    let text = text.map(str::to_lowercase);
    let forms = source.schema_ids().filter_map(|id| source.schema(id));
    let asked = forms.filter(|form| {
        let title = form.title.as_deref().unwrap_or_default();
        text.as_ref()
            .is_none_or(|text| form.id.to_lowercase().contains(text) || title.to_lowercase().contains(text))
    });
    asked.map(|form| line(source, form)).collect()
}

fn line(source: &Source, form: &SchemaForm) -> SeerLine {
    let selection = source.table(&form.schema_selection_table);
    let codes = |key| selection.map(|table| codes(table, key)).unwrap_or_default();
    let asks = selection.map(TableForm::input_keys).unwrap_or_default();
    let others = asks.iter().filter(|key| ![SITE, HISTOLOGY].contains(key));
    SeerLine {
        id: form.id.clone(),
        title: form.title.clone().unwrap_or_default(),
        sites: codes(SITE),
        histologies: codes(HISTOLOGY),
        discriminators: others.map(|key| (*key).to_owned()).collect(),
        tables: tables_of(source, form).len(),
        inputs: form.inputs.iter().flatten().count(),
        outputs: form.outputs.iter().flatten().count(),
    }
}

/// The different cells of a key, row by row.
fn codes(table: &TableForm, key: &str) -> String {
    let at = table.definition.iter().flatten().position(|c| c.kind == "INPUT" && c.key == key);
    let mut seen: Vec<&str> = Vec::new();
    for row in table.rows.iter().flatten() {
        let cell = at.and_then(|at| row.get(at)?.as_deref()).unwrap_or("*");
        if !seen.contains(&cell) {
            seen.push(cell);
        }
    }
    seen.join("; ")
}

/// Tables that the mappings of a schema may ask: conditions, tables, and those that they jump to, in the
/// order of the mappings.
pub(super) fn tables_of<'a>(source: &'a Source, form: &'a SchemaForm) -> Vec<&'a str> {
    let (mut seen, mut tables) = (BTreeSet::new(), Vec::new());
    for mapping in form.mappings.iter().flatten() {
        let lists = [&mapping.inclusion_tables, &mapping.exclusion_tables, &mapping.tables];
        for PathForm { id, .. } in lists.into_iter().flatten().flatten() {
            let mut ahead = vec![id.as_str()];
            while let Some(id) = ahead.pop() {
                if seen.insert(id) {
                    tables.push(id);
                    let mut targets = source.table(id).map(TableForm::jumps).unwrap_or_default();
                    targets.reverse();
                    ahead.extend(targets);
                }
            }
        }
    }
    tables
}
