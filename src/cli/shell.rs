//! `rstage completions` and `rstage man`: what a shell and `man` want to know of the commands.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use super::failure::Failure;

/// Options of `rstage completions`.
#[derive(clap::Args)]
pub(crate) struct CompletionArgs {
    /// The shell
    shell: Shell,
}

/// Options of `rstage man`.
#[derive(clap::Args)]
pub(crate) struct ManArgs {
    /// The folder to write the pages to, one for each command; the page of rstage to standard output if not
    /// given
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Prints the completions; the exit status.
pub(crate) fn completions(args: &CompletionArgs) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rstage", &mut script);
    stdout().write_all(&script)?;
    Ok(0)
}

/// Writes the manual pages; the exit status.
pub(crate) fn man(args: &ManArgs) -> Result<u8, Failure> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &args.folder else {
        stdout().write_all(&page(command)?)?;
        return Ok(0);
    };
    std::fs::create_dir_all(folder)?;
    // A page is known by the names of its commands from the outermost on: rstage-rules-show.1.
    let mut waiting = vec![("rstage".to_owned(), command)];
    while let Some((name, command)) = waiting.pop() {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            waiting.push((format!("{name}-{}", inner.get_name()), inner.clone()));
        }
        std::fs::write(folder.join(format!("{name}.1")), page(command)?)?;
    }
    Ok(0)
}

fn page(command: Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}
