//! How far the derived stage agrees with the recorded one.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::counts::AgreementKey;
use super::frame::{sorted, sum_by};
use super::tables::Names;
use super::{Counts, Weights, kappa, wilson};

/// Stages that kappa is taken over, in their order; occult carcinoma has no place in it.
const STAGES: [&str; 5] = ["0", "I", "II", "III", "IV"];

/// Counts of the records whose recorded and derived stage are both known.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Agreement {
    /// Same group.
    pub(super) exact: u64,
    /// Same stage, another group.
    pub(super) substage: u64,
    /// Another stage.
    pub(super) major: u64,
    stages: [[u64; STAGES.len()]; STAGES.len()],
}

impl Agreement {
    /// Adds `n` records of one key.
    pub(super) fn add(&mut self, key: &AgreementKey, n: u64) {
        match key.agreement {
            "exact" => self.exact += n,
            "substage" => self.substage += n,
            "major" => self.major += n,
            _ => return,
        }
        let place = |stage| STAGES.iter().position(|&known| known == stage);
        if let (Some(row), Some(column)) = (place(key.recorded.stage), place(key.derived.stage)) {
            self.stages[row][column] += n;
        }
    }

    /// Records compared.
    pub(super) fn n(&self) -> u64 {
        self.exact + self.substage + self.major
    }

    /// Percent with the same group.
    pub(super) fn percent_exact(&self) -> Option<f64> {
        (self.n() > 0).then(|| 100.0 * self.exact as f64 / self.n() as f64)
    }

    /// Percent with the same stage.
    pub(super) fn percent_same_stage(&self) -> Option<f64> {
        (self.n() > 0).then(|| 100.0 * (self.exact + self.substage) as f64 / self.n() as f64)
    }

    /// Wilson 95 % interval of [`Self::percent_same_stage`].
    pub(super) fn same_stage_interval(&self) -> Option<(f64, f64)> {
        wilson(self.exact + self.substage, self.n()).map(|(low, high)| (100.0 * low, 100.0 * high))
    }

    /// Kappa over the stages 0 to IV.
    pub(super) fn kappa(&self, weights: Weights) -> Option<f64> {
        kappa(&self.stages, weights)
    }
}

/// Recorded by derived group (or stage, where there is no group), with the outcome of the comparison.
pub(super) fn matrix(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let numbers = &counts.agreement;
    let frame = df!(
        "schema" => numbers.keys().map(|key| names.of(key.schema)).collect::<Vec<_>>(),
        "edition" => numbers.keys().map(|key| key.edition.map(|edition| u32::from(edition.0))).collect::<Vec<_>>(),
        "basis" => numbers.keys().map(|key| key.basis).collect::<Vec<_>>(),
        "recorded" => numbers.keys().map(|key| key.recorded.label()).collect::<Vec<_>>(),
        "derived" => numbers.keys().map(|key| key.derived.label()).collect::<Vec<_>>(),
        "agreement" => numbers.keys().map(|key| key.agreement).collect::<Vec<_>>(),
        "detail" => numbers.keys().map(|key| key.detail).collect::<Vec<_>>(),
        "n" => numbers.values().copied().collect::<Vec<_>>(),
    )?;
    let keys = ["schema", "edition", "basis", "recorded", "derived", "agreement", "detail"];
    sorted(&sum_by(&frame, &keys)?, &keys)
}

/// One row per schema and edition with at least one record to compare.
pub(super) fn summary(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let mut groups = BTreeMap::<_, Agreement>::new();
    for (key, &n) in &counts.agreement {
        groups.entry((names.of(key.schema), key.edition)).or_default().add(key, n);
    }
    groups.retain(|_, agreement| agreement.n() > 0);
    let column = |value: fn(&Agreement) -> u64| groups.values().map(value).collect::<Vec<_>>();
    let share = |value: fn(&Agreement) -> Option<f64>| groups.values().map(value).collect::<Vec<_>>();
    let frame = df!(
        "schema" => groups.keys().map(|key| key.0).collect::<Vec<_>>(),
        "edition" => groups.keys().map(|key| key.1.map(|edition| u32::from(edition.0))).collect::<Vec<_>>(),
        "n" => column(Agreement::n),
        "exact" => column(|agreement| agreement.exact),
        "substage" => column(|agreement| agreement.substage),
        "major" => column(|agreement| agreement.major),
        "percent_exact" => share(Agreement::percent_exact),
        "percent_same_stage" => share(Agreement::percent_same_stage),
        "percent_same_stage_low" => share(|agreement| Some(agreement.same_stage_interval()?.0)),
        "percent_same_stage_high" => share(|agreement| Some(agreement.same_stage_interval()?.1)),
        "kappa" => share(|agreement| agreement.kappa(Weights::Equal)),
        "kappa_linear" => share(|agreement| agreement.kappa(Weights::Linear)),
    )?;
    sorted(&frame, &["schema", "edition"])
}
