//! One record in words: every step from its cells to its stage, its findings, and its course.

mod case;
mod seer;

pub use case::{Asked, explain_case, explain_fields};
pub use seer::explain_seer;

use std::fmt::Write as _;

use crate::audit::{AuditRules, Audited, Finding, OrganNames};
use crate::category::{Cell, Edition, Recorded, StageGroup};
use crate::fields::Field;
use crate::knowledge::{BesideKind, Rules, StageTable, TableAxis};
use crate::staging::words::{basis_word, beside_word, category_word, recorded_word};
use crate::staging::{
    Basis, BesideOutcome, BesideRule, Besides, Case, Cause, Derived, EditionSource, Migration, Outcome,
    RuleRef, Staged, UnderEdition, compare,
};

/// A record with everything that was worked out about it.
#[derive(Clone, Copy, Debug)]
pub struct Explained<'a> {
    /// The record.
    pub case: &'a Case,
    /// What staging derived.
    pub staged: &'a Staged,
    /// What the audit says.
    pub audited: &'a Audited,
    /// What the systems beside the stage group say.
    pub besides: &'a Besides,
    /// Its findings.
    pub findings: &'a [Finding],
    /// What it is under other editions.
    pub editions: &'a [(Edition, UnderEdition)],
}

/// The record in words. `cell` gives the text of a field as it was recorded, where there is one.
pub fn explain(
    rules: &Rules,
    audit: &AuditRules,
    record: Explained<'_>,
    cell: &dyn Fn(Field) -> Option<String>,
) -> String {
    let mut text = String::new();
    let out = &mut text;
    recorded_cells(out, cell);
    chapter(out, rules, record);
    for basis in [Basis::Clinical, Basis::Pathologic, Basis::Single, Basis::PostClinical, Basis::PostTherapy]
    {
        if let Some(derived) = record.staged.derived(basis) {
            classification(out, rules, record, basis, derived);
        }
    }
    original(out, record);
    beside(out, rules, record);
    other_editions(out, rules, record);
    restaging(out, rules, record);
    course(out, audit, record);
    findings(out, audit, record);
    text
}

fn heading(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}");
}

fn recorded_cells(out: &mut String, cell: &dyn Fn(Field) -> Option<String>) {
    out.push_str("As recorded\n");
    let hidden = [Field::PatientId, Field::RegistryId, Field::TumorNumber, Field::Facility, Field::BirthDate];
    for field in Field::ALL.iter().filter(|field| !hidden.contains(field)) {
        if let Some(text) = cell(*field).filter(|text| !text.trim().is_empty()) {
            let _ = writeln!(out, "  {:<20} {text}", field.id());
        }
    }
}

fn chapter(out: &mut String, rules: &Rules, record: Explained<'_>) {
    let Explained { case, staged, .. } = record;
    heading(out, "Schema and edition");
    let Some(schema) = staged.schema.map(|id| rules.schema(id)) else {
        let cause = staged.original.outcome.cause().map_or("no reason is known", |cause| cause.words());
        let _ = writeln!(out, "  No schema: {cause}");
        return;
    };
    let site = case.site.value().map(|site| site.to_string()).unwrap_or_default();
    let histology = case.histology.value().map(|code| code.0.to_string()).unwrap_or_default();
    let _ = writeln!(
        out,
        "  Schema {} ({}): it takes site {site} with histology {histology}",
        schema.id, schema.title
    );
    if staged.original.assumed.discriminator {
        out.push_str("  The item that tells it from its neighbours is missing and was taken as unknown\n");
    }
    match staged.edition {
        None => out.push_str("  Edition: neither recorded, nor is there a year of diagnosis\n"),
        Some(edition) => {
            let why = match staged.edition_source {
                Some(EditionSource::Recorded) => "the record names it".to_owned(),
                Some(EditionSource::Forced) => "asked for with --edition".to_owned(),
                _ => format!(
                    "in force for this chapter in {}",
                    case.dx.value().map(|date| date.year.to_string()).unwrap_or_default()
                ),
            };
            let chapter =
                schema.chapters.get(&edition.0).map(|title| format!(", chapter {title}")).unwrap_or_default();
            let _ = writeln!(out, "  Edition {edition}{chapter}: {why}");
            let _ = writeln!(out, "  Staging system: {}", schema.system(edition).name());
        }
    }
}

fn classification(out: &mut String, rules: &Rules, record: Explained<'_>, basis: Basis, derived: &Derived) {
    heading(out, &format!("{} classification", capitalised(basis_word(Some(basis)))));
    let set = record.case.set(basis);
    let read = |recorded, x| match category_word(recorded, x) {
        "" => "(blank)",
        word => word,
    };
    let _ = writeln!(out, "  Read as     {} {} {}", read(set.t, "TX"), read(set.n, "NX"), read(set.m, "MX"));
    let used = [read(derived.t, "TX"), read(derived.n, "NX"), read(derived.m, "MX")];
    let mut notes = Vec::new();
    if derived.assumed.m0 {
        notes.push("M0 was assumed: the record shows no metastasis");
    }
    if derived.assumed.m1 {
        notes.push("M1 is what the metastasis items or the EOD Mets code show");
    }
    if derived.assumed.n0_in_situ {
        notes.push("N0 was assumed: an in situ tumor has no nodes");
    }
    if derived.assumed.n0 {
        notes.push("N0 was assumed, as --nx n0 asks");
    }
    if derived.assumed.m_borrowed {
        notes.push("M is that of the other classification");
    }
    if derived.assumed.recorded_group {
        out.push_str("  The recorded stage group was taken as the stage: nothing else tells it\n");
    }
    if !notes.is_empty() {
        let _ = writeln!(out, "  Used        {}  ({})", used.join(" "), notes.join("; "));
    }
    outcome(out, rules, derived);
}

fn outcome(out: &mut String, rules: &Rules, derived: &Derived) {
    match derived.outcome {
        Outcome::Group(group) => {
            let _ = writeln!(out, "  Group       {}", group.label());
            match derived.rule {
                Some(rule) => matched(out, rules, rule),
                None => out.push_str("  Every combination that is still possible gives this group\n"),
            }
        }
        Outcome::Open { low, high, stage, cause } => {
            let _ = writeln!(out, "  Possible    {} to {}", low.label(), high.label());
            if let Some(stage) = stage {
                let _ = writeln!(out, "  Stage       {stage}: every possible group shares it");
            }
            let _ = writeln!(out, "  Why open    {}", cause.words());
        }
        Outcome::NotApplicable(cause) => {
            let _ = writeln!(out, "  No group    {}", cause.words());
        }
        Outcome::Unknown(cause) => {
            let _ = writeln!(out, "  Unknown     {}", cause.words());
        }
    }
}

/// The table and the row that matched, as the knowledge file prints them.
fn matched(out: &mut String, rules: &Rules, rule: RuleRef) {
    let table = rules.table(rule.table);
    let schema = rules.schema(table.schema);
    let system = table.system.as_deref().map(|system| format!(", {system}")).unwrap_or_default();
    let _ = writeln!(
        out,
        "  Table       {}{}, edition {}, {}{system}; row {} of {}",
        if table.local { "local/" } else { "" },
        schema.id,
        table.edition,
        table.basis.name(),
        rule.row + 1,
        table.printed.len()
    );
    if table.local {
        let _ = writeln!(out, "              of your own rules, {}:{}", table.place.0, table.place.1);
    }
    let Some(row) = table.printed.get(usize::from(rule.row)) else { return };
    printed(out, &table.heading, row);
    for title in factor_titles(rules, table) {
        let _ = writeln!(out, "              {title}");
    }
}

/// A row under its heading.
fn printed(out: &mut String, heading: &[String], row: &[String]) {
    let widths: Vec<usize> =
        heading.iter().zip(row).map(|(heading, cell)| heading.len().max(cell.len())).collect();
    for cells in [heading, row] {
        let line: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(out, "              {}", line.join(" | ").trim_end());
    }
}

fn factor_titles(rules: &Rules, table: &StageTable) -> Vec<String> {
    table
        .axes
        .iter()
        .filter_map(|axis| match axis {
            TableAxis::Factor(axis) => {
                let factor = rules.factor(axis.factor);
                Some(format!("{}: {}", factor.name, factor.title))
            }
            TableAxis::Category(_) => None,
        })
        .collect()
}

fn original(out: &mut String, record: Explained<'_>) {
    let Explained { staged, audited, .. } = record;
    heading(out, "Stage at diagnosis");
    let basis = match basis_word(staged.basis) {
        "" => String::new(),
        word => format!(", from the {word} classification"),
    };
    let derived = match staged.original.outcome {
        Outcome::Group(group) => group.label().to_owned(),
        Outcome::Open { low, high, .. } => format!("between {} and {}", low.label(), high.label()),
        Outcome::NotApplicable(cause) => format!("NA ({})", cause.words()),
        Outcome::Unknown(cause) => format!("unknown ({})", cause.words()),
    };
    let _ = writeln!(out, "  Derived     {derived}{basis}");
    let _ = writeln!(out, "  Recorded    {}", recorded_group(audited.recorded));
    let detail = match audited.agreement_detail.as_str() {
        "" => String::new(),
        detail => format!(" ({detail})"),
    };
    let _ = writeln!(out, "  Agreement   {}{detail}", audited.agreement.as_str());
}

/// The systems that have something to say of this tumor, each with the row that gave its label.
fn beside(out: &mut String, rules: &Rules, record: Explained<'_>) {
    let beside = rules.beside();
    let silent = |outcome| {
        matches!(outcome, BesideOutcome::NotApplicable(Cause::NoDisease | Cause::NoChapter | Cause::Adult))
    };
    let systems = beside.systems().iter().zip(record.besides).enumerate();
    let spoken: Vec<_> = systems.filter(|(_, (_, derived))| !silent(derived.outcome)).collect();
    if spoken.is_empty() {
        return;
    }
    heading(out, "Beside the stage group");
    for (at, (system, derived)) in spoken {
        let note = match derived.outcome {
            BesideOutcome::Label(_) if derived.assumed.m0 => " (M0 was assumed)".to_owned(),
            BesideOutcome::Label(_) => String::new(),
            BesideOutcome::Open { possible, cause } => {
                let labels: Vec<&str> = system
                    .labels
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| possible >> at & 1 == 1)
                    .map(|(_, label)| label.as_str())
                    .collect();
                format!(" (one of {}: {})", labels.join(", "), cause.words())
            }
            BesideOutcome::NotApplicable(cause) | BesideOutcome::Unknown(cause) => {
                format!(" ({})", cause.words())
            }
        };
        let recorded = compare(beside, at, derived, record.case)
            .map(|comparison| format!("; {}", comparison.as_str().replace('_', " ")))
            .unwrap_or_default();
        let word = beside_word(beside, system, derived, record.case);
        let _ = writeln!(out, "  {}: {word}{note}{recorded}", system.title);
        let (Some(BesideRule::Row { table, .. } | BesideRule::Table(table)), rule) =
            (derived.rule, derived.rule)
        else {
            continue;
        };
        let table = beside.table(table);
        let disease = beside.disease(table.disease);
        let _ = writeln!(out, "              {}, {}", disease.title, table.version);
        if let (BesideKind::Rows(rows), Some(BesideRule::Row { row, .. })) = (&table.kind, rule)
            && let Some(row) = rows.printed.get(usize::from(row))
        {
            printed(out, &rows.heading, row);
        }
    }
}

/// What the categories of the stage at diagnosis come to under other editions.
fn other_editions(out: &mut String, rules: &Rules, record: Explained<'_>) {
    for (edition, under) in record.editions {
        heading(out, &format!("Under edition {edition}"));
        if let Some(schema) = under.schema.map(|id| rules.schema(id)) {
            let _ = writeln!(out, "  Schema      {} ({})", schema.id, schema.title);
        }
        outcome(out, rules, &under.derived);
        let change = match under.migration {
            Migration::NotComparable => {
                let cause = under.cause(record.staged).map_or("no reason is known", Cause::words);
                format!("not comparable: {cause}")
            }
            change => format!("{} by stage", change.as_str()),
        };
        let _ = writeln!(out, "  Change      {change}");
    }
}

fn recorded_group(recorded: Recorded<StageGroup>) -> &'static str {
    match recorded.cell {
        Cell::Blank => "(blank)",
        _ => recorded_word(recorded),
    }
}

fn restaging(out: &mut String, rules: &Rules, record: Explained<'_>) {
    let restaging = &record.audited.restaging;
    let Some(group) = restaging.group else { return };
    heading(out, "Restaging");
    let date = record.case.r_date.value().map(|date| format!(" on {date}")).unwrap_or_default();
    let _ = writeln!(out, "  rStage      r{}{date}, {}", group.label(), restaging.source.as_str());
    if let Some(derived) = record.staged.derived(Basis::Restaged) {
        outcome(out, rules, derived);
    }
    let _ =
        writeln!(out, "  Change      {}; the stage at diagnosis stays as it is", restaging.change.as_str());
}

fn course(out: &mut String, audit: &AuditRules, record: Explained<'_>) {
    let audited = record.audited;
    heading(out, "Metastatic disease");
    let _ = writeln!(out, "  Origin      {} ({})", audited.origin.as_str(), audited.origin_reason.as_str());
    let oligo = &audited.oligometastasis;
    let meaning = audit.ladder_meaning(oligo.rule.as_str()).unwrap_or("");
    let _ = writeln!(
        out,
        "  Oligomet.   {} by {} ({meaning}), profile {}",
        oligo.level.as_str(),
        oligo.rule.as_str(),
        audit.profile_name(oligo.profile)
    );
    if oligo.level.as_str() != "not_applicable" {
        let organs = OrganNames(oligo.organs).to_string();
        let _ = writeln!(out, "  Organs      {}", if organs.is_empty() { "none named" } else { &organs });
        let _ = writeln!(out, "  Timing      {}, ESTRO/EORTC {}", oligo.timing.as_str(), oligo.estro);
    }
}

fn findings(out: &mut String, audit: &AuditRules, record: Explained<'_>) {
    heading(out, "Findings");
    if record.findings.is_empty() {
        out.push_str("  none\n");
    }
    for finding in record.findings {
        let (name, meaning, action) = audit
            .rule(finding.rule)
            .map_or(("", "", ""), |rule| (rule.name.as_str(), rule.meaning.as_str(), rule.action.as_str()));
        let _ = writeln!(out, "  {} {} ({}): {meaning}", finding.rule, name, finding.severity.as_str());
        let expected = finding.expected.to_string();
        if !expected.is_empty() {
            let _ = writeln!(out, "      expected: {expected}");
        }
        let _ = writeln!(out, "      what to do: {action}");
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.replace('_', " ").chars().collect::<Vec<_>>();
    if let Some(first) = letters.first_mut() {
        first.make_ascii_uppercase();
    }
    letters.into_iter().collect()
}
