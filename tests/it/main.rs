//! The program as a user drives it, and its knowledge against the evidence beside it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking and shows its figures"
)]

mod attack;
mod bad_input;
mod beside;
#[cfg(target_os = "linux")]
mod broken_disk;
mod cohort;
mod config;
mod contrib;
mod corpus;
mod diff;
mod editions;
mod events;
mod facts;
mod faults;
mod fixtures;
mod frame;
mod golden;
mod golden_cs;
mod golden_seer;
mod golden_tnm;
mod guide;
mod interop;
mod limits;
mod naaccr_files;
mod nightly_change;
mod outside;
mod parquet_copy;
mod patients;
mod privacy;
mod profiles;
mod properties;
mod random_cases;
mod real_tables;
mod report;
mod resume;
mod resume_parquet;
mod rule_cases;
mod rules;
mod seer_files;
mod seer_run;
mod seer_words;
mod shell;
mod since;
mod sizes;
mod small_cells;
mod summary;
mod support;
mod systems;
mod verify;
mod words;
