//! Staging of the cases of one schema, all at once: every step is done for all of them before the next.

use std::sync::Arc;

use super::algorithm::Algorithm;
use super::schema::{Mapping, Schema, TablePath, Value};
use super::staged::{StageError, StageErrorType, StageResult};
use super::table::{Action, EndpointColumn, TableRef};
use super::trace::Step;
use super::worker::Worker;
use crate::decision::{ABSENT, BLANK, NO_ROW};

/// Longest chain of jumps: more is as good as a circle.
const MAX_JUMPS: usize = 256;

/// Most tables that the jumps of one table may ask: rows that jump twice to rows that jump twice have no end.
const MAX_ASKED: u32 = 1 << 14;

/// Where jumps have led from one table of a mapping.
#[derive(Default)]
struct Jumps {
    /// Tables that are being asked, the last one the innermost.
    running: Vec<usize>,
    /// How many were asked in all.
    asked: u32,
}

/// Cases of one schema on their way; places are those in the worker's frame.
pub(super) struct Group<'a> {
    pub(super) algorithm: &'a Algorithm,
    pub(super) schema: &'a Schema,
    pub(super) worker: &'a mut Worker,
    /// By place, the number of the case.
    pub(super) cases: &'a [u32],
    /// Whether the path is reported.
    pub(super) path: bool,
}

impl Group<'_> {
    /// Stages the cases at the given places. The frame holds what they give, trimmed, and the system's keys.
    /// Afterwards it holds the outputs of those that are still alive, which are returned.
    pub(super) fn stage(&mut self, mut alive: Vec<u32>, results: &mut [StageResult]) -> Vec<u32> {
        self.drop_years(&mut alive, results);
        self.take_inputs(&mut alive, results);
        if alive.is_empty() {
            return alive;
        }
        for output in &self.schema.outputs {
            let value = output.default.unwrap_or(Value::Number(BLANK));
            self.set(&alive, output.at, value);
            self.tell_set(output.at);
        }
        for (key, value) in &self.schema.context {
            self.set(&alive, *key, *value);
            self.tell_set(*key);
        }
        for mapping in &self.schema.mappings {
            self.map(mapping, &alive);
        }
        self.check_outputs(&alive);
        alive
    }

    fn map(&mut self, mapping: &Mapping, alive: &[u32]) {
        let mut involved = self.worker.spare();
        involved.extend(alive);
        self.tell(|_| Step::Mapping { id: mapping.id.clone() });
        for path in &mapping.inclusion {
            self.keep_if(path, true, &mut involved);
        }
        for path in &mapping.exclusion {
            self.keep_if(path, false, &mut involved);
        }
        for path in mapping.inclusion.iter().chain(&mapping.exclusion) {
            self.step(mapping, &path.table.id, &involved);
        }
        for (key, value) in &mapping.context {
            self.set(&involved, *key, *value);
            if !involved.is_empty() {
                self.tell_set(*key);
            }
        }
        for path in &mapping.tables {
            if involved.is_empty() {
                break;
            }
            for &(from, to) in &path.inputs {
                self.hand_over(path, from, to, &involved);
            }
            self.run(mapping, path, &path.table, &involved, &mut Jumps::default());
            for &(_, to) in &path.inputs {
                self.set(&involved, to, Value::Number(ABSENT));
            }
            let stop = &self.worker.stop;
            involved.retain(|&at| !stop[at as usize]);
            if involved.is_empty() {
                self.tell(|_| Step::Stop);
            }
        }
        self.worker.put_back(involved);
    }

    /// Keeps the cases that match a condition, or those that do not. The keys it is given are put back.
    fn keep_if(&mut self, path: &TablePath, matches: bool, involved: &mut Vec<u32>) {
        let Some(table) = path.table.table else { return };
        let saved: Vec<_> = path.inputs.iter().map(|&(_, to)| (to, self.worker.frame[to].clone())).collect();
        for &(from, to) in &path.inputs {
            for &at in &*involved {
                let number = self.worker.frame[from][at as usize];
                if number != ABSENT {
                    self.worker.frame[to][at as usize] = number;
                }
            }
        }
        let rows = self.rows(table, involved);
        self.tell_condition(path, &rows, matches);
        for (to, column) in saved.into_iter().rev() {
            self.worker.frame[to] = column;
        }
        let mut each = rows.iter();
        involved.retain(|_| each.next().is_some_and(|row| (*row != NO_ROW) == matches));
        self.worker.put_back(rows);
    }

    /// Gives a table the value of a key under another name.
    fn hand_over(&mut self, path: &TablePath, from: usize, to: usize, involved: &[u32]) {
        let mut without = Vec::new();
        for &at in involved {
            let number = self.worker.frame[from][at as usize];
            if number == ABSENT {
                without.push(at);
            } else {
                self.worker.frame[to][at as usize] = number;
            }
        }
        if !without.is_empty() {
            let error = StageError {
                table: Some(path.table.id.clone()),
                key: Some(self.algorithm.keys.name(from).clone()),
                ..StageError::new(StageErrorType::UnknownInputMapping)
            };
            self.report(&error, &without);
        }
    }

    /// Asks a table and does what its rows say; `jumps` led here.
    fn run(
        &mut self,
        mapping: &Mapping,
        path: &TablePath,
        table: &TableRef,
        chosen: &[u32],
        jumps: &mut Jumps,
    ) {
        for &at in chosen {
            self.worker.stop[at as usize] = false;
        }
        let about = |kind| StageError { table: Some(table.id.clone()), ..StageError::new(kind) };
        let Some(at) = table.table else {
            self.report(&about(StageErrorType::UnknownTable), chosen);
            return;
        };
        if jumps.running.contains(&at) || jumps.running.len() == MAX_JUMPS || jumps.asked == MAX_ASKED {
            self.report(&about(StageErrorType::InfiniteLoop), chosen);
            return;
        }
        self.step(mapping, &table.id, chosen);
        let rows = self.rows(at, chosen);
        let depth = jumps.running.len();
        self.tell_table(path, at, depth, &rows);
        let endpoints = &self.algorithm.tables[at].endpoints;
        if rows.contains(&NO_ROW) {
            let columns = endpoints.iter().map(|column| column.name.clone()).collect();
            let error = StageError { columns, ..about(StageErrorType::MatchNotFound) };
            let unmatched: Vec<u32> = unmatched(chosen, &rows).collect();
            self.report(&error, &unmatched);
        }
        jumps.running.push(at);
        jumps.asked += 1;
        for column in endpoints {
            for (target, chosen) in self.act(path, table, column, chosen, &rows, depth) {
                self.run(mapping, path, target, &chosen, jumps);
            }
        }
        jumps.running.pop();
        self.worker.put_back(rows);
    }

    /// Does what the matched rows say in one column, except jumps, which are given back by target.
    fn act<'t>(
        &mut self,
        path: &TablePath,
        table: &TableRef,
        column: &'t EndpointColumn,
        chosen: &[u32],
        rows: &[u32],
        depth: usize,
    ) -> Vec<(&'t TableRef, Vec<u32>)> {
        let mut targets = path.outputs.iter().filter(|(from, _)| *from == column.key).map(|(_, to)| *to);
        let first = targets.next().unwrap_or(column.key);
        let more: Vec<usize> = targets.collect();
        let mut jumps: Vec<(&TableRef, Vec<u32>)> = Vec::new();
        let mut errors: Vec<(&Arc<str>, u32)> = Vec::new();
        for (&record, &row) in chosen.iter().zip(rows) {
            let Some(action) = column.action(row) else { continue };
            let at = record as usize;
            let number = match action {
                Action::Nothing => continue,
                Action::Set(number) => *number,
                Action::Copy(from) => match self.worker.frame[*from][at] {
                    ABSENT => BLANK,
                    number => number,
                },
                Action::Stop => {
                    self.worker.stop[at] = true;
                    continue;
                }
                Action::Jump(target) => {
                    match jumps.iter_mut().find(|(known, _)| Arc::ptr_eq(&known.id, &target.id)) {
                        Some((_, records)) => records.push(record),
                        None => jumps.push((target, vec![record])),
                    }
                    continue;
                }
                Action::Error(message) => {
                    let known = errors.iter().find(|(known, _)| Arc::ptr_eq(known, message));
                    let number = known.map_or_else(
                        || {
                            let error = StageError {
                                table: Some(table.id.clone()),
                                columns: vec![column.name.clone()],
                                message: Some(message.clone()).filter(|message| !message.is_empty()),
                                ..StageError::new(StageErrorType::StagingError)
                            };
                            self.worker.error_values.number(&error)
                        },
                        |(_, number)| *number,
                    );
                    if known.is_none() {
                        errors.push((message, number));
                    }
                    self.worker.errors.push((self.cases[at], number));
                    continue;
                }
            };
            self.worker.frame[first][at] = number;
            for &key in &more {
                self.worker.frame[key][at] = number;
            }
        }
        self.tell_endpoint(column, first, &more, depth, rows);
        jumps
    }

    /// What is derived must be in the table of its output. By then all other keys are gone.
    fn check_outputs(&mut self, alive: &[u32]) {
        for &key in &self.schema.gone {
            self.set(alive, key, Value::Number(ABSENT));
        }
        for output in &self.schema.outputs {
            let Some(table) = &output.table else { continue };
            let column = &self.worker.frame[output.at];
            let present: Vec<u32> =
                alive.iter().copied().filter(|&at| column[at as usize] != ABSENT).collect();
            let keyed = |kind| StageError { key: Some(output.key.clone()), ..StageError::new(kind) };
            match table.table {
                None => self.report(&keyed(StageErrorType::UnknownTable), &present),
                Some(at) => {
                    let invalid = self.unmatched(at, &present);
                    let error =
                        StageError { table: Some(table.id.clone()), ..keyed(StageErrorType::InvalidOutput) };
                    self.report(&error, &invalid);
                }
            }
        }
    }

    pub(super) fn set(&mut self, chosen: &[u32], key: usize, value: Value) {
        match value {
            Value::Number(number) => {
                let column = &mut self.worker.frame[key];
                for &at in chosen {
                    column[at as usize] = number;
                }
            }
            Value::Copy(from) => {
                for &at in chosen {
                    let number = self.worker.frame[from][at as usize];
                    self.worker.frame[key][at as usize] = if number == ABSENT { BLANK } else { number };
                }
            }
        }
    }

    pub(super) fn rows(&mut self, table: usize, chosen: &[u32]) -> Vec<u32> {
        self.worker.rows(self.algorithm, table, chosen)
    }

    pub(super) fn unmatched(&mut self, table: usize, chosen: &[u32]) -> Vec<u32> {
        let rows = self.rows(table, chosen);
        let mut without = self.worker.spare();
        without.extend(unmatched(chosen, &rows));
        self.worker.put_back(rows);
        without
    }

    fn step(&mut self, mapping: &Mapping, table: &Arc<str>, chosen: &[u32]) {
        if self.path && !chosen.is_empty() {
            let name = mapping.id.as_ref().map_or_else(|| table.to_string(), |id| format!("{id}.{table}"));
            let number = self.worker.path_values.number(&Arc::from(name));
            let cases = self.cases;
            self.worker.path.extend(chosen.iter().map(|&at| (cases[at as usize], number)));
        }
    }

    pub(super) fn report(&mut self, error: &StageError, chosen: &[u32]) {
        if !chosen.is_empty() {
            let number = self.worker.error_values.number(error);
            let cases = self.cases;
            self.worker.errors.extend(chosen.iter().map(|&at| (cases[at as usize], number)));
            self.tell(|_| Step::Error(error.clone()));
        }
    }
}

fn unmatched<'a>(chosen: &'a [u32], rows: &'a [u32]) -> impl Iterator<Item = u32> {
    chosen.iter().zip(rows).filter(|(_, row)| **row == NO_ROW).map(|(&at, _)| at)
}

impl EndpointColumn {
    /// What a row does; nothing to do where no row matched.
    pub(super) fn action(&self, row: u32) -> Option<&Action> {
        self.actions.get(*self.action_of_row.get(row as usize)? as usize)
    }
}
