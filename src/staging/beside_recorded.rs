//! A stage that the record itself holds of a system beside the stage group, against the derived one.

use super::{BesideOutcome, Case, DerivedBeside};
use crate::category::FactorValue;
use crate::knowledge::Beside;

/// How a recorded stage stands to the derived one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// The same.
    Agrees,
    /// Coarser, and nothing against it: IB beside IB1.
    Coarser,
    /// One of several that are possible.
    Possible,
    /// Another one.
    Differs,
}

impl Comparison {
    /// As outputs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "recorded_agrees",
            Self::Coarser => "recorded_coarser",
            Self::Possible => "recorded_possible",
            Self::Differs => "recorded_differs",
        }
    }
}

/// How the stage that a record holds of a system stands to the derived one; `None` where there is
/// nothing to compare.
pub fn compare(beside: &Beside, system: usize, derived: &DerivedBeside, case: &Case) -> Option<Comparison> {
    let system = beside.systems().get(system)?;
    let FactorValue::Code(code) = case.factor(system.recorded?).value()? else { return None };
    let recorded = plain(code.as_str());
    let of = |at: u32| system.labels.get(at as usize).map(|label| plain(label)).unwrap_or_default();
    match derived.outcome {
        BesideOutcome::Label(at) => {
            let derived = of(u32::from(at));
            Some(if derived == recorded {
                Comparison::Agrees
            } else if derived.starts_with(&recorded) {
                Comparison::Coarser
            } else {
                Comparison::Differs
            })
        }
        BesideOutcome::Open { possible, .. } => {
            let mut labels = (0..u64::BITS).filter(|bit| possible >> bit & 1 == 1).map(of);
            let fits = labels.any(|label| label.starts_with(&recorded));
            Some(if fits { Comparison::Possible } else { Comparison::Differs })
        }
        _ => None,
    }
}

/// A stage in the spelling of the registry codes: `IIIA1(ii)` and `3A12` are `3A12`, `IB:7+` is `1B`.
fn plain(label: &str) -> String {
    let upper = label.split(':').next().unwrap_or("").to_ascii_uppercase();
    let (stage, rest) = ["IV", "III", "II", "I"]
        .iter()
        .zip(["4", "3", "2", "1"])
        .find_map(|(roman, digit)| Some((digit, upper.strip_prefix(roman)?)))
        .unwrap_or(("", &upper));
    match rest.replace("(II)", "2").replace("(I)", "1").as_str() {
        "LOCALIZED" => "L".to_owned(),
        "METASTATIC" => "M".to_owned(),
        rest => format!("{stage}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn recorded_stages_are_compared_in_one_spelling() {
        for (label, code) in [
            ("metastatic", "M"),
            ("CNS2", "CNS2"),
            ("4S", "4s"),
            ("IIIA1(ii)", "3A12"),
            ("IIIA1(i)", "3a11"),
            ("IB2", "1B2"),
            ("IV:7+", "4"),
            ("IVB", "4B"),
        ] {
            assert_eq!(plain(label), plain(code), "{label}");
        }
    }
}
