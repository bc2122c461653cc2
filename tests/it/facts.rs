//! Every table of `knowledge/`, cell by cell, against the stage-group facts kept beside the project.
//!
//! The facts name schemas as the registries do; which of our schemas that is, our own selection
//! says, so that selection is tested on the way.

use std::collections::{BTreeMap, BTreeSet};

use rstage::category::{Axis, Behavior, Category, Edition, Histology, Sex, Site};
use rstage::knowledge::{Rules, SchemaId, Selected, TableAxis, TableBasis, Traits};

type Row = BTreeMap<String, String>;

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
            for basis in [TableBasis::Clinical, TableBasis::Pathologic, TableBasis::PostTherapy] {
                let fact_basis = basis.name().replace('-', "_");
                for (index, table) in table_indexes(rules, id, edition, basis) {
                    let system = table.system.clone().unwrap_or_default();
                    // The facts have the revised system of myeloma only.
                    if system == "iss" {
                        tables.insert(index);
                        continue;
                    }
                    let facts: Vec<Fact> = facts
                        .iter()
                        .filter(|(_, _, row)| {
                            row["basis"] == fact_basis
                                || (row["basis"] == "any" && basis != TableBasis::PostTherapy)
                        })
                        .map(|(_, _, row)| fact(row))
                        .filter(|(of, _)| *of == system || system.is_empty())
                        .map(|(_, fact)| fact)
                        .collect();
                    if basis == TableBasis::PostTherapy && table.basis != TableBasis::PostTherapy {
                        continue;
                    }
                    assert!(!facts.is_empty(), "{name} {edition} {basis:?} {system}");
                    cells_compared += compare(&name, edition, table, &facts);
                    tables.insert(index);
                }
            }
        }
    }
    let all: usize =
        rules.schemas().map(|(id, _)| (6..=9).map(|e| all_tables(rules, id, e)).sum::<usize>()).sum();
    println!("{} tables, {cells_compared} cells compared", tables.len());
    assert_eq!(tables.len(), all, "every table has facts");
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

fn compare(name: &str, edition: u8, table: &rstage::knowledge::StageTable, facts: &[Fact]) -> u64 {
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
        let words: Vec<&str> = at.iter().zip(&axes).map(|(&i, (_, tokens))| tokens[i].0.as_str()).collect();
        assert_eq!(derived, expected, "{name}, edition {edition}, {:?}: {}", table.basis, words.join(" "));
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
