//! One record of a frame in words.

use std::borrow::Cow;

use arrow_array::RecordBatch;

use super::Frame;
use crate::explain::{Asked, explain_case};
use crate::input::Chunk;
use crate::pipeline::{RunError, case_of, cell_of, key_of};

impl Frame {
    /// How the record with a key comes to its stage, in words; nothing where no record has it. The key is that of
    /// the findings: the tumor's own, or registry, patient and tumor number joined by `/`.
    ///
    /// # Errors
    /// A batch has other columns than were announced.
    pub fn explain(&self, batches: &[RecordBatch], key: &str) -> Result<Option<String>, RunError> {
        let plan = self.plan();
        for batch in batches {
            self.fits(batch)?;
            let chunk = Chunk::of_batch(batch.clone(), 1);
            let found = (0..chunk.rows()).find(|row| key_of(&chunk, &plan.mapping, *row) == key);
            let Some(row) = found else { continue };
            let case = case_of(&chunk, &plan.mapping, row);
            let cell = |field| cell_of(&chunk, &plan.mapping, field, row).map(Cow::into_owned);
            return Ok(Some(explain_case(self.asked()?, &plan.audit, &case, &cell)));
        }
        Ok(None)
    }

    /// By what its records are explained.
    fn asked(&self) -> Result<Asked<'_>, RunError> {
        let (rules, config) = (self.rules()?, self.config());
        Ok(Asked { rules, config: &config.audit, policy: config.policy, also: self.also_editions() })
    }
}
