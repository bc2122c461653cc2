//! Record batches in memory come to what the command makes of the same records in a file.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Int32Array, ListArray, RecordBatch, StringArray};
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rstage::category::Edition;
use rstage::pipeline::{Frame, FrameConfig, FrameStream, Progress, StagedFrame};
use rstage::summary::Partial;

use crate::support::{Work, fixture};

fn parquet(path: &Path) -> (SchemaRef, Vec<RecordBatch>) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let schema = reader.schema().clone();
    (schema, reader.with_batch_size(700).build().unwrap().map(Result::unwrap).collect())
}

fn whole(batches: &[RecordBatch]) -> RecordBatch {
    concat_batches(&batches[0].schema(), batches).unwrap()
}

/// The findings but for the name of the file.
fn findings(batch: &RecordBatch) -> Vec<Vec<String>> {
    let columns: Vec<&StringArray> =
        ["key", "line", "rule", "severity", "fields", "recorded", "derived", "action", "why"]
            .map(|name| batch.column_by_name(name).unwrap().as_string())
            .to_vec();
    (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column.value(row).to_owned()).collect())
        .collect()
}

fn config() -> FrameConfig {
    FrameConfig { also_editions: vec![Edition(7), Edition(8)], threads: 2, ..FrameConfig::default() }
}

#[track_caller]
fn check_same(run: (&Work, &str), ours: &[RecordBatch], found: &RecordBatch, counts: &Partial) {
    let (work, out) = run;
    let (_, records) = parquet(&work.path(&format!("{out}/records.parquet")));
    assert_eq!(whole(&records).columns(), whole(ours).columns());
    let (_, table) = parquet(&work.path(&format!("{out}/findings.parquet")));
    assert_eq!(findings(&whole(&table)), findings(found));
    let mut of_run = Partial::read(&work.path(&format!("{out}/summary/counts.json"))).unwrap();
    // Only the id of the run differs, so that the two can be added up.
    of_run.origin.runs.clone_from(&counts.origin.runs);
    assert_eq!(&of_run, counts);
}

#[test]
fn batches_come_to_what_a_run_makes_of_the_file() {
    let work = Work::new();
    let input = fixture("registry.parquet");
    let done =
        work.rstage(&["run", &input.to_string_lossy(), "--out", "out", "--also-edition", "7,8", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let (schema, batches) = parquet(&input);
    assert!(batches.len() > 2);

    let frame = Frame::new("registry", &schema, &config()).unwrap();
    let StagedFrame { records, findings: found, counts } =
        frame.stage(batches.clone(), &Progress::default()).unwrap();
    check_same((&work, "out"), &records, &found, &counts);
    assert_eq!(records[0].schema().fields().len(), schema.fields().len() + 42 + 2 * 5);
    // What came is handed on and not copied.
    let column = |batch: &RecordBatch| batch.column(0).to_data().buffers()[0].as_ptr();
    assert_eq!(column(&records[0]), column(&batches[0]));

    let mut stream = FrameStream::new(frame).unwrap();
    assert_eq!(stream.schema().fields(), records[0].schema().fields());
    let mut parts: Vec<_> = batches.into_iter().map(|batch| stream.stage(batch).unwrap()).collect();
    let end = stream.finish().unwrap();
    assert_eq!(end.counts, counts);
    let streamed: Vec<_> = parts.iter().map(|part| part.records.clone()).collect();
    let last = parts.pop().unwrap();
    let found: Vec<_> =
        parts.iter().map(|part| part.findings.clone()).chain([last.findings, end.findings]).collect();
    check_same((&work, "out"), &streamed, &whole(&found), &end.counts);
    assert!(stream.finish().unwrap_err().to_string().contains("ended unexpectedly"));
}

#[test]
fn partial_counts_of_parts_add_up_to_those_of_the_whole() {
    let (schema, batches) = parquet(&fixture("registry.parquet"));
    let stage = |name: &str, batches: Vec<RecordBatch>| {
        let frame = Frame::new(name, &schema, &FrameConfig::default()).unwrap();
        frame.stage(batches, &Progress::default()).unwrap().counts
    };
    let whole = stage("whole", batches.clone());
    let mut sum = Partial::default();
    for (part, batch) in batches.into_iter().enumerate() {
        let counts = stage(&format!("part {part}"), vec![batch]);
        if part == 0 { sum = counts } else { sum.merge(counts).unwrap() }
    }
    assert!(sum.clone().merge(sum.clone()).is_err());
    sum.origin.runs.clone_from(&whole.origin.runs);
    assert_eq!(sum, whole);
}

fn small(extra: (&str, ArrayRef)) -> RecordBatch {
    let texts = |cells: [&str; 2]| Arc::new(StringArray::from(cells.to_vec())) as ArrayRef;
    RecordBatch::try_from_iter([
        ("primarySite", texts(["C61.9", "C50.4"])),
        ("histologicTypeIcdO3", texts(["8140", "8500"])),
        ("dateOfDiagnosis", texts(["20190304", "20200506"])),
        ("ajccTnmClinT", texts(["cT2", "cT1"])),
        extra,
    ])
    .unwrap()
}

fn lists() -> ArrayRef {
    Arc::new(ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>([Some([Some(1)]), None]))
}

#[test]
fn passengers_may_be_of_any_type_and_fields_may_not() {
    let batch = small(("visits", lists()));
    let frame = Frame::new("f", &batch.schema(), &FrameConfig::default()).unwrap();
    let staged = frame.stage(vec![batch.clone()], &Progress::default()).unwrap();
    assert_eq!(staged.records[0].column(4), batch.column(4));
    let none = frame.stage(Vec::new(), &Progress::default()).unwrap();
    assert_eq!((none.records[0].num_rows(), none.records[0].schema()), (0, frame.schema()));

    let batch = small(("ajccTnmClinN", lists()));
    let refused = |batch: &RecordBatch| match Frame::new("f", &batch.schema(), &FrameConfig::default()) {
        Ok(_) => panic!("taken"),
        Err(error) => error.to_string(),
    };
    assert!(refused(&batch).contains("f: column `ajccTnmClinN` holds nested values"), "{}", refused(&batch));
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let batch = small(("rstage_t", Arc::clone(&numbers)));
    assert!(refused(&batch).contains("has a column `rstage_t` already"), "{}", refused(&batch));
    let other = small(("age", numbers));
    let error = frame.stage(vec![other], &Progress::default()).unwrap_err().to_string();
    assert!(error.contains("do not have the columns"), "{error}");
}
