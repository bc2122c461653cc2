//! The ladder of evidence: every rule is reached, and weaker evidence never climbs.

use proptest::prelude::*;

use crate::audit::testing::{Draft, date, without_certainty};
use crate::audit::{Intrathoracic, LesionCaps, Level, Organ, OrganNames, Profile, Setting};
use crate::category::{Behavior, Cell, Histology, OrganSet};
use crate::staging::Basis;

fn m1() -> Draft {
    Draft::new().m("M1")
}

fn lung(m: &str) -> Draft {
    Draft::new().of("lung", 8).m(m)
}

fn lesions(draft: Draft, count: u16) -> Draft {
    draft.case(move |case| case.lesions = Cell::Value(count))
}

fn treatable(draft: Draft) -> Draft {
    draft.case(|case| case.all_treatable = Cell::Value(true))
}

fn eod(id: &'static str, edition: u8, code: u16) -> Draft {
    Draft::new().of(id, edition).case(move |case| case.eod_mets = Cell::Value(code))
}

fn check(records: Vec<(Draft, &str)>) {
    for (at, (draft, expected)) in records.into_iter().enumerate() {
        assert_eq!(draft.ladder(), expected, "record {at}: {:?}", draft.findings());
    }
}

#[test]
fn out_of_scope() {
    check(vec![
        (m1().flags("100000").schema(|schema| schema.solid = false), "not_applicable O-N1 generic"),
        (m1().of("mycosis_fungoides", 8), "not_applicable O-N1 generic"),
        (m1().case(|case| case.behavior = Cell::Value(Behavior(2))), "not_applicable O-N2 generic"),
        (m1().case(|case| case.reporting_source = Cell::Value(7)), "not_applicable O-N3 generic"),
        (Draft::new().m("M0"), "not_applicable O-N4 generic"),
        (eod("any", 8, 0), "not_applicable O-N4 generic"),
        (eod("any", 8, 5), "not_applicable O-N4 generic"),
    ]);
}

#[test]
fn diffuse_spread_is_excluded() {
    let diffuse = |at: usize| m1().flags("100000").case(move |case| case.diffuse[at] = Cell::Value(true));
    check(vec![
        (m1().flags("000002"), "excluded_diffuse O-X1 generic"),
        (Draft::new().of("colon_rectum", 8).m("M1c"), "excluded_diffuse O-X2 colorectal"),
        (eod("colon_rectum", 8, 50), "excluded_diffuse O-X2 colorectal"),
        (lung("M1a"), "excluded_diffuse O-X3 nsclc"),
        (eod("lung", 9, 10), "excluded_diffuse O-X3 nsclc"),
        (Draft::new().m("M0").recurrence(51), "excluded_diffuse O-X4 generic"),
        (Draft::new().m("M0").recurrence(59), "excluded_diffuse O-X4 generic"),
        (diffuse(0), "excluded_diffuse O-X5 generic"),
        (diffuse(2), "excluded_diffuse O-X5 generic"),
        // What a run does not exclude counts like anything else.
        (
            diffuse(1).config(|config| config.oligometastasis.exclude = vec![Setting::Effusion]),
            "possible O-O1 generic",
        ),
        (
            lung("M1a").config(|config| config.oligometastasis.lung_m1a = Intrathoracic::Unspecified),
            "not_assessable O-U3 nsclc",
        ),
    ]);
}

#[test]
fn many_lesions_or_organs_are_excluded() {
    let profile = |draft: Draft, max_lesions, max_organs| {
        let strict = Profile {
            max_lesions,
            max_organs,
            needs_all_treatable: false,
            one_node_station: false,
            also_report: LesionCaps::default(),
        };
        draft.config(move |config| {
            config.oligometastasis.profile = "strict".to_owned();
            config.oligometastasis.profiles.insert("strict".to_owned(), strict);
        })
    };
    check(vec![
        (lesions(m1().flags("100000"), 6), "excluded_poly O-X6 generic"),
        (lung("M1c").flags("110110"), "excluded_poly O-X7 nsclc"),
        (Draft::new().of("nasopharynx", 9).m("M1b").flags("1-----"), "possible_weak O-W2 generic"),
        (profile(eod("nasopharynx", 9, 50), 3, 3), "excluded_poly O-X8 strict"),
        (profile(eod("colon_rectum", 8, 40), 3, 1), "excluded_poly O-X9 strict"),
        (
            lesions(Draft::new().of("stomach", 8).m("M1").flags("100000"), 4),
            "excluded_poly O-X6 oesophagogastric",
        ),
        // One node station may hold any number of nodes, but they do not confirm it.
        (lesions(Draft::new().of("stomach", 8).m("M1").flags("001000"), 4), "possible O-O1 oesophagogastric"),
    ]);
}

#[test]
fn a_prostate_is_graded_under_lower_numbers_of_lesions_as_well() {
    let prostate = |draft: Draft| draft.of("prostate", 8);
    let also = |draft: &Draft| draft.audit().0.oligometastasis.also.to_string();
    for (n, level, lower) in [
        (3, "confirmed", "max3=confirmed;max4=confirmed"),
        (4, "confirmed", "max3=excluded_poly;max4=confirmed"),
        (5, "confirmed", "max3=excluded_poly;max4=excluded_poly"),
        (6, "excluded_poly", "max3=excluded_poly;max4=excluded_poly"),
    ] {
        let draft = lesions(prostate(m1()).flags("100000"), n);
        assert_eq!((draft.audit().0.oligometastasis.level.as_str(), also(&draft).as_str()), (level, lower));
    }
    // As many organs are as many lesions.
    assert_eq!(also(&prostate(m1()).flags("111100")), "max3=excluded_poly;max4=possible_weak");
    assert_eq!(also(&prostate(m1()).flags("100000")), "max3=possible;max4=possible");
    assert_eq!(also(&prostate(Draft::new()).m("M0")), "", "no metastasis");
    assert_eq!(also(&lesions(m1().flags("100000"), 4)), "", "another definition");
}

#[test]
fn counted_lesions_confirm() {
    check(vec![
        (treatable(lesions(m1().flags("100000"), 2)), "confirmed O-C1 generic"),
        (lesions(m1().flags("100000"), 2), "possible O-O1 generic"),
        (lesions(lung("M1b").flags("100000"), 1), "confirmed O-C1 nsclc"),
        (lesions(lung("M1c"), 3), "confirmed O-C1 nsclc"),
        // Five lesions can lie in more than three organs where the flags leave them open.
        (lesions(lung("M1c"), 5), "not_assessable O-U3 nsclc"),
        (lesions(lung("M1c").flags("100000"), 5), "confirmed O-C1 nsclc"),
        // 9 in the other sites can stand for carcinomatosis.
        (lesions(lung("M1c").flags("100009"), 1), "possible_weak O-W2 nsclc"),
        (lesions(lung("M1c").flags("10000-"), 1), "confirmed O-C1 nsclc"),
        // Small cell cancer has no profile of its own.
        (
            lesions(lung("M1c"), 3).case(|case| case.histology = Cell::Value(Histology(8041))),
            "not_assessable O-U3 generic",
        ),
    ]);
}

#[test]
fn codes_of_a_single_lesion_make_it_probable() {
    check(vec![
        (lung("M1b").flags("100000"), "probable O-P1 nsclc"),
        (eod("lung", 8, 30).flags("100000"), "probable O-P1 nsclc"),
        (lung("M1b").flags("000010"), "possible O-O1 nsclc"),
        (lung("M1b"), "possible O-O2 nsclc"),
        (lung("M1b").flags("100000").case(|case| case.diffuse[0] = Cell::Unknown), "possible O-O1 nsclc"),
        (eod("nasopharynx", 9, 30), "probable O-P2 generic"),
        (Draft::new().of("nasopharynx", 9).m("M1a"), "probable O-P2 generic"),
        // Edition 7 does not count.
        (Draft::new().of("lung", 7).m("M1b"), "not_assessable O-U3 nsclc"),
    ]);
}

#[test]
fn one_organ_is_possible() {
    let listed = m1().case(|case| {
        case.met_sites = Cell::Value(OrganSet(8));
        case.dx = date(2012, 0, 0);
    });
    check(vec![
        (m1().flags("000100"), "possible O-O1 generic"),
        (listed, "possible O-O1 generic"),
        (Draft::new().of("colon_rectum", 8).m("M1a"), "possible O-O2 colorectal"),
        (eod("colon_rectum", 8, 20), "possible O-O2 colorectal"),
        (Draft::new().of("lung", 9).m("M1c1"), "possible O-O2 nsclc"),
        (eod("lung", 9, 40), "possible O-O2 nsclc"),
        (Draft::new().m("M0").flags("000000").recurrence(55), "possible O-O3 generic"),
        (m1().flags("999999").recurrence(54), "possible O-O3 generic"),
    ]);
}

#[test]
fn few_organs_or_gaps_are_weak() {
    let early = m1().flags("100000").case(|case| case.dx = date(2015, 0, 0));
    check(vec![
        (early, "possible_weak O-W1 generic"),
        (m1().flags("1-0000"), "possible_weak O-W2 generic"),
        (m1().flags("100900"), "possible_weak O-W2 generic"),
        (m1().flags("110000"), "possible_weak O-W3 generic"),
        (m1().flags("110900"), "possible_weak O-W4 generic"),
        (eod("colon_rectum", 8, 30), "possible_weak O-W5 colorectal"),
        (eod("colon_rectum", 8, 40), "possible_weak O-W5 colorectal"),
        (eod("lung", 9, 45), "possible_weak O-W5 nsclc"),
        (
            m1().flags("110000").config(|config| config.oligometastasis.allow_possible_weak = false),
            "not_assessable O-U3 generic",
        ),
    ]);
}

#[test]
fn what_says_nothing_is_not_assessable() {
    let no_schema = |mut draft: Draft| {
        draft.schema = None;
        draft
    };
    check(vec![
        (m1(), "not_assessable O-U3 generic"),
        (m1().flags("999999"), "not_assessable O-U3 generic"),
        (eod("lung", 9, 50), "not_assessable O-U3 nsclc"),
        (eod("lung", 8, 70), "not_assessable O-U3 nsclc"),
        (m1().flags("000000"), "not_assessable O-U1 generic"),
        (Draft::new().m("M0").flags("100000"), "not_assessable O-U1 generic"),
        (lesions(m1().flags("110000"), 1), "not_assessable O-U1 generic"),
        (lung("M1b").flags("110000"), "not_assessable O-U1 nsclc"),
        (eod("colon_rectum", 8, 20).flags("000110"), "not_assessable O-U1 colorectal"),
        (eod("nasopharynx", 9, 30).flags("111100"), "not_assessable O-U1 generic"),
        (no_schema(m1().flags("100000")), "not_assessable O-U2 generic"),
        (no_schema(Draft::new().m("M0")), "not_applicable O-N4 generic"),
        (Draft::new().m("M0").recurrence(62), "not_assessable O-U3 generic"),
    ]);
}

#[test]
fn a_contradiction_is_also_a_finding() {
    for draft in [m1().flags("000000"), Draft::new().m("M0").flags("100000")] {
        assert_eq!(draft.severity("D12"), Some("error"));
    }
}

#[test]
fn timing_follows_the_dates() {
    let found = |draft: Draft, year, month| draft.case(move |case| case.met_date = date(year, month, 0));
    let recurred = |draft: Draft| draft.case(|case| case.recurrence_date = date(2022, 0, 0));
    for (draft, expected) in vec![
        (m1(), "synchronous"),
        (found(m1(), 2020, 5), "synchronous"),
        (found(m1(), 2020, 0), "unknown"),
        (found(m1(), 2021, 0), "metachronous"),
        (found(m1(), 2021, 0).config(|config| config.sync_months = 24), "synchronous"),
        (m1().recurrence(55), "unknown"),
        (Draft::new().m("M0").recurrence(55), "unknown"),
        (recurred(Draft::new().m("M0").recurrence(55)), "metachronous"),
        (Draft::new().m("M0"), "not_applicable"),
    ] {
        assert_eq!(draft.audit().0.oligometastasis.timing.as_str(), expected, "{:?}", draft.findings());
    }
}

#[test]
fn the_estro_state_names_the_first_open_question() {
    let answers = |draft: Draft, answers: [Option<bool>; 4]| {
        draft.case(move |case| case.estro = answers.map(|answer| answer.map_or(Cell::Blank, Cell::Value)))
    };
    let no = Some(false);
    for (draft, expected) in [
        (m1(), "unknown(Q1)"),
        (answers(m1(), [no, None, None, None]), "unknown(Q2)"),
        (answers(m1(), [no, no, None, None]), "synchronous"),
        (answers(Draft::new().m("M0").recurrence(55), [no, no, None, None]), "unknown(Q3)"),
        (answers(m1(), [Some(true), None, no, None]), "induced_oligorecurrence"),
        (m1().flags("000002"), "not_applicable"),
        (Draft::new().m("M0"), "not_applicable"),
    ] {
        assert_eq!(draft.audit().0.oligometastasis.estro.to_string(), expected);
    }
}

#[test]
fn organs_and_lesions_are_told_as_recorded() {
    let oligo = lesions(m1().flags("100100"), 3).audit().0.oligometastasis;
    assert_eq!(OrganNames(oligo.organs).to_string(), "bone;liver");
    assert_eq!(oligo.lesions, Some(3));
    let oligo = Draft::new().m("M0").recurrence(56).audit().0.oligometastasis;
    assert_eq!(OrganNames(oligo.organs).to_string(), "brain");
    assert_eq!(oligo.lesions, None);
}

#[test]
fn distant_nodes_need_not_count() {
    let draft = Draft::new().of("stomach", 8).m("M1").flags("101000");
    assert_eq!(draft.ladder(), "excluded_poly O-X7 oesophagogastric");
    let draft = draft.config(|config| config.oligometastasis.distant_ln_counts_as_organ = false);
    assert_eq!(draft.ladder(), "possible_weak O-W3 oesophagogastric");
}

const EXCLUDED: u8 = u8::MAX;

fn strength(level: Level) -> u8 {
    match level {
        Level::NotApplicable => 0,
        Level::NotAssessable => 1,
        Level::PossibleWeak => 2,
        Level::Possible => 3,
        Level::Probable => 4,
        Level::Confirmed => 5,
        Level::ExcludedDiffuse | Level::ExcludedPoly => EXCLUDED,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, max_global_rejects: 65_536, ..ProptestConfig::default() })]

    /// A positive flag that becomes unknown never raises the level, and what was excluded with it
    /// never becomes probable or confirmed without it.
    #[test]
    fn less_certainty_never_climbs(
        flags in "[0129-]{6}",
        place in prop::sample::select(vec![("any", 8, "M1"), ("lung", 8, "M1b"), ("lung", 9, "M1c1"),
            ("lung", 9, "M1c2"), ("colon_rectum", 8, "M1a"), ("nasopharynx", 9, "M1a"), ("stomach", 8, "M1"),
            ("any", 8, "M0")]),
        count in prop::option::of(0_u16..8),
        all_treatable in any::<bool>(),
        recurrence in prop::option::of(prop::sample::select(vec![0_u16, 55, 59, 62, 70])),
        restaged in any::<bool>(),
    ) {
        let (id, edition, m) = place;
        let mut draft = Draft::new().of(id, edition).m(m).flags(&flags);
        draft.case.lesions = count.map_or(Cell::Blank, Cell::Value);
        draft.case.all_treatable = Cell::Value(all_treatable);
        draft.case.recurrence_type = recurrence.map_or(Cell::Blank, Cell::Value);
        if restaged {
            draft = draft.with(Basis::Restaged, "rM1");
        }
        let later = restaged || matches!(recurrence, Some(55 | 59 | 62));
        // Without its flags such a record would be graded at recurrence: another event, not a weaker one.
        prop_assume!(m != "M0" || !later);
        let before = draft.audit().0.oligometastasis;
        // More organs than the record has room for: losing one settles a contradiction.
        let room = match (id, edition, m) {
            ("lung", 8, "M1b") | ("lung", 9, "M1c1") | ("colon_rectum", ..) => 1,
            ("nasopharynx", ..) => 3,
            _ => 6,
        };
        let organs = before.organs.0.count_ones();
        prop_assume!(organs <= room && count.is_none_or(|count| u32::from(count) >= organs));
        for organ in Organ::ALL.into_iter().filter(|organ| organ.is_in(before.organs)) {
            let after = without_certainty(&draft, organ).audit().0.oligometastasis;
            let (was, is) = (before.rule.as_str(), after.rule.as_str());
            prop_assert!(strength(after.level) <= strength(before.level), "{organ:?}: {was} became {is}");
            if strength(before.level) == EXCLUDED && strength(after.level) != EXCLUDED {
                prop_assert!(strength(after.level) < strength(Level::Probable), "{organ:?}: {was} became {is}");
            }
        }
    }
}
