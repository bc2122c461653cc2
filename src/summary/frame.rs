//! The few data-frame operations that the tables are made of, and their CSV.

use std::io::Write;

use polars::prelude::*;

/// A tidy table: one row per combination of its keys, rows in the order of the keys.
#[derive(Clone, Debug)]
pub struct Table {
    /// Name, that of its file without the ending.
    pub name: &'static str,
    /// Columns; numbers at full precision.
    pub frame: DataFrame,
}

/// What can go wrong between counts and tables.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// The names do not belong to the rules that were counted with.
    #[error(
        "schema {schema} was counted but only {names} schema names were given\n\
         hint: pass the names of the rules that the records were staged with"
    )]
    SchemaName {
        /// Index of the schema.
        schema: u16,
        /// How many names there are.
        names: usize,
    },
    /// A table could not be formed.
    #[error("summary table {table} could not be formed: {source}")]
    Form {
        /// Name of the table.
        table: &'static str,
        /// What the data frame says.
        source: PolarsError,
    },
    /// A table could not be written.
    #[error("summary table {table} could not be written: {source}\nhint: check the free space of the folder")]
    Write {
        /// Name of the table.
        table: &'static str,
        /// What the writer says.
        source: PolarsError,
    },
}

/// Writes a table as CSV: UTF-8, comma, header, `\n`, empty for what is not known or
/// not defined; percents and rates with two decimals, kappas with four.
pub fn write_csv(table: &Table, writer: impl Write) -> Result<(), SummaryError> {
    let mut columns = table.frame.columns().to_vec();
    for column in &mut columns {
        if let Ok(numbers) = column.f64() {
            let texts: StringChunked =
                numbers.iter().map(|number| number.map(|value| decimal(value, decimals(column)))).collect();
            *column = texts.with_name(column.name().clone()).into_column();
        }
    }
    DataFrame::new(table.frame.height(), columns)
        .and_then(|mut frame| CsvWriter::new(writer).n_threads(1).finish(&mut frame))
        .map_err(|source| SummaryError::Write { table: table.name, source })
}

fn decimals(column: &Column) -> usize {
    if column.name().starts_with("kappa") { 4 } else { 2 }
}

/// A number with so many decimals, and without the sign of a zero.
pub(super) fn decimal(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|byte| matches!(byte, b'0' | b'.')) => digits.to_owned(),
        _ => text,
    }
}

/// The number of records of every combination of `keys`, in the column `n`.
pub(super) fn sum_by(frame: &DataFrame, keys: &[&str]) -> PolarsResult<DataFrame> {
    let groups = frame.group_by(keys.iter().copied())?.select(["n"]);
    #[expect(deprecated, reason = "its successor is the lazy engine, whose build a sum is not worth")]
    let mut sums = groups.sum()?;
    sums.rename("n_sum", "n".into())?;
    Ok(sums)
}

/// Sums by `keys` with, beside each `n`, the `denominator` that it shares with its `within` group and its percent.
pub(super) fn shares(frame: &DataFrame, keys: &[&str], within: &[&str]) -> PolarsResult<DataFrame> {
    let sums = sum_by(frame, keys)?;
    let denominators = sum_by(&sums, within)?;
    shares_of(&sums, denominators, within)
}

/// Rows with a column `n` beside the denominator of their group, whose numbers come from elsewhere.
pub(super) fn shares_of(
    frame: &DataFrame,
    denominators: DataFrame,
    within: &[&str],
) -> PolarsResult<DataFrame> {
    let mut joined = with_denominator(frame, denominators, within)?;
    let percents = ratio(&joined, 100.0)?.with_name("percent".into());
    joined.with_column(percents.into_column())?;
    Ok(joined)
}

/// Adds the `n` of `denominators` as the column `denominator`.
pub(super) fn with_denominator(
    frame: &DataFrame,
    mut denominators: DataFrame,
    within: &[&str],
) -> PolarsResult<DataFrame> {
    denominators.rename("n", "denominator".into())?;
    let how = JoinArgs { how: JoinType::Left, nulls_equal: true, ..JoinArgs::default() };
    frame.join(&denominators, within, within, how, None)
}

/// `n` per `per` of the denominator.
pub(super) fn ratio(frame: &DataFrame, per: f64) -> PolarsResult<Float64Chunked> {
    let (n, denominator) = (frame.column("n")?.u64()?, frame.column("denominator")?.u64()?);
    Ok(n.iter().zip(denominator.iter()).map(|(n, of)| Some(per * n? as f64 / of? as f64)).collect())
}

/// Rows in the order of `keys`, unknown (null) last.
pub(super) fn sorted(frame: &DataFrame, keys: &[&str]) -> PolarsResult<DataFrame> {
    frame.sort(keys.iter().copied(), SortMultipleOptions::default().with_nulls_last(true))
}

#[cfg(test)]
mod tests {
    use super::super::sample::csv;
    use super::*;

    #[test]
    fn numbers_are_written_the_same_everywhere() {
        let frame = df!(
            "label" => [Some("a,b"), Some("c"), None],
            "year" => [Some(2019_u32), None, Some(2020)],
            "percent" => [Some(100.0 / 3.0), Some(-0.001), None],
            "kappa" => [Some(-0.25), Some(1.0), Some(0.99996)],
        );
        let text = csv(&Table { name: "numbers", frame: frame.unwrap() });
        assert_eq!(
            text,
            "label,year,percent,kappa\n\"a,b\",2019,33.33,-0.2500\nc,,0.00,1.0000\n,2020,,1.0000\n"
        );
    }

    #[test]
    fn a_writer_that_fails_says_which_table() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let table = Table { name: "findings", frame: df!("n" => [1_u64]).unwrap() };
        let error = write_csv(&table, Full).unwrap_err().to_string();
        assert!(error.contains("summary table findings could not be written"), "{error}");
    }
}
