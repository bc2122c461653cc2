//! Observations of one staging to one event, however they are spread over files and lines.
//!
//! A stage group names its categories by their ids, which may stand anywhere; so all are sorted on disk by
//! id first, and then by what they belong to: patient, date and classification. Nothing is kept in memory but
//! the Observations of one such staging.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::codes::Tells;
use super::observation::Observation;
use super::staging::{Joined, Part, Place, stagings};
use crate::pipeline::events::store::hash;
use crate::pipeline::sorted::Sorter;

/// The most groups that one category may belong to, and the most Observations of one patient, date and
/// classification. What has more is no staging but something that went wrong in the export.
const MOST_GROUPS: usize = 16;
const MOST_OBSERVATIONS: usize = 256;

/// What is sorted by id.
#[derive(Serialize, Deserialize)]
enum ById {
    /// A group names this id.
    Claim(Place, String),
    Own(Place, Box<Observation>),
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
        let members: BTreeSet<&String> = own.members.iter().filter(|member| !member.is_empty()).collect();
        for member in members {
            let claim = ById::Claim(place, own.identity());
            self.by_id.push(hash(member), &row(member, 0, place, &claim)?)?;
        }
        if own.id.is_empty() {
            return self.belongs(&own.identity(), &Part { place, group: None, own });
        }
        let id = own.id.clone();
        self.by_id.push(hash(&id), &row(&id, 1, place, &ById::Own(place, Box::new(own)))?)
    }

    fn belongs(&mut self, identity: &str, part: &Part) -> io::Result<()> {
        self.by_staging.push(hash(identity), &row(identity, 0, part.place, part)?)
    }

    /// Hands on every staging, in an order that depends on the Observations alone.
    pub(super) fn finish<E: From<io::Error>>(
        mut self,
        mut each: impl FnMut(Joined) -> Result<(), E>,
    ) -> Result<(), E> {
        let by_id = std::mem::replace(&mut self.by_id, Sorter::new(&self.folder));
        let mut id = String::new();
        let mut claims: Vec<(Place, String)> = Vec::new();
        let mut first: Option<(Place, Observation)> = None;
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
                    if let Some((first, same)) = &first {
                        each(if *same == *own {
                            Joined::Repeated
                        } else {
                            own.refused(place, format!("its id is that of line {} as well", first.line))
                        })?;
                        continue;
                    }
                    first = Some((place, (*own).clone()));
                    if own.tells == Tells::Group || claims.is_empty() {
                        self.belongs(&own.identity(), &Part { place, group: None, own: *own })?;
                    } else if claims.len() > MOST_GROUPS {
                        each(own.refused(place, format!("more than {MOST_GROUPS} stage groups name it")))?;
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
                stagings(&key, std::mem::take(&mut parts), &mut each)?;
                next.clone_into(&mut key);
            }
            let part: Part = serde_json::from_slice(payload).map_err(io::Error::other)?;
            if parts.len() < MOST_OBSERVATIONS {
                parts.push(part);
            } else {
                let why = format!(
                    "more than {MOST_OBSERVATIONS} Observations of one patient, date and classification"
                );
                each(part.own.refused(part.place, why))?;
            }
        }
        stagings(&key, parts, &mut each)
    }
}

/// A row that sorts by key, rank and place.
fn row(key: &str, rank: u8, place: Place, payload: &impl Serialize) -> io::Result<Vec<u8>> {
    let length = u32::try_from(key.len()).map_err(io::Error::other)?;
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend_from_slice(key.as_bytes());
    bytes.push(rank);
    bytes.extend_from_slice(&place.bytes());
    serde_json::to_writer(&mut bytes, payload)?;
    Ok(bytes)
}

/// Key and payload of such a row.
fn split(row: &[u8]) -> io::Result<(&str, &[u8])> {
    let damaged = || io::Error::other("the temporary file of Observations is damaged");
    let (length, rest) = row.split_first_chunk().ok_or_else(damaged)?;
    let (key, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(damaged)?;
    let (_, payload) = rest.split_first_chunk::<13>().ok_or_else(damaged)?;
    Ok((std::str::from_utf8(key).map_err(io::Error::other)?, payload))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::events::fhir::staging::Staging;

    fn told(id: &str, tells: Tells, whose: (&str, &str), value: &str, members: &[&str]) -> Observation {
        Observation {
            id: id.to_owned(),
            tells,
            classification: "c".to_owned(),
            value: value.to_owned(),
            date: "2020".to_owned(),
            condition: whose.0.to_owned(),
            subject: whose.1.to_owned(),
            edition: String::new(),
            members: members.iter().map(|&member| member.to_owned()).collect(),
        }
    }

    /// The stagings of some Observations as `tumor group t n m`, and the lines of those refused.
    fn joined(all: &[(u64, Observation)]) -> (Vec<String>, Vec<u64>, u64) {
        let folder = tempfile::tempdir().unwrap();
        let mut joiner = Joiner::new(folder.path());
        for (line, own) in all {
            joiner.push(Place { file: 0, line: *line }, own.clone()).unwrap();
        }
        let (mut stagings, mut refused, mut repeated) = (Vec::new(), Vec::new(), 0);
        let finished = joiner.finish(|joined| {
            match joined {
                Joined::Staging(Staging { cells, .. }) => {
                    stagings.push([0, 4, 5, 6, 7].map(|at: usize| cells[at].as_str()).join(" "));
                }
                Joined::Refused(reject) => refused.push(reject.line),
                Joined::Repeated => repeated += 1,
            }
            io::Result::Ok(())
        });
        finished.unwrap();
        stagings.sort();
        refused.sort_unstable();
        (stagings, refused, repeated)
    }

    #[test]
    fn categories_find_their_group() {
        let (p1, k1, k2) = (("", "p1"), ("k1", "p1"), ("k2", "p1"));
        for (all, expected) in [
            // Named by the group, by the same patient, date and classification, and alone.
            (
                vec![
                    told("g", Tells::Group, k1, "IIA", &["t"]),
                    told("t", Tells::T, ("", "p9"), "T3", &[]),
                    told("n", Tells::N, p1, "N0", &[]),
                ],
                vec!["k1 IIA T3 N0 "],
            ),
            (
                vec![told("t", Tells::T, p1, "T3", &[]), told("m", Tells::M, p1, "M0", &[])],
                vec!["p1  T3  M0"],
            ),
            // Two tumors of one patient: what names none belongs to neither.
            (
                vec![
                    told("g", Tells::Group, k1, "IIA", &["t"]),
                    told("h", Tells::Group, k2, "I", &[]),
                    told("t", Tells::T, p1, "T3", &[]),
                    told("n", Tells::N, p1, "N0", &[]),
                    told("m", Tells::M, k2, "M0", &[]),
                ],
                vec!["k1 IIA T3  ", "k2 I   M0", "p1   N0 "],
            ),
            // What a group names goes before what only fits.
            (
                vec![
                    told("s", Tells::T, k1, "T1", &[]),
                    told("g", Tells::Group, k1, "IIA", &["t"]),
                    told("t", Tells::T, k1, "T3", &[]),
                ],
                vec!["k1 IIA T3  "],
            ),
            // Two groups share a category.
            (
                vec![
                    told("g", Tells::Group, k1, "IIA", &["t"]),
                    told("h", Tells::Group, k1, "IIB", &["t"]),
                    told("t", Tells::T, k1, "T3", &[]),
                ],
                vec!["k1 IIA T3  ", "k1 IIB T3  "],
            ),
        ] {
            let all: Vec<(u64, Observation)> = (1..).zip(all).collect();
            assert_eq!(joined(&all).0, expected);
        }
    }

    proptest! {
        /// Whatever the export looks like, an Observation is in a staging, repeated or refused.
        #[test]
        fn none_is_lost_in_any_order(
            all in prop::collection::vec(
                (0_usize..6, 0_usize..4, 0_usize..3, 0_usize..3, prop::collection::vec(0_usize..6, 0..3)),
                1..14,
            ),
            order in any::<prop::sample::Index>(),
        ) {
            let kinds = [Tells::Group, Tells::T, Tells::N, Tells::M];
            let all: Vec<(u64, Observation)> = (1..)
                .zip(&all)
                .map(|(line, (id, kind, condition, subject, members))| {
                    let members: Vec<String> = members.iter().map(|member| format!("o{member}")).collect();
                    let members: Vec<&str> = members.iter().map(String::as_str).collect();
                    let whose = (["", "k1", "k2"][*condition], ["", "p1", "p2"][*subject]);
                    let mut own = told(&format!("o{id}"), kinds[*kind], whose, &format!("v{line}"), &members);
                    if *kind > 0 {
                        own.members.clear();
                    }
                    (line, own)
                })
                .collect();
            let (stagings, refused, repeated) = joined(&all);
            for (line, own) in &all {
                let told = stagings.iter().any(|staging| staging.split(' ').any(|value| *value == own.value));
                prop_assert!(told || refused.contains(line), "line {line}: {stagings:?} {refused:?}");
            }
            prop_assert_eq!(repeated, 0);
            // The lines keep their numbers, so that their order in the file must not matter.
            let mut turned = all.clone();
            turned.rotate_left(order.index(all.len()));
            prop_assert_eq!(joined(&turned), (stagings, refused, repeated));
        }
    }
}
