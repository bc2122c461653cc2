//! What only the other tumors of a patient tell.

use crate::support::{Table, Work};

const HEADER: &str = "registryId,patientIdNumber,tumorRecordNumber,primarySite,histologicTypeIcdO3,behaviorCodeIcdO3,\
                      dateOfDiagnosis,ajccTnmClinT,ajccTnmClinN,ajccTnmClinM,override_new_primary\n";

/// Keys and expectations of the findings of R14.
fn found(work: &Work, inputs: &[&str], more: &[&str]) -> Vec<(String, String)> {
    let args = [&["run"], inputs, &["--out", "out", "--quiet", "--overwrite"], more].concat();
    let done = work.rstage(&args);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let findings = Table::read(&work.path("out/findings.csv"));
    let rows = (0..findings.rows.len()).filter(|&row| findings.cell(row, "rule") == "R14");
    rows.map(|row| (findings.cell(row, "key").to_owned(), findings.cell(row, "derived").to_owned())).collect()
}

#[test]
fn a_recurrence_that_was_registered_as_a_new_primary() {
    let work = Work::new();
    let first = "1,77,1,C504,8500,3,20120305,cT1c,cN0,cM0,\n";
    let others = [
        "1,77,2,C509,8500,3,20180110,cT2,cN0,cM1,\n", // M1 in the same organ
        "1,77,3,C619,8140,3,20190110,cT1c,cN0,cM0,\n", // another organ
        "1,78,1,C504,8500,3,20180110,cT1c,cN0,cM0,\n", // another patient
        "2,77,1,C504,8500,3,20180110,cT1c,cN0,cM0,\n", // the same number in another registry
        "1,77,4,C504,8520,3,2019,cT1c,cN0,cM0,\n",    // the same subsite
        "1,77,5,C504,8520,3,20200101,cT1c,cN0,cM0,1\n", // reviewed
        "1,79,1,C341,8140,3,2018,cT1c,cN0,cM0,\n",
        "1,79,2,C341,8140,3,20180601,cT1c,cN0,cM0,\n", // which is first is not known
    ];
    let expected = [
        ("1/77/2".to_owned(), "a recurrence of 1/77/1 of 2012-03-05".to_owned()),
        ("1/77/4".to_owned(), "a recurrence of 1/77/1 of 2012-03-05".to_owned()),
    ];
    work.write("one.csv", format!("{HEADER}{first}{}", others.concat()));
    assert_eq!(found(&work, &["one.csv"], &[]), expected);
    assert_eq!(found(&work, &["one.csv"], &["--threads", "1"]), expected);

    // A patient's tumors may stand in several files, the later ones first.
    work.write("a.csv", format!("{HEADER}{}", others.concat()));
    work.write("b.csv", format!("{HEADER}{first}"));
    let apart = found(&work, &["a.csv", "b.csv"], &[]);
    assert_eq!(apart, expected);
    let manifest = std::fs::read_to_string(work.path("out/run.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["findings"]["R14"]["info"], 2);
    let table = Table::read(&work.path("out/summary/findings_by_rule.csv"));
    let row = (0..table.rows.len()).find(|&row| table.cell(row, "rule") == "R14").unwrap();
    assert_eq!((table.cell(row, "severity"), table.cell(row, "n")), ("info", "2"));
}

#[test]
fn without_patient_numbers_nothing_is_brought_together() {
    let work = Work::new();
    work.write(
        "one.csv",
        "tumor_key,primarySite,histologicTypeIcdO3,behaviorCodeIcdO3,dateOfDiagnosis,ajccTnmClinT,ajccTnmClinN,ajccTnmClinM\n\
         a,C504,8500,3,20120305,cT1c,cN0,cM0\n\
         b,C504,8500,3,20180305,cT1c,cN0,cM1\n",
    );
    assert_eq!(found(&work, &["one.csv"], &[]), []);
}
