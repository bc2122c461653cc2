//! Each algorithm sets a trap of the semantics.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

#[test]
fn defaults_are_for_what_is_absent_not_for_what_is_blank() {
    let copy = table("t", &["a INPUT", "out ENDPOINT"], &[&["*", "VALUE:{{a}}"]]);
    let parts = || mapping(&[json!({"id": "t"})]);
    let run = |inputs: &[(&str, &str)]| shown(&staged(parts(), std::slice::from_ref(&copy), inputs));
    assert_eq!(run(&[]), "out=A out2=two");
    assert_eq!(run(&[("a", "")]), "out= out2=two");
    assert_eq!(run(&[("a", "  ")]), "out= out2=two");
    assert_eq!(run(&[("a", " x\t")]), "out=x out2=two");
}

#[test]
fn value_sets_copies_blanks_and_removes() {
    for (cell, expected) in [
        ("VALUE:1:2 ", "out=1:2 out2=two"),
        ("VALUE:", "out= out2=two"),
        ("VALUE", "out2=two"),
        ("VALUE:{{a}}", "out=A out2=two"),
        ("VALUE:{{nokey}}", "out= out2=two"),
        ("VALUE:x{{a}}", "out=x{{a}} out2=two"),
        ("VALUE:{{ctx_alg_version}}", "out=1.0 out2=two"),
        ("MATCH:9", "out= out2=two"),
    ] {
        let only = table("t", &["out ENDPOINT"], &[&[cell]]);
        assert_eq!(shown(&staged(mapping(&[json!({"id": "t"})]), &[only], &[])), expected, "{cell}");
    }
}

#[test]
fn writes_are_seen_by_later_columns_and_by_tables_jumped_to() {
    let tables = [
        table(
            "t",
            &["k ENDPOINT", "j ENDPOINT", "out2 ENDPOINT"],
            &[&["VALUE:7", "JUMP:u", "VALUE:{{out}}"]],
        ),
        table("u", &["k INPUT", "out ENDPOINT"], &[&["8", "VALUE:no"], &["7", "VALUE:yes"]]),
    ];
    let answer = staged(mapping(&[json!({"id": "t"})]), &tables, &[]);
    assert_eq!(shown(&answer), "out=yes out2=yes");
    assert_eq!(answer.path, ["m.t".into(), "m.u".into()] as [std::sync::Arc<str>; 2]);
}

#[test]
fn stop_ends_its_mapping_only_and_a_later_jump_takes_it_back() {
    let tables = |cells: [&str; 2]| {
        [
            table("t", &["s ENDPOINT", "j ENDPOINT"], &[&cells]),
            table("u", &["out2 ENDPOINT"], &[&["VALUE:jumped"]]),
            table("v", &["out ENDPOINT"], &[&["VALUE:went on"]]),
            table("w", &["out2 ENDPOINT"], &[&["VALUE:next mapping"]]),
        ]
    };
    let parts = |last: &str| {
        json!({"mappings": [
            {"id": "m", "tables": [{"id": "t"}, {"id": "v"}]},
            {"tables": [{"id": last}]},
        ]})
    };
    let run = |cells, last| staged(parts(last), &tables(cells), &[]);
    assert_eq!(shown(&run(["STOP", "MATCH"], "w")), "out= out2=next mapping");
    assert_eq!(shown(&run(["STOP", "JUMP:u"], "year")), "out=went on out2=jumped");
    assert_eq!(shown(&run(["JUMP:u", "STOP"], "year")), "out= out2=jumped");
    let path = run(["STOP", "MATCH"], "w").path;
    assert_eq!(path.last().map(|step| &**step), Some("w"), "a mapping without id");
}

#[test]
fn jumps_in_a_circle_and_missing_tables_are_errors_of_the_case_and_problems_of_the_file() {
    let tables = [
        table("t", &["j ENDPOINT"], &[&["JUMP:u"]]),
        table("u", &["j ENDPOINT", "out ENDPOINT"], &[&["JUMP:t", "VALUE:1"]]),
        table("v", &["j ENDPOINT"], &[&["JUMP:gone"]]),
    ];
    let parts = mapping(&[json!({"id": "t"}), json!({"id": "v"}), json!({"id": "lost"})]);
    let algorithm = opened(&[schema("s", parts)], &tables).unwrap();
    let answer = stage(&algorithm, &[]);
    assert_eq!(
        shown(&answer),
        "out=1 out2=two [INFINITE_LOOP table=t][UNKNOWN_TABLE table=gone][UNKNOWN_TABLE table=lost]"
    );
    assert_eq!(
        algorithm.problems(),
        [
            "schema s: a mapping names the table lost, which is missing",
            "table t: its jumps lead back to it in a circle",
            "table u: its jumps lead back to it in a circle",
            "table v: a jump names the table gone, which is missing",
        ]
    );
}

#[test]
fn no_match_and_error_leave_the_output_as_it_was() {
    let tables = [
        table("t", &["a INPUT", "out ENDPOINT", "out2 ENDPOINT"], &[&["B", "VALUE:1", "VALUE:1"]]),
        table("u", &["out2 ENDPOINT"], &[&["ERROR: no {{a}} "]]),
        table("empty", &["out ENDPOINT"], &[]),
    ];
    let parts = mapping(&[json!({"id": "t"}), json!({"id": "u"}), json!({"id": "empty"})]);
    let answer = staged(parts, &tables, &[]);
    assert_eq!(
        shown(&answer),
        "out= out2=two [MATCH_NOT_FOUND table=t columns=out,out2][STAGING_ERROR table=u columns=out2]\
         [MATCH_NOT_FOUND table=empty columns=out]"
    );
    assert_eq!(answer.errors[1].message.as_deref(), Some("no {{a}}"));
    assert_eq!(answer.result, StageResult::Staged);
}

#[test]
fn keys_mapped_in_vanish_and_keys_mapped_out_go_to_all_their_targets() {
    let tables = [
        table("t", &["x INPUT", "r ENDPOINT"], &[&["A", "VALUE:{{x}}"], &["*", "VALUE:other"]]),
        table("u", &["x INPUT", "out2 ENDPOINT"], &[&["", "VALUE:gone"]]),
    ];
    let path = json!({
        "id": "t",
        "input_mapping": [{"from": "a", "to": "x"}, {"from": "nokey", "to": "y"}],
        "output_mapping": [{"from": "r", "to": "out"}, {"from": "r", "to": "z"}],
    });
    let out = json!({"outputs": [{"key": "out"}, {"key": "z"}, {"key": "r"}, {"key": "out2"}]});
    let mut parts = mapping(&[path, json!({"id": "u"})]);
    parts["outputs"] = out["outputs"].clone();
    assert_eq!(
        shown(&staged(parts, &tables, &[])),
        "out=A out2=gone r= z=A [UNKNOWN_INPUT_MAPPING table=t key=nokey]"
    );
}

#[test]
fn a_mapping_runs_if_its_conditions_hold_and_only_then_sets_its_context() {
    let tables = [
        table("is_1", &["k INPUT"], &[&["1"]]),
        table("t", &["k INPUT", "out2 ENDPOINT"], &[&["", "VALUE:k is gone"]]),
    ];
    let condition =
        json!([{"id": "is_1", "input_mapping": [{"from": "b", "to": "k"}, {"from": "no", "to": "k"}]}]);
    let context = json!([{"key": "out", "value": "{{a}}"}, {"key": "n"}]);
    let of = |list: &str| {
        json!({
            "outputs": [{"key": "out"}, {"key": "out2"}, {"key": "n", "default": "d"}],
            "mappings": [{"id": "m", list: condition, "initial_context": context, "tables": [{"id": "t"}]}],
        })
    };
    let run = |list, b| shown(&staged(of(list), &tables, &[("b", b)]));
    assert_eq!(run("inclusion_tables", "1"), "n out={{a}} out2=k is gone");
    assert_eq!(run("inclusion_tables", "2"), "n=d out= out2=");
    assert_eq!(run("exclusion_tables", "1"), "n=d out= out2=");
    let answer = staged(of("exclusion_tables"), &tables, &[("b", "2")]);
    assert_eq!(answer.path, ["m.is_1".into(), "m.t".into()] as [std::sync::Arc<str>; 2]);
}

#[test]
fn given_values_are_checked_blanks_and_defaults_are_not() {
    let checked = |used: bool, reaction: &str| {
        json!({
            "inputs": [
                {"key": "site"}, {"key": "hist"}, {"key": "year_dx"},
                {"key": "a", "default": "bad", "table": "valid", "used_for_staging": used},
                {"key": "b", "table": "none"},
            ],
            "on_invalid_input": reaction,
        })
    };
    let valid = [table("valid", &["a INPUT"], &[&["1-3"]])];
    let run = |used, reaction, inputs: &[(&str, &str)]| {
        let answer = staged(checked(used, reaction), &valid, inputs);
        (answer.result, shown(&answer))
    };
    let fine = (StageResult::Staged, "out= out2=two".to_owned());
    assert_eq!(run(true, "FAIL", &[]), fine);
    assert_eq!(run(true, "FAIL", &[("a", " ")]), fine);
    assert_eq!(run(true, "FAIL", &[("a", " 02 ")]), fine);
    let required = "[INVALID_REQUIRED_INPUT table=valid key=a]";
    let recorded = "[INVALID_NON_REQUIRED_INPUT table=valid key=a]";
    let failed = |errors: &str| (StageResult::InvalidInput, errors.to_owned());
    let went_on = |errors: &str| (StageResult::Staged, format!("out= out2=two {errors}"));
    assert_eq!(run(true, "FAIL", &[("a", "4")]), failed(required));
    assert_eq!(run(false, "FAIL", &[("a", "4")]), failed(recorded));
    assert_eq!(run(true, "FAIL_WHEN_USED_FOR_STAGING", &[("a", "4")]), failed(required));
    assert_eq!(run(false, "FAIL_WHEN_USED_FOR_STAGING", &[("a", "4")]), went_on(recorded));
    assert_eq!(run(true, "CONTINUE", &[("a", "4")]), went_on(required));
    assert_eq!(run(true, "FAIL", &[("b", "4")]), went_on("[UNKNOWN_TABLE key=b]"));
}

#[test]
fn a_default_may_come_from_a_table_or_another_key() {
    let parts = json!({
        "inputs": [
            {"key": "site"}, {"key": "hist"}, {"key": "year_dx"}, {"key": "a"},
            {"key": "b", "default_table": "d"}, {"key": "c", "default_table": "no"},
            {"key": "e", "default": "{{site}}", "default_table": "d"},
        ],
        "outputs": [{"key": "out", "default": "{{b}}"}, {"key": "out2", "default": "{{e}}"}],
    });
    let tables = [table(
        "d",
        &["a INPUT", "x ENDPOINT", "b ENDPOINT"],
        &[&["1", "VALUE:no", "VALUE:{{hist}}"], &["2", "VALUE:no", "VALUE"]],
    )];
    let run = |a| shown(&staged(parts.clone(), &tables, &[("a", a)]));
    assert_eq!(run("1"), "out=8000 out2=C500 [UNKNOWN_TABLE key=c]");
    assert_eq!(run("2"), "out= out2=C500 [MATCH_NOT_FOUND key=b][UNKNOWN_TABLE key=c]");
    assert_eq!(run("3"), "out= out2=C500 [MATCH_NOT_FOUND key=b][UNKNOWN_TABLE key=c]");
}

#[test]
fn outputs_are_checked_when_all_other_keys_are_gone() {
    let parts = json!({
        "outputs": [
            {"key": "out", "default": "1", "table": "o"},
            {"key": "out2", "default": "2026", "table": "y"},
            {"key": "out3", "table": "no"},
        ],
    });
    let tables = [
        table("o", &["out INPUT", "a INPUT"], &[&["1", ""]]),
        table("y", &["out2 INPUT"], &[&["{{ctx_year_current}}"]]),
    ];
    assert_eq!(
        shown(&staged(parts, &tables, &[])),
        "out=1 out2=2026 out3= [INVALID_OUTPUT table=y key=out2][UNKNOWN_TABLE key=out3]"
    );
}

#[test]
fn years_are_checked_before_anything_else() {
    let result = |inputs: &[(&str, &str)]| staged(json!({}), &[], inputs).result;
    for (year, expected) in [
        ("2018", StageResult::Staged),
        ("02018", StageResult::Staged),
        (" 2018 ", StageResult::Staged),
        ("2026", StageResult::Staged),
        ("2027", StageResult::InvalidYearDx),
        ("2017", StageResult::InvalidYearDx),
        ("", StageResult::Staged),
        ("9999", StageResult::Staged),
        ("2018.5", StageResult::InvalidYearDx),
    ] {
        assert_eq!(result(&[("year_dx", year)]), expected, "{year:?}");
    }
    let without = json!({"inputs": [{"key": "site"}, {"key": "hist"}]});
    let algorithm = opened(&[schema("s", without)], &[]).unwrap();
    assert_eq!(algorithm.stage([("site", "C500"), ("hist", "8000")]).result, StageResult::InvalidYearDx);
}

#[test]
fn unknown_keys_fail_a_case_but_are_left_out_of_a_table() {
    let algorithm = opened(&[schema("s", json!({}))], &[]).unwrap();
    let answer = stage(&algorithm, &[("A", ""), ("zz", "1")]);
    assert_eq!(answer.result, StageResult::InvalidInput);
    assert_eq!(answer.schema.as_deref(), Some("s"));
    assert_eq!(shown(&answer), "[UNKNOWN_INPUT key=A][UNKNOWN_INPUT key=zz]");
    let cells = [("site", "C500"), ("hist", "8000"), ("year_dx", ""), ("zz", "1"), ("a", " ")];
    let columns = cells.map(|(key, cell)| Column::of_cells(key, [cell])).to_vec();
    let staged = algorithm.stage_columns(&Columns { rows: 1, columns }, Origin::Table, false);
    assert_eq!(shown(&algorithm.answer(&staged, 0)), "out= out2=two");
}

#[test]
fn lookup_by_what_is_given() {
    let select =
        |id: &str, d: &str| table(id, &["site INPUT", "hist INPUT", "d INPUT"], &[&["C500", "*", d]]);
    let schemas = ["1", "2"].map(|d| {
        let mut schema = schema(&format!("s{d}"), json!({}));
        schema["schema_selection_table"] = format!("select{d}").into();
        schema
    });
    let algorithm = opened(&schemas, &[select("select1", "1"), select("select2", "2")]).unwrap();
    let both: &[&str] = &["s1", "s2"];
    let cases: [(Inputs<'_>, &[&str]); 11] = [
        (&[("site", "C500"), ("hist", "8000")], both),
        (&[("site", "C500"), ("hist", "8002"), ("d", "1")], &["s1"]),
        (&[("site", "C500"), ("hist", "8000"), ("d", "")], &[]),
        (&[("site", "C500"), ("hist", "8000"), ("d", "3")], &[]),
        (&[("site", "C500")], both),
        (&[("site", "C500"), ("d", "1")], &[]),
        (&[("site", "C500"), ("hist", ""), ("d", "1")], &[]),
        (&[("site", "C501"), ("hist", "8000")], &[]),
        (&[("site", "C500 "), ("hist", "8000")], &[]),
        (&[("site", "C500"), ("hist", "8003")], &[]),
        (&[("d", "1")], &[]),
    ];
    for (inputs, expected) in cases {
        let found = algorithm.lookup(inputs.iter().copied());
        assert_eq!(found.iter().map(|id| &**id).collect::<Vec<_>>(), expected, "{inputs:?}");
    }
    let results = [
        (vec![("hist", "8000")], StageResult::MissingSiteOrHistology),
        (vec![("site", ""), ("hist", "8000")], StageResult::NoMatchingSchema),
        (vec![("site", "C500"), ("hist", "8000")], StageResult::MultipleMatchingSchemas),
    ];
    for (inputs, expected) in results {
        let answer = algorithm.stage(inputs);
        assert_eq!((answer.result, answer.schema), (expected, None));
    }
}

#[test]
fn of_two_columns_of_one_key_the_last_counts_and_null_matches_all() {
    let mut twice = table(
        "t",
        &["a INPUT", "a INPUT", "out ENDPOINT"],
        &[&["A", "no", "VALUE:1"], &["no", "A", "VALUE:2"]],
    );
    assert_eq!(shown(&staged(mapping(&[json!({"id": "t"})]), &[twice.clone()], &[])), "out=2 out2=two");
    twice["rows"][0][1] = Value::Null;
    assert_eq!(shown(&staged(mapping(&[json!({"id": "t"})]), &[twice], &[])), "out=1 out2=two");
}

#[test]
fn a_batch_gives_each_case_what_it_gets_alone() {
    let copy = table(
        "t",
        &["a INPUT", "b INPUT", "out ENDPOINT"],
        &[&["1-500", "x,", "VALUE:{{b}}"], &["501-999", "*", "VALUE:{{a}}"]],
    );
    let algorithm = opened(&[schema("s", mapping(&[json!({"id": "t"})]))], &[copy]).unwrap();
    let numbers: Vec<String> = (0..3000).map(|n| (n * 7 % 1100).to_string()).collect();
    let a: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let b: Vec<&str> = (0..3000).map(|n| ["x", "y", ""][n % 3]).collect();
    let same = |key, text| Column { key, texts: vec![text], codes: vec![0; 3000].into() };
    let columns = vec![
        same("site", "C500"),
        same("hist", "8000"),
        same("year_dx", "2020"),
        Column::of_cells("a", a.iter().copied()),
        Column::of_cells("b", b.iter().copied()),
    ];
    let staged = algorithm.stage_columns(&Columns { rows: 3000, columns }, Origin::Table, true);
    for row in 0..3000 {
        let inputs = [("a", a[row]), ("b", b[row])];
        let given: Vec<_> = inputs.into_iter().filter(|(_, text)| !text.is_empty()).collect();
        assert_eq!(algorithm.answer(&staged, row), stage(&algorithm, &given), "{given:?}");
    }
}

#[test]
fn one_answer_by_year_and_one_beside_by_age() {
    let named = |name: &str| {
        let folder = TempDir::new().unwrap();
        let of = |mut form: Value| {
            form["algorithm"] = name.into();
            form
        };
        let tables: Vec<Value> = common().into_iter().map(of).collect();
        write(folder.path(), &[of(schema("s", json!({})))], &tables);
        Algorithm::open(folder.path(), 2026).unwrap()
    };
    let all = || ["CS", "tnm", "eod_public", "pediatric"].map(named).into_iter().collect();
    let algorithms = Algorithms::new(all()).unwrap();
    for (year, expected) in [(2015, Some(0)), (2016, Some(1)), (2018, Some(2)), (9999, None)] {
        assert_eq!(algorithms.main(Some(year)), expected, "{year}");
    }
    assert_eq!(algorithms.main(None), None);
    assert_eq!(algorithms.beside(Some(2020), Some(19)), Some(3));
    assert_eq!(algorithms.beside(Some(2020), Some(20)), None);
    assert_eq!(algorithms.beside(Some(2017), Some(3)), None);
    assert_eq!(Algorithms::new(vec![named("tnm")]).unwrap().main(None), Some(0));
    assert_eq!(Algorithms::new(vec![named("pediatric")]).unwrap().beside(None, None), Some(0));
    let error = Algorithms::new(vec![named("tnm"), named("TNM")]).unwrap_err().to_string();
    assert!(error.contains("both are the algorithm tnm"), "{error}");
}
