//! One case of an algorithm of SEER in words: its schema, its inputs, each table and row, its answer.

use std::fmt::Write as _;
use std::sync::Arc;

use super::heading;
use crate::rulebook::{WIDTH, wrapped};
use crate::seer::{
    Algorithm, CaseAnswer, Filled, Source, StageError, StageErrorType, StageResult, Step, TableForm, Trace,
    Written,
};

/// The cell of a column in which a row does nothing.
const MATCH: &str = "MATCH";

/// Longest cell that is printed whole.
const LONGEST_CELL: usize = 60;

/// The case in words. `given` are its keys and texts in the order to be shown.
pub fn explain_seer(source: &Source, algorithm: &Algorithm, given: &[(&str, &str)], trace: &Trace) -> String {
    let mut text = String::new();
    let words = Words { source, algorithm, given, trace };
    words.given(&mut text);
    words.schema(&mut text);
    if trace.answer.schema.is_some() {
        words.year(&mut text);
        words.inputs(&mut text);
        words.mappings(&mut text);
    }
    words.answer(&mut text);
    text
}

struct Words<'a> {
    source: &'a Source,
    algorithm: &'a Algorithm,
    given: &'a [(&'a str, &'a str)],
    trace: &'a Trace,
}

impl Words<'_> {
    fn given(&self, out: &mut String) {
        let Self { algorithm, .. } = self;
        let _ = writeln!(
            out,
            "Algorithm {} {}, in which this year is {}",
            algorithm.name(),
            algorithm.version(),
            algorithm.year_current()
        );
        heading(out, "Given");
        for (key, text) in self.given {
            let _ = writeln!(out, "  {key:<28} {}", blank(text));
        }
    }

    /// How each key that is given narrows the schemas.
    fn schema(&self, out: &mut String) {
        heading(out, "Schema");
        let own = ["site", "hist"];
        let of = |keys: &dyn Fn(&str) -> bool| {
            self.given.iter().copied().filter(|(key, _)| keys(key)).collect::<Vec<_>>()
        };
        let codes = of(&|key| own.contains(&key));
        let [site, histology] = own.map(|own| codes.iter().find(|(key, _)| *key == own).copied());
        let (Some(site), Some(histology)) = (site, histology) else {
            out.push_str("  None: both site and hist are needed\n");
            return;
        };
        for (key, text) in [site, histology] {
            if self.algorithm.lookup([(key, text)]).is_empty() {
                let _ =
                    writeln!(out, "  No schema takes {key} {}: the algorithm does not know it", blank(text));
                return;
            }
        }
        let mut found = self.algorithm.lookup(codes.iter().copied());
        let _ = writeln!(out, "  site {} and hist {}: {}", site.1, histology.1, names(&found));
        let mut keys = codes;
        let tells: Vec<&str> = self.algorithm.lookup_keys().filter(|key| !own.contains(key)).collect();
        for (key, text) in of(&|key| tells.contains(&key)) {
            keys.push((key, text));
            let narrowed = self.algorithm.lookup(keys.iter().copied());
            if narrowed != found {
                let _ = writeln!(out, "  {key} {}: {}", blank(text), names(&narrowed));
                found = narrowed;
            }
        }
        match &found[..] {
            [] => out.push_str("  No schema takes this case\n"),
            [one] => {
                let title = self.algorithm.schema(one).map_or("", |schema| schema.title.as_str());
                let _ = writeln!(out, "  It is {one}: {title}");
            }
            several => {
                let mut missing: Vec<&str> = Vec::new();
                for id in several {
                    let selection = self
                        .source
                        .schema(id)
                        .and_then(|form| self.source.table(&form.schema_selection_table));
                    let keys = selection.map(TableForm::input_keys).unwrap_or_default();
                    missing.extend(keys.iter().filter(|key| !own.contains(key)));
                }
                missing.retain(|key| self.given.iter().all(|(given, _)| given != key));
                missing.sort_unstable();
                missing.dedup();
                let _ = writeln!(out, "  Which of them it is, {} would tell", missing.join(" or "));
            }
        }
    }

    fn year(&self, out: &mut String) {
        heading(out, "Year of diagnosis");
        let checked = self.trace.steps.iter().find_map(|step| match step {
            Step::Year { table, row } => Some((table, row)),
            _ => None,
        });
        let _ = match checked {
            Some((table, Some(row))) => writeln!(out, "  Row {} of {table} takes it", row + 1),
            Some((table, None)) => writeln!(out, "  No row of {table} takes it: the case is not staged"),
            None if self.trace.answer.result == StageResult::InvalidYearDx => {
                writeln!(out, "  The schema has no valid years")
            }
            None => writeln!(out, "  Not checked"),
        };
    }

    fn inputs(&self, out: &mut String) {
        heading(out, "Inputs of the schema");
        let (mut defaults, mut blanks): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        let before = self.trace.steps.iter().take_while(|step| !matches!(step, Step::Mapping { .. }));
        for step in before {
            let line = match step {
                Step::Input { key, value, .. } if value.is_empty() => {
                    blanks.push(key.to_string());
                    continue;
                }
                Step::Input { key, value, filled: Filled::Default } => {
                    defaults.push(format!("{key}={value}"));
                    continue;
                }
                Step::Input { key, value, .. } => format!("  {key:<28} {value}"),
                Step::Error(error) => format!("  {}", self.error(error)),
                _ => continue,
            };
            let _ = writeln!(out, "{line}");
        }
        for (word, keys) in [("default", defaults), ("blank", blanks)] {
            let lines = wrapped(&keys.join(", "), WIDTH - 31);
            for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
                let _ = writeln!(out, "  {:<28} {line}", if at == 0 { word } else { "" });
            }
        }
        let set: Vec<String> = self
            .trace
            .steps
            .iter()
            .take_while(|step| !matches!(step, Step::Mapping { .. }))
            .filter_map(|step| match step {
                Step::Set { key, value: Some(value) } if !value.is_empty() => {
                    Some(format!("{key} = {value}"))
                }
                _ => None,
            })
            .collect();
        if !set.is_empty() {
            heading(out, "Outputs before the tables");
            for set in set {
                let _ = writeln!(out, "  {set}");
            }
        }
    }

    fn mappings(&self, out: &mut String) {
        let mut number = 0;
        let steps = self.trace.steps.iter().skip_while(|step| !matches!(step, Step::Mapping { .. }));
        let mut steps = steps.peekable();
        while let Some(step) = steps.next() {
            match step {
                Step::Mapping { id } => {
                    number += 1;
                    let name = id.clone().unwrap_or_else(|| format!("number {number}"));
                    heading(out, &format!("Mapping {name}"));
                }
                Step::Condition { table, row, inclusion } => condition(out, table, *row, *inclusion),
                Step::Set { key, value } => {
                    let mut set = vec![first(key, value.as_deref())];
                    while let Some(Step::Set { key, value }) =
                        steps.next_if(|step| matches!(step, Step::Set { .. }))
                    {
                        set.push(first(key, value.as_deref()));
                    }
                    for (at, line) in wrapped(&set.join(", "), WIDTH - 8).iter().enumerate() {
                        let _ = writeln!(out, "  {:<5} {line}", if at == 0 { "first" } else { "" });
                    }
                }
                Step::Table { table, depth, asked, row } => self.table(out, table, *depth, asked, *row),
                Step::Endpoint { column, depth, cell, .. } if cell == MATCH => {
                    let mut columns = vec![&**column];
                    while let Some(Step::Endpoint { column, .. }) =
                        steps.next_if(|step| matches!(step, Step::Endpoint { cell, .. } if cell == MATCH))
                    {
                        columns.push(column);
                    }
                    endpoint(out, &columns.join(", "), *depth, cell, &[]);
                }
                Step::Endpoint { column, depth, cell, written } => {
                    endpoint(out, column, *depth, cell, written);
                }
                Step::Stop => out.push_str("  The tables of this mapping that are left are skipped\n"),
                Step::Error(error) => {
                    let _ = writeln!(out, "    {}", self.error(error));
                }
                Step::Year { .. } | Step::Input { .. } => {}
            }
        }
    }

    fn table(
        &self,
        out: &mut String,
        id: &str,
        depth: usize,
        asked: &[(Arc<str>, Arc<str>, Arc<str>)],
        row: Option<usize>,
    ) {
        let indent = "  ".repeat(depth + 1);
        let title = self.algorithm.table_title(id).filter(|title| !title.is_empty());
        let _ = writeln!(
            out,
            "{indent}Table {id}{}",
            title.map(|title| format!(": {title}")).unwrap_or_default()
        );
        let asked: Vec<String> = asked
            .iter()
            .map(|(key, from, text)| {
                let from = if key == from { String::new() } else { format!(" (from {from})") };
                format!("{key} {}{from}", blank(text))
            })
            .collect();
        if !asked.is_empty() {
            let _ = writeln!(out, "{indent}  asked: {}", asked.join(", "));
        }
        if let Some(row) = row {
            let _ = writeln!(out, "{indent}  row {}{}", row + 1, self.cells(id, row));
        }
    }

    /// What a row wants, by key.
    fn cells(&self, id: &str, row: usize) -> String {
        let Some(form) = self.source.table(id) else { return String::new() };
        let cells = form.rows.iter().flatten().nth(row).into_iter().flatten();
        let wanted = form.definition.iter().flatten().zip(cells).filter(|(column, _)| column.kind == "INPUT");
        let wanted: Vec<String> = wanted
            .filter_map(|(column, cell)| Some((column, cell.as_deref()?)))
            .filter(|(_, cell)| *cell != "*")
            .map(|(column, cell)| format!("{} in {}", column.key, cut(cell)))
            .collect();
        if wanted.is_empty() {
            ", which takes everything".to_owned()
        } else {
            format!(": {}", wanted.join("; "))
        }
    }

    fn answer(&self, out: &mut String) {
        let CaseAnswer { result, outputs, errors, .. } = &self.trace.answer;
        heading(out, "Answer");
        let words = match result {
            StageResult::Staged => String::new(),
            failed => format!(": {}", failed.words()),
        };
        let _ = writeln!(out, "  {:<28} {}{words}", "result", result.code());
        for (key, value) in outputs {
            let _ = writeln!(out, "  {key:<28} {}", value.as_ref().map_or("(empty)", |value| blank(value)));
        }
        if !errors.is_empty() {
            heading(out, "Errors");
            for error in errors {
                let _ = writeln!(out, "  {}", self.error(error));
            }
        }
    }

    /// The code of an error and what it means.
    fn error(&self, error: &StageError) -> String {
        let message = match (&error.message, error.kind) {
            (Some(message), _) => message.to_string(),
            (None, StageErrorType::InvalidRequiredInput | StageErrorType::InvalidNonRequiredInput) => {
                let known =
                    error.key.as_ref().and_then(|key| self.given.iter().find(|(own, _)| **own == **key));
                known.map_or_else(
                    || error.kind.words().to_owned(),
                    |(_, text)| format!("{}: {}", error.kind.words(), cut(text.trim())),
                )
            }
            (None, kind) => kind.words().to_owned(),
        };
        format!("{error}: {message}")
    }
}

/// A key with the value that it has before the tables.
fn first(key: &str, value: Option<&str>) -> String {
    format!("{key} = {}", value.map_or("(empty)", blank))
}

fn condition(out: &mut String, table: &str, row: Option<usize>, inclusion: bool) {
    let found = row.map_or_else(|| "no row of it does".to_owned(), |row| format!("row {} does", row + 1));
    let word = if inclusion { "if" } else { "unless" };
    let skipped = if row.is_some() == inclusion { "" } else { ", so the mapping is skipped" };
    let _ = writeln!(out, "  only {word} {table} takes the case: {found}{skipped}");
}

fn endpoint(out: &mut String, column: &str, depth: usize, cell: &str, written: &[(Arc<str>, Written)]) {
    let indent = "  ".repeat(depth + 2);
    let written: Vec<String> = written
        .iter()
        .map(|(key, value)| match value {
            Written::Removed => format!("{key} is removed"),
            Written::Null => format!("{key} is empty"),
            Written::Text(text) => format!("{key} = {}", blank(text)),
        })
        .collect();
    let written = if written.is_empty() { String::new() } else { format!(" → {}", written.join(", ")) };
    let _ = writeln!(out, "{indent}{column} {}{written}", cut(cell));
}

fn names(ids: &[Arc<str>]) -> String {
    if ids.is_empty() { "no schema".to_owned() } else { ids.join(", ") }
}

fn blank(text: &str) -> &str {
    if text.trim().is_empty() { "(blank)" } else { text }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_CELL) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None if text.is_empty() => "(blank)".to_owned(),
        None => text.to_owned(),
    }
}
