//! Tidy tables as they are written: CSV for everybody, Parquet for programs.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

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
    /// Labels.
    Text(Vec<Option<String>>),
    /// Years, editions, numbers of records.
    Number(Vec<Option<u64>>),
    /// Percents, rates, kappas at full precision.
    Share(Vec<Option<f64>>),
    /// Yes or no.
    Flag(Vec<bool>),
}

impl Column {
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
                Some(share) => text.write_str(&decimal(share, decimals)),
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
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|byte| matches!(byte, b'0' | b'.')) => digits.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::csv;
    use super::*;

    fn numbers() -> Table {
        Table {
            name: "numbers",
            columns: vec![
                ("label", Column::Text(vec![Some("a,b".to_owned()), Some("c".to_owned()), None])),
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
