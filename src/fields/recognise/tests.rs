//! Headers in, mapping out: rules of precedence, errors, and real tables.

use proptest::prelude::*;

use super::*;
use crate::fields::{mapping_file, parse_setting, render, report};

fn names(headers: &[&str]) -> Vec<String> {
    headers.iter().map(|&header| header.to_owned()).collect()
}

pub(super) fn options(map: &str, set: &[&str], layout: Option<&str>) -> MapOptions {
    MapOptions {
        layout: layout.map(str::to_owned),
        map: Some(MapFile::parse("map.toml", map).unwrap()),
        set: set.iter().map(|setting| parse_setting(setting).unwrap()).collect(),
    }
}

fn plain(headers: &[&str]) -> Mapping {
    recognise(&names(headers), &MapOptions::default()).unwrap()
}

fn failure(headers: &[&str], options: &MapOptions) -> String {
    recognise(&names(headers), options).unwrap_err().to_string()
}

/// `header (coding)`, several joined by ` > `, `=value` for a constant, empty for none.
pub(super) fn shown(mapping: &Mapping, field: Field) -> String {
    let one = |source: &Source| match source {
        Source::Constant(value) => format!("={value}"),
        Source::Column { index, coding: Coding::Plain } => mapping.header(*index).unwrap().to_owned(),
        Source::Column { index, coding } => format!("{} ({})", mapping.header(*index).unwrap(), coding.id()),
    };
    mapping.sources(field).iter().map(one).collect::<Vec<_>>().join(" > ")
}

/// Checks `field: what is shown` lines.
pub(super) fn check(mapping: &Mapping, layout: &str, expected: &str) {
    assert_eq!(mapping.layout(), layout);
    for line in expected.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (id, sources) = line.split_once(':').unwrap();
        let field = Field::from_id(id).unwrap_or_else(|| panic!("{id}"));
        assert_eq!(shown(mapping, field), sources.trim(), "{layout}: {id}");
    }
}

#[test]
fn naaccr_dialects() {
    check(
        &plain(&[
            "patientIdNumber",
            "primarySite",
            "histologicTypeIcdO3",
            "behaviorCodeIcdO3",
            "sex",
            "ajccTnmPathT",
            "tnmPathT",
            "derivedAjcc7T",
            "derivedAjcc6T",
            "metsAtDxBone",
            "csMetsAtDxBone",
            "grade",
        ]),
        "naaccr_xml",
        "site: primarySite
         histology: histologicTypeIcdO3
         behavior: behaviorCodeIcdO3
         sex: sex
         path_t: ajccTnmPathT > tnmPathT
         t: derivedAjcc7T (derived_ajcc7) > derivedAjcc6T (derived_ajcc6)
         mets_bone: metsAtDxBone > csMetsAtDxBone
         grade: grade",
    );
    check(
        &plain(&["N20_PATIENT_ID", "N400_PRIMARY_SITE", "N522", "item523", "3430", "n880", "#1011", "230"]),
        "naaccr_items",
        "patient_id: N20_PATIENT_ID
         site: N400_PRIMARY_SITE
         histology: N522
         behavior: item523
         stage_group: 3430 (derived_ajcc7)
         path_t: #1011 > n880
         age: 230",
    );
    check(
        &plain(&[
            "Primary Site",
            "Histologic Type ICD-O-3",
            "Behavior Code ICD-O-3",
            "AJCC TNM Path T",
            "AJCC TNM Post Therapy T",
            "TNM Edition Number",
            "Age at Diagnosis",
        ]),
        "naaccr_names",
        "site: Primary Site
         post_t: AJCC TNM Post Therapy T
         path_t: AJCC TNM Path T
         edition: TNM Edition Number
         age: Age at Diagnosis",
    );
}

#[test]
fn registry_dialects() {
    check(
        &plain(&["Patient ID", "Year of diagnosis", "Primary Site - labeled", "ICD-O-3 Hist/behav", "Sex", "Age recode with single ages and 100+", "Derived AJCC T, 7th ed (2010-2015)", "Derived AJCC T, 6th ed (2004-2015)", "Derived EOD 2018 T (2018+)", "Derived EOD 2018 Stage Group Recode (2018+)", "SEER Combined Mets at DX-bone (2010+)", "Mets at DX-Other (2016+)", "Grade Recode (thru 2017)", "PSA Lab Value Recode (2010+)", "CS site-specific factor 25 (2004-2017 varying by schema)", "Combined Summary Stage (2004+)"]),
        "seerstat",
        "site: Primary Site - labeled
         morphology: ICD-O-3 Hist/behav
         dx_year: Year of diagnosis
         age: Age recode with single ages and 100+
         t: Derived EOD 2018 T (2018+) > Derived AJCC T, 7th ed (2010-2015) > Derived AJCC T, 6th ed (2004-2015)
         stage_group: Derived EOD 2018 Stage Group Recode (2018+)
         mets_bone: SEER Combined Mets at DX-bone (2010+)
         mets_other: Mets at DX-Other (2016+)
         grade: Grade Recode (thru 2017)
         psa: PSA Lab Value Recode (2010+)
         ssf25: CS site-specific factor 25 (2004-2017 varying by schema)
         summary_stage: Combined Summary Stage (2004+)",
    );
    check(
        &plain(&[
            "Patient.ID",
            "Year.of.diagnosis",
            "Primary.Site",
            "Derived.AJCC.T..7th.ed..2010.2015.",
            "Sex",
        ]),
        "seerstat",
        "site: Primary.Site\n t: Derived.AJCC.T..7th.ed..2010.2015.\n dx_year: Year.of.diagnosis\n sex: Sex",
    );
    check(
        &plain(&[
            "PAT", "TUM", "Sex", "Age", "YoI", "Topo", "Morpho", "Beh", "Grade", "TNM_ed", "pT", "pN", "pM",
            "cT", "cN", "cM", "Stage",
        ]),
        "encr",
        "patient_id: PAT
         site: Topo
         histology: Morpho
         behavior: Beh
         path_t: pT
         clin_m: cM
         stage_group: Stage
         edition: TNM_ed
         dx_year: YoI
         sex: Sex",
    );
    check(
        &plain(&["REGNO", "INCID", "AGE", "SEX", "TOP", "MOR", "BEH", "BAS", "T", "N", "M", "STAGE"]),
        "encr",
        "site: TOP\n histology: MOR\n dx_date: INCID\n t: T\n stage_group: STAGE\n age: AGE",
    );
}

#[test]
fn input_keys_of_algorithms() {
    check(
        &plain(&[
            "id",
            "site",
            "hist",
            "behavior",
            "year_dx",
            "clin_t",
            "path_n",
            "ssf1",
            "ssf25",
            "nodes_pos",
        ]),
        "seer-keys",
        "tumor_key: id
         site: site
         histology: hist
         behavior: behavior
         dx_year: year_dx
         clin_t: clin_t
         path_n: path_n
         ssf25: ssf25",
    );
}

#[test]
fn research_dialects() {
    check(
        &plain(&[
            "sample",
            "submitter_id",
            "gender.demographic",
            "age_at_index.demographic",
            "age_at_diagnosis.diagnoses",
            "ajcc_pathologic_t.diagnoses",
            "ajcc_pathologic_stage.diagnoses",
            "morphology.diagnoses",
            "tissue_or_organ_of_origin.diagnoses",
            "icd_10_code.diagnoses",
            "year_of_diagnosis.diagnoses",
            "primary_diagnosis.diagnoses",
            "ajcc_staging_system_edition.diagnoses",
        ]),
        "xena",
        "site: tissue_or_organ_of_origin.diagnoses > icd_10_code.diagnoses
         age: age_at_index.demographic > age_at_diagnosis.diagnoses (days)
         path_t: ajcc_pathologic_t.diagnoses
         path_group: ajcc_pathologic_stage.diagnoses
         morphology: morphology.diagnoses
         sex: gender.demographic
         edition: ajcc_staging_system_edition.diagnoses
         dx_year: year_of_diagnosis.diagnoses",
    );
    check(
        &plain(&[
            "bcr_patient_uuid",
            "bcr_patient_barcode",
            "gender",
            "ajcc_staging_edition",
            "ajcc_tumor_clinical_ct",
            "ajcc_tumor_pathologic_pt",
            "ajcc_pathologic_tumor_stage",
            "serum_markers",
            "hpv_status_p16",
            "ldh_level",
            "ldh_level",
            "metastatic_tumor_site",
            "icd_o_3_histology",
            "icd_o_3_site",
        ]),
        "tcga_biotab",
        "s_category: serum_markers
         p16: hpv_status_p16
         ldh:
         met_sites:
         clin_t: ajcc_tumor_clinical_ct
         path_group: ajcc_pathologic_tumor_stage",
    );
    check(
        &plain(&["site", "histology", "path_t", "path_n", "path_m", "r_t", "lesions"]),
        "rstage",
        "site: site\n path_t: path_t\n r_t: r_t\n lesions: lesions",
    );
}

#[test]
fn spelling_is_forgiven_but_exact_wins() {
    let mapping = plain(&["primary site ", "AJCC-TNM-PATH-T", "ajcc tnm path n"]);
    check(&mapping, "naaccr_names", "site: primary site\n path_t: AJCC-TNM-PATH-T\n path_n: ajcc tnm path n");
    assert_eq!(mapping.confidence(Field::Site), [Confidence::Normalised]);
    let mapping = plain(&["PRIMARYSITE", "primarySite", "ajccTnmPathT"]);
    assert_eq!(shown(&mapping, Field::Site), "primarySite");
    assert_eq!(mapping.confidence(Field::Site), [Confidence::Exact]);
}

#[test]
fn own_names_and_other_layouts_fill_gaps() {
    let mapping =
        plain(&["primarySite", "histologicTypeIcdO3", "ajccTnmPathT", "lesions", "gleason_score", "icd_10"]);
    check(&mapping, "naaccr_xml", "lesions: lesions\n gleason: gleason_score\n site: primarySite");
    assert_eq!(mapping.confidence(Field::Lesions), [Confidence::Exact]);
    assert_eq!(mapping.confidence(Field::Gleason), [Confidence::OtherLayout]);
}

#[test]
fn equal_claims_are_an_error() {
    let expected = "`path_t` could be column 2 `ajccTnmPathT` or column 3 `ajccTnmPathT`\n\
                    hint: name one in a map file (--map FILE): [columns] path_t = \"HEADER\", or its position without quotation marks";
    assert_eq!(failure(&["primarySite", "ajccTnmPathT", "ajccTnmPathT"], &MapOptions::default()), expected);
    let twice = ["primarySite", "ajccTnmPathT", "ajccTnmPathT"];
    let mapping = recognise(&names(&twice), &options("[columns]\npath_t = 3", &[], None)).unwrap();
    assert_eq!(mapping.sources(Field::PathT), [Source::Column { index: 2, coding: Coding::Plain }]);
    let by_header = failure(&twice, &options("[columns]\npath_t = 'ajccTnmPathT'", &[], None));
    assert_eq!(by_header, expected);

    let rival = ["primarySite", "histologicTypeIcdO3", "ajccTnmPathT", "site"];
    assert!(
        failure(&rival, &MapOptions::default())
            .starts_with("`site` could be column 1 `primarySite` or column 4 `site`")
    );
    let forced = recognise(&names(&rival), &options("", &[], Some("naaccr_xml"))).unwrap();
    assert_eq!(shown(&forced, Field::Site), "primarySite");
}

#[test]
fn an_open_question_on_a_factor_does_not_stop() {
    let mapping =
        plain(&["site", "path_t", "Person Neoplasm Cancer Status", "CANCER_STATUS", "Cancer Status"]);
    assert_eq!(mapping.sources(Field::CancerStatus), []);
    assert_eq!(mapping.undecided().collect::<Vec<_>>(), [(Field::CancerStatus, [3, 4].as_slice())]);
}

#[test]
fn forced_layout() {
    let headers = ["primarySite", "ajccTnmPathT", "gleason_score"];
    let forced = recognise(&names(&headers), &options("", &[], Some("NAACCR_XML"))).unwrap();
    check(&forced, "naaccr_xml", "site: primarySite\n gleason:");
    assert_eq!(
        failure(&headers, &options("", &[], Some("naacr_xml"))),
        "no layout is named `naacr_xml`\nhint: did you mean `naaccr_xml`?"
    );
    assert!(
        failure(&headers, &options("", &[], Some("excel")))
            .contains("hint: layouts are rstage, naaccr_xml, ")
    );
}

#[test]
fn map_files_rule() {
    let headers = ["Site code", "pT", "pN", "pM", "age in days", "sexe", "pN 8"];
    let map = "[columns]\nsite = 'Site code'\npath_n = ['pN 8', 'pN']\nage = {header = 'age in days', coding = 'days'}\n\
               sex = 'sexe'\npath_m = []\n[constants]\nedition = 8\n[values.sex]\n0 = '2'\n1 = '1'\n";
    let mapping = recognise(&names(&headers), &options(map, &["edition=7"], None)).unwrap();
    check(
        &mapping,
        "encr",
        "site: Site code
         path_t: pT
         path_n: pN 8 > pN
         path_m:
         age: age in days (days)
         edition: =7",
    );
    assert_eq!(mapping.replace(Field::Sex, " 0 "), Some("2"));
    assert_eq!(mapping.replace(Field::Sex, "2"), None);
    assert_eq!(mapping.confidence(Field::PathN), [Confidence::User, Confidence::User]);
    assert!(!mapping.mapped_fields().any(|field| field == Field::PathM));
}

#[test]
fn a_constant_takes_the_place_of_a_column() {
    let mapping =
        recognise(&names(&["primarySite", "ajccTnmPathT"]), &options("", &["site=C50.9"], None)).unwrap();
    assert_eq!(mapping.sources(Field::Site), [Source::Constant("C50.9".to_owned())]);
}

#[test]
fn coding_of_a_named_column_is_the_layouts() {
    let headers = ["tissue_or_organ_of_origin", "ajcc_pathologic_t", "age_at_index", "age_at_diagnosis"];
    let mapping =
        recognise(&names(&headers), &options("[columns]\nage = 'age_at_diagnosis'", &[], None)).unwrap();
    check(&mapping, "gdc", "age: age_at_diagnosis (days)");
}

#[test]
fn map_files_must_fit_the_table() {
    let headers = ["primarySite", "ajccTnmPathT"];
    for (map, expected) in [
        (
            "[columns]\n\nsite = 'primaryStie'",
            "map.toml, line 3: the table has no column `primaryStie`\nhint: did you mean `primarySite`?",
        ),
        ("[columns]\nsite = 3", "map.toml, line 2: the table has no column 3\nhint: it has 2 columns"),
    ] {
        assert_eq!(failure(&headers, &options(map, &[], None)), expected);
    }
}

#[test]
fn nothing_to_stage() {
    let error = failure(&["ajcc_pathologic_t", "gender"], &MapOptions::default());
    assert!(error.starts_with("nothing to stage: no column for the primary site\n  looked for: "), "{error}");
    assert!(error.contains("icd_o_3_site"), "{error}");
    assert!(error.contains("--set site=C50.9"), "{error}");
    let error = failure(&["icd_o_3_site", "gender", "bcr_patient_uuid"], &MapOptions::default());
    assert!(
        error.starts_with("nothing to stage: no column for histology, T, N, M, a stage group or metastasis"),
        "{error}"
    );
    assert!(error.contains("ajcc_tumor_pathologic_pt"), "{error}");
    assert!(failure(&[], &MapOptions::default()).starts_with("nothing to stage"));
}

#[test]
fn report_and_map_file() {
    let headers =
        ["primarySite", "histologicTypeIcdO3", "ajccTnmPathT", "derivedAjcc7T", "race1", "", "race1"];
    let mapping = recognise(&names(&headers), &options("", &["edition=8"], None)).unwrap();
    let report = report(&mapping).unwrap();
    assert_eq!(report.unused, ["race1", "", "race1"]);
    let missing: Vec<&str> = report.missing.iter().flat_map(|missing| missing.any_of.clone()).collect();
    assert!(missing.contains(&"psa") && !missing.contains(&"site") && !missing.contains(&"edition"));
    let text = render(&report);
    insta::assert_snapshot!(text.split("\nmissing:").next().unwrap().trim(), @r#"
    layout: naaccr_xml (NAACCR, XML ids as column names)

    fields:
      site       column 1 `primarySite`                          sure
      histology  column 2 `histologicTypeIcdO3`                  sure
      edition    "8" for every record                            as you said
      t          column 4 `derivedAjcc7T`, coding derived_ajcc7  sure
      path_t     column 3 `ajccTnmPathT`                         sure
    "#);
    assert!(text.contains("  psa: groups of prostate cancer stay open\n"), "{text}");
    assert!(text.ends_with("not used: 3 of 7 columns\n  race1, , race1\n"), "{text}");

    let file = mapping_file(&mapping);
    assert!(file.contains("\n# psa = \"\"  # PSA before treatment, ng/mL\n"), "{file}");
    let again = MapFile::parse("again.toml", &file).unwrap();
    let again =
        recognise(&names(&headers), &MapOptions { map: Some(again), ..MapOptions::default() }).unwrap();
    for &field in Field::ALL {
        assert_eq!(again.sources(field), mapping.sources(field), "{}", field.id());
    }
}

/// Header-like words, so that names of layouts turn up, repeat and collide.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z_. ()0-9-]{0,24}",
        proptest::sample::select(vec![
            "site",
            "SITE",
            "primarySite",
            "400",
            "n880",
            "path_t",
            "PATH_T_STAGE",
            "icd_o_3_site",
            "T",
            "t",
            "pT",
            "stage",
            "Stage",
            "diagnoses.ajcc_pathologic_t",
            "AGE",
            "age",
            "gender",
            "Sex",
            "ICD_10",
            "HISTOLOGY",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn never_panics_and_is_deterministic(headers in proptest::collection::vec(word(), 0..24), forced in proptest::option::of(0usize..12)) {
        let layouts = crate::fields::layout_names().unwrap();
        let layout = forced.and_then(|at| layouts.get(at)).map(|name| name.id.to_owned());
        let options = MapOptions { layout, ..MapOptions::default() };
        match (recognise(&headers, &options), recognise(&headers, &options)) {
            (Ok(mapping), Ok(again)) => {
                prop_assert_eq!(render(&report(&mapping).unwrap()), render(&report(&again).unwrap()));
                let mut columns: Vec<usize> = mapping
                    .mapped_fields()
                    .flat_map(|field| mapping.sources(field))
                    .filter_map(|source| match source { Source::Column { index, .. } => Some(*index), Source::Constant(_) => None })
                    .collect();
                prop_assert!(columns.iter().all(|&index| index < headers.len()));
                let all = columns.len();
                columns.sort_unstable();
                columns.dedup();
                prop_assert_eq!(columns.len(), all);
                MapFile::parse("map.toml", &mapping_file(&mapping)).unwrap();
            }
            (first, again) => prop_assert_eq!(first.err(), again.err()),
        }
    }
}
