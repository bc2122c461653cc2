//! `rstage synth`.
