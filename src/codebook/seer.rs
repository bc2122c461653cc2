//! The columns that SEER's algorithms add: those of the files that are known, or of files that are given.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Kind, Variable, shared_codes};
use crate::pipeline::seer_columns;
use crate::seer::Algorithms;

const TEXT: &str = include_str!("seer.toml");

/// Characters of the longest label that every statistics program takes.
const LABEL: usize = 80;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    column: Vec<Variable>,
    output: BTreeMap<String, Output>,
}

/// What an algorithm answers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    label: String,
    /// The algorithms.
    of: Vec<String>,
    /// NAACCR item number.
    item: Option<u32>,
}

impl Output {
    fn variable(&self, name: String, key: &str) -> Variable {
        let item = self.item.map(|item| format!("; NAACCR item {item}")).unwrap_or_default();
        let words: Vec<&str> = self.label.split_whitespace().collect();
        Variable {
            name,
            label: words.join(" ").chars().take(LABEL).collect(),
            kind: Kind::Text,
            about: format!("Output {key} of SEER's algorithm {}{item}", self.of.join(", ")),
            codes: Vec::new(),
            like: None,
        }
    }
}

/// The columns of the algorithms that are known.
pub(super) fn known() -> Result<Vec<Variable>, toml::de::Error> {
    let file: File = toml::from_str(TEXT)?;
    let mut variables = shared_codes(file.column);
    let outputs = file.output.iter().map(|(key, output)| output.variable(format!("seer_{key}"), key));
    variables.extend(outputs);
    Ok(variables)
}

/// The columns of these algorithms, in the order of the records.
pub(super) fn of(algorithms: &Algorithms) -> Vec<Variable> {
    let known = known().unwrap_or_default();
    let columns = seer_columns(algorithms).into_iter().filter_map(|column| {
        let Some(key) = column.output else {
            return known.iter().find(|variable| variable.name == column.name).cloned();
        };
        let beside =
            (0..).zip(algorithms.iter()).filter(|(at, _)| algorithms.answers_beside(*at) == column.beside);
        let answers = beside.filter_map(|(_, algorithm)| {
            let item = algorithm.outputs().into_iter().find(|output| *output.key == *key)?;
            Some((format!("{} {}", algorithm.name(), algorithm.version()), item))
        });
        let (of, items): (Vec<String>, Vec<_>) = answers.unzip();
        let item = items.first()?;
        let label = if item.name.trim().is_empty() { key.clone() } else { item.name.clone() };
        let output = Output { label, of, item: item.naaccr_item };
        Some(output.variable(column.name, &key))
    });
    columns.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::seer::StageResult;

    #[test]
    fn the_file_is_whole() {
        let known = known().unwrap();
        let names: BTreeSet<&str> = known.iter().map(|variable| variable.name.as_str()).collect();
        assert_eq!(names.len(), known.len());
        for Variable { name, label, kind, codes, .. } in &known {
            assert!(name.starts_with("seer_") && name.len() <= 32 && label.len() <= LABEL, "{name}");
            assert_eq!(*kind == Kind::Code, !codes.is_empty(), "{name}");
        }
        let results = [
            StageResult::Staged,
            StageResult::MissingSiteOrHistology,
            StageResult::NoMatchingSchema,
            StageResult::MultipleMatchingSchemas,
            StageResult::InvalidYearDx,
            StageResult::InvalidInput,
        ];
        let result = known.iter().find(|variable| variable.name == "seer_result").unwrap();
        let codes: Vec<&str> = result.codes.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(codes, results.map(StageResult::code));
    }
}
