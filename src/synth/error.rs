//! What can go wrong with synthetic data.

use parquet::errors::ParquetError;

/// Why no synthetic export could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthError {
    /// A data file of the generator is no valid TOML or lacks a key.
    #[error("{file}: {source}")]
    Toml {
        /// Data file within `src/synth`.
        file: String,
        /// What the reader says.
        source: Box<toml::de::Error>,
    },
    /// A value in a data file of the generator cannot be read.
    #[error("{file}: `{value}` is no {expected}")]
    Value {
        /// Data file within `src/synth`.
        file: String,
        /// Text as it stands there.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The CSV file cannot be written.
    #[error("cannot write CSV: {0}")]
    Csv(#[from] csv::Error),
    /// The file cannot be written.
    #[error("cannot write: {0}")]
    Io(#[from] std::io::Error),
    /// The Parquet file cannot be written.
    #[error("cannot write Parquet: {0}")]
    Parquet(#[from] ParquetError),
}
