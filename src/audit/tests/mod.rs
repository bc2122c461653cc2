//! The whole audit on small records.

mod findings;
mod ladder;
mod origin;
