//! Staging a frame batch by batch, as they come: what was learned from one is known for the next, and no more than
//! one is held.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::job::End;
use super::{Frame, FrameEnd, Staged, staged};
use crate::input::Chunk;
use crate::pipeline::RunError;

/// A frame of which one batch after the other is staged, by one worker on a thread of its own.
pub struct FrameStream {
    name: String,
    schema: SchemaRef,
    batches: Option<SyncSender<RecordBatch>>,
    staged: Receiver<Result<Staged, RunError>>,
    thread: Option<JoinHandle<Result<FrameEnd, RunError>>>,
}

impl FrameStream {
    /// Starts the worker.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(frame: Frame) -> Result<Self, RunError> {
        let (batches, received) = sync_channel(0);
        let (done, staged) = sync_channel(0);
        let (name, schema) = (frame.name().to_owned(), frame.schema());
        let follow = move || follow(&frame, &received, &done);
        let thread = Builder::new().name("rstage".to_owned()).spawn(follow);
        let thread = thread.map_err(|_| RunError::Lost { frame: name.clone() })?;
        Ok(Self { name, schema, batches: Some(batches), staged, thread: Some(thread) })
    }

    /// The columns of the records as they will be.
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }

    /// Stages the next batch.
    ///
    /// # Errors
    /// As for [`Frame::stage`]; after an error there is nothing more to be had.
    pub fn stage(&mut self, batch: RecordBatch) -> Result<Staged, RunError> {
        let sent = self.batches.as_ref().is_some_and(|batches| batches.send(batch).is_ok());
        match self.staged.recv() {
            Ok(Ok(staged)) if sent => Ok(staged),
            Ok(Err(error)) => {
                // What was counted up to here is not the frame's.
                (self.batches, self.thread) = (None, None);
                Err(error)
            }
            _ => Err(self.finish().err().unwrap_or_else(|| self.lost())),
        }
    }

    /// Ends the frame.
    ///
    /// # Errors
    /// It was ended before; the temporary folder cannot be written.
    pub fn finish(&mut self) -> Result<FrameEnd, RunError> {
        self.batches = None;
        let ended = self.thread.take().and_then(|thread| thread.join().ok());
        ended.unwrap_or_else(|| Err(self.lost()))
    }

    fn lost(&self) -> RunError {
        RunError::Lost { frame: self.name.clone() }
    }
}

/// The worker's thread: batch by batch until there are no more or nobody takes them.
fn follow(
    frame: &Frame,
    batches: &Receiver<RecordBatch>,
    done: &SyncSender<Result<Staged, RunError>>,
) -> Result<FrameEnd, RunError> {
    frame.with_shared(1, |shared, patients| {
        let mut worker = frame.worker(shared);
        let mut end = End::of(patients);
        let mut first_record = 1;
        for batch in batches {
            let rows = batch.num_rows() as u64;
            let next = frame.fits(&batch).and_then(|()| {
                let chunk = worker.process(Chunk::of_batch(batch, first_record))?;
                end.take(&chunk)?;
                let (records, findings) = staged(frame.name(), chunk)?;
                Ok(Staged { records, findings })
            });
            first_record += rows;
            let failed = next.is_err();
            if done.send(next).is_err() || failed {
                break;
            }
        }
        end.counts.merge(worker.settle());
        frame.end(shared, end)
    })
}
