//! What staging answers, for one case and for many.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// How far a case came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StageResult {
    /// Staged; look at the errors all the same.
    Staged,
    /// No site or no histology given.
    MissingSiteOrHistology,
    /// No schema is for this site, histology and discriminators.
    NoMatchingSchema,
    /// Several schemas are: a discriminator is missing.
    MultipleMatchingSchemas,
    /// The algorithm is not for this year of diagnosis.
    InvalidYearDx,
    /// A value that the stage depends on is not valid, or a key is unknown.
    InvalidInput,
}

impl StageResult {
    /// The code that SEER's engine gives, its own spelling included.
    pub fn code(self) -> &'static str {
        match self {
            Self::Staged => "STAGED",
            Self::MissingSiteOrHistology => "FAILED_MISSING_SITE_OR_HISTOLOGY",
            Self::NoMatchingSchema => "FAILED_NO_MATCHING_SCHEMA",
            Self::MultipleMatchingSchemas => "FAILED_MULITPLE_MATCHING_SCHEMAS",
            Self::InvalidYearDx => "FAILED_INVALID_YEAR_DX",
            Self::InvalidInput => "FAILED_INVALID_INPUT",
        }
    }

    /// What it means, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::MissingSiteOrHistology => "site or histology is not given",
            Self::NoMatchingSchema => "no schema takes the case",
            Self::MultipleMatchingSchemas => "several schemas take the case",
            Self::InvalidYearDx => "the schema is not for this year of diagnosis",
            Self::InvalidInput => "an input is not valid or not known",
        }
    }
}

/// Sort of an error.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StageErrorType {
    /// A key that the schema does not know.
    UnknownInput,
    /// A value that its table does not have, of an input that the stage depends on.
    InvalidRequiredInput,
    /// A value that its table does not have, of an input that is only recorded.
    InvalidNonRequiredInput,
    /// A table is to be given a key that the context does not have.
    UnknownInputMapping,
    /// A row of a table says that this is an error.
    StagingError,
    /// No row of a table matches.
    MatchNotFound,
    /// The file lacks a table.
    UnknownTable,
    /// Tables jump in a circle.
    InfiniteLoop,
    /// The derived value is not in the table of the output.
    InvalidOutput,
}

impl StageErrorType {
    /// The code that SEER's engine gives.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownInput => "UNKNOWN_INPUT",
            Self::InvalidRequiredInput => "INVALID_REQUIRED_INPUT",
            Self::InvalidNonRequiredInput => "INVALID_NON_REQUIRED_INPUT",
            Self::UnknownInputMapping => "UNKNOWN_INPUT_MAPPING",
            Self::StagingError => "STAGING_ERROR",
            Self::MatchNotFound => "MATCH_NOT_FOUND",
            Self::UnknownTable => "UNKNOWN_TABLE",
            Self::InfiniteLoop => "INFINITE_LOOP",
            Self::InvalidOutput => "INVALID_OUTPUT",
        }
    }

    /// What it means, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::UnknownInput => "the schema has no such input",
            Self::InvalidRequiredInput => "not a valid code, and the stage depends on it",
            Self::InvalidNonRequiredInput => "not a valid code",
            Self::UnknownInputMapping => "the table is to be given a key that is not there",
            Self::StagingError => "the table says that this cannot be staged",
            Self::MatchNotFound => "no row takes the case",
            Self::UnknownTable => "the file has no such table",
            Self::InfiniteLoop => "the table was being asked already",
            Self::InvalidOutput => "what was derived is not a valid code",
        }
    }
}

/// What went wrong with a case on its way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StageError {
    /// Sort.
    pub kind: StageErrorType,
    /// The table.
    pub table: Option<Arc<str>>,
    /// Columns of the table that stay as they were.
    pub columns: Vec<Arc<str>>,
    /// The key.
    pub key: Option<Arc<str>>,
    /// What the table itself says.
    pub message: Option<Arc<str>>,
}

impl StageError {
    pub(super) fn new(kind: StageErrorType) -> Self {
        Self { kind, table: None, columns: Vec::new(), key: None, message: None }
    }
}

/// The type, then what it is about: `MATCH_NOT_FOUND table=extension_bcn columns=t,n`. No value of the case.
impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.code())?;
        if let Some(table) = &self.table {
            write!(f, " table={table}")?;
        }
        if !self.columns.is_empty() {
            write!(f, " columns={}", self.columns.join(","))?;
        }
        if let Some(key) = &self.key {
            write!(f, " key={key}")?;
        }
        Ok(())
    }
}

/// The answer for one case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseAnswer {
    /// How far it came.
    pub result: StageResult,
    /// The one schema that was found.
    pub schema: Option<Arc<str>>,
    /// The schemas, sorted, where several were found.
    pub candidates: Vec<Arc<str>>,
    /// Outputs: a key without value is null, a key that was removed is not there.
    pub outputs: BTreeMap<Arc<str>, Option<Arc<str>>>,
    /// Errors, in the order of the schema's inputs, mappings and outputs.
    pub errors: Vec<StageError>,
    /// `mapping.table` of each table asked, in order.
    pub path: Vec<Arc<str>>,
}

/// Answers for many cases, as columns.
#[derive(Debug)]
pub struct Staged {
    /// By case, how far it came.
    pub results: Vec<StageResult>,
    /// By case, the place of its schema among the algorithm's, if one was found.
    pub schemas: Vec<Option<u32>>,
    /// By case, places of schemas where several were found.
    pub candidates: Lists,
    /// Outputs of all schemas.
    pub outputs: Vec<OutputColumn>,
    /// By case, places in [`Self::error_values`].
    pub errors: Lists,
    /// The different errors.
    pub error_values: Vec<StageError>,
    /// By case, places in [`Self::path_values`]; empty lists if the path was not asked for.
    pub path: Lists,
    /// The different `mapping.table`.
    pub path_values: Vec<Arc<str>>,
}

/// One output of many cases.
#[derive(Debug)]
pub struct OutputColumn {
    /// Its key.
    pub key: Arc<str>,
    /// Its different texts.
    pub texts: Vec<Arc<str>>,
    /// By case, the place of its text, or [`OutputColumn::ABSENT`] or [`OutputColumn::NULL`].
    pub codes: Vec<u32>,
}

impl OutputColumn {
    /// The case has no such output.
    pub const ABSENT: u32 = u32::MAX;
    /// The output is there and has no value.
    pub const NULL: u32 = u32::MAX - 1;

    /// The text of a case, if it has the output with a value.
    pub fn text(&self, row: usize) -> Option<&Arc<str>> {
        self.texts.get(*self.codes.get(row)? as usize)
    }
}

/// A list for each case.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lists {
    ends: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// The list of a case.
    pub fn get(&self, row: usize) -> &[u32] {
        let Some(&end) = self.ends.get(row) else { return &[] };
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start as usize..end as usize]
    }

    /// Lists from items as they came, each with its case.
    pub(super) fn gather(rows: usize, events: &[(u32, u32)]) -> Self {
        let mut ends = vec![0_u32; rows];
        for (row, _) in events {
            ends[*row as usize] += 1;
        }
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        let mut items = vec![0_u32; events.len()];
        for (row, item) in events {
            let next = &mut ends[*row as usize];
            items[*next as usize] = *item;
            *next += 1;
        }
        Self { ends, items }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_the_order_in_which_items_came() {
        let lists = Lists::gather(4, &[(2, 7), (0, 1), (2, 5), (0, 2)]);
        assert_eq!(
            [lists.get(0), lists.get(1), lists.get(2), lists.get(3)],
            [&[1, 2][..], &[], &[7, 5], &[]]
        );
        assert_eq!(lists.get(4), [0_u32; 0]);
    }
}
