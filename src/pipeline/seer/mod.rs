//! SEER's algorithms over the records of a run: each chunk is staged as columns before its rows are walked
//! through, and the answers become columns behind those of rstage.

mod answers;
mod inputs;
mod manifest;
mod names;

use crate::audit::{SeerGroup, SeerGroups};
use crate::fields::Mapping;
use crate::input::{Chunk, InputFile};
use crate::seer::{AGE, Algorithm, Algorithms, Column, Columns, Origin, YEAR};

pub(super) use answers::Answers;
use answers::{Part, Place};
use inputs::{Cells, Given, give};
pub(super) use manifest::manifest_algorithms;
use names::{Added, Content, added};

/// A column that SEER's algorithms add.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeerColumn {
    /// Its name.
    pub name: String,
    /// The key of the output that it holds; none of result, schema and errors.
    pub output: Option<String>,
    /// Whether it is of the algorithm that answers beside the others.
    pub beside: bool,
}

/// The columns that these algorithms add, in their order.
pub fn seer_columns(algorithms: &Algorithms) -> Vec<SeerColumn> {
    let columns = added(algorithms).into_iter().map(|Added { name, beside, content }| SeerColumn {
        name,
        output: match content {
            Content::Output(key) => Some(key),
            Content::Result | Content::Schema | Content::Errors => None,
        },
        beside,
    });
    columns.collect()
}

/// Whether a table has something that one of the algorithms looks its schemas up by.
pub(super) fn gives(algorithms: &Algorithms, headers: &[String], mapping: &Mapping) -> bool {
    algorithms.iter().any(|algorithm| {
        let given = give(algorithm, headers, mapping);
        algorithm.lookup_keys().any(|key| given.iter().any(|given| given.key() == key))
    })
}

/// What a record gives an algorithm: its keys, and their texts.
pub fn seer_case(
    algorithm: &Algorithm,
    headers: &[String],
    mapping: &Mapping,
    chunk: &Chunk,
    row: usize,
) -> Vec<(String, String)> {
    let mut cells = Cells::new(chunk);
    let given = give(algorithm, headers, mapping);
    let texts = given.iter().filter_map(|given| {
        let text = cells.of(given).text(row)?.to_owned();
        Some((given.key().to_owned(), text))
    });
    texts.collect()
}

/// SEER's algorithms and what of each file they are given.
pub(super) struct SeerPlan<'a> {
    algorithms: &'a Algorithms,
    files: Vec<FileInputs<'a>>,
    columns: Vec<Added>,
    /// The outputs that are compared with our own groups.
    groups: &'a SeerGroups,
}

/// Where one file has the inputs.
struct FileInputs<'a> {
    /// By algorithm.
    inputs: Vec<Vec<Given<'a>>>,
    year: Option<Given<'a>>,
    age: Option<Given<'a>>,
}

impl<'a> SeerPlan<'a> {
    /// Finds the inputs of every algorithm in every file.
    pub(super) fn new<'m>(
        algorithms: &'a Algorithms,
        groups: &'a SeerGroups,
        files: impl Iterator<Item = (&'m InputFile, &'m Mapping)>,
    ) -> Self {
        let files = files.map(|(file, mapping)| {
            let inputs: Vec<Vec<Given<'a>>> =
                algorithms.iter().map(|algorithm| give(algorithm, &file.header, mapping)).collect();
            let of_key = |key: &str| inputs.iter().flatten().find(|given| given.key() == key).cloned();
            let (year, age) = (of_key(YEAR), of_key(AGE));
            FileInputs { inputs, year, age }
        });
        Self { algorithms, files: files.collect(), columns: added(algorithms), groups }
    }

    /// Names of the columns that are added behind those of rstage, in their order.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|added| added.name.as_str())
    }

    /// The columns of a file that the algorithms read.
    pub(super) fn reads(&self, file: usize) -> impl Iterator<Item = usize> {
        let inputs = self.files.get(file).into_iter().flat_map(|file| file.inputs.iter().flatten());
        inputs.flat_map(Given::columns)
    }

    /// Stages all records of a chunk.
    pub(super) fn stage(&self, chunk: &Chunk) -> Answers<'_> {
        let rows = chunk.rows();
        let mut places = vec![Place::default(); rows];
        let mut parts = Vec::new();
        if let Some(file) = self.files.get(chunk.file) {
            let mut cells = Cells::new(chunk);
            let chosen = self.choose(file, &mut cells, rows);
            for ((at, algorithm), (inputs, chosen)) in
                self.algorithms.iter().enumerate().zip(file.inputs.iter().zip(chosen))
            {
                if chosen.is_empty() {
                    continue;
                }
                let columns: Vec<_> = inputs.iter().map(|given| (given.key(), cells.of(given))).collect();
                let columns = columns.iter().map(|(key, texts)| Column {
                    key,
                    texts: texts.texts.iter().map(String::as_str).collect(),
                    codes: texts.of_rows(&chosen),
                });
                let columns = Columns { rows: chosen.len(), columns: columns.collect() };
                let beside = self.algorithms.answers_beside(at);
                for (place, row) in chosen.iter().enumerate() {
                    places[*row as usize].set(beside, parts.len(), place);
                }
                let staged = algorithm.stage_columns(&columns, Origin::Table, false);
                let groups: Vec<&SeerGroup> = self.groups.of(algorithm.name()).collect();
                parts.push(Part::new(algorithm, staged, groups, &self.columns, beside));
            }
        }
        Answers::new(&self.columns, parts, places)
    }

    /// By algorithm, the rows that it stages.
    fn choose(&self, file: &FileInputs<'_>, cells: &mut Cells<'_>, rows: usize) -> Vec<Vec<u32>> {
        let years = file.year.as_ref().map(|given| cells.of(given).numbers());
        let ages = file.age.as_ref().map(|given| cells.of(given).numbers());
        let number = |of: &Option<Vec<Option<u16>>>, row: usize| *of.as_ref()?.get(row)?;
        let mut chosen = vec![Vec::new(); file.inputs.len()];
        for row in 0..rows {
            let (year, age) = (number(&years, row), number(&ages, row));
            let both = [self.algorithms.main(year), self.algorithms.beside(year, age)];
            for at in both.into_iter().flatten() {
                chosen[at].push(row as u32);
            }
        }
        chosen
    }
}
