//! Courses as patients have them, and any course at all.

use proptest::prelude::*;

use super::*;
use crate::category::{Cell, OrganSet, Parsed, PartialDate, Prefix, StageGroup, parse};
use crate::fields::{Coding, Field};
use crate::knowledge::Rules;
use crate::staging::{Basis, Case, Policy, Stager};

fn cell(field: Field, text: &str) -> Parsed {
    parse(field, Coding::Plain, text)
}

fn case(cells: &[(Field, &str)]) -> Case {
    let mut case = Case::default();
    let colon = [(Field::Site, "C18.2"), (Field::Histology, "8140"), (Field::Behavior, "3")];
    for (field, text) in colon.iter().chain(cells) {
        case.put(*field, cell(*field, text));
    }
    case
}

/// `date classification group T N M`, with `-` for what is not told and `+90` for days since diagnosis.
fn event(text: &str) -> Event {
    let words: Vec<&str> = text.split(' ').map(|word| if word == "-" { "" } else { word }).collect();
    let mut case = Case::default();
    for (field, word) in [Field::RGroup, Field::RT, Field::RN, Field::RM].into_iter().zip(&words[2..]) {
        case.put(field, cell(field, word));
    }
    let when = match (words[0].strip_prefix('+'), cell(Field::RDate, words[0])) {
        (Some(days), _) => When::AfterDiagnosis(days.parse().unwrap()),
        (None, Parsed::Date(Cell::Value(date))) => When::Date(date),
        _ => When::Unknown,
    };
    let Parsed::Classification(classification) = cell(Field::Classification, words[1]) else { panic!() };
    Event {
        when,
        classification: classification.value().unwrap_or_default(),
        tnm: *case.set(Basis::Restaged),
        ..Event::default()
    }
}

fn course(case: &Case, events: &[&str]) -> Course {
    let events: Vec<Event> = events.iter().map(|text| event(text)).collect();
    Course::of(case, OriginalWindow::Longer, 120, &events)
}

/// `role reason` of each event in the order in which they were given.
fn roles(case: &Case, events: &[&str]) -> Vec<String> {
    let mut steps = course(case, events).steps;
    steps.sort_by_key(|step| step.at);
    steps.iter().map(|step| format!("{} {}", step.role.as_str(), step.reason.as_str())).collect()
}

#[test]
fn every_event_finds_its_part() {
    let whole = [(Field::DxDate, "2020-01-10")];
    let surgery = [(Field::DxDate, "2020-01-10"), (Field::SurgeryDate, "2020-07-01")];
    let year = [(Field::DxDate, "2020")];
    let staged = [(Field::DxDate, "2020-01-10"), (Field::ClinT, "T2")];
    let recurred = [(Field::DxDate, "2020-01-10"), (Field::RecurrenceDate, "2020-03-01")];
    for (record, told, expected) in [
        (&whole[..], "2020-01-12 c - T2 N0 M0", "original last_in_window"),
        (&whole, "+2 p - T2 N0 M0", "original last_in_window"),
        (&whole, "2020-05-09 c - T2 N0 M0", "original last_in_window"),
        (&whole, "2020-05-10 c - T2 N0 M0", "restaging after_window"),
        (&whole, "2020-05 c - T2 N0 M0", "unknown date_open"),
        (&whole, "2020 c - T2 N0 M0", "unknown date_open"),
        (&whole, "2020-01-09 c - T2 N0 M0", "unknown before_diagnosis"),
        (&whole, "- c - T2 N0 M0", "unknown no_date"),
        (&whole, "- r IV - - -", "restaging classification"),
        (&whole, "2020-01-12 rc IV - - -", "restaging classification"),
        (&whole, "2020-06-01 yp II - - -", "post_therapy classification"),
        (&whole, "2024-06-01 a - - - M1", "autopsy classification"),
        (&whole, "2020-01-12 c - - - -", "within_window not_staged"),
        (&surgery, "2020-06-30 p - T2 N0 M0", "original last_in_window"),
        (&surgery, "2020-07-02 p - T2 N0 M0", "restaging after_window"),
        (&year, "2020-03 c - T2 N0 M0", "original last_in_window"),
        (&year, "+119 c - T2 N0 M0", "original last_in_window"),
        (&year, "+121 c - T2 N0 M0", "restaging after_window"),
        (&year, "2020-08 c - T2 N0 M0", "unknown date_open"),
        (&year, "2021-07 c - T2 N0 M0", "restaging after_window"),
        (&[], "2020-08 c - T2 N0 M0", "unknown no_diagnosis_date"),
        (&[], "+20 c - T2 N0 M0", "original last_in_window"),
        (&staged, "2020-01-12 c - T2 N0 M0", "within_window record_staged"),
        (&recurred, "2020-03-02 c - T2 N0 M0", "restaging after_window"),
    ] {
        assert_eq!(roles(&case(record), &[told]), [expected], "{record:?} {told}");
    }
}

#[test]
fn progression_ends_the_original() {
    let record = case(&[(Field::DxDate, "2020-01-10")]);
    let found = roles(
        &record,
        &[
            "2020-01-12 c - T2 N0 M0",
            "2020-02-01 c - T3 N0 M0",
            "2020-03-01 r - T4a N2a M1a",
            "2020-03-05 c - T4b N0 M0",
            "2020-02 c - T1 N0 M0",
        ],
    );
    assert_eq!(
        found,
        [
            "within_window not_last_in_window",
            "within_window not_last_in_window",
            "restaging classification",
            "restaging after_progression",
            "original last_in_window",
        ]
    );
}

#[test]
fn each_event_is_staged_under_its_own_edition() {
    let rules = Rules::builtin().unwrap();
    let mut stager = Stager::new(rules, Policy::default());
    let record = case(&[(Field::DxDate, "2015-01-10")]);
    let mut course = course(
        &record,
        &[
            "2015-01-12 c - T3 N1a M0",
            "2015-06-01 yp - T2 N0 M0",
            "2019-06-01 rc - T0 N0 M1c",
            "2016-06-01 r - T0 N0 M1a",
            "2021 a - - - M1c",
        ],
    );
    let staged = course.stage(&mut stager);
    let found: Vec<String> = course
        .steps
        .iter()
        .map(|step| {
            let group = step.derived.and_then(|derived| derived.outcome.group());
            let edition = step.edition.map_or(0, |edition| edition.0);
            format!("{}{} {edition}", step.classification(), group.map_or("UNK", StageGroup::label))
        })
        .collect();
    assert_eq!(found, ["cIIIB 7", "ypI 7", "rIVA 7", "rcIVC 8", "aIVC 8"]);
    assert_eq!(staged.original.outcome.group().map(StageGroup::label), Some("IIIB"));
    let restaged = staged.derived(Basis::Restaged).and_then(|derived| derived.outcome.group());
    assert_eq!(restaged.map(StageGroup::label), Some("IVC"), "the latest restaging is the record's");
    assert_eq!(course.restaging, Some(3));
}

#[test]
fn an_event_without_a_stage_is_given_none() {
    let rules = Rules::builtin().unwrap();
    let mut lymphoma = case(&[(Field::DxDate, "2020-01-10"), (Field::AnnArbor, "II")]);
    lymphoma.put(Field::Site, cell(Field::Site, "C77.0"));
    lymphoma.histology = Cell::Blank;
    lymphoma.put(Field::Histology, cell(Field::Histology, "9680"));
    let mut course = course(&lymphoma, &["2020-01-12 - - - - -", "2023-01-12 r - - - -"]);
    course.stage(&mut Stager::new(rules, Policy::default()));
    assert!(course.steps.iter().all(|step| step.derived.is_none() && step.edition.is_none()));
}

#[test]
fn a_later_restaging_of_the_record_stays() {
    let own = [(Field::DxDate, "2015-01-10"), (Field::RM, "M1"), (Field::RDate, "2020-05")];
    for (told, latest) in
        [("2019-06-01 r - - - M0", None), ("2020-06-01 r - - - M0", Some(0)), ("- r - - - M0", None)]
    {
        assert_eq!(course(&case(&own), &[told]).restaging, latest, "{told}");
    }
}

fn any_when() -> impl Strategy<Value = When> {
    let date = (2019_u16..=2023, 0_u8..=12, 0_u8..=28)
        .prop_filter_map("a date", |(year, month, day)| PartialDate::new(year, month, day).map(When::Date));
    prop_oneof![6 => date, 2 => (-100_i32..1500).prop_map(When::AfterDiagnosis), 1 => Just(When::Unknown)]
}

fn maybe<V: Copy + std::fmt::Debug + 'static>(
    values: impl Strategy<Value = V> + 'static,
) -> BoxedStrategy<Cell<V>> {
    prop_oneof![2 => Just(Cell::Blank), 1 => Just(Cell::Unknown), 4 => values.prop_map(Cell::Value)].boxed()
}

fn any_event() -> impl Strategy<Value = Event> {
    let classification = prop::sample::select(vec!["", "c", "p", "yc", "yp", "r", "rc", "rp", "a"]);
    let category = |labels: &[&'static str]| prop::sample::select(labels.to_vec());
    let tnm = (
        category(&["-", "IIA", "IIIB", "IVA", "IVC", "IV"]),
        category(&["-", "T2", "T3", "TX"]),
        category(&["-", "N0", "N1a"]),
        category(&["-", "M0", "M1a", "M1c"]),
    );
    let recurrence = prop::sample::select(vec![
        (Cell::Blank, Recurred::No),
        (Cell::Value(10), Recurred::Recurred),
        (Cell::Value(40), Recurred::Distant),
        (Cell::Value(70), Recurred::Progressed),
    ]);
    let sites = maybe((0_u8..64).prop_map(OrganSet));
    (
        any_when(),
        classification,
        tnm,
        recurrence,
        sites,
        maybe(0_u16..9),
        maybe(any::<bool>()),
        maybe(any::<bool>()),
    )
        .prop_map(
            |(when, class, (group, t, n, m), (code, recurred), sites, lesions, on_therapy, progressing)| {
                let told =
                    event(&format!("- {} {group} {t} {n} {m}", if class.is_empty() { "-" } else { class }));
                Event {
                    when,
                    sites,
                    lesions,
                    on_therapy,
                    progressing,
                    recurrence_type: code,
                    recurred,
                    ..told
                }
            },
        )
}

fn any_record() -> impl Strategy<Value = Case> {
    let dates =
        || prop::sample::select(vec!["", "2020-01-10", "2020-01", "2020", "2020-07-01", "2021-03-01"]);
    let t = prop::sample::select(vec!["", "T2"]);
    (dates(), dates(), dates(), dates(), t).prop_map(|(dx, surgery, recurrence, treatment, t)| {
        case(&[
            (Field::DxDate, dx),
            (Field::SurgeryDate, surgery),
            (Field::RecurrenceDate, recurrence),
            (Field::FirstCourseDate, treatment),
            (Field::ClinT, t),
        ])
    })
}

fn any_window() -> impl Strategy<Value = OriginalWindow> {
    prop::sample::select(OriginalWindow::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// The order in which events are told changes nothing.
    #[test]
    fn shuffled_events_make_the_same_course(
        record in any_record(),
        window in any_window(),
        (events, shuffled) in prop::collection::vec(any_event(), 0..7)
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
    ) {
        let of = |events: &[Event]| {
            let course = Course::of(&record, window, 120, events);
            let steps: Vec<Step> = course.steps.into_iter().map(|step| Step { at: 0, ..step }).collect();
            (course.case, steps, course.restaging)
        };
        prop_assert_eq!(of(&events), of(&shuffled));
    }

    /// What comes after the window and after everything else never changes the stage at diagnosis.
    #[test]
    fn a_later_event_leaves_the_original(
        record in any_record(),
        window in any_window(),
        events in prop::collection::vec(any_event(), 0..6),
        later in any_event(),
        day in 0_u16..900,
    ) {
        let rules = Rules::builtin().unwrap();
        let later = Event {
            when: match record.dx.value() {
                // Years after the last date of the others, whatever their missing parts.
                Some(_) => PartialDate::new(2026 + day / 365, 1 + (day % 12) as u8, 1 + (day % 28) as u8)
                    .map_or(When::Unknown, When::Date),
                None => When::AfterDiagnosis(2000 + i32::from(day)),
            },
            ..later
        };
        let original = |events: &[Event]| {
            let mut course = Course::of(&record, window, 120, events);
            let mut stager = Stager::new(rules, Policy::default());
            let sets = [Basis::Single, Basis::Clinical, Basis::Pathologic].map(|basis| *course.case.set(basis));
            let staged = course.stage(&mut stager);
            // The cause may change: that only a stage after therapy is known is worth telling.
            (sets, staged.original.outcome.bounds(), staged.basis, staged.edition)
        };
        // Without a date of diagnosis, calendar dates and days cannot be compared at all.
        prop_assume!(record.dx.value().is_some() || events.iter().all(|event| !matches!(event.when, When::Date(_))));
        let mut more = events.clone();
        more.push(later);
        prop_assert_eq!(original(&events), original(&more));
    }

    /// Every event has its place in the course, and the original is never a later one.
    #[test]
    fn no_event_is_lost_and_none_after_the_window_is_the_original(
        record in any_record(),
        window in any_window(),
        events in prop::collection::vec(any_event(), 0..7),
    ) {
        let course = Course::of(&record, window, 120, &events);
        let mut places: Vec<usize> = course.steps.iter().map(|step| step.at).collect();
        places.sort_unstable();
        prop_assert_eq!(places, (0..events.len()).collect::<Vec<_>>());
        for step in &course.steps {
            let Prefix { y, r, a, .. } = step.event.classification;
            let late = y || r || a || step.event.recurred != Recurred::No;
            prop_assert!(step.role != Role::Original || !late, "{step:?}");
            prop_assert!(step.role != Role::Original || record.set(Basis::Clinical).t.cell.is_blank());
        }
    }
}
