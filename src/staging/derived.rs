//! What staging says of a record, and why.

use crate::category::{Category, Edition, Recorded, Stage, StageGroup};
use crate::knowledge::SchemaId;

use super::Basis;

/// Why no group, or no single group, could be derived.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// No site column or cell.
    SiteMissing,
    /// The site cell holds no topography code.
    SiteInvalid,
    /// No histology.
    HistologyMissing,
    /// The histology cell holds no morphology code.
    HistologyInvalid,
    /// No schema takes this site, histology and behavior.
    NoSchema,
    /// The schema depends on a discriminator that is missing.
    DiscriminatorMissing,
    /// No edition recorded and no year of diagnosis.
    EditionMissing,
    /// The edition has no tables here (editions 1 to 5).
    EditionWithoutTables,
    /// The edition has no chapter for this schema (an ill-defined site such as C14.8).
    NoChapter,
    /// The chapter's histologies do not include this one.
    HistologyNotInChapter,
    /// The chapter assigns T, N, M but no stage group.
    NoStageGroup,
    /// A system without TNM: leukemia, myeloma without its factors, CNS.
    NoTnm,
    /// Benign or borderline, where the chapter stages malignant tumors only.
    BehaviorNotStaged,
    /// The schema discriminator names a disease that the chapter does not stage: smoldering myeloma.
    NotStagedByDiscriminator,
    /// None of T, N, M given under any classification.
    TnmMissing,
    /// T missing or X, and it matters.
    TUnknown,
    /// N missing or X, and it matters.
    NUnknown,
    /// M missing or X, and it matters.
    MUnknown,
    /// A category is coarser than the table and that matters.
    CategoryCoarse,
    /// A category is unreadable.
    CategoryInvalid,
    /// A category does not exist in this edition of the chapter.
    CategoryNotInEdition,
    /// A category means something else in the edition asked for, and it matters.
    CategoryRedefined,
    /// A factor (grade, PSA, S ...) is missing and it matters.
    FactorMissing,
    /// The record does not say whether its categories are clinical or pathologic, and it matters.
    ClassificationMissing,
    /// The age is missing and it matters.
    AgeMissing,
    /// T, N, M are recorded as not applicable.
    RecordedNotApplicable,
    /// What is recorded was staged after therapy, at recurrence or at autopsy, not at diagnosis.
    NotAtDiagnosis,
    /// The chapter assigns no stage group after neoadjuvant therapy.
    NoGroupAfterTherapy,
    /// T0 N0 M0 after neoadjuvant therapy: nothing is left to be staged.
    CompleteResponse,
    /// The table has no row for this combination.
    NoRow,
    /// A system for children, and the patient is an adult.
    Adult,
    /// The system has no table for this tumor.
    NoDisease,
    /// The group has no counterpart in the system (stage 0 and FIGO).
    NotInSystem,
    /// An item that the system asks for is recorded as unknown.
    FactorUnknown,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 34] = [
        Self::SiteMissing,
        Self::SiteInvalid,
        Self::HistologyMissing,
        Self::HistologyInvalid,
        Self::NoSchema,
        Self::DiscriminatorMissing,
        Self::EditionMissing,
        Self::EditionWithoutTables,
        Self::NoChapter,
        Self::HistologyNotInChapter,
        Self::NoStageGroup,
        Self::NoTnm,
        Self::BehaviorNotStaged,
        Self::NotStagedByDiscriminator,
        Self::TnmMissing,
        Self::TUnknown,
        Self::NUnknown,
        Self::MUnknown,
        Self::CategoryCoarse,
        Self::CategoryInvalid,
        Self::CategoryNotInEdition,
        Self::CategoryRedefined,
        Self::FactorMissing,
        Self::ClassificationMissing,
        Self::AgeMissing,
        Self::RecordedNotApplicable,
        Self::NotAtDiagnosis,
        Self::NoGroupAfterTherapy,
        Self::CompleteResponse,
        Self::NoRow,
        Self::Adult,
        Self::NoDisease,
        Self::NotInSystem,
        Self::FactorUnknown,
    ];

    /// Short code, as outputs write it.
    pub const fn id(self) -> &'static str {
        self.texts().0
    }

    /// The cause that goes by a code.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.id() == id)
    }

    /// One line for people.
    pub const fn words(self) -> &'static str {
        self.texts().1
    }

    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::SiteMissing => ("site_missing", "the primary site is missing"),
            Self::SiteInvalid => ("site_invalid", "the primary site is no ICD-O-3 topography code"),
            Self::HistologyMissing => ("histology_missing", "the histology is missing"),
            Self::HistologyInvalid => ("histology_invalid", "the histology is no ICD-O-3 morphology code"),
            Self::NoSchema => ("no_schema", "no schema takes this site, histology and behavior"),
            Self::DiscriminatorMissing => (
                "discriminator_missing",
                "two schemas share this site and histology, and the item that tells them apart is missing",
            ),
            Self::EditionMissing => {
                ("edition_missing", "neither the edition nor the year of diagnosis is known")
            }
            Self::EditionWithoutTables => ("edition_without_tables", "there are no tables for the edition"),
            Self::NoChapter => ("no_chapter", "the edition has no chapter for this site and histology"),
            Self::HistologyNotInChapter => {
                ("histology_not_in_chapter", "the chapter does not stage this histology")
            }
            Self::NoStageGroup => ("no_stage_group", "the chapter has T, N and M but no stage group"),
            Self::NoTnm => ("no_tnm", "the disease is not staged by TNM"),
            Self::BehaviorNotStaged => ("behavior_not_staged", "the chapter stages malignant tumors only"),
            Self::NotStagedByDiscriminator => (
                "not_staged_by_discriminator",
                "the schema discriminator names a disease that the chapter does not stage",
            ),
            Self::TnmMissing => ("tnm_missing", "T, N and M are all missing"),
            Self::TUnknown => ("t_unknown", "T is missing or X, and it matters"),
            Self::NUnknown => ("n_unknown", "N is missing or X, and it matters"),
            Self::MUnknown => ("m_unknown", "M is missing or X, and it matters"),
            Self::CategoryCoarse => {
                ("category_coarse", "a category lacks the letter that the table asks for")
            }
            Self::CategoryInvalid => ("category_invalid", "a category cannot be read"),
            Self::CategoryNotInEdition => {
                ("category_not_in_edition", "a category does not exist in this edition of the chapter")
            }
            Self::CategoryRedefined => {
                ("category_redefined", "a category means something else in this edition, and it matters")
            }
            Self::FactorMissing => {
                ("factor_missing", "a prognostic factor that the table asks for is missing")
            }
            Self::ClassificationMissing => {
                ("classification_missing", "clinical or pathologic is not said, and their tables differ")
            }
            Self::AgeMissing => ("age_missing", "the age at diagnosis is missing, and it matters"),
            Self::RecordedNotApplicable => {
                ("recorded_not_applicable", "T, N and M are recorded as not applicable")
            }
            Self::NotAtDiagnosis => {
                ("not_at_diagnosis", "the recorded categories come from after therapy, recurrence or autopsy")
            }
            Self::NoGroupAfterTherapy => {
                ("no_group_after_therapy", "the chapter assigns no stage group after neoadjuvant therapy")
            }
            Self::CompleteResponse => (
                "complete_response",
                "nothing is left of the tumor after therapy (T0 N0 M0), for which there is no group",
            ),
            Self::NoRow => ("no_row", "the table has no row for this combination"),
            Self::Adult => ("adult", "the system is for children, and the patient is older"),
            Self::NoDisease => ("no_disease", "the system has no table for this tumor"),
            Self::NotInSystem => ("not_in_system", "the system has no stage for this group"),
            Self::FactorUnknown => {
                ("factor_unknown", "an item that the system asks for is recorded as unknown")
            }
        }
    }
}

/// A row of a knowledge table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RuleRef {
    /// Index of the table within the rules.
    pub table: u16,
    /// Index of the row within the table.
    pub row: u16,
}

/// What a derivation came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// One group.
    Group(StageGroup),
    /// More than one group is still possible.
    Open {
        /// Lowest possible group.
        low: StageGroup,
        /// Highest possible group.
        high: StageGroup,
        /// The stage, where every possible group shares it.
        stage: Option<Stage>,
        /// What is missing.
        cause: Cause,
    },
    /// No stage group exists for this record.
    NotApplicable(Cause),
    /// Nothing can be said.
    Unknown(Cause),
}

impl Outcome {
    /// The group, where there is exactly one.
    pub fn group(self) -> Option<StageGroup> {
        match self {
            Self::Group(group) => Some(group),
            _ => None,
        }
    }

    /// The stage, where every possible group shares it.
    pub fn stage(self) -> Option<Stage> {
        match self {
            Self::Group(group) => Some(group.stage()),
            Self::Open { stage, .. } => stage,
            _ => None,
        }
    }

    /// Lowest and highest possible group.
    pub fn bounds(self) -> Option<(StageGroup, StageGroup)> {
        match self {
            Self::Group(group) => Some((group, group)),
            Self::Open { low, high, .. } => Some((low, high)),
            _ => None,
        }
    }

    /// Why there is not one group.
    pub fn cause(self) -> Option<Cause> {
        match self {
            Self::Group(_) => None,
            Self::Open { cause, .. } | Self::NotApplicable(cause) | Self::Unknown(cause) => Some(cause),
        }
    }
}

/// What was taken for granted, by a named policy, to derive a group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Assumed {
    /// M0 for a blank or MX metastasis category.
    pub m0: bool,
    /// N0 for a blank or NX nodal category, as the policy asks.
    pub n0: bool,
    /// N0 for a blank or NX nodal category of an in situ tumor, which has no nodes by definition
    /// (AJCC 8th edition, chapter 1: pTis cN0 cM0).
    pub n0_in_situ: bool,
    /// M1 for a blank or MX metastasis category, as the metastasis items or the EOD Mets code show it.
    pub m1: bool,
    /// M taken from the other classification (pM from cM or the reverse).
    pub m_borrowed: bool,
    /// A discriminator left blank was taken as unknown.
    pub discriminator: bool,
    /// The recorded stage group was read as a factor of the table (Ann Arbor, Lugano), so that the
    /// derived group repeats it.
    pub recorded_group: bool,
}

/// One derivation: outcome, rule, assumptions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Derived {
    /// What it came to.
    pub outcome: Outcome,
    /// The row that gave it, where one row did.
    pub rule: Option<RuleRef>,
    /// What was assumed.
    pub assumed: Assumed,
    /// The categories used, after borrowing and assuming.
    pub t: Recorded<Category>,
    /// N used.
    pub n: Recorded<Category>,
    /// M used.
    pub m: Recorded<Category>,
}

impl Derived {
    /// The same, with a rule only where there is one group.
    #[must_use]
    pub(super) fn with_rule_of_group(mut self) -> Self {
        if self.outcome.group().is_none() {
            self.rule = None;
        }
        self
    }

    /// An outcome without a table behind it.
    pub fn without_table(outcome: Outcome) -> Self {
        let blank = Recorded::default();
        Self { outcome, rule: None, assumed: Assumed::default(), t: blank, n: blank, m: blank }
    }
}

/// Where the edition comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EditionSource {
    /// The record names it.
    Recorded,
    /// In force for the chapter in the year of diagnosis.
    DxYear,
    /// Asked for on the command line.
    Forced,
}

/// Everything that staging derives of one record.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Staged {
    /// Schema, where one was found.
    pub schema: Option<SchemaId>,
    /// Edition applied.
    pub edition: Option<Edition>,
    /// Where the edition comes from.
    pub edition_source: Option<EditionSource>,
    /// By classification, indexed by [`Basis`] (the restaged set included).
    pub by_basis: [Option<Derived>; 6],
    /// The best of them as the stage at diagnosis; never from a yc, yp, r or a set.
    pub original: Derived,
    /// Which set the original comes from.
    pub basis: Option<Basis>,
}

impl Staged {
    /// The derivation of one classification, where the record holds something of it.
    pub fn derived(&self, basis: Basis) -> Option<&Derived> {
        self.by_basis[basis as usize].as_ref()
    }
}
