//! The program as a user drives it, and its knowledge against the evidence beside it.

mod facts;
mod real_tables;
mod support;
