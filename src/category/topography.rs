//! Topography terms to ICD-O-3 codes, for exports that name the site in words.
//!
//! `topography.csv` holds every code of ICD-O-3 with its term as the GDC writes it and
//! common synonyms. A term may also be an ICD-10 code that means the same organ and is
//! no topography code (`C64.1`, right kidney; `C43.5`, melanoma of the skin of the trunk).

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Site;
use super::table::rows;

/// The site that a term names, whatever its case and punctuation, with or without `NOS`,
/// or the site of a code in the form `C50.9`.
pub(super) fn site(term: &str) -> Option<Site> {
    TERMS.get(&key(term)?).copied()
}

static TERMS: LazyLock<HashMap<String, Site>> = LazyLock::new(|| {
    let mut terms = HashMap::new();
    for row in rows(TABLE) {
        if let (Some(site), Some(term)) = (dotted(&row[0]), key(&row[1])) {
            terms.insert(site.to_string(), site);
            terms.insert(term, site);
        }
    }
    terms
});

const TABLE: &str = include_str!("topography.csv");

fn dotted(code: &str) -> Option<Site> {
    let (organ, part) = code.strip_prefix('C')?.split_once('.')?;
    Some(Site(organ.parse::<u16>().ok()?.checked_mul(10)?.checked_add(part.parse().ok()?)?))
}

/// A term by its words alone; a code keeps its point.
fn key(term: &str) -> Option<String> {
    if dotted(term).is_some() {
        return Some(term.to_owned());
    }
    let spaced = term.to_lowercase().replace('&', " and ").replace('\'', "");
    let words: Vec<&str> =
        spaced.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let words = words.strip_suffix(&["nos"]).unwrap_or(&words);
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::category::table::count;

    #[test]
    fn the_table_is_whole() {
        let (read, written) = count(TABLE);
        assert_eq!(read, written);
        let mut codes: Vec<String> = rows(TABLE).map(|row| row[0].to_owned()).collect();
        assert!(codes.is_sorted());
        codes.dedup();
        assert_eq!(codes.len(), 330, "ICD-O-3 has 330 topography codes");
        for row in rows(TABLE) {
            let site = dotted(&row[0]).unwrap();
            assert_eq!(site.to_string(), row[0]);
            assert_eq!(super::site(&row[1]), Some(site), "{} names one code only", &row[1]);
        }
    }
}
