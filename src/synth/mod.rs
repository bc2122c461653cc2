//! Made-up registry exports, for newcomers, tests and benches.
//!
//! Real registry data cannot be passed around, and nobody knows what is wrong with
//! it. These exports look like real ones, with the spelling of each year, and say in
//! their `truth_*` columns what is true: the true group, the error in the recorded
//! one, where metastasis comes from, and for planted records which rules must speak up.
//! The room knows cancers from its data files only (`profile.toml`, `cancers/`,
//! `scenarios.toml`); it never asks the staging engine, so that it can test it.

mod error;
mod events;
mod follow_up;
mod profile;
mod random;
mod row;
mod scenario;
mod spelling;
mod table;
mod tumor;
mod write;

pub use error::SynthError;
pub use events::write_events;
pub use row::{Column, Row};
pub use write::{write_csv, write_parquet};

use profile::Profile;
use scenario::Scenario;

/// One row in so many is planted, after the first ones.
const PLANTED_EVERY: u64 = 97;

/// Makes the rows of one synthetic export. A row depends on the seed and its index
/// alone: a longer export begins with the shorter one.
pub struct Generator {
    rows: u64,
    seed: u64,
    profile: Profile,
    scenarios: Vec<Scenario>,
}

impl Generator {
    /// A generator of `rows` rows.
    ///
    /// # Errors
    /// When a data file that is built in cannot be read.
    pub fn new(rows: u64, seed: u64) -> Result<Self, SynthError> {
        let profile = Profile::load()?;
        let scenarios = scenario::load(&profile)?;
        Ok(Self { rows, seed, profile, scenarios })
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Names of the planted situations, in the order in which an export begins with them.
    pub fn cases(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().map(|scenario| scenario.case.as_str())
    }

    /// Makes the row of an index, in place of what the row held.
    pub fn fill(&self, index: u64, row: &mut Row) {
        tumor::fill(&self.profile, self.planted(index), self.seed, index, row);
    }

    /// Every situation once at the beginning, then one in turn every 97 rows.
    fn planted(&self, index: u64) -> Option<&Scenario> {
        let count = self.scenarios.len() as u64;
        let turn = match index {
            _ if index < count => index,
            _ if index.is_multiple_of(PLANTED_EVERY) => index / PLANTED_EVERY % count.max(1),
            _ => return None,
        };
        self.scenarios.get(turn as usize)
    }
}

#[cfg(test)]
mod tests;
