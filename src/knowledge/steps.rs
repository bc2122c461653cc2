//! Where years, ages and measured values make a difference to the rules.
//!
//! Between two steps no rule can tell one value from another, so that records that differ only there come to the
//! same and have to be judged once.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::{ages as ages_of, look_at};
use super::ranges::Ranges;
use super::select::Selection;
use super::{BesideKind, Rules, TableAxis};
use crate::fields::Field;

/// The steps.
#[derive(Clone, PartialEq, Debug)]
pub struct Steps {
    /// Every step of years and ages.
    pub all: Spans,
    /// Those that hold whatever the tumor is.
    pub(super) of_all: Spans,
    /// By the field that holds the value, in order.
    numbers: BTreeMap<Field, Vec<f32>>,
    /// Fields of which the number itself is printed or compared.
    as_they_stand: BTreeSet<Field>,
    /// Lists of histologies beside those of the rules.
    pub(super) further: Vec<Ranges>,
}

/// Spans of years of diagnosis and of ages: in each the rules say the same.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Spans {
    /// Years in which a span begins, in order.
    pub(super) years: Vec<u16>,
    /// Ages in years in which one begins, in order.
    pub(super) ages: Vec<u8>,
}

impl Spans {
    /// Each beginning once and in order.
    pub(super) fn in_order(mut self) -> Self {
        self.years.sort_unstable();
        self.years.dedup();
        self.ages.sort_unstable();
        self.ages.dedup();
        self
    }

    /// Number of the span that a year of diagnosis lies in.
    pub fn year(&self, year: u16) -> u16 {
        self.years.partition_point(|from| *from <= year) as u16
    }

    /// Number of the span that an age in years lies in.
    pub fn age(&self, age: u8) -> u16 {
        self.ages.partition_point(|from| *from <= age) as u16
    }
}

impl Steps {
    /// Number of the span that a measured value of a field lies in: odd on a step, even between two. None where
    /// every value is told from every other.
    pub fn number(&self, field: Field, number: f32) -> Option<u16> {
        if self.as_they_stand.contains(&field) {
            return None;
        }
        if number.is_nan() {
            return Some(u16::MAX);
        }
        let steps = self.numbers.get(&field).map_or(&[][..], Vec::as_slice);
        let below = steps.partition_point(|step| *step < number);
        let on_step = steps.get(below).is_some_and(|step| *step <= number);
        Some((2 * below + usize::from(on_step)) as u16)
    }
}

impl Rules {
    /// The steps of these rules, with further years and ages from which something else changes, and further
    /// ranges of histologies that are told from others.
    pub fn steps(&self, years: &[u16], ages: &[u8], histologies: &[[u16; 2]]) -> Steps {
        let axes = || {
            let beside = self.beside.tables().iter().filter_map(|table| match &table.kind {
                BesideKind::Rows(rows) => Some(rows.axes.iter()),
                BesideKind::Groups(_) => None,
            });
            let all = self.tables.iter().flat_map(|table| table.axes.iter()).chain(beside.flatten());
            all.filter_map(|axis| match axis {
                TableAxis::Factor(axis) => Some(axis),
                TableAxis::Category(_) => None,
            })
        };
        let further: Vec<Ranges> = histologies.iter().map(|&[low, high]| Ranges::one(low, high)).collect();
        let systems = self.beside.systems();
        let mut of_all = Spans { years: years.to_vec(), ages: ages.to_vec() };
        let changes =
            |age: u8| systems.iter().any(|system| system.takes_age(age) != system.takes_age(age - 1));
        of_all.ages.extend((1..=u8::MAX).filter(|age| changes(*age)));
        of_all.years.extend(self.editions.iter().map(|(from, _)| *from));
        of_all.years.extend(self.selections.iter().map(Selection::first_year));
        let mut all = of_all.clone();
        all.years.extend(self.schemas.iter().filter_map(|schema| schema.version_9_from));
        self.selections.iter().for_each(|selection| selection.years(&mut all.years));
        all.ages.extend(axes().filter(|axis| axis.is_age).flat_map(ages_of));
        let mut steps = Steps {
            all: all.in_order(),
            of_all: of_all.in_order(),
            numbers: BTreeMap::new(),
            as_they_stand: BTreeSet::new(),
            further,
        };
        for axis in axes() {
            let (mut fields, mut numbers) = (BTreeSet::new(), Vec::new());
            look_at(self.factor(axis.factor), &mut fields);
            axis.steps(&mut numbers);
            for field in fields {
                steps.numbers.entry(field).or_default().extend_from_slice(&numbers);
            }
        }
        steps.as_they_stand.extend(self.beside.tables().iter().filter_map(|table| table.score));
        steps.as_they_stand.extend(systems.iter().filter_map(|system| system.recorded));
        for numbers in steps.numbers.values_mut() {
            numbers.sort_unstable_by(f32::total_cmp);
            numbers.dedup();
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::super::FactorAxis;
    use super::*;
    use crate::category::FactorValue;

    #[test]
    fn values_of_one_span_are_in_the_same_classes() {
        let rules = Rules::builtin().unwrap();
        let steps = rules.steps(&[2014], &[25], &[[8041, 8045]]);
        let axes: Vec<&FactorAxis> = rules
            .tables
            .iter()
            .flat_map(|table| &table.axes)
            .filter_map(|axis| match axis {
                TableAxis::Factor(axis) => Some(axis),
                TableAxis::Category(_) => None,
            })
            .collect();
        let numbers: Vec<f32> = (0..4000_u16).map(|tenths| f32::from(tenths) / 10.0).collect();
        for axis in &axes {
            let mut fields = BTreeSet::new();
            look_at(rules.factor(axis.factor), &mut fields);
            for (field, pair) in fields.iter().flat_map(|field| numbers.windows(2).map(|pair| (*field, pair)))
            {
                let class = |number| axis.class(FactorValue::Number(number));
                let span = |number| steps.number(field, number);
                let alike = span(pair[0]).is_some() && span(pair[0]) == span(pair[1]);
                assert!(!alike || class(pair[0]) == class(pair[1]), "{field:?} {pair:?}");
            }
        }
        let psa = |number| steps.number(Field::Psa, number);
        assert_ne!(psa(9.9), psa(10.0), "PSA below 10 and from 10 on");
        assert_ne!(psa(10.0), psa(10.1), "a value on a step is told from those beside it");
        assert_eq!(psa(31.0), psa(32.0));
        assert_eq!(steps.number(Field::GtnRisk, 8.0), None, "the score stands in FIGO's label");
        for year in 1990..2040 {
            if steps.all.year(year) == steps.all.year(year - 1) {
                assert_eq!(rules.manual_of_year(year), rules.manual_of_year(year - 1), "{year}");
                for (id, _) in rules.schemas() {
                    assert_eq!(
                        rules.edition_of_year(id, year),
                        rules.edition_of_year(id, year - 1),
                        "{year}"
                    );
                }
            }
        }
        assert_ne!(steps.all.year(2013), steps.all.year(2014));
        assert_ne!(steps.all.year(2017), steps.all.year(2018));
        assert_ne!(steps.all.age(54), steps.all.age(55), "thyroid, 8th edition");
        assert_ne!(steps.all.age(24), steps.all.age(25));
        assert_eq!(steps.all.age(70), steps.all.age(71));
    }
}
