//! Real clinical tables as found: every row accounted for, every byte kept, and the derived stage
//! against the recorded one, with each remaining disagreement named.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rstage::category::{Edition, StageGroup, parse};
use rstage::fields::{Coding, Field};
use rstage::input::{InputFile, Options};
use rstage::knowledge::Rules;
use rstage::staging::{Case, Outcome, Policy, Stager};

use crate::support::{Table, Work, shared};

/// Tables that cannot be staged, and what the message must say.
const NOT_STAGEABLE: [(&str, &str); 1] =
    [("nationwidechildrens.org_clinical_patient_cntl.txt", "looks like an HTML page")];

fn tables() -> Option<Vec<PathBuf>> {
    let root = shared("realdata")?;
    let mut tables = Vec::new();
    for folder in ["tcga_biotab", "gdc_clinical_tsv", "cbioportal", "xena"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            tables.push(entry.unwrap().path());
        }
    }
    tables.sort();
    Some(tables)
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[derive(Default)]
struct Agreement {
    rows: usize,
    recorded: usize,
    derivable: usize,
    agree: usize,
    coarser: usize,
    finer: usize,
    other_edition: usize,
    disagree: usize,
}

impl Agreement {
    fn line(&self, name: &str) -> String {
        format!(
            "{name:<52} {:>5} {:>8} {:>9} {:>6} {:>7} {:>6} {:>8} {:>8}",
            self.rows,
            self.recorded,
            self.derivable,
            self.agree,
            self.coarser,
            self.finer,
            self.other_edition,
            self.disagree
        )
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.recorded += other.recorded;
        self.derivable += other.derivable;
        self.agree += other.agree;
        self.coarser += other.coarser;
        self.finer += other.finer;
        self.other_edition += other.other_edition;
        self.disagree += other.disagree;
    }
}

/// The group that the same categories give under another edition.
fn under_another_edition(table: &Table, row: usize, recorded: StageGroup) -> bool {
    let own = table.cell(row, "rstage_edition");
    ["6", "7", "8"].into_iter().filter(|edition| *edition != own).any(|edition| {
        let mut case = Case::default();
        let mut put = |field: Field, text: &str| case.put(field, parse(field, Coding::Plain, text));
        put(Field::PathT, table.cell(row, "rstage_t"));
        put(Field::PathN, table.cell(row, "rstage_n"));
        put(Field::PathM, table.cell(row, "rstage_m"));
        for (field, columns) in [
            (Field::Site, &["icd_o_3_site", "ICD_O_3_SITE"][..]),
            (Field::Morphology, &["icd_o_3_histology", "ICD_O_3_HISTOLOGY"][..]),
            (Field::Age, &["age_at_diagnosis", "AGE"][..]),
        ] {
            if let Some(column) =
                columns.iter().find(|column| table.header.iter().any(|name| name == *column))
            {
                put(field, table.cell(row, column));
            }
        }
        case.edition = rstage::category::Cell::Value(Edition(edition.parse().unwrap()));
        let staged = Stager::new(Rules::builtin().unwrap(), Policy::default()).stage(&case);
        staged.original.outcome == Outcome::Group(recorded)
    })
}

fn compare(table: &Table, disagreements: &mut BTreeMap<String, usize>) -> Agreement {
    let mut sum = Agreement { rows: table.rows.len(), ..Agreement::default() };
    for row in 0..table.rows.len() {
        let cell = |column: &str| table.cell(row, column);
        let Some(recorded) = StageGroup::from_label(cell("rstage_recorded")) else { continue };
        sum.recorded += 1;
        if cell("rstage_stage") == "UNK" && cell("rstage_agreement_detail") != "conflict" {
            continue;
        }
        if matches!(cell("rstage_stage"), "NA" | "UNK") && cell("rstage_group_low").is_empty() {
            continue;
        }
        sum.derivable += 1;
        match cell("rstage_agreement_detail") {
            "same" | "within" => sum.agree += 1,
            "coarser" => sum.coarser += 1,
            "finer" => sum.finer += 1,
            _ if under_another_edition(table, row, recorded) => sum.other_edition += 1,
            _ => {
                sum.disagree += 1;
                let m1 = cell("rstage_m").starts_with("M1");
                let reason = match (m1, cell("rstage_recorded").starts_with("IV")) {
                    (true, false) => "M1 recorded below IV",
                    (false, true) => "IV recorded with M0",
                    _ => "the table gives another group for the recorded categories",
                };
                let mut what = String::new();
                let _ = write!(
                    what,
                    "{} ed. {}: {} {} {} recorded {}, derived {} to {}: {reason}",
                    cell("rstage_schema"),
                    cell("rstage_edition"),
                    cell("rstage_t"),
                    cell("rstage_n"),
                    cell("rstage_m"),
                    cell("rstage_recorded"),
                    cell("rstage_group_low"),
                    cell("rstage_group_high"),
                );
                *disagreements.entry(what).or_default() += 1;
            }
        }
    }
    sum
}

#[test]
fn derived_groups_agree_with_the_recorded_pathologic_stage() {
    let Some(tables) = tables() else { return };
    let mut disagreements = BTreeMap::new();
    let mut tcga = Agreement::default();
    let mut out = String::from("Reference (published tables, MX as M0): 2,736 of 2,808 rows agree, 97.4 %\n");
    let _ = writeln!(
        out,
        "{:<52} {:>5} {:>8} {:>9} {:>6} {:>7} {:>6} {:>8} {:>8}",
        "table", "rows", "recorded", "derivable", "agree", "coarser", "finer", "other ed", "disagree"
    );
    for path in tables {
        if NOT_STAGEABLE.iter().any(|(table, _)| *table == name(&path)) {
            continue;
        }
        let work = Work::new();
        let done = work.rstage(&["run", path.to_str().unwrap(), "--out", "out", "--quiet"]);
        assert!(matches!(done.status, 0 | 4), "{}: {}", path.display(), done.err);
        let table = Table::read(&work.path("out/records.csv"));
        let mut own = BTreeMap::new();
        let sum = compare(&table, &mut own);
        let _ = writeln!(out, "{}", sum.line(name(&path)));
        if path.parent().is_some_and(|folder| folder.ends_with("tcga_biotab")) {
            tcga.add(&sum);
            disagreements.append(&mut own);
        }
    }
    let _ = writeln!(out, "{}", tcga.line("TCGA biotab together"));
    for (what, times) in &disagreements {
        let _ = writeln!(out, "  {times} x {what}");
    }
    println!("{out}");
    let share = tcga.agree as f64 / tcga.derivable as f64;
    assert!(tcga.derivable > 2_500, "{} rows are derivable", tcga.derivable);
    assert!(share >= 0.97, "{:.2} % of derivable rows agree\n{out}", share * 100.0);
}

#[test]
fn every_record_comes_out_with_its_own_bytes() {
    let Some(tables) = tables() else { return };
    for path in tables {
        if NOT_STAGEABLE.iter().any(|(table, _)| *table == name(&path)) {
            continue;
        }
        let work = Work::new();
        for format in ["csv", "parquet"] {
            let done =
                work.rstage(&["run", path.to_str().unwrap(), "--out", format, "--format", format, "--quiet"]);
            assert!(matches!(done.status, 0 | 4), "{}: {}", path.display(), done.err);
        }
        let rejected = Table::read(&work.path("csv/rejects.csv")).rows.len();
        let manifest: serde_json::Value =
            serde_json::from_slice(&std::fs::read(work.path("csv/run.json")).unwrap()).unwrap();
        let count = |name: &str| usize::try_from(manifest["counts"][name].as_u64().unwrap()).unwrap();
        let options = Options::default();
        let read = |path: &Path| InputFile::probe(path, 0, &options).unwrap();
        let input = read(&path);
        let columns = input.header.len();
        let records = read(&work.path("csv/records.csv"));
        let parquet = read(&work.path("parquet/records.parquet"));
        assert_eq!(records.header[..columns], input.header[..], "{}", path.display());
        let cells = |file: &InputFile| {
            let mut rows = Vec::new();
            for chunk in file.open(&options).unwrap() {
                let chunk = chunk.unwrap();
                for row in 0..chunk.rows() {
                    rows.push(
                        (0..columns).map(|column| chunk.cell(column, row).into_owned()).collect::<Vec<_>>(),
                    );
                }
            }
            rows
        };
        let before = cells(&input);
        assert_eq!(count("read"), before.len() + rejected, "{}", path.display());
        assert_eq!(count("written"), before.len());
        assert_eq!(count("rejected"), rejected);
        assert!(before == cells(&records), "{}: a cell changed in the CSV", path.display());
        assert!(before == cells(&parquet), "{}: a cell changed in the Parquet", path.display());
    }
}

#[test]
fn what_cannot_be_staged_says_why() {
    let Some(root) = shared("realdata") else { return };
    for (table, message) in NOT_STAGEABLE {
        let work = Work::new();
        let path = root.join("tcga_biotab").join(table);
        let done = work.rstage(&["run", path.to_str().unwrap(), "--out", "out"]);
        assert_eq!(done.status, 3, "{table}: {}", done.err);
        assert!(done.err.contains(message) && done.err.contains(table), "{}", done.err);
        assert!(work.holds_only(&[]), "{table}: something was left behind");
    }
}

#[test]
fn disease_without_tnm_is_told_as_such() {
    let Some(root) = shared("realdata") else { return };
    // The leukemia table has neither site nor histology in its rows; the user knows them.
    for (table, settings) in
        [("gbm", &[][..]), ("lgg", &[]), ("laml", &["--set", "site=C42.1", "--set", "histology=9861/3"])]
    {
        let work = Work::new();
        let path = root.join(format!("tcga_biotab/nationwidechildrens.org_clinical_patient_{table}.txt"));
        let args = [&["run", path.to_str().unwrap(), "--out", "out", "--quiet"], settings].concat();
        let done = work.rstage(&args);
        assert_eq!(done.status, 0, "{table}: {}", done.err);
        let table = Table::read(&work.path("out/records.csv"));
        let not_applicable =
            (0..table.rows.len()).filter(|&row| table.cell(row, "rstage_reason") == "no_tnm").count();
        assert_eq!(not_applicable, table.rows.len());
    }
}

/// The parts of a cell that lists types of new tumor events; a new primary is another tumor.
fn event_types(cell: &str) -> Vec<&str> {
    cell.split('|').map(str::trim).filter(|part| !part.is_empty() && *part != "New Primary Tumor").collect()
}

/// Tumors recorded as I to III with a later distant metastasis, in every table as its own table of events: the
/// counts are those of the cells, lists among them, and no row of a table is lost.
#[test]
fn stage_i_to_iii_with_a_later_distant_metastasis() {
    let Some(tables) = tables() else { return };
    let (mut out, mut with_events, mut metastatic) = (String::new(), Vec::new(), 0);
    for path in tables {
        let text = path.to_str().unwrap();
        let work = Work::new();
        let run = ["run", text, "--events", text, "--out", "out", "--format", "csv", "--quiet"];
        let done = work.rstage(&run);
        if done.status == 3 {
            // The table says that something came later, if at all, and not what.
            let cause = ["no events: no column for", "looks like an HTML page"];
            assert!(cause.iter().any(|cause| done.err.contains(cause)), "{text}: {}", done.err);
            let _ = writeln!(out, "{:<52} tells of no type of event", name(&path));
            continue;
        }
        assert_eq!(done.status, 0, "{text}: {}", done.err);
        with_events.push(name(&path).to_owned());
        let manifest: serde_json::Value =
            serde_json::from_slice(&std::fs::read(work.path("out/run.json")).unwrap()).unwrap();
        let count = |part: &str, name: &str| manifest[part][name].as_u64().unwrap();
        assert_eq!(count("counts", "read"), count("counts", "written") + count("counts", "rejected"));
        let events = ["matched", "unmatched", "rejected"].map(|name| count("events", name));
        assert_eq!(count("events", "read"), events.iter().sum::<u64>());

        let records = Table::read(&work.path("out/records.csv"));
        let restagings = Table::read(&work.path("out/restagings.csv"));
        let later: BTreeSet<&str> = (0..restagings.rows.len())
            .filter(|&row| restagings.cell(row, "oligo") != "not_applicable")
            .map(|row| restagings.cell(row, "key"))
            .collect();
        let (mut told, mut lists) = (0, 0);
        let mut by_stage: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
        for row in 0..records.rows.len() {
            let types = event_types(records.cell(row, "new_neoplasm_event_type"));
            told += u64::from(!types.is_empty());
            lists += u64::from(types.len() > 1);
            let stage = records.cell(row, "rstage_recorded").trim_end_matches(['A', 'B', 'C']);
            let Some(stage) = ["I", "II", "III"].into_iter().find(|known| *known == stage) else { continue };
            let counts = by_stage.entry(stage).or_default();
            counts[0] += 1;
            counts[1] += u64::from(types.contains(&"Distant Metastasis"));
            counts[2] += u64::from(later.contains(records.cell(row, "sampleID")));
        }
        assert_eq!(count("events", "read"), told, "an event is lost");
        assert_eq!(count("events", "without_event") + told, count("counts", "read"));
        assert!(lists > 0, "no list is among the types");
        let _ = writeln!(out, "{:<52} {told} events, {lists} of them of several types", name(&path));
        for (stage, [records, distant, found]) in by_stage {
            let _ = writeln!(
                out,
                "  stage {stage:<3} {records:>4} samples, {found:>3} with a later distant metastasis"
            );
            assert_eq!(distant, found, "stage {stage}");
            assert!(found > 0 && found < records, "stage {stage}: {found} of {records}");
            metastatic += found;
        }
    }
    println!("{out}together {metastatic} samples of stage I to III with a later distant metastasis");
    assert_eq!(with_events, ["LUAD_clinicalMatrix"]);
    assert!(metastatic > 60);
}
