//! What can be wrong with a knowledge file, with its place.

use std::fmt;

use crate::decision::TableError;

/// A mistake in a knowledge file.
#[derive(Debug)]
pub struct KnowledgeError {
    /// File name.
    pub file: String,
    /// Line, from 1; 0 where it is about the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub problem: Box<Problem>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for KnowledgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.problem)?,
            line => write!(f, "{}:{line}: {}", self.file, self.problem)?,
        }
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for KnowledgeError {}

impl KnowledgeError {
    /// The same with what to do about it.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// Every mistake that was found, in the order of the files and their lines.
#[derive(Debug, Default)]
pub struct Mistakes(Vec<KnowledgeError>);

impl Mistakes {
    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &KnowledgeError> {
        self.0.iter()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn push(&mut self, mistake: KnowledgeError) {
        self.0.push(mistake);
    }

    /// The value, or none with its mistakes noted.
    pub(super) fn note<T>(&mut self, read: Result<T, impl Into<Self>>) -> Option<T> {
        read.map_err(|mistakes| self.0.extend(mistakes.into().0)).ok()
    }

    /// The value if there is no mistake.
    pub(super) fn none_or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<KnowledgeError> for Mistakes {
    fn from(mistake: KnowledgeError) -> Self {
        Self(vec![mistake])
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// What is wrong at that place.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Not the form of a knowledge file.
    #[error("{0}")]
    Form(String),
    /// A cell of a `rows` table that cannot be read.
    #[error("column {column}: {value:?} is not {wanted}")]
    Cell {
        /// Column heading.
        column: String,
        /// What stands there.
        value: String,
        /// What should stand there.
        wanted: String,
    },
    /// A row with too few or too many cells.
    #[error("{found} cells where the heading has {wanted}")]
    Width {
        /// Cells in the row.
        found: usize,
        /// Cells in the heading.
        wanted: usize,
    },
    /// A row that can never match.
    #[error("the row can never match: {} all its cases", listed(.by, "take"))]
    Unreachable {
        /// Lines of the rows that take its cases.
        by: Vec<usize>,
    },
    /// A row whose cases other rows have given another group already.
    #[error("the row says {here} where {} {there} for all its cases", listed(.by, "say"))]
    Contradiction {
        /// What the row says.
        here: String,
        /// What the rows above it say.
        there: String,
        /// Their lines.
        by: Vec<usize>,
    },
    /// Two schemas that take the same tumors.
    #[error("{own} takes what {other} takes as well ({place}): {tumors}")]
    Overlap {
        /// The schema.
        own: String,
        /// The other one.
        other: String,
        /// File and line of the other one's row.
        place: String,
        /// A tumor that both take.
        tumors: String,
    },
    /// A table that cannot be compiled.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Lines above and what they do, `line 7 above it takes`.
fn listed(lines: &[usize], verb: &str) -> String {
    let numbers: Vec<String> = lines.iter().map(ToString::to_string).collect();
    match numbers.as_slice() {
        [line] => format!("line {line} above it {verb}s"),
        _ => format!("lines {} above it {verb}", numbers.join(", ")),
    }
}

impl Problem {
    /// The problem at its place.
    pub(super) fn at(self, file: &str, line: usize) -> KnowledgeError {
        KnowledgeError { file: file.to_owned(), line, problem: Box::new(self), hint: None }
    }
}
