//! What SEER's algorithms say of the records of a chunk.

use std::fmt::Write as _;

use super::names::{Added, Content};
use crate::audit::{AuditRules, Finding, SeerGroup};
use crate::output::TextColumn;
use crate::seer::{Algorithm, Staged};
use crate::staging;

/// Where the answers for a record are: the part, and the row within it.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    main: Option<(usize, usize)>,
    beside: Option<(usize, usize)>,
}

impl Place {
    pub(super) fn set(&mut self, beside: bool, part: usize, row: usize) {
        *(if beside { &mut self.beside } else { &mut self.main }) = Some((part, row));
    }

    fn get(self, beside: bool) -> Option<(usize, usize)> {
        if beside { self.beside } else { self.main }
    }
}

/// The records of a chunk that one algorithm staged.
pub(super) struct Part<'a> {
    algorithm: &'a Algorithm,
    staged: Staged,
    beside: bool,
    /// By added column, the place of its output among those staged.
    outputs: Vec<Option<usize>>,
    /// Outputs that are compared with our own groups, and their places.
    groups: Vec<(&'a SeerGroup, usize)>,
}

impl<'a> Part<'a> {
    pub(super) fn new(
        algorithm: &'a Algorithm,
        staged: Staged,
        groups: Vec<&'a SeerGroup>,
        columns: &[Added],
        beside: bool,
    ) -> Self {
        let place = |key: &str| staged.outputs.iter().position(|output| &*output.key == key);
        let outputs = columns.iter().map(|added| match &added.content {
            Content::Output(key) if added.beside == beside => place(key),
            _ => None,
        });
        let outputs = outputs.collect();
        let groups = groups.into_iter().filter_map(|group| Some((group, place(group.output())?))).collect();
        Self { algorithm, staged, beside, outputs, groups }
    }

    fn output(&self, place: usize, row: usize) -> &str {
        self.staged.outputs.get(place).and_then(|output| output.text(row)).map_or("", |text| text)
    }

    fn schema(&self, row: usize) -> &str {
        let schema = self.staged.schemas.get(row).copied().flatten();
        schema.and_then(|at| self.algorithm.schemas().get(at as usize)).map_or("", |schema| &schema.id)
    }

    fn errors(&self, row: usize, text: &mut String) {
        for &at in self.staged.errors.get(row) {
            let Some(error) = self.staged.error_values.get(at as usize) else { continue };
            let separator = if text.is_empty() { "" } else { ";" };
            let _ = write!(text, "{separator}{error}");
        }
    }
}

/// The answers for a chunk.
pub(in crate::pipeline) struct Answers<'a> {
    columns: &'a [Added],
    parts: Vec<Part<'a>>,
    places: Vec<Place>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(columns: &'a [Added], parts: Vec<Part<'a>>, places: Vec<Place>) -> Self {
        Self { columns, parts, places }
    }

    /// Compares the groups of a record with ours and adds what is found.
    pub(in crate::pipeline) fn compare(
        &self,
        row: usize,
        audit: &AuditRules,
        ours: &staging::Staged,
        findings: &mut Vec<Finding>,
    ) {
        let Some(place) = self.places.get(row) else { return };
        for beside in [false, true] {
            let Some((part, row)) = place.get(beside) else { continue };
            let Some(part) = self.parts.get(part) else { continue };
            for &(group, output) in &part.groups {
                group.compare(audit, ours, part.output(output, row), findings);
            }
        }
    }

    /// Whether a comparison finds anything.
    pub(in crate::pipeline) fn differs(
        &self,
        row: usize,
        audit: &AuditRules,
        ours: &staging::Staged,
    ) -> bool {
        let mut findings = Vec::new();
        self.compare(row, audit, ours, &mut findings);
        !findings.is_empty()
    }

    /// The added columns; a cell is empty where the record's schema has no such output.
    pub(in crate::pipeline) fn into_columns(self) -> impl Iterator<Item = TextColumn> {
        let Self { columns, parts, places } = self;
        columns.iter().enumerate().map(move |(column, added)| {
            let mut texts = TextColumn::with_capacity(places.len());
            let mut errors = String::new();
            for place in &places {
                let found = place.get(added.beside).and_then(|(part, row)| Some((parts.get(part)?, row)));
                let Some((part, row)) = found else {
                    texts.push("");
                    continue;
                };
                debug_assert_eq!(part.beside, added.beside);
                texts.push(match added.content {
                    Content::Result => part.staged.results.get(row).map_or("", |result| result.code()),
                    Content::Schema => part.schema(row),
                    Content::Output(_) => part.outputs[column].map_or("", |output| part.output(output, row)),
                    Content::Errors => {
                        errors.clear();
                        part.errors(row, &mut errors);
                        &errors
                    }
                });
            }
            texts
        })
    }
}
