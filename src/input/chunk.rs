//! A run of records that are processed together, with what could not be read among them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use arrow_array::{Array, ArrayRef, StringArray};
use rustc_hash::FxBuildHasher;

use super::csv::{CsvBody, CsvColumn, CsvColumns};
use super::parquet::ParquetBody;
use super::{Reject, RejectCause};

/// Some records of one file, in its order. A chunk may hold rejects only.
#[derive(Debug)]
pub struct Chunk {
    /// Index of the input file.
    pub file: usize,
    /// Number of the first record among the readable records of its file, from 1.
    pub first_record: u64,
    /// Rows that could not be read, from the same part of the file, by line.
    pub rejects: Vec<Reject>,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Csv(CsvBody),
    Parquet(ParquetBody),
}

/// A column as its distinct texts and, per row, the index of the text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coded {
    /// Per row, an index into `texts`.
    pub codes: Vec<u32>,
    /// Distinct texts in order of first appearance.
    pub texts: Vec<String>,
}

impl Coded {
    /// The text of a row, empty beyond the last.
    pub fn text(&self, row: usize) -> &str {
        self.codes.get(row).and_then(|code| self.texts.get(*code as usize)).map_or("", String::as_str)
    }
}

impl Chunk {
    /// Records.
    pub fn rows(&self) -> usize {
        match &self.body {
            Body::Csv(body) => body.rows(),
            Body::Parquet(body) => body.rows(),
        }
    }

    /// Physical line on which a record starts, from 1; for Parquet the row number, from 1.
    pub fn line(&self, row: usize) -> u64 {
        match &self.body {
            Body::Csv(body) => body.line(row),
            Body::Parquet(_) => self.first_record + row as u64,
        }
    }

    /// A whole column; a null is an empty text. A column that the file does not have is empty throughout.
    pub fn coded(&self, column: usize) -> Coded {
        let rows = self.rows();
        match &self.body {
            Body::Csv(body) => {
                code(rows, |row| body.cell(column, row), |cell| body.decode(cell).into_owned())
            }
            Body::Parquet(body) => code(
                rows,
                |row| Cow::Borrowed(body.text(column, row).as_bytes()),
                |cell| String::from_utf8_lossy(cell).into_owned(),
            ),
        }
    }

    /// One cell as text, without quotes.
    pub fn text(&self, column: usize, row: usize) -> Cow<'_, str> {
        match &self.body {
            Body::Csv(body) => match body.cell(column, row) {
                Cow::Borrowed(cell) => body.decode(cell),
                Cow::Owned(cell) => Cow::Owned(body.decode(&cell).into_owned()),
            },
            Body::Parquet(body) => Cow::Borrowed(body.text(column, row)),
        }
    }

    /// One cell in the bytes of its file, without quotes; UTF-8 for Parquet.
    pub fn cell(&self, column: usize, row: usize) -> Cow<'_, [u8]> {
        match &self.body {
            Body::Csv(body) => body.cell(column, row),
            Body::Parquet(body) => Cow::Borrowed(body.text(column, row).as_bytes()),
        }
    }

    /// A column for whoever goes through its rows.
    pub fn column(&self, column: usize) -> Column<'_> {
        match &self.body {
            Body::Csv(body) => Column(Cells::Csv(body.column(column))),
            Body::Parquet(body) => Column(match body.entries(column) {
                Some(entries) => Cells::Entries(entries),
                None => Cells::Parquet(body.texts(column)),
            }),
        }
    }

    /// Says which cells will be asked for, by runs of adjacent columns; others can be, at a higher price. Has to
    /// come before the first cell is.
    pub fn locate_only(&mut self, runs: impl IntoIterator<Item = Range<usize>>) {
        if let Body::Csv(body) = &mut self.body {
            body.locate_only(runs);
        }
    }

    /// Adjacent columns of a text file for whoever goes through the rows, if they were asked for together.
    pub fn run(&self, columns: Range<usize>) -> Option<Run<'_>> {
        match &self.body {
            Body::Csv(body) => body.run(columns).map(Run),
            Body::Parquet(_) => None,
        }
    }

    /// Whether the bytes of cells are UTF-8.
    pub fn is_utf8(&self) -> bool {
        match &self.body {
            Body::Csv(body) => body.is_utf8(),
            Body::Parquet(_) => true,
        }
    }

    /// The text of a cell's bytes.
    pub fn decode<'c>(&self, cell: &'c [u8]) -> Cow<'c, str> {
        match &self.body {
            Body::Csv(body) => body.decode(cell),
            Body::Parquet(_) => String::from_utf8_lossy(cell),
        }
    }

    /// A column of a Parquet file as entries of a dictionary, if it is held so.
    pub fn entries(&self, column: usize) -> Option<Entries<'_>> {
        match &self.body {
            Body::Csv(_) => None,
            Body::Parquet(body) => body.entries(column),
        }
    }

    /// A column of a Parquet file as text, nulls kept, if it was read.
    pub fn texts(&self, column: usize) -> Option<&StringArray> {
        match &self.body {
            Body::Csv(_) => None,
            Body::Parquet(body) => body.texts(column),
        }
    }

    /// The record as it stands in a text file, without its terminator.
    pub fn raw_line(&self, row: usize) -> Option<&[u8]> {
        match &self.body {
            Body::Csv(body) => Some(body.raw_line(row)),
            Body::Parquet(_) => None,
        }
    }

    /// A record that can be read and whose content cannot be used.
    pub fn reject(&self, row: usize, why: String) -> Reject {
        let cause = RejectCause::Unusable { why };
        let raw = match &self.body {
            Body::Csv(body) => Cow::Borrowed(body.raw_line(row)),
            Body::Parquet(body) => {
                let cells: Vec<&str> = (0..body.columns()).map(|column| body.text(column, row)).collect();
                Cow::Owned(cells.join(",").into_bytes())
            }
        };
        Reject::new(self.file, self.line(row), cause, &raw, false)
    }

    /// A column as it stands in a Parquet file, if it was read.
    pub fn array(&self, column: usize) -> Option<&ArrayRef> {
        match &self.body {
            Body::Csv(_) => None,
            Body::Parquet(body) => body.array(column),
        }
    }
}

/// A column of a chunk.
#[derive(Clone, Copy)]
pub struct Column<'a>(Cells<'a>);

#[derive(Clone, Copy)]
enum Cells<'a> {
    Csv(CsvColumn<'a>),
    Parquet(Option<&'a StringArray>),
    Entries(Entries<'a>),
}

/// A column as entries of a dictionary.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a> {
    /// The entry of each row, their [count](Self::count) for a null.
    pub of_rows: &'a [u32],
    /// The entries.
    pub texts: &'a StringArray,
}

impl<'a> Entries<'a> {
    /// Entries of the dictionary.
    pub fn count(&self) -> usize {
        self.texts.len()
    }

    /// The text of an entry, empty beyond the last.
    pub fn text_of(&self, entry: u32) -> &'a str {
        let entry = entry as usize;
        if entry < self.texts.len() { self.texts.value(entry) } else { "" }
    }

    /// The text of a row, empty for a null.
    pub fn text(&self, row: usize) -> &'a str {
        self.of_rows.get(row).map_or("", |entry| self.text_of(*entry))
    }
}

impl<'a> Column<'a> {
    /// Calls `each` with the cells of some rows in their order, as [`Column::cell`] gives them.
    pub fn each(&self, rows: Range<usize>, mut each: impl FnMut(&[u8])) {
        match &self.0 {
            Cells::Csv(column) => column.each(rows, each),
            Cells::Parquet(texts) => match texts.filter(|texts| rows.end <= texts.len()) {
                Some(texts) => {
                    let cells = texts.slice(rows.start, rows.len());
                    cells.iter().for_each(|cell| each(cell.unwrap_or_default().as_bytes()));
                }
                None => rows.for_each(|row| each(&self.cell(row))),
            },
            Cells::Entries(entries) => {
                for entry in entries.of_rows.get(rows).unwrap_or_default() {
                    each(entries.text_of(*entry).as_bytes());
                }
            }
        }
    }

    /// A cell in the bytes of its file, without quotes; UTF-8 for Parquet. A null is an empty text.
    pub fn cell(&self, row: usize) -> Cow<'a, [u8]> {
        match &self.0 {
            Cells::Csv(column) => column.cell(row),
            Cells::Parquet(Some(texts)) if row < texts.len() && texts.is_valid(row) => {
                Cow::Borrowed(texts.value(row).as_bytes())
            }
            Cells::Parquet(_) => Cow::Borrowed(&[]),
            Cells::Entries(entries) => Cow::Borrowed(entries.text(row).as_bytes()),
        }
    }
}

/// Adjacent columns of a text file.
#[derive(Clone, Copy)]
pub struct Run<'a>(CsvColumns<'a>);

impl<'a> Run<'a> {
    /// Calls `each` with the columns of some rows as they stand in the file: equal bytes are equal cells.
    pub fn each(&self, rows: Range<usize>, each: impl FnMut(&'a [u8])) {
        self.0.each_raw(rows, each);
    }

    /// The cells that make such bytes, without their quotes.
    pub fn cells(&self, raw: &'a [u8]) -> impl Iterator<Item = Cow<'a, [u8]>> {
        self.0.cells(raw)
    }
}

/// Gives each distinct cell a number. Cells often repeat the one above, which is looked at first.
fn code<'a>(rows: usize, cell: impl Fn(usize) -> Cow<'a, [u8]>, decode: impl Fn(&[u8]) -> String) -> Coded {
    let mut seen: HashMap<Cow<'a, [u8]>, u32, FxBuildHasher> = HashMap::default();
    let mut coded = Coded { codes: Vec::with_capacity(rows), texts: Vec::new() };
    let mut last: Option<(Cow<'a, [u8]>, u32)> = None;
    for row in 0..rows {
        let cell = cell(row);
        let code = match &last {
            Some((above, code)) if *above == cell => *code,
            _ => {
                let code = *seen.entry(cell.clone()).or_insert_with(|| {
                    coded.texts.push(decode(&cell));
                    (coded.texts.len() - 1) as u32
                });
                last = Some((cell, code));
                code
            }
        };
        coded.codes.push(code);
    }
    coded
}
