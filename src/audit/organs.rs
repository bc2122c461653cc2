//! The six organ groups of the metastasis items (NAACCR 1112-1117).

use std::fmt;

use serde::Deserialize;

use crate::category::{Cell, MetFlag, OrganSet};
use crate::staging::Case;

/// An organ group, in the order of the items and of the bits of [`OrganSet`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Organ {
    /// Bone.
    Bone,
    /// Brain.
    Brain,
    /// Distant lymph nodes.
    DistantLn,
    /// Liver.
    Liver,
    /// Lung.
    Lung,
    /// Any other organ.
    Other,
}

impl Organ {
    /// Every organ group, in order.
    pub const ALL: [Self; 6] =
        [Self::Bone, Self::Brain, Self::DistantLn, Self::Liver, Self::Lung, Self::Other];

    /// The name in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bone => "bone",
            Self::Brain => "brain",
            Self::DistantLn => "distant_ln",
            Self::Liver => "liver",
            Self::Lung => "lung",
            Self::Other => "other",
        }
    }

    /// The set of this organ alone.
    pub(crate) const fn alone(self) -> OrganSet {
        OrganSet(1 << self as u8)
    }

    /// Whether a set holds this organ.
    pub fn is_in(self, set: OrganSet) -> bool {
        set.0 & self.alone().0 != 0
    }
}

/// The names of a set's organs with `;` between, for the output column.
#[derive(Clone, Copy, Debug)]
pub struct OrganNames(pub OrganSet);

impl fmt::Display for OrganNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for organ in Organ::ALL.into_iter().filter(|organ| organ.is_in(self.0)) {
            write!(f, "{between}{}", organ.as_str())?;
            between = ";";
        }
        Ok(())
    }
}

/// The metastatic sites at diagnosis: the six flags, completed from a list of sites where a flag is blank.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Sites {
    flags: [Cell<MetFlag>; 6],
    /// Whether at least one flag comes from a column of its own.
    pub from_flags: bool,
}

impl Sites {
    /// The sites of a case. A list names every site, so that what it does not name is denied.
    pub(crate) fn of(case: &Case) -> Self {
        let mut flags = case.mets;
        if let Cell::Value(listed) = case.met_organs() {
            for (flag, organ) in flags.iter_mut().zip(Organ::ALL).filter(|(flag, _)| flag.is_blank()) {
                *flag = Cell::Value(if organ.is_in(listed) { MetFlag::Yes } else { MetFlag::No });
            }
        }
        Self { flags, from_flags: case.mets.iter().any(|flag| !flag.is_blank()) }
    }

    /// The flag of one organ.
    pub(crate) fn flag(self, organ: Organ) -> Cell<MetFlag> {
        self.flags[organ as usize]
    }

    /// The organs with metastasis.
    pub(crate) fn positive(self) -> OrganSet {
        let set = Organ::ALL
            .into_iter()
            .filter(|&organ| matches!(self.flag(organ), Cell::Value(MetFlag::Yes | MetFlag::Generalised)));
        OrganSet(set.fold(0, |bits, organ| bits | organ.alone().0))
    }

    /// How many of the six are denied.
    pub(crate) fn denied(self) -> usize {
        self.flags.iter().filter(|&&flag| flag == Cell::Value(MetFlag::No)).count()
    }

    /// Whether one of the six is recorded as unknown.
    pub(crate) fn any_unknown(self) -> bool {
        self.flags.contains(&Cell::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_the_items() {
        assert_eq!(OrganNames(OrganSet(0)).to_string(), "");
        assert_eq!(OrganNames(OrganSet(0b00_1001)).to_string(), "bone;liver");
        assert_eq!(OrganNames(OrganSet(0b11_1111)).to_string(), "bone;brain;distant_ln;liver;lung;other");
    }

    #[test]
    fn a_list_fills_blank_flags_only() {
        let mut case = Case { met_sites: Cell::Value(OrganSet(0b01_0000)), ..Case::default() };
        assert_eq!(Sites::of(&case).positive(), Organ::Lung.alone());
        assert_eq!(Sites::of(&case).denied(), 5);
        assert!(!Sites::of(&case).from_flags);
        case.mets[Organ::Brain as usize] = Cell::Value(MetFlag::Yes);
        case.mets[Organ::Lung as usize] = Cell::Unknown;
        assert_eq!(Sites::of(&case).positive(), Organ::Brain.alone());
        assert!(Sites::of(&case).any_unknown());
    }
}
