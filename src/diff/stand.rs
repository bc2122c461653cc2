//! Where a record stands by one export.

/// Schema, edition, group and stage in the words of the columns that a run adds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stand<'a> {
    /// Schema id, empty where none was found.
    pub schema: &'a str,
    /// Edition, empty where none is known.
    pub edition: &'a str,
    /// Group as the manual prints it, `NA` or `UNK`.
    pub group: &'a str,
    /// Stage, `NA` or `UNK`.
    pub stage: &'a str,
}

/// What is known of a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Known<'a> {
    /// A group, or a stage alone.
    As(&'a str),
    /// No stage exists.
    NotApplicable,
    /// Not known, or not recorded.
    Unknown,
}

/// From the older to the newer stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shift {
    /// Nothing that a rule speaks of: the same, or not known in either.
    None,
    /// Another stage.
    Changed,
    /// Known, then unknown.
    Lost,
    /// Unknown, then known.
    Gained,
}

impl<'a> Stand<'a> {
    /// The group, or the stage where that is all that is known.
    pub fn label(&self) -> &'a str {
        if matches!(self.group, "UNK" | "") && !self.stage.is_empty() { self.stage } else { self.group }
    }

    /// Schema, edition, group, stage.
    pub fn words(&self) -> [&'a str; 4] {
        [self.schema, self.edition, self.group, self.stage]
    }

    pub(super) fn known(&self) -> Known<'a> {
        match self.label() {
            "" | "UNK" => Known::Unknown,
            "NA" => Known::NotApplicable,
            label => Known::As(label),
        }
    }
}

impl<'a> Known<'a> {
    pub(super) fn then(self, later: Known<'a>) -> Shift {
        match (self, later) {
            (Self::As(old), Self::As(new)) if old == new => Shift::None,
            (Self::As(_), Self::As(_) | Self::NotApplicable) | (Self::NotApplicable, Self::As(_)) => {
                Shift::Changed
            }
            (Self::As(_), Self::Unknown) => Shift::Lost,
            (Self::Unknown, Self::As(_)) => Shift::Gained,
            (Self::NotApplicable | Self::Unknown, Self::NotApplicable | Self::Unknown) => Shift::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_without_a_group_is_still_known() {
        let stand = |group, stage| Stand { group, stage, ..Stand::default() };
        for (old, new, shift) in [
            (stand("IIA", "II"), stand("IIA", "II"), Shift::None),
            (stand("IIA", "II"), stand("IIB", "II"), Shift::Changed),
            (stand("IIA", "II"), stand("UNK", "II"), Shift::Changed),
            (stand("UNK", "II"), stand("UNK", "II"), Shift::None),
            (stand("IIA", "II"), stand("UNK", "UNK"), Shift::Lost),
            (stand("UNK", "UNK"), stand("0", "0"), Shift::Gained),
            (stand("NA", "NA"), stand("IIA", "II"), Shift::Changed),
            (stand("NA", "NA"), stand("UNK", "UNK"), Shift::None),
            (stand("", ""), stand("IV", "IV"), Shift::Gained),
        ] {
            assert_eq!(old.known().then(new.known()), shift, "{old:?} {new:?}");
        }
    }
}
