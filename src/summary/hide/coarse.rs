//! Coarser counts: labels left out, and rare values put together.

use std::collections::{BTreeMap, BTreeSet};

use super::release::{CubeForm, Pool, RELEASE};
use crate::summary::cube::Cube;

/// Counts that are made coarser, by their labels.
#[derive(Default)]
pub(super) struct Coarse {
    pub(super) keys: Vec<String>,
    pub(super) rows: BTreeMap<Vec<String>, u64>,
}

impl Coarse {
    /// The counts as they are then.
    pub(super) fn cube(&self) -> Cube {
        Cube::collect(self.keys.clone(), self.rows.iter().map(|(labels, n)| (labels, *n)))
    }
}

pub(super) type Cubes = BTreeMap<String, Coarse>;

/// What values that were put together are called; of years, which are numbers, nothing is said.
pub(crate) const POOLED: &str = "pooled";
/// Derived stages that are none, which are put together as the last.
const UNKNOWN: [&str; 2] = ["NA", "UNK"];

/// The counts that a release is made of, where no value of a pool has fewer than `least` records.
pub(super) fn coarsen<'a>(source: impl Fn(&str) -> &'a Cube, least: u64) -> Cubes {
    let mut cubes: Cubes =
        RELEASE.cubes.iter().map(|form| (form.name.clone(), without(source(form.source()), form))).collect();
    for pool in &RELEASE.pools {
        put_together(&mut cubes, pool, least);
    }
    cubes
}

fn without(cube: &Cube, form: &CubeForm) -> Coarse {
    let kept: Vec<usize> =
        (0..cube.keys.len()).filter(|&at| !form.without.contains(&cube.keys[at])).collect();
    let dropped: Vec<(usize, &Vec<String>)> =
        form.drop.iter().filter_map(|(label, values)| Some((place(&cube.keys, label)?, values))).collect();
    let class = form.class.as_ref().and_then(|class| Some((place(&cube.keys, &class.of)?, class)));
    let keys = kept.iter().map(|&at| cube.keys[at].clone()).chain(class.map(|(_, class)| class.name.clone()));
    let mut coarse = Coarse { keys: keys.collect(), ..Coarse::default() };
    for (row, n) in cube.rows() {
        let is_among = |values: &[String], at: usize| values.iter().any(|value| value == row[at]);
        if dropped.iter().any(|(at, values)| is_among(values, *at)) {
            continue;
        }
        let mut labels: Vec<String> = kept.iter().map(|&at| row[at].to_owned()).collect();
        labels
            .extend(class.map(|(at, class)| if is_among(&class.yes, at) { "yes" } else { "no" }.to_owned()));
        *coarse.rows.entry(labels).or_default() += n;
    }
    coarse
}

/// Where a label stands.
pub(super) fn place(keys: &[String], label: &str) -> Option<usize> {
    keys.iter().position(|known| known == label)
}

fn places(cube: &Coarse, labels: &[String]) -> Option<Vec<usize>> {
    labels.iter().map(|label| place(&cube.keys, label)).collect()
}

fn values(row: &[String], places: &[usize]) -> Vec<String> {
    places.iter().map(|&at| row[at].clone()).collect()
}

/// Records of a value, by class.
type Sizes = BTreeMap<Vec<String>, BTreeMap<String, u64>>;

fn put_together(cubes: &mut Cubes, pool: &Pool, least: u64) {
    let Some(cube) = cubes.get(&pool.from) else { return };
    let (Some(within), Some(labels)) = (places(cube, &pool.within), places(cube, &pool.labels)) else {
        return;
    };
    let class = pool.class.as_ref().and_then(|class| place(&cube.keys, class));
    let mut sizes = BTreeMap::<Vec<String>, Sizes>::new();
    for (row, n) in &cube.rows {
        let of_class = class.map_or(String::new(), |at| row[at].clone());
        let sizes = sizes.entry(values(row, &within)).or_default().entry(values(row, &labels)).or_default();
        *sizes.entry(of_class).or_default() += n;
    }
    let mut rare = BTreeMap::new();
    for (context, sizes) in sizes {
        let small = |classes: &BTreeMap<String, u64>| classes.values().any(|n| (1..least).contains(n));
        let small = sizes.iter().filter(|(_, classes)| small(classes)).map(|(value, _)| value.clone());
        let members = enough(&sizes, small.collect(), least);
        if !members.is_empty() {
            rare.insert(context, members);
        }
    }
    for name in &pool.into {
        let Some(cube) = cubes.get_mut(name) else { continue };
        let (Some(within), Some(labels)) = (places(cube, &pool.within), places(cube, &pool.labels)) else {
            continue;
        };
        let also: Vec<usize> = pool.also.iter().filter_map(|label| place(&cube.keys, label)).collect();
        recode(cube, &[&labels[..], &also].concat(), |row| {
            rare.get(&values(row, &within)).is_some_and(|members| members.contains(&values(row, &labels)))
        });
    }
}

/// Puts some values of a label together, and as many more as it takes to hide which of them is which.
pub(super) fn pool_more(cube: &mut Coarse, label: &str, wanted: &BTreeSet<String>, least: u64) {
    let Some(at) = place(&cube.keys, label) else { return };
    let mut sizes = Sizes::new();
    for (row, n) in &cube.rows {
        *sizes.entry(vec![row[at].clone()]).or_default().entry(String::new()).or_default() += n;
    }
    let wanted = wanted.iter().map(|value| vec![value.clone()]).collect();
    let members = enough(&sizes, wanted, least);
    recode(cube, &[at], |row| members.contains(&[row[at].clone()][..]));
}

/// The members of a pool, the next smallest values besides while they are too few. What is not known is not
/// reckoned as one of two, since its number may be told elsewhere.
fn enough(sizes: &Sizes, mut members: BTreeSet<Vec<String>>, least: u64) -> BTreeSet<Vec<String>> {
    let known = |value: &[String]| value.iter().any(|text| !text.is_empty());
    if members.is_empty() {
        return members;
    }
    let mut others: Vec<(u64, &Vec<String>)> = sizes
        .iter()
        .filter(|(value, _)| known(value) && !members.contains(*value))
        .map(|(value, classes)| (classes.values().sum(), value))
        .collect();
    others.sort();
    let mut others = others.into_iter();
    loop {
        let mut sums = BTreeMap::<&str, u64>::new();
        let of_members = members.iter().filter(|value| known(value)).filter_map(|value| sizes.get(value));
        for (class, n) in of_members.flatten() {
            *sums.entry(class).or_default() += n;
        }
        let many = members.iter().filter(|value| known(value)).count() > 1;
        if many && sums.values().all(|&n| n >= least) {
            return members;
        }
        let Some((_, value)) = others.next() else { return members };
        members.insert(value.clone());
    }
}

fn recode(cube: &mut Coarse, labels: &[usize], is_member: impl Fn(&[String]) -> bool) {
    let text: Vec<&str> = cube.keys.iter().map(|key| if key == "year" { "" } else { POOLED }).collect();
    let derived = ["derived_stage", "derived"].map(|label| place(&cube.keys, label));
    let mut coarse = BTreeMap::<Vec<String>, u64>::new();
    for (mut row, n) in std::mem::take(&mut cube.rows) {
        if is_member(&row) {
            for &at in labels {
                let unknown = derived.contains(&Some(at)) && UNKNOWN.contains(&row[at].as_str());
                if unknown { UNKNOWN[1] } else { text[at] }.clone_into(&mut row[at]);
            }
        }
        *coarse.entry(row).or_default() += n;
    }
    cube.rows = coarse;
}
