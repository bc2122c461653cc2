//! D01-D08 and D17: the recorded stage group against the derived one and the tables.

use super::Expected;
use super::agreement::{Agreement, AgreementDetail, compare};
use super::registry::{RuleId, Strength};
use super::report::Report;
use super::subject::{Distant, ORIGINAL, SetFields, Subject};
use crate::category::{Behavior, Cell, Recorded, Stage, StageGroup};
use crate::knowledge::System;
use crate::staging::{Basis, Cause, Outcome};

/// Compares every recorded group with its derivation and returns how the original one agrees.
pub(crate) fn check(subject: &Subject, report: &mut Report) -> (Agreement, AgreementDetail) {
    let (recorded_basis, recorded) = subject.recorded();
    let derived = subject.staged.original.outcome;
    let agreement = compare(recorded.cell, derived);
    let fields = SetFields::of(recorded_basis);
    mismatch(subject, report, recorded_basis, agreement, derived);
    if recorded.cell.value().is_none() && derived.stage().is_some() {
        report.raise(RuleId::D03, fields.group(), expected(derived));
    }
    let none = matches!(derived, Outcome::Unknown(_));
    if recorded.cell.value().is_some() && (none || agreement.0 == Agreement::Underivable) {
        report.raise(RuleId::D04, fields.group(), expected(derived));
    }
    within_the_chapter(subject, report, recorded_basis, recorded, derived);
    for basis in [Basis::Clinical, Basis::Pathologic, Basis::PostClinical, Basis::PostTherapy] {
        let group = subject.case.set(basis).group;
        let Some(derived) = subject.staged.derived(basis).map(|derived| derived.outcome) else { continue };
        if basis == recorded_basis || group.cell.value().is_none() {
            continue;
        }
        mismatch(subject, report, basis, compare(group.cell, derived), derived);
        if ORIGINAL.contains(&basis) {
            within_the_chapter(subject, report, basis, group, derived);
        }
    }
    invalid_combination(subject, report);
    agreement
}

/// D01 and D02.
fn mismatch(
    subject: &Subject,
    report: &mut Report,
    basis: Basis,
    (agreement, detail): (Agreement, AgreementDetail),
    derived: Outcome,
) {
    let fields = SetFields::of(basis).all();
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
fn within_the_chapter(
    subject: &Subject,
    report: &mut Report,
    basis: Basis,
    recorded: Recorded<StageGroup>,
    derived: Outcome,
) {
    let (Some(group), Some(schema)) = (recorded.cell.value(), subject.schema) else { return };
    let fields = SetFields::of(basis);
    if let (Distant::M1(_), Some(mut lowest)) = (subject.distant, schema.m1_stage) {
        // The tables of the very record (age, factors) can ask for more than the lowest of the chapter.
        if let Some((low, _)) = derived.bounds() {
            lowest = lowest.max(low.stage());
        }
        if group.stage() < lowest {
            report.raise(RuleId::D06, fields.m_and_group(), Expected::Words(at_least(lowest)));
        }
    }
    if schema.ends_below_iv() && schema.highest.is_some_and(|highest| group.stage() > highest.stage()) {
        let most = schema.highest.map_or(Expected::Nothing, Expected::Group);
        report.raise(RuleId::D08, fields.group(), most);
    } else if group.stage() == Stage::IV
        && matches!(subject.distant, Distant::M0(_))
        && schema.system == System::Tnm
        && !schema.iv_with_m0
    {
        report.raise(RuleId::D07, fields.m_and_group(), Expected::Words("M1, or a stage below IV"));
    }
    if schema.system == System::Tnm {
        behavior_against_group(subject, report, basis, group);
    }
}

/// D17. Paget disease of the breast is stage 0 by Tis(Paget) and malignant by its morphology code.
fn behavior_against_group(subject: &Subject, report: &mut Report, basis: Basis, group: StageGroup) {
    let fields = match basis {
        Basis::Clinical => &[crate::fields::Field::Behavior, crate::fields::Field::ClinGroup],
        Basis::Pathologic => &[crate::fields::Field::Behavior, crate::fields::Field::PathGroup],
        _ => &[crate::fields::Field::Behavior, crate::fields::Field::StageGroup],
    };
    let paget = ORIGINAL
        .iter()
        .filter_map(|&basis| subject.case.set(basis).t.cell.value())
        .any(|category| category.label() == "Tis(Paget)");
    match (subject.case.behavior, group.stage()) {
        (Cell::Value(Behavior(2)), Stage::I | Stage::II | Stage::III | Stage::IV) => {
            report.raise(RuleId::D17, fields, Expected::Words("stage 0, or malignant behavior"));
        }
        (Cell::Value(Behavior(3)), Stage::Zero) if !paget => {
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
