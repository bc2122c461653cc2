//! Where the time of a run goes.

use std::collections::BTreeMap;
use std::time::Duration;

/// Time by part of the work. Parts run beside each other, and those of the workers are summed over them, so
/// that together they may exceed the time on the clock.
#[derive(Clone, Copy, Default)]
pub(super) struct Times {
    /// Cutting the input into records.
    pub(super) read: Duration,
    /// Cells to codes.
    pub(super) parse: Duration,
    /// Deriving stages, of records that are like none before.
    pub(super) stage: Duration,
    /// Auditing these, with their added cells.
    pub(super) audit: Duration,
    /// Putting the rows of records and findings together.
    pub(super) encode: Duration,
    /// Writing them.
    pub(super) write: Duration,
}

impl Times {
    /// Adds those of another thread.
    pub(super) fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.parse += other.parse;
        self.stage += other.stage;
        self.audit += other.audit;
        self.encode += other.encode;
        self.write += other.write;
    }

    /// In seconds, by name.
    pub(super) fn seconds(&self) -> BTreeMap<String, f64> {
        let parts = [
            ("read", self.read),
            ("parse", self.parse),
            ("stage", self.stage),
            ("audit", self.audit),
            ("encode", self.encode),
            ("write", self.write),
        ];
        parts.into_iter().map(|(name, time)| (name.to_owned(), time.as_secs_f64())).collect()
    }
}
