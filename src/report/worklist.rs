//! The findings that the page lists: the severest ones, in the order of the run.

use std::ops::ControlFlow;

use serde::Serialize;

use super::ReportError;
use super::chart::grouped;
use super::folder::Folder;

/// Columns of the findings table that the list itself shows; all others explain a row when it is opened.
const SHOWN: [&str; 4] = ["key", "rule", "severity", "action"];
const SEVERITIES: [&str; 3] = ["error", "warning", "info"];

/// The list, and how much of all findings it is.
#[derive(Serialize)]
pub(super) struct Worklist {
    rows: Vec<Item>,
    shown: String,
    all: String,
    whole: bool,
    /// Whether single records are not to be shown.
    withheld: bool,
    /// Ids of the rules that occur in the list.
    rules: Vec<String>,
}

/// One finding.
#[derive(Serialize)]
struct Item {
    key: String,
    rule: String,
    severity: String,
    /// 0 for errors, 1 for warnings, 2 for information.
    rank: usize,
    action: String,
    facts: Vec<Fact>,
}

/// What explains it: a column and its value.
#[derive(Serialize)]
struct Fact {
    name: String,
    value: String,
}

/// Where the stage comes from, one fact for each part of `schema=lung; edition=8`.
fn of_stage(why: &str) -> Vec<Fact> {
    let parts = why.split("; ").filter_map(|part| part.split_once('='));
    parts.map(|(name, value)| Fact { name: name.to_owned(), value: value.to_owned() }).collect()
}

/// At most `most` findings, errors before warnings before information.
pub(super) fn worklist(folder: &Folder, most: usize) -> Result<Worklist, ReportError> {
    let mut kept: [Vec<Item>; SEVERITIES.len()] = Default::default();
    let most = if folder.hides() { 0 } else { most };
    folder.findings(|finding| {
        let severity = finding.text("severity");
        let rank = SEVERITIES.iter().position(|&known| known == severity).unwrap_or(SEVERITIES.len() - 1);
        if kept[rank].len() < most {
            let facts = finding.filled().filter(|(name, _)| !SHOWN.contains(name));
            let facts = facts.flat_map(|(name, value)| match name {
                "why" => of_stage(&value),
                _ => vec![Fact { name: name.to_owned(), value }],
            });
            kept[rank].push(Item {
                key: finding.text("key"),
                rule: finding.text("rule"),
                action: finding.text("action"),
                facts: facts.collect(),
                severity,
                rank,
            });
        }
        if kept[0].len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    let all = folder.manifest.findings.values().flat_map(|by| by.values()).sum::<u64>();
    let mut rows: Vec<Item> = kept.into_iter().flatten().collect();
    rows.truncate(most);
    let mut rules: Vec<String> = rows.iter().map(|row| row.rule.clone()).collect();
    rules.sort();
    rules.dedup();
    Ok(Worklist {
        shown: grouped(rows.len() as u64),
        all: grouped(all),
        withheld: folder.hides(),
        whole: rows.len() as u64 == all,
        rows,
        rules,
    })
}
