//! The columns of the output: those of all inputs, by name and occurrence, in the order they are first seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::input::{InputFile, Kind, Quoting};

/// Columns of inputs that the records are not to have, by file and position.
pub type LeftOut = BTreeSet<(usize, usize)>;

/// The union of the inputs' columns.
#[derive(Clone, Debug)]
pub(super) struct Union {
    /// Column names as they stand in the inputs.
    pub(super) names: Vec<String>,
    /// The names in the bytes of the file that has them first.
    pub(super) raw_names: Vec<Vec<u8>>,
    /// Per file and output column, the column of the file.
    pub(super) sources: Vec<Vec<Option<usize>>>,
    /// Per file, whether all of its columns are there.
    whole: Vec<bool>,
}

impl Union {
    /// The columns of all inputs but those left out, which are given by file and position.
    pub(super) fn of(files: &[InputFile], left_out: &LeftOut) -> Self {
        let mut union =
            Self { names: Vec::new(), raw_names: Vec::new(), sources: Vec::new(), whole: Vec::new() };
        let mut places: BTreeMap<(&str, usize), usize> = BTreeMap::new();
        let mut columns = Vec::new();
        for (index, file) in files.iter().enumerate() {
            let raw_names = file.header_cells();
            let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
            let mut own = Vec::new();
            for (column, (name, raw)) in file.header.iter().zip(raw_names).enumerate() {
                let occurrence = seen.entry(name).or_insert(0);
                if left_out.contains(&(index, column)) {
                    *occurrence += 1;
                    continue;
                }
                let place = *places.entry((name, *occurrence)).or_insert_with(|| {
                    union.names.push(name.clone());
                    union.raw_names.push(raw);
                    union.names.len() - 1
                });
                *occurrence += 1;
                own.push((column, place));
            }
            union.whole.push(own.len() == file.header.len());
            columns.push(own);
        }
        for own in columns {
            let mut sources = vec![None; union.names.len()];
            for (column, place) in own {
                if let Some(source) = sources.get_mut(place) {
                    *source = Some(column);
                }
            }
            union.sources.push(sources);
        }
        union
    }

    /// Whether a file has exactly the output's columns in the output's order.
    pub(super) fn is_that_of(&self, file: usize) -> bool {
        self.whole.get(file) == Some(&true)
            && self.sources.get(file).is_some_and(|sources| {
                sources.iter().enumerate().all(|(place, source)| *source == Some(place))
            })
    }
}

/// The names among `added` that an input has already, as after a run on a run's own result.
pub fn clashing_columns(files: &[InputFile], added: &[String]) -> Vec<String> {
    let has = |name: &str| files.iter().any(|file| file.header.iter().any(|column| column.trim() == name));
    added.iter().filter(|name| has(name)).cloned().collect()
}

/// Whether every input is a table cut by tabs in which quotes mean nothing.
pub(super) fn all_literal(files: &[InputFile]) -> bool {
    let literal =
        |file: &InputFile| matches!(&file.kind, Kind::Csv(dialect) if dialect.quoting == Quoting::Literal);
    !files.is_empty() && files.iter().all(literal)
}
