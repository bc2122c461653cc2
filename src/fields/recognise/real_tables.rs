//! Real tables of the dialects, where they are at hand.

use std::path::{Path, PathBuf};

use super::tests::{check, options, shown};
use super::*;

fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("RSTAGE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let real = root.join("realdata");
    if !real.is_dir() {
        println!("skipped: no real tables at {}", real.display());
        return None;
    }
    Some(real)
}

/// The header of a real table: first line that is no comment.
fn header(path: &Path, separator: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .comment(Some(b'#'))
        .has_headers(false)
        .flexible(true)
        .from_path(path)
        .unwrap();
    let first = reader.byte_records().next().unwrap().unwrap();
    first.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
}

#[test]
fn tcga_biotab() {
    let Some(root) = shared() else { return };
    let biotab_path = "site: icd_o_3_site > icd_10
        morphology: icd_o_3_histology
        sex: gender
        dx_year: initial_pathologic_dx_year
        patient_id: bcr_patient_barcode
        neoadjuvant: history_neoadjuvant_treatment";
    let ajcc = "path_t: ajcc_tumor_pathologic_pt
        path_n: ajcc_nodes_pathologic_pn
        path_m: ajcc_metastasis_pathologic_pm
        path_group: ajcc_pathologic_tumor_stage
        edition: ajcc_staging_edition";
    let kidney = "clin_m: ajcc_metastasis_clinical_cm\n clin_t: clinical_T";
    for (cancer, more) in [
        (
            "acc",
            "path_t: pathologic_T\n path_n: pathologic_N\n path_m: pathologic_M\n clin_m: clinical_M\n path_group: ajcc_pathologic_tumor_stage\n met_sites:",
        ),
        ("blca", "met_sites: metastasis_site\n age: age_at_diagnosis > age_at_diagnosis"),
        (
            "brca",
            "her2: her2_fish_status > her2_status_by_ihc\n er: er_status_by_ihc\n met_sites: metastasis_site\n met_present: metastatic_tumor_indicator\n age: age_at_diagnosis",
        ),
        ("coad", "age: age_at_initial_pathologic_diagnosis"),
        ("kirc", kidney),
        (
            "kirp",
            "clin_m: ajcc_metastasis_clinical_cm\n clin_t: ajcc_tumor_clinical_ct\n clin_group: ajcc_clinical_tumor_stage",
        ),
        ("luad", "clin_group: ajcc_clinical_tumor_stage\n clin_t: ajcc_tumor_clinical_ct"),
        ("ov", "clin_group: clinical_stage\n grade: tumor_grade\n path_t: pathologic_T"),
        (
            "prad",
            "path_t: pathologic_T\n clin_t: clinical_T\n clin_m: clinical_M\n gleason: gleason_score\n psa:",
        ),
        ("sarc", "met_sites: metastasis_site\n met_present: metastatic_disease_confirmed\n path_t:"),
        ("thca", "met_sites: malignant_neoplasm_metastatic_involvement_site"),
        ("ucec", "clin_group: clinical_stage\n grade: neoplasm_histologic_grade\n path_t: pathologic_T"),
    ] {
        let path = root.join(format!("tcga_biotab/nationwidechildrens.org_clinical_patient_{cancer}.txt"));
        let mapping = recognise(&header(&path, b'\t'), &MapOptions::default())
            .unwrap_or_else(|e| panic!("{cancer}: {e}"));
        check(&mapping, "tcga_biotab", biotab_path);
        check(&mapping, "tcga_biotab", more);
        if !["acc", "prad", "ov", "ucec", "sarc"].contains(&cancer) {
            check(&mapping, "tcga_biotab", ajcc);
        }
    }
    let path = root.join("tcga_biotab/nationwidechildrens.org_clinical_patient_cntl.txt");
    let error = recognise(&header(&path, b'\t'), &MapOptions::default()).unwrap_err();
    assert!(matches!(error, FieldsError::NothingToStage { .. }), "{error}");
}

#[test]
fn gdc_cbioportal_xena() {
    let Some(root) = shared() else { return };
    for (file, layout, expected) in [
        (
            "gdc_clinical_tsv/TCGA-BRCA.old.clinical.tsv",
            "gdc",
            "site: tissue_or_organ_of_origin\n morphology: morphology\n sex: gender\n age: age_at_diagnosis (days)\n path_t: ajcc_pathologic_t\n clin_n: ajcc_clinical_n\n path_group: ajcc_pathologic_stage\n stage_group: tumor_stage\n dx_year: year_of_diagnosis\n patient_id: submitter_id\n edition:",
        ),
        (
            "gdc_clinical_tsv/TCGA-KIRC.old.clinical.tsv",
            "gdc",
            "site: tissue_or_organ_of_origin\n morphology: morphology\n stage_group: tumor_stage\n age: age_at_diagnosis (days)\n path_t:",
        ),
        (
            "gdc_clinical_tsv/TCGA-BRCA.shifted-columns.clinical.tsv",
            "gdc",
            "site: tissue_or_organ_of_origin > icd_10_code\n age: age_at_index > age_at_diagnosis (days)\n stage_group: tumor_stage",
        ),
        (
            "gdc_clinical_tsv/TCGA-BRCA.tcgabiolinks.clinical.tsv",
            "gdc",
            "site: tissue_or_organ_of_origin > icd_10_code\n morphology: morphology\n path_t: ajcc_pathologic_t\n path_n: ajcc_pathologic_n\n path_m: ajcc_pathologic_m\n path_group: ajcc_pathologic_stage\n edition: ajcc_staging_system_edition\n sex: gender\n age: age_at_index > age_at_diagnosis (days)\n met_present: metastasis_at_diagnosis\n patient_id: submitter_id",
        ),
        (
            "gdc_clinical_tsv/TCGA-COAD.new210col.clinical.tsv",
            "gdc",
            "patient_id: cases.submitter_id\n tumor_key: diagnoses.submitter_id\n site: diagnoses.tissue_or_organ_of_origin > diagnoses.icd_10_code\n morphology: diagnoses.morphology\n path_t: diagnoses.ajcc_pathologic_t > diagnoses.uicc_pathologic_t > diagnoses.ensat_pathologic_t\n path_group: diagnoses.ajcc_pathologic_stage > diagnoses.uicc_pathologic_stage > diagnoses.ensat_pathologic_stage\n edition: diagnoses.ajcc_staging_system_edition\n sex: demographic.gender\n age: demographic.age_at_index > diagnoses.age_at_diagnosis (days)\n dx_year: diagnoses.year_of_diagnosis",
        ),
        (
            "cbioportal/brca_tcga.data_clinical_patient.txt",
            "cbioportal",
            "site: ICD_O_3_SITE > ICD_10\n morphology: ICD_O_3_HISTOLOGY\n path_t: AJCC_TUMOR_PATHOLOGIC_PT\n path_n: AJCC_NODES_PATHOLOGIC_PN\n path_m: AJCC_METASTASIS_PATHOLOGIC_PM\n path_group: AJCC_PATHOLOGIC_TUMOR_STAGE\n edition: AJCC_STAGING_EDITION\n clin_t: CLIN_T_STAGE\n clin_group: CLINICAL_STAGE\n sex: SEX\n age: AGE\n dx_year: INITIAL_PATHOLOGIC_DX_YEAR\n met_sites: METASTATIC_SITE_PATIENT\n met_present: METASTATIC_TUMOR_INDICATOR",
        ),
        (
            "cbioportal/brca_tcga_gdc.data_clinical_patient.txt",
            "cbioportal",
            "site: ICD_10\n morphology: MORPHOLOGY\n path_t: PATH_T_STAGE\n path_n: PATH_N_STAGE\n path_m: PATH_M_STAGE\n path_group: PATH_STAGE\n edition: AJCC_STAGING_EDITION\n age: AGE\n sex: SEX\n dx_year: YEAR_OF_DIAGNOSIS",
        ),
        (
            "cbioportal/luad_tcga_pan_can_atlas_2018.data_clinical_patient.txt",
            "cbioportal",
            "site: ICD_O_3_SITE > ICD_10\n morphology: ICD_O_3_HISTOLOGY\n path_t: PATH_T_STAGE\n path_group: AJCC_PATHOLOGIC_TUMOR_STAGE\n edition: AJCC_STAGING_EDITION",
        ),
        (
            "cbioportal/kirc_tcga_pan_can_atlas_2018.data_clinical_patient.txt",
            "cbioportal",
            "site: ICD_O_3_SITE > ICD_10\n path_m: PATH_M_STAGE\n sex: SEX\n age: AGE",
        ),
        (
            "cbioportal/brca_tcga_pan_can_atlas_2018_clinical_data.tsv",
            "cbioportal",
            "tumor_key: Sample ID\n patient_id: Patient ID\n site: International Classification of Diseases for Oncology, Third Edition ICD-O-3 Site Code > ICD-10 Classification\n morphology: International Classification of Diseases for Oncology, Third Edition ICD-O-3 Histology Code\n path_t: American Joint Committee on Cancer Tumor Stage Code\n path_n: Neoplasm Disease Lymph Node Stage American Joint Committee on Cancer Code\n path_m: American Joint Committee on Cancer Metastasis Stage Code\n path_group: Neoplasm Disease Stage American Joint Committee on Cancer Code\n edition: American Joint Committee on Cancer Publication Version Type\n sex: Sex\n age: Diagnosis Age\n grade: Neoplasm Histologic Grade",
        ),
        (
            "cbioportal/pcawg.data_clinical_sample.txt",
            "cbioportal",
            "site: ICD_10\n morphology: TUMOR_SAMPLE_HISTOLOGY_CODE\n stage_group: STAGE\n grade: GRADE\n tumor_key: SAMPLE_ID\n patient_id: PATIENT_ID\n histology:",
        ),
        (
            "xena/LUAD_clinicalMatrix",
            "xena",
            "tumor_key: sampleID\n patient_id: _PATIENT\n site: icd_o_3_site > icd_10\n morphology: icd_o_3_histology\n path_t: pathologic_T\n path_n: pathologic_N\n path_m: pathologic_M\n path_group: pathologic_stage\n edition: system_version\n sex: gender\n age: age_at_initial_pathologic_diagnosis\n dx_year: year_of_initial_pathologic_diagnosis",
        ),
    ] {
        let mapping = recognise(&header(&root.join(file), b'\t'), &MapOptions::default())
            .unwrap_or_else(|e| panic!("{file}: {e}"));
        check(&mapping, layout, expected);
        let guessed: Vec<&str> = mapping
            .mapped_fields()
            .filter(|&f| mapping.confidence(f).contains(&Confidence::OtherLayout))
            .map(Field::id)
            .collect();
        assert_eq!(guessed, [""; 0], "{file}");
    }
}

#[test]
fn tables_that_need_a_word_of_the_user() {
    let Some(root) = shared() else { return };
    let staging = header(&root.join("mcode_csv/staging-information.csv"), b',');
    let error = recognise(&staging, &MapOptions::default()).unwrap_err();
    assert!(matches!(error, FieldsError::NothingToStage { missing: "the primary site", .. }), "{error}");
    let mapping = recognise(&staging, &options("", &["site=C50.9"], None)).unwrap();
    check(&mapping, "mcode", "t: t\n n: n\n m: m\n stage_group: stageGroup\n patient_id: mrn\n site: =C50.9");
    let lydata = header(&root.join("lydata/2021-clb-oropharynx.raw.csv"), b',');
    let map = "[columns]\nsite = 'locT_code ICD O3'\nclin_t = 'cT_TNM8'\nclin_n = 'cN_TNM8'\nclin_m = 'cM'\npath_t = 'pT_TNM8'\n[constants]\nedition = 8";
    let mapping = recognise(&lydata, &options(map, &[], None)).unwrap();
    for (field, expected) in [
        (Field::ClinT, "cT_TNM8"),
        (Field::Age, "age"),
        (Field::P16, "p16"),
        (Field::Site, "locT_code ICD O3"),
    ] {
        assert_eq!(shown(&mapping, field), expected);
    }
}

#[test]
fn whole_naaccr_dictionaries() {
    let Some(root) = shared() else { return };
    let mut reader = csv::Reader::from_path(root.join("../facts/ref/naaccr_items.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    for (column, layout, path_t) in [
        (0, "naaccr_items", "1011 > 880"),
        (1, "naaccr_xml", "ajccTnmPathT > tnmPathT"),
        (2, "naaccr_names", "AJCC TNM Path T > TNM Path T"),
    ] {
        let headers: Vec<String> = rows.iter().map(|row| row[column].to_owned()).collect();
        let mapping = recognise(&headers, &MapOptions::default()).unwrap();
        check(&mapping, layout, &format!("path_t: {path_t}"));
        for &field in Field::ALL.iter().filter(|field| (390..4000).contains(&field.naaccr_item())) {
            let in_dictionary = rows.iter().any(|row| row[1] == *field.naaccr_id());
            assert_eq!(!mapping.sources(field).is_empty(), in_dictionary, "{layout}: {}", field.id());
        }
    }
}
