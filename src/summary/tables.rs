//! Counts to tidy tables: one row per combination of keys, with `n` beside what it is a share of.

use polars::prelude::*;

use super::frame::{ratio, shares, shares_of, sorted, sum_by, with_denominator};
use super::{Counts, SummaryError, Table, agreement, oligo};
use crate::audit::Severity;
use crate::category::Sex;
use crate::knowledge::SchemaId;

/// All tables, always the same ones in the same order, the empty ones included.
/// `names` are the ids of the schemas by their index.
pub fn tables(counts: &Counts, names: &[&str]) -> Result<Vec<Table>, SummaryError> {
    let names = Names::check(counts, names)?;
    FORMS
        .iter()
        .map(|&(table, form)| match form(counts, &names) {
            Ok(frame) => Ok(Table { name: table, frame }),
            Err(source) => Err(SummaryError::Form { table, source }),
        })
        .collect()
}

type Form = fn(&Counts, &Names) -> PolarsResult<DataFrame>;

const FORMS: [(&str, Form); 9] = [
    ("stage_distribution", stage_distribution),
    ("agreement", agreement::matrix),
    ("agreement_summary", agreement::summary),
    ("unknown_causes", unknown_causes),
    ("findings", findings),
    ("metastatic_origin", metastatic_origin),
    ("oligometastasis", oligo::levels),
    ("oligometastasis_bounds", oligo::bounds),
    ("restaging", restaging),
];

/// Ids of the schemas, known to cover every schema that was counted.
pub(super) struct Names<'a>(&'a [&'a str]);

impl<'a> Names<'a> {
    /// The names, if they cover the counts.
    pub(super) fn check(counts: &Counts, names: &'a [&'a str]) -> Result<Self, SummaryError> {
        let highest = counts.records.keys().flatten().max();
        match highest {
            Some(&SchemaId(schema)) if usize::from(schema) >= names.len() => {
                Err(SummaryError::SchemaName { schema, names: names.len() })
            }
            _ => Ok(Self(names)),
        }
    }

    /// The id of a schema, `none` for records that no schema takes.
    pub(super) fn of(&self, schema: Option<SchemaId>) -> &'a str {
        schema.and_then(|SchemaId(at)| self.0.get(usize::from(at)).copied()).unwrap_or("none")
    }
}

/// Recorded and derived stages, each as a share of its stratum with the unknown ones counted in.
fn stage_distribution(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let numbers = &counts.stages;
    let both = df!(
        "schema" => numbers.keys().map(|key| names.of(key.schema)).collect::<Vec<_>>(),
        "year" => numbers.keys().map(|key| key.year.map(u32::from)).collect::<Vec<_>>(),
        "sex" => numbers.keys().map(|key| sex(key.sex)).collect::<Vec<_>>(),
        "age_band" => numbers.keys().map(|key| key.age.label()).collect::<Vec<_>>(),
        "recorded" => numbers.keys().map(|key| key.recorded).collect::<Vec<_>>(),
        "derived" => numbers.keys().map(|key| key.derived).collect::<Vec<_>>(),
        "n" => numbers.values().copied().collect::<Vec<_>>(),
    )?;
    let stratum = ["schema", "year", "sex", "age_band"];
    let of_source = |source: &str| {
        let keys = ["schema", "year", "sex", "age_band", source];
        let mut frame = shares(&both, &keys, &stratum)?;
        frame.rename(source, "stage".into())?;
        frame.with_column(Column::new_scalar(
            "source".into(),
            Scalar::from(PlSmallStr::from(source)),
            frame.height(),
        ))?;
        frame.select(["schema", "year", "sex", "age_band", "source", "stage", "n", "denominator", "percent"])
    };
    let frame = of_source("recorded")?.vstack(&of_source("derived")?)?;
    sorted(&frame, &["schema", "year", "sex", "age_band", "source", "stage"])
}

/// Why records have no derived group, as a share of the records of their schema.
fn unknown_causes(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let numbers = &counts.causes;
    let frame = df!(
        "schema" => numbers.keys().map(|key| names.of(key.schema)).collect::<Vec<_>>(),
        "cause" => numbers.keys().map(|key| key.cause).collect::<Vec<_>>(),
        "n" => numbers.values().copied().collect::<Vec<_>>(),
    )?;
    let sums = sum_by(&frame, &["schema", "cause"])?;
    let joined = shares_of(&sums, records(counts, names)?, &["schema"])?;
    sorted(&joined, &["schema", "cause"])
}

/// Findings per thousand records of their schema.
fn findings(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let numbers = &counts.findings;
    let frame = df!(
        "rule" => numbers.keys().map(|key| key.rule).collect::<Vec<_>>(),
        "severity" => numbers.keys().map(|key| severity(key.severity)).collect::<Vec<_>>(),
        "schema" => numbers.keys().map(|key| names.of(key.schema)).collect::<Vec<_>>(),
        "n" => numbers.values().copied().collect::<Vec<_>>(),
    )?;
    let keys = ["rule", "severity", "schema"];
    let mut joined = with_denominator(&sum_by(&frame, &keys)?, records(counts, names)?, &["schema"])?;
    let rates = ratio(&joined, 1000.0)?.with_name("per_1000".into());
    joined.with_column(rates.into_column())?;
    sorted(&joined, &keys)
}

/// Where metastasis comes from, as a share of the records of the schema and year.
fn metastatic_origin(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let numbers = &counts.origins;
    let frame = df!(
        "schema" => numbers.keys().map(|key| names.of(key.schema)).collect::<Vec<_>>(),
        "year" => numbers.keys().map(|key| key.year.map(u32::from)).collect::<Vec<_>>(),
        "origin" => numbers.keys().map(|key| key.origin).collect::<Vec<_>>(),
        "n" => numbers.values().copied().collect::<Vec<_>>(),
    )?;
    let keys = ["schema", "year", "origin"];
    sorted(&shares(&frame, &keys, &["schema", "year"])?, &keys)
}

/// Stage at diagnosis by restaged stage.
fn restaging(counts: &Counts, _: &Names) -> PolarsResult<DataFrame> {
    let numbers = &counts.restaging;
    let frame = df!(
        "original" => numbers.keys().map(|key| key.original).collect::<Vec<_>>(),
        "restaged" => numbers.keys().map(|key| key.restaged).collect::<Vec<_>>(),
        "change" => numbers.keys().map(|key| key.change).collect::<Vec<_>>(),
        "n" => numbers.values().copied().collect::<Vec<_>>(),
    )?;
    let keys = ["original", "restaged", "change"];
    sorted(&sum_by(&frame, &keys)?, &keys)
}

/// Records by schema.
fn records(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    df!(
        "schema" => counts.records.keys().map(|&schema| names.of(schema)).collect::<Vec<_>>(),
        "n" => counts.records.values().copied().collect::<Vec<_>>(),
    )
}

fn sex(sex: Option<Sex>) -> &'static str {
    match sex {
        Some(Sex::Male) => "male",
        Some(Sex::Female) => "female",
        Some(Sex::Other) => "other",
        None => "unknown",
    }
}

/// The word for a severity.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
