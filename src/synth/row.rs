//! One row of the export, its cells in one buffer that is reused from row to row.

use std::fmt::{self, Write as _};

/// Generates [`Column`] with the header names, in file order.
macro_rules! columns {
    ($($variant:ident $name:literal;)*) => {
        /// A column of the synthetic export.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Column { $(#[doc = concat!("`", $name, "`")] $variant,)* }

        impl Column {
            /// Every column, in file order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Header of the column: a NAACCR XML id, the id of a rstage field, or `truth_...`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

columns! {
    PatientId "patientIdNumber";
    TumorNumber "tumorRecordNumber";
    RegistryId "registryId";
    Facility "reportingFacility";
    Site "primarySite";
    Histology "histologicTypeIcdO3";
    Behavior "behaviorCodeIcdO3";
    Laterality "laterality";
    Sex "sex";
    Age "ageAtDiagnosis";
    DxDate "dateOfDiagnosis";
    Edition "tnmEditionNumber";
    ClinT "ajccTnmClinT";
    ClinN "ajccTnmClinN";
    ClinM "ajccTnmClinM";
    ClinGroup "ajccTnmClinStageGroup";
    PathT "ajccTnmPathT";
    PathN "ajccTnmPathN";
    PathM "ajccTnmPathM";
    PathGroup "ajccTnmPathStageGroup";
    PostT "ajccTnmPostTherapyT";
    PostN "ajccTnmPostTherapyN";
    PostM "ajccTnmPostTherapyM";
    PostGroup "ajccTnmPostTherapyStageGroup";
    MetsBone "metsAtDxBone";
    MetsBrain "metsAtDxBrain";
    MetsDistantLn "metsAtDxDistantLn";
    MetsLiver "metsAtDxLiver";
    MetsLung "metsAtDxLung";
    MetsOther "metsAtDxOther";
    EodMets "eodMets";
    Psa "psaLabValue";
    GradeClin "gradeClinical";
    GradePath "gradePathological";
    GleasonClin "gleasonScoreClinical";
    SClin "sCategoryClinical";
    SPath "sCategoryPathological";
    Er "estrogenReceptorSummary";
    Pr "progesteroneRecepSummary";
    Her2 "her2OverallSummary";
    B2m "serumBeta2MicroglobulinPretxLvl";
    Albumin "serumAlbuminPretreatmentLevel";
    Cytogenetics "highRiskCytogenetics";
    Ldh "ldhPretreatmentLevel";
    AnnArbor "ann_arbor";
    BSymptoms "bSymptoms";
    Disc1 "schemaDiscriminator1";
    Disc2 "schemaDiscriminator2";
    RecurrenceType "recurrenceType1st";
    RecurrenceDate "recurrenceDate1st";
    CancerStatus "cancerStatus";
    LastContact "dateOfLastContact";
    Neoadjuvant "neoadjuvantTherapy";
    ReportingSource "typeOfReportingSource";
    RT "r_t";
    RN "r_n";
    RM "r_m";
    RGroup "r_group";
    RDate "r_date";
    Text "textDxProcPath";
    TruthCase "truth_case";
    TruthGroup "truth_group";
    TruthError "truth_recorded_error";
    TruthOrigin "truth_origin";
    TruthOligo "truth_oligo";
    TruthFindings "truth_findings";
}

impl Column {
    /// The column with this header.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|column| column.name() == name)
    }
}

/// The cells of one row, blank until set; the last setting of a cell counts.
pub struct Row {
    text: String,
    spans: [(usize, usize); Column::ALL.len()],
}

impl Default for Row {
    fn default() -> Self {
        Self { text: String::with_capacity(1024), spans: [(0, 0); Column::ALL.len()] }
    }
}

impl Row {
    /// Every cell in file order.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().map(|&(start, end)| self.text.get(start..end).unwrap_or(""))
    }

    /// One cell.
    pub fn get(&self, column: Column) -> &str {
        let (start, end) = self.spans[column as usize];
        self.text.get(start..end).unwrap_or("")
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.spans.fill((0, 0));
    }

    pub(super) fn set(&mut self, column: Column, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.spans[column as usize] = (start, self.text.len());
    }

    pub(super) fn set_args(&mut self, column: Column, text: fmt::Arguments<'_>) {
        let start = self.text.len();
        // Writing into a String does not fail.
        let _ = self.text.write_fmt(text);
        self.spans[column as usize] = (start, self.text.len());
    }

    pub(super) fn set_parts(&mut self, column: Column, parts: &[&str]) {
        let start = self.text.len();
        for part in parts {
            self.text.push_str(part);
        }
        self.spans[column as usize] = (start, self.text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Field;

    #[test]
    fn headers_need_no_mapping() {
        let own = ["laterality", "textDxProcPath"];
        for column in Column::ALL {
            let name = column.name();
            let known = Field::ALL.iter().any(|field| field.naaccr_id() == name || field.id() == name);
            assert!(known || own.contains(&name) || name.starts_with("truth_"), "{name} is no field");
        }
    }

    #[test]
    fn last_setting_counts() {
        let mut row = Row::default();
        row.set(Column::Site, "C509");
        row.set_args(Column::Age, format_args!("{:03}", 61));
        row.set_parts(Column::Site, &["C", "61", "9"]);
        assert_eq!((row.get(Column::Site), row.get(Column::Age), row.get(Column::Sex)), ("C619", "061", ""));
        row.clear();
        assert!(row.cells().all(str::is_empty));
    }
}
