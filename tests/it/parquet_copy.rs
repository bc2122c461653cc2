//! Parquet inputs whose columns are copied in their bytes, and those that are written anew.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};
use arrow_select::concat::concat_batches;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::{KeyValue, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{WriterProperties, WriterVersion};
use rstage::synth::{Generator, write_csv};

use crate::support::Work;

const ROWS: usize = 1_000;
const GROUP_ROWS: usize = 300;

/// An export of the generator as Arrow columns, with one more column of each plain type.
fn export(seed: u64) -> RecordBatch {
    let mut text = Vec::new();
    write_csv(&Generator::new(ROWS as u64, seed).unwrap(), &mut text).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut columns: Vec<(Field, ArrayRef)> = Vec::new();
    for (column, name) in names.iter().enumerate() {
        // Every seventh empty cell is a null: an empty text must stay one.
        let cells = rows.iter().enumerate().map(|(row, cells)| {
            let cell = cells.get(column).unwrap();
            (!cell.is_empty() || row % 7 != 0).then_some(cell)
        });
        let array: ArrayRef = Arc::new(cells.collect::<StringArray>());
        columns.push((Field::new(name, array.data_type().clone(), true), array));
    }
    let numbers = || 0..i64::try_from(ROWS).unwrap();
    let or_null = |number: i64| (number % 5 != 0).then_some(number);
    let unit = HashMap::from([("unit".to_owned(), "ng/ml".to_owned())]);
    let words: Vec<String> = numbers().map(|number| format!("ward {}", number % 9)).collect();
    let more: Vec<(&str, ArrayRef)> = vec![
        ("x_int", Arc::new(numbers().map(or_null).collect::<Int64Array>())),
        ("x_float", Arc::new(Float64Array::from_iter_values(numbers().map(|n| n as f64 / 4.0)))),
        ("x_flag", Arc::new(numbers().map(|n| or_null(n).map(|n| n % 2 == 0)).collect::<BooleanArray>())),
        ("x_date", Arc::new(Date32Array::from_iter_values(0..i32::try_from(ROWS).unwrap()))),
        ("x_time", Arc::new(TimestampMicrosecondArray::from_iter_values(numbers()).with_timezone("UTC"))),
        (
            "x_decimal",
            Arc::new(
                Decimal128Array::from_iter_values(numbers().map(i128::from))
                    .with_precision_and_scale(12, 2)
                    .unwrap(),
            ),
        ),
        ("x_bytes", Arc::new(BinaryArray::from_iter_values(numbers().map(i64::to_le_bytes)))),
        ("x_word", Arc::new(words.iter().map(|w| Some(w.as_str())).collect::<DictionaryArray<Int32Type>>())),
    ];
    for (name, array) in more {
        let field = Field::new(name, array.data_type().clone(), true).with_metadata(unit.clone());
        columns.push((field, array));
    }
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// An export of several generators with row groups of [`GROUP_ROWS`], pages, Bloom filters and every plain type.
pub(crate) fn write_export(path: &Path, seeds: std::ops::Range<u64>) {
    let batches: Vec<RecordBatch> = seeds.map(export).collect();
    write(path, &concat_batches(&batches[0].schema(), &batches).unwrap(), WriterVersion::PARQUET_1_0);
}

fn write(path: &Path, batch: &RecordBatch, version: WriterVersion) {
    let pandas = r#"{"index_columns": [], "columns": []}"#;
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_data_page_row_count_limit(100)
        .set_write_batch_size(50)
        .set_bloom_filter_enabled(true)
        .set_writer_version(version)
        .set_key_value_metadata(Some(vec![KeyValue::new("pandas".to_owned(), pandas.to_owned())]))
        .build();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn read(path: &Path) -> RecordBatch {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let schema = Arc::clone(builder.schema());
    let batches: Vec<_> = builder.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn footer(path: &Path) -> ParquetMetaData {
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
    reader.parse_and_finish(&File::open(path).unwrap()).unwrap()
}

/// Runs and gives what the manifest says of the records.
fn run(work: &Work, inputs: &[&str], format: &str, out: &str, threads: &str) -> String {
    let mut args = vec!["run", "--format", format, "--out", out, "--threads", threads];
    args.extend_from_slice(inputs);
    let done = work.rstage(&args);
    assert_eq!(done.status, 0, "{}{}", done.out, done.err);
    let manifest = std::fs::read(work.path(out).join("run.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    manifest["records"].as_str().unwrap().to_owned()
}

#[test]
fn columns_are_copied_in_their_bytes_with_indexes_and_filters() {
    let work = Work::new();
    write(&work.path("a.parquet"), &export(1), WriterVersion::PARQUET_1_0);
    write(&work.path("b.parquet"), &export(2), WriterVersion::PARQUET_2_0);
    let inputs = ["a.parquet", "b.parquet"];
    assert_eq!(run(&work, &inputs, "parquet", "one", "1"), "spliced");
    assert_eq!(run(&work, &inputs, "parquet", "three", "3"), "spliced");
    let result = work.path("one/records.parquet");
    let bytes = std::fs::read(&result).unwrap();
    assert!(bytes == std::fs::read(work.path("three/records.parquet")).unwrap(), "threads change the bytes");

    let new = footer(&result);
    let mut group = 0;
    for input in inputs {
        let own_bytes = std::fs::read(work.path(input)).unwrap();
        let own = footer(&work.path(input));
        for (own_group, rows) in own.row_groups().iter().enumerate().map(|(at, group)| (at, group.num_rows()))
        {
            assert_eq!(new.row_group(group).num_rows(), rows);
            for (column, before) in own.row_group(own_group).columns().iter().enumerate() {
                let after = new.row_group(group).column(column);
                let part = |bytes: &[u8], (start, length): (u64, u64)| {
                    bytes[start as usize..(start + length) as usize].to_vec()
                };
                assert!(part(&own_bytes, before.byte_range()) == part(&bytes, after.byte_range()));
                assert_eq!(
                    (after.statistics(), after.num_values()),
                    (before.statistics(), before.num_values())
                );
                let (old_pages, new_pages) = (own.page_index().unwrap(), new.page_index().unwrap());
                let at = (old_pages.column_index(own_group, column), new_pages.column_index(group, column));
                assert!(at.0.is_some() && at.0 == at.1);
                let rows_of = |pages: &parquet::file::page_index::offset_index::OffsetIndexMetaData| {
                    let pages = pages.page_locations().iter();
                    pages.map(|page| (page.first_row_index, page.compressed_page_size)).collect::<Vec<_>>()
                };
                let old_pages = old_pages.offset_index(own_group, column).unwrap();
                let new_pages = new_pages.offset_index(group, column).unwrap();
                assert!(rows == 100 || rows_of(old_pages).len() > 1);
                assert_eq!(rows_of(old_pages), rows_of(new_pages));
                let moved = new_pages.page_locations()[0].offset - old_pages.page_locations()[0].offset;
                assert_eq!(after.data_page_offset() - before.data_page_offset(), moved);
                let filter = |bytes: &[u8], offset: Option<i64>, length: Option<i32>| {
                    part(bytes, (u64::try_from(offset?).ok()?, u64::try_from(length?).ok()?)).into()
                };
                let old: Option<Vec<u8>> =
                    filter(&own_bytes, before.bloom_filter_offset(), before.bloom_filter_length());
                let new = filter(&bytes, after.bloom_filter_offset(), after.bloom_filter_length());
                // A flag has no filter.
                assert!(old == new && (old.is_some() || before.column_path().string() == "x_flag"));
            }
            group += 1;
        }
    }
    assert_eq!(group, new.num_row_groups());
    let keys: Vec<_> =
        new.file_metadata().key_value_metadata().unwrap().iter().map(|pair| &pair.key).collect();
    assert_eq!(keys, ["pandas", "ARROW:schema"]);
}

#[test]
fn copied_and_encoded_records_hold_the_same() {
    let work = Work::new();
    let (first, second) = (export(3), export(4));
    write(&work.path("a.parquet"), &first, WriterVersion::PARQUET_1_0);
    write(&work.path("b.parquet"), &second, WriterVersion::PARQUET_1_0);
    let less = second.project(&(0..second.num_columns() - 1).collect::<Vec<_>>()).unwrap();
    write(&work.path("less.parquet"), &less, WriterVersion::PARQUET_1_0);
    assert_eq!(run(&work, &["a.parquet", "b.parquet"], "parquet", "spliced", "2"), "spliced");
    assert_eq!(run(&work, &["a.parquet", "less.parquet"], "parquet", "encoded", "2"), "encoded");
    let spliced = read(&work.path("spliced/records.parquet"));
    let encoded = read(&work.path("encoded/records.parquet"));
    assert_eq!(spliced.schema().fields(), encoded.schema().fields());
    assert_eq!(spliced.num_rows(), 2 * ROWS);
    for (at, field) in spliced.schema().fields().iter().enumerate() {
        let (left, right) = (spliced.column(at), encoded.column(at));
        if field.name() == "x_word" {
            // The column that the second file lacks.
            assert_eq!((right.null_count(), right.is_null(ROWS)), (ROWS, true));
            continue;
        }
        assert_eq!(left, right, "{}", field.name());
        let own = first.schema().index_of(field.name()).ok();
        if let Some(own) = own {
            assert_eq!(&left.slice(0, ROWS), first.column(own), "{}", field.name());
            assert_eq!(first.schema().field(own), field.as_ref());
        }
    }
}

#[test]
fn other_forms_are_written_anew() {
    let work = Work::new();
    let batch = export(5);
    write(&work.path("a.parquet"), &batch, WriterVersion::PARQUET_1_0);
    let mut text = Vec::new();
    write_csv(&Generator::new(ROWS as u64, 5).unwrap(), &mut text).unwrap();
    work.write("c.csv", &text);
    assert_eq!(run(&work, &["a.parquet"], "csv", "csv", "1"), "encoded");
    assert_eq!(run(&work, &["c.csv"], "parquet", "parquet", "1"), "encoded");
    assert_eq!(run(&work, &["a.parquet", "c.csv"], "parquet", "mixed", "1"), "encoded");
    assert_eq!(run(&work, &["a.parquet"], "parquet", "copied", "1"), "spliced");

    // The same records by all ways: the new columns say the same.
    let copied = read(&work.path("copied/records.parquet"));
    let parquet = read(&work.path("parquet/records.parquet"));
    let mixed = read(&work.path("mixed/records.parquet"));
    let mut csv = csv::Reader::from_path(work.path("csv/records.csv")).unwrap();
    let header = csv.headers().unwrap().clone();
    let rows: Vec<_> = csv.records().map(Result::unwrap).collect();
    for (at, field) in copied.schema().fields().iter().enumerate() {
        if !field.name().starts_with("rstage_") {
            continue;
        }
        let column = copied.column(at);
        assert_eq!(column, parquet.column_by_name(field.name()).unwrap(), "{}", field.name());
        let both = mixed.column_by_name(field.name()).unwrap();
        assert_eq!((column, column), (&both.slice(0, ROWS), &both.slice(ROWS, ROWS)), "{}", field.name());
        let place = header.iter().position(|name| name == field.name()).unwrap();
        let texts: StringArray = rows.iter().map(|row| row.get(place)).collect();
        assert_eq!(column.to_data(), texts.to_data(), "{}", field.name());
    }
}

/// Lines whose cells are known by codes: quoted here and there, with codes that are none, with texts that hold what
/// means something in a line, and in one column more different ones than a dictionary is kept for.
fn odd_lines() -> (Vec<String>, Vec<Vec<String>>, Vec<u8>) {
    let mut text = Vec::new();
    write_csv(&Generator::new(6_000, 5).unwrap(), &mut text).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let at = |name: &str| header.iter().position(|known| known == name).unwrap();
    let (code, measured) = (at("ajccTnmPathN"), at("psaLabValue"));
    let mut rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    for (number, row) in rows.iter_mut().enumerate() {
        if number % 50 == 7 {
            let odd = ["N1,a", "a \"quoted\" code", "two\nlines", " pN1 ", "\u{e9}"];
            odd[number / 50 % 5].clone_into(&mut row[code]);
        }
        row[measured] = format!("{}.{}", number / 10, number % 10);
    }
    let mut lines = header.join(",").into_bytes();
    for (number, row) in rows.iter().enumerate() {
        let needs = |cell: &str| number % 3 == 0 || cell.contains([',', '"', '\n']);
        let cells = row.iter().map(|cell| {
            if needs(cell) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        });
        lines.push(b'\n');
        lines.extend_from_slice(cells.collect::<Vec<_>>().join(",").as_bytes());
    }
    (header, rows, lines)
}

#[test]
fn cells_known_by_codes_come_out_as_they_came_in() {
    let work = Work::new();
    let (header, rows, lines) = odd_lines();
    work.write("odd.csv", lines);
    let few = ["--max-distinct", "1"];
    let ways: [&[&str]; 6] = [
        &["--threads", "1"],
        &["--threads", "3"],
        &["--chunk-rows", "100"],
        &few,
        &["--keep-answers"],
        &["--threads", "8"],
    ];
    for (number, way) in ways.iter().enumerate() {
        let out = format!("out{number}");
        let done = work
            .rstage(&[&["run", "odd.csv", "--format", "parquet", "--out", &out, "--quiet"], *way].concat());
        assert_eq!(done.status, 0, "{way:?} {}", done.err);
        let batch = read(&work.path(&out).join("records.parquet"));
        assert_eq!(batch.num_rows(), rows.len(), "{way:?}");
        for (column, name) in header.iter().enumerate() {
            let cells = batch.column_by_name(name).unwrap().as_any().downcast_ref::<StringArray>().unwrap();
            for (row, cell) in cells.iter().enumerate() {
                assert_eq!(cell, Some(rows[row][column].as_str()), "{way:?} {name} {row}");
            }
        }
    }
    let bytes = |out: &str| std::fs::read(work.path(out).join("records.parquet")).unwrap();
    assert!(bytes("out0") == bytes("out1") && bytes("out0") == bytes("out5"), "threads change the bytes");
    assert!(bytes("out0") == bytes("out3"), "what is known changes the bytes");
}

#[test]
fn entries_of_dictionaries_become_the_cells_of_lines() {
    let work = Work::new();
    let (header, rows, _) = odd_lines();
    let mut rows: Vec<Vec<String>> = rows.into_iter().take(ROWS).collect();
    // What has just room in one piece with its delimiter, and what has not, between columns that are all short.
    let widths = header.iter().position(|name| name == "ajccTnmPathT").unwrap() + 1;
    for (number, row) in rows.iter_mut().enumerate() {
        row.insert(widths, "x".repeat(number % 9 + 8));
        row.push("12345678901234"[..number % 15].to_owned());
    }
    let mut header = header;
    header.insert(widths, "widths".to_owned());
    header.push("fitting".to_owned());
    let columns = header.iter().enumerate().map(|(column, name)| {
        let cells = rows.iter().enumerate().map(|(row, cells)| {
            let cell = &cells[column];
            (!cell.is_empty() || row % 7 != 0).then_some(cell.as_str())
        });
        (name.as_str(), Arc::new(cells.collect::<StringArray>()) as ArrayRef, true)
    });
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    write(&work.path("odd.parquet"), &batch, WriterVersion::PARQUET_1_0);
    let mut lines = Vec::new();
    for (number, chunk_rows) in ["16384", "1000", "64", "1"].into_iter().enumerate() {
        let out = format!("out{number}");
        let args =
            ["run", "odd.parquet", "--format", "csv", "--out", &out, "--quiet", "--chunk-rows", chunk_rows];
        let done = work.rstage(&args);
        assert_eq!(done.status, 0, "{chunk_rows} {}", done.err);
        let path = work.path(&out).join("records.csv");
        let mut written = csv::Reader::from_path(&path).unwrap();
        let names: Vec<String> = written.headers().unwrap().iter().map(str::to_owned).collect();
        assert_eq!(names[..header.len()], header);
        let mut count = 0;
        for (row, cells) in written.records().map(Result::unwrap).enumerate() {
            for (column, name) in header.iter().enumerate() {
                assert_eq!(cells[column], rows[row][column], "{chunk_rows} {name} {row}");
            }
            count += 1;
        }
        assert_eq!(count, rows.len());
        lines.push(std::fs::read(path).unwrap());
    }
    assert!(lines.iter().all(|other| *other == lines[0]), "the size of chunks changes the bytes");
}
