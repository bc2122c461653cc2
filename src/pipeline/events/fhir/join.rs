//! Observations of one staging to one event, however they are spread over files and lines.
//!
//! A stage group names its categories by their ids, which may stand anywhere; so all are sorted on disk by
//! id first, and then by what they belong to: tumor, date and classification. Nothing is kept in memory but
//! the Observations of one such staging.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::codes::Tells;
use super::observation::{Observation, prefix};
use crate::category::{Cell, Parsed, parse};
use crate::fields::{Coding, Field};
use crate::input::{Reject, RejectCause};
use crate::pipeline::sorted::Sorter;

/// The columns of a staging, as the layout for FHIR knows them.
pub(super) const COLUMNS: [&str; 10] = [
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

/// The most groups that one category may belong to, and the most Observations of one tumor, date and
/// classification. What has more is no staging but something that went wrong in the export.
const MOST_GROUPS: usize = 16;
const MOST_OBSERVATIONS: usize = 256;

/// File and line of an Observation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) line: u64,
}

/// A staging, or an Observation that belongs to none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::pipeline::events) enum Joined {
    /// Place of the group, else of the first category, and the texts by column.
    Staging { file: usize, line: u64, cells: [String; COLUMNS.len()] },
    Refused(Reject),
}

/// Tumor, date and classification.
type Identity = (String, String, String);

/// What is sorted by id.
#[derive(Serialize, Deserialize)]
enum ById {
    /// A group names this id.
    Claim(Place, Identity),
    Own(Place, Box<Observation>),
}

/// What is sorted by tumor, date and classification.
#[derive(Serialize, Deserialize)]
struct Part {
    place: Place,
    /// The group that names it.
    group: Option<Place>,
    own: Observation,
}

/// Observations on their way to stagings.
pub(super) struct Joiner {
    folder: PathBuf,
    by_id: Sorter,
    by_staging: Sorter,
}

impl Joiner {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), by_id: Sorter::new(folder), by_staging: Sorter::new(folder) }
    }

    /// Adds an Observation.
    pub(super) fn push(&mut self, place: Place, own: Observation) -> io::Result<()> {
        for member in own.members.iter().filter(|member| !member.is_empty()) {
            let claim = ById::Claim(place, identity(&own));
            self.by_id.push(order(member), row(member, 0, place, &claim)?)?;
        }
        if own.id.is_empty() {
            return self.belongs(&identity(&own), &Part { place, group: None, own });
        }
        let row = row(&own.id, 1, place, &ById::Own(place, Box::new(own.clone())))?;
        self.by_id.push(order(&own.id), row)
    }

    fn belongs(&mut self, to: &Identity, part: &Part) -> io::Result<()> {
        let key = serde_json::to_string(to)?;
        self.by_staging.push(order(&key), row(&key, 0, part.place, part)?)
    }

    /// Hands on every staging, in an order that depends on the Observations alone.
    pub(super) fn finish<E: From<io::Error>>(
        mut self,
        mut each: impl FnMut(Joined) -> Result<(), E>,
    ) -> Result<(), E> {
        let by_id = std::mem::replace(&mut self.by_id, Sorter::new(&self.folder));
        let mut id = String::new();
        let mut claims: Vec<(Place, Identity)> = Vec::new();
        let mut first: Option<Place> = None;
        for sorted in by_id.finish()? {
            let (_, bytes) = sorted?;
            let (key, payload) = split(&bytes)?;
            if key != id {
                key.clone_into(&mut id);
                claims.clear();
                first = None;
            }
            match serde_json::from_slice(payload).map_err(io::Error::other)? {
                // Claims stand before what they name.
                ById::Claim(group, identity) => {
                    if claims.len() <= MOST_GROUPS {
                        claims.push((group, identity));
                    }
                }
                ById::Own(place, own) => {
                    if let Some(first) = first {
                        each(refused(place, &own, &format!("its id is that of line {} as well", first.line)))?;
                        continue;
                    }
                    first = Some(place);
                    if own.tells == Tells::Group || claims.is_empty() {
                        self.belongs(&identity(&own), &Part { place, group: None, own: *own })?;
                    } else if claims.len() > MOST_GROUPS {
                        each(refused(place, &own, &format!("more than {MOST_GROUPS} stage groups name it")))?;
                    } else {
                        for (group, identity) in &claims {
                            let part = Part { place, group: Some(*group), own: (*own).clone() };
                            self.belongs(identity, &part)?;
                        }
                    }
                }
            }
        }
        self.stagings(each)
    }

    fn stagings<E: From<io::Error>>(self, mut each: impl FnMut(Joined) -> Result<(), E>) -> Result<(), E> {
        let mut key = String::new();
        let mut parts: Vec<Part> = Vec::new();
        for sorted in self.by_staging.finish()? {
            let (_, bytes) = sorted?;
            let (next, payload) = split(&bytes)?;
            if next != key {
                one(std::mem::take(&mut parts), &mut each)?;
                next.clone_into(&mut key);
            }
            let part: Part = serde_json::from_slice(payload).map_err(io::Error::other)?;
            if parts.len() < MOST_OBSERVATIONS {
                parts.push(part);
            } else {
                let why = format!("more than {MOST_OBSERVATIONS} Observations of one tumor, date and classification");
                each(refused(part.place, &part.own, &why))?;
            }
        }
        one(parts, &mut each)
    }
}

/// The Observations of one tumor, date and classification, in the order of their places: a staging for each
/// group, or else one for all categories.
fn one<E>(parts: Vec<Part>, each: &mut impl FnMut(Joined) -> Result<(), E>) -> Result<(), E> {
    let (groups, categories): (Vec<Part>, Vec<Part>) =
        parts.into_iter().partition(|part| part.own.tells == Tells::Group);
    let (named, mut loose): (Vec<Part>, Vec<Part>) =
        categories.into_iter().partition(|part| groups.iter().any(|group| Some(group.place) == part.group));
    let mut refuse = |part: &Part, first: Place| {
        let Joined::Refused(_) = refused(part.place, &part.own, "") else { return Ok(()) };
        let why = format!("line {} tells another {} of this staging", first.line, letter(part.own.tells));
        each(refused(part.place, &part.own, &why))
    };
    // A category that stands by itself is told once, whatever it joins.
    let mut at = 0;
    while let Some(part) = loose.get(at) {
        let first = loose[..at].iter().find(|first| first.own.tells == part.own.tells);
        match first {
            Some(first) => {
                if first.own.value != part.own.value {
                    refuse(part, first.place)?;
                }
                loose.remove(at);
            }
            None => at += 1,
        }
    }
    let mut stagings: Vec<Vec<&Part>> = Vec::new();
    for group in &groups {
        let mut own: Vec<&Part> = vec![group];
        for part in named.iter().filter(|part| part.group == Some(group.place)) {
            match own.iter().find(|first| first.own.tells == part.own.tells) {
                Some(first) if first.own.value != part.own.value => refuse(part, first.place)?,
                Some(_) => {}
                None => own.push(part),
            }
        }
        for part in &loose {
            if own.iter().all(|first| first.own.tells != part.own.tells) {
                own.push(part);
            }
        }
        stagings.push(own);
    }
    if groups.is_empty() && !loose.is_empty() {
        stagings.push(loose.iter().collect());
    }
    stagings.into_iter().filter_map(|parts| staging(&parts)).try_for_each(each)
}

/// One event; the first part is its group, if it has one.
fn staging(parts: &[&Part]) -> Option<Joined> {
    let Part { place, own: first, .. } = parts.first()?;
    let cell = |tells: Tells| {
        let part = parts.iter().find(|part| part.own.tells == tells);
        part.map_or_else(String::new, |part| marked(&part.own, &first.classification))
    };
    let edition = parts.iter().map(|part| &part.own.edition).find(|edition| !edition.is_empty());
    let cells = [
        first.tumor.clone(),
        first.subject.clone(),
        first.date.clone(),
        first.classification.clone(),
        cell(Tells::Group),
        cell(Tells::T),
        cell(Tells::N),
        cell(Tells::M),
        edition.cloned().unwrap_or_default(),
        reference(first),
    ];
    Some(Joined::Staging { file: place.file, line: place.line, cells })
}

/// A value with the letters of its own code before it, where they are not those of the staging and it bears
/// none itself: a pathologic T in a clinical staging stays pathologic.
fn marked(own: &Observation, classification: &str) -> String {
    let bare = prefix(own.tells, &own.value) == crate::category::Prefix::default();
    if bare && own.classification != classification && own.tells != Tells::Group && !own.value.is_empty() {
        return format!("{}{}", own.classification, own.value);
    }
    own.value.clone()
}
