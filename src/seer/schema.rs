//! One schema of an algorithm: its inputs, its outputs, and the tables that lead from one to the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cell;
use super::json::{FromToForm, ItemForm, KeyValueForm, MappingForm, OnInvalidInput, PathForm, SchemaForm};
use super::keys::Keys;
use super::table::{Table, TableIds, TableRef};
use crate::decision::{Dictionary, NULL};

/// A schema: the rules for one group of cancers.
#[derive(Debug)]
pub struct Schema {
    /// Its id, as reported.
    pub id: Arc<str>,
    /// Its title.
    pub title: String,
    /// What it asks for.
    pub inputs: Vec<Item>,
    /// What it answers.
    pub outputs: Vec<Item>,
    pub(super) on_invalid_input: OnInvalidInput,
    pub(super) context: Vec<(usize, Value)>,
    pub(super) mappings: Vec<Mapping>,
    /// Keys of the context that are reported.
    pub(super) reported: Vec<usize>,
    /// Every key that staging with this schema reads or writes.
    pub(super) keys: Vec<usize>,
    /// Keys that the tables of outputs read but that are no outputs: they are gone by then.
    pub(super) gone: Vec<usize>,
}

/// An input or an output of a schema.
#[derive(Debug)]
pub struct Item {
    /// Its key.
    pub key: Arc<str>,
    /// Its name in words.
    pub name: String,
    /// NAACCR item number.
    pub naaccr_item: Option<u32>,
    /// NAACCR XML id.
    pub naaccr_xml_id: Option<String>,
    /// Whether the stage depends on it.
    pub used_for_staging: bool,
    pub(super) at: usize,
    pub(super) default: Option<Value>,
    pub(super) default_table: Option<TableRef>,
    pub(super) table: Option<TableRef>,
}

impl Item {
    /// The part of a registry's cell that this item is: of the date of diagnosis (item 390), which the
    /// algorithms name for the year, the first four characters; else all of it.
    pub fn of_cell<'a>(&self, cell: &'a str) -> &'a str {
        const DATE_OF_DIAGNOSIS: u32 = 390;
        if self.naaccr_item == Some(DATE_OF_DIAGNOSIS) {
            cell.char_indices().nth(4).map_or(cell, |(end, _)| &cell[..end])
        } else {
            cell
        }
    }
}

/// A value that the file gives to a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    /// A text by number, or null.
    Number(u32),
    /// What another key has.
    Copy(usize),
}

/// A part of the staging with a condition.
#[derive(Debug)]
pub(super) struct Mapping {
    pub(super) id: Option<String>,
    pub(super) inclusion: Vec<TablePath>,
    pub(super) exclusion: Vec<TablePath>,
    pub(super) context: Vec<(usize, Value)>,
    pub(super) tables: Vec<TablePath>,
}

/// A table in a mapping, with other names for its keys.
#[derive(Debug)]
pub(super) struct TablePath {
    pub(super) table: TableRef,
    /// From key, to key.
    pub(super) inputs: Vec<(usize, usize)>,
    /// From key, to key.
    pub(super) outputs: Vec<(usize, usize)>,
}

/// What a schema is compiled with.
pub(super) struct Compiler<'a> {
    pub(super) ids: &'a TableIds,
    pub(super) tables: &'a [Table],
    pub(super) keys: &'a mut Keys,
    pub(super) texts: &'a mut Dictionary,
    /// Keys that every context has.
    pub(super) system: [usize; 2],
}

impl Compiler<'_> {
    /// Compiles a schema; says what is wrong with it.
    pub(super) fn schema(&mut self, form: &SchemaForm) -> Result<Schema, String> {
        let inputs: Vec<Item> = form.inputs.iter().flatten().map(|item| self.item(item)).collect();
        let outputs: Vec<Item> = form.outputs.iter().flatten().map(|item| self.item(item)).collect();
        let context = form.initial_context.iter().flatten().map(|form| self.context(form)).collect();
        let mut mappings = Vec::new();
        for (at, mapping) in form.mappings.iter().flatten().enumerate() {
            let name = mapping.id.clone().unwrap_or_else(|| format!("number {}", at + 1));
            let mapping = self.mapping(mapping).map_err(|what| format!("mapping {name}: {what}"))?;
            if let Some((key, _)) =
                mapping.context.iter().find(|(key, _)| inputs.iter().any(|input| input.at == *key))
            {
                let key = self.keys.name(*key);
                return Err(format!("mapping {name}: initial_context sets {key}, which is an input"));
            }
            mappings.push(mapping);
        }
        let mut schema = Schema {
            id: form.id.as_str().into(),
            title: form.title.clone().unwrap_or_default(),
            inputs,
            outputs,
            on_invalid_input: form.on_invalid_input.unwrap_or(OnInvalidInput::Continue),
            context,
            mappings,
            reported: Vec::new(),
            keys: Vec::new(),
            gone: Vec::new(),
        };
        self.gather_keys(&mut schema);
        Ok(schema)
    }

    fn item(&mut self, form: &ItemForm) -> Item {
        let at = self.keys.number(&form.key);
        Item {
            key: self.keys.name(at).clone(),
            name: form.name.clone().unwrap_or_default(),
            naaccr_item: form.naaccr_item,
            naaccr_xml_id: form.naaccr_xml_id.clone(),
            used_for_staging: form.used_for_staging.unwrap_or(false),
            at,
            default: form.default.as_ref().map(|text| self.value(text)),
            default_table: form.default_table.as_ref().map(|id| self.ids.refer(id)),
            table: form.table.as_ref().map(|id| self.ids.refer(id)),
        }
    }

    fn value(&mut self, text: &str) -> Value {
        match cell::reference(text) {
            Some(key) => Value::Copy(self.keys.number(key)),
            None => Value::Number(self.texts.number(text)),
        }
    }

    fn context(&mut self, form: &KeyValueForm) -> (usize, Value) {
        let value = form.value.as_ref().map_or(Value::Number(NULL), |text| self.value(text));
        (self.keys.number(&form.key), value)
    }

    /// The context of a mapping is taken as it is written.
    fn literal(&mut self, form: &KeyValueForm) -> (usize, Value) {
        let value = form.value.as_ref().map_or(NULL, |text| self.texts.number(text));
        (self.keys.number(&form.key), Value::Number(value))
    }

    fn mapping(&mut self, form: &MappingForm) -> Result<Mapping, String> {
        let mapping = Mapping {
            inclusion: self.paths(form.inclusion_tables.as_deref()),
            exclusion: self.paths(form.exclusion_tables.as_deref()),
            context: form.initial_context.iter().flatten().map(|form| self.literal(form)).collect(),
            tables: self.paths(form.tables.as_deref()),
            id: form.id.clone(),
        };
        let conditions = mapping.inclusion.iter().chain(&mapping.exclusion);
        match conditions.map(|path| &path.table).find(|table| table.table.is_none()) {
            Some(table) => Err(format!("its condition is the table {}, which is missing", table.id)),
            None => Ok(mapping),
        }
    }

    fn paths(&mut self, forms: Option<&[PathForm]>) -> Vec<TablePath> {
        let mut paths = Vec::new();
        for form in forms.into_iter().flatten() {
            let inputs = self.pairs(form.input_mapping.as_deref());
            let outputs = self.pairs(form.output_mapping.as_deref());
            paths.push(TablePath { table: self.ids.refer(&form.id), inputs, outputs });
        }
        paths
    }

    fn pairs(&mut self, forms: Option<&[FromToForm]>) -> Vec<(usize, usize)> {
        let pair = |form: &FromToForm| (self.keys.number(&form.from), self.keys.number(&form.to));
        forms.into_iter().flatten().map(pair).collect()
    }

    /// Follows the schema through all its tables.
    fn gather_keys(&self, schema: &mut Schema) {
        let mut keys = BTreeSet::from(self.system);
        let mut tables: Vec<usize> = Vec::new();
        let copied = |value: &Value| match value {
            Value::Copy(from) => Some(*from),
            Value::Number(_) => None,
        };
        for item in schema.inputs.iter().chain(&schema.outputs) {
            keys.insert(item.at);
            keys.extend(item.default.iter().filter_map(copied));
            tables.extend([&item.table, &item.default_table].into_iter().flatten().filter_map(|t| t.table));
        }
        let contexts = schema.mappings.iter().flat_map(|mapping| &mapping.context).chain(&schema.context);
        for (key, value) in contexts {
            keys.insert(*key);
            keys.extend(copied(value));
        }
        for mapping in &schema.mappings {
            for path in mapping.inclusion.iter().chain(&mapping.exclusion).chain(&mapping.tables) {
                keys.extend(path.inputs.iter().chain(&path.outputs).flat_map(|(from, to)| [*from, *to]));
                tables.extend(path.table.table);
            }
        }
        let mut seen = BTreeSet::new();
        while let Some(at) = tables.pop() {
            if seen.insert(at) {
                keys.extend(self.tables[at].keys());
                tables.extend(self.tables[at].jumps().filter_map(|jump| jump.table));
            }
        }
        let is_in = |items: &[Item], key: usize| items.iter().any(|item| item.at == key);
        schema.reported = if schema.outputs.is_empty() {
            let own = |key: &usize| !is_in(&schema.inputs, *key) && !self.system.contains(key);
            keys.iter().copied().filter(own).collect()
        } else {
            let outputs: BTreeSet<usize> = schema.outputs.iter().map(|output| output.at).collect();
            outputs.into_iter().filter(|key| !self.system.contains(key)).collect()
        };
        let checks = schema.outputs.iter().filter_map(|output| output.table.as_ref()?.table);
        let gone: BTreeSet<usize> = checks
            .flat_map(|at| self.tables[at].rows.keys())
            .filter(|key| !is_in(&schema.outputs, *key))
            .collect();
        schema.gone = gone.into_iter().collect();
        schema.keys = keys.into_iter().collect();
    }
}
