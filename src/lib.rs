//! Batch staging of tumor-registry records.
//!
//! A chunk of records walks through the rooms in one direction, and each room
//! adds what it knows: [`input`] reads text columns, [`fields`] says which column
//! is which, [`category`] turns the text of a cell into a small typed value,
//! [`staging`] derives the stage group from the tables of [`knowledge`] with the
//! evaluator of [`decision`], [`audit`] compares it with what was recorded,
//! [`output`] and [`summary`] write it down. [`pipeline`] drives the walk. A room
//! imports only rooms named before it.

pub mod fields;
pub mod input;

pub mod category;

pub mod decision;
pub mod knowledge;
pub mod staging;

pub mod audit;

pub mod output;
pub mod summary;

pub mod pipeline;

pub mod synth;
