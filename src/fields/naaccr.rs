//! The three layouts of NAACCR exports, made of one list of items: headers are XML
//! ids, item numbers or item names.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::header::{Affixes, Name};
use super::layout::{Claim, Expected, Layout, coding, field};
use super::{Coding, Field, FieldsError};

const FILE: &str = "naaccr.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    #[serde(rename = "item")]
    number: u16,
    id: String,
    name: String,
    #[serde(default)]
    aka: Vec<String>,
    coding: Option<String>,
}

/// XML ids, item numbers, item names.
pub(super) fn layouts(text: &str) -> Result<[Layout; 3], FieldsError> {
    let broken = |problem: String| FieldsError::Layout { layout: FILE, problem };
    let list: BTreeMap<String, Vec<Item>> =
        toml::from_str(text).map_err(|error| broken(error.to_string()))?;
    let mut roles: Vec<(Field, Coding, Item)> = Vec::new();
    for (id, items) in list {
        for item in items {
            let coding = item.coding.as_deref().map_or(Ok(Coding::Plain), |id| coding(id, FILE))?;
            roles.push((field(&id, FILE)?, coding, item));
        }
    }
    let text = |text: &str| Name::Text(text.to_owned());
    Ok([
        layout("naaccr_xml", "NAACCR, XML ids as column names", true, &roles, |item| vec![text(&item.id)]),
        layout("naaccr_items", "NAACCR, item numbers as column names", false, &roles, |item| {
            vec![Name::Item(item.number)]
        }),
        layout("naaccr_names", "NAACCR, item names as column names", true, &roles, |item| {
            std::iter::once(&item.name).chain(&item.aka).map(|name| text(name)).collect()
        }),
    ])
}

fn layout(
    id: &str,
    title: &str,
    lends: bool,
    roles: &[(Field, Coding, Item)],
    names: impl Fn(&Item) -> Vec<Name>,
) -> Layout {
    let mut claims: BTreeMap<Field, Claim> = BTreeMap::new();
    for &(field, coding, ref item) in roles {
        let expected = names(item).into_iter().map(|name| Expected { name, coding });
        claims.entry(field).or_default().generations.extend(expected);
    }
    Layout {
        id: id.to_owned(),
        title: title.to_owned(),
        affixes: Affixes::default(),
        signature: Vec::new(),
        misleading: Vec::new(),
        repeats: false,
        lends,
        claims,
        values: BTreeMap::new(),
    }
}
