//! Metastatic origin, case by case.

use crate::audit::testing::{Draft, date};
use crate::category::{Behavior, Cell};
use crate::staging::Basis;

fn check(draft: &Draft, expected: &str) {
    let audited = draft.audit().0;
    let found = format!("{} {}", audited.origin.as_str(), audited.origin_reason.as_str());
    assert_eq!(found, expected, "{:?}", draft.findings());
}

#[test]
fn origin_follows_the_record() {
    let new = Draft::new;
    let found = |draft: Draft, year| draft.case(move |case| case.met_date = date(year, 6, 0));
    let restaged = |draft: Draft, year| {
        draft.with(Basis::Restaged, "rM1").case(move |case| case.r_date = date(year, 3, 1))
    };
    for (draft, expected) in vec![
        (new().m("M1"), "de_novo m1_original"),
        (new().with(Basis::Clinical, "cM0").with(Basis::Pathologic, "pM1"), "de_novo m1_original"),
        (new().flags("100000"), "de_novo sites_at_diagnosis"),
        (new().case(|case| case.eod_mets = Cell::Value(50)), "de_novo sites_at_diagnosis"),
        (new().m("M0").flags("100000"), "unknown contradictory"),
        (found(new().m("M1"), 2022), "unknown late_unexplained"),
        (found(new().m("M1"), 2022).recurrence(55), "recurrent late_then_recurrence"),
        (found(new().m("M1"), 2022).recurrence(70), "progression late_never_free"),
        (new().m("M0").recurrence(55), "recurrent m0_then_distant"),
        (restaged(new().m("M0"), 2022), "recurrent m0_then_distant"),
        (found(new().m("M0"), 2022), "recurrent m0_then_distant"),
        (restaged(new().m("M0"), 2022).recurrence(70), "progression never_free_then_m1"),
        (restaged(new().m("M0"), 2020), "unknown within_window"),
        (new().m("M0").recurrence(10), "none_recorded m0_nothing_later"),
        (new().m("M0"), "none_recorded m0_nothing_later"),
        (new().m("M0").recurrence(88), "unknown recurrence_unknown"),
        (new().m("M0").recurrence(99), "unknown recurrence_unknown"),
        (new(), "unknown m_unknown"),
        // An M found at recurrence or autopsy is not that of the diagnosis, wherever it stands.
        (new().with(Basis::Clinical, "rM1"), "unknown m_unknown"),
        (new().with(Basis::Pathologic, "aM1"), "unknown m_unknown"),
        (new().recurrence(55), "unknown m_unknown"),
        (new().m("M1").schema(|schema| schema.solid = false), "not_applicable out_of_scope"),
        (new().m("M0").case(|case| case.behavior = Cell::Value(Behavior(2))), "not_applicable out_of_scope"),
        (new().m("M0").case(|case| case.reporting_source = Cell::Value(7)), "not_applicable out_of_scope"),
    ] {
        check(&draft, expected);
    }
}

#[test]
fn none_recorded_can_ask_for_follow_up() {
    let followed = |year| {
        Draft::new()
            .m("M0")
            .config(|config| config.none_recorded_months = 24)
            .case(move |case| case.last_contact = date(year, 0, 0))
    };
    check(&followed(2023), "none_recorded m0_nothing_later");
    check(&followed(2022), "unknown follow_up_short");
    check(&followed(2023).case(|case| case.last_contact = Cell::Blank), "unknown follow_up_short");
}
