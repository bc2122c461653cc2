//! From a case to everything that staging derives of it.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::chapter::{self, Chapter};
use super::evaluate::{Answer, Question};
use super::later::{self, is_complete_response};
use super::{
    Assumed, Basis, Case, Cause, Derived, MxPolicy, NxPolicy, Outcome, Policy, RuleRef, Staged, Tnm,
};
use crate::category::{Axis, Behavior, Category, Cell, Edition, Examination, MetFlag, Recorded};
use crate::fields::Field;
use crate::knowledge::{Carried, Rules, SchemaId, StageTable, System, TableBasis};

/// Stages cases under a set of rules and policies. One per thread: it remembers the answers to
/// questions that needed more than one look-up.
#[derive(Debug)]
pub struct Stager<'r> {
    pub(super) rules: &'r Rules,
    policy: Policy,
    answers: HashMap<Question, Answer, FxBuildHasher>,
}

/// A case as it is staged.
pub(super) struct Prepared {
    /// The case, where it is not the one that was given.
    pub(super) case: Option<Case>,
    /// Whether something of a later time stood among the categories of the diagnosis.
    later: bool,
}

impl<'r> Stager<'r> {
    /// A stager under these rules and policies.
    pub fn new(rules: &'r Rules, policy: Policy) -> Self {
        Self { rules, policy, answers: HashMap::default() }
    }

    /// The rules that it stages under.
    pub fn rules(&self) -> &'r Rules {
        self.rules
    }

    /// The policies that it stages under.
    pub(super) fn policy(&self) -> Policy {
        self.policy
    }

    /// Derives everything of one case.
    pub fn stage(&mut self, case: &Case) -> Staged {
        let prepared = self.prepared(case);
        let case = prepared.case.as_ref().unwrap_or(case);
        let chapter = match chapter::find(self.rules, self.policy, case) {
            Ok(chapter) => chapter,
            Err(cause) => return nothing(cause),
        };
        let applicable = self.applicable(case, chapter);
        let mut staged = Staged {
            schema: Some(chapter.schema),
            edition: chapter.edition,
            edition_source: chapter.source,
            by_basis: [None; 6],
            original: Derived::without_table(Outcome::Unknown(Cause::TnmMissing)),
            basis: None,
        };
        if let Err(outcome) = applicable {
            staged.original = Derived::without_table(outcome);
        } else {
            for basis in
                [Basis::Single, Basis::Clinical, Basis::Pathologic, Basis::PostClinical, Basis::PostTherapy]
            {
                staged.by_basis[basis as usize] = self.derive(case, chapter, basis);
            }
            choose_original(case, prepared.later, &mut staged);
        }
        staged.by_basis[Basis::Restaged as usize] = self.restage(case, staged.edition);
        staged
    }

    /// A case as it is staged: what is of a later time put there, and a site that the histology alone tells.
    pub(super) fn prepared(&self, case: &Case) -> Prepared {
        let sorted = later::sorted_by_time(case);
        let later = sorted.is_some();
        let located = self.located(sorted.as_ref().unwrap_or(case));
        Prepared { case: located.or(sorted), later }
    }

    /// A case without a site whose histology alone tells where the disease sits.
    fn located(&self, case: &Case) -> Option<Case> {
        if !matches!(case.site, Cell::Blank | Cell::Unknown) {
            return None;
        }
        self.rules.schemas().find_map(|(id, schema)| {
            let located = Case { site: Cell::Value(schema.site_when_missing?), ..*case };
            let chapter = chapter::find(self.rules, self.policy, &located).ok()?;
            (chapter.schema == id).then_some(located)
        })
    }

    /// The restaged group, under the edition of its own date; never mixed with the original.
    fn restage(&mut self, case: &Case, at_diagnosis: Option<Edition>) -> Option<Derived> {
        self.restaged(case, at_diagnosis).map(|(_, derived)| derived)
    }

    /// The restaged group of a case and the edition that it was derived under: its own, that of its
    /// date, or else that of the diagnosis. `None` where no restaged T, N or M is recorded.
    pub fn restaged(
        &mut self,
        case: &Case,
        at_diagnosis: Option<Edition>,
    ) -> Option<(Option<Edition>, Derived)> {
        if is_blank(case.set(Basis::Restaged)) {
            return None;
        }
        let chapter = match chapter::find_restaged(self.rules, case, at_diagnosis) {
            Ok(chapter) => chapter,
            Err(cause) => return Some((None, Derived::without_table(Outcome::Unknown(cause)))),
        };
        let derived = match self.applicable(case, chapter) {
            Ok(()) => self.derive(case, chapter, Basis::Restaged)?,
            Err(outcome) => Derived::without_table(outcome),
        };
        Some((chapter.edition, derived))
    }

    /// Whether the chapter stages this tumor at all under its edition.
    pub(super) fn applicable(&self, case: &Case, chapter: Chapter) -> Result<(), Outcome> {
        let schema = self.rules.schema(chapter.schema);
        let Some(edition) = chapter.edition else {
            return Err(match schema.system(Edition(8)) {
                System::Cns | System::Heme | System::None => Outcome::NotApplicable(Cause::NoTnm),
                _ => Outcome::Unknown(Cause::EditionMissing),
            });
        };
        match schema.system(edition) {
            System::None if !schema.chapters.contains_key(&edition.0) => {
                return Err(Outcome::NotApplicable(Cause::NoChapter));
            }
            System::Cns | System::Heme | System::None => return Err(Outcome::NotApplicable(Cause::NoTnm)),
            System::TnmWithoutGroup => return Err(Outcome::NotApplicable(Cause::NoStageGroup)),
            _ if edition.0 < 6 => return Err(Outcome::Unknown(Cause::EditionWithoutTables)),
            _ => {}
        }
        if let (Some(site), Some(histology)) = (case.site.value(), case.histology.value())
            && !schema.stages_histology(edition, site, histology)
        {
            return Err(Outcome::NotApplicable(Cause::HistologyNotInChapter));
        }
        if !schema.stages_behavior(case.behavior.value().unwrap_or(Behavior(3))) {
            return Err(Outcome::NotApplicable(Cause::BehaviorNotStaged));
        }
        if !schema.stages_discriminator(chapter::code(case, Field::Disc1)) {
            return Err(Outcome::NotApplicable(Cause::NotStagedByDiscriminator));
        }
        if !schema.editions().any(|known| known == edition) {
            return Err(Outcome::NotApplicable(Cause::NoChapter));
        }
        Ok(())
    }

    /// The group of one classification; `None` where the record holds nothing of it.
    fn derive(&mut self, case: &Case, chapter: Chapter, basis: Basis) -> Option<Derived> {
        let edition = chapter.edition?;
        let site = case.site.value()?;
        let set = case.set(basis);
        let uses_categories = self
            .rules
            .tables_for(chapter.schema, edition, TableBasis::Clinical, site)
            .any(|(_, table)| table.uses_categories());
        let silent = is_blank(set) || is_not_applicable(set);
        if silent && (uses_categories || basis != Basis::Single) {
            return None;
        }
        let (tnm, assumed) = self.used(case, chapter.schema, basis, uses_categories);
        let assumed = Assumed { discriminator: chapter.assumed, ..assumed };
        let derived = |answer: Answer, table: Option<u16>| Derived {
            outcome: answer.outcome,
            rule: table.zip(answer.row).map(|(table, row)| RuleRef { table, row }),
            assumed: Assumed { recorded_group: answer.from_group, ..assumed },
            t: tnm[0],
            n: tnm[1],
            m: tnm[2],
        };
        let cells = tnm.map(|recorded| recorded.cell);
        let rules = self.rules;
        let schema = rules.schema(chapter.schema);
        let after_therapy = matches!(basis, Basis::PostClinical | Basis::PostTherapy);
        if after_therapy && !schema.has_group_after_therapy(edition) {
            let cause = if is_complete_response(cells) {
                Cause::CompleteResponse
            } else {
                Cause::NoGroupAfterTherapy
            };
            let none = Answer { outcome: Outcome::NotApplicable(cause), row: None, from_group: false };
            return Some(derived(none, None));
        }
        let mut best: Option<Derived> = None;
        let by_n = schema.n_tells_classification(edition) && !after_therapy;
        for wanted in table_bases(basis, set, by_n) {
            let tables = rules.tables_for(chapter.schema, edition, *wanted, site);
            let ask = |index| Question::new(rules, index, cells, case, basis, Carried::Same);
            let (answer, table) = self.answer(tables, ask);
            let here = derived(answer, table);
            best = Some(match best {
                None => here,
                Some(before) => Derived { outcome: either(before.outcome, here.outcome), ..before },
            });
        }
        best.map(|derived| {
            let mut derived = derived.with_rule_of_group();
            let nothing_left = after_therapy && is_complete_response(cells);
            if nothing_left && derived.outcome == Outcome::Unknown(Cause::NoRow) {
                derived.outcome = Outcome::NotApplicable(Cause::CompleteResponse);
            }
            derived
        })
    }

    /// Tries the tables of a classification: where a chapter has two systems, the first one whose
    /// factors are recorded, else the last.
    pub(super) fn answer<'t>(
        &mut self,
        tables: impl Iterator<Item = (u16, &'t StageTable)>,
        ask: impl Fn(u16) -> Question,
    ) -> (Answer, Option<u16>) {
        let rules = self.rules;
        let none = Answer { outcome: Outcome::NotApplicable(Cause::NoChapter), row: None, from_group: false };
        let mut found = (none, None);
        for (index, table) in tables {
            let question = ask(index);
            if !question.may_be_asked(table) {
                continue;
            }
            let answer = if question.is_plain() {
                question.answer(rules)
            } else {
                *self.answers.entry(question).or_insert_with(|| question.answer(rules))
            };
            let before = found.0.outcome;
            found = (answer, Some(index));
            if answer.outcome.group().is_some() || question.knows_a_factor(table) {
                break;
            }
            // Nothing tells which of the systems holds (Rai or Lugano): what either leaves possible.
            if !table.uses_categories() && before.bounds().is_some() {
                found.0.outcome = either(before, answer.outcome);
            }
        }
        found
    }

    /// T, N and M of a set as they are used: borrowed from the other classification or assumed by policy.
    fn used(
        &self,
        case: &Case,
        schema: SchemaId,
        basis: Basis,
        uses_categories: bool,
    ) -> ([Recorded<Category>; 3], Assumed) {
        let set = case.set(basis);
        let (t, mut n, mut m) = (set.t, set.n, set.m);
        let mut assumed = Assumed::default();
        if !uses_categories {
            return ([t, n, m], assumed);
        }
        // There is no pM0, so that a pathologic M is often recorded as not applicable.
        let silent = |cell: Cell<Category>| matches!(cell, Cell::Blank | Cell::Unknown | Cell::NotApplicable);
        if silent(m.cell)
            && let Some(borrowed) = borrowed_m(case, basis)
        {
            m = borrowed;
            assumed.m_borrowed = true;
        }
        let at_diagnosis = matches!(basis, Basis::Single | Basis::Clinical | Basis::Pathologic);
        if silent(m.cell) && at_diagnosis && self.items_show_metastasis(case, Some(schema)) {
            m.cell = category(Axis::M, "M1");
            assumed.m1 = true;
        }
        let evidence = basis != Basis::Restaged && self.shows_metastasis(case, Some(schema));
        if silent(m.cell) && self.policy.mx == MxPolicy::M0 && !evidence && basis != Basis::Restaged {
            m.cell = category(Axis::M, "M0");
            assumed.m0 = true;
        }
        if matches!(n.cell, Cell::Blank | Cell::Unknown) {
            assumed.n0_in_situ = is_in_situ(case, t.cell);
            assumed.n0 = !assumed.n0_in_situ && self.policy.nx == NxPolicy::N0;
            if assumed.n0_in_situ || assumed.n0 {
                n.cell = category(Axis::N, "N0");
            }
        }
        ([t, n, m], assumed)
    }

    /// Whether an item that is coded for the diagnosis by definition shows a distant metastasis: NAACCR
    /// 1112-1117 or the EOD Mets code.
    pub(super) fn items_show_metastasis(&self, case: &Case, schema: Option<SchemaId>) -> bool {
        let schema = schema.map(|schema| self.rules.schema(schema).id.as_str());
        let by_eod = |code| self.rules.eod_mets().shows_metastasis(schema, code);
        case.mets.iter().any(|flag| matches!(flag.value(), Some(MetFlag::Yes | MetFlag::Generalised)))
            || case.eod_mets.value().is_some_and(by_eod)
    }

    /// Whether the record gives any sign of a distant metastasis outside its M category. Lists and plain
    /// answers may date from later than the diagnosis: they stand against M0 and don't make it M1.
    pub(super) fn shows_metastasis(&self, case: &Case, schema: Option<SchemaId>) -> bool {
        self.items_show_metastasis(case, schema)
            || case.met_present.value() == Some(true)
            || case.met_organs().value().is_some_and(|organs| !organs.is_empty())
    }
}

pub(super) fn category(axis: Axis, label: &str) -> Cell<Category> {
    Category::from_label(axis, label).map_or(Cell::Unknown, Cell::Value)
}

/// The M of the other classification. A pathologic group may use cM; a pM1 may stand with clinical T and N
/// (AJCC 7th edition, chapter 1; 8th edition, chapter 1).
fn borrowed_m(case: &Case, basis: Basis) -> Option<Recorded<Category>> {
    let known = |m: Recorded<Category>| m.cell.value().map(|category| (m, category));
    match basis {
        Basis::Pathologic => known(case.set(Basis::Clinical).m).map(|(m, _)| m),
        Basis::Clinical => known(case.set(Basis::Pathologic).m)
            .filter(|(_, category)| category.label().starts_with("M1"))
            .map(|(m, _)| m),
        // Metastasis that was there before the therapy still counts after it (AJCC 8th edition, chapter 1).
        Basis::PostClinical | Basis::PostTherapy => [Basis::Pathologic, Basis::Clinical]
            .iter()
            .filter_map(|basis| known(case.set(*basis).m))
            .find(|(_, category)| category.label().starts_with("M1"))
            .map(|(m, _)| m),
        Basis::Single | Basis::Restaged => None,
    }
}

/// Whether behavior and T both say that the tumor has not invaded.
fn is_in_situ(case: &Case, t: Cell<Category>) -> bool {
    case.behavior.value() == Some(Behavior(2))
        && t.value().is_some_and(|t| t.label().starts_with("Tis") || t.label() == "Ta")
}

fn is_blank(set: &Tnm) -> bool {
    set.t.cell.is_blank() && set.n.cell.is_blank() && set.m.cell.is_blank()
}

fn is_not_applicable(set: &Tnm) -> bool {
    [set.t.cell, set.n.cell, set.m.cell].iter().all(|cell| *cell == Cell::NotApplicable)
}

/// The printed tables that a classification is read from.
pub(super) fn table_bases(basis: Basis, set: &Tnm, by_n: bool) -> &'static [TableBasis] {
    if by_n && set.n.prefix.examination == Some(Examination::Clinical) {
        return &[TableBasis::Clinical];
    }
    let prefix = set.t.prefix.examination.or(set.n.prefix.examination);
    match (basis, prefix) {
        (Basis::Clinical, _) | (Basis::Single | Basis::Restaged, Some(Examination::Clinical)) => {
            &[TableBasis::Clinical]
        }
        (Basis::Pathologic, _) | (Basis::Single | Basis::Restaged, Some(Examination::Pathologic)) => {
            &[TableBasis::Pathologic]
        }
        (Basis::PostClinical | Basis::PostTherapy, _) => &[TableBasis::PostTherapy],
        // Without a word on the classification, both tables may hold.
        (Basis::Single | Basis::Restaged, None) => &[TableBasis::Clinical, TableBasis::Pathologic],
    }
}

/// What two tables of which one holds leave possible.
pub(super) fn either(one: Outcome, other: Outcome) -> Outcome {
    match (one.bounds(), other.bounds()) {
        (Some((low, high)), Some((low2, high2))) => {
            let (low, high) = (low.min(low2), high.max(high2));
            if low == high {
                return Outcome::Group(low);
            }
            let stage = (low.stage() == high.stage()).then(|| low.stage());
            let cause = one.cause().or(other.cause()).unwrap_or(Cause::ClassificationMissing);
            Outcome::Open { low, high, stage, cause }
        }
        (None, Some(_)) => other,
        _ => one,
    }
}

/// The best of the sets at diagnosis: a single group before a stage before bounds, and pathologic
/// before clinical before unspecified. A y, r or a stage is never the original.
fn choose_original(case: &Case, later: bool, staged: &mut Staged) {
    let rank = |outcome: Outcome| match outcome {
        Outcome::Group(_) => 3,
        Outcome::Open { stage: Some(_), .. } => 2,
        Outcome::Open { .. } => 1,
        _ => 0,
    };
    let mut best: Option<(Basis, Derived)> = None;
    for basis in [Basis::Pathologic, Basis::Clinical, Basis::Single] {
        let Some(derived) = staged.by_basis[basis as usize] else { continue };
        if best.is_none_or(|(_, known)| rank(derived.outcome) > rank(known.outcome)) {
            best = Some((basis, derived));
        }
    }
    if let Some((basis, derived)) = best {
        staged.basis = Some(basis);
        staged.original = derived;
    } else if later
        || [Basis::PostClinical, Basis::PostTherapy].iter().any(|b| staged.by_basis[*b as usize].is_some())
    {
        staged.original = Derived::without_table(Outcome::Unknown(Cause::NotAtDiagnosis));
    } else if [Basis::Single, Basis::Clinical, Basis::Pathologic]
        .iter()
        .any(|b| is_not_applicable(case.set(*b)))
    {
        staged.original = Derived::without_table(Outcome::Unknown(Cause::RecordedNotApplicable));
    }
}

fn nothing(cause: Cause) -> Staged {
    Staged {
        schema: None,
        edition: None,
        edition_source: None,
        by_basis: [None; 6],
        original: Derived::without_table(Outcome::Unknown(cause)),
        basis: None,
    }
}
