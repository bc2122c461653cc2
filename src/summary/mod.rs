//! Mergeable counts and the tables made of them.
