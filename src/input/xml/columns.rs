//! The ids of the items of a file, in the order of their first appearance.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

/// Different items of a file, at most; NAACCR's dictionaries have about a thousand.
const MOST: usize = 20_000;

/// Ids and their columns.
#[derive(Debug, Default)]
pub(super) struct Columns {
    places: HashMap<Box<str>, usize, FxBuildHasher>,
    names: Vec<String>,
    known: bool,
}

impl Columns {
    /// The columns of a file that was read before; there are no others.
    pub(super) fn known(names: &[String]) -> Self {
        let places = names.iter().enumerate().map(|(at, name)| (name.as_str().into(), at)).collect();
        Self { places, names: names.to_vec(), known: true }
    }

    /// The column of an id. A new one gets the next, unless there are too many.
    pub(super) fn of(&mut self, id: &str) -> Option<usize> {
        if let Some(place) = self.places.get(id) {
            return Some(*place);
        }
        if self.known || self.names.len() >= MOST {
            return None;
        }
        self.places.insert(id.into(), self.names.len());
        self.names.push(id.to_owned());
        Some(self.names.len() - 1)
    }

    /// The ids in the order of their columns.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}
