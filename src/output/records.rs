//! The enriched records of a run: one table, whatever the inputs were.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use serde::{Deserialize, Serialize};

use super::own_texts::{OwnTexts, Unknown};
use super::records_csv::{Cells, CsvFile, CsvPlan};
use super::records_frame::FramePlan;
use super::records_parquet::{Columns, ParquetFile, ParquetPlan, ROW_GROUP_ROWS};
use super::records_parts::ParquetParts;
use super::union::LeftOut;
use super::{Added, Digest, OutputError, RowCells};
use crate::input::{Chunk, Delimiter, InputFile};

/// The form of the records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordsFormat {
    /// A text table with this delimiter, or with that of the first input.
    Csv(Option<Delimiter>),
    /// Parquet, compressed with zstd.
    Parquet,
    /// The same, written in a way that another process can go on with.
    ParquetInParts,
}

/// Where what is written is whole, so that another process could go on from there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum RowGroups {
    /// After every record.
    #[default]
    None,
    /// After the first chunk with which so many rows have come since the last such place.
    Every(usize),
    /// After so many rows of each input, in ascending order.
    OfInputs(Vec<Vec<u64>>),
}

/// How columns of the inputs come into the records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Copying {
    /// Parquet columns in the bytes of their file; a chunk needs no column but those that are looked at.
    Spliced,
    /// Cell by cell, or line by line.
    Encoded,
}

impl Copying {
    /// The word for it in the manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spliced => "spliced",
            Self::Encoded => "encoded",
        }
    }
}

/// Records whose cells are at hand while their columns are gone through.
const BLOCK: usize = 1024;

/// Turns chunks into what is written, on any thread; cheap to clone.
#[derive(Clone)]
pub struct RecordsEncoder {
    path: Arc<Path>,
    added: usize,
    plan: Plan,
}

#[derive(Clone)]
enum Plan {
    Csv(Arc<CsvPlan>),
    Parquet(Arc<ParquetPlan>),
    Frame(Arc<FramePlan>),
}

/// The lines of a chunk as they are put together, record by record.
pub struct Lines<'c> {
    plan: Arc<CsvPlan>,
    chunk: &'c Chunk,
    /// The chunk's own columns, where its lines are not copied.
    own: Option<Vec<Cells<'c>>>,
    rows: usize,
    text: Vec<u8>,
}

impl Lines<'_> {
    /// Adds the chunk's next record with its [line's end](RecordsEncoder::line_end).
    pub fn push(&mut self, line_end: &[u8]) {
        self.plan.record(&mut self.text, self.chunk, self.own.as_deref(), self.rows);
        self.text.extend_from_slice(line_end);
        self.rows += 1;
    }

    /// Ready to be written.
    pub fn finish(self) -> Encoded {
        Encoded { rows: self.rows as u64, content: Content::Lines(self.text) }
    }
}

/// A chunk ready to be written.
pub struct Encoded {
    rows: u64,
    content: Content,
}

enum Content {
    Lines(Vec<u8>),
    Columns(Columns),
    Batch(RecordBatch),
}

impl Encoded {
    /// The records as one batch; none where they were put together for a file.
    pub fn into_batch(self) -> Option<RecordBatch> {
        match self.content {
            Content::Batch(batch) => Some(batch),
            Content::Lines(_) | Content::Columns(_) => None,
        }
    }
}

impl RecordsEncoder {
    /// An encoder that writes no file: the columns of a [frame](crate::input::Kind::Frame), some of them left
    /// out, with the new ones behind them as one batch a chunk.
    pub fn of_frame(frame: &InputFile, added: &[String], left_out: &LeftOut) -> Self {
        let plan = FramePlan::new(frame, added, left_out);
        Self { path: frame.path.as_path().into(), added: added.len(), plan: Plan::Frame(Arc::new(plan)) }
    }

    /// The columns of the batches; none where a file is written.
    pub fn frame_schema(&self) -> Option<SchemaRef> {
        match &self.plan {
            Plan::Frame(plan) => Some(plan.schema()),
            Plan::Csv(_) | Plan::Parquet(_) => None,
        }
    }

    /// The lines of a chunk, to be added to; `None` where the records are not written as text.
    pub fn lines<'c>(&self, chunk: &'c Chunk) -> Option<Lines<'c>> {
        let Plan::Csv(plan) = &self.plan else { return None };
        let text = Vec::with_capacity(chunk.rows() * 512);
        Some(Lines { plan: Arc::clone(plan), chunk, own: plan.own(chunk), rows: 0, text })
    }

    /// Whether the lines of a file are copied, so that nobody looks at most of its cells.
    pub fn copies_lines(&self, file: usize) -> bool {
        matches!(&self.plan, Plan::Csv(plan) if plan.copies_lines(file))
    }

    /// Whether the records are written as text.
    pub fn is_text(&self) -> bool {
        matches!(self.plan, Plan::Csv(_))
    }

    /// Appends the end of a line: the new cells of one record. Nothing where the records are not written as
    /// text.
    pub fn line_end(&self, added: &RowCells, lines: &mut Vec<u8>) {
        if let Plan::Csv(plan) = &self.plan {
            plan.end(lines, added);
        }
    }

    /// Whether cells of a text file are gathered to columns of texts.
    pub fn gathers_cells(&self, file: &InputFile) -> bool {
        matches!(&self.plan, Plan::Parquet(plan) if plan.gathers_cells(file))
    }

    /// The columns of a chunk that are gathered as texts, to be added to block by block; none of them where it is
    /// written in another way.
    pub fn texts(&self, chunk: &Chunk) -> OwnTexts {
        match &self.plan {
            Plan::Parquet(plan) => plan.texts(chunk),
            Plan::Csv(_) | Plan::Frame(_) => OwnTexts::new(std::iter::empty(), 0),
        }
    }

    /// Encodes a chunk with its new columns.
    pub fn encode(&self, chunk: &Chunk, added: Added) -> Result<Encoded, OutputError> {
        let mut texts = self.texts(chunk);
        for first in (0..chunk.rows()).step_by(BLOCK) {
            texts.extend(chunk, &(first..(first + BLOCK).min(chunk.rows())), &Unknown);
        }
        self.encode_with(chunk, texts, added)
    }

    /// The same with its columns of [texts](Self::texts), which were gathered.
    pub fn encode_with(&self, chunk: &Chunk, texts: OwnTexts, added: Added) -> Result<Encoded, OutputError> {
        let rows = chunk.rows();
        let uneven = |found, expected| {
            let (path, line) = (self.path.to_path_buf(), chunk.line(0));
            Err(OutputError::Uneven { path, line, found, expected })
        };
        if added.columns.len() != self.added {
            return uneven(added.columns.len(), self.added);
        }
        if let Some(column) = added.columns.iter().find(|column| column.len() != rows) {
            return uneven(column.len(), rows);
        }
        if let Some(found) = texts.uneven(rows) {
            return uneven(found, rows);
        }
        let content = match &self.plan {
            Plan::Csv(plan) => Content::Lines(plan.encode(chunk, &added)),
            Plan::Parquet(plan) => Content::Columns(plan.encode(chunk, texts, added)),
            Plan::Frame(plan) => Content::Batch(plan.encode(chunk, &added)?),
        };
        Ok(Encoded { rows: rows as u64, content })
    }
}

/// Writes chunks in the order in which they are given.
pub struct RecordsWriter {
    encoder: RecordsEncoder,
    file: OpenFile,
    rows: u64,
}

/// How much of a table is on the disk for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// Its bytes, where it is a text table.
    pub bytes: u64,
    /// Its rows, the header not counted.
    pub rows: u64,
}

/// A file of records that is complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// Records in it.
    pub rows: u64,
    /// Its size and hash.
    pub digest: Digest,
}

enum OpenFile {
    Csv(CsvFile),
    Parquet(Box<ParquetFile>),
    Parts(Box<ParquetParts>),
}

impl RecordsWriter {
    /// Creates the file with the columns of all inputs and the new ones.
    pub fn create(
        path: PathBuf,
        files: &[InputFile],
        added: &[String],
        format: RecordsFormat,
    ) -> Result<Self, OutputError> {
        Self::create_without(path, files, added, format, &LeftOut::new())
    }

    /// The same with some columns of the inputs left out.
    pub fn create_without(
        path: PathBuf,
        files: &[InputFile],
        added: &[String],
        format: RecordsFormat,
        left_out: &LeftOut,
    ) -> Result<Self, OutputError> {
        let (plan, file) = match format {
            RecordsFormat::Csv(delimiter) => {
                let plan = CsvPlan::new(files, delimiter, left_out);
                let file = CsvFile::create(&path, &plan, files, added)?;
                (Plan::Csv(Arc::new(plan)), OpenFile::Csv(file))
            }
            RecordsFormat::Parquet => {
                let plan = ParquetPlan::new(files, added, left_out);
                let file = ParquetFile::create(&path, &plan)?;
                (Plan::Parquet(Arc::new(plan)), OpenFile::Parquet(Box::new(file)))
            }
            RecordsFormat::ParquetInParts => {
                let plan = Arc::new(ParquetPlan::new(files, added, left_out));
                let parts = ParquetParts::create(&path, Arc::clone(&plan));
                (Plan::Parquet(plan), OpenFile::Parts(Box::new(parts)))
            }
        };
        let encoder = RecordsEncoder { path: path.into(), added: added.len(), plan };
        Ok(Self { encoder, file, rows: 0 })
    }

    /// Opens records that were written up to a mark by a process that is gone, to go on from there.
    /// Everything else must be as it was given when the file was created.
    pub fn reopen(
        path: PathBuf,
        files: &[InputFile],
        added: &[String],
        format: RecordsFormat,
        left_out: &LeftOut,
        mark: Mark,
    ) -> Result<Self, OutputError> {
        let (plan, file) = match format {
            RecordsFormat::Csv(delimiter) => {
                let plan = CsvPlan::new(files, delimiter, left_out);
                (Plan::Csv(Arc::new(plan)), OpenFile::Csv(CsvFile::reopen(&path, mark.bytes)?))
            }
            RecordsFormat::Parquet | RecordsFormat::ParquetInParts => {
                let plan = Arc::new(ParquetPlan::new(files, added, left_out));
                let parts = ParquetParts::reopen(&path, Arc::clone(&plan), mark.rows)?;
                (Plan::Parquet(plan), OpenFile::Parts(Box::new(parts)))
            }
        };
        let encoder = RecordsEncoder { path: path.into(), added: added.len(), plan };
        Ok(Self { encoder, file, rows: mark.rows })
    }

    /// Brings what was written to the disk; none where the form cannot be gone on with later.
    pub fn mark(&mut self) -> Result<Option<Mark>, OutputError> {
        match &mut self.file {
            OpenFile::Csv(file) => Ok(Some(Mark { bytes: file.sync()?, rows: self.rows })),
            OpenFile::Parts(parts) => {
                parts.sync()?;
                Ok(Some(Mark { bytes: 0, rows: self.rows }))
            }
            OpenFile::Parquet(_) => Ok(None),
        }
    }

    /// Where [`RecordsWriter::mark`] may be asked for without a change to the bytes of the file.
    pub fn groups(&self) -> RowGroups {
        match &self.encoder.plan {
            Plan::Csv(_) | Plan::Frame(_) => RowGroups::None,
            Plan::Parquet(plan) => match &plan.splice {
                Some(splice) => RowGroups::OfInputs(splice.ends()),
                None => RowGroups::Every(ROW_GROUP_ROWS),
            },
        }
    }

    /// The part that works on other threads.
    pub fn encoder(&self) -> RecordsEncoder {
        self.encoder.clone()
    }

    /// Column names that had to be changed for Parquet, before and after.
    pub fn renamed(&self) -> &[(String, String)] {
        match &self.encoder.plan {
            Plan::Csv(_) | Plan::Frame(_) => &[],
            Plan::Parquet(plan) => &plan.renamed,
        }
    }

    /// How the inputs' own columns come into the file.
    pub fn copying(&self) -> Copying {
        match &self.encoder.plan {
            Plan::Parquet(plan) if plan.splice.is_some() => Copying::Spliced,
            _ => Copying::Encoded,
        }
    }

    /// Writes an encoded chunk.
    pub fn write(&mut self, encoded: &Encoded) -> Result<(), OutputError> {
        match (&mut self.file, &encoded.content) {
            (OpenFile::Csv(file), Content::Lines(lines)) => file.write(lines)?,
            (OpenFile::Parquet(file), Content::Columns(columns)) => file.write(columns)?,
            (OpenFile::Parts(parts), Content::Columns(columns)) => parts.write(columns)?,
            _ => {
                return Err(OutputError::Parquet {
                    path: self.encoder.path.to_path_buf(),
                    message: "a chunk encoded for another format".to_owned(),
                });
            }
        }
        self.rows += encoded.rows;
        Ok(())
    }

    /// Encodes and writes a chunk.
    pub fn push(&mut self, chunk: &Chunk, added: &Added) -> Result<(), OutputError> {
        let encoded = self.encoder.encode(chunk, added.clone())?;
        self.write(&encoded)
    }

    /// Completes the file.
    pub fn finish(self) -> Result<Written, OutputError> {
        let digest = match self.file {
            OpenFile::Csv(file) => file.finish()?,
            OpenFile::Parquet(mut file) => file.close()?,
            OpenFile::Parts(parts) => parts.finish()?,
        };
        Ok(Written { rows: self.rows, digest })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;

    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{Array, ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
    use arrow_schema::{DataType, Field, Schema};
    use parquet::arrow::ArrowWriter;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    use proptest::prelude::*;

    use super::*;
    use crate::input::{Encoding, Kind, Options, discover};
    use crate::output::{TextColumn, clashing_columns};

    /// Writes inputs, enriches them with `new` = the record's number, and gives the path of the result.
    fn enrich(
        folder: &Path,
        inputs: &[(&str, &[u8])],
        format: RecordsFormat,
        options: &Options,
    ) -> (PathBuf, Vec<(String, String)>) {
        let args: Vec<String> = inputs
            .iter()
            .map(|(name, bytes)| {
                let path = folder.join(name);
                if !bytes.is_empty() {
                    fs::write(&path, bytes).unwrap();
                }
                path.to_string_lossy().into_owned()
            })
            .collect();
        let files = discover(&args, options).unwrap();
        let path = folder.join("out");
        let mut writer =
            RecordsWriter::create(path.clone(), &files, &["rstage_n".to_owned()], format).unwrap();
        let mut rows = 0;
        for file in &files {
            for chunk in file.open(options).unwrap() {
                let chunk = chunk.unwrap();
                let numbers: Vec<String> =
                    (0..chunk.rows()).map(|row| format!("{}", chunk.first_record + row as u64)).collect();
                let column: TextColumn = numbers.iter().map(String::as_str).collect();
                writer.push(&chunk, &Added { columns: vec![column] }).unwrap();
                rows += chunk.rows() as u64;
            }
        }
        let renamed = writer.renamed().to_vec();
        let written = writer.finish().unwrap();
        assert_eq!((written.rows, written.digest), (rows, Digest::of_file(&path).unwrap()));
        (path, renamed)
    }

    const COMMA: RecordsFormat = RecordsFormat::Csv(Some(Delimiter::Comma));
    const SAME: RecordsFormat = RecordsFormat::Csv(None);

    #[track_caller]
    fn check_csv(inputs: &[&[u8]], format: RecordsFormat, options: &Options, expected: &[u8]) {
        let folder = tempfile::tempdir().unwrap();
        let names = ["a", "b", "c"];
        let inputs: Vec<_> = names.into_iter().zip(inputs.iter().copied()).collect();
        let (path, _) = enrich(folder.path(), &inputs, format, options);
        let found = fs::read(path).unwrap();
        assert_eq!(String::from_utf8_lossy(&found), String::from_utf8_lossy(expected));
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_copied_where_nothing_changes() {
        let plain = Options::default();
        check_csv(
            &[b"\xef\xbb\xbf\"a\",b \r\n\"1\",\"x\r\ny\"\r\n\r\n2, z"],
            COMMA,
            &plain,
            b"\"a\",b ,rstage_n\n\"1\",\"x\r\ny\",1\n2, z,2\n",
        );
        check_csv(&[b"a;b\n\"1\";2,5\n"], COMMA, &plain, b"a,b,rstage_n\n1,\"2,5\",1\n");
        check_csv(&[b"a;b\n\"1\";2,5\n"], SAME, &plain, b"a;b;rstage_n\n\"1\";2,5;1\n");
        check_csv(&[b"a\tb\n\"1\t5\" x\n"], SAME, &plain, b"a\tb\trstage_n\n\"1\t5\" x\t1\n");
        check_csv(&[b"a\tb\n\"1\t5\n"], COMMA, &plain, b"a,b,rstage_n\n\"\"\"1\",5,1\n");
        let latin = Options { encoding: Encoding::Windows1252, ..Options::default() };
        check_csv(&[b"\xe4;b\n\xf6;2\n"], COMMA, &latin, b"\xe4,b,rstage_n\n\xf6,2,1\n");
    }

    #[test]
    fn inputs_with_other_columns_are_brought_under_one_header() {
        let plain = Options::default();
        check_csv(
            &[b"a,b\n\"1\",2\n", b"b,a,b,\n3,4,5,6\n", b"a,b,b,\n7,8,9,0\n"],
            COMMA,
            &plain,
            b"a,b,b,,rstage_n\n1,2,,,1\n4,3,5,6,1\n7,8,9,0,1\n",
        );
    }

    #[test]
    fn rejects_leave_no_trace_among_the_records() {
        check_csv(
            &[b"a,b\n1\n1,2\n\"x,3\n4,5\n"],
            COMMA,
            &Options { chunk_rows: 1, ..Options::default() },
            b"a,b,rstage_n\n1,2,1\n4,5,2\n",
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_copied_table_is_the_input_with_one_more_cell(
            rows in prop::collection::vec(prop::collection::vec("[ab ,\"\n\r;\u{e9}]{0,5}", 3), 1..8),
            chunk_rows in 1..5_usize,
        ) {
            let mut input = csv::Writer::from_writer(b"x,y,z\n".to_vec());
            let mut expected = csv::Writer::from_writer(b"x,y,z,rstage_n\n".to_vec());
            for (number, row) in rows.iter().enumerate() {
                input.write_record(row).unwrap();
                let number = (number + 1).to_string();
                expected.write_record(row.iter().chain([&number])).unwrap();
            }
            let (input, expected) = (input.into_inner().unwrap(), expected.into_inner().unwrap());
            let folder = tempfile::tempdir().unwrap();
            let options = Options { chunk_rows, delimiter: Some(Delimiter::Comma), ..Options::default() };
            let (path, _) = enrich(folder.path(), &[("a", &input)], COMMA, &options);
            prop_assert_eq!(fs::read(path).unwrap(), expected);
        }
    }

    fn parquet(path: &Path, columns: Vec<(Field, ArrayRef)>) {
        let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
        let properties = WriterProperties::builder()
            .set_key_value_metadata(Some(vec![KeyValue::new("origin".to_owned(), "registry".to_owned())]))
            .build();
        let mut writer =
            ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    fn read_parquet(path: &Path) -> (crate::input::ParquetLayout, Vec<RecordBatch>) {
        let file = InputFile::probe(path, 0, &Options::default()).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
        let batches = reader.build().unwrap().map(Result::unwrap).collect();
        let Kind::Parquet(layout) = file.kind else { panic!() };
        (layout, batches)
    }

    #[test]
    fn parquet_keeps_types_values_and_metadata() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let own_metadata = std::collections::HashMap::from([("unit".to_owned(), "years".to_owned())]);
        parquet(
            &root.join("a"),
            vec![
                (
                    Field::new("age", DataType::Int64, true).with_metadata(own_metadata),
                    Arc::new(Int64Array::from(vec![Some(61), None])),
                ),
                (Field::new("dx", DataType::Date32, false), Arc::new(Date32Array::from(vec![0, 18_628]))),
                (Field::new("psa", DataType::Float64, false), Arc::new(Float64Array::from(vec![2.0, 0.5]))),
                (Field::new("t", DataType::Utf8, true), Arc::new(StringArray::from(vec![Some("T1"), None]))),
            ],
        );
        let (out, renamed) = enrich(root, &[("a", b"")], RecordsFormat::Parquet, &Options::default());
        assert!(renamed.is_empty());
        let (before, old) = read_parquet(&root.join("a"));
        let (after, new) = read_parquet(&out);
        let fields: Vec<_> = before.schema.fields().iter().cloned().collect();
        assert_eq!(after.schema.fields()[..4], fields[..]);
        assert_eq!(after.schema.field(4), &Field::new("rstage_n", DataType::Utf8, false));
        assert_eq!(after.metadata, before.metadata);
        assert_eq!(new[0].columns()[..4], old[0].columns()[..]);
        assert_eq!(new[0].column(4).as_string::<i32>().value(1), "2");

        let (out, _) = enrich(root, &[("a", b"")], COMMA, &Options::default());
        let text = fs::read_to_string(out).unwrap();
        assert_eq!(text, "age,dx,psa,t,rstage_n\n61,1970-01-01,2,T1,1\n,2021-01-01,0.5,,2\n");
    }

    #[test]
    fn mixed_inputs_become_one_parquet_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let age = Field::new("age", DataType::Int64, false);
        let id = Field::new("id", DataType::Int64, false);
        parquet(
            &root.join("a"),
            vec![(age, Arc::new(Int64Array::from(vec![61]))), (id, Arc::new(Int64Array::from(vec![7])))],
        );
        let inputs: [(&str, &[u8]); 2] = [("a", b""), ("b", b"id,t,t\nx,T1,T2\n")];
        let (out, renamed) = enrich(root, &inputs, RecordsFormat::Parquet, &Options::default());
        assert_eq!(renamed, [("t".to_owned(), "t_2".to_owned())]);
        let (layout, batches) = read_parquet(&out);
        let all = arrow_select::concat::concat_batches(&layout.schema, &batches).unwrap();
        let ages = all.column_by_name("age").unwrap().as_primitive::<Int64Type>();
        assert_eq!((ages.value(0), ages.is_null(1)), (61, true));
        let texts = |name| -> Vec<String> {
            all.column_by_name(name)
                .unwrap()
                .as_string::<i32>()
                .iter()
                .map(|text| text.unwrap_or("-").to_owned())
                .collect()
        };
        assert_eq!((texts("id"), texts("t"), texts("t_2")), (s(&["7", "x"]), s(&["", "T1"]), s(&["", "T2"])));
    }

    fn s(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn many_chunks_make_several_row_groups() {
        let folder = tempfile::tempdir().unwrap();
        let mut text = b"a,b\n".to_vec();
        for row in 0..150_000 {
            writeln!(text, "{row},x").unwrap();
        }
        let inputs = [("a", text.as_slice())];
        let (out, _) = enrich(folder.path(), &inputs, RecordsFormat::Parquet, &Options::default());
        let (layout, batches) = read_parquet(&out);
        assert_eq!(layout.rows, 150_000);
        let last = batches.last().unwrap();
        assert_eq!(last.column(0).as_string::<i32>().value(last.num_rows() - 1), "149999");
        assert_eq!(last.column(2).as_string::<i32>().value(last.num_rows() - 1), "150000");
    }

    #[test]
    fn uneven_columns_and_clashing_names_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "a,rstage_n\n1,2\n").unwrap();
        let options = Options::default();
        let files = discover(&[path.to_string_lossy().into_owned()], &options).unwrap();
        assert_eq!(clashing_columns(&files, &["rstage_t", "rstage_n"].map(str::to_owned)), ["rstage_n"]);
        let chunk = files[0].open(&options).unwrap().next().unwrap().unwrap();
        let added = ["rstage_t".to_owned()];
        let writer = RecordsWriter::create(folder.path().join("out"), &files, &added, COMMA).unwrap();
        for columns in [vec![], vec![TextColumn::default()]] {
            let added = Added { columns };
            assert!(matches!(
                writer.encoder().encode(&chunk, added.clone()),
                Err(OutputError::Uneven { .. })
            ));
        }
    }
}
