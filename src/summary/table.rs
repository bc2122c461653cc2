//! Tidy tables as they are written: CSV for everybody, Parquet for programs.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rustc_hash::FxBuildHasher;

use super::SummaryError;

/// A tidy table: one row per combination of its labels, in the order of the labels.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    /// Name, that of its file without the ending.
    pub name: &'static str,
    /// Columns by their names, all of one length.
    pub columns: Vec<(&'static str, Column)>,
}

/// One column; what is not known, not defined or hidden is none.
#[derive(Clone, PartialEq, Debug)]
pub enum Column {
    /// Labels, of which the same are one text.
    Text(Vec<Option<Arc<str>>>),
    /// Years, editions, numbers of records.
    Number(Vec<Option<u64>>),
    /// Percents, rates, kappas at full precision.
    Share(Vec<Option<f64>>),
    /// Yes or no.
    Flag(Vec<bool>),
}

impl Column {
    /// Labels, an empty one being none.
    pub fn text<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = HashMap::<&str, Arc<str>, FxBuildHasher>::default();
        let mut shared = |label: &'a str| known.entry(label).or_insert_with(|| label.into()).clone();
        Self::Text(labels.into_iter().map(|label| (!label.is_empty()).then(|| shared(label))).collect())
    }

    /// One label for all of so many rows.
    pub fn same(label: &str, rows: usize) -> Self {
        Self::Text(vec![Some(label.into()); rows])
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Share(cells) => cells.len(),
            Self::Flag(cells) => cells.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a cell as text.
    fn put(&self, row: usize, decimals: usize, text: &mut String) {
        // To a string it never fails.
        let _ = match self {
            Self::Text(cells) => {
                text.write_str(cells.get(row).and_then(Option::as_deref).unwrap_or_default())
            }
            Self::Number(cells) => {
                cells.get(row).copied().flatten().map_or(Ok(()), |number| write!(text, "{number}"))
            }
            Self::Share(cells) => match cells.get(row).copied().flatten() {
                Some(share) => {
                    put_decimal(share, decimals, text);
                    Ok(())
                }
                None => Ok(()),
            },
            Self::Flag(cells) => text.write_str(if cells.get(row) == Some(&true) { "true" } else { "false" }),
        };
    }

    fn array(&self) -> ArrayRef {
        match self {
            Self::Text(cells) => Arc::new(cells.iter().map(Option::as_deref).collect::<StringArray>()),
            Self::Number(cells) => Arc::new(UInt64Array::from(cells.clone())),
            Self::Share(cells) => Arc::new(Float64Array::from(cells.clone())),
            Self::Flag(cells) => Arc::new(BooleanArray::from(cells.clone())),
        }
    }

    const fn data_type(&self) -> DataType {
        match self {
            Self::Text(_) => DataType::Utf8,
            Self::Number(_) => DataType::UInt64,
            Self::Share(_) => DataType::Float64,
            Self::Flag(_) => DataType::Boolean,
        }
    }
}

impl Table {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(known, _)| *known == name).map(|(_, column)| column)
    }

    /// The table as one batch: labels as text, numbers and flags as such, null for what is not known, not
    /// defined or hidden.
    pub fn batch(&self) -> Result<RecordBatch, SummaryError> {
        let fields = self.columns.iter().map(|(name, column)| Field::new(*name, column.data_type(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let arrays = self.columns.iter().map(|(_, column)| column.array()).collect();
        RecordBatch::try_new(schema, arrays)
            .map_err(|error| SummaryError::Write { table: self.name, message: error.to_string() })
    }
}

/// Writes a table as CSV: UTF-8, comma, header, `\n`, empty for what is not known, not
/// defined or hidden; percents and rates with two decimals, kappas with four.
pub fn write_csv(table: &Table, writer: impl Write) -> Result<(), SummaryError> {
    let failed = |error: csv::Error| SummaryError::Write { table: table.name, message: error.to_string() };
    let mut writer = csv::Writer::from_writer(writer);
    writer.write_record(table.columns.iter().map(|(name, _)| name)).map_err(failed)?;
    let mut cell = String::new();
    for row in 0..table.rows() {
        for (name, column) in &table.columns {
            cell.clear();
            column.put(row, decimals(name), &mut cell);
            writer.write_field(&cell).map_err(failed)?;
        }
        writer.write_record(None::<&[u8]>).map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))
}

/// Writes a table as Parquet: labels as text, numbers and flags as such, nulls as above.
pub fn write_parquet(table: &Table, writer: impl Write + Send) -> Result<(), SummaryError> {
    let failed = |message: String| SummaryError::Write { table: table.name, message };
    let batch = table.batch()?;
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(zstd).build();
    let mut parquet = ArrowWriter::try_new(writer, batch.schema(), Some(properties))
        .map_err(|error| failed(error.to_string()))?;
    parquet.write(&batch).and_then(|()| parquet.close()).map_err(|error| failed(error.to_string()))?;
    Ok(())
}

fn decimals(column: &str) -> usize {
    if column.starts_with("kappa") { 4 } else { 2 }
}

/// A number with so many decimals, and without the sign of a zero.
pub(super) fn decimal(value: f64, decimals: usize) -> String {
    let mut text = String::new();
    put_decimal(value, decimals, &mut text);
    text
}

/// Puts a number with so many decimals behind a text.
fn put_decimal(value: f64, decimals: usize, text: &mut String) {
    // Tables hold many shares with two decimals. Where such a number is not near the middle between two, which of them
    // is nearer is seen from its hundredfold; the error of that is far below a millionth.
    let hundredfold = value * 100.0;
    let below = hundredfold.floor();
    let is_clear = (hundredfold - below - 0.5).abs() > 1e-6;
    if decimals == 2 && (0.0..1e6).contains(&value) && is_clear {
        let nearest = below as i64 + i64::from(hundredfold - below > 0.5);
        // To a string it never fails.
        let _ = write!(text, "{}.{:02}", nearest / 100, nearest % 100);
        return;
    }
    let start = text.len();
    let _ = write!(text, "{value:.decimals$}");
    let is_zero = |digits: &str| digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if text[start..].strip_prefix('-').is_some_and(is_zero) {
        text.remove(start);
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::Strategy as _;

    use super::super::sample::csv;
    use super::*;

    fn numbers() -> Table {
        Table {
            name: "numbers",
            columns: vec![
                ("label", Column::text(["a,b", "c", ""])),
                ("year", Column::Number(vec![Some(2019), None, Some(2020)])),
                ("percent", Column::Share(vec![Some(100.0 / 3.0), Some(-0.001), None])),
                ("kappa", Column::Share(vec![Some(-0.25), Some(1.0), Some(0.99996)])),
                ("suppressed", Column::Flag(vec![false, true, false])),
            ],
        }
    }

    #[test]
    fn numbers_are_written_the_same_everywhere() {
        assert_eq!(
            csv(&numbers()),
            "label,year,percent,kappa,suppressed\n\"a,b\",2019,33.33,-0.2500,false\nc,,0.00,1.0000,true\n\
             ,2020,,1.0000,false\n"
        );
    }

    proptest::proptest! {
        #[test]
        fn two_decimals_are_those_of_the_exact_value(
            value in proptest::prop_oneof![0.0..1000.0, -1.0..2e6, (0_u32..1_000_000).prop_map(|n| f64::from(n) / 200.0)],
        ) {
            let (own, exact) = (decimal(value, 2), format!("{:.2}", value.abs()));
            proptest::prop_assert_eq!(own.trim_start_matches('-'), exact);
        }
    }

    #[test]
    fn parquet_holds_the_same_cells() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.parquet");
        write_parquet(&numbers(), std::fs::File::create(&path).unwrap()).unwrap();
        let options = crate::input::Options::default();
        let file = crate::input::InputFile::probe(&path, 0, &options).unwrap();
        let chunk = file.open(&options).unwrap().next().unwrap().unwrap();
        let row = |row| (0..5).map(|column| chunk.text(column, row).into_owned()).collect::<Vec<_>>();
        assert_eq!(row(1), ["c", "", "-0.001", "1", "true"]);
        assert_eq!(row(2), ["", "2020", "", "0.99996", "false"]);
    }

    #[test]
    fn a_writer_that_fails_says_which_table() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let error = write_csv(&numbers(), Full).unwrap_err().to_string();
        assert!(error.contains("summary table numbers could not be written"), "{error}");
    }
}
