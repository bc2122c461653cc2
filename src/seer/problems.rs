//! Slips of a file that do not keep it from staging: found when it is opened, so that a user can be told,
//! and reported as errors of the cases that run into them.

use std::collections::BTreeSet;

use super::schema::Schema;
use super::table::{Table, TableRef};

/// Missing tables and jumps in a circle, one line each.
pub(super) fn find(tables: &[Table], schemas: &[Schema]) -> Vec<String> {
    let mut lines = BTreeSet::new();
    let missing = |at: String, table: &TableRef| {
        let gone = table.table.is_none();
        gone.then(|| format!("{at} names the table {}, which is missing", table.id))
    };
    for schema in schemas {
        for item in schema.inputs.iter().chain(&schema.outputs) {
            let named = [&item.table, &item.default_table].into_iter().flatten();
            lines.extend(
                named.filter_map(|table| missing(format!("schema {}: {}", schema.id, item.key), table)),
            );
        }
        let paths = schema.mappings.iter().flat_map(|mapping| &mapping.tables);
        lines.extend(
            paths.filter_map(|path| missing(format!("schema {}: a mapping", schema.id), &path.table)),
        );
    }
    for table in tables {
        lines.extend(table.jumps().filter_map(|jump| missing(format!("table {}: a jump", table.id), jump)));
    }
    lines.extend(
        circles(tables).map(|at| format!("table {}: its jumps lead back to it in a circle", tables[at].id)),
    );
    lines.into_iter().collect()
}

/// Tables that jumps lead back to.
fn circles(tables: &[Table]) -> impl Iterator<Item = usize> {
    let next = |at: usize| tables[at].jumps().filter_map(|jump| jump.table);
    (0..tables.len()).filter(move |&start| {
        let mut seen = BTreeSet::new();
        let mut ahead: Vec<usize> = next(start).collect();
        while let Some(at) = ahead.pop() {
            if at == start {
                return true;
            }
            if seen.insert(at) {
                ahead.extend(next(at));
            }
        }
        false
    })
}
