//! The built-in rules are sound, and each check finds the mistake that it is for.

use std::collections::BTreeSet;

use super::*;

#[test]
fn no_two_schemas_take_the_same_tumor() {
    let overlaps: Vec<String> =
        Rules::builtin().unwrap().overlaps(true).map(|overlap| overlap.to_string()).collect();
    assert!(overlaps.is_empty(), "{}", overlaps.join("\n"));
}

/// `knowledge/gaps.toml` explains every combination that a built-in table leaves without a group, and
/// nothing in it is idle.
#[test]
fn every_combination_has_a_group_or_a_reason() {
    let rules = Rules::builtin().unwrap();
    let mut unexplained = Vec::new();
    let mut used = BTreeSet::new();
    for (id, schema) in rules.schemas() {
        for (_, table) in rules.tables_of(id) {
            for gap in table.gaps().unwrap() {
                match rules.gap_reason(table, &gap) {
                    Some(reason) => {
                        used.insert(reason);
                    }
                    None => unexplained.push(format!(
                        "{} {} {}: {}",
                        schema.id,
                        table.edition,
                        table.basis.name(),
                        gap.cells.join(" | ")
                    )),
                }
            }
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    assert_eq!(used.len(), rules.gap_reasons.len(), "{used:?}");
}
