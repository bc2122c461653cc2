//! Layouts: which names one dialect of exports gives to the fields.
//!
//! A layout is a data file. `fields` lists names in rank: of those that a table
//! has, the first one is used. `generations` lists columns that followed one
//! another in the same role: all that a table has are used, and of a record the
//! first filled one counts. Where a field has both, `fields` counts only in
//! tables without any of the generations.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::header::{Affixes, Fit, Headers, Name};
use super::{Coding, Field, FieldsError, naaccr};

/// Id and title of a layout, for `--layout` and help.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayoutName {
    /// The name to give with `--layout`.
    pub id: &'static str,
    /// One line for people.
    pub title: &'static str,
}

/// The layouts that rstage knows, in the order in which equal claims are settled.
pub fn layout_names() -> Result<Vec<LayoutName>, FieldsError> {
    Ok(all()?.iter().map(|layout| LayoutName { id: &layout.id, title: &layout.title }).collect())
}

/// A column that a layout expects.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) name: Name,
    pub(super) coding: Coding,
}

/// What a layout expects for one field.
#[derive(Clone, Debug, Default)]
pub(super) struct Claim {
    pub(super) generations: Vec<Expected>,
    pub(super) ranked: Vec<Expected>,
}

impl Claim {
    /// Every expected column, the best first.
    pub(super) fn expected(&self) -> impl Iterator<Item = &Expected> {
        self.generations.iter().chain(&self.ranked)
    }
}

/// One dialect.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) affixes: Affixes,
    /// Names that tell this dialect from others.
    pub(super) signature: Vec<Name>,
    /// Columns that must not be taken for a field because their name misleads.
    pub(super) misleading: Vec<Name>,
    /// Whether a header that repeats is one question asked again, so that all its columns
    /// are generations; otherwise a repeated header is an open question.
    pub(super) repeats: bool,
    /// Whether its names are telling enough to fill gaps in a table of another dialect.
    pub(super) lends: bool,
    pub(super) claims: BTreeMap<Field, Claim>,
    /// Values of this dialect that mean a canonical value, by lower-case text.
    pub(super) values: BTreeMap<Field, BTreeMap<String, String>>,
}

/// A column found for a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Found {
    pub(super) index: usize,
    pub(super) coding: Coding,
    pub(super) fit: Fit,
}

/// What a layout proposes for a field: columns in the order in which they count, or a
/// name that several columns share.
pub(super) enum Proposal {
    Nothing,
    Columns(Vec<Found>),
    Repeated(Vec<usize>),
}

impl Layout {
    /// The columns of a table that this layout takes for a field.
    pub(super) fn propose(&self, field: Field, headers: &Headers) -> Proposal {
        let Some(claim) = self.claims.get(&field) else { return Proposal::Nothing };
        let mut found = Vec::new();
        for expected in &claim.generations {
            match self.look_up(expected, headers) {
                Proposal::Columns(columns) => {
                    found.extend(
                        columns
                            .into_iter()
                            .filter(|new| found.iter().all(|old: &Found| old.index != new.index))
                            .collect::<Vec<_>>(),
                    );
                }
                Proposal::Repeated(columns) => return Proposal::Repeated(columns),
                Proposal::Nothing => {}
            }
        }
        if !found.is_empty() {
            return Proposal::Columns(found);
        }
        claim
            .ranked
            .iter()
            .map(|expected| self.look_up(expected, headers))
            .find(|proposal| !matches!(proposal, Proposal::Nothing))
            .unwrap_or(Proposal::Nothing)
    }

    fn look_up(&self, expected: &Expected, headers: &Headers) -> Proposal {
        match headers.find(&expected.name, &self.affixes) {
            None => Proposal::Nothing,
            Some((columns, fit)) if columns.len() == 1 || self.repeats => {
                let coding = expected.coding;
                Proposal::Columns(columns.iter().map(|&index| Found { index, coding, fit }).collect())
            }
            Some((columns, _)) => Proposal::Repeated(columns.to_vec()),
        }
    }

    /// How much of a header speaks this dialect. A name as written weighs four times a
    /// forgiven one, a name of the signature half as much again.
    pub(super) fn score(&self, headers: &Headers) -> usize {
        let weight = |fit: Fit| if fit == Fit::Normalised { 1 } else { 4 };
        let fields = self.claims.values().filter_map(|claim| {
            claim
                .expected()
                .filter_map(|e| headers.find(&e.name, &self.affixes))
                .map(|(_, fit)| weight(fit))
                .max()
        });
        let signature = self
            .signature
            .iter()
            .filter_map(|name| headers.find(name, &self.affixes))
            .map(|(_, fit)| weight(fit) * 3 / 2);
        fields.sum::<usize>() + signature.sum::<usize>()
    }

    /// The coding that this layout knows for a header of a field.
    pub(super) fn coding(&self, field: Field, index: usize, headers: &Headers) -> Option<Coding> {
        let expected = self.claims.get(&field)?.expected();
        expected
            .filter_map(|e| Some((headers.find(&e.name, &self.affixes)?.0, e.coding)))
            .find(|(columns, _)| columns.contains(&index))
            .map(|(_, coding)| coding)
    }
}

/// The layouts, rstage's own first.
pub(super) fn all() -> Result<&'static [Layout], FieldsError> {
    static LAYOUTS: LazyLock<Result<Vec<Layout>, FieldsError>> = LazyLock::new(load);
    LAYOUTS.as_ref().map(Vec::as_slice).map_err(Clone::clone)
}

/// The layouts of tables of events, rstage's own first.
pub(super) fn of_events() -> Result<&'static [Layout], FieldsError> {
    static LAYOUTS: LazyLock<Result<Vec<Layout>, FieldsError>> = LazyLock::new(|| {
        [
            ("events/rstage.toml", include_str!("layouts/events/rstage.toml")),
            ("events/naaccr.toml", include_str!("layouts/events/naaccr.toml")),
            ("events/tcga.toml", include_str!("layouts/events/tcga.toml")),
            ("events/xena.toml", include_str!("layouts/events/xena.toml")),
            ("events/gdc.toml", include_str!("layouts/events/gdc.toml")),
            ("events/mcode.toml", include_str!("layouts/events/mcode.toml")),
            ("events/fhir.toml", include_str!("layouts/events/fhir.toml")),
        ]
        .into_iter()
        .map(|(file, text)| read(file, text))
        .collect()
    });
    LAYOUTS.as_ref().map(Vec::as_slice).map_err(Clone::clone)
}

fn load() -> Result<Vec<Layout>, FieldsError> {
    let mut layouts = vec![own()];
    layouts.extend(naaccr::layouts(include_str!("layouts/naaccr.toml"))?);
    for (file, text) in [
        ("seerstat.toml", include_str!("layouts/seerstat.toml")),
        ("tcga_biotab.toml", include_str!("layouts/tcga_biotab.toml")),
        ("gdc.toml", include_str!("layouts/gdc.toml")),
        ("cbioportal.toml", include_str!("layouts/cbioportal.toml")),
        ("xena.toml", include_str!("layouts/xena.toml")),
        ("encr.toml", include_str!("layouts/encr.toml")),
        ("mcode.toml", include_str!("layouts/mcode.toml")),
        ("seer_keys.toml", include_str!("layouts/seer_keys.toml")),
    ] {
        layouts.push(read(file, text)?);
    }
    Ok(layouts)
}

/// Our own field ids as column names.
fn own() -> Layout {
    let claim = |field: Field| Claim {
        ranked: vec![Expected { name: Name::Text(field.id().to_owned()), coding: Coding::Plain }],
        ..Claim::default()
    };
    Layout {
        id: "rstage".to_owned(),
        title: "Field ids of rstage".to_owned(),
        affixes: Affixes::default(),
        signature: Vec::new(),
        misleading: Vec::new(),
        repeats: false,
        lends: true,
        claims: Field::ALL
            .iter()
            .filter(|field| !field.is_of_events())
            .map(|&field| (field, claim(field)))
            .collect(),
        values: BTreeMap::new(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    title: String,
    signature: Vec<String>,
    #[serde(default)]
    prefixes: Vec<String>,
    #[serde(default)]
    suffixes: Vec<String>,
    #[serde(default)]
    misleading: Vec<String>,
    #[serde(default)]
    repeats: bool,
    #[serde(default = "yes")]
    lends: bool,
    #[serde(default)]
    fields: BTreeMap<String, Listed>,
    #[serde(default)]
    generations: BTreeMap<String, Listed>,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    One(Entry),
    Many(Vec<Entry>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Plain(String),
    Coded { header: String, coding: String },
}

fn read(file: &'static str, text: &str) -> Result<Layout, FieldsError> {
    let broken = |problem: String| FieldsError::Layout { layout: file, problem };
    let parsed: File = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
    let mut claims: BTreeMap<Field, Claim> = BTreeMap::new();
    for (id, listed) in parsed.generations {
        claims.entry(field(&id, file)?).or_default().generations = expected(listed, file)?;
    }
    for (id, listed) in parsed.fields {
        claims.entry(field(&id, file)?).or_default().ranked = expected(listed, file)?;
    }
    let lower = |map: BTreeMap<String, String>| {
        map.into_iter().map(|(raw, value)| (raw.to_lowercase(), value)).collect()
    };
    let values = parsed.values.into_iter().map(|(id, map)| Ok((field(&id, file)?, lower(map))));
    let names = |list: Vec<String>| list.into_iter().map(Name::Text).collect();
    Ok(Layout {
        id: parsed.id,
        title: parsed.title,
        affixes: Affixes { prefixes: parsed.prefixes, suffixes: parsed.suffixes },
        signature: names(parsed.signature),
        misleading: names(parsed.misleading),
        repeats: parsed.repeats,
        lends: parsed.lends,
        claims,
        values: values.collect::<Result<_, FieldsError>>()?,
    })
}

fn expected(listed: Listed, file: &'static str) -> Result<Vec<Expected>, FieldsError> {
    let entries = match listed {
        Listed::One(entry) => vec![entry],
        Listed::Many(entries) => entries,
    };
    let one = |entry| match entry {
        Entry::Plain(header) => Ok(Expected { name: Name::Text(header), coding: Coding::Plain }),
        Entry::Coded { header, coding: id } => {
            Ok(Expected { name: Name::Text(header), coding: coding(&id, file)? })
        }
    };
    entries.into_iter().map(one).collect()
}

/// The field of this id, or what is wrong with the layout.
pub(super) fn field(id: &str, layout: &'static str) -> Result<Field, FieldsError> {
    Field::from_id(id)
        .ok_or_else(|| FieldsError::Layout { layout, problem: format!("no field is named `{id}`") })
}

/// The coding of this id, or what is wrong with the layout.
pub(super) fn coding(id: &str, layout: &'static str) -> Result<Coding, FieldsError> {
    Coding::from_id(id)
        .ok_or_else(|| FieldsError::Layout { layout, problem: format!("no coding is named `{id}`") })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_layout_loads_and_names_no_column_for_two_fields() {
        for layout in all().unwrap().iter().chain(of_events().unwrap()) {
            let mut seen: HashMap<String, Field> = HashMap::new();
            for (&field, claim) in &layout.claims {
                for expected in claim.expected() {
                    let name = expected.name.to_string();
                    assert_eq!(seen.insert(name.clone(), field), None, "{}: {name}", layout.id);
                }
            }
            assert!(!seen.is_empty(), "{}", layout.id);
        }
    }

    #[test]
    fn every_item_of_a_field_is_in_the_naaccr_layouts() {
        let layouts = all().unwrap();
        for (id, name) in [
            ("naaccr_xml", (|f: Field| Name::Text(f.naaccr_id().to_owned())) as fn(Field) -> Name),
            ("naaccr_items", |f: Field| Name::Item(f.naaccr_item())),
        ] {
            let layout = layouts.iter().find(|layout| layout.id == id).unwrap();
            for &field in Field::ALL.iter().filter(|field| field.naaccr_item() > 0) {
                let expected: Vec<&Name> = layout.claims[&field].expected().map(|e| &e.name).collect();
                assert!(expected.contains(&&name(field)), "{id}: {} lacks {}", field.id(), name(field));
            }
        }
    }

    #[test]
    fn a_broken_layout_says_where() {
        let error =
            read("x.toml", "id = 'x'\ntitle = ''\nsignature = []\n[fields]\nsitee = 'a'\n").unwrap_err();
        assert_eq!(error.to_string(), "layout x.toml: no field is named `sitee`");
    }
}
