//! From a case to everything that staging derives of it.

use std::collections::HashMap;

use super::chapter::{self, Chapter};
use super::evaluate::{Answer, Question};
use super::{
    Assumed, Basis, Case, Cause, Derived, MxPolicy, NxPolicy, Outcome, Policy, RuleRef, Staged, Tnm,
};
use crate::category::{Axis, Behavior, Category, Cell, Edition, Examination, MetFlag, Prefix, Recorded};
use crate::knowledge::{Carried, Rules, StageTable, System, TableBasis};

/// Stages cases under a set of rules and policies. One per thread: it remembers the answers to
/// questions that needed more than one look-up.
#[derive(Debug)]
pub struct Stager<'r> {
    pub(super) rules: &'r Rules,
    policy: Policy,
    answers: HashMap<Question, Answer>,
}

impl<'r> Stager<'r> {
    /// A stager under these rules and policies.
    pub fn new(rules: &'r Rules, policy: Policy) -> Self {
        Self { rules, policy, answers: HashMap::new() }
    }

    /// The rules that it stages under.
    pub fn rules(&self) -> &'r Rules {
        self.rules
    }

    /// Derives everything of one case.
    pub fn stage(&mut self, case: &Case) -> Staged {
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
            choose_original(case, &mut staged);
        }
        staged.by_basis[Basis::Restaged as usize] = self.restage(case, staged.edition);
        staged
    }

    /// The restaged group, under the edition of its own date; never mixed with the original.
    fn restage(&mut self, case: &Case, at_diagnosis: Option<Edition>) -> Option<Derived> {
        if is_blank(case.set(Basis::Restaged)) {
            return None;
        }
        let chapter = match chapter::find_restaged(self.rules, case, at_diagnosis) {
            Ok(chapter) => chapter,
            Err(cause) => return Some(Derived::without_table(Outcome::Unknown(cause))),
        };
        match self.applicable(case, chapter) {
            Ok(()) => self.derive(case, chapter, Basis::Restaged),
            Err(outcome) => Some(Derived::without_table(outcome)),
        }
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
        let (tnm, assumed) = self.used(case, basis, uses_categories);
        let assumed = Assumed { discriminator: chapter.assumed, ..assumed };
        let derived = |answer: Answer, table: Option<u16>| Derived {
            outcome: answer.outcome,
            rule: table.zip(answer.row).map(|(table, row)| RuleRef { table, row }),
            assumed,
            t: tnm[0],
            n: tnm[1],
            m: tnm[2],
        };
        let cells = tnm.map(|recorded| recorded.cell);
        let rules = self.rules;
        let mut best: Option<Derived> = None;
        for wanted in table_bases(basis, set) {
            let tables = rules.tables_for(chapter.schema, edition, *wanted, site);
            let ask = |index| Question::new(rules, index, cells, case, basis, Carried::Same);
            let (answer, table) = self.answer(tables, ask);
            let here = derived(answer, table);
            best = Some(match best {
                None => here,
                Some(before) => Derived { outcome: either(before.outcome, here.outcome), ..before },
            });
        }
        best.map(Derived::with_rule_of_group)
    }

    /// Tries the tables of a classification: where a chapter has two systems, the first one whose
    /// factors are recorded, else the last.
    pub(super) fn answer<'t>(
        &mut self,
        tables: impl Iterator<Item = (u16, &'t StageTable)>,
        ask: impl Fn(u16) -> Question,
    ) -> (Answer, Option<u16>) {
        let rules = self.rules;
        let mut found = (Answer { outcome: Outcome::NotApplicable(Cause::NoChapter), row: None }, None);
        for (index, table) in tables {
            let question = ask(index);
            let answer = if question.is_plain() {
                question.answer(rules)
            } else {
                *self.answers.entry(question).or_insert_with(|| question.answer(rules))
            };
            found = (answer, Some(index));
            if answer.outcome.group().is_some() || question.knows_a_factor(table) {
                break;
            }
        }
        found
    }

    /// T, N and M of a set as they are used: borrowed from the other classification or assumed by policy.
    fn used(&self, case: &Case, basis: Basis, uses_categories: bool) -> ([Recorded<Category>; 3], Assumed) {
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
        if silent(m.cell) && at_diagnosis && items_show_metastasis(case) {
            m.cell = category(Axis::M, "M1");
            assumed.m1 = true;
        }
        let evidence = basis != Basis::Restaged && shows_metastasis(case);
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
}

fn category(axis: Axis, label: &str) -> Cell<Category> {
    Category::from_label(axis, label).map_or(Cell::Unknown, Cell::Value)
}

/// The M of the other classification. A pathologic group may use cM; a pM1 may stand with clinical T and N
/// (AJCC 7th edition, chapter 1; 8th edition, chapter 1).
fn borrowed_m(case: &Case, basis: Basis) -> Option<Recorded<Category>> {
    let at_diagnosis = |prefix: Prefix| !(prefix.y || prefix.r || prefix.a);
    let known = |m: Recorded<Category>| {
        m.cell.value().filter(|_| at_diagnosis(m.prefix)).map(|category| (m, category))
    };
    match basis {
        Basis::Pathologic => known(case.set(Basis::Clinical).m).map(|(m, _)| m),
        Basis::Clinical => known(case.set(Basis::Pathologic).m)
            .filter(|(_, category)| category.label().starts_with("M1"))
            .map(|(m, _)| m),
        _ => None,
    }
}

/// Whether an item that is coded for the diagnosis by definition shows a distant metastasis: NAACCR
/// 1112-1117, or EOD Mets, where 00 is none, 05 is M0(i+), 88 and 99 are not applicable and unknown
/// (SEER EOD 2018).
fn items_show_metastasis(case: &Case) -> bool {
    case.mets.iter().any(|flag| matches!(flag.value(), Some(MetFlag::Yes | MetFlag::Generalised)))
        || case.eod_mets.value().is_some_and(|code| ![0, 5, 88, 99].contains(&code))
}

/// Whether the record gives any sign of a distant metastasis outside its M category. Lists and plain
/// answers may date from later than the diagnosis: they stand against M0 and don't make it M1.
fn shows_metastasis(case: &Case) -> bool {
    items_show_metastasis(case)
        || case.met_present.value() == Some(true)
        || case.met_organs().value().is_some_and(|organs| !organs.is_empty())
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
pub(super) fn table_bases(basis: Basis, set: &Tnm) -> &'static [TableBasis] {
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
fn choose_original(case: &Case, staged: &mut Staged) {
    let rank = |outcome: Outcome| match outcome {
        Outcome::Group(_) => 3,
        Outcome::Open { stage: Some(_), .. } => 2,
        Outcome::Open { .. } => 1,
        _ => 0,
    };
    let mut later = false;
    let mut best: Option<(Basis, Derived)> = None;
    for basis in [Basis::Pathologic, Basis::Clinical, Basis::Single] {
        let Some(derived) = staged.by_basis[basis as usize] else { continue };
        if is_later(case.set(basis)) {
            later = true;
            continue;
        }
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

/// Whether a set was recorded after therapy began, at recurrence or at autopsy, as its prefixes say.
fn is_later(set: &Tnm) -> bool {
    [set.t.prefix, set.n.prefix, set.m.prefix].iter().any(|prefix| prefix.y || prefix.r || prefix.a)
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
