//! Dates whose trailing parts may be missing.

/// A date with year, and month and day where known (0 where not).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PartialDate {
    /// Year, four digits.
    pub year: u16,
    /// Month 1-12, 0 unknown.
    pub month: u8,
    /// Day 1-31, 0 unknown; 0 whenever the month is 0.
    pub day: u8,
}
