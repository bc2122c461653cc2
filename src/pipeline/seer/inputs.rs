//! Where a table has what SEER's algorithms ask for.
//!
//! In a table that names its columns by the algorithms' own keys a cell is taken as it is. Elsewhere the
//! column of the item is looked for as the algorithm names it (NAACCR XML id, item number, name), else the
//! role that the item plays for rstage. A blank cell gives nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::category::{Behavior, Cell, Parsed, Sex, parse};
use crate::fields::{Coding, Confidence, Field, ItemColumns, Mapping, Source};
use crate::input::{Chunk, Coded};
use crate::seer::{Algorithm, Item, NOT_GIVEN};

/// The layout whose names are the algorithms' own keys.
const SEER_KEYS: &str = "seer-keys";

/// The keys by which every schema is looked up.
const LOOKUP_KEYS: [&str; 2] = ["site", "hist"];

/// Roles of rstage that hold the same as an item, in whatever notation; by the item's NAACCR number. With
/// more than one the first that says something counts.
const ROLES: &[(u32, &[Field])] = &[
    (400, &[Field::Site]),
    (522, &[Field::Histology, Field::Morphology]),
    (523, &[Field::Behavior, Field::Morphology]),
    (390, &[Field::DxDate, Field::DxYear]),
    (230, &[Field::Age]),
    (220, &[Field::Sex]),
    (225, &[Field::Sex]),
];

/// An input and where a table has it.
#[derive(Clone)]
pub(super) struct Given<'a> {
    item: &'a Item,
    /// The first that says something counts.
    sources: Vec<From>,
}

impl Given<'_> {
    /// The algorithm's key.
    pub(super) fn key(&self) -> &str {
        &self.item.key
    }

    /// The columns of the table that it is read from.
    pub(super) fn columns(&self) -> impl Iterator<Item = usize> {
        self.sources.iter().filter_map(|from| match from.texts {
            Texts::Column(index) => Some(index),
            Texts::Constant(_) => None,
        })
    }
}

/// Where texts come from, and how they are read.
#[derive(Clone)]
struct From {
    texts: Texts,
    reading: Reading,
}

#[derive(Clone)]
enum Texts {
    Column(usize),
    Constant(String),
}

#[derive(Clone, Copy)]
enum Reading {
    /// As it is.
    Key,
    /// As a registry's cell of the item.
    Item,
    /// As rstage reads the role, and then as the item is written.
    Role(Field, Coding),
}

/// The inputs that a table has.
pub(super) fn give<'a>(algorithm: &'a Algorithm, headers: &[String], mapping: &Mapping) -> Vec<Given<'a>> {
    let names = own_names(algorithm);
    let columns = ItemColumns::new(headers);
    let by_keys = mapping.layout() == SEER_KEYS;
    // A layout may have been guessed from few names: with these two the keys are meant.
    let keyed = by_keys && LOOKUP_KEYS.iter().all(|key| columns.named(key).is_some());
    let sources = |item: &Item| {
        let own = by_role(item, mapping, true);
        if !own.is_empty() {
            return own;
        }
        let name = names.get(&*item.key).copied().flatten();
        let (reading, column) = if keyed {
            (Reading::Key, columns.named(&item.key))
        } else {
            (Reading::Item, columns.of_item(item.naaccr_xml_id.as_deref(), item.naaccr_item, name))
        };
        let from = |reading, index| vec![From { texts: Texts::Column(index), reading }];
        if let Some(index) = column {
            return from(reading, index);
        }
        let role = by_role(item, mapping, false);
        match columns.named(&item.key).filter(|_| by_keys && role.is_empty()) {
            Some(index) => from(Reading::Key, index),
            None => role,
        }
    };
    let given = algorithm.inputs().into_iter().map(|item| Given { item, sources: sources(item) });
    given.filter(|given| !given.sources.is_empty()).collect()
}

/// By key, the name of an input where it has one and the same in all schemas: what a site-specific factor is
/// called depends on the schema.
fn own_names(algorithm: &Algorithm) -> BTreeMap<&str, Option<&str>> {
    let mut names: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for input in algorithm.schemas().iter().flat_map(|schema| &schema.inputs) {
        let name = names.entry(&input.key).or_insert(Some(&input.name));
        *name = name.filter(|name| name.eq_ignore_ascii_case(&input.name));
    }
    names
}

/// The sources of the role that an item plays; of those that the user names only, or all.
fn by_role(item: &Item, mapping: &Mapping, of_user: bool) -> Vec<From> {
    let number = item.naaccr_item.unwrap_or_default();
    let listed = ROLES.iter().find(|(of, _)| *of == number).map_or(&[][..], |(_, fields)| fields);
    let same_item = |field: &&Field| of_user && number > 0 && u32::from(field.naaccr_item()) == number;
    let others = Field::ALL.iter().filter(|field| same_item(field) && !listed.contains(field));
    let mut sources = Vec::new();
    for (field, reading) in
        listed.iter().map(|&field| (field, None)).chain(others.map(|&field| (field, Some(Reading::Item))))
    {
        for (source, confidence) in mapping.sources(field).iter().zip(mapping.confidence(field)) {
            if of_user && *confidence != Confidence::User {
                continue;
            }
            let (texts, coding) = match source {
                Source::Column { index, coding } => (Texts::Column(*index), *coding),
                Source::Constant(text) => (Texts::Constant(text.clone()), Coding::Plain),
            };
            let reading = reading.unwrap_or(Reading::Role(field, coding));
            sources.push(From { texts, reading });
        }
    }
    sources
}

/// A column of a chunk as an algorithm is given it.
pub(super) struct Read {
    pub(super) texts: Vec<String>,
    /// By row, the place of its text, or [`NOT_GIVEN`].
    codes: Vec<u32>,
}

impl Read {
    /// The codes of some rows, in ascending order.
    pub(super) fn of_rows(&self, rows: &[u32]) -> Cow<'_, [u32]> {
        if rows.len() == self.codes.len() {
            return Cow::Borrowed(&self.codes);
        }
        rows.iter().map(|row| self.codes.get(*row as usize).copied().unwrap_or(NOT_GIVEN)).collect()
    }

    /// What a row gives.
    pub(super) fn text(&self, row: usize) -> Option<&str> {
        self.texts.get(*self.codes.get(row)? as usize).map(String::as_str)
    }

    /// The number that each row gives.
    pub(super) fn numbers(&self) -> Vec<Option<u16>> {
        let numbers: Vec<Option<u16>> = self.texts.iter().map(|text| text.trim().parse().ok()).collect();
        self.codes.iter().map(|code| numbers.get(*code as usize).copied().flatten()).collect()
    }
}

/// The columns of a chunk, each read once.
pub(super) struct Cells<'c> {
    chunk: &'c Chunk,
    coded: BTreeMap<usize, Coded>,
}

impl<'c> Cells<'c> {
    pub(super) fn new(chunk: &'c Chunk) -> Self {
        Self { chunk, coded: BTreeMap::new() }
    }

    /// What a chunk gives of an input.
    pub(super) fn of(&mut self, given: &Given<'_>) -> Read {
        let mut all: Option<Read> = None;
        for from in &given.sources {
            let read = self.read(given.item, from);
            match &mut all {
                None => all = Some(read),
                Some(all) => all.fill(read),
            }
        }
        all.unwrap_or(Read { texts: Vec::new(), codes: vec![NOT_GIVEN; self.chunk.rows()] })
    }

    fn read(&mut self, item: &Item, from: &From) -> Read {
        let text = |text: &str| as_given(item, from.reading, text);
        match &from.texts {
            Texts::Constant(constant) => {
                let texts: Vec<String> = text(constant).into_iter().collect();
                let code = if texts.is_empty() { NOT_GIVEN } else { 0 };
                Read { texts, codes: vec![code; self.chunk.rows()] }
            }
            Texts::Column(index) => {
                let coded = self.coded.entry(*index).or_insert_with(|| self.chunk.coded(*index));
                let mut texts = Vec::new();
                let new: Vec<u32> = coded
                    .texts
                    .iter()
                    .map(|cell| match text(cell) {
                        Some(text) => {
                            texts.push(text);
                            texts.len() as u32 - 1
                        }
                        None => NOT_GIVEN,
                    })
                    .collect();
                let code = |code: &u32| new.get(*code as usize).copied().unwrap_or(NOT_GIVEN);
                Read { texts, codes: coded.codes.iter().map(code).collect() }
            }
        }
    }
}

impl Read {
    /// Takes over what another column says where this one says nothing.
    fn fill(&mut self, other: Self) {
        let before = self.texts.len() as u32;
        self.texts.extend(other.texts);
        for (code, other) in self.codes.iter_mut().zip(other.codes) {
            if *code == NOT_GIVEN && other != NOT_GIVEN {
                *code = before + other;
            }
        }
    }
}

/// What a cell gives; nothing where it is blank.
fn as_given(item: &Item, reading: Reading, cell: &str) -> Option<String> {
    let text = match reading {
        Reading::Key => cell.to_owned(),
        Reading::Item => item.of_cell(cell).to_owned(),
        Reading::Role(field, coding) => of_role(item, field, coding, cell),
    };
    // Blank as SEER means it: nothing but characters up to the space.
    text.chars().any(|c| c > ' ').then_some(text)
}

/// A cell of a role in the notation of the item; as it stands where it cannot be read.
fn of_role(item: &Item, field: Field, coding: Coding, cell: &str) -> String {
    const BEHAVIOR: u32 = 523;
    match parse(field, coding, cell) {
        Parsed::Site(Cell::Value(site)) => site.to_string().replace('.', ""),
        Parsed::Morphology(_, Cell::Value(Behavior(code))) if item.naaccr_item == Some(BEHAVIOR) => {
            code.to_string()
        }
        Parsed::Morphology(..) if item.naaccr_item == Some(BEHAVIOR) => String::new(),
        Parsed::Morphology(Cell::Value(histology), _) => histology.to_string(),
        Parsed::Behavior(Cell::Value(Behavior(code))) => code.to_string(),
        Parsed::Age(Cell::Value(age)) => format!("{age:03}"),
        Parsed::Date(Cell::Value(date)) => format!("{:04}", date.year),
        Parsed::Sex(Cell::Value(Sex::Male)) => "1".to_owned(),
        Parsed::Sex(Cell::Value(Sex::Female)) => "2".to_owned(),
        // A word for a missing value is none of SEER's codes.
        Parsed::Age(Cell::Unknown) => "999".to_owned(),
        Parsed::Site(Cell::Unknown)
        | Parsed::Morphology(Cell::Unknown, _)
        | Parsed::Behavior(Cell::Unknown)
        | Parsed::Date(Cell::Unknown)
        | Parsed::Sex(Cell::Unknown) => String::new(),
        _ => cell.trim().to_owned(),
    }
}
