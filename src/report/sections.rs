//! The parts of the page that are plain tables.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::{at, grouped};
use super::folder::Folder;
use crate::audit::AuditRules;

/// What was run, on what, by which rules.
#[derive(Serialize)]
pub(super) struct RunCard {
    version: String,
    inputs: Vec<Input>,
    rules: String,
    own_rules: Option<String>,
    read: String,
    written: String,
    rejected: String,
}

#[derive(Serialize)]
struct Input {
    path: String,
    rows: String,
    layout: String,
    hash: String,
}

/// The run card of a run.
pub(super) fn run_card(folder: &Folder) -> RunCard {
    let manifest = &folder.manifest;
    let short = |hash: &str| hash.chars().take(12).collect();
    RunCard {
        version: manifest.version.clone(),
        inputs: manifest
            .inputs
            .iter()
            .map(|input| Input {
                path: input.path.clone(),
                rows: grouped(input.rows),
                layout: input.layout.clone(),
                hash: short(&input.blake3),
            })
            .collect(),
        rules: short(&manifest.rules.hash),
        own_rules: manifest.rules.overlay.as_ref().map(|overlay| overlay.path.clone()),
        read: grouped(manifest.counts.read),
        written: grouped(manifest.counts.written),
        rejected: grouped(manifest.counts.rejected),
    }
}

/// A share with its interval, for a dot with whiskers on a line from 0 to 100.
#[derive(Serialize)]
pub(super) struct Share {
    name: String,
    n: String,
    percent: String,
    low: String,
    high: String,
    width: String,
    interval: String,
    kappa: String,
}

#[derive(Deserialize)]
struct AgreementRow {
    schema: String,
    edition: Option<u8>,
    agreement: String,
    /// Records compared.
    denominator: Option<u64>,
    percent: Option<f64>,
    percent_low: Option<f64>,
    percent_high: Option<f64>,
}

#[derive(Deserialize)]
struct KappaRow {
    schema: String,
    edition: Option<u8>,
    weights: String,
    kappa: Option<f64>,
}

/// Agreement of stages by schema and edition, the largest first.
pub(super) fn agreement(folder: &Folder) -> Result<Vec<Share>, ReportError> {
    let mut rows = folder.table::<AgreementRow>("agreement_summary")?;
    rows.retain(|row| row.agreement == "same_stage" && row.percent.is_some());
    let kappas: BTreeMap<(String, Option<u8>), f64> = folder
        .table::<KappaRow>("agreement_kappa")?
        .into_iter()
        .filter(|row| row.weights == "equal")
        .filter_map(|row| Some(((row.schema, row.edition), row.kappa?)))
        .collect();
    rows.sort_by(|a, b| {
        b.denominator.cmp(&a.denominator).then_with(|| (&a.schema, a.edition).cmp(&(&b.schema, b.edition)))
    });
    let shares = rows.into_iter().map(|row| {
        let (low, high) = (row.percent_low.unwrap_or(0.0), row.percent_high.unwrap_or(100.0));
        let share = row.percent.unwrap_or(0.0);
        let kappa = kappas.get(&(row.schema.clone(), row.edition));
        Share {
            name: match row.edition {
                Some(edition) => format!("{}, edition {edition}", row.schema),
                None => row.schema,
            },
            n: row.denominator.map(grouped).unwrap_or_default(),
            percent: format!("{share:.1}"),
            low: at(low),
            high: at(high),
            width: at(high - low),
            interval: format!("{low:.1}–{high:.1}"),
            kappa: kappa.map_or_else(String::new, |kappa| format!("{kappa:.3}")),
        }
    });
    Ok(shares.collect())
}

/// Lower and upper bound of the share of oligometastatic disease.
#[derive(Serialize)]
pub(super) struct Bounds {
    name: String,
    metastatic: String,
    lower: String,
    upper: String,
    width: String,
    interval: String,
}

#[derive(Deserialize)]
struct BoundRow {
    schema: String,
    profile: String,
    bound: String,
    denominator: Option<u64>,
    percent: Option<f64>,
    percent_low: Option<f64>,
    percent_high: Option<f64>,
}

/// The bounds by schema and profile, those with most metastatic records first.
pub(super) fn oligometastasis(folder: &Folder) -> Result<Vec<Bounds>, ReportError> {
    let mut pairs: BTreeMap<(String, String), [Option<BoundRow>; 2]> = BTreeMap::new();
    for row in folder.table::<BoundRow>("oligometastasis_bounds")? {
        let at = usize::from(row.bound == "upper");
        let pair = pairs.entry((row.schema.clone(), row.profile.clone())).or_default();
        pair[at] = Some(row);
    }
    let mut rows: Vec<_> = pairs
        .into_iter()
        .filter_map(|(key, pair)| match pair {
            [Some(lower), Some(upper)] => Some((key, lower, upper)),
            _ => None,
        })
        .collect();
    rows.sort_by(|(a_key, a, _), (b_key, b, _)| {
        b.denominator.cmp(&a.denominator).then_with(|| a_key.cmp(b_key))
    });
    let rows = rows.into_iter().filter_map(|((schema, profile), lower, upper)| {
        let (from, to) = (lower.percent?, upper.percent?);
        Some(Bounds {
            name: format!("{schema}, profile {profile}"),
            metastatic: lower.denominator.map(grouped).unwrap_or_default(),
            lower: format!("{from:.1}"),
            upper: format!("{to:.1}"),
            width: at((to - from).max(0.5)),
            interval: format!(
                "{:.1}–{:.1}",
                lower.percent_low.unwrap_or(0.0),
                upper.percent_high.unwrap_or(100.0)
            ),
        })
    });
    Ok(rows.collect())
}

/// A rule of the audit with what it found.
#[derive(Serialize)]
pub(super) struct RuleRow {
    id: String,
    severity: String,
    n: String,
    per_1000: String,
    meaning: String,
    action: String,
    source: String,
}

/// The rules that found something, in the order of their ids.
pub(super) fn rules(folder: &Folder, audit: &AuditRules) -> Vec<RuleRow> {
    let records = folder.manifest.counts.written;
    let rows = folder.manifest.findings.iter().flat_map(|(id, by_severity)| {
        by_severity.iter().map(move |(severity, &n)| {
            let rule = audit.rule(id);
            RuleRow {
                id: id.clone(),
                severity: severity.clone(),
                n: grouped(n),
                per_1000: if records > 0 {
                    format!("{:.1}", 1000.0 * n as f64 / records as f64)
                } else {
                    String::new()
                },
                meaning: rule.map(|rule| rule.meaning.clone()).unwrap_or_default(),
                action: rule.map(|rule| rule.action.clone()).unwrap_or_default(),
                source: rule.map(|rule| rule.source.clone()).unwrap_or_default(),
            }
        })
    });
    rows.collect()
}
