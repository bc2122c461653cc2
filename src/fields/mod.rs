//! The canonical fields of a tumor record and the layouts that name them.
//!
//! A field is a role ("the pathologic T category"), independent of what a file
//! calls its column. This room knows names only; it never looks at values. A
//! layout says which names one dialect of exports gives to the fields; they are
//! data files under `layouts/`.

mod document;
mod error;
mod header;
mod identifiers;
mod items;
mod layout;
mod map_file;
mod mapping;
mod naaccr;
mod recognise;
mod report;
mod stageable;

pub use document::did_you_mean;
pub use error::FieldsError;
pub use identifiers::identifying_columns;
pub use items::ItemColumns;
pub use layout::{LayoutName, layout_names};
pub use map_file::{MapFile, parse_setting};
pub use mapping::{Confidence, Mapping, Source};
pub use recognise::{MapOptions, recognise, recognise_columns, recognise_events};
pub use report::{ColumnReport, ColumnRow, MissingField, UndecidedField, mapping_file, render, report};

/// How the values of a column are written down, where the same role has several
/// code systems. The code lists themselves belong to [`crate::category`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Coding {
    /// As people and most registry items write it: `pT2a`, `2A`, `Stage IIA`.
    #[default]
    Plain,
    /// Two-digit codes of the derived AJCC 6th edition items (NAACCR 2940-3000).
    DerivedAjcc6,
    /// Three-digit codes of the derived AJCC 7th edition items (NAACCR 3400-3430).
    DerivedAjcc7,
    /// Age in days (as GDC's `age_at_diagnosis`), to be turned into whole years.
    Days,
}

impl Coding {
    /// Every coding.
    pub const ALL: [Self; 4] = [Self::Plain, Self::DerivedAjcc6, Self::DerivedAjcc7, Self::Days];

    /// The name used in layouts and map files.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::DerivedAjcc6 => "derived_ajcc6",
            Self::DerivedAjcc7 => "derived_ajcc7",
            Self::Days => "days",
        }
    }

    /// The coding with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|coding| coding.id() == id)
    }
}

/// Generates [`Field`] with its id, NAACCR item number (0: none), NAACCR XML id and meaning.
macro_rules! fields {
    ($($variant:ident $id:literal $item:literal $xml:literal $meaning:literal;)*) => {
        /// A role that a column of an export can play.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum Field { $(#[doc = $meaning] $variant,)* }

        impl Field {
            /// Every field, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name used in map files and messages.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// NAACCR item number, 0 where no item has this role.
            pub const fn naaccr_item(self) -> u16 {
                match self { $(Self::$variant => $item,)* }
            }

            /// NAACCR XML id, empty where no item has this role.
            pub const fn naaccr_id(self) -> &'static str {
                match self { $(Self::$variant => $xml,)* }
            }

            /// One line for people.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

fields! {
    TumorKey "tumor_key" 0 "" "Key of the tumor record, the only identifier that findings repeat";
    RegistryId "registry_id" 40 "registryId" "Registry, part of the key";
    PatientId "patient_id" 20 "patientIdNumber" "Patient, part of the key";
    TumorNumber "tumor_number" 60 "tumorRecordNumber" "Number of the tumor within the patient, part of the key";
    Facility "facility" 540 "reportingFacility" "Reporting facility, for tables";
    Site "site" 400 "primarySite" "Primary site, ICD-O-3 topography";
    Histology "histology" 522 "histologicTypeIcdO3" "Histology, ICD-O-3 morphology of four digits";
    Behavior "behavior" 523 "behaviorCodeIcdO3" "Behavior, ICD-O-3: 0 benign, 1 borderline, 2 in situ, 3 malignant";
    Morphology "morphology" 0 "" "Histology and behavior in one cell, 8140/3";
    Sex "sex" 220 "sex" "Sex: 1 male, 2 female";
    Age "age" 230 "ageAtDiagnosis" "Age at diagnosis in years, 999 unknown";
    BirthDate "birth_date" 240 "dateOfBirth" "Date of birth, used only where the age is missing";
    DxDate "dx_date" 390 "dateOfDiagnosis" "Date of diagnosis, may be partial";
    DxYear "dx_year" 0 "" "Year of diagnosis";
    Edition "edition" 1060 "tnmEditionNumber" "TNM edition that the recorded stage follows";
    AjccId "ajcc_id" 995 "ajccId" "AJCC chapter id; XX where no chapter exists";
    T "t" 0 "" "T category, where the table has one set of categories";
    N "n" 0 "" "N category, where the table has one set of categories";
    M "m" 0 "" "M category, where the table has one set of categories";
    StageGroup "stage_group" 0 "" "Recorded stage group, where the table has one";
    ClinT "clin_t" 1001 "ajccTnmClinT" "Clinical T";
    ClinN "clin_n" 1002 "ajccTnmClinN" "Clinical N";
    ClinM "clin_m" 1003 "ajccTnmClinM" "Clinical M";
    ClinGroup "clin_group" 1004 "ajccTnmClinStageGroup" "Clinical stage group";
    PathT "path_t" 1011 "ajccTnmPathT" "Pathologic T";
    PathN "path_n" 1012 "ajccTnmPathN" "Pathologic N";
    PathM "path_m" 1013 "ajccTnmPathM" "Pathologic M";
    PathGroup "path_group" 1014 "ajccTnmPathStageGroup" "Pathologic stage group";
    PostT "post_t" 1021 "ajccTnmPostTherapyT" "T after neoadjuvant therapy (yp)";
    PostN "post_n" 1022 "ajccTnmPostTherapyN" "N after neoadjuvant therapy (yp)";
    PostM "post_m" 1023 "ajccTnmPostTherapyM" "M after neoadjuvant therapy (yp)";
    PostGroup "post_group" 1024 "ajccTnmPostTherapyStageGroup" "Stage group after neoadjuvant therapy (yp)";
    PostClinT "post_clin_t" 1062 "ajccTnmPostTherapyClinT" "Clinical T after neoadjuvant therapy (yc)";
    PostClinN "post_clin_n" 1064 "ajccTnmPostTherapyClinN" "Clinical N after neoadjuvant therapy (yc)";
    PostClinM "post_clin_m" 1066 "ajccTnmPostTherapyClinM" "Clinical M after neoadjuvant therapy (yc)";
    PostClinGroup "post_clin_group" 1067 "ajccTnmPostTherapyClinStageGrp" "Clinical stage group after neoadjuvant therapy (yc)";
    RT "r_t" 0 "" "T at restaging (recurrence or progression)";
    RN "r_n" 0 "" "N at restaging";
    RM "r_m" 0 "" "M at restaging";
    RGroup "r_group" 0 "" "Stage group at restaging";
    RDate "r_date" 0 "" "Date of the restaging";
    REdition "r_edition" 0 "" "Edition of the restaging";
    Grade "grade" 440 "grade" "Grade, where the table has one";
    GradeClin "grade_clin" 3843 "gradeClinical" "Clinical grade";
    GradePath "grade_path" 3844 "gradePathological" "Pathologic grade";
    Psa "psa" 3920 "psaLabValue" "PSA before treatment, ng/mL";
    GradeGroup "grade_group" 0 "" "Prostate grade group 1-5";
    Gleason "gleason" 0 "" "Gleason score 2-10, where the table has one";
    GleasonClin "gleason_clin" 3840 "gleasonScoreClinical" "Gleason score, clinical";
    GleasonPath "gleason_path" 3841 "gleasonScorePathological" "Gleason score, pathologic";
    GleasonPatternsClin "gleason_patterns_clin" 3838 "gleasonPatternsClinical" "Gleason patterns, clinical: primary and secondary, 34";
    GleasonPatternsPath "gleason_patterns_path" 3839 "gleasonPatternsPathological" "Gleason patterns, pathologic: primary and secondary, 34";
    SCategory "s_category" 0 "" "Serum tumor marker category S, where the table has one";
    SClin "s_clin" 3923 "sCategoryClinical" "Serum tumor marker category, clinical";
    SPath "s_path" 3924 "sCategoryPathological" "Serum tumor marker category, pathologic";
    Afp "afp" 3805 "afpPostOrchiectomyLabValue" "AFP after orchiectomy, ng/mL";
    AfpPre "afp_pre" 3808 "afpPreOrchiectomyRange" "AFP before orchiectomy, code of the range";
    AfpPost "afp_post" 3806 "afpPostOrchiectomyRange" "AFP after orchiectomy, code of the range";
    Hcg "hcg" 3846 "hcgPostOrchiectomyLabValue" "hCG after orchiectomy, mIU/mL";
    HcgPre "hcg_pre" 3849 "hcgPreOrchiectomyRange" "hCG before orchiectomy, code of the range";
    HcgPost "hcg_post" 3847 "hcgPostOrchiectomyRange" "hCG after orchiectomy, code of the range";
    LdhMultiple "ldh_multiple" 0 "" "LDH after orchiectomy as a multiple of the upper limit of normal";
    LdhPre "ldh_pre" 3868 "ldhPreOrchiectomyRange" "LDH before orchiectomy, code of the range";
    LdhPost "ldh_post" 3867 "ldhPostOrchiectomyRange" "LDH after orchiectomy, code of the range";
    Er "er" 3827 "estrogenReceptorSummary" "Estrogen receptor";
    Pr "pr" 3915 "progesteroneRecepSummary" "Progesterone receptor";
    Her2 "her2" 3855 "her2OverallSummary" "HER2";
    Oncotype "oncotype" 3904 "oncotypeDxRecurrenceScoreInvasiv" "Oncotype DX recurrence score";
    Ldh "ldh" 3869 "ldhPretreatmentLevel" "LDH level";
    B2m "b2m" 3931 "serumBeta2MicroglobulinPretxLvl" "Beta-2 microglobulin, mg/L";
    Albumin "albumin" 3930 "serumAlbuminPretreatmentLevel" "Serum albumin, g/dL";
    Cytogenetics "cytogenetics" 3857 "highRiskCytogenetics" "High-risk cytogenetics";
    Mitotic "mitotic" 0 "" "Mitotic rate of a GIST: low or high, or the count per 5 square millimeters";
    Location "location" 3829 "esophagusAndEgjTumorEpicenter" "Epicenter of an esophageal tumor";
    GtnRisk "gtn_risk" 3837 "gestationalTrophoblasticPxIndex" "Prognostic index of a gestational trophoblastic neoplasm";
    BloodB "b_category" 3910 "peripheralBloodInvolvement" "Peripheral blood involvement of mycosis fungoides";
    AnnArbor "ann_arbor" 0 "" "Ann Arbor / Lugano stage of a lymphoma";
    BSymptoms "b_symptoms" 3812 "bSymptoms" "B symptoms: 0 absent, 1 present";
    Lymphocytosis "lymphocytosis" 3885 "lymphocytosis" "Rai: lymphocytosis";
    Adenopathy "adenopathy" 3804 "adenopathy" "Rai: adenopathy";
    Organomegaly "organomegaly" 3907 "organomegaly" "Rai: organomegaly";
    Anemia "anemia" 3811 "anemia" "Rai: anemia";
    Thrombocytopenia "thrombocytopenia" 3933 "thrombocytopenia" "Rai: thrombocytopenia";
    P16 "p16" 3956 "p16" "p16 (HPV) status of an oropharyngeal cancer: 1 negative, 2 positive";
    PedPrimaryTumor "ped_primary_tumor" 1136 "pediatricPrimaryTumor" "Pediatric Primary Tumor code";
    PedRegionalNodes "ped_regional_nodes" 1137 "pediatricRegionalNodes" "Pediatric Regional Nodes code";
    PedMets "ped_mets" 1138 "pediatricMets" "Pediatric Mets code";
    Inrgss "inrgss" 1185 "inrgss" "INRGSS stage of a neuroblastoma: 1 L1, 2 L2, 3 M, 4 MS";
    Pretext "pretext" 1192 "pretextClinicalStaging" "PRETEXT group of a hepatoblastoma, 1-4";
    TumorSize "tumor_size" 756 "tumorSizeSummary" "Tumor size in millimeters, 999 unknown";
    Margins "margins" 1320 "rxSummSurgicalMargins" "Surgical margins of the primary site";
    PrimarySurgery "primary_surgery" 1291 "rxSummSurgPrimSite2023" "Surgery of the primary site, codes of 2023 and later";
    NodesPositive "nodes_positive" 820 "regionalNodesPositive" "Regional nodes positive: count, or a code above 90";
    Figo "figo" 3836 "figoStage" "Recorded FIGO stage";
    Rai "rai" 3955 "derivedRaiStage" "Recorded Rai stage";
    Toronto "toronto" 1149 "torontoStageGroup" "Recorded Toronto stage group";
    Lvi "lvi" 1182 "lymphVascularInvasion" "Lymphovascular invasion: 0 absent, 1-4 present";
    LymphoidAreas "lymphoid_areas" 0 "" "Number of involved lymphoid areas (Binet), 0-5";
    Hemoglobin "hemoglobin" 0 "" "Hemoglobin before treatment, g/dL";
    Disc1 "disc1" 3926 "schemaDiscriminator1" "Schema discriminator 1";
    Disc2 "disc2" 3927 "schemaDiscriminator2" "Schema discriminator 2";
    Ssf25 "ssf25" 2879 "csSiteSpecificFactor25" "Collaborative Stage site-specific factor 25, the older discriminator";
    MetsBone "mets_bone" 1112 "metsAtDxBone" "Metastasis at diagnosis: bone";
    MetsBrain "mets_brain" 1113 "metsAtDxBrain" "Metastasis at diagnosis: brain";
    MetsDistantLn "mets_distant_ln" 1114 "metsAtDxDistantLn" "Metastasis at diagnosis: distant lymph nodes";
    MetsLiver "mets_liver" 1115 "metsAtDxLiver" "Metastasis at diagnosis: liver";
    MetsLung "mets_lung" 1116 "metsAtDxLung" "Metastasis at diagnosis: lung";
    MetsOther "mets_other" 1117 "metsAtDxOther" "Metastasis at diagnosis: other; 2 carcinomatosis";
    MetSites "met_sites" 0 "" "Metastatic sites at diagnosis as a list, Lung|Bone";
    MetPresent "met_present" 0 "" "Whether metastasis was present at diagnosis";
    EodMets "eod_mets" 776 "eodMets" "EOD Mets code";
    Lesions "lesions" 0 "" "Number of metastatic lesions";
    AllTreatable "all_treatable" 0 "" "Every metastatic site can be treated radically";
    Effusion "effusion" 0 "" "Malignant pleural or pericardial effusion";
    Peritoneal "peritoneal" 0 "" "Peritoneal carcinomatosis";
    Leptomeningeal "leptomeningeal" 0 "" "Leptomeningeal disease";
    Marrow "marrow" 0 "" "Bone-marrow involvement";
    PriorPolymetastatic "prior_polymetastatic" 0 "" "Earlier polymetastatic disease (ESTRO/EORTC question 1)";
    PriorOligometastatic "prior_oligometastatic" 0 "" "Earlier oligometastatic disease (ESTRO/EORTC question 2)";
    OnSystemicTherapy "on_systemic_therapy" 0 "" "Under active systemic therapy when metastasis was found (question 4)";
    Progressing "progressing" 0 "" "A progressive lesion on current imaging (question 5)";
    MetDate "met_date" 0 "" "Date when metastasis was first found";
    DistantSurgery "distant_surgery" 1294 "rxSummSurgOthRegDis" "Surgery of other regional or distant sites";
    SummaryStage "summary_stage" 764 "summaryStage2018" "SEER summary stage";
    RecurrenceType "recurrence_type" 1880 "recurrenceType1st" "Type of first recurrence";
    RecurrenceDate "recurrence_date" 1860 "recurrenceDate1st" "Date of first recurrence";
    CancerStatus "cancer_status" 1770 "cancerStatus" "Cancer status at last contact: 1 no evidence, 2 evidence of this tumor";
    LastContact "last_contact" 1750 "dateOfLastContact" "Date of last contact";
    FirstCourseDate "first_course_date" 1260 "dateInitialRxSeer" "Date of first treatment";
    SurgeryDate "surgery_date" 3170 "rxDateMostDefinSurg" "Date of the most definitive surgery";
    Neoadjuvant "neoadjuvant" 1632 "neoadjuvantTherapy" "Neoadjuvant therapy: 0 not given, 1 or 2 given";
    ReportingSource "reporting_source" 500 "typeOfReportingSource" "Type of reporting source: 6 autopsy, 7 death certificate only";
    OverrideTnm "override_tnm" 1992 "overRideTnmStage" "Stage reviewed and confirmed as recorded";
    OverridePediatric "override_pediatric" 1989 "overRideSiteTnmStggrp" "Site and stage group reviewed: a pediatric case staged by a pediatric system";
    OverrideNewPrimary "override_new_primary" 0 "" "Reviewed: a primary of its own, not a recurrence of an earlier one";

    OriginFlag "origin_flag" 0 "" "Metastatic origin as given by another source (de novo, recurrent)";

    Classification "classification" 0 "" "Classification of an event: c, p, yc, yp, r, rc, rp, a";
    EventDays "event_days" 0 "" "Days from diagnosis to an event, where it has no date";
    EventSource "event_source" 0 "" "Where an event was documented";
}

impl Field {
    /// Whether only tables of events have this field, never those of tumor records.
    pub const fn is_of_events(self) -> bool {
        matches!(self, Self::Classification | Self::EventDays | Self::EventSource)
    }

    /// The field with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.id() == id)
    }
}
