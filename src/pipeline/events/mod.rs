//! The events of a run beside its records: read once, kept on disk by the key of their tumor, and
//! fetched for each chunk of records.
//!
//! Events come in any order and need not fit in memory, while the records are streamed once and keep
//! their order. So the events are sorted on disk by the hash of their key, and a chunk asks for the keys
//! that it holds.

mod cells;
mod fhir;
mod read;
mod store;

pub(super) use cells::Told;
pub use fhir::fhir_stagings;
pub(super) use read::{EventFile, ingest, table, tables};
pub(super) use store::EventStore;
