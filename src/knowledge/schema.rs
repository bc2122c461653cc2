//! A staging schema: which tumors it takes, by which system it stages them, and its tables.

use std::collections::BTreeMap;

use super::ranges::Ranges;
use crate::category::{Behavior, Category, Edition, Histology, Site, Stage, StageGroup};

/// The staging system of a schema.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum System {
    /// T, N, M to a stage group.
    Tnm,
    /// T, N, M without a stage group.
    TnmWithoutGroup,
    /// Ann Arbor (editions 6 and 7), Lugano (8).
    Lugano,
    /// Rai for CLL, Lugano for SLL.
    Rai,
    /// Revised International Staging System of myeloma.
    Iss,
    /// Central nervous system: graded, not staged.
    Cns,
    /// Leukemia and other hematologic disease.
    Heme,
    /// No staging system.
    #[default]
    None,
}

impl System {
    pub(super) const ALL: [Self; 8] = [
        Self::Tnm,
        Self::TnmWithoutGroup,
        Self::Lugano,
        Self::Rai,
        Self::Iss,
        Self::Cns,
        Self::Heme,
        Self::None,
    ];

    /// As knowledge files and outputs write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tnm => "tnm",
            Self::TnmWithoutGroup => "tnm-without-group",
            Self::Lugano => "lugano",
            Self::Rai => "rai",
            Self::Iss => "iss",
            Self::Cns => "cns",
            Self::Heme => "heme",
            Self::None => "none",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.name() == name)
    }
}

/// What the tables of one edition say of a schema as a whole.
#[derive(Clone, Debug, Default)]
pub(super) struct EditionFacts {
    pub(super) m1: Option<Stage>,
    pub(super) iv_with_m0: bool,
    pub(super) highest: Option<StageGroup>,
    pub(super) categories: Option<Vec<Category>>,
    pub(super) any_axis: [bool; 3],
}

/// Which histologies a chapter stages.
#[derive(Clone, Debug)]
pub(super) struct HistologyRule {
    pub(super) edition: Edition,
    /// Whether the rows are what the chapter takes, or what it leaves out.
    pub(super) eligible: bool,
    pub(super) rows: Vec<(Option<Ranges>, Ranges)>,
    /// Sites and histologies (lists spelled out) as the file prints them.
    pub(super) printed: Vec<[String; 2]>,
}

/// A staging schema.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Short id, `lung`.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// First year of diagnosis under Version 9, where the chapter has one.
    pub version_9_from: Option<u16>,
    /// Chapter of the manual by edition.
    pub chapters: BTreeMap<u8, String>,
    /// Whether the user's own folder of rules brings it in or changes it.
    pub local: bool,
    /// The file that says so, or its built-in one.
    pub(super) file: String,
    /// The site that its tumors have where none is recorded (the marrow, of leukemia).
    pub site_when_missing: Option<Site>,
    pub(super) no_group_after_therapy: Vec<u8>,
    pub(super) n_tells_classification: Vec<u8>,
    pub(super) system: System,
    pub(super) system_before_8: Option<System>,
    pub(super) system_until_6: Option<System>,
    pub(super) behaviors: Ranges,
    /// The behaviors as the file prints them.
    pub(super) behaviors_printed: String,
    /// Codes of schema discriminator 1 that are not staged, and as the file prints them.
    pub(super) not_staged_disc1: Option<(Ranges, String)>,
    pub(super) histology_rules: Vec<HistologyRule>,
    pub(super) tables: Vec<u16>,
    pub(super) facts: BTreeMap<u8, EditionFacts>,
}

impl Schema {
    /// The staging system under an edition.
    pub fn system(&self, edition: Edition) -> System {
        let until_6 = self.system_until_6.filter(|_| edition.0 <= 6);
        until_6.or(self.system_before_8.filter(|_| edition.0 < 8)).unwrap_or(self.system)
    }

    /// Whether the edition assigns a stage group after neoadjuvant therapy.
    pub fn has_group_after_therapy(&self, edition: Edition) -> bool {
        !self.no_group_after_therapy.contains(&edition.0)
    }

    /// Whether the prefix of N, and not that of the set, tells the clinical from the pathologic table.
    pub fn n_tells_classification(&self, edition: Edition) -> bool {
        self.n_tells_classification.contains(&edition.0)
    }

    /// Whether it is a solid tumor with T, N and M.
    pub fn is_solid(&self) -> bool {
        matches!(self.system, System::Tnm | System::TnmWithoutGroup)
    }

    /// Whether tumors of this behavior are staged.
    pub fn stages_behavior(&self, behavior: Behavior) -> bool {
        self.behaviors.contains(u16::from(behavior.0))
    }

    /// Whether a code of schema discriminator 1 names a disease that is staged; a missing one does.
    pub fn stages_discriminator(&self, disc1: Option<u16>) -> bool {
        !self.not_staged_disc1.as_ref().zip(disc1).is_some_and(|((codes, _), code)| codes.contains(code))
    }

    /// The codes of schema discriminator 1 that are not staged, `1, 9`.
    pub fn not_staged_discriminators(&self) -> Option<&str> {
        self.not_staged_disc1.as_ref().map(|(_, printed)| printed.as_str())
    }

    /// The behaviors that are staged, `2, 3`.
    pub fn behaviors(&self) -> &str {
        &self.behaviors_printed
    }

    /// The histologies to which a chapter restricts itself: edition, whether they are what it stages or
    /// what it leaves out, and rows of sites and histologies.
    pub fn histologies(&self) -> impl Iterator<Item = (Edition, bool, &[[String; 2]])> {
        self.histology_rules.iter().map(|rule| (rule.edition, rule.eligible, rule.printed.as_slice()))
    }

    /// Whether the chapter of an edition stages a histology of a site. Only the 6th and 7th
    /// editions restrict it further than schema selection does.
    pub fn stages_histology(&self, edition: Edition, site: Site, histology: Histology) -> bool {
        self.histology_rules.iter().filter(|rule| rule.edition == edition).all(|rule| {
            let listed = rule.rows.iter().any(|(sites, histologies)| {
                sites.as_ref().is_none_or(|sites| sites.contains(site.0)) && histologies.contains(histology.0)
            });
            listed == rule.eligible
        })
    }

    /// The lowest stage that M1 gives in an edition; `None` where it has no such table.
    pub fn m1_stage(&self, edition: Edition) -> Option<Stage> {
        self.facts.get(&edition.0).and_then(|facts| facts.m1)
    }

    /// Whether the edition has a stage IV without M1.
    pub fn has_iv_with_m0(&self, edition: Edition) -> bool {
        self.facts.get(&edition.0).is_some_and(|facts| facts.iv_with_m0)
    }

    /// The highest group of an edition.
    pub fn highest(&self, edition: Edition) -> Option<StageGroup> {
        self.facts.get(&edition.0).and_then(|facts| facts.highest)
    }

    /// Whether the edition's tables print this category (or take any category of its axis).
    pub fn category_known(&self, edition: Edition, category: Category) -> bool {
        self.facts.get(&edition.0).is_some_and(|facts| {
            facts.any_axis[category.axis() as usize] || self.category_printed(edition, category)
        })
    }

    /// Whether the edition's tables print this category.
    pub fn category_printed(&self, edition: Edition, category: Category) -> bool {
        let facts = self.facts.get(&edition.0);
        facts.and_then(|facts| facts.categories.as_ref()).is_some_and(|printed| printed.contains(&category))
    }

    /// Editions for which the schema has tables.
    pub fn editions(&self) -> impl Iterator<Item = Edition> {
        self.facts.keys().map(|edition| Edition(*edition))
    }
}
