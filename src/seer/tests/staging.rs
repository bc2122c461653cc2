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

#[test]
fn a_schema_without_outputs_gives_every_key_that_is_no_input() {
    let tables =
        [table("t", &["out ENDPOINT", "a ENDPOINT", "z ENDPOINT"], &[&["VALUE:1", "VALUE:2", "VALUE"]])];
    let mut parts = mapping(&[json!({"id": "t", "input_mapping": [{"from": "b", "to": "x"}]})]);
    parts["outputs"] = json!([]);
    parts["initial_context"] = json!([{"key": "z", "value": "3"}, {"key": "n"}]);
    assert_eq!(shown(&staged(parts, &tables, &[])), "n out=1");
}

#[test]
fn the_context_of_a_schema_is_translated_and_goes_over_the_defaults_of_outputs() {
    let context = json!([
        {"key": "out", "value": "{{b}}"}, {"key": "out2", "value": "{{nokey}}"}, {"key": "n"},
        {"key": "m", "value": "{{n}}"},
    ]);
    let outputs = json!([
        {"key": "out"}, {"key": "out2", "default": "two"}, {"key": "n", "default": "d"}, {"key": "m"},
        {"key": "ctx_year_current"},
    ]);
    let parts = json!({"initial_context": context, "outputs": outputs});
    assert_eq!(shown(&staged(parts, &[], &[("b", "x")])), "m n out=x out2=");
}

#[test]
fn an_output_that_is_an_input_too_starts_anew_and_is_reported() {
    let parts = |default: Value| json!({"outputs": [{"key": "b", "default": default}, {"key": "out"}]});
    assert_eq!(shown(&staged(parts(json!("d")), &[], &[("b", "given")])), "b=d out=");
    assert_eq!(shown(&staged(parts(Value::Null), &[], &[("b", "given")])), "b= out=");
    assert_eq!(shown(&staged(parts(json!("{{b}}")), &[], &[("b", "given")])), "b=given out=");
}

#[test]
fn null_is_handed_on_as_null_and_is_blank_to_a_table() {
    let tables = [
        table("t", &["x INPUT", "out ENDPOINT"], &[&["", "VALUE:{{x}}"]]),
        table("u", &["out INPUT", "out2 ENDPOINT"], &[&["", "VALUE:null is blank"]]),
    ];
    let parts = json!({"mappings": [{
        "id": "m", "initial_context": [{"key": "n"}],
        "tables": [{"id": "t", "input_mapping": [{"from": "n", "to": "x"}]}, {"id": "u"}],
    }]});
    assert_eq!(shown(&staged(parts, &tables, &[])), "out out2=null is blank");
}

#[test]
fn a_key_mapped_onto_an_input_or_an_output_is_gone_afterwards() {
    let tables = [
        table("t", &["b INPUT", "out ENDPOINT"], &[&["A", "VALUE:written"]]),
        table("u", &["b INPUT", "out2 ENDPOINT"], &[&["", "VALUE:b is gone"]]),
    ];
    let over = json!([{"from": "a", "to": "b"}, {"from": "a", "to": "out"}]);
    let parts = mapping(&[json!({"id": "t", "input_mapping": over}), json!({"id": "u"})]);
    assert_eq!(shown(&staged(parts, &tables, &[("b", "given")])), "out2=b is gone");
}

#[test]
fn mappings_of_keys_are_done_one_after_the_other() {
    let chain = json!([{"from": "a", "to": "x"}, {"from": "x", "to": "y"}]);
    let tables = [
        table("is_a", &["y INPUT"], &[&["A"]]),
        table("t", &["y INPUT", "out ENDPOINT"], &[&["A", "VALUE:chained"]]),
    ];
    let parts = json!({"mappings": [{
        "inclusion_tables": [{"id": "is_a", "input_mapping": chain}],
        "tables": [{"id": "t", "input_mapping": chain}],
    }]});
    assert_eq!(shown(&staged(parts, &tables, &[])), "out=chained out2=two");
}

#[test]
fn a_table_may_come_again_but_not_within_its_own_jumps() {
    let tables = [
        table(
            "t",
            &["out2 INPUT", "out2 ENDPOINT", "j ENDPOINT"],
            &[&["two", "VALUE:1", "JUMP:t"], &["1", "VALUE:2", "MATCH"]],
        ),
        table("u", &["j ENDPOINT", "k ENDPOINT"], &[&["JUMP:v", "JUMP:v"]]),
        table("v", &["out ENDPOINT"], &[&["VALUE:v"]]),
    ];
    let again = [json!({"id": "t"}), json!({"id": "t"}), json!({"id": "u"})];
    let answer = staged(mapping(&again), &tables, &[]);
    assert_eq!(shown(&answer), "out=v out2=2 [INFINITE_LOOP table=t]");
    let path: Vec<&str> = answer.path.iter().map(|step| &**step).collect();
    assert_eq!(path, ["m.t", "m.t", "m.u", "m.v", "m.v"]);
}

#[test]
fn all_conditions_must_hold_and_blank_or_absent_is_a_value_for_them() {
    let tables = [
        table("blank", &["b INPUT"], &[&[""]]),
        table("some", &["a INPUT", "d DESCRIPTION"], &[&["A", "x"], &["B", "y"]]),
        table("never", &["a INPUT"], &[]),
        table("t", &["out ENDPOINT"], &[&["VALUE:ran"]]),
    ];
    let run = |inclusion: &[&str], exclusion: &[&str], inputs: Inputs<'_>| {
        let paths = |ids: &[&str]| ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>();
        let parts = json!({"mappings": [{
            "inclusion_tables": paths(inclusion), "exclusion_tables": paths(exclusion),
            "tables": [{"id": "t"}],
        }]});
        shown(&staged(parts, &tables, inputs)).starts_with("out=ran")
    };
    assert!(run(&["blank", "some"], &["never"], &[]));
    assert!(run(&["some"], &[], &[("a", "B")]));
    assert!(!run(&["blank", "some"], &[], &[("b", "x")]));
    assert!(!run(&["some", "never"], &[], &[]));
    assert!(!run(&[], &["never", "some"], &[]));
    assert!(run(&[], &["some", "never"], &[("a", "C")]));
}

#[test]
fn lookup_is_by_texts_as_they_are_given_staging_by_trimmed_ones() {
    let select = table(
        "select",
        &["site INPUT", "hist INPUT", "year_dx INPUT", "d INPUT"],
        &[&["C500", "8000-8002", "2018-9998", "1,"]],
    );
    let inputs = json!([{"key": "site"}, {"key": "hist"}, {"key": "year_dx", "table": "year"}, {"key": "d"}]);
    let algorithm = opened(&[schema("s", json!({"inputs": inputs}))], &[select]).unwrap();
    let result = |inputs: Inputs<'_>| stage(&algorithm, inputs).result;
    for (inputs, expected) in [
        (&[][..], StageResult::Staged),
        (&[("d", "1")], StageResult::Staged),
        (&[("d", "")], StageResult::Staged),
        (&[("d", " 1")], StageResult::NoMatchingSchema),
        (&[("d", " ")], StageResult::NoMatchingSchema),
        (&[("year_dx", " 2018")], StageResult::NoMatchingSchema),
        (&[("year_dx", "02018")], StageResult::Staged),
        (&[("year_dx", "")], StageResult::NoMatchingSchema),
        (&[("site", "C500 ")], StageResult::NoMatchingSchema),
        (&[("site", "c500")], StageResult::NoMatchingSchema),
        (&[("hist", "08000")], StageResult::NoMatchingSchema),
        (&[("hist", " ")], StageResult::NoMatchingSchema),
    ] {
        assert_eq!(result(inputs), expected, "{inputs:?}");
    }
}

#[test]
fn codes_of_a_range_are_as_long_as_its_lower_bound() {
    let tables = [table("histology", &["hist INPUT"], &[&["0008-12, 99"], &["abc"]])];
    let algorithm = opened(&[schema("s", json!({}))], &tables).unwrap();
    for (hist, known) in [
        ("0008", true),
        ("0012", true),
        ("12", false),
        ("8", false),
        ("0013", false),
        ("99", true),
        ("abc", true),
    ] {
        assert_eq!(!algorithm.lookup([("hist", hist)]).is_empty(), known, "{hist}");
    }
}

/// What a table says of a value of `b`, its rows wanting the cells one after the other.
#[test]
fn cells_take_values_as_written() {
    type Value<'a> = (&'a str, Option<usize>);
    let cases: &[(&[&str], &[Value<'_>])] = &[
        (&["001-010"], &[("5", Some(1)), ("0005", Some(1)), ("5.0", None), (" 5", Some(1)), ("é", None)]),
        (
            &["0.1-99.9"],
            &[("99.900001", Some(1)), ("99.90001", None), ("1e1", None), ("5.", None), (".5", Some(1))],
        ),
        (&["5", "05"], &[("05", Some(2)), ("5", Some(1)), ("005", None)]),
        (&["1,,3"], &[("", Some(1)), ("3", Some(1)), ("2", None)]),
        (&["", "*"], &[("x", Some(2)), (" ", Some(1)), ("*", Some(2))]),
        (&[" * ", "x,*"], &[("*", Some(1)), ("y", None), ("x", Some(2))]),
        (
            &["0I-", "1A-1B", "a-b-c", "-5", "--"],
            &[
                ("0I-", Some(1)),
                ("0I", None),
                ("1A", Some(2)),
                ("1C", None),
                ("a-b-c", Some(3)),
                ("b", None),
                ("-5", Some(4)),
                ("5", None),
                ("--", Some(5)),
                ("", None),
            ],
        ),
        (&["000-996, 998"], &[("998", Some(1)), ("997", None), (" 998 ", Some(1))]),
        (
            &["2018-{{ctx_year_current}}", "{{a}}", "{{nokey}}"],
            &[("2026", Some(1)), ("2027", None), ("A", Some(2)), ("", Some(3)), ("2018.5", None)],
        ),
        (&["2018-{{nokey}}", "{{a}}-C"], &[("2018", None), ("B", Some(2)), ("D", None), ("AA", None)]),
        (&["{{a", "b}}", "{c}"], &[("{{a", Some(1)), ("b}}", Some(2)), ("{c}", Some(3)), ("A", None)]),
        (&["C500-C509"], &[("C505", Some(1)), ("C50", None), ("C5055", None), ("c505", None)]),
        (&["10-05", "00-00"], &[("07", None), ("00", Some(2)), ("0", None)]),
        (&["0-39"], &[("-0", Some(1)), ("+5", None), ("99999999999999999999999999999999999999999999", None)]),
    ];
    for (cells, values) in cases {
        let numbers: Vec<String> = (1..=cells.len()).map(|row| format!("VALUE:{row}")).collect();
        let rows: Vec<[&str; 2]> = cells.iter().zip(&numbers).map(|(cell, number)| [*cell, number]).collect();
        let rows: Vec<&[&str]> = rows.iter().map(<[&str; 2]>::as_slice).collect();
        let only = table("t", &["b INPUT", "out ENDPOINT"], &rows);
        let algorithm = opened(&[schema("s", mapping(&[json!({"id": "t"})]))], &[only]).unwrap();
        for (value, row) in *values {
            let answer = stage(&algorithm, &[("b", value)]);
            let expected = row.map(|row| row.to_string()).unwrap_or_default();
            assert_eq!(answer.outputs["out"].as_deref(), Some(&*expected), "{value:?} in {cells:?}");
            assert_eq!(answer.errors.is_empty(), row.is_some(), "{value:?} in {cells:?}");
        }
    }
}

#[test]
fn a_failed_case_has_its_schema_and_all_its_errors_but_no_output() {
    let inputs = json!([
        {"key": "site"}, {"key": "hist"}, {"key": "year_dx"},
        {"key": "a", "table": "valid_a", "used_for_staging": true},
        {"key": "b", "table": "valid_b"},
        {"key": "c", "default_table": "valid_a"},
    ]);
    let tables = [
        table("valid_a", &["a INPUT"], &[&["1"]]),
        table("valid_b", &["a INPUT", "b INPUT"], &[&["1", "2"]]),
    ];
    let parts = |reaction: &str| json!({"inputs": inputs, "on_invalid_input": reaction});
    let answer = staged(parts("FAIL_WHEN_USED_FOR_STAGING"), &tables, &[("a", "9"), ("b", "2")]);
    assert_eq!((answer.result, answer.schema.as_deref()), (StageResult::InvalidInput, Some("s")));
    assert_eq!(
        shown(&answer),
        "[INVALID_REQUIRED_INPUT table=valid_a key=a][INVALID_NON_REQUIRED_INPUT table=valid_b key=b][MATCH_NOT_FOUND key=c]"
    );
    assert!(answer.path.is_empty() && answer.candidates.is_empty());
    let valid = staged(parts("FAIL"), &tables, &[("a", "1"), ("b", "2"), ("c", "")]);
    assert_eq!(shown(&valid), "out= out2=two");
    let none = json!({"on_invalid_input": null, "inputs": inputs});
    assert_eq!(staged(none, &tables, &[("a", "9")]).result, StageResult::Staged);
}

#[test]
fn an_error_without_words_has_no_message() {
    let tables = [table("t", &["out ENDPOINT", "out2 ENDPOINT"], &[&["ERROR", "ERROR: "]])];
    let answer = staged(mapping(&[json!({"id": "t"})]), &tables, &[]);
    assert_eq!(
        shown(&answer),
        "out= out2=two [STAGING_ERROR table=t columns=out][STAGING_ERROR table=t columns=out2]"
    );
    assert!(answer.errors.iter().all(|error| error.message.is_none()));
}

#[test]
fn a_trace_is_of_the_same_answer_and_leaves_none_behind() {
    let tables = [table("t", &["a INPUT", "out ENDPOINT"], &[&["B", "VALUE:no"], &["*", "VALUE:{{a}}"]])];
    let parts = mapping(&[json!({"id": "t", "output_mapping": [{"from": "out", "to": "out2"}]})]);
    let algorithm = opened(&[schema("s", parts)], &tables).unwrap();
    let case = [("site", "C500"), ("hist", "8000"), ("year_dx", "2020")];
    let trace = algorithm.trace(case, Origin::Cases);
    assert_eq!(trace.answer, algorithm.stage(case));
    let asked = vec![("a".into(), "a".into(), "A".into())];
    let written = vec![("out2".into(), Written::Text("A".into()))];
    let end = [
        Step::Mapping { id: Some("m".to_owned()) },
        Step::Table { table: "t".into(), depth: 0, asked, row: Some(1) },
        Step::Endpoint { column: "out".into(), depth: 0, cell: "VALUE:{{a}}".to_owned(), written },
    ];
    assert_eq!(trace.steps[trace.steps.len() - 3..], end);
    assert_eq!(algorithm.trace(case, Origin::Cases), trace);
    let unknown = [("site", "C500"), ("hist", "8000"), ("zz", "1")];
    assert_eq!(algorithm.trace(unknown, Origin::Cases).steps, []);
    assert_eq!(algorithm.trace(unknown, Origin::Table).answer.result, StageResult::Staged);
}

#[test]
fn jumps_that_are_too_deep_or_too_many_are_ended() {
    let chain: Vec<Value> = (0..400)
        .map(|at| {
            let next = if at == 399 { "MATCH".to_owned() } else { format!("JUMP:t{}", at + 1) };
            table(&format!("t{at}"), &["j ENDPOINT"], &[&[next.as_str()]])
        })
        .collect();
    let answer = staged(mapping(&[json!({"id": "t0"})]), &chain, &[]);
    assert_eq!(shown(&answer), "out= out2=two [INFINITE_LOOP table=t256]");
    let twice: Vec<Value> = (0..60)
        .map(|at| {
            let next = if at == 59 { "MATCH".to_owned() } else { format!("JUMP:t{}", at + 1) };
            table(&format!("t{at}"), &["j ENDPOINT", "k ENDPOINT"], &[&[next.as_str(), next.as_str()]])
        })
        .collect();
    let algorithm = opened(&[schema("s", mapping(&[json!({"id": "t0"})]))], &twice).unwrap();
    let case = [("site", "C500"), ("hist", "8000"), ("year_dx", "2020")];
    let columns = case.map(|(key, text)| Column::of_cells(key, [text])).to_vec();
    let staged = algorithm.stage_columns(&Columns { rows: 1, columns }, Origin::Table, false);
    let answer = algorithm.answer(&staged, 0);
    assert_eq!(answer.result, StageResult::Staged);
    assert!(answer.errors.iter().all(|error| error.kind == StageErrorType::InfiniteLoop));
}
