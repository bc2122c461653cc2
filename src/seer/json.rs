//! Tables and schemas as the files write them. What is prose there is not read.

use serde::Deserialize;

use super::cell::{self, Endpoint};

#[derive(Deserialize, Debug)]
pub(crate) struct TableForm {
    pub(crate) id: String,
    pub(crate) algorithm: String,
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) title: Option<String>,
    pub(crate) definition: Option<Vec<ColumnForm>>,
    pub(crate) rows: Option<Vec<Vec<Option<String>>>>,
}

impl TableForm {
    /// Keys that it asks about.
    pub(crate) fn input_keys(&self) -> Vec<&str> {
        let inputs = self.definition.iter().flatten().filter(|column| column.kind == "INPUT");
        inputs.map(|column| column.key.as_str()).collect()
    }

    /// Tables that its rows jump to, in the order of the rows.
    pub(crate) fn jumps(&self) -> Vec<&str> {
        let mut targets: Vec<&str> = Vec::new();
        for row in self.rows.iter().flatten() {
            for (column, cell) in self.definition.iter().flatten().zip(row) {
                if column.kind == "ENDPOINT"
                    && let Ok(Endpoint::Jump(target)) = cell::endpoint(cell.as_deref())
                    && !targets.contains(&target)
                {
                    targets.push(target);
                }
            }
        }
        targets
    }
}

#[derive(Deserialize, Debug)]
pub(crate) struct ColumnForm {
    pub(crate) key: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

#[derive(Deserialize, Debug)]
pub(crate) struct SchemaForm {
    pub(crate) id: String,
    pub(crate) algorithm: String,
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) title: Option<String>,
    pub(crate) schema_selection_table: String,
    pub(crate) on_invalid_input: Option<OnInvalidInput>,
    pub(crate) inputs: Option<Vec<ItemForm>>,
    pub(crate) outputs: Option<Vec<ItemForm>>,
    pub(crate) initial_context: Option<Vec<KeyValueForm>>,
    pub(crate) mappings: Option<Vec<MappingForm>>,
}

/// What an invalid value does to a case.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum OnInvalidInput {
    Continue,
    Fail,
    FailWhenUsedForStaging,
}

/// An input or an output.
#[derive(Deserialize, Debug)]
pub(crate) struct ItemForm {
    pub(crate) key: String,
    pub(crate) name: Option<String>,
    pub(crate) naaccr_item: Option<u32>,
    pub(crate) naaccr_xml_id: Option<String>,
    pub(crate) default: Option<String>,
    pub(crate) default_table: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) used_for_staging: Option<bool>,
}

#[derive(Deserialize, Debug)]
pub(crate) struct KeyValueForm {
    pub(crate) key: String,
    pub(crate) value: Option<String>,
}

#[derive(Deserialize, Debug)]
pub(crate) struct MappingForm {
    pub(crate) id: Option<String>,
    pub(crate) inclusion_tables: Option<Vec<PathForm>>,
    pub(crate) exclusion_tables: Option<Vec<PathForm>>,
    pub(crate) initial_context: Option<Vec<KeyValueForm>>,
    pub(crate) tables: Option<Vec<PathForm>>,
}

#[derive(Deserialize, Debug)]
pub(crate) struct PathForm {
    pub(crate) id: String,
    pub(crate) input_mapping: Option<Vec<FromToForm>>,
    pub(crate) output_mapping: Option<Vec<FromToForm>>,
}

#[derive(Deserialize, Debug)]
pub(crate) struct FromToForm {
    pub(crate) from: String,
    pub(crate) to: String,
}
