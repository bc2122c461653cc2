//! Stage groups as people and registry items write them.
//!
//! `3C`, `IIIC`, `Stage IIIC`, `stage iiic`, `rStage IIIC` are one group. Whole
//! spellings are looked up, so that `IV` can never be taken for an `I`. `NA` is read as
//! blank before it comes here: an R export means missing by it, and SEER*Stat, which
//! means not applicable, is the rarer source.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::notation::{Marked, prefixes, squeeze, whole_number};
use super::table::{labelled, rows};
use super::{Cell, Code, FactorValue, Parsed, Prefix, Recorded, Stage, StageGroup, combined};

/// Reads the text of a stage group cell: a group, or categories in its place.
pub(super) fn stage(text: &str) -> Parsed {
    if let Some((prefix, cell)) = squeeze(text).and_then(|text| group(&text)) {
        return Parsed::Group(Recorded { prefix, cell });
    }
    combined::categories(text)
        .unwrap_or(Parsed::Group(Recorded { prefix: Prefix::default(), cell: Cell::Invalid }))
}

/// Reads an Ann Arbor or Lugano stage as a code (`IIE`, `IIIB`, `II BULKY`).
pub(super) fn ann_arbor(text: &str) -> Cell<FactorValue> {
    let Some((_, cell)) = squeeze(text).and_then(|text| group(&text)) else {
        return Cell::Invalid;
    };
    cell.and_then(|group| {
        let label = group.label().trim_end_matches('X').trim_end_matches(['A', 'B']);
        let letters = label.strip_prefix(group.stage().label()).unwrap_or(label);
        let lymphoma = matches!(letters, "" | "E" | "S" | "ES" | " bulky") && group.stage() >= Stage::I;
        match Code::new(group.label()).filter(|_| lymphoma) {
            Some(code) => Cell::Value(FactorValue::Code(code)),
            None => Cell::Invalid,
        }
    })
}

/// Words that only announce a stage.
const TITLES: [&str; 9] = ["STAGE", "AJCC", "UICC", "FIGO", "ANNARBOR", "LUGANO", "R-ISS", "RISS", "ISS"];

pub(super) fn without_titles(mut text: &str) -> &str {
    while let Some(rest) = TITLES.iter().find_map(|title| text.strip_prefix(title)) {
        text = rest;
    }
    text
}

fn group(text: &str) -> Option<(Prefix, Cell<StageGroup>)> {
    prefixes(text).find_map(|outer| {
        let rest = without_titles(outer.rest);
        if rest.len() == outer.rest.len() {
            return Some((outer.prefix, code(rest).filter(|_| outer.before_group())?));
        }
        let whole = code(outer.rest).map(|cell| (outer.prefix, cell));
        whole.or_else(|| {
            prefixes(rest)
                .filter(Marked::before_group)
                .find_map(|inner| Some((outer.prefix.and(inner.prefix), code(inner.rest)?)))
        })
    })
}

fn code(text: &str) -> Option<Cell<StageGroup>> {
    let text = whole_number(text);
    let coarse = || text.strip_suffix("NOS").map(|coarse| coarse.trim_end_matches(','));
    // `III:4`: the risk score of gestational trophoblastic neoplasia.
    let scored = || text.split_once(':').filter(|(_, score)| score.bytes().all(|byte| byte.is_ascii_digit()));
    CODES.get(text).or_else(|| CODES.get(coarse()?)).or_else(|| CODES.get(scored()?.0)).copied()
}

const SPELLINGS: &str = include_str!("spellings.csv");

static CODES: LazyLock<HashMap<String, Cell<StageGroup>>> = LazyLock::new(|| {
    let mut codes = HashMap::new();
    for group in StageGroup::all() {
        let label = squeeze(group.label()).unwrap_or_default();
        let digit = match group.stage() {
            Stage::Occult | Stage::Zero => None,
            Stage::I => Some('1'),
            Stage::II => Some('2'),
            Stage::III => Some('3'),
            Stage::IV => Some('4'),
        };
        if let (Some(digit), Some(letters)) = (digit, label.strip_prefix(group.stage().label())) {
            codes.insert(format!("{digit}{letters}"), Cell::Value(group));
        }
        codes.insert(label, Cell::Value(group));
    }
    for row in rows(SPELLINGS).filter(|row| &row[0] == "group") {
        let cell = labelled(&row[1], StageGroup::from_label);
        codes.extend(row[2].split('|').filter_map(squeeze).map(|spelling| (spelling, cell)));
    }
    codes
});

#[cfg(test)]
mod tests {
    use super::*;

    /// Prefix letters and label; `?` for unknown, `n/a`, `!` for invalid, `TNM` for categories.
    fn said(text: &str) -> String {
        let Parsed::Group(found) = stage(text) else { return "TNM".to_owned() };
        let cell = match found.cell {
            Cell::Value(group) => group.label(),
            Cell::Unknown => "?",
            Cell::NotApplicable => "n/a",
            Cell::Invalid => "!",
            Cell::Blank => "blank",
        };
        format!("{}{cell}", found.prefix)
    }

    #[test]
    fn spellings() {
        for (text, expected) in [
            ("3C", "IIIC"),
            ("2A1", "IIA1"),
            ("4A", "IVA"),
            ("4b", "IVB"),
            ("0A", "0a"),
            ("0IS", "0is"),
            ("0S", "0is"),
            ("0", "0"),
            ("0is", "0is"),
            ("OC", "occult"),
            ("Stage O", "0"),
            ("CIS", "0"),
            ("In situ", "0"),
            ("CO", "!"),
            ("OCCULT", "occult"),
            ("A1", "IA1"),
            ("B2", "IB2"),
            ("1", "I"),
            ("1.0", "I"),
            ("4", "IV"),
            ("1a", "IA"),
            ("3C1", "IIIC1"),
            ("4S", "IVS"),
            ("IIIC2", "IIIC2"),
            ("iv", "IV"),
            ("IVB", "IVB"),
            ("I", "I"),
            ("IS", "IS"),
            ("1S", "IS"),
            ("Stage IIA", "IIA"),
            ("stage iia", "IIA"),
            ("STAGE IIIA", "IIIA"),
            ("Stage 4", "IV"),
            ("Stage IIIA2", "IIIA2"),
            ("Stage 0", "0"),
            ("Stage 0is", "0is"),
            ("Stage IS", "IS"),
            ("FIGO Stage IIIC1", "IIIC1"),
            ("AJCC Stage IIB", "IIB"),
            ("ISS Stage II", "II"),
            ("R-ISS III", "III"),
            ("STAGE X", "?"),
            ("Stage X", "?"),
            ("UNK Stage", "?"),
            ("99", "?"),
            ("I/II NOS", "?"),
            ("88", "n/a"),
            ("IIINOS", "III"),
            ("IVNOS", "IV"),
            ("IA NOS", "IA"),
            ("I, NOS", "I"),
            ("rStage IV", "rIV"),
            ("rIV", "rIV"),
            ("r IV", "rIV"),
            ("Stage rIV", "rIV"),
            ("yp IIA", "ypIIA"),
            ("ypStage IIA", "ypIIA"),
            ("pStage IIA", "pIIA"),
            ("c2B", "cIIB"),
            ("aStage IV", "aIV"),
            ("IIEA", "IIEA"),
            ("IIIESB", "IIIESB"),
            ("3S", "IIIS"),
            ("Stage II bulky", "II bulky"),
            ("2bulky", "II bulky"),
            ("Ann Arbor Stage IIE", "IIE"),
            ("Stage IC1", "IC"),
            ("IIIA1(ii)", "IIIA1"),
            ("3:4", "III"),
            ("III:12", "III"),
            ("Stage Tis", "TNM"),
            ("T2N0M0", "TNM"),
            ("M2", "!"),
            ("M3", "!"),
            ("A", "!"),
            ("B", "!"),
            ("C", "!"),
            ("PA", "!"),
            ("Clark IV", "!"),
            ("Stage", "!"),
            ("V", "!"),
            ("IIIE1", "!"),
            ("IIIA/IIIB", "!"),
            ("5", "!"),
            ("", "!"),
            ("Ⅲ", "!"),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn every_label_reads_as_itself() {
        for group in StageGroup::all() {
            let label = group.label();
            for text in [label.to_owned(), label.to_lowercase(), format!("Stage {label}")] {
                assert_eq!(said(&text), label, "{text}");
            }
            assert_eq!(said(&format!("rStage {label}")), format!("r{label}"));
        }
    }

    #[test]
    fn every_spelling_in_the_table_is_read() {
        for row in rows(SPELLINGS).filter(|row| &row[0] == "group") {
            let cell = labelled(&row[1], StageGroup::from_label);
            assert_ne!(cell, Cell::Invalid, "{}", &row[1]);
            for spelling in row[2].split('|') {
                assert_eq!(
                    stage(spelling),
                    Parsed::Group(Recorded { prefix: Prefix::default(), cell }),
                    "{spelling}"
                );
            }
        }
    }

    #[test]
    fn ann_arbor_is_a_group_of_a_lymphoma() {
        for (text, expected) in [
            ("I", "I"),
            ("Stage IIA", "IIA"),
            ("IIEB", "IIEB"),
            ("3ESB", "IIIESB"),
            ("4B", "IVB"),
            ("IS", "IS"),
            ("II bulky", "II BULKY"),
            ("2bulky", "II BULKY"),
            ("IIBX", "IIBX"),
            ("III", "III"),
        ] {
            let code = Cell::Value(FactorValue::Code(Code::new(expected).unwrap()));
            assert_eq!(ann_arbor(text), code, "{text}");
        }
        assert_eq!(ann_arbor("99"), Cell::Unknown);
        assert_eq!(ann_arbor("88"), Cell::NotApplicable);
        for text in ["IIIC1", "0a", "occult", "T2N0M0", "x9"] {
            assert_eq!(ann_arbor(text), Cell::Invalid, "{text}");
        }
    }
}
