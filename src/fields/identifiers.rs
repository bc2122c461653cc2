//! Which columns name a person, so that they can be left out of what a run writes.

use std::collections::BTreeSet;

use super::header::{bare, item_number, normal};

/// The list, which a registry can read and correct.
const LIST: &str = include_str!("identifiers.csv");

/// The columns of a header that hold names, numbers or addresses of a person, by their position.
///
/// They are told by their headings: NAACCR item numbers and XML ids, and headings that other tables use. What lies
/// between the known items of a flat record (`columns_58_191`) may hold any of them and counts as well.
pub fn identifying_columns(headers: &[String]) -> Vec<usize> {
    let listed = Listed::read();
    let identifying = |header: &&String| listed.has(header);
    let positions = headers.iter().enumerate().filter(|(_, header)| identifying(header));
    positions.map(|(position, _)| position).collect()
}

struct Listed {
    items: BTreeSet<u16>,
    headings: BTreeSet<String>,
}

impl Listed {
    fn read() -> Self {
        let mut listed = Self { items: BTreeSet::new(), headings: BTreeSet::new() };
        let rows = LIST.lines().filter(|line| !line.starts_with('#')).skip(1);
        for mut cells in rows.map(|line| line.split(',')) {
            listed.items.extend(cells.next().and_then(|item| item.parse::<u16>().ok()));
            listed.headings.extend(cells.next().map(normal));
        }
        listed
    }

    fn has(&self, header: &str) -> bool {
        let name = bare(header);
        let heading = normal(name);
        // A table's name may stand in front: `patient.last_name`, `demographic.ssn`.
        let last = name.rsplit(['.', ':']).next().map(normal);
        self.headings.contains(&heading)
            || last.is_some_and(|last| self.headings.contains(&last))
            || item_number(name).is_some_and(|item| self.items.contains(&item))
            || is_between_items(name)
    }
}

/// Whether a column is known by its place in a flat record only.
fn is_between_items(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let place = name.strip_prefix("columns_").and_then(|place| place.split_once('_'));
    place.is_some_and(|(first, last)| is_number(first) && is_number(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_addresses_are_told_from_the_rest() {
        let identifying = |name: &str| !identifying_columns(&[name.to_owned()]).is_empty();
        for name in [
            "nameLast",
            "NAMELAST",
            "2230",
            "N2230_NAME_LAST",
            "item2320",
            "Last Name",
            "last_name",
            "patient.last_name",
            "SSN",
            "\u{feff}ssn",
            "E-mail",
            "Patient Name",
            "medicalRecordNumber",
            "addrAtDxNoStreet",
            "#2360",
            "latitude",
            "columns_58_191",
        ] {
            assert!(identifying(name), "{name}");
        }
        for name in [
            "",
            "patientIdNumber",
            "20",
            "tumor_key",
            "primarySite",
            "400",
            "dateOfBirth",
            "addrAtDxPostalCode",
            "countyAtDxAnalysis",
            "hospital",
            "schema_name",
            "columns_58",
            "columns_a_b",
            "nameless",
            "2231",
            "sex",
            "Sample Name",
        ] {
            assert!(!identifying(name), "{name}");
        }
    }

    #[test]
    fn every_line_of_the_list_counts() {
        let rows: Vec<_> = LIST.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
        assert!(rows.iter().all(|line| line.split(',').count() == 3), "{rows:?}");
        let listed = Listed::read();
        let items = rows.iter().filter(|line| !line.starts_with(',')).count();
        assert_eq!((listed.items.len(), listed.headings.len()), (items, rows.len()));
    }
}
