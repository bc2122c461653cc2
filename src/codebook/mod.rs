//! The codebook: what the columns that a run adds are called, and what their codes mean.
//!
//! Two data files, `columns.toml` and for SEER's algorithms `seer.toml`, printed as a table for people and as programs that label the columns in SAS,
//! Stata, R and Python, so that none of them says anything that another does not.

mod programs;
mod seer;
mod sheets;

use std::sync::LazyLock;

use serde::Deserialize;

use crate::seer::Algorithms;

/// One column that a run adds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Name in the records.
    pub name: String,
    /// A line of at most 80 characters.
    pub label: String,
    /// What its cells hold.
    pub kind: Kind,
    /// One line more.
    pub about: String,
    /// Codes and their labels, where it has codes.
    #[serde(default)]
    pub codes: Vec<(String, String)>,
    like: Option<String>,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One of the codes.
    Code,
    /// Any text.
    Text,
    /// A number.
    Number,
    /// A date, which may be partial.
    Date,
    /// Words with semicolons between.
    List,
}

impl Kind {
    /// The word in the codebook.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::List => "list",
        }
    }
}

/// The form of a codebook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A row for each column and each of its codes.
    Csv,
    /// For people.
    Markdown,
    /// A SAS program.
    Sas,
    /// A Stata do-file.
    Stata,
    /// An R script.
    R,
    /// A Python module.
    Python,
}

/// Writes the codebook in a form, with the columns of these algorithms of SEER, or of all that are known.
pub fn codebook(form: Form, algorithms: Option<&Algorithms>) -> String {
    let of_seer = match algorithms {
        Some(algorithms) => seer::of(algorithms),
        None => seer::known().unwrap_or_default(),
    };
    let all: Vec<Variable> = variables().iter().cloned().chain(of_seer).collect();
    match form {
        Form::Csv => sheets::csv(&all),
        Form::Markdown => sheets::markdown(&all),
        Form::Sas => programs::sas(&all),
        Form::Stata => programs::stata(&all),
        Form::R => programs::r(&all),
        Form::Python => programs::python(&all),
    }
}

/// Every column of rstage's own, in the order of the records; those of a further edition as `rstage_edE_...`.
pub fn variables() -> &'static [Variable] {
    static VARIABLES: LazyLock<Vec<Variable>> = LazyLock::new(|| read().unwrap_or_default());
    &VARIABLES
}

/// Editions for which the programs label columns, where the records have them.
const EDITIONS: [&str; 4] = ["6", "7", "8", "9"];

/// What stands in a name for an edition, and for a definition of oligometastasis.
const PLACES: [(&str, &str); 2] = [("_edE_", "edition E"), ("_PROFILE", "PROFILE")];

impl Variable {
    /// Whether the name stands for columns of several names.
    pub fn is_pattern(&self) -> bool {
        PLACES.iter().any(|(place, _)| self.name.contains(place))
    }

    /// The column under one of the names that it stands for.
    fn named(&self, (place, word): (&str, &str), name: &str) -> Self {
        let (in_name, in_label) = match place {
            "_PROFILE" => (format!("_{name}"), name.to_owned()),
            _ => (format!("_ed{name}_"), format!("edition {name}")),
        };
        Self {
            name: self.name.replace(place, &in_name),
            label: self.label.replace(word, &in_label),
            ..self.clone()
        }
    }
}

/// The columns under the names that they can have in records.
fn named(variables: &[Variable]) -> Vec<Variable> {
    let mut named: Vec<Variable> =
        variables.iter().filter(|variable| !variable.is_pattern()).cloned().collect();
    let profiles: Vec<&str> = profiles().iter().map(String::as_str).collect();
    for (place, names) in PLACES.into_iter().zip([&EDITIONS[..], &profiles]) {
        for name in names {
            let of_place = variables.iter().filter(|variable| variable.name.contains(place.0));
            named.extend(of_place.map(|variable| variable.named(place, name)));
        }
    }
    named
}

fn profiles() -> &'static [String] {
    static PROFILES: LazyLock<Vec<String>> =
        LazyLock::new(|| toml::from_str::<File>(TEXT).map(|file| file.profiles).unwrap_or_default());
    &PROFILES
}

const TEXT: &str = include_str!("columns.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    profiles: Vec<String>,
    column: Vec<Variable>,
}

fn read() -> Result<Vec<Variable>, toml::de::Error> {
    Ok(shared_codes(toml::from_str::<File>(TEXT)?.column))
}

/// Gives columns the codes of the ones that they are like.
fn shared_codes(mut columns: Vec<Variable>) -> Vec<Variable> {
    for at in 0..columns.len() {
        let Some(like) = columns.get(at).and_then(|column| column.like.clone()) else { continue };
        let codes = columns.iter().find(|known| known.name == like).map(|known| known.codes.clone());
        if let (Some(column), Some(codes)) = (columns.get_mut(at), codes) {
            column.codes = codes;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_file_is_whole() {
        let variables = read().unwrap();
        let mut names = BTreeSet::new();
        for variable in &variables {
            assert!(names.insert(&variable.name), "{} twice", variable.name);
            assert!(variable.label.len() <= 80 && !variable.about.is_empty(), "{}", variable.name);
            assert_eq!(variable.kind == Kind::Code, !variable.codes.is_empty(), "{}", variable.name);
            let codes: BTreeSet<_> = variable.codes.iter().map(|(code, _)| code).collect();
            assert_eq!(codes.len(), variable.codes.len(), "{}", variable.name);
        }
        let fixed: Vec<&str> =
            variables.iter().filter(|v| !v.is_pattern()).map(|v| v.name.as_str()).collect();
        assert_eq!(fixed, crate::pipeline::COLUMNS);
        let audit = crate::audit::AuditRules::configured(&crate::audit::Config::default()).unwrap();
        let known: BTreeSet<&str> = audit.profile_names().collect();
        assert_eq!(profiles().iter().map(String::as_str).collect::<BTreeSet<_>>(), known);
    }

    /// The columns that the README names in its table are those of the file.
    #[test]
    fn the_readme_tells_of_the_same_columns() {
        let readme = include_str!("../../README.md");
        let (_, table) = readme.split_once("### Columns that rstage adds").unwrap();
        let (table, _) = table.split_once("\n\n").map(|(_, rest)| rest.split_once("\n\n").unwrap()).unwrap();
        let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" |"));
        let named: BTreeSet<&str> = cells
            .flat_map(|(names, _)| names.split('`').filter(|name| name.starts_with("rstage_")))
            .collect();
        let known: BTreeSet<&str> =
            variables().iter().map(|v| v.name.as_str()).filter(|name| !name.contains("_edE_")).collect();
        assert_eq!(named, known);
    }

    #[test]
    fn every_program_labels_every_column_and_code() {
        for form in [Form::Csv, Form::Markdown, Form::Sas, Form::Stata, Form::R, Form::Python] {
            let text = codebook(form, None);
            for variable in variables().iter().chain(&seer::known().unwrap()) {
                let name = match form {
                    Form::Csv | Form::Markdown => variable.name.clone(),
                    _ => variable.name.replace("_edE_", "_ed7_").replace("_PROFILE", "_nsclc"),
                };
                assert!(text.contains(&name), "{form:?} {name}");
                for (code, label) in &variable.codes {
                    assert!(text.contains(code.as_str()) && text.contains(label), "{form:?} {name} {code}");
                }
            }
        }
    }
}
