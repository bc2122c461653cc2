//! What can be wrong with a knowledge file, with its place.

use crate::decision::TableError;

/// A mistake in a knowledge file.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct KnowledgeError {
    /// File name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong at that place.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
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
    /// A table that cannot be compiled.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl Problem {
    /// The problem at its place.
    pub(super) fn at(self, file: &str, line: usize) -> KnowledgeError {
        KnowledgeError { file: file.to_owned(), line, problem: self }
    }
}
