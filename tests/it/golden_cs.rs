//! Editions 6 and 7 against Collaborative Stage 02.05.50: the derived T, N, M of each recorded case, in the
//! codes of the derived items (NAACCR 2940 to 3000, 3400 to 3430), and the stage group derived beside them.
//!
//! Every difference stands in `golden_cs_differences.csv`; one that is not listed fails, and so does a listed
//! one that is gone.

use rstage::category::{Axis, Category, Cell, Parsed, Recorded, parse};
use rstage::fields::{Coding, Field};
use rstage::knowledge::Rules;
use rstage::staging::{Basis, MxPolicy, Policy, Stager};

use crate::golden::{Account, Answer, Factors, Golden, group};
use crate::support::shared;

const DIFFERENCES: &str = include_str!("golden_cs_differences.csv");

const AXES: [Axis; 3] = [Axis::T, Axis::N, Axis::M];

/// Pathologic where N was told by surgery, therapy or autopsy: the tables that differ do so by N.
fn basis(golden: &Golden, edition: u8) -> Basis {
    match golden.output(&format!("ajcc{edition}_ndescriptor")) {
        "p" | "yp" | "a" => Basis::Pathologic,
        _ => Basis::Clinical,
    }
}

fn compare(golden: &Golden, edition: u8, factors: &Factors, stager: &mut Stager, account: &mut Account) {
    let coding = if edition == 6 { Coding::DerivedAjcc6 } else { Coding::DerivedAjcc7 };
    let output = |item: &str| golden.output(&format!("stor_ajcc{edition}_{item}"));
    let code = output("stage");
    let tnm = ["t", "n", "m"].map(output);
    let not_applicable = tnm.map(|text| text == "88" || text == "888");
    if not_applicable[0] && not_applicable != [true; 3] {
        return account.skip("a T that the chapter does not have, beside N and M");
    }
    if code.is_empty() || tnm.contains(&"") {
        return account.skip("a category or the group could not be derived");
    }
    if matches!(golden.schema(), "lymphoma" | "lymphoma_ocular_adnexa") {
        return account.skip("lymphoma: the stage is not derived from T, N and M");
    }
    if let Some(why) = golden.untold() {
        return account.skip(why);
    }
    let basis = basis(golden, edition);
    let fields = match basis {
        Basis::Pathologic => [Field::PathT, Field::PathN, Field::PathM],
        _ => [Field::ClinT, Field::ClinN, Field::ClinM],
    };
    let mut case = factors.case(golden, edition, basis);
    let mut labels = AXES.map(|axis| format!("{axis:?}X"));
    for ((field, text), label) in fields.into_iter().zip(tnm).zip(&mut labels) {
        let parsed = parse(field, coding, text);
        match parsed {
            Parsed::Category(Recorded { cell: Cell::Value(category), .. }) => {
                Category::label(category).clone_into(label);
            }
            Parsed::Category(Recorded { cell: Cell::NotApplicable, .. }) => "NA".clone_into(label),
            _ => {}
        }
        case.put(field, parsed);
    }
    // Peritoneum of a woman is told by the discriminator there, by the sex here.
    if golden.schema().starts_with("peritoneum") {
        let sex = if golden.schema() == "peritoneum_female_gen" { "2" } else { "1" };
        case.put(Field::Sex, parse(Field::Sex, Coding::Plain, sex));
    }
    let answer = match group(coding, code) {
        Cell::Value(group) => Answer::Group(group),
        Cell::NotApplicable => Answer::NotApplicable,
        Cell::Unknown => Answer::NoGroup,
        other => panic!("{code}: {other:?}"),
    };
    let name = if basis == Basis::Pathologic { "pathologic" } else { "clinical" };
    let edition = edition.to_string();
    let what = [
        ("edition", edition.as_str()),
        ("basis", name),
        ("t", &labels[0]),
        ("n", &labels[1]),
        ("m", &labels[2]),
    ];
    account.compare(
        golden,
        &what,
        (answer, golden.output(&format!("ajcc{edition}_stage"))),
        stager.stage(&case).original.outcome,
    );
}

#[test]
fn groups_of_editions_six_and_seven_are_those_of_collaborative_stage() {
    let Some(folder) = shared("golden") else { return };
    // MX of the 6th edition is an answer of its own there.
    let policy = Policy { mx: MxPolicy::Unknown, ..Policy::default() };
    let mut stager = Stager::new(Rules::builtin().unwrap(), policy);
    let factors = Factors::new();
    let mut account = Account::new(DIFFERENCES);
    for golden in Golden::all(&folder.join("cs.jsonl.gz")) {
        if !golden.is_staged() {
            account.skip("the engine refused the case");
            continue;
        }
        for edition in [6, 7] {
            compare(&golden, edition, &factors, &mut stager, &mut account);
        }
    }
    account.close(30_000);
}
