//! A small builder for the tests of this room: a case, its derivation and its schema in a few words.

use proptest::prelude::*;

use super::registry::AuditRules;
use super::steps::judge;
use super::subject::{SchemaFacts, Subject};
use super::{Audited, Config, Finding, Judged, Organ, audit_subject};
use crate::category::{
    Axis, Behavior, Category, Cell, Edition, Examination, MetFlag, PartialDate, Recorded, Stage, StageGroup,
};
use crate::course::{Course, Event};
use crate::knowledge::System;
use crate::staging::{Basis, Case, Cause, Derived, Outcome, Staged};

pub(crate) fn date(year: u16, month: u8, day: u8) -> Cell<PartialDate> {
    Cell::Value(PartialDate { year, month, day })
}

pub(crate) fn partial_date() -> impl Strategy<Value = PartialDate> {
    (2018_u16..=2022, 0_u8..=12, 0_u8..=28).prop_map(|(year, month, day)| PartialDate {
        year,
        month,
        day: if month == 0 { 0 } else { day },
    })
}

pub(crate) fn group(label: &str) -> StageGroup {
    StageGroup::from_label(label).unwrap_or_else(|| panic!("no group {label}"))
}

pub(crate) fn open(low: &str, high: &str) -> Outcome {
    let (low, high) = (group(low), group(high));
    let stage = (low.stage() == high.stage()).then_some(low.stage());
    Outcome::Open { low, high, stage, cause: Cause::NUnknown }
}

/// Reads `cT1a`, `rM1`, `ypN0`: prefix and canonical label.
pub(crate) fn category(text: &str) -> Recorded<Category> {
    let start = text.find(['T', 'N', 'M']).unwrap();
    let (prefix, label) = text.split_at(start);
    let axis = match &label[..1] {
        "T" => Axis::T,
        "N" => Axis::N,
        _ => Axis::M,
    };
    let mut recorded = Recorded {
        cell: Category::from_label(axis, label).map_or_else(|| panic!("no category {label}"), Cell::Value),
        ..Recorded::default()
    };
    recorded.prefix.r = prefix.contains('r');
    recorded.prefix.y = prefix.contains('y');
    recorded.prefix.a = prefix.contains('a');
    recorded.prefix.examination = match prefix {
        prefix if prefix.ends_with('c') => Some(Examination::Clinical),
        prefix if prefix.ends_with('p') => Some(Examination::Pathologic),
        _ => None,
    };
    recorded
}

/// A record under construction: a solid malignant tumor of 2020-01-15 in edition 8.
#[derive(Clone)]
pub(crate) struct Draft {
    pub case: Case,
    pub staged: Staged,
    pub schema: Option<SchemaFacts<'static>>,
    pub config: Config,
}

impl Draft {
    pub(crate) fn new() -> Self {
        let schema = SchemaFacts {
            id: "any",
            system: System::Tnm,
            solid: true,
            edition: Some(Edition(8)),
            m1_stage: Some(Stage::IV),
            iv_with_m0: true,
            highest: Some(group("IVB")),
            dx_edition: Some(Edition(8)),
            event_edition: Some(Edition(8)),
            foreign: None,
        };
        let original = Derived::without_table(Outcome::Unknown(Cause::TnmMissing));
        Self {
            case: Case { dx: date(2020, 1, 15), behavior: Cell::Value(Behavior(3)), ..Case::default() },
            staged: Staged {
                schema: None,
                edition: Some(Edition(8)),
                edition_source: None,
                by_basis: [None; 6],
                original,
                basis: None,
            },
            schema: Some(schema),
            config: Config::default(),
        }
    }

    /// Changes the case.
    pub(crate) fn case(mut self, change: impl FnOnce(&mut Case)) -> Self {
        change(&mut self.case);
        self
    }

    /// Changes what the tables say.
    pub(crate) fn schema(mut self, change: impl FnOnce(&mut SchemaFacts<'static>)) -> Self {
        change(self.schema.as_mut().unwrap());
        self
    }

    /// Changes the configuration.
    pub(crate) fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// A schema by id and edition.
    pub(crate) fn of(self, id: &'static str, edition: u8) -> Self {
        self.schema(|schema| {
            schema.id = id;
            schema.edition = Some(Edition(edition));
        })
    }

    /// Records a category under a classification.
    pub(crate) fn with(mut self, basis: Basis, text: &str) -> Self {
        let recorded = category(text);
        let set = &mut self.case.sets[basis as usize];
        match recorded.cell.value().unwrap().axis() {
            Axis::T => set.t = recorded,
            Axis::N => set.n = recorded,
            Axis::M => set.m = recorded,
        }
        self
    }

    /// Records M without a word on its classification.
    pub(crate) fn m(self, label: &str) -> Self {
        self.with(Basis::Single, label)
    }

    /// Records a group.
    pub(crate) fn recorded(mut self, basis: Basis, label: &str) -> Self {
        self.case.sets[basis as usize].group.cell = Cell::Value(group(label));
        self
    }

    /// Says what was derived of a classification.
    pub(crate) fn derived(mut self, basis: Basis, outcome: Outcome) -> Self {
        self.staged.by_basis[basis as usize] = Some(Derived::without_table(outcome));
        if basis != Basis::Restaged && self.staged.basis.is_none() {
            self.staged.original = Derived::without_table(outcome);
            self.staged.basis = Some(basis);
        }
        self
    }

    /// The same with one group.
    pub(crate) fn derives(self, basis: Basis, label: &str) -> Self {
        self.derived(basis, Outcome::Group(group(label)))
    }

    /// The six flags by character: 0 1 2 9 and `-` for blank, in the order of the items.
    pub(crate) fn flags(mut self, text: &str) -> Self {
        for (flag, code) in self.case.mets.iter_mut().zip(text.chars()) {
            *flag = match code {
                '0' => Cell::Value(MetFlag::No),
                '1' => Cell::Value(MetFlag::Yes),
                '2' => Cell::Value(MetFlag::Generalised),
                '9' => Cell::Unknown,
                _ => Cell::Blank,
            };
        }
        self
    }

    /// The type of first recurrence.
    pub(crate) fn recurrence(self, code: u16) -> Self {
        self.case(|case| case.recurrence_type = Cell::Value(code))
    }

    /// The whole audit.
    pub(crate) fn audit(&self) -> (Audited, Vec<Finding>) {
        let rules = AuditRules::configured(&self.config).unwrap();
        let mut findings = Vec::new();
        let subject = Subject::with_schema(&rules, &self.config, &self.case, &self.staged, self.schema);
        let audited = audit_subject(&rules, &self.config, &subject, &mut findings);
        (audited, findings)
    }

    /// The whole audit with events beside the record.
    pub(crate) fn audit_events(&self, events: &[Event]) -> (Audited, Vec<Finding>, Vec<Judged>) {
        let rules = AuditRules::configured(&self.config).unwrap();
        let course =
            Course::of(&self.case, self.config.original_window, self.config.original_window_days, events);
        let subject = Subject::with_schema(&rules, &self.config, &course.case, &self.staged, self.schema);
        let subject = subject.with_steps(&course.steps);
        let mut findings = Vec::new();
        let audited = audit_subject(&rules, &self.config, &subject, &mut findings);
        let judged = judge(&rules, &self.config, &subject);
        (audited, findings, judged)
    }

    /// The ids of the findings and their severities, `D01 error`.
    pub(crate) fn findings(&self) -> Vec<String> {
        let (_, findings) = self.audit();
        findings.iter().map(|finding| format!("{} {}", finding.rule, finding.severity.as_str())).collect()
    }

    /// Whether a rule speaks, and how loud.
    pub(crate) fn severity(&self, rule: &str) -> Option<&'static str> {
        let (_, findings) = self.audit();
        findings.iter().find(|finding| finding.rule == rule).map(|finding| finding.severity.as_str())
    }

    /// Level, rule id and profile of the oligometastasis ladder.
    pub(crate) fn ladder(&self) -> String {
        let rules = AuditRules::configured(&self.config).unwrap();
        let oligo = self.audit().0.oligometastasis;
        format!("{} {} {}", oligo.level.as_str(), oligo.rule.as_str(), rules.profile_name(oligo.profile))
    }
}

/// Takes the certainty of one positive flag away.
pub(crate) fn without_certainty(draft: &Draft, organ: Organ) -> Draft {
    let mut weaker = draft.clone();
    weaker.case.mets[organ as usize] = Cell::Unknown;
    weaker
}
