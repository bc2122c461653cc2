//! What people read: explanations, column reports, the end of a run.

use crate::support::{Table, Work, fixture};

fn explained(args: &[&str]) -> String {
    let work = Work::new();
    let done = work.rstage(&[&["explain"], args].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    done.out
}

#[test]
fn a_record_from_options() {
    insta::assert_snapshot!(explained(&[
        "--site",
        "C62.1",
        "--histology",
        "9061",
        "--t",
        "T2",
        "--n",
        "N1",
        "--m",
        "M1a",
        "--s",
        "S1",
        "--year",
        "2020",
    ]));
}

#[test]
fn an_open_group_and_an_assumption() {
    insta::assert_snapshot!(explained(&[
        "--site",
        "C64.9",
        "--histology",
        "8310/3",
        "--year",
        "2014",
        "--field",
        "path_t=pT1a",
        "--field",
        "path_n=pNX",
        "--field",
        "path_group=1",
    ]));
}

/// The same record under other editions: another group, and one that cannot be compared.
#[test]
fn a_record_under_other_editions() {
    insta::assert_snapshot!(explained(&[
        "--site",
        "C73.9",
        "--histology",
        "8260/3",
        "--age",
        "50",
        "--year",
        "2014",
        "--field",
        "path_t=pT2",
        "--field",
        "path_n=pN1b",
        "--field",
        "path_m=cM0",
        "--also-edition",
        "6,8",
    ]));
    let redefined = explained(&[
        "--site",
        "C34.1",
        "--histology",
        "8140/3",
        "--year",
        "2014",
        "--t",
        "T2a",
        "--n",
        "N0",
        "--m",
        "M0",
        "--also-edition",
        "8",
    ]);
    assert!(redefined.contains("not comparable: a category means something else"), "{redefined}");
}

#[test]
fn disease_without_a_group() {
    insta::assert_snapshot!(explained(&[
        "--site",
        "C42.1",
        "--histology",
        "9861/3",
        "--year",
        "2020",
        "--t",
        "T2"
    ]));
}

/// A record of a file by its key, with everything in it: original, restaging, findings.
#[test]
fn a_record_from_a_file() {
    let path = fixture("registry.csv");
    let table = Table::read(&path);
    let row =
        (0..table.rows.len()).find(|&row| table.cell(row, "truth_case") == "breast_overwritten").unwrap();
    let parts = ["registryId", "patientIdNumber", "tumorRecordNumber"].map(|column| table.cell(row, column));
    insta::assert_snapshot!(explained(&[path.to_str().unwrap(), "--key", &parts.join("/")]));
    let work = Work::new();
    let done = work.rstage(&["explain", path.to_str().unwrap(), "--key", "nobody"]);
    assert_eq!(done.status, 3);
    assert!(done.err.contains("no record has the key \"nobody\""), "{}", done.err);
}

#[test]
fn the_columns_of_an_export() {
    let work = Work::new();
    let input = work.write("export.txt", std::fs::read(fixture("cbioportal_like.txt")).unwrap());
    let done = work.rstage(&["columns", "export.txt", "--write-map", "map.toml"]);
    assert_eq!(done.status, 0, "{}", done.err);
    insta::assert_snapshot!(done.out);
    // The map file, as it was written, gives the same result as none.
    for (out, map) in [("without", &[][..]), ("with", &["--map", "map.toml"])] {
        let done = work.rstage(&[&["run", input.to_str().unwrap(), "--out", out, "--quiet"], map].concat());
        assert_eq!(done.status, 0, "{}", done.err);
    }
    let read = |out: &str| std::fs::read(work.path(out).join("records.csv")).unwrap();
    assert!(read("with") == read("without"));
}

#[test]
fn the_end_of_a_run() {
    let work = Work::new();
    work.write("registry.csv", std::fs::read(fixture("registry.csv")).unwrap());
    let done = work.rstage(&["run", "registry.csv", "--out", "out"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let page = done.out.replace(work.path("").to_str().unwrap().trim_end_matches('/'), "");
    insta::assert_snapshot!(page);
}

#[test]
fn a_map_file_constants_and_values() {
    let work = Work::new();
    work.write("a.csv", "who,Pathology T,nodes,spread,sex\n1,zwei,N0,M0,weiblich\n");
    work.write(
        "map.toml",
        "[columns]\npath_t = \"Pathology T\"\npath_n = \"nodes\"\npath_m = \"spread\"\ntumor_key = \"who\"\n\
         [constants]\nsite = \"C50.9\"\nhistology = \"8500/3\"\n\
         [values.path_t]\n\"zwei\" = \"T2\"\n",
    );
    let args = ["run", "a.csv", "--out", "out", "--map", "map.toml", "--set", "edition=7", "--quiet"];
    let done = work.rstage(&args);
    assert_eq!(done.status, 0, "{}", done.err);
    let table = Table::read(&work.path("out/records.csv"));
    assert_eq!((table.cell(0, "rstage_group"), table.cell(0, "rstage_t")), ("IIA", "T2"));
    assert_eq!(table.cell(0, "Pathology T"), "zwei", "a value map changes what is read, not what is written");
}

#[test]
fn several_inputs_of_several_forms_in_one_run() {
    let work = Work::new();
    work.write("in/a.csv", "tumor_key,site,histology,edition,t,n,m\n1,C50.9,8500/3,7,T2,N0,M0\n");
    work.write(
        "in/b.csv",
        "tumor_key,note,site,histology,edition,t,n,m\n2,\"a, b\",C50.9,8500/3,7,T2,N1,M0\n",
    );
    let encoded =
        zstd::encode_all(&b"m;n;t;edition;histology;site;tumor_key\nM1;N0;T1;7;8500/3;C50.9;3\n"[..], 0)
            .unwrap();
    work.write("in/c.csv.zst", encoded);
    let done = work.rstage(&["run", "in", "--out", "out", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let table = Table::read(&work.path("out/records.csv"));
    assert_eq!(table.header[..8], ["tumor_key", "site", "histology", "edition", "t", "n", "m", "note"]);
    let column = |name: &str| (0..3).map(|row| table.cell(row, name).to_owned()).collect::<Vec<_>>();
    assert_eq!(column("tumor_key"), ["1", "2", "3"]);
    assert_eq!(column("note"), ["", "a, b", ""]);
    assert_eq!(column("rstage_group"), ["IIA", "IIB", "IV"]);
}

#[test]
fn the_rules_of_the_audit() {
    let work = Work::new();
    let list = work.rstage(&["findings", "list"]);
    assert_eq!(list.status, 0, "{}", list.err);
    insta::assert_snapshot!(list.out);
    insta::assert_snapshot!(work.rstage(&["findings", "show", "d13"]).out);

    let markdown = work.rstage(&["findings", "list", "--format", "markdown"]).out;
    let csv = work.write("rules.csv", work.rstage(&["findings", "list", "--format", "csv"]).out);
    assert_eq!(Table::read(&csv).rows.len() + 2, markdown.lines().count());

    let unknown = work.rstage(&["findings", "show", "D99"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.err.contains("there is no rule D99"), "{}", unknown.err);
}
