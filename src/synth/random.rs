//! Random numbers that depend on the seed and the row alone, so that rows can be
//! made in any order, on any number of threads, and come out the same.

/// `SplitMix64` (Steele, Lea, Flood 2014), started from seed and row.
pub(super) struct Random(u64);

impl Random {
    /// The numbers of one row.
    pub(super) fn of_row(seed: u64, row: u64) -> Self {
        let mut start = Self(seed);
        let mixed_seed = start.next();
        let mut start = Self(row ^ mixed_seed);
        Self(start.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of a slice.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }

    /// Nearly normal: the sum of four uniform numbers has a variance of a third. No
    /// transcendental function, so that every platform gives the same bytes.
    pub(super) fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let sum = self.unit() + self.unit() + self.unit() + self.unit();
        mean + (sum - 2.0) * 1.732 * deviation
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Things to choose from, each with its weight; never empty.
pub(super) struct Weighted<T> {
    items: Vec<T>,
    /// Upper ends of the items' shares.
    ends: Vec<u64>,
}

impl<T> Weighted<T> {
    /// `None` where no item has a weight of at least a thousandth.
    pub(super) fn new(weighted: impl IntoIterator<Item = (T, f64)>) -> Option<Self> {
        let (mut items, mut ends, mut end) = (Vec::new(), Vec::new(), 0);
        for (item, weight) in weighted {
            let share = scaled(weight);
            if share > 0 {
                end += share;
                items.push(item);
                ends.push(end);
            }
        }
        (!items.is_empty()).then_some(Self { items, ends })
    }

    pub(super) fn pick(&self, random: &mut Random) -> &T {
        let at = random.below(self.ends.last().copied().unwrap_or(1));
        &self.items[self.ends.partition_point(|&end| end <= at).min(self.items.len() - 1)]
    }

    pub(super) fn items(&self) -> &[T] {
        &self.items
    }
}

/// Weights in thousandths; negative ones count as none.
#[expect(clippy::cast_sign_loss, reason = "negative weights are clamped to 0")]
fn scaled(weight: f64) -> u64 {
    (weight.max(0.0) * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_their_own_numbers() {
        let draw = |seed, row| Random::of_row(seed, row).below(1 << 40);
        assert_eq!(draw(1, 7), draw(1, 7));
        assert_ne!(draw(1, 7), draw(1, 8));
        assert_ne!(draw(1, 7), draw(2, 7));
    }

    #[test]
    fn choices_follow_their_weights() {
        let choice = Weighted::new([("rare", 1.0), ("never", 0.0), ("often", 3.0)]).unwrap();
        let often = (0..10_000).filter(|&row| *choice.pick(&mut Random::of_row(5, row)) == "often").count();
        assert!((7200..7800).contains(&often), "{often} of 10,000 instead of about 7,500");
        assert_eq!(choice.items().len(), 2);
        assert!(Weighted::<u8>::new([]).is_none());
    }

    #[test]
    fn normal_has_its_mean_and_spread() {
        let draws: Vec<f64> = (0..20_000).map(|row| Random::of_row(9, row).normal(60.0, 10.0)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!((mean - 60.0).abs() < 0.3 && (variance.sqrt() - 10.0).abs() < 0.3);
    }
}
