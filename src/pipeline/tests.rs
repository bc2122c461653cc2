//! Records with one key come to the same.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use super::codes::{Codes, Keeping};
use super::decode::Cases;
use crate::audit::{ADULT_FROM, AuditRules, Config, audit};
use crate::fields::{MapOptions, recognise};
use crate::input::{InputFile, Options};
use crate::knowledge::Rules;
use crate::staging::{Policy, Stager};
use crate::synth::{Generator, write_csv};

#[test]
fn records_of_one_key_are_judged_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.csv");
    write_csv(&Generator::new(40_000, 3).unwrap(), BufWriter::new(File::create(&path).unwrap())).unwrap();
    judged_alike(&path, 20_000);
}

/// Factors where they do not belong, men with tumors of women, and whatever else nobody would record.
#[test]
fn records_of_one_key_are_judged_alike_whatever_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.csv");
    let mut written = Vec::new();
    write_csv(&Generator::new(20_000, 4).unwrap(), &mut written).unwrap();
    let mut reader = csv::Reader::from_reader(written.as_slice());
    let header = reader.headers().unwrap().clone();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut writer = csv::Writer::from_path(&path).unwrap();
    writer.write_record(&header).unwrap();
    // Sex, age, date, factors and discriminators each move on by a step of their own.
    let moved = |column: usize| matches!(column, 8..=10 | 31..=47);
    assert_eq!((&header[8], &header[31], &header[47]), ("sex", "psaLabValue", "schemaDiscriminator2"));
    for row in 0..records.len() {
        let cells = (0..header.len()).map(|column| {
            let step = if moved(column) { column * 17 } else { 0 };
            &records[(row + step) % records.len()][column]
        });
        writer.write_record(cells).unwrap();
    }
    writer.flush().unwrap();
    judged_alike(&path, 300);
}

/// Records that are read at a time.
const BLOCK: usize = 100;

/// Asserts it of every record of an export, and that more than so many have the key of an earlier one.
fn judged_alike(path: &Path, least: usize) {
    let options = Options::default();
    let file = InputFile::probe(path, 0, &options).unwrap();
    let mapping = recognise(&file.header, &MapOptions::default()).unwrap();
    let rules = Rules::builtin().unwrap();
    // Columns side by side one by one, together in other bytes than those of the file, and together.
    for (months, together, located) in [(0, false, false), (24, true, false), (24, true, true)] {
        let config = Config { none_recorded_months: months, ..Config::default() };
        let audit_rules = AuditRules::configured(&config).unwrap();
        let steps = rules.steps(
            &[config.oligometastasis.flags_complete_from],
            &[ADULT_FROM],
            &audit_rules.histologies(),
        );
        let mut stager = Stager::new(rules, Policy::default());
        let keeping = Keeping { texts: 60_000, keys: 1 << 16, lasting: false, together };
        let mut codes = Codes::new(&mapping, (rules, &steps), &config, keeping);
        let mut known = HashMap::new();
        let mut alike = 0;
        for chunk in file.open(&options).unwrap() {
            let mut chunk = chunk.unwrap();
            if let Some(runs) = codes.located(None).filter(|_| located) {
                chunk.locate_only(runs);
            }
            let cases = Cases::read(&chunk, &mapping);
            for row in 0..chunk.rows() {
                let first = row - row % BLOCK;
                if row == first {
                    codes.read(&chunk, &(first..(first + BLOCK).min(chunk.rows())));
                }
                codes.record(row - first);
                let case = cases.case(row);
                assert_eq!(codes.case(), case, "line {}", chunk.line(row));
                assert_eq!(codes.age(), case.age);
                assert_eq!((codes.site(), codes.histology()), (case.site, case.histology));
                assert_eq!(codes.year(), case.dx.value().map(|date| date.year));
                let Some(key) = codes.key() else { continue };
                let mut findings = Vec::new();
                let staged = stager.stage(&case);
                let audited = audit(rules, &audit_rules, &config, &case, &staged, &mut findings);
                let judged = (staged, audited, findings, stager.beside(&case, &staged));
                if let Some(before) = known.get(key) {
                    assert_eq!(before, &judged, "line {}", chunk.line(row));
                    alike += 1;
                } else {
                    known.insert(key.to_vec(), judged);
                }
            }
        }
        assert!(alike > least, "{alike} records were like an earlier one");
    }
}
