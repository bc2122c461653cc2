//! The way of one case through its schema, step by step, for people who ask why.
//!
//! It is written down by the same code that stages many cases; a batch has no trace and pays nothing.

use std::sync::Arc;

use super::algorithm::Algorithm;
use super::batch::{Origin, one_case};
use super::process::Group;
use super::schema::TablePath;
use super::staged::{CaseAnswer, StageError};
use super::table::{Action, EndpointColumn};
use crate::decision::{ABSENT, NO_ROW, NULL};

/// An answer and how it came about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// The answer.
    pub answer: CaseAnswer,
    /// What was done with the schema that was found, in order.
    pub steps: Vec<Step>,
}

/// Where the value of an input comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filled {
    /// The case gives it; it may be blank.
    Given,
    /// The schema has a value, or a table with values, for cases that do not give it.
    Default,
    /// The case does not give it and the schema has nothing to fill in: it is blank.
    Blank,
}

/// One step. Rows count from 0, as in the file; a key without a text is null.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The year of diagnosis is checked against its table.
    Year {
        /// The table.
        table: Arc<str>,
        /// The row that takes it.
        row: Option<usize>,
    },
    /// An input has its value. What is wrong with it stands beside as an error.
    Input {
        /// Its key.
        key: Arc<str>,
        /// Its value.
        value: Arc<str>,
        /// Where that comes from.
        filled: Filled,
    },
    /// A mapping begins.
    Mapping {
        /// Its id.
        id: Option<String>,
    },
    /// A table is a condition of the mapping, which ends here unless it holds.
    Condition {
        /// The table.
        table: Arc<str>,
        /// The row that takes the case.
        row: Option<usize>,
        /// Whether the mapping wants a row to take it.
        inclusion: bool,
    },
    /// A key gets a value before the tables.
    Set {
        /// The key.
        key: Arc<str>,
        /// The value.
        value: Option<Arc<str>>,
    },
    /// A table is asked.
    Table {
        /// The table.
        table: Arc<str>,
        /// How many jumps led here.
        depth: usize,
        /// Key in the table, key in the schema, and its value at the time.
        asked: Vec<(Arc<str>, Arc<str>, Arc<str>)>,
        /// The first row that takes the case.
        row: Option<usize>,
    },
    /// The row does something in one column.
    Endpoint {
        /// The column.
        column: Arc<str>,
        /// How many jumps led to its table.
        depth: usize,
        /// What it does, as the table writes it.
        cell: String,
        /// Keys that got a value, with the value; absent where they were removed.
        written: Vec<(Arc<str>, Written)>,
    },
    /// The table's answer is to skip the tables of the mapping that are left.
    Stop,
    /// Something went wrong; staging goes on.
    Error(StageError),
}

/// What a key has after a row wrote to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Written {
    /// Nothing: it was removed.
    Removed,
    /// Null.
    Null,
    /// A text.
    Text(Arc<str>),
}

impl Algorithm {
    /// Stages one case that was put together for this algorithm, or that is a row of a table, and tells
    /// how the answer came about.
    pub fn trace<K, V>(&self, inputs: impl IntoIterator<Item = (K, V)>, origin: Origin) -> Trace
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let inputs: Vec<(K, V)> = inputs.into_iter().collect();
        self.with_worker(|worker| {
            worker.trace = Some(Vec::new());
            let staged = self.stage_with(worker, &one_case(&inputs), origin, true);
            let steps = worker.trace.take().unwrap_or_default();
            Trace { answer: self.answer(&staged, 0), steps }
        })
    }
}

/// A row as a step has it.
fn place(row: u32) -> Option<usize> {
    (row != NO_ROW).then_some(row as usize)
}

impl Group<'_> {
    /// Adds a step if the one case of the group is to be told about.
    pub(super) fn tell(&mut self, step: impl FnOnce(&Self) -> Step) {
        if self.worker.trace.is_some() {
            let step = step(self);
            self.worker.trace.get_or_insert_default().push(step);
        }
    }

    fn name(&self, key: usize) -> Arc<str> {
        self.algorithm.keys.name(key).clone()
    }

    /// The text of a key at the place of the one case.
    fn text(&self, key: usize) -> Arc<str> {
        let number = self.worker.frame[key].first().copied().unwrap_or(ABSENT);
        self.worker.texts.text(number).clone()
    }

    pub(super) fn tell_year(&mut self, table: &Arc<str>, rows: &[u32]) {
        if let [row] = rows {
            self.tell(|_| Step::Year { table: table.clone(), row: place(*row) });
        }
    }

    pub(super) fn tell_input(&mut self, key: usize, filled: Filled) {
        self.tell(|group| Step::Input { key: group.name(key), value: group.text(key), filled });
    }

    pub(super) fn tell_condition(&mut self, path: &TablePath, rows: &[u32], inclusion: bool) {
        if let [row] = rows {
            let table = path.table.id.clone();
            self.tell(|_| Step::Condition { table, row: place(*row), inclusion });
        }
    }

    pub(super) fn tell_set(&mut self, key: usize) {
        self.tell(|group| {
            let null = group.worker.frame[key].first() == Some(&NULL);
            Step::Set { key: group.name(key), value: (!null).then(|| group.text(key)) }
        });
    }

    pub(super) fn tell_table(&mut self, path: &TablePath, table: usize, depth: usize, rows: &[u32]) {
        let [row] = rows else { return };
        self.tell(|group| {
            let asked = &group.algorithm.tables[table];
            let keys = asked.rows.keys().map(|key| {
                let from = path.inputs.iter().rev().find(|(_, to)| *to == key).map_or(key, |(from, _)| *from);
                (group.name(key), group.name(from), group.text(key))
            });
            Step::Table { table: asked.id.clone(), depth, asked: keys.collect(), row: place(*row) }
        });
    }

    pub(super) fn tell_endpoint(
        &mut self,
        column: &EndpointColumn,
        first: usize,
        more: &[usize],
        depth: usize,
        rows: &[u32],
    ) {
        let [row] = rows else { return };
        let Some(action) = column.action(*row) else { return };
        self.tell(|group| {
            let written = [&first].into_iter().chain(more).map(|&key| {
                let value = match group.worker.frame[key].first() {
                    Some(&ABSENT) | None => Written::Removed,
                    Some(&NULL) => Written::Null,
                    Some(_) => Written::Text(group.text(key)),
                };
                (group.name(key), value)
            });
            let writes = matches!(action, Action::Set(_) | Action::Copy(_));
            Step::Endpoint {
                column: column.name.clone(),
                depth,
                cell: group.cell(action),
                written: if writes { written.collect() } else { Vec::new() },
            }
        });
    }

    /// An action as a table writes it.
    fn cell(&self, action: &Action) -> String {
        match action {
            Action::Nothing => "MATCH".to_owned(),
            Action::Set(ABSENT) => "VALUE".to_owned(),
            Action::Set(number) => format!("VALUE:{}", self.worker.texts.text(*number)),
            Action::Copy(from) => format!("VALUE:{{{{{}}}}}", self.algorithm.keys.name(*from)),
            Action::Jump(table) => format!("JUMP:{}", table.id),
            Action::Stop => "STOP".to_owned(),
            Action::Error(message) => format!("ERROR:{message}"),
        }
    }
}
