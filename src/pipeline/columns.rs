//! The columns that a run adds to the records, in their order.

use crate::category::Edition;

/// Names of the columns that every run adds. At most 32 characters, so that SAS and Stata take them.
pub const COLUMNS: [&str; 33] = [
    "rstage_schema",
    "rstage_system",
    "rstage_edition",
    "rstage_edition_source",
    "rstage_basis",
    "rstage_t",
    "rstage_n",
    "rstage_m",
    "rstage_group",
    "rstage_stage",
    "rstage_group_low",
    "rstage_group_high",
    "rstage_reason",
    "rstage_clin_group",
    "rstage_path_group",
    "rstage_post_group",
    "rstage_recorded",
    "rstage_agreement",
    "rstage_agreement_detail",
    "rstage_r_group",
    "rstage_r_date",
    "rstage_r_source",
    "rstage_r_change",
    "rstage_met_origin",
    "rstage_met_origin_reason",
    "rstage_oligo",
    "rstage_oligo_rule",
    "rstage_oligo_profile",
    "rstage_oligo_timing",
    "rstage_oligo_state",
    "rstage_met_organs",
    "rstage_met_lesions",
    "rstage_findings",
];

/// What is added for each further edition, as in `rstage_ed8_group`.
const BY_EDITION: [&str; 5] = ["schema", "group", "stage", "reason", "change"];

/// The names of all columns that a run adds: those of every run, then those of each further edition.
pub(super) fn added(also_editions: &[Edition]) -> Vec<String> {
    let fixed = COLUMNS.iter().map(|&name| name.to_owned());
    let further = also_editions
        .iter()
        .flat_map(|edition| BY_EDITION.iter().map(move |name| format!("rstage_ed{}_{name}", edition.0)));
    fixed.chain(further).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_differ() {
        let names = added(&[6, 7, 8, 9].map(Edition));
        let mut different = names.clone();
        different.sort();
        different.dedup();
        assert_eq!((names.len(), different.len()), (53, 53));
        assert!(names.iter().all(|name| name.len() <= 32 && name.starts_with("rstage_")));
    }
}
