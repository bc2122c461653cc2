//! What people and other programs make of the results: worklists, the codebook, the terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use crate::seer_files::{archive, forms};
use crate::support::{Table, Work, fixture, shared};

fn run(work: &Work, args: &[&str]) -> String {
    let input = fixture("registry.csv").to_string_lossy().into_owned();
    let done = work.rstage(&[&["run", &input, "--out", "out"], args].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    done.out
}

#[test]
fn the_codebook_knows_every_code_of_the_records() {
    let work = Work::new();
    run(&work, &["--also-edition", "7,8", "--oligo-profiles", "nsclc", "--quiet"]);
    let records = Table::read(&work.path("out/records.csv"));
    let done = work.rstage(&["codebook", "--format", "csv", "--out", "codebook.csv"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let book = Table::read(&work.path("codebook.csv"));
    let mut codes = BTreeMap::<&str, BTreeSet<&str>>::new();
    for row in 0..book.rows.len() {
        let known = codes.entry(book.cell(row, "column")).or_default();
        if book.cell(row, "kind") == "code" {
            known.insert(book.cell(row, "code"));
        }
    }
    let mut coded = 0;
    for column in records.header.iter().filter(|column| column.starts_with("rstage_")) {
        let name = column.replace("_ed7_", "_edE_").replace("_ed8_", "_edE_").replace("_nsclc", "_PROFILE");
        let known = codes.get(name.as_str()).unwrap_or_else(|| panic!("{column} is not in the codebook"));
        if known.is_empty() {
            continue;
        }
        coded += 1;
        for row in 0..records.rows.len() {
            let cell = records.cell(row, column);
            assert!(known.contains(cell), "{column}: {cell}");
        }
    }
    assert!(coded > 15, "{coded}");
}

const PROGRAMS: [&str; 4] = ["sas", "stata", "r", "python"];

/// Asserts that a codebook and its programs name every column that a run with these algorithms adds.
fn the_codebook_names_all(work: &Work, input: &str, algorithms: &[&str], given: &[&str]) {
    let files = |files: &[&str]| -> Vec<String> {
        files.iter().flat_map(|file| ["--algorithm".to_owned(), (*file).to_owned()]).collect()
    };
    let rstage = |args: &[&str], files: Vec<String>| {
        let done = work.rstage(&args.iter().map(|arg| (*arg).to_owned()).chain(files).collect::<Vec<_>>());
        assert_eq!(done.status, 0, "{}", done.err);
        done.out
    };
    rstage(
        &["run", input, "--out", "all", "--overwrite", "--quiet", "--also-edition", "7"],
        files(algorithms),
    );
    let before = Table::read(&work.path(input)).header;
    let header = Table::read(&work.path("all/records.csv")).header;
    let added: Vec<&String> = header.iter().filter(|name| !before.contains(name)).collect();
    assert!(added.iter().filter(|name| name.starts_with("seer_")).count() > 3, "{added:?}");
    let book = rstage(&["codebook", "--format", "csv"], files(given));
    for column in &added {
        let name = column.replace("_ed7_", "_edE_");
        assert!(book.lines().any(|line| line.split(',').next() == Some(&name)), "{column} in {given:?}");
    }
    let records = Table::read(&work.path("all/records.csv"));
    for row in 0..records.rows.len() {
        let result = records.cell(row, "seer_result");
        let told = |line: &str| line.starts_with("seer_result,") && line.contains(&format!(",{result},"));
        assert!(result.is_empty() || book.lines().any(told), "{result}");
    }
    for format in PROGRAMS {
        let program = rstage(&["codebook", "--format", format], files(given));
        let words: BTreeSet<&str> = program.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        for column in &added {
            assert!(words.contains(column.as_str()), "{column} in {format} of {given:?}");
        }
    }
}

#[test]
fn the_codebook_knows_the_columns_of_a_given_algorithm() {
    let work = Work::new();
    work.write("a.csv", "id,site,hist,year_dx,behavior,age_dx,in\n1,C500,8500,2016,3,010,x\n");
    archive(&work, "toy.zip", &forms("TOY", "in", "out"));
    the_codebook_names_all(&work, "a.csv", &["toy.zip"], &["toy.zip"]);
    let book = work.rstage(&["codebook", "--format", "csv", "--algorithm", "toy.zip"]).out;
    assert!(book.contains("seer_out,out,text,Output out of SEER's algorithm toy 1.0,,"), "{book}");
    assert!(!book.contains("seer_ajcc6_t"), "{book}");
}

#[test]
fn the_codebook_knows_the_columns_of_seers_algorithms() {
    let Some(folder) = shared("seer") else { return };
    let path = |file: &str| folder.join(file).to_string_lossy().into_owned();
    let [cs, tnm, eod, pediatric] =
        ["cs-02.05.50.zip", "tnm-2.1.zip", "eod_public-3.3.zip", "pediatric-1.3.zip"].map(path);
    let work = Work::new();
    let few = fs::read_to_string(fixture("registry.csv")).unwrap();
    work.write("few.csv", few.lines().take(20).collect::<Vec<_>>().join("\n"));
    let all = [cs.as_str(), &tnm, &eod, &pediatric];
    the_codebook_names_all(&work, "few.csv", &all, &[]);
    the_codebook_names_all(&work, "few.csv", &all[1..3], &all[1..3]);
    the_codebook_names_all(&work, "few.csv", &all[2..], &all[2..]);
}

/// Runs a program where there is an interpreter for it.
fn interpret(work: &Work, interpreter: &str, args: &[&str]) -> Option<String> {
    if Command::new(interpreter).arg("--version").output().is_err() {
        eprintln!("SKIPPED: {interpreter} is absent, its script was not run");
        return None;
    }
    let done = Command::new(interpreter).args(args).current_dir(work.path("")).output().unwrap();
    assert!(done.status.success(), "{interpreter}: {}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8(done.stdout).unwrap())
}

#[test]
fn the_scripts_read_the_records() {
    let work = Work::new();
    run(&work, &["--also-edition", "7", "--quiet"]);
    for (format, name) in
        [("python", "rstage_labels.py"), ("r", "rstage.R"), ("sas", "rstage.sas"), ("stata", "rstage.do")]
    {
        assert_eq!(work.rstage(&["codebook", "--format", format, "--out", name]).status, 0, "{format}");
    }
    let records = Table::read(&work.path("out/records.csv"));
    let staged = (0..records.rows.len()).filter(|&row| records.cell(row, "rstage_stage") == "IV").count();
    if let Some(shown) = interpret(&work, "python3", &["rstage_labels.py", "out/records.csv"]) {
        assert!(shown.contains(&format!("{staged:>9}  Stage IV\n")), "{shown}");
    }
    work.write(
        "try.R",
        "source('rstage.R'); r <- read_rstage('out/records.csv')\n\
         cat(nrow(r), sum(r$rstage_stage == 'IV', na.rm = TRUE), class(r$rstage_met_lesions), attr(r$rstage_ed7_stage, 'label'))\n",
    );
    if let Some(shown) = interpret(&work, "Rscript", &["try.R"]) {
        assert_eq!(shown, format!("3000 {staged} numeric Stage under edition 7"));
    }
    // A code that the codebook does not know is told, not dropped.
    if interpret(&work, "python3", &["-c", ""]).is_some() {
        let text = fs::read_to_string(work.path("out/records.csv")).unwrap().replace(",exact,", ",perhaps,");
        work.write("bad.csv", text);
        let done = Command::new("python3")
            .args(["rstage_labels.py", "bad.csv"])
            .current_dir(work.path(""))
            .output()
            .unwrap();
        assert!(!done.status.success());
        assert!(String::from_utf8_lossy(&done.stderr).contains("rstage_agreement holds 'perhaps'"));
    }
}

#[test]
fn the_worklist_has_every_finding_the_worst_first() {
    let work = Work::new();
    run(&work, &["--worklist-by", "facility", "--quiet"]);
    let (findings, list) =
        (Table::read(&work.path("out/findings.csv")), Table::read(&work.path("out/worklist.csv")));
    let keys = |table: &Table| {
        let mut keys: Vec<String> = (0..table.rows.len())
            .map(|row| ["key", "rule", "severity", "line"].map(|name| table.cell(row, name)).join("|"))
            .collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(&findings), keys(&list));
    let place =
        |row| ["error", "warning", "info"].iter().position(|s| *s == list.cell(row, "severity")).unwrap();
    for row in 1..list.rows.len() {
        let line = |row| list.cell(row, "line").parse::<u32>().unwrap();
        assert!((place(row - 1), line(row - 1)) <= (place(row), line(row)), "row {row}");
        assert!(!list.cell(row, "what").is_empty() && !list.cell(row, "action").is_empty());
    }
    let mut rows = 0;
    for entry in fs::read_dir(work.path("out/worklists")).unwrap() {
        let path = entry.unwrap().path();
        let own = Table::read(&path);
        for row in 0..own.rows.len() {
            assert_eq!(own.cell(row, "facility"), path.file_stem().unwrap().to_str().unwrap());
        }
        rows += own.rows.len();
    }
    assert_eq!(rows, findings.rows.len());
    // A later run may replace it.
    run(&work, &["--overwrite", "--quiet"]);
    assert!(!work.path("out/worklists").exists());
}

#[test]
fn hostile_text_stays_text_in_a_worklist_and_as_it_was_in_the_records() {
    let work = Work::new();
    let hostile = "=cmd|'/c calc'!A1";
    work.write(
        "a.csv",
        format!(
            "tumor_key,ward,primarySite,histologicTypeIcdO3,behaviorCodeIcdO3,dateOfDiagnosis,ajccTnmPathT,ajccTnmPathN,ajccTnmPathM,ajccTnmPathStageGroup\n\
             {hostile},../../up,C509,8500,3,20200101,pT2,pN1a,cM0,4\n\
             @k,../../UP,C509,8500,3,20200101,pT2,pN1a,cM0,4\n"
        ),
    );
    let done = work.rstage(&["run", "a.csv", "--out", "out", "--worklist-by", "ward"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let list = Table::read(&work.path("out/worklist.csv"));
    assert!((0..list.rows.len()).all(|row| ["'=cmd|'/c calc'!A1", "'@k"].contains(&list.cell(row, "key"))));
    assert!(!list.rows.is_empty());
    assert_eq!(Table::read(&work.path("out/records.csv")).cell(0, "tumor_key"), hostile);
    assert_eq!(Table::read(&work.path("out/findings.csv")).cell(0, "key"), hostile);
    let mut names: Vec<_> = fs::read_dir(work.path("out/worklists"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["______UP-2.csv", "______up.csv"]);
    assert!(work.holds_only(&["a.csv", "out"]));
    let done = work.rstage(&["run", "a.csv", "--out", "out2", "--worklist-by", "hospital"]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("neither a column for the field `hospital`"), "{}", done.err);
}

#[test]
fn the_tables_of_the_terminal_fit_into_80_columns() {
    let work = Work::new();
    let mut reader = csv::Reader::from_path(fixture("registry.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let records: Vec<csv::StringRecord> = reader.records().take(1500).map(Result::unwrap).collect();
    let write = |name: &str, long: bool| {
        let mut writer = csv::Writer::from_path(work.path(name)).unwrap();
        writer.write_record(&header).unwrap();
        for (at, record) in records.iter().enumerate() {
            let facility = format!("{}{}", "Sankt-Elisabeth-Krankenhaus-".repeat(10), at % 40);
            let cells = header.iter().zip(record).map(|(column, cell)| match column {
                "reportingFacility" if long => facility.as_str(),
                "ajccTnmClinM" | "ajccTnmPathM" if long && at % 2 == 0 => "cM1",
                "ajccTnmClinT" | "ajccTnmPathT" if long && at % 3 == 0 => "",
                _ => cell,
            });
            writer.write_record(cells).unwrap();
        }
        writer.flush().unwrap();
    };
    write("short.csv", false);
    write("long.csv", true);
    let run = |input: &'static str, more: &[&'static str]| [&["run", input, "--out", "o"], more].concat();
    let hide = ["--min-cell", "11", "--min-cell-rate"];
    let events = "tumor_key,event_date,classification,group\n00000001/01,2021-01-01,r,IV\n";
    work.write("events.csv", events);
    for args in [
        run("short.csv", &["--also-edition", "6,7,8,9", "--oligo-profiles", "all"]),
        run("long.csv", &["--also-edition", "6,7,8,9", "--oligo-profiles", "all"]),
        run("long.csv", &["--events", "events.csv"]),
        run("long.csv", &hide),
        [&["diff", "short.csv", "long.csv", "--out", "o"][..], &["--all-columns"]].concat(),
        [&["diff", "short.csv", "long.csv", "--out", "o"][..], &hide].concat(),
    ] {
        let done = work.rstage(&[&args[..], &["--overwrite"]].concat());
        assert_eq!(done.status, 0, "{args:?}: {}", done.err);
        let wide = done.out.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{args:?}\n{}", done.out);
        assert!(done.out.lines().count() > 8, "{args:?}\n{}", done.out);
    }
}

#[test]
fn the_terminal_is_plain_and_quiet_where_asked() {
    let work = Work::new();
    let shown = run(&work, &[]);
    assert!(shown.contains("3000 read = 3000 written + 0 rejected"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "no colour where standard output is no terminal");
    assert_eq!(run(&work, &["--overwrite", "--quiet"]), "");
    let json: serde_json::Value = serde_json::from_str(&run(&work, &["--overwrite", "--json"])).unwrap();
    assert_eq!(json["counts"]["read"], 3000);
    let input = fixture("registry.csv");
    for (args, colour) in [
        (vec!["--help"], "1"),
        (vec!["run", "--nonsense"], "1"),
        (vec!["run", input.to_str().unwrap(), "--out", "o"], "1"),
    ] {
        let done = Command::new(env!("CARGO_BIN_EXE_rstage"))
            .args(&args)
            .env("NO_COLOR", colour)
            .env("CLICOLOR_FORCE", "1")
            .current_dir(work.path(""))
            .output()
            .unwrap();
        assert!(!done.stdout.contains(&0x1b) && !done.stderr.contains(&0x1b), "{args:?}");
    }
}
