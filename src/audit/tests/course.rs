//! Findings, origin and grade of records with events beside them.

use proptest::prelude::*;

use crate::audit::testing::{Draft, category, date, group};
use crate::audit::{Agreement, Change, EstroState, Level, MetOrigin};
use crate::category::{Cell, OrganSet};
use crate::course::{Event, Recurred, When};
use crate::staging::{Basis, Tnm};

/// A restaging on a date: M and group where given.
fn restaged(when: (u16, u8, u8), m: &str, label: &str) -> Event {
    let mut tnm = Tnm::default();
    if !m.is_empty() {
        tnm.m = category(m);
    }
    if !label.is_empty() {
        tnm.group.cell = Cell::Value(group(label));
    }
    let when = date(when.0, when.1, when.2).value().map_or(When::Unknown, When::Date);
    let mut event = Event { when, tnm, ..Event::default() };
    event.classification.r = true;
    event
}

/// A metastasis of so many lesions in the liver, on or off therapy, progressing or not.
fn metastasis(when: (u16, u8, u8), lesions: u16, on_therapy: bool, progressing: bool) -> Event {
    Event {
        sites: Cell::Value(OrganSet::LIVER),
        lesions: Cell::Value(lesions),
        on_therapy: Cell::Value(on_therapy),
        progressing: Cell::Value(progressing),
        ..restaged(when, "M1", "")
    }
}

fn m0() -> Draft {
    Draft::new().m("M0")
}

fn raised(draft: &Draft, events: &[Event], rule: &str) -> bool {
    draft.audit_events(events).1.iter().any(|finding| finding.rule == rule)
}

#[test]
fn an_original_that_equals_a_later_group_is_overwritten() {
    let record = m0().recorded(Basis::Single, "IVA").derives(Basis::Single, "IIB");
    let later = restaged((2022, 3, 1), "M1", "IVA");
    // The group of any later event counts, not of the latest alone.
    let latest = restaged((2023, 3, 1), "M1", "IVB");
    assert!(raised(&record, &[later], "R01"));
    assert!(raised(&record, &[later, latest], "R01"));
    let without_m1 = m0().recorded(Basis::Single, "IIIA").derives(Basis::Single, "IIB");
    let (third, fourth) = (restaged((2022, 3, 1), "", "IIIA"), restaged((2023, 3, 1), "", "IIIB"));
    assert!(raised(&without_m1, &[third, fourth], "R01"));
    assert!(!raised(&without_m1, &[fourth], "R01"));
    assert!(!raised(&record, &[restaged((2022, 3, 1), "", "IIIA")], "R01"));
    assert!(!raised(&record, &[restaged((2020, 3, 1), "", "IVA")], "R01"), "within the window");
    let agreed = m0().recorded(Basis::Single, "IIB").derives(Basis::Single, "IIB");
    assert!(!raised(&agreed, &[later], "R01"));
}

#[test]
fn every_restaging_is_held_against_the_dates_of_the_record() {
    let record = m0().case(|case| case.last_contact = date(2023, 1, 1));
    let fine = restaged((2022, 1, 1), "", "IIIA");
    assert!(!raised(&record, &[fine], "R04") && !raised(&record, &[fine], "R10"));
    // Neither of them is the latest, which the record holds.
    assert!(raised(&record, &[restaged((2019, 12, 1), "", "IIIA"), fine], "R04"));
    assert!(raised(&record, &[restaged((2024, 1, 1), "", "IIIA")], "R10"));
    assert!(!raised(&record, &[restaged((2020, 0, 0), "", "IIIA"), fine], "R04"), "perhaps after it");
}

#[test]
fn origin_follows_the_events() {
    let recurred = |recurred, code| Event {
        recurred,
        recurrence_type: Cell::Value(code),
        ..Event { when: date(2022, 3, 1).value().map_or(When::Unknown, When::Date), ..Event::default() }
    };
    let cleared = restaged((2023, 3, 1), "M0", "");
    for (draft, events, origin) in [
        (m0(), vec![], MetOrigin::NoneRecorded),
        (m0(), vec![metastasis((2022, 3, 1), 2, false, true)], MetOrigin::Recurrent),
        (m0(), vec![metastasis((2022, 3, 1), 2, false, true), cleared], MetOrigin::Recurrent),
        (m0(), vec![recurred(Recurred::Distant, 40)], MetOrigin::Recurrent),
        (m0(), vec![recurred(Recurred::Recurred, 10)], MetOrigin::NoneRecorded),
        (
            m0(),
            vec![recurred(Recurred::Progressed, 70), metastasis((2022, 5, 1), 2, false, true)],
            MetOrigin::Progression,
        ),
        (m0(), vec![metastasis((2020, 2, 1), 2, false, true)], MetOrigin::Unknown),
        (Draft::new().m("M1"), vec![metastasis((2022, 3, 1), 2, false, true)], MetOrigin::DeNovo),
    ] {
        assert_eq!(draft.audit_events(&events).0.origin, origin, "{events:?}");
    }
}

#[test]
fn histories_reach_every_state() {
    use EstroState as S;
    let (oligo, poly) = (2, 12);
    let at_diagnosis = || Draft::new().m("M1").flags("000100").case(|case| case.lesions = Cell::Value(2));
    let first = |lesions| metastasis((2022, 1, 10), lesions, false, true);
    let second = |on, progressing| metastasis((2023, 1, 10), oligo, on, progressing);
    let histories: Vec<(Draft, Vec<Event>, EstroState)> = vec![
        (at_diagnosis(), vec![restaged((2022, 1, 10), "M0", "")], S::Synchronous),
        (m0(), vec![metastasis((2020, 6, 10), oligo, true, true)], S::Synchronous),
        (m0(), vec![metastasis((2022, 1, 10), oligo, false, true)], S::MetachronousOligorecurrence),
        (m0(), vec![metastasis((2022, 1, 10), oligo, true, true)], S::MetachronousOligoprogression),
        (m0(), vec![metastasis((2022, 1, 10), oligo, true, false)], S::Unclassified),
        (m0(), vec![first(oligo), second(false, true)], S::RepeatOligorecurrence),
        (m0(), vec![first(oligo), second(true, true)], S::RepeatOligoprogression),
        (m0(), vec![first(oligo), second(true, false)], S::RepeatOligopersistence),
        (m0(), vec![first(poly), second(false, true)], S::InducedOligorecurrence),
        (m0(), vec![first(poly), second(true, true)], S::InducedOligoprogression),
        (m0(), vec![first(poly), second(true, false)], S::InducedOligopersistence),
        (at_diagnosis(), vec![second(true, true)], S::RepeatOligoprogression),
        // Told twice is one metastasis.
        (m0(), vec![first(oligo), first(oligo)], S::MetachronousOligorecurrence),
        (m0(), vec![first(poly)], S::NotApplicable),
        (Draft::new(), vec![first(oligo)], S::Unanswered(1)),
        (
            m0(),
            vec![Event { sites: Cell::Blank, lesions: Cell::Blank, ..first(oligo) }, second(true, true)],
            S::Unanswered(1),
        ),
        (m0(), vec![], S::NotApplicable),
    ];
    for (draft, events, state) in histories {
        let oligo = draft.audit_events(&events).0.oligometastasis;
        assert_eq!(oligo.estro, state, "{} after {events:?}", oligo.rule.as_str());
    }
}

/// A metastasis in the histories below: long after the diagnosis or soon, in few lesions or many.
#[derive(Clone, Copy)]
struct Met {
    late: bool,
    few: bool,
    on_therapy: bool,
    progressing: bool,
}

/// The nine states in the words of the paper, each by itself; what none of them takes is unclassified.
fn states_of(earlier: &[Met], last: Met) -> Vec<EstroState> {
    use EstroState as S;
    let Met { late, on_therapy, progressing, .. } = last;
    let (poly, oligo) = (earlier.iter().any(|met| !met.few), earlier.iter().any(|met| met.few));
    let (induced, repeat) = (poly, !poly && oligo);
    let de_novo = !poly && !oligo;
    [
        (S::Synchronous, de_novo && !late),
        (S::MetachronousOligorecurrence, de_novo && late && !on_therapy),
        (S::MetachronousOligoprogression, de_novo && late && on_therapy && progressing),
        (S::Unclassified, de_novo && late && on_therapy && !progressing),
        (S::RepeatOligorecurrence, repeat && !on_therapy),
        (S::RepeatOligoprogression, repeat && on_therapy && progressing),
        (S::RepeatOligopersistence, repeat && on_therapy && !progressing),
        (S::InducedOligorecurrence, induced && !on_therapy),
        (S::InducedOligoprogression, induced && on_therapy && progressing),
        (S::InducedOligopersistence, induced && on_therapy && !progressing),
    ]
    .into_iter()
    .filter_map(|(state, holds)| holds.then_some(state))
    .collect()
}

/// Every history of up to three metastases whose answers are all known.
#[test]
fn every_known_history_is_in_exactly_one_state_and_all_are_reached() {
    let kinds: Vec<Met> = (0..8)
        .map(|bits| Met {
            late: true,
            few: bits & 1 == 0,
            on_therapy: bits & 2 != 0,
            progressing: bits & 4 != 0,
        })
        .collect();
    let soon = kinds.iter().map(|&met| Met { late: false, ..met });
    let mut histories: Vec<Vec<Met>> = kinds.iter().copied().chain(soon).map(|met| vec![met]).collect();
    for length in 2..=3 {
        let shorter: Vec<Vec<Met>> =
            histories.iter().filter(|mets| mets.len() + 1 == length).cloned().collect();
        histories
            .extend(shorter.iter().flat_map(|mets| kinds.iter().map(|&met| [&mets[..], &[met]].concat())));
    }
    let mut reached = std::collections::BTreeSet::new();
    for mets in &histories {
        let events: Vec<Event> = (0_u16..)
            .zip(mets)
            .map(|(at, met)| {
                let when = if met.late { (2022 + at, 1, 10) } else { (2020, 6, 10) };
                metastasis(when, if met.few { 2 } else { 12 }, met.on_therapy, met.progressing)
            })
            .collect();
        let found = m0().audit_events(&events).0.oligometastasis.estro;
        let (last, earlier) = mets.split_last().unwrap();
        let expected = if last.few { states_of(earlier, *last) } else { vec![EstroState::NotApplicable] };
        assert_eq!(vec![found], expected, "{events:?}");
        reached.insert(found);
    }
    assert_eq!((histories.len(), reached.len()), (16 + 16 * 8 + 16 * 64, 11), "{reached:?}");
}

#[test]
fn the_first_metastasis_is_graded_and_each_event_for_itself() {
    let events = [
        metastasis((2022, 1, 10), 2, false, true),
        metastasis((2023, 1, 10), 12, true, true),
        restaged((2024, 1, 10), "M0", "IIA"),
    ];
    let treatable = m0().case(|case| case.all_treatable = Cell::Value(true));
    let record = treatable.recorded(Basis::Single, "IIA").derives(Basis::Single, "IIA");
    let (audited, _, judged) = record.audit_events(&events);
    let oligo = audited.oligometastasis;
    assert_eq!((oligo.level, oligo.lesions, oligo.organs), (Level::Confirmed, Some(2), OrganSet::LIVER));
    assert_eq!(oligo.estro, EstroState::NotApplicable, "the latest metastasis is no oligometastasis");
    let levels: Vec<Level> = judged.iter().map(|judged| judged.level).collect();
    assert_eq!(levels, [Level::Confirmed, Level::ExcludedPoly, Level::NotApplicable]);
    let changes: Vec<Change> = judged.iter().map(|judged| judged.change).collect();
    assert_eq!(changes, [Change::Unknown, Change::Unknown, Change::Same]);
    assert!(judged.iter().all(|judged| judged.agreement != Agreement::Exact), "nothing was derived here");
}

fn any_metastasis() -> impl Strategy<Value = Event> {
    let lesions = prop_oneof![1 => Just(Cell::Blank), 3 => (0_u16..14).prop_map(Cell::Value)];
    let sites =
        prop_oneof![1 => Just(Cell::Blank), 3 => (1_u8..64).prop_map(|set| Cell::Value(OrganSet(set)))];
    let flag = || prop_oneof![1 => Just(Cell::Blank), 2 => any::<bool>().prop_map(Cell::Value)];
    let when = (2020_u16..=2024, 0_u8..=12, 0_u8..=28);
    let m = prop::sample::select(vec!["", "M0", "M1"]);
    (when, m, lesions, sites, flag(), flag()).prop_map(
        |(mut when, m, lesions, sites, on_therapy, progressing)| {
            if when.1 == 0 {
                when.2 = 0;
            }
            Event { sites, lesions, on_therapy, progressing, ..restaged(when, m, "") }
        },
    )
}

fn strength(level: Level) -> u8 {
    match level {
        Level::NotApplicable => 0,
        Level::NotAssessable => 1,
        Level::PossibleWeak => 2,
        Level::Possible => 3,
        Level::Probable => 4,
        Level::Confirmed => 5,
        Level::ExcludedDiffuse | Level::ExcludedPoly => u8::MAX,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_global_rejects: 65_536, ..ProptestConfig::default() })]

    /// Every history is in one state, whatever the order in which it is told.
    #[test]
    fn a_history_has_one_state(
        m in prop::sample::select(vec!["M0", "M1"]),
        (events, shuffled) in prop::collection::vec(any_metastasis(), 0..5)
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
    ) {
        let draft = Draft::new().m(m);
        let (told, _, judged) = draft.audit_events(&events);
        let (other, findings, rejudged) = draft.audit_events(&shuffled);
        prop_assert_eq!(told, other);
        prop_assert_eq!(&judged, &rejudged);
        prop_assert_eq!(draft.audit_events(&events).1, findings);
        let state = told.oligometastasis.estro;
        let metastatic = m == "M1" || events.iter().any(Event::is_metastatic);
        prop_assert!(metastatic || state == EstroState::NotApplicable);
        if let Some(last) = judged.iter().rfind(|judged| judged.level != Level::NotApplicable) {
            prop_assert_eq!(last.state, state);
        }
    }

    /// Taking lesions, sites or M of an event away never raises the level of that event.
    #[test]
    fn less_evidence_never_climbs(event in any_metastasis()) {
        let level = |event: Event| m0().audit_events(&[event]).0.oligometastasis.level;
        let before = level(event);
        // More organs than lesions contradict each other: losing one of them settles it.
        let organs = event.sites.value().map_or(0, OrganSet::len);
        prop_assume!(event.lesions.value().is_none_or(|lesions| u32::from(lesions) >= organs));
        let mut without_m = event;
        without_m.tnm.m = crate::category::Recorded::default();
        for less in [
            Event { lesions: Cell::Blank, ..event },
            Event { lesions: Cell::Unknown, ..event },
            Event { sites: Cell::Blank, ..event },
            Event { sites: Cell::Unknown, ..event },
            without_m,
        ] {
            // An M0 that is taken away is evidence against metastasis.
            if !event.is_metastatic() {
                continue;
            }
            let after = level(less);
            prop_assert!(strength(after) <= strength(before), "{before:?} became {after:?}");
            if strength(before) == u8::MAX && strength(after) != u8::MAX {
                prop_assert!(strength(after) < strength(Level::Probable), "{before:?} became {after:?}");
            }
        }
    }

    /// The ladder never rises while the events of a history are taken away, the latest first; what each of the
    /// others says by itself does not hang on those that come after it.
    #[test]
    fn a_history_that_loses_its_events_never_climbs(mut events in prop::collection::vec(any_metastasis(), 1..6)) {
        // Events of one date are one metastasis, whose lesions and sites are told together.
        events.sort_by_key(|event| match event.when { When::Date(date) => (date.earliest(), date.latest()), _ => (0, 0) });
        let overlaps = |pair: &[Event]| match (pair[0].when, pair[1].when) {
            (When::Date(one), When::Date(other)) => other.earliest() <= one.latest(),
            _ => true,
        };
        prop_assume!(!events.windows(2).any(overlaps));
        let mut before = m0().audit_events(&events);
        while events.pop().is_some() {
            let after = m0().audit_events(&events);
            let (was, is) = (before.0.oligometastasis, after.0.oligometastasis);
            let same = is.level == was.level && is.rule == was.rule;
            prop_assert!(same || is.level == Level::NotApplicable, "{was:?} became {is:?}");
            let levels = |judged: &[crate::audit::Judged]| judged.iter().map(|judged| judged.level).collect::<Vec<_>>();
            prop_assert_eq!(&levels(&before.2)[..events.len()], &levels(&after.2)[..]);
            before = after;
        }
    }

    /// Nor does any event of a history climb while one of them loses its lesions or its sites.
    #[test]
    fn no_event_climbs_where_another_loses_evidence(
        events in prop::collection::vec(any_metastasis(), 2..5),
        which in any::<prop::sample::Index>(),
        lesions in any::<bool>(),
    ) {
        let which = which.index(events.len());
        let organs = |event: &Event| event.sites.value().map_or(0, OrganSet::len);
        prop_assume!(events.iter().all(|event| {
            event.lesions.value().is_none_or(|lesions| u32::from(lesions) >= organs(event))
        }));
        // Taking sites away from an event without M can leave no metastasis at all; its date then tells nothing.
        prop_assume!(events[which].tnm.m.cell.value().is_some());
        let mut less = events.clone();
        if lesions { less[which].lesions = Cell::Unknown } else { less[which].sites = Cell::Unknown }
        let levels = |events: &[Event]| {
            let draft = m0();
            let config = &draft.config;
            let course = crate::course::Course::of(
                &draft.case, config.original_window, config.original_window_days, events,
            );
            let judged = draft.audit_events(events).2;
            let mut levels = vec![Level::NotApplicable; events.len()];
            for (step, judged) in course.steps.iter().zip(judged) {
                levels[step.at] = judged.level;
            }
            levels
        };
        for (was, is) in levels(&events).into_iter().zip(levels(&less)) {
            let settled = strength(was) == u8::MAX && strength(is) < strength(Level::Probable);
            prop_assert!(strength(is) <= strength(was) || settled, "{was:?} became {is:?}");
        }
    }
}
