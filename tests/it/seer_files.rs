//! Algorithm files that a test makes itself: what is said of bad ones, odd cells, other forms of tables, D20.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use crate::support::{Done, Table, Work};

/// Tables and schemas of an algorithm of this name: C500 and 8500, any year from 2000; its output is what
/// its input says.
pub(crate) fn forms(name: &str, input: &str, output: &str) -> Vec<(String, Value)> {
    let table = |id: &str, columns: &[(&str, &str)], rows: Value| {
        let definition: Vec<Value> =
            columns.iter().map(|(key, kind)| json!({"key": key, "type": kind})).collect();
        let form =
            json!({"id": id, "algorithm": name, "version": "1.0", "definition": definition, "rows": rows});
        (format!("tables/{id}.json"), form)
    };
    let item =
        |key: &str, number: u32, id: &str| json!({"key": key, "naaccr_item": number, "naaccr_xml_id": id});
    let mut year = item("year_dx", 390, "dateOfDiagnosis");
    year["table"] = "year".into();
    let schema = json!({
        "id": "breast", "algorithm": name, "version": "1.0", "schema_selection_table": "select",
        "inputs": [
            item("site", 400, "primarySite"), item("hist", 522, "histologicTypeIcdO3"), year,
            item("behavior", 523, "behaviorCodeIcdO3"), item("age_dx", 230, "ageAtDiagnosis"),
            {"key": input, "naaccr_item": 9970, "naaccr_xml_id": "toyInput", "default": "none"},
        ],
        "outputs": [{"key": output}, {"key": "seen"}],
        "mappings": [{"id": "m", "tables": [{"id": "copy"}]}],
    });
    vec![
        table("primary_site", &[("site", "INPUT")], json!([["C500"]])),
        table("histology", &[("hist", "INPUT")], json!([["8500"]])),
        table("select", &[("site", "INPUT"), ("hist", "INPUT")], json!([["C500", "8500"]])),
        table("year", &[("year_dx", "INPUT")], json!([["2000-{{ctx_year_current}}"]])),
        table(
            "copy",
            &[(input, "INPUT"), (output, "ENDPOINT"), ("seen", "ENDPOINT")],
            json!([
                ["bad", "ERROR:", "VALUE:"],
                ["*", format!("VALUE:{{{{{input}}}}}"), "VALUE:{{behavior}}"],
            ]),
        ),
        ("schemas/breast.json".to_owned(), schema),
    ]
}

fn zip_of<'a>(work: &Work, file: &str, entries: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> PathBuf {
    let path = work.path(file);
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, content) in entries {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap();
    path
}

pub(crate) fn archive(work: &Work, file: &str, forms: &[(String, Value)]) -> PathBuf {
    zip_of(work, file, forms.iter().map(|(name, form)| (name.as_str(), form.to_string().into_bytes())))
}

fn run(work: &Work, input: &str, more: &[&str]) -> Done {
    let fixed = ["run", input, "--out", "out", "--overwrite", "--current-year", "2026"];
    work.rstage(&[&fixed, more].concat())
}

fn records(work: &Work, input: &str, more: &[&str]) -> Table {
    let done = run(work, input, more);
    assert_eq!((done.status, done.err.as_str()), (0, ""), "{}", done.out);
    Table::read(&work.path("out/records.csv"))
}

const KEYED: &str = "id,site,hist,year_dx,behavior,age_dx,in\n1,C500,8500,2016,3,010,x\n";

#[test]
fn bad_files_end_with_3_and_say_what_is_wrong() {
    let work = Work::new();
    work.write("a.csv", KEYED);
    let good = forms("TOY", "in", "out");
    let bytes: Vec<(&str, Vec<u8>)> =
        good.iter().map(|(name, form)| (name.as_str(), form.to_string().into_bytes())).collect();
    let and = |name, content: &[u8]| [bytes.clone(), vec![(name, content.to_vec())]].concat();
    work.write("not.zip", "not a ZIP");
    zip_of(&work, "bomb.zip", and("tables/bomb.json", &vec![b' '; (10 << 20) + 1]));
    zip_of(&work, "out_of_it.zip", and("../tables/x.json", b"{}"));
    zip_of(&work, "malformed.zip", and("tables/x.json", b"{\"id\": "));
    zip_of(&work, "empty.zip", []);
    let without = |gone: &str| good.iter().filter(|(name, _)| name != gone).cloned().collect::<Vec<_>>();
    archive(&work, "no_codes.zip", &without("tables/histology.json"));
    archive(&work, "no_selection.zip", &without("tables/select.json"));
    archive(&work, "toy.zip", &good);
    archive(&work, "toy2.zip", &good);
    for (files, words) in [
        (&["not.zip"][..], "not.zip: is not a ZIP archive"),
        (&["nosuch.zip"], "nosuch.zip: cannot be read"),
        (&["empty.zip"], "no schemas/*.json"),
        (&["bomb.zip"], "tables/bomb.json: is larger than 10485760 bytes"),
        (&["out_of_it.zip"], "leads out of the archive"),
        (&["malformed.zip"], "malformed.zip: tables/x.json: is not as expected"),
        (&["no_codes.zip"], "lacks the table histology"),
        (&["no_selection.zip"], "the table select is missing"),
        (&["toy.zip", "toy2.zip"], "both are the algorithm toy"),
    ] {
        let more: Vec<&str> = files.iter().flat_map(|file| ["--algorithm", file]).collect();
        let done = run(&work, "a.csv", &more);
        assert_eq!(done.status, 3, "{files:?}: {}", done.err);
        assert!(done.err.starts_with("error: ") && done.err.contains(words), "{files:?}: {}", done.err);
        assert!(!work.path("out").exists(), "{files:?}");
    }
    assert_eq!(run(&work, "a.csv", &[]).status, 2, "--current-year without an algorithm");
}

/// How much may come out of a file is an option of every command that reads one.
#[test]
fn how_much_comes_out_of_a_file_is_limited() {
    let work = Work::new();
    work.write("a.csv", KEYED);
    let toy = forms("TOY", "in", "out");
    let bytes: usize = toy.iter().map(|(_, form)| form.to_string().len()).sum();
    archive(&work, "toy.zip", &toy);
    let (below, enough) = ((bytes - 1).to_string(), bytes.to_string());
    for command in [
        &["run", "a.csv", "--out", "out", "--quiet", "--current-year", "2026"][..],
        &["rules"],
        &["rules", "show", "breast"],
        &["explain", "--input", "site=C500", "--input", "hist=8500", "--input", "year_dx=2016"],
    ] {
        let limited = |most: &str| {
            let more = ["--algorithm", "toy.zip", "--max-algorithm-bytes", most];
            work.rstage(&[command, &more].concat())
        };
        let done = limited(&below);
        assert_eq!(done.status, 3, "{command:?}: {}", done.err);
        let said = format!("error: toy.zip: its tables and schemas are larger than {below} bytes\nhint: ");
        assert!(done.err.starts_with(&said), "{command:?}: {}", done.err);
        assert!(command[0] != "run" || !work.path("out").exists());
        let done = limited(&enough);
        assert_eq!(done.status, 0, "{command:?}: {}", done.err);
    }
}

#[test]
fn slips_of_a_file_are_told_and_are_errors_of_the_cases_that_meet_them() {
    let work = Work::new();
    work.write("a.csv", KEYED);
    let mut circle = forms("TOY", "in", "out");
    circle[4].1["rows"] = json!([["*", "JUMP:copy", "MATCH"]]);
    let mut gone = forms("TOY", "in", "out");
    gone[4].1["rows"] = json!([["*", "JUMP:nowhere", "MATCH"]]);
    for (forms, warning, error) in [
        (circle, "table copy: its jumps lead back to it in a circle", "INFINITE_LOOP"),
        (gone, "table copy: a jump names the table nowhere, which is missing", "UNKNOWN_TABLE"),
    ] {
        archive(&work, "toy.zip", &forms);
        let done = run(&work, "a.csv", &["--layout", "seer-keys", "--algorithm", "toy.zip"]);
        assert_eq!(done.status, 0);
        assert!(done.err.contains(&format!("warning: toy.zip: {warning}")), "{}", done.err);
        let table = Table::read(&work.path("out/records.csv"));
        assert!(table.cell(0, "seer_errors").starts_with(error), "{}", table.cell(0, "seer_errors"));
        let manifest: Value =
            serde_json::from_slice(&std::fs::read(work.path("out/run.json")).unwrap()).unwrap();
        assert_eq!(manifest["algorithms"][0]["problems"], 1);
        assert_eq!(manifest["algorithms"][0]["name"], "toy");
        assert_eq!(manifest["config"]["current_year"], 2026);
    }
}

#[test]
fn odd_cells_follow_the_written_rules() {
    let work = Work::new();
    archive(&work, "toy.zip", &forms("TOY", "in", "out"));
    let more = ["--layout", "seer-keys", "--algorithm", "toy.zip"];
    let staged = "STAGED";
    let rows = [
        ("C500,8500,2016,3,010,x", staged, "x", "3", ""),
        // Not given, however blank: the default.
        ("C500,8500,2016,3,010,", staged, "none", "3", ""),
        ("C500,8500,2016,3,010,   ", staged, "none", "3", ""),
        ("C500,8500,2016,,,x", staged, "x", "", ""),
        // Blanks at the ends: trimmed for the tables, not for the lookup.
        ("C500,8500, 2016 ,3,010, x ", staged, "x", "3", ""),
        ("C500 ,8500,2016,3,010,x", "FAILED_NO_MATCHING_SCHEMA", "", "", ""),
        ("C50.0,8500,2016,3,010,x", "FAILED_NO_MATCHING_SCHEMA", "", "", ""),
        ("C500,8140,2016,3,010,x", "FAILED_NO_MATCHING_SCHEMA", "", "", ""),
        (",8500,2016,3,010,x", "FAILED_MISSING_SITE_OR_HISTOLOGY", "", "", ""),
        ("C500,,2016,3,010,x", "FAILED_MISSING_SITE_OR_HISTOLOGY", "", "", ""),
        // Years: a number in the range, whatever its length.
        ("C500,8500,02016,3,010,x", staged, "x", "3", ""),
        ("C500,8500,1975,3,010,x", "FAILED_INVALID_YEAR_DX", "", "", ""),
        ("C500,8500,2027,3,010,x", "FAILED_INVALID_YEAR_DX", "", "", ""),
        ("C500,8500,20160704,3,010,x", "FAILED_INVALID_YEAR_DX", "", "", ""),
        ("C500,8500,,3,010,x", "FAILED_INVALID_YEAR_DX", "", "", ""),
        ("C500,8500,2016,3,010,bad", staged, "", "", "STAGING_ERROR table=copy columns=out"),
        ("C500,8500,2016,3,010,\"a,\"\"b\"\"\"", staged, "a,\"b\"", "3", ""),
    ];
    let lines = rows.iter().map(|(cells, ..)| format!("1,{cells},junk\n")).collect::<Vec<_>>().concat();
    work.write("a.csv", format!("id,site,hist,year_dx,behavior,age_dx,in,ssf99\n{lines}"));
    let table = records(&work, "a.csv", &[&more[..], &["--quiet"]].concat());
    for (row, (cells, result, out, seen, errors)) in rows.into_iter().enumerate() {
        let found = ["seer_result", "seer_out", "seer_seen", "seer_errors"].map(|name| table.cell(row, name));
        assert_eq!(found, [result, out, seen, errors], "{cells}");
    }
    // A table without a histology, or without anything that an algorithm could be given.
    work.write("a.csv", "id,site,in\n1,C500,x\n");
    let table = records(&work, "a.csv", &[&more[..], &["--quiet"]].concat());
    assert_eq!(table.cell(0, "seer_result"), "FAILED_MISSING_SITE_OR_HISTOLOGY");
    work.write("a.csv", "id,in\n1,x\n");
    assert_eq!(run(&work, "a.csv", &more).status, 3);
}

#[test]
fn other_tables_give_the_same_through_naaccr_names_and_roles() {
    let work = Work::new();
    archive(&work, "toy.zip", &forms("TOY", "in", "out"));
    let more = ["--algorithm", "toy.zip", "--quiet"];
    for (header, row) in [
        (
            "primarySite,histologicTypeIcdO3,dateOfDiagnosis,behaviorCodeIcdO3,toyInput",
            "C500,8500,20160704,3,x",
        ),
        ("N400_SITE,N522,390,523,9970", "C500,8500,201607,3,x"),
        (
            "Primary Site,Histologic Type ICD-O-3,Date of Diagnosis,Behavior Code ICD-O-3,Toy Input",
            "C500,8500,20160704,3,x",
        ),
        ("site,morphology,dx_date,toyInput", "C50.0,8500/3,2016-07-04,x"),
        ("site,histology,behavior,dx_year,toyInput", "C50.0,8500,3,2016,x"),
    ] {
        work.write("a.csv", format!("{header}\n{row}\n"));
        let table = records(&work, "a.csv", &more);
        let found = ["seer_result", "seer_schema", "seer_seen"].map(|name| table.cell(0, name));
        assert_eq!(found, ["STAGED", "breast", "3"], "{header}");
    }
    // The user's word goes first, and constants count.
    work.write("a.csv", "ort,histologicTypeIcdO3,primarySite\nC50.0,8500,C619\n");
    work.write("map.toml", "[columns]\nsite = \"ort\"\n");
    let more = [&more[..], &["--map", "map.toml", "--set", "dx_year=2016", "--set", "behavior=2"]].concat();
    let table = records(&work, "a.csv", &more);
    assert_eq!((table.cell(0, "seer_result"), table.cell(0, "seer_seen")), ("STAGED", "2"));
}

#[test]
fn parquet_is_read_and_written_and_a_run_on_its_own_result_is_refused() {
    let work = Work::new();
    archive(&work, "toy.zip", &forms("TOY", "in", "out"));
    std::fs::create_dir(work.path("folder")).unwrap();
    for (name, form) in forms("TOY", "in", "out") {
        work.write(&format!("folder/{name}"), form.to_string());
    }
    work.write("a.csv", format!("{KEYED}2,C500,8500,2016,3,,\n3,C619,8140,2016,3,,\n4,too,few\n"));
    let more = ["--layout", "seer-keys", "--max-rejects", "1", "--quiet", "--algorithm"];
    let done = run(&work, "a.csv", &[&more[..], &["toy.zip", "--format", "parquet"]].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    let counts: Value = serde_json::from_slice(&std::fs::read(work.path("out/run.json")).unwrap()).unwrap();
    assert_eq!(counts["counts"], json!({"read": 4, "written": 3, "rejected": 1}));
    std::fs::rename(work.path("out/records.parquet"), work.path("b.parquet")).unwrap();
    let refused = run(&work, "b.parquet", &[&more[..], &["folder"]].concat());
    assert_eq!(refused.status, 3);
    assert!(refused.err.contains("has a column `"), "{}", refused.err);

    let answers = |table: &Table| -> Vec<Vec<String>> {
        let names = ["seer_result", "seer_out", "seer_seen"];
        (0..table.rows.len()).map(|row| names.map(|name| table.cell(row, name).to_owned()).to_vec()).collect()
    };
    let from_csv = run(&work, "a.csv", &[&more[..], &["folder"]].concat());
    assert_eq!(from_csv.status, 0, "{}", from_csv.err);
    let from_csv = answers(&Table::read(&work.path("out/records.csv")));
    assert_eq!(from_csv[1], ["STAGED", "none", "3"]);
    plain_parquet(&work);
    let table = records(&work, "c.parquet", &[&more[..], &["toy.zip", "--format", "csv"]].concat());
    assert_eq!(answers(&table), from_csv);
}

/// The same records as in the CSV, with nulls.
fn plain_parquet(work: &Work) {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, RecordBatch, StringArray};
    let column = |cells: [Option<&str>; 3]| Arc::new(StringArray::from(cells.to_vec())) as ArrayRef;
    let batch = RecordBatch::try_from_iter([
        ("id", column([Some("1"), Some("2"), Some("3")])),
        ("site", column([Some("C500"), Some("C500"), Some("C619")])),
        ("hist", column([Some("8500"), Some("8500"), Some("8140")])),
        ("year_dx", column([Some("2016"); 3])),
        ("behavior", column([Some("3"); 3])),
        ("age_dx", column([Some("010"), None, None])),
        ("in", column([Some("x"), None, Some("")])),
    ])
    .unwrap();
    let file = std::fs::File::create(work.path("c.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn d20_is_found_where_the_two_exclude_each_other() {
    let work = Work::new();
    // An algorithm that answers what the case says of it, under the name of TNM.
    archive(&work, "tnm.zip", &forms("TNM", "answer", "path_stage_group"));
    let header = "id,site,hist,behavior,year_dx,path_t,path_n,path_m,answer";
    let row = |id: &str, site: &str, year: &str, t: &str, answer: &str| {
        format!("{id},{site},8500,3,{year},{t},p0,c0,{answer}\n")
    };
    let rows: String = [
        row("differs", "C500", "2016", "p1", "3A"),
        row("same", "C500", "2016", "p1", "1A"),
        row("coarser", "C500", "2016", "p1", "1"),
        row("not_applicable", "C500", "2016", "p1", "88"),
        row("seer_unknown", "C500", "2016", "p1", "99"),
        row("ours_unknown", "C500", "2016", "pX", "3A"),
        row("seer_failed", "C501", "2016", "p1", "3A"),
        row("other_edition", "C500", "2019", "p1", "3A"),
    ]
    .concat();
    work.write("a.csv", format!("{header}\n{rows}"));
    let more = ["--layout", "seer-keys", "--algorithm", "tnm.zip", "--quiet"];
    let table = records(&work, "a.csv", &more);
    let with_finding: Vec<&str> = (0..table.rows.len())
        .filter(|&row| table.cell(row, "rstage_findings").split(';').any(|rule| rule == "D20"))
        .map(|row| table.cell(row, "id"))
        .collect();
    assert_eq!(with_finding, ["differs", "not_applicable"]);
    let findings = Table::read(&work.path("out/findings.csv"));
    let d20: Vec<[&str; 4]> = (0..findings.rows.len())
        .filter(|&row| findings.cell(row, "rule") == "D20")
        .map(|row| ["key", "severity", "fields", "derived"].map(|name| findings.cell(row, name)))
        .collect();
    assert_eq!(
        d20,
        [
            ["differs", "warning", "path_t;path_n;path_m", "IA by rstage, IIIA by SEER"],
            ["not_applicable", "warning", "path_t;path_n;path_m", "IA by rstage, NA by SEER"],
        ]
    );
    let failed =
        work.rstage(&[&["run", "a.csv", "--out", "out2", "--fail-on", "warning"][..], &more].concat());
    assert_eq!(failed.status, 1, "{}", failed.err);
    let shown = work.rstage(&["findings", "show", "D20"]);
    assert_eq!(shown.status, 0, "{}", shown.err);
    assert!(shown.out.contains("native_versus_seer"), "{}", shown.out);
}
