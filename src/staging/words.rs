//! The words in which outputs write stages, groups and categories.

use std::borrow::Cow;

use super::{Basis, BesideOutcome, BesideRule, Case, DerivedBeside, Outcome};
use crate::category::{Category, Cell, FactorValue, Recorded, Stage, StageGroup};
use crate::knowledge::{Beside, BesideSystem};

/// The word of a stage in output; `None` is a stage that is not known.
pub fn stage_word(stage: Option<Stage>) -> &'static str {
    match stage {
        Some(Stage::Occult) => "occult",
        Some(Stage::Zero) => "0",
        Some(Stage::I) => "I",
        Some(Stage::II) => "II",
        Some(Stage::III) => "III",
        Some(Stage::IV) => "IV",
        None => "UNK",
    }
}

/// The stage of an outcome: 0 to IV, `NA` or `UNK`.
pub fn stage_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplicable(_) => "NA",
        _ => stage_word(outcome.stage()),
    }
}

/// The group of an outcome: as the manual prints it, `NA` or `UNK`.
pub fn group_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Group(group) => group.label(),
        Outcome::NotApplicable(_) => "NA",
        Outcome::Open { .. } | Outcome::Unknown(_) => "UNK",
    }
}

/// The word of a classification.
pub fn basis_word(basis: Option<Basis>) -> &'static str {
    match basis {
        Some(Basis::Single) => "unspecified",
        Some(Basis::Clinical) => "clinical",
        Some(Basis::Pathologic) => "pathologic",
        Some(Basis::PostClinical) => "post_therapy_clinical",
        Some(Basis::PostTherapy) => "post_therapy",
        Some(Basis::Restaged) => "restaged",
        None => "",
    }
}

/// A category cell in output.
pub fn category_word(recorded: Recorded<Category>, x: &'static str) -> &'static str {
    match recorded.cell {
        Cell::Value(category) => category.label(),
        Cell::Unknown => x,
        Cell::NotApplicable => "NA",
        Cell::Invalid => "invalid",
        Cell::Blank => "",
    }
}

/// A recorded group in output.
pub fn recorded_word(recorded: Recorded<StageGroup>) -> &'static str {
    match recorded.cell {
        Cell::Value(group) => group.label(),
        Cell::Unknown => "UNK",
        Cell::NotApplicable => "NA",
        Cell::Invalid => "invalid",
        Cell::Blank => "",
    }
}

/// What a system gives a record: a label, with the score that belongs to it, `NA` or `UNK`.
pub fn beside_word<'a>(
    beside: &'a Beside,
    system: &'a BesideSystem,
    derived: &DerivedBeside,
    case: &Case,
) -> Cow<'a, str> {
    let label = match derived.outcome {
        BesideOutcome::Label(at) => system.labels.get(usize::from(at)).map_or("UNK", String::as_str),
        BesideOutcome::NotApplicable(_) => "NA",
        BesideOutcome::Open { .. } | BesideOutcome::Unknown(_) => "UNK",
    };
    let (Some(BesideRule::Row { table, .. } | BesideRule::Table(table)), Some((stage, _))) =
        (derived.rule, label.split_once(':'))
    else {
        return Cow::Borrowed(label);
    };
    match beside.table(table).score.and_then(|field| score(case.factor(field).value()?)) {
        Some(score) => Cow::Owned(format!("{stage}:{score}")),
        None => Cow::Borrowed(label),
    }
}

fn score(value: FactorValue) -> Option<u8> {
    match value {
        FactorValue::Code(code) => code.as_str().parse().ok(),
        FactorValue::Number(number) => format!("{number}").parse().ok(),
    }
}
