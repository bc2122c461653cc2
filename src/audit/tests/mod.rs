//! The whole audit on small records.

mod course;
mod findings;
mod ladder;
mod origin;
