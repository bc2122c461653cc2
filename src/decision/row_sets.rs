//! Classes of an axis as sets of rows: the core that both kinds of table share.

use std::collections::HashMap;

/// Bits of a machine word.
const WORD: usize = 64;

/// A set of rows, bit by row.
pub(super) type Rows = Vec<u64>;

/// By axis, the classes that were found, each as the set of rows that take it.
#[derive(Debug, Default)]
pub(super) struct RowSets {
    words: usize,
    axes: Vec<Classes>,
}

#[derive(Debug, Default)]
struct Classes {
    /// The row sets, one after the other.
    sets: Vec<u64>,
    by_set: HashMap<Box<[u64]>, u32>,
}

impl RowSets {
    /// No class yet, for a table of `rows` rows.
    pub(super) fn new(axes: usize, rows: usize) -> Self {
        Self { words: rows.div_ceil(WORD), axes: (0..axes).map(|_| Classes::default()).collect() }
    }

    /// An empty set.
    pub(super) fn none(&self) -> Rows {
        vec![0; self.words]
    }

    /// Adds a row to a set.
    pub(super) fn add(set: &mut [u64], row: usize) {
        set[row / WORD] |= 1 << (row % WORD);
    }

    /// The class of an axis that these rows take; a new one if no such class was found before.
    pub(super) fn class(&mut self, axis: usize, set: &[u64]) -> u32 {
        let classes = &mut self.axes[axis];
        if let Some(&known) = classes.by_set.get(set) {
            return known;
        }
        let class = classes.by_set.len() as u32;
        classes.sets.extend_from_slice(set);
        classes.by_set.insert(set.into(), class);
        class
    }

    /// Number of classes of an axis.
    pub(super) fn classes(&self, axis: usize) -> usize {
        self.axes[axis].by_set.len()
    }

    /// The first row that one class per axis has in common; without axes, row 0.
    pub(super) fn first(&self, classes: &(impl Iterator<Item = u32> + Clone)) -> Option<usize> {
        (0..self.words).find_map(|word| {
            let common = self.common(word, classes.clone());
            (common != 0).then(|| word * WORD + common.trailing_zeros() as usize)
        })
    }

    /// Calls `found` with every row that one class per axis has in common, from the top.
    pub(super) fn each(&self, classes: &(impl Iterator<Item = u32> + Clone), mut found: impl FnMut(usize)) {
        for word in 0..self.words {
            let mut common = self.common(word, classes.clone());
            while common != 0 {
                found(word * WORD + common.trailing_zeros() as usize);
                common &= common - 1;
            }
        }
    }

    fn common(&self, word: usize, classes: impl Iterator<Item = u32>) -> u64 {
        self.axes
            .iter()
            .zip(classes)
            .fold(u64::MAX, |common, (axis, class)| common & axis.sets[class as usize * self.words + word])
    }
}
