use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::{Array, StringArray};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::spelling::Group;
use super::*;

fn generator(rows: u64, seed: u64) -> Generator {
    Generator::new(rows, seed).unwrap()
}

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn csv_bytes(rows: u64, seed: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_csv(&generator(rows, seed), &mut bytes).unwrap();
    bytes
}

fn csv_rows(bytes: &[u8]) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(bytes).records().collect::<Result<_, _>>().unwrap()
}

fn parquet_rows(path: &Path) -> Vec<Vec<String>> {
    let file = std::fs::File::open(path).unwrap();
    let mut rows = Vec::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let columns: Vec<&StringArray> =
            batch.columns().iter().map(|column| column.as_any().downcast_ref().unwrap()).collect();
        rows.extend(
            (0..batch.num_rows())
                .map(|at| columns.iter().map(|column| column.value(at).to_owned()).collect()),
        );
    }
    rows
}

fn cell(record: &csv::StringRecord, column: Column) -> &str {
    &record[column as usize]
}

#[test]
fn same_bytes_for_any_number_of_threads() {
    let (one, three) = (with_threads(1, || csv_bytes(20_000, 7)), with_threads(3, || csv_bytes(20_000, 7)));
    assert!(one == three, "CSV differs between 1 and 3 threads");
    let folder = tempfile::tempdir().unwrap();
    let parquet = |threads| {
        let path = folder.path().join(format!("{threads}.parquet"));
        with_threads(threads, || write_parquet(&generator(70_000, 7), &path)).unwrap();
        std::fs::read(path).unwrap()
    };
    assert!(parquet(1) == parquet(3), "Parquet differs between 1 and 3 threads");
}

#[test]
fn longer_export_begins_with_the_shorter_one() {
    let (short, long) = (csv_bytes(500, 3), csv_bytes(9_000, 3));
    assert!(long.starts_with(&short));
    assert_ne!(short, csv_bytes(500, 4));
}

#[test]
fn empty_export_has_a_header() {
    let bytes = csv_bytes(0, 1);
    assert_eq!(csv_rows(&bytes).len(), 0);
    assert!(bytes.starts_with(b"patientIdNumber,"));
}

#[test]
fn csv_and_parquet_hold_the_same_cells() {
    let generator = generator(5_000, 11);
    let mut bytes = Vec::new();
    write_csv(&generator, &mut bytes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("same.parquet");
    write_parquet(&generator, &path).unwrap();
    let (csv, parquet) = (csv_rows(&bytes), parquet_rows(&path));
    assert_eq!((csv.len(), parquet.len()), (5_000, 5_000));
    for (line, (csv, parquet)) in csv.iter().zip(&parquet).enumerate() {
        assert!(csv.iter().eq(parquet.iter()), "row {line}");
    }
}

#[test]
fn free_text_needs_quoting() {
    let rows = csv_rows(&csv_bytes(3_000, 1));
    for sign in [",", "\"", "\n"] {
        assert!(rows.iter().any(|row| cell(row, Column::Text).contains(sign)), "no {sign:?} in the text");
    }
}

#[test]
fn every_case_is_planted_first_and_again() {
    let generator = generator(20_000, 5);
    let rows = csv_rows(&csv_bytes(20_000, 5));
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        *found.entry(cell(row, Column::TruthCase)).or_default() += 1;
    }
    let cases: Vec<&str> = generator.cases().collect();
    assert!(
        cases.iter().eq(rows[..cases.len()]
            .iter()
            .map(|row| cell(row, Column::TruthCase))
            .collect::<Vec<_>>()
            .iter())
    );
    for case in cases {
        assert!(found[case] >= 2, "{case} only at the beginning");
    }
    assert!(found[""] > 19_000);
}

#[test]
fn planted_rows_name_real_rules() {
    for row in csv_rows(&csv_bytes(2_000, 5)) {
        for rule in cell(&row, Column::TruthFindings).split(';').filter(|rule| !rule.is_empty()) {
            let number = rule.strip_prefix(['R', 'D', 'S']).and_then(|number| number.parse::<u8>().ok());
            assert!(number.is_some_and(|number| (1..=19).contains(&number)), "{rule}");
        }
    }
}

/// The recorded group of a record: the pathologic one, else the clinical one.
fn recorded(row: &csv::StringRecord) -> &str {
    let pathologic = [Column::PathT, Column::PathN, Column::PathM, Column::PathGroup];
    let column = if pathologic.iter().any(|&column| !cell(row, column).is_empty()) {
        Column::PathGroup
    } else {
        Column::ClinGroup
    };
    cell(row, column)
}

#[test]
fn truth_fits_what_is_recorded() {
    let rows = csv_rows(&csv_bytes(30_000, 2));
    let mut errors: BTreeMap<&str, usize> = BTreeMap::new();
    let ordinary: Vec<_> = rows.iter().filter(|row| cell(row, Column::TruthCase).is_empty()).collect();
    for row in &ordinary {
        let year: u32 = cell(row, Column::DxDate)[..4].parse().unwrap();
        let truth = Group::new(cell(row, Column::TruthGroup));
        let (recorded, error) = (recorded(row), cell(row, Column::TruthError));
        let roman = recorded.as_bytes().first().map(|digit| digit - b'0');
        let fits = match error {
            "none" => recorded == truth.code(year),
            "substage" => roman == truth.roman && recorded != truth.code(year),
            "major" => roman != truth.roman && recorded != "99" && !recorded.is_empty(),
            "missing" => recorded == "99" || recorded.is_empty(),
            _ => false,
        };
        assert!(fits, "{} recorded as {recorded}, error {error}", truth.label);
        *errors.entry(error).or_default() += 1;
    }
    for (error, low, high) in [("major", 0.02, 0.04), ("substage", 0.015, 0.045), ("missing", 0.03, 0.06)] {
        let share = errors[error] as f64 / ordinary.len() as f64;
        assert!((low..high).contains(&share), "{error}: {share}");
    }
}

#[test]
fn truth_of_origin_fits_the_record() {
    for row in csv_rows(&csv_bytes(20_000, 2)).iter().filter(|row| cell(row, Column::TruthCase).is_empty()) {
        let is_m1 = [Column::ClinM, Column::PathM]
            .iter()
            .any(|&column| cell(row, column).trim_start_matches(['c', 'p', 'M']).starts_with('1'));
        let restaged = !cell(row, Column::RM).is_empty();
        let fits = match cell(row, Column::TruthOrigin) {
            "de_novo" => is_m1 && !restaged,
            "recurrent" => !is_m1 && !cell(row, Column::RecurrenceDate).is_empty(),
            "progression" => !is_m1 && restaged && cell(row, Column::RecurrenceDate).is_empty(),
            "none_recorded" | "unknown" | "not_applicable" => !is_m1 && !restaged,
            _ => false,
        };
        assert!(fits, "{row:?}");
        let (dx, last) = (cell(row, Column::DxDate), cell(row, Column::LastContact));
        assert!(dx <= last && cell(row, Column::RDate) <= last && cell(row, Column::RecurrenceDate) <= last);
    }
}

#[test]
fn flags_fit_m() {
    let flags = [
        Column::MetsBone,
        Column::MetsBrain,
        Column::MetsDistantLn,
        Column::MetsLiver,
        Column::MetsLung,
        Column::MetsOther,
    ];
    for row in csv_rows(&csv_bytes(20_000, 2)).iter().filter(|row| cell(row, Column::TruthCase).is_empty()) {
        let positive = flags.iter().filter(|&&flag| matches!(cell(row, flag), "1" | "2")).count();
        let year: u32 = cell(row, Column::DxDate)[..4].parse().unwrap();
        let lung_m1a = cell(row, Column::ClinM).ends_with("M1a") || cell(row, Column::PathM).ends_with("M1a");
        match cell(row, Column::TruthOrigin) {
            "de_novo" if year >= 2018 && !(lung_m1a && cell(row, Column::Site).starts_with("C34")) => {
                assert!((1..=3).contains(&positive), "{row:?}");
            }
            "de_novo" => {}
            _ => assert_eq!(positive, 0, "{row:?}"),
        }
    }
}

/// `cargo run --example make_fixtures` makes them anew after a change of the generator.
#[test]
fn committed_fixtures_are_what_the_generator_makes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let csv = std::fs::read(folder.join("registry.csv")).unwrap();
    assert!(csv == csv_bytes(3_000, 1), "fixtures/registry.csv is outdated");
    let rows = csv_rows(&csv);
    let parquet = parquet_rows(&folder.join("registry.parquet"));
    assert_eq!(rows.len(), parquet.len());
    assert!(rows.iter().zip(&parquet).all(|(csv, parquet)| csv.iter().eq(parquet.iter())));
}
