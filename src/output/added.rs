//! The form in which new columns arrive.

/// The texts of a column, laid end to end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TextColumn {
    text: String,
    ends: Vec<u32>,
}

impl TextColumn {
    /// An empty column with room for this many rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self { text: String::with_capacity(rows * 4), ends: Vec::with_capacity(rows) }
    }

    /// Adds a row. A column holds the rows of one chunk, far below 4 GiB.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    /// Leaves no rows, and the room that they took.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a row, empty beyond the last.
    pub fn get(&self, row: usize) -> &str {
        let start = row.checked_sub(1).and_then(|above| self.ends.get(above)).copied().unwrap_or(0);
        let end = self.ends.get(row).copied().unwrap_or(start);
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// All rows.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|row| self.get(row))
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
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Added {
    /// The columns.
    pub columns: Vec<TextColumn>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back() {
        let column: TextColumn = ["IIA", "", "\u{e9}"].into_iter().collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), ["IIA", "", "\u{e9}"]);
        assert_eq!((column.len(), column.get(3)), (3, ""));
    }
}
