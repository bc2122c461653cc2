//! What the added columns say of each record: every derived value beside its rule, every unknown beside its
//! cause.

use std::fmt::Write as _;

use crate::audit::{AuditRules, Audited, Finding, OrganNames};
use crate::knowledge::Rules;
use crate::output::RowCells;
use crate::staging::words::{basis_word, category_word, group_of, recorded_word, stage_of};
use crate::staging::{Basis, Besides, Case, Derived, EditionSource, RuleRef, Staged, UnderEdition};

use super::beside::{BESIDE_COLUMNS, BesideCells};
use super::columns::COLUMNS;

/// A row of a table in short: schema, edition, classification, row from 1; `local/` before one of the
/// user's own folder.
pub fn rule_word(rules: &Rules, rule: RuleRef) -> String {
    let table = rules.table(rule.table);
    let schema = &rules.schema(table.schema).id;
    let system = table.system.as_deref().map(|system| format!(":{system}")).unwrap_or_default();
    let local = if table.local { "local/" } else { "" };
    format!("{local}{schema}:{}:{}{system}:{}", table.edition.0, table.basis.name(), rule.row + 1)
}

/// Why a derivation came out as it did: its rule or the cause that there is none, and what was assumed.
pub fn reason(rules: &Rules, derived: &Derived) -> String {
    let mut text = match (derived.outcome.cause(), derived.rule) {
        (Some(cause), _) => cause.id().to_owned(),
        (None, Some(rule)) => rule_word(rules, rule),
        // Several rows agree on the group.
        (None, None) => "rows_agree".to_owned(),
    };
    let assumed = derived.assumed;
    for (holds, word) in [
        (assumed.m0, "+m0_assumed"),
        (assumed.m1, "+m1_from_sites"),
        (assumed.n0 || assumed.n0_in_situ, "+n0_assumed"),
        (assumed.m_borrowed, "+m_borrowed"),
        (assumed.discriminator, "+discriminator_assumed"),
        (assumed.recorded_group, "+recorded_group"),
    ] {
        if holds {
            text.push_str(word);
        }
    }
    text
}

/// Everything that is said of one record.
pub(super) struct Said<'a> {
    pub(super) case: &'a Case,
    pub(super) staged: &'a Staged,
    pub(super) audited: &'a Audited,
    pub(super) findings: &'a [Finding],
    pub(super) besides: &'a Besides,
    /// What it is under each further edition of the run.
    pub(super) under: &'a [UnderEdition],
}

/// The added cells of one record, in buffers that are used again.
#[derive(Default)]
pub(super) struct Enriched {
    cells: RowCells,
    scratch: String,
    beside: BesideCells,
}

impl Enriched {
    /// Fills the cells in the order of the columns of the run, those of [`COLUMNS`] first.
    pub(super) fn fill(&mut self, rules: &Rules, audit: &AuditRules, said: &Said<'_>) {
        let &Said { case, staged, audited, findings, besides, under } = said;
        let schema = staged.schema.map(|id| rules.schema(id));
        let original = &staged.original;
        let bounds = original.outcome.bounds();
        let reason = reason(rules, original);
        let edition = staged.edition.map(|edition| edition.0.to_string()).unwrap_or_default();
        let restaging = &audited.restaging;
        let restaged = restaging.group.map(|group| format!("{}{}", restaging.classification, group.label()));
        let restaged = restaged.unwrap_or_default();
        let r_date = case
            .r_date
            .value()
            .or(case.recurrence_date.value())
            .filter(|_| audited.restaging.group.is_some())
            .map(|date| date.to_string())
            .unwrap_or_default();
        let oligo = &audited.oligometastasis;
        let also = oligo.also.to_string();
        let state = oligo.estro.to_string();
        let organs = OrganNames(oligo.organs).to_string();
        let lesions = oligo.lesions.map(|lesions| lesions.to_string()).unwrap_or_default();
        self.scratch.clear();
        for finding in findings {
            let separator = if self.scratch.is_empty() { "" } else { ";" };
            let _ = write!(self.scratch, "{separator}{}", finding.rule);
        }
        let texts: [&str; COLUMNS.len() - BESIDE_COLUMNS] = [
            schema.map_or("", |schema| schema.id.as_str()),
            schema.map_or("", |schema| {
                schema.system(staged.edition.unwrap_or(crate::category::Edition(8))).name()
            }),
            &edition,
            match staged.edition_source {
                Some(EditionSource::Recorded) => "recorded",
                Some(EditionSource::DxYear) => "dx_year",
                Some(EditionSource::Forced) => "forced",
                None => "",
            },
            basis_word(staged.basis),
            category_word(original.t, "TX"),
            category_word(original.n, "NX"),
            category_word(original.m, "MX"),
            group_of(original.outcome),
            stage_of(original.outcome),
            bounds.map_or("", |(low, _)| low.label()),
            bounds.map_or("", |(_, high)| high.label()),
            &reason,
            of_basis(staged, Basis::Clinical),
            of_basis(staged, Basis::Pathologic),
            match of_basis(staged, Basis::PostTherapy) {
                "" => of_basis(staged, Basis::PostClinical),
                group => group,
            },
            recorded_word(audited.recorded),
            audited.agreement.as_str(),
            audited.agreement_detail.as_str(),
            &restaged,
            &r_date,
            audited.restaging.source.as_str(),
            audited.restaging.change.as_str(),
            audited.origin.as_str(),
            audited.origin_reason.as_str(),
            oligo.level.as_str(),
            oligo.rule.as_str(),
            audit.profile_name(oligo.profile),
            &also,
            oligo.timing.as_str(),
            &state,
            &organs,
            &lesions,
            &self.scratch,
        ];
        self.cells.clear();
        for text in texts {
            self.cells.push(text);
        }
        let beside = self.beside.fill(rules, case, besides);
        for text in beside {
            self.cells.push(text);
        }
        for rule in audited.beside.rules() {
            self.cells.push(rule.level().as_str());
            self.cells.push(rule.as_str());
        }
        for under in under {
            let reason = self::reason(rules, &under.derived);
            let outcome = under.derived.outcome;
            let texts = [
                under.schema.map_or("", |schema| rules.schema(schema).id.as_str()),
                group_of(outcome),
                stage_of(outcome),
                &reason,
                under.migration.as_str(),
            ];
            for text in texts {
                self.cells.push(text);
            }
        }
    }

    /// The cells that were filled last.
    pub(super) fn cells(&self) -> &RowCells {
        &self.cells
    }
}

fn of_basis(staged: &Staged, basis: Basis) -> &'static str {
    staged.derived(basis).map_or("", |derived| group_of(derived.outcome))
}
