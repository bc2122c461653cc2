//! The configuration file of `rstage run`.
//!
//! A key is the long name of an option with `_` for `-`, so that a new option has a key as soon as it exists and
//! one place says what a value may be; the sections hold what is too large for an option.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use rstage::audit::{AuditRules, OligoConfig, SeveritySetting};
use rstage::course::OriginalWindow;
use rstage::fields::{did_you_mean, parse_setting};
use rstage::input::Delimiter;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// What a configuration file says beside the values of options.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sections {
    /// `[findings]`: severity by rule id.
    pub(crate) findings: BTreeMap<String, SeveritySetting>,
    /// `[oligometastasis]`.
    pub(crate) oligometastasis: OligoConfig,
}

/// A configuration file that was read.
pub(crate) struct ConfigFile {
    /// The options as a command line has them, those that stand on the real one left out.
    pub(crate) arguments: Vec<String>,
    pub(crate) sections: Sections,
}

/// Something in a configuration file that cannot be used.
#[derive(Debug)]
pub(crate) struct Problem {
    file: PathBuf,
    line: usize,
    what: String,
    hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

/// Options that make no sense in a file.
const NO_KEYS: [&str; 2] = ["config", "help"];

/// The sections.
const SECTIONS: [&str; 2] = ["findings", "oligometastasis"];

/// The key of an option, where it has one.
pub(crate) fn key_of(option: &Arg) -> Option<String> {
    let name = option.get_long().unwrap_or(option.get_id().as_str());
    (!NO_KEYS.contains(&name)).then(|| name.replace('-', "_"))
}

/// Reads a file for the options of `command`. `given` says which of them stand on the command line and win.
pub(crate) fn read(
    path: &Path,
    command: &Command,
    given: impl Fn(&str) -> bool,
) -> Result<ConfigFile, Vec<Problem>> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let (file, what) = (path.to_owned(), format!("cannot be read: {error}"));
        vec![Problem { file, line: 1, what, hint: None }]
    })?;
    let mut reader = Reader { path, text: &text, command, problems: Vec::new() };
    let file = reader.file(given);
    match reader.problems {
        problems if problems.is_empty() => Ok(file),
        mut problems => {
            problems.sort_by_key(|problem| problem.line);
            Err(problems)
        }
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    command: &'a Command,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn file(&mut self, given: impl Fn(&str) -> bool) -> ConfigFile {
        let mut file = ConfigFile { arguments: Vec::new(), sections: Sections::default() };
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            self.problem(error.span().map_or(0, |span| span.start), error.message().to_owned(), None);
        }
        if !self.problems.is_empty() {
            return file;
        }
        let table = table.into_inner();
        let options: BTreeMap<String, &Arg> =
            self.command.get_arguments().filter_map(|option| Some((key_of(option)?, option))).collect();
        for (key, value) in &table {
            let name = key.get_ref().as_ref();
            if let Some(option) = options.get(name) {
                let arguments = self.option(name, option, value);
                if !given(option.get_id().as_str()) {
                    file.arguments.extend(arguments);
                }
            } else if name == "findings" {
                file.sections.findings = self.findings(value);
            } else if name == "oligometastasis" {
                file.sections.oligometastasis = self.oligometastasis(value);
            } else {
                let known = options.keys().map(String::as_str).chain(SECTIONS);
                let hint = did_you_mean(name, known).unwrap_or_else(|| {
                    "the keys are the options of `rstage run --help`, with _ for -".to_owned()
                });
                self.problem(key.span().start, format!("unknown key `{name}`"), Some(hint));
            }
        }
        file
    }

    /// The value of an option as arguments, each of them tried.
    fn option(&mut self, key: &str, option: &Arg, value: &Spanned<DeValue>) -> Vec<String> {
        let place = value.span().start;
        if matches!(option.get_action(), ArgAction::SetTrue) {
            return match value.get_ref() {
                DeValue::Boolean(true) => vec![format!("--{}", option.get_long().unwrap_or(key))],
                DeValue::Boolean(false) => Vec::new(),
                _ => {
                    self.problem(place, format!("{key}: must be true or false"), None);
                    Vec::new()
                }
            };
        }
        let many = matches!(option.get_action(), ArgAction::Append) || option.get_long().is_none();
        let values: Vec<(usize, String)> = match value.get_ref() {
            DeValue::Array(values) if many => values
                .iter()
                .filter_map(|value| Some((value.span().start, self.scalar(key, value)?)))
                .collect(),
            DeValue::Table(settings) if key == "set" => settings
                .iter()
                .filter_map(|(field, value)| {
                    Some((field.span().start, format!("{}={}", field.get_ref(), self.scalar(key, value)?)))
                })
                .collect(),
            _ => self.scalar(key, value).into_iter().map(|text| (place, text)).collect(),
        };
        let mut arguments = Vec::new();
        for (place, text) in values {
            let text = self.beside_the_file(option, text);
            let argument = match option.get_long() {
                Some(long) => format!("--{long}={text}"),
                None if text.starts_with('-') => format!("./{text}"),
                None => text.clone(),
            };
            match self.tried(key, &argument, &text) {
                Ok(()) => arguments.push(argument),
                Err((what, hint)) => self.problem(place, format!("{key} = \"{text}\": {what}"), hint),
            }
        }
        arguments
    }

    fn scalar(&mut self, key: &str, value: &Spanned<DeValue>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.clone().into_owned()),
            DeValue::Integer(number) => Some(number.to_string()),
            _ => {
                let what = format!("{key}: must be text in quotation marks or a whole number");
                self.problem(value.span().start, what, None);
                None
            }
        }
    }

    /// A path in the file is meant from where the file lies.
    fn beside_the_file(&self, option: &Arg, text: String) -> String {
        let names = option.get_value_names().unwrap_or_default();
        let is_path = names.iter().any(|name| matches!(name.as_str(), "FILE" | "DIR" | "INPUT" | "RUN"));
        match self.path.parent() {
            Some(folder) if is_path && !folder.as_os_str().is_empty() => {
                folder.join(text).to_string_lossy().into_owned()
            }
            _ => text,
        }
    }

    /// Whether the command takes a value.
    fn tried(&self, key: &str, argument: &str, text: &str) -> Result<(), (String, Option<String>)> {
        let split = |error: String| match error.split_once("\nhint: ") {
            Some((what, hint)) => (what.to_owned(), Some(hint.to_owned())),
            None => (error, None),
        };
        match key {
            "delimiter" if text != "input" => {
                text.parse::<Delimiter>().map(drop).map_err(|error| split(error.to_string()))?;
            }
            "original_window" => {
                OriginalWindow::parse(text).map(drop).map_err(|error| split(error.to_string()))?;
            }
            "set" => parse_setting(text).map(drop).map_err(|error| split(error.to_string()))?,
            _ => {}
        }
        let tried = self.command.clone().no_binary_name(true).try_get_matches_from([argument]);
        let error = match tried {
            Err(error) if error.kind() != ErrorKind::MissingRequiredArgument => error,
            _ => return Ok(()),
        };
        if let Some(ContextValue::Strings(known)) = error.get(ContextKind::ValidValue)
            && !known.is_empty()
        {
            let hint = did_you_mean(text, known.iter().map(String::as_str));
            let hint = hint.unwrap_or_else(|| format!("one of {}", known.join(", ")));
            return Err(("not a value of this key".to_owned(), Some(hint)));
        }
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        Err(split(cause.unwrap_or_else(|| "not a value of this key".to_owned())))
    }

    fn findings(&mut self, value: &Spanned<DeValue>) -> BTreeMap<String, SeveritySetting> {
        let mut severities = BTreeMap::new();
        let Some(table) = value.get_ref().as_table() else {
            self.problem(value.span().start, "findings: must be a table".to_owned(), None);
            return severities;
        };
        let Some(rules) = self.builtin_rules() else { return severities };
        for (key, value) in table {
            let id = key.get_ref().as_ref();
            if rules.rule(id).is_none() {
                let ids = rules.rules().iter().map(|rule| rule.id.as_str());
                let hint =
                    did_you_mean(id, ids).unwrap_or_else(|| "`rstage findings list` names all".to_owned());
                self.problem(key.span().start, format!("findings: there is no rule `{id}`"), Some(hint));
                continue;
            }
            if let Ok(severity) = SeveritySetting::deserialize(ValueDeserializer::from(value.clone())) {
                severities.insert(id.to_owned(), severity);
            } else {
                let said = value.get_ref().as_str().unwrap_or("(no text)");
                let what = format!("findings: {id} = \"{said}\": not a severity");
                self.problem(value.span().start, what, Some("one of off, info, warning, error".to_owned()));
            }
        }
        severities
    }

    fn oligometastasis(&mut self, value: &Spanned<DeValue>) -> OligoConfig {
        let config = match OligoConfig::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(config) => config,
            Err(error) => {
                let place = error.span().map_or(value.span().start, |span| span.start);
                let message = error.message();
                let mut words = message.split('`').skip(1).step_by(2);
                let (what, hint) = match message.strip_prefix("unknown field ") {
                    Some(_) => {
                        let key = words.next().unwrap_or_default();
                        let known: Vec<&str> = words.collect();
                        let hint = did_you_mean(key, known.iter().copied());
                        let hint = hint.unwrap_or_else(|| format!("one of {}", known.join(", ")));
                        (format!("oligometastasis: unknown key `{key}`"), Some(hint))
                    }
                    None => (format!("oligometastasis: {message}"), None),
                };
                self.problem(place, what, hint);
                return OligoConfig::default();
            }
        };
        self.profiles(value, &config);
        config
    }

    /// Whether every profile that is named exists.
    fn profiles(&mut self, value: &Spanned<DeValue>, config: &OligoConfig) {
        let Some(rules) = self.builtin_rules() else { return };
        let known: Vec<&str> = rules
            .profile_names()
            .chain(config.profiles.keys().map(String::as_str))
            .chain([OligoConfig::AUTO])
            .collect();
        let Some(table) = value.get_ref().as_table() else { return };
        let by_schema = table.get("schemas").and_then(|schemas| schemas.get_ref().as_table());
        let named = table.get("profile").into_iter().chain(by_schema.into_iter().flat_map(DeTable::values));
        for value in named {
            let name = value.get_ref().as_str().unwrap_or_default();
            if !known.contains(&name) {
                let hint = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| {
                    format!("define it under [oligometastasis.profiles] or use one of {}", known.join(", "))
                });
                let what = format!("oligometastasis: there is no profile `{name}`");
                self.problem(value.span().start, what, Some(hint));
            }
        }
    }

    fn builtin_rules(&mut self) -> Option<AuditRules> {
        AuditRules::builtin().map_err(|error| self.problem(0, error.to_string(), None)).ok()
    }

    fn problem(&mut self, place: usize, what: String, hint: Option<String>) {
        let line = self.text.bytes().take(place).filter(|&byte| byte == b'\n').count() + 1;
        self.problems.push(Problem { file: self.path.to_owned(), line, what, hint });
    }
}
