//! Small algorithms made for a test.

mod files;
mod staging;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// A table from `key type` columns and rows of cells.
fn table(id: &str, columns: &[&str], rows: &[&[&str]]) -> Value {
    let definition: Vec<Value> = columns
        .iter()
        .map(|column| {
            let (key, kind) = column.split_once(' ').unwrap();
            json!({"key": key, "type": kind})
        })
        .collect();
    json!({"id": id, "algorithm": "Toy", "version": "1.0", "definition": definition, "rows": rows})
}

/// A schema whose selection table is `select`, with these parts on top.
fn schema(id: &str, parts: Value) -> Value {
    let mut schema = json!({
        "id": id, "algorithm": "Toy", "version": "1.0", "schema_selection_table": "select",
        "inputs": [
            {"key": "site"}, {"key": "hist"}, {"key": "year_dx", "table": "year"},
            {"key": "a", "default": "A"}, {"key": "b"},
        ],
        "outputs": [{"key": "out"}, {"key": "out2", "default": "two"}],
        "unheard_of": {"is": ["ignored"]},
    });
    let Value::Object(parts) = parts else { panic!("an object of parts") };
    for (key, value) in parts {
        schema[key] = value;
    }
    schema
}

/// Tables that every algorithm needs.
fn common() -> Vec<Value> {
    vec![
        table("primary_site", &["site INPUT"], &[&["C000,C500"]]),
        table("histology", &["hist INPUT"], &[&["8000-8002"]]),
        table("select", &["site INPUT", "hist INPUT"], &[&["C500", "*"]]),
        table("year", &["year_dx INPUT", "d DESCRIPTION"], &[&["2018-{{ctx_year_current}},9999,", "x"]]),
    ]
}

fn write(folder: &Path, schemas: &[Value], tables: &[Value]) {
    for (kind, forms) in [("schemas", schemas), ("tables", tables)] {
        fs::create_dir_all(folder.join(kind)).unwrap();
        for form in forms {
            let name = format!("{}.json", form["id"].as_str().unwrap());
            fs::write(folder.join(kind).join(name), form.to_string()).unwrap();
        }
    }
}

fn opened(schemas: &[Value], tables: &[Value]) -> Result<Algorithm, SeerError> {
    let folder = TempDir::new().unwrap();
    write(folder.path(), schemas, &[common(), tables.to_vec()].concat());
    Algorithm::open(folder.path(), 2026)
}

/// Stages a case of C500 and 8000 in 2020 with these keys on top.
fn staged(parts: Value, tables: &[Value], inputs: &[(&str, &str)]) -> CaseAnswer {
    let algorithm = opened(&[schema("s", parts)], tables).unwrap();
    stage(&algorithm, inputs)
}

type Inputs<'a> = &'a [(&'a str, &'a str)];

fn stage(algorithm: &Algorithm, inputs: &[(&str, &str)]) -> CaseAnswer {
    let mut case =
        std::collections::BTreeMap::from([("site", "C500"), ("hist", "8000"), ("year_dx", "2020")]);
    case.extend(inputs.iter().copied());
    algorithm.stage(case)
}

/// Outputs as `key=value`, null as `key`, then errors, in one line.
fn shown(answer: &CaseAnswer) -> String {
    let mut line = String::new();
    for (key, value) in &answer.outputs {
        match value {
            Some(value) => write!(line, "{key}={value} ").unwrap(),
            None => write!(line, "{key} ").unwrap(),
        }
    }
    for error in &answer.errors {
        write!(line, "[{error}]").unwrap();
    }
    line.trim_end().to_owned()
}

fn mapping(tables: &[Value]) -> Value {
    json!({"mappings": [{"id": "m", "tables": tables}]})
}
