//! What stands in a worklist, and by what worklists are told apart.

use super::RunError;
use crate::fields::{Coding, Field, Mapping, Source, identifying_columns};
use crate::input::{Chunk, InputFile};

/// Columns of a worklist, after the group where worklists are told apart.
pub(super) const WORKLIST_COLUMNS: [&str; 12] = [
    "severity", "rule", "what", "action", "key", "facility", "fields", "recorded", "derived", "why", "file",
    "line",
];

/// Where the group of a record is found in a file: by a field, else by the name of a column.
pub(super) fn sources(
    file: &InputFile,
    mapping: &Mapping,
    name: Option<&str>,
) -> Result<Vec<Source>, RunError> {
    let Some(name) = name else { return Ok(Vec::new()) };
    let of_field = Field::from_id(name).map_or(&[][..], |field| mapping.sources(field));
    let sources = if of_field.is_empty() {
        let column =
            (0..).map_while(|at| Some((at, mapping.header(at)?))).find(|(_, header)| *header == name);
        let (index, _) =
            column.ok_or_else(|| RunError::WorklistBy { path: file.path.clone(), name: name.to_owned() })?;
        vec![Source::Column { index, coding: Coding::Plain }]
    } else {
        of_field.to_vec()
    };
    let names_a_person = |column: &usize| {
        sources.iter().any(|source| matches!(source, Source::Column { index, .. } if index == column))
    };
    if let Some(column) = identifying_columns(&file.header).into_iter().find(names_a_person) {
        let column = file.header.get(column).cloned().unwrap_or_default();
        return Err(RunError::IdentifyingWorklist { path: file.path.clone(), column });
    }
    Ok(sources)
}

/// The first of some columns that holds something.
pub(super) fn text(chunk: &Chunk, sources: &[Source], row: usize) -> String {
    let texts = sources.iter().map(|source| match source {
        Source::Constant(text) => text.clone(),
        Source::Column { index, .. } => chunk.text(*index, row).trim().to_owned(),
    });
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}
