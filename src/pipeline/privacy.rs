//! What a run keeps to itself of the persons behind the records: keys as pseudonyms outside the records, and columns
//! that name a person left out of them.

use std::collections::BTreeSet;

use super::{FilePlan, RunError};
use crate::fields::{Field, Source, identifying_columns};
use crate::input::InputFile;
use crate::output::{Keys, LeftOut};

/// What a run is told of it.
#[derive(Clone, Debug, Default)]
pub struct Privacy {
    /// How keys are shown in findings, worklists and on the page.
    pub keys: Keys,
    /// Whether columns that name a person are left out of the records.
    pub drop_identifiers: bool,
}

impl Privacy {
    /// The columns that the records are not to have. A key that is made of one of them must not come back through
    /// the findings.
    pub(super) fn left_out(&self, files: &[InputFile], plans: &[FilePlan]) -> Result<LeftOut, RunError> {
        let mut left_out = LeftOut::new();
        for (file, plan) in files.iter().zip(plans).filter(|_| self.drop_identifiers) {
            let columns = identifying_columns(&file.header);
            if !self.keys.are_pseudonyms()
                && let Some(column) = columns.iter().find(|column| is_in_key(plan, **column))
            {
                let column = file.header.get(*column).cloned().unwrap_or_default();
                return Err(RunError::IdentifyingKey { path: file.path.clone(), column });
            }
            left_out.extend(columns.into_iter().map(|column| (file.index, column)));
        }
        Ok(left_out)
    }
}

/// The names of columns, each once.
pub(super) fn names(files: &[InputFile], columns: &LeftOut) -> Vec<String> {
    let name = |&(file, column): &(usize, usize)| files.get(file)?.header.get(column).cloned();
    columns.iter().filter_map(name).collect::<BTreeSet<String>>().into_iter().collect()
}

fn is_in_key(plan: &FilePlan, column: usize) -> bool {
    let sources = |field| plan.mapping.sources(field);
    let key = sources(Field::TumorKey);
    let parts = [Field::RegistryId, Field::PatientId, Field::TumorNumber];
    key.iter()
        .chain(parts.into_iter().flat_map(sources))
        .any(|source| matches!(source, Source::Column { index, .. } if *index == column))
}
