//! Picking the records of a run by what was derived.

use crate::support::{Table, Work, fixture};

fn staged() -> Work {
    let work = Work::new();
    let input = fixture("registry.csv");
    let done = work.rstage(&["run", &input.to_string_lossy(), "--out", "out", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    work
}

/// The keys of the records in which a test of the enriched cells holds.
fn expected(work: &Work, test: impl Fn(&dyn Fn(&str) -> String) -> bool) -> usize {
    let records = Table::read(&work.path("out/records.csv"));
    (0..records.rows.len()).filter(|&row| test(&|column| records.cell(row, column).to_owned())).count()
}

fn cohort(work: &Work, filter: &str, out: &str) -> Table {
    let done = work.rstage(&["cohort", "out", "--where", filter, "--out", out]);
    assert_eq!(done.status, 0, "{filter}: {}", done.err);
    Table::read(&work.path(out))
}

#[test]
fn a_filter_takes_what_it_says_and_shows_why() {
    let work = staged();
    let taken = cohort(&work, "origin=de_novo and oligo>=possible and schema=lung", "a.csv");
    let scale = ["possible", "probable", "confirmed"];
    let wanted = expected(&work, |cell| {
        cell("rstage_met_origin") == "de_novo"
            && scale.contains(&cell("rstage_oligo").as_str())
            && cell("rstage_schema") == "lung"
    });
    assert!(wanted > 0);
    assert_eq!(taken.rows.len(), wanted);
    assert_eq!(
        taken.header,
        [
            "key",
            "file",
            "line",
            "rstage_met_origin",
            "rstage_met_origin_reason",
            "rstage_oligo",
            "rstage_oligo_rule",
            "rstage_schema"
        ]
    );
    assert!((0..wanted).all(|row| !taken.cell(row, "key").is_empty()));
    assert!((0..wanted).all(|row| taken.cell(row, "rstage_oligo_rule").starts_with("O-")));
}

#[test]
fn every_kind_of_comparison() {
    let work = staged();
    let stages = ["I", "II", "III", "IV"];
    for (at, (filter, wanted)) in [
        ("stage >= III", expected(&work, |cell| stages[2..].contains(&cell("rstage_stage").as_str()))),
        ("stage < II", expected(&work, |cell| ["0", "I"].contains(&cell("rstage_stage").as_str()))),
        ("not stage in (I, II)", {
            expected(&work, |cell| !stages[..2].contains(&cell("rstage_stage").as_str()))
        }),
        ("finding = D06 or finding = D01", {
            expected(&work, |cell| cell("rstage_findings").split(';').any(|id| id == "D06" || id == "D01"))
        }),
        ("organs = bone", expected(&work, |cell| cell("rstage_met_organs").split(';').any(|o| o == "bone"))),
        ("edition = 8", expected(&work, |cell| cell("rstage_edition") == "8")),
        ("r_group is not blank", expected(&work, |cell| !cell("rstage_r_group").is_empty())),
        ("\"r_group\" is blank", expected(&work, |cell| cell("r_group").is_empty())),
        ("primarySite = C50*", expected(&work, |cell| cell("primarySite").starts_with("C50"))),
        ("group != IIIA", expected(&work, |cell| cell("rstage_group") != "IIIA")),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(wanted > 0, "{filter} takes nothing of the fixture");
        assert_eq!(cohort(&work, filter, &format!("{at}.csv")).rows.len(), wanted, "{filter}");
    }
}

#[test]
fn mistakes_are_told_and_nothing_is_left() {
    let work = staged();
    for (filter, status, message) in [
        ("stage = ", 2, "--where: the filter cannot be read: expected a value"),
        ("stag = III", 2, "the filter asks for `stag`, which is no column of the file"),
        ("oligo >= likely", 2, "`oligo` has no order in which `likely` has a place"),
        ("origin = denovo", 2, "`origin` is never `denovo`"),
    ] {
        let done = work.rstage(&["cohort", "out", "--where", filter, "--out", "x.csv"]);
        assert_eq!(done.status, status, "{filter}");
        assert!(done.err.contains(message), "{filter}: {}", done.err);
    }
    let input = fixture("registry.csv");
    let done = work.rstage(&["cohort", &input.to_string_lossy(), "--where", "stage = III", "--out", "x.csv"]);
    assert_eq!(done.status, 3);
    assert!(done.err.contains("there is no column `rstage_stage`"), "{}", done.err);
    assert!(work.holds_only(&["out"]));
}

#[test]
fn parquet_in_and_out() {
    let work = staged();
    let input = fixture("registry.csv");
    let run = ["run", &input.to_string_lossy(), "--out", "parquet", "--format", "parquet", "--quiet"]
        .map(str::to_owned);
    assert_eq!(work.rstage(&run).status, 0);
    let filter = "oligo >= possible_weak";
    let csv = cohort(&work, filter, "a.csv");
    let done = work.rstage(&["cohort", "parquet", "--where", filter, "--out", "b.parquet", "--json"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let counts: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(counts["taken"], csv.rows.len());
    assert_eq!(counts["read"], 3000);
}
