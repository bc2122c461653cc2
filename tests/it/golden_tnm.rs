//! The 7th edition against an independent engine: recorded answers of SEER's TNM algorithm (2.1, UICC 7),
//! clinical and pathologic, through the same stager that a run uses.
//!
//! How the engine's inputs become ours stands in `golden_factors.csv`, every difference in
//! `golden_tnm_differences.csv`; a difference that is not listed fails, and so does a listed one that is gone.

use rstage::category::{Axis, Category, Cell, Recorded, parse};
use rstage::fields::{Coding, Field};
use rstage::knowledge::Rules;
use rstage::staging::{Basis, Case, Policy, Stager};
use serde_json::Value;

use crate::golden::{Account, Answer, Factors, Golden, group};
use crate::support::shared;

const DIFFERENCES: &str = include_str!("golden_tnm_differences.csv");

/// One classification of the golden files: its inputs and its answer there.
struct Side {
    name: &'static str,
    basis: Basis,
    inputs: [&'static str; 3],
    others: [&'static str; 3],
    fields: [Field; 3],
    answer: &'static str,
}

const CLIN: [&str; 3] = ["clin_t", "clin_n", "clin_m"];
const PATH: [&str; 3] = ["path_t", "path_n", "path_m"];

const SIDES: [Side; 2] = [
    Side {
        name: "clinical",
        basis: Basis::Clinical,
        inputs: CLIN,
        others: PATH,
        fields: [Field::ClinT, Field::ClinN, Field::ClinM],
        answer: "clin_stage_group",
    },
    Side {
        name: "pathologic",
        basis: Basis::Pathologic,
        inputs: PATH,
        others: CLIN,
        fields: [Field::PathT, Field::PathN, Field::PathM],
        answer: "path_stage_group",
    },
];

/// T, N, M as the engine reads them: a blank T or N is X beside a recorded other side, except that an in-situ
/// pathologic T is the clinical one as well; M0 unless one side says more.
fn categories(golden: &Golden, side: &Side) -> [String; 3] {
    let own = side.inputs.map(|key| golden.input(key));
    let other = side.others.map(|key| golden.input(key));
    let t = match own[0] {
        "" if side.basis == Basis::Clinical && (other[0].starts_with("pIS") || other[0] == "pA") => other[0],
        "" => "X",
        t => t,
    };
    let n = if own[1].is_empty() { "X" } else { own[1] };
    let m = match (own[2], side.basis) {
        ("", Basis::Pathologic) if !other[2].is_empty() => other[2],
        ("", _) if other[2].contains('1') => other[2],
        ("", _) => "c0",
        (m, _) => m,
    };
    [t, n, m].map(str::to_owned)
}

fn case(golden: &Golden, factors: &Factors, side: &Side, tnm: &[String; 3]) -> Case {
    let mut case = factors.case(golden, 7, side.basis);
    let mut put = |field: Field, text: &str| case.put(field, parse(field, Coding::Plain, text));
    if golden.schema() == "lymphoma" {
        let group = golden.input("clin_stage_group_direct");
        put(Field::AnnArbor, group.get(..1).unwrap_or_default());
        return case;
    }
    for (field, text) in side.fields.into_iter().zip(tnm) {
        put(field, text);
    }
    case
}

/// Whether the engine could not read a category, or found no table for the histology, grade and age.
fn has_no_table(golden: &Golden) -> bool {
    let about = |error: &Value| {
        error["table"].as_str().is_some_and(|table| table.starts_with("determine_default"))
            || error["columns"].as_array().is_some_and(|columns| columns.contains(&"stage_table".into()))
    };
    golden.0["errors"].as_array().is_some_and(|errors| errors.iter().any(about))
}

/// The codes for "no such combination" and "unknown" are 90 and 99.
fn answer(code: &str) -> Answer {
    match code {
        "88" => Answer::NotApplicable,
        "90" | "99" => Answer::NoGroup,
        code => group(Coding::Plain, code).value().map_or_else(|| panic!("{code}"), Answer::Group),
    }
}

/// Why a classification of a golden case is not compared.
fn skipped(golden: &Golden, side: &Side, tnm: &[String; 3]) -> Option<&'static str> {
    if golden.schema() == "lymphoma" {
        return match (side.basis, golden.output(side.answer)) {
            (Basis::Clinical, "88" | "90" | "99" | "") => {
                Some("lymphoma: no stage recorded, or one that contradicts the B symptoms")
            }
            (Basis::Clinical, _) => None,
            _ => Some("lymphoma: one stage for both classifications"),
        };
    }
    let recorded = |keys: &[&str]| keys.iter().any(|key| !golden.0["input"][key].is_null());
    if golden.output(side.answer) == "88"
        && !recorded(&[CLIN, PATH].concat())
        && !recorded(&["clin_stage_group_direct", "path_stage_group_direct"])
    {
        return None;
    }
    if side.inputs.iter().all(|key| golden.input(key).is_empty()) {
        return Some("nothing recorded under the classification");
    }
    if has_no_table(golden) {
        return Some("a T, N or M that is no category, or a grade or age without a table");
    }
    if tnm.iter().any(|category| category == "88") {
        return Some("T, N or M recorded as not applicable");
    }
    golden.untold()
}

/// A category as the list of differences writes it; cN0 is a clinical N0 in the pathologic field.
fn label(axis: Axis, side: &Side, text: &str) -> String {
    let label = match parse(side.fields[axis as usize], Coding::Plain, text) {
        rstage::category::Parsed::Category(Recorded { cell: Cell::Value(category), .. }) => {
            Category::label(category).to_owned()
        }
        _ => format!("{axis:?}X"),
    };
    let clinical = axis == Axis::N && side.basis == Basis::Pathologic && text.starts_with('c');
    if clinical { format!("c{label}") } else { label }
}

#[test]
fn groups_of_the_seventh_edition_are_those_of_the_tnm_engine() {
    let Some(folder) = shared("golden") else { return };
    let mut stager = Stager::new(Rules::builtin().unwrap(), Policy::default());
    let factors = Factors::new();
    let mut account = Account::new(DIFFERENCES);
    for golden in Golden::all(&folder.join("tnm.jsonl.gz")) {
        for side in &SIDES {
            if !golden.is_staged() {
                account.skip("the engine refused the case");
                continue;
            }
            let tnm = categories(&golden, side);
            if let Some(why) = skipped(&golden, side, &tnm) {
                account.skip(why);
                continue;
            }
            let code = golden.output(side.answer);
            let ours = stager.stage(&case(&golden, &factors, side, &tnm)).original.outcome;
            let [t, n, m] = [Axis::T, Axis::N, Axis::M].map(|axis| label(axis, side, &tnm[axis as usize]));
            let what = [("basis", side.name), ("t", &t), ("n", &n), ("m", &m)];
            account.compare(&golden, &what, (answer(code), code), ours);
        }
    }
    account.close(45_000);
}
