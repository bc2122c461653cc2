//! One set of categories under one table: which groups are possible, and what keeps them apart.
//!
//! A category or factor that is missing, X, or coarser than the table stands for everything that
//! it may be; every combination is looked up, and what they agree on is known. Where the manual
//! prints a row for X itself (SX of the testis, TX N0 M0 of the lung), that row is the answer to X.

use super::factor::{self, Said};
use super::{Basis, Case, Cause, Outcome};
use crate::category::{Axis, Category, Cell, StageGroup};
use crate::decision::{MAX_AXES, Pattern, TokenSet};
use crate::knowledge::{
    Carried, CategoryAxis, FactorAxis, Fit, Reading, Rules, StageTable, TableAxis, is_anchor,
};

/// What is known of one axis.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Known {
    Yes,
    /// The table splits it further.
    Coarse,
    /// Of another edition, where its label means something else.
    Redefined,
    /// Not of this edition.
    Foreign,
    /// Blank.
    Missing,
    /// Recorded as X or as an unknown factor: a printed X row answers it.
    X,
    /// Unreadable.
    Invalid,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Input {
    pub(super) worlds: TokenSet,
    pub(super) token: u8,
    pub(super) known: Known,
}

impl Input {
    fn read(reading: Reading) -> Self {
        let known = match reading.fit {
            Fit::Exact | Fit::Finer => Known::Yes,
            Fit::Coarse => Known::Coarse,
            Fit::Foreign => Known::Foreign,
        };
        Self { worlds: reading.worlds, token: reading.token, known }
    }

    /// A category of another edition, as one or several of this table's.
    fn carried(axis: &CategoryAxis, carried: &Carried) -> Self {
        let other = axis.tokens.len() as u8;
        let redefined = |worlds| Self { worlds, token: other, known: Known::Redefined };
        match carried {
            Carried::Same(category) => Self::read(axis.read(*category)),
            Carried::Among(categories) => {
                let readings = || categories.iter().map(|category| axis.read(*category));
                match readings().find(|reading| reading.fit == Fit::Foreign) {
                    Some(foreign) => Self::read(foreign),
                    None => redefined(readings().fold(0, |worlds, reading| worlds | reading.worlds)),
                }
            }
            Carried::Any | Carried::Nothing => {
                let anchors = axis.tokens.iter().enumerate().filter(|(_, category)| is_anchor(**category));
                redefined(axis.all & !anchors.fold(0, |set, (at, _)| set | 1 << at))
            }
        }
    }
}

/// The inputs of one evaluation; equal inputs give equal results.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Question {
    table: u16,
    inputs: [Input; MAX_AXES],
    axes: u8,
    /// Whether the recorded stage group is one of the inputs.
    from_group: bool,
}

/// What an evaluation came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    /// The row, where one row gave the group.
    pub(super) row: Option<u16>,
    /// Whether the recorded stage group was an input.
    pub(super) from_group: bool,
}

impl Input {
    /// What a record says of one axis of a table of its own edition.
    pub(super) fn new(
        rules: &Rules,
        axis: &TableAxis,
        tnm: [Cell<Category>; 3],
        case: &Case,
        basis: Basis,
    ) -> Self {
        match axis {
            TableAxis::Category(axis) => Self::of_category(axis, tnm[axis.axis as usize], &Carried::Same),
            TableAxis::Factor(axis) => Self::of_factor(rules, axis, case, basis).0,
        }
    }

    fn of_category(axis: &CategoryAxis, cell: Cell<Category>, carry: &impl Fn(Category) -> Carried) -> Self {
        let other = axis.tokens.len() as u8;
        let (token, known) = match cell {
            Cell::Value(category) => return Self::carried(axis, &carry(category)),
            Cell::Unknown => (axis.x.unwrap_or(other), Known::X),
            Cell::Invalid => (other, Known::Invalid),
            Cell::Blank | Cell::NotApplicable => (other, Known::Missing),
        };
        Self { worlds: axis.all, token, known }
    }

    /// What a record says of a factor, and whether it was the recorded group that said it.
    fn of_factor(rules: &Rules, axis: &FactorAxis, case: &Case, basis: Basis) -> (Self, bool) {
        let definition = rules.factor(axis.factor);
        let found = factor::find(definition, axis, case, basis);
        let other = axis.classes.len() as u8;
        let missing = |known| Self {
            worlds: axis.all,
            token: if known == Known::X { axis.x.unwrap_or(other) } else { other },
            known,
        };
        let input = match found.said {
            Said::In(set) if set.is_power_of_two() => {
                Self { worlds: set, token: set.trailing_zeros() as u8, known: Known::Yes }
            }
            Said::In(set) => Self { worlds: set, token: other, known: Known::Coarse },
            Said::Unlisted => Self { worlds: 1 << other, token: other, known: Known::Yes },
            Said::Unknown => missing(Known::X),
            Said::Nothing if definition.blank_is_unknown => missing(Known::X),
            Said::Nothing => missing(Known::Missing),
        };
        (input, found.from_group)
    }

    /// Why this axis keeps what is possible apart.
    pub(super) fn cause(self, axis: &TableAxis) -> Cause {
        match (axis, self.known) {
            (TableAxis::Factor(factor), _) if factor.is_age => Cause::AgeMissing,
            (TableAxis::Factor(_), _) => Cause::FactorMissing,
            (_, Known::Invalid) => Cause::CategoryInvalid,
            (_, Known::Foreign) => Cause::CategoryNotInEdition,
            (_, Known::Redefined) => Cause::CategoryRedefined,
            (_, Known::Coarse) => Cause::CategoryCoarse,
            (TableAxis::Category(own), _) => match own.axis {
                Axis::T => Cause::TUnknown,
                Axis::N => Cause::NUnknown,
                Axis::M => Cause::MUnknown,
            },
        }
    }
}

impl Question {
    /// Puts a record's T, N, M (as used for `basis`) and factors to a table. `carry` says what a category
    /// is in the table's edition.
    pub(super) fn new(
        rules: &Rules,
        index: u16,
        tnm: [Cell<Category>; 3],
        case: &Case,
        basis: Basis,
        carry: impl Fn(Category) -> Carried,
    ) -> Self {
        let table = rules.table(index);
        let blank = Input { worlds: 0, token: 0, known: Known::Yes };
        let mut inputs = [blank; MAX_AXES];
        let mut from_group = false;
        for (input, axis) in inputs.iter_mut().zip(&table.axes) {
            *input = match axis {
                TableAxis::Factor(axis) => {
                    let (input, by_group) = Input::of_factor(rules, axis, case, basis);
                    from_group |= by_group;
                    input
                }
                TableAxis::Category(axis) => Input::of_category(axis, tnm[axis.axis as usize], &carry),
            };
        }
        Self { table: index, inputs, axes: table.axes.len().min(MAX_AXES) as u8, from_group }
    }

    /// Whether any factor of the table is known.
    pub(super) fn knows_a_factor(&self, table: &StageTable) -> bool {
        self.inputs().iter().zip(&table.axes).any(|(input, axis)| {
            matches!(axis, TableAxis::Factor(axis) if axis.otherwise.is_none())
                && matches!(input.known, Known::Yes | Known::Coarse)
        })
    }

    /// Whether every input is one token, so that the answer is a single look-up.
    pub(super) fn is_plain(&self) -> bool {
        self.inputs().iter().all(|input| input.known == Known::Yes)
    }

    /// Whether the table holds for what the record knows.
    pub(super) fn may_be_asked(&self, table: &StageTable) -> bool {
        let known = |at: &usize| matches!(self.inputs[*at].known, Known::Yes | Known::Coarse);
        table.only_with.is_empty() || table.only_with.iter().any(known)
    }

    /// Answers it.
    pub(super) fn answer(&self, rules: &Rules) -> Answer {
        let (outcome, row) = self.outcome(rules.table(self.table));
        Answer { outcome, row, from_group: self.from_group }
    }

    fn outcome(&self, table: &StageTable) -> (Outcome, Option<u16>) {
        let mut worlds: [TokenSet; MAX_AXES] = [0; MAX_AXES];
        for (set, input) in worlds.iter_mut().zip(self.inputs()) {
            *set = input.worlds;
        }
        let worlds = &mut worlds[..usize::from(self.axes)];
        if self.is_plain() {
            return match self.first_match(table) {
                Some(row) => (Outcome::Group(table.groups[row]), Some(row as u16)),
                None => (Outcome::Unknown(Cause::NoRow), None),
            };
        }
        self.take_printed_x(table, worlds);
        if let Some(cause) = self.lacks_a_row_without_spread(table, worlds) {
            return (Outcome::Unknown(cause), None);
        }
        let mut range = range(table, worlds);
        if range.is_none()
            && let Some(row) = self.first_match(table)
        {
            range = Some(Possible::of(row, table));
        }
        let Some(range) = range else {
            return (Outcome::Unknown(self.why_nothing()), None);
        };
        if range.low == range.high {
            return (Outcome::Group(range.low), Some(range.row as u16));
        }
        let stage = (range.low.stage() == range.high.stage()).then(|| range.low.stage());
        let cause = self.why_open(table, worlds);
        (Outcome::Open { low: range.low, high: range.high, stage, cause }, None)
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs[..usize::from(self.axes)]
    }

    fn first_match(&self, table: &StageTable) -> Option<usize> {
        let mut tokens = [0_u8; MAX_AXES];
        for (token, input) in tokens.iter_mut().zip(self.inputs()) {
            *token = input.token;
        }
        table.decision.first_match(&tokens[..usize::from(self.axes)])
    }

    /// Narrows an X to the printed X, on the axes where the row that fits all X names it.
    fn take_printed_x(&self, table: &StageTable, worlds: &mut [TokenSet]) {
        if !self.inputs().iter().any(|input| input.known == Known::X) {
            return;
        }
        let Some(row) = self.first_match(table) else { return };
        let named = |axis: usize| matches!(table.decision.pattern(row, axis), Pattern::OneOf(_));
        let by_factor = self.inputs().iter().zip(&table.axes).enumerate().any(|(at, (input, axis))| {
            input.known == Known::X && matches!(axis, TableAxis::Factor(_)) && named(at)
        });
        // For TX or NX, a bare roman beside lettered groups says no more than that the letter is unknown.
        let bare = table.without_letter.get(row).copied().unwrap_or(false);
        if bare && !by_factor && shares_stage(table, worlds) {
            return;
        }
        for (axis, (input, set)) in self.inputs().iter().zip(worlds).enumerate() {
            if input.known == Known::X && named(axis) {
                *set = 1 << input.token;
            }
        }
    }

    /// The first of N and M that is unknown, where without spread, which may well be, there is no group
    /// (T0 N0 M0): then the groups of the other categories are not all that is possible.
    fn lacks_a_row_without_spread(&self, table: &StageTable, worlds: &[TokenSet]) -> Option<Cause> {
        let mut without = worlds.to_vec();
        let mut first = None;
        for (axis, none, cause) in [(Axis::N, "N0", Cause::NUnknown), (Axis::M, "M0", Cause::MUnknown)] {
            let Some((at, own)) = table.category_axis(axis) else { continue };
            if matches!(self.inputs[at].known, Known::Yes | Known::Coarse | Known::Redefined | Known::Foreign)
            {
                continue;
            }
            let Some(token) = own.tokens.iter().position(|category| category.label() == none) else {
                continue;
            };
            without[at] &= 1 << token;
            first = first.or(Some(cause));
        }
        first.filter(|_| !without.contains(&0) && range(table, &without).is_none())
    }

    fn why_nothing(&self) -> Cause {
        let any = |known: Known| self.inputs().iter().any(|input| input.known == known);
        if any(Known::Foreign) {
            Cause::CategoryNotInEdition
        } else if any(Known::Invalid) {
            Cause::CategoryInvalid
        } else {
            Cause::NoRow
        }
    }

    /// The first axis, in the order in which a registrar would look, that keeps groups apart.
    fn why_open(&self, table: &StageTable, worlds: &[TokenSet]) -> Cause {
        let order =
            [Known::Invalid, Known::Foreign, Known::Redefined, Known::Missing, Known::X, Known::Coarse];
        let mut open: Vec<usize> =
            (0..usize::from(self.axes)).filter(|&axis| self.inputs[axis].known != Known::Yes).collect();
        open.sort_by_key(|&axis| {
            let known = self.inputs[axis].known;
            let factor = matches!(table.axes[axis], TableAxis::Factor(_));
            (factor, order.iter().position(|k| *k == known))
        });
        let matters = open.iter().copied().find(|&axis| {
            let mut narrowed = worlds.to_vec();
            let mut seen = None;
            (0..u64::BITS).filter(|bit| worlds[axis] >> bit & 1 == 1).any(|bit| {
                narrowed[axis] = 1 << bit;
                let here = range(table, &narrowed).map(|range| (range.low, range.high));
                here.is_some() && *seen.get_or_insert(here) != here
            })
        });
        matters
            .or(open.first().copied())
            .map_or(Cause::NoRow, |axis| self.inputs[axis].cause(&table.axes[axis]))
    }
}

/// Lowest and highest of the groups that sets of tokens can reach, and one row that gives the lowest.
#[derive(Clone, Copy)]
struct Possible {
    low: StageGroup,
    high: StageGroup,
    row: usize,
}

impl Possible {
    fn of(row: usize, table: &StageTable) -> Self {
        Self { low: table.groups[row], high: table.groups[row], row }
    }
}

fn range(table: &StageTable, worlds: &[TokenSet]) -> Option<Possible> {
    let mut range: Option<Possible> = None;
    table.decision.possible(worlds, |row| {
        let group = table.groups[row];
        match &mut range {
            None => range = Some(Possible::of(row, table)),
            Some(known) => {
                if group < known.low {
                    known.low = group;
                    known.row = row;
                }
                known.high = known.high.max(group);
            }
        }
    });
    range
}

/// Whether everything that is possible has one stage.
fn shares_stage(table: &StageTable, worlds: &[TokenSet]) -> bool {
    range(table, worlds).is_some_and(|range| range.low.stage() == range.high.stage())
}

#[cfg(test)]
mod tests;
