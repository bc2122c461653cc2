//! The command line of a run with its configuration file under it: options over file over defaults.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, CommandFactory, Parser};
use serde_json::Value;

use super::config_file::{self, ConfigFile, Problem, Sections, key_of};
use super::{Cli, Command, run};

/// What keeps a command line from being a job.
pub(crate) enum Unread {
    /// The command line itself; help and version as well.
    CommandLine(clap::Error),
    /// Everything that is wrong in the configuration file.
    File(Vec<Problem>),
}

impl From<clap::Error> for Unread {
    fn from(error: clap::Error) -> Self {
        Self::CommandLine(error)
    }
}

/// The command that a command line asks for.
pub(crate) fn parse(mut line: Vec<OsString>) -> Result<Cli, Unread> {
    let configured = configured(&line)?;
    let (mut sections, mut config) = (Sections::default(), None);
    if let Some((file, path)) = configured {
        // Behind `rstage run`, before everything that was typed.
        line.splice(2..2, file.arguments.into_iter().map(OsString::from));
        (sections, config) = (file.sections, Some(path));
    }
    let mut cli = Cli::try_parse_from(&line)?;
    if let Command::Run(args) = &mut cli.command {
        args.sections = sections;
        args.options = options(line);
        if let Some(path) = &config {
            args.options.insert("config".to_owned(), path.to_string_lossy().into());
        }
        args.config = config;
    }
    Ok(cli)
}

/// Every option of a command line of `run`, by its key.
fn options(line: Vec<OsString>) -> BTreeMap<String, Value> {
    let command = run_command();
    let Ok(matches) = command.clone().try_get_matches_from(line.into_iter().skip(1)) else {
        return BTreeMap::new();
    };
    let value = |option: &Arg| {
        let given = matches.get_raw(option.get_id().as_str()).into_iter().flatten();
        let mut given = given.map(|text| {
            let text = text.to_string_lossy();
            let number = text.parse::<u64>().ok().filter(|number| number.to_string() == text);
            number.map_or_else(|| Value::from(&*text), Value::from)
        });
        match option.get_action() {
            ArgAction::SetTrue => Value::from(matches.get_flag(option.get_id().as_str())),
            ArgAction::Append => given.collect(),
            _ => given.next_back().unwrap_or_default(),
        }
    };
    command.get_arguments().filter_map(|option| Some((key_of(option)?, value(option)))).collect()
}

/// The run that a configuration file alone asks for, with other inputs where there are any.
pub(crate) fn parse_config(config: PathBuf, inputs: &[String]) -> Result<Box<run::Args>, Unread> {
    let mut line: Vec<OsString> = vec!["rstage".into(), "run".into(), "--config".into(), config.into()];
    line.push("--".into());
    line.extend(inputs.iter().map(OsString::from));
    match parse(line)?.command {
        Command::Run(args) => Ok(args),
        _ => Err(Unread::CommandLine(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand))),
    }
}

/// The configuration file that a command line of `run` names.
fn configured(line: &[OsString]) -> Result<Option<(ConfigFile, PathBuf)>, Unread> {
    if line.get(1).is_none_or(|word| word != "run") {
        return Ok(None);
    }
    // What is missing may stand in the file, and what is wrong is told by the second reading.
    let lenient = run_command().ignore_errors(true);
    let words = std::iter::once(OsString::from("run")).chain(line.iter().skip(2).cloned());
    let Ok(matches) = lenient.try_get_matches_from(words) else { return Ok(None) };
    let Ok(Some(path)) = matches.try_get_one::<PathBuf>("config") else { return Ok(None) };
    let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let file = config_file::read(path, &run_command(), given).map_err(Unread::File)?;
    Ok(Some((file, path.clone())))
}

/// `rstage run` with nothing required.
pub(super) fn run_command() -> clap::Command {
    let mut cli = Cli::command();
    let run = cli.find_subcommand_mut("run").map(|run| run.clone().mut_args(|option| option.required(false)));
    run.unwrap_or(cli)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn parsed(text: &str, more: &[&str]) -> Result<Box<run::Args>, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.toml");
        fs::write(&path, text).unwrap();
        let line = ["rstage", "run", "--config", path.to_str().unwrap()];
        match parse(line.iter().chain(more).map(OsString::from).collect()) {
            Ok(Cli { command: Command::Run(args) }) => Ok(args),
            Ok(_) => panic!("not a run"),
            Err(Unread::CommandLine(error)) => Err(vec![error.to_string()]),
            Err(Unread::File(problems)) => Err(problems
                .iter()
                .map(|problem| problem.to_string().replace(path.to_str().unwrap(), "job.toml"))
                .collect()),
        }
    }

    /// A new option needs no entry anywhere to have a key, but it needs a name that can be one and a way to be
    /// written in a file.
    #[test]
    fn every_option_of_run_has_a_key() {
        let command = run_command();
        let without: Vec<_> = command
            .get_arguments()
            .filter(|option| key_of(option).is_none())
            .map(|option| option.get_id().as_str())
            .collect();
        assert_eq!(without, ["config"]);
        let example = include_str!("../../examples/rstage.toml");
        for option in command.get_arguments() {
            let Some(key) = key_of(option) else { continue };
            let stands = example.lines().any(|line| {
                let line = line.trim_start_matches("# ");
                line.starts_with(&format!("{key} =")) || line == format!("[{key}]")
            });
            assert!(stands, "examples/rstage.toml does not show the key {key}");
        }
    }

    #[test]
    fn options_stand_over_the_file_and_the_file_over_defaults() {
        let text = "inputs = [\"a.csv\"]\nout = \"results\"\nmx = \"unknown\"\nthreads = 3\noverwrite = true\n\
                    quiet = false\nalso_edition = [6, 9]\n[set]\nsite = \"C50.9\"\n";
        let Ok(args) = parsed(text, &["--threads", "2", "--set", "site=C61.9"]) else { panic!("refused") };
        assert_eq!((args.threads, args.overwrite, args.quiet), (2, true, false));
        assert_eq!(args.also_edition, [6, 9]);
        assert_eq!(args.reading.set, ["site=C61.9"]);
        assert!(matches!(args.assuming.mx, super::super::shared::Mx::Unknown));
        assert!(args.out.is_absolute() && args.out.ends_with("results"));
        assert!(args.inputs[0].ends_with("/a.csv") && args.inputs[0] != "a.csv");
        let Ok(args) = parsed(text, &["b.csv", "--out", "elsewhere"]) else { panic!("refused") };
        assert_eq!(
            (args.inputs.as_slice(), args.out.to_str()),
            (&["b.csv".to_owned()][..], Some("elsewhere"))
        );
        let missing = parsed("inputs = \"a.csv\"", &[]).err().unwrap();
        assert!(missing[0].contains("--out"), "{missing:?}");
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let text = "mxx = \"m0\"\nmx = \"m1\"\nthreads = \"many\"\nquiet = \"yes\"\nalso_edition = [6, 5]\n\
                    delimiter = \"dot\"\noriginal_window = \"long\"\nnonsense = 1\nmax_rejects = 1.5\n\
                    [findings]\nD99 = \"off\"\nR07 = \"of\"\n[set]\nsit = \"C50\"\n\
                    [oligometastasis]\nprofile = \"strct\"\n\
                    [oligometastasis.profiles.strict]\nmax_lesions = 3\nmax_organs = 1\n";
        let problems = parsed(text, &[]).err().unwrap();
        let expected = [
            ("job.toml:1: unknown key `mxx`", "did you mean `mx`?"),
            ("job.toml:2: mx = \"m1\": not a value of this key", "m0"),
            ("job.toml:3: threads = \"many\": ", ""),
            ("job.toml:4: quiet: must be true or false", ""),
            ("job.toml:5: also_edition = \"5\": 5 is not in 6..=9", ""),
            ("job.toml:6: delimiter = \"dot\": ", ""),
            ("job.toml:7: original_window = \"long\": `long` is no window", "longer, earlier"),
            ("job.toml:8: unknown key `nonsense`", "rstage run --help"),
            ("job.toml:9: max_rejects: must be text in quotation marks or a whole number", ""),
            ("job.toml:11: findings: there is no rule `D99`", "D0"),
            ("job.toml:12: findings: R07 = \"of\": not a severity", "off, info"),
            ("job.toml:14: set = \"sit=C50\": ", ""),
            ("job.toml:16: oligometastasis: there is no profile `strct`", "did you mean `strict`?"),
        ];
        assert_eq!(problems.len(), expected.len(), "{problems:#?}");
        for (problem, (begins, hint)) in problems.iter().zip(expected) {
            assert!(problem.starts_with(begins) && problem.contains(hint), "{problem}");
        }
        for (text, says) in [
            ("a = ", "job.toml:1: "),
            (
                "[oligometastasis]\nprofil = \"x\"",
                "job.toml:2: oligometastasis: unknown key `profil`\nhint: did you mean `profile`?",
            ),
            ("findings = 1", "job.toml:1: findings: must be a table"),
        ] {
            let problems = parsed(text, &[]).err().unwrap();
            assert!(problems[0].starts_with(says), "{problems:?}");
        }
    }
}
