//! What a release leaves out, as data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::summary::spec::Only;

/// Counts that a release is made of.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct CubeForm {
    pub(super) name: String,
    of: Option<String>,
    #[serde(default)]
    pub(super) without: Vec<String>,
    /// Values of labels that are left out.
    #[serde(default)]
    pub(super) drop: Only,
    pub(super) class: Option<Class>,
    /// Labels whose sums are known besides.
    #[serde(default)]
    pub(super) fixed: Vec<String>,
    /// What is counted, where that is not records.
    #[serde(default)]
    pub(super) apart: String,
    /// The label whose values are put together where nothing else helps.
    pub(super) pool: Option<String>,
    #[serde(default, rename = "swap")]
    pub(super) swaps: Vec<Swap>,
}

impl CubeForm {
    /// The counts that they are made of.
    pub(super) fn source(&self) -> &str {
        self.of.as_ref().unwrap_or(&self.name)
    }
}

/// A label made of another one.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Class {
    pub(super) name: String,
    pub(super) of: String,
    pub(super) yes: Vec<String>,
}

/// Which labels two records may exchange.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Swap {
    pub(super) within: Vec<String>,
    pub(super) left: Vec<String>,
    pub(super) right: Vec<String>,
}

/// Values with too few records, which are put together.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Pool {
    pub(super) from: String,
    #[serde(default)]
    pub(super) within: Vec<String>,
    pub(super) labels: Vec<String>,
    /// Labels that go with them.
    #[serde(default)]
    pub(super) also: Vec<String>,
    pub(super) class: Option<String>,
    pub(super) into: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Release {
    #[serde(rename = "cube")]
    pub(super) cubes: Vec<CubeForm>,
    #[serde(rename = "pool")]
    pub(super) pools: Vec<Pool>,
}

impl Release {
    /// Labels of a cube whose sums stay as they are, because another cube of the same things has them too.
    pub(super) fn links(&self, keys: &BTreeMap<&str, Vec<&str>>, cube: &CubeForm) -> Vec<Vec<String>> {
        let own = keys.get(cube.name.as_str()).cloned().unwrap_or_default();
        let others = self.cubes.iter().filter(|other| other.name != cube.name && other.apart == cube.apart);
        let shared = others.filter_map(|other| {
            let theirs = keys.get(other.name.as_str())?;
            Some(own.iter().filter(|label| theirs.contains(label)).map(|&label| label.to_owned()).collect())
        });
        let mut links: Vec<Vec<String>> =
            shared.chain((!cube.fixed.is_empty()).then(|| cube.fixed.clone())).collect();
        links.sort();
        links.dedup();
        links
    }
}

const TEXT: &str = include_str!("release.toml");

/// What every release leaves out.
pub(super) static RELEASE: LazyLock<Release> = LazyLock::new(|| toml::from_str(TEXT).unwrap_or_default());

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::summary::sample;
    use crate::summary::spec::FORMS;

    #[test]
    fn the_file_fits_the_counts_and_the_tables() {
        let release: Release = toml::from_str(TEXT).unwrap();
        let partial = sample::partial();
        let names: BTreeSet<&str> = release.cubes.iter().map(|cube| cube.name.as_str()).collect();
        for cube in &release.cubes {
            let keys = &partial.cube(cube.source()).keys;
            let swapped =
                cube.swaps.iter().flat_map(|swap| [&swap.within, &swap.left, &swap.right]).flatten();
            let class = cube.class.as_ref().map(|class| class.name.as_str());
            for label in cube.without.iter().chain(cube.drop.keys()).chain(swapped).chain(&cube.fixed) {
                assert!(keys.contains(label) || Some(label.as_str()) == class, "{} {label}", cube.name);
            }
        }
        for pool in &release.pools {
            assert!(pool.into.iter().chain([&pool.from]).all(|name| names.contains(name.as_str())));
        }
        for form in FORMS.iter().filter(|form| !form.detail) {
            for part in form.parts.iter().filter(|part| part.is_in(true)) {
                let of = part.of.cube.as_ref().unwrap_or(&part.cube);
                assert_eq!(names.contains(part.cube.as_str()), names.contains(of.as_str()), "{}", form.name);
            }
        }
    }

    /// Labels that two cubes share hang together like a tree: taking away a cube that meets the others in the
    /// labels of one of them only, again and again, takes away all.
    #[test]
    fn the_tables_hang_together_like_a_tree() {
        let partial = sample::partial();
        for kind in ["", "findings"] {
            let cubes = RELEASE.cubes.iter().filter(|cube| cube.apart == kind);
            let mut left: Vec<BTreeSet<String>> = cubes
                .map(|cube| {
                    let keys = partial.cube(cube.source()).keys.iter().cloned();
                    let keys = keys.filter(|key| !cube.without.contains(key));
                    keys.chain(cube.class.as_ref().map(|class| class.name.clone())).collect()
                })
                .collect();
            while left.len() > 1 {
                let ear = (0..left.len()).find(|&at| {
                    let others = || left.iter().enumerate().filter(move |(other, _)| *other != at);
                    let shared: BTreeSet<_> = left[at]
                        .iter()
                        .filter(|label| others().any(|(_, set)| set.contains(*label)))
                        .collect();
                    others().any(|(_, set)| shared.iter().all(|label| set.contains(*label)))
                });
                left.remove(ear.unwrap_or_else(|| panic!("a ring: {left:?}")));
            }
        }
    }
}
