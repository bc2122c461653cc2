//! Parquet files to chunks: the record batches are kept as they are, text is made of a column when asked for.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, Int32Array, RecordBatch, StringArray};
use arrow_cast::{can_cast_types, cast};
use arrow_schema::{ArrowError, DataType, FieldRef, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{ConvertedType, Encoding, EncodingMask};
use parquet::file::metadata::{KeyValue, ParquetMetaData};

use super::chunk::Body;
use super::{Chunk, Entries, Held, InputError, InputFile};

/// What a Parquet file says of itself.
#[derive(Clone, Debug)]
pub struct ParquetLayout {
    /// Columns.
    pub schema: SchemaRef,
    /// Rows.
    pub rows: u64,
    /// Key-value metadata of the file, without Arrow's copy of the schema.
    pub metadata: Vec<KeyValue>,
    /// The footer: row groups and where their columns lie.
    pub footer: Arc<ParquetMetaData>,
    reader: ArrowReaderMetadata,
}

impl ParquetLayout {
    /// A reader that gives columns of texts as entries of their dictionaries, where all of a column is written so.
    fn as_entries(&self) -> ArrowReaderMetadata {
        let leaves = self.footer.file_metadata().schema_descr();
        let is_entries = |column: usize| {
            // Of other bytes the reader makes a dictionary of bytes.
            if column >= leaves.num_columns() || leaves.column(column).converted_type() != ConvertedType::UTF8
            {
                return false;
            }
            let mut chunks = self.footer.row_groups().iter().filter_map(|group| group.columns().get(column));
            let by_number = |mask: &EncodingMask| {
                mask.is_only(Encoding::RLE_DICTIONARY) || mask.is_only(Encoding::PLAIN_DICTIONARY)
            };
            chunks.all(|chunk| {
                chunk.dictionary_page_offset().is_some()
                    && chunk.page_encoding_stats_mask().is_none_or(by_number)
            })
        };
        let entries = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        // No column is nested, so that each has exactly one leaf.
        let field = |(place, field): (usize, &FieldRef)| match field.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View if is_entries(place) => {
                Arc::new(field.as_ref().clone().with_data_type(entries.clone()))
            }
            _ => Arc::clone(field),
        };
        let fields: Vec<FieldRef> = self.schema.fields().iter().enumerate().map(field).collect();
        let schema = Schema::new_with_metadata(fields, self.schema.metadata().clone());
        let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
        let reader = ArrowReaderMetadata::try_new(Arc::clone(&self.footer), options);
        reader.unwrap_or_else(|_| self.reader.clone())
    }
}

fn broken(path: &Path, row: u64, message: &impl ToString) -> InputError {
    InputError::Parquet { path: path.to_owned(), row, message: message.to_string() }
}

fn open(path: &Path) -> Result<File, InputError> {
    File::open(path).map_err(|source| InputError::io(path, source))
}

/// Reads the footer of a Parquet file.
pub(super) fn read_layout(path: &Path) -> Result<ParquetLayout, InputError> {
    let reader = ArrowReaderMetadata::load(&open(path)?, ArrowReaderOptions::new())
        .map_err(|error| broken(path, 0, &error))?;
    let schema = Arc::clone(reader.schema());
    if let Some(field) = schema.fields().iter().find(|field| !is_flat(field.data_type())) {
        return Err(InputError::Nested {
            path: path.to_owned(),
            column: field.name().clone(),
            kind: field.data_type().to_string(),
        });
    }
    let own = reader.metadata().file_metadata();
    let rows = u64::try_from(own.num_rows()).unwrap_or(0);
    if rows == 0 {
        return Err(InputError::NoRecords { path: path.to_owned() });
    }
    let metadata = own.key_value_metadata().into_iter().flatten();
    let metadata =
        metadata.filter(|pair| pair.key != parquet::arrow::ARROW_SCHEMA_META_KEY).cloned().collect();
    Ok(ParquetLayout { schema, rows, metadata, footer: Arc::clone(reader.metadata()), reader })
}

/// Whether a column holds one value per row that can be told as text.
pub fn is_flat(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_flat(values),
        _ => !kind.is_nested() && can_cast_types(kind, &DataType::Utf8),
    }
}

/// Reads a Parquet file batch by batch. No batch reaches beyond its row group.
pub(super) struct ParquetReader {
    file: usize,
    path: PathBuf,
    bytes: u64,
    rows: u64,
    source: File,
    reader: ArrowReaderMetadata,
    chunk_rows: usize,
    mask: ProjectionMask,
    /// Per column of the file, its place among those that are read.
    places: Arc<[Option<usize>]>,
    groups: Range<usize>,
    batches: Option<ParquetRecordBatchReader>,
    next_record: u64,
    bytes_read: Arc<AtomicU64>,
}

impl ParquetReader {
    pub(super) fn open(
        file: &InputFile,
        layout: &ParquetLayout,
        chunk_rows: usize,
        (columns, held): (Option<&BTreeSet<usize>>, Held),
        bytes_read: Arc<AtomicU64>,
    ) -> Result<Self, InputError> {
        let all = layout.schema.fields().len();
        let is_read = |column: &usize| columns.is_none_or(|columns| columns.contains(column));
        // A batch without columns would not tell its rows.
        let none = !(0..all).any(|column| is_read(&column));
        let wanted: Vec<usize> =
            (0..all).filter(|column| is_read(column) || (none && *column == 0)).collect();
        let places = (0..all).map(|column| wanted.iter().position(|own| *own == column)).collect();
        let schema = layout.footer.file_metadata().schema_descr();
        Ok(Self {
            file: file.index,
            path: file.path.clone(),
            bytes: file.bytes,
            rows: layout.rows,
            source: open(&file.path)?,
            reader: match held {
                Held::AsEntries => layout.as_entries(),
                Held::InOwnType => layout.reader.clone(),
            },
            chunk_rows: chunk_rows.max(1),
            mask: ProjectionMask::roots(schema, wanted),
            places,
            groups: 0..layout.footer.num_row_groups(),
            batches: None,
            next_record: 1,
            bytes_read,
        })
    }

    /// The next chunk, none at the end of the file. Bytes read are told as the share of rows read.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Chunk>, InputError> {
        let done = self.next_record - 1;
        let Some(batch) = self.next_batch()? else {
            if done != self.rows {
                return Err(broken(&self.path, done, &format!("{} rows are announced", self.rows)));
            }
            return Ok(None);
        };
        let first_record = self.next_record;
        self.next_record += batch.num_rows() as u64;
        let share = u128::from(self.bytes) * u128::from(self.next_record - 1) / u128::from(self.rows.max(1));
        self.bytes_read.store(u64::try_from(share).unwrap_or(self.bytes), Ordering::Relaxed);
        let body = Body::Parquet(ParquetBody::new(batch, Arc::clone(&self.places)));
        Ok(Some(Chunk { file: self.file, first_record, rejects: Vec::new(), body }))
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, InputError> {
        loop {
            let done = self.next_record - 1;
            if let Some(batch) = self.batches.as_mut().and_then(Iterator::next) {
                return batch.map(Some).map_err(|error| broken(&self.path, done, &error));
            }
            let Some(group) = self.groups.next() else { return Ok(None) };
            let source = self.source.try_clone().map_err(|source| InputError::io(&self.path, source))?;
            let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(source, self.reader.clone())
                .with_row_groups(vec![group])
                .with_projection(self.mask.clone())
                .with_batch_size(self.chunk_rows)
                .build()
                .map_err(|error| broken(&self.path, done, &error))?;
            self.batches = Some(batches);
        }
    }
}

/// Records of a Parquet file.
#[derive(Debug)]
pub(super) struct ParquetBody {
    batch: RecordBatch,
    places: Arc<[Option<usize>]>,
    texts: Vec<OnceLock<StringArray>>,
    /// The entry of each row in the dictionary of a column.
    entries: Vec<OnceLock<Vec<u32>>>,
}

impl ParquetBody {
    pub(super) fn new(batch: RecordBatch, places: Arc<[Option<usize>]>) -> Self {
        let texts = (0..batch.num_columns()).map(|_| OnceLock::new()).collect();
        let entries = (0..batch.num_columns()).map(|_| OnceLock::new()).collect();
        Self { batch, places, texts, entries }
    }

    pub(super) fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// Columns of the file.
    pub(super) fn columns(&self) -> usize {
        self.places.len()
    }

    pub(super) fn array(&self, column: usize) -> Option<&ArrayRef> {
        self.batch.columns().get(self.places.get(column).copied().flatten()?)
    }

    pub(super) fn texts(&self, column: usize) -> Option<&StringArray> {
        let place = self.places.get(column).copied().flatten()?;
        let (slot, array) = (self.texts.get(place)?, self.batch.columns().get(place)?);
        Some(slot.get_or_init(|| text_array(array)))
    }

    /// A column of entries of a dictionary.
    pub(super) fn entries(&self, column: usize) -> Option<Entries<'_>> {
        let place = self.places.get(column).copied().flatten()?;
        let dictionary = self.batch.columns().get(place)?.as_dictionary_opt::<Int32Type>()?;
        let texts = dictionary.values().as_string_opt::<i32>()?;
        let of_rows = self.entries.get(place)?.get_or_init(|| entries(dictionary.keys(), texts));
        Some(Entries { of_rows, texts })
    }

    pub(super) fn text(&self, column: usize, row: usize) -> &str {
        if let Some(entries) = self.entries(column) {
            return entries.text(row);
        }
        match self.texts(column) {
            Some(texts) if row < texts.len() && texts.is_valid(row) => texts.value(row),
            _ => "",
        }
    }
}

/// The entry of each row, one more than the last for a null.
fn entries(keys: &Int32Array, texts: &StringArray) -> Vec<u32> {
    let null = texts.len() as u32;
    let known = |key: i32| u32::try_from(key).map_or(null, |entry| entry.min(null));
    let mut entries: Vec<u32> = keys.values().iter().map(|key| known(*key)).collect();
    if let Some(nulls) = keys.nulls() {
        let valid = nulls.inner().bit_chunks();
        for (rows, bits) in entries.chunks_mut(u64::BITS as usize).zip(valid.iter_padded()) {
            for (at, entry) in rows.iter_mut().enumerate() {
                // Without a branch: nulls come in no order.
                *entry = if bits >> at & 1 == 1 { *entry } else { null };
            }
        }
    }
    if texts.null_count() > 0 {
        let is_null = |entry: u32| entry < null && texts.is_null(entry as usize);
        entries.iter_mut().filter(|entry| is_null(**entry)).for_each(|entry| *entry = null);
    }
    entries
}

/// A column as text, nulls kept: numbers without a fraction as whole numbers (`2.0` is `2`), timestamps at
/// midnight as dates, bytes as UTF-8 with what is none replaced.
pub fn text_array(column: &ArrayRef) -> StringArray {
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().clone(),
        DataType::Binary => column.as_binary::<i32>().iter().map(lossy).collect(),
        DataType::LargeBinary => column.as_binary::<i64>().iter().map(lossy).collect(),
        DataType::BinaryView => column.as_binary_view().iter().map(lossy).collect(),
        DataType::FixedSizeBinary(_) => column.as_fixed_size_binary().iter().map(lossy).collect(),
        DataType::Dictionary(_, values) if **values != DataType::Utf8 => {
            let plain = cast(column, values).map(|plain| text_array(&plain));
            plain.unwrap_or_else(|_| StringArray::new_null(column.len()))
        }
        kind => {
            let Ok(text) = cast_to_text(column) else { return StringArray::new_null(column.len()) };
            match kind {
                DataType::Float16
                | DataType::Float32
                | DataType::Float64
                | DataType::Decimal32(..)
                | DataType::Decimal64(..)
                | DataType::Decimal128(..)
                | DataType::Decimal256(..) => text.iter().map(|text| text.map(without_fraction)).collect(),
                DataType::Timestamp(..) | DataType::Date64 => {
                    text.iter().map(|text| text.map(without_midnight)).collect()
                }
                _ => text,
            }
        }
    }
}

/// A time zone by name is unknown to the cast; such a time is told in UTC, as it is stored.
fn cast_to_text(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let text = match (cast(column, &DataType::Utf8), column.data_type()) {
        (Err(_), DataType::Timestamp(unit, Some(_))) => cast(&in_utc(column, *unit)?, &DataType::Utf8)?,
        (text, _) => text?,
    };
    Ok(text.as_string::<i32>().clone())
}

fn in_utc(column: &ArrayRef, unit: TimeUnit) -> Result<ArrayRef, ArrowError> {
    let data = column.to_data().into_builder().data_type(DataType::Timestamp(unit, None)).build()?;
    Ok(arrow_array::make_array(data))
}

fn lossy(bytes: Option<&[u8]>) -> Option<String> {
    bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn without_fraction(number: &str) -> &str {
    match number.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => number,
    }
}

fn without_midnight(time: &str) -> &str {
    let clock = time.strip_suffix('Z').unwrap_or(time);
    clock.strip_suffix("T00:00:00").unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int64Array,
        ListArray, TimestampMicrosecondArray,
    };
    use arrow_schema::{Field, Schema};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;

    use super::*;
    use crate::input::Options;

    fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, column)| (name, column, true)),
        )
        .unwrap();
        let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    #[test]
    fn every_plain_type_becomes_text() {
        let noon = 43_200_000_000;
        let cases: Vec<(ArrayRef, [&str; 2])> = vec![
            (Arc::new(StringArray::from(vec![Some("T1"), None])), ["T1", ""]),
            (Arc::new(Int64Array::from(vec![Some(8140), None])), ["8140", ""]),
            (Arc::new(Float64Array::from(vec![2.0, 0.5])), ["2", "0.5"]),
            (Arc::new(BooleanArray::from(vec![true, false])), ["true", "false"]),
            (Arc::new(Date32Array::from(vec![0, 18_628])), ["1970-01-01", "2021-01-01"]),
            (Arc::new(TimestampMicrosecondArray::from(vec![0, noon])), ["1970-01-01", "1970-01-01T12:00:00"]),
            (
                Arc::new(TimestampMicrosecondArray::from(vec![0, noon]).with_timezone("Europe/Berlin")),
                ["1970-01-01", "1970-01-01T12:00:00"],
            ),
            (
                Arc::new(Decimal128Array::from(vec![200, 225]).with_precision_and_scale(5, 2).unwrap()),
                ["2", "2.25"],
            ),
            (Arc::new(BinaryArray::from(vec![b"C61.9".as_slice(), b"\xff"])), ["C61.9", "\u{fffd}"]),
            (Arc::new(DictionaryArray::<Int32Type>::from_iter([Some("IIA"), None])), ["IIA", ""]),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        for (column, texts) in cases {
            write(&path, vec![("x", Arc::clone(&column))]);
            let file = InputFile::probe(&path, 3, &Options::default()).unwrap();
            let reader = file.open(&Options { chunk_rows: 1, ..Options::default() }).unwrap();
            let count = reader.bytes_read();
            let chunks: Vec<Chunk> = reader.map(Result::unwrap).collect();
            let found: Vec<_> = chunks.iter().map(|chunk| chunk.text(0, 0).into_owned()).collect();
            assert_eq!(found, texts, "{}", column.data_type());
            assert_eq!((chunks[1].file, chunks[1].line(0), chunks[1].coded(0).text(0)), (3, 2, texts[1]));
            assert_eq!(count.load(Ordering::Relaxed), file.bytes);
        }
    }

    #[test]
    fn entries_of_dictionaries_are_the_same_texts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let text = |row: usize| (row % 7 != 3).then(|| format!("T{}", row % 5));
        let texts: StringArray = (0..300).map(text).collect();
        let long: StringArray = (0..300).map(|row| Some(format!("{row:0>40}"))).collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("few", Arc::new(texts.clone())),
            ("view", cast(&texts, &DataType::Utf8View).unwrap()),
            ("large", cast(&texts, &DataType::LargeUtf8).unwrap()),
            ("plain", Arc::new(long)),
            ("number", Arc::new(Int64Array::from_iter_values(0..300))),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, column)| (name, column, true)),
        )
        .unwrap();
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(100))
            .set_column_dictionary_enabled("plain".into(), false)
            .build();
        let file = File::create(&path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();

        let options = Options { chunk_rows: 64, ..Options::default() };
        let file = InputFile::probe(&path, 0, &options).unwrap();
        let entries = file.open_columns(&options, None, Held::AsEntries).unwrap();
        let own = file.open(&options).unwrap();
        for (entries, own) in entries.zip(own) {
            let (entries, own) = (entries.unwrap(), own.unwrap());
            let held: Vec<bool> = (0..5).map(|column| entries.entries(column).is_some()).collect();
            assert_eq!(held, [true, true, true, false, false]);
            for column in 0..5 {
                assert_eq!(entries.coded(column), own.coded(column));
                assert_eq!(entries.texts(column), own.texts(column));
                let cells = |chunk: &Chunk| {
                    let mut cells = Vec::new();
                    chunk.column(column).each(3..chunk.rows(), |cell| cells.push(cell.to_vec()));
                    let single = (0..chunk.rows()).map(|row| chunk.column(column).cell(row).into_owned());
                    (cells, single.collect::<Vec<_>>())
                };
                assert_eq!(cells(&entries), cells(&own));
            }
        }
    }

    #[test]
    fn nested_columns_and_missing_rows_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let list = ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>([Some([Some(1)])]);
        write(&path, vec![("plain", Arc::new(Int64Array::from(vec![1]))), ("sites", Arc::new(list))]);
        let error = InputFile::probe(&path, 0, &Options::default()).unwrap_err().to_string();
        assert!(error.contains("column `sites` holds nested values"), "{error}");

        let empty =
            RecordBatch::new_empty(Arc::new(Schema::new(vec![Field::new("x", DataType::Utf8, true)])));
        write(&path, vec![("x", Arc::clone(empty.column(0)))]);
        assert!(matches!(InputFile::probe(&path, 0, &Options::default()), Err(InputError::NoRecords { .. })));
    }

    #[test]
    fn damaged_files_are_errors_and_never_panics() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let texts: StringArray = (0..300).map(|row| Some(format!("value {row}"))).collect();
        write(&path, vec![("x", Arc::new(texts)), ("y", Arc::new(Int64Array::from_iter_values(0..300)))]);
        let whole = std::fs::read(&path).unwrap();
        let read = |bytes: &[u8]| -> Result<usize, InputError> {
            std::fs::write(&path, bytes).unwrap();
            let file = InputFile::probe(&path, 0, &Options::default())?;
            let mut rows = 0;
            for chunk in file.open(&Options::default())? {
                rows += chunk?.rows();
            }
            Ok(rows)
        };
        assert_eq!(read(&whole).unwrap(), 300);
        for length in [5, 12, whole.len() / 2, whole.len() - 1] {
            let error = read(&whole[..length]).unwrap_err().to_string();
            assert!(error.contains("not a whole Parquet file"), "{error}");
        }
        for at in (4..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            let _ = read(&bytes);
        }
    }
}
