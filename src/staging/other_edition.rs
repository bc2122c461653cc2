//! The same record under another edition.
//!
//! Decades of data are compared by restaging them under one edition. That is honest only as far as the
//! categories of the record are known to mean the same there: what an edition redefined stays open, and a
//! record whose group hangs on it is not comparable rather than guessed.

use super::chapter::{self, Chapter};
use super::evaluate::Question;
use super::stager::{either, table_bases};
use super::{Assumed, Basis, Case, Cause, Derived, Outcome, RuleRef, Staged, Stager};
use crate::category::Edition;
use crate::knowledge::{Carried, SchemaId};

/// A record under another edition.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct UnderEdition {
    /// Schema there, where one was found.
    pub schema: Option<SchemaId>,
    /// The derivation there.
    pub derived: Derived,
    /// Its stage beside that of the original derivation.
    pub migration: Migration,
}

/// How the stage of a record moves from its own edition to another. Stage migration alone changes
/// survival by stage (Feinstein, Sosin and Wells 1985, the Will Rogers phenomenon).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Migration {
    /// The same stage, 0 to IV.
    Same,
    /// A higher stage.
    Up,
    /// A lower stage.
    Down,
    /// At least one of the two is not known.
    NotComparable,
}

impl Migration {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Up => "up",
            Self::Down => "down",
            Self::NotComparable => "not_comparable",
        }
    }

    fn between(own: Outcome, other: Outcome) -> Self {
        match (own.stage(), other.stage()) {
            (Some(own), Some(other)) if other > own => Self::Up,
            (Some(own), Some(other)) if other < own => Self::Down,
            (Some(_), Some(_)) => Self::Same,
            _ => Self::NotComparable,
        }
    }
}

impl UnderEdition {
    /// Why the two stages cannot be compared: what keeps the other one open, else the original.
    pub fn cause(&self, staged: &Staged) -> Option<Cause> {
        let of = |outcome: Outcome| outcome.cause().filter(|_| outcome.stage().is_none());
        of(self.derived.outcome).or(of(staged.original.outcome))
    }
}

impl Stager<'_> {
    /// Derives a staged record's group at diagnosis under another edition, from the classification that its
    /// original group comes from.
    pub fn stage_under(&mut self, case: &Case, staged: &Staged, edition: Edition) -> UnderEdition {
        let without = |schema, outcome| UnderEdition {
            schema,
            derived: Derived::without_table(outcome),
            migration: Migration::NotComparable,
        };
        let prepared = self.prepared(case);
        let case = prepared.case.as_ref().unwrap_or(case);
        let chapter = match chapter::find_under(self.rules, case, staged.edition, edition) {
            Ok(chapter) => chapter,
            Err(cause) => return without(None, Outcome::Unknown(cause)),
        };
        let schema = Some(chapter.schema);
        let derived = if (schema, chapter.edition) == (staged.schema, staged.edition) {
            staged.original
        } else if let Err(outcome) = self.applicable(case, chapter) {
            return without(schema, outcome);
        } else if let Some(basis) = staged.basis {
            self.derive_under(case, staged, basis, chapter)
        } else {
            return without(schema, staged.original.outcome);
        };
        let migration = Migration::between(staged.original.outcome, derived.outcome);
        UnderEdition { schema, derived, migration }
    }

    fn derive_under(&mut self, case: &Case, staged: &Staged, basis: Basis, chapter: Chapter) -> Derived {
        let original = &staged.original;
        let unknown = |cause| Derived { rule: None, outcome: Outcome::Unknown(cause), ..*original };
        let (Some(from), Some(own), Some(to), Some(site)) =
            (staged.schema, staged.edition, chapter.edition, case.site.value())
        else {
            return unknown(Cause::EditionMissing);
        };
        let rules = self.rules;
        let carry = |category| rules.carried((from, own), (chapter.schema, to), category);
        let cells = [original.t.cell, original.n.cell, original.m.cell];
        if cells.iter().filter_map(|cell| cell.value()).any(|category| carry(category) == Carried::Nothing) {
            return unknown(Cause::CategoryRedefined);
        }
        let by_n = rules.schema(chapter.schema).n_tells_classification(to);
        let mut best: Option<Derived> = None;
        for wanted in table_bases(basis, case.set(basis), by_n) {
            let ask = |index| Question::new(rules, index, cells, case, basis, carry);
            let (answer, table) = self.answer(rules.tables_for(chapter.schema, to, *wanted, site), ask);
            let here = Derived {
                outcome: answer.outcome,
                rule: table.zip(answer.row).map(|(table, row)| RuleRef { table, row }),
                assumed: Assumed {
                    discriminator: chapter.assumed,
                    recorded_group: answer.from_group,
                    ..original.assumed
                },
                ..*original
            };
            best = Some(match best {
                None => here,
                Some(before) => Derived { outcome: either(before.outcome, here.outcome), ..before },
            });
        }
        best.map_or_else(|| unknown(Cause::NoChapter), Derived::with_rule_of_group)
    }
}
