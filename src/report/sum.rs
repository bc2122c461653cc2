//! Sums of the numbers that the tables show, which know whether some of their parts are hidden.

use super::chart::{grouped, percent};

/// A sum of numbers of records. Where a part of it is hidden it is a lower bound and says so.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub(super) struct Sum {
    /// The parts that are shown.
    pub(super) shown: u64,
    /// Whether a part is hidden.
    pub(super) partial: bool,
}

impl Sum {
    /// A number of which nothing is hidden.
    pub(super) fn whole(shown: u64) -> Self {
        Self { shown, partial: false }
    }

    /// A number of a table; none where it is hidden.
    pub(super) fn of(n: Option<u64>) -> Self {
        Self { shown: n.unwrap_or(0), partial: n.is_none() }
    }

    /// Adds a number of a table; none where it is hidden.
    pub(super) fn add(&mut self, n: Option<u64>) {
        match n {
            Some(n) => self.shown += n,
            None => self.partial = true,
        }
    }

    /// Adds another sum.
    pub(super) fn join(&mut self, other: Self) {
        self.shown += other.shown;
        self.partial |= other.partial;
    }

    /// Whether there is nothing to show, hidden parts included.
    pub(super) fn is_empty(self) -> bool {
        self.shown == 0 && !self.partial
    }

    /// `1 234`, `≥ 1 234` where a part is hidden, `hidden` where all of it is.
    pub(super) fn text(self) -> String {
        match self {
            Self { shown: 0, partial: true } => "hidden".to_owned(),
            Self { shown, partial: true } => format!("≥\u{a0}{}", grouped(shown)),
            Self { shown, partial: false } => grouped(shown),
        }
    }

    /// Its share of a whole in percent; none where a part of either is hidden.
    pub(super) fn percent_of(self, whole: Self) -> Option<String> {
        if self.partial || whole.partial { None } else { percent(self.shown, whole.shown) }
    }
}

#[cfg(test)]
mod tests {
    use super::Sum;

    #[test]
    fn what_is_hidden_is_never_shown_as_zero() {
        for (parts, text, share) in [
            (vec![], "0", Some("0.0")),
            (vec![Some(1200), Some(34)], "1\u{202f}234", Some("61.7")),
            (vec![Some(1200), None], "≥\u{a0}1\u{202f}200", None),
            (vec![None, Some(0)], "hidden", None),
        ] {
            let mut sum = Sum::default();
            for part in parts {
                sum.add(part);
            }
            assert_eq!(sum.text(), text);
            assert_eq!(sum.percent_of(Sum::whole(2000)).as_deref(), share);
        }
    }
}
