//! Commands, exit codes and messages: data to standard output, everything else to standard error.

mod check;
mod codebook;
#[cfg(feature = "cohort")]
mod cohort;
mod columns;
mod config_file;
mod diff;
mod explain;
mod failure;
mod findings;
mod guard;
mod job;
mod listing;
mod log;
mod report;
mod rules;
mod run;
mod seer;
mod shared;
mod shell;
mod summary;
mod synth;
mod verify;

use std::io::Write;

use clap::{Parser, Subcommand};

use failure::Failure;
use job::Unread;

/// Stage, restage and audit tumor-registry exports
#[derive(Parser)]
#[command(
    name = "rstage",
    version,
    about = "Derives stage groups of tumor-registry exports, audits them against the recorded ones, and grades oligometastatic disease",
    after_help = "Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage, 3 input, mapping or rules,\n            4 more rejected rows than --max-rejects, 5 output or internal, 128+n signal n."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Stage and audit exports; write records, findings, rejects, summary tables and a manifest
    Run(Box<run::Args>),
    /// Say what a run would do and everything that stands against it, without doing it
    Check(check::Args),
    /// Say which columns of an export are recognised, what is missing and what that costs
    Columns(columns::Args),
    /// Explain one record, from a file or from options, step by step
    Explain(Box<explain::Args>),
    /// Pick the records of a run by what was derived, with the reasons
    #[cfg(feature = "cohort")]
    Cohort(cohort::Args),
    /// List the rules of the audit, or show one
    Findings(findings::Args),
    /// Compare two exports of one registry: what changed, and whether it may
    Diff(Box<diff::Args>),
    /// List the staging schemas, show one with its tables, check a folder of your own tables
    Rules(rules::Args),
    /// Add up the summary tables of several runs
    Summary(summary::Args),
    /// Print the codebook of the added columns, or a SAS, Stata, R or Python program that labels them
    Codebook(codebook::Args),
    /// Check that a result is still what the run wrote
    Verify(verify::Args),
    /// Make the page of a run anew, from the tables in its folder
    Report(report::Args),
    /// Print completions for a shell
    Completions(shell::CompletionArgs),
    /// Write the manual pages
    Man(shell::ManArgs),
    /// Write a synthetic registry export with known truth
    Synth(synth::Args),
}

/// Runs the command of this process; its exit status.
pub(crate) fn main() -> u8 {
    guard::watch();
    guard::guarded(command)
}

fn command() -> u8 {
    let cli = match job::parse(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(unread) => return refuse(&unread),
    };
    let done = match cli.command {
        Command::Run(args) => run::main(&args),
        Command::Check(args) => check::main(args),
        Command::Columns(args) => columns::main(&args),
        Command::Explain(args) => explain::main(&args),
        #[cfg(feature = "cohort")]
        Command::Cohort(args) => cohort::main(&args),
        Command::Findings(args) => findings::main(&args),
        Command::Diff(args) => diff::main(&args),
        Command::Rules(args) => rules::main(&args),
        Command::Summary(args) => summary::main(&args),
        Command::Codebook(args) => codebook::main(&args),
        Command::Verify(args) => verify::main(&args),
        Command::Report(args) => report::main(&args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
        Command::Synth(args) => synth::main(&args),
    };
    done.unwrap_or_else(|failure| say(&failure))
}

/// Says why a command line cannot be used; the exit status.
fn refuse(unread: &Unread) -> u8 {
    match unread {
        // A usage error, or help and version, which clap counts as errors with status 0.
        Unread::CommandLine(error) => {
            let _ = error.print();
            u8::try_from(error.exit_code()).unwrap_or(2)
        }
        Unread::File(problems) => {
            for problem in problems {
                let _ = writeln!(std::io::stderr(), "error: {problem}");
            }
            2
        }
    }
}

fn say(failure: &Failure) -> u8 {
    // Whoever reads our output may stop early; that is no failure of ours.
    if failure.is_broken_pipe() {
        return 0;
    }
    if !log::failed(failure) {
        let _ = writeln!(std::io::stderr(), "error: {failure}");
    }
    failure.exit()
}
