//! Whole derivations, from cells as an export writes them.

use super::{Basis, Case, Outcome, Policy, Staged, Stager};
use crate::category::parse;
use crate::fields::{Coding, Field};
use crate::knowledge::Rules;

fn case(cells: &str) -> Case {
    let mut case = Case::default();
    for cell in cells.split(", ") {
        let (field, text) = cell.split_once('=').unwrap();
        let field = Field::from_id(field).unwrap_or_else(|| panic!("{field}"));
        case.put(field, parse(field, Coding::Plain, text));
    }
    case.complete();
    case
}

fn stage(cells: &str, policy: Policy) -> Staged {
    Stager::new(Rules::builtin().unwrap(), policy).stage(&case(cells))
}

fn show(outcome: Outcome) -> String {
    match outcome {
        Outcome::Group(group) => group.label().to_owned(),
        Outcome::Open { low, high, stage, cause } => {
            let stage = stage.map_or("?", |stage| stage.label());
            format!("{stage} {}..{} {}", low.label(), high.label(), cause.id())
        }
        Outcome::NotApplicable(cause) => format!("NA {}", cause.id()),
        Outcome::Unknown(cause) => format!("UNK {}", cause.id()),
    }
}

fn check(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(cells, expected)| {
            let found = show(stage(cells, Policy::default()).original.outcome);
            (found != *expected).then(|| format!("{cells}\n    expected {expected}, found {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn metastasis_is_stage_four_except_where_the_manual_says_otherwise() {
    check(&[
        ("site=C34.1, histology=8140/3, edition=8, path_t=T2a, path_n=N0, path_m=M1b", "IVA"),
        ("site=C34.1, histology=8140/3, edition=8, clin_t=cTX, clin_n=cNX, clin_m=cM1c", "IVB"),
        ("site=C34.1, histology=8140/3, edition=8, clin_m=cM1", "IV IVA..IVB category_coarse"),
        ("site=C62.1, histology=9061/3, dx_year=2020, t=T2, n=N1, m=M1a, s_category=1", "IIIA"),
        ("site=C62.1, histology=9061/3, dx_year=2020, t=T2, n=N1, m=M1b, s_category=0", "IIIC"),
        ("site=C62.1, histology=9061/3, dx_year=2012, path_t=2, path_n=0, path_m=1A, s_category=2", "IIIB"),
        ("site=C73.9, histology=8260/3, dx_year=2020, age=31, path_t=pT2, path_n=pN1b, clin_m=cM1", "II"),
        ("site=C73.9, histology=8260/3, dx_year=2020, age=70, path_t=pT2, path_n=pN1b, clin_m=cM1", "IVB"),
        ("site=C73.9, histology=8260/3, dx_year=2012, age=50, path_t=pT2, path_n=pN0, path_m=M1", "IVC"),
        (
            "site=C73.9, histology=8260/3, dx_year=2020, path_t=pT2, path_n=pN1b, clin_m=cM1",
            "? II..IVB age_missing",
        ),
        ("site=C73.9, histology=8021/3, dx_year=2020, age=31, path_t=pT2, path_n=pN0, clin_m=cM0", "IVA"),
    ]);
}

#[test]
fn regional_nodes_are_never_stage_four_by_themselves() {
    check(&[
        ("site=C50.4, histology=8500/3, edition=7, path_t=T2, path_n=N1a, path_m=M0", "IIB"),
        ("site=C18.7, histology=8140/3, edition=7, path_t=T3, path_n=N2b, path_m=M0", "IIIC"),
        (
            "site=C61.9, histology=8140/3, edition=8, clin_t=cT2c, clin_n=cN0, clin_m=cM0, psa=7.1, grade_clin=1",
            "IIA",
        ),
    ]);
}

#[test]
fn diseases_without_tnm_say_so() {
    check(&[
        ("site=C42.1, histology=9861/3, dx_year=2020, clin_t=88, clin_n=88, clin_m=88", "NA no_tnm"),
        ("site=C71.1, histology=9440/3, dx_year=2015", "NA no_tnm"),
        ("site=C77.0, histology=9650/3, dx_year=2020, ann_arbor=IIE", "IIE"),
        ("site=C77.0, histology=9650/3, dx_year=2020", "? I..IV factor_missing"),
        ("site=C44.5, histology=9140/3, dx_year=2020, t=T1", "NA no_tnm"),
        ("site=C50.9, histology=8500/0, dx_year=2020, t=T1, n=N0, m=M0", "NA behavior_not_staged"),
    ]);
}

#[test]
fn unknown_is_computed() {
    check(&[
        // Every nodal status of a T4 lung cancer was IIIB in the 6th edition.
        ("site=C34.1, histology=8140/3, edition=6, path_t=T4, path_n=NX, path_m=M0", "IIIB"),
        (
            "site=C18.7, histology=8140/3, edition=7, path_t=T4, path_n=N0, path_m=M0",
            "II IIB..IIC category_coarse",
        ),
        (
            "site=C34.1, histology=8140/3, edition=7, path_t=T2, path_n=N0, path_m=M0",
            "? IB..IIA category_coarse",
        ),
        ("site=C64.9, histology=8310/3, edition=7, path_t=T1a, path_n=NX, path_m=M0", "? I..III n_unknown"),
        ("site=C64.9, histology=8310/3, edition=7, path_t=T3a, path_n=NX, path_m=M0", "III"),
        ("site=C64.9, histology=8310/3, edition=7, path_t=T4, path_n=NX, path_m=MX", "IV"),
        ("site=C50.4, histology=8500/3, edition=7, path_t=T2, path_m=M0", "? IIA..IIIC n_unknown"),
        ("site=C50.4, histology=8500/3, edition=7", "UNK tnm_missing"),
        ("site=C34.1, histology=8140/3, edition=8, clin_t=TX, clin_n=N0, clin_m=M0", "occult"),
        ("site=C34.1, histology=8140/3, edition=8, clin_n=N0, clin_m=M0", "? 0..IIIA t_unknown"),
        (
            "site=C62.1, histology=9061/3, edition=8, path_t=T1, path_n=N1, path_m=M0",
            "? IIA..IIIC factor_missing",
        ),
        ("site=C62.1, histology=9061/3, edition=8, path_t=T1, path_n=N1, path_m=M0, s_path=9", "II"),
        (
            "site=C34.1, histology=8140/3, edition=8, path_t=T9, path_n=N0, path_m=M0",
            "? 0..IIIA category_invalid",
        ),
        ("histology=8140/3, edition=8, path_t=T1", "UNK site_missing"),
        ("site=C34.1, edition=8, path_t=T1", "UNK histology_missing"),
        ("site=C34.1, histology=8140/3, path_t=T1, path_n=N0, path_m=M0", "UNK edition_missing"),
        (
            "site=C34.1, histology=8140/3, edition=5, path_t=T1, path_n=N0, path_m=M0",
            "UNK edition_without_tables",
        ),
        (
            "site=C61.9, histology=8140/3, edition=8, clin_t=cT1c, clin_n=cN0, clin_m=cM0",
            "? I..IIIC factor_missing",
        ),
    ]);
}

#[test]
fn what_is_not_of_the_diagnosis_or_not_applicable_is_not_taken_for_m() {
    check(&[
        // A pathologic M that is "not applicable" is cM, or assumed.
        (
            "site=C61.9, histology=8140/3, path_t=T2c, path_n=N0, path_m=88, clin_m=cM0, psa=5, gleason=6, dx_year=2012",
            "IIB",
        ),
        ("site=C34.1, histology=8140/3, edition=7, path_t=T1a, path_n=N0, path_m=88", "IA"),
        // rM1 is no M of the diagnosis.
        ("site=C34.1, histology=8140/3, clin_t=cT1a, clin_n=cN0, path_m=rM1b, dx_year=2020", "IA1"),
        // T0 N0 M0 has no group, so that unknown nodes leave T0 without one.
        ("site=C61.9, histology=8140/3, path_t=pT0, path_n=pNX, path_m=cM0, dx_year=2012", "UNK n_unknown"),
        ("site=C67.2, histology=8120/3, path_t=pT0, path_n=pNX, path_m=cM0, dx_year=2012", "UNK n_unknown"),
        ("site=C67.2, histology=8120/3, path_t=pT0, path_n=pNX, path_m=cM1, dx_year=2012", "IV"),
        // Nor does an unknown M make it IV.
        ("site=C67.2, histology=8120/3, path_t=pT0, path_n=pN0, mets_bone=1, dx_year=2012", "IV"),
    ]);
}

#[test]
fn version_9_comes_chapter_by_chapter() {
    let edition = |cells: &str| stage(cells, Policy::default()).edition.map(|edition| edition.0);
    let lung = |rest: &str| edition(&format!("site=C34.1, histology=8140/3, t=T1a, n=N0, m=M0, {rest}"));
    assert_eq!(lung("dx_year=2009"), Some(6));
    assert_eq!(lung("dx_year=2017"), Some(7));
    assert_eq!(lung("dx_year=2024"), Some(8));
    assert_eq!(lung("dx_year=2025"), Some(9));
    assert_eq!(lung("dx_year=2025, edition=8th"), Some(8));
    assert_eq!(edition("site=C53.9, histology=8070/3, t=T1a, dx_year=2021"), Some(9));
    assert_eq!(edition("site=C50.9, histology=8500/3, t=T1a, dx_year=2026"), Some(8));
    assert_eq!(edition("site=C50.9, histology=8500/3, t=T1a, edition=9"), Some(8));
}

#[test]
fn the_original_is_never_a_later_stage() {
    let staged = stage(
        "site=C50.4, histology=8500/3, edition=8, post_t=ypT0, post_n=ypN0, r_t=rT0, r_n=rN0, r_m=rM1",
        Policy::default(),
    );
    assert_eq!(show(staged.original.outcome), "UNK not_at_diagnosis");
    assert_eq!(show(staged.derived(Basis::Restaged).unwrap().outcome), "IV");
    let staged = stage("site=C50.4, histology=8500/3, edition=7, t=rT2, n=rN1, m=rM1", Policy::default());
    assert_eq!(show(staged.original.outcome), "UNK not_at_diagnosis");
}

#[test]
fn m0_is_assumed_only_without_evidence_of_metastasis() {
    let base = "site=C34.1, histology=8140/3, edition=7, path_t=T1a, path_n=N0";
    let plain = stage(base, Policy::default()).original;
    assert_eq!(show(plain.outcome), "IA");
    assert!(plain.assumed.m0);
    let listed = stage(&format!("{base}, met_sites=Bone"), Policy::default()).original;
    assert_eq!(show(listed.outcome), "? IA..IV m_unknown");
    let flagged = stage(&format!("{base}, mets_bone=1"), Policy::default()).original;
    assert_eq!(show(flagged.outcome), "IV");
    assert!(flagged.assumed.m1);
    let strict = Policy { mx: super::MxPolicy::Unknown, ..Policy::default() };
    assert_eq!(show(stage(&format!("{base}, path_m=MX"), strict).original.outcome), "? IA..IV m_unknown");
    let borrowed = stage(&format!("{base}, clin_m=cM1b"), Policy::default()).original;
    assert_eq!(show(borrowed.outcome), "IV");
    assert!(borrowed.assumed.m_borrowed);
}

#[test]
fn breast_takes_the_prognostic_table_where_its_factors_are_recorded() {
    let base = "site=C50.4, histology=8500/3, edition=8, path_t=pT2, path_n=pN0, clin_m=cM0";
    assert_eq!(show(stage(base, Policy::default()).original.outcome), "IIA");
    let factors = format!("{base}, grade_path=1, er=1, pr=1, her2=1");
    assert_eq!(show(stage(&factors, Policy::default()).original.outcome), "IA");
}

#[test]
fn a_blank_factor_is_every_class_that_it_may_be() {
    let bounds = |cells: &str| stage(cells, Policy::default()).original.outcome.bounds().unwrap();
    for (base, field, values) in [
        ("site=C62.1, histology=9061/3, edition=8, path_t=T1, path_n=N1, path_m=M0", "s_path", "0 1 2 3"),
        (
            "site=C62.1, histology=9061/3, edition=7, path_t=T1, path_n=N0, path_m=M1A",
            "afp",
            "2 500 2000 20000",
        ),
        ("site=C61.9, histology=8140/3, edition=8, t=cT2a, n=N0, m=M0, psa=5", "gleason", "6 7 8 10 3+4 4+3"),
        ("site=C49.2, histology=8802/3, edition=8, path_t=T2, path_n=N0, path_m=M0", "grade_path", "1 2 3 9"),
        (
            "site=C18.1, histology=8480/3, edition=8, path_t=T3, path_n=N0, path_m=M1b",
            "grade_path",
            "1 2 3 9",
        ),
        ("site=C42.1, histology=9732/3, edition=8, albumin=1, cytogenetics=0, ldh=1", "b2m", "0 1 2 6.5"),
    ] {
        let (low, high) = bounds(base);
        for value in values.split(' ') {
            let (known_low, known_high) = bounds(&format!("{base}, {field}={value}"));
            assert!(low <= known_low && known_high <= high, "{base}, {field}={value}");
            assert!(low != high, "{base} is open");
        }
    }
}

mod properties {
    use proptest::prelude::*;

    use super::{Policy, Rules, Stager, case};
    use crate::category::{Axis, Category, Cell};
    use crate::staging::{Case, MxPolicy};

    /// Tumors of a few differently built chapters, with the factors that their tables ask for.
    const TUMORS: [&str; 12] = [
        "site=C34.1, histology=8140/3, edition=6",
        "site=C34.1, histology=8140/3, edition=7",
        "site=C34.1, histology=8140/3, edition=8",
        "site=C34.1, histology=8140/3, edition=9",
        "site=C50.4, histology=8500/3, edition=7",
        "site=C18.7, histology=8140/3, edition=8",
        "site=C64.9, histology=8310/3, edition=8",
        "site=C73.9, histology=8260/3, edition=8, age=60",
        "site=C62.1, histology=9061/3, edition=8, s_category=1",
        "site=C44.5, histology=8720/3, edition=8",
        "site=C61.9, histology=8140/3, edition=8, psa=12, grade_group=2",
        "site=C67.2, histology=8120/3, edition=8",
    ];

    fn categories(axis: Axis) -> impl Strategy<Value = Category> {
        prop::sample::select(Category::all(axis).filter(|c| !c.label().ends_with('X')).collect::<Vec<_>>())
    }

    fn put(case: &mut Case, t: Cell<Category>, n: Cell<Category>, m: Cell<Category>) {
        let set = &mut case.sets[crate::staging::Basis::Pathologic as usize];
        set.t.cell = t;
        set.n.cell = n;
        set.m.cell = m;
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Knowing less never narrows what is possible, and M1 never falls below the chapter's M1 stage.
        #[test]
        fn unknown_only_widens(
            tumor in prop::sample::select(TUMORS.to_vec()),
            t in categories(Axis::T),
            n in categories(Axis::N),
            m in categories(Axis::M),
            hidden in 0..3_usize,
        ) {
            let rules = Rules::builtin().unwrap();
            let policy = Policy { mx: MxPolicy::Unknown, ..Policy::default() };
            let mut stager = Stager::new(rules, policy);
            let mut known = case(tumor);
            put(&mut known, Cell::Value(t), Cell::Value(n), Cell::Value(m));
            let staged = stager.stage(&known);
            let Some((low, high)) = staged.original.outcome.bounds() else { return Ok(()) };
            let schema = rules.schema(staged.schema.unwrap());
            let edition = staged.edition.unwrap();
            if m.label().starts_with("M1") && schema.category_known(edition, m) {
                prop_assert!(Some(low.stage()) >= schema.m1_stage(edition), "{tumor} {t:?} {n:?} {m:?}");
            }
            // A category of another edition is a world of its own, which "unknown" does not include.
            if ![t, n, m].iter().all(|c| schema.category_printed(edition, *c)) {
                return Ok(());
            }
            let mut less = known;
            let cells = [Cell::Value(t), Cell::Value(n), Cell::Value(m)];
            let cell = |axis: usize| if axis == hidden { Cell::Blank } else { cells[axis] };
            put(&mut less, cell(0), cell(1), cell(2));
            let outcome = stager.stage(&less).original.outcome;
            let Some((low2, high2)) = outcome.bounds() else {
                prop_assert!(matches!(outcome, crate::staging::Outcome::Unknown(_)));
                return Ok(());
            };
            prop_assert!(low2 <= low && high <= high2,
                "{tumor} {} {} {}: {}..{} but without one of them {}..{}",
                t.label(), n.label(), m.label(), low.label(), high.label(), low2.label(), high2.label());
        }
    }
}

#[test]
fn the_metastasis_items_answer_for_a_blank_m() {
    check(&[
        (
            "site=C34.1, histology=8140/3, dx_year=2020, clin_t=cT2a, clin_n=cN0, mets_bone=1",
            "IV IVA..IVB category_coarse",
        ),
        (
            "site=C61.9, histology=8140/3, dx_year=2020, clin_t=cT2a, clin_n=cN0, clin_m=cMX, mets_bone=1",
            "IVB",
        ),
        ("site=C61.9, histology=8140/3, dx_year=2020, clin_t=cT2a, clin_n=cN0, eod_mets=50", "IVB"),
        // A recorded M0 stands, and D12 says that the two exclude each other.
        ("site=C18.7, histology=8140/3, dx_year=2012, path_t=T3, path_n=N0, path_m=M0, mets_liver=1", "IIA"),
        // A list may name what was found later: it stands against M0 and does not make it M1.
        (
            "site=C18.7, histology=8140/3, dx_year=2012, path_t=T3, path_n=N0, met_sites=Liver",
            "? IIA..IVB m_unknown",
        ),
        // Nodes beside N1 are the regional ones.
        ("site=C18.7, histology=8140/3, dx_year=2012, path_t=T3, path_n=N1a, met_sites=Lymph node", "IIIB"),
        (
            "site=C18.7, histology=8140/3, dx_year=2012, path_t=T3, path_n=N0, met_sites=Lymph node",
            "? IIA..IVB m_unknown",
        ),
    ]);
    let case = "site=C61.9, histology=8140/3, dx_year=2020, clin_t=cT2a, clin_n=cN0, eod_mets=50";
    assert!(stage(case, Policy::default()).original.assumed.m1);
}

#[test]
fn an_in_situ_tumor_has_no_nodes() {
    check(&[
        ("site=C18.7, histology=8140/2, dx_year=2020, path_t=pTis, clin_m=cM0", "0"),
        ("site=C50.4, histology=8500/2, dx_year=2020, path_t=pTis(DCIS), path_n=pNX, clin_m=cM0", "0"),
        ("site=C67.1, histology=8130/2, dx_year=2020, path_t=pTa, clin_m=cM0", "0a"),
        // What is malignant may have nodes.
        ("site=C32.0, histology=8070/3, dx_year=2020, path_t=pTis, clin_m=cM0", "? 0..IVB n_unknown"),
        ("site=C32.0, histology=8070/2, dx_year=2020, path_t=pTis, clin_m=cM0", "0"),
    ]);
}
