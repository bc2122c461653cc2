//! A run without the run: everything that could stop it is looked at, and all of it is told.

use std::path::PathBuf;

use super::settings::format_name;
use super::{EventFile, FilePlan, RunConfig, RunError, also_editions, columns, events, plan};
use crate::audit::AuditRules;
use crate::fields::Mapping;
use crate::input::{self, InputError, InputFile};
use crate::knowledge::Rules;
use crate::output::{self, RunFolder};

/// What a run would do, and what stands against it.
#[derive(Debug)]
pub struct Check {
    /// The exports that can be read.
    pub inputs: Vec<CheckedInput>,
    /// The tables of events that can be read.
    pub events: Vec<CheckedInput>,
    /// Columns that the run would add.
    pub added: usize,
    /// Folder of the results.
    pub out: PathBuf,
    /// Everything that would stop the run.
    pub problems: Vec<RunError>,
}

/// One table as a run would read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckedInput {
    /// Path as given or found.
    pub path: PathBuf,
    /// Size on disk.
    pub bytes: u64,
    /// Form, `csv` or `parquet` with its compression.
    pub format: String,
    /// Layout by which its columns are recognised.
    pub layout: String,
    /// Columns of its header.
    pub columns: usize,
    /// Fields that have a column.
    pub fields: usize,
}

impl CheckedInput {
    fn new(file: &InputFile, mapping: &Mapping) -> Self {
        Self {
            path: file.path.clone(),
            bytes: file.bytes,
            format: format_name(file),
            layout: mapping.layout().to_owned(),
            columns: file.header.len(),
            fields: mapping.mapped_fields().count(),
        }
    }
}

/// Looks at everything that a run needs before its first record. Nothing is left in the output folder.
pub fn check(config: &RunConfig) -> Check {
    let mut problems = Vec::new();
    if let (None, Err(mistakes)) = (&config.rules, Rules::builtin()) {
        problems.push(RunError::Knowledge(mistakes));
    }
    let audit = AuditRules::configured(&config.audit).map_err(|error| problems.push(error.into())).ok();
    let files = discover(&config.inputs, |patterns| input::discover(patterns, &config.read), &mut problems);
    let tables = discover(
        &config.events.inputs,
        |patterns| input::discover_events(patterns, &config.read),
        &mut problems,
    );
    // One table at a time, so that one that cannot be used does not hide the next.
    let events: Vec<EventFile> = tables
        .into_iter()
        .filter_map(|file| events::table(file, config).map_err(|error| problems.push(error)).ok())
        .collect();
    let profiles: Vec<&str> = audit.iter().flat_map(AuditRules::profiles_beside).collect();
    let added = columns::added(&profiles, &also_editions(config));
    let mut inputs = Vec::new();
    for file in files.iter().filter(|_| audit.is_some()) {
        let one = std::slice::from_ref(file);
        match plan(one, &events, config) {
            Ok(plans) => {
                inputs.extend(plans.iter().map(|FilePlan { mapping, .. }| CheckedInput::new(file, mapping)));
            }
            Err(error) => problems.push(error),
        }
        if let Some(column) = output::clashing_columns(one, &added).pop() {
            problems.push(RunError::Clash { path: file.path.clone(), column });
        }
    }
    if let Err(error) = RunFolder::check(&config.out, config.overwrite) {
        problems.push(error.into());
    }
    Check {
        inputs,
        events: events.iter().map(|events| CheckedInput::new(&events.file, &events.mapping)).collect(),
        added: added.len(),
        out: config.out.clone(),
        problems,
    }
}

/// The files of every pattern that can be read.
fn discover(
    patterns: &[String],
    find: impl Fn(&[String]) -> Result<Vec<InputFile>, InputError>,
    problems: &mut Vec<RunError>,
) -> Vec<InputFile> {
    let mut found = Vec::new();
    let before = problems.len();
    for pattern in patterns {
        match find(std::slice::from_ref(pattern)) {
            Ok(files) => found.extend(files),
            Err(error) => problems.push(error.into()),
        }
    }
    // What only shows when they stand together, such as one file named twice.
    if problems.len() == before
        && !patterns.is_empty()
        && let Err(error) = find(patterns)
    {
        problems.push(error.into());
    }
    found
}
