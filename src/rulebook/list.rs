//! The list of schemas, and which edition has tables for which of them.

use crate::category::{Edition, Histology, Site};
use crate::knowledge::{Rules, Schema, SchemaId};

/// Which schemas are asked for; what is none asks nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// With tables of this edition.
    pub edition: Option<Edition>,
    /// With this text in id or title.
    pub text: Option<String>,
    /// Taking tumors of this site.
    pub site: Option<Site>,
    /// Taking tumors of this histology.
    pub histology: Option<Histology>,
}

/// A schema in one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaLine {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Staging system of the newest edition.
    pub system: &'static str,
    /// Editions with tables.
    pub editions: Vec<Edition>,
    /// Chapters: the number in the manual, or the title where there is none.
    pub chapters: Vec<String>,
    /// Rows of all tables.
    pub rows: usize,
    /// Whether the user's own folder brings it in or changes it.
    pub local: bool,
}

/// What rstage has for a schema and an edition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coverage {
    /// Tables.
    Tables,
    /// A chapter that gives no stage group.
    NoGroup,
    /// No chapter.
    NoChapter,
}

/// The schemas that are asked for, in the order of their ids.
pub fn lines(rules: &Rules, filter: &Filter) -> Vec<SchemaLine> {
    let mut lines: Vec<SchemaLine> = rules
        .schemas()
        .filter(|(id, schema)| filter.takes(rules, *id, schema))
        .map(|(id, schema)| SchemaLine {
            id: schema.id.clone(),
            title: schema.title.clone(),
            system: schema.system(Edition(9)).name(),
            editions: schema.editions().collect(),
            chapters: schema.chapters.values().map(|title| number(title).to_owned()).collect(),
            rows: rules.tables_of(id).map(|(_, table)| table.printed.len()).sum(),
            local: schema.local,
        })
        .collect();
    lines.sort_by(|a, b| a.id.cmp(&b.id));
    lines
}

/// What there is for a schema in an edition.
pub fn coverage(schema: &Schema, edition: Edition) -> Coverage {
    if schema.editions().any(|own| own == edition) {
        Coverage::Tables
    } else if schema.chapters.contains_key(&edition.0) {
        Coverage::NoGroup
    } else {
        Coverage::NoChapter
    }
}

impl Filter {
    fn takes(&self, rules: &Rules, id: SchemaId, schema: &Schema) -> bool {
        let holds = |text: &String| {
            let text = text.to_lowercase();
            schema.id.contains(&text) || schema.title.to_lowercase().contains(&text)
        };
        self.edition.is_none_or(|edition| schema.editions().any(|own| own == edition))
            && self.text.as_ref().is_none_or(holds)
            && (self.site.is_none() && self.histology.is_none() || rules.takes(id, self.site, self.histology))
    }
}

/// The number of a chapter, `36` of `36 Lung`; the chapters of Version 9 have none.
fn number(title: &str) -> &str {
    let first = title.split_whitespace().next().unwrap_or(title);
    if first.starts_with(|letter: char| letter.is_ascii_digit()) { first } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_by_number_or_title() {
        assert_eq!(number("36 Lung"), "36");
        assert_eq!(number("Lung"), "Lung");
        assert_eq!(number(""), "");
    }

    #[test]
    fn every_filter_leaves_something_out() {
        let rules = Rules::builtin().unwrap();
        let ids = |filter: Filter| lines(rules, &filter).into_iter().map(|line| line.id).collect::<Vec<_>>();
        let all = ids(Filter::default());
        assert_eq!(all.len(), rules.schemas().count());
        let version9 = ids(Filter { edition: Some(Edition(9)), ..Filter::default() });
        assert!(version9.contains(&"lung".to_owned()) && !version9.contains(&"breast".to_owned()));
        assert_eq!(ids(Filter { text: Some("TESTIS".to_owned()), ..Filter::default() }), ["testis"]);
        let site =
            ids(Filter { site: Some(Site(509)), histology: Some(Histology(8500)), ..Filter::default() });
        assert_eq!(site, ["breast"]);
    }
}
