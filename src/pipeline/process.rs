//! One chunk through the rooms: decode, stage, audit, and what of it is to be written and counted.

use crate::audit::{self, AuditRules, Audited, Config, Expected, Finding};
use crate::category::{Cell, Edition, StageGroup};
use crate::fields::{Mapping, Source};
use crate::input::{Chunk, InputFile, Reject};
use crate::knowledge::Rules;
use crate::output::{Added, Encoded, RecordsEncoder};
use crate::staging::words::{basis_word, stage_of, stage_word};
use crate::staging::{Case, Cause, Derived, Outcome, Staged, Stager, UnderEdition};
use crate::summary::{Counts, Facilities, Facility, Moved, Oligo, Restaging, Staging, Tally};

use super::RunError;
use super::decode::{Cases, key_of, recorded};
use super::enriched::{Enriched, Said, rule_word};
use super::events::EventStore;
use super::restagings::{self, Courses, RESTAGING_COLUMNS};
use super::tabulate::{Places, pattern};
use super::worklist::FindingRow;

/// What applies to every record of one input file.
pub(super) struct FilePlan {
    pub(super) mapping: Mapping,
    /// The audit's rules, without those that need a column which this file lacks.
    pub(super) audit: AuditRules,
    /// By what worklists are told apart.
    pub(super) worklist_by: Vec<Source>,
}

/// What a worker needs besides its chunk.
pub(super) struct Shared<'a> {
    pub(super) rules: &'a Rules,
    pub(super) files: &'a [InputFile],
    pub(super) plans: &'a [FilePlan],
    pub(super) config: &'a Config,
    /// Names of the added columns.
    pub(super) columns: &'a [String],
    /// Further editions to stage under.
    pub(super) also_editions: &'a [Edition],
    pub(super) encoder: RecordsEncoder,
    /// Paths of all inputs, those of events after those of records.
    pub(super) paths: &'a [String],
    /// The events of the run, where it has any.
    pub(super) events: Option<&'a EventStore>,
    /// The facilities seen so far.
    pub(super) facilities: &'a Facilities,
}

/// Columns of the findings table.
pub(super) const FINDING_COLUMNS: [&str; 9] =
    ["key", "file", "line", "rule", "severity", "fields", "recorded", "derived", "action"];

/// A chunk that is ready to be written.
pub(super) struct Processed {
    pub(super) file: usize,
    pub(super) rows: u64,
    pub(super) encoded: Encoded,
    pub(super) findings: Vec<FindingRow>,
    /// Rows of the table of restagings.
    pub(super) restagings: Vec<[String; RESTAGING_COLUMNS.len()]>,
    pub(super) rejects: Vec<Reject>,
    pub(super) counts: Counts,
}

/// Processes one chunk.
pub(super) fn process(shared: &Shared, stager: &mut Stager, mut chunk: Chunk) -> Result<Processed, RunError> {
    let plan = &shared.plans[chunk.file];
    let path = shared.files[chunk.file].path.display().to_string();
    let cases = Cases::read(&chunk, &plan.mapping);
    let mut enriched = Enriched::new(shared.columns.len(), chunk.rows());
    let mut counts = Counts::default();
    let mut findings: Vec<Finding> = Vec::new();
    let mut rows = Vec::new();
    let mut under: Vec<UnderEdition> = Vec::new();
    let events = Courses::fetch(shared, &chunk, &plan.mapping)?;
    let mut restagings = Vec::new();
    let places = Places::read(shared, &chunk, &plan.mapping);
    let mut years = Vec::with_capacity(chunk.rows());
    for row in 0..chunk.rows() {
        let mut case = cases.case(row);
        findings.clear();
        let (staged, audited) = if let Some((key, told)) = events.of(row) {
            let audit = &plan.audit;
            let course = restagings::follow(shared, audit, stager, &case, key, told, &mut findings);
            restagings.extend(course.rows);
            case = course.case;
            (course.staged, course.audited)
        } else {
            let staged = stager.stage(&case);
            let audit = &plan.audit;
            (staged, audit::audit(shared.rules, audit, shared.config, &case, &staged, &mut findings))
        };
        under.clear();
        for &edition in shared.also_editions {
            let there = stager.stage_under(&case, &staged, edition);
            counts.add_moved(moved(&staged, &there, edition));
            under.push(there);
        }
        enriched.push(
            shared.rules,
            &plan.audit,
            &Said {
                case: &case,
                staged: &staged,
                audited: &audited,
                findings: &findings,
                besides: &stager.beside(&case, &staged),
                under: &under,
            },
        );
        let tally = tally(&case, &staged, &audited, &plan.audit, places.of(row));
        years.push(tally.year);
        counts.add(&tally, findings.iter().map(|f| (f.rule, f.severity)));
        if findings.is_empty() {
            continue;
        }
        let key = key_of(&chunk, &plan.mapping, row);
        let line = chunk.line(row).to_string();
        for finding in &findings {
            let fields: Vec<&str> = finding.fields.iter().map(|field| field.id()).collect();
            let action = plan.audit.rule(finding.rule).map_or("", |rule| rule.action.as_str());
            let cells = [
                key.clone(),
                path.clone(),
                line.clone(),
                finding.rule.to_owned(),
                finding.severity.as_str().to_owned(),
                fields.join(";"),
                recorded(&chunk, &plan.mapping, finding.fields, row),
                expected(shared.rules, &staged, finding),
                action.to_owned(),
            ];
            rows.push(FindingRow::new(plan, &chunk, row, *finding, cells));
        }
    }
    cases.count_filled(&years, &mut counts);
    let added = Added { columns: enriched.into_columns() };
    let encoded = shared.encoder.encode(&chunk, &added)?;
    let rejects = std::mem::take(&mut chunk.rejects);
    Ok(Processed {
        file: chunk.file,
        rows: chunk.rows() as u64,
        encoded,
        findings: rows,
        restagings,
        rejects,
        counts,
    })
}

/// What a finding expects; with the row behind it where that is one of the user's own folder.
fn expected(rules: &Rules, staged: &Staged, finding: &Finding) -> String {
    let local = |derived: &Derived| {
        let rule = derived.rule.filter(|rule| rules.table(rule.table).local)?;
        let group = derived.outcome.group()?;
        (finding.expected == Expected::Group(group))
            .then(|| format!("{} by {}", finding.expected, rule_word(rules, rule)))
    };
    let own = staged.by_basis.iter().flatten().find_map(local);
    own.unwrap_or_else(|| finding.expected.to_string())
}

/// What the summary counts of a record.
fn tally(case: &Case, staged: &Staged, audited: &Audited, audit: &AuditRules, facility: Facility) -> Tally {
    let outcome = staged.original.outcome;
    let restaged = audited.restaging.group.map(|group| stage_word(Some(group.stage())));
    let oligo = &audited.oligometastasis;
    Tally {
        schema: staged.schema,
        edition: staged.edition,
        year: case.dx.value().map(|date| date.year),
        source: case.reporting_source.value(),
        facility,
        mets: pattern(case.mets),
        state: oligo.estro,
        sex: case.sex.value(),
        age: case.age.value(),
        basis: match basis_word(staged.basis) {
            "" => "none",
            word => word,
        },
        recorded: match audited.recorded.cell {
            Cell::Value(group) => {
                Staging { stage: stage_word(Some(group.stage())), group: Some(group.label()) }
            }
            Cell::NotApplicable => Staging { stage: "NA", group: None },
            _ => Staging { stage: "UNK", group: None },
        },
        derived: derived_staging(outcome),
        agreement: audited.agreement.as_str(),
        detail: Some(audited.agreement_detail.as_str()).filter(|detail| !detail.is_empty()),
        cause: outcome.cause().map(Cause::id),
        origin: audited.origin.as_str(),
        oligo: Some(Oligo {
            profile: audit.profile_name(oligo.profile),
            level: oligo.level.as_str(),
            timing: oligo.timing.as_str(),
        }),
        restaging: restaged.map(|restaged| Restaging {
            original: stage_of(outcome),
            restaged,
            change: audited.restaging.change.as_str(),
        }),
    }
}

fn derived_staging(outcome: Outcome) -> Staging {
    Staging { stage: stage_of(outcome), group: outcome.group().map(StageGroup::label) }
}

/// What the summary counts of a record under another edition.
fn moved(staged: &Staged, there: &UnderEdition, edition: Edition) -> Moved {
    Moved {
        schema: staged.schema,
        from: staged.edition,
        to: edition,
        own: derived_staging(staged.original.outcome),
        other: derived_staging(there.derived.outcome),
        change: there.migration.as_str(),
        cause: there.cause(staged).map(Cause::id),
    }
}
