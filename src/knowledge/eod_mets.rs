//! What the EOD Mets codes of each schema say of distant metastasis, read from `knowledge/eod_mets.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The codes that show no metastasis, and the schemas where one of them does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EodMets {
    no_metastasis: Vec<u16>,
    distant: BTreeMap<String, Vec<u16>>,
}

impl EodMets {
    /// Whether a code of EOD Mets (NAACCR 776) shows distant metastasis in a schema.
    pub fn shows_metastasis(&self, schema: Option<&str>, code: u16) -> bool {
        let distant = |schema: &str| self.distant.get(schema).is_some_and(|codes| codes.contains(&code));
        !self.no_metastasis.contains(&code) || schema.is_some_and(distant)
    }
}

#[cfg(test)]
mod tests {
    use crate::knowledge::Rules;

    #[test]
    fn a_code_means_what_it_means_in_its_schema() {
        let rules = Rules::builtin().unwrap();
        let codes = rules.eod_mets();
        for schema in codes.distant.keys() {
            assert!(rules.schemas().any(|(_, known)| known.id == *schema), "{schema} is no schema");
        }
        for (schema, code, expected) in [
            (Some("breast"), 5, false),
            (Some("pleural_mesothelioma"), 5, true),
            (Some("pleural_mesothelioma"), 0, false),
            (Some("lung"), 10, true),
            (None, 99, false),
        ] {
            assert_eq!(codes.shows_metastasis(schema, code), expected, "{schema:?} {code}");
        }
    }
}
