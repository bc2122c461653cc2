//! What the rules ask of a tumor, by its site and histology.
//!
//! A site and a histology decide on the schemas that may take a tumor, and these on everything else that is asked:
//! PSA of the prostate, an age of 55 of the thyroid, the sex only where selection says so. Tumors of which the
//! same is asked, and that are on the same lists, come to the same wherever else they are alike.

use std::collections::BTreeSet;

use super::select::Family;
use super::steps::Steps;
use super::{BesideKind, Factor, FactorAxis, Rules, SchemaId, TableAxis};
use crate::category::{Histology, Site};
use crate::fields::Field;

/// Factors that are asked of every tumor, as selection and the audit look at them.
const OF_EVERY_TUMOR: [Field; 5] = [Field::Disc1, Field::Disc2, Field::Ssf25, Field::P16, Field::AnnArbor];

/// What is asked of the tumors of a site and histology.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Asked {
    /// The lists that it is on, numbered in the order of the rules, behind the schemas that may take it.
    lists: Vec<u32>,
    /// Whether a schema is selected by the sex.
    pub sex: bool,
    /// Ages from which on something else holds, in order.
    pub ages: Vec<u8>,
    /// Years of diagnosis from which on something else holds, in order.
    pub years: Vec<u16>,
    /// Prognostic factors and discriminators that are looked at.
    pub factors: BTreeSet<Field>,
}

/// Numbers what is asked in its order, and keeps the numbers of what holds.
#[derive(Default)]
struct Lists {
    next: u32,
    on: Vec<u32>,
}

impl Lists {
    fn ask(&mut self, holds: bool) {
        if holds {
            self.on.push(self.next);
        }
        self.next += 1;
    }
}

impl Asked {
    /// Number of the span of ages that an age in years lies in.
    pub fn age(&self, age: u8) -> u16 {
        self.ages.partition_point(|from| *from <= age) as u16
    }

    /// Number of the span of years that a year of diagnosis lies in.
    pub fn year(&self, year: u16) -> u16 {
        self.years.partition_point(|from| *from <= year) as u16
    }
}

impl Rules {
    /// What is asked of the tumors of this site and histology, with the steps that hold for all.
    pub fn asked(&self, site: Site, histology: Histology, steps: &Steps) -> Asked {
        let mut asked = Asked {
            lists: Vec::new(),
            sex: false,
            ages: steps.of_all.ages.clone(),
            years: steps.of_all.years.clone(),
            factors: OF_EVERY_TUMOR.into(),
        };
        let mut lists = Lists::default();
        let mut schemas = BTreeSet::new();
        for family in Family::ALL {
            let selection = &self.selections[family as usize];
            for (number, row) in selection.candidates(site, histology) {
                lists.on.push(number.into());
                schemas.insert(row.schema());
                asked.sex |= row.asks_sex();
                row.years(&mut asked.years);
            }
            // Between the families, so that no number stands for two rows.
            lists.on.push(u32::MAX);
        }
        let mut beside = BTreeSet::new();
        for &schema in &schemas {
            self.ask_schema(schema, (site, histology), &mut lists, &mut asked);
            beside.extend(self.beside.of_schema(schema));
        }
        for (disease, takes) in self.beside.lists_by_disease() {
            for (sites, histologies) in takes {
                let listed = sites.is_none_or(|sites| sites.contains(site.0));
                let holds = listed && histologies.contains(histology.0);
                lists.ask(holds);
                if holds {
                    beside.insert(disease);
                }
            }
        }
        for &disease in &beside {
            for &table in &self.beside.disease(disease).tables {
                let table = self.beside.table(table);
                asked.factors.extend(table.score);
                if let BesideKind::Rows(rows) = &table.kind {
                    rows.axes
                        .iter()
                        .for_each(|axis| self.ask_axis(axis, (site, histology), &mut lists, &mut asked));
                }
            }
        }
        asked.factors.extend(self.beside.systems().iter().filter_map(|system| system.recorded));
        steps.further.iter().for_each(|list| lists.ask(list.contains(histology.0)));
        asked.ages.sort_unstable();
        asked.ages.dedup();
        asked.years.sort_unstable();
        asked.years.dedup();
        asked.lists = lists.on;
        asked
    }

    fn ask_schema(
        &self,
        id: SchemaId,
        (site, histology): (Site, Histology),
        lists: &mut Lists,
        asked: &mut Asked,
    ) {
        let schema = self.schema(id);
        lists.on.push(u32::from(id.0));
        asked.years.extend(schema.version_9_from);
        for (sites, histologies) in schema.histology_rules.iter().flat_map(|rule| &rule.rows) {
            let listed = sites.as_ref().is_none_or(|sites| sites.contains(site.0));
            lists.ask(listed && histologies.contains(histology.0));
        }
        for &table in &schema.tables {
            let table = self.table(table);
            lists.ask(table.holds_for(site));
            table.axes.iter().for_each(|axis| self.ask_axis(axis, (site, histology), lists, asked));
        }
    }

    fn ask_axis(
        &self,
        axis: &TableAxis,
        (site, histology): (Site, Histology),
        lists: &mut Lists,
        asked: &mut Asked,
    ) {
        let TableAxis::Factor(axis) = axis else { return };
        axis.listed_sites().for_each(|list| lists.ask(list.contains(site.0)));
        axis.listed_histologies().for_each(|list| lists.ask(list.contains(histology.0)));
        look_at(self.factor(axis.factor), &mut asked.factors);
        if axis.is_age {
            asked.ages.extend(ages(axis));
        }
    }
}

/// The fields that a factor is taken from.
pub(super) fn look_at(factor: &Factor, fields: &mut BTreeSet<Field>) {
    fields.extend(factor.fields.iter().chain(&factor.clinical).chain(&factor.pathologic));
    factor.instead.iter().chain(&factor.highest_of).for_each(|part| look_at(part, fields));
}

/// The ages from which on an axis of ages has another class.
pub(super) fn ages(axis: &FactorAxis) -> impl Iterator<Item = u8> {
    let class = |age: u8| axis.class_of_number(f32::from(age));
    (1..=u8::MAX).filter(move |&age| class(age) != class(age - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(site: u16, histology: u16) -> Asked {
        let rules = Rules::builtin().unwrap();
        let steps = rules.steps(&[2014], &[20], &[[8041, 8045]]);
        rules.asked(Site(site), Histology(histology), &steps)
    }

    #[test]
    fn what_is_asked_of_a_tumor() {
        let prostate = asked(619, 8140);
        assert!(prostate.factors.contains(&Field::Psa) && prostate.factors.contains(&Field::GleasonClin));
        assert!(!prostate.factors.contains(&Field::Er) && !prostate.sex);
        let thyroid = asked(739, 8260);
        assert!(thyroid.ages.contains(&45) && thyroid.ages.contains(&55), "{thyroid:?}");
        assert!(!thyroid.factors.contains(&Field::Psa));
        let lung = asked(341, 8140);
        assert!(!lung.ages.contains(&55) && lung.ages.contains(&20), "{lung:?}");
        assert!(asked(481, 8441).sex, "the peritoneum is staged as the ovary in women");
    }

    #[test]
    fn tumors_of_which_the_same_is_asked() {
        assert_eq!(asked(341, 8140), asked(343, 8140), "lobes of the lung");
        assert_eq!(asked(502, 8500), asked(504, 8520), "quadrants and carcinomas of the breast");
        assert_ne!(asked(341, 8140), asked(341, 8240), "carcinoid of the lung in the 6th edition");
        assert_ne!(asked(341, 8140), asked(341, 8041), "small cell, told from others by the further list");
        assert_ne!(asked(619, 8140), asked(509, 8140));
    }
}
