//! What can go wrong between counts and tables.

use std::path::PathBuf;

/// A table or a file of counts that cannot be made, read or joined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SummaryError {
    /// The names do not belong to the rules that were counted with.
    #[error(
        "schema {schema} was counted but only {names} schema names were given\n\
         hint: pass the names of the rules that the records were staged with"
    )]
    SchemaName {
        /// Index of the schema.
        schema: u16,
        /// How many names there are.
        names: usize,
    },
    /// A table could not be written.
    #[error(
        "summary table {table} could not be written: {message}\nhint: check the free space of the folder"
    )]
    Write {
        /// Name of the table.
        table: &'static str,
        /// What the writer says.
        message: String,
    },
    /// A run without its counts.
    #[error(
        "{}: cannot be read: {source}\nhint: give the folders of finished runs; a run with --min-cell keeps its counts only where --counts put them, and that file is given in its place", path.display()
    )]
    NoCounts {
        /// The file that should hold them.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that holds no counts.
    #[error("{}: holds no counts of a run: {message}\nhint: give the folder of a run, or a file that --counts wrote", path.display())]
    NotCounts {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Runs that cannot be added up.
    #[error(
        "the runs differ in {what}: {first} and {second}\nhint: run both again with the same version, rules and settings"
    )]
    Different {
        /// What differs.
        what: &'static str,
        /// In the first run.
        first: String,
        /// In the other run.
        second: String,
    },
    /// The same run twice.
    #[error("run {0} is given twice\nhint: its records would be counted twice")]
    Twice(String),
}

impl SummaryError {
    /// Whether the user gave something that cannot be added up.
    pub fn is_about_the_input(&self) -> bool {
        !matches!(self, Self::SchemaName { .. } | Self::Write { .. })
    }
}
