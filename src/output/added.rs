//! The form in which new columns arrive.

use super::texts::Texts;

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
        let number = match self.numbers.last() {
            Some(&above) if self.texts.get(above) == text => above,
            _ if self.is_varied() => self.texts.push(text),
            _ => self.texts.number(text),
        };
        self.numbers.push(number);
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
    fn rows_come_back() {
        let column: TextColumn = ["IIA", "", "\u{e9}", "IIA"].into_iter().collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), ["IIA", "", "\u{e9}", "IIA"]);
        assert_eq!((column.len(), column.get(4), column.texts().len()), (4, "", 3));

        let keys: Vec<String> = (0..20_000).map(|row| format!("{}", row % 15_000)).collect();
        let column: TextColumn = keys.iter().map(String::as_str).collect();
        assert!(column.is_varied() && column.iter().eq(keys.iter().map(String::as_str)));
    }
}
