//! Tables of events beside the records, as a user gives them.

use std::fmt::Write as _;

use crate::support::{Table, Work, fixture};

const RECORDS: &str = "\
tumor_key,site,histology,behavior,dx_date,path_t,path_n,path_m,path_group,surgery_date
k1,C18.2,8140,3,2020-01-10,,,,,2020-06-01
k2,C18.2,8140,3,2015-01-10,T2,N0,M0,IVA,2015-02-01
k3,C50.1,8500,3,2020-03,,,,,
k4,C34.1,8140,3,2016-05-02,T1a,N0,M0,IA,
";

const EVENTS: &str = "\
tumor_key,event_date,classification,group,t,n,m,edition,sites,lesions,on_systemic_therapy,progressing,source
k1,2020-01-12,c,IIIB,cT3,cN1,cM0,8,,,,,mdt
k1,2020-06-01,yp,,ypT2,ypN0,,8,,,,,path
k1,2022-03-05,rc,IVA,rcT0,rcN0,rcM1a,8,Liver,2,no,yes,mdt
k1,2023-03,r,,,,M1c,8,Liver|Lung|Peritoneum,20,yes,yes,mdt
k1,2024,a,,T0,N0,M1c,,,,,,autopsy
k2,2016-05-01,r,IVA,,,M1a,7,Lung,1,no,yes,mdt
k2,2019-05-01,rp,,T0,N0,M1b,8,,,,,mdt
k3,2020-03-20,c,IIA,T2,N0,M0,8,,,,,a
k3,2020-03-20,p,IA,T1,N0,M0,8,,,,,b
k4,2016-04-30,r,IV,,,M1,7,,,,,before
";

/// Runs and gives the records and the restagings.
fn run(work: &Work, args: &[&str]) -> (Table, Table) {
    let done =
        work.rstage(&[&["run", "records.csv", "--out", "out", "--overwrite", "--quiet"], args].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    (Table::read(&work.path("out/records.csv")), Table::read(&work.path("out/restagings.csv")))
}

fn work(records: &str, events: &str) -> Work {
    let work = Work::new();
    work.write("records.csv", records);
    work.write("events.csv", events);
    work
}

fn column(table: &Table, names: &[&str]) -> Vec<String> {
    (0..table.rows.len())
        .map(|row| names.iter().map(|name| table.cell(row, name)).collect::<Vec<_>>().join(" "))
        .collect()
}

fn manifest(work: &Work) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(work.path("out/run.json")).unwrap()).unwrap()
}

#[test]
fn a_course_is_followed_from_diagnosis_to_autopsy() {
    let work = work(RECORDS, EVENTS);
    let (records, restagings) = run(&work, &["--events", "events.csv"]);
    let names = [
        "key",
        "event_date",
        "classification",
        "role",
        "group_recorded",
        "group_derived",
        "edition",
        "change",
    ];
    assert_eq!(
        column(&restagings, &names),
        [
            "k1 2020-01-12 c original IIIB cIIIB 8 none",
            "k1 2020-06-01 yp post_therapy  ypI 8 down",
            "k1 2022-03-05 rc restaging IVA rcIVA 8 up",
            "k1 2023-03 r restaging  rIVC 8 up",
            "k1 2024 a autopsy  aIVC 8 up",
            "k2 2016-05-01 r restaging IVA rIVA 7 up",
            "k2 2019-05-01 rp restaging  rpIVB 8 up",
            "k3 2020-03-20 c original IIA cIIA 8 none",
            "k3 2020-03-20 p original IA pIA 8 none",
            "k4 2016-04-30 r restaging IV rIV 7 up",
        ]
    );
    let names = [
        "tumor_key",
        "rstage_group",
        "rstage_post_group",
        "rstage_r_group",
        "rstage_r_date",
        "rstage_met_origin",
    ];
    assert_eq!(
        column(&records, &names),
        [
            "k1 IIIB I rIVC 2023-03 recurrent",
            "k2 I  rpIVB 2019-05-01 recurrent",
            "k3 IA    none_recorded",
            "k4 IA  rIV 2016-04-30 recurrent",
        ]
    );
    let findings = column(&records, &["rstage_findings"]);
    assert!(findings[1].contains("R01"), "the original equals the first restaging: {}", findings[1]);
    assert!(findings[3].contains("R04"), "{}", findings[3]);
    let grades = column(&records, &["rstage_oligo", "rstage_met_lesions", "rstage_oligo_timing"]);
    assert_eq!(grades[0], "confirmed 2 metachronous");
}

/// Days since diagnosis say more than the dates where only the year of diagnosis is known.
#[test]
fn restagings_of_events_are_counted_by_their_months() {
    let records = "\
tumor_key,site,histology,behavior,dx_date,path_t,path_n,path_m
k1,C18.2,8140,3,2020,T2,N0,M0
k2,C18.2,8140,3,2020-01-10,T2,N0,M0
k3,C18.2,8140,3,2020-01-10,T2,N0,M0
";
    let events = "\
tumor_key,event_date,event_days,classification,group,recurrence_type
k1,,400,r,IV,Distant
k2,2020-08-01,,r,III,Regional
k2,2026-03-01,,r,IV,Distant
k3,2021-03-01,,r,,Local
";
    let work = work(records, events);
    run(&work, &["--events", "events.csv"]);
    let table = |name: &str, labels: &[&str]| {
        column(&Table::read(&work.path("out/summary").join(name)), &[labels, &["n"]].concat())
    };
    assert_eq!(table("restaging_interval.csv", &["change", "months"]), ["up 13-24 1", "up 61+ 1"]);
    let labels = ["recurrence_type", "original", "restaged"];
    assert_eq!(table("restaging_by_recurrence.csv", &labels), ["distant I IV 1", "regional I IV 1"]);
}

#[test]
fn the_window_is_the_one_that_was_asked_for() {
    let records =
        "tumor_key,site,histology,behavior,dx_date,surgery_date\nk,C18.2,8140,3,2020-01-10,2020-07-01\n";
    let events =
        "tumor_key,event_date,classification,t,n,m\nk,2020-02-20,c,T2,N0,M0\nk,2020-06-30,p,T3,N0,M0\n";
    let work = work(records, events);
    for (window, roles) in [
        ("longer", ["original", "original"]),
        ("earlier", ["original", "restaging"]),
        ("days=120", ["original", "restaging"]),
        ("days=30", ["restaging", "restaging"]),
        ("days=200", ["original", "original"]),
        ("ajcc8", ["original", "original"]),
    ] {
        let (_, restagings) = run(&work, &["--events", "events.csv", "--original-window", window]);
        assert_eq!(column(&restagings, &["role"]), roles, "{window}");
    }
}

#[test]
fn no_event_is_lost_and_what_cannot_be_joined_is_told() {
    let events = "\
tumor_key,event_date,classification,group,t,n,m,lesions
k9,2020-01-12,c,IIB,,,,
k1,2020-01-12,c,IIB,,,,
k1,2020-01-12,c,IIB,,,,
,2020-01-12,c,IIB,,,,
k1,2020-02-31,c,IIB,,,,
k1,2020-01-12,q,IIB,,,,
k1,2020-01-12,c,rIIB,,,,
k1,,,,,,,
k1,2020-01-12,c,\"IIB
k1,2020-01-12,c
k1\0,2020-01-12,c,IIB,,,,
k1,2020-01-12,c,what?,,,,
K1 ,2020-01-12,c,IIB,,,,
";
    let work = work(RECORDS, events);
    let done = work.rstage(&["run", "records.csv", "--events", "events.csv", "--out", "out", "--quiet"]);
    assert_eq!(done.status, 4, "{}", done.err);
    let rejects = Table::read(&work.path("out/rejects.csv"));
    assert_eq!(
        column(&rejects, &["file", "line", "cause"]),
        [
            "events.csv 5 the key of the tumor is missing",
            "events.csv 6 the date cannot be read",
            "events.csv 7 the classification is none of c, p, yc, yp, r, rc, rp, a",
            "events.csv 8 classified as c, but a value is marked r",
            "events.csv 10 a quote opens on this line and never closes",
            "events.csv 11 3 fields instead of 8",
            "events.csv 12 a NUL byte",
        ]
    );
    let unmatched = Table::read(&work.path("out/events_unmatched.csv"));
    assert_eq!(
        column(&unmatched, &["key", "file", "line", "cause"]),
        ["k9 events.csv 2 no record has this key", "K1 events.csv 14 no record has this key"]
    );
    let manifest = manifest(&work);
    let count = |name: &str| manifest["events"][name].as_u64().unwrap();
    assert_eq!([count("read"), count("matched"), count("unmatched"), count("rejected")], [12, 3, 2, 7]);
    assert_eq!(count("without_event"), 1);
    // The records have their own balance.
    assert_eq!(manifest["counts"]["read"], 4);
    assert_eq!(manifest["counts"]["rejected"], 0);
    let restagings = Table::read(&work.path("out/restagings.csv"));
    assert_eq!(restagings.rows.len(), 3, "an event told twice stands twice");
}

#[test]
fn neither_order_nor_threads_nor_form_matter() {
    let (mut records, mut events) = (String::new(), String::new());
    for key in 0..3_000 {
        let (month, day) = (1 + key % 12, 1 + key % 28);
        writeln!(records, "k{key},C18.2,8140,3,2019-{month:02}-{day:02}").unwrap();
        if key % 3 == 0 {
            writeln!(events, "k{key},2019-{month:02}-{day:02},c,,T2,N{},M0,", key % 2).unwrap();
            writeln!(events, "k{key},2021,rc,IVA,,,M1a,{}", key % 9).unwrap();
        }
    }
    let header = "tumor_key,event_date,classification,group,t,n,m,lesions\n";
    let records = format!("tumor_key,site,histology,behavior,dx_date\n{records}");
    let mut backward: Vec<&str> = events.lines().collect();
    backward.reverse();
    let work = work(&records, &format!("{header}{events}"));
    work.write("backward.csv", format!("{header}{}\n", backward.join("\n")));
    let read = |name: &str| std::fs::read(work.path(name)).unwrap();
    run(&work, &["--events", "events.csv", "--threads", "1"]);
    let (one, one_course) = (read("out/records.csv"), read("out/restagings.csv"));
    run(&work, &["--events", "events.csv", "--threads", "4"]);
    assert_eq!((&one, &one_course), (&read("out/records.csv"), &read("out/restagings.csv")));
    let (_, courses) = run(&work, &["--events", "backward.csv"]);
    assert_eq!(one, read("out/records.csv"));
    assert_eq!(courses.rows.len(), 2_000);

    // The same events out of a Parquet file.
    let set =
        ["run", "events.csv", "--set", "site=C18.2", "--format", "parquet", "--out", "events", "--quiet"];
    assert_eq!(work.rstage(&set).status, 0);
    run(&work, &["--events", "events/records.parquet"]);
    assert_eq!(one, read("out/records.csv"));
    assert!(work.holds_only(&["backward.csv", "events", "events.csv", "out", "records.csv"]));
}

#[test]
fn events_of_other_tumors_leave_a_run_as_it_is() {
    let work = work(RECORDS, "tumor_key,event_date,classification,group\nx,2020-01-12,c,IIB\n");
    let run_out = |out: &str, args: &[&str]| {
        let done = work.rstage(&[&["run", "records.csv", "--out", out, "--quiet"], args].concat());
        assert_eq!(done.status, 0, "{}", done.err);
        ["records.csv", "findings.csv", "rejects.csv"]
            .map(|name| std::fs::read(work.path(out).join(name)).unwrap())
    };
    assert_eq!(run_out("with", &["--events", "events.csv"]), run_out("without", &[]));
    assert!(!work.path("without/restagings.csv").exists());
    let manifest = std::fs::read_to_string(work.path("without/run.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert!(manifest.get("events").is_none() && manifest["counts"].is_object());
}

#[test]
fn other_tables_of_events_are_recognised() {
    let tcga = "\
bcr_patient_uuid\tbcr_patient_barcode\tnew_tumor_event_dx_days_to\tnew_tumor_event_type\tnew_tumor_event_site
CDE\tbcr_patient_barcode\tdays_to_new_tumor_event_after_initial_treatment\tnew_neoplasm_event_type\tsite
CDE_ID:\tCDE_ID:2673\tCDE_ID:\tCDE_ID:\tCDE_ID:
u1\tk2\t345|1800\tLocoregional Recurrence|Distant Metastasis\t[Not Available]|Lung
u2\tk3\t[Not Available]\t[Not Available]\t[Not Available]
u3\tk3\t200\tNew Primary Tumor\tLung
u4\tk4\t90\tNew Primary Tumor|Distant Metastasis\tBone
";
    let mcode = "\
mrn,conditionId,stageGroup,t,n,m,type,stagingSystem,stagingCodeSystem,effectiveDate
1,k1,3B,cT3,cN1,cM0,Clinical,443830009,http://snomed.info/sct,2020-01-12
2,k1,rStage IVA,,,M1a,Other,443830009,http://snomed.info/sct,2022-01-12
";
    let naaccr = "patientIdNumber,recurrenceDate1st,recurrenceType1st\nk1,20210301,54\nk3,,00\n";
    let work = work(RECORDS, tcga);
    work.write("mcode.csv", mcode);
    work.write("naaccr.csv", naaccr);
    let files = ["--events", "events.csv", "--events", "mcode.csv", "--events", "naaccr.csv"];
    let (records, restagings) = run(&work, &files);
    assert_eq!(
        column(&restagings, &["key", "event_date", "event_days", "classification", "role", "group_recorded"]),
        [
            "k1 2020-01-12  c original IIIB",
            "k1 2021-03-01  r restaging ",
            "k1 2022-01-12  r restaging IVA",
            "k2 2015-12-21 345 r restaging ",
            "k2 2019-12-15 1800 r restaging ",
            "k4 2016-07-31 90 r restaging ",
        ]
    );
    let manifest = manifest(&work);
    let layouts: Vec<&str> =
        (0..3).map(|at| manifest["events"]["inputs"][at]["layout"].as_str().unwrap()).collect();
    assert_eq!(layouts, ["tcga_events", "mcode_staging", "naaccr_recurrence"]);
    assert_eq!(manifest["events"]["without_event"], 3);
    assert_eq!(column(&records, &["rstage_met_organs"]), ["liver", "lung", "", "bone"]);
}

#[test]
fn a_map_file_names_other_columns() {
    let work = work(RECORDS, "id;when;what\nk1;2022-01-01;rIVA\n");
    work.write("map.toml", "[columns]\ntumor_key = \"id\"\nr_date = \"when\"\nr_group = \"what\"\n");
    let (_, restagings) = run(&work, &["--events", "events.csv", "--events-map", "map.toml"]);
    assert_eq!(column(&restagings, &["key", "classification", "group_recorded"]), ["k1 r IVA"]);
}

#[test]
fn wrong_use_says_what_to_do() {
    let work = work(RECORDS, "id;when;what\nk1;2022-01-01;rIVA\n");
    for (args, status, says) in [
        (&["--events", "events.csv"][..], 3, "no column for the key of the tumor"),
        (&["--events", "nothing.csv"], 3, "no such file or folder"),
        (&["--events", "events.csv", "--events-layout", "x"], 3, "no layout is named `x`"),
        (&["--events-map", "map.toml"], 2, "--events <FILE>"),
        (&["--original-window", "later"], 2, "hint: longer, earlier, days or ajcc8"),
    ] {
        let done = work.rstage(&[&["run", "records.csv", "--out", "out"], args].concat());
        assert_eq!((done.status, done.err.contains(says)), (status, true), "{args:?}: {}", done.err);
        assert!(!work.path("out").exists());
    }
}

/// A work folder with the fixture of a FHIR export, the records it belongs to and the same events as a table.
fn fhir() -> (Work, String) {
    let work = Work::new();
    for name in ["records.csv", "events.csv", "Observation.ndjson"] {
        work.write(name, std::fs::read(fixture(&format!("fhir/{name}"))).unwrap());
    }
    let export = std::fs::read_to_string(work.path("Observation.ndjson")).unwrap();
    (work, export)
}

/// The restagings without the place where each was told.
fn courses(table: &Table) -> Vec<Vec<String>> {
    let keep = |at: usize| !["file", "line"].contains(&table.header[at].as_str());
    table
        .rows
        .iter()
        .map(|row| (0..row.len()).filter(|&at| keep(at)).map(|at| row[at].clone()).collect())
        .collect()
}

#[test]
fn fhir_resources_give_what_the_same_events_give_as_a_table() {
    let (work, export) = fhir();
    let read = |name: &str| std::fs::read(work.path(name)).unwrap();
    let (_, restagings) = run(&work, &["--events", "events.csv"]);
    let (records, findings, unmatched) = (
        read("out/records.csv"),
        read("out/findings.csv"),
        Table::read(&work.path("out/events_unmatched.csv")),
    );
    let expected = courses(&restagings);
    assert_eq!(expected.len(), 6);

    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, export.as_bytes()).unwrap();
    work.write("packed.ndjson.gz", gz.finish().unwrap());
    // As servers write it: blank lines, CRLF, another order, spread over the files of a folder.
    let mut lines: Vec<&str> = export.lines().collect();
    lines.reverse();
    let half = lines.len() / 2;
    work.write("bulk/Observation.1.ndjson", format!("\u{feff}{}\r\n\r\n", lines[..half].join("\r\n\n")));
    work.write("bulk/Observation.2.jsonl", lines[half..].join("\n"));
    for (events, format) in
        [("Observation.ndjson", "ndjson"), ("packed.ndjson.gz", "ndjson+gzip"), ("bulk", "ndjson")]
    {
        let (_, restagings) = run(&work, &["--events", events]);
        assert_eq!(courses(&restagings), expected, "{events}");
        assert_eq!((read("out/records.csv"), read("out/findings.csv")), (records.clone(), findings.clone()));
        let other = Table::read(&work.path("out/events_unmatched.csv"));
        assert_eq!(column(&other, &["key", "cause"]), column(&unmatched, &["key", "cause"]));
        let events = &manifest(&work)["events"];
        assert_eq!(
            (&events["inputs"][0]["format"], &events["inputs"][0]["layout"]),
            (&format.into(), &"fhir".into())
        );
        let count = |name: &str| events[name].as_u64().unwrap();
        let names = ["read", "matched", "unmatched", "rejected", "without_event", "other_resources"];
        assert_eq!(names.map(count), [7, 6, 1, 0, 1, 3], "{events}");
        let rows = |at: usize| events["inputs"][at]["rows"].as_u64().unwrap_or(0);
        assert_eq!(rows(0) + rows(1), export.lines().count() as u64);
    }
}

#[test]
fn a_fhir_line_that_cannot_be_used_is_told_with_its_number() {
    let loinc = |code: &str| serde_json::json!({"coding": [{"system": "http://loinc.org", "code": code}]});
    let told = |id: &str, code: &str, date: &str, value: &str, more: serde_json::Value| {
        let mut told = serde_json::json!({
            "resourceType": "Observation", "id": id, "status": "final", "code": loinc(code),
            "effectiveDateTime": date, "valueCodeableConcept": {"text": value},
        });
        told.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        told.to_string()
    };
    let of = |tumor: &str| serde_json::json!({"focus": [{"reference": format!("Condition/{tumor}")}]});
    let bad = [
        "{\"resourceType\": \"Observation\", \"id\":".to_owned(),
        "no JSON at all".to_owned(),
        told("a", "21908-9", "2020-01-01", "1222769001", of("k1")),
        told("b", "21908-9", "2020-01-01", "IIA", serde_json::json!({})),
        told("c", "21908-9", "1.1.20x", "IIA", of("k1")),
        told(
            "d",
            "21908-9",
            "2020-01-02",
            "IIA",
            serde_json::json!({
                "focus": [{"reference": "Condition/k1"}], "hasMember": [{"reference": "Observation/e"}],
            }),
        ),
        told("e", "21905-5", "2020-01-02", "rT2", of("k1")),
        told("f", "21905-5", "2020-01-03", "T2", of("k1")),
        told("g", "21905-5", "2020-01-03", "T3", of("k1")),
        told("f", "21905-5", "2020-01-03", "T4", of("k1")),
        told("f", "21905-5", "2020-01-03", "T2", of("k1")),
        format!("{{\"resourceType\":\"Patient\",\"text\":\"{}\"}}", "x".repeat(17 << 20)),
    ];
    let (work, export) = fhir();
    let (_, before) = run(&work, &["--events", "Observation.ndjson"]);
    let first = export.lines().count() + 1;
    work.write("Observation.ndjson", format!("{export}{}\n", bad.join("\n")));
    let done = work.rstage(&[
        "run",
        "records.csv",
        "--events",
        "Observation.ndjson",
        "--out",
        "bad",
        "--max-rejects",
        "100",
    ]);
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(done.out.contains("3 FHIR resources that are no staging were left aside"), "{}", done.out);
    let rejects = Table::read(&work.path("bad/rejects.csv"));
    let mut found: Vec<(usize, String)> = (0..rejects.rows.len())
        .map(|row| (rejects.cell(row, "line").parse().unwrap(), rejects.cell(row, "cause").to_owned()))
        .collect();
    found.sort();
    let expected = [
        (0, "no FHIR resource that can be read: EOF while parsing a value (column 37)".to_owned()),
        (1, "no FHIR resource that can be read: expected ident (column 2)".to_owned()),
        (2, "the value `1222769001` is no stage group (hint: text or display must say it)".to_owned()),
        (3, "the key of the tumor is missing".to_owned()),
        (4, "the date cannot be read".to_owned()),
        (5, "classified as c, but a value is marked r".to_owned()),
        (6, format!("part of the staging on line {}: classified as c, but a value is marked r", first + 5)),
        (8, format!("line {} tells another T category of this staging", first + 7)),
        (9, format!("its id is that of line {} as well", first + 7)),
        (11, "a record longer than 16777216 bytes".to_owned()),
    ];
    let expected: Vec<(usize, String)> = expected.into_iter().map(|(at, why)| (first + at, why)).collect();
    assert_eq!(found, expected);
    // What is sound is as it was, and the one T category more is an event.
    let after = Table::read(&work.path("bad/restagings.csv"));
    assert_eq!(after.rows.len(), before.rows.len() + 1);
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(work.path("bad/run.json")).unwrap()).unwrap();
    let count = |name: &str| manifest["events"][name].as_u64().unwrap();
    assert_eq!(["read", "matched", "unmatched", "rejected", "without_event"].map(count), [18, 7, 1, 10, 2]);
}

#[test]
fn a_map_file_takes_the_patient_of_fhir_as_key() {
    let (work, _) = fhir();
    work.write(
        "map.toml",
        "[columns]\ntumor_key = \"fhir.subject\"\nr_group = \"fhir.group\"\nr_date = \"fhir.effective\"\n",
    );
    let records = "tumor_key,site,histology,behavior,dx_date\np2,C18.2,8140,3,2015-01-10\n";
    work.write("records.csv", records);
    let (_, restagings) = run(&work, &["--events", "Observation.ndjson", "--events-map", "map.toml"]);
    assert_eq!(column(&restagings, &["key", "event_date", "group_recorded"]), ["p2 2016-05 IVA"]);
    let done = work.rstage(&["run", "Observation.ndjson", "--out", "none"]);
    assert_eq!(done.status, 3);
    assert!(
        done.err.contains("hint: FHIR resources tell of events: give them with --events"),
        "{}",
        done.err
    );
}

#[test]
fn synthetic_events_say_what_their_records_say() {
    let work = Work::new();
    let synth = |out: &str, events: &str, more: &[&str]| {
        let fixed = [
            "synth",
            "--rows",
            "2000",
            "--seed",
            "3",
            "--out",
            out,
            "--events",
            "900",
            "--events-out",
            events,
        ];
        let done = work.rstage(&[&fixed[..], more].concat());
        assert_eq!(done.status, 0, "{}", done.err);
        assert!(done.err.ends_with(&format!("{events}: 900 events\n")), "{}", done.err);
    };
    synth("records.csv", "events.csv", &[]);
    synth("again.csv", "again_events.csv", &[]);
    let read = |name: &str| std::fs::read(work.path(name)).unwrap();
    assert_eq!(read("events.csv"), read("again_events.csv"));
    let (records, restagings) = run(&work, &["--events", "events.csv"]);
    assert_eq!(restagings.rows.len(), 900, "every event has its record");
    let roles = column(&restagings, &["role"]);
    for role in ["within_window", "post_therapy", "restaging"] {
        assert!(roles.iter().any(|found| found == role), "{role}");
    }
    let done = work.rstage(&["run", "records.csv", "--out", "bare", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let bare = Table::read(&work.path("bare/records.csv"));
    for names in [&["rstage_group", "rstage_reason"][..], &["rstage_post_group"]] {
        assert_eq!(column(&records, names), column(&bare, names));
    }
    // An event says as well how it was examined.
    let restaged: Vec<String> =
        column(&records, &["rstage_r_group"]).iter().map(|group| group.replace("rc", "r")).collect();
    assert_eq!(restaged, column(&bare, &["rstage_r_group"]));
    // There are no more events than the records tell of.
    let all = work.rstage(&[
        "synth",
        "--rows",
        "100",
        "--out",
        "few.csv",
        "--events",
        "100000",
        "--events-out",
        "all.csv",
    ]);
    assert!(all.status == 0 && !all.err.contains("100000 events"), "{}", all.err);
    for (args, says) in [
        (&["--events", "5"][..], "--events-out <FILE>"),
        (&["--events", "5", "--events-out", "x.parquet"], "--events-out must end in .csv"),
        (&["--events", "5", "--events-out", "all.csv"], "all.csv: exists already"),
    ] {
        let done = work.rstage(&[&["synth", "--rows", "5", "--out", "five.csv"], args].concat());
        assert!(done.status == 2 && done.err.contains(says), "{}", done.err);
        assert!(!work.path("five.csv").exists());
    }
}
