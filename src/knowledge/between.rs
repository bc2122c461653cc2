//! What a category of one edition may be in the next.
//!
//! The same label can mean another tumor in another edition (T1b of the lung: more than 2 cm in the 7th,
//! 1 to 2 cm in the 8th), so that a record can be restaged under another edition only as far as its
//! categories are known to carry over. `between_editions.toml` says for each chapter what does.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::error::{KnowledgeError, Problem};
use super::file::toml_error;
use super::{Rules, SchemaId};
use crate::category::{Axis, Category, Edition};

/// What a category may be in another edition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Carried {
    /// The category of the same name and meaning.
    Same(Category),
    /// One of these.
    Among(Vec<Category>),
    /// Anything but what has always been apart: T0 and Tis, N0, M0.
    Any,
    /// Its like may have another kind of stage there: it cannot be restaged.
    Nothing,
}

impl Carried {
    /// Whether it may be anything else than the category of the same name.
    pub fn is_redefined(&self) -> bool {
        !matches!(self, Self::Same(_))
    }
}

/// The changes between editions, by chapter.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// By schema and the older of two neighbouring editions.
    chapters: HashMap<(SchemaId, u8), [AxisChange; 3]>,
    /// Chapters that take tumors over with the meanings of their categories, likewise.
    heirs: HashMap<(SchemaId, u8), Vec<SchemaId>>,
}

/// A chapter through the editions, or one that hands its tumors over to another.
#[derive(Clone, Copy)]
struct Line {
    older: SchemaId,
    /// The last edition of the older chapter.
    last: u8,
    newer: SchemaId,
}

impl Line {
    fn at(self, edition: u8) -> SchemaId {
        if edition <= self.last { self.older } else { self.newer }
    }
}

/// How the categories of an axis carry over.
#[derive(Clone, Debug, Default)]
enum AxisChange {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// Every label means what it did.
    Same,
    /// These labels changed, the others did not; `None` where a label cannot be carried over at all.
    Rows(BTreeMap<Category, Option<Vec<Category>>>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangesForm {
    change: Vec<ChangeForm>,
    /// Chapters of which nothing is said on purpose; for the reader.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "only the test that none was forgotten reads it"))]
    left_out: Vec<LeftOutForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "only the test that none was forgotten reads it"))]
struct LeftOutForm {
    schemas: String,
    from: u8,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeForm {
    schemas: toml::Spanned<String>,
    from: u8,
    into: Option<toml::Spanned<String>>,
    #[serde(default)]
    same: String,
    t: Option<toml::Spanned<String>>,
    n: Option<toml::Spanned<String>>,
    m: Option<toml::Spanned<String>>,
    /// Where it is said; for the reader.
    #[serde(rename = "source")]
    _source: String,
}

impl Changes {
    /// Reads the file. What it says of schemas that are not loaded is left out.
    pub(super) fn read(
        text: &str,
        file: &str,
        loaded: impl Fn(&str) -> Option<SchemaId>,
    ) -> Result<Self, KnowledgeError> {
        let form: ChangesForm = toml::from_str(text).map_err(|error| toml_error(&error, text, file))?;
        let mut chapters = HashMap::new();
        let mut heirs: HashMap<_, Vec<SchemaId>> = HashMap::new();
        for change in form.change {
            let line = |at: usize| text.get(..at).map_or(1, |above| above.lines().count().max(1));
            let place = line(change.schemas.span().start);
            let mut axes = [AxisChange::Unknown, AxisChange::Unknown, AxisChange::Unknown];
            for word in change.same.split_whitespace() {
                let axis = axis_of(word).ok_or_else(|| {
                    Problem::Form(format!("same: {word} is none of t, n, m")).at(file, place)
                })?;
                axes[axis as usize] = AxisChange::Same;
            }
            for (axis, rows) in [(Axis::T, &change.t), (Axis::N, &change.n), (Axis::M, &change.m)] {
                let Some(rows) = rows else { continue };
                let first = line(rows.span().start) + 1;
                axes[axis as usize] = AxisChange::Rows(read_rows(axis, rows.get_ref(), file, first)?);
            }
            for schema in change.schemas.get_ref().split_whitespace() {
                let Some(id) = loaded(schema) else { continue };
                let named = change.into.iter().flat_map(|into| into.get_ref().split_whitespace());
                heirs.entry((id, change.from)).or_default().extend(named.filter_map(&loaded));
                if chapters.insert((id, change.from), axes.clone()).is_some() {
                    let what = format!("{schema} from edition {} stands here twice", change.from);
                    return Err(Problem::Form(what).at(file, place));
                }
            }
        }
        Ok(Self { chapters, heirs })
    }

    /// How tumors of one chapter and edition came to be those of another, later one.
    fn line(&self, (older, from): (SchemaId, u8), (newer, to): (SchemaId, u8)) -> Option<Line> {
        let last = if older == newer {
            to
        } else {
            let hands_over =
                |last: &u8| self.heirs.get(&(older, *last)).is_some_and(|heirs| heirs.contains(&newer));
            (from..to).find(hands_over)?
        };
        Some(Line { older, last, newer })
    }

    /// What a category becomes in the next edition of a chapter.
    fn onward(&self, schema: SchemaId, from: u8, category: Category) -> Carried {
        let stable = Carried::Same(category);
        if category.is_x() {
            return stable;
        }
        let change = self.chapters.get(&(schema, from)).map(|axes| &axes[category.axis() as usize]);
        match change {
            Some(AxisChange::Same) => stable,
            Some(AxisChange::Rows(rows)) => {
                let mut ancestors = std::iter::successors(Some(category), |category| category.parent());
                match ancestors.find_map(|whole| rows.get(&whole).map(|row| (whole, row))) {
                    None => stable,
                    Some((_, None)) => Carried::Nothing,
                    Some((whole, Some(among))) if among.as_slice() == [whole] => stable,
                    Some((_, Some(among))) => Carried::Among(among.clone()),
                }
            }
            Some(AxisChange::Unknown) | None if is_anchor(category) => stable,
            Some(AxisChange::Unknown) | None => Carried::Any,
        }
    }
}

/// Whether every edition keeps the category apart from the others: no tumor, in situ, no nodes, no metastasis.
pub fn is_anchor(category: Category) -> bool {
    let label = category.label();
    label.starts_with("Tis")
        || label == "Ta"
        || label == "T0"
        || label.starts_with("N0")
        || label.starts_with("M0")
}

fn axis_of(word: &str) -> Option<Axis> {
    match word {
        "t" => Some(Axis::T),
        "n" => Some(Axis::N),
        "m" => Some(Axis::M),
        _ => None,
    }
}

/// Rows `T2b | T3 T4`: a label and what it may be; `?` where it cannot be carried over.
fn read_rows(
    axis: Axis,
    text: &str,
    file: &str,
    first_line: usize,
) -> Result<BTreeMap<Category, Option<Vec<Category>>>, KnowledgeError> {
    let mut rows = BTreeMap::new();
    for (at, row) in text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
        let wrong = |what: String| Problem::Form(what).at(file, first_line + at);
        let (from, to) =
            row.split_once('|').ok_or_else(|| wrong("a row is: category | categories".into()))?;
        let category = |label: &str| {
            Category::from_label(axis, label).ok_or_else(|| wrong(format!("{label} is no category")))
        };
        let from = category(from.trim())?;
        let to = match to.trim() {
            "?" => None,
            labels => Some(labels.split_whitespace().map(category).collect::<Result<Vec<_>, _>>()?),
        };
        if rows.insert(from, to).is_some() {
            return Err(wrong(format!("{} stands here twice", from.label())));
        }
    }
    Ok(rows)
}

impl Rules {
    /// What a category that was assigned under one edition may be under another one of the same or of
    /// another schema.
    pub fn carried(
        &self,
        (from_schema, from): (SchemaId, Edition),
        (to_schema, to): (SchemaId, Edition),
        category: Category,
    ) -> Carried {
        if from == to && from_schema == to_schema {
            return Carried::Same(category);
        }
        let forward = from <= to;
        let (here, there) = ((from_schema, from.0), (to_schema, to.0));
        let line = if forward { self.changes.line(here, there) } else { self.changes.line(there, here) };
        let Some(line) = line else {
            // Another chapter: only what every chapter keeps apart is the same.
            let solid = self.schema(from_schema).is_solid() && self.schema(to_schema).is_solid();
            return if solid && (is_anchor(category) || category.is_x()) {
                Carried::Same(category)
            } else {
                Carried::Any
            };
        };
        if forward {
            return self.chain(line, from.0..to.0, category);
        }
        // Backward: every category of the older edition that may have become this one.
        let printed = self.schema(to_schema).category_printed(to, category);
        let is_it = |new: Category| {
            new == category || new.is_within(category) || (!printed && category.is_within(new))
        };
        let mut among = Vec::new();
        for older in Category::all(category.axis()) {
            if !self.schema(to_schema).category_printed(to, older) {
                continue;
            }
            match self.chain(line, to.0..from.0, older) {
                Carried::Same(same) if is_it(same) => among.push(older),
                Carried::Among(list) if list.iter().any(|&new| touches(new, category)) => among.push(older),
                Carried::Any if !is_anchor(category) && !category.is_x() => return Carried::Any,
                Carried::Nothing if !is_anchor(category) => return Carried::Nothing,
                _ => {}
            }
        }
        match among.as_slice() {
            [only] if *only == category => Carried::Same(category),
            // An older edition that knows neither the label nor an ancestor: the label itself, which is foreign there.
            [] => Carried::Same(category),
            _ => Carried::Among(among),
        }
    }

    fn chain(&self, line: Line, editions: std::ops::Range<u8>, category: Category) -> Carried {
        let mut now = vec![category];
        for edition in editions {
            let mut next = Vec::new();
            for category in now {
                match self.changes.onward(line.at(edition), edition, category) {
                    Carried::Same(category) => next.push(category),
                    Carried::Among(list) => next.extend(list),
                    other => return other,
                }
            }
            next.sort_unstable();
            next.dedup();
            now = next;
        }
        if now.as_slice() == [category] { Carried::Same(category) } else { Carried::Among(now) }
    }
}

/// Whether two categories are the same or one is a part of the other.
fn touches(one: Category, other: Category) -> bool {
    one.is_within(other) || other.is_within(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Schema;

    const TEXT: &str = include_str!("../../knowledge/between_editions.toml");

    fn schema(id: &str) -> SchemaId {
        Rules::builtin().unwrap().schemas().find(|(_, schema)| schema.id == id).unwrap().0
    }

    fn show(id: &str, from: u8, to: u8, label: &str) -> String {
        let axis =
            [Axis::T, Axis::N, Axis::M].into_iter().find(|axis| label.starts_with(axis.letter())).unwrap();
        let category = Category::from_label(axis, label).unwrap();
        let rules = Rules::builtin().unwrap();
        match rules.carried((schema(id), Edition(from)), (schema(id), Edition(to)), category) {
            Carried::Same(same) => same.label().to_owned(),
            Carried::Among(list) => {
                list.iter().map(|category| category.label()).collect::<Vec<_>>().join(" ")
            }
            Carried::Any => "any".to_owned(),
            Carried::Nothing => "?".to_owned(),
        }
    }

    #[test]
    fn categories_carry_over_as_the_manuals_say() {
        for (id, from, to, label, expected) in [
            ("lung", 7, 8, "T1b", "T1c"),
            ("lung", 7, 8, "T2a", "T2a T2b"),
            ("lung", 7, 8, "T4", "T4"),
            ("lung", 7, 8, "M1a", "M1a"),
            ("lung", 7, 9, "M1b", "M1b M1c1 M1c2"),
            ("lung", 8, 7, "T1c", "T1 T1b"),
            ("lung", 8, 7, "T4", "T3 T4"),
            ("lung", 6, 7, "T4", "?"),
            ("lung", 6, 8, "N2", "N2"),
            ("stomach", 6, 8, "T3", "T4a"),
            ("stomach", 6, 8, "N1", "N1 N2"),
            ("breast", 6, 8, "N1mi", "N1mi"),
            ("breast", 8, 6, "T2", "T2"),
            ("cervix", 8, 7, "T2b", "T2b"),
            ("thyroid", 7, 8, "N1a", "N1a"),
            ("esophagus", 6, 7, "M1a", "?"),
            ("cervix", 7, 8, "M1", "?"),
            ("prostate", 6, 7, "T4", "T3a T4"),
            ("kidney_parenchyma", 6, 7, "T3c", "T3c"),
            ("appendix", 7, 8, "M1a", "M1a M1b"),
            ("appendix", 7, 8, "T4a", "?"),
            ("net_stomach", 7, 8, "Tis", "T1"),
            // Nothing is said of it: only what is always apart is kept.
            ("pancreas", 6, 7, "TX", "TX"),
            ("cutaneous_carcinoma_head_neck", 8, 9, "T2", "any"),
            ("cutaneous_carcinoma_head_neck", 8, 9, "N0", "N0"),
            ("bladder", 7, 8, "M1", "any"),
            ("bladder", 7, 8, "M0", "M0"),
        ] {
            assert_eq!(show(id, from, to, label), expected, "{id} {label}, edition {from} to {to}");
        }
    }

    #[test]
    fn categories_go_with_tumors_that_another_chapter_takes_over() {
        let rules = Rules::builtin().unwrap();
        let carried = |from: (&str, u8), to: (&str, u8), axis, label: &str| {
            let category = Category::from_label(axis, label).unwrap();
            rules.carried((schema(from.0), Edition(from.1)), (schema(to.0), Edition(to.1)), category)
        };
        let n = |label| Category::from_label(Axis::N, label).unwrap();
        let t = |label| Category::from_label(Axis::T, label).unwrap();
        let (thyroid, medullary) = (("thyroid", 6), ("thyroid_medullary", 8));
        assert_eq!(carried(thyroid, medullary, Axis::T, "T2"), Carried::Same(t("T2")));
        assert_eq!(carried(thyroid, medullary, Axis::N, "N1b"), Carried::Among(vec![n("N1a"), n("N1b")]));
        // And back: T3a of the 8th edition was T3.
        let back = carried(medullary, ("thyroid", 7), Axis::T, "T3a");
        assert_eq!(back, Carried::Among(["T3", "T3(s)", "T3(m)"].map(t).to_vec()));
        let net = carried(("net_small_intestine", 7), ("net_jejunum_ileum", 9), Axis::N, "N1");
        assert_eq!(net, Carried::Among(vec![n("N1"), n("N2")]));
        // An exocrine table of the pancreas says nothing of an endocrine one.
        assert_eq!(carried(("pancreas", 7), ("net_pancreas", 8), Axis::T, "T2"), Carried::Any);
        assert_eq!(carried(("pancreas", 7), ("net_pancreas", 8), Axis::N, "N0"), Carried::Same(n("N0")));
    }

    /// Of every chapter with tables in two editions the file says what changed, or why it says nothing.
    #[test]
    fn no_chapter_is_forgotten() {
        let rules = Rules::builtin().unwrap();
        let form: ChangesForm = toml::from_str(TEXT).unwrap();
        let said: std::collections::BTreeSet<(&str, u8)> = form
            .change
            .iter()
            .flat_map(|change| change.schemas.get_ref().split_whitespace().map(|id| (id, change.from)))
            .collect();
        let mut left_out = std::collections::BTreeSet::new();
        for block in &form.left_out {
            assert!(!block.why.is_empty());
            for id in block.schemas.split_whitespace() {
                assert!(left_out.insert((id, block.from)), "{id} from {} is left out twice", block.from);
            }
        }
        assert!(said.is_disjoint(&left_out), "{:?}", said.intersection(&left_out));
        let has_tables = |schema: &Schema, edition| schema.editions().any(|own| own == Edition(edition));
        let mut two = std::collections::BTreeSet::new();
        for (_, schema) in rules.schemas() {
            for from in [6, 7, 8] {
                if has_tables(schema, from) && has_tables(schema, from + 1) {
                    two.insert((schema.id.as_str(), from));
                }
            }
        }
        let forgotten: Vec<_> =
            two.iter().filter(|one| !said.contains(*one) && !left_out.contains(*one)).collect();
        assert!(forgotten.is_empty(), "{forgotten:?}");
        let idle: Vec<_> = left_out.difference(&two).collect();
        assert!(idle.is_empty(), "left out, but without tables in both editions: {idle:?}");
        for change in &form.change {
            for id in change.schemas.get_ref().split_whitespace() {
                let own = rules.schema(schema(id));
                assert!(has_tables(own, change.from), "{id} has no tables of edition {}", change.from);
                let heirs = || change.into.iter().flat_map(|into| into.get_ref().split_whitespace());
                assert!(
                    has_tables(own, change.from + 1) || heirs().count() > 0,
                    "{id} ends with edition {} and nothing takes over",
                    change.from
                );
                for heir in heirs() {
                    assert!(has_tables(rules.schema(schema(heir)), change.from + 1), "{heir}");
                }
            }
        }
    }

    #[test]
    fn every_schema_and_category_of_the_file_exists() {
        let rules = Rules::builtin().unwrap();
        let form: ChangesForm = toml::from_str(TEXT).unwrap();
        for change in form.change {
            for id in change.schemas.get_ref().split_whitespace() {
                let next = Edition(change.from + 1);
                let heirs = change.into.iter().flat_map(|into| into.get_ref().split_whitespace());
                let there: Vec<&Schema> = std::iter::once(id)
                    .chain(heirs)
                    .map(|id| rules.schema(schema(id)))
                    .filter(|schema| schema.editions().any(|edition| edition == next))
                    .collect();
                for (axis, rows) in [(Axis::T, &change.t), (Axis::N, &change.n), (Axis::M, &change.m)] {
                    let Some(rows) = rows else { continue };
                    for to in
                        read_rows(axis, rows.get_ref(), "", 1).unwrap().into_values().flatten().flatten()
                    {
                        let known = |schema: &&Schema| {
                            Category::all(axis)
                                .any(|finer| finer.is_within(to) && schema.category_known(next, finer))
                        };
                        assert!(there.iter().all(known), "{id}: edition {next} has no {}", to.label());
                    }
                }
            }
        }
    }

    #[test]
    fn a_broken_file_says_where() {
        let read = |text: &str| Changes::read(text, "between_editions.toml", |_| Some(SchemaId(0)));
        let head = "[[change]]\nschemas = \"lung\"\nfrom = 7\nsource = \"x\"\n";
        for (tail, expected) in [
            ("same = \"q\"", "between_editions.toml:2: same: q is none of t, n, m"),
            ("t = \"\"\"\nT1 T2\n\"\"\"", "between_editions.toml:6: a row is: category | categories"),
            ("t = \"\"\"\nT1 | T2\nT1 | T3\n\"\"\"", "between_editions.toml:7: T1 stands here twice"),
            ("t = \"\"\"\nT1 | N2\n\"\"\"", "between_editions.toml:6: N2 is no category"),
        ] {
            assert_eq!(read(&format!("{head}{tail}")).unwrap_err().to_string(), expected);
        }
        let twice = read(&format!("{head}\n{head}")).unwrap_err().to_string();
        assert_eq!(twice, "between_editions.toml:7: lung from edition 7 stands here twice");
    }
}
