//! One tumor in two exports: what changed overnight, and whether it may.
//!
//! Records are met by their tumor key. [`Partitions`] hold both exports, cut by the key, in memory while
//! they are small and in temporary files else; [`judge`] compares the two records of a tumor by the rules
//! S01-S06 and R01; [`Tally`] counts what became of every record; [`Rows`] brings what was found back into
//! the order of the exports. The room knows nothing of files of records or of columns.
//!
//! A change is told once: where the stage was known before and after it is S01, else S04 or S05; where
//! no input of the stage changed it is S06 alone, because then there is nothing in the record to review.

mod counts;
mod entry;
mod error;
mod hide;
mod judge;
mod partitions;
mod rows;
mod stand;
mod tables;

pub use counts::{Count, DiffCounts, Tally};
pub use entry::{Entry, Place, put_texts, texts};
pub use error::DiffError;
pub use hide::Hidden;
pub use judge::{FOLLOW_UP, Moved, Raised, Side, judge};
pub use partitions::{Partition, Partitions};
pub use rows::{Merged, Order, Row, Rows, RowsOf};
pub use stand::Stand;
pub use tables::{Nightly, nightly, render};

/// Rules that speak of two exports of a tumor.
pub const RULES: [&str; 9] = ["R01", "S01", "S02", "S03", "S04", "S05", "S06", "S07", "S08"];
