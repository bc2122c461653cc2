//! How a recorded stage group and the derived one compare.

use crate::category::{Cell, Stage, StageGroup};
use crate::staging::Outcome;

/// Agreement of the recorded with the derived group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Agreement {
    /// The same group, or the bare stage where only the stage could be derived.
    Exact,
    /// The same roman number, another or no letter.
    Substage,
    /// Another roman number.
    Major,
    /// Nothing usable is recorded, and a stage could be derived.
    RecordedUnknown,
    /// A group is recorded, and no stage could be derived.
    Underivable,
    /// Neither is known.
    BothUnknown,
    /// No group exists for the record.
    NotApplicable,
}

impl Agreement {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Substage => "substage",
            Self::Major => "major",
            Self::RecordedUnknown => "recorded_unknown",
            Self::Underivable => "underivable",
            Self::BothUnknown => "both_unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// How exactly the two agree or differ.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum AgreementDetail {
    /// The same.
    Same,
    /// The recorded group is one of several that are possible.
    Within,
    /// The recorded group leaves a letter out: III where IIIA was derived.
    Coarser,
    /// The recorded group adds a letter: IIIA where III was derived.
    Finer,
    /// One of the two is wrong.
    Conflict,
    /// The derived group was read from the recorded one: their agreement proves nothing.
    NotIndependent,
    /// There is nothing to compare.
    None,
}

impl AgreementDetail {
    /// The word in output, empty where there is nothing to compare.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Within => "within",
            Self::Coarser => "coarser",
            Self::Finer => "finer",
            Self::Conflict => "conflict",
            Self::NotIndependent => "not_independent",
            Self::None => "",
        }
    }
}

/// Compares a recorded group with what was derived.
pub fn compare(recorded: Cell<StageGroup>, derived: Outcome) -> (Agreement, AgreementDetail) {
    use AgreementDetail as D;
    match (recorded, derived) {
        (Cell::Value(_), Outcome::NotApplicable(_)) => (Agreement::NotApplicable, D::Conflict),
        (Cell::Value(_), Outcome::Unknown(_)) => (Agreement::Underivable, D::None),
        (Cell::Value(group), Outcome::Group(derived)) => {
            if group == derived {
                (Agreement::Exact, D::Same)
            } else if group.stage() == derived.stage() {
                (Agreement::Substage, beside(group, derived, derived))
            } else {
                (Agreement::Major, D::Conflict)
            }
        }
        (Cell::Value(group), Outcome::Open { low, high, stage: Some(stage), .. }) => {
            if group.stage() != stage {
                (Agreement::Major, D::Conflict)
            } else if group.label() == roman(stage) {
                (Agreement::Exact, D::Same)
            } else {
                (Agreement::Substage, beside(group, low, high))
            }
        }
        (Cell::Value(group), Outcome::Open { low, high, stage: None, .. }) => {
            if (low.stage()..=high.stage()).contains(&group.stage()) {
                let beside = beside(group, low, high);
                let within = matches!(beside, D::Coarser | D::Finer);
                (Agreement::Underivable, if within { D::Within } else { beside })
            } else {
                (Agreement::Major, D::Conflict)
            }
        }
        (Cell::NotApplicable, Outcome::NotApplicable(_)) => (Agreement::NotApplicable, D::Same),
        (_, Outcome::NotApplicable(_)) | (Cell::NotApplicable, Outcome::Unknown(_)) => {
            (Agreement::NotApplicable, D::None)
        }
        (Cell::NotApplicable, _) if derived.stage().is_some() => (Agreement::RecordedUnknown, D::Conflict),
        _ if derived.stage().is_some() => (Agreement::RecordedUnknown, D::None),
        _ => (Agreement::BothUnknown, D::None),
    }
}

/// Whether one group is the other with a letter left out: III of IIIA, IA of IA1, II bulky of IIBX.
pub(crate) fn is_part_of(finer: StageGroup, coarser: StageGroup) -> bool {
    let bulky = coarser.label() == "II bulky" && finer.label().ends_with('X');
    finer != coarser
        && finer.stage() == coarser.stage()
        && (bulky || finer.label().starts_with(coarser.label()))
}

fn beside(group: StageGroup, low: StageGroup, high: StageGroup) -> AgreementDetail {
    if is_part_of(low, group) || is_part_of(high, group) {
        AgreementDetail::Coarser
    } else if low != high && (low..=high).contains(&group) {
        AgreementDetail::Within
    } else if is_part_of(group, low) || is_part_of(group, high) {
        AgreementDetail::Finer
    } else {
        AgreementDetail::Conflict
    }
}

fn roman(stage: Stage) -> &'static str {
    match stage {
        Stage::Occult => "occult",
        Stage::Zero => "0",
        Stage::I => "I",
        Stage::II => "II",
        Stage::III => "III",
        Stage::IV => "IV",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::{group, open};
    use crate::staging::Cause;

    fn check(recorded: Cell<StageGroup>, derived: Outcome, expected: &str) {
        let (agreement, detail) = compare(recorded, derived);
        let words = format!("{} {}", agreement.as_str(), detail.as_str());
        assert_eq!(words.trim(), expected, "{recorded:?} against {derived:?}");
    }

    #[test]
    fn a_known_group_against_a_known_group() {
        for (recorded, derived, expected) in [
            ("IIIA", "IIIA", "exact same"),
            ("III", "IIIA", "substage coarser"),
            ("IIIA", "III", "substage finer"),
            ("IA", "IA1", "substage coarser"),
            ("IIIA", "IIIB", "substage conflict"),
            ("IS", "IA", "substage conflict"),
            ("I", "II", "major conflict"),
            ("I", "III", "major conflict"),
            ("IV", "IIIC", "major conflict"),
        ] {
            check(Cell::Value(group(recorded)), Outcome::Group(group(derived)), expected);
        }
    }

    #[test]
    fn a_known_group_against_an_open_one() {
        for (recorded, low, high, expected) in [
            ("III", "IIIA", "IIIC", "exact same"),
            ("IIIB", "IIIA", "IIIC", "substage within"),
            ("IIIC1", "IIIA", "IIIC", "substage finer"),
            ("IIIC", "IIIA", "IIIB", "substage conflict"),
            ("IV", "IIIA", "IIIC", "major conflict"),
            ("II", "IIA", "IIIC", "underivable within"),
            ("IIB", "IIA", "IIIC", "underivable within"),
            ("IIIC", "IIA", "IIIA", "underivable conflict"),
            ("IV", "IIA", "IIIC", "major conflict"),
            ("IA", "IIA", "IIIC", "major conflict"),
        ] {
            check(Cell::Value(group(recorded)), open(low, high), expected);
        }
    }

    #[test]
    fn what_is_not_known_stays_apart() {
        let unknown = Outcome::Unknown(Cause::TUnknown);
        let none = Outcome::NotApplicable(Cause::NoStageGroup);
        let known = Outcome::Group(group("II"));
        for (recorded, derived, expected) in [
            (Cell::Value(group("II")), unknown, "underivable"),
            (Cell::Value(group("II")), none, "not_applicable conflict"),
            (Cell::Blank, known, "recorded_unknown"),
            (Cell::Unknown, known, "recorded_unknown"),
            (Cell::Unknown, open("IIA", "IIB"), "recorded_unknown"),
            (Cell::Unknown, open("IIA", "IIIA"), "both_unknown"),
            (Cell::Blank, unknown, "both_unknown"),
            (Cell::Invalid, known, "recorded_unknown"),
            (Cell::NotApplicable, none, "not_applicable same"),
            (Cell::Blank, none, "not_applicable"),
            (Cell::NotApplicable, unknown, "not_applicable"),
            (Cell::NotApplicable, known, "recorded_unknown conflict"),
        ] {
            check(recorded, derived, expected);
        }
    }
}
