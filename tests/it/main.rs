//! The program as a user drives it, and its knowledge against the evidence beside it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking and shows its figures"
)]

mod bad_input;
mod facts;
mod fixtures;
mod golden_seer;
mod real_tables;
mod support;
mod words;
