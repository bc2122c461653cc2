//! How the cells of SEER's tables are written.

use super::keys::Keys;
use crate::decision::{Bound, TextPattern, TextRange, is_number, utf16_len};

/// Blanks at both ends, as SEER means it: every character up to the space.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// The key of a text that is as a whole a reference `{{key}}`.
pub(super) fn reference(text: &str) -> Option<&str> {
    text.strip_prefix("{{")?.strip_suffix("}}")
}

/// Reads a cell of an input column; no cell takes everything.
pub(super) fn input(cell: Option<&str>, keys: &mut Keys) -> TextPattern {
    match cell {
        None | Some("*") => TextPattern::Any,
        Some(cell) => TextPattern::OneOf(cell.split(',').map(|piece| range(piece, keys)).collect()),
    }
}

fn range(piece: &str, keys: &mut Keys) -> TextRange {
    let parts: Vec<&str> = piece.trim_end_matches('-').split('-').map(trim).collect();
    if let [low, high] = parts[..] {
        let is_range = utf16_len(low) == utf16_len(high)
            || is_number(low) && is_number(high)
            || reference(low).is_some()
            || reference(high).is_some();
        if is_range {
            return TextRange { low: bound(low, keys), high: bound(high, keys) };
        }
    }
    TextRange::single(bound(trim(piece), keys))
}

fn bound(text: &str, keys: &mut Keys) -> Bound {
    reference(text).map_or_else(|| Bound::Text(text.into()), |key| Bound::Key(keys.number(key)))
}

/// What a cell of an endpoint column does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Endpoint<'a> {
    Match,
    /// Sets the column's key; without a value it removes it.
    Value(Option<&'a str>),
    Jump(&'a str),
    Stop,
    Error(&'a str),
}

/// Reads a cell of an endpoint column.
pub(super) fn endpoint(cell: Option<&str>) -> Result<Endpoint<'_>, String> {
    let cell = cell.ok_or("has no cell, but its column is an endpoint")?;
    let (kind, value) = match cell.split_once(':') {
        Some((kind, value)) => (trim(kind), Some(trim(value))),
        None => (trim(cell), None),
    };
    match (kind, value) {
        ("MATCH", _) => Ok(Endpoint::Match),
        ("VALUE", value) => Ok(Endpoint::Value(value)),
        ("JUMP", Some(table)) if !table.is_empty() => Ok(Endpoint::Jump(table)),
        ("JUMP", _) => Err("JUMP without a table".to_owned()),
        ("STOP", _) => Ok(Endpoint::Stop),
        ("ERROR", message) => Ok(Endpoint::Error(message.unwrap_or(""))),
        _ => Err(format!("{cell:?} is none of MATCH, VALUE, JUMP, STOP, ERROR")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The ranges of a cell as `low..high`, one text as itself, a reference as `@key`.
    fn shown(cell: &str) -> String {
        let mut keys = Keys::default();
        let TextPattern::OneOf(ranges) = input(Some(cell), &mut keys) else { return "any".to_owned() };
        let show = |bound: &Bound| match bound {
            Bound::Text(text) => text.to_string(),
            Bound::Key(key) => format!("@{}", keys.name(*key)),
        };
        let ranges = ranges.iter().map(|r| match (show(&r.low), show(&r.high)) {
            (low, high) if low == high => format!("[{low}]"),
            (low, high) => format!("[{low}..{high}]"),
        });
        ranges.collect()
    }

    #[test]
    fn input_cells() {
        let cases = [
            ("*", "any"),
            (" * ", "[*]"),
            ("*,1", "[*][1]"),
            ("1,2,5-9", "[1][2][5..9]"),
            ("", "[]"),
            ("1,,3", "[1][][3]"),
            ("000-996, 998", "[000..996][998]"),
            ("1-21", "[1..21]"),
            ("0.1-99.9", "[0.1..99.9]"),
            ("N0(mol-)", "[N0(mol-)]"),
            ("0I-", "[0I-]"),
            ("-5", "[-5]"),
            ("-", "[-]"),
            ("--", "[--]"),
            ("a-b-c", "[a-b-c]"),
            ("AAA-BB", "[AAA-BB]"),
            ("A-C", "[A..C]"),
            ("1A-1B", "[1A..1B]"),
            ("10 - 20-", "[10..20]"),
            ("{{y}}-2030", "[@y..2030]"),
            ("2018-{{ctx_year_current}}", "[2018..@ctx_year_current]"),
            ("{{y}}", "[@y]"),
            ("{{b", "[{{b]"),
            ("b}}", "[b}}]"),
            ("{b}", "[{b}]"),
            ("00-00", "[00]"),
        ];
        for (cell, expected) in cases {
            assert_eq!(shown(cell), expected, "{cell:?}");
        }
        assert_eq!(input(None, &mut Keys::default()), TextPattern::Any);
    }

    proptest! {
        /// A cell has as many ranges as pieces, and a piece without dash or reference is itself.
        #[test]
        fn any_cell_can_be_read(cell in "[0-9A-C{}, .*-]{0,12}|.{0,8}") {
            let mut keys = Keys::default();
            if let TextPattern::OneOf(ranges) = input(Some(&cell), &mut keys) {
                prop_assert_eq!(ranges.len(), cell.split(',').count());
                for (range, piece) in ranges.into_iter().zip(cell.split(',')) {
                    if !piece.contains(['-', '{']) {
                        prop_assert_eq!(range, TextRange::single(Bound::Text(trim(piece).into())));
                    }
                }
            }
        }
    }

    #[test]
    fn endpoint_cells() {
        assert_eq!(endpoint(Some("MATCH")), Ok(Endpoint::Match));
        assert_eq!(endpoint(Some(" VALUE : a:b ")), Ok(Endpoint::Value(Some("a:b"))));
        assert_eq!(endpoint(Some("VALUE:")), Ok(Endpoint::Value(Some(""))));
        assert_eq!(endpoint(Some("VALUE")), Ok(Endpoint::Value(None)));
        assert_eq!(endpoint(Some("JUMP:t")), Ok(Endpoint::Jump("t")));
        assert_eq!(endpoint(Some("STOP")), Ok(Endpoint::Stop));
        assert_eq!(endpoint(Some("ERROR:no:t")), Ok(Endpoint::Error("no:t")));
        for wrong in [Some("JUMP"), Some("JUMP: "), Some("value:1"), Some("VALUES:1"), Some(""), None] {
            assert!(endpoint(wrong).is_err(), "{wrong:?}");
        }
    }
}
