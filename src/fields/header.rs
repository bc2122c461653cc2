//! The header of a table, prepared for looking names up.
//!
//! People and programs change case, blanks, underscores, dots and hyphens, put
//! the table's name in front (`diagnoses.ajcc_pathologic_t`) and years behind
//! (`Derived AJCC T, 7th ed (2010-2015)`). A name as the layout writes it beats
//! one that needed such forgiveness.

use std::collections::HashMap;

/// What a layout looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// A column name.
    Text(String),
    /// A NAACCR item number, written `400`, `n400`, `item400`, `N400_PRIMARY_SITE`.
    Item(u16),
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Item(item) => write!(f, "{item}"),
        }
    }
}

/// How well a column's name fits, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fit {
    /// As written.
    Exact,
    /// As written, with a table's name in front or behind.
    Affixed,
    /// After forgiving case, separators and years.
    Normalised,
}

/// What a dialect may put before and after a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Affixes {
    pub(super) prefixes: Vec<String>,
    pub(super) suffixes: Vec<String>,
}

/// The names of a table's columns.
pub(super) struct Headers<'h> {
    names: &'h [String],
    exact: HashMap<&'h str, Vec<usize>>,
    normal: HashMap<String, Vec<usize>>,
    items: HashMap<u16, Vec<usize>>,
}

impl<'h> Headers<'h> {
    pub(super) fn new(names: &'h [String]) -> Self {
        let mut headers =
            Self { names, exact: HashMap::new(), normal: HashMap::new(), items: HashMap::new() };
        for (index, name) in names.iter().enumerate() {
            let name = bare(name);
            if name.is_empty() {
                continue;
            }
            headers.exact.entry(name).or_default().push(index);
            headers.normal.entry(normal(name)).or_default().push(index);
            if let Some(item) = item_number(name) {
                headers.items.entry(item).or_default().push(index);
            }
        }
        headers
    }

    /// All names, as they stand in the file.
    pub(super) fn names(&self) -> &'h [String] {
        self.names
    }

    /// Position from 1 and name of a column, for messages.
    pub(super) fn describe(&self, index: usize) -> (usize, String) {
        (index + 1, self.names.get(index).map(|name| bare(name).to_owned()).unwrap_or_default())
    }

    /// The columns with this name at the best fit that any has; more than one where the name repeats.
    pub(super) fn find(&self, name: &Name, affixes: &Affixes) -> Option<(&[usize], Fit)> {
        match name {
            Name::Item(item) => self.items.get(item).map(|columns| (columns.as_slice(), Fit::Exact)),
            Name::Text(text) => self.find_text(text, affixes),
        }
    }

    fn find_text(&self, text: &str, affixes: &Affixes) -> Option<(&[usize], Fit)> {
        if let Some(columns) = self.exact.get(text) {
            return Some((columns, Fit::Exact));
        }
        let with_affixes = || {
            let before = affixes.prefixes.iter().map(|prefix| format!("{prefix}{text}"));
            before.chain(affixes.suffixes.iter().map(|suffix| format!("{text}{suffix}")))
        };
        if let Some(columns) = with_affixes().find_map(|name| self.exact.get(name.as_str())) {
            return Some((columns, Fit::Affixed));
        }
        let mut tolerant = std::iter::once(text.to_owned()).chain(with_affixes());
        let columns = tolerant.find_map(|name| self.normal.get(&normal(&name)))?;
        Some((columns, Fit::Normalised))
    }
}

/// A header without a byte order mark, surrounding blanks and quotation marks.
pub(super) fn bare(header: &str) -> &str {
    header.trim_start_matches('\u{feff}').trim().trim_matches('"').trim()
}

/// Lower case, one blank for every run of anything but letters and digits, no years in brackets at the end.
pub(super) fn normal(header: &str) -> String {
    let mut out = String::with_capacity(header.len());
    for letter in without_years(header).chars() {
        if letter.is_alphanumeric() {
            out.extend(letter.to_lowercase());
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Drops `(2010-2015)`, `(2018+)`, `(thru 2017)` at the end, also as R writes it: `..2010.2015.`.
fn without_years(header: &str) -> &str {
    let (open, closed) = if header.ends_with(')') {
        ("(", header)
    } else if header.ends_with('.') {
        ("..", header.trim_end_matches('.'))
    } else {
        return header;
    };
    match closed.rfind(open) {
        Some(start) if holds_year(&closed[start..]) => &header[..start],
        _ => header,
    }
}

fn holds_year(text: &str) -> bool {
    text.as_bytes().windows(4).any(|four| four.iter().all(u8::is_ascii_digit))
}

/// The NAACCR item that a header names by its number.
pub(super) fn item_number(header: &str) -> Option<u16> {
    let lower = header.to_ascii_lowercase();
    let rest = ["naaccr", "item", "n", "#"]
        .iter()
        .find_map(|prefix| lower.strip_prefix(prefix))
        .unwrap_or(&lower)
        .trim_start_matches(['_', '-', '.', ' ', '#']);
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    let whole = !after.starts_with(char::is_alphanumeric);
    if whole && (2..=5).contains(&digits.len()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn normal_forms() {
        for (header, expected) in [
            ("Primary Site", "primary site"),
            (" PRIMARY_SITE ", "primary site"),
            ("primary.site", "primary site"),
            ("Mets at DX--Bone", "mets at dx bone"),
            ("SEER Combined Mets at DX-bone (2010+)", "seer combined mets at dx bone"),
            ("Derived AJCC T, 7th ed (2010-2015)", "derived ajcc t 7th ed"),
            ("Derived.AJCC.T..7th.ed..2010.2015.", "derived ajcc t 7th ed"),
            ("Derived.EOD.2018.T..2018..", "derived eod 2018 t"),
            ("Grade Recode (thru 2017)", "grade recode"),
            ("Summary Stage 2018", "summary stage 2018"),
            ("AJCC TNM Post Therapy Path (yp) T", "ajcc tnm post therapy path yp t"),
            ("Overall Survival (Months)", "overall survival months"),
            ("NA.", "na"),
            ("...", ""),
            ("(2018)", ""),
        ] {
            assert_eq!(normal(header), expected, "{header}");
        }
    }

    #[test]
    fn item_numbers() {
        for (header, expected) in [
            ("400", Some(400)),
            ("n400", Some(400)),
            ("N400_PRIMARY_SITE", Some(400)),
            ("item400", Some(400)),
            ("ITEM_0400", Some(400)),
            ("#400", Some(400)),
            ("naaccr 400", Some(400)),
            ("400 Primary Site", Some(400)),
            ("n400a", None),
            ("N1", None),
            ("name", None),
            ("123456", None),
            ("99999", None),
        ] {
            assert_eq!(item_number(header), expected, "{header}");
        }
    }

    #[test]
    fn exact_beats_affixed_beats_normalised() {
        let affixes = Affixes { prefixes: vec!["diagnoses.".to_owned()], suffixes: vec![] };
        let find = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            let headers = Headers::new(&names);
            headers.find(&Name::Text("age".to_owned()), &affixes).map(|(at, fit)| (at.to_vec(), fit))
        };
        assert_eq!(find(&["AGE", "diagnoses.age", "age"]), Some((vec![2], Fit::Exact)));
        assert_eq!(find(&["AGE", "diagnoses.age"]), Some((vec![1], Fit::Affixed)));
        assert_eq!(find(&["AGE", "Diagnoses.Age"]), Some((vec![0], Fit::Normalised)));
        assert_eq!(find(&["x", "Diagnoses.Age"]), Some((vec![1], Fit::Normalised)));
        assert_eq!(find(&["\u{feff}age", "age "]), Some((vec![0, 1], Fit::Exact)));
        assert_eq!(find(&["ages", ""]), None);
    }

    proptest! {
        #[test]
        fn never_panics_and_is_stable(header in any::<String>()) {
            let once = normal(&header);
            prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
            item_number(&header);
            bare(&header);
        }
    }
}
