//! Tables and schemas as the files write them. What is prose there is not read.

use serde::Deserialize;

#[derive(Deserialize, Debug)]
pub(super) struct TableForm {
    pub(super) id: String,
    pub(super) algorithm: String,
    pub(super) version: String,
    #[serde(default)]
    pub(super) title: Option<String>,
    pub(super) definition: Option<Vec<ColumnForm>>,
    pub(super) rows: Option<Vec<Vec<Option<String>>>>,
}

#[derive(Deserialize, Debug)]
pub(super) struct ColumnForm {
    pub(super) key: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

#[derive(Deserialize, Debug)]
pub(super) struct SchemaForm {
    pub(super) id: String,
    pub(super) algorithm: String,
    pub(super) version: String,
    #[serde(default)]
    pub(super) title: Option<String>,
    pub(super) schema_selection_table: String,
    pub(super) on_invalid_input: Option<OnInvalidInput>,
    pub(super) inputs: Option<Vec<ItemForm>>,
    pub(super) outputs: Option<Vec<ItemForm>>,
    pub(super) initial_context: Option<Vec<KeyValueForm>>,
    pub(super) mappings: Option<Vec<MappingForm>>,
}

/// What an invalid value does to a case.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum OnInvalidInput {
    Continue,
    Fail,
    FailWhenUsedForStaging,
}

/// An input or an output.
#[derive(Deserialize, Debug)]
pub(super) struct ItemForm {
    pub(super) key: String,
    pub(super) name: Option<String>,
    pub(super) naaccr_item: Option<u32>,
    pub(super) naaccr_xml_id: Option<String>,
    pub(super) default: Option<String>,
    pub(super) default_table: Option<String>,
    pub(super) table: Option<String>,
    pub(super) used_for_staging: Option<bool>,
}

#[derive(Deserialize, Debug)]
pub(super) struct KeyValueForm {
    pub(super) key: String,
    pub(super) value: Option<String>,
}

#[derive(Deserialize, Debug)]
pub(super) struct MappingForm {
    pub(super) id: Option<String>,
    pub(super) inclusion_tables: Option<Vec<PathForm>>,
    pub(super) exclusion_tables: Option<Vec<PathForm>>,
    pub(super) initial_context: Option<Vec<KeyValueForm>>,
    pub(super) tables: Option<Vec<PathForm>>,
}

#[derive(Deserialize, Debug)]
pub(super) struct PathForm {
    pub(super) id: String,
    pub(super) input_mapping: Option<Vec<FromToForm>>,
    pub(super) output_mapping: Option<Vec<FromToForm>>,
}

#[derive(Deserialize, Debug)]
pub(super) struct FromToForm {
    pub(super) from: String,
    pub(super) to: String,
}
