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

    /// The family of a histology, by its first range.
    fn of(&self, Histology(code): Histology) -> Option<&str> {
        let range = self.0.iter().find(|range| (range.first..=range.last).contains(&code))?;
        Some(&range.family)
    }

    /// R14 for the tumors of one patient: of each, the first other one that it may be the recurrence of. Both are
    /// of one organ and histology family, the other is earlier however missing days and months are read, and this
    /// one has M1 or stands in the same subsite.
    ///
    /// Costs n log n: an export may write one number for every patient that it does not know.
    pub fn origins(&self, tumors: &[Tumor]) -> Vec<Option<usize>> {
        let families: Vec<_> = tumors.iter().map(|tumor| self.of(tumor.histology)).collect();
        let by_organ = Earlier::new(tumors, &families, organ);
        let by_site = Earlier::new(tumors, &families, |site| site.0);
        let origin = |(tumor, family): (&Tumor, Option<&str>)| {
            let family = family.filter(|_| !tumor.confirmed)?;
            let day = days(tumor).first;
            if tumor.metastatic {
                by_organ.first(family, organ(tumor.site), day)
            } else {
                by_site.first(family, tumor.site.0, day)
            }
        };
        tumors.iter().zip(families.iter().copied()).map(origin).collect()
    }
}

fn organ(site: Site) -> u16 {
    site.0 / 10
}

fn days(tumor: &Tumor) -> Days {
    Days { first: tumor.dx.earliest(), last: tumor.dx.latest() }
}

/// Tumors by family and place, and by the last day that their diagnosis can have been.
struct Earlier<'a>(Vec<Seen<'a>>);

struct Seen<'a> {
    family: &'a str,
    place: u16,
    last: i32,
    /// The first tumor of this family and place up to this day.
    first: usize,
}

impl<'a> Earlier<'a> {
    fn new(tumors: &[Tumor], families: &[Option<&'a str>], place: impl Fn(Site) -> u16) -> Self {
        let seen = tumors.iter().zip(families).enumerate().filter_map(|(at, (tumor, family))| {
            Some(Seen { family: (*family)?, place: place(tumor.site), last: days(tumor).last, first: at })
        });
        let mut seen: Vec<_> = seen.collect();
        seen.sort_unstable_by_key(|seen| (seen.family, seen.place, seen.last, seen.first));
        let mut before: Option<(&str, u16, usize)> = None;
        for seen in &mut seen {
            if let Some((family, place, first)) = before
                && (family, place) == (seen.family, seen.place)
            {
                seen.first = seen.first.min(first);
            }
            before = Some((seen.family, seen.place, seen.first));
        }
        Self(seen)
    }

    /// The first tumor of this family and place whose diagnosis was surely before the day.
    fn first(&self, family: &str, place: u16, day: i32) -> Option<usize> {
        let end = self.0.partition_point(|seen| (seen.family, seen.place, seen.last) < (family, place, day));
        let seen = self.0.get(end.checked_sub(1)?)?;
        (seen.family == family && seen.place == place).then_some(seen.first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            assert_eq!(families.origins(&[later, earlier])[0], expected.then_some(1), "{what}");
        }
    }

    proptest! {
        #[test]
        fn each_comes_from_the_first_that_it_may_come_from(
            told in prop::collection::vec((0..4_u16, 0..3_usize, 0..5_u16, 0..3_u8, any::<(bool, bool)>()), 0..30),
        ) {
            let families = HistologyFamilies::builtin().unwrap();
            let tumors: Vec<_> = told.into_iter().map(|(site, histology, year, month, (metastatic, confirmed))| {
                let dx = PartialDate { year: 2010 + year, month, day: 0 };
                let (site, histology) = (Site([500, 504, 509, 340][site as usize]), Histology([8500, 8520, 8010][histology]));
                Tumor { site, histology, dx, metastatic, confirmed }
            }).collect();
            let may_come_from = |later: &Tumor, earlier: &Tumor| {
                let same_family = families.of(later.histology).is_some()
                    && families.of(later.histology) == families.of(earlier.histology);
                let same_place = later.site == earlier.site
                    || later.metastatic && organ(later.site) == organ(earlier.site);
                !later.confirmed && days(earlier).surely_before(days(later)) && same_place && same_family
            };
            let plainly: Vec<_> = tumors
                .iter()
                .map(|later| tumors.iter().position(|earlier| may_come_from(later, earlier)))
                .collect();
            prop_assert_eq!(families.origins(&tumors), plainly);
        }
    }

    #[test]
    fn one_number_for_very_many_records() {
        let families = HistologyFamilies::builtin().unwrap();
        // Held against each other they would be five thousand million pairs.
        let years = (0..100_000_u32).map(|at| 2010 + (at % 3) as u16);
        let tumors: Vec<_> = years.map(|year| tumor(504, 8500, year)).collect();
        let origins = families.origins(&tumors);
        assert_eq!(origins[..4], [None, Some(0), Some(0), None]);
        assert_eq!(origins.iter().flatten().count(), 66_666);
        assert!(origins.into_iter().flatten().all(|at| at == 0));
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
