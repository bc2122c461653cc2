//! What a record says of a prognostic factor: from the factor's own fields, or from what stands in for them.

use super::chapter::code;
use super::{Basis, Case};
use crate::category::{Cell, Code, FactorValue, StageGroup};
use crate::decision::TokenSet;
use crate::fields::Field;
use crate::knowledge::{Class, Factor, FactorAxis, Origin};

/// What a record says of one factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// One of these classes of the table.
    In(TokenSet),
    /// A known value that the table does not list.
    Unlisted,
    /// Recorded as not known.
    Unknown,
    /// Not mentioned.
    Nothing,
}

impl Said {
    /// This, or the other where this tells no value.
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::In(_) | Self::Unlisted => self,
            Self::Unknown => match other() {
                Self::Nothing => self,
                other => other,
            },
            Self::Nothing => other(),
        }
    }
}

/// What a record says of a factor, and where that comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Found {
    pub(super) said: Said,
    /// It was read from the recorded stage group, so that it proves nothing about that group.
    pub(super) from_group: bool,
}

/// Looks a factor up in a record for one classification.
pub(super) fn find(factor: &Factor, axis: &FactorAxis, case: &Case, basis: Basis) -> Found {
    let recorded = in_fields(factor, axis, case, basis);
    let parts = || {
        factor
            .instead
            .iter()
            .zip(&axis.instead)
            .fold(Said::Nothing, |said, (factor, axis)| said.or(|| in_fields(factor, axis, case, basis)))
    };
    let said = recorded.or(parts).or(|| highest(factor, axis, case, basis));
    if let Said::In(_) | Said::Unlisted = said {
        return Found { said, from_group: false };
    }
    let mut definitions = [(factor, axis)].into_iter().chain(factor.instead.iter().zip(&axis.instead));
    if let Some(said) = definitions.find_map(|(factor, axis)| in_group(factor, axis, case, basis)) {
        return Found { said, from_group: true };
    }
    let said = match (said.or(|| derived(factor, axis, case)), axis.otherwise) {
        (Said::Unknown | Said::Nothing, Some(token)) => Said::In(1 << token),
        (said, _) => said,
    };
    Found { said, from_group: false }
}

/// The first of the factor's fields that holds a value of it.
fn in_fields(factor: &Factor, axis: &FactorAxis, case: &Case, basis: Basis) -> Said {
    let order: [&[Field]; 3] = match basis {
        Basis::Clinical | Basis::PostClinical => [&factor.clinical, &factor.fields, &[]],
        Basis::Pathologic | Basis::PostTherapy => [&factor.pathologic, &factor.fields, &[]],
        // What the specimen shows is the better word where the classification is not said.
        Basis::Single | Basis::Restaged => [&factor.fields, &factor.pathologic, &factor.clinical],
    };
    let mut said = Said::Nothing;
    for field in order.into_iter().flatten() {
        match case.factor(*field) {
            Cell::Value(value) => match axis.class(value) {
                Class::In(set) if axis.x.is_none_or(|x| set != 1 << x) => return Said::In(set),
                Class::Unlisted => return Said::Unlisted,
                Class::In(_) | Class::Unreadable => said = Said::Unknown,
            },
            Cell::Unknown => said = Said::Unknown,
            Cell::Blank | Cell::NotApplicable | Cell::Invalid => {}
        }
    }
    said
}

/// The highest class of several measurements; one that is missing may be anything.
fn highest(factor: &Factor, axis: &FactorAxis, case: &Case, basis: Basis) -> Said {
    let anything = axis.all & !(u64::MAX << axis.classes.len());
    let (mut highest, mut said) = (1, Said::Nothing);
    for (factor, part) in factor.highest_of.iter().zip(&axis.highest_of) {
        let here = in_fields(factor, part, case, basis);
        let set = match here {
            Said::In(set) => set,
            _ => anything,
        };
        said = match (said, here) {
            (Said::In(_), _) | (_, Said::Nothing) => said,
            _ => here,
        };
        highest = highest_of_two(highest, set);
    }
    if matches!(said, Said::In(_)) { Said::In(highest) } else { said }
}

/// Every token that is the higher one of some pair.
fn highest_of_two(one: TokenSet, other: TokenSet) -> TokenSet {
    let from_lowest = |set: TokenSet| u64::MAX.checked_shl(set.trailing_zeros()).unwrap_or(0);
    (one & from_lowest(other)) | (other & from_lowest(one))
}

/// The class that the recorded stage group implies, where the factor may be read from there.
fn in_group(factor: &Factor, axis: &FactorAxis, case: &Case, basis: Basis) -> Option<Said> {
    if factor.from != Some(Origin::RecordedGroup) {
        return None;
    }
    let code = Code::new(recorded_group(case, basis)?.label())?;
    match axis.class(FactorValue::Code(code)) {
        Class::In(set) => Some(Said::In(set)),
        Class::Unlisted | Class::Unreadable => None,
    }
}

/// The recorded group of a classification; at diagnosis, of any that has one.
fn recorded_group(case: &Case, basis: Basis) -> Option<StageGroup> {
    let own = case.set(basis).group.cell.value();
    match basis {
        Basis::PostClinical | Basis::PostTherapy | Basis::Restaged => own,
        Basis::Single | Basis::Clinical | Basis::Pathologic => {
            [basis, Basis::Single, Basis::Pathologic, Basis::Clinical]
                .iter()
                .map(|basis| case.set(*basis).group)
                .find_map(|group| group.cell.value().filter(|_| group.prefix.at_diagnosis()))
        }
    }
}

/// The class that follows from age, site or histology.
fn derived(factor: &Factor, axis: &FactorAxis, case: &Case) -> Said {
    let token = |token: u8| Said::In(1 << token);
    // A site or histology that the schema does not class is one of which the class is not known.
    let class = |class: Option<Said>| class.unwrap_or(Said::Unknown);
    match factor.from {
        Some(Origin::Age) => match case.age {
            Cell::Value(age) => class(axis.class_of_number(f32::from(age)).map(Said::In)),
            Cell::Unknown => Said::Unknown,
            _ => Said::Nothing,
        },
        Some(Origin::Histology) => {
            class(case.histology.value().and_then(|code| axis.class_of_histology(code)).map(token))
        }
        Some(Origin::Site) => {
            let of_site = |site| axis.class_of_site(site, code(case, Field::Disc1));
            class(case.site.value().and_then(of_site).map(token))
        }
        Some(Origin::RecordedGroup) | None => Said::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_of_two_sets() {
        for (one, other, expected) in [
            (0b0001, 0b0100, 0b0100),
            (0b0001, 0b1111, 0b1111),
            (0b0100, 0b1111, 0b1100),
            (0b0110, 0b0110, 0b0110),
            (0b1000, 0b0011, 0b1000),
            (0b0101, 0b0010, 0b0110),
        ] {
            assert_eq!(highest_of_two(one, other), expected, "{one:04b} {other:04b}");
        }
    }
}
