//! Cells that hold categories where a stage group is expected: `T3N1MX`, `pT4a N2b M0`.
//!
//! With blanks, commas or slashes between the parts there is nothing to decide. Without
//! them a letter c can end one category or be the prefix of the next (`T2cN0`). It is a
//! prefix where the writer prefixes every part (`cT2cN1cM0`), or where T has a prefix and
//! the c stands before M (`pT3N1cM0`: M is clinical as a rule); else it belongs to the
//! category before it.

use super::group_notation::without_titles;
use super::notation::squeeze;
use super::tnm_notation::named;
use super::{Axis, Category, Cell, Parsed, Prefix, Recorded};

/// The categories of a stage cell; `None` where it does not hold any.
pub(super) fn categories(text: &str) -> Option<Parsed> {
    let parts: Vec<String> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/'))
        .map(squeeze)
        .collect::<Option<_>>()?;
    let parts: Vec<&str> =
        parts.iter().map(String::as_str).filter(|part| !without_titles(part).is_empty()).collect();
    let separate = Axis::ALL.map(|axis| parts.iter().find_map(|part| named(axis, part)));
    let split = if !parts.is_empty() && separate.iter().flatten().count() == parts.len() {
        separate
    } else {
        best_split(&squeeze(&parts.concat())?)?
    };
    let [t, n, m] =
        split.map(|part| part.map_or_else(Recorded::default, |(prefix, cell)| Recorded { prefix, cell }));
    Some(Parsed::Combined { t, n, m })
}

type Split = [Option<(Prefix, Cell<Category>)>; 3];

/// The most likely way to cut the text into T, N and M, of all ways that leave nothing over.
fn best_split(text: &str) -> Option<Split> {
    let cuts = (0..=text.len()).flat_map(|n| (n..=text.len()).map(move |m| (n, m)));
    let splits = cuts.filter_map(|(n, m)| Some(((n, m), split(text, n, m)?)));
    splits
        .max_by_key(|(cut, split)| {
            let prefixed = |part: &Option<(Prefix, _)>| part.map(|(prefix, _)| prefix.examination.is_some());
            let [t, n, m] = [0, 1, 2].map(|axis| prefixed(&split[axis]));
            let every = [t, n, m].into_iter().flatten().all(|prefixed| prefixed);
            let usual = if t == Some(true) { m == Some(true) } else { n != Some(true) && m != Some(true) };
            (every, usual, *cut)
        })
        .map(|(_, split)| split)
}

fn split(text: &str, n: usize, m: usize) -> Option<Split> {
    let part = |axis, text: &str| {
        if text.is_empty() { Some(None) } else { named(axis, text).map(Some) }
    };
    let metastasis = text.get(m..)?;
    let (t, n) = (part(Axis::T, text.get(..n)?)?, part(Axis::N, text.get(n..m)?)?);
    let m = match part(Axis::M, metastasis) {
        Some(read) => read,
        // `T3N1M2` is a T3N1 with an impossible M; a lone `M2` may be anything.
        None if m > 0 && is_numbered(metastasis) => Some((Prefix::default(), Cell::Invalid)),
        None => return None,
    };
    (t.is_some() || n.is_some() || m.is_some()).then_some([t, n, m])
}

fn is_numbered(text: &str) -> bool {
    text.strip_prefix('M').is_some_and(|number| number.len() == 1 && number.as_bytes()[0].is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        let Parsed::Combined { t, n, m } = categories(text)? else { panic!("{text}") };
        let say = |letter, recorded: Recorded<Category>| {
            let cell = match recorded.cell {
                Cell::Value(category) => category.label().to_owned(),
                Cell::Unknown => format!("{letter}X"),
                Cell::Blank => "-".to_owned(),
                Cell::Invalid => "!".to_owned(),
                Cell::NotApplicable => "n/a".to_owned(),
            };
            format!("{}{cell}", recorded.prefix)
        };
        Some([say('T', t), say('N', n), say('M', m)].join(" "))
    }

    #[test]
    fn reads_categories() {
        for (text, expected) in [
            ("T3N1MX", "T3 N1 MX"),
            ("pT4aN2bM0", "pT4a N2b M0"),
            ("T3aNxMx", "T3a NX MX"),
            ("TxNxMx", "TX NX MX"),
            ("T2c", "T2c - -"),
            ("M0", "- - M0"),
            ("M1", "- - M1"),
            ("T2cN0", "T2c N0 -"),
            ("T2cN0Mx", "T2c N0 MX"),
            ("T2aN1aMX", "T2a N1a MX"),
            ("T3N1M2", "T3 N1 !"),
            ("T2N2M2", "T2 N2 !"),
            ("T4aN2", "T4a N2 -"),
            ("TXNXM1", "TX NX M1"),
            ("pT4a N2b M0", "pT4a N2b M0"),
            ("pT3 N1 cM0", "pT3 N1 cM0"),
            ("T2, N0, M0", "T2 N0 M0"),
            ("pT3pN1cM0", "pT3 pN1 cM0"),
            ("pT3N1cM0", "pT3 N1 cM0"),
            ("pT2cN0M0", "pT2c N0 M0"),
            ("cT2cN1cM0", "cT2 cN1 cM0"),
            ("ypT0ypN0", "ypT0 ypN0 -"),
            ("TisN0M0", "Tis N0 M0"),
            ("Stage Tis", "Tis - -"),
            ("T1mi N0(i+) M0", "T1mi N0(i+) M0"),
            ("T1a(m)N1a(sn)M0", "T1a(m) N1a(sn) M0"),
            ("T1 c N0", "T1c N0 -"),
        ] {
            assert_eq!(said(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "M2", "A", "T", "T5N0", "T2N0M0X", "TN", "IIA", "T2 T3", "stage"] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
