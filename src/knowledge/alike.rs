//! Sites and histologies that the rules cannot tell apart.
//!
//! Every rule asks of a site or a histology whether it is on a list. Two codes that are on the same lists are
//! therefore alike to all rules, and so are records that differ only there.

use std::collections::{BTreeSet, HashMap};

use super::ranges::Ranges;

/// Codes of topography and morphology have at most four digits.
const CODES: u16 = 10_000;

/// The class of each code.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Alike(Vec<u16>);

impl Alike {
    /// Codes by the lists on which they are.
    pub(super) fn by<'r>(lists: impl Iterator<Item = &'r Ranges>) -> Self {
        let lists: BTreeSet<&Ranges> = lists.collect();
        let mut on = vec![Vec::<u32>::new(); usize::from(CODES)];
        for (list, ranges) in (0..).zip(lists) {
            for (low, high) in ranges.iter() {
                for code in low..=high.min(CODES - 1) {
                    let on = &mut on[usize::from(code)];
                    if on.last() != Some(&list) {
                        on.push(list);
                    }
                }
            }
        }
        let mut classes = HashMap::new();
        let class = |on| {
            let next = classes.len() as u16;
            *classes.entry(on).or_insert(next)
        };
        Self(on.into_iter().map(class).collect())
    }

    /// The class of a code.
    pub(super) fn class(&self, code: u16) -> u16 {
        self.0.get(usize::from(code)).copied().unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn codes_of_a_class_are_on_the_same_lists(
            lists in prop::collection::vec(prop::collection::vec((0_u16..40, 0_u16..10), 1..4), 0..8),
        ) {
            let text = |list: &Vec<(u16, u16)>| {
                list.iter().map(|(low, more)| format!("{low}-{}", low + more)).collect::<Vec<_>>().join(",")
            };
            let lists: Vec<Ranges> = lists.iter().map(|list| Ranges::parse(&text(list)).unwrap()).collect();
            let alike = Alike::by(lists.iter());
            for a in 0..60 {
                for b in 0..a {
                    let same = lists.iter().all(|list| list.contains(a) == list.contains(b));
                    prop_assert_eq!(alike.class(a) == alike.class(b), same, "{} {}", a, b);
                }
            }
        }
    }
}
