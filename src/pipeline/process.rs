//! One chunk through the rooms: decode, stage, audit, and what of it is to be written and counted.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::audit::{
    self, AuditRules, Audited, Config, Expected, Finding, LadderRule, Oligometastasis, Tumor,
};
use crate::category::{Cell, Edition, StageGroup};
use crate::fields::{Mapping, Source};
use crate::input::{Chunk, InputFile, Reject};
use crate::knowledge::{Rules, Steps};
use crate::output::{Encoded, Keys, RecordsEncoder, RowCells};
use crate::staging::words::{basis_word, stage_of, stage_word};
use crate::staging::{Case, Cause, Derived, Outcome, Staged, UnderEdition};
use crate::summary::{Facilities, MonthBand, Moved, Oligo, Restaging, Staging, Tally};

use super::RunError;
use super::codes::Codes;
use super::enriched::{Said, rule_word};
use super::events::{EventStore, Told};
use super::finding_rows::FindingRows;
use super::memo::{At, Form, Judged, Most, TumorTraits};
use super::restagings::{self, Courses};
use super::rows::{RestagingRows, Rows};
use super::seer::{Answers, SeerPlan};
use super::since::{self, Store};
use super::sorted;
use super::tabulate::pattern;
use super::worker::{OfFile, Worker};

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
    /// Names of the added columns of rstage's own.
    pub(super) columns: &'a [String],
    /// SEER's algorithms, where the run has any.
    pub(super) seer: Option<&'a SeerPlan<'a>>,
    /// Further editions to stage under.
    pub(super) also_editions: &'a [Edition],
    pub(super) encoder: RecordsEncoder,
    /// No findings yet, in the form in which they are written.
    pub(super) findings: FindingRows,
    /// Paths of all inputs, those of events after those of records.
    pub(super) paths: &'a [String],
    /// How keys are shown outside the records.
    pub(super) keys: &'a Keys,
    /// Whether a rule asks about the other tumors of a patient.
    pub(super) patients: bool,
    /// The events of the run, where it has any.
    pub(super) events: Option<&'a EventStore>,
    /// The facilities seen so far.
    pub(super) facilities: &'a Facilities,
    /// Where years, ages and measured values make a difference.
    pub(super) steps: Steps,
    /// What a worker remembers.
    pub(super) memo: Most,
    /// Answers of an earlier run, or for a later one.
    pub(super) answers: Option<&'a Store>,
    /// How many texts of a column a worker remembers.
    pub(super) distinct: usize,
}

impl Shared<'_> {
    /// The form of new cells: whole line ends, unless columns have to be put beside those of a record.
    pub(super) fn form(&self) -> Form {
        if self.encoder.is_text() && self.seer.is_none() { Form::LineEnds } else { Form::Numbers }
    }
}

/// The new columns from which a finding says where the stage comes from.
const WHY: [&str; 9] = ["schema", "edition", "basis", "t", "n", "m", "group", "stage", "reason"];

/// A chunk that is ready to be written.
pub(super) struct Processed {
    pub(super) file: usize,
    pub(super) rows: u64,
    pub(super) encoded: Encoded,
    pub(super) findings: FindingRows,
    /// Rows of the table of restagings.
    pub(super) restagings: RestagingRows,
    /// The tumors by patient, where a rule asks about them.
    pub(super) tumors: sorted::Rows,
    /// Answers for a later run.
    pub(super) answers: sorted::Rows,
    pub(super) rejects: Vec<Reject>,
}

/// Processes one chunk.
pub(super) fn process(
    worker: &mut Worker,
    of_file: &mut OfFile,
    mut chunk: Chunk,
) -> Result<Processed, RunError> {
    let shared = worker.shared;
    let plan = &shared.plans[chunk.file];
    // SEER's algorithms look at every column, and so does whoever writes cells anew, but for those known by codes.
    let file = &shared.files[chunk.file];
    let gathered = chunk.is_utf8() && shared.encoder.gathers_cells(file);
    if (gathered || shared.encoder.copies_lines(chunk.file))
        && shared.seer.is_none()
        && let Some(runs) = of_file.codes.located(gathered.then_some(file.header.len()))
    {
        chunk.locate_only(runs);
    }
    let events = Courses::fetch(shared, &chunk, &plan.mapping)?;
    let seer = shared.seer.map(|plan| plan.stage(&chunk));
    let mut rows = Rows::new(shared, &chunk);
    let (mut tumors, mut answers) = (sorted::Rows::default(), sorted::Rows::default());
    let mut begin = Instant::now();
    for first in (0..chunk.rows()).step_by(BLOCK) {
        if of_file.make_room(&mut worker.tallies) {
            rows.forget();
        }
        let block = first..(first + BLOCK).min(chunk.rows());
        let judging = |worker: &Worker| worker.times.stage + worker.times.audit;
        let before = judging(worker);
        let records =
            Block { plan, chunk: &chunk, rows: block.clone(), events: &events, seer: seer.as_ref() };
        let said = worker.judge_all(of_file, &records, &mut rows.restagings, (&mut tumors, &mut answers));
        let judged = judging(worker).saturating_sub(before);
        worker.times.parse += lap(&mut begin).saturating_sub(judged);
        for (facility, (at, year)) in of_file.places.read(&chunk, &block).iter().zip(&said) {
            let Some(brief) = of_file.memo.brief(*at) else { continue };
            worker.tallies.place(*facility, *year, brief.agreement);
            if brief.has_findings
                && let Some(judged) = of_file.memo.get(*at)
            {
                worker.tallies.place_findings(*facility, *year, judged);
            }
        }
        rows.extend(block, &of_file.codes, &of_file.memo, &said);
        of_file.memo.end_block(|judged, records| worker.tallies.judged(judged, records));
        worker.times.encode += lap(&mut begin);
    }
    let (encoded, findings, restagings) = rows.finish(seer)?;
    worker.times.encode += lap(&mut begin);
    let rejects = std::mem::take(&mut chunk.rejects);
    let (file, rows) = (chunk.file, chunk.rows() as u64);
    Ok(Processed { file, rows, encoded, findings, restagings, tumors, answers, rejects })
}

/// Records that are judged before they are put into rows: as many as stay at hand in the nearer cache.
const BLOCK: usize = 512;

/// The time since then, which is set to now.
fn lap(begin: &mut Instant) -> Duration {
    let now = Instant::now();
    now - std::mem::replace(begin, now)
}

/// Records that are judged together.
struct Block<'a> {
    plan: &'a FilePlan,
    chunk: &'a Chunk,
    rows: Range<usize>,
    events: &'a Courses,
    seer: Option<&'a Answers<'a>>,
}

impl Worker<'_> {
    /// Judges a block of records, those that are like an earlier one as that; where each judgement is, and the
    /// year of diagnosis.
    fn judge_all(
        &mut self,
        of_file: &mut OfFile,
        block: &Block,
        restagings: &mut RestagingRows,
        (tumors, answers): (&mut sorted::Rows, &mut sorted::Rows),
    ) -> Vec<(At, Option<u16>)> {
        let OfFile { codes, memo, fresh, found, who, .. } = of_file;
        let mut taken_over = 0;
        let &Block { plan, chunk, events, seer, .. } = block;
        let shared = self.shared;
        let mut said = Vec::with_capacity(block.rows.len());
        codes.read(chunk, &block.rows);
        memo.find_all(codes.keys(), found);
        let who = who.in_chunk(chunk);
        for (place, row) in block.rows.clone().enumerate() {
            codes.record(place);
            let course = events.of(row);
            let mut key = codes.key().filter(|_| course.is_none());
            let mut keep = |tumor: Option<Tumor>, schema| {
                if let Some(tumor) = tumor.filter(|_| shared.patients) {
                    who.keep(tumors, row, shared.keys, (tumor, schema));
                }
            };
            let differs = |judged: &Judged| {
                let ours = judged.staged.as_deref();
                seer.zip(ours).is_some_and(|(seer, ours)| seer.differs(row, &plan.audit, ours))
            };
            // A record of this block may have brought it in just now.
            let mut at = key.and_then(|key| found.get(place).copied().flatten().or_else(|| memo.find(key)));
            if seer.is_some() && at.and_then(|at| memo.get(at)).is_some_and(differs) {
                (key, at) = (None, None);
            }
            if let Some(at) = at
                && let Some(brief) = memo.again(at)
            {
                if shared.answers.is_some() && key.is_some_and(|key| fresh.find(key).is_none()) {
                    taken_over += 1;
                }
                keep(brief.tumor.and_then(|traits| tumor_of(codes, traits)), brief.schema);
                self.tallies.patient(brief.kind, codes.year(), codes.age().value(), codes.sex().value());
                said.push((at, codes.year()));
                continue;
            }
            // What its events add is of this record alone.
            let known = shared.answers.filter(|_| course.is_none());
            let known = known.map(|store| (store, codes.known(store.seed(chunk.file))));
            if let Some((store, known)) = &known
                && let Some((text, judged, cells)) = store.find(known, &mut self.tallies)
            {
                taken_over += 1;
                keep(judged.tumor.and_then(|traits| tumor_of(codes, traits)), judged.tally.schema);
                self.tallies.patient(judged.kind, codes.year(), codes.age().value(), codes.sex().value());
                since::keep_text(answers, known, text);
                said.push((memo.keep(key, judged, &cells, &shared.encoder), codes.year()));
                continue;
            }
            let case = codes.case();
            let of_seer = seer.map(|seer| (seer, row));
            let (judged, year, tumor) = self.judge(plan, &case, course, of_seer, restagings);
            if let Some((_, known)) = &known {
                if let Some(key) = key {
                    fresh.insert(key);
                }
                since::keep(answers, known, &judged, self.enriched.cells());
            }
            // What SEER's answer adds is of this record alone.
            let key = key.filter(|_| !differs(&judged));
            keep(tumor, judged.tally.schema);
            said.push((memo.keep(key, judged, self.enriched.cells(), &shared.encoder), year));
        }
        if let Some(store) = shared.answers {
            store.count(taken_over, block.rows.len() as u64 - taken_over);
        }
        said
    }

    /// Stages and audits a case, with its course where it has one; its cells are filled in. Besides, the year
    /// of diagnosis and the tumor for the rule that asks about a patient's others.
    fn judge(
        &mut self,
        plan: &FilePlan,
        case: &Case,
        course: Option<(&str, &[Told])>,
        seer: Option<(&Answers, usize)>,
        restagings: &mut RestagingRows,
    ) -> (Judged, Option<u16>, Option<Tumor>) {
        let Self { shared, stager, tallies, enriched, findings, under, times, .. } = self;
        let mut begin = Instant::now();
        let audit = &plan.audit;
        findings.clear();
        let mut of_course = None;
        let (staged, audited) = if let Some((key, told)) = course {
            let course = restagings::follow(shared, audit, stager, case, key, told, findings);
            restagings.extend(course.rows);
            of_course = Some(course.case);
            (course.staged, course.audited)
        } else {
            let staged = stager.stage(case);
            times.stage += lap(&mut begin);
            let audited = audit::audit(shared.rules, audit, shared.config, case, &staged, findings);
            (staged, audited)
        };
        if let Some((seer, row)) = seer {
            seer.compare(row, audit, &staged, findings);
        }
        let case = of_course.as_ref().unwrap_or(case);
        under.clear();
        under.extend(shared.also_editions.iter().map(|&edition| stager.stage_under(case, &staged, edition)));
        enriched.fill(
            shared.rules,
            audit,
            &Said {
                case,
                staged: &staged,
                audited: &audited,
                findings,
                besides: &stager.beside(case, &staged),
                under,
            },
        );
        let why = if findings.is_empty() { String::new() } else { why(shared.columns, enriched.cells()) };
        let own = tally(case, &staged, &audited, audit);
        let kind = tallies.kind(&own);
        tallies.patient(kind, own.year, own.age, own.sex);
        // What is said is kept for records of other years, ages and sexes.
        let tally = Tally { year: None, age: None, sex: None, ..own };
        let tumor = Tumor::of(case);
        let moves = under.iter().zip(shared.also_editions);
        let judged = Judged {
            findings: findings
                .iter()
                .map(|finding| (*finding, expected(shared.rules, &staged, finding)))
                .collect(),
            why,
            kind,
            agreement: tallies.agreement(tally.agreement),
            tally,
            profiles: audit
                .profiles_beside()
                .zip(audited.beside.rules())
                .chain(also_graded(audit, &audited))
                .map(|(profile, rule)| (profile, rule.level().as_str()))
                .collect(),
            moved: moves.map(|(there, &edition)| moved(&staged, there, edition)).collect(),
            tumor: tumor.map(|Tumor { metastatic, confirmed, .. }| TumorTraits { metastatic, confirmed }),
            staged: seer.map(|_| Box::new(staged)),
        };
        times.audit += lap(&mut begin);
        (judged, own.year, tumor)
    }
}

/// The tumor of a record of which something was said before.
fn tumor_of(codes: &Codes, TumorTraits { metastatic, confirmed }: TumorTraits) -> Option<Tumor> {
    let (site, histology) = (codes.site().value()?, codes.histology().value()?);
    Some(Tumor { site, histology, dx: codes.dx().value()?, metastatic, confirmed })
}

/// The grades under the lower numbers of lesions of the definition that applies, by the name of each.
fn also_graded<'a>(
    audit: &'a AuditRules,
    audited: &Audited,
) -> impl Iterator<Item = (&'static str, LadderRule)> + 'a {
    let Oligometastasis { profile, also, .. } = audited.oligometastasis;
    let rules: Vec<LadderRule> = also.iter().map(|(_, rule)| rule).collect();
    audit.also_names(profile).iter().copied().zip(rules)
}

/// Where the stage of a record comes from, as `schema=lung; edition=8; t=T2a; ...`; what is blank is left out.
fn why(columns: &[String], cells: &RowCells) -> String {
    let told = columns.iter().zip(cells.iter()).filter(|(_, cell)| !cell.is_empty());
    let named = told.filter_map(|(column, cell)| Some((column.strip_prefix("rstage_")?, cell)));
    let told: Vec<String> =
        named.filter(|(name, _)| WHY.contains(name)).map(|(name, cell)| format!("{name}={cell}")).collect();
    told.join("; ")
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
fn tally(case: &Case, staged: &Staged, audited: &Audited, audit: &AuditRules) -> Tally {
    let outcome = staged.original.outcome;
    let restaged = audited.restaging.group.map(|group| stage_word(Some(group.stage())));
    let oligo = &audited.oligometastasis;
    Tally {
        schema: staged.schema,
        edition: staged.edition,
        year: case.dx.value().map(|date| date.year),
        source: case.reporting_source.value(),
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
            months: MonthBand::of(audited.restaging.days),
            recurrence: match audited.restaging.recurrence {
                Some(kind) => kind.as_str(),
                None if case.recurrence_type.is_blank() => "blank",
                None => "invalid",
            },
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
