//! How the text of each field is to be read.

use super::Axis;
use crate::fields::Field;

/// A kind of value, and with it a way to read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reading {
    Text,
    Site,
    Morphology,
    Behavior,
    Sex,
    Age,
    Date,
    Edition,
    Category(Axis),
    Group,
    /// A registry code.
    Coded,
    /// A measured number, or a registry code that stands for a range.
    Measured,
    /// Items whose registry codes are classes of the value, in columns that may hold the value itself.
    CodedOrMeasured,
    AnnArbor,
    Met,
    /// A metastasis flag that knows carcinomatosis.
    MetOrGeneralised,
    Organs,
    Count,
    Flag,
    Classification,
    /// Days since the diagnosis.
    Days,
}

impl Reading {
    /// The reading of a field.
    #[expect(clippy::too_many_lines, reason = "a list of fields, a line each")]
    pub(super) fn of(field: Field) -> Self {
        use Field as F;
        match field {
            F::TumorKey
            | F::RegistryId
            | F::PatientId
            | F::TumorNumber
            | F::Facility
            | F::AjccId
            | F::EventSource => Self::Text,
            F::Classification => Self::Classification,
            F::EventDays => Self::Days,
            F::Site => Self::Site,
            F::Histology | F::Morphology => Self::Morphology,
            F::Behavior => Self::Behavior,
            F::Sex => Self::Sex,
            F::Age => Self::Age,
            F::BirthDate
            | F::DxDate
            | F::DxYear
            | F::RDate
            | F::MetDate
            | F::RecurrenceDate
            | F::LastContact
            | F::FirstCourseDate
            | F::SurgeryDate => Self::Date,
            F::Edition | F::REdition => Self::Edition,
            F::T | F::ClinT | F::PathT | F::PostT | F::PostClinT | F::RT => Self::Category(Axis::T),
            F::N | F::ClinN | F::PathN | F::PostN | F::PostClinN | F::RN => Self::Category(Axis::N),
            F::M | F::ClinM | F::PathM | F::PostM | F::PostClinM | F::RM => Self::Category(Axis::M),
            F::StageGroup | F::ClinGroup | F::PathGroup | F::PostGroup | F::PostClinGroup | F::RGroup => {
                Self::Group
            }
            F::Afp
            | F::Hcg
            | F::LdhMultiple
            | F::Psa
            | F::Gleason
            | F::GleasonClin
            | F::GleasonPath
            | F::Oncotype
            | F::Mitotic
            | F::GtnRisk
            | F::LymphoidAreas
            | F::Hemoglobin => Self::Measured,
            F::Ldh | F::B2m | F::Albumin => Self::CodedOrMeasured,
            F::AnnArbor => Self::AnnArbor,
            F::Grade
            | F::GradeClin
            | F::GradePath
            | F::GradeGroup
            | F::GleasonPatternsClin
            | F::GleasonPatternsPath
            | F::AfpPre
            | F::AfpPost
            | F::HcgPre
            | F::HcgPost
            | F::LdhPre
            | F::LdhPost
            | F::SCategory
            | F::SClin
            | F::SPath
            | F::Er
            | F::Pr
            | F::Her2
            | F::Cytogenetics
            | F::Location
            | F::BloodB
            | F::BSymptoms
            | F::Lymphocytosis
            | F::Adenopathy
            | F::Organomegaly
            | F::Anemia
            | F::Thrombocytopenia
            | F::P16
            | F::PedPrimaryTumor
            | F::PedRegionalNodes
            | F::PedMets
            | F::Inrgss
            | F::Pretext
            | F::TumorSize
            | F::Margins
            | F::PrimarySurgery
            | F::NodesPositive
            | F::Figo
            | F::Rai
            | F::Toronto
            | F::Lvi
            | F::Disc1
            | F::Disc2
            | F::Ssf25 => Self::Coded,
            F::MetsBone | F::MetsBrain | F::MetsDistantLn | F::MetsLiver | F::MetsLung => Self::Met,
            F::MetsOther => Self::MetOrGeneralised,
            F::MetSites => Self::Organs,
            F::EodMets
            | F::Lesions
            | F::DistantSurgery
            | F::SummaryStage
            | F::RecurrenceType
            | F::CancerStatus
            | F::ReportingSource => Self::Count,
            F::MetPresent
            | F::AllTreatable
            | F::Effusion
            | F::Peritoneal
            | F::Leptomeningeal
            | F::Marrow
            | F::PriorPolymetastatic
            | F::PriorOligometastatic
            | F::OnSystemicTherapy
            | F::Progressing
            | F::Neoadjuvant
            | F::OverrideTnm
            | F::OverridePediatric
            | F::OverrideNewPrimary
            | F::OriginFlag => Self::Flag,
        }
    }

    /// The name under which `words.csv` speaks of all fields that are read alike.
    pub(super) fn scope(self) -> &'static str {
        match self {
            Self::Met | Self::MetOrGeneralised => "@met",
            Self::Flag => "@flag",
            _ => "",
        }
    }
}
