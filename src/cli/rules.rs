//! `rstage rules`: the staging rules as people read them, and the check of a user's own.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use rstage::category::{Cell, Edition, Histology, Parsed, Site, parse};
use rstage::fields::{Coding, Field};
use rstage::knowledge::{Mistakes, Overlay, Rules};
use rstage::rulebook::{Coverage, Filter, Form, coverage, lines, page};

use super::failure::Failure;
use super::listing::{Format, write_list};
use super::seer::{self, ShownTables};
use super::shared::{AlgorithmLimit, OwnRules};

/// Options of `rstage rules`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: List,
}

#[derive(Subcommand)]
enum Command {
    /// List the schemas (so does `rstage rules` alone)
    List(List),
    /// Show one schema: what it takes, what its editions say, and its tables
    Show(Show),
    /// Check a folder of your own tables and print every mistake in it
    Check {
        /// The folder, as it would be given to --rules
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(clap::Args)]
struct List {
    /// Only schemas with this in their id or title
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// List the schemas of this algorithm of SEER: its ZIP file, or the folder it was unpacked to
    #[arg(long, value_name = "ZIP", conflicts_with_all = ["edition", "site", "histology", "by", "rules"])]
    algorithm: Option<PathBuf>,
    #[command(flatten)]
    limit: AlgorithmLimit,
    /// Only schemas with tables of this edition
    #[arg(long, value_name = "E", value_parser = clap::value_parser!(u8).range(6..=9))]
    edition: Option<u8>,
    /// Only schemas that take this site
    #[arg(long, value_name = "CODE")]
    site: Option<String>,
    /// Only schemas that take this histology
    #[arg(long, value_name = "CODE")]
    histology: Option<String>,
    /// What the columns are
    #[arg(long, value_name = "WHAT", default_value = "schema")]
    by: By,
    /// Form of the list
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    own: OwnRules,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    /// What a schema has
    Schema,
    /// Whether there are tables, edition by edition
    Edition,
}

#[derive(clap::Args)]
struct Show {
    /// Id of the schema, such as testis
    #[arg(value_name = "SCHEMA")]
    schema: String,
    /// Only this edition
    #[arg(long, value_name = "E", value_parser = clap::value_parser!(u8).range(6..=9))]
    edition: Option<u8>,
    /// Form of the page
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: PageFormat,
    #[command(flatten)]
    own: OwnRules,
    /// Show a schema of this algorithm of SEER: its ZIP file, or the folder it was unpacked to
    #[arg(long, value_name = "ZIP", conflicts_with_all = ["edition", "rules"])]
    algorithm: Option<PathBuf>,
    #[command(flatten)]
    limit: AlgorithmLimit,
    #[command(flatten)]
    shown: ShownTables,
}

#[derive(Clone, Copy, ValueEnum)]
enum PageFormat {
    /// For the terminal
    Text,
    /// Markdown
    Markdown,
}

/// Runs it; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    match &args.command {
        None => list(&args.list),
        Some(Command::List(args)) => list(args),
        Some(Command::Show(args)) => show(args),
        Some(Command::Check { folder }) => check(folder),
    }
}

fn list(args: &List) -> Result<u8, Failure> {
    if let Some(file) = &args.algorithm {
        return seer::list(&args.limit.read(file)?, args.text.as_deref(), args.format);
    }
    let own = args.own.read()?;
    let rules = match &own {
        Some(rules) => rules,
        None => Rules::builtin()?,
    };
    let filter = Filter {
        edition: args.edition.map(Edition),
        text: args.text.clone(),
        site: args.site.as_deref().map(site).transpose()?,
        histology: args.histology.as_deref().map(histology).transpose()?,
    };
    let found = lines(rules, &filter);
    let mut out = stdout().lock();
    match args.by {
        By::Schema => {
            let rows = found.into_iter().map(|line| {
                let editions: Vec<String> = line.editions.iter().map(ToString::to_string).collect();
                let own = if line.local { "local/" } else { "" };
                [
                    format!("{own}{}", line.id),
                    line.title,
                    line.system.to_owned(),
                    editions.join(" "),
                    line.chapters.join(", "),
                    line.rows.to_string(),
                ]
            });
            let heading = ["schema", "title", "system", "tables", "chapters", "rows"];
            write_list(&mut out, args.format, 120, heading, rows.collect())?;
        }
        By::Edition => {
            let mut rows = Vec::new();
            for line in found {
                let schema = rules.schema(rules.find(&line.id)?);
                let mark = |edition| match coverage(schema, Edition(edition)) {
                    Coverage::Tables => "✓".to_owned(),
                    Coverage::NoGroup => "no group".to_owned(),
                    Coverage::NoChapter => "–".to_owned(),
                };
                rows.push([line.id.clone(), mark(6), mark(7), mark(8), mark(9)]);
            }
            write_list(&mut out, args.format, 120, ["schema", "6", "7", "8", "9"], rows)?;
        }
    }
    Ok(0)
}

fn show(args: &Show) -> Result<u8, Failure> {
    let form = match args.format {
        PageFormat::Text => Form::Text,
        PageFormat::Markdown => Form::Markdown,
    };
    if let Some(file) = &args.algorithm {
        return seer::show(&args.limit.read(file)?, &args.schema, &args.shown, form);
    }
    let own = args.own.read()?;
    let rules = match &own {
        Some(rules) => rules,
        None => Rules::builtin()?,
    };
    let text = page(rules, rules.find(&args.schema)?, args.edition.map(Edition), form)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    write!(stdout().lock(), "{text}")?;
    Ok(0)
}

fn check(folder: &Path) -> Result<u8, Failure> {
    let mut out = stdout().lock();
    let read = Overlay::read(folder).and_then(|overlay| {
        let files = overlay.files().count();
        Rules::overlaid(overlay).map(|rules| (files, rules))
    });
    let (files, rules) = match read {
        Ok(read) => read,
        Err(mistakes) => return Ok(refuse(&mut out, &mistakes)?),
    };
    let (mut schemas, mut tables, mut rows, mut notes) = (0, 0, 0, 0);
    for (id, _) in rules.schemas().filter(|(_, schema)| schema.local) {
        schemas += 1;
        for (_, table) in rules.tables_of(id).filter(|(_, table)| table.local) {
            tables += 1;
            rows += table.printed.len();
            let (file, line) = &table.place;
            let gaps = match table.gaps() {
                Ok(gaps) => gaps,
                Err(error) => {
                    notes += 1;
                    writeln!(out, "{file}:{line}: note: what is not grouped cannot be told: {error}")?;
                    continue;
                }
            };
            for gap in gaps {
                notes += 1;
                let reason = rules.gap_reason(table, &gap).map(|reason| format!(" ({reason})"));
                let cells = gap.cells.join(" | ");
                writeln!(out, "{file}:{line}: note: not grouped: {cells}{}", reason.unwrap_or_default())?;
            }
        }
    }
    let counted =
        [(files, "file"), (schemas, "schema"), (tables, "table"), (rows, "row"), (notes, "note")].map(plural);
    writeln!(out, "{}: {}; no mistakes", folder.display(), counted.join(", "))?;
    Ok(0)
}

fn refuse(out: &mut impl Write, mistakes: &Mistakes) -> std::io::Result<u8> {
    writeln!(out, "{mistakes}")?;
    writeln!(out, "{}", plural((mistakes.count(), "mistake")))?;
    Ok(3)
}

fn plural((count, word): (usize, &str)) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn site(text: &str) -> Result<Site, Failure> {
    match parse(Field::Site, Coding::Plain, text) {
        Parsed::Site(Cell::Value(site)) => Ok(site),
        _ => Err(Failure::Usage(format!("--site: {text} is no topography code\nhint: such as C50.9"))),
    }
}

fn histology(text: &str) -> Result<Histology, Failure> {
    match parse(Field::Histology, Coding::Plain, text) {
        Parsed::Morphology(Cell::Value(histology), _) => Ok(histology),
        _ => Err(Failure::Usage(format!("--histology: {text} is no histology code\nhint: such as 8140"))),
    }
}
