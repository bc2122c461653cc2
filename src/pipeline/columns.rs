//! The columns that a run adds to the records, in their order.

use crate::category::Edition;

/// Names of the columns that every run adds. At most 32 characters, so that SAS and Stata take them.
pub const COLUMNS: [&str; 42] = [
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
    "rstage_oligo_also",
    "rstage_oligo_timing",
    "rstage_oligo_state",
    "rstage_met_organs",
    "rstage_met_lesions",
    "rstage_findings",
    "rstage_toronto",
    "rstage_toronto_reason",
    "rstage_summary_stage",
    "rstage_summary_reason",
    "rstage_figo",
    "rstage_figo_reason",
    "rstage_beside",
    "rstage_beside_reason",
];

/// What is added for each further edition, as in `rstage_ed8_group`.
const BY_EDITION: [&str; 5] = ["schema", "group", "stage", "reason", "change"];

/// What is added for each oligometastasis profile beside the one that applies, as in `rstage_oligo_nsclc`.
const BY_PROFILE: [&str; 2] = ["oligo", "olrule"];

/// The names of all columns that a run adds: those of every run, then those of each profile of
/// oligometastasis and of each further edition.
pub(super) fn added(profiles: &[&str], also_editions: &[Edition]) -> Vec<String> {
    let fixed = COLUMNS.iter().map(|&name| name.to_owned());
    let beside = profiles
        .iter()
        .flat_map(|profile| BY_PROFILE.iter().map(move |name| format!("rstage_{name}_{profile}")));
    let further = also_editions
        .iter()
        .flat_map(|edition| BY_EDITION.iter().map(move |name| format!("rstage_ed{}_{name}", edition.0)));
    fixed.chain(beside).chain(further).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_differ() {
        let names = added(&["generic", "oesophagogastric", "a_name_of_18_chars"], &[6, 7, 8, 9].map(Edition));
        let mut different = names.clone();
        different.sort();
        different.dedup();
        assert_eq!((names.len(), different.len()), (68, 68));
        assert!(names.iter().all(|name| name.len() <= 32 && name.starts_with("rstage_")));
    }
}
