//! What must hold for every built-in table, cell by cell: metastasis, and more of T, N or M never being less.
//!
//! Where a manual says otherwise, the exception stands with its cause in `properties_exceptions.csv`;
//! one that is not listed fails, and so does a listed one that no longer occurs.

use std::collections::{BTreeMap, BTreeSet};

use rstage::category::{Axis, Category, Edition, Site, Stage, StageGroup};
use rstage::knowledge::{Rules, StageTable, TableAxis, TableBasis};

use crate::support::{Row, embedded, takes};

const EXCEPTIONS: &str = include_str!("properties_exceptions.csv");

fn all_tables(rules: &Rules) -> Vec<&StageTable> {
    let mut tables = BTreeMap::new();
    for (id, _) in rules.schemas() {
        for edition in [6, 7, 8, 9] {
            for basis in [TableBasis::Clinical, TableBasis::Pathologic, TableBasis::PostTherapy] {
                // Two of the tables of chronic lymphocytic leukemia hang on the site.
                for site in [Site(421), Site(779)] {
                    tables.extend(rules.tables_for(id, Edition(edition), basis, site));
                }
            }
        }
    }
    tables.into_values().collect()
}

/// The tokens of every axis that a known value can take: no X, no category that the table splits further.
fn known_tokens(table: &StageTable) -> Vec<Vec<u8>> {
    table
        .axes
        .iter()
        .map(|axis| {
            let (all, count) = match axis {
                TableAxis::Category(axis) => (axis.all, axis.tokens.len()),
                TableAxis::Factor(axis) => (axis.all, axis.classes.len()),
            };
            (0..count as u8).filter(|token| all >> token & 1 == 1).collect()
        })
        .collect()
}

/// Calls `found` with every combination of known tokens and the group of the first row that fits.
fn each_cell(table: &StageTable, mut found: impl FnMut(&[u8], Option<StageGroup>)) {
    let tokens = known_tokens(table);
    if tokens.iter().any(Vec::is_empty) {
        return;
    }
    let mut at = vec![0; tokens.len()];
    loop {
        let cell: Vec<u8> = at.iter().zip(&tokens).map(|(&at, tokens)| tokens[at]).collect();
        found(&cell, table.decision.first_match(&cell).map(|row| table.groups[row]));
        let mut axis = 0;
        loop {
            if axis == at.len() {
                return;
            }
            at[axis] += 1;
            if at[axis] < tokens[axis].len() {
                break;
            }
            at[axis] = 0;
            axis += 1;
        }
    }
}

/// How far a category goes: in situ and none, then numbers, then letters and digits; remarks such as (m) or
/// (i+) and micrometastasis rank as the category without a letter.
fn rank(category: Category) -> Option<(u8, &'static str)> {
    let own = category.label()[1..].split('(').next().unwrap_or_default();
    match own {
        "is" | "a" | "ispu" | "ispd" | "0a" | "0b" => Some((0, "")),
        _ => {
            let number = own.bytes().next().filter(u8::is_ascii_digit)? - b'0';
            Some((number, if own.ends_with("mi") { "" } else { &own[1..] }))
        }
    }
}

/// Whether `high` is less than `low`; a number without its letter may be any of its letters.
fn falls(low: StageGroup, high: StageGroup) -> bool {
    let bare = |group: StageGroup| matches!(group.label(), "I" | "II" | "III" | "IV");
    low.stage() > high.stage() || (low.stage() == high.stage() && low > high && !bare(low) && !bare(high))
}

fn word(table: &StageTable, axis: usize, token: u8) -> &str {
    match &table.axes[axis] {
        TableAxis::Category(own) => own.tokens[usize::from(token)].label(),
        TableAxis::Factor(own) => &own.classes[usize::from(token)],
    }
}

/// The exceptions of one rule, and which of them occurred.
struct Exceptions {
    listed: Vec<Row>,
    occurred: BTreeSet<usize>,
    unlisted: BTreeSet<String>,
    times: u64,
}

impl Exceptions {
    fn of(rule: &str) -> Self {
        let listed = embedded(EXCEPTIONS).into_iter().filter(|row| row["rule"] == rule).collect();
        Self { listed, occurred: BTreeSet::new(), unlisted: BTreeSet::new(), times: 0 }
    }

    /// Notes one exception: category from and to, group before and after, and the combination.
    fn note(&mut self, rules: &Rules, table: &StageTable, cell: &[u8], what: [&str; 4]) {
        self.times += 1;
        let edition = table.edition.0.to_string();
        let place = [rules.schema(table.schema).id.as_str(), edition.as_str(), table.basis.name()];
        let columns = ["schema", "edition", "basis", "from", "to", "low", "high"];
        let found: Row = columns
            .into_iter()
            .zip(place.into_iter().chain(what))
            .map(|(column, value)| (column.to_owned(), value.to_owned()))
            .collect();
        let words: Vec<&str> =
            cell.iter().enumerate().map(|(axis, &token)| word(table, axis, token)).collect();
        let matching = self.listed.iter().enumerate().filter(|(_, row)| {
            takes(row, &found) && row["cells"].split_whitespace().all(|wanted| words.contains(&wanted))
        });
        let matching: Vec<usize> = matching.map(|(at, _)| at).collect();
        self.occurred.extend(&matching);
        if matching.is_empty() {
            self.unlisted.insert(format!("{found:?} {}", words.join(" ")));
        }
    }

    fn check(&self) {
        let list: Vec<&str> = self.unlisted.iter().take(20).map(String::as_str).collect();
        assert!(list.is_empty(), "{} exceptions are not listed\n{}", self.unlisted.len(), list.join("\n"));
        let gone: Vec<&Row> = (0..self.listed.len())
            .filter(|at| !self.occurred.contains(at))
            .map(|at| &self.listed[at])
            .collect();
        assert!(gone.is_empty(), "listed, but gone: {gone:?}");
    }
}

#[test]
fn metastasis_is_stage_four_but_for_the_listed() {
    let rules = Rules::builtin().unwrap();
    let (mut below, mut without) = (Exceptions::of("m1"), Exceptions::of("m1_none"));
    let mut cells = 0_u64;
    for table in all_tables(rules) {
        let Some((at, axis)) = table.category_axis(Axis::M) else { continue };
        let promised = rules.schema(table.schema).m1_stage(table.edition);
        each_cell(table, |cell, group| {
            let m = axis.tokens[usize::from(cell[at])].label();
            if !m.starts_with("M1") {
                return;
            }
            cells += 1;
            let Some(group) = group else { return without.note(rules, table, cell, [m, "", "none", ""]) };
            assert!(Some(group.stage()) >= promised, "{:?} {}", promised, group.label());
            if group.stage() < Stage::IV {
                below.note(rules, table, cell, [m, "", group.label(), ""]);
            }
        });
    }
    println!(
        "{cells} combinations with M1: {} below IV and {} without a group, as listed; all others IV",
        below.times, without.times
    );
    below.check();
    without.check();
    assert!(cells > 10_000);
}

#[test]
fn more_of_t_n_or_m_is_never_less() {
    let rules = Rules::builtin().unwrap();
    let mut exceptions = Exceptions::of("rises");
    let mut pairs = 0_u64;
    let tables = all_tables(rules);
    for &table in &tables {
        let tokens = known_tokens(table);
        each_cell(table, |cell, low| {
            let Some(low) = low else { return };
            for (at, axis) in table.axes.iter().enumerate() {
                let TableAxis::Category(axis) = axis else { continue };
                let category = |token: u8| axis.tokens[usize::from(token)];
                let from = rank(category(cell[at]));
                for &token in
                    tokens[at].iter().filter(|token| from.is_some() && rank(category(**token)) > from)
                {
                    let mut more = cell.to_vec();
                    more[at] = token;
                    let row = table.decision.first_match(&more);
                    let Some(high) = row.map(|row| table.groups[row]) else { continue };
                    pairs += 1;
                    if falls(low, high) {
                        let labels = [category(cell[at]).label(), category(token).label()];
                        exceptions.note(
                            rules,
                            table,
                            cell,
                            [labels[0], labels[1], low.label(), high.label()],
                        );
                    }
                }
            }
        });
    }
    println!(
        "{} tables, {pairs} pairs of combinations, one with more of T, N or M: {} fall, as listed",
        tables.len(),
        exceptions.times
    );
    exceptions.check();
    assert!(pairs > 500_000);
}
