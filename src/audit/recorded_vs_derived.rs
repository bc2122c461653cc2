//! D01-D08 and D17: the recorded stage group against the derived one and the tables.

use super::Expected;
use super::agreement::{Agreement, AgreementDetail, compare};
use super::registry::{AuditRules, RuleId, Strength};
use super::report::Report;
use super::subject::{ORIGINAL, SetFields, Subject};
use crate::category::{Behavior, Cell, Stage, StageGroup};
use crate::fields::Field;
use crate::knowledge::System;
use crate::staging::{Basis, Cause, Outcome};

/// Compares every recorded group with its derivation and returns how the original one agrees.
pub(crate) fn check(
    rules: &AuditRules,
    subject: &Subject,
    report: &mut Report,
) -> (Agreement, AgreementDetail) {
    let (recorded_basis, recorded) = subject.recorded();
    let derived = subject.staged.original.outcome;
    let agreement = if subject.staged.original.assumed.recorded_group && recorded.cell.value().is_some() {
        (Agreement::NotApplicable, AgreementDetail::NotIndependent)
    } else {
        compare(recorded.cell, derived)
    };
    let categories = subject.staged.basis.unwrap_or(recorded_basis);
    let group_field = SetFields::of(recorded_basis).group();
    if let Some(group) = recorded.cell.value() {
        let pair = Pair { basis: recorded_basis, group, derived };
        mismatch(subject, report, SetFields::across(recorded_basis, categories), agreement, derived);
        within_the_chapter(rules, subject, report, pair);
        if matches!(derived, Outcome::Unknown(_)) || agreement.0 == Agreement::Underivable {
            report.raise(RuleId::D04, group_field, expected(derived));
        }
    } else if derived.stage().is_some() && !subject.has_group_at_diagnosis() {
        report.raise(RuleId::D03, group_field, expected(derived));
    }
    for basis in [Basis::Clinical, Basis::Pathologic, Basis::PostClinical, Basis::PostTherapy] {
        let cell = subject.case.set(basis).group.cell;
        let derived = subject.staged.derived(basis).map(|derived| derived.outcome);
        let (Some(group), Some(derived)) = (cell.value(), derived) else { continue };
        if basis == recorded_basis {
            continue;
        }
        mismatch(subject, report, SetFields::of(basis).all(), compare(cell, derived), derived);
        if ORIGINAL.contains(&basis) {
            within_the_chapter(rules, subject, report, Pair { basis, group, derived });
        }
    }
    invalid_combination(subject, report);
    agreement
}

/// A recorded group and what was derived beside it.
#[derive(Clone, Copy)]
struct Pair {
    basis: Basis,
    group: StageGroup,
    derived: Outcome,
}

/// D01 and D02.
fn mismatch(
    subject: &Subject,
    report: &mut Report,
    fields: &'static [Field],
    (agreement, detail): (Agreement, AgreementDetail),
    derived: Outcome,
) {
    if agreement == Agreement::Major {
        let reviewed = subject.case.override_tnm == Cell::Value(true);
        let strength = if reviewed { Strength::Otherwise } else { Strength::Usual };
        report.raise_as(RuleId::D01, strength, fields, expected(derived));
    }
    let same_stage = matches!(agreement, Agreement::Substage | Agreement::Underivable);
    if same_stage && detail == AgreementDetail::Conflict {
        report.raise(RuleId::D02, fields, expected(derived));
    }
}

/// D06, D07, D08 and D17: a recorded group that its chapter cannot give.
fn within_the_chapter(rules: &AuditRules, subject: &Subject, report: &mut Report, pair: Pair) {
    let Some(schema) = subject.schema else { return };
    let Pair { basis, group, derived } = pair;
    let fields = SetFields::of(basis);
    let m1 = subject.m1_beside(basis);
    if let (Some(true), Some(mut lowest)) = (m1, schema.m1_stage) {
        // The tables of the very record (age, factors) can ask for more than the lowest of the chapter.
        if let Some((low, _)) = derived.bounds() {
            lowest = lowest.max(low.stage());
        }
        if group.stage() < lowest {
            report.raise(RuleId::D06, fields.m_and_group(), Expected::Words(at_least(lowest)));
        }
    }
    if let Some(highest) = schema.highest.filter(|highest| group.stage() > highest.stage()) {
        report.raise(RuleId::D08, fields.group(), Expected::Group(highest));
    } else if group.stage() == Stage::IV
        && m1 == Some(false)
        && schema.system == System::Tnm
        && !schema.iv_with_m0
    {
        report.raise(RuleId::D07, fields.m_and_group(), Expected::Words("M1, or a stage below IV"));
    }
    if schema.system == System::Tnm {
        behavior_against_group(rules, subject, report, pair);
    }
}

/// D17.
fn behavior_against_group(rules: &AuditRules, subject: &Subject, report: &mut Report, pair: Pair) {
    let fields: &'static [Field] = match pair.basis {
        Basis::Clinical => &[Field::Behavior, Field::ClinGroup],
        Basis::Pathologic => &[Field::Behavior, Field::PathGroup],
        _ => &[Field::Behavior, Field::StageGroup],
    };
    match (subject.case.behavior, pair.group.stage()) {
        (Cell::Value(Behavior(2)), Stage::I | Stage::II | Stage::III | Stage::IV) => {
            report.raise(RuleId::D17, fields, Expected::Words("stage 0, or malignant behavior"));
        }
        (Cell::Value(Behavior(3)), Stage::Zero)
            if !rules.exceptions.stage_zero_although_malignant(subject.case) =>
        {
            report.raise(RuleId::D17, fields, Expected::Words("a stage above 0, or in situ behavior"));
        }
        _ => {}
    }
}

/// D05.
fn invalid_combination(subject: &Subject, report: &mut Report) {
    for basis in ORIGINAL {
        let Some(derived) = subject.staged.derived(basis) else { continue };
        let known = [derived.t, derived.n, derived.m]
            .iter()
            .all(|recorded| recorded.cell.value().is_some_and(|category| !category.is_x()));
        if known && derived.outcome == Outcome::Unknown(Cause::NoRow) {
            report.raise(RuleId::D05, SetFields::of(basis).categories(), Expected::Nothing);
        }
    }
}

fn expected(derived: Outcome) -> Expected {
    match derived.bounds() {
        Some((low, high)) if low == high => Expected::Group(low),
        Some((low, high)) => Expected::Between(low, high),
        None => Expected::Nothing,
    }
}

fn at_least(stage: Stage) -> &'static str {
    match stage {
        Stage::Occult | Stage::Zero => "any stage",
        Stage::I => "stage I or higher",
        Stage::II => "stage II or higher",
        Stage::III => "stage III or higher",
        Stage::IV => "stage IV",
    }
}
