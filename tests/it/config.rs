//! The configuration file, its dry run, the exit codes, and what a log may hold.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Table, Work, fixture};

const HEADER: &str = "tumor_key,primarySite,histologicTypeIcdO3,behaviorCodeIcdO3,dateOfDiagnosis,\
                      ajccTnmPathT,ajccTnmPathN,ajccTnmPathM,ajccTnmPathStageGroup";
const EXAMPLE: &str = include_str!("../../examples/rstage.toml");

fn manifest(work: &Work, out: &str) -> Value {
    serde_json::from_slice(&fs::read(work.path(out).join("run.json")).unwrap()).unwrap()
}

/// The example of the README as it stands, alone on the command line.
#[test]
fn the_example_is_a_job() {
    assert!(
        include_str!("../../README.md").contains(EXAMPLE.trim_end()),
        "README.md shows another example than examples/rstage.toml"
    );
    let work = Work::new();
    work.write("job/rstage.toml", EXAMPLE);
    work.write("job/exports/registry.csv", fs::read(fixture("registry.csv")).unwrap());
    let done = work.rstage(&["check", "job/rstage.toml"]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    for says in ["would stage job/exports/registry.csv", "finding R07: off", "schema breast: profile strict"]
    {
        assert!(done.out.contains(says), "{says:?} is not in:\n{}", done.out);
    }
    assert!(!work.path("job/results").exists());
    let done = work.rstage(&["run", "--config", "job/rstage.toml", "--quiet"]);
    assert_eq!(done.status, 1, "the fixture holds errors, and fail_on asks about them: {}", done.err);
    let config = &manifest(&work, "job/results")["config"];
    assert_eq!(config["audit"]["severities"], serde_json::json!({"D14": "warning", "R07": "off"}));
    assert_eq!(config["audit"]["oligometastasis"]["schemas"]["breast"], "strict");
    assert_eq!((&config["fail_on"], &config["max_rejects"]), (&"error".into(), &10.into()));
    assert_eq!(config["also_editions"], serde_json::json!([7, 8]));
    let records = Table::read(&work.path("job/results/records.csv"));
    let profiles: Vec<_> = (0..records.rows.len())
        .filter(|&row| records.cell(row, "rstage_schema") == "breast")
        .map(|row| records.cell(row, "rstage_oligo_profile").to_owned())
        .collect();
    assert!(profiles.iter().any(|name| name == "strict"), "the profile of the file is applied");
    assert!(profiles.iter().all(|name| name == "strict" || name.is_empty()), "{profiles:?}");
    let again = work.rstage(&[
        "run",
        "--config",
        "job/rstage.toml",
        "--quiet",
        "--out",
        "elsewhere",
        "--mx",
        "unknown",
    ]);
    assert_eq!(again.status, 1, "{}", again.err);
    assert_eq!(manifest(&work, "elsewhere")["config"]["mx"], "unknown");
    // Every option, whether it stands on the command line, in the file, or nowhere.
    let options = &manifest(&work, "elsewhere")["options"];
    for (key, value) in [
        ("mx", serde_json::json!("unknown")),
        ("out", "elsewhere".into()),
        ("config", "job/rstage.toml".into()),
        ("inputs", serde_json::json!(["job/exports/registry.csv"])),
        ("also_edition", serde_json::json!([7, 8])),
        ("threads", 2.into()),
        ("resume", true.into()),
        ("mode", "0600".into()),
        ("set", serde_json::json!(["behavior=3"])),
        ("checkpoint_chunks", 256.into()),
        ("original_window", "longer=120".into()),
        ("drop_identifiers", false.into()),
        ("min_cell", Value::Null),
    ] {
        assert_eq!(options[key], value, "{key}");
    }
    let help = work.rstage(&["run", "--help"]).out;
    let long = help.lines().filter_map(|line| line.trim().strip_prefix("--"));
    for name in long.filter_map(|text| text.split([' ', '=', '[']).next()) {
        assert!(options.get(name.replace('-', "_")).is_some(), "{name} is not in run.json");
    }
}

#[test]
fn severities_and_switches_take_effect() {
    let work = Work::new();
    let input = fixture("registry.csv");
    let input = input.to_str().unwrap();
    assert_eq!(work.rstage(&["run", input, "--out", "plain", "--quiet"]).status, 0);
    work.write("job.toml", "[findings]\nD01 = \"info\"\nD03 = \"off\"\n");
    let done = work.rstage(&["run", input, "--out", "own", "--quiet", "--config", "job.toml"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let (plain, own) = (manifest(&work, "plain"), manifest(&work, "own"));
    let total =
        |findings: &Value| -> u64 { findings.as_object().unwrap().values().filter_map(Value::as_u64).sum() };
    assert!(total(&plain["findings"]["D01"]) > 0 && total(&plain["findings"]["D03"]) > 0);
    assert_eq!(own["findings"]["D01"]["info"], total(&plain["findings"]["D01"]));
    assert!(own["findings"].get("D03").is_none());
}

/// Nothing but `--config` names a configuration.
#[test]
fn no_file_is_picked_up_unasked() {
    let work = Work::new();
    work.write("rstage.toml", "nonsense = true\n");
    work.write("a.csv", format!("{HEADER}\nk-1,C509,8500,3,20200101,pT2,pN0,,2A\n"));
    assert_eq!(work.rstage(&["run", "a.csv", "--out", "out", "--quiet"]).status, 0);
}

/// The mistake that the README shows, with its place and what may have been meant.
#[test]
fn an_unknown_key_is_told_with_what_may_have_been_meant() {
    let readme = include_str!("../../README.md");
    let work = Work::new();
    work.write("rstage.toml", format!("{}mxx = \"m0\"\n", "# a remark\n".repeat(11)));
    for command in [&["check", "rstage.toml"][..], &["run", "--config", "rstage.toml"]] {
        let done = work.rstage(command);
        let said = "error: rstage.toml:12: unknown key `mxx`\nhint: did you mean `mx`?\n";
        assert_eq!((done.status, done.err.as_str()), (2, said));
        assert!(readme.contains(said));
    }
    for (key, meant) in [("max_reject", "max_rejects"), ("thread", "threads"), ("ovrwrite", "overwrite")] {
        work.write("rstage.toml", format!("{key} = 1\n"));
        let done = work.rstage(&["check", "rstage.toml"]);
        assert!(done.err.contains(&format!("did you mean `{meant}`?")), "{}", done.err);
    }
}

#[test]
fn a_check_tells_everything_at_once() {
    let work = Work::new();
    work.write("job.toml", "mxx = 1\nthreads = \"many\"\n[findings]\nD99 = \"off\"\n");
    for command in [&["check", "job.toml"][..], &["run", "--config", "job.toml"]] {
        let done = work.rstage(command);
        assert_eq!(done.status, 2, "{}", done.err);
        let errors: Vec<_> = done.err.lines().filter(|line| line.starts_with("error: job.toml:")).collect();
        assert_eq!(errors.len(), 3, "{}", done.err);
    }

    work.write("job.toml", "inputs = [\"absent.csv\", \"other.csv\", \"good.csv\"]\nout = \"taken\"\n");
    work.write("other.csv", "a,b\n1,2\n");
    work.write("good.csv", format!("{HEADER}\nk-1,C509,8500,3,20200101,pT2,pN0,,2A\n"));
    work.write("taken/thesis.docx", "");
    let done = work.rstage(&["check", "job.toml"]);
    assert_eq!(done.status, 2, "{}", done.err);
    for says in ["absent.csv", "other.csv", "taken"] {
        assert!(
            done.err.lines().any(|line| line.starts_with("error: ") && line.contains(says)),
            "{}",
            done.err
        );
    }
    assert!(done.out.contains("would stage good.csv"), "{}", done.out);
    let done = work.rstage(&["check", "job.toml", "good.csv"]);
    assert_eq!((done.status, done.err.matches("error: ").count()), (2, 1), "{}", done.err);
    assert!(work.holds_only(&["good.csv", "job.toml", "other.csv", "taken"]));

    work.write(
        "job.toml",
        "inputs = \"good.csv\"\nout = \"new/deep\"\n[oligometastasis.schemas]\nbrest = \"nsclc\"\n",
    );
    let done = work.rstage(&["check", "job.toml"]);
    assert_eq!(done.status, 2, "{}", done.err);
    assert!(done.err.contains("brest") && done.err.contains("did you mean `breast`?"), "{}", done.err);
}

/// Each exit code of the list in the README.
#[test]
fn exit_codes() {
    let work = Work::new();
    let good = "k-1,C509,8500,3,20200101,pT2,pN0,,2A";
    work.write("good.csv", format!("{HEADER}\n{good}\n"));
    work.write("wrong.csv", format!("{HEADER}\nk-1,C509,8500,3,20200101,pT2,pN0,,4\n"));
    work.write("ragged.csv", format!("{HEADER}\n{good}\nk-2,C509\n"));
    work.write("file", "");
    let cases: [(&[&str], i32); 9] = [
        (&["good.csv", "--out", "a", "--fail-on", "error"], 0),
        (&["wrong.csv", "--out", "b"], 0),
        (&["wrong.csv", "--out", "c", "--fail-on", "error"], 1),
        (&["good.csv", "--out", "d", "--mx", "maybe"], 2),
        (&["good.csv", "--out", "a"], 2),
        (&["absent.csv", "--out", "e"], 3),
        (&["ragged.csv", "--out", "f"], 4),
        (&["ragged.csv", "--out", "g", "--max-rejects", "1"], 0),
        (&["good.csv", "--out", "file/h"], 5),
    ];
    for (args, status) in cases {
        let done = work.rstage(&[&["run"], args].concat());
        assert_eq!(done.status, status, "{args:?}: {}", done.err);
        assert!(status < 2 || !done.err.is_empty(), "{args:?} says nothing");
    }
}

/// Who reads what a run prints may go away; the exit code stays that of the run.
#[test]
fn exit_codes_without_a_reader() {
    let work = Work::new();
    work.write("wrong.csv", format!("{HEADER}\nk-1,C509,8500,3,20200101,pT2,pN0,,4\n"));
    for more in [&[][..], &["--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = ["run", "wrong.csv", "--out", "out", "--overwrite", "--fail-on", "error"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_rstage"));
        let done = command.args(run).args(more).current_dir(work.path("")).stdout(writer).output().unwrap();
        assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(work.rstage(&["verify", "out"]).status, 0);
    }
}

/// Asked to stop, a run ends with 128 and the signal's number and leaves nothing.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_stops_a_run() {
    let work = Work::new();
    let text = fs::read_to_string(fixture("registry.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    work.write("large.csv", format!("{header}\n{}", rows.repeat(40)));
    let child = Command::new(env!("CARGO_BIN_EXE_rstage"))
        .args(["run", "large.csv", "--out", "out", "--quiet"])
        .current_dir(work.path(""))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while work.holds_only(&["large.csv"]) {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(128 + 15), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(work.holds_only(&["large.csv"]));
}

/// The log as objects; every line is one.
fn objects(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

#[test]
fn a_log_is_lines_of_json() {
    let work = Work::new();
    work.write("a.csv", format!("{HEADER}\nk-1,C509,8500,3,20200101,pT2,pN0,,2A\nk-2\n"));
    let done = work.rstage(&["run", "a.csv", "--out", "out", "--log-format", "json", "--max-rejects", "1"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let log = objects(&done.err);
    let said: Vec<_> = log.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(said[0], "reading");
    assert!(said.contains(&"records written") && said.contains(&"rows were rejected"), "{said:?}");
    let warned = log.iter().filter(|line| line["level"] == "WARN").count();
    assert_eq!(warned, 2, "{}", done.err);
    let failed = work.rstage(&["run", "b.csv", "--out", "out2", "--log-format", "json"]);
    let log = objects(&failed.err);
    assert_eq!((failed.status, &log[0]["level"], &log[0]["exit"]), (3, &"ERROR".into(), &3.into()));
    let text = work.rstage(&["run", "a.csv", "--out", "out3", "--log-format", "text", "--max-rejects", "1"]);
    assert!(text.err.contains("INFO") && text.err.contains("result in place"), "{}", text.err);
}

/// An identifier in every cell of a column that rstage takes for one of a patient, in a column it does not know, in
/// rows that cannot be read, and in values that mean nothing.
#[test]
fn no_log_holds_what_a_record_says() {
    let columns: Vec<&str> =
        "tumor_key,patientName,socialSecurityNumber,addrAtDxNoStreet,note,primarySite,histologicTypeIcdO3,\
         behaviorCodeIcdO3,dateOfBirth,dateOfDiagnosis,sex,ajccTnmClinT,ajccTnmClinN,ajccTnmClinM,\
         ajccTnmClinStageGroup,ajccTnmPathT,ajccTnmPathN,ajccTnmPathM,ajccTnmPathStageGroup,grade,\
         metsAtDxBone,recurrenceDate1st,recurrenceType1st,vitalStatus,dateOfLastContact"
            .split(',')
            .collect();
    let mut text = format!("{}\n", columns.join(","));
    let mut planted = Vec::new();
    for row in 0..columns.len() {
        // A good record with a planted value in one of its cells.
        let mut cells: Vec<String> = columns
            .iter()
            .map(|column| match *column {
                "tumor_key" => format!("k-{row}"),
                "primarySite" => "C509".to_owned(),
                "histologicTypeIcdO3" => "8500".to_owned(),
                "behaviorCodeIcdO3" => "3".to_owned(),
                "dateOfDiagnosis" => "20200101".to_owned(),
                "ajccTnmPathT" => "pT2".to_owned(),
                "ajccTnmPathN" => "pN1a".to_owned(),
                "ajccTnmPathStageGroup" => "4".to_owned(),
                _ => String::new(),
            })
            .collect();
        if row > 0 {
            let secret = format!("ZZPLANTED{row:02}");
            cells[row].clone_from(&secret);
            planted.push(secret);
        }
        text += &(cells.join(",") + "\n");
    }
    text.push_str("k-99,ZZPLANTEDSHORT\nk-98,\"ZZPLANTEDQUOTE,,,\n");
    let work = Work::new();
    work.write("a.csv", &text);
    // Without its header, the first record stands where the names of columns are looked for.
    work.write("bare.csv", text.split_once('\n').unwrap().1);
    for format in ["text", "json"] {
        for more in [&[][..], &["--quiet"], &["--json"]] {
            let out = format!("out-{format}-{}", more.len());
            let args =
                ["run", "a.csv", "--out", &out, "--overwrite", "--log-format", format, "--also-edition", "7"];
            let done = work.rstage(&[&args[..], more].concat());
            assert_eq!(done.status, 4, "{}", done.err);
            let mut seen =
                done.out + &done.err + &fs::read_to_string(work.path(&out).join("run.json")).unwrap();
            for entry in fs::read_dir(work.path(&out).join("summary")).unwrap() {
                seen += &String::from_utf8_lossy(&fs::read(entry.unwrap().path()).unwrap());
            }
            assert!(
                !seen.contains("ZZPLANTED"),
                "{}",
                seen.lines().find(|line| line.contains("ZZPLANTED")).unwrap()
            );
        }
    }
    // Findings show the recorded value of the field that they are about, and of no other column.
    let findings = fs::read_to_string(work.path("out-json-1/findings.csv")).unwrap();
    for secret in planted.iter().take(4) {
        assert!(!findings.contains(secret), "{secret} is an identifier");
    }
    assert!(fs::read_to_string(work.path("out-json-1/records.csv")).unwrap().contains("ZZPLANTED24"));
    assert!(fs::read_to_string(work.path("out-json-1/rejects.csv")).unwrap().contains("ZZPLANTEDSHORT"));
    let bare = work.rstage(&["run", "bare.csv", "--out", "bare", "--log-format", "json"]);
    assert!(bare.status >= 3, "{}", bare.out);
    assert!(!(bare.out + &bare.err).contains("ZZPLANTED"));
}
