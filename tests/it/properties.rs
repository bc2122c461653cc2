//! What must hold for every built-in table, cell by cell: metastasis, and more of T, N or M never being less.
//!
//! Where a manual says otherwise, the exception stands with its cause in `properties_exceptions.csv`;
//! one that is not listed fails, and so does a listed one that no longer occurs.

use std::collections::{BTreeMap, BTreeSet};

use rstage::category::{Axis, Category, Cell, Edition, Site, Stage, StageGroup, parse};
use rstage::fields::{Coding, Field};
use rstage::knowledge::{Rules, Schema, StageTable, TableAxis, TableBasis};
use rstage::staging::{Basis, Case, MxPolicy, Outcome, Policy, Stager};

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

/// A tumor that a schema takes under an edition: the first code of a row of its selection, and what the row asks.
fn tumor_of(stager: &mut Stager, schema: &Schema, rows: &[[String; 3]], edition: Edition) -> Option<Case> {
    let first = |list: &str| list.split([',', '-']).next().unwrap_or("").trim().to_owned();
    rows.iter().find_map(|[sites, histologies, when]| {
        // The chapters of the 6th and 7th edition stage some of these histologies only.
        [first(histologies), "8140".into(), "8070".into(), "8720".into(), "8800".into(), "8247".into()]
            .iter()
            .find_map(|histology| {
                let mut case = Case::default();
                let mut put = |field: Field, text: &str| case.put(field, parse(field, Coding::Plain, text));
                put(Field::Site, &first(sites));
                put(Field::Histology, histology);
                put(Field::Behavior, "3");
                put(Field::Edition, &edition.to_string());
                for condition in when.split(';') {
                    let Some((name, codes)) = condition.split_once(" = ") else { continue };
                    let field = if name.trim() == "year" { "dx_year" } else { name.trim() };
                    if let Some(field) = Field::from_id(field) {
                        put(field, &first(codes));
                    }
                }
                let mut probe = case;
                probe.put(Field::PathM, parse(Field::PathM, Coding::Plain, "M1"));
                let staged = stager.stage(&probe);
                let own = staged.schema.is_some_and(|id| stager.rules().schema(id).id == schema.id);
                let here = own && staged.edition == Some(edition);
                (here && staged.original.outcome.bounds().is_some()).then_some(case)
            })
    })
}

/// Through the stager, for every schema, edition and classification: a category that is left blank or is X only
/// widens what is possible, unless the table prints a row for X, which is then a statement of its own.
#[test]
fn knowing_less_only_widens() {
    let rules = Rules::builtin().unwrap();
    let mut stager = Stager::new(rules, Policy { mx: MxPolicy::Unknown, ..Policy::default() });
    let (mut compared, mut wrong, mut tables) = (0_u64, BTreeSet::new(), BTreeSet::new());
    for (id, schema) in rules.schemas().filter(|(_, schema)| schema.is_solid()) {
        let rows: Vec<[String; 3]> = rules.selection(id).map(|(_, row)| row.clone()).collect();
        for (_, table) in rules.tables_of(id) {
            let axes = [Axis::T, Axis::N, Axis::M].map(|axis| table.category_axis(axis).map(|(_, own)| own));
            if axes.iter().all(Option::is_none) {
                continue;
            }
            let Some(tumor) = tumor_of(&mut stager, schema, &rows, table.edition) else { continue };
            tables.insert((schema.id.as_str(), table.edition.0));
            let basis = match table.basis {
                TableBasis::Clinical => Basis::Clinical,
                _ => Basis::Pathologic,
            };
            let known = |axis: usize| -> Vec<Category> {
                let all = axes[axis].map_or(&[][..], |own| &own.tokens);
                all.iter().copied().filter(|category| !category.is_x()).collect()
            };
            let prints_x = axes.map(|own| own.is_some_and(|own| own.tokens.iter().any(|c| c.is_x())));
            let mut bounds = |cells: [Cell<Category>; 3]| {
                let mut case = tumor;
                let set = &mut case.sets[basis as usize];
                [set.t.cell, set.n.cell, set.m.cell] = cells;
                stager.stage(&case).original.outcome
            };
            for &t in &known(0) {
                for &n in &known(1) {
                    for &m in &known(2) {
                        let cells = [t, n, m].map(Cell::Value);
                        let Some((low, high)) = bounds(cells).bounds() else { continue };
                        for hidden in 0..3 {
                            for less in [Cell::Blank, Cell::Unknown] {
                                if prints_x[hidden] {
                                    continue;
                                }
                                let mut fewer = cells;
                                fewer[hidden] = less;
                                let outcome = bounds(fewer);
                                compared += 1;
                                let widens = match outcome.bounds() {
                                    Some((low2, high2)) => low2 <= low && high <= high2,
                                    None => matches!(outcome, Outcome::Unknown(_)),
                                };
                                if !widens {
                                    wrong.insert(format!(
                                        "{} {} {:?} {} {} {} without {hidden}: {}..{}, then {outcome:?}",
                                        schema.id,
                                        table.edition,
                                        table.basis,
                                        t.label(),
                                        n.label(),
                                        m.label(),
                                        low.label(),
                                        high.label()
                                    ));
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    println!("{compared} cells with one category less, {} schemas and editions", tables.len());
    let list: Vec<&str> = wrong.iter().take(20).map(String::as_str).collect();
    assert!(list.is_empty(), "{} narrow\n{}", wrong.len(), list.join("\n"));
    assert!(compared > 100_000 && tables.len() > 200, "{compared} {}", tables.len());
}
