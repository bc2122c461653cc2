//! One table of an algorithm: what its rows want, and what they do.

use std::collections::HashMap;
use std::sync::Arc;

use super::cell::{self, Endpoint};
use super::json::TableForm;
use super::keys::Keys;
use crate::decision::{ABSENT, Dictionary, TextColumn, TextPattern, TextTable};

/// A table that another one or a schema names; it may be missing from the file.
#[derive(Clone, Debug)]
pub(super) struct TableRef {
    pub(super) id: Arc<str>,
    /// Place among the algorithm's tables.
    pub(super) table: Option<usize>,
}

/// The tables of a file by id.
#[derive(Debug, Default)]
pub(super) struct TableIds(pub(super) HashMap<Arc<str>, usize>);

impl TableIds {
    pub(super) fn refer(&self, id: &str) -> TableRef {
        match self.0.get_key_value(id) {
            Some((id, &table)) => TableRef { id: id.clone(), table: Some(table) },
            None => TableRef { id: id.into(), table: None },
        }
    }
}

/// A compiled table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) id: Arc<str>,
    pub(super) title: String,
    pub(super) rows: TextTable,
    pub(super) endpoints: Vec<EndpointColumn>,
}

/// What the rows do in one column.
#[derive(Debug)]
pub(super) struct EndpointColumn {
    pub(super) key: usize,
    pub(super) name: Arc<str>,
    pub(super) action_of_row: Vec<u32>,
    /// The different actions.
    pub(super) actions: Vec<Action>,
}

/// What a row does in one column.
#[derive(Debug)]
pub(super) enum Action {
    Nothing,
    /// Gives the key a value, by its number; [`ABSENT`] removes it.
    Set(u32),
    /// Gives the key the value of another.
    Copy(usize),
    Jump(TableRef),
    Stop,
    /// Records an error with this text.
    Error(Arc<str>),
}

/// The input columns of a table: key and cells by row.
pub(super) type InputCells<'a> = Vec<(&'a str, Vec<Option<&'a str>>)>;

/// Input columns as the file has them; of two columns of one key the last one counts.
pub(super) fn input_cells(form: &TableForm) -> InputCells<'_> {
    let mut columns: InputCells<'_> = Vec::new();
    for (at, column) in form.definition.iter().flatten().enumerate().filter(|(_, c)| c.kind == "INPUT") {
        columns.retain(|(key, _)| *key != column.key);
        let cells = form.rows.iter().flatten().map(|row| row.get(at).and_then(|cell| cell.as_deref()));
        columns.push((&column.key, cells.collect()));
    }
    columns
}

/// A column of patterns from cells, each different cell read once.
pub(super) fn text_column(key: &str, cells: &[Option<&str>], keys: &mut Keys) -> TextColumn {
    let mut seen: HashMap<Option<&str>, u32> = HashMap::new();
    let mut patterns: Vec<TextPattern> = Vec::new();
    let pattern_of_row: Vec<u32> = cells
        .iter()
        .map(|cell| {
            *seen.entry(*cell).or_insert_with(|| {
                patterns.push(cell::input(*cell, keys));
                patterns.len() as u32 - 1
            })
        })
        .collect();
    TextColumn::new(keys.number(key), patterns, &pattern_of_row)
}

impl Table {
    /// Compiles a table; says what is wrong with it.
    pub(super) fn compile(
        form: &TableForm,
        ids: &TableIds,
        keys: &mut Keys,
        texts: &mut Dictionary,
    ) -> Result<Self, String> {
        let width = form.definition.iter().flatten().count();
        let rows = form.rows.as_deref().unwrap_or_default();
        if let Some((row, cells)) = rows.iter().enumerate().find(|(_, cells)| cells.len() != width) {
            return Err(format!("row {} has {} cells, but there are {width} columns", row + 1, cells.len()));
        }
        let columns = input_cells(form).iter().map(|(key, cells)| text_column(key, cells, keys)).collect();
        let text_table = TextTable::new(rows.len(), columns).map_err(|error| error.to_string())?;
        let mut endpoints = Vec::new();
        for (at, column) in form.definition.iter().flatten().enumerate().filter(|(_, c)| c.kind == "ENDPOINT")
        {
            let mut seen: HashMap<&str, u32> = HashMap::new();
            let mut actions = Vec::new();
            let mut action_of_row = Vec::with_capacity(rows.len());
            for (row, cells) in rows.iter().enumerate() {
                let cell = cells.get(at).and_then(|cell| cell.as_deref());
                let action = if let Some(&action) = cell.and_then(|cell| seen.get(cell)) {
                    action
                } else {
                    let endpoint = cell::endpoint(cell)
                        .map_err(|what| format!("row {}, column {}: {what}", row + 1, column.key))?;
                    actions.push(action(endpoint, ids, keys, texts));
                    let action = actions.len() as u32 - 1;
                    seen.extend(cell.map(|cell| (cell, action)));
                    action
                };
                action_of_row.push(action);
            }
            let key = keys.number(&column.key);
            endpoints.push(EndpointColumn { key, name: keys.name(key).clone(), action_of_row, actions });
        }
        let id = ids.refer(&form.id).id;
        let title = form.title.clone().unwrap_or_default();
        Ok(Self { id, title, rows: text_table, endpoints })
    }

    /// Every key that the table reads or writes.
    pub(super) fn keys(&self) -> impl Iterator<Item = usize> {
        let copied = self.actions().filter_map(|action| match action {
            Action::Copy(from) => Some(*from),
            _ => None,
        });
        self.rows.keys().chain(self.endpoints.iter().map(|column| column.key)).chain(copied)
    }

    /// Tables that rows jump to.
    pub(super) fn jumps(&self) -> impl Iterator<Item = &TableRef> {
        self.actions().filter_map(|action| match action {
            Action::Jump(table) => Some(table),
            _ => None,
        })
    }

    fn actions(&self) -> impl Iterator<Item = &Action> {
        self.endpoints.iter().flat_map(|column| &column.actions)
    }
}

fn action(endpoint: Endpoint<'_>, ids: &TableIds, keys: &mut Keys, texts: &mut Dictionary) -> Action {
    match endpoint {
        Endpoint::Match => Action::Nothing,
        Endpoint::Value(None) => Action::Set(ABSENT),
        Endpoint::Value(Some(value)) => match cell::reference(value) {
            Some(key) => Action::Copy(keys.number(key)),
            None => Action::Set(texts.number(value)),
        },
        Endpoint::Jump(table) => Action::Jump(ids.refer(table)),
        Endpoint::Stop => Action::Stop,
        Endpoint::Error(message) => Action::Error(message.into()),
    }
}
