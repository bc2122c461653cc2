//! Which schemas a case may belong to: all selection tables in one.

use std::collections::{BTreeMap, HashSet};

use super::cell;
use super::keys::Keys;
use super::table::{InputCells, text_column};
use crate::decision::{ABSENT, BLANK, Bound, Dictionary, Frame, TextMemo, TextPattern, TextTable, utf16_len};

/// Most codes that the ranges of a code list may stand for.
const MAX_CODES: u64 = 1_000_000;

/// The selection tables of all schemas, one below the other.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) table: TextTable,
    /// Keys that a selection table asks about or refers to.
    pub(super) keys: Vec<usize>,
    schema_of_row: Vec<u32>,
    pub(super) site: usize,
    pub(super) histology: usize,
    sites: HashSet<Box<str>>,
    histologies: HashSet<Box<str>>,
}

/// What was found out about texts.
#[derive(Debug)]
pub(super) struct LookupMemo {
    rows: TextMemo,
    /// By number: whether it is a known site.
    sites: Vec<Option<bool>>,
    /// By number: whether it is a known histology.
    histologies: Vec<Option<bool>>,
}

impl Lookup {
    /// Joins the selection tables, which are given by schema as number of rows and cells.
    pub(super) fn new(
        selections: &[(usize, InputCells<'_>)],
        (sites, histologies): (HashSet<Box<str>>, HashSet<Box<str>>),
        keys: &mut Keys,
    ) -> Result<Self, String> {
        let mut columns: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
        let mut schema_of_row: Vec<u32> = Vec::new();
        for (schema, (rows, selection)) in (0_u32..).zip(selections) {
            let above = schema_of_row.len();
            schema_of_row.resize(above + rows, schema);
            for (key, cells) in selection {
                let column = columns.entry(key).or_default();
                column.resize(above, None);
                column.extend(cells);
            }
        }
        let mut text_columns = Vec::new();
        for (key, mut cells) in columns {
            cells.resize(schema_of_row.len(), None);
            text_columns.push(text_column(key, &cells, keys));
        }
        let table = TextTable::new(schema_of_row.len(), text_columns).map_err(|error| error.to_string())?;
        let (site, histology) = (keys.number("site"), keys.number("hist"));
        let mut own: Vec<usize> = table.keys().chain([site, histology]).collect();
        own.sort_unstable();
        own.dedup();
        Ok(Self { table, keys: own, schema_of_row, site, histology, sites, histologies })
    }

    /// Calls `found` with each schema that a record may belong to, in order. `others` says whether
    /// a key other than site and histology has a value.
    pub(super) fn each(
        &self,
        memo: &mut LookupMemo,
        frame: &Frame,
        texts: &Dictionary,
        record: usize,
        others: impl FnOnce() -> bool,
        mut found: impl FnMut(u32),
    ) {
        let site = frame[self.site][record];
        let histology = frame[self.histology][record];
        let absent = site == ABSENT && histology == ABSENT;
        let half = (site <= BLANK || histology <= BLANK) && others();
        if absent
            || half
            || site != ABSENT && !known(&mut memo.sites, &self.sites, texts, site)
            || histology != ABSENT && !known(&mut memo.histologies, &self.histologies, texts, histology)
        {
            return;
        }
        let mut last = None;
        memo.rows.each_row(&self.table, frame, texts, record, |row| {
            let schema = self.schema_of_row.get(row).copied();
            if let Some(schema) = schema.filter(|_| schema != last) {
                last = Some(schema);
                found(schema);
            }
        });
    }

    /// Nothing found out yet.
    pub(super) fn memo(&self) -> LookupMemo {
        LookupMemo { rows: TextMemo::new(&self.table), sites: Vec::new(), histologies: Vec::new() }
    }
}

fn known(memo: &mut Vec<Option<bool>>, codes: &HashSet<Box<str>>, texts: &Dictionary, number: u32) -> bool {
    let at = number as usize;
    if memo.len() <= at {
        memo.resize(at + 1, None);
    }
    *memo[at].get_or_insert_with(|| codes.contains(&**texts.text(number)))
}

/// The codes that a table lists: ranges stand for every number in them, as long as the lower bound.
pub(super) fn listed_codes(id: &str, inputs: &InputCells<'_>) -> Result<HashSet<Box<str>>, String> {
    let [(_, cells)] = &inputs[..] else {
        return Err(format!("the table {id} must have one input column"));
    };
    let mut codes = HashSet::new();
    let mut left = MAX_CODES;
    for cell in cells {
        let TextPattern::OneOf(ranges) = cell::input(*cell, &mut Keys::default()) else { continue };
        for range in ranges {
            let (Bound::Text(low), Bound::Text(high)) = (range.low, range.high) else {
                return Err(format!("the table {id} lists codes, a reference is none"));
            };
            if low == high {
                codes.insert(low);
                continue;
            }
            let wrong = || format!("the table {id}: {low}-{high} cannot be counted through");
            let (Ok(from), Ok(to)) = (low.parse::<u64>(), high.parse::<u64>()) else { return Err(wrong()) };
            left = left.checked_sub(to.saturating_sub(from)).ok_or_else(wrong)?;
            let width = utf16_len(&low);
            codes.extend((from..=to).map(|code| format!("{code:0width$}").into_boxed_str()));
        }
    }
    Ok(codes)
}
