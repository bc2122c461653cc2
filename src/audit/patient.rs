//! What only the other tumors of a patient tell: a recurrence that was registered as a new primary (R14).

use serde::Deserialize;

use super::registry::AuditError;
use super::subject::Distant;
use crate::category::{Behavior, Cell, Histology, PartialDate, Site};
use crate::course::Days;
use crate::staging::Case;

/// The tumor of one record as the other tumors of its patient see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tumor {
    /// Topography.
    pub site: Site,
    /// Histology.
    pub histology: Histology,
    /// Date of diagnosis.
    pub dx: PartialDate,
    /// Whether it had distant metastasis at diagnosis.
    pub metastatic: bool,
    /// Whether somebody said that it is a primary of its own.
    pub confirmed: bool,
}

impl Tumor {
    /// The tumor of a record; none where it is not malignant or its site, histology or date is missing.
    pub fn of(case: &Case) -> Option<Self> {
        Some(Self {
            site: case.site.value()?,
            histology: case.histology.value()?,
            dx: case.dx.value()?,
            metastatic: matches!(Distant::of(case), Distant::M1(_)),
            confirmed: case.override_new_primary == Cell::Value(true),
        })
        .filter(|_| case.behavior.value().is_none_or(|behavior| behavior == Behavior(3)))
    }
}

/// Histologies that count as one disease, by their ranges.
#[derive(Debug)]
pub struct HistologyFamilies(Vec<Range>);

#[derive(Debug, Deserialize)]
struct Range {
    family: String,
    first: u16,
    last: u16,
}

impl HistologyFamilies {
    /// The families that come with the program.
    pub fn builtin() -> Result<Self, AuditError> {
        let text = include_str!("histology_families.csv");
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let ranges = reader.deserialize().collect::<Result<_, _>>();
        ranges.map(Self).map_err(|source| AuditError::Table { file: "histology_families.csv", source })
    }

    fn of(&self, Histology(code): Histology) -> Option<&str> {
        let range = self.0.iter().find(|range| (range.first..=range.last).contains(&code))?;
        Some(&range.family)
    }

    /// R14: whether a tumor may be the recurrence of an earlier one of the same patient. Both are of one organ
    /// and histology family, the other is earlier however missing days and months are read, and this one has M1
    /// or stands in the same subsite.
    pub fn may_be_recurrence(&self, tumor: &Tumor, earlier: &Tumor) -> bool {
        let days = |tumor: &Tumor| Days { first: tumor.dx.earliest(), last: tumor.dx.latest() };
        !tumor.confirmed
            && days(earlier).surely_before(days(tumor))
            && tumor.site.0 / 10 == earlier.site.0 / 10
            && (tumor.metastatic || tumor.site == earlier.site)
            && self.of(tumor.histology).is_some_and(|family| self.of(earlier.histology) == Some(family))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tumor(site: u16, histology: u16, year: u16) -> Tumor {
        let dx = PartialDate { year, month: 0, day: 0 };
        Tumor { site: Site(site), histology: Histology(histology), dx, metastatic: false, confirmed: false }
    }

    #[test]
    fn r14_recurrence_as_new_primary() {
        let families = HistologyFamilies::builtin().unwrap();
        let first = tumor(504, 8500, 2012);
        let metastatic = |tumor: Tumor| Tumor { metastatic: true, ..tumor };
        for (what, later, earlier, expected) in [
            ("the same subsite", tumor(504, 8520, 2018), first, true),
            ("another subsite", tumor(502, 8500, 2018), first, false),
            ("another subsite with M1", metastatic(tumor(502, 8500, 2018)), first, true),
            ("another organ with M1", metastatic(tumor(341, 8140, 2018)), first, false),
            ("another family", metastatic(tumor(504, 9120, 2018)), first, false),
            ("not told apart", metastatic(tumor(504, 8010, 2018)), tumor(504, 8010, 2012), false),
            ("the same year", tumor(504, 8500, 2012), first, false),
            ("the earlier one", first, tumor(504, 8500, 2018), false),
            ("reviewed", Tumor { confirmed: true, ..tumor(504, 8500, 2018) }, first, false),
        ] {
            assert_eq!(families.may_be_recurrence(&later, &earlier), expected, "{what}");
        }
    }

    #[test]
    fn no_histology_is_of_two_families() {
        let HistologyFamilies(ranges) = HistologyFamilies::builtin().unwrap();
        for (at, range) in ranges.iter().enumerate() {
            assert!(range.first <= range.last, "{range:?}");
            let clash =
                ranges[at + 1..].iter().find(|other| other.first <= range.last && range.first <= other.last);
            assert!(clash.is_none(), "{range:?} {clash:?}");
        }
    }
}
