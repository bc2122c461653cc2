//! Many cases at once: their texts become numbers, their schemas are looked up, and the cases of each
//! schema are staged together.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::algorithm::Algorithm;
use super::cell::trim;
use super::columns::{Column, Columns};
use super::process::Group;
use super::schema::Schema;
use super::staged::{CaseAnswer, Lists, OutputColumn, StageError, StageErrorType, StageResult, Staged};
use super::worker::Worker;
use crate::decision::{ABSENT, NULL};

/// Most cases of one schema at a time: their columns stay in the cache.
const GROUP: usize = 1024;

/// Whose columns they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Cases put together for this algorithm: every key that is given counts, and one that the schema does
    /// not know is an error.
    Cases,
    /// A table with columns for all schemas: a case is given those that its schema asks for.
    Table,
}

/// One column in the numbers of a worker.
struct Given<'a> {
    column: &'a Column<'a>,
    /// Number of the key, if the algorithm has it.
    key: Option<usize>,
    /// By code, as it is.
    raw: Vec<u32>,
    /// By code, without blanks at its ends.
    trimmed: Vec<u32>,
}

impl<'a> Given<'a> {
    fn new(column: &'a Column<'a>, algorithm: &Algorithm, worker: &mut Worker) -> Self {
        let key = algorithm.keys.find(column.key);
        let (mut raw, mut trimmed) = (Vec::new(), Vec::new());
        if key.is_some() {
            for text in &column.texts {
                let number = worker.texts.number(text);
                let kept = trim(text);
                raw.push(number);
                trimmed.push(if kept.len() == text.len() { number } else { worker.texts.number(kept) });
            }
        }
        Self { column, key, raw, trimmed }
    }

    fn raw(&self, record: usize) -> u32 {
        self.column.code(record).map_or(ABSENT, |code| self.raw[code])
    }

    fn trimmed(&self, record: usize) -> u32 {
        self.column.code(record).map_or(ABSENT, |code| self.trimmed[code])
    }

    fn has_value(&self, record: usize) -> bool {
        self.column.code(record).is_some_and(|code| !self.column.texts[code].is_empty())
    }
}

impl Algorithm {
    /// Stages one case that was put together for this algorithm, with its path. A key that is not among
    /// the inputs takes its default; one with an empty text is blank, which is something else.
    ///
    /// ```no_run
    /// use std::collections::BTreeMap;
    /// use std::path::Path;
    ///
    /// use rstage::seer::{Algorithm, StageResult};
    ///
    /// let eod = Algorithm::open(Path::new("eod_public-3.3.zip"), 2026)?;
    /// let inputs = BTreeMap::from([
    ///     ("site", "C509"),
    ///     ("hist", "8500"),
    ///     ("behavior", "3"),
    ///     ("year_dx", "2022"),
    ///     ("eod_primary_tumor", "200"),
    ///     ("eod_regional_nodes", "000"),
    ///     ("eod_mets", "00"),
    /// ]);
    /// let answer = eod.stage(&inputs);
    /// assert_eq!(answer.result, StageResult::Staged);
    /// assert_eq!(answer.schema.as_deref(), Some("breast"));
    /// assert_eq!(answer.outputs["ss2018_derived"].as_deref(), Some("2"));
    /// assert!(answer.errors.is_empty());
    /// # Ok::<(), rstage::seer::SeerError>(())
    /// ```
    pub fn stage<K, V>(&self, inputs: impl IntoIterator<Item = (K, V)>) -> CaseAnswer
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let inputs: Vec<(K, V)> = inputs.into_iter().collect();
        self.answer(&self.stage_columns(&one_case(&inputs), Origin::Cases, true), 0)
    }

    /// The schemas that a case may belong to, by id; fewer keys find more schemas.
    pub fn lookup<K, V>(&self, inputs: impl IntoIterator<Item = (K, V)>) -> Vec<Arc<str>>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let inputs: Vec<(K, V)> = inputs.into_iter().collect();
        let found = self.lookup_columns(&one_case(&inputs), Origin::Cases);
        found.get(0).iter().map(|&at| self.schemas[at as usize].id.clone()).collect()
    }

    /// For each case, the places of the schemas that it may belong to.
    pub fn lookup_columns(&self, columns: &Columns<'_>, origin: Origin) -> Lists {
        self.with_worker(|worker| {
            let given: Vec<_> = columns.columns.iter().map(|c| Given::new(c, self, worker)).collect();
            let mut found = Vec::new();
            self.look_up(worker, columns.rows, &given, origin, |row, schema| found.push((row, schema)));
            Lists::gather(columns.rows, &found)
        })
    }

    /// Whether each text is a valid code of an input of a schema; none if there is no such input.
    pub fn accepts(&self, schema: &str, key: &str, values: &[&str]) -> Option<Vec<bool>> {
        let schema = self.schema(schema)?;
        let input = schema.inputs.iter().find(|input| &*input.key == key)?;
        let Some(table) = &input.table else { return Some(vec![true; values.len()]) };
        let table = table.table?;
        Some(self.with_worker(|worker| {
            self.clear(worker, schema, values.len());
            worker.frame[input.at].clear();
            let numbers = values.iter().map(|value| worker.texts.number(trim(value)));
            worker.frame[input.at].extend(numbers);
            let all: Vec<u32> = (0..values.len() as u32).collect();
            let rows = worker.rows(self, table, &all);
            rows.into_iter().map(|row| row != crate::decision::NO_ROW).collect()
        }))
    }

    /// Stages many cases; `path` says whether the tables asked are to be reported. Several threads may
    /// stage with one algorithm, each a part of the cases.
    ///
    /// ```no_run
    /// use std::path::Path;
    ///
    /// use rstage::seer::{Algorithm, Column, Columns, Origin};
    ///
    /// let tnm = Algorithm::open(Path::new("tnm-2.1.zip"), 2026)?;
    /// let cells = [
    ///     ("site", ["C341", "C509", "C619"]),
    ///     ("hist", ["8140", "8500", "8140"]),
    ///     ("year_dx", ["2016", "2017", "2017"]),
    ///     ("clin_t", ["c1A", "c2", ""]),
    /// ];
    /// let columns = Columns {
    ///     rows: 3,
    ///     // A blank cell is not given; `Column::encode` tells the two apart.
    ///     columns: cells.map(|(key, cells)| Column::of_cells(key, cells)).into(),
    /// };
    /// let staged = tnm.stage_columns(&columns, Origin::Table, false);
    /// for output in &staged.outputs {
    ///     println!("{}: {:?}", output.key, (0..3).map(|row| output.text(row)).collect::<Vec<_>>());
    /// }
    /// let third = tnm.answer(&staged, 2);
    /// println!("{}: {:?}", third.result.code(), third.errors);
    /// # Ok::<(), rstage::seer::SeerError>(())
    /// ```
    pub fn stage_columns(&self, columns: &Columns<'_>, origin: Origin, path: bool) -> Staged {
        self.with_worker(|worker| self.stage_with(worker, columns, origin, path))
    }

    pub(super) fn stage_with(
        &self,
        worker: &mut Worker,
        columns: &Columns<'_>,
        origin: Origin,
        path: bool,
    ) -> Staged {
        let given: Vec<_> = columns.columns.iter().map(|c| Given::new(c, self, worker)).collect();
        let mut given_of_key = vec![None; self.keys.len()];
        for (at, key) in given.iter().enumerate().filter_map(|(at, given)| Some((at, given.key?))) {
            given_of_key[key] = Some(at);
        }
        Batch { algorithm: self, rows: columns.rows, given, given_of_key, origin, path }.stage(worker)
    }

    /// The answer for one of many cases.
    ///
    /// # Panics
    ///
    /// If `staged` is of another algorithm or has no such row.
    pub fn answer(&self, staged: &Staged, row: usize) -> CaseAnswer {
        let id = |at: u32| self.schemas[at as usize].id.clone();
        let outputs: BTreeMap<Arc<str>, Option<Arc<str>>> = staged
            .outputs
            .iter()
            .filter(|output| output.codes[row] != OutputColumn::ABSENT)
            .map(|output| (output.key.clone(), output.text(row).cloned()))
            .collect();
        let named = |list: &Lists| list.get(row).to_vec();
        CaseAnswer {
            result: staged.results[row],
            schema: staged.schemas[row].map(id),
            candidates: named(&staged.candidates).into_iter().map(id).collect(),
            outputs,
            errors: named(&staged.errors)
                .into_iter()
                .map(|at| staged.error_values[at as usize].clone())
                .collect(),
            path: named(&staged.path).into_iter().map(|at| staged.path_values[at as usize].clone()).collect(),
        }
    }

    /// Calls `found` with every row and each of the schemas it may belong to.
    fn look_up(
        &self,
        worker: &mut Worker,
        rows: usize,
        given: &[Given<'_>],
        origin: Origin,
        mut found: impl FnMut(u32, u32),
    ) {
        let is_asked = |key: usize| self.lookup.keys.binary_search(&key).is_ok();
        for &key in &self.lookup.keys {
            let column = &mut worker.frame[key];
            column.clear();
            match given.iter().find(|given| given.key == Some(key)) {
                Some(given) => column.extend((0..rows).map(|row| given.raw(row))),
                None => column.resize(rows, ABSENT),
            }
        }
        let own = [Some(self.lookup.site), Some(self.lookup.histology)];
        let others: Vec<&Given<'_>> = given
            .iter()
            .filter(|g| !own.contains(&g.key) && (origin == Origin::Cases || g.key.is_some_and(is_asked)))
            .collect();
        for row in 0..rows {
            let with_others = || others.iter().any(|given| given.has_value(row));
            self.lookup.each(&mut worker.lookup, &worker.frame, &worker.texts, row, with_others, |schema| {
                found(row as u32, schema);
            });
        }
    }

    /// A frame for cases of a schema that give nothing.
    fn clear(&self, worker: &mut Worker, schema: &Schema, cases: usize) {
        for &key in &schema.keys {
            worker.frame[key].clear();
            worker.frame[key].resize(cases, ABSENT);
        }
        for (key, number) in self.system {
            worker.frame[key].fill(number);
        }
        worker.stop.clear();
        worker.stop.resize(cases, false);
    }
}

pub(super) fn one_case<K: AsRef<str>, V: AsRef<str>>(inputs: &[(K, V)]) -> Columns<'_> {
    let columns = inputs.iter().map(|(key, text)| Column {
        key: key.as_ref(),
        texts: vec![text.as_ref()],
        codes: vec![0].into(),
    });
    Columns { rows: 1, columns: columns.collect() }
}

/// Cases on their way.
struct Batch<'a> {
    algorithm: &'a Algorithm,
    rows: usize,
    given: Vec<Given<'a>>,
    /// By key, its place among those given.
    given_of_key: Vec<Option<usize>>,
    origin: Origin,
    path: bool,
}

impl Batch<'_> {
    fn stage(&self, worker: &mut Worker) -> Staged {
        let mut staged = Staged {
            results: vec![StageResult::MissingSiteOrHistology; self.rows],
            schemas: vec![None; self.rows],
            candidates: Lists::default(),
            outputs: Vec::new(),
            errors: Lists::default(),
            error_values: Vec::new(),
            path: Lists::default(),
            path_values: Vec::new(),
        };
        let mut outputs = vec![vec![ABSENT; self.rows]; self.algorithm.output_keys.len()];
        let groups = self.find_schemas(worker, &mut staged);
        for (schema, cases) in self.algorithm.schemas.iter().zip(groups) {
            for cases in cases.chunks(GROUP) {
                self.stage_group(worker, schema, cases, &mut staged.results, &mut outputs);
            }
        }
        staged.errors = Lists::gather(self.rows, &worker.errors);
        staged.path = Lists::gather(self.rows, &worker.path);
        worker.errors.clear();
        worker.path.clear();
        staged.error_values = mem::take(&mut worker.error_values).values;
        staged.path_values = mem::take(&mut worker.path_values).values;
        staged.outputs = self.output_columns(worker, outputs);
        staged
    }

    /// Looks the schemas up; gives the cases by schema.
    fn find_schemas(&self, worker: &mut Worker, staged: &mut Staged) -> Vec<Vec<u32>> {
        let algorithm = self.algorithm;
        let mut several: Vec<(u32, u32)> = Vec::new();
        algorithm.look_up(worker, self.rows, &self.given, self.origin, |row, schema| {
            let first = &mut staged.schemas[row as usize];
            match *first {
                None => *first = Some(schema),
                Some(first) => {
                    if several.last().is_none_or(|(last, _)| *last != row) {
                        several.push((row, first));
                    }
                    several.push((row, schema));
                }
            }
        });
        for (row, _) in &several {
            staged.schemas[*row as usize] = None;
        }
        let site = &worker.frame[algorithm.lookup.site];
        let histology = &worker.frame[algorithm.lookup.histology];
        let is_missing = |row: usize| site[row] == ABSENT || histology[row] == ABSENT;
        several.retain(|(row, _)| !is_missing(*row as usize));
        staged.candidates = Lists::gather(self.rows, &several);
        let mut groups = vec![Vec::new(); algorithm.schemas.len()];
        for (row, result) in staged.results.iter_mut().enumerate() {
            if is_missing(row) {
                staged.schemas[row] = None;
                continue;
            }
            *result = match staged.schemas[row] {
                Some(schema) => {
                    groups[schema as usize].push(row as u32);
                    StageResult::Staged
                }
                None if staged.candidates.get(row).is_empty() => StageResult::NoMatchingSchema,
                None => StageResult::MultipleMatchingSchemas,
            };
        }
        groups
    }

    fn stage_group(
        &self,
        worker: &mut Worker,
        schema: &Schema,
        cases: &[u32],
        results: &mut [StageResult],
        outputs: &mut [Vec<u32>],
    ) {
        self.algorithm.clear(worker, schema, cases.len());
        for input in &schema.inputs {
            let Some(given) = self.given_of_key[input.at] else { continue };
            let given = &self.given[given];
            for (number, &case) in worker.frame[input.at].iter_mut().zip(cases) {
                *number = given.trimmed(case as usize);
            }
        }
        let mut known = worker.spare();
        known.extend(0..cases.len() as u32);
        if self.origin == Origin::Cases {
            self.drop_unknown(worker, schema, cases, &mut known, results);
        }
        let mut group = Group { algorithm: self.algorithm, schema, worker, cases, path: self.path };
        let alive = group.stage(known, results);
        for &key in &schema.reported {
            let Some(output) = self.algorithm.output_of_key[key] else { continue };
            for &at in &alive {
                outputs[output][cases[at as usize] as usize] = worker.frame[key][at as usize];
            }
        }
        worker.put_back(alive);
    }

    /// A key that the schema does not ask for fails the case.
    fn drop_unknown(
        &self,
        worker: &mut Worker,
        schema: &Schema,
        cases: &[u32],
        known: &mut Vec<u32>,
        results: &mut [StageResult],
    ) {
        for given in &self.given {
            if schema.inputs.iter().any(|input| given.key == Some(input.at)) {
                continue;
            }
            let error = StageError {
                key: Some(given.column.key.into()),
                ..StageError::new(StageErrorType::UnknownInput)
            };
            for &case in cases.iter().filter(|case| given.column.code(**case as usize).is_some()) {
                results[case as usize] = StageResult::InvalidInput;
                worker.errors.push((case, worker.error_values.number(&error)));
            }
        }
        known.retain(|&at| results[cases[at as usize] as usize] == StageResult::Staged);
    }

    /// Outputs with texts of their own, numbered as they come.
    fn output_columns(&self, worker: &Worker, outputs: Vec<Vec<u32>>) -> Vec<OutputColumn> {
        const NEW: u32 = u32::MAX;
        let mut code_of = vec![NEW; worker.texts.len()];
        let keys = self.algorithm.output_keys.iter().map(|&key| self.algorithm.keys.name(key).clone());
        keys.zip(outputs)
            .map(|(key, mut codes)| {
                let mut numbers: Vec<u32> = Vec::new();
                for code in &mut codes {
                    *code = match *code {
                        ABSENT => OutputColumn::ABSENT,
                        NULL => OutputColumn::NULL,
                        number => {
                            let own = &mut code_of[number as usize];
                            if *own == NEW {
                                *own = numbers.len() as u32;
                                numbers.push(number);
                            }
                            *own
                        }
                    };
                }
                for &number in &numbers {
                    code_of[number as usize] = NEW;
                }
                let texts = numbers.iter().map(|&number| worker.texts.text(number).clone()).collect();
                OutputColumn { key, texts, codes }
            })
            .collect()
    }
}
