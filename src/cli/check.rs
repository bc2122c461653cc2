//! `rstage check`: a run without the run.

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;

use rstage::pipeline::{CheckedInput, check};

use super::failure::Failure;
use super::{job, refuse, run};

/// Options of `rstage check`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Configuration file of the run
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    /// Exports in place of those that the file names
    #[arg(value_name = "EXPORT")]
    inputs: Vec<String>,
}

/// Looks at the job; the exit status that the run would fail with.
pub(crate) fn main(args: Args) -> Result<u8, Failure> {
    let run = match job::parse_config(args.config, &args.inputs) {
        Ok(run) => run,
        Err(unread) => return Ok(refuse(&unread)),
    };
    let config = run::config(&run)?;
    let checked = check(&config);
    let mut out = stdout().lock();
    for input in &checked.inputs {
        write_input(&mut out, "would stage", input)?;
    }
    for events in &checked.events {
        write_input(&mut out, "would join", events)?;
    }
    let replacing = if config.overwrite { ", in place of an earlier result" } else { "" };
    writeln!(out, "would add {} columns and write {}{replacing}", checked.added, checked.out.display())?;
    let severities = config.audit.severities.iter();
    for (id, severity) in severities {
        writeln!(out, "finding {id}: {}", severity.severity().map_or("off", |severity| severity.as_str()))?;
    }
    let oligo = &config.audit.oligometastasis;
    for (name, profile) in &oligo.profiles {
        let (lesions, organs) = (profile.max_lesions, profile.max_organs);
        writeln!(out, "profile {name}: at most {lesions} lesions in {organs} organs")?;
    }
    for (schema, profile) in &oligo.schemas {
        writeln!(out, "schema {schema}: profile {profile}")?;
    }
    let mut exit = 0;
    for problem in checked.problems {
        writeln!(stderr(), "error: {problem}")?;
        let status = Failure::from(problem).exit();
        exit = if exit == 0 { status } else { exit.min(status) };
    }
    if exit == 0 {
        writeln!(out, "nothing stands against it")?;
    }
    Ok(exit)
}

fn write_input(out: &mut impl Write, verb: &str, input: &CheckedInput) -> std::io::Result<()> {
    let CheckedInput { path, bytes, format, layout, columns, fields } = input;
    writeln!(
        out,
        "{verb} {}: {bytes} bytes of {format}, layout {layout}, {columns} columns, {fields} fields recognised",
        path.display()
    )
}
