//! One event in the course of a tumor.

use crate::category::{Cell, Edition, OrganSet, PartialDate, Prefix};
use crate::staging::Tnm;

/// When an event was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum When {
    /// It is not told.
    #[default]
    Unknown,
    /// On a date, as exact as it was recorded.
    Date(PartialDate),
    /// So many days after the diagnosis, before it where negative.
    AfterDiagnosis(i32),
}

/// What the type of recurrence of an event says of the course.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Recurred {
    /// Nothing came back and nothing progressed, or the event does not tell.
    #[default]
    No,
    /// The disease progressed without ever having been gone (NAACCR 1880 code 70).
    Progressed,
    /// It came back, not as distant metastasis or not known where.
    Recurred,
    /// It came back as distant metastasis.
    Distant,
}

/// A staging, recurrence or progression of one tumor: typed values only.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Event {
    /// Date.
    pub when: When,
    /// Classification: c, p, yc, yp, r, rc, rp, a; nothing set where it is not told.
    pub classification: Prefix,
    /// Categories and group as recorded.
    pub tnm: Tnm,
    /// Edition that they follow.
    pub edition: Cell<Edition>,
    /// Metastatic sites.
    pub sites: Cell<OrganSet>,
    /// Number of metastatic lesions.
    pub lesions: Cell<u16>,
    /// Under active systemic therapy.
    pub on_therapy: Cell<bool>,
    /// A progressive lesion on current imaging.
    pub progressing: Cell<bool>,
    /// Type of recurrence (NAACCR 1880).
    pub recurrence_type: Cell<u16>,
    /// What that type says.
    pub recurred: Recurred,
}

impl Event {
    /// Whether a T, N, M or group is recorded.
    pub fn is_staged(&self) -> bool {
        let Tnm { t, n, m, group } = self.tnm;
        [t, n, m].iter().any(|category| category.cell.value().is_some()) || group.cell.value().is_some()
    }

    /// Whether it shows distant metastasis: by M, by the type of recurrence, or by its sites and
    /// lesions where neither speaks against it.
    pub fn is_metastatic(&self) -> bool {
        let m = self.tnm.m.cell.value().map(|m| m.label().starts_with("M1"));
        if let Some(metastatic) = m {
            return metastatic;
        }
        match self.recurred {
            Recurred::Distant => true,
            Recurred::Recurred => false,
            Recurred::No | Recurred::Progressed => {
                self.sites.value().is_some_and(|sites| !sites.without(OrganSet::NODES).is_empty())
                    || self.lesions.value().is_some_and(|lesions| lesions > 0)
            }
        }
    }

    /// A number for every field, so that events of one day have an order that does not depend on
    /// the order in which they were told.
    pub(super) fn rank(&self) -> [u32; 13] {
        fn of<V: Copy>(cell: Cell<V>, number: impl Fn(V) -> u32) -> u32 {
            match cell {
                Cell::Blank => 0,
                Cell::Unknown => 1,
                Cell::NotApplicable => 2,
                Cell::Invalid => 3,
                Cell::Value(value) => 4 + number(value),
            }
        }
        let letters = |prefix: Prefix| {
            let examination = prefix.examination.map_or(0, |examination| 1 + examination as u32);
            u32::from(prefix.a) << 4 | u32::from(prefix.r) << 3 | u32::from(prefix.y) << 2 | examination
        };
        let Tnm { t, n, m, group } = self.tnm;
        let marks = [t.prefix, n.prefix, m.prefix, group.prefix];
        [
            letters(self.classification),
            of(group.cell, |group| group.index() as u32),
            of(m.cell, |m| m.index() as u32),
            of(n.cell, |n| n.index() as u32),
            of(t.cell, |t| t.index() as u32),
            marks.iter().fold(0, |all, &prefix| all << 5 | letters(prefix)),
            of(self.edition, |edition| u32::from(edition.0)),
            of(self.sites, |sites| u32::from(sites.0)),
            of(self.lesions, u32::from),
            of(self.on_therapy, u32::from),
            of(self.progressing, u32::from),
            of(self.recurrence_type, u32::from),
            self.recurred as u32,
        ]
    }
}
