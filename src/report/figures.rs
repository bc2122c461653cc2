//! The key figures of a run, each beside the run before.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::chart::grouped;
use super::folder::Folder;
use super::sum::Sum;
use crate::summary::POOLED;

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
    Count(Sum),
    Share { part: Sum, whole: Sum },
}

/// One row of the table of stages.
#[derive(Deserialize)]
struct StageRow {
    source: String,
    stage: String,
    n: Option<u64>,
}

/// One row of the table of key figures.
#[derive(Deserialize)]
struct MeasureRow {
    measure: String,
    n: Option<u64>,
    denominator: Option<u64>,
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
    // The manifest leaves out the rules that found little where small numbers are hidden.
    let of_severity = |wanted: &str| Sum {
        shown: run.manifest.findings.values().filter_map(|by| by.get(wanted)).sum(),
        partial: run.hides(),
    };
    let (mut unknown, mut distant) = (Sum::default(), Sum::default());
    for row in run.table::<StageRow>("stage_by_year")?.iter().filter(|row| row.source == "derived") {
        match row.stage.as_str() {
            "UNK" => unknown.add(row.n),
            "IV" => distant.add(row.n),
            POOLED => [&mut unknown, &mut distant].into_iter().for_each(|sum| sum.add(None)),
            _ => {}
        }
    }
    let measures: BTreeMap<String, MeasureRow> =
        run.table::<MeasureRow>("key_figures")?.into_iter().map(|row| (row.measure.clone(), row)).collect();
    let part = |name: &str| measures.get(name).map_or_else(Sum::default, |row| Sum::of(row.n));
    let whole = |name: &str| measures.get(name).map_or_else(Sum::default, |row| Sum::of(row.denominator));
    let same = |name: &str| Number::Share { part: part(name), whole: whole(name) };
    let mut later = Sum::default();
    for row in run.table::<OriginRow>("metastatic_origin")? {
        if matches!(row.origin.as_str(), "recurrent" | "progression" | POOLED) {
            later.add(row.n.filter(|_| row.origin != POOLED));
        }
    }
    let written = Sum::whole(counts.written);
    Ok(vec![
        ("Records written", Number::Count(written)),
        ("Rows rejected", Number::Count(Sum::whole(counts.rejected))),
        ("Errors found", Number::Count(of_severity("error"))),
        ("Warnings found", Number::Count(of_severity("warning"))),
        ("Same stage as recorded", same("same_stage")),
        ("Same group as recorded", same("same_group")),
        ("Stage not known", Number::Share { part: unknown, whole: written }),
        ("Stage IV at diagnosis", Number::Share { part: distant, whole: written }),
        ("Metastatic at diagnosis", Number::Count(part("de_novo_metastatic"))),
        ("Metastatic later", Number::Count(later)),
    ])
}

impl Number {
    /// The share in percent, or its lower bound where a part is hidden; none where nothing is known of it.
    fn percent(self) -> Option<f64> {
        match self {
            Self::Share { part, whole } if whole.shown > 0 && !whole.partial => {
                (part.shown > 0 || !part.partial).then(|| 100.0 * part.shown as f64 / whole.shown as f64)
            }
            _ => None,
        }
    }

    fn is_partial(self) -> bool {
        match self {
            Self::Count(sum) => sum.partial,
            Self::Share { part, whole } => part.partial || whole.partial,
        }
    }

    fn value(self) -> String {
        match (self, self.percent()) {
            (Self::Count(sum), _) => sum.text(),
            (_, Some(share)) if self.is_partial() => format!("≥\u{a0}{share:.1} %"),
            (_, Some(share)) => format!("{share:.1} %"),
            (_, None) if self.is_partial() => "hidden".to_owned(),
            (_, None) => "–".to_owned(),
        }
    }

    fn of(self) -> String {
        match self {
            Self::Count(_) => String::new(),
            Self::Share { part, whole } => format!("{} of {}", part.text(), whole.text()),
        }
    }

    fn change(self, before: Self) -> Option<String> {
        if self.is_partial() || before.is_partial() {
            return None;
        }
        if let (Self::Count(now), Self::Count(then)) = (self, before) {
            let (now, then) = (now.shown, then.shown);
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
    use super::{Number, Sum};

    fn count(n: u64) -> Number {
        Number::Count(Sum::whole(n))
    }

    fn share(part: u64, whole: u64) -> Number {
        Number::Share { part: Sum::whole(part), whole: Sum::whole(whole) }
    }

    #[test]
    fn changes_have_their_sign() {
        for (now, then, change) in [
            (count(5), count(7), Some("−2")),
            (count(7), count(7), Some("±0")),
            (count(1200), count(7), Some("+1\u{202f}193")),
            (share(1, 4), share(1, 2), Some("−25.0 points")),
            (share(1, 4), share(2, 8), Some("±0.0 points")),
            (share(1, 4), share(0, 0), None),
        ] {
            assert_eq!(now.change(then).as_deref(), change);
        }
    }

    #[test]
    fn what_is_hidden_is_a_lower_bound_without_a_change() {
        let (some, none) = (Sum { shown: 11, partial: true }, Sum { shown: 0, partial: true });
        let whole = Sum::whole(1000);
        for (number, value, of) in [
            (Number::Count(some), "≥\u{a0}11", ""),
            (Number::Count(none), "hidden", ""),
            (Number::Share { part: some, whole }, "≥\u{a0}1.1 %", "≥\u{a0}11 of 1\u{202f}000"),
            (Number::Share { part: none, whole }, "hidden", "hidden of 1\u{202f}000"),
        ] {
            assert_eq!((number.value().as_str(), number.of().as_str()), (value, of));
            assert_eq!(number.change(number), None);
        }
    }
}
