//! The columns that SEER's algorithms add, in their order: result and schema, the outputs by key, errors;
//! then the same of an algorithm that answers beside the others.

use std::collections::BTreeSet;

use crate::seer::Algorithms;

/// A column that is added.
pub(super) struct Added {
    pub(super) name: String,
    /// Whether it is of the algorithm that answers beside the others.
    pub(super) beside: bool,
    pub(super) content: Content,
}

/// What a column holds.
pub(super) enum Content {
    Result,
    Schema,
    /// The output with this key.
    Output(String),
    Errors,
}

/// The columns of these algorithms.
pub(super) fn added(algorithms: &Algorithms) -> Vec<Added> {
    let mut columns: Vec<Added> = Vec::new();
    let mut taken = BTreeSet::new();
    for beside in [false, true] {
        let own: Vec<_> = (0..)
            .zip(algorithms.iter())
            .filter(|(at, _)| algorithms.answers_beside(*at) == beside)
            .map(|(_, algorithm)| algorithm)
            .collect();
        if own.is_empty() {
            continue;
        }
        let prefix = if beside { "seer_pediatric_" } else { "seer_" };
        let fixed = [("result", Content::Result), ("schema", Content::Schema), ("errors", Content::Errors)];
        let [result, schema, errors] = fixed.map(|(name, content)| {
            let name = format!("{prefix}{name}");
            taken.insert(name.clone());
            Added { name, beside, content }
        });
        columns.extend([result, schema]);
        let keys: BTreeSet<&str> =
            own.iter().flat_map(|algorithm| algorithm.outputs()).map(|output| &*output.key).collect();
        for key in keys {
            let mut name = format!("seer_{key}");
            if taken.contains(&name) {
                name = format!("{prefix}{key}");
            }
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            columns.push(Added { name, beside, content: Content::Output(key.to_owned()) });
        }
        columns.push(errors);
    }
    columns
}
