//! Every rule speaks where it should and is silent beside it.

use proptest::prelude::*;

use crate::audit::testing::{Draft, category, date, group, open, partial_date};
use crate::audit::{Expected, SeveritySetting};
use crate::category::{Behavior, Cell, Edition, Histology, OrganSet, PartialDate, Stage, StageGroup};
use crate::fields::Field;
use crate::knowledge::System;
use crate::staging::{Basis, Cause, Outcome};

const SINGLE: Basis = Basis::Single;
const CLINICAL: Basis = Basis::Clinical;
const PATHOLOGIC: Basis = Basis::Pathologic;
const POST: Basis = Basis::PostTherapy;
const RESTAGED: Basis = Basis::Restaged;

/// Checks one rule on several records: a severity, or `-` for silence.
fn check(rule: &str, records: Vec<(&str, Draft)>) {
    for (at, (expected, draft)) in records.into_iter().enumerate() {
        let found = draft.severity(rule).unwrap_or("-");
        assert_eq!(found, expected, "{rule}, record {at}: all findings {:?}", draft.findings());
    }
}

fn new() -> Draft {
    Draft::new()
}

/// A record whose recorded and derived groups stand under one classification.
fn groups(recorded: &str, derived: &str) -> Draft {
    new().recorded(SINGLE, recorded).derives(SINGLE, derived)
}

/// A restaging with M of a date.
fn restaged(m: &str, year: u16, month: u8) -> Draft {
    new().with(RESTAGED, m).case(|case| case.r_date = date(year, month, 15))
}

#[test]
fn a_clean_record_has_no_finding() {
    let draft =
        groups("IIA", "IIA").m("M0").flags("000000").case(|case| case.edition = Cell::Value(Edition(8)));
    assert_eq!(draft.findings(), Vec::<String>::new());
}

#[test]
fn d01_major_mismatch() {
    let reviewed = |draft: Draft| draft.case(|case| case.override_tnm = Cell::Value(true));
    check(
        "D01",
        vec![
            ("error", groups("IIA", "IIIA")),
            ("info", reviewed(groups("IIA", "IIIA"))),
            ("-", groups("IIIB", "IIIA")),
            ("error", new().recorded(SINGLE, "IV").derived(SINGLE, open("IIA", "IIIC"))),
            ("-", new().recorded(SINGLE, "IIB").derived(SINGLE, open("IIA", "IIIC"))),
            // Each classification is held against its own derivation.
            ("error", groups("IIA", "IIA").recorded(CLINICAL, "IA").derives(CLINICAL, "IIIA")),
            ("error", groups("IIA", "IIA").recorded(POST, "IA").derives(POST, "IIIA")),
            ("-", new().recorded(CLINICAL, "IA").derives(PATHOLOGIC, "IIIA")),
            // The table's only group belongs to whatever was derived, and the reverse.
            ("error", new().recorded(SINGLE, "IA").derives(PATHOLOGIC, "IIIA")),
            ("error", new().recorded(CLINICAL, "IA").derives(SINGLE, "IIIA")),
            ("-", new().recorded(SINGLE, "IA").recorded(PATHOLOGIC, "IIIA").derives(PATHOLOGIC, "IIIA")),
        ],
    );
    let (_, findings) = groups("IIA", "IIIA").audit();
    assert_eq!(findings[0].expected, Expected::Group(group("IIIA")));
    assert_eq!(findings[0].fields, [Field::T, Field::N, Field::M, Field::StageGroup]);
}

#[test]
fn d02_substage_mismatch() {
    check(
        "D02",
        vec![
            ("warning", groups("IIIB", "IIIA")),
            ("-", groups("III", "IIIA")),
            ("-", groups("IIIA", "III")),
            ("-", groups("IIA", "IIIA")),
            ("warning", new().recorded(SINGLE, "IIIC").derived(SINGLE, open("IIIA", "IIIB"))),
            ("-", new().recorded(SINGLE, "IIIB").derived(SINGLE, open("IIIA", "IIIC"))),
            ("warning", new().recorded(SINGLE, "IIIC").derived(SINGLE, open("IIA", "IIIA"))),
        ],
    );
}

#[test]
fn d03_and_d04_one_side_unknown() {
    let none = Outcome::Unknown(Cause::TUnknown);
    let unknown = |draft: Draft| draft.case(|case| case.sets[0].group.cell = Cell::Unknown);
    check(
        "D03",
        vec![
            ("warning", new().derives(SINGLE, "IIA")),
            ("warning", unknown(new().derives(SINGLE, "IIA"))),
            ("warning", new().derived(SINGLE, open("IIA", "IIB"))),
            ("-", new().derived(SINGLE, open("IIA", "IIIB"))),
            // FIGO under clinical, TNM under pathologic: the stage is not missing.
            ("-", new().recorded(Basis::Clinical, "IB").derives(Basis::Pathologic, "IIIB")),
            ("-", unknown(new().derived(SINGLE, none))),
            ("-", new().derived(SINGLE, Outcome::NotApplicable(Cause::NoStageGroup))),
        ],
    );
    check(
        "D04",
        vec![
            ("info", new().recorded(SINGLE, "IIA").derived(SINGLE, none)),
            ("info", new().recorded(SINGLE, "IIB").derived(SINGLE, open("IIA", "IIIB"))),
            ("-", new().recorded(SINGLE, "IIA").derived(SINGLE, open("IIA", "IIB"))),
            ("-", new().derived(SINGLE, none)),
            ("-", new().recorded(SINGLE, "I").derived(SINGLE, Outcome::NotApplicable(Cause::NoStageGroup))),
        ],
    );
}

#[test]
fn d05_invalid_combination() {
    let combination = |cause: Cause, complete: bool| {
        let mut draft = new().derived(SINGLE, Outcome::Unknown(cause));
        let derived = draft.staged.by_basis[SINGLE as usize].as_mut().unwrap();
        derived.t = category("T0");
        derived.n = category("N0");
        if complete {
            derived.m = category("M0");
        }
        draft
    };
    check(
        "D05",
        vec![
            ("error", combination(Cause::NoRow, true)),
            ("-", combination(Cause::NoRow, false)),
            ("-", combination(Cause::TUnknown, true)),
        ],
    );
}

#[test]
fn d06_m1_below_schema() {
    let lowest = |draft: Draft, stage: Stage| draft.schema(|schema| schema.m1_stage = Some(stage));
    check(
        "D06",
        vec![
            ("error", groups("IIIA", "IV").m("M1")),
            ("error", new().recorded(SINGLE, "IIIA").m("M1")),
            ("-", groups("IVB", "IVB").m("M1")),
            ("-", groups("IIIA", "IIIA").m("M0")),
            // Metastasis proven at surgery does not touch the clinical group.
            (
                "-",
                new()
                    .recorded(PATHOLOGIC, "IV")
                    .with(PATHOLOGIC, "pM1")
                    .derives(PATHOLOGIC, "IV")
                    .recorded(CLINICAL, "IIA")
                    .with(CLINICAL, "cM0")
                    .derives(CLINICAL, "IIA"),
            ),
            // Testis: M1 is stage III.
            ("-", lowest(groups("IIIA", "IIIA").m("M1a"), Stage::III)),
            ("error", lowest(groups("IIA", "IIIA").m("M1a"), Stage::III)),
            // Thyroid: II below 55 years, IV from 55 on, as the derivation knows.
            ("-", lowest(groups("II", "II").m("M1"), Stage::II)),
            ("error", lowest(groups("II", "IVB").m("M1"), Stage::II)),
        ],
    );
}

#[test]
fn d07_iv_with_m0() {
    let only_m1 = |draft: Draft| draft.schema(|schema| schema.iv_with_m0 = false);
    check(
        "D07",
        vec![
            ("error", only_m1(groups("IV", "III").m("M0"))),
            ("-", groups("IVA", "IVA").m("M0")),
            ("-", only_m1(groups("IV", "IV").m("M1"))),
            ("-", only_m1(groups("III", "III").m("M0"))),
            ("-", only_m1(new().recorded(SINGLE, "IV"))),
        ],
    );
}

#[test]
fn d08_above_highest() {
    let testis = |draft: Draft| {
        draft.schema(|schema| {
            schema.highest = Some(group("IIIC"));
            schema.m1_stage = Some(Stage::III);
            schema.iv_with_m0 = false;
        })
    };
    check(
        "D08",
        vec![
            ("error", testis(groups("IV", "IIIA").m("M1"))),
            ("error", testis(groups("IV", "I").m("M0"))),
            ("-", testis(groups("IIIA", "IIIC").m("M1"))),
            ("-", groups("IVC", "IVB").m("M1")),
        ],
    );
    // It says the same as D07 would, and better.
    check("D07", vec![("-", testis(groups("IV", "I").m("M0")))]);
}

#[test]
fn d09_and_d10_tnm_outside_its_systems() {
    let under = |draft: Draft, system: System| {
        draft.schema(|schema| {
            schema.system = system;
            schema.solid = false;
            schema.m1_stage = None;
            schema.highest = None;
        })
    };
    let na = |draft: Draft| draft.case(|case| case.sets[0].t.cell = Cell::NotApplicable);
    check(
        "D09",
        vec![
            ("error", under(new().m("M0"), System::Heme)),
            ("error", under(new().recorded(SINGLE, "IV"), System::Heme)),
            ("error", under(new().with(CLINICAL, "cT1"), System::Iss)),
            ("-", under(new().recorded(SINGLE, "III"), System::Iss)),
            ("-", under(na(new()), System::Heme)),
            ("-", under(new().m("M0"), System::Lugano)),
            ("-", new().m("M0")),
        ],
    );
    check(
        "D10",
        vec![
            ("error", under(new().m("M0"), System::Lugano)),
            ("error", under(new().with(CLINICAL, "cN1"), System::Rai)),
            ("-", under(new().recorded(SINGLE, "IV"), System::Lugano)),
            ("-", under(new().m("M0"), System::Heme)),
        ],
    );
}

#[test]
fn d11_regional_as_distant() {
    let eod = |code| new().of("colon_rectum", 8).case(move |case| case.eod_mets = Cell::Value(code));
    check(
        "D11",
        vec![
            ("warning", new().m("M1").flags("001000")),
            ("warning", new().m("M1").with(SINGLE, "N0").flags("001000")),
            ("-", new().m("M1").with(SINGLE, "N1").flags("001000")),
            ("-", new().m("M1").flags("101000")),
            ("-", new().m("M1").flags("100000")),
            ("warning", eod(10)),
            ("-", eod(20)),
        ],
    );
}

#[test]
fn d12_sites_against_m() {
    let present = |draft: Draft, yes| draft.case(move |case| case.met_present = Cell::Value(yes));
    let listed = |draft: Draft, set| draft.case(move |case| case.met_sites = Cell::Value(OrganSet(set)));
    let eod = |draft: Draft, code| draft.case(move |case| case.eod_mets = Cell::Value(code));
    check(
        "D12",
        vec![
            ("error", new().m("M0").flags("100000")),
            ("error", new().m("M0").flags("000002")),
            ("error", new().m("M1").flags("000000")),
            ("-", new().m("M1").flags("000009")),
            ("-", new().m("M1").flags("00000-")),
            ("-", new().m("M1").flags("100000")),
            ("-", new().m("M0").flags("000000")),
            // Pleura and pericardium are none of the six organs.
            ("-", new().of("lung", 8).m("M1a").flags("000000")),
            ("error", new().of("lung", 8).m("M1b").flags("000000")),
            ("error", eod(new().flags("100000"), 0)),
            ("error", eod(new().m("M0"), 10)),
            ("-", eod(new().m("M0(i+)"), 5)),
            ("error", eod(new().of("pleural_mesothelioma", 8).m("M0"), 5)),
            ("error", present(new().m("M0"), true)),
            ("error", present(new().m("M1"), false)),
            ("-", present(new().m("M1"), true)),
            ("error", listed(new().m("M0"), 1)),
            ("-", listed(new().m("M1"), 1)),
            // Nodes beside N1 are the regional ones; beside N0 they can only be distant.
            ("-", listed(new().m("N1").m("M0"), OrganSet::NODES.0)),
            ("error", listed(new().m("N0").m("M0"), OrganSet::NODES.0)),
            ("error", listed(new().m("N1").m("M0"), OrganSet::NODES.0 | 1)),
            // cM0 beside pM1 is M1.
            ("-", new().with(CLINICAL, "cM0").with(PATHOLOGIC, "pM1").flags("100000")),
        ],
    );
}

#[test]
fn d13_summary_stage_against_m() {
    let summary = |draft: Draft, code| draft.case(move |case| case.summary_stage = Cell::Value(code));
    check(
        "D13",
        vec![
            ("warning", summary(groups("IIA", "IIA").m("M0"), 7)),
            ("info", summary(groups("IVA", "IVA").m("M0"), 7)),
            ("warning", summary(new().m("M1"), 3)),
            ("warning", summary(new().m("M1"), 9)),
            ("-", summary(new().m("M1"), 7)),
            ("-", summary(new().m("M0"), 3)),
            ("-", new().m("M1")),
        ],
    );
}

#[test]
fn d14_edition_against_year() {
    let edition =
        |draft: Draft, edition| draft.case(move |case| case.edition = Cell::Value(Edition(edition)));
    check(
        "D14",
        vec![
            ("error", edition(new(), 7)),
            ("-", edition(new(), 8)),
            ("-", new()),
            ("-", edition(new().schema(|schema| schema.dx_edition = None), 7)),
            ("error", edition(new().schema(|schema| schema.foreign = Some(PATHOLOGIC)), 8)),
        ],
    );
}

#[test]
fn d15_c_p_mix() {
    check(
        "D15",
        vec![
            ("warning", new().with(CLINICAL, "pT2")),
            ("-", new().with(CLINICAL, "pTis")),
            ("-", new().with(CLINICAL, "pM1")),
            ("warning", new().with(CLINICAL, "pM0")),
            ("-", new().with(CLINICAL, "cT2")),
            ("warning", new().with(PATHOLOGIC, "cT2")),
            ("warning", new().with(PATHOLOGIC, "cN1")),
            ("-", new().with(PATHOLOGIC, "cN0")),
            ("-", new().with(PATHOLOGIC, "cM0")),
            ("-", new().with(PATHOLOGIC, "T2")),
            ("-", new().with(SINGLE, "pT2")),
        ],
    );
}

#[test]
fn d16_staged_without_a_patient() {
    let source = |draft: Draft, code| draft.case(move |case| case.reporting_source = Cell::Value(code));
    check(
        "D16",
        vec![
            ("warning", source(groups("IIA", "IIA"), 7)),
            ("-", source(new().derives(SINGLE, "IIA"), 7)),
            ("warning", source(new().with(CLINICAL, "cT2"), 6)),
            ("warning", source(new().with(SINGLE, "pT2"), 6)),
            ("-", source(new().with(PATHOLOGIC, "aT2"), 6)),
            ("-", source(groups("IIA", "IIA"), 1)),
        ],
    );
}

#[test]
fn d17_behavior_against_group() {
    let behavior = |draft: Draft, code| draft.case(move |case| case.behavior = Cell::Value(Behavior(code)));
    check(
        "D17",
        vec![
            ("error", behavior(groups("IA", "IA"), 2)),
            ("-", behavior(groups("0", "0"), 2)),
            ("error", behavior(groups("0", "0"), 3)),
            ("-", behavior(groups("IA", "IA"), 3)),
            ("-", behavior(groups("0", "0").with(SINGLE, "Tis(Paget)"), 3)),
            ("-", behavior(groups("0", "0"), 3).case(|case| case.histology = Cell::Value(Histology(8540)))),
            // Rai 0 is a stage of a malignant disease.
            ("-", behavior(groups("0", "0").schema(|schema| schema.system = System::Rai), 3)),
        ],
    );
}

#[test]
fn d18_yp_without_neoadjuvant() {
    let neoadjuvant = |draft: Draft, given| draft.case(move |case| case.neoadjuvant = Cell::Value(given));
    check(
        "D18",
        vec![
            ("warning", neoadjuvant(new().with(POST, "ypT2"), false)),
            ("-", neoadjuvant(new().with(POST, "ypT2"), true)),
            ("-", new().with(POST, "ypT2")),
            ("-", neoadjuvant(new().with(PATHOLOGIC, "pT2"), false)),
        ],
    );
}

#[test]
fn r01_original_overwritten() {
    let event = |draft: Draft, year| draft.case(move |case| case.r_date = date(year, 6, 1));
    let needs_m1 = |draft: Draft| draft.schema(|schema| schema.iv_with_m0 = false);
    check(
        "R01",
        vec![
            ("error", event(groups("IV", "IIA").recorded(RESTAGED, "IV"), 2022)),
            ("error", event(groups("IV", "IIA").derives(RESTAGED, "IV"), 2022)),
            ("-", event(groups("IV", "IV").recorded(RESTAGED, "IV"), 2022)),
            ("-", event(groups("IIIA", "IIA").recorded(RESTAGED, "IV"), 2022)),
            (
                "-",
                event(groups("IV", "IIA").recorded(RESTAGED, "IV"), 2020).case(|case| {
                    case.surgery_date = date(2020, 7, 1);
                }),
            ),
            ("error", event(needs_m1(new().recorded(SINGLE, "IV").m("M0").with(RESTAGED, "rM1")), 2022)),
            ("-", event(new().recorded(SINGLE, "IV").m("M0").with(RESTAGED, "rM1"), 2022)),
            (
                "error",
                needs_m1(new().recorded(SINGLE, "IV").m("M0").recurrence(55)).case(|case| {
                    case.recurrence_date = date(2022, 0, 0);
                }),
            ),
        ],
    );
}

#[test]
fn r02_and_r03_prefixes() {
    let autopsy = |draft: Draft| draft.case(|case| case.reporting_source = Cell::Value(6));
    let neoadjuvant = |draft: Draft| draft.case(|case| case.neoadjuvant = Cell::Value(true));
    check(
        "R02",
        vec![
            ("error", new().with(SINGLE, "rT2")),
            ("error", new().with(PATHOLOGIC, "aT2")),
            ("-", autopsy(new().with(PATHOLOGIC, "aT2"))),
            ("-", new().with(RESTAGED, "rT2")),
            ("-", new().with(PATHOLOGIC, "pT2")),
        ],
    );
    check(
        "R03",
        vec![
            ("error", new().with(PATHOLOGIC, "ypT2")),
            ("-", new().with(POST, "ypT2")),
            ("warning", neoadjuvant(new().recorded(PATHOLOGIC, "IIA"))),
            ("-", neoadjuvant(new().recorded(PATHOLOGIC, "IIA").with(POST, "ypT2"))),
            ("-", new().recorded(PATHOLOGIC, "IIA")),
        ],
    );
}

#[test]
fn r04_and_r10_impossible_dates() {
    let contact = |draft: Draft, year| draft.case(move |case| case.last_contact = date(year, 0, 0));
    let recurred = |year| new().case(move |case| case.recurrence_date = date(year, 0, 0));
    check(
        "R04",
        vec![
            ("error", restaged("rM1", 2019, 12)),
            ("error", recurred(2019)),
            ("-", recurred(2020)),
            ("-", restaged("rM1", 2021, 1)),
        ],
    );
    check(
        "R10",
        vec![
            ("error", contact(restaged("rM1", 2022, 1), 2021)),
            ("error", contact(recurred(2022), 2021)),
            ("-", contact(restaged("rM1", 2021, 1), 2021)),
            ("-", restaged("rM1", 2021, 1)),
        ],
    );
}

#[test]
fn r05_too_near() {
    check(
        "R05",
        vec![
            ("warning", restaged("rM1", 2020, 3)),
            ("-", restaged("rM1", 2020, 9)),
            ("warning", restaged("rM1", 2020, 9).config(|config| config.original_window_days = 365)),
            ("-", restaged("rM1", 2020, 3).recurrence(55)),
            ("-", restaged("rM1", 2020, 3).recurrence(70)),
            ("-", restaged("rM1", 2020, 3).case(|case| case.r_date = date(2020, 0, 0))),
            ("-", restaged("rM1", 2019, 3)),
        ],
    );
}

#[test]
fn r06_lower_than_original() {
    let lower = groups("IV", "IV").m("M1").with(RESTAGED, "rM0").derives(RESTAGED, "IIA");
    check(
        "R06",
        vec![
            ("info", groups("IIIA", "IIIA").derives(RESTAGED, "IIA").with(RESTAGED, "rM0")),
            ("warning", lower.clone()),
            ("info", lower.recurrence(10)),
            ("-", groups("IIA", "IIA").derives(RESTAGED, "IV").with(RESTAGED, "rM1")),
        ],
    );
}

#[test]
fn restaged_group_and_change() {
    for (draft, group, change) in vec![
        (groups("IIA", "IIA"), None, "none"),
        (groups("IIA", "IIA").recorded(RESTAGED, "IV"), Some("IV"), "up"),
        (groups("IIA", "IIA").recorded(RESTAGED, "III").derives(RESTAGED, "IV"), Some("IV"), "up"),
        (groups("IIA", "IIA").recorded(RESTAGED, "IIA"), Some("IIA"), "same"),
        (groups("IIB", "IIB").recorded(RESTAGED, "IIA"), Some("IIA"), "down"),
        (groups("II", "II").recorded(RESTAGED, "IIA"), Some("IIA"), "unknown"),
        (new().recorded(SINGLE, "IIA").recorded(RESTAGED, "IV"), Some("IV"), "up"),
        (new().derived(SINGLE, open("IIA", "IIIB")).recorded(RESTAGED, "IV"), Some("IV"), "up"),
        (new().derived(SINGLE, open("IIA", "IIIB")).recorded(RESTAGED, "III"), Some("III"), "unknown"),
        (new().recorded(RESTAGED, "III"), Some("III"), "unknown"),
        (groups("IIA", "IIA").with(RESTAGED, "rM1"), None, "unknown"),
        // Letters of two editions do not compare; roman numbers do.
        (
            groups("IIB", "IIB")
                .recorded(RESTAGED, "IIA")
                .case(|case| case.r_edition = Cell::Value(Edition(9))),
            Some("IIA"),
            "unknown",
        ),
        (
            groups("IIB", "IIB")
                .recorded(RESTAGED, "IV")
                .case(|case| case.r_edition = Cell::Value(Edition(9))),
            Some("IV"),
            "up",
        ),
    ] {
        let restaging = draft.audit().0.restaging;
        assert_eq!(restaging.group.map(StageGroup::label), group, "{:?}", draft.case.sets[5]);
        assert_eq!(restaging.change.as_str(), change, "{:?}", draft.case.sets);
        assert_eq!(restaging.source.as_str().is_empty(), group.is_none());
    }
}

#[test]
fn r07_r08_r09_r11_recurrence() {
    let recurred = |draft: Draft| draft.case(|case| case.recurrence_date = date(2021, 0, 0));
    check(
        "R07",
        vec![
            ("info", new().recurrence(55)),
            ("-", new().recurrence(55).with(RESTAGED, "rM1")),
            ("-", new().recurrence(10)),
            ("-", new().recurrence(70)),
        ],
    );
    check(
        "R08",
        vec![
            ("warning", new().with(RESTAGED, "rM1")),
            ("warning", new().with(RESTAGED, "rM1").recurrence(0)),
            ("info", new().with(RESTAGED, "rM1").recurrence(70)),
            ("-", new().with(RESTAGED, "rM1").recurrence(55)),
            ("-", new().with(RESTAGED, "rM1").recurrence(99)),
            ("-", new().recurrence(0)),
        ],
    );
    check(
        "R09",
        vec![
            ("error", new().with(RESTAGED, "rM0").recurrence(55)),
            ("error", new().with(RESTAGED, "rM1").recurrence(10)),
            ("-", new().with(RESTAGED, "rM1").recurrence(55)),
            ("-", new().with(RESTAGED, "rM0").recurrence(22)),
            ("-", new().with(RESTAGED, "rM1").recurrence(88)),
        ],
    );
    check(
        "R11",
        vec![
            ("error", recurred(new().recurrence(70))),
            ("-", new().recurrence(70)),
            ("-", recurred(new().recurrence(55))),
        ],
    );
}

#[test]
fn r12_late_metastasis() {
    let found = |draft: Draft, year, month| draft.case(move |case| case.met_date = date(year, month, 0));
    let free = |draft: Draft| draft.case(|case| case.cancer_status = Cell::Value(1));
    check(
        "R12",
        vec![
            ("warning", found(new().m("M1"), 2021, 0)),
            ("warning", found(new().flags("100000"), 2021, 0)),
            ("-", found(new().m("M1"), 2020, 2)),
            ("-", found(new().m("M1"), 2020, 0)),
            ("-", found(new().m("M0"), 2021, 0)),
            ("warning", new().m("M1").recurrence(55)),
            ("-", free(new().m("M1").recurrence(55))),
            ("-", new().m("M1").recurrence(70)),
        ],
    );
}

#[test]
fn r13_origin_flag() {
    let flag = |draft: Draft, de_novo| draft.case(move |case| case.origin_de_novo = Cell::Value(de_novo));
    check(
        "R13",
        vec![
            ("warning", flag(new().m("M1"), false)),
            ("-", flag(new().m("M1"), true)),
            ("warning", flag(new().m("M0").recurrence(55), true)),
            ("-", flag(new().m("M0").recurrence(55), false)),
            ("warning", flag(new().m("M0"), true)),
            ("-", flag(new(), true)),
            ("-", new().m("M1")),
        ],
    );
}

#[test]
fn r15_edition_of_the_restaging() {
    let edition =
        |edition| restaged("rM1", 2022, 1).case(move |case| case.r_edition = Cell::Value(Edition(edition)));
    check(
        "R15",
        vec![
            ("info", restaged("rM1", 2022, 1)),
            ("info", edition(7)),
            ("-", edition(8)),
            ("-", edition(7).schema(|schema| schema.event_edition = None)),
            ("-", new()),
        ],
    );
}

#[test]
fn d19_pediatric_override() {
    let child = |draft: Draft, age, reviewed| {
        draft.case(move |case| {
            case.age = Cell::Value(age);
            case.override_pediatric = Cell::Value(reviewed);
        })
    };
    check(
        "D19",
        vec![
            ("warning", child(groups("IIA", "IIA"), 12, true)),
            ("warning", child(new().m("M0"), 24, true)),
            ("-", child(new().m("M0"), 25, true)),
            ("-", child(new().m("M0"), 12, false)),
            ("-", child(new(), 12, true)),
        ],
    );
}

#[test]
fn findings_stand_in_the_order_of_their_ids_and_can_be_switched_off() {
    let draft = groups("IIA", "IIIA").with(RESTAGED, "rM1").flags("100000").m("M0").recurrence(10);
    let ids = |draft: &Draft| draft.findings().iter().map(|line| line[..3].to_owned()).collect::<Vec<_>>();
    let all = ids(&draft);
    assert!(all.is_sorted() && all.len() >= 4, "{all:?}");
    let off = draft.config(|config| {
        config.severities.insert("D01".to_owned(), SeveritySetting::Off);
        config.severities.insert("D12".to_owned(), SeveritySetting::Info);
    });
    let less = ids(&off);
    assert_eq!(less.len() + 1, all.len());
    assert!(off.findings().contains(&"D12 info".to_owned()));
}

proptest! {
    /// A rule about order that fires on partial dates fires on every way to complete them.
    #[test]
    fn findings_about_order_hold_for_every_reading(
        dx in partial_date(), event in partial_date(), contact in partial_date(),
        month in 1_u8..=12, day in 1_u8..=28,
    ) {
        let findings = |dx, event, contact| {
            new()
                .m("M1")
                .with(RESTAGED, "rM1")
                .case(|case| {
                    case.dx = Cell::Value(dx);
                    case.r_date = Cell::Value(event);
                    case.last_contact = Cell::Value(contact);
                    case.met_date = Cell::Value(event);
                })
                .findings()
        };
        let filled = |mut date: PartialDate| {
            if date.month == 0 { date.month = month; }
            if date.day == 0 { date.day = day; }
            date
        };
        let full = findings(filled(dx), filled(event), filled(contact));
        for finding in findings(dx, event, contact) {
            if ["R04", "R05", "R10", "R12"].contains(&&finding[..3]) {
                prop_assert!(full.contains(&finding), "{finding} on partial dates only: {full:?}");
            }
        }
    }
}
