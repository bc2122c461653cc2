//! Every rule of `rstage findings list` speaks where it must and is silent beside it, by the cases of a table.

use std::collections::{BTreeMap, BTreeSet};

use crate::seer_files::{archive, forms};
use crate::support::{Row, Table, Work, embedded, fixture};

/// The cases with the key of their record.
fn cases() -> Vec<(String, Row)> {
    let text = std::fs::read_to_string(fixture("rules/rules.csv")).unwrap();
    embedded(&text).into_iter().enumerate().map(|(at, case)| (format!("k{at}"), case)).collect()
}

/// Columns and cells of `C18.2 8140/3 2020-01-15; t=T2; n=N0`, or of fields alone; none of `-` and nothing.
fn cells(text: &str) -> Option<BTreeMap<String, String>> {
    let mut parts = text.split(';').map(str::trim).filter(|part| !part.is_empty() && *part != "-").peekable();
    parts.peek()?;
    let mut cells = BTreeMap::new();
    for part in parts {
        if let Some((name, value)) = part.split_once('=') {
            cells.insert(name.to_owned(), value.to_owned());
        } else {
            let tumor: Vec<&str> = part.split(' ').collect();
            let (histology, behavior) = tumor[1].split_once('/').unwrap();
            for (name, value) in
                [("site", tumor[0]), ("histology", histology), ("behavior", behavior), ("dx_date", tumor[2])]
            {
                cells.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    Some(cells)
}

/// A table of all columns that any row has.
fn table(rows: &[BTreeMap<String, String>]) -> String {
    let columns: BTreeSet<&String> = rows.iter().flat_map(BTreeMap::keys).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&columns).unwrap();
    for row in rows {
        writer
            .write_record(columns.iter().map(|&column| row.get(column).map_or("", String::as_str)))
            .unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

fn keyed(text: &str, key: &str, patient: &str) -> Option<BTreeMap<String, String>> {
    let mut cells = cells(text)?;
    cells.insert("tumor_key".to_owned(), key.to_owned());
    cells.insert("patient_id".to_owned(), patient.to_owned());
    Some(cells)
}

fn rstage(work: &Work, args: &[&str]) {
    let done = work.rstage(&[args, &["--quiet"]].concat());
    assert_eq!((done.status, done.err.as_str()), (0, ""), "{args:?}");
}

/// Severities by key and rule.
fn found(work: &Work, file: &str) -> BTreeMap<(String, String), String> {
    let findings = Table::read(&work.path(file));
    let cell = |row, name| findings.cell(row, name).to_owned();
    (0..findings.rows.len())
        .map(|row| ((cell(row, "key"), cell(row, "rule")), cell(row, "severity")))
        .collect()
}

/// Every case whose rule says something else than it must.
fn wrong(cases: &[&(String, Row)], found: &BTreeMap<(String, String), String>) -> Vec<String> {
    let told = |key: &String, rule: &String| {
        found.get(&(key.clone(), rule.clone())).map_or("silent", String::as_str).to_owned()
    };
    cases
        .iter()
        .map(|(key, case)| (case, told(key, &case["rule"])))
        .filter(|(case, told)| case["expect"] != *told)
        .map(|(case, told)| {
            format!("{}: {}: {told} instead of {}", case["rule"], case["what"], case["expect"])
        })
        .collect()
}

#[test]
fn no_rule_lacks_a_case_in_which_it_speaks_and_one_in_which_it_is_silent() {
    let work = Work::new();
    let list = work.rstage(&["findings", "list", "--format", "csv"]);
    let list = Table::read(&work.write("list.csv", list.out));
    let cases = cases();
    assert!(list.rows.len() >= 43);
    for row in 0..list.rows.len() {
        let (id, severity) = (list.cell(row, "id"), list.cell(row, "severity"));
        assert!(list.cell(row, "condition").len() > 20, "{id} has no condition");
        // `error (warning)`: the usual severity, and the one of the special case.
        let wanted = severity.split([' ', '(', ')']).filter(|word| !word.is_empty()).chain(["silent"]);
        for expect in wanted {
            let any = cases.iter().any(|(_, case)| case["rule"] == id && case["expect"] == expect);
            assert!(any, "{id} has no case that is {expect}");
        }
    }
    let ids: BTreeSet<&str> = (0..list.rows.len()).map(|row| list.cell(row, "id")).collect();
    for (_, case) in &cases {
        assert!(ids.contains(case["rule"].as_str()), "{} is no rule", case["rule"]);
    }
}

#[test]
fn rules_of_a_record_its_patient_and_its_events() {
    let all = cases();
    let cases: Vec<&(String, Row)> =
        all.iter().filter(|(_, case)| !case["rule"].starts_with('S') && case["rule"] != "D20").collect();
    let work = Work::new();
    let (mut records, mut events) = (Vec::new(), Vec::new());
    for (key, case) in &cases {
        records.extend(keyed(&case["record"], key, key));
        records.extend(keyed(&case["beside"], &format!("{key} beside"), key));
        events.extend(case["events"].split("||").filter_map(|event| keyed(event, key, key)));
    }
    work.write("records.csv", table(&records));
    work.write("events.csv", table(&events));
    rstage(&work, &["run", "records.csv", "--events", "events.csv", "--out", "out"]);
    assert_eq!(wrong(&cases, &found(&work, "out/findings.csv")), Vec::<String>::new());
}

#[test]
fn rules_between_two_exports() {
    let all = cases();
    let between: Vec<&(String, Row)> = all.iter().filter(|(_, case)| case["rule"].starts_with('S')).collect();
    let runs: BTreeSet<&str> = between.iter().map(|(_, case)| case["older_run"].as_str()).collect();
    for options in runs {
        let cases: Vec<&(String, Row)> =
            between.iter().copied().filter(|(_, case)| case["older_run"] == options).collect();
        let work = Work::new();
        let side = |names: &[&str]| -> Vec<BTreeMap<String, String>> {
            let of = |(key, case): &&(String, Row)| {
                names.iter().filter_map(|&name| keyed(&case[name], key, key)).collect::<Vec<_>>()
            };
            cases.iter().flat_map(of).collect()
        };
        work.write("old.csv", table(&side(&["older"])));
        work.write("new.csv", table(&side(&["record", "beside"])));
        let options: Vec<&str> = options.split_whitespace().collect();
        rstage(&work, &[&["run", "old.csv", "--out", "old"], &options[..]].concat());
        rstage(&work, &["run", "new.csv", "--out", "new"]);
        rstage(&work, &["diff", "old", "new", "--out", "out"]);
        assert_eq!(wrong(&cases, &found(&work, "out/findings.csv")), Vec::<String>::new());
    }
}

#[test]
fn the_rule_about_an_algorithm_of_seer() {
    let all = cases();
    let cases: Vec<&(String, Row)> = all.iter().filter(|(_, case)| case["rule"] == "D20").collect();
    let work = Work::new();
    // An algorithm that answers what the case says of it, under the name of TNM.
    archive(&work, "tnm.zip", &forms("TNM", "answer", "path_stage_group"));
    let rows: Vec<BTreeMap<String, String>> = cases
        .iter()
        .map(|(key, case)| {
            let cells = cells(&case["record"]).unwrap();
            let mut own: BTreeMap<String, String> = [("id".to_owned(), key.clone())].into();
            for (name, value) in cells {
                let (name, value) = match name.as_str() {
                    "site" => ("site", value.replace('.', "")),
                    "histology" => ("hist", value),
                    "dx_date" => ("year_dx", value[..4].to_owned()),
                    other => (other, value),
                };
                own.insert(name.to_owned(), value);
            }
            own
        })
        .collect();
    work.write("records.csv", table(&rows));
    rstage(&work, &["run", "records.csv", "--layout", "seer-keys", "--algorithm", "tnm.zip", "--out", "out"]);
    assert_eq!(wrong(&cases, &found(&work, "out/findings.csv")), Vec::<String>::new());
}

/// Organs and lesions source by source: Mets at Dx, EOD Mets, M, recurrence, lists of sites, counts of lesions.
#[test]
fn every_source_of_metastatic_sites_and_lesions_is_counted() {
    let text = std::fs::read_to_string(fixture("rules/metastasis_sources.csv")).unwrap();
    let cases = embedded(&text);
    let work = Work::new();
    let keys: Vec<String> = (0..cases.len()).map(|at| format!("k{at}")).collect();
    let records: Vec<_> =
        cases.iter().zip(&keys).filter_map(|(case, key)| keyed(&case["record"], key, key)).collect();
    let events: Vec<_> = cases
        .iter()
        .zip(&keys)
        .flat_map(|(case, key)| case["events"].split("||").filter_map(|event| keyed(event, key, key)))
        .collect();
    work.write("records.csv", table(&records));
    work.write("events.csv", table(&events));
    rstage(&work, &["run", "records.csv", "--events", "events.csv", "--out", "out"]);
    let records = Table::read(&work.path("out/records.csv"));
    let mut wrong = Vec::new();
    for (row, case) in cases.iter().enumerate() {
        let found = ["rstage_met_organs", "rstage_met_lesions", "rstage_oligo_rule", "rstage_oligo"]
            .map(|name| records.cell(row, name));
        let expected = ["organs", "lesions", "rule", "level"].map(|name| case[name].as_str());
        if found != expected {
            wrong.push(format!("{}: {}: {found:?}, not {expected:?}", case["source"], case["record"]));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let sources: BTreeSet<&str> = cases.iter().map(|case| case["source"].as_str()).collect();
    println!("{} cases of {} sources", cases.len(), sources.len());
}
