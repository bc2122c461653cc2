//! The form of a schema file, before anything in it is understood.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::error::{KnowledgeError, Problem};
use super::factor::Classes;
use super::grid::GridForm;
use crate::fields::did_you_mean;

/// Title, system and behavior may be left out where a file changes a schema that exists already.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SchemaForm {
    pub(super) id: Spanned<String>,
    pub(super) title: Option<String>,
    pub(super) system: Option<Spanned<String>>,
    pub(super) system_before_8: Option<Spanned<String>>,
    pub(super) system_until_6: Option<Spanned<String>>,
    pub(super) version_9_from: Option<u16>,
    pub(super) no_group_after_therapy: Option<Vec<u8>>,
    pub(super) n_tells_classification: Option<Vec<u8>>,
    pub(super) site_when_missing: Option<Spanned<String>>,
    pub(super) behavior: Option<Spanned<String>>,
    pub(super) not_staged_where_disc1: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) chapter: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) by_histology: BTreeMap<String, Classes>,
    #[serde(default)]
    pub(super) by_site: BTreeMap<String, Classes>,
    #[serde(default)]
    pub(super) select: Vec<SelectForm>,
    #[serde(default)]
    pub(super) eligible: Vec<HistologyForm>,
    #[serde(default)]
    pub(super) excluded: Vec<HistologyForm>,
    #[serde(default)]
    pub(super) table: Vec<TableForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SelectForm {
    pub(super) editions: Spanned<String>,
    pub(super) rows: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistologyForm {
    pub(super) edition: u8,
    pub(super) rows: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableForm {
    pub(super) edition: u8,
    pub(super) basis: Spanned<String>,
    pub(super) system: Option<String>,
    pub(super) site: Option<Spanned<String>>,
    pub(super) only_with: Option<Spanned<String>>,
    pub(super) t: Option<Spanned<String>>,
    pub(super) n: Option<Spanned<String>>,
    pub(super) m: Option<Spanned<String>>,
    pub(super) rows: Spanned<String>,
    #[serde(default)]
    pub(super) factors: BTreeMap<String, String>,
}

impl TableForm {
    pub(super) fn grid(&self) -> GridForm<'_> {
        GridForm {
            t: self.t.as_ref(),
            n: self.n.as_ref(),
            m: self.m.as_ref(),
            rows: &self.rows,
            factors: &self.factors,
        }
    }
}

/// A knowledge file being read: its name and text, to say where something is wrong.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// The line on which a value stands.
    pub(super) fn line<T>(self, value: &Spanned<T>) -> usize {
        line_at(self.text, value.span().start)
    }

    /// The first line of text inside a `"""` block.
    pub(super) fn block_line(self, block: &Spanned<String>) -> usize {
        let start = block.span().start;
        let opens = self.text.get(start..).and_then(|rest| rest.strip_prefix("\"\"\""));
        let newline = opens.is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"));
        line_at(self.text, start) + usize::from(newline)
    }

    /// A mistake in the form, at a line.
    pub(super) fn wrong(self, line: usize, what: impl Into<String>) -> KnowledgeError {
        Problem::Form(what.into()).at(self.file, line)
    }
}

/// A TOML error at its place. An unknown key comes with the known one that is meant.
pub(super) fn toml_error(error: &toml::de::Error, text: &str, file: &str) -> KnowledgeError {
    let line = error.span().map_or(1, |span| line_at(text, span.start));
    let message = error.message();
    let Some(rest) = message.strip_prefix("unknown field ") else {
        return Problem::Form(message.to_owned()).at(file, line);
    };
    // The words that the message quotes: the key, and those that are known.
    let mut words = rest.split('`').skip(1).step_by(2);
    let key = words.next().unwrap_or_default();
    let known: Vec<&str> = words.collect();
    let hint = did_you_mean(key, known.iter().copied())
        .unwrap_or_else(|| format!("the keys that may stand here are {}", known.join(", ")));
    Problem::Form(format!("unknown key `{key}`")).at(file, line).hint(hint)
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
