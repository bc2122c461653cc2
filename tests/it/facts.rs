//! Every table of `knowledge/`, cell by cell, against the stage-group facts kept beside the project.
//!
//! The facts name schemas as the registries do; which of our schemas that is, our own selection
//! says, so that selection is tested on the way.

use std::collections::{BTreeMap, BTreeSet};

use rstage::category::{Axis, Behavior, Category, Edition, Histology, Sex, Site};
use rstage::knowledge::{Rules, SchemaId, Selected, TableAxis, TableBasis, Traits};

use crate::support::{Row, embedded, takes};

const CORRECTIONS: &str = include_str!("facts_corrections.csv");

fn rows(name: &str) -> Option<Vec<Row>> {
    let path = crate::support::shared("facts")?.join(name);
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        header.iter().map(String::from).zip(record.iter().map(String::from)).collect()
    };
    Some(reader.records().map(|record| row(record.unwrap())).collect())
}

fn first(list: &str) -> u16 {
    let part = list.split([',', '-']).next().unwrap().trim().trim_start_matches('C');
    part.parse().unwrap_or_else(|_| panic!("{list}"))
}

/// The tumors at both ends of every range that the facts give to a schema.
fn tumors(selection: &str) -> Vec<Traits> {
    let mut tumors = Vec::new();
    for part in selection.split(" / ") {
        let bits: Vec<&str> = part.split(" : ").map(str::trim).collect();
        for sites in bits[0].split(',') {
            for histologies in bits[1].split(',') {
                for (site, histology) in [(0, 0), (1, 1)].map(|(a, b)| {
                    let end = |list: &str, at: usize| first(list.split('-').nth(at).unwrap_or(list));
                    (end(sites, a), end(histologies, b))
                }) {
                    let mut traits = Traits {
                        site: Site(site),
                        histology: Histology(histology),
                        behavior: Some(Behavior(3)),
                        sex: None,
                        year: None,
                        disc1: None,
                        disc2: None,
                        ssf25: None,
                        p16: None,
                    };
                    for condition in &bits[2..] {
                        let (name, values) = condition.split_once('=').unwrap();
                        match name {
                            "beh" => traits.behavior = Some(Behavior(first(values) as u8)),
                            "year" => traits.year = Some(first(values)),
                            "d1" => traits.disc1 = Some(first(values)),
                            "d2" => traits.disc2 = Some(first(values)),
                            "ssf25" => traits.ssf25 = Some(first(values)),
                            "sex" => {
                                traits.sex = Some(if first(values) == 2 { Sex::Female } else { Sex::Male });
                            }
                            other => panic!("{other}"),
                        }
                    }
                    tumors.push(traits);
                }
            }
        }
    }
    tumors
}

/// Facts schema and edition to our schema, as our selection has it.
fn selected(rules: &Rules, schemas: &[Row]) -> BTreeMap<(String, u8), SchemaId> {
    let mut map = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in schemas.iter().filter(|row| row["family"] != "pediatric") {
        let name = &row["schema"];
        let editions: &[u8] = match row["family"].as_str() {
            "tnm_cs" => &[6, 7],
            _ if name.contains("_v9_") || name.contains("_9th_") => &[9],
            _ => &[8],
        };
        for &edition in editions {
            let mut found = BTreeSet::new();
            for tumor in tumors(&row["selection"]) {
                match rules.select(Edition(edition), &tumor) {
                    Selected::Schema { id, .. } => {
                        found.insert(id);
                    }
                    other => wrong.push(format!("{name} {edition}: {tumor:?} gives {other:?}")),
                }
            }
            match found.len() {
                1 => {
                    map.insert((name.clone(), edition), *found.first().unwrap());
                }
                _ => wrong.push(format!(
                    "{name} {edition}: selects {:?}",
                    found.iter().map(|id| rules.schema(*id).id.as_str()).collect::<Vec<_>>()
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{} mistakes\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    map
}

struct Fact {
    cells: BTreeMap<String, BTreeSet<String>>,
    group: String,
}

/// The class names of our tables for the classes of the facts.
fn class(factor: &str, class: &str) -> String {
    match (factor, class) {
        ("histology", "papillary" | "follicular") => "differentiated".to_owned(),
        ("b", class) => class[..2].to_owned(),
        (_, class) => class.replace(' ', "_"),
    }
}

fn fact(row: &Row) -> (String, Fact) {
    let mut cells = BTreeMap::new();
    let mut system = String::new();
    for axis in ["T", "N", "M"] {
        if row[axis] != "any" {
            cells.insert(axis.to_owned(), row[axis].split('|').map(String::from).collect());
        }
    }
    for factor in row["factors"].split(';').filter(|factor| !factor.is_empty()) {
        let (name, values) = factor.split_once('=').unwrap();
        match (name, values) {
            ("system", value) => value.clone_into(&mut system),
            // The Rai table is for the marrow; the small-intestine table for carcinomas, as selection has it.
            ("site", _) | ("histology", "carcinoma") => {}
            _ => {
                cells.insert(name.to_owned(), values.split('|').map(|value| class(name, value)).collect());
            }
        }
    }
    (system, Fact { cells, group: row["stage_group"].clone() })
}

#[test]
fn every_cell_of_every_table_is_as_the_facts_have_it() {
    let Some(schemas) = rows("schemas.csv") else { return };
    let rules = Rules::builtin().unwrap();
    let ours = selected(rules, &schemas);
    let (mut tables, mut cells_compared) = (BTreeSet::new(), 0_u64);
    let (mut stated, mut covered) = (BTreeSet::new(), BTreeSet::new());
    let mut corrections = Corrections { listed: embedded(CORRECTIONS), occurred: BTreeSet::new(), cells: 0 };
    for edition in [6_u8, 7, 8, 9] {
        let mut by_schema: BTreeMap<String, Vec<(usize, usize, Row)>> = BTreeMap::new();
        for (line, row) in rows(&format!("stage_groups_ajcc{edition}.csv")).unwrap().into_iter().enumerate() {
            for schema in row["schema"].split('|') {
                let order = row["order"].parse().unwrap();
                by_schema.entry(schema.to_owned()).or_default().push((order, line, row.clone()));
            }
        }
        for (name, mut facts) in by_schema {
            facts.sort_by_key(|(order, line, _)| (*order, *line));
            let id = ours[&(name.clone(), edition)];
            let place = |row: &Row| (name.clone(), edition, row["basis"].clone(), fact(row).0);
            stated.extend(facts.iter().map(|(_, _, row)| place(row)));
            for basis in [TableBasis::Clinical, TableBasis::Pathologic, TableBasis::PostTherapy] {
                let fact_basis = basis.name().replace('-', "_");
                for (index, table) in table_indexes(rules, id, edition, basis) {
                    let system = table.system.clone().unwrap_or_default();
                    // The facts have the revised system of myeloma only.
                    if system == "iss" {
                        tables.insert(index);
                        continue;
                    }
                    if basis == TableBasis::PostTherapy && table.basis != TableBasis::PostTherapy {
                        continue;
                    }
                    let rows: Vec<&Row> = facts
                        .iter()
                        .map(|(_, _, row)| row)
                        .filter(|row| {
                            row["basis"] == fact_basis
                                || (row["basis"] == "any" && basis != TableBasis::PostTherapy)
                        })
                        .filter(|row| fact(row).0 == system || system.is_empty())
                        .collect();
                    covered.extend(rows.iter().map(|row| place(row)));
                    let facts: Vec<Fact> = rows.into_iter().map(|row| fact(row).1).collect();
                    assert!(!facts.is_empty(), "{name} {edition} {basis:?} {system}");
                    cells_compared += compare(&name, edition, table, &facts, &mut corrections);
                    tables.insert(index);
                }
            }
        }
    }
    let without: BTreeSet<&(String, u8)> = ours
        .keys()
        .filter(|(name, edition)| !stated.iter().any(|(of, e, _, _)| of == name && e == edition))
        .collect();
    for (name, edition) in &without {
        let id = ours[&(name.clone(), *edition)];
        assert_eq!(all_tables(rules, id, *edition), 0, "{name} {edition}: tables without facts");
    }
    for edition in [6, 7, 8, 9] {
        let names: Vec<&str> =
            without.iter().filter(|(_, e)| *e == edition).map(|(name, _)| name.as_str()).collect();
        println!("edition {edition}, no stage groups in the facts nor here: {}", names.join(" "));
    }
    let all: usize =
        rules.schemas().map(|(id, _)| (6..=9).map(|e| all_tables(rules, id, e)).sum::<usize>()).sum();
    let of = |edition: u8| stated.iter().filter(|(_, e, _, _)| *e == edition).count();
    println!(
        "{} tables, {cells_compared} cells compared, {} corrected as listed, all others equal; facts by edition, each a schema, a basis and a system: {:?}",
        tables.len(),
        corrections.cells,
        [6, 7, 8, 9].map(|edition| (edition, of(edition)))
    );
    for place in stated.difference(&covered) {
        println!("not covered: {place:?}");
    }
    assert_eq!(stated.difference(&covered).count(), 0, "facts without a table here");
    assert_eq!(tables.len(), all, "every table has facts");
    assert_eq!(corrections.occurred.len(), corrections.listed.len(), "a listed correction is gone");
}

fn all_tables(rules: &Rules, id: SchemaId, edition: u8) -> usize {
    let mut seen = BTreeSet::new();
    for basis in [TableBasis::Clinical, TableBasis::Pathologic, TableBasis::PostTherapy] {
        seen.extend(table_indexes(rules, id, edition, basis).into_iter().map(|(index, _)| index));
    }
    seen.len()
}

fn table_indexes(
    rules: &Rules,
    id: SchemaId,
    edition: u8,
    basis: TableBasis,
) -> Vec<(u16, &rstage::knowledge::StageTable)> {
    // C42.1 reaches the table of the marrow as well.
    rules.tables_for(id, Edition(edition), basis, Site(421)).collect()
}

/// The cells in which our tables follow the manual instead of the facts.
struct Corrections {
    listed: Vec<Row>,
    occurred: BTreeSet<usize>,
    cells: u64,
}

impl Corrections {
    /// Whether a cell that differs is listed: the words of the cell by axis, the facts' group and ours.
    fn take(&mut self, schema: &str, edition: u8, cell: &[(&str, &str)], groups: [Option<&str>; 2]) -> bool {
        let word = |axis: &str| cell.iter().find(|(name, _)| *name == axis).map_or("", |(_, word)| *word);
        let group = |group: Option<&str>| group.unwrap_or("none").to_owned();
        let mut found = Row::from([
            ("schema".to_owned(), schema.to_owned()),
            ("edition".to_owned(), edition.to_string()),
            ("facts".to_owned(), group(groups[0])),
            ("ours".to_owned(), group(groups[1])),
        ]);
        found.extend(["t", "n", "m"].map(|axis| (axis.to_owned(), word(&axis.to_uppercase()).to_owned())));
        let known = (0..self.listed.len()).find(|&at| {
            let row = &self.listed[at];
            takes(row, &found)
                && (row["factor"] == "any" || cell.iter().any(|(_, word)| *word == row["factor"]))
        });
        self.occurred.extend(known);
        self.cells += u64::from(known.is_some());
        known.is_some()
    }
}

fn compare(
    name: &str,
    edition: u8,
    table: &rstage::knowledge::StageTable,
    facts: &[Fact],
    corrections: &mut Corrections,
) -> u64 {
    let axes: Vec<(String, Vec<(String, u8)>)> = table
        .axes
        .iter()
        .enumerate()
        .map(|(at, axis)| {
            let other = table.decision.other(at);
            match axis {
                TableAxis::Category(own) => {
                    let letter = ["T", "N", "M"][own.axis as usize];
                    let mut tokens: Vec<(String, u8)> =
                        own.tokens.iter().enumerate().map(|(t, c)| (c.label().to_owned(), t as u8)).collect();
                    tokens.push(("?".to_owned(), other));
                    (letter.to_owned(), tokens)
                }
                TableAxis::Factor(own) => {
                    let mut tokens: Vec<(String, u8)> =
                        own.classes.iter().enumerate().map(|(t, c)| (c.clone(), t as u8)).collect();
                    tokens.push(("?".to_owned(), other));
                    (table.heading[at].clone(), tokens)
                }
            }
        })
        .collect();
    for fact in facts {
        for (axis, values) in &fact.cells {
            let own = axes.iter().find(|(name, _)| name == axis);
            let own = own.unwrap_or_else(|| panic!("{name} {edition}: our table lacks {axis}"));
            for value in values {
                assert!(own.1.iter().any(|(label, _)| label == value), "{name} {edition}: no {axis} {value}");
                if let Some(axis) =
                    [("T", Axis::T), ("N", Axis::N), ("M", Axis::M)].iter().find(|(a, _)| a == axis)
                {
                    assert!(Category::from_label(axis.1, value).is_some(), "{value}");
                }
            }
        }
    }
    let mut at = vec![0; axes.len()];
    let mut compared = 0;
    loop {
        let tokens: Vec<u8> = at.iter().zip(&axes).map(|(&i, (_, tokens))| tokens[i].1).collect();
        let derived = table.decision.first_match(&tokens).map(|row| table.groups[row].label());
        let expected = facts
            .iter()
            .find(|fact| {
                at.iter().zip(&axes).all(|(&i, (axis, tokens))| {
                    fact.cells.get(axis).is_none_or(|values| values.contains(&tokens[i].0))
                })
            })
            .map(|fact| fact.group.as_str());
        if derived != expected {
            let cell: Vec<(&str, &str)> = at
                .iter()
                .zip(&axes)
                .map(|(&i, (axis, tokens))| (axis.as_str(), tokens[i].0.as_str()))
                .collect();
            assert!(
                corrections.take(name, edition, &cell, [expected, derived]),
                "{name}, edition {edition}, {:?}, {cell:?}: {derived:?}, but the facts have {expected:?}",
                table.basis
            );
        }
        compared += 1;
        let mut axis = 0;
        loop {
            if axis == axes.len() {
                return compared;
            }
            at[axis] += 1;
            if at[axis] < axes[axis].1.len() {
                break;
            }
            at[axis] = 0;
            axis += 1;
        }
    }
}
