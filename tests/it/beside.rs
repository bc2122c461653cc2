//! The systems beside the stage group against published algorithms, and as a user sees them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;

use rstage::category::parse;
use rstage::fields::{Coding, Field};
use rstage::knowledge::{Rules, SUMMARY_LABELS, SUMMARY_STAGE, TORONTO};
use rstage::staging::{BesideOutcome, Case, MxPolicy, Policy, Stager};
use serde_json::Value;

use crate::support::{Table, Work, shared};

/// Every `step`th of the recorded cases of an algorithm.
fn lines(name: &str, step: usize) -> Option<Vec<Value>> {
    let file = std::fs::File::open(shared("golden")?.join(name)).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(text.lines().step_by(step).map(|line| serde_json::from_str(line).unwrap()).collect())
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
    let Some(cases) = lines("pediatric.jsonl.gz", 1) else { return };
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
    let Some(cases) = lines("cs.jsonl.gz", 4) else { return };
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
        // The cases were drawn at random: an in situ behavior stands beside any extension, and the reverse.
        if input("behavior") != "3" || output("t2000") == "IS" {
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
    assert!(same > 2_000, "{same}");
    let list: Vec<String> = wrong.iter().map(|(what, count)| format!("{count} {what}")).collect();
    assert!(wrong.is_empty(), "{} kinds wrong\n{}", wrong.len(), list[..list.len().min(120)].join("\n"));
}

/// Codes that give the T, N and M of a fact: primary tumor, size, nodes, mets.
fn codes(schema: &str, axis: &str, category: &str) -> Vec<(Field, &'static str)> {
    use Field::{PedMets, PedPrimaryTumor as Primary, PedRegionalNodes as Nodes, TumorSize as Size};
    match (schema, axis, category) {
        (_, "M", "M0" | "any") => vec![(PedMets, "00")],
        (_, "M", "M1") => vec![(PedMets, "10")],
        (_, "M", _) => vec![(PedMets, "99")],
        (_, "N", "N0" | "any") => vec![(Nodes, "000")],
        (_, "N", "NX") => vec![(Nodes, "999")],
        (_, "N", "88") => vec![(Nodes, "888")],
        ("testicular", "N", "N1") => vec![(Nodes, "100")],
        ("testicular", "N", "N2") => vec![(Nodes, "300")],
        ("testicular", "N", "N3") => vec![(Nodes, "600")],
        (_, "N", _) => vec![(Nodes, "800")],
        ("testicular", _, "T1" | "any") => vec![(Primary, "200")],
        ("testicular", _, "T2") => vec![(Primary, "350")],
        ("testicular", _, "T3") => vec![(Primary, "500")],
        ("testicular", _, "T4") => vec![(Primary, "700")],
        ("testicular" | "rhabdomyosarcoma", _, "T0") => vec![(Primary, "800"), (Size, "000")],
        ("testicular" | "rhabdomyosarcoma", _, "TX") => vec![(Primary, "999"), (Size, "030")],
        ("rhabdomyosarcoma", _, "T1") => vec![(Primary, "100"), (Size, "999")],
        ("rhabdomyosarcoma", _, "T1a" | "any") => vec![(Primary, "100"), (Size, "030")],
        ("rhabdomyosarcoma", _, "T1b") => vec![(Primary, "100"), (Size, "060")],
        ("rhabdomyosarcoma", _, "T2") => vec![(Primary, "200"), (Size, "999")],
        ("rhabdomyosarcoma", _, "T2a") => vec![(Primary, "700"), (Size, "990")],
        ("rhabdomyosarcoma", _, _) => vec![(Primary, "700"), (Size, "998")],
        (_, _, "T1" | "any") => vec![(Primary, "100"), (Size, "030")],
        (_, _, "T2") => vec![(Primary, "200"), (Size, "080")],
        (_, _, "T3") => vec![(Primary, "700"), (Size, "120")],
        (_, _, "T4") => vec![(Primary, "999"), (Size, "200")],
        (_, _, _) => vec![(Primary, "100"), (Size, "999")],
    }
}

/// The values at both ends of every range of a list such as `100|300-400`.
fn ends(list: &str) -> Vec<String> {
    list.split('|').flat_map(|part| part.split('-')).map(str::to_owned).collect()
}

#[test]
fn every_toronto_row_of_the_facts_is_ours() {
    let Some(folder) = shared("facts") else { return };
    let read = |name: &str| Table::read(&folder.join(name));
    let schemas = read("schemas.csv");
    let rules = Rules::builtin().unwrap();
    let inss = rules.beside().systems().iter().position(|system| system.id == "inss").unwrap();
    let mut stager = Stager::new(rules, Policy { mx: MxPolicy::Unknown, ..Policy::default() });
    let facts = read("stage_groups_toronto.csv");
    let (mut compared, mut wrong) = (0, Vec::new());
    for row in 0..facts.rows.len() {
        for schema in facts.cell(row, "schema").split('|') {
            let at = (0..schemas.rows.len()).find(|&at| schemas.cell(at, "schema") == schema).unwrap();
            let selection: Vec<&str> = schemas.cell(at, "selection").split(" : ").collect();
            let first = |list: &str| list.split([',', '-']).next().unwrap().to_owned();
            // One list of possible values for each field that the row speaks of.
            let mut system = TORONTO;
            let mut lists: Vec<Vec<Vec<(Field, String)>>> = Vec::new();
            for factor in facts.cell(row, "factors").split(';').filter(|factor| !factor.is_empty()) {
                let (key, values) = factor.split_once('=').unwrap();
                let field = match key {
                    "system" => {
                        system = if values == "pediatric" { inss } else { TORONTO };
                        continue;
                    }
                    "out_pediatric_group" => continue,
                    "pediatric_grade" => Field::Grade,
                    "s_category_combined" => Field::SCategory,
                    key => PEDIATRIC.iter().find(|(name, _)| *name == key).unwrap().1,
                };
                lists.push(ends(values).into_iter().map(|value| vec![(field, value)]).collect());
            }
            if ["testicular", "rhabdomyosarcoma"].contains(&schema) || schema.starts_with("non_rhabdo") {
                for axis in ["T", "N", "M"] {
                    let of = |category: &str| {
                        codes(schema, axis, category).into_iter().map(|(f, v)| (f, v.to_owned())).collect()
                    };
                    lists.push(facts.cell(row, axis).split('|').map(of).collect());
                }
            }
            for choice in 0..lists.iter().map(Vec::len).product::<usize>() {
                let mut case = Case::default();
                for (field, text) in [(Field::Age, "5"), (Field::Behavior, "3"), (Field::DxYear, "2024")] {
                    put(&mut case, field, text);
                }
                put(&mut case, Field::Site, &first(selection[0]));
                put(&mut case, Field::Histology, &first(selection[1]));
                let mut rest = choice;
                for list in &lists {
                    for (field, value) in &list[rest % list.len()] {
                        put(&mut case, *field, value);
                    }
                    rest /= list.len();
                }
                if case.age.value().is_none_or(|age| age > 19) {
                    continue;
                }
                let expected = toronto_label(schema, facts.cell(row, "stage_group"));
                let found = derived(&mut stager, &case, system);
                compared += 1;
                if found != expected {
                    wrong.push(format!("line {}: {schema} {expected:?}, found {found:?}", row + 2));
                }
            }
        }
    }
    println!("{compared} combinations of the Toronto facts compared");
    assert!(compared > 1_000, "{compared}");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

/// A row of the export, and what stands in some columns of the result.
const RECORDS: &[(&str, &[(&str, &str)])] = &[
    // Osteosarcoma of a child, by M; a soft tissue sarcoma by size and grade; an adult; an unknown age.
    (
        "C40.2,9180/3,2020,12,T2,N0,M1a,,,,,,,",
        &[("toronto", "metastatic bone:2:2"), ("summary", "distant tnm")],
    ),
    ("C40.2,9180/3,2020,12,T2,N0,M0,,,,,,,", &[("toronto", "localized bone:2:1")]),
    ("C40.2,9180/3,2020,45,T2,N0,M0,,,,,,,", &[("toronto", "NA adult")]),
    ("C40.2,9180/3,2020,,T2,N0,M0,,,,,,,", &[("toronto", "UNK age_missing")]),
    ("C64.9,8960/3,2024,3,,,,,,,100,000,00,", &[("toronto", "UNK factor_missing:1|3")]),
    ("C64.9,8960/3,2024,3,,,,,,,110,000,00,", &[("toronto", "y1 renal:2:7")]),
    (
        "C74.9,9500/3,2024,0,,,,,,,200,000,30,",
        &[("toronto", "UNK factor_missing"), ("beside", "inss=4S inss=neuroblastoma:1993:2")],
    ),
    (
        "C77.0,9650/3,2020,16,,,,IIB,,,,,,1",
        &[("toronto", "2B hodgkin:2:4"), ("summary", "regional lymphoma:2018:2")],
    ),
    // Summary stage: certain, open, in situ, and of the nodes alone.
    ("C34.1,8140/3,2020,70,T1b,N0,M0,,,,,,,", &[("summary", "localized tnm"), ("toronto", "NA adult")]),
    (
        "C34.1,8140/3,2020,70,T3,N0,M0,,,,,,,",
        &[("summary", "UNK category_coarse:localized|regional|distant")],
    ),
    ("C34.1,8140/3,2020,70,T1b,N3,M0,,,,,,,", &[("summary", "distant tnm")]),
    ("C18.7,8140/3,2020,70,T2,N1a,,,,,,,,", &[("summary", "regional tnm+m0_assumed")]),
    ("C18.7,8140/2,2020,70,Tis,N0,M0,,,,,,,", &[("summary", "in_situ tnm"), ("figo", "NA no_disease")]),
    ("C42.1,9861/3,2020,70,,,,,,,,,,", &[("summary", "NA no_disease"), ("beside", " ")]),
    // FIGO 2009 beside the recorded item, FIGO 2018 where the categories tell it, FIGO 2014 and 2023.
    (
        "C53.9,8070/3,2019,50,T1b2,N0,M0,,1B2,,,,,",
        &[("figo", "IB2 cervix:2009:9+recorded_agrees"), ("beside", "figo_2018=IB3 figo_2018=cervix:2018:9")],
    ),
    (
        "C53.9,8070/3,2019,50,T1b1,N1,M0,,3C1,,,,,",
        &[
            ("figo", "IB1 cervix:2009:10+recorded_differs"),
            ("beside", "figo_2018=UNK figo_2018=category_coarse:IIIC1|IIIC2"),
        ],
    ),
    ("C53.9,8070/3,2022,50,T1b1,N1a,M0,,3C,,,,,", &[("figo", "IIIC1 cervix:2018+recorded_coarser")]),
    ("C56.9,8461/3,2020,50,T1c2,N0,M0,,,,,,,", &[("figo", "IC2 ovary:2014:11")]),
    (
        "C56.9,8461/3,2020,50,,N0,,,,,,,,",
        &[("figo", "UNK t_unknown:IA|IB|IC1|IC2|IC3|IIA|IIB|IIIA2|IIIB|IIIC+m0_assumed")],
    ),
    ("C53.9,8070/2,2012,50,Tis,N0,M0,,,,,,,", &[("figo", "NA not_in_system"), ("summary", "in_situ tnm")]),
    // CLL beside Lugano: anemia alone does not tell Binet C.
    (
        "C77.9,9823/3,2020,60,,,,I,,1/0/1/1/0,,,,",
        &[("beside", "rai=III;binet=UNK rai=cll:1975:2;binet=factor_missing")],
    ),
    (
        "C77.9,9823/3,2020,60,,,,I,,1/1/0/1/0,,,,",
        &[("beside", "rai=IV;binet=C rai=cll:1975:1;binet=cll:1981:1")],
    ),
    ("C34.1,8140/3,2020,70,T1b,N0,M0,,,,,,,", &[("beside", " ")]),
];

#[test]
fn the_systems_stand_beside_the_stage_group() {
    let mut text = "tumor_key,site,histology,dx_year,age,t,n,m,ann_arbor,figo,ped_primary_tumor,\
        ped_regional_nodes,ped_mets,b_symptoms,lymphocytosis,thrombocytopenia,anemia,adenopathy,organomegaly\n"
        .to_owned();
    for (at, (record, _)) in RECORDS.iter().enumerate() {
        let mut cells: Vec<String> = record.split(',').map(str::to_owned).collect();
        let blood = cells.remove(9);
        let mut blood: Vec<&str> = blood.split('/').collect();
        blood.resize(5, "");
        writeln!(text, "{at},{},{}", cells.join(","), blood.join(",")).unwrap();
    }
    let work = Work::new();
    work.write("a.csv", text);
    let done = work.rstage(&["run", "a.csv", "--out", "out", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let table = Table::read(&work.path("out/records.csv"));
    let mut wrong = Vec::new();
    for (row, (record, expected)) in RECORDS.iter().enumerate() {
        for (system, expected) in *expected {
            let column =
                if *system == "summary" { "rstage_summary_stage" } else { &format!("rstage_{system}") };
            let found = format!(
                "{} {}",
                table.cell(row, column),
                table.cell(row, &format!("rstage_{system}_reason"))
            );
            if found != *expected {
                wrong.push(format!("{record}\n    {system}: expected {expected}, found {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
