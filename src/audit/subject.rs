//! One record as the rules of the audit see it: what was recorded for the diagnosis, what the tables
//! of its schema allow, and what came later.

use super::config::Config;
use super::definitions::Statement;
use super::organs::Sites;
use super::recurrence::Recurrence;
use super::registry::AuditRules;
use crate::category::{Category, Cell, Edition, Recorded, Stage, StageGroup};
use crate::course::{Days, Role, Step, window_end};
use crate::fields::Field;
use crate::knowledge::{Rules, Schema, System};
use crate::staging::{Basis, Case, Staged, Tnm};

/// The classifications that can hold the stage at diagnosis before any treatment.
pub(crate) const ORIGINAL: [Basis; 3] = [Basis::Single, Basis::Clinical, Basis::Pathologic];

/// A record and what several rules ask of it.
pub(crate) struct Subject<'a> {
    pub case: &'a Case,
    pub staged: &'a Staged,
    /// What the tables say of its schema; `None` where no schema was found.
    pub schema: Option<SchemaFacts<'a>>,
    /// M of the original stage.
    pub distant: Distant,
    /// Metastatic sites at diagnosis.
    pub sites: Sites,
    /// What the EOD Mets code states of number and organs.
    pub eod: Option<Statement>,
    /// Whether the EOD Mets code shows distant metastasis.
    pub eod_distant: Option<bool>,
    /// Whether a restaging is recorded.
    pub restaged: bool,
    /// Whether the restaging is M1; `None` where its M is not known.
    pub restaged_m: Option<bool>,
    /// What the type of first recurrence says.
    pub recurrence: Option<Recurrence>,
    /// Last day of the original stage.
    pub window_end: Option<Days>,
    /// The events of its course, where there are any.
    pub steps: &'a [Step],
    /// Whether M1 is expected without any of the six organ groups.
    flagless: bool,
}

/// What the tables say of a record's schema in its edition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SchemaFacts<'a> {
    /// Schema id.
    pub id: &'a str,
    /// Staging system.
    pub system: System,
    /// Whether it is staged as a solid tumor.
    pub solid: bool,
    /// Edition applied.
    pub edition: Option<Edition>,
    /// Lowest stage that M1 gives.
    pub m1_stage: Option<Stage>,
    /// Whether some row gives stage IV without M1.
    pub iv_with_m0: bool,
    /// Highest group.
    pub highest: Option<StageGroup>,
    /// Edition in force in the year of diagnosis.
    pub dx_edition: Option<Edition>,
    /// Edition in force in the year of the restaging.
    pub event_edition: Option<Edition>,
    /// The first classification with a category that the edition does not have.
    pub foreign: Option<Basis>,
}

/// M of the original stage, over its classifications.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Distant {
    /// M1 under this classification.
    M1(Basis),
    /// M0 under this classification, and M1 under none.
    M0(Basis),
    /// Neither.
    Unknown,
}

impl<'a> Subject<'a> {
    /// Looks a record over.
    pub(crate) fn new(
        rules: &'a Rules,
        audit: &AuditRules,
        config: &Config,
        case: &'a Case,
        staged: &'a Staged,
    ) -> Self {
        Self::with_schema(audit, config, case, staged, SchemaFacts::of(rules, case, staged))
    }

    /// Looks a record over whose schema is known already.
    pub(crate) fn with_schema(
        audit: &AuditRules,
        config: &Config,
        case: &'a Case,
        staged: &'a Staged,
        schema: Option<SchemaFacts<'a>>,
    ) -> Self {
        let distant = Distant::of(case);
        let schema_id = schema.map(|schema| schema.id);
        let definitions = &audit.definitions;
        let eod =
            schema.and_then(|schema| definitions.of_eod(schema.id, schema.edition?, case.eod_mets.value()?));
        let flagless = ORIGINAL
            .iter()
            .filter_map(|&basis| case.set(basis).m.cell.value())
            .any(|category| schema_id.is_some_and(|schema| definitions.flagless(schema, category)));
        let restaging = case.set(Basis::Restaged);
        Self {
            case,
            staged,
            schema,
            distant,
            sites: Sites::of(case),
            eod,
            eod_distant: definitions.eod_shows_metastasis(schema_id, case.eod_mets),
            restaged: holds_value(restaging) || case.r_date.value().is_some(),
            restaged_m: restaging.m.cell.value().and_then(is_m1),
            recurrence: audit.recurrence.of(case.recurrence_type),
            window_end: window_end(case, config.original_window, config.original_window_days, None).calendar,
            steps: &[],
            flagless,
        }
    }

    /// The same with the events of its course.
    pub(crate) fn with_steps(self, steps: &'a [Step]) -> Self {
        Self { steps, ..self }
    }

    /// The events of the course that restage it.
    pub(crate) fn restagings(&self) -> impl Iterator<Item = &'a Step> {
        self.steps.iter().filter(|step| step.role == Role::Restaging)
    }

    /// The first event of the course with a metastasis that came after the diagnosis.
    pub(crate) fn first_metastasis(&self) -> Option<&'a Step> {
        self.steps.iter().find(|step| step.is_later_metastasis())
    }

    /// Whether anything at all shows metastasis at diagnosis.
    pub(crate) fn metastasis_at_diagnosis(&self) -> bool {
        matches!(self.distant, Distant::M1(_))
            || self.sites.positive().0 != 0
            || self.eod_distant == Some(true)
            || self.case.met_present == Cell::Value(true)
    }

    /// Whether M and the other accounts of metastasis at diagnosis exclude each other.
    pub(crate) fn sites_contradict_m(&self) -> bool {
        let says_yes = self.sites.positive().0 != 0
            || self.eod_distant == Some(true)
            || self.case.met_present == Cell::Value(true);
        match self.distant {
            Distant::M0(_) => says_yes,
            Distant::M1(_) => {
                (self.sites.denied() == 6 && !self.flagless) || self.case.met_present == Cell::Value(false)
            }
            // EOD 00 is also the code for unknown, so that it contradicts a flag but not M1.
            Distant::Unknown => self.sites.positive().0 != 0 && self.case.eod_mets == Cell::Value(0),
        }
    }

    /// Whether the M that belongs to a classification is M1 (true) or M0 (false): its own, or else that
    /// of the original stage as a whole.
    pub(crate) fn m1_beside(&self, basis: Basis) -> Option<bool> {
        self.case.set(basis).m.cell.value().and_then(is_m1).or(match self.distant {
            Distant::M1(_) => Some(true),
            Distant::M0(_) => Some(false),
            Distant::Unknown => None,
        })
    }

    /// Whether the record is known from an autopsy (6) or a death certificate (7) only.
    pub(crate) fn not_clinical(&self) -> bool {
        matches!(self.case.reporting_source, Cell::Value(6 | 7))
    }

    /// The date of the restaging, or else of the first recurrence.
    pub(crate) fn event_days(&self) -> Option<Days> {
        Days::of(self.case.r_date).or_else(|| Days::of(self.case.recurrence_date))
    }

    /// Whether restaging or recurrence surely lies after the window of the original stage.
    pub(crate) fn event_after_window(&self) -> bool {
        matches!((self.event_days(), self.window_end), (Some(event), Some(end)) if event.surely_after(end))
            || self.restagings().any(|step| step.after_window)
    }

    /// The recorded group that belongs to the derived original, and the classification it is filed
    /// under: the same one, or the table's only set where either side has just that.
    pub(crate) fn recorded(&self) -> (Basis, Recorded<StageGroup>) {
        let candidates: &[Basis] = match self.staged.basis {
            Some(Basis::Clinical) => &[Basis::Clinical, Basis::Single],
            Some(Basis::Pathologic) => &[Basis::Pathologic, Basis::Single],
            _ => &[Basis::Single, Basis::Pathologic, Basis::Clinical],
        };
        let group = |basis: &Basis| (*basis, self.case.set(*basis).group);
        // A group after therapy, at recurrence or at autopsy is not the recorded stage at diagnosis (R02, R03).
        let at_diagnosis = |(_, group): &(Basis, Recorded<StageGroup>)| {
            !(group.prefix.y || group.prefix.r || group.prefix.a)
        };
        let groups = || candidates.iter().map(group).filter(at_diagnosis);
        groups()
            .find(|(_, group)| group.cell.value().is_some())
            .or_else(|| groups().find(|(_, group)| !group.cell.is_blank()))
            .unwrap_or((self.staged.basis.unwrap_or(Basis::Single), Recorded::default()))
    }

    /// Whether a stage at diagnosis is recorded under any classification, or as an Ann Arbor stage.
    pub(crate) fn has_group_at_diagnosis(&self) -> bool {
        let ann_arbor = self.case.factor(Field::AnnArbor).value().is_some();
        ann_arbor || ORIGINAL.iter().any(|basis| self.case.set(*basis).group.cell.value().is_some())
    }
}

impl<'a> SchemaFacts<'a> {
    /// What the tables say; `None` where no schema was found.
    fn of(rules: &'a Rules, case: &Case, staged: &Staged) -> Option<Self> {
        let id = staged.schema?;
        let schema = rules.schema(id);
        let edition = staged.edition;
        let in_force =
            |date: Cell<crate::category::PartialDate>| rules.edition_of_year(id, date.value()?.year);
        let foreign = edition.filter(|_| schema.is_solid()).and_then(|edition| {
            ORIGINAL.into_iter().find(|&basis| {
                let set = case.set(basis);
                [set.t, set.n, set.m]
                    .iter()
                    .filter_map(|recorded| recorded.cell.value())
                    .any(|category| belongs_to_another_edition(schema, edition, category))
            })
        });
        Some(Self {
            id: &schema.id,
            // The system is that of the newest manual where no edition is known.
            system: schema.system(edition.unwrap_or(Edition(8))),
            solid: schema.is_solid(),
            edition,
            m1_stage: edition.and_then(|edition| schema.m1_stage(edition)),
            // Without tables nothing can be held against a stage IV.
            iv_with_m0: edition
                .is_none_or(|edition| schema.highest(edition).is_none() || schema.has_iv_with_m0(edition)),
            highest: edition.and_then(|edition| schema.highest(edition)),
            dx_edition: in_force(case.dx),
            event_edition: in_force(case.r_date),
            foreign,
        })
    }

    /// Whether no stage IV exists here at all.
    pub(crate) fn ends_below_iv(&self) -> bool {
        self.highest.is_some_and(|highest| highest.stage() < Stage::IV)
    }
}

impl Distant {
    /// An M marked as found after therapy, at recurrence or at autopsy is not that of the diagnosis.
    pub(crate) fn of(case: &Case) -> Self {
        let at_diagnosis = |basis: Basis| {
            let m = case.set(basis).m;
            let later = m.prefix.y || m.prefix.r || m.prefix.a;
            m.cell.value().filter(|_| !later).and_then(is_m1)
        };
        let with = |wanted: bool| ORIGINAL.into_iter().find(|&basis| at_diagnosis(basis) == Some(wanted));
        with(true).map(Self::M1).or_else(|| with(false).map(Self::M0)).unwrap_or(Self::Unknown)
    }
}

/// Whether a category exists in another edition of the chapter and not in this one. A category that
/// only leaves a letter out (T1 where the edition has T1a and T1b) is at home here, and so is T0: every
/// edition has it, and a table that does not print it only has no group for it.
fn belongs_to_another_edition(schema: &Schema, edition: Edition, category: Category) -> bool {
    // How many tumors there are may be added to any T: T1a(m), T1a(s).
    let category = match category.parent() {
        Some(parent) if category.label().ends_with("(m)") || category.label().ends_with("(s)") => parent,
        _ => category,
    };
    let is_parent_of = |finer: Category| finer.is_within(category) && schema.category_known(edition, finer);
    !category.is_x()
        && category.label() != "T0"
        && schema.editions().any(|own| own == edition)
        && !schema.category_known(edition, category)
        && schema.editions().any(|other| other != edition && schema.category_printed(other, category))
        && !Category::all(category.axis()).any(is_parent_of)
}

/// Whether an M category is M1 of some kind (true) or M0 of some kind (false).
pub(crate) fn is_m1(category: Category) -> Option<bool> {
    match category.label().as_bytes() {
        [b'M', b'1', ..] => Some(true),
        [b'M', b'0', ..] => Some(false),
        _ => None,
    }
}

/// Whether T, N, M or group of a set holds a value.
pub(crate) fn holds_value(set: &Tnm) -> bool {
    set.group.cell.value().is_some() || holds_category(set)
}

/// Whether T, N or M of a set holds a value.
pub(crate) fn holds_category(set: &Tnm) -> bool {
    [set.t, set.n, set.m].iter().any(|recorded| recorded.cell.value().is_some())
}

/// The fields of a classification, for findings.
#[derive(Clone, Copy)]
pub(crate) struct SetFields(&'static [Field; 4]);

impl SetFields {
    /// T, N, M and group of a classification.
    pub(crate) fn of(basis: Basis) -> Self {
        Self(match basis {
            Basis::Single => &[Field::T, Field::N, Field::M, Field::StageGroup],
            Basis::Clinical => &[Field::ClinT, Field::ClinN, Field::ClinM, Field::ClinGroup],
            Basis::Pathologic => &[Field::PathT, Field::PathN, Field::PathM, Field::PathGroup],
            Basis::PostClinical => {
                &[Field::PostClinT, Field::PostClinN, Field::PostClinM, Field::PostClinGroup]
            }
            Basis::PostTherapy => &[Field::PostT, Field::PostN, Field::PostM, Field::PostGroup],
            Basis::Restaged => &[Field::RT, Field::RN, Field::RM, Field::RGroup],
        })
    }

    /// The categories of one classification and the group of another, as far as the table's only
    /// set stands in for either.
    pub(crate) fn across(group: Basis, categories: Basis) -> &'static [Field] {
        match (group, categories) {
            (Basis::Single, Basis::Clinical) => {
                &[Field::ClinT, Field::ClinN, Field::ClinM, Field::StageGroup]
            }
            (Basis::Single, Basis::Pathologic) => {
                &[Field::PathT, Field::PathN, Field::PathM, Field::StageGroup]
            }
            (Basis::Clinical, Basis::Single) => &[Field::T, Field::N, Field::M, Field::ClinGroup],
            (Basis::Pathologic, Basis::Single) => &[Field::T, Field::N, Field::M, Field::PathGroup],
            _ => Self::of(group).all(),
        }
    }

    /// T, N, M, group.
    pub(crate) fn all(self) -> &'static [Field] {
        self.0
    }

    /// T, N, M.
    pub(crate) fn categories(self) -> &'static [Field] {
        &self.0[..3]
    }

    /// M.
    pub(crate) fn m(self) -> &'static [Field] {
        &self.0[2..3]
    }

    /// M and group.
    pub(crate) fn m_and_group(self) -> &'static [Field] {
        &self.0[2..]
    }

    /// Group.
    pub(crate) fn group(self) -> &'static [Field] {
        &self.0[3..]
    }

    /// One of the four, by position.
    pub(crate) fn one(self, at: usize) -> &'static [Field] {
        self.0.get(at..=at).unwrap_or(self.0)
    }
}
