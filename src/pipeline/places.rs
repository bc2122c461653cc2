//! The reporting facilities of the records of a file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use rustc_hash::FxBuildHasher;

use crate::fields::{Field, Mapping, Source};
use crate::input::Chunk;
use crate::summary::{Facilities, Facility, MOST_FACILITIES};

/// Bytes of a cell that is remembered; what is longer names no facility.
const MOST_NAME: usize = 1_000;

/// The facilities of a file's records, each of which is looked up once.
pub(super) struct Places<'a> {
    mapping: &'a Mapping,
    facilities: &'a Facilities,
    known: HashMap<Box<[u8]>, Facility, FxBuildHasher>,
    /// Those of a block of records.
    block: Vec<Facility>,
}

impl<'a> Places<'a> {
    pub(super) fn new(mapping: &'a Mapping, facilities: &'a Facilities) -> Self {
        Self { mapping, facilities, known: HashMap::default(), block: Vec::new() }
    }

    /// The facilities of a block of records: of several columns the first that names one.
    pub(super) fn read(&mut self, chunk: &Chunk, rows: &Range<usize>) -> &[Facility] {
        let Self { mapping, facilities, known, block } = self;
        let number = |text: &str| facilities.number(mapping.replace(Field::Facility, text).unwrap_or(text));
        block.clear();
        block.resize(rows.len(), Facility::default());
        for source in mapping.sources(Field::Facility) {
            let open = block.iter_mut().zip(rows.clone()).filter(|(place, _)| **place == Facility::default());
            match source {
                Source::Constant(text) => {
                    let constant = number(text);
                    open.for_each(|(place, _)| *place = constant);
                }
                Source::Column { index, .. } => {
                    let column = chunk.column(*index);
                    for (place, row) in open {
                        let cell: Cow<[u8]> = column.cell(row);
                        if let Some(known) = known.get(&*cell) {
                            *place = *known;
                            continue;
                        }
                        *place = number(&chunk.decode(&cell));
                        // Where there are more, they are told apart no longer anyway.
                        if known.len() < MOST_FACILITIES && cell.len() <= MOST_NAME {
                            known.insert(cell.into(), *place);
                        }
                    }
                }
            }
        }
        block
    }
}
