//! Columns of registry items beyond the roles of rstage: an algorithm of somebody else names the items that
//! it asks for, and their columns are found as a header names items.

use std::collections::HashMap;

use super::header::{Affixes, Headers, Name};

/// The columns of a header, to be asked for by item.
pub struct ItemColumns<'h> {
    headers: Headers<'h>,
    /// By letters and digits alone, in lower case: `CS Site-Specific Factor 25` is `csSiteSpecificFactor25`.
    squeezed: HashMap<String, usize>,
}

impl<'h> ItemColumns<'h> {
    /// The columns of this header.
    pub fn new(headers: &'h [String]) -> Self {
        let mut squeezed = HashMap::new();
        for (index, header) in headers.iter().enumerate() {
            squeezed.entry(squeeze(header)).or_insert(index);
        }
        Self { headers: Headers::new(headers), squeezed }
    }

    /// The first column with a name; case, separators and years in brackets may differ.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.find(&Name::Text(name.to_owned()))
    }

    /// The column of an item: by its NAACCR XML id, else by its item number, else by the words of its id,
    /// else by its name.
    pub fn of_item(&self, xml_id: Option<&str>, number: Option<u32>, name: Option<&str>) -> Option<usize> {
        let by_number = || self.find(&Name::Item(u16::try_from(number?).ok()?));
        let by_words = || self.squeezed.get(&squeeze(xml_id?)).copied();
        let by_name = || self.named(name.filter(|name| !name.is_empty())?);
        xml_id.and_then(|id| self.named(id)).or_else(by_number).or_else(by_words).or_else(by_name)
    }

    fn find(&self, name: &Name) -> Option<usize> {
        let (columns, _) = self.headers.find(name, &Affixes::default())?;
        columns.first().copied()
    }
}

fn squeeze(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_found_by_id_then_number_then_name() {
        let found = |headers: &[&str]| {
            let headers: Vec<String> = headers.iter().map(|&header| header.to_owned()).collect();
            ItemColumns::new(&headers).of_item(Some("csExtension"), Some(2810), Some("Extension"))
        };
        assert_eq!(found(&["Extension", "2810", "csExtension"]), Some(2));
        assert_eq!(found(&["CS Extension", "N2810"]), Some(1));
        assert_eq!(found(&["x", "cs_extension"]), Some(1));
        assert_eq!(found(&["csextension"]), Some(0));
        assert_eq!(found(&["Extension", "CS Extension"]), Some(1));
        assert_eq!(found(&["x", "extension"]), Some(1));
        assert_eq!(found(&["CS Extension Eval", "28100", ""]), None);
    }
}
