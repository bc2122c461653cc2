//! `rstage findings`: the rules of the audit as people read them.

use std::io::{Write, stdout};

use clap::Subcommand;
use rstage::audit::{AuditRules, Evaluated, Rule};

use super::failure::Failure;
use super::listing::{Format, write_list};

/// Options of `rstage findings`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List every rule: id, severity, meaning and condition
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

const COLUMNS: [&str; 8] =
    ["id", "name", "severity", "evaluated", "meaning", "condition", "action", "source"];

fn list(out: &mut impl Write, rules: &[Rule], format: Format) -> std::io::Result<()> {
    if format == Format::Text {
        let rows = rules
            .iter()
            .map(|rule| [rule.id.clone(), severity(rule), rule.meaning.clone(), rule.condition.clone()]);
        return write_list(out, format, 120, ["id", "severity", "meaning", "condition"], rows.collect());
    }
    write_list(out, format, 100, COLUMNS, rules.iter().map(cells).collect())
}

fn cells(rule: &Rule) -> [String; COLUMNS.len()] {
    [
        rule.id.clone(),
        rule.name.clone(),
        severity(rule),
        evaluated(rule).to_owned(),
        rule.meaning.clone(),
        rule.condition.clone(),
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
    line("Condition", &rule.condition);
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
