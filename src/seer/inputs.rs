//! What a case gives, before its schema stages it: the year, valid codes, and what is filled in.

use super::json::OnInvalidInput;
use super::process::Group;
use super::schema::{Item, Value};
use super::staged::{StageError, StageErrorType, StageResult};
use super::table::{Action, TableRef};
use super::trace::Filled;
use crate::decision::{ABSENT, BLANK, NO_ROW, NULL};

impl Group<'_> {
    /// The year must be asked for and be valid, blank or not.
    pub(super) fn drop_years(&mut self, alive: &mut Vec<u32>, results: &mut [StageResult]) {
        let year = self.schema.inputs.iter().find(|input| &*input.key == "year_dx");
        let rows = match year.map(|year| year.table.as_ref()) {
            Some(None) => return,
            None | Some(Some(TableRef { table: None, .. })) => vec![NO_ROW; alive.len()],
            Some(Some(TableRef { table: Some(table), id })) => {
                let rows = self.rows(*table, alive);
                self.tell_year(id, &rows);
                rows
            }
        };
        let cases = self.cases;
        let mut each = rows.iter();
        alive.retain(|&at| {
            let valid = each.next() != Some(&NO_ROW);
            if !valid {
                results[cases[at as usize] as usize] = StageResult::InvalidYearDx;
            }
            valid
        });
        self.worker.put_back(rows);
    }

    /// Checks what is given and fills in what is not.
    pub(super) fn take_inputs(&mut self, alive: &mut Vec<u32>, results: &mut [StageResult]) {
        let mut failed = Vec::new();
        for input in &self.schema.inputs {
            let (mut absent, mut given) = (self.worker.spare(), self.worker.spare());
            let column = &self.worker.frame[input.at];
            for &at in &*alive {
                match column[at as usize] {
                    ABSENT | NULL => absent.push(at),
                    BLANK => {}
                    _ => given.push(at),
                }
            }
            if absent.is_empty() && !alive.is_empty() {
                self.tell_input(input.at, Filled::Given);
            }
            if let Some(table) = &input.table {
                self.check_input(input, table, &given, &mut failed);
            }
            if !absent.is_empty() {
                self.fill_in(input, &absent);
                let filled = match (input.default, &input.default_table) {
                    (None, None) => Filled::Blank,
                    _ => Filled::Default,
                };
                self.tell_input(input.at, filled);
            }
            self.worker.put_back(absent);
            self.worker.put_back(given);
        }
        if !failed.is_empty() {
            failed.sort_unstable();
            for &at in &failed {
                results[self.cases[at as usize] as usize] = StageResult::InvalidInput;
            }
            alive.retain(|at| failed.binary_search(at).is_err());
        }
    }

    fn check_input(&mut self, input: &Item, table: &TableRef, given: &[u32], failed: &mut Vec<u32>) {
        if given.is_empty() {
            return;
        }
        let keyed = |kind| StageError { key: Some(input.key.clone()), ..StageError::new(kind) };
        let Some(at) = table.table else {
            self.report(&keyed(StageErrorType::UnknownTable), given);
            return;
        };
        let invalid = self.unmatched(at, given);
        if invalid.is_empty() {
            self.worker.put_back(invalid);
            return;
        }
        let kind = if input.used_for_staging {
            StageErrorType::InvalidRequiredInput
        } else {
            StageErrorType::InvalidNonRequiredInput
        };
        self.report(&StageError { table: Some(table.id.clone()), ..keyed(kind) }, &invalid);
        let fails = match self.schema.on_invalid_input {
            OnInvalidInput::Continue => false,
            OnInvalidInput::Fail => true,
            OnInvalidInput::FailWhenUsedForStaging => input.used_for_staging,
        };
        if fails {
            failed.extend(invalid);
        }
    }

    fn fill_in(&mut self, input: &Item, absent: &[u32]) {
        if let (None, Some(table)) = (input.default, &input.default_table) {
            let keyed = |kind| StageError { key: Some(input.key.clone()), ..StageError::new(kind) };
            self.set(absent, input.at, Value::Number(BLANK));
            let Some(at) = table.table else {
                self.report(&keyed(StageErrorType::UnknownTable), absent);
                return;
            };
            let rows = self.rows(at, absent);
            let columns = || self.algorithm.tables[at].endpoints.iter().filter(|c| c.key == input.at);
            let mut without = Vec::new();
            for (&record, &row) in absent.iter().zip(&rows) {
                let number = columns().find_map(|column| match column.action(row)? {
                    Action::Set(number) => Some(*number),
                    Action::Copy(from) => Some(match self.worker.frame[*from][record as usize] {
                        ABSENT => BLANK,
                        number => number,
                    }),
                    _ => None,
                });
                match number.filter(|number| *number > NULL) {
                    Some(number) => self.worker.frame[input.at][record as usize] = number,
                    None => without.push(record),
                }
            }
            if !without.is_empty() {
                self.report(&keyed(StageErrorType::MatchNotFound), &without);
            }
        } else {
            self.set(absent, input.at, input.default.unwrap_or(Value::Number(BLANK)));
        }
    }
}
