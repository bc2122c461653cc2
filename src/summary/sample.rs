//! A small set of records, made by hand, for the tests of this room.

use super::{
    Counts, Facilities, MetsPattern, MonthBand, Oligo, Origin, Partial, Restaging, Staging, Table, Tally,
    write_csv,
};
use crate::audit::{EstroState, Severity};
use crate::category::{Edition, Sex};
use crate::course::Days;
use crate::knowledge::SchemaId;

/// Ids of the schemas of the sample.
pub(super) const NAMES: &[&str] = &["lung", "breast"];

type Findings = &'static [(&'static str, Severity)];

/// Records, and how many of each.
fn records() -> Vec<(u64, Tally, Findings)> {
    let lung = lung();
    let metastatic = Tally { recorded: staging("IVB"), derived: staging("IVB"), origin: "de_novo", ..lung };
    let graded = |level, timing| Some(Oligo { profile: "nsclc", level, timing });
    let breast = Tally {
        schema: Some(SchemaId(1)),
        sex: Some(Sex::Female),
        age: Some(4),
        basis: "pathologic",
        recorded: staging("IA"),
        derived: staging("IA"),
        oligo: None,
        ..lung
    };
    let unknown = Staging { stage: "UNK", group: None };
    vec![
        (4, lung, &[]),
        (
            2,
            Tally { derived: staging("IIIB"), agreement: "substage", detail: Some("higher"), ..lung },
            &[("D02", Severity::Warning)],
        ),
        (
            1,
            Tally { recorded: staging("IIB"), agreement: "major", detail: Some("higher"), ..lung },
            &[("D01", Severity::Error)],
        ),
        (3, Tally { oligo: graded("probable", "synchronous"), ..metastatic }, &[]),
        (2, Tally { oligo: graded("possible", "synchronous"), ..metastatic }, &[]),
        (1, Tally { oligo: graded("possible_weak", "metachronous"), ..metastatic }, &[]),
        (4, Tally { oligo: graded("excluded_poly", "synchronous"), ..metastatic }, &[]),
        (
            1,
            Tally {
                recorded: unknown,
                derived: staging("IB"),
                agreement: "recorded_unknown",
                year: None,
                age: None,
                ..lung
            },
            &[("D03", Severity::Warning), ("D14", Severity::Error)],
        ),
        (5, breast, &[]),
        (
            1,
            Tally {
                derived: unknown,
                agreement: "underivable",
                cause: Some("n_unknown"),
                basis: "none",
                ..breast
            },
            &[("D04", Severity::Info)],
        ),
        (
            2,
            Tally {
                origin: "recurrent",
                restaging: Some(restaged("IA", "IV", "up", Some(400), "distant")),
                ..breast
            },
            &[],
        ),
        (
            1,
            Tally {
                recorded: staging("0"),
                derived: staging("0"),
                sex: None,
                restaging: Some(restaged("0", "UNK", "unknown", None, "blank")),
                ..breast
            },
            &[],
        ),
        (
            2,
            Tally {
                schema: None,
                edition: None,
                recorded: Staging { stage: "NA", group: None },
                derived: Staging { stage: "NA", group: None },
                agreement: "not_applicable",
                cause: Some("no_schema"),
                basis: "none",
                origin: "not_applicable",
                oligo: None,
                ..lung
            },
            &[],
        ),
    ]
}

/// A lung tumor without metastasis, recorded as it is derived.
pub(super) fn lung() -> Tally {
    Tally {
        schema: Some(SchemaId(0)),
        edition: Some(Edition(8)),
        year: Some(2019),
        source: Some(1),
        mets: MetsPattern(*b"00000-"),
        state: EstroState::NotApplicable,
        sex: Some(Sex::Male),
        age: Some(67),
        basis: "clinical",
        recorded: staging("IIIA"),
        derived: staging("IIIA"),
        agreement: "exact",
        detail: None,
        cause: None,
        origin: "none_recorded",
        oligo: Some(Oligo { profile: "nsclc", level: "not_applicable", timing: "unknown" }),
        restaging: None,
    }
}

/// The counts of the sample.
pub(super) fn counts() -> Counts {
    let mut counts = Counts::default();
    for (times, tally, findings) in records() {
        for _ in 0..times {
            counts.add(&tally, findings.iter().copied());
        }
    }
    counts
}

/// The counts of the sample under their labels.
pub(super) fn partial() -> Partial {
    labelled(&counts(), NAMES)
}

/// Counts under their labels, as of a run without a name.
pub(super) fn labelled(counts: &Counts, schemas: &[&str]) -> Partial {
    let origin = Origin { runs: ["run".to_owned()].into(), ..Origin::default() };
    Partial::new(counts, schemas, &Facilities::default(), origin).unwrap()
}

fn restaged(
    original: &'static str,
    restaged: &'static str,
    change: &'static str,
    days: Option<i32>,
    recurrence: &'static str,
) -> Restaging {
    let months = MonthBand::of(days.map(|day| Days { first: day, last: day }));
    Restaging { original, restaged, change, months, recurrence }
}

/// A group with the stage that its label begins with.
fn staging(group: &'static str) -> Staging {
    Staging { stage: group.trim_end_matches(['A', 'B']), group: Some(group) }
}

/// A table as the text of its file.
pub(super) fn csv(table: &Table) -> String {
    let mut bytes = Vec::new();
    write_csv(table, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}
