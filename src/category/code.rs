//! Small codes: sex, age, edition, and coded or measured factors.

use super::Cell;
use super::notation::whole_number;

/// Sex as far as staging asks for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Sex {
    /// Code 1.
    Male,
    /// Code 2.
    Female,
    /// Any other known code.
    Other,
}

/// Reads a NAACCR sex code; words were turned into codes before.
pub(super) fn sex(text: &str) -> Cell<Sex> {
    match whole_number(text) {
        "1" => Cell::Value(Sex::Male),
        "2" => Cell::Value(Sex::Female),
        "3" | "4" => Cell::Value(Sex::Other),
        _ => Cell::Invalid,
    }
}

/// Edition of the staging manual, 1 to 9; 9 is AJCC Version 9.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct Edition(pub u8);

impl std::fmt::Display for Edition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads `7`, `07`, `7th`, `AJCC 7`, `TNM8`, `Version 9`, `AJCC 8th Edition (2017)`.
pub(super) fn edition(text: &str) -> Cell<Edition> {
    let numbers = whole_number(text).split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
    // A year tells no edition: it may be that of the printing or of the diagnosis.
    let mut editions = numbers.filter(|number| number.len() != 4).map(str::parse::<u8>);
    match (editions.next(), editions.next()) {
        (Some(Ok(edition @ 1..=9)), None) => Cell::Value(Edition(edition)),
        _ => Cell::Invalid,
    }
}

/// Reads an age in years: `45`, `045`, `45 years`, `45.7`, `90+`, `>89`; 999 is unknown.
pub(super) fn age(text: &str) -> Cell<u8> {
    let lower = text.to_ascii_lowercase();
    let unit = ["years", "year", "yrs", "y"].iter().find_map(|unit| lower.strip_suffix(unit));
    let text = unit.unwrap_or(&lower).trim();
    let text = text.strip_suffix('+').unwrap_or(text).trim();
    let (above, text) = match text.strip_prefix('>') {
        Some(text) => (1, text.trim()),
        None => (0, text),
    };
    match number(text) {
        Some(999.0) => Cell::Unknown,
        Some(years) => whole_years(years + f64::from(above)),
        None => Cell::Invalid,
    }
}

/// Reads an age in days as whole years of 365.25 days.
pub(super) fn age_in_days(text: &str) -> Cell<u8> {
    number(text).map_or(Cell::Invalid, |days| whole_years(days / 365.25))
}

fn whole_years(years: f64) -> Cell<u8> {
    // Truncation is the point: an age counts completed years.
    #[expect(clippy::cast_sign_loss, reason = "a number without a sign")]
    if years < 130.0 { Cell::Value(years as u8) } else { Cell::Invalid }
}

/// A decimal number without sign or exponent; a comma before one or two digits is a decimal comma.
fn number(text: &str) -> Option<f64> {
    let comma = text.split_once(',').filter(|(_, decimals)| matches!(decimals.len(), 1 | 2));
    let text = if comma.is_some() { text.replace(',', ".") } else { text.to_owned() };
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if plain && text.len() <= 12 { text.parse().ok() } else { None }
}

/// A short code, at most eight ASCII bytes, upper case, zero-padded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Code([u8; 8]);

impl Code {
    /// The code of a text; `None` where it is empty, longer than eight bytes or not ASCII.
    pub fn new(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > 8 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from.to_ascii_uppercase();
        }
        Some(Self(bytes))
    }

    /// The text of the code.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(8);
        std::str::from_utf8(&self.0[..end]).unwrap_or("")
    }
}

/// A prognostic factor as recorded: a measured number or a registry code.
/// Knowledge tables say which class of a factor it belongs to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum FactorValue {
    /// A measured value in the unit of the field.
    Number(f32),
    /// A code.
    Code(Code),
}

/// Reads a registry code.
pub(super) fn coded(text: &str) -> Cell<FactorValue> {
    Code::new(whole_number(text)).map_or(Cell::Invalid, |code| Cell::Value(FactorValue::Code(code)))
}

/// Reads a measured number, or a registry code where it is none (`XXX.1`, `L`).
pub(super) fn measured(text: &str) -> Cell<FactorValue> {
    number(text).map_or_else(|| coded(text), |number| Cell::Value(FactorValue::Number(number as f32)))
}

/// Reads a field that has both: one digit is the registry code, any other number a measured value.
pub(super) fn coded_or_measured(text: &str) -> Cell<FactorValue> {
    if text.len() == 1 { coded(text) } else { measured(text) }
}

/// Reads a count or a numeric registry code.
pub(super) fn count(text: &str) -> Cell<u16> {
    let digits = whole_number(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain).map_or(Cell::Invalid, Cell::Value)
}

/// Reads a number of days, negative before the day that they are counted from.
pub(super) fn days(text: &str) -> Cell<i32> {
    // A century either way; what is longer is no number of days.
    let days = whole_number(text).parse().ok().filter(|days| (-36_525..=36_525).contains(days));
    days.map_or(Cell::Invalid, Cell::Value)
}

/// Reads a yes or no; words were turned into codes before.
pub(super) fn flag(text: &str) -> Cell<bool> {
    match whole_number(text) {
        "0" => Cell::Value(false),
        "1" => Cell::Value(true),
        _ => Cell::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions() {
        for (text, expected) in [
            ("7", Some(7)),
            ("07", Some(7)),
            ("7.0", Some(7)),
            ("7th", Some(7)),
            ("7TH", Some(7)),
            ("2nd", Some(2)),
            ("3rd", Some(3)),
            ("AJCC 7", Some(7)),
            ("AJCC Cancer Staging Manual 7th Edition", Some(7)),
            ("8th Edition", Some(8)),
            ("AJCC 8th Edition (2017)", Some(8)),
            ("TNM8", Some(8)),
            ("Version 9", Some(9)),
            ("V9", Some(9)),
            ("9", Some(9)),
            ("10", None),
            ("2010", None),
            ("6/7", None),
            ("300", None),
            ("AJCC", None),
        ] {
            assert_eq!(edition(text).value().map(|edition| edition.0), expected, "{text}");
        }
    }

    #[test]
    fn ages() {
        for (text, expected) in [
            ("45", Some(45)),
            ("045", Some(45)),
            ("000", Some(0)),
            ("45.0", Some(45)),
            ("45.9", Some(45)),
            ("45,9", Some(45)),
            ("45 years", Some(45)),
            ("1 year", Some(1)),
            ("85+ years", Some(85)),
            ("90+", Some(90)),
            (">89", Some(90)),
            ("> 89", Some(90)),
            ("120", Some(120)),
            ("130", None),
            ("500", None),
            ("-3", None),
            ("45-49 years", None),
            ("8500/3", None),
            ("", None),
        ] {
            assert_eq!(age(text).value(), expected, "{text}");
        }
        assert_eq!(age("999"), Cell::Unknown);
        for (text, expected) in [
            ("16436", Some(44)),
            ("16437", Some(45)),
            ("0", Some(0)),
            ("999", Some(2)),
            ("-100", None),
            ("99999", None),
        ] {
            assert_eq!(age_in_days(text).value(), expected, "{text}");
        }
    }

    #[test]
    fn numbers_and_codes() {
        let code = |text| Cell::Value(FactorValue::Code(Code::new(text).unwrap()));
        let number = |number| Cell::Value(FactorValue::Number(number));
        for (text, expected) in [
            ("7.4", number(7.4)),
            ("0.1", number(0.1)),
            (".01", number(0.01)),
            ("7,4", number(7.4)),
            ("007", number(7.0)),
            ("XXX.1", code("XXX.1")),
            ("xxx.3", code("XXX.3")),
            ("<0.1", code("<0.1")),
            ("1,000", code("1,000")),
            ("1e3", code("1E3")),
            ("inf", code("INF")),
            (".", code(".")),
            ("much too long", Cell::Invalid),
            ("µ", Cell::Invalid),
        ] {
            assert_eq!(measured(text), expected, "{text}");
        }
        assert_eq!(coded_or_measured("2"), code("2"));
        assert_eq!(coded_or_measured("2.0"), number(2.0));
        assert_eq!(coded_or_measured("180"), number(180.0));
        assert_eq!(coded("1.0"), code("1"));
        assert_eq!(coded("h"), code("H"));
        assert_eq!(count("00"), Cell::Value(0));
        assert_eq!(count("62.0"), Cell::Value(62));
        assert_eq!(count("+5"), Cell::Invalid);
        assert_eq!(count(""), Cell::Invalid);
        assert_eq!(count("65536"), Cell::Invalid);
        assert_eq!(Code::new("").or(Code::new("123456789")).or(Code::new("é")), None);
    }
}
