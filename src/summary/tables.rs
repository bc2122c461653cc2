//! Counts to tidy tables: one row per combination of keys, with `n` beside what it is a share of.

use polars::prelude::*;

use super::frame::{ratio, shares, shares_of, sorted, sum_by, with_denominator};
use super::{Counts, SummaryError, Table, agreement, migration, oligo};
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

const FORMS: [(&str, Form); 12] = [
    ("stage_distribution", stage_distribution),
    ("agreement", agreement::matrix),
    ("agreement_summary", agreement::summary),
    ("unknown_causes", unknown_causes),
    ("findings", findings),
    ("metastatic_origin", metastatic_origin),
    ("oligometastasis", oligo::levels),
    ("oligometastasis_bounds", oligo::bounds),
    ("oligometastasis_profiles", oligo::beside),
    ("restaging", restaging),
    ("migration", migration::matrix),
    ("migration_summary", migration::summary),
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

/// Records by schema; summed, because a name stands for one row of a join only.
fn records(counts: &Counts, names: &Names) -> PolarsResult<DataFrame> {
    let frame = df!(
        "schema" => counts.records.keys().map(|&schema| names.of(schema)).collect::<Vec<_>>(),
        "n" => counts.records.values().copied().collect::<Vec<_>>(),
    )?;
    sum_by(&frame, &["schema"])
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

#[cfg(test)]
mod tests {
    use super::super::sample::{self, csv};
    use super::*;

    fn numbers(table: &Table, column: &str) -> Vec<u64> {
        table.frame.column(column).unwrap().u64().unwrap().iter().flatten().collect()
    }

    /// The text of some columns of every row, joined.
    fn groups(table: &Table, columns: &[&str]) -> Vec<String> {
        let text =
            csv(&Table { name: table.name, frame: table.frame.select(columns.iter().copied()).unwrap() });
        text.lines().skip(1).map(str::to_owned).collect()
    }

    fn table(counts: &Counts, name: &str) -> Table {
        tables(counts, sample::NAMES).unwrap().into_iter().find(|table| table.name == name).unwrap()
    }

    #[test]
    fn shares_of_a_stratum_add_up() {
        let counts = sample::counts();
        let partitions: [(&str, &[&str]); 2] = [
            ("stage_distribution", &["schema", "year", "sex", "age_band", "source"]),
            ("metastatic_origin", &["schema", "year"]),
        ];
        for (name, stratum) in partitions {
            let table = table(&counts, name);
            let percents = table.frame.column("percent").unwrap().f64().unwrap();
            let mut strata = std::collections::BTreeMap::<_, (u64, u64, f64)>::new();
            let rows = groups(&table, stratum).into_iter().zip(numbers(&table, "n"));
            for ((row, denominator), percent) in rows.zip(numbers(&table, "denominator")).zip(percents.iter())
            {
                let sum = strata.entry(row.0).or_default();
                sum.0 += row.1;
                sum.1 = denominator;
                sum.2 += percent.unwrap();
            }
            for (stratum, (n, denominator, percent)) in strata {
                assert_eq!(n, denominator, "{name} {stratum}");
                assert!((percent - 100.0).abs() < 1e-9, "{name} {stratum} {percent}");
            }
        }
    }

    #[test]
    fn every_record_is_in_both_distributions() {
        let counts = sample::counts();
        let total: u64 = numbers(&table(&counts, "stage_distribution"), "n").iter().sum();
        assert_eq!(total, 2 * counts.records());
        let total: u64 = numbers(&table(&counts, "agreement"), "n").iter().sum();
        assert_eq!(total, counts.records());
    }

    #[test]
    fn tables_without_records_have_their_header() {
        let all = tables(&Counts::default(), &[]).unwrap();
        let full = tables(&sample::counts(), sample::NAMES).unwrap();
        assert_eq!(all.len(), FORMS.len());
        for (empty, full) in all.iter().zip(&full) {
            assert_eq!(empty.frame.height(), 0, "{}", empty.name);
            assert_eq!(empty.frame.schema(), full.frame.schema(), "{}", empty.name);
        }
    }

    #[test]
    fn a_schema_without_a_name_is_refused() {
        let error = tables(&sample::counts(), &["lung"]).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"
        schema 1 was counted but only 1 schema names were given
        hint: pass the names of the rules that the records were staged with
        ");
    }

    #[test]
    fn names_that_are_shared_do_not_multiply_rows() {
        let counts = sample::counts();
        let apart: u64 = numbers(&table(&counts, "unknown_causes"), "n").iter().sum();
        let together = tables(&counts, &["none", "none"]).unwrap();
        assert_eq!(numbers(&together[3], "n").iter().sum::<u64>(), apart);
        assert!(numbers(&together[3], "denominator").iter().all(|&n| n == counts.records()));
    }

    #[test]
    fn stage_distribution_of_the_sample() {
        insta::assert_snapshot!(csv(&table(&sample::counts(), "stage_distribution")), @"
        schema,year,sex,age_band,source,stage,n,denominator,percent
        breast,2019,female,01-04,derived,I,7,8,87.50
        breast,2019,female,01-04,derived,UNK,1,8,12.50
        breast,2019,female,01-04,recorded,I,8,8,100.00
        breast,2019,unknown,01-04,derived,0,1,1,100.00
        breast,2019,unknown,01-04,recorded,0,1,1,100.00
        lung,2019,male,65-69,derived,III,7,17,41.18
        lung,2019,male,65-69,derived,IV,10,17,58.82
        lung,2019,male,65-69,recorded,II,1,17,5.88
        lung,2019,male,65-69,recorded,III,6,17,35.29
        lung,2019,male,65-69,recorded,IV,10,17,58.82
        lung,,male,unknown,derived,I,1,1,100.00
        lung,,male,unknown,recorded,UNK,1,1,100.00
        none,2019,male,65-69,derived,NA,2,2,100.00
        none,2019,male,65-69,recorded,NA,2,2,100.00
        ");
    }

    #[test]
    fn agreement_of_the_sample() {
        insta::assert_snapshot!(csv(&table(&sample::counts(), "agreement")), @"
        schema,edition,basis,recorded,derived,agreement,detail,n
        breast,8,none,IA,UNK,underivable,,1
        breast,8,pathologic,0,0,exact,,1
        breast,8,pathologic,IA,IA,exact,,7
        lung,8,clinical,IIB,IIIA,major,higher,1
        lung,8,clinical,IIIA,IIIA,exact,,4
        lung,8,clinical,IIIA,IIIB,substage,higher,2
        lung,8,clinical,IVB,IVB,exact,,10
        lung,8,clinical,UNK,IB,recorded_unknown,,1
        none,,none,NA,NA,not_applicable,,2
        ");
    }

    #[test]
    fn agreement_summary_of_the_sample() {
        insta::assert_snapshot!(csv(&table(&sample::counts(), "agreement_summary")), @"
        schema,edition,n,exact,substage,major,percent_exact,percent_same_stage,percent_same_stage_low,percent_same_stage_high,kappa,kappa_linear
        breast,8,8,8,0,0,100.00,100.00,67.56,100.00,1.0000,1.0000
        lung,8,17,14,2,1,82.35,94.12,73.02,98.95,0.8844,0.8917
        ");
    }

    #[test]
    fn unknown_causes_of_the_sample() {
        insta::assert_snapshot!(csv(&table(&sample::counts(), "unknown_causes")), @"
        schema,cause,n,denominator,percent
        breast,n_unknown,1,9,11.11
        none,no_schema,2,2,100.00
        ");
    }

    #[test]
    fn findings_of_the_sample() {
        insta::assert_snapshot!(csv(&table(&sample::counts(), "findings")), @"
        rule,severity,schema,n,denominator,per_1000
        D01,error,lung,1,18,55.56
        D02,warning,lung,2,18,111.11
        D03,warning,lung,1,18,55.56
        D04,info,breast,1,9,111.11
        D14,error,lung,1,18,55.56
        ");
    }

    #[test]
    fn metastatic_origin_of_the_sample() {
        insta::assert_snapshot!(csv(&table(&sample::counts(), "metastatic_origin")), @"
        schema,year,origin,n,denominator,percent
        breast,2019,none_recorded,7,9,77.78
        breast,2019,recurrent,2,9,22.22
        lung,2019,de_novo,10,17,58.82
        lung,2019,none_recorded,7,17,41.18
        lung,,none_recorded,1,1,100.00
        none,2019,not_applicable,2,2,100.00
        ");
    }

    #[test]
    fn oligometastasis_of_the_sample() {
        insta::assert_snapshot!(csv(&table(&sample::counts(), "oligometastasis")), @"
        schema,profile,level,timing,n
        lung,nsclc,excluded_poly,synchronous,4
        lung,nsclc,not_applicable,unknown,8
        lung,nsclc,possible,synchronous,2
        lung,nsclc,possible_weak,metachronous,1
        lung,nsclc,probable,synchronous,3
        ");
    }

    #[test]
    fn oligometastasis_bounds_of_the_sample() {
        insta::assert_snapshot!(csv(&table(&sample::counts(), "oligometastasis_bounds")), @"
        schema,profile,bound,n,denominator,percent,percent_low,percent_high
        lung,nsclc,lower,3,10,30.00,10.78,60.32
        lung,nsclc,upper,6,10,60.00,31.27,83.18
        ");
    }

    #[test]
    fn restaging_of_the_sample() {
        insta::assert_snapshot!(csv(&table(&sample::counts(), "restaging")), @"
        original,restaged,change,n
        0,UNK,unknown,1
        IA,IV,up,2
        ");
    }
}
