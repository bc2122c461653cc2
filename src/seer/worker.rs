//! What one thread keeps between batches: the texts it has seen and what the tables say about them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::algorithm::Algorithm;
use super::lookup::LookupMemo;
use super::staged::StageError;
use super::trace::Step;
use crate::decision::{Dictionary, TextMemo};

/// More texts than this, and a worker is not used again: its memory is given back.
const MANY_TEXTS: usize = 1 << 16;

/// Memory and memos of one thread.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) texts: Dictionary,
    pub(super) lookup: LookupMemo,
    /// By table.
    memos: Vec<Option<TextMemo>>,
    /// By key, the numbers of the cases that a lookup or a group is about.
    pub(super) frame: Vec<Vec<u32>>,
    /// Buffers to use again.
    spare: Vec<Vec<u32>>,
    /// By place in the frame, whether the mapping is to stop.
    pub(super) stop: Vec<bool>,
    /// Case and place of the error, as they came.
    pub(super) errors: Vec<(u32, u32)>,
    pub(super) error_values: Numbered<StageError>,
    /// Case and place of the path entry, as they came.
    pub(super) path: Vec<(u32, u32)>,
    pub(super) path_values: Numbered<Arc<str>>,
    /// What is told about the one case of a batch, if that is wanted.
    pub(super) trace: Option<Vec<Step>>,
}

impl Worker {
    pub(super) fn new(algorithm: &Algorithm) -> Self {
        Self {
            texts: algorithm.texts.clone(),
            lookup: algorithm.lookup.memo(),
            memos: (0..algorithm.tables.len()).map(|_| None).collect(),
            frame: vec![Vec::new(); algorithm.keys.len()],
            spare: Vec::new(),
            stop: Vec::new(),
            errors: Vec::new(),
            error_values: Numbered::default(),
            path: Vec::new(),
            path_values: Numbered::default(),
            trace: None,
        }
    }

    /// The first matching row of a table for each of the chosen cases.
    pub(super) fn rows(&mut self, algorithm: &Algorithm, table: usize, chosen: &[u32]) -> Vec<u32> {
        let rows_of = &algorithm.tables[table].rows;
        let memo = self.memos[table].get_or_insert_with(|| TextMemo::new(rows_of));
        let mut rows = self.spare.pop().unwrap_or_default();
        memo.first_rows(rows_of, &self.frame, &self.texts, chosen, &mut rows);
        rows
    }

    /// An empty buffer.
    pub(super) fn spare(&mut self) -> Vec<u32> {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    /// Takes a buffer back.
    pub(super) fn put_back(&mut self, buffer: Vec<u32>) {
        self.spare.push(buffer);
    }

    /// Whether it may be used for another batch.
    pub(super) fn is_fit(&self) -> bool {
        self.texts.len() <= MANY_TEXTS
    }
}

/// Values numbered in the order they first came.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    pub(super) values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    pub(super) fn number(&mut self, value: &T) -> u32 {
        if let Some(&number) = self.numbers.get(value) {
            return number;
        }
        let number = self.values.len() as u32;
        self.values.push(value.clone());
        self.numbers.insert(value.clone(), number);
        number
    }
}
