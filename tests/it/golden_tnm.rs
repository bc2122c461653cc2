//! The 7th edition against an independent engine: recorded answers of SEER's TNM algorithm (2.1, UICC 7),
//! clinical and pathologic, through the same stager that a run uses.
//!
//! How the engine's inputs become ours stands in `golden_tnm_factors.csv`, every difference in
//! `golden_tnm_differences.csv`; a difference that is not listed fails, and so does a listed one that is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};

use rstage::category::{Axis, Category, Cell, Edition, Recorded, StageGroup, parse};
use rstage::fields::{Coding, Field};
use rstage::knowledge::Rules;
use rstage::staging::{Basis, Case, Outcome, Policy, Stager};
use serde_json::Value;

use crate::support::{Row, embedded, shared, takes};

const FACTORS: &str = include_str!("golden_tnm_factors.csv");
const DIFFERENCES: &str = include_str!("golden_tnm_differences.csv");

/// The engine's codes for "no such combination" and "unknown".
const NO_GROUP: [&str; 2] = ["90", "99"];

struct Golden(Value);

impl Golden {
    fn text(&self, part: &str, key: &str) -> &str {
        self.0[part].get(key).and_then(Value::as_str).unwrap_or_default().trim()
    }

    fn input(&self, key: &str) -> &str {
        self.text("input", key)
    }

    fn schema(&self) -> &str {
        self.0["schema_id"].as_str().unwrap_or_default()
    }

    /// Whether the engine could not read a category, or found no table for the histology, grade and age.
    fn has_no_table(&self) -> bool {
        let about = |error: &Value| {
            error["table"].as_str().is_some_and(|table| table.starts_with("determine_default"))
                || error["columns"].as_array().is_some_and(|columns| columns.contains(&"stage_table".into()))
        };
        self.0["errors"].as_array().is_some_and(|errors| errors.iter().any(about))
    }
}

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

fn contains(list: &str, code: &str) -> bool {
    list.split(' ').any(|part| match part.split_once('-') {
        Some((low, high)) => {
            let number = |text: &str| text.parse::<u32>().ok();
            number(code).is_some_and(|code| (number(low)..=number(high)).contains(&Some(code)))
        }
        None => part == code,
    })
}

/// S of the testis from the three markers after orchiectomy, where their codes are plain ranges.
fn s_category(golden: &Golden) -> Option<&'static str> {
    let codes = ["ssf13", "ssf15", "ssf16"].map(|key| match golden.input(key) {
        "" => "999",
        code => code,
    });
    if codes == ["999"; 3] {
        return Some("SX");
    }
    let classes = codes.map(|code| ["000", "010", "020", "030"].iter().position(|known| *known == code));
    let highest = classes.into_iter().collect::<Option<Vec<usize>>>()?.into_iter().max()?;
    Some(["S0", "S1", "S2", "S3"][highest])
}

fn case(golden: &Golden, factors: &[Row], side: &Side, tnm: &[String; 3]) -> Case {
    let mut case = Case { edition: Cell::Value(Edition(7)), ..Case::default() };
    let mut put = |field: Field, text: &str| case.put(field, parse(field, Coding::Plain, text));
    for (input, field) in [
        ("site", Field::Site),
        ("hist", Field::Histology),
        ("sex_at_birth", Field::Sex),
        ("ssf25", Field::Ssf25),
    ] {
        put(field, golden.input(input));
    }
    if golden.schema() != "lymphoma" {
        for (field, text) in side.fields.into_iter().zip(tnm) {
            put(field, text);
        }
    }
    for row in factors {
        let code = golden.input(&row["input"]);
        if !row["schema"].split(' ').any(|schema| schema == golden.schema())
            || !contains(&row["codes"], code)
            || (row["field"] == "gleason_clin" && side.basis != Basis::Clinical)
            || (row["field"] == "gleason_path" && side.basis != Basis::Pathologic)
        {
            continue;
        }
        let value = match row["value"].as_str() {
            "=" => code.to_owned(),
            "/10" => format!("{}", code.parse::<f64>().unwrap() / 10.0),
            value => value.to_owned(),
        };
        put(Field::from_id(&row["field"]).unwrap(), &value);
    }
    if golden.schema() == "lymphoma" {
        let group = golden.input("clin_stage_group_direct");
        put(Field::AnnArbor, group.get(..1).unwrap_or_default());
    }
    if golden.schema() == "testis" {
        put(Field::SCategory, s_category(golden).unwrap_or_default());
    }
    case
}

fn show(outcome: Outcome) -> String {
    match outcome {
        Outcome::Group(group) => group.label().to_owned(),
        Outcome::Open { low, high, .. } => format!("{}..{}", low.label(), high.label()),
        Outcome::NotApplicable(cause) | Outcome::Unknown(cause) => cause.id().to_owned(),
    }
}

fn group(code: &str) -> StageGroup {
    match parse(Field::ClinGroup, Coding::Plain, code) {
        rstage::category::Parsed::Group(Recorded { cell: Cell::Value(group), .. }) => group,
        other => panic!("{code}: {other:?}"),
    }
}

/// Whether an answer of the engine and ours say the same: the same group, or both none; a group of
/// the engine without its letter is our open letter.
fn same(answer: &str, ours: Outcome) -> bool {
    if answer == "88" {
        return matches!(ours, Outcome::NotApplicable(_));
    }
    if NO_GROUP.contains(&answer) {
        return matches!(ours, Outcome::Open { stage: None, .. } | Outcome::Unknown(_));
    }
    let theirs = group(answer);
    match ours {
        Outcome::Group(ours) => ours == theirs,
        Outcome::Open { low, high, stage: Some(stage), .. } => {
            let whole = |group: StageGroup| group.label().starts_with(theirs.label());
            stage == theirs.stage() && whole(low) && whole(high)
        }
        _ => false,
    }
}

/// Why a classification of a golden case is not compared.
fn skipped(golden: &Golden, side: &Side, tnm: &[String; 3]) -> Option<&'static str> {
    if golden.schema() == "lymphoma" {
        return match (side.basis, golden.text("output", side.answer)) {
            (Basis::Clinical, "88" | "90" | "99" | "") => {
                Some("lymphoma: no stage recorded, or one that contradicts the B symptoms")
            }
            (Basis::Clinical, _) => None,
            _ => Some("lymphoma: one stage for both classifications"),
        };
    }
    let recorded = |keys: &[&str]| keys.iter().any(|key| !golden.0["input"][key].is_null());
    if golden.text("output", side.answer) == "88"
        && !recorded(&[CLIN, PATH].concat())
        && !recorded(&["clin_stage_group_direct", "path_stage_group_direct"])
    {
        return None;
    }
    if side.inputs.iter().all(|key| golden.input(key).is_empty()) {
        return Some("nothing recorded under the classification");
    }
    if golden.has_no_table() {
        return Some("a T, N or M that is no category, or a grade or age without a table");
    }
    if tnm.iter().any(|category| category == "88") {
        return Some("T, N or M recorded as not applicable");
    }
    match golden.schema() {
        "bone" | "esophagus" | "esophagus_gejunction" | "thyroid"
            if matches!(golden.input("grade"), "5" | "6" | "7" | "8") =>
        {
            Some("a cell type of lymphoma or leukemia as the grade")
        }
        "testis" if s_category(golden).is_none() => Some("testis: a marker without a plain range"),
        "gist_peritoneum" if golden.input("ssf10") == "020" => {
            Some("gist_peritoneum: omentum told by an item that is no field here")
        }
        _ => None,
    }
}

#[derive(Default)]
struct Figures {
    compared: u64,
    agree: u64,
    without_group: u64,
    listed: u64,
}

#[test]
fn groups_of_the_seventh_edition_are_those_of_the_tnm_engine() {
    let Some(folder) = shared("golden") else { return };
    let rules = Rules::builtin().unwrap();
    let mut stager = Stager::new(rules, Policy::default());
    let factors = embedded(FACTORS);
    let known = embedded(DIFFERENCES);
    let mut used = BTreeSet::new();
    let mut unlisted: BTreeMap<String, u64> = BTreeMap::new();
    let mut not_compared: BTreeMap<String, u64> = BTreeMap::new();
    let mut by_schema: BTreeMap<String, Figures> = BTreeMap::new();
    let file = std::fs::File::open(folder.join("tnm.jsonl.gz")).unwrap();
    for line in BufReader::new(flate2::read::GzDecoder::new(file)).lines() {
        let golden = Golden(serde_json::from_str(&line.unwrap()).unwrap());
        if golden.0["result"] != "STAGED" {
            *not_compared.entry("the engine refused the case".to_owned()).or_default() += 2;
            continue;
        }
        for side in &SIDES {
            let tnm = categories(&golden, side);
            if let Some(why) = skipped(&golden, side, &tnm) {
                *not_compared.entry(why.to_owned()).or_default() += 1;
                continue;
            }
            let answer = golden.text("output", side.answer);
            let ours = stager.stage(&case(&golden, &factors, side, &tnm)).original.outcome;
            let figures = by_schema.entry(golden.schema().to_owned()).or_default();
            figures.compared += 1;
            if same(answer, ours) {
                figures.agree += 1;
                figures.without_group += u64::from(ours.group().is_none());
                continue;
            }
            let difference = difference(&golden, side, &tnm, answer, ours);
            let matching: Vec<usize> =
                (0..known.len()).filter(|&row| takes(&known[row], &difference)).collect();
            if matching.is_empty() {
                let text = ["schema", "basis", "t", "n", "m", "hist", "engine", "ours"]
                    .map(|column| difference[column].as_str())
                    .join(",");
                *unlisted.entry(text).or_default() += 1;
            } else {
                figures.listed += 1;
                used.extend(matching);
            }
        }
    }
    let mut out = String::from("schema, compared, agree, listed differences\n");
    let mut sum = Figures::default();
    for (schema, figures) in &by_schema {
        let _ =
            writeln!(out, "{schema:<40} {:>6} {:>6} {:>5}", figures.compared, figures.agree, figures.listed);
        sum.compared += figures.compared;
        sum.agree += figures.agree;
        sum.without_group += figures.without_group;
        sum.listed += figures.listed;
    }
    let share = sum.agree as f64 / sum.compared as f64 * 100.0;
    let _ = writeln!(
        out,
        "{} answers compared, {} agree ({share:.2} %; {} of them on no single group), {} differ as listed",
        sum.compared, sum.agree, sum.without_group, sum.listed
    );
    for (why, times) in &not_compared {
        let _ = writeln!(out, "{times} not compared: {why}");
    }
    println!("{out}");
    for (text, times) in &unlisted {
        println!("NEW {times},{text}");
    }
    let gone: Vec<&Row> = (0..known.len()).filter(|row| !used.contains(row)).map(|row| &known[row]).collect();
    assert!(unlisted.is_empty(), "{} differences are not listed", unlisted.len());
    assert!(gone.is_empty(), "listed, but gone: {gone:?}");
    assert!(sum.compared > 40_000, "{} answers compared", sum.compared);
}

fn difference(golden: &Golden, side: &Side, tnm: &[String; 3], answer: &str, ours: Outcome) -> Row {
    let label = |axis: Axis, field: Field, text: &str| match parse(field, Coding::Plain, text) {
        rstage::category::Parsed::Category(Recorded { cell: Cell::Value(category), .. }) => {
            Category::label(category).to_owned()
        }
        _ => format!("{axis:?}X"),
    };
    let clinical_n = side.basis == Basis::Pathologic && tnm[1].starts_with('c');
    Row::from(
        [
            ("schema", golden.schema().to_owned()),
            ("basis", side.name.to_owned()),
            ("t", label(Axis::T, side.fields[0], &tnm[0])),
            (
                "n",
                format!("{}{}", if clinical_n { "c" } else { "" }, label(Axis::N, side.fields[1], &tnm[1])),
            ),
            ("m", label(Axis::M, side.fields[2], &tnm[2])),
            ("hist", golden.input("hist").to_owned()),
            ("engine", answer.to_owned()),
            ("ours", show(ours)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    )
}
