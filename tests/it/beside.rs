//! The systems beside the stage group against published algorithms, and as a user sees them.

use std::collections::BTreeMap;
use std::io::Read;

use rstage::category::parse;
use rstage::fields::{Coding, Field};
use rstage::knowledge::{Rules, SUMMARY_LABELS, SUMMARY_STAGE, TORONTO};
use rstage::staging::{BesideOutcome, Case, MxPolicy, Policy, Stager};
use serde_json::Value;

use crate::support::shared;

fn lines(name: &str) -> Option<Vec<Value>> {
    let file = std::fs::File::open(shared("golden")?.join(name)).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn put(case: &mut Case, field: Field, text: &str) {
    case.put(field, parse(field, Coding::Plain, text));
}

/// The pediatric items by the names of the published algorithm.
const PEDIATRIC: [(&str, Field); 14] = [
    ("site", Field::Site),
    ("hist", Field::Histology),
    ("behavior", Field::Behavior),
    ("age_dx", Field::Age),
    ("ped_primary_tumor", Field::PedPrimaryTumor),
    ("ped_regional_nodes", Field::PedRegionalNodes),
    ("ped_mets", Field::PedMets),
    ("inrgss", Field::Inrgss),
    ("pretext_clinical_staging", Field::Pretext),
    ("size_summary", Field::TumorSize),
    ("surgical_margins", Field::Margins),
    ("surg_2023", Field::PrimarySurgery),
    ("nodes_pos", Field::NodesPositive),
    ("b_symptoms", Field::BSymptoms),
];

/// A label of the algorithm in our words: `None` where it says that the stage is not known.
fn toronto_label(schema: &str, label: &str) -> Option<String> {
    Some(match (schema, label) {
        (_, "X" | "90" | "99" | "88" | "N/A" | "") => return None,
        ("hepatoblastoma", label) if label.contains('X') => return None,
        ("acute_lymphoblastic_leukemia", label) => format!("CNS{}", &label[..1]),
        (schema, "L") if schema.starts_with("malignant_bone") || schema == "astrocytoma" => {
            "localized".into()
        }
        (schema, "M") if schema.starts_with("malignant_bone") || schema == "astrocytoma" => {
            "metastatic".into()
        }
        (_, label) => label.to_owned(),
    })
}

/// Our label of a system; `None` for everything that is not a label.
fn derived(stager: &mut Stager, case: &Case, system: usize) -> Option<String> {
    let staged = stager.stage(case);
    match stager.beside(case, &staged)[system].outcome {
        BesideOutcome::Label(at) => {
            Some(stager.rules().beside().systems()[system].labels[usize::from(at)].clone())
        }
        _ => None,
    }
}

#[test]
fn toronto_is_what_the_published_algorithm_gives() {
    let Some(cases) = lines("pediatric.jsonl.gz") else { return };
    let rules = Rules::builtin().unwrap();
    let inss = rules.beside().systems().iter().position(|system| system.id == "inss").unwrap();
    let mut stager = Stager::new(rules, Policy { mx: MxPolicy::Unknown, ..Policy::default() });
    let (mut labels, mut unknown, mut wrong) = (0, 0, Vec::new());
    for golden in &cases {
        let schema = golden["schema_id"].as_str().unwrap_or("");
        let input = golden["input"].as_object().unwrap();
        let clean = golden["errors"].as_array().is_none_or(Vec::is_empty);
        if golden["result"] != "STAGED"
            || !clean
            || schema.is_empty()
            || schema == "adult_other_non_pediatric"
        {
            continue;
        }
        let text = |key: &str| input.get(key).and_then(Value::as_str).unwrap_or("");
        let mut case = Case::default();
        for (key, field) in PEDIATRIC {
            // The algorithm takes what is missing as unknown; here it stays open.
            let default = match key {
                "ped_regional_nodes" => "999",
                "ped_mets" => "99",
                "b_symptoms" | "surgical_margins" => "9",
                _ => "",
            };
            put(&mut case, field, input.get(key).and_then(Value::as_str).unwrap_or(default));
        }
        put(&mut case, Field::Grade, text("derived_summary_grade"));
        // The algorithm takes young adults as well; the guidelines are for children.
        if case.age.value().is_none_or(|age| age > 19) {
            put(&mut case, Field::Age, "15");
        }
        // Clinical and pathologic S are one item here: the pathologic, unless it was not assessed.
        let s = match (text("s_category_clin"), text("s_category_path")) {
            (clin, "5" | "9" | "") => clin,
            (_, path) => path,
        };
        put(&mut case, Field::SCategory, if s.is_empty() { "9" } else { s });
        put(&mut case, Field::DxYear, "2024");
        let mut check = |system: usize, expected: Option<String>| {
            let found = derived(&mut stager, &case, system);
            labels += usize::from(expected.is_some());
            unknown += usize::from(expected.is_none());
            if found != expected {
                wrong.push(format!("{} {schema}: {expected:?}, found {found:?} {input:?}", golden["id"]));
            }
        };
        let output = |key: &str| golden["output"][key].as_str().unwrap_or("");
        check(TORONTO, toronto_label(schema, output("toronto_stage_group")));
        if schema == "neuroblastoma" {
            check(inss, toronto_label(schema, output("pediatric_group")));
        }
    }
    println!("{labels} stages and {unknown} unknown ones of the pediatric algorithm compared");
    assert!(labels > 1_500, "{labels}");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong[..wrong.len().min(30)].join("\n"));
}

/// Every recorded combination of codes has both the categories and the summary stage: what we derive of the
/// categories must be that stage, or leave it possible.
#[test]
fn the_summary_stage_never_contradicts_collaborative_stage() {
    let Some(cases) = lines("cs.jsonl.gz") else { return };
    let rules = Rules::builtin().unwrap();
    let mut stager = Stager::new(rules, Policy { mx: MxPolicy::Unknown, ..Policy::default() });
    let (mut same, mut possible) = (0_u32, 0_u32);
    let mut wrong: BTreeMap<String, u32> = BTreeMap::new();
    for golden in &cases {
        let output = |key: &str| golden["output"][key].as_str().unwrap_or("");
        let stage = match output("ss2000") {
            "IS" => 0,
            "L" => 1,
            "RE" | "RN" | "RE+RN" | "RNOS" => 2,
            "D" => 3,
            _ => continue,
        };
        let input = |key: &str| golden["input"][key].as_str().unwrap_or("");
        // The cases were drawn at random: an in situ behavior stands beside any extension.
        if input("behavior") != "3" {
            continue;
        }
        for edition in ["6", "7"] {
            let mut case = Case::default();
            for (field, text) in [
                (Field::Site, input("site")),
                (Field::Histology, input("hist")),
                (Field::Behavior, input("behavior")),
                (Field::Ssf25, input("ssf25")),
                (Field::Edition, edition),
            ] {
                put(&mut case, field, text);
            }
            for (field, axis) in [(Field::PathT, "t"), (Field::PathN, "n"), (Field::PathM, "m")] {
                put(&mut case, field, &output(&format!("ajcc{edition}_{axis}")).replace("NOS", ""));
            }
            let staged = stager.stage(&case);
            let fits = match stager.beside(&case, &staged)[SUMMARY_STAGE].outcome {
                BesideOutcome::Label(at) if at == stage => {
                    same += 1;
                    true
                }
                BesideOutcome::Label(_) => false,
                BesideOutcome::Open { possible: set, .. } => {
                    possible += 1;
                    set >> stage & 1 == 1
                }
                _ => true,
            };
            if !fits {
                let tnm = ["t", "n", "m"].map(|axis| output(&format!("ajcc{edition}_{axis}")));
                let schema = golden["schema_id"].as_str().unwrap_or("");
                let extents = ["t2000", "n2000", "m2000"].map(output).join(" ");
                let stage = SUMMARY_LABELS[usize::from(stage)];
                *wrong
                    .entry(format!("{schema} {edition} {} is {stage} ({extents})", tnm.join(" ")))
                    .or_default() += 1;
            }
        }
    }
    println!("summary stage: {same} the same, {possible} left open");
    assert!(same > 9_000, "{same}");
    let list: Vec<String> = wrong.iter().map(|(what, count)| format!("{count} {what}")).collect();
    assert!(wrong.is_empty(), "{} kinds wrong\n{}", wrong.len(), list[..list.len().min(60)].join("\n"));
}
