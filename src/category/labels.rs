//! Ordered lists of canonical labels: exact lookup, and which label is a part of which.
//!
//! T, N, M categories and stage groups are named alike: a longer label that begins
//! with a shorter one is a part of it (`T1a1` of `T1a`, `N0(i+)` of `N0`, `IIIC1` of
//! `IIIC`). Every list puts the part right behind the whole, so that a whole and all
//! its parts stand together.

/// A list of labels, at most 255, in clinical order.
pub(super) struct Labels {
    list: Vec<&'static str>,
    sorted: Vec<u8>,
    parents: Vec<Option<u8>>,
}

impl Labels {
    /// Builds the list; `kin` says whether two labels can be part and whole at all.
    pub(super) fn new(list: Vec<&'static str>, kin: impl Fn(usize, usize) -> bool) -> Self {
        let mut sorted: Vec<u8> = (0..list.len() as u8).collect();
        sorted.sort_by_key(|&at| list[usize::from(at)]);
        let parents = list
            .iter()
            .enumerate()
            .map(|(part, label)| {
                (0..list.len())
                    .filter(|&whole| whole != part && label.starts_with(list[whole]) && kin(part, whole))
                    .max_by_key(|&whole| list[whole].len())
                    .map(|whole| whole as u8)
            })
            .collect();
        Self { list, sorted, parents }
    }

    /// Number of labels.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The index of exactly this label.
    pub(super) fn find(&self, label: &str) -> Option<u8> {
        let at = self.sorted.binary_search_by_key(&label, |&at| self.label(at)).ok()?;
        self.sorted.get(at).copied()
    }

    /// The label at an index.
    pub(super) fn label(&self, index: u8) -> &'static str {
        self.list.get(usize::from(index)).copied().unwrap_or("")
    }

    /// The nearest whole that a label is a part of.
    pub(super) fn parent(&self, index: u8) -> Option<u8> {
        self.parents.get(usize::from(index)).copied().flatten()
    }

    /// Whether a label is the other one or a part of it.
    pub(super) fn is_within(&self, index: u8, whole: u8) -> bool {
        let mut at = Some(index);
        while let Some(here) = at {
            if here == whole {
                return true;
            }
            at = self.parent(here);
        }
        false
    }
}
