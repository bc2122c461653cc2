//! Reading the text tables of this room: spellings, codes, words.

use super::Cell;

/// The rows of a comma-separated table below its header line. Rows that cannot be
/// read do not come up here; the tests of each table count them.
pub(super) fn rows(text: &'static str) -> impl Iterator<Item = csv::StringRecord> {
    csv::Reader::from_reader(text.as_bytes()).into_records().filter_map(Result::ok)
}

/// What a label of a table stands for: the two states that need no value, or a value.
pub(super) fn labelled<V>(label: &str, find: impl FnOnce(&str) -> Option<V>) -> Cell<V> {
    match label {
        "unknown" => Cell::Unknown,
        "not applicable" => Cell::NotApplicable,
        _ => find(label).map_or(Cell::Invalid, Cell::Value),
    }
}

#[cfg(test)]
pub(super) fn count(text: &'static str) -> (usize, usize) {
    (rows(text).count(), text.lines().filter(|line| !line.is_empty()).count() - 1)
}
