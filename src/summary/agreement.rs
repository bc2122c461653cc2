//! How far the derived stage agrees with the recorded one.

use std::collections::BTreeMap;

use super::spec::Only;
use super::{Column, Partial, Table, Weights, kappa, wilson};

/// Stages that kappa is taken over, in their order; occult carcinoma has no place in it.
const STAGES: [&str; 5] = ["0", "I", "II", "III", "IV"];

pub(super) const KAPPA: &str = "agreement_kappa";
pub(super) const ABOUT_KAPPA: &str = "T3: Cohen's kappa over the stages 0 to IV, all disagreements the same (equal) or by their steps (linear)";

/// Counts of the records whose recorded and derived stage are both known.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Agreement {
    exact: u64,
    substage: u64,
    major: u64,
    stages: [[u64; STAGES.len()]; STAGES.len()],
}

impl Agreement {
    /// Agreement by some labels of the counts.
    pub(super) fn by<'a>(partial: &'a Partial, labels: &[&str]) -> BTreeMap<Vec<&'a str>, Self> {
        let keys: Vec<&str> =
            labels.iter().copied().chain(["agreement", "recorded_stage", "derived_stage"]).collect();
        let mut groups = BTreeMap::<_, Self>::new();
        for (mut key, n) in partial.cube("agreement").sums(&keys, &Only::new()) {
            let [agreement, recorded, derived] = key.split_off(labels.len())[..] else { continue };
            groups.entry(key).or_default().add(agreement, recorded, derived, n);
        }
        groups.retain(|_, agreement| agreement.n() > 0);
        groups
    }

    fn add(&mut self, agreement: &str, recorded: &str, derived: &str, n: u64) {
        match agreement {
            "exact" => self.exact += n,
            "substage" => self.substage += n,
            "major" => self.major += n,
            _ => return,
        }
        let place = |stage| STAGES.iter().position(|&known| known == stage);
        if let (Some(row), Some(column)) = (place(recorded), place(derived)) {
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

/// Kappa by schema and edition, a row for each weight; only where the whole matrix behind it is shown.
pub(super) fn kappas(partial: &Partial, run: &str, shown: impl Fn(&[&str]) -> bool) -> Table {
    let groups = Agreement::by(partial, &["schema", "edition"]);
    let weights = [("equal", Weights::Equal), ("linear", Weights::Linear)];
    let rows: Vec<_> = groups
        .iter()
        .flat_map(|(labels, agreement)| {
            let agreement = shown(labels).then_some(agreement);
            weights.map(|(name, weight)| (labels, agreement, name, weight))
        })
        .collect();
    let label = |at: usize| rows.iter().map(move |row| row.0.get(at).copied().unwrap_or_default());
    Table {
        name: KAPPA,
        columns: vec![
            ("schema", Column::text(label(0))),
            ("edition", Column::Number(label(1).map(|text| text.parse().ok()).collect())),
            ("weights", Column::text(rows.iter().map(|row| row.2))),
            ("n", Column::Number(rows.iter().map(|row| Some(row.1?.n())).collect())),
            ("kappa", Column::Share(rows.iter().map(|row| row.1?.kappa(row.3)).collect())),
            ("suppressed", Column::Flag(rows.iter().map(|row| row.1.is_none()).collect())),
            ("run", Column::same(run, rows.len())),
        ],
    }
}
