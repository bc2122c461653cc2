//! `rstage findings`: the rules of the audit as people read them.

use std::io::{Write, stdout};

use clap::{Subcommand, ValueEnum};
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use rstage::audit::{AuditRules, Evaluated, Rule};

use super::failure::Failure;

/// Options of `rstage findings`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List every rule: id, severity and meaning
    List {
        /// Form of the list
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: Format,
    },
    /// Show one rule: when it speaks, how loud, what to do and where it comes from
    Show {
        /// Id of the rule, such as D06
        id: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Markdown,
    Csv,
}

/// Runs it; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    let rules = AuditRules::builtin()?;
    let mut out = stdout().lock();
    match &args.command {
        Command::List { format } => list(&mut out, rules.rules(), *format)?,
        Command::Show { id } => {
            let wanted = id.to_uppercase();
            let rule = rules.rule(&wanted).ok_or_else(|| {
                Failure::Usage(format!(
                    "there is no rule {id}\nhint: `rstage findings list` names all {}",
                    rules.rules().len()
                ))
            })?;
            write!(out, "{}", page(rule))?;
        }
    }
    Ok(0)
}

const COLUMNS: [&str; 7] = ["id", "name", "severity", "evaluated", "meaning", "action", "source"];

fn list(out: &mut impl Write, rules: &[Rule], format: Format) -> Result<(), Failure> {
    match format {
        Format::Text => {
            const STYLE: TableStyle =
                TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
            let mut table = Table::new();
            table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(100);
            table.set_header(["id", "severity", "meaning"]);
            table.add_rows(rules.iter().map(|rule| [rule.id.clone(), severity(rule), rule.meaning.clone()]));
            for line in table.to_string().lines() {
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        Format::Markdown => {
            writeln!(out, "| {} |", COLUMNS.join(" | "))?;
            writeln!(out, "|{}", "---|".repeat(COLUMNS.len()))?;
            for rule in rules {
                writeln!(out, "| {} |", cells(rule).map(|cell| cell.replace('|', "\\|")).join(" | "))?;
            }
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(out);
            writer.write_record(COLUMNS).map_err(std::io::Error::from)?;
            for rule in rules {
                writer.write_record(cells(rule)).map_err(std::io::Error::from)?;
            }
            writer.flush()?;
        }
    }
    Ok(())
}

fn cells(rule: &Rule) -> [String; COLUMNS.len()] {
    [
        rule.id.clone(),
        rule.name.clone(),
        severity(rule),
        evaluated(rule).to_owned(),
        rule.meaning.clone(),
        rule.action.clone(),
        rule.source.clone(),
    ]
}

/// The usual severity, and the one of the special case behind it.
fn severity(rule: &Rule) -> String {
    let otherwise = rule.otherwise.map(|severity| format!(" ({})", severity.as_str())).unwrap_or_default();
    format!("{}{otherwise}", rule.severity.as_str())
}

fn evaluated(rule: &Rule) -> &'static str {
    match rule.evaluated {
        Evaluated::Record => "each record",
        Evaluated::Patient => "all tumors of a patient",
        Evaluated::Snapshots => "two snapshots",
        Evaluated::No => "not evaluated",
    }
}

fn page(rule: &Rule) -> String {
    use std::fmt::Write as _;

    let mut text = format!("{} {}\n\n  {}\n\n", rule.id, rule.name, rule.meaning);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<10} {value}");
    };
    line("Severity", rule.severity.as_str());
    if let (Some(otherwise), Some(when)) = (rule.otherwise, &rule.otherwise_when) {
        line("", &format!("{} where {when}", otherwise.as_str()));
    }
    line("Action", &rule.action);
    line("Source", &rule.source);
    line("Evaluated", &format!("from {}", evaluated(rule)).replace("from not evaluated", "not evaluated"));
    if let Some(needs) = &rule.needs {
        line("Needs", needs);
    }
    if !rule.needs_any.is_empty() {
        line("Columns", &format!("silent unless the export has one of: {}", rule.needs_any.join(", ")));
    }
    text
}
