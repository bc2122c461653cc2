//! Every example line of every cancer against the staging engine, under each table that it claims to
//! hold for and in each year: a line that is drawn once in a million records is checked like any other.

use super::*;
use crate::category::parse;
use crate::fields::{Coding, Field};
use crate::knowledge::Rules;
use crate::staging::{Case, Outcome, Policy, Stager};

/// The case that a reader of the export would see.
fn case(row: &Row) -> Case {
    let mut case = Case::default();
    for (column, text) in Column::ALL.iter().zip(row.cells()) {
        let name = column.name();
        let field = Field::ALL.iter().find(|field| field.naaccr_id() == name || field.id() == name);
        if let Some(&field) = field {
            case.put(field, parse(field, Coding::Plain, text));
        }
    }
    case.complete();
    case
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Group(group) => group.label(),
        Outcome::NotApplicable(_) => "NA",
        Outcome::Open { .. } | Outcome::Unknown(_) => "UNK",
    }
}

fn row(profile: &Profile, tumor: &Tumor<'_>, basis: Basis, draw: u64) -> Row {
    let random = &mut Random::of_row(97, draw);
    let mut row = Row::default();
    identify(tumor, draw, random, &mut row);
    describe(tumor, random, &mut row);
    date(profile, true, tumor, random, &mut row);
    factors(tumor, random, &mut row);
    stage(profile, None, tumor, basis, random, &mut row);
    mets(None, tumor, random, &mut row);
    row
}

#[test]
fn every_example_has_the_group_of_the_tables() {
    let profile = Profile::load().unwrap();
    let mut stager = Stager::new(Rules::builtin().unwrap(), Policy::default());
    let mut wrong = std::collections::BTreeSet::new();
    let mut checked = 0;
    for cancer in &profile.cancers {
        for year in profile.span.first_year..=profile.span.last_year {
            let stages = cancer.stages(year);
            for (line, example) in stages.examples.items().iter().enumerate() {
                let bases = match example.basis {
                    Basis::Both => &[Basis::Clinical, Basis::Pathologic][..],
                    Basis::Clinical => &[Basis::Clinical],
                    Basis::Pathologic => &[Basis::Pathologic],
                };
                for (draw, &basis) in (0..3).flat_map(|draw| bases.iter().map(move |basis| (draw, basis))) {
                    let tumor =
                        Tumor { cancer, stages, example, dx: Date::new(year, 3, 14), unstaged: false };
                    let row = row(&profile, &tumor, basis, draw);
                    let found = word(stager.stage(&case(&row)).original.outcome);
                    checked += 1;
                    if found != example.group.label {
                        wrong.insert(format!(
                            "{} {year}, edition {}, line {}, {basis:?}: {} by the profile, {found} by the tables",
                            cancer.id,
                            stages.edition,
                            line + 1,
                            example.group.label,
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {checked}: {wrong:#?}", wrong.len());
    assert!(checked > 10_000, "only {checked}");
}
