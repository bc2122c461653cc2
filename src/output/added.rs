//! The form in which new columns arrive.

use std::borrow::Cow;

use super::texts::{Texts, same};

/// From this many different texts on it is looked whether looking them up is still worth it.
const MANY: usize = 4_096;

/// The texts of a column: the different ones, and which of them each row has.
#[derive(Clone, Debug, Default)]
pub struct TextColumn {
    texts: Texts,
    numbers: Vec<u32>,
}

impl TextColumn {
    /// An empty column with room for this many rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self { texts: Texts::default(), numbers: Vec::with_capacity(rows) }
    }

    /// Adds a row. A column holds the rows of one chunk, far below 4 GiB.
    pub fn push(&mut self, text: &str) {
        self.push_utf8(text.as_bytes());
    }

    /// The same for the bytes of a text; what is no UTF-8 in them is replaced.
    pub(super) fn push_utf8(&mut self, text: &[u8]) {
        let number = match self.numbers.last() {
            Some(&above) if same(self.texts.bytes_of(above), text) => above,
            _ if self.is_varied() => self.texts.push(&String::from_utf8_lossy(text)),
            _ => self.texts.number_of(text),
        };
        self.numbers.push(number);
    }

    /// Adds rows whose texts may be known: for each code one more than the number of its text, which is noted where it
    /// is 0 yet. `text` is that of a row of these.
    pub(super) fn extend_known<'t>(
        &mut self,
        known: &mut Vec<u32>,
        codes: &[u16],
        text: impl Fn(usize) -> Cow<'t, [u8]>,
    ) {
        // In a column of many texts one may come twice, under numbers of its own.
        if self.texts.len() + codes.len() > MANY {
            (0..codes.len()).for_each(|row| self.push_utf8(&text(row)));
            return;
        }
        let most = codes.iter().max().map_or(0, |code| usize::from(*code));
        if known.len() <= most {
            known.resize(most + 1, 0);
        }
        for (row, code) in codes.iter().enumerate() {
            let number = &mut known[usize::from(*code)];
            if *number == 0 {
                *number = self.texts.number_of(&text(row)) + 1;
            }
        }
        self.numbers.extend(codes.iter().map(|code| known[usize::from(*code)] - 1));
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The text of a row, empty beyond the last.
    pub fn get(&self, row: usize) -> &str {
        self.numbers.get(row).map_or("", |&number| self.texts.get(number))
    }

    /// All rows.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.numbers.iter().map(|&number| self.texts.get(number))
    }

    /// Whether most rows have a text of their own, as keys have; then a text may come twice among the texts.
    pub(super) fn is_varied(&self) -> bool {
        let different = self.texts.len();
        different >= MANY && different * 2 > self.numbers.len()
    }

    /// The texts by number.
    pub(super) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The number of each row's text.
    pub(super) fn numbers(&self) -> &[u32] {
        &self.numbers
    }
}

impl<'a> FromIterator<&'a str> for TextColumn {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut column = Self::default();
        texts.into_iter().for_each(|text| column.push(text));
        column
    }
}

/// The different texts of each new column, so that a row's cells are numbers until they are written.
#[derive(Debug, Default)]
pub struct Vocabulary {
    columns: Vec<Texts>,
}

impl Vocabulary {
    /// Appends the number of each cell of a row.
    pub fn number(&mut self, cells: &RowCells, numbers: &mut Vec<u32>) {
        self.columns.resize_with(self.columns.len().max(cells.ends.len()), Texts::default);
        numbers.extend(cells.iter().zip(&mut self.columns).map(|(cell, column)| column.number(cell)));
    }

    /// Bytes of all texts.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(Texts::bytes).sum()
    }
}

/// New columns that are gathered from rows of numbers. What they come to follows from the texts alone, in
/// whatever order a vocabulary learned them.
#[derive(Debug)]
pub struct NumberedColumns {
    columns: Vec<TextColumn>,
    /// For each column, by the vocabulary's number, one more than the number in the column; 0 where there is
    /// none yet.
    known: Vec<Vec<u32>>,
}

impl NumberedColumns {
    /// So many empty columns with room for so many rows.
    pub fn new(columns: usize, rows: usize) -> Self {
        let columns: Vec<_> = (0..columns).map(|_| TextColumn::with_capacity(rows)).collect();
        Self { known: vec![Vec::new(); columns.len()], columns }
    }

    /// Adds rows, each as the numbers of its cells in the vocabulary.
    pub fn extend(&mut self, vocabulary: &Vocabulary, rows: &[&[u32]]) {
        let columns = self.columns.iter_mut().zip(&mut self.known).zip(&vocabulary.columns);
        for (place, ((column, known), texts)) in columns.enumerate() {
            known.resize(texts.len(), 0);
            for number in rows.iter().filter_map(|row| row.get(place)) {
                let Some(known) = known.get_mut(*number as usize) else { continue };
                if *known == 0 {
                    *known = column.texts.number(texts.get(*number)) + 1;
                }
                column.numbers.push(*known - 1);
            }
        }
    }

    /// Forgets the numbers of the vocabulary, which begins anew.
    pub fn forget(&mut self) {
        self.known.iter_mut().for_each(Vec::clear);
    }

    /// The columns.
    pub fn into_columns(self) -> Vec<TextColumn> {
        self.columns
    }
}

/// New columns of one chunk, a row per record, in the order of the names that the records were
/// [created](super::RecordsWriter::create) with.
#[derive(Clone, Debug, Default)]
pub struct Added {
    /// The columns.
    pub columns: Vec<TextColumn>,
}

/// The new cells of one record, laid end to end in the order of their columns.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RowCells {
    text: String,
    ends: Vec<u32>,
}

impl RowCells {
    /// Adds a cell.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    /// Leaves no cells, and the room that they took.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Whether any cell holds one of these bytes.
    pub(super) fn holds(&self, bytes: [u8; 4]) -> bool {
        self.text.bytes().any(|byte| bytes.contains(&byte))
    }

    /// All cells.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let cell = self.text.get(start..end as usize).unwrap_or_default();
            start = end as usize;
            cell
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_rows_come_to_the_same_columns_in_whatever_order_they_were_learned() {
        let rows = [["II", "a"], ["", "b"], ["II", "b"], ["I", ""]];
        let row = |cells: [&str; 2]| {
            let mut row = RowCells::default();
            for cell in cells {
                row.push(cell);
            }
            row
        };
        let of = |learned: &[usize], forget_after: usize| {
            let mut columns = NumberedColumns::new(2, 4);
            let mut at = 0;
            for part in [&rows[..forget_after], &rows[forget_after..]] {
                let (mut vocabulary, mut ignored) = (Vocabulary::default(), Vec::new());
                for &at in learned {
                    vocabulary.number(&row(rows[at]), &mut ignored);
                }
                let mut numbers = Vec::new();
                for cells in part {
                    vocabulary.number(&row(*cells), &mut numbers);
                }
                columns.extend(&vocabulary, &numbers.chunks(2).collect::<Vec<_>>());
                columns.forget();
                at += part.len();
            }
            assert_eq!(at, 4);
            format!("{:?}", columns.into_columns())
        };
        let expected = of(&[], 4);
        assert_eq!([of(&[3, 1], 4), of(&[2], 1), of(&[0, 3], 2)], [&expected; 3].map(Clone::clone));
        let columns: TextColumn = rows.iter().map(|row| row[0]).collect();
        assert!(expected.starts_with(&format!("[{columns:?}")));
    }

    #[test]
    fn texts_that_are_known_come_to_the_same_column() {
        for different in [7_u32, 3_000, 9_000, 15_000] {
            let (mut plain, mut knowing) = (TextColumn::default(), TextColumn::default());
            let mut known = Vec::new();
            let codes: Vec<u16> = (0..20_000_u32).map(|row| (row * 7_919 % different) as u16).collect();
            let text = |code: u16| (u32::from(code) * 31).to_string();
            for code in &codes {
                plain.push(&text(*code));
            }
            for block in codes.chunks(512) {
                knowing.extend_known(&mut known, block, |row| text(block[row]).into_bytes().into());
            }
            assert!(plain.numbers() == knowing.numbers() && plain.iter().eq(knowing.iter()), "{different}");
        }
    }

    #[test]
    fn rows_come_back() {
        let column: TextColumn = ["IIA", "", "\u{e9}", "IIA"].into_iter().collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), ["IIA", "", "\u{e9}", "IIA"]);
        assert_eq!((column.len(), column.get(4), column.texts().len()), (4, "", 3));

        let keys: Vec<String> = (0..20_000).map(|row| format!("{}", row % 15_000)).collect();
        let column: TextColumn = keys.iter().map(String::as_str).collect();
        assert!(column.is_varied() && column.iter().eq(keys.iter().map(String::as_str)));
    }
}
