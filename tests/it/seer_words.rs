//! `rstage rules --algorithm` and `rstage explain --algorithm`: by a small algorithm that the test makes,
//! and by SEER's own where they are at hand.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Done, Work, shared};

/// A table from `key type` columns and rows.
fn table(id: &str, title: &str, columns: &[&str], rows: &[&[&str]]) -> Value {
    let definition: Vec<Value> = columns
        .iter()
        .map(|column| {
            let (key, kind) = column.split_once(' ').unwrap();
            json!({"key": key, "type": kind})
        })
        .collect();
    json!({
        "id": id, "algorithm": "Toy", "version": "1.0", "title": title, "definition": definition, "rows": rows,
    })
}

/// An algorithm with two schemas that a discriminator tells apart, written to the folder `toy`.
fn toy(work: &Work) -> PathBuf {
    let many: Vec<Vec<String>> = (0..40).map(|n| vec![format!("{n:03}"), format!("code | {n}")]).collect();
    let many: Vec<Vec<&str>> = many.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let many: Vec<&[&str]> = many.iter().map(Vec::as_slice).collect();
    let tables = [
        table("primary_site", "Sites", &["site INPUT"], &[&["C000,C500,C501"]]),
        table("histology", "Histologies", &["hist INPUT"], &[&["8000-8002"]]),
        table(
            "select_upper",
            "Upper",
            &["site INPUT", "hist INPUT", "side INPUT", "result ENDPOINT"],
            &[&["C500", "8000-8002", "1", "MATCH"], &["C500", "8001", "3", "MATCH"]],
        ),
        table(
            "select_lower",
            "Lower",
            &["site INPUT", "hist INPUT", "side INPUT"],
            &[&["C500", "*", "2"], &["C501", "*", "*"]],
        ),
        table("year", "Years", &["year_dx INPUT"], &[&["2018-{{ctx_year_current}}"]]),
        table("size_codes", "Size", &["size INPUT", "what DESCRIPTION"], &many),
        table("is_early", "Early years", &["year_dx INPUT"], &[&["2018-2020"]]),
        table(
            "t",
            "T by size",
            &["size INPUT", "t ENDPOINT", "next ENDPOINT"],
            &[
                &["000-019", "VALUE:1", "MATCH"],
                &["020", "VALUE:{{side}}", "JUMP:more"],
                &["*", "ERROR:too large", "STOP"],
            ],
        ),
        table("more", "By side", &["s INPUT", "group ENDPOINT"], &[&["1,2", "VALUE:II"]]),
        table("group", "Group", &["t INPUT", "group ENDPOINT"], &[&["1", "VALUE:I"], &["9", "VALUE"]]),
    ];
    let item = |key: &str, parts: Value| {
        let mut item = json!({"key": key, "name": format!("The {key}")});
        parts.as_object().unwrap().iter().for_each(|(key, value)| item[key] = value.clone());
        item
    };
    let schema = |id: &str, title: &str, on_invalid: &str| {
        json!({
            "id": id, "algorithm": "Toy", "version": "1.0", "title": title,
            "schema_selection_table": format!("select_{id}"), "on_invalid_input": on_invalid,
            "inputs": [
                item("site", json!({"naaccr_item": 400, "naaccr_xml_id": "primarySite", "table": "primary_site"})),
                item("hist", json!({"naaccr_item": 522, "table": "histology"})),
                item("year_dx", json!({"naaccr_item": 390, "table": "year"})),
                item("side", json!({})),
                item("size", json!({"table": "size_codes", "default": "020", "used_for_staging": true})),
            ],
            "outputs": [item("t", json!({"default": "9"})), item("group", json!({})), item("version", json!({"default": "{{ctx_alg_version}}"}))],
            "mappings": [
                {
                    "id": "early", "inclusion_tables": [{"id": "is_early"}],
                    "tables": [{"id": "more", "input_mapping": [{"from": "side", "to": "s"}]}],
                },
                {
                    "id": "all", "exclusion_tables": [{"id": "is_early"}],
                    "initial_context": [{"key": "group", "value": "90"}, {"key": "t"}],
                    "tables": [
                        {"id": "t", "input_mapping": [{"from": "side", "to": "s"}]},
                        {"id": "group"},
                    ],
                },
            ],
        })
    };
    for form in &tables {
        work.write(&format!("toy/tables/{}.json", form["id"].as_str().unwrap()), form.to_string());
    }
    for form in [schema("upper", "Upper parts", "FAIL"), schema("lower", "Lower parts", "CONTINUE")] {
        work.write(&format!("toy/schemas/{}.json", form["id"].as_str().unwrap()), form.to_string());
    }
    work.path("toy")
}

fn rules(args: &[&str]) -> Done {
    let work = Work::new();
    toy(&work);
    work.rstage(&[&["rules"], args, &["--algorithm", "toy"]].concat())
}

fn printed(done: Done) -> String {
    assert_eq!(done.status, 0, "{}", done.err);
    done.out
}

/// What is explained about the inputs, in the year 2026.
fn explained(inputs: &[&str]) -> String {
    let work = Work::new();
    toy(&work);
    let mut args = vec!["explain", "--algorithm", "toy", "--current-year", "2026"];
    args.extend(inputs.iter().flat_map(|input| ["--input", input]));
    printed(work.rstage(&args))
}

#[test]
fn the_schemas_of_an_algorithm() {
    insta::assert_snapshot!(printed(rules(&[])));
    let csv = printed(rules(&["LOW", "--format", "csv"]));
    assert_eq!(csv.lines().nth(1), Some("lower,Lower parts,C500; C501,*,side,4,5,3"));
    assert_eq!(csv.lines().count(), 2);
}

#[test]
fn the_page_of_a_schema() {
    insta::assert_snapshot!(printed(rules(&["show", "upper", "--tables"])));
    insta::assert_snapshot!(printed(rules(&[
        "show",
        "lower",
        "--format",
        "markdown",
        "--table",
        "size_codes"
    ])));
}

#[test]
fn what_an_algorithm_does_not_have() {
    for (args, says) in [
        (&["show", "uppe"][..], "toy has no schema uppe\nhint: did you mean `upper`?"),
        (&["show", "lung"], "hint: `rstage rules --algorithm` with the file and nothing else names all"),
        (&["show", "upper", "--table", "nosuch"], "toy has no table nosuch\nhint:"),
        (&["show", "upper", "--edition", "8"], "cannot be used with"),
    ] {
        let done = rules(args);
        assert_eq!(done.status, 2, "{args:?}");
        assert!(done.err.contains(says), "{}", done.err);
    }
    let done = Work::new().rstage(&["rules", "--algorithm", "nosuch.zip"]);
    assert_eq!(done.status, 3);
    assert!(done.err.contains("nosuch.zip: cannot be read"), "{}", done.err);
}

#[test]
fn a_case_is_explained() {
    insta::assert_snapshot!(explained(&["site=C500", "hist=8000", "side=1", "year_dx=2022", "size=005"]));
    insta::assert_snapshot!(explained(&["site=C501", "hist=8001", "side=2", "year_dx=2022"]));
}

#[test]
fn a_record_of_an_export_is_explained_as_its_inputs_are() {
    let by_inputs = explained(&["hist=8000", "side=1", "site=C500", "size=005", "year_dx=2022"]);
    let work = Work::new();
    toy(&work);
    work.write(
        "export.csv",
        "tumor_key,primarySite,histologicTypeIcdO3,dateOfDiagnosis,side,size,notes\n\
         1,C501,8001,20190203,2,020,x\n2,C500,8000,20220304,1,005,\n",
    );
    let args = ["explain", "export.csv", "--key", "2", "--algorithm", "toy", "--current-year", "2026"];
    let by_record = printed(work.rstage(&[&args[..], &["--layout", "naaccr_xml"]].concat()));
    // Only the columns that the algorithm names by an item are found in such a table.
    assert!(by_record.contains("Which of them it is, side would tell"), "{by_record}");
    work.write("keys.csv", "tumor_key,site,hist,year_dx,side,size\n2,C500,8000,2022,1,005\n");
    let args = ["explain", "keys.csv", "--key", "2", "--algorithm", "toy", "--current-year", "2026"];
    let args = [&args[..], &["--layout", "seer-keys"]].concat();
    assert_eq!(printed(work.rstage(&args)), by_inputs);
    let missing = work.rstage(&[&args[..3], &["3"], &args[4..]].concat());
    assert_eq!(missing.status, 3, "{}", missing.err);
    assert!(missing.err.contains("no record has the key \"3\""), "{}", missing.err);
}

#[test]
fn an_error_is_explained_where_it_happens() {
    let too_large = explained(&["site=C501", "hist=8000", "year_dx=2022", "size= 999 "]);
    for words in [
        "INVALID_REQUIRED_INPUT table=size_codes key=size: not a valid code, and the stage depends on it: 999",
        "    row 3, which takes everything\n    t ERROR:too large\n    next STOP\n  The tables of this mapping that are left are skipped",
        "STAGING_ERROR table=t columns=t: too large",
    ] {
        assert!(too_large.contains(words), "{words}\nis not in\n{too_large}");
    }
    let early = explained(&["site=C501", "hist=8000", "side=7", "year_dx=2019"]);
    for words in [
        "only if is_early takes the case: row 1 does\n  Table more: By side\n    asked: s 7 (from side)\n    \
         MATCH_NOT_FOUND table=more columns=group: no row takes the case",
        "only unless is_early takes the case: row 1 does, so the mapping is skipped",
    ] {
        assert!(early.contains(words), "{words}\nis not in\n{early}");
    }
}

#[test]
fn how_a_schema_is_found_or_not() {
    for (inputs, says) in [
        (&["site=C500", "hist=8000"][..], "Which of them it is, side would tell"),
        (&["site=C500", "hist=8000", "side=9"], "side 9: no schema"),
        (&["site=C509", "hist=8000"], "No schema takes site C509: the algorithm does not know it"),
        (&["site=C000", "hist=8000"], "No schema takes site C000"),
        (&["site=C500", "side=1"], "both site and hist are needed"),
        (&["site=C501", "hist=8000", "year_dx=2017"], "No row of year takes it: the case is not staged"),
        (
            &["site=C501", "hist=8000", "year_dx=2018", "x=1"],
            "UNKNOWN_INPUT key=x: the schema has no such input",
        ),
    ] {
        let text = explained(inputs);
        assert!(text.contains(says), "{says}\nis not in\n{text}");
    }
    let work = Work::new();
    toy(&work);
    for (args, says) in [
        (&["--input", "site"][..], "--input: site is not KEY=VALUE"),
        (&["--input", "site=1", "--input", "site=2"], "site is given twice"),
        (&[], "nothing to explain"),
        (&["--input", "site=C500", "--site", "C50.0"], "cannot be used with"),
        (&["export.csv", "--key", "1", "--input", "site=C500"], "cannot be used with"),
    ] {
        let done = work.rstage(&[&["explain", "--algorithm", "toy"], args].concat());
        assert_eq!(done.status, 2, "{}", done.err);
        assert!(done.err.contains(says), "{}", done.err);
    }
}

/// SEER's own files: every schema has its page, and one case of each of three algorithms its words.
#[test]
fn seers_own_algorithms() {
    let Some(seer) = shared("seer") else { return };
    let run = |args: &[&str], file: &str| {
        let file = seer.join(file);
        printed(Work::new().rstage(&[args, &["--algorithm", file.to_str().unwrap()]].concat()))
    };
    insta::assert_snapshot!(run(&["rules", "esoph"], "tnm-2.1.zip"));
    insta::assert_snapshot!(run(&["rules", "show", "brain"], "eod_public-3.3.zip"));
    let case = |file, inputs: &[&str]| {
        let mut args = vec!["explain", "--current-year", "2026"];
        args.extend(inputs.iter().flat_map(|input| ["--input", input]));
        run(&args, file)
    };
    insta::assert_snapshot!(case(
        "eod_public-3.3.zip",
        &[
            "site=C111",
            "hist=8000",
            "year_dx=2022",
            "discriminator_1=1",
            "eod_primary_tumor=300",
            "eod_mets=7x"
        ],
    ));
    insta::assert_snapshot!(case(
        "tnm-2.1.zip",
        &["site=C341", "hist=8140", "year_dx=2016", "behavior=3", "clin_t=c1A", "clin_n=c0", "clin_m=c0"],
    ));
    let ids = run(&["rules", "--format", "csv"], "pediatric-1.3.zip");
    assert_eq!(ids.lines().count(), 34);
    for line in ids.lines().skip(1).step_by(4) {
        let page = run(&["rules", "show", line.split(',').next().unwrap(), "--tables"], "pediatric-1.3.zip");
        assert_eq!(page.contains("\n  1. "), page.contains("\nTables\n"), "{page}");
    }
}
