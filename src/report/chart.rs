//! What the charts of the page have in common: scales and the order and look of the stages.

use std::fmt::Write as _;

/// The stages in the order of a legend, as the tables write them.
pub(super) const STAGES: [&str; 8] = ["0", "I", "II", "III", "IV", "occult", "NA", "UNK"];

/// Place of a stage in [`STAGES`]; what is none of them counts as unknown.
pub(super) fn rank(stage: &str) -> usize {
    STAGES.iter().position(|&known| known == stage).unwrap_or(STAGES.len() - 1)
}

/// A round step for at most five marks up to `most`.
pub(super) fn step(most: u64) -> u64 {
    let mut power = 1;
    loop {
        if let Some(times) = [1, 2, 5].into_iter().find(|times| (times * power) as f64 * 5.0 >= most as f64) {
            return times * power;
        }
        power *= 10;
    }
}

/// A number of records with thousands apart (`12 345`), by thin spaces that do not break.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A coordinate with one decimal, which is a tenth of a pixel.
pub(super) fn at(value: f64) -> String {
    let mut text = String::new();
    let _ = write!(text, "{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// A share in percent with one decimal.
pub(super) fn percent(part: u64, whole: u64) -> Option<String> {
    (whole > 0).then(|| format!("{:.1}", 100.0 * part as f64 / whole as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_few() {
        for (most, expected) in [(0, 1), (3, 1), (9, 2), (47, 10), (120, 50), (1_000_000, 200_000)] {
            assert_eq!(step(most), expected, "{most}");
        }
        assert!(step(u64::MAX) >= u64::MAX / 6);
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (n, text) in
            [(0, "0"), (999, "999"), (1000, "1\u{202f}000"), (1_234_567, "1\u{202f}234\u{202f}567")]
        {
            assert_eq!(grouped(n), text);
        }
    }

    #[test]
    fn stages_that_no_one_knows_are_unknown() {
        assert_eq!((rank("0"), rank("IV"), rank("UNK"), rank("V")), (0, 4, 7, 7));
    }
}
