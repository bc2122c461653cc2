//! Options that several commands take.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use rstage::category::Edition;
use rstage::fields::{MapFile, MapOptions, parse_setting};
use rstage::input::{Delimiter, Encoding, MOST_DISTINCT, Options, Quoting};
use rstage::knowledge::{Mistakes, Overlay, Rules};
use rstage::output::Keys;
use rstage::pipeline::Release;
use rstage::seer::{MOST_UNPACKED, SeerError, Source};
use rstage::staging::{MxPolicy, NxPolicy, Policy};
use rstage::summary::SmallCells;

use super::failure::Failure;

/// How inputs are read and their columns named.
#[derive(Args, Clone)]
pub(crate) struct Reading {
    /// Map file: [columns], [constants], [values.FIELD]
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// A constant for a field of every record, such as site=C50.9
    #[arg(long, value_name = "FIELD=VALUE")]
    pub(crate) set: Vec<String>,
    /// The layout that names the columns, instead of the recognised one
    #[arg(long, value_name = "NAME")]
    pub(crate) layout: Option<String>,
    /// Encoding of text tables: utf-8, windows-1252 or latin-1
    #[arg(long, value_name = "NAME", default_value = "utf-8")]
    pub(crate) encoding: Encoding,
    /// Delimiter of the input, where detection is wrong: comma, semicolon, tab or pipe
    #[arg(long, value_name = "NAME")]
    pub(crate) input_delimiter: Option<Delimiter>,
    /// Whether quotes are marks or plain characters in text tables
    #[arg(long, value_name = "HOW")]
    pub(crate) quotes: Option<Quotes>,
    #[command(flatten)]
    pub(crate) limits: Limits,
}

/// What an input may not exceed.
#[derive(Args, Clone)]
#[expect(clippy::struct_field_names, reason = "the names of the options")]
pub(crate) struct Limits {
    /// Bytes of the longest record; a longer one is rejected
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20, value_parser = clap::value_parser!(u64).range(64..=1 << 31))]
    max_line_bytes: u64,
    /// Columns of the widest table
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    max_columns: u64,
    /// Bytes that a compressed input may unpack to
    #[arg(long, value_name = "BYTES", default_value_t = 100 << 30)]
    max_unpacked_bytes: u64,
    /// Different texts of a column to remember at a time; any number gives the same results
    #[arg(long, value_name = "N", default_value_t = MOST_DISTINCT as u64, value_parser = clap::value_parser!(u64).range(1..=MOST_DISTINCT as u64))]
    max_distinct: u64,
}

/// How much a file of one of SEER's algorithms may hold.
#[derive(Args, Clone, Copy)]
pub(crate) struct AlgorithmLimit {
    /// Bytes that the file of one of SEER's algorithms may unpack to
    #[arg(long, value_name = "BYTES", default_value_t = MOST_UNPACKED)]
    max_algorithm_bytes: u64,
}

impl AlgorithmLimit {
    /// Reads an algorithm as it is written.
    pub(crate) fn read(self, path: &Path) -> Result<Source, SeerError> {
        Source::read_within(path, self.max_algorithm_bytes)
    }
}

/// What quotes are.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Quotes {
    /// They enclose cells.
    Marks,
    /// They are text.
    Literal,
}

impl Reading {
    /// How inputs are read.
    pub(crate) fn options(&self) -> Options {
        Options {
            delimiter: self.input_delimiter,
            quoting: self.quotes.map(|quotes| match quotes {
                Quotes::Marks => Quoting::Csv,
                Quotes::Literal => Quoting::Literal,
            }),
            encoding: self.encoding,
            max_record_bytes: self.limits.max_line_bytes as usize,
            max_columns: self.limits.max_columns as usize,
            max_unpacked_bytes: self.limits.max_unpacked_bytes,
            max_distinct: self.limits.max_distinct as usize,
            ..Options::default()
        }
    }

    /// What the user says about the columns.
    pub(crate) fn mapping(&self) -> Result<MapOptions, Failure> {
        self.mapping_with(self.map.as_deref())
    }

    /// The same with another map file.
    pub(crate) fn mapping_with(&self, map: Option<&Path>) -> Result<MapOptions, Failure> {
        let map = map.map(|path| map_file("--map", path)).transpose()?;
        let set = self
            .set
            .iter()
            .map(|setting| parse_setting(setting).map_err(|error| Failure::Usage(format!("--set: {error}"))))
            .collect::<Result<_, _>>()?;
        Ok(MapOptions { layout: self.layout.clone(), map, set })
    }
}

/// The map file that an option names.
pub(crate) fn map_file(option: &str, path: &Path) -> Result<MapFile, Failure> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Record(format!("{place}: cannot be read: {error}")))?;
    MapFile::parse(&place, &text).map_err(|source| Failure::Fields { place: option.to_owned(), source })
}

/// What numbers are too small to be shown.
#[derive(Args, Clone)]
pub(crate) struct Hiding {
    /// Hide numbers of records below N in tables, run.json and here, and whatever they could be worked out from
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "11", value_parser = clap::value_parser!(u64).range(2..))]
    min_cell: Option<u64>,
    /// Show no percent or rate of fewer than N records
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "16", value_parser = clap::value_parser!(u64).range(2..))]
    min_cell_rate: Option<u64>,
}

impl Hiding {
    /// As the pipeline takes it.
    pub(crate) fn small(&self) -> Option<SmallCells> {
        let asked = self.min_cell.or(self.min_cell_rate);
        asked.map(|_| SmallCells {
            count: self.min_cell.unwrap_or_default(),
            rate: self.min_cell_rate.unwrap_or_default(),
        })
    }
}

/// What of the counts is shown and kept.
#[derive(Args, Clone)]
pub(crate) struct Releasing {
    #[command(flatten)]
    hiding: Hiding,
    /// Keep the counts behind the tables, with nothing hidden, in this file outside --out as well
    #[arg(long, value_name = "FILE")]
    counts: Option<PathBuf>,
}

impl Releasing {
    /// As the pipeline takes it.
    pub(crate) fn release(&self) -> Release {
        Release { small: self.hiding.small(), counts: self.counts.clone() }
    }
}

/// The user's own staging rules.
#[derive(Args, Clone)]
pub(crate) struct OwnRules {
    /// Folder of your own stage tables, laid over the built-in ones (see `rstage rules check`)
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
}

impl OwnRules {
    /// The rules with the folder over them; none where there is no folder.
    pub(crate) fn read(&self) -> Result<Option<Arc<Rules>>, Mistakes> {
        let Some(folder) = &self.rules else { return Ok(None) };
        Ok(Some(Arc::new(Rules::overlaid(Overlay::read(folder)?)?)))
    }
}

/// What is taken for granted where a record is silent.
#[derive(Args, Clone)]
pub(crate) struct Assuming {
    /// A blank or MX metastasis category without evidence of metastasis elsewhere
    #[arg(long, value_name = "POLICY", default_value = "m0")]
    pub(crate) mx: Mx,
    /// A blank or NX nodal category
    #[arg(long, value_name = "POLICY", default_value = "unknown")]
    pub(crate) nx: Nx,
    /// Edition (6, 7, 8, 9) of records that tell neither their edition nor their year of diagnosis
    #[arg(long, value_name = "E", value_parser = clap::value_parser!(u8).range(6..=9))]
    pub(crate) edition: Option<u8>,
}

/// Policies for MX.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Mx {
    /// M0, as the manual has it
    M0,
    /// Anything
    Unknown,
}

/// Policies for NX.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Nx {
    /// Anything
    Unknown,
    /// N0
    N0,
}

impl Assuming {
    /// As staging takes it.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            mx: match self.mx {
                Mx::M0 => MxPolicy::M0,
                Mx::Unknown => MxPolicy::Unknown,
            },
            nx: match self.nx {
                Nx::Unknown => NxPolicy::Unknown,
                Nx::N0 => NxPolicy::N0,
            },
            edition: self.edition.map(Edition),
        }
    }
}

/// How keys of tumors are shown outside the records.
#[derive(Args, Clone)]
pub(crate) struct Pseudonyms {
    /// Show keys of tumors as pseudonyms (HMAC-SHA-256) outside records and rejects
    #[arg(long, value_name = "key=HMAC", requires = "key_file", ignore_case = true)]
    pub(crate) pseudonymise: Option<Pseudonymise>,
    /// File with the secret of the pseudonyms: 16 bytes or more that only you can read
    #[arg(long, value_name = "FILE", requires = "pseudonymise")]
    pub(crate) key_file: Option<PathBuf>,
}

/// What becomes a pseudonym, and how.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Pseudonymise {
    /// The key, by HMAC-SHA-256
    #[value(name = "key=HMAC")]
    Key,
}

impl Pseudonyms {
    /// Keys as they are to be shown.
    pub(crate) fn keys(&self) -> Result<Keys, Failure> {
        let (Some(Pseudonymise::Key), Some(path)) = (self.pseudonymise, &self.key_file) else {
            return Ok(Keys::default());
        };
        Keys::pseudonymised(path).map_err(|error| Failure::Usage(format!("--key-file: {error}")))
    }
}
