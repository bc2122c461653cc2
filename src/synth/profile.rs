//! The synthetic registry as its data files describe it, read and checked once.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::SynthError;
use super::random::Weighted;
use super::row::Column;
use super::spelling::{Date, Group};
use super::table::{Basis, Example, Factor, MetsLine, Reader};

/// Everything of `profile.toml` and `cancers/`.
pub(super) struct Profile {
    pub(super) span: Span,
    pub(super) errors: Errors,
    pub(super) follow_up: FollowUp,
    pub(super) text: Text,
    pub(super) factors: FactorColumns,
    pub(super) cancers: Vec<Cancer>,
    /// Indexes into `cancers`.
    pub(super) frequency: Weighted<usize>,
}

/// Columns by the short name of a factor.
pub(super) type FactorColumns = BTreeMap<String, Vec<Column>>;

/// Years of diagnosis.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Span {
    pub(super) first_year: u32,
    pub(super) last_year: u32,
    pub(super) last_month: u32,
}

impl Span {
    pub(super) fn first(self) -> Date {
        Date::new(self.first_year, 1, 1)
    }

    /// When the export was drawn; nothing is dated later.
    pub(super) fn cut_off(self) -> Date {
        Date::new(self.last_year, self.last_month, Date::LAST_DAY)
    }
}

/// Shares of records with something wrong.
#[derive(Deserialize)]
pub(super) struct Errors {
    pub(super) major: f64,
    pub(super) substage: f64,
    pub(super) missing: f64,
    pub(super) date_without_day: f64,
    pub(super) date_without_month: f64,
}

/// What happens after the first course.
pub(super) struct FollowUp {
    pub(super) recurrence: f64,
    pub(super) distant: f64,
    pub(super) restaged: f64,
    pub(super) progression: f64,
    pub(super) local_codes: Weighted<String>,
    pub(super) distant_codes: Weighted<String>,
}

/// Phrases of the free text.
#[derive(Deserialize)]
pub(super) struct Text {
    pub(super) plain: Vec<String>,
    pub(super) awkward: Vec<String>,
    pub(super) broken: Vec<String>,
}

/// One cancer.
pub(super) struct Cancer {
    pub(super) id: String,
    pub(super) sites: Weighted<String>,
    pub(super) histologies: Weighted<String>,
    pub(super) in_situ_histology: String,
    pub(super) male: f64,
    pub(super) age: Age,
    pub(super) paired: bool,
    pub(super) neoadjuvant: f64,
    pub(super) unstaged: f64,
    pub(super) basis: Weighted<Basis>,
    pub(super) mets: Vec<MetsLine>,
    /// Factors recorded from 2018 where the example does not say otherwise.
    pub(super) usual: Vec<Weighted<Factor>>,
    stages: Vec<Stages>,
}

/// Age at diagnosis in years.
#[derive(Deserialize)]
pub(super) struct Age {
    pub(super) mean: f64,
    #[serde(rename = "sd")]
    pub(super) deviation: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

/// What an edition knows of a cancer.
pub(super) struct Stages {
    pub(super) edition: u8,
    /// First year of diagnosis in which the edition is in force for the cancer.
    from: u32,
    pub(super) examples: Weighted<Example>,
    /// Every group with a roman number, once.
    pub(super) groups: Vec<Group>,
}

impl Cancer {
    /// The edition in force in a year.
    pub(super) fn stages(&self, year: u32) -> &Stages {
        let known = self.stages.partition_point(|stages| stages.from <= year);
        &self.stages[known.saturating_sub(1)]
    }
}

#[derive(Deserialize)]
struct ProfileFile {
    #[serde(flatten)]
    span: Span,
    editions: BTreeMap<String, u32>,
    version_9: BTreeMap<String, u32>,
    errors: Errors,
    follow_up: FollowUpFile,
    factors: BTreeMap<String, Vec<String>>,
    text: Text,
}

#[derive(Deserialize)]
struct FollowUpFile {
    recurrence: f64,
    distant: f64,
    restaged: f64,
    progression: f64,
    local_codes: String,
    distant_codes: String,
}

#[derive(Deserialize)]
struct CancerFile {
    id: String,
    weight: f64,
    sites: String,
    histologies: String,
    in_situ_histology: String,
    male: f64,
    age: Age,
    paired: bool,
    neoadjuvant: f64,
    unstaged: f64,
    basis: String,
    mets: String,
    #[serde(default)]
    usual: BTreeMap<String, String>,
    stages: BTreeMap<String, String>,
}

const CANCERS: &[(&str, &str)] = &[
    ("cancers/breast.toml", include_str!("cancers/breast.toml")),
    ("cancers/lung.toml", include_str!("cancers/lung.toml")),
    ("cancers/colorectum.toml", include_str!("cancers/colorectum.toml")),
    ("cancers/prostate.toml", include_str!("cancers/prostate.toml")),
    ("cancers/melanoma.toml", include_str!("cancers/melanoma.toml")),
    ("cancers/kidney.toml", include_str!("cancers/kidney.toml")),
    ("cancers/bladder.toml", include_str!("cancers/bladder.toml")),
    ("cancers/thyroid.toml", include_str!("cancers/thyroid.toml")),
    ("cancers/testis.toml", include_str!("cancers/testis.toml")),
    ("cancers/hodgkin.toml", include_str!("cancers/hodgkin.toml")),
    ("cancers/dlbcl.toml", include_str!("cancers/dlbcl.toml")),
    ("cancers/aml.toml", include_str!("cancers/aml.toml")),
    ("cancers/myeloma.toml", include_str!("cancers/myeloma.toml")),
    ("cancers/pancreas.toml", include_str!("cancers/pancreas.toml")),
    ("cancers/stomach.toml", include_str!("cancers/stomach.toml")),
    ("cancers/cervix.toml", include_str!("cancers/cervix.toml")),
    ("cancers/brain.toml", include_str!("cancers/brain.toml")),
];

impl Profile {
    /// Reads the data files that are built into the program.
    pub(super) fn load() -> Result<Self, SynthError> {
        let name = "profile.toml";
        let file: ProfileFile = read(name, include_str!("profile.toml"))?;
        let no_factors = FactorColumns::new();
        let reader = Reader { file: name, factors: &no_factors };
        let factors = file
            .factors
            .iter()
            .map(|(factor, columns)| {
                Ok((
                    factor.clone(),
                    columns.iter().map(|column| reader.column(column)).collect::<Result<_, _>>()?,
                ))
            })
            .collect::<Result<FactorColumns, SynthError>>()?;
        let follow_up = FollowUp {
            recurrence: file.follow_up.recurrence,
            distant: file.follow_up.distant,
            restaged: file.follow_up.restaged,
            progression: file.follow_up.progression,
            local_codes: reader.weights(&file.follow_up.local_codes, text)?,
            distant_codes: reader.weights(&file.follow_up.distant_codes, text)?,
        };
        let mut cancers = Vec::with_capacity(CANCERS.len());
        let mut weights = Vec::with_capacity(CANCERS.len());
        for (at, &(name, source)) in CANCERS.iter().enumerate() {
            let cancer: CancerFile = read(name, source)?;
            weights.push((at, cancer.weight));
            cancers.push(Cancer::read(
                cancer,
                &Reader { file: name, factors: &factors },
                &file.editions,
                &file.version_9,
            )?);
        }
        let frequency =
            Weighted::new(weights).ok_or_else(|| reader.error("weight", "set of weights above 0"))?;
        Ok(Self {
            span: file.span,
            errors: file.errors,
            follow_up,
            text: file.text,
            factors,
            cancers,
            frequency,
        })
    }
}

impl Cancer {
    fn read(
        file: CancerFile,
        reader: &Reader<'_>,
        editions: &BTreeMap<String, u32>,
        version_9: &BTreeMap<String, u32>,
    ) -> Result<Self, SynthError> {
        let mut stages = Vec::with_capacity(file.stages.len());
        for (edition, lines) in &file.stages {
            let from = if edition == "9" { version_9.get(&file.id) } else { editions.get(edition) };
            let from = *from.ok_or_else(|| reader.error(edition, "edition of profile.toml"))?;
            let examples = reader.examples(lines)?;
            let mut groups: Vec<Group> = Vec::new();
            for Example { group, .. } in examples.items() {
                if group.roman.is_some() && groups.iter().all(|known| known.label != group.label) {
                    groups.push(group.clone());
                }
            }
            let edition = edition.parse().map_err(|_| reader.error(edition, "edition"))?;
            stages.push(Stages { edition, from, examples, groups });
        }
        stages.sort_by_key(|stages| stages.from);
        if stages.is_empty() {
            return Err(reader.error("stages", "table by edition"));
        }
        Ok(Self {
            sites: reader.weights(&file.sites, text)?,
            histologies: reader.weights(&file.histologies, text)?,
            basis: reader.weights(&file.basis, |name| match name {
                "clinical" => Ok(Basis::Clinical),
                "pathologic" => Ok(Basis::Pathologic),
                "both" => Ok(Basis::Both),
                _ => Err(reader.error(name, "basis")),
            })?,
            mets: reader.mets(&file.mets)?,
            usual: file
                .usual
                .iter()
                .map(|(factor, values)| reader.weights(values, |value| reader.factor(factor, value)))
                .collect::<Result<_, _>>()?,
            id: file.id,
            in_situ_histology: file.in_situ_histology,
            male: file.male,
            age: file.age,
            paired: file.paired,
            neoadjuvant: file.neoadjuvant,
            unstaged: file.unstaged,
            stages,
        })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a reader of items, where texts cannot be wrong")]
fn text(name: &str) -> Result<String, SynthError> {
    Ok(name.to_owned())
}

/// Reads TOML and names the file where it is wrong.
pub(super) fn read<T: DeserializeOwned>(file: &str, source: &str) -> Result<T, SynthError> {
    toml::from_str(source)
        .map_err(|error| SynthError::Toml { file: file.to_owned(), source: Box::new(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_loads() {
        let profile = Profile::load().unwrap();
        assert_eq!(profile.cancers.len(), CANCERS.len());
        for cancer in &profile.cancers {
            for year in [2004, 2010, 2018] {
                assert_eq!(cancer.stages(year).from, year, "{} in {year}", cancer.id);
            }
            for stages in &cancer.stages {
                for example in stages.examples.items().iter().filter(|example| example.is_metastatic()) {
                    let line = cancer.mets.iter().find(|line| line.fits(stages.edition, example.m()));
                    assert!(
                        line.is_some(),
                        "{} {}: no line of mets for {}",
                        cancer.id,
                        stages.edition,
                        example.m()
                    );
                }
            }
        }
    }

    #[test]
    fn version_9_begins_by_chapter() {
        let profile = Profile::load().unwrap();
        let edition = |id: &str, year| {
            profile.cancers.iter().find(|cancer| cancer.id == id).map(|cancer| cancer.stages(year).edition)
        };
        for (id, year, expected) in [
            ("lung", 2024, 8),
            ("lung", 2025, 9),
            ("cervix", 2020, 8),
            ("cervix", 2021, 9),
            ("breast", 2026, 8),
        ] {
            assert_eq!(edition(id, year), Some(expected), "{id} {year}");
        }
    }

    #[test]
    fn wrong_lines_are_named() {
        let factors = FactorColumns::new();
        let reader = Reader { file: "test.toml", factors: &factors };
        for line in ["T2 N0 | IIA", "T2 N0 M0 IIA", "N0 T2 M0 | IIA", "T2 N0 M0 psa=4 | I", "T2 N0 M0 |"] {
            assert!(reader.example(line).is_err(), "{line}");
        }
        let Err(error) = reader.mets("8 M1b 30 1 spleen 3") else { panic!("spleen was taken") };
        assert_eq!(error.to_string(), "test.toml: `spleen` is no metastatic site");
    }
}
