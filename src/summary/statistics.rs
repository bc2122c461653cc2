//! The statistics of the tables: an interval for a share, and agreement beyond chance.

/// The 97.5th percentile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's score interval (95 %) of `k` out of `n`, as shares between 0 and 1; `None` where `n` is 0.
///
/// Wilson, J Am Stat Assoc 1927; method 3 of Newcombe, Stat Med 1998. It stays within
/// 0 and 1 and keeps a width at 0 or `n` of `n`, which small schemas need.
pub fn wilson(k: u64, n: u64) -> Option<(f64, f64)> {
    if n == 0 {
        return None;
    }
    let (k, n) = (k.min(n) as f64, n as f64);
    let middle = k + Z * Z / 2.0;
    let half = Z * (k * (n - k) / n + Z * Z / 4.0).sqrt();
    let whole = n + Z * Z;
    Some((((middle - half) / whole).max(0.0), ((middle + half) / whole).min(1.0)))
}

/// How much a disagreement counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weights {
    /// Every disagreement the same (Cohen 1960).
    Equal,
    /// By the number of steps between the two (Cohen 1968, linear).
    Linear,
}

impl Weights {
    fn of(self, row: usize, column: usize) -> f64 {
        match self {
            Self::Equal => f64::from(u8::from(row != column)),
            Self::Linear => row.abs_diff(column) as f64,
        }
    }
}

/// Cohen's kappa of a square table, rows one rater and columns the other.
/// `None` where chance alone allows no disagreement (nothing counted, or everything in one cell).
pub fn kappa<const SIZE: usize>(table: &[[u64; SIZE]; SIZE], weights: Weights) -> Option<f64> {
    let rows = table.map(|row| row.iter().sum::<u64>() as f64);
    let total: f64 = rows.iter().sum();
    let mut columns = [0.0; SIZE];
    for row in table {
        for (sum, &n) in columns.iter_mut().zip(row) {
            *sum += n as f64;
        }
    }
    let (mut observed, mut by_chance) = (0.0, 0.0);
    for (at, (row, in_row)) in table.iter().zip(rows).enumerate() {
        for (other, (&n, in_column)) in row.iter().zip(columns).enumerate() {
            let weight = weights.of(at, other);
            observed += weight * n as f64;
            by_chance += weight * in_row * in_column / total;
        }
    }
    (by_chance > 0.0).then(|| 1.0 - observed / by_chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, published: f64, decimals: i32) {
        let half_unit = 0.5 * 10f64.powi(-decimals);
        assert!((found - published).abs() <= half_unit, "found {found}, published {published}");
    }

    /// Newcombe, Stat Med 1998;17:857-872, table I, score method without continuity correction.
    #[test]
    fn wilson_as_newcombe_printed_it() {
        let printed = [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ];
        for (k, n, low, high) in printed {
            let (found_low, found_high) = wilson(k, n).unwrap();
            close(found_low, low, 4);
            close(found_high, high, 4);
        }
    }

    #[test]
    fn wilson_is_symmetric_and_knows_an_empty_table() {
        assert_eq!(wilson(0, 0), None);
        let (low, high) = wilson(20, 20).unwrap();
        close(low, 1.0 - 0.1611, 4);
        close(high, 1.0, 12);
    }

    /// Cohen, Educ Psychol Meas 1960;20:37-46: 200 patients, two diagnosticians, kappa .492.
    /// By hand: 140/200 agree, (120*100 + 60*60 + 20*40)/200^2 = .41 by chance, .29/.59.
    #[test]
    fn kappa_as_cohen_printed_it() {
        let table = [[88, 14, 18], [10, 40, 10], [2, 6, 12]];
        close(kappa(&table, Weights::Equal).unwrap(), 0.492, 3);
    }

    /// Altman, Practical Statistics for Medical Research (1991), 14.3: 85 xeromammograms read
    /// twice, kappa 0.47, with linear weights 0.57.
    /// By hand: 34 steps observed, (2607 + 1100 + 2813 + 176)/85 = 78.776 by chance, 1 - 0.4316.
    #[test]
    fn weighted_kappa_as_altman_printed_it() {
        let table = [[21, 12, 0, 0], [4, 17, 1, 0], [3, 9, 15, 2], [0, 0, 0, 1]];
        close(kappa(&table, Weights::Equal).unwrap(), 0.47, 2);
        close(kappa(&table, Weights::Linear).unwrap(), 0.57, 2);
        close(kappa(&table, Weights::Linear).unwrap(), 1.0 - 34.0 * 85.0 / 6696.0, 12);
    }

    #[test]
    fn kappa_needs_room_for_disagreement() {
        assert_eq!(kappa(&[[0; 3]; 3], Weights::Equal), None);
        assert_eq!(kappa(&[[7, 0], [0, 0]], Weights::Linear), None);
    }
}
