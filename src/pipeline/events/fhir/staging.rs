//! The Observations of one patient, date and classification to events: each group with its categories.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::codes::Tells;
use super::observation::{Observation, prefix};
use crate::category::Prefix;
use crate::input::{Reject, RejectCause};

/// The columns of a staging, as the layout for FHIR knows them.
pub(in crate::pipeline::events) const COLUMNS: [&str; 10] = [
    "fhir.tumor",
    "fhir.subject",
    "fhir.effective",
    "fhir.classification",
    "fhir.group",
    "fhir.t",
    "fhir.n",
    "fhir.m",
    "fhir.edition",
    "fhir.source",
];

/// File and line of an Observation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(in crate::pipeline::events) struct Place {
    pub(in crate::pipeline::events) file: usize,
    pub(in crate::pipeline::events) line: u64,
}

impl Place {
    pub(super) fn bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        let (file, line) = bytes.split_at_mut(4);
        file.copy_from_slice(&(self.file as u32).to_be_bytes());
        line.copy_from_slice(&self.line.to_be_bytes());
        bytes
    }
}

/// What came of some Observations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::pipeline::events) enum Joined {
    Staging(Staging),
    /// One that belongs to no staging.
    Refused(Reject),
    /// One that another line tells in the same words.
    Repeated,
}

/// An event of Observations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::pipeline::events) struct Staging {
    /// The texts by column.
    pub(in crate::pipeline::events) cells: [String; COLUMNS.len()],
    /// Its Observations, the group first if it has one.
    parts: Vec<(Place, String)>,
}

impl Staging {
    /// Place of the group, else of the first category.
    pub(in crate::pipeline::events) fn place(&self) -> Place {
        self.parts.first().map_or(Place { file: 0, line: 0 }, |(place, _)| *place)
    }

    /// How many lines tell it.
    pub(in crate::pipeline::events) fn lines(&self) -> u64 {
        self.parts.len() as u64
    }

    /// Every line of it as one that cannot be used.
    pub(in crate::pipeline::events) fn rejects(&self, why: &str) -> Vec<Reject> {
        let first = self.place();
        let reject = |(place, raw): &(Place, String)| {
            let why = if *place == first {
                why.to_owned()
            } else {
                format!("part of the staging on line {}: {why}", first.line)
            };
            refused(*place, raw.clone(), why)
        };
        self.parts.iter().map(reject).collect()
    }
}

/// What is sorted by patient, date and classification.
#[derive(Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) place: Place,
    /// The group that names it.
    pub(super) group: Option<Place>,
    pub(super) own: Observation,
}

/// The Observations of one patient, date and classification, by the condition that was staged. What names
/// none is of the only one that the others name.
pub(super) fn stagings<E>(
    identity: &str,
    parts: Vec<Part>,
    each: &mut impl FnMut(Joined) -> Result<(), E>,
) -> Result<(), E> {
    let groups: BTreeMap<Place, String> = parts
        .iter()
        .filter(|part| part.own.tells == Tells::Group)
        .map(|group| (group.place, group.own.condition.clone()))
        .collect();
    let parts = with_their_groups(identity, parts, &groups, each)?;
    let named: BTreeSet<&str> =
        parts.iter().map(|part| part.own.condition.as_str()).filter(|named| !named.is_empty()).collect();
    let only = named.first().filter(|_| named.len() == 1).map(|&only| only.to_owned());
    let mut tumors: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for part in parts {
        let of_group = part.group.and_then(|group| groups.get(&group));
        let condition = only.as_ref().or(of_group).unwrap_or(&part.own.condition).clone();
        tumors.entry(condition).or_default().push(part);
    }
    tumors.into_iter().try_for_each(|(condition, parts)| of_tumor(&condition, parts, each))
}

/// The parts whose group is among them or that have none. A category whose group was refused stands by itself
/// where it belongs here, unless another group here names it.
fn with_their_groups<E>(
    identity: &str,
    parts: Vec<Part>,
    groups: &BTreeMap<Place, String>,
    each: &mut impl FnMut(Joined) -> Result<(), E>,
) -> Result<Vec<Part>, E> {
    let held = |part: &Part| part.group.is_none_or(|group| groups.contains_key(&group));
    let mut seen: BTreeSet<Place> = parts.iter().filter(|part| held(part)).map(|part| part.place).collect();
    let (mut kept, lost): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(held);
    for mut part in lost {
        let Some(group) = part.group.take().filter(|_| seen.insert(part.place)) else { continue };
        if part.own.identity() == identity {
            kept.push(part);
        } else {
            let why = format!("the stage group on line {} names it, and was refused", group.line);
            each(part.own.refused(part.place, why))?;
        }
    }
    kept.sort_by_key(|part| part.place);
    Ok(kept)
}

/// Those of one condition, in the order of their places: a staging for each group, or else one for all
/// categories.
fn of_tumor<E>(
    condition: &str,
    parts: Vec<Part>,
    each: &mut impl FnMut(Joined) -> Result<(), E>,
) -> Result<(), E> {
    let (groups, categories): (Vec<Part>, Vec<Part>) =
        parts.into_iter().partition(|part| part.own.tells == Tells::Group);
    let (named, loose): (Vec<Part>, Vec<Part>) =
        categories.into_iter().partition(|part| groups.iter().any(|group| Some(group.place) == part.group));
    // A category that stands by itself is told once, whatever it joins.
    let mut loose = told_once(&loose.iter().collect::<Vec<_>>(), each)?;
    let mut joined = BTreeSet::new();
    for group in &groups {
        let own: Vec<&Part> = named.iter().filter(|part| part.group == Some(group.place)).collect();
        let mut own = told_once(&own, each)?;
        for &part in &loose {
            if own.iter().all(|first| first.own.tells != part.own.tells) {
                own.push(part);
                joined.insert(part.place);
            }
        }
        own.insert(0, group);
        each(staging(condition, group, &own))?;
    }
    loose.retain(|part| !joined.contains(&part.place));
    if groups.is_empty() {
        return loose.first().map_or(Ok(()), |first| each(staging(condition, first, &loose)));
    }
    // What is left found a category that every group names itself.
    for part in loose {
        let first = named.iter().find(|first| first.own.tells == part.own.tells);
        first.map_or(Ok(()), |first| each(again(part, first)))?;
    }
    Ok(())
}

/// The first of each category, T before N before M; what another line tells otherwise is refused.
fn told_once<'p, E>(
    parts: &[&'p Part],
    each: &mut impl FnMut(Joined) -> Result<(), E>,
) -> Result<Vec<&'p Part>, E> {
    let mut once: Vec<&Part> = Vec::new();
    for &part in parts {
        match once.iter().find(|first| first.own.tells == part.own.tells) {
            None => once.push(part),
            Some(first) => each(again(part, first))?,
        }
    }
    once.sort_by_key(|part| part.own.tells);
    Ok(once)
}

/// What comes of a category that another line tells already.
fn again(part: &Part, first: &Part) -> Joined {
    if part.own.value == first.own.value {
        return Joined::Repeated;
    }
    let why = format!("line {} tells another {} of this staging", first.place.line, part.own.tells);
    part.own.refused(part.place, why)
}

/// One event; `first` says date and classification.
fn staging(condition: &str, first: &Part, parts: &[&Part]) -> Joined {
    let own = &first.own;
    let cell = |tells: Tells| {
        let part = parts.iter().find(|part| part.own.tells == tells);
        part.map_or_else(String::new, |part| part.own.marked(&own.classification))
    };
    let edition = parts.iter().map(|part| &part.own.edition).find(|edition| !edition.is_empty());
    let tumor = if condition.is_empty() { &own.subject } else { condition };
    let cells = [
        tumor.to_owned(),
        own.subject.clone(),
        own.date.clone(),
        own.classification.clone(),
        cell(Tells::Group),
        cell(Tells::T),
        cell(Tells::N),
        cell(Tells::M),
        edition.cloned().unwrap_or_default(),
        own.reference(),
    ];
    let parts = parts.iter().map(|part| (part.place, part.own.reference())).collect();
    Joined::Staging(Staging { cells, parts })
}

impl Observation {
    /// Patient (else condition), date and classification.
    pub(super) fn identity(&self) -> String {
        let whose = if self.subject.is_empty() { &self.condition } else { &self.subject };
        [whose.as_str(), &self.date, &self.classification].join("\0")
    }

    fn reference(&self) -> String {
        if self.id.is_empty() { "Observation".to_owned() } else { format!("Observation/{}", self.id) }
    }

    /// The value with the letters of its own code before it, where they are not those of the staging and it
    /// bears none itself: a pathologic T in a clinical staging stays pathologic.
    fn marked(&self, classification: &str) -> String {
        let bare = self.tells != Tells::Group && prefix(self.tells, &self.value) == Prefix::default();
        if bare && self.classification != classification && !self.value.is_empty() {
            return format!("{}{}", self.classification, self.value);
        }
        self.value.clone()
    }

    pub(super) fn refused(&self, place: Place, why: String) -> Joined {
        Joined::Refused(refused(place, self.reference(), why))
    }
}

fn refused(place: Place, raw: String, why: String) -> Reject {
    Reject { file: place.file, line: place.line, cause: RejectCause::Unusable { why }, raw }
}
