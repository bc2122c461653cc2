//! Codes of the derived AJCC items, 6th edition (NAACCR 2940, 2960, 2980, 3000) and
//! 7th edition (NAACCR 3400, 3410, 3420, 3430), as set by Collaborative Stage.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::notation::whole_number;
use super::table::{labelled, rows};
use super::{Axis, Category, Cell, StageGroup};

/// Which edition's derived item a code comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Derived {
    /// Two digits.
    Ajcc6,
    /// Three digits.
    Ajcc7,
}

/// The category of a derived T, N or M code.
pub(super) fn category(derived: Derived, axis: Axis, text: &str) -> Cell<Category> {
    find(derived, Some(axis), text)
        .map_or(Cell::Invalid, |label| labelled(label, |label| Category::from_label(axis, label)))
}

/// The group of a derived stage group code.
pub(super) fn group(derived: Derived, text: &str) -> Cell<StageGroup> {
    find(derived, None, text).map_or(Cell::Invalid, |label| labelled(label, StageGroup::from_label))
}

type Codes = HashMap<(Derived, Option<Axis>, String), String>;

static CODES: LazyLock<Codes> = LazyLock::new(|| {
    let mut codes = Codes::new();
    for row in rows(TABLE) {
        let derived = if &row[0] == "6" { Derived::Ajcc6 } else { Derived::Ajcc7 };
        let axis = Axis::ALL.into_iter().find(|axis| row[1].starts_with(axis.letter()));
        for code in row[3].split_whitespace() {
            codes.insert((derived, axis, code.to_owned()), row[2].to_owned());
        }
    }
    codes
});

const TABLE: &str = include_str!("derived_codes.csv");

/// Leading zeros are put back: spreadsheets drop them, and every code has the full width.
fn find(derived: Derived, axis: Option<Axis>, text: &str) -> Option<&'static str> {
    let text = whole_number(text);
    let code = match derived {
        Derived::Ajcc6 => format!("{text:0>2}"),
        Derived::Ajcc7 => format!("{text:0>3}"),
    };
    CODES.get(&(derived, axis, code)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::category::table::count;

    #[test]
    fn every_code_has_a_label_of_ours() {
        assert_eq!(count(TABLE).0, count(TABLE).1);
        for ((_, axis, code), label) in CODES.iter() {
            let known = match axis {
                Some(axis) => !matches!(labelled(label, |l| Category::from_label(*axis, l)), Cell::Invalid),
                None => !matches!(labelled(label, StageGroup::from_label), Cell::Invalid),
            };
            assert!(known, "{axis:?} {code} {label}");
        }
    }

    #[test]
    fn the_same_digits_mean_different_things() {
        let label = |cell: Cell<StageGroup>| cell.value().map(StageGroup::label);
        assert_eq!(label(group(Derived::Ajcc6, "10")), Some("I"));
        assert_eq!(label(group(Derived::Ajcc7, "10")), Some("0a"));
        assert_eq!(label(group(Derived::Ajcc6, "40")), Some("IIS"));
        assert_eq!(label(group(Derived::Ajcc6, "70")), Some("IV"));
        assert_eq!(label(group(Derived::Ajcc7, "541")), Some("IIIC1"));
        assert_eq!(label(group(Derived::Ajcc7, "721")), Some("IVA1"));
        assert_eq!(label(group(Derived::Ajcc6, "90")), Some("occult"));
        assert_eq!(group(Derived::Ajcc6, "88"), Cell::NotApplicable);
        assert_eq!(group(Derived::Ajcc7, "88"), Cell::Invalid);
        assert_eq!(group(Derived::Ajcc7, "999"), Cell::Unknown);
        assert_eq!(group(Derived::Ajcc6, ""), Cell::Value(StageGroup::from_label("0").unwrap()));
    }

    #[test]
    fn categories() {
        let label = |derived, axis, code| category(derived, axis, code).value().map(Category::label);
        assert_eq!(label(Derived::Ajcc6, Axis::T, "0"), Some("T0"));
        assert_eq!(label(Derived::Ajcc6, Axis::T, "19"), Some("T1"));
        assert_eq!(label(Derived::Ajcc6, Axis::N, "02"), Some("N0(i+)"));
        assert_eq!(label(Derived::Ajcc7, Axis::T, "121.0"), Some("T1a(s)"));
        assert_eq!(label(Derived::Ajcc7, Axis::T, "199"), Some("T1"));
        assert_eq!(label(Derived::Ajcc7, Axis::M, "10"), Some("M0(i+)"));
        assert_eq!(category(Derived::Ajcc6, Axis::T, "99"), Cell::Unknown);
        assert_eq!(category(Derived::Ajcc7, Axis::M, "888"), Cell::NotApplicable);
        assert_eq!(category(Derived::Ajcc6, Axis::M, "77"), Cell::Invalid);
    }
}
