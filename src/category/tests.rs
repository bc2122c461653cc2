//! The whole room at work: fields by field, any text whatever, and the spellings of real exports.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::fields::Coding::{self, Days, DerivedAjcc6, DerivedAjcc7, Plain};
use crate::fields::Field;

const CODINGS: [Coding; 4] = [Plain, DerivedAjcc6, DerivedAjcc7, Days];

/// A short account of a parsed cell: value, `blank`, `?`, `n/a`, `!`.
fn said(field: Field, coding: Coding, text: &str) -> String {
    fn cell<V>(cell: Cell<V>, show: impl FnOnce(V) -> String) -> String {
        match cell {
            Cell::Blank => "blank".to_owned(),
            Cell::Unknown => "?".to_owned(),
            Cell::NotApplicable => "n/a".to_owned(),
            Cell::Invalid => "!".to_owned(),
            Cell::Value(value) => show(value),
        }
    }
    fn recorded<V: std::fmt::Display>(recorded: Recorded<V>) -> String {
        recorded.prefix.to_string() + &cell(recorded.cell, |value| value.to_string())
    }
    match parse(field, coding, text) {
        Parsed::Site(site) => cell(site, |site| site.to_string()),
        Parsed::Morphology(histology, behavior) => {
            cell(histology, |histology| histology.to_string()) + "/" + &cell(behavior, |b| b.0.to_string())
        }
        Parsed::Behavior(behavior) => cell(behavior, |behavior| behavior.0.to_string()),
        Parsed::Sex(sex) => cell(sex, |sex| format!("{sex:?}")),
        Parsed::Age(age) => cell(age, |age| age.to_string()),
        Parsed::Date(date) => cell(date, |date| date.to_string()),
        Parsed::Edition(edition) => cell(edition, |edition| edition.to_string()),
        Parsed::Category(category) => recorded(category),
        Parsed::Group(group) => recorded(group),
        Parsed::Combined { t, n, m } => [t, n, m].map(recorded).join(" "),
        Parsed::Factor(factor) => cell(factor, |factor| match factor {
            FactorValue::Number(number) => format!("{number}"),
            FactorValue::Code(code) => format!("'{}'", code.as_str()),
        }),
        Parsed::Met(flag) => cell(flag, |flag| format!("{flag:?}")),
        Parsed::Organs(organs) => cell(organs, |organs| format!("[{organs}]")),
        Parsed::Count(count) => cell(count, |count| count.to_string()),
        Parsed::Flag(flag) => cell(flag, |flag| flag.to_string()),
        Parsed::Classification(found) => cell(found, |prefix| prefix.to_string()),
        Parsed::Days(found) => cell(found, |days| days.to_string()),
        Parsed::Text => "text".to_owned(),
    }
}

const CELLS: [(Field, Coding, &str, &str); 116] = [
    (Field::TumorKey, Plain, "NA", "text"),
    (Field::AjccId, Plain, "XX", "text"),
    (Field::Site, Plain, " C50.9 ", "C50.9"),
    (Field::Site, Plain, "not reported", "blank"),
    (Field::Site, Plain, "D05", "!"),
    (Field::Histology, Plain, "8140", "8140/blank"),
    (Field::Morphology, Plain, "8140/3", "8140/3"),
    (Field::Morphology, Plain, "'--", "blank/blank"),
    (Field::Morphology, Plain, "Adenocarcinoma, NOS", "!/blank"),
    (Field::Behavior, Plain, "Malignant", "3"),
    (Field::Behavior, Plain, "In situ", "2"),
    (Field::Behavior, Plain, "3 - Malignant", "3"),
    (Field::Sex, Plain, "2", "Female"),
    (Field::Sex, Plain, "FEMALE", "Female"),
    (Field::Sex, Plain, "m", "Male"),
    (Field::Sex, Plain, "2: Female", "Female"),
    (Field::Sex, Plain, "9", "?"),
    (Field::Sex, Plain, "3", "Other"),
    (Field::Sex, Plain, "5", "Male"),
    (Field::Sex, Plain, "0", "!"),
    (Field::Age, Plain, "999", "?"),
    (Field::Age, Plain, "45 years", "45"),
    (Field::Age, Days, "21915", "60"),
    (Field::Age, Days, "'--", "blank"),
    (Field::DxDate, Plain, "20209999", "2020"),
    (Field::DxYear, Plain, "2010", "2010"),
    (Field::DxDate, Plain, "20200231", "!"),
    (Field::Edition, Plain, "00", "n/a"),
    (Field::Edition, Plain, "88", "n/a"),
    (Field::Edition, Plain, "99", "?"),
    (Field::Edition, Plain, "08", "8"),
    (Field::Edition, Plain, "Seventh Edition", "7"),
    (Field::REdition, Plain, "7TH", "7"),
    (Field::PathT, Plain, "pT1a", "pT1a"),
    (Field::PathT, Plain, "[Discrepancy]", "?"),
    (Field::PathT, Plain, "[Not Applicable]", "n/a"),
    (Field::PathT, Plain, "   ", "blank"),
    (Field::ClinM, Plain, "MX", "?"),
    (Field::T, Plain, "99", "!"),
    (Field::T, DerivedAjcc6, "99", "?"),
    (Field::T, DerivedAjcc6, "12", "T1a"),
    (Field::N, DerivedAjcc7, "180", "N1mi"),
    (Field::T, DerivedAjcc7, "[Unknown]", "?"),
    (Field::StageGroup, DerivedAjcc6, "52", "IIIA"),
    (Field::StageGroup, DerivedAjcc7, "541", "IIIC1"),
    (Field::StageGroup, Plain, "Stage IIIC", "IIIC"),
    (Field::StageGroup, Plain, "NA", "blank"),
    (Field::StageGroup, Plain, "UNK Stage", "?"),
    (Field::StageGroup, Plain, "T3N1MX", "T3 N1 ?"),
    (Field::RGroup, Plain, "rIV", "rIV"),
    (Field::Psa, Plain, "7.4", "7.4"),
    (Field::Psa, Plain, "XXX.9", "?"),
    (Field::Psa, Plain, "XXX.1", "'XXX.1'"),
    (Field::GleasonClin, Plain, "07", "7"),
    (Field::GleasonClin, Plain, "X9", "?"),
    (Field::Oncotype, Plain, "010", "10"),
    (Field::Oncotype, Plain, "XX4", "'XX4'"),
    (Field::GtnRisk, Plain, "06", "6"),
    (Field::B2m, Plain, "2", "'2'"),
    (Field::B2m, Plain, "2.0", "2"),
    (Field::B2m, Plain, "5", "?"),
    (Field::B2m, Plain, "5.0", "5"),
    (Field::Sex, Plain, "9.0", "?"),
    (Field::Grade, Plain, "1", "'1'"),
    (Field::Grade, Plain, "G1", "'1'"),
    (Field::Grade, Plain, "G2: moderately", "'2'"),
    (Field::Grade, Plain, "GX", "?"),
    (Field::Grade, Plain, "GB", "'GB'"),
    (Field::Grade, Plain, "8", "'8'"),
    (Field::GradePath, Plain, "8", "n/a"),
    (Field::GradePath, Plain, "h", "'H'"),
    (Field::GradePath, Plain, "High Grade", "'H'"),
    (Field::Er, Plain, "Positive", "'1'"),
    (Field::Er, Plain, "negative", "'0'"),
    (Field::Er, Plain, "[Not Evaluated]", "?"),
    (Field::Her2, Plain, "Equivocal", "'0'"),
    (Field::SPath, Plain, "S2", "'2'"),
    (Field::SPath, Plain, "5", "?"),
    (Field::Mitotic, Plain, "Low", "'L'"),
    (Field::Mitotic, Plain, "6", "6"),
    (Field::P16, Plain, "Positive", "'2'"),
    (Field::AnnArbor, Plain, "Stage IIB", "'IIB'"),
    (Field::BSymptoms, Plain, "B", "'1'"),
    (Field::Disc1, Plain, "9", "'9'"),
    (Field::Ssf25, Plain, "988", "'988'"),
    (Field::MetsBone, Plain, "1", "Yes"),
    (Field::MetsBone, Plain, "2", "!"),
    (Field::MetsOther, Plain, "2", "Generalised"),
    (Field::MetsBone, Plain, "8", "n/a"),
    (Field::MetsBone, Plain, "9", "?"),
    (Field::MetsBone, Plain, "NO", "No"),
    (Field::MetSites, Plain, "None", "[]"),
    (Field::MetSites, Plain, "Lung|Bone", "[bone|lung]"),
    (Field::MetSites, Plain, "[Not Available]", "blank"),
    (Field::MetPresent, Plain, "YES", "true"),
    (Field::MetPresent, Plain, "No Metastasis", "false"),
    (Field::MetPresent, Plain, "Metastasis, NOS", "true"),
    (Field::EodMets, Plain, "00", "0"),
    (Field::EodMets, Plain, "88", "n/a"),
    (Field::EodMets, Plain, "99", "?"),
    (Field::Lesions, Plain, "3", "3"),
    (Field::SummaryStage, Plain, "7", "7"),
    (Field::SummaryStage, Plain, "Regional", "5"),
    (Field::SummaryStage, Plain, "7 - Distant", "7"),
    (Field::RecurrenceType, Plain, "88", "88"),
    (Field::RecurrenceType, Plain, "99", "?"),
    (Field::CancerStatus, Plain, "WITH TUMOR", "2"),
    (Field::ReportingSource, Plain, "7", "7"),
    (Field::Neoadjuvant, Plain, "2", "true"),
    (Field::Neoadjuvant, Plain, "0", "false"),
    (Field::Neoadjuvant, Plain, "9", "?"),
    (Field::OverrideTnm, Plain, "1", "true"),
    (Field::OverridePediatric, Plain, "1", "true"),
    (Field::OverrideNewPrimary, Plain, "yes", "true"),
    (Field::Effusion, Plain, "maybe", "!"),
    (Field::OriginFlag, Plain, "de novo", "true"),
];

#[test]
fn every_kind_of_field() {
    for (field, coding, text, expected) in CELLS {
        assert_eq!(said(field, coding, text), expected, "{field:?} {coding:?} {text}");
    }
}

proptest! {
    #[test]
    fn any_text_can_be_parsed(text in any::<String>(), ascii in "[ -~]{0,14}", tnm in "[cpyram]{0,3} ?[TNM]?[0-9IVXxO]{0,3}[a-f(+)-]{0,5}[TNMcp0-9]{0,6}") {
        for text in [&text, &ascii, &tnm] {
            for &field in Field::ALL {
                for coding in CODINGS {
                    parse(field, coding, text);
                }
            }
        }
    }

    #[test]
    fn blanks_and_case_never_matter(label in prop::sample::select(
        Axis::ALL.iter().flat_map(|&axis| Category::all(axis)).collect::<Vec<_>>()
    ), upper in any::<u32>(), blank in 0usize..10) {
        let field = [Field::T, Field::N, Field::M][label.axis() as usize];
        let mut text: String = label.label().chars().enumerate().map(|(at, c)| {
            if upper >> at & 1 == 1 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
        }).collect();
        text.insert(blank.min(text.len()), ' ');
        prop_assert_eq!(parse(field, Plain, &text), parse(field, Plain, label.label()));
    }

    #[test]
    fn dates_read_as_they_are_shown(year in 1800u16..=2200, month in 0u8..=12, day in 0u8..=31) {
        if let Some(date) = PartialDate::new(year, month, day) {
            prop_assert_eq!(parse(Field::DxDate, Plain, &date.to_string()), Parsed::Date(Cell::Value(date)));
            prop_assert!(date.earliest() <= date.latest());
        }
    }
}

/// A file beside the project that holds evidence and is no part of it.
fn shared(path: &str) -> Option<String> {
    let folder = std::env::var_os("RSTAGE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let text = std::fs::read_to_string(folder.join(path)).ok();
    if text.is_none() {
        println!("SKIPPED: no {path} in {}", folder.display());
    }
    text
}

#[test]
fn the_fact_tables_use_only_labels_of_ours() {
    for edition in 6..=9 {
        let Some(text) = shared(&format!("facts/stage_groups_ajcc{edition}.csv")) else { return };
        for row in csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap) {
            for (axis, column) in Axis::ALL.into_iter().zip(2..) {
                for label in row[column].split('|').filter(|label| *label != "any") {
                    assert!(Category::from_label(axis, label).is_some(), "edition {edition}: {label}");
                }
            }
            assert!(StageGroup::from_label(&row[6]).is_some(), "edition {edition}: {}", &row[6]);
        }
    }
}

#[test]
fn the_code_list_reads_as_labelled() {
    let Some(text) = shared("facts/ref/stage_codes.csv") else { return };
    for row in csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap) {
        let (field, coding) = match &row[0] {
            "2940" => (Field::T, DerivedAjcc6),
            "2960" => (Field::N, DerivedAjcc6),
            "2980" => (Field::M, DerivedAjcc6),
            "3000" => (Field::StageGroup, DerivedAjcc6),
            "3400" => (Field::T, DerivedAjcc7),
            "3410" => (Field::N, DerivedAjcc7),
            "3420" => (Field::M, DerivedAjcc7),
            "3430" => (Field::StageGroup, DerivedAjcc7),
            _ => (Field::StageGroup, Plain),
        };
        let expected = match &row[3] {
            "" | "TX" | "NX" | "MX" => "?".to_owned(),
            "OCCULT" => "occult".to_owned(),
            plain => plain.to_owned(),
        };
        assert_eq!(said(field, coding, &row[1]), expected, "item {} code {}", &row[0], &row[1]);
    }
}

/// Columns of the vocabulary of real exports, by the words in their names, and the values
/// that are rightly invalid.
const VOCABULARY: [(&str, Field, &[&str]); 26] = [
    ("tumor_stage", Field::StageGroup, &[]),
    ("pathologic_stage", Field::StageGroup, &[]),
    ("clinical_stage", Field::StageGroup, &[]),
    ("PATH_STAGE", Field::StageGroup, &[]),
    ("Neoplasm Disease Stage", Field::StageGroup, &[]),
    ("STAGE", Field::StageGroup, &["A", "B", "C", "M2", "M3"]),
    ("pathologic_t", Field::PathT, &[]),
    ("pathologic_pt", Field::PathT, &[]),
    ("clinical_t", Field::ClinT, &[]),
    ("t_stage", Field::PathT, &[]),
    ("Tumor Stage Code", Field::PathT, &[]),
    ("pathologic_n", Field::PathN, &[]),
    ("pathologic_pn", Field::PathN, &[]),
    ("n_stage", Field::PathN, &[]),
    ("ct_tnm", Field::ClinT, &[]),
    ("pt_tnm", Field::PathT, &[]),
    ("cn_tnm", Field::ClinN, &[]),
    ("pn_tnm", Field::PathN, &[]),
    ("m_stage", Field::PathM, &[]),
    ("clinical_m", Field::ClinM, &[]),
    ("Metastasis Stage Code", Field::PathM, &[]),
    ("Lymph Node Stage", Field::PathN, &[]),
    ("pathologic_m", Field::PathM, &[]),
    ("pathologic_pm", Field::PathM, &[]),
    ("staging_edition", Field::Edition, &[]),
    ("system_edition", Field::Edition, &[]),
];

#[test]
fn the_spellings_of_real_exports_are_read() {
    let Some(text) = shared("realdata/VOCAB.md") else { return };
    let mut columns = 0;
    for line in text.lines() {
        let Some((name, values)) = line.strip_prefix("- **").and_then(|line| line.split_once("**")) else {
            continue;
        };
        let lower = name.to_lowercase();
        let known = VOCABULARY.iter().find(|(words, ..)| lower == words.to_lowercase()).or_else(|| {
            VOCABULARY
                .iter()
                .filter(|(words, ..)| *words != "STAGE")
                .find(|(words, ..)| lower.contains(&words.to_lowercase()))
        });
        let Some((_, field, invalid)) = known else { continue };
        columns += 1;
        for value in values.split('`').skip(1).step_by(2) {
            let found = said(*field, Plain, value);
            let expected = invalid.contains(&value);
            assert_eq!(found == "!", expected, "{name}: {value} reads as {found}");
        }
    }
    assert!(columns > 40, "only {columns} columns were recognised");
}
