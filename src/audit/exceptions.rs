//! Exceptions to the rules that a chapter or a code list makes, as `exceptions.toml` names them.

use serde::Deserialize;

use super::registry::AuditError;
use super::subject::ORIGINAL;
use crate::category::{Axis, Category, Histology};
use crate::staging::Case;

const FILE: &str = "exceptions.toml";

/// The exceptions.
#[derive(Debug)]
pub(crate) struct Exceptions {
    zero_categories: Vec<Category>,
    zero_histologies: Vec<u16>,
}

impl Exceptions {
    /// The exceptions that come with the program.
    pub(crate) fn builtin() -> Result<Self, AuditError> {
        let File { stage_zero_although_malignant: zero } =
            AuditError::parse(FILE, include_str!("exceptions.toml"))?;
        let category = |label: &String| {
            Category::from_label(Axis::T, label)
                .ok_or_else(|| AuditError::Category { file: FILE, label: label.clone() })
        };
        Ok(Self {
            zero_categories: zero.categories.iter().map(category).collect::<Result<_, _>>()?,
            zero_histologies: zero.histologies,
        })
    }

    /// The histologies that it asks about.
    pub(crate) fn histologies(&self) -> &[u16] {
        &self.zero_histologies
    }

    /// Whether stage 0 is right for a record although its behavior is malignant.
    pub(crate) fn stage_zero_although_malignant(&self, case: &Case) -> bool {
        let histology =
            case.histology.value().is_some_and(|Histology(code)| self.zero_histologies.contains(&code));
        let mut categories = ORIGINAL.iter().filter_map(|&basis| case.set(basis).t.cell.value());
        histology || categories.any(|category| self.zero_categories.contains(&category))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    stage_zero_although_malignant: ZeroEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZeroEntry {
    categories: Vec<String>,
    histologies: Vec<u16>,
}
