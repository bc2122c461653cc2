//! What the start tag of an element says.

use quick_xml::events::BytesStart;

use super::patient::Level;
use super::text::NO_TEXT;

/// Namespace of NAACCR XML.
pub(super) const NAACCR: &str = "http://naaccr.org/naaccrxml";

/// The prefixes that stand for NAACCR's namespace by the root's tag, an empty one for none; what is wrong with it
/// where it is no root of NAACCR XML.
pub(super) fn prefixes(root: &BytesStart) -> Result<Vec<String>, String> {
    let (local, prefix) = root.name().decompose();
    let own = prefix.map_or("", |prefix| prefix.into_inner()).to_owned();
    if local.as_ref() != Level::Root.name() {
        return Err(format!("`<{}>` instead of `<NaaccrData>`", local.as_ref()));
    }
    let (mut prefixes, mut bound) = (Vec::new(), None);
    for attribute in root.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let prefix = match attribute.key.as_ref() {
            "xmlns" => "",
            name => match name.strip_prefix("xmlns:") {
                Some(prefix) => prefix,
                None => continue,
            },
        };
        if prefix == own {
            bound = Some(attribute.value.to_string());
        }
        if attribute.value == NAACCR {
            prefixes.push(prefix.to_owned());
        }
    }
    match bound {
        // The first files had no namespace.
        None if own.is_empty() => prefixes.push(own),
        Some(bound) if bound == NAACCR => {}
        other => {
            let other = other.unwrap_or_default();
            return Err(format!("the namespace is `{other}` instead of `{NAACCR}`"));
        }
    }
    Ok(prefixes)
}

/// The level of an element by its name and the prefixes of the root.
pub(super) fn level(start: &BytesStart, prefixes: &[String]) -> Level {
    let (local, prefix) = start.name().decompose();
    let prefix = prefix.map_or("", |prefix| prefix.into_inner());
    let level = Level::of(local.as_ref());
    if level == Level::Foreign || !prefixes.iter().any(|own| own == prefix) {
        return Level::Foreign;
    }
    let elsewhere = start.attributes().with_checks(false).flatten().any(|attribute| {
        let name = attribute.key.as_ref();
        let binds = match name.strip_prefix("xmlns:") {
            Some(bound) => bound == prefix,
            None => prefix.is_empty() && name == "xmlns",
        };
        binds && attribute.value != NAACCR
    });
    if elsewhere { Level::Foreign } else { level }
}

/// The id of an item: `naaccrId`, or `naaccrNum` where only that is given; what is wrong where it has none.
pub(super) fn item_id(start: &BytesStart) -> Result<String, String> {
    let (mut id, mut number) = (None, None);
    let mut problem = None;
    for attribute in start.attributes().with_checks(false) {
        match attribute {
            Ok(attribute) => {
                let slot = match attribute.key.as_ref() {
                    "naaccrId" => &mut id,
                    "naaccrNum" => &mut number,
                    _ => continue,
                };
                if slot.replace(attribute.value.trim().to_owned()).is_some() {
                    problem = Some("an item with two ids".to_owned());
                }
            }
            Err(error) => problem = Some(format!("an item's attributes cannot be read: {error}")),
        }
    }
    if let Some(problem) = problem {
        return Err(problem);
    }
    let is_given = |id: &String| !id.is_empty() && !id.contains(['&', '\0', NO_TEXT]);
    id.filter(is_given)
        .or(number.filter(is_given))
        .ok_or_else(|| "an item without naaccrId or naaccrNum".to_owned())
}
