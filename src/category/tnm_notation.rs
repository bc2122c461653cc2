//! T, N and M as people and registry items write them.
//!
//! Blanks and letter case say nothing; prefixes may stand before the axis letter,
//! after it, or before a bare code (`pT1a`, `T p1a`, `p1A`). A spelling either is one
//! of a canonical label, or in `spellings.csv`, or the cell is invalid: an unknown
//! letter is never dropped to reach a coarser category.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::notation::{Marked, prefixes, squeeze, whole_number};
use super::table::rows;
use super::{Axis, Category, Cell, Prefix, Recorded};

/// Reads the text of a T, N or M cell.
pub(super) fn category(axis: Axis, text: &str) -> Recorded<Category> {
    let text = squeeze(text).unwrap_or_default();
    if whole_number(&text) == "88" {
        return Recorded { prefix: Prefix::default(), cell: Cell::NotApplicable };
    }
    let named = named(axis, &text);
    let bare = prefixes(&text)
        .filter(Marked::before_code)
        .find_map(|marked| Some((marked.prefix, code(axis, marked.rest)?)));
    let (prefix, cell) = named.or(bare).unwrap_or((Prefix::default(), Cell::Invalid));
    Recorded { prefix, cell }
}

/// Reads a squeezed text that names its axis by the letter.
pub(super) fn named(axis: Axis, text: &str) -> Option<(Prefix, Cell<Category>)> {
    prefixes(text).find_map(|outer| {
        let rest = outer.rest.strip_prefix(axis.letter())?;
        prefixes(rest)
            .filter(Marked::before_code)
            .find_map(|inner| Some((outer.prefix.and(inner.prefix), code(axis, inner.rest)?)))
    })
}

/// Reads what follows prefix and axis letter.
fn code(axis: Axis, text: &str) -> Option<Cell<Category>> {
    let text = whole_number(text);
    let look_up = |text: &str| CODES[axis as usize].get(text).copied();
    if let Some(found) = look_up(text) {
        return Some(found);
    }
    if let Some(rest) = text.strip_prefix('O') {
        // The letter O for a zero.
        return look_up(&format!("0{rest}"));
    }
    if let Some(coarse) = text.strip_suffix("NOS") {
        return look_up(coarse.trim_end_matches(','));
    }
    let (rest, suffix) = text.strip_suffix(')')?.rsplit_once('(')?;
    let found = code(axis, rest)?;
    says_nothing(axis, suffix, found).then_some(found)
}

/// Whether a bracketed suffix can be dropped: how nodes were examined, the number of
/// tumors, or the organ of a metastasis. Suffixes that make a category of their own
/// (`(i+)`, `(DCIS)`, `(sn)` of Merkel cell carcinoma) are found with their label.
fn says_nothing(axis: Axis, suffix: &str, found: Cell<Category>) -> bool {
    match axis {
        Axis::T => {
            matches!(suffix, "S" | "M") || (!suffix.is_empty() && suffix.bytes().all(|b| b.is_ascii_digit()))
        }
        Axis::N => matches!(suffix, "SN" | "F"),
        Axis::M => {
            suffix.len() >= 3
                && suffix.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b',')
                && found.value().is_some_and(|category| category.label().starts_with("M1"))
        }
    }
}

/// Code without the axis letter to category, one map an axis.
static CODES: LazyLock<[HashMap<String, Cell<Category>>; 3]> = LazyLock::new(|| Axis::ALL.map(codes));

const SPELLINGS: &str = include_str!("spellings.csv");

fn codes(axis: Axis) -> HashMap<String, Cell<Category>> {
    let cell = |category: Category| if category.is_x() { Cell::Unknown } else { Cell::Value(category) };
    let mut codes = HashMap::new();
    for category in Category::all(axis) {
        let code = category.label().trim_start_matches(axis.letter()).to_ascii_uppercase();
        if let Some((stem, suffix)) = code.trim_end_matches(')').split_once('(') {
            // The brackets of `0(i+)` may be missing; without them `1a(m)` or `1a(0)` would be something else.
            if suffix.len() > 1 {
                codes.insert(format!("{stem}{suffix}"), cell(category));
            }
        }
        codes.insert(code, cell(category));
    }
    for row in rows(SPELLINGS).filter(|row| row[0].starts_with(axis.letter())) {
        if let Some(category) = Category::from_label(axis, &row[1]) {
            let spellings = row[2].split('|').filter_map(squeeze);
            codes.extend(spellings.map(|spelling| (spelling, cell(category))));
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prefix letters and label; X for unknown, `n/a`, or `!` for invalid.
    fn said(axis: Axis, text: &str) -> String {
        let found = category(axis, text);
        let cell = match found.cell {
            Cell::Value(category) => category.label(),
            Cell::Unknown => "X",
            Cell::NotApplicable => "n/a",
            Cell::Invalid => "!",
            Cell::Blank => "blank",
        };
        format!("{}{cell}", found.prefix)
    }

    fn check(axis: Axis, cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            assert_eq!(said(axis, text), *expected, "{axis:?} {text}");
        }
    }

    #[test]
    fn t_spellings() {
        check(
            Axis::T,
            &[
                ("T1a", "T1a"),
                ("pT1a", "pT1a"),
                ("T p1a", "pT1a"),
                ("p1A", "pT1a"),
                ("cT2", "cT2"),
                ("CT2", "cT2"),
                ("ypT0", "ypT0"),
                ("ycT2", "ycT2"),
                ("rT2", "rT2"),
                ("rpT2", "rpT2"),
                ("r cT2", "rcT2"),
                ("rycT2", "rycT2"),
                ("aT1", "aT1"),
                ("mT2", "T2"),
                ("pmT2", "pT2"),
                ("pIS", "pTis"),
                ("pISU", "pTispu"),
                ("pISD", "pTispd"),
                ("SU", "Tispu"),
                ("Tispd", "Tispd"),
                ("pA", "pTa"),
                ("A", "Ta"),
                ("Ta", "Ta"),
                ("A1", "T1a1"),
                ("B2", "T1b2"),
                ("T1 c", "T1c"),
                ("t1C", "T1c"),
                ("pT1a(2)", "pT1a"),
                ("pT1a(m)", "pT1a(m)"),
                ("T1b(m)", "T1b(m)"),
                ("T2b(m)", "T2b"),
                ("T1mi(s)", "T1mi"),
                ("T1A1", "T1a1"),
                ("1MI", "T1mi"),
                ("1M", "T1mi"),
                ("T1mic", "T1mi"),
                ("T1(mi)", "T1mi"),
                ("Ti s", "Tis"),
                ("TIS", "Tis"),
                ("is", "Tis"),
                ("TisDCIS", "Tis(DCIS)"),
                ("Tis (DCIS)", "Tis(DCIS)"),
                ("pTis(LAMN)", "pTis(LAMN)"),
                ("pTis(Paget)", "pTis(Paget)"),
                ("Tis (Paget's)", "Tis(Paget)"),
                ("TX", "X"),
                ("x", "X"),
                ("pTx", "pX"),
                ("cX", "cX"),
                ("TO", "T0"),
                ("ypTO", "ypT0"),
                ("T1aNOS", "T1a"),
                ("T2NOS", "T2"),
                ("T2, NOS", "T2"),
                ("T4d", "T4d"),
                ("2a", "T2a"),
                ("1", "T1"),
                ("2.0", "T2"),
                ("4a", "T4a"),
                ("0", "T0"),
                ("Any T, Mets", "X"),
                ("88", "n/a"),
                ("88.0", "n/a"),
                ("99", "!"),
                ("T1z", "!"),
                ("T5", "!"),
                ("Ti", "!"),
                ("T", "!"),
                ("", "!"),
                ("c", "!"),
                ("M0", "!"),
                ("MX", "!"),
                ("N1", "!"),
                ("R1", "!"),
                ("a1b2", "!"),
                ("T2N0M0", "!"),
                ("T1-2", "!"),
                ("ccT2", "!"),
                ("T1(zz)", "!"),
                ("T1()", "!"),
                ("Té", "!"),
            ],
        );
    }

    #[test]
    fn n_spellings() {
        check(
            Axis::N,
            &[
                ("N0", "N0"),
                ("N0 (i-)", "N0(i-)"),
                ("N0 (i\u{2212})", "N0(i-)"),
                ("N0(I+)", "N0(i+)"),
                ("N0 (I-)", "N0(i-)"),
                ("0I+", "N0(i+)"),
                ("c0I+", "cN0(i+)"),
                ("OI+", "N0(i+)"),
                ("0M-", "N0(mol-)"),
                ("p0M-", "pN0(mol-)"),
                ("p0M+", "pN0(mol+)"),
                ("N0 (mol+)", "N0(mol+)"),
                ("N0 (MOL+)", "N0(mol+)"),
                ("N0(i)", "N0"),
                ("N0(mol)", "N0"),
                ("pN0(i-)(sn)", "pN0(i-)"),
                ("pN0(sn)", "pN0"),
                ("pN1a(sn)", "pN1a(sn)"),
                ("N1aSN", "N1a(sn)"),
                ("pN1b(sn)", "pN1b"),
                ("N1(f)", "N1"),
                ("N1MI", "N1mi"),
                ("p1MI", "pN1mi"),
                ("N1mic", "N1mi"),
                ("pN1mi(sn)", "pN1mi"),
                ("NO", "N0"),
                ("NX", "X"),
                ("Nx", "X"),
                ("ypN0", "ypN0"),
                ("N1NOS", "N1"),
                ("2b", "N2b"),
                ("N4", "N4"),
                ("88", "n/a"),
                ("99", "!"),
                ("MX", "!"),
                ("N+", "!"),
                ("N1d", "!"),
                ("N1(m)", "!"),
            ],
        );
    }

    #[test]
    fn m_spellings() {
        check(
            Axis::M,
            &[
                ("M0", "M0"),
                ("MO", "M0"),
                ("MX", "X"),
                ("Mx", "X"),
                ("PX", "pX"),
                ("c0", "cM0"),
                ("c0I+", "cM0(i+)"),
                ("cM0 (i+)", "cM0(i+)"),
                ("CM0 (I+)", "cM0(i+)"),
                ("cM0(i)", "cM0(i+)"),
                ("p1A", "pM1a"),
                ("M1NOS", "M1"),
                ("M+", "M1"),
                ("M1 (bone)", "M1"),
                ("pM1b(HEP,PUL)", "pM1b"),
                ("M1a(0)", "M1a(0)"),
                ("M1d (1)", "M1d(1)"),
                ("M1c2", "M1c2"),
                ("rM1", "rM1"),
                ("1.0", "M1"),
                ("M2", "!"),
                ("M3", "!"),
                ("M0(bone)", "!"),
                ("M1b(2)", "!"),
                ("M", "!"),
                ("TX", "!"),
                ("99", "!"),
            ],
        );
    }

    #[test]
    fn every_label_reads_as_itself() {
        for axis in Axis::ALL {
            for expected in Category::all(axis).filter(|category| !category.is_x()) {
                let label = expected.label();
                for text in
                    [label.to_owned(), label.to_lowercase(), label.to_uppercase(), label[1..].to_owned()]
                {
                    assert_eq!(category(axis, &text).cell, Cell::Value(expected), "{text}");
                }
                assert_eq!(said(axis, &format!("yp{label}")), format!("yp{label}"));
            }
        }
    }

    #[test]
    fn every_spelling_in_the_table_is_read() {
        let (read, written) = crate::category::table::count(SPELLINGS);
        assert_eq!(read, written);
        for row in rows(SPELLINGS).filter(|row| &row[0] != "group") {
            let axis = Axis::ALL.into_iter().find(|axis| row[0].starts_with(axis.letter())).unwrap();
            for spelling in row[2].split('|') {
                let expected = Category::from_label(axis, &row[1]).unwrap();
                let expected = if expected.is_x() { Cell::Unknown } else { Cell::Value(expected) };
                assert_eq!(category(axis, spelling).cell, expected, "{spelling}");
            }
        }
    }
}
