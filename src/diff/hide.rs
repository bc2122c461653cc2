//! Small numbers of a comparison: what is hidden so that none of them can be read or worked out.
//!
//! How many records each export has is known to whoever made it, so every other count is one of a sum that is
//! known. A small count is therefore hidden together with all that a change of one or two records would alter
//! as well, where the change leaves both exports as large as they are: a tumor more that changed and one less
//! that did not, or a tumor less in both exports and one more in each of them alone. Whoever sees the rest
//! cannot tell the true counts from the changed ones. Rows that cannot be read are no tumors and are told.

use std::collections::BTreeSet;

use super::{Count, DiffCounts, Tally};

/// What of a comparison is hidden; nothing by default.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hidden {
    /// Numbers from 1 up to below this are not shown; 0 where all are.
    least: u64,
    numbers: BTreeSet<Number>,
}

/// A number that stands in the results and is not known besides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Number {
    Count(Count),
    /// Tumors in both exports.
    Pairs,
    /// Duplicates of both exports.
    Duplicates,
}

/// Each number, and the counts that it is the sum of.
const NUMBERS: [(Number, &[Count]); 8] = [
    (Number::Pairs, &[Count::Same, Count::Changed]),
    (Number::Duplicates, &[Count::DuplicateOld, Count::DuplicateNew]),
    (Number::Count(Count::Same), &[Count::Same]),
    (Number::Count(Count::Changed), &[Count::Changed]),
    (Number::Count(Count::Added), &[Count::Added]),
    (Number::Count(Count::Gone), &[Count::Gone]),
    (Number::Count(Count::DuplicateOld), &[Count::DuplicateOld]),
    (Number::Count(Count::DuplicateNew), &[Count::DuplicateNew]),
];

/// Counts of which every record is one, but for those that cannot be read.
const PARTS: [Count; 6] =
    [Count::Same, Count::Changed, Count::Added, Count::Gone, Count::DuplicateOld, Count::DuplicateNew];

/// Counts with one record less and counts with one more, so that neither export gets larger or smaller.
type Change = (&'static [Count], &'static [Count]);

/// What can be changed, each both ways.
const CHANGES: [Change; 9] = [
    (&[Count::Same], &[Count::Changed]),
    (&[Count::Gone], &[Count::DuplicateOld]),
    (&[Count::Added], &[Count::DuplicateNew]),
    (&[Count::Same], &[Count::Gone, Count::Added]),
    (&[Count::Same], &[Count::Gone, Count::DuplicateNew]),
    (&[Count::Same], &[Count::DuplicateOld, Count::Added]),
    (&[Count::Same], &[Count::DuplicateOld, Count::DuplicateNew]),
    (&[Count::Changed], &[Count::Gone, Count::Added]),
    (&[Count::Changed], &[Count::DuplicateOld, Count::DuplicateNew]),
];

impl Hidden {
    /// Chooses what is hidden so that no number from 1 up to below `least` is shown or can be worked out.
    pub fn of(counts: &DiffCounts, least: u64) -> Self {
        let mut hidden = Self { least, numbers: BTreeSet::new() };
        let mut made: Vec<Change> = Vec::new();
        let both_ways = CHANGES.iter().flat_map(|&(less, more)| [(less, more), (more, less)]);
        let possible = |(less, _): &Change| less.iter().all(|&count| counts.get(count) > 0);
        let changes: Vec<Change> = both_ways.filter(possible).collect();
        // Whatever is added and subtracted comes to a sum of some counts in the end.
        let small: Vec<Vec<Count>> = (1..1_usize << PARTS.len())
            .map(|some| {
                (0..).zip(PARTS).filter(|(at, _)| some >> at & 1 == 1).map(|(_, part)| part).collect()
            })
            .filter(|parts: &Vec<Count>| (1..least).contains(&sum(counts, parts)))
            .collect();
        for parts in &small {
            if made.iter().any(|change| alters(change, parts)) {
                continue;
            }
            // Where no change alters it, it is all that one of the exports has.
            let fitting = changes.iter().filter(|change| alters(change, parts));
            if let Some(change) = fitting.min_by_key(|change| hidden.cost(counts, change)) {
                hidden.numbers.extend(altered(change));
                made.push(*change);
            }
        }
        // A later change may alter all that an earlier one was made for.
        for at in (0..made.len()).rev() {
            let others = || (0..made.len()).filter(|&other| other != at).filter_map(|other| made.get(other));
            let needed = |parts: &Vec<Count>| {
                made.get(at).is_some_and(|change| alters(change, parts))
                    && !others().any(|change| alters(change, parts))
            };
            if !small.iter().any(needed) {
                made.remove(at);
            }
        }
        hidden.numbers = made.iter().flat_map(altered).collect();
        hidden
    }

    /// Whether small numbers are hidden at all.
    pub fn is_on(&self) -> bool {
        self.least > 1
    }

    /// What a change would hide besides: first whether the tumors in both exports, which fields are shares of, then
    /// how many records; those that did not change are missed least.
    fn cost(&self, counts: &DiffCounts, change: &Change) -> (bool, u64) {
        let hides =
            |number: Number, parts: &[Count]| !self.numbers.contains(&number) && alters(change, parts);
        let missed = NUMBERS.iter().filter(|&&(number, parts)| {
            !matches!(number, Number::Count(Count::Same) | Number::Pairs) && hides(number, parts)
        });
        let pairs = hides(Number::Pairs, &[Count::Same, Count::Changed]);
        (pairs, missed.map(|(_, parts)| sum(counts, parts).max(1)).sum())
    }

    /// A count, where it is shown.
    pub fn count(&self, counts: &DiffCounts, count: Count) -> Option<u64> {
        (!self.numbers.contains(&Number::Count(count))).then(|| counts.get(count))
    }

    /// Tumors in both exports, where that is shown.
    pub fn pairs(&self, counts: &DiffCounts) -> Option<u64> {
        (!self.numbers.contains(&Number::Pairs)).then(|| counts.pairs())
    }

    /// Findings of a rule, where their number is shown. Besides gone and doubled records they are of changed
    /// tumors: 0 is hidden as well, unless it is known that no tumor changed.
    pub fn findings(&self, tally: &Tally, rule: &str) -> Option<u64> {
        let n = tally.findings_of(rule);
        let unchanged = self.count(&tally.counts, Count::Changed) == Some(0);
        let hidden = match rule {
            "S07" => self.numbers.contains(&Number::Count(Count::Gone)),
            "S08" => self.numbers.contains(&Number::Duplicates),
            _ => !unchanged && !self.shows_changed(&tally.counts, n),
        };
        (!hidden).then_some(n)
    }

    /// Whether it is told of how many changed tumors something is so, which may be 0 of them where it is not. As
    /// they are some of the changed tumors, and these some of those in both exports, the rest of either must not be
    /// small where that is shown; and where the changed ones are hidden, the number would tell how many they are at
    /// least.
    pub fn shows_changed(&self, counts: &DiffCounts, n: u64) -> bool {
        let small_rest = |whole: Option<u64>| {
            whole.and_then(|whole| whole.checked_sub(n)).is_some_and(|rest| (1..self.least).contains(&rest))
        };
        let changed = self.count(counts, Count::Changed);
        !self.is_on()
            || n >= self.least && changed.is_some() && !small_rest(changed) && !small_rest(self.pairs(counts))
    }
}

fn sum(counts: &DiffCounts, parts: &[Count]) -> u64 {
    parts.iter().map(|&part| counts.get(part)).sum()
}

/// Whether a change alters the sum of some counts.
fn alters((less, more): &Change, parts: &[Count]) -> bool {
    let among = |of: &[Count]| parts.iter().filter(|part| of.contains(part)).count();
    among(less) != among(more)
}

/// The numbers that a change alters.
fn altered(change: &Change) -> impl Iterator<Item = Number> {
    NUMBERS.iter().filter(|(_, parts)| alters(change, parts)).map(|(number, _)| *number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(parts: [u64; 6]) -> DiffCounts {
        let [same, changed, added, gone, duplicate_old, duplicate_new] = parts;
        DiffCounts {
            old_read: same + changed + gone + duplicate_old,
            new_read: same + changed + added + duplicate_new,
            same,
            changed,
            added,
            gone,
            duplicate_old,
            duplicate_new,
            ..DiffCounts::default()
        }
    }

    /// All comparisons of exports of this size that look the same.
    fn meant(counts: &DiffCounts, hidden: &Hidden) -> Vec<DiffCounts> {
        let (old, new) = (counts.old_read, counts.new_read);
        let mut found = Vec::new();
        for same in 0..=old.min(new) {
            for changed in 0..=old.min(new) - same {
                let (old_only, new_only) = (old - same - changed, new - same - changed);
                for gone in 0..=old_only {
                    for added in 0..=new_only {
                        let other =
                            self::counts([same, changed, added, gone, old_only - gone, new_only - added]);
                        let mut shown = NUMBERS.iter().filter(|(number, _)| !hidden.numbers.contains(number));
                        if shown.all(|(_, parts)| sum(&other, parts) == sum(counts, parts)) {
                            found.push(other);
                        }
                    }
                }
            }
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// Neither a hidden number nor any small sum of counts is the same in all comparisons that look alike.
        #[test]
        fn nothing_hidden_can_be_worked_out(
            pairs in (0_u64..9, 0_u64..9),
            alone in (0_u64..6, 0_u64..6, 0_u64..4, 0_u64..4),
            least in 2_u64..6,
        ) {
            let (gone, added, duplicate_old, duplicate_new) = alone;
            let counts = counts([pairs.0, pairs.1, added, gone, duplicate_old, duplicate_new]);
            prop_assume!(counts.old_read >= least && counts.new_read >= least);
            let hidden = Hidden::of(&counts, least);
            let meant = meant(&counts, &hidden);
            let varies = |parts: &[Count]| {
                meant.iter().any(|other| sum(other, parts) != sum(&counts, parts))
            };
            for (number, parts) in NUMBERS {
                prop_assert!(!hidden.numbers.contains(&number) || varies(parts), "{number:?} is told");
            }
            for some in 1..1 << PARTS.len() {
                let parts: Vec<Count> =
                    PARTS.iter().enumerate().filter(|(at, _)| some >> at & 1 == 1).map(|(_, part)| *part).collect();
                let small = (1..least).contains(&sum(&counts, &parts));
                prop_assert!(!small || varies(&parts), "{parts:?} is told: {hidden:?}");
            }
        }
    }

    #[test]
    fn what_is_told_of_changed_tumors_leaves_no_small_rest() {
        for (same, changed, n, shown) in [
            (300, 500, 400, true),
            (300, 500, 500, true),
            // Two changed tumors would be told to be without it.
            (300, 500, 498, false),
            (300, 500, 9, false),
            // One tumor that did not change is hidden, and would follow from what most of them have.
            (1, 502, 502, false),
            (1, 502, 400, false),
            (3, 0, 0, false),
        ] {
            let counts = counts([same, changed, 0, 0, 0, 0]);
            let hidden = Hidden::of(&counts, 11);
            assert_eq!(hidden.shows_changed(&counts, n), shown, "{same} {changed} {n}");
            assert!(Hidden::default().shows_changed(&counts, n));
        }
    }

    #[test]
    fn large_numbers_stay() {
        let hidden = |parts| Hidden::of(&counts(parts), 11).numbers.into_iter().collect::<Vec<_>>();
        assert_eq!(hidden([900, 50, 20, 30, 0, 0]), []);
        let count = Number::Count;
        assert_eq!(hidden([900, 3, 20, 30, 0, 0]), [count(Count::Same), count(Count::Changed)]);
        // Two that are gone could be in both exports, were it not for two more that are in the newer one alone.
        assert_eq!(
            hidden([900, 50, 0, 2, 0, 0]),
            [count(Count::Same), count(Count::Added), count(Count::Gone), Number::Pairs]
        );
    }

    #[test]
    fn rules_are_told_where_they_are_many_or_nothing_changed() {
        let mut tally = Tally { counts: counts([900, 50, 20, 30, 0, 0]), ..Tally::default() };
        for _ in 0..20 {
            tally.add_finding("S01", "warning");
        }
        tally.add_finding("S04", "warning");
        let of = |tally: &Tally, rule| Hidden::of(&tally.counts, 11).findings(tally, rule);
        assert_eq!(
            ["S01", "S04", "S05", "S08"].map(|rule| of(&tally, rule)),
            [Some(20), None, None, Some(0)]
        );
        let unchanged = Tally { counts: counts([900, 0, 20, 30, 0, 0]), ..Tally::default() };
        assert_eq!(of(&unchanged, "S05"), Some(0));
        assert_eq!(Hidden::default().findings(&tally, "S04"), Some(1));
    }
}
