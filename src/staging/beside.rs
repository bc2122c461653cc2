//! The systems beside the stage group: Toronto, summary stage, FIGO, Rai, Binet.
//!
//! They are read from the same record as the stage group and never change it. What is missing
//! stands for everything that it may be, so that a label is given only where no other is possible.

use super::derived::Assumed;
use super::evaluate::{Input, Known};
use super::stager::category;
use super::{Basis, Case, Cause, MxPolicy, NxPolicy, Outcome, Staged, Stager};
use crate::category::{Axis, Behavior, Category, Cell, Edition, StageGroup};
use crate::decision::{MAX_AXES, TokenSet};
use crate::knowledge::{
    Beside, BesideKind, BesideRows, MAX_SYSTEMS, NOT_STAGED, Rules, SUMMARY_STAGE, TableAxis, UNKNOWN,
};

/// What a system says of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BesideOutcome {
    /// One label, by its position in the system's list.
    Label(u8),
    /// Several labels are possible.
    Open {
        /// They, bit by position.
        possible: u64,
        /// What is missing.
        cause: Cause,
    },
    /// The system does not stage this tumor or patient.
    NotApplicable(Cause),
    /// Nothing can be said.
    Unknown(Cause),
}

/// What gave a label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BesideRule {
    /// A row of a table.
    Row {
        /// Index of the table.
        table: u16,
        /// Row, from 0.
        row: u16,
    },
    /// Several rows of a table that agree, or its list of stage groups.
    Table(u16),
    /// The meanings of T, N and M for the summary stage.
    Meanings,
}

/// One derivation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DerivedBeside {
    /// What it came to.
    pub outcome: BesideOutcome,
    /// What gave it.
    pub rule: Option<BesideRule>,
    /// What was assumed of N and M.
    pub assumed: Assumed,
}

/// The derivations of all systems, by position in [`Beside::systems`].
pub type Besides = [DerivedBeside; MAX_SYSTEMS];

/// What the record holds for the tables: the categories at diagnosis and what was assumed of them.
struct Held {
    tnm: [Cell<Category>; 3],
    assumed: Assumed,
    basis: Basis,
}

impl Stager<'_> {
    /// What the systems beside the stage group say of a staged case.
    pub fn beside(&self, case: &Case, staged: &Staged) -> Besides {
        let rules = self.rules();
        let beside = rules.beside();
        let none = DerivedBeside {
            outcome: BesideOutcome::NotApplicable(Cause::NoDisease),
            rule: None,
            assumed: Assumed::default(),
        };
        let mut besides = [none; MAX_SYSTEMS];
        let held = self.held(case, staged);
        if let Some(found) = summary_stage(beside, case, staged, &held) {
            besides[SUMMARY_STAGE] = found;
        }
        for &disease in staged.schema.map_or(&[][..], |schema| beside.of_schema(schema)) {
            let system = usize::from(beside.disease(disease).system);
            besides[system] = derive(rules, disease, case, staged, &held);
        }
        let (Some(site), Some(histology)) = (case.site.value(), case.histology.value()) else {
            return besides;
        };
        for (at, (system, place)) in beside.systems().iter().zip(&mut besides).enumerate() {
            let diseases = beside.of_tumor(at);
            if diseases.is_empty() {
                continue;
            }
            if case.age.value().is_some_and(|age| !system.takes_age(age)) {
                place.outcome = BesideOutcome::NotApplicable(Cause::Adult);
                continue;
            }
            let behavior = case.behavior.value();
            let found = diseases.iter().find(|&&id| beside.disease(id).takes(site, histology, behavior));
            let Some(&disease) = found else { continue };
            if system.needs_age() && case.age.value().is_none() {
                place.outcome = BesideOutcome::Unknown(Cause::AgeMissing);
                continue;
            }
            *place = derive(rules, disease, case, staged, &held);
        }
        besides
    }
}

/// The best that the tables of a disease come to.
fn derive(rules: &Rules, disease: u16, case: &Case, staged: &Staged, held: &Held) -> DerivedBeside {
    let beside = rules.beside();
    let mut best = DerivedBeside {
        outcome: BesideOutcome::NotApplicable(Cause::NoChapter),
        rule: None,
        assumed: held.assumed,
    };
    for &index in &beside.disease(disease).tables {
        let table = beside.table(index);
        if !table.holds_for(staged.edition, staged.schema) {
            continue;
        }
        let found = match &table.kind {
            BesideKind::Rows(rows) => from_rows(rules, index, rows, case, held),
            BesideKind::Groups(groups) => from_groups(index, groups, staged),
        };
        // What the rows leave open, the groups do not narrow: they may have no letters.
        let narrowed = matches!(best.outcome, BesideOutcome::Open { .. });
        let groups = matches!(table.kind, BesideKind::Groups(_));
        let label = matches!(found.outcome, BesideOutcome::Label(_));
        if rank(found.outcome) >= rank(best.outcome) && (label || !(narrowed && groups)) {
            best = found;
        }
        if matches!(best.outcome, BesideOutcome::Label(_)) {
            break;
        }
    }
    best
}

/// A label before fewer possible labels before more before none.
fn rank(outcome: BesideOutcome) -> u32 {
    match outcome {
        BesideOutcome::Label(_) | BesideOutcome::NotApplicable(Cause::NotInSystem) => 100,
        BesideOutcome::Open { possible, .. } => 100 - possible.count_ones(),
        BesideOutcome::Unknown(Cause::FactorUnknown) => 3,
        BesideOutcome::Unknown(_) => 2,
        BesideOutcome::NotApplicable(_) => 1,
    }
}

fn from_rows(rules: &Rules, index: u16, rows: &BesideRows, case: &Case, held: &Held) -> DerivedBeside {
    let mut inputs = [Input { worlds: 1, token: 0, known: Known::Yes }; MAX_AXES];
    let inputs = &mut inputs[..rows.axes.len().min(MAX_AXES)];
    for (input, axis) in inputs.iter_mut().zip(&rows.axes) {
        *input = Input::new(rules, axis, held.tnm, case, held.basis);
        if let TableAxis::Factor(axis) = axis
            && let (Known::X, Some(x)) = (input.known, axis.x)
            && rules
                .factor(axis.factor)
                .fields
                .iter()
                .any(|&field| matches!(case.factor(field), Cell::Unknown | Cell::NotApplicable))
        {
            // Recorded as unknown, and the table prints a row for that.
            *input = Input { worlds: 1 << x, token: x, known: Known::Yes };
        }
    }
    let worlds: [TokenSet; MAX_AXES] =
        std::array::from_fn(|axis| inputs.get(axis).map_or(1, |input| input.worlds));
    let worlds = &worlds[..inputs.len()];
    let (possible, row) = labels(rows, worlds);
    let outcome = if possible == 0 {
        BesideOutcome::Unknown(Cause::NoRow)
    } else if possible == UNKNOWN {
        BesideOutcome::Unknown(Cause::FactorUnknown)
    } else if possible == NOT_STAGED {
        BesideOutcome::NotApplicable(Cause::NotInSystem)
    } else if possible.is_power_of_two() {
        BesideOutcome::Label(possible.trailing_zeros() as u8)
    } else {
        let cause = why_open(rows, inputs, worlds);
        let possible = possible & !(UNKNOWN | NOT_STAGED);
        if possible == rows.all || possible.count_ones() < 2 {
            BesideOutcome::Unknown(cause)
        } else {
            BesideOutcome::Open { possible, cause }
        }
    };
    let rule = match outcome {
        BesideOutcome::Label(_) => {
            Some(row.map_or(BesideRule::Table(index), |row| BesideRule::Row { table: index, row }))
        }
        _ => None,
    };
    let uses =
        |axis: Axis| rows.axes.iter().any(|own| matches!(own, TableAxis::Category(own) if own.axis == axis));
    let assumed = Assumed {
        m0: held.assumed.m0 && uses(Axis::M),
        m1: held.assumed.m1 && uses(Axis::M),
        n0: held.assumed.n0 && uses(Axis::N),
        ..Assumed::default()
    };
    DerivedBeside { outcome, rule, assumed }
}

/// The labels of all rows that can win, and the row if it is a single one.
fn labels(rows: &BesideRows, worlds: &[TokenSet]) -> (u64, Option<u16>) {
    let (mut set, mut first, mut several) = (0, None, false);
    rows.decision.possible(worlds, |row| {
        set |= rows.labels[row];
        several |= *first.get_or_insert(row as u16) != row as u16;
    });
    (set, first.filter(|_| !several))
}

/// What keeps the labels apart: the first axis that is not known and that changes them.
fn why_open(rows: &BesideRows, inputs: &[Input], worlds: &[TokenSet]) -> Cause {
    let open = || (0..inputs.len()).filter(|&axis| inputs[axis].known != Known::Yes);
    let matters = open().find(|&axis| {
        let mut narrowed = worlds.to_vec();
        let mut seen = None;
        (0..u64::BITS).filter(|bit| worlds[axis] >> bit & 1 == 1).any(|bit| {
            narrowed[axis] = 1 << bit;
            let (here, _) = labels(rows, &narrowed);
            here != 0 && *seen.get_or_insert(here) != here
        })
    });
    // Without one, the row itself prints several labels: the categories are coarser than the system.
    matters.map_or(Cause::CategoryCoarse, |axis| inputs[axis].cause(&rows.axes[axis]))
}

/// The labels that stand for the derived stage group.
fn from_groups(index: u16, groups: &[(StageGroup, u64)], staged: &Staged) -> DerivedBeside {
    let original = &staged.original;
    let outcome = match original.outcome {
        Outcome::Group(group) => match groups.iter().find(|(known, _)| *known == group) {
            Some((_, labels)) => BesideOutcome::Label(labels.trailing_zeros() as u8),
            None => BesideOutcome::NotApplicable(Cause::NotInSystem),
        },
        Outcome::Open { low, high, cause, .. } => {
            let within = || groups.iter().filter(|(group, _)| (low..=high).contains(group));
            // A bare roman stands for its lettered groups.
            let bare = |group: StageGroup| {
                group.label().bytes().all(|letter| b"IV".contains(&letter))
                    && within().any(|(other, _)| *other != group && other.stage() == group.stage())
            };
            let possible =
                within().filter(|(group, _)| !bare(*group)).fold(0, |set, (_, labels)| set | labels);
            match possible.count_ones() {
                0 => BesideOutcome::Unknown(cause),
                1 => BesideOutcome::Label(possible.trailing_zeros() as u8),
                _ => BesideOutcome::Open { possible, cause },
            }
        }
        Outcome::NotApplicable(cause) => BesideOutcome::NotApplicable(cause),
        Outcome::Unknown(cause) => BesideOutcome::Unknown(cause),
    };
    let rule = matches!(outcome, BesideOutcome::Label(_)).then_some(BesideRule::Table(index));
    DerivedBeside { outcome, rule, assumed: original.assumed }
}

/// The summary stage of a solid tumor from T, N and M.
fn summary_stage(beside: &Beside, case: &Case, staged: &Staged, held: &Held) -> Option<DerivedBeside> {
    let schema = staged.schema?;
    let edition = staged.edition.unwrap_or(Edition(8));
    let row = beside.summary().row(schema, edition)?;
    let blank = held.tnm.iter().all(|cell| !matches!(cell, Cell::Value(_))) || {
        held.assumed.m0 && held.tnm[..2].iter().all(|cell| !matches!(cell, Cell::Value(_)))
    };
    if case.behavior.value().is_some_and(|behavior| behavior < Behavior(2)) {
        let outcome = BesideOutcome::NotApplicable(Cause::BehaviorNotStaged);
        return Some(DerivedBeside { outcome, rule: None, assumed: Assumed::default() });
    }
    let in_situ = case.behavior.value() == Some(Behavior(2));
    let mut possible = row.possible(held.tnm);
    if in_situ && possible & 1 != 0 {
        possible = 1;
    }
    let outcome = match possible.count_ones() {
        1 => BesideOutcome::Label(possible.trailing_zeros() as u8),
        _ if blank => BesideOutcome::Unknown(Cause::TnmMissing),
        _ => BesideOutcome::Open {
            possible: u64::from(possible),
            cause: held
                .tnm
                .iter()
                .zip([Cause::TUnknown, Cause::NUnknown, Cause::MUnknown])
                .find_map(|(cell, cause)| (!matches!(cell, Cell::Value(_))).then_some(cause))
                .unwrap_or(Cause::CategoryCoarse),
        },
    };
    let rule = matches!(outcome, BesideOutcome::Label(_)).then_some(BesideRule::Meanings);
    Some(DerivedBeside { outcome, rule, assumed: held.assumed })
}

impl Stager<'_> {
    /// T, N and M at diagnosis, of whichever classification knows them: the pathologic before the clinical,
    /// but after neoadjuvant therapy the clinical first; and M1 wherever it stands.
    fn held(&self, case: &Case, staged: &Staged) -> Held {
        let order = if case.neoadjuvant.value() == Some(true) {
            [Basis::Clinical, Basis::Single, Basis::Pathologic]
        } else {
            [Basis::Pathologic, Basis::Clinical, Basis::Single]
        };
        let sets = order.map(|basis| case.set(basis));
        let axis = |axis: Axis| {
            let cells = sets.map(|set| {
                let recorded = match axis {
                    Axis::T => set.t,
                    Axis::N => set.n,
                    Axis::M => set.m,
                };
                let prefix = recorded.prefix;
                if prefix.at_diagnosis() { recorded.cell } else { Cell::Blank }
            });
            let known = |wanted: &dyn Fn(Category) -> bool| {
                cells.iter().copied().find(|cell| cell.value().is_some_and(wanted))
            };
            let m1 = known(&|category| axis == Axis::M && category.label().starts_with("M1"));
            m1.or_else(|| known(&|_| true))
                .or_else(|| cells.iter().copied().find(|cell| matches!(cell, Cell::Unknown | Cell::Invalid)))
                .unwrap_or(Cell::Blank)
        };
        let mut tnm = [axis(Axis::T), axis(Axis::N), axis(Axis::M)];
        let mut assumed = Assumed::default();
        let silent = |cell: Cell<Category>| matches!(cell, Cell::Blank | Cell::Unknown);
        if silent(tnm[2]) && self.items_show_metastasis(case, staged.schema) {
            tnm[2] = category(Axis::M, "M1");
            assumed.m1 = true;
        }
        if silent(tnm[2]) && self.policy().mx == MxPolicy::M0 && !self.shows_metastasis(case, staged.schema) {
            tnm[2] = category(Axis::M, "M0");
            assumed.m0 = true;
        }
        if silent(tnm[1]) && self.policy().nx == NxPolicy::N0 {
            tnm[1] = category(Axis::N, "N0");
            assumed.n0 = true;
        }
        Held { tnm, assumed, basis: staged.basis.unwrap_or(Basis::Single) }
    }
}
