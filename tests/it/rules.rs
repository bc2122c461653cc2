//! `rstage rules`: the list, the page of a schema, the check of a user's own tables, and their use.

use std::fmt::Write as _;

use crate::support::{Table, Work};

fn printed(args: &[&str]) -> String {
    let work = Work::new();
    let done = work.rstage(&[&["rules"], args].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    done.out
}

#[test]
fn the_list_of_schemas() {
    assert_eq!(printed(&[]), printed(&["list"]));
    insta::assert_snapshot!(printed(&["list", "esoph"]));
    let csv = printed(&["list", "--format", "csv"]);
    assert_eq!(csv.lines().next(), Some("schema,title,system,tables,chapters,rows"));
    assert!(csv.lines().any(|line| line == "testis,Testis,tnm,6 7 8,\"35, 42, 59\",53"), "{csv}");
    let of = |args: &[&str]| {
        let csv = printed(&[&["list", "--format", "csv"], args].concat());
        csv.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(&["--site", "C62.1", "--histology", "9061/3"]), ["testis"]);
    assert!(of(&["--edition", "9"]).len() < of(&["--edition", "8"]).len());
    let done = Work::new().rstage(&["rules", "list", "--site", "X99"]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("--site: X99 is no topography code"), "{}", done.err);
}

#[test]
fn the_page_of_a_schema() {
    insta::assert_snapshot!(printed(&["show", "testis", "--edition", "7"]));
    insta::assert_snapshot!(printed(&["show", "lung", "--edition", "8", "--format", "markdown"]));
    let whole = printed(&["show", "brain"]);
    assert!(whole.contains("Edition 9: Brain\n  System      cns\n  Groups      none"), "{whole}");
}

/// Every page can be written, and prints every row of every table once.
#[test]
fn every_schema_has_a_page() {
    let work = Work::new();
    let csv = work.write("list.csv", printed(&["list", "--format", "csv"]));
    let list = Table::read(&csv);
    for row in (0..list.rows.len()).step_by(9) {
        let page = printed(&["show", list.cell(row, "schema"), "--format", "markdown"]);
        let rows = page.lines().filter(|line| {
            line.strip_prefix("| ")
                .and_then(|rest| rest.split(' ').next())
                .is_some_and(|n| n.parse::<u32>().is_ok())
        });
        assert_eq!(rows.count().to_string(), list.cell(row, "rows"), "{}", list.cell(row, "schema"));
    }
}

#[test]
fn a_schema_or_an_edition_that_does_not_exist() {
    for (args, wanted) in [
        (&["show", "testi"][..], "there is no schema testi\nhint: did you mean `testis`?"),
        (&["show", "hodgkin"], "hint: `rstage rules list` names all"),
        (&["show", "melanoma"], "hint: did you mean `melanoma_"),
        (&["show", "testis", "--edition", "9"], "testis has no chapter of edition 9\nhint: it has 6, 7, 8"),
    ] {
        let done = Work::new().rstage(&[&["rules"], args].concat());
        assert_eq!(done.status, 2, "{args:?}");
        assert!(done.err.contains(wanted), "{}", done.err);
    }
}

/// The table in the README is what the program prints today.
#[test]
fn the_table_of_the_readme() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let table = printed(&["list", "--by", "edition", "--format", "markdown"]);
    assert!(readme.contains(&format!("\n{table}\n")), "rstage rules list --by edition --format markdown");
}

/// A table of the testis, edition 8, with these rows.
fn table(rows: &str) -> String {
    format!(
        "id = \"testis\"\n\n[[table]]\nedition = 8\nbasis = \"any\"\nt = \"T0 T1 T2\"\nn = \"N0 N1\"\n\
         m = \"M0 M1\"\nrows = \"\"\"\n{rows}\"\"\"\n"
    )
}

/// A new schema with these rows of selection.
fn schema(id: &str, rows: &str) -> String {
    format!(
        "id = \"{id}\"\ntitle = \"Local\"\nsystem = \"tnm\"\nbehavior = \"3\"\n\n[[select]]\neditions = \"8\"\n\
         rows = \"\"\"\nsite | histology | when\n{rows}\"\"\"\n"
    )
}

const HEAD: &str = "T | N | M | group\n";

/// Each check finds the mistake that it is for, with file, line and what to do.
#[test]
fn each_mistake_has_its_place() {
    let cases: Vec<(&str, Vec<(&str, String)>)> = vec![
        (
            "row that never matches",
            vec![(
                "a.toml",
                table(&format!("{HEAD}any | N0 | any | I\nany | N1 | any | I\nT1 | any | M0 | I\n")),
            )],
        ),
        (
            "equal rows, different groups",
            vec![("a.toml", table(&format!("{HEAD}T1 | N0 | M0 | I\nT1 | N0 | M0 | II\n")))],
        ),
        (
            "row covered by others with another group",
            vec![(
                "a.toml",
                table(&format!("{HEAD}T1 | any | M0 | I\nT1 | any | M1 | IV\nT1 | N0 | any | II\n")),
            )],
        ),
        ("category that is not listed", vec![("a.toml", table(&format!("{HEAD}T3 | N0 | M0 | I\n")))]),
        ("no category", vec![("a.toml", table(&format!("{HEAD}T9 | N0 | M0 | I\nT1 | N0 | Mo | I\n")))]),
        ("no group", vec![("a.toml", table(&format!("{HEAD}T1 | N0 | M0 | 1A\n")))]),
        (
            "rows of the wrong width",
            vec![("a.toml", table(&format!("{HEAD}T1 | N0 | I\nT1 | N0 | M0 | I\nT2 | N0\n")))],
        ),
        ("unknown column", vec![("a.toml", table("T | N | M | lymph | group\nT1 | N0 | M0 | x | I\n"))]),
        ("same column twice", vec![("a.toml", table("T | N | N | group\nT1 | N0 | N0 | I\n"))]),
        ("unknown key", vec![("a.toml", table(HEAD).replace("basis", "bases"))]),
        ("unknown system", vec![("a.toml", table(HEAD).replacen('\n', "\nsystem = \"tmn\"\n", 1))]),
        ("unknown basis", vec![("a.toml", table(HEAD).replace("\"any\"", "\"cp\""))]),
        ("category listed twice", vec![("a.toml", table(HEAD).replace("T1 T2", "T1 T2 T1"))]),
        ("edition without tables", vec![("a.toml", table(HEAD).replace("edition = 8", "edition = 5"))]),
        (
            "the same table twice",
            vec![("a.toml", {
                let one = table(&format!("{HEAD}T1 | N0 | M0 | I\n"));
                let (_, block) = one.split_once("\n\n").unwrap();
                format!("{one}\n{block}")
            })],
        ),
        ("a table that is never read", vec![("a.toml", table(HEAD).replace("testis", "brain"))]),
        ("new schema by a slip", vec![("a.toml", table(HEAD).replace("testis", "testes"))]),
        ("schema in two files", vec![("a.toml", table(HEAD)), ("schemas/b.toml", table(HEAD))]),
        ("two schemas for one tumor", vec![("a.toml", schema("local", "C621 | 9061 | behavior = 3\n"))]),
        (
            "two new schemas for one tumor",
            vec![
                ("a.toml", schema("one", "C998 | 9061-9065 | disc1 = 1,2\n")),
                ("b.toml", schema("two", "C998 | 9065 | disc1 = 2\n")),
            ],
        ),
        (
            "rows of selection",
            vec![("a.toml", schema("local", "C6x | 9061 |\nC621 | @none |\nC621 | 9061 | color = 3\n"))],
        ),
        ("no TOML", vec![("a.toml", "id = \"testis\"\n[[table]\n".to_owned())]),
        ("wrong kind", vec![("a.toml", "id = \"testis\"\nversion_9_from = \"soon\"\n".to_owned())]),
        (
            "factors",
            vec![(
                "factors.toml",
                "[psa]\ntitle = \"PSA\"\n\n[grade]\ntitle = \"Grade\"\nfields = [\"grad\"]\n".to_owned(),
            )],
        ),
        ("histologies", vec![("histologies.toml", "one = \"8000\"\ntwo = \"8000 to 8010\"\n".to_owned())]),
    ];
    let mut page = String::new();
    for (name, files) in cases {
        let work = Work::new();
        for (file, text) in files {
            work.write(&format!("own/{file}"), text);
        }
        let done = work.rstage(&["rules", "check", "own"]);
        assert_eq!((done.status, done.err.as_str()), (3, ""), "{name}: {}", done.out);
        let _ = writeln!(page, "## {name}\n{}", done.out);
    }
    insta::assert_snapshot!(page);
}

/// A combination that a table lists and no row groups is listed with its table, and is no mistake.
#[test]
fn a_gap_is_listed_with_its_place() {
    let work = Work::new();
    work.write(
        "own/a.toml",
        table(&format!("{HEAD}any | any | M1 | III\nany | N1 | M0 | II\nT1 | N0 | M0 | I\n")),
    );
    let done = work.rstage(&["rules", "check", "own"]);
    assert_eq!(done.status, 0, "{}", done.out);
    assert!(done.out.contains("own/a.toml:10: note: not grouped: T0 T2 | N0 | M0\n"), "{}", done.out);
}

#[test]
fn a_folder_that_cannot_be_used() {
    let work = Work::new();
    work.write("empty/README.md", "nothing");
    work.write("file.toml", table(HEAD));
    work.write("latin/a.toml", b"id = \"testis\"\n# caf\xe9\n");
    work.write("huge/a.toml", vec![b'#'; (1 << 20) + 1]);
    work.write(
        "marked/a.toml",
        format!("\u{feff}{}", table(&format!("{HEAD}any | any | any | I\n")).replace('\n', "\r\n")),
    );
    let mut cases = vec![
        ("absent", 3, "absent/: cannot be read: "),
        ("file.toml", 3, "file.toml/: cannot be read: "),
        ("empty", 3, "empty: holds no *.toml file\nhint: "),
        ("latin", 3, "latin/a.toml:2: not UTF-8\nhint: save the file as UTF-8"),
        ("huge", 3, "huge/a.toml: is larger than 1024 KiB, too large for tables"),
        ("marked", 0, "marked: 1 file, 1 schema, 1 table, 1 row, 0 notes; no mistakes"),
    ];
    #[cfg(unix)]
    {
        std::fs::create_dir_all(work.path("loop")).unwrap();
        std::os::unix::fs::symlink("a.toml", work.path("loop/a.toml")).unwrap();
        std::os::unix::fs::symlink(".", work.path("loop/schemas")).unwrap();
        std::fs::create_dir_all(work.path("folder/a.toml")).unwrap();
        cases.push(("loop", 3, "loop/a.toml: cannot be read: "));
        cases.push(("folder", 3, "folder/a.toml: is no regular file"));
    }
    for (folder, status, wanted) in cases {
        let done = work.rstage(&["rules", "check", folder]);
        assert_eq!(done.status, status, "{folder}: {}", done.out);
        assert!(done.out.contains(wanted), "{folder}: {}", done.out);
    }
    let done = work.rstage(&["explain", "--site", "C62.1", "--rules", "latin"]);
    assert_eq!(done.status, 3);
    assert!(
        done.err.contains("error: the rules of --rules cannot be used\nlatin/a.toml:2: not UTF-8"),
        "{}",
        done.err
    );
}

const EXPORT: &str = "tumor_key,site,histology,edition,clin_t,clin_n,clin_m,clin_group,path_t,path_n,path_m\n\
    1,C34.1,8140/3,8,cT1a,cN0,cM0,IIB,,,\n\
    2,C34.1,8140/3,8,,,,,pT1a,pN0,pM0\n\
    3,C34.1,8140/3,7,cT1a,cN0,cM0,IA,,,\n";

fn lung(basis: &str) -> String {
    format!(
        "id = \"lung\"\n\n[[table]]\nedition = 8\nbasis = \"{basis}\"\nt = \"T1 T1a T1b T1c T2 T3 T4\"\n\
         n = \"N0 N1 N2 N3\"\nm = \"M0 M1\"\nrows = \"\"\"\nT | N | M | group\nany | any | M1 | IV\n\
         any | any | M0 | II\n\"\"\"\n"
    )
}

fn reasons(work: &Work, args: &[&str]) -> Vec<String> {
    let done = work.rstage(&[&["run", "a.csv", "--out", "out", "--overwrite", "--quiet"], args].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    let table = Table::read(&work.path("out/records.csv"));
    (0..table.rows.len())
        .map(|row| format!("{} {}", table.cell(row, "rstage_group"), table.cell(row, "rstage_reason")))
        .collect()
}

#[test]
fn own_tables_stand_in_for_the_built_in_ones() {
    let work = Work::new();
    work.write("a.csv", EXPORT);
    let without = reasons(&work, &[]);
    assert_eq!(without, ["IA1 lung:8:any:16", "IA1 lung:8:any:16", "IA lung:7:any:5"]);
    let manifest = |key: &str| -> serde_json::Value {
        let text = std::fs::read_to_string(work.path("out/run.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["rules"][key].clone()
    };
    let hash = manifest("hash");
    assert!(manifest("overlay").is_null());

    // One for all classifications takes the place of the one for all.
    work.write("own/lung.toml", lung("any"));
    let with = reasons(&work, &["--rules", "own"]);
    assert_eq!(with, ["II local/lung:8:any:2", "II local/lung:8:any:2", "IA lung:7:any:5"]);
    assert_ne!(manifest("hash"), hash);
    let overlay = manifest("overlay");
    assert_eq!((&overlay["path"], &overlay["files"]), (&"own".into(), &serde_json::json!(["lung.toml"])));
    assert_eq!(overlay["hash"].as_str().map(str::len), Some(64));
    let findings = Table::read(&work.path("out/findings.csv"));
    let expected: Vec<&str> = (0..findings.rows.len()).map(|row| findings.cell(row, "derived")).collect();
    assert!(expected.contains(&"II by local/lung:8:any:2"), "{expected:?}");

    // One for a single classification leaves the others to the built-in one.
    work.write("own/lung.toml", lung("clinical"));
    let with = reasons(&work, &["--rules", "own"]);
    assert_eq!(with, ["II local/lung:8:clinical:2", "IA1 lung:8:any:16", "IA lung:7:any:5"]);

    let done = work.rstage(&["rules", "show", "lung", "--edition", "8", "--rules", "own"]);
    assert!(done.out.contains("Rules       your own, over the built-in ones"), "{}", done.out);
    assert!(done.out.contains("Table local/lung:8:clinical\n") && done.out.contains("Table lung:8:any\n"));
    let list = work.rstage(&["rules", "list", "lung", "--format", "csv", "--rules", "own"]);
    assert!(list.out.contains("\nlocal/lung,Lung,tnm,6 7 8 9,"), "{}", list.out);
    let done = work.rstage(&["columns", "a.csv", "--rules", "own"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let args = ["explain", "a.csv", "--key", "1", "--rules", "own"];
    let done = work.rstage(&args);
    assert!(done.out.contains("Table       local/lung, edition 8, clinical; row 2 of 2\n"), "{}", done.out);
}

/// A new schema takes its tumors where the built-in one is told to leave them; factors and lists of
/// histologies may be the user's own.
#[test]
fn a_new_schema_beside_a_built_in_one() {
    let work = Work::new();
    work.write("a.csv", "tumor_key,site,histology,edition,t,n,m,grade\n1,C62.1,9061/3,8,T1,N0,M0,2\n2,C62.1,8140/3,8,T1,N0,M1b,2\n");
    work.write("own/histologies.toml", "seminoma = \"9061, 9064\"\n");
    work.write("own/factors.toml", "[local_grade]\ntitle = \"Grade here\"\nfields = [\"grade\"]\n[local_grade.codes]\nhigh = \"2\"\nlow = \"1\"\n");
    work.write(
        "own/schemas/testis.toml",
        "id = \"testis\"\n[[select]]\neditions = \"8\"\nrows = \"\"\"\nsite | histology | when\nC620-C621, C629 | 8000-8700, 8720-8790 |\n\"\"\"\n",
    );
    work.write(
        "own/schemas/seminoma.toml",
        format!(
            "{}[[table]]\nedition = 8\nbasis = \"any\"\nm = \"M0 M1\"\nrows = \"\"\"\nM | local_grade | group\n\
             M1 | any | III\nM0 | high | IB\nM0 | low | IA\n\"\"\"\n[table.factors]\nlocal_grade = \"low high\"\n",
            schema("seminoma", "C620-C621, C629 | @seminoma |\n")
        ),
    );
    let done = work.rstage(&["rules", "check", "own"]);
    assert_eq!(done.status, 0, "{}", done.out);
    assert_eq!(done.out, "own: 4 files, 2 schemas, 1 table, 3 rows, 0 notes; no mistakes\n");
    assert_eq!(reasons(&work, &["--rules", "own"]), ["IB local/seminoma:8:any:2", "IIIC testis:8:any:1"]);
}
