//! `rstage rules --algorithm` and `rstage explain --algorithm`: an algorithm file of SEER as people read it.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use rstage::explain::explain_seer;
use rstage::rulebook::{Form, Tables, seer_lines, seer_page};
use rstage::seer::{Algorithm, Origin, Source, current_year};

use super::failure::Failure;
use super::listing::{Format, write_list};
use super::shared::AlgorithmLimit;

/// Longest list of codes in a list for the terminal.
const LONGEST_CODES: usize = 36;

/// Which tables `rstage rules show --algorithm` shows.
#[derive(clap::Args, Clone)]
pub(crate) struct ShownTables {
    /// Also show the first rows of every table of an algorithm's schema
    #[arg(long, requires = "algorithm")]
    tables: bool,
    /// Also show all rows of this table; may be given several times
    #[arg(long, value_name = "ID", requires = "algorithm")]
    table: Vec<String>,
}

/// Other ways to give the case that is explained.
const OTHER_CASES: [&str; 14] = [
    "site",
    "histology",
    "behavior",
    "sex",
    "age",
    "year",
    "t",
    "n",
    "m",
    "s",
    "psa",
    "grade",
    "group",
    "fields",
];

/// A case for one of SEER's algorithms.
#[derive(clap::Args, Clone)]
pub(crate) struct ForAlgorithm {
    /// Explain what this algorithm of SEER answers: its ZIP file, or the folder it was unpacked to
    #[arg(long, value_name = "ZIP", conflicts_with_all = OTHER_CASES)]
    pub(crate) algorithm: Option<PathBuf>,
    /// A value by the algorithm's own key, such as site=C509; may be given several times
    #[arg(long = "input", value_name = "KEY=VALUE", requires = "algorithm", conflicts_with = "export")]
    inputs: Vec<String>,
    /// The year that the algorithm means by "this year", instead of that of the clock
    #[arg(long, value_name = "YEAR", requires = "algorithm")]
    current_year: Option<u16>,
    #[command(flatten)]
    limit: AlgorithmLimit,
}

/// Lists the schemas.
pub(crate) fn list(source: &Source, text: Option<&str>, format: Format) -> Result<u8, Failure> {
    let short = |codes: String| match codes.char_indices().nth(LONGEST_CODES) {
        Some((at, _)) if format == Format::Text => format!("{}…", &codes[..at]),
        _ => codes,
    };
    let rows = seer_lines(source, text).into_iter().map(|line| {
        [
            line.id,
            line.title,
            short(line.sites),
            short(line.histologies),
            line.discriminators.join(", "),
            line.tables.to_string(),
            line.inputs.to_string(),
            line.outputs.to_string(),
        ]
    });
    let heading = ["schema", "title", "sites", "histologies", "told by", "tables", "inputs", "outputs"];
    write_list(&mut stdout().lock(), format, 160, heading, rows.collect())?;
    Ok(0)
}

/// Shows a schema.
pub(crate) fn show(source: &Source, schema: &str, tables: &ShownTables, form: Form) -> Result<u8, Failure> {
    let tables = Tables { all: tables.tables, whole: tables.table.clone() };
    let text = seer_page(source, schema, &tables, form).map_err(|error| Failure::Usage(error.to_string()))?;
    write!(stdout().lock(), "{text}")?;
    Ok(0)
}

impl ForAlgorithm {
    /// The case that is given by its keys.
    pub(crate) fn given(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut given: Vec<(String, String)> = Vec::new();
        for input in &self.inputs {
            let Some((key, text)) = input.split_once('=') else {
                let message = format!("--input: {input} is not KEY=VALUE\nhint: such as site=C509");
                return Err(Failure::Usage(message));
            };
            if given.iter().any(|(known, _)| known == key) {
                return Err(Failure::Usage(format!("--input: {key} is given twice")));
            }
            given.push((key.to_owned(), text.to_owned()));
        }
        if given.is_empty() {
            let message = "nothing to explain\nhint: give --input site=C509 --input hist=8500 and so on, or an export and --key";
            return Err(Failure::Usage(message.to_owned()));
        }
        Ok(given)
    }
}

/// Explains what an algorithm answers for a case that is found once the algorithm is known.
pub(crate) fn explain(
    file: &Path,
    args: &ForAlgorithm,
    case: impl FnOnce(&Algorithm) -> Result<(Vec<(String, String)>, Origin), Failure>,
) -> Result<u8, Failure> {
    let source = args.limit.read(file)?;
    let algorithm = source.compile(args.current_year.unwrap_or_else(current_year))?;
    let (given, origin) = case(&algorithm)?;
    let given: Vec<(&str, &str)> = given.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    let trace = algorithm.trace(given.iter().copied(), origin);
    write!(stdout().lock(), "{}", explain_seer(&source, &algorithm, &given, &trace))?;
    Ok(0)
}
