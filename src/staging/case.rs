//! One tumor record as staging and audit see it.

use crate::category::{
    Behavior, Category, Cell, Edition, FactorValue, Histology, MetFlag, OrganSet, PartialDate, Recorded, Sex,
    Site, StageGroup,
};
use crate::fields::Field;

/// Which set of categories: one per classification that a record may hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Basis {
    /// A table with one set only and no word on which.
    Single,
    /// c
    Clinical,
    /// p
    Pathologic,
    /// yc
    PostClinical,
    /// yp
    PostTherapy,
    /// r
    Restaged,
}

/// T, N, M and stage group as recorded under one classification.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tnm {
    /// T
    pub t: Recorded<Category>,
    /// N
    pub n: Recorded<Category>,
    /// M
    pub m: Recorded<Category>,
    /// Stage group
    pub group: Recorded<StageGroup>,
}

/// Number of factor fields.
pub const FACTOR_FIELDS: usize = FACTORS.len();

/// Fields that are prognostic factors or schema discriminators, in the order in which a [`Case`] holds them.
pub const FACTORS: &[Field] = &[
    Field::Grade,
    Field::GradeClin,
    Field::GradePath,
    Field::Psa,
    Field::GradeGroup,
    Field::Gleason,
    Field::GleasonClin,
    Field::GleasonPath,
    Field::GleasonPatternsClin,
    Field::GleasonPatternsPath,
    Field::SCategory,
    Field::SClin,
    Field::SPath,
    Field::Afp,
    Field::AfpPre,
    Field::AfpPost,
    Field::Hcg,
    Field::HcgPre,
    Field::HcgPost,
    Field::LdhMultiple,
    Field::LdhPre,
    Field::LdhPost,
    Field::Er,
    Field::Pr,
    Field::Her2,
    Field::Oncotype,
    Field::Ldh,
    Field::B2m,
    Field::Albumin,
    Field::Cytogenetics,
    Field::Mitotic,
    Field::Location,
    Field::GtnRisk,
    Field::BloodB,
    Field::AnnArbor,
    Field::BSymptoms,
    Field::Lymphocytosis,
    Field::Adenopathy,
    Field::Organomegaly,
    Field::Anemia,
    Field::Thrombocytopenia,
    Field::P16,
    Field::Disc1,
    Field::Disc2,
    Field::Ssf25,
    Field::PedPrimaryTumor,
    Field::PedRegionalNodes,
    Field::PedMets,
    Field::Inrgss,
    Field::Pretext,
    Field::TumorSize,
    Field::Margins,
    Field::PrimarySurgery,
    Field::NodesPositive,
    Field::Figo,
    Field::Rai,
    Field::Toronto,
    Field::Lvi,
    Field::LymphoidAreas,
    Field::Hemoglobin,
];

/// The factor cells of a case, by position in [`FACTORS`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Factors(pub [Cell<FactorValue>; FACTOR_FIELDS]);

impl Default for Factors {
    fn default() -> Self {
        Self([Cell::Blank; FACTOR_FIELDS])
    }
}

/// One tumor record: typed values only, no text, no allocation.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Case {
    /// Topography.
    pub site: Cell<Site>,
    /// Histology.
    pub histology: Cell<Histology>,
    /// Behavior.
    pub behavior: Cell<Behavior>,
    /// Sex.
    pub sex: Cell<Sex>,
    /// Age at diagnosis in years.
    pub age: Cell<u8>,
    /// Date of birth.
    pub birth: Cell<PartialDate>,
    /// Date of diagnosis, from the date or else from the year column.
    pub dx: Cell<PartialDate>,
    /// Edition as recorded.
    pub edition: Cell<Edition>,
    /// Categories by [`Basis`].
    pub sets: [Tnm; 6],
    /// Factors by position in [`FACTORS`].
    pub factors: Factors,
    /// Metastasis flags: bone, brain, distant lymph nodes, liver, lung, other.
    pub mets: [Cell<MetFlag>; 6],
    /// Metastatic sites as a list.
    pub met_sites: Cell<OrganSet>,
    /// Metastasis at diagnosis as a plain yes or no.
    pub met_present: Cell<bool>,
    /// EOD Mets code.
    pub eod_mets: Cell<u16>,
    /// Number of metastatic lesions.
    pub lesions: Cell<u16>,
    /// Effusion, peritoneal, leptomeningeal, marrow: settings that rule oligometastasis out.
    pub diffuse: [Cell<bool>; 4],
    /// All sites treatable.
    pub all_treatable: Cell<bool>,
    /// Answers to ESTRO/EORTC questions 1, 2, 4 and 5.
    pub estro: [Cell<bool>; 4],
    /// When metastasis was first found.
    pub met_date: Cell<PartialDate>,
    /// Surgery of distant sites, NAACCR 1294.
    pub distant_surgery: Cell<u16>,
    /// SEER summary stage.
    pub summary_stage: Cell<u16>,
    /// Date of the restaging.
    pub r_date: Cell<PartialDate>,
    /// Edition of the restaging.
    pub r_edition: Cell<Edition>,
    /// NAACCR 1880.
    pub recurrence_type: Cell<u16>,
    /// Date of first recurrence.
    pub recurrence_date: Cell<PartialDate>,
    /// NAACCR 1770.
    pub cancer_status: Cell<u16>,
    /// Date of last contact.
    pub last_contact: Cell<PartialDate>,
    /// Date of first treatment.
    pub first_course_date: Cell<PartialDate>,
    /// Date of the most definitive surgery.
    pub surgery_date: Cell<PartialDate>,
    /// Neoadjuvant therapy given.
    pub neoadjuvant: Cell<bool>,
    /// NAACCR 500.
    pub reporting_source: Cell<u16>,
    /// Stage reviewed and confirmed.
    pub override_tnm: Cell<bool>,
    /// Reviewed as a pediatric case, which a pediatric system stages.
    pub override_pediatric: Cell<bool>,
    /// Reviewed: a primary of its own, not a recurrence of an earlier one.
    pub override_new_primary: Cell<bool>,
    /// Origin as another source gives it: true for de novo.
    pub origin_de_novo: Cell<bool>,
}

impl Case {
    /// The categories recorded under a classification.
    pub fn set(&self, basis: Basis) -> &Tnm {
        &self.sets[basis as usize]
    }

    /// The organs of the list of metastatic sites. Lymph nodes of which the list does not say that they
    /// are distant are the regional ones where N is positive, and distant ones else; where nothing but
    /// regional nodes is listed, the list says nothing of distant sites.
    pub fn met_organs(&self) -> Cell<OrganSet> {
        let Cell::Value(listed) = self.met_sites else { return self.met_sites };
        if !listed.contains(OrganSet::NODES) {
            return self.met_sites;
        }
        let organs = listed.without(OrganSet::NODES);
        if !self.has_positive_nodes() {
            return Cell::Value(organs.union(OrganSet::DISTANT_NODES));
        }
        if organs.is_empty() { Cell::Unknown } else { Cell::Value(organs) }
    }

    /// Whether N1 or more is recorded for the diagnosis under any classification.
    pub fn has_positive_nodes(&self) -> bool {
        [Basis::Single, Basis::Clinical, Basis::Pathologic].iter().any(|&basis| {
            self.set(basis).n.cell.value().is_some_and(|n| !n.is_x() && !n.label().starts_with("N0"))
        })
    }

    /// A factor or discriminator; blank for a field that is neither.
    pub fn factor(&self, field: Field) -> Cell<FactorValue> {
        FACTORS.iter().position(|&factor| factor == field).map_or(Cell::Blank, |at| self.factors.0[at])
    }
}
