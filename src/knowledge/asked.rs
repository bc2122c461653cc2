//! What the rules ask of a tumor, by its site and histology.
//!
//! A site and a histology decide on the schemas that may take a tumor, and these on everything else that is asked:
//! PSA of the prostate, an age of 55 of the thyroid, the sex only where selection says so. Tumors of which the
//! same is asked, and that are on the same lists, come to the same wherever else they are alike.

use std::collections::BTreeSet;

use super::steps::{Spans, Steps};
use super::{BesideKind, Factor, FactorAxis, Ranges, Rules, SchemaId, TableAxis};
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
    /// Years of diagnosis and ages between which nothing else holds.
    pub spans: Spans,
    /// Prognostic factors and discriminators that are looked at.
    pub factors: BTreeSet<Field>,
}

impl Rules {
    /// What is asked of the tumors of this site and histology, with the steps that hold for all.
    pub fn asked(&self, site: Site, histology: Histology, steps: &Steps) -> Asked {
        let asked = Asked {
            lists: Vec::new(),
            sex: false,
            spans: steps.of_all.clone(),
            factors: OF_EVERY_TUMOR.into(),
        };
        let mut asking = Asking { rules: self, site, histology, next: 0, asked };
        let schemas = asking.selections();
        for schema in &schemas {
            asking.schema(*schema);
        }
        asking.beside(&schemas);
        steps.further.iter().for_each(|list| asking.list(list.contains(histology.0)));
        let Asking { asked, .. } = asking;
        Asked { spans: asked.spans.in_order(), ..asked }
    }
}

/// A walk through the rules for one tumor.
struct Asking<'a> {
    rules: &'a Rules,
    site: Site,
    histology: Histology,
    /// Number of the next list.
    next: u32,
    asked: Asked,
}

impl Asking<'_> {
    /// Numbers a list, and keeps the number where the tumor is on it.
    fn list(&mut self, holds: bool) {
        if holds {
            self.asked.lists.push(self.next);
        }
        self.next += 1;
    }

    /// The same of a list of sites (none: all) with one of histologies; whether the tumor is on both.
    fn tumors(&mut self, sites: Option<&Ranges>, histologies: &Ranges) -> bool {
        let listed = sites.is_none_or(|sites| sites.contains(self.site.0));
        let holds = listed && histologies.contains(self.histology.0);
        self.list(holds);
        holds
    }

    /// The schemas that may take the tumor.
    fn selections(&mut self) -> BTreeSet<SchemaId> {
        let mut schemas = BTreeSet::new();
        for selection in &self.rules.selections {
            for (number, row) in selection.candidates(self.site, self.histology) {
                self.asked.lists.push(number.into());
                schemas.insert(row.schema());
                self.asked.sex |= row.asks_sex();
                row.years(&mut self.asked.spans.years);
            }
            // Between the families, so that no number stands for two rows.
            self.asked.lists.push(u32::MAX);
        }
        schemas
    }

    fn schema(&mut self, id: SchemaId) {
        let schema = self.rules.schema(id);
        self.asked.lists.push(u32::from(id.0));
        self.asked.spans.years.extend(schema.version_9_from);
        for (sites, histologies) in schema.histology_rules.iter().flat_map(|rule| &rule.rows) {
            self.tumors(sites.as_ref(), histologies);
        }
        for &table in &schema.tables {
            let table = self.rules.table(table);
            self.list(table.holds_for(self.site));
            table.axes.iter().for_each(|axis| self.axis(axis));
        }
    }

    /// The diseases of the systems beside the stage group: those of the schemas, and those that take the tumor.
    fn beside(&mut self, schemas: &BTreeSet<SchemaId>) {
        let beside = &self.rules.beside;
        let mut diseases: BTreeSet<u16> =
            schemas.iter().flat_map(|schema| beside.of_schema(*schema)).copied().collect();
        for (disease, takes) in beside.lists_by_disease() {
            for (sites, histologies) in takes {
                if self.tumors(sites, histologies) {
                    diseases.insert(disease);
                }
            }
        }
        for table in diseases.iter().flat_map(|disease| &beside.disease(*disease).tables) {
            let table = beside.table(*table);
            self.asked.factors.extend(table.score);
            if let BesideKind::Rows(rows) = &table.kind {
                rows.axes.iter().for_each(|axis| self.axis(axis));
            }
        }
        self.asked.factors.extend(beside.systems().iter().filter_map(|system| system.recorded));
    }

    fn axis(&mut self, axis: &TableAxis) {
        let TableAxis::Factor(axis) = axis else { return };
        axis.listed_sites().for_each(|list| self.list(list.contains(self.site.0)));
        axis.listed_histologies().for_each(|list| self.list(list.contains(self.histology.0)));
        look_at(self.rules.factor(axis.factor), &mut self.asked.factors);
        if axis.is_age {
            self.asked.spans.ages.extend(ages(axis));
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
        assert!(thyroid.spans.ages.contains(&45) && thyroid.spans.ages.contains(&55), "{thyroid:?}");
        assert!(!thyroid.factors.contains(&Field::Psa));
        let lung = asked(341, 8140);
        assert!(!lung.spans.ages.contains(&55) && lung.spans.ages.contains(&20), "{lung:?}");
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
