//! The columns of the systems beside the stage group.

use std::fmt::Write as _;

use crate::knowledge::{FIGO, Rules, SUMMARY_STAGE, TORONTO};
use crate::staging::words::beside_word;
use crate::staging::{BesideOutcome, BesideRule, Besides, Case, DerivedBeside, compare};

/// Number of their columns: three systems with a column each, the others as a list, each beside its reason.
pub(super) const BESIDE_COLUMNS: usize = 8;

/// Systems with a column of their own.
const OWN: [usize; 3] = [TORONTO, SUMMARY_STAGE, FIGO];

/// Why: the disease, version and row that gave the label, or the cause that there is none (with the
/// labels that are still possible), what was assumed, and how a recorded stage stands to it.
fn beside_reason(rules: &Rules, system: usize, derived: &DerivedBeside, case: &Case, out: &mut String) {
    let beside = rules.beside();
    let of_table = |out: &mut String, index: u16| {
        let table = beside.table(index);
        let _ = write!(out, "{}:{}", beside.disease(table.disease).id, table.version);
    };
    match (derived.outcome, derived.rule) {
        (BesideOutcome::Label(_), Some(BesideRule::Row { table, row })) => {
            of_table(out, table);
            let _ = write!(out, ":{}", row + 1);
        }
        (BesideOutcome::Label(_), Some(BesideRule::Table(table))) => of_table(out, table),
        (BesideOutcome::Label(_), _) => out.push_str("tnm"),
        (BesideOutcome::Open { possible, cause }, _) => {
            out.push_str(cause.id());
            let labels = beside.systems().get(system).map_or(&[][..], |system| &system.labels);
            let mut separator = ':';
            for (_, label) in labels.iter().enumerate().filter(|(at, _)| possible >> at & 1 == 1) {
                let _ = write!(out, "{separator}{label}");
                separator = '|';
            }
        }
        (BesideOutcome::NotApplicable(cause) | BesideOutcome::Unknown(cause), _) => {
            out.push_str(cause.id());
            return;
        }
    }
    for (holds, word) in [
        (derived.assumed.m0, "+m0_assumed"),
        (derived.assumed.m1, "+m1_from_sites"),
        (derived.assumed.n0, "+n0_assumed"),
    ] {
        if holds {
            out.push_str(word);
        }
    }
    if let Some(comparison) = compare(beside, system, derived, case) {
        let _ = write!(out, "+{}", comparison.as_str());
    }
}

/// The cells of one record, in buffers that are used again.
#[derive(Default)]
pub(super) struct BesideCells([String; BESIDE_COLUMNS]);

impl BesideCells {
    /// Fills the cells in the order of the columns.
    pub(super) fn fill(&mut self, rules: &Rules, case: &Case, besides: &Besides) -> &[String] {
        self.0.iter_mut().for_each(String::clear);
        let [words @ .., list, reasons] = &mut self.0;
        let beside = rules.beside();
        for (at, (system, derived)) in beside.systems().iter().zip(besides).enumerate() {
            let word = || beside_word(beside, system, derived, case);
            if let Some(own) = OWN.iter().position(|own| *own == at) {
                words[2 * own].push_str(&word());
                beside_reason(rules, at, derived, case, &mut words[2 * own + 1]);
            } else if !matches!(derived.outcome, BesideOutcome::NotApplicable(_)) {
                let separator = if list.is_empty() { "" } else { ";" };
                let _ = write!(list, "{separator}{}={}", system.id, word());
                let _ = write!(reasons, "{separator}{}=", system.id);
                beside_reason(rules, at, derived, case, reasons);
            }
        }
        &self.0
    }
}
