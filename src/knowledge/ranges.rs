//! Lists of numbers and ranges: `8000-8576, 8940`, `C620-C621, C629`, `1,9`.

/// A set of small numbers as inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ranges(Vec<(u16, u16)>);

impl Ranges {
    /// Reads numbers, ranges, and topography codes (`C50.9` or `C509` is 509); `None` where a part is none of these.
    pub fn parse(text: &str) -> Option<Self> {
        let mut ranges = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            let (low, high) = (number(low)?, number(high)?);
            if low > high {
                return None;
            }
            ranges.push((low, high));
        }
        (!ranges.is_empty()).then_some(Self(ranges))
    }

    /// One range.
    pub(super) fn one(low: u16, high: u16) -> Self {
        Self(vec![(low, high)])
    }

    /// The numbers that both hold, as ranges.
    pub(super) fn common(&self, other: &Self) -> impl Iterator<Item = (u16, u16)> {
        self.0.iter().flat_map(move |&(low, high)| {
            let both = other.0.iter().map(move |&(from, to)| (low.max(from), high.min(to)));
            both.filter(|(low, high)| low <= high)
        })
    }

    /// The numbers from which on something else holds.
    pub(super) fn steps(&self) -> impl Iterator<Item = u16> {
        self.0.iter().flat_map(|&(low, high)| [low, high.saturating_add(1)])
    }

    /// Whether the number is in one of the ranges.
    pub fn contains(&self, number: u16) -> bool {
        self.0.iter().any(|&(low, high)| (low..=high).contains(&number))
    }
}

fn number(text: &str) -> Option<u16> {
    text.trim().trim_start_matches('C').replace('.', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes_and_ranges() {
        let ranges = Ranges::parse("C620-C621, C629").unwrap();
        assert!(ranges.contains(620) && ranges.contains(629) && !ranges.contains(622));
        assert!(Ranges::parse("010,020").unwrap().contains(20));
        let common: Vec<_> = ranges.common(&Ranges::parse("C62.1-C62.5, C63.0").unwrap()).collect();
        assert_eq!(common, [(621, 621)]);
        for bad in ["", "a", "9-1", "8000-"] {
            assert_eq!(Ranges::parse(bad), None, "{bad}");
        }
    }
}
