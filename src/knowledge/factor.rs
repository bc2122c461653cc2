//! Prognostic factors of the stage tables: where a record holds them and which class a value is in.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::{KnowledgeError, Problem};
use super::ranges::Ranges;
use crate::category::{FactorValue, Histology, Site};
use crate::decision::TokenSet;
use crate::fields::Field;

/// What a factor is taken from when no field holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The recorded stage group: of a lymphoma it is the only account of the spread.
    RecordedGroup,
    /// Age at diagnosis.
    Age,
    /// The schema's classes of histologies.
    Histology,
    /// The schema's classes of sites.
    Site,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactorForm {
    title: String,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    clinical: Vec<String>,
    #[serde(default)]
    pathologic: Vec<String>,
    from: Option<Origin>,
    unknown: Option<String>,
    #[serde(default)]
    blank_is_unknown: bool,
    otherwise: Option<String>,
    #[serde(default)]
    codes: BTreeMap<String, String>,
    #[serde(default)]
    ranges: BTreeMap<String, String>,
    #[serde(default)]
    where_not_listed: BTreeMap<String, String>,
    #[serde(default)]
    instead: Vec<FactorForm>,
    #[serde(default)]
    highest_of: Vec<FactorForm>,
}

/// The definition of a factor.
#[derive(Debug)]
pub struct Factor {
    /// Name in the tables.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Where to look, whatever the classification.
    pub fields: Vec<Field>,
    /// Where to look first for the clinical classification.
    pub clinical: Vec<Field>,
    /// Where to look first for the pathologic classification.
    pub pathologic: Vec<Field>,
    /// What stands in for a field.
    pub from: Option<Origin>,
    /// Whether the manual's "not known" also stands for what the record does not mention at all.
    pub blank_is_unknown: bool,
    /// What tells the class where no field of the factor itself does, in this order (a Gleason score, of
    /// the grade group).
    pub instead: Vec<Self>,
    /// Measurements of which the highest class counts (the markers, of S).
    pub highest_of: Vec<Self>,
    unknown: Option<String>,
    otherwise: Option<String>,
    codes: Vec<(String, Vec<String>)>,
    ranges: Vec<(String, Interval)>,
    where_not_listed: BTreeMap<String, String>,
}

impl Factor {
    /// Reads the factor definitions.
    pub(super) fn read_all(text: &str, file: &str) -> Result<Vec<Self>, KnowledgeError> {
        let forms: BTreeMap<String, toml::Spanned<FactorForm>> =
            toml::from_str(text).map_err(|e| super::file::toml_error(&e, text, file))?;
        forms
            .into_iter()
            .map(|(name, form)| {
                let line = super::file::Source { file, text }.line(&form);
                Self::new(name, form.into_inner(), file).map_err(|error| KnowledgeError { line, ..error })
            })
            .collect()
    }

    fn new(name: String, form: FactorForm, file: &str) -> Result<Self, KnowledgeError> {
        let fields = |ids: Vec<String>| -> Result<Vec<Field>, KnowledgeError> {
            ids.into_iter()
                .map(|id| {
                    Field::from_id(&id)
                        .ok_or_else(|| Problem::Form(format!("factor {name}: {id} is no field")).at(file, 1))
                })
                .collect()
        };
        let ranges = form
            .ranges
            .iter()
            .map(|(class, text)| {
                Interval::parse(text)
                    .map(|interval| (class.clone(), interval))
                    .ok_or_else(|| Problem::Form(format!("factor {name}: {text} is no range")).at(file, 1))
            })
            .collect::<Result<_, _>>()?;
        let parts = |forms: Vec<FactorForm>| -> Result<Vec<Self>, KnowledgeError> {
            forms.into_iter().map(|form| Self::new(name.clone(), form, file)).collect()
        };
        Ok(Self {
            fields: fields(form.fields)?,
            clinical: fields(form.clinical)?,
            pathologic: fields(form.pathologic)?,
            title: form.title,
            from: form.from,
            blank_is_unknown: form.blank_is_unknown,
            instead: parts(form.instead)?,
            highest_of: parts(form.highest_of)?,
            where_not_listed: form.where_not_listed,
            unknown: form.unknown,
            otherwise: form.otherwise,
            codes: form
                .codes
                .into_iter()
                .map(|(class, codes)| {
                    (class, codes.split_whitespace().map(|code| code.replace('_', " ")).collect())
                })
                .collect(),
            ranges,
            name,
        })
    }
}

/// Where a recorded value stands among the classes of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// In this class, or in one of these: a set of tokens.
    In(TokenSet),
    /// A known value that the table does not list: only rows that take any value fit.
    Unlisted,
    /// Not a value of this factor.
    Unreadable,
}

/// The classes of a factor in one table.
#[derive(Debug)]
pub struct FactorAxis {
    /// Index of the factor's definition.
    pub factor: usize,
    /// Class names by token.
    pub classes: Vec<String>,
    /// The token of "not known", where the table prints it.
    pub x: Option<u8>,
    /// The class that a missing value takes.
    pub otherwise: Option<u8>,
    /// Everything that a missing value may be.
    pub all: TokenSet,
    /// Whether it is the age at diagnosis.
    pub is_age: bool,
    /// The same classes as the definitions under [`Factor::instead`] read them.
    pub instead: Vec<Self>,
    /// The same classes as the definitions under [`Factor::highest_of`] read them.
    pub highest_of: Vec<Self>,
    codes: Vec<(String, Option<TokenSet>)>,
    intervals: Vec<(Interval, TokenSet)>,
    histologies: Vec<(Option<Ranges>, u8)>,
    sites: Vec<SiteClass>,
}

/// Classes of sites or histologies that a schema file declares for a factor: class to code list or `other`.
/// A list of sites may end in `where disc1 = 2`: those of them with that code of schema discriminator 1.
pub(super) type Classes = BTreeMap<String, String>;

impl FactorAxis {
    /// The axis of a factor whose table lists these classes.
    pub(super) fn new(
        index: usize,
        factor: &Factor,
        classes: Vec<String>,
        by_histology: Option<&Classes>,
        by_site: Option<&Classes>,
    ) -> Result<Self, String> {
        let token = |class: &str| classes.iter().position(|known| known == class).map(|at| at as u8);
        // A class that this table does not list may be counted as another one there.
        let counted = |class: &str| {
            let mut class = class;
            let mut steps = factor.where_not_listed.len();
            while token(class).is_none() && steps > 0 {
                class = factor.where_not_listed.get(class).map_or(class, String::as_str);
                steps -= 1;
            }
            token(class)
        };
        let set = |classes: &str| -> Option<TokenSet> {
            let set = classes.split_whitespace().filter_map(counted).fold(0, |set, token| set | 1 << token);
            (set != 0).then_some(set)
        };
        let parts = |parts: &[Factor]| -> Result<Vec<Self>, String> {
            let part = |part: &Factor| Self::new(index, part, classes.clone(), by_histology, by_site);
            parts.iter().map(part).collect()
        };
        let x = factor.unknown.as_deref().and_then(token);
        let listed = (0..classes.len()).filter(|at| x != Some(*at as u8)).fold(0, |set, at| set | 1 << at);
        let codes: Vec<(String, Option<TokenSet>)> = factor
            .codes
            .iter()
            .flat_map(|(classes, codes)| codes.iter().map(move |code| (code.clone(), set(classes))))
            .collect();
        // A missing value may also be one that the table does not list.
        let unlisted = codes.iter().any(|(_, set)| set.is_none());
        let all = listed | TokenSet::from(unlisted) << classes.len();
        let own = classes
            .iter()
            .enumerate()
            .filter_map(|(at, class)| Interval::parse(class).map(|interval| (interval, 1 << at)));
        let named = factor.ranges.iter().filter_map(|(classes, interval)| Some((*interval, set(classes)?)));
        // Where a definition names ranges of its own, a class name such as 1 is no range.
        let intervals: Vec<(Interval, TokenSet)> =
            if factor.ranges.is_empty() { own.collect() } else { named.collect() };
        let declared = |classes: Option<&Classes>| -> Result<Vec<(Option<Ranges>, u8)>, String> {
            let mut list = Vec::new();
            for (class, codes) in classes.into_iter().flatten() {
                let Some(token) = token(class) else { continue };
                let ranges = match codes.as_str() {
                    "other" => None,
                    codes => {
                        Some(Ranges::parse(codes).ok_or_else(|| format!("{codes:?} is no list of codes"))?)
                    }
                };
                list.push((ranges, token));
            }
            list.sort_by_key(|(ranges, _)| ranges.is_none());
            Ok(list)
        };
        Ok(Self {
            factor: index,
            is_age: factor.from == Some(Origin::Age),
            instead: parts(&factor.instead)?,
            highest_of: parts(&factor.highest_of)?,
            x,
            otherwise: factor.otherwise.as_deref().and_then(token),
            all,
            codes,
            intervals,
            histologies: declared(by_histology)?,
            sites: sites(by_site, token)?,
            classes,
        })
    }

    /// Where a recorded value stands.
    pub fn class(&self, value: FactorValue) -> Class {
        let (text, number);
        match &value {
            FactorValue::Code(code) => {
                text = code.as_str().to_owned();
                number = text.parse().ok();
            }
            FactorValue::Number(value) => {
                text = value.to_string();
                number = Some(*value);
            }
        }
        // A measured 3 is not the code 3.
        let coded = matches!(value, FactorValue::Code(_)) || self.intervals.is_empty();
        if coded && let Some((_, set)) = self.codes.iter().find(|(code, _)| *code == text) {
            return set.map_or(Class::Unlisted, Class::In);
        }
        match number {
            Some(number) if !self.intervals.is_empty() => {
                self.class_of_number(number).map_or(Class::Unlisted, Class::In)
            }
            _ => Class::Unreadable,
        }
    }

    /// The class of a number (an age, a PSA value).
    pub fn class_of_number(&self, number: f32) -> Option<TokenSet> {
        self.intervals.iter().find(|(interval, _)| interval.contains(number)).map(|(_, set)| *set)
    }

    /// Adds the numbers at which a measured value changes its class.
    pub(super) fn steps(&self, numbers: &mut Vec<f32>) {
        numbers.extend(self.intervals.iter().flat_map(|(interval, _)| [interval.low, interval.high]));
        numbers.extend(self.codes.iter().filter_map(|(code, _)| code.parse::<f32>().ok()));
        self.instead.iter().chain(&self.highest_of).for_each(|part| part.steps(numbers));
    }

    /// The lists of sites by which it classes.
    pub(super) fn listed_sites(&self) -> impl Iterator<Item = &Ranges> {
        self.all().flat_map(|axis| &axis.sites).filter_map(|(sites, ..)| sites.as_ref())
    }

    /// The lists of histologies by which it classes.
    pub(super) fn listed_histologies(&self) -> impl Iterator<Item = &Ranges> {
        self.all().flat_map(|axis| &axis.histologies).filter_map(|(histologies, _)| histologies.as_ref())
    }

    /// The axis and those that stand in for it.
    fn all(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        Box::new(std::iter::once(self).chain(self.instead.iter().chain(&self.highest_of).flat_map(Self::all)))
    }

    /// The schema's class of a histology.
    pub fn class_of_histology(&self, histology: Histology) -> Option<u8> {
        class_in(&self.histologies, histology.0)
    }

    /// The schema's class of a site; `None` where it hangs on a discriminator that is missing.
    pub fn class_of_site(&self, site: Site, disc1: Option<u16>) -> Option<u8> {
        let of_site =
            |(ranges, ..): &&SiteClass| ranges.as_ref().is_none_or(|ranges| ranges.contains(site.0));
        for (_, codes, token) in self.sites.iter().filter(of_site) {
            match codes {
                Some(codes) if !codes.contains(disc1?) => {}
                _ => return Some(*token),
            }
        }
        None
    }
}

/// Sites (`None`: all others), the codes of schema discriminator 1 where these tell, and the token.
type SiteClass = (Option<Ranges>, Option<Ranges>, u8);

fn sites(classes: Option<&Classes>, token: impl Fn(&str) -> Option<u8>) -> Result<Vec<SiteClass>, String> {
    let mut list = Vec::new();
    for (class, text) in classes.into_iter().flatten() {
        let Some(token) = token(class) else { continue };
        let ranges = |text: &str| Ranges::parse(text).ok_or_else(|| format!("{text:?} is no list of codes"));
        list.push(match text.split_once(" where disc1 = ") {
            Some((sites, codes)) => (Some(ranges(sites)?), Some(ranges(codes)?), token),
            None if text == "other" => (None, None, token),
            None => (Some(ranges(text)?), None, token),
        });
    }
    // What asks for more goes first.
    list.sort_by_key(|(sites, codes, _)| (sites.is_none(), codes.is_none()));
    Ok(list)
}

fn class_in(list: &[(Option<Ranges>, u8)], code: u16) -> Option<u8> {
    list.iter()
        .find(|(ranges, _)| ranges.as_ref().is_none_or(|ranges| ranges.contains(code)))
        .map(|(_, token)| *token)
}

/// A range of a measured value, as class names print it: `<10`, `10-19.9`, `>=20`, `7`; `>15 <1000` is
/// both.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Interval {
    low: f32,
    high: f32,
    low_included: bool,
    high_included: bool,
}

impl Interval {
    fn parse(text: &str) -> Option<Self> {
        if let Some((one, other)) = text.split_once(' ') {
            let (one, other) = (Self::parse(one)?, Self::parse(other)?);
            let (low, high) = if one.low > other.low { (one, other) } else { (other, one) };
            return Some(Self {
                low: low.low,
                low_included: low.low_included,
                high: high.high,
                high_included: high.high_included,
            });
        }
        let number = |text: &str| text.parse::<f32>().ok();
        let full =
            Self { low: f32::NEG_INFINITY, high: f32::INFINITY, low_included: true, high_included: true };
        if let Some(rest) = text.strip_prefix("<=") {
            return Some(Self { high: number(rest)?, ..full });
        }
        if let Some(rest) = text.strip_prefix(">=") {
            return Some(Self { low: number(rest)?, ..full });
        }
        if let Some(rest) = text.strip_prefix('<') {
            return Some(Self { high: number(rest)?, high_included: false, ..full });
        }
        if let Some(rest) = text.strip_prefix('>') {
            return Some(Self { low: number(rest)?, low_included: false, ..full });
        }
        if let Some((low, high)) = text.split_once('-') {
            // The printed upper end is the last value at its precision: 19.9 stands for "below 20".
            let decimals = high.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            let step = 10_f32.powi(-i32::try_from(decimals).ok()?);
            let scale = 10_f32.powi(i32::try_from(decimals).ok()?);
            let end = ((number(high)? + step) * scale).round() / scale;
            return Some(Self { low: number(low)?, high: end, low_included: true, high_included: false });
        }
        let exact = number(text)?;
        Some(Self { low: exact, high: exact, ..full })
    }

    fn contains(self, value: f32) -> bool {
        let above = if self.low_included { value >= self.low } else { value > self.low };
        let below = if self.high_included { value <= self.high } else { value < self.high };
        above && below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_read_as_printed() {
        for (text, inside, outside) in [
            ("<10", 9.99, 10.0),
            (">=20", 20.0, 19.99),
            ("10-19.9", 19.97, 20.0),
            ("<=6", 6.0, 6.5),
            (">5", 5.1, 5.0),
            ("8-10", 10.0, 11.0),
            ("3.5-5.4", 5.45, 5.5),
            ("7", 7.0, 7.1),
            (">15 <1000", 999.5, 1000.0),
            (">15 <1000", 15.1, 15.0),
            (">=1000 <=10000", 10_000.0, 10_000.5),
        ] {
            let interval = Interval::parse(text).unwrap();
            assert!(interval.contains(inside), "{text} takes {inside}");
            assert!(!interval.contains(outside), "{text} leaves {outside}");
        }
        assert_eq!(Interval::parse("X"), None);
        assert_eq!(Interval::parse("low"), None);
    }
}
