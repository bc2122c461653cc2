//! The key figures of a run, each beside the run before.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::grouped;
use super::folder::Folder;

/// The key figures in their order.
#[derive(Serialize)]
pub(super) struct Figures {
    list: Vec<Figure>,
    /// Whether a run before was given.
    compared: bool,
}

/// One figure.
#[derive(Serialize)]
struct Figure {
    name: &'static str,
    value: String,
    /// What it counts or is a share of.
    of: String,
    /// The difference to the run before, with its sign.
    change: Option<String>,
}

/// A figure as a number: a count, or a share in percent of a whole.
#[derive(Clone, Copy)]
enum Number {
    Count(u64),
    Share { part: u64, whole: u64 },
}

/// One row of the table of stages.
#[derive(Deserialize)]
struct StageRow {
    source: String,
    stage: String,
    n: Option<u64>,
}

/// One row of the table of agreement.
#[derive(Deserialize)]
struct AgreementRow {
    agreement: String,
    n: Option<u64>,
}

/// One row of the table of metastatic origins.
#[derive(Deserialize)]
struct OriginRow {
    origin: String,
    n: Option<u64>,
}

impl Figures {
    /// The figures of a run, and what changed since another.
    pub(super) fn of(run: &Folder, before: Option<&Folder>) -> Result<Self, ReportError> {
        let now = numbers(run)?;
        let then = before.map(numbers).transpose()?;
        let list = now.into_iter().enumerate().map(|(at, (name, number))| Figure {
            name,
            value: number.value(),
            of: number.of(),
            change: then.as_ref().and_then(|then| number.change(then.get(at)?.1)),
        });
        Ok(Self { list: list.collect(), compared: then.is_some() })
    }
}

fn numbers(run: &Folder) -> Result<Vec<(&'static str, Number)>, ReportError> {
    let counts = run.manifest.counts;
    let of_severity =
        |wanted: &str| run.manifest.findings.values().filter_map(|by| by.get(wanted)).sum::<u64>();
    let (mut derived, mut unknown, mut distant) = (0, 0, 0);
    for row in run.table::<StageRow>("stage_by_year")?.iter().filter(|row| row.source == "derived") {
        let n = row.n.unwrap_or(0);
        derived += n;
        match row.stage.as_str() {
            "UNK" => unknown += n,
            "IV" => distant += n,
            _ => {}
        }
    }
    let (mut compared, mut group, mut stage) = (0, 0, 0);
    for row in run.table::<AgreementRow>("agreement")? {
        let n = row.n.unwrap_or(0);
        let (same_group, same_stage) = match row.agreement.as_str() {
            "exact" => (n, n),
            "substage" => (0, n),
            "major" => (0, 0),
            _ => continue,
        };
        compared += n;
        group += same_group;
        stage += same_stage;
    }
    let (mut de_novo, mut later) = (0, 0);
    for row in run.table::<OriginRow>("metastatic_origin")? {
        match row.origin.as_str() {
            "de_novo" => de_novo += row.n.unwrap_or(0),
            "recurrent" | "progression" => later += row.n.unwrap_or(0),
            _ => {}
        }
    }
    Ok(vec![
        ("Records written", Number::Count(counts.written)),
        ("Rows rejected", Number::Count(counts.rejected)),
        ("Errors found", Number::Count(of_severity("error"))),
        ("Warnings found", Number::Count(of_severity("warning"))),
        ("Same stage as recorded", Number::Share { part: stage, whole: compared }),
        ("Same group as recorded", Number::Share { part: group, whole: compared }),
        ("Stage not known", Number::Share { part: unknown, whole: derived }),
        ("Stage IV at diagnosis", Number::Share { part: distant, whole: derived }),
        ("Metastatic at diagnosis", Number::Count(de_novo)),
        ("Metastatic later", Number::Count(later)),
    ])
}

impl Number {
    fn percent(self) -> Option<f64> {
        match self {
            Self::Share { part, whole } if whole > 0 => Some(100.0 * part as f64 / whole as f64),
            _ => None,
        }
    }

    fn value(self) -> String {
        match self {
            Self::Count(n) => grouped(n),
            Self::Share { .. } => {
                self.percent().map_or_else(|| "–".to_owned(), |share| format!("{share:.1} %"))
            }
        }
    }

    fn of(self) -> String {
        match self {
            Self::Count(_) => String::new(),
            Self::Share { part, whole } => format!("{} of {}", grouped(part), grouped(whole)),
        }
    }

    fn change(self, before: Self) -> Option<String> {
        if let (Self::Count(now), Self::Count(then)) = (self, before) {
            return Some(match now.cmp(&then) {
                Ordering::Less => format!("−{}", grouped(then - now)),
                Ordering::Equal => "±0".to_owned(),
                Ordering::Greater => format!("+{}", grouped(now - then)),
            });
        }
        let points = self.percent()? - before.percent()?;
        let sign = match points {
            less if less < -0.05 => "−",
            more if more >= 0.05 => "+",
            _ => "±",
        };
        Some(format!("{sign}{:.1} points", points.abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::Number::{Count, Share};

    #[test]
    fn changes_have_their_sign() {
        for (now, then, change) in [
            (Count(5), Count(7), Some("−2")),
            (Count(7), Count(7), Some("±0")),
            (Count(1200), Count(7), Some("+1\u{202f}193")),
            (Share { part: 1, whole: 4 }, Share { part: 1, whole: 2 }, Some("−25.0 points")),
            (Share { part: 1, whole: 4 }, Share { part: 2, whole: 8 }, Some("±0.0 points")),
            (Share { part: 1, whole: 4 }, Share { part: 0, whole: 0 }, None),
        ] {
            assert_eq!(now.change(then).as_deref(), change);
        }
    }
}
