//! How registries wrote categories, groups and dates down in the year of diagnosis.
//!
//! To 2015 a category is bare (`2A`, `IS`), in 2016 and 2017 it has its prefix
//! (`p2A`), from 2018 it is written in full (`pT2a`): NAACCR items 880-990 and their
//! successors 1001-1024.

use std::fmt;

/// A T, N or M category in its two spellings.
pub(super) struct Category {
    /// As the manual prints it: `T1mi`.
    pub(super) label: String,
    /// As the short registry items hold it: `1MI`.
    short: String,
}

impl Category {
    pub(super) fn new(label: &str) -> Self {
        let short = label.chars().skip(1).filter(|sign| !"()".contains(*sign)).collect::<String>();
        Self { label: label.to_owned(), short: short.to_ascii_uppercase() }
    }

    /// Prefix and text of the category in a year.
    pub(super) fn spelled<'a>(&'a self, prefix: &'a str, year: u32) -> [&'a str; 2] {
        match year {
            ..2016 => ["", &self.short],
            2016..2018 => [prefix, &self.short],
            _ => [prefix, &self.label],
        }
    }

    pub(super) fn is_in_situ(&self) -> bool {
        self.label.starts_with("Tis") || self.label == "Ta"
    }
}

/// A stage group as the manual prints it, and its registry code.
#[derive(Clone)]
pub(super) struct Group {
    /// `IIIC1`, `0is`, `occult`; `NA` and `UNK` where there is none.
    pub(super) label: String,
    code: String,
    /// 0 to 4; `None` where the label has no place on that scale.
    pub(super) roman: Option<u8>,
}

impl Group {
    pub(super) fn new(label: &str) -> Self {
        let ones = label.chars().take_while(|&sign| sign == 'I').count();
        let (roman, rest) = match label.strip_prefix("IV") {
            Some(rest) => (Some(4), rest),
            None if label.starts_with('0') => (Some(0), &label[1..]),
            None => (u8::try_from(ones).ok().filter(|&ones| ones > 0), &label[ones..]),
        };
        let code = match (label, roman) {
            ("NA", _) => "88".to_owned(),
            ("UNK", _) => "99".to_owned(),
            (_, Some(roman)) => format!("{roman}{}", rest.trim_start()),
            (_, None) => "OC".to_owned(),
        };
        Self { label: label.to_owned(), code, roman }
    }

    /// The registry code, `3C1`; capital letters to 2017.
    pub(super) fn code(&self, year: u32) -> &str {
        match self.code.as_str() {
            "0is" if year < 2018 => "0IS",
            "0a" if year < 2018 => "0A",
            code => code,
        }
    }
}

/// A day, with months that can be added; days end at 28, so that every sum is a date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Date {
    months: u32,
    day: u32,
}

impl Date {
    pub(super) const LAST_DAY: u32 = 28;

    pub(super) fn new(year: u32, month: u32, day: u32) -> Self {
        Self { months: year * 12 + month.saturating_sub(1), day }
    }

    pub(super) fn year(self) -> u32 {
        self.months / 12
    }

    pub(super) fn month(self) -> u32 {
        self.months % 12 + 1
    }

    pub(super) fn plus(self, months: i32) -> Self {
        Self { months: self.months.saturating_add_signed(months), day: self.day }
    }

    pub(super) fn end_of_month(self) -> Self {
        Self { months: self.months, day: Self::LAST_DAY }
    }

    /// Whole months to a later date, 0 for an earlier one.
    pub(super) fn months_to(self, later: Self) -> u32 {
        later.months.saturating_sub(self.months)
    }
}

impl fmt::Display for Date {
    /// YYYYMMDD, as NAACCR dates are exchanged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{:02}{:02}", self.year(), self.month(), self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_by_year() {
        for (label, bare, prefixed, full) in [
            ("T2a", "2A", "p2A", "pT2a"),
            ("Tis", "IS", "pIS", "pTis"),
            ("N1mi", "1MI", "p1MI", "pN1mi"),
            ("N0(i+)", "0I+", "p0I+", "pN0(i+)"),
            ("TX", "X", "pX", "pTX"),
        ] {
            let category = Category::new(label);
            for (year, expected) in [(2015, bare), (2016, prefixed), (2018, full)] {
                assert_eq!(category.spelled("p", year).concat(), expected, "{label} in {year}");
            }
        }
    }

    #[test]
    fn group_codes() {
        for (label, year, code, roman) in [
            ("IIIC1", 2020, "3C1", Some(3)),
            ("IVB", 2020, "4B", Some(4)),
            ("IA2", 2020, "1A2", Some(1)),
            ("IS", 2012, "1S", Some(1)),
            ("0is", 2012, "0IS", Some(0)),
            ("0a", 2019, "0a", Some(0)),
            ("II bulky", 2019, "2bulky", Some(2)),
            ("occult", 2019, "OC", None),
            ("NA", 2019, "88", None),
            ("UNK", 2019, "99", None),
        ] {
            let group = Group::new(label);
            assert_eq!((group.code(year), group.roman), (code, roman), "{label}");
        }
    }

    #[test]
    fn months_carry_over_the_year() {
        let date = Date::new(2019, 11, 5);
        assert_eq!(date.plus(3).to_string(), "20200205");
        assert_eq!(date.plus(-11).to_string(), "20181205");
        assert_eq!(date.months_to(date.plus(26)), 26);
        assert_eq!(date.plus(26).months_to(date), 0);
    }
}
