//! What the oligometastasis ladder looks at in one metastatic event, and the climb.

use super::config::{Config, Intrathoracic, OligoConfig, Profile, Setting};
use super::definitions::Says;
use super::oligometastasis::{Event, LadderRule};
use super::organs::{Organ, Sites};
use super::recurrence::{Recurrence, RecurrenceKind};
use super::registry::AuditRules;
use super::subject::Subject;
use crate::category::{Category, Cell, Edition, MetFlag, OrganSet};
use crate::course::Step;
use crate::staging::{Basis, Case};

/// What the ladder looks at.
pub(crate) struct Evidence {
    at_diagnosis: bool,
    sites: Sites,
    says: [Option<Says>; 5],
    recurrence: Option<Recurrence>,
    diffuse: [Cell<bool>; 4],
    lesions: Option<u16>,
    all_treatable: bool,
    organs: u16,
    /// Whether distant nodes can be the only metastatic site.
    node_only: bool,
    contradictory: bool,
    early_years: bool,
    schema_unknown: bool,
}

impl Evidence {
    pub(crate) fn gather(rules: &AuditRules, config: &Config, subject: &Subject, event: Event) -> Self {
        let case = subject.case;
        let at_diagnosis = event == Event::Diagnosis;
        let step = if let Event::Recurrence(step) = event { step } else { None };
        let sites = match (event, step) {
            (Event::Diagnosis, _) => subject.sites,
            (_, Some(step)) => sites_at(step),
            (_, None) => Sites::of(&Case::default()),
        };
        // The items of the record speak of its first metastasis.
        let own_items = step.is_none_or(|step| is_first(subject, step));
        let mut positive = sites.positive();
        let maybe_nodes = matches!(sites.flag(Organ::DistantLn), Cell::Value(MetFlag::Yes) | Cell::Unknown);
        let node_only = maybe_nodes && positive.0 & !Organ::DistantLn.alone().0 == 0;
        if !config.oligometastasis.distant_ln_counts_as_organ {
            positive = OrganSet(positive.0 & !Organ::DistantLn.alone().0);
        }
        let says_of = |category: Option<Category>, edition: Option<Edition>| {
            let schema = subject.schema.as_ref()?;
            let edition = edition.or(schema.edition)?;
            rules.definitions.of_category(schema.id, edition, category?).map(|statement| statement.says)
        };
        let of_basis = |basis: Basis| says_of(case.set(basis).m.cell.value(), None);
        let says = if at_diagnosis {
            [
                of_basis(Basis::Single),
                of_basis(Basis::Clinical),
                of_basis(Basis::Pathologic),
                subject.eod.map(|statement| statement.says),
                None,
            ]
        } else if let Some(step) = step {
            [None, None, None, None, says_of(step.event.tnm.m.cell.value(), step.edition)]
        } else {
            [None, None, None, None, of_basis(Basis::Restaged)]
        };
        Self {
            at_diagnosis,
            sites,
            says,
            recurrence: match step {
                Some(step) => recurrence_at(rules, subject, step),
                None => subject.recurrence,
            },
            diffuse: if own_items { case.diffuse } else { [Cell::Blank; 4] },
            lesions: match step {
                Some(step) => lesions_at(subject, step),
                None => case.lesions.value(),
            },
            all_treatable: own_items && case.all_treatable == Cell::Value(true),
            organs: positive.0.count_ones() as u16,
            node_only,
            contradictory: at_diagnosis && subject.sites_contradict_m(),
            early_years: sites.from_flags
                && case.dx.value().is_some_and(|dx| dx.year < config.oligometastasis.flags_complete_from),
            schema_unknown: subject.schema.is_none(),
        }
    }

    /// The first rule that matches.
    pub(crate) fn climb(&self, profile: Profile, config: &OligoConfig) -> LadderRule {
        self.excluded_diffuse(config)
            .or_else(|| self.excluded_poly(profile))
            // A contradiction ranks before any positive evidence: either side of it may be the error.
            .or_else(|| {
                (self.contradictory || self.more_organs_than_told()).then_some(LadderRule::Contradictory)
            })
            .or_else(|| self.schema_unknown.then_some(LadderRule::SchemaUnknown))
            .or_else(|| self.confirmed(profile))
            .or_else(|| self.probable(profile))
            .or_else(|| self.possible())
            .or_else(|| self.possible_weak(profile))
            .unwrap_or(LadderRule::NothingTold)
    }

    fn excluded_diffuse(&self, config: &OligoConfig) -> Option<LadderRule> {
        let excludes = |setting| config.excludes(setting);
        if self.sites.flag(Organ::Other) == Cell::Value(MetFlag::Generalised)
            && excludes(Setting::Carcinomatosis)
        {
            return Some(LadderRule::Generalised);
        }
        if self.any(|says| matches!(says, Says::Diffuse(setting) if excludes(setting))) {
            return Some(LadderRule::DiffuseCode);
        }
        if config.lung_m1a == Intrathoracic::Excluded && self.any(|says| says == Says::Intrathoracic) {
            return Some(LadderRule::IntrathoracicCode);
        }
        if self.recurrence.and_then(|recurrence| recurrence.setting).is_some_and(excludes) {
            return Some(LadderRule::DiffuseRecurrence);
        }
        let mut recorded = self.diffuse.iter().zip(Setting::RECORDED);
        recorded
            .any(|(&cell, setting)| cell == Cell::Value(true) && excludes(setting))
            .then_some(LadderRule::DiffuseField)
    }

    fn excluded_poly(&self, profile: Profile) -> Option<LadderRule> {
        let one_station = profile.one_node_station && self.node_only;
        if !one_station && self.lesions.is_some_and(|lesions| lesions > profile.max_lesions) {
            return Some(LadderRule::TooManyLesions);
        }
        if self.organs > profile.max_organs {
            return Some(LadderRule::TooManyOrgans);
        }
        if self.any(|says| matches!(says, Says::MoreThan(lesions) if lesions >= profile.max_lesions)) {
            return Some(LadderRule::CodedTooManyLesions);
        }
        (profile.max_organs <= 1 && self.any(|says| says == Says::SeveralOrgans))
            .then_some(LadderRule::CodedTooManyOrgans)
    }

    fn confirmed(&self, profile: Profile) -> Option<LadderRule> {
        let lesions = self.lesions.filter(|&lesions| (1..=profile.max_lesions).contains(&lesions))?;
        let organs_open = self.sites.flag(Organ::Other) == Cell::Value(MetFlag::Yes)
            || self.sites.positive().0.count_ones() as usize + self.sites.denied() < 6;
        // Every lesion lies in one organ, so that their number bounds the organs where the flags do not.
        let most_organs = if organs_open { lesions } else { lesions.min(self.organs) };
        let treatable = self.all_treatable || !profile.needs_all_treatable;
        (most_organs <= profile.max_organs && treatable && !self.diffuse_unknown())
            .then_some(LadderRule::LesionsCounted)
    }

    fn probable(&self, profile: Profile) -> Option<LadderRule> {
        if self.diffuse_unknown() {
            return None;
        }
        let chest_denied = !self.at_diagnosis || self.sites.flag(Organ::Lung) == Cell::Value(MetFlag::No);
        if chest_denied && self.any(|says| says == Says::SingleLesion) {
            return Some(LadderRule::CodedSingleLesion);
        }
        self.any(|says| matches!(says, Says::AtMost(lesions) if lesions <= profile.max_lesions))
            .then_some(LadderRule::CodedFewLesions)
    }

    fn possible(&self) -> Option<LadderRule> {
        let one_positive = self.sites.positive().0.is_power_of_two();
        if one_positive && self.sites.denied() == 5 && !self.early_years {
            return Some(LadderRule::OneOrgan);
        }
        // A single lesion lies in one organ, even where the chest is not known to be free.
        if self.any(|says| matches!(says, Says::OneOrgan | Says::SingleLesion)) {
            return Some(LadderRule::CodedOneOrgan);
        }
        self.recurrence.and_then(|recurrence| recurrence.organ).map(|_| LadderRule::SingleSiteRecurrence)
    }

    fn possible_weak(&self, profile: Profile) -> Option<LadderRule> {
        let positive = self.sites.positive().0.count_ones();
        if positive == 1 && self.sites.denied() == 5 {
            return Some(LadderRule::OneOrganEarlyYears);
        }
        if positive == 1 {
            return Some(LadderRule::OneOrganWithGaps);
        }
        if positive > 1 && self.organs <= profile.max_organs {
            // Fewer gaps than in the rule above: it would be odd to grade this record lower.
            let gaps = self.sites.any_unknown();
            return Some(if gaps { LadderRule::FewOrgansWithGaps } else { LadderRule::FewOrgans });
        }
        self.any(|says| matches!(says, Says::SeveralOrgans | Says::OrganAndNodes))
            .then_some(LadderRule::CodedSeveralOrgans)
    }

    /// Whether more organs are positive than the counted lesions or a code leave room for.
    fn more_organs_than_told(&self) -> bool {
        let positive = self.sites.positive().0.count_ones() as u16;
        let too_few = |most: u16| positive > most;
        self.lesions.is_some_and(too_few)
            || self.any(|says| match says {
                Says::SingleLesion | Says::OneOrgan => too_few(1),
                Says::AtMost(lesions) => too_few(lesions),
                _ => false,
            })
    }

    fn any(&self, test: impl Fn(Says) -> bool) -> bool {
        self.says.iter().flatten().any(|&says| test(says))
    }

    /// Whether a diffuse setting is recorded as unknown. For the other sites that is the code for
    /// carcinomatosis with no organ named, so that it must not pass for a no.
    fn diffuse_unknown(&self) -> bool {
        self.diffuse.contains(&Cell::Unknown) || self.sites.flag(Organ::Other) == Cell::Unknown
    }
}

pub(crate) fn sites_at(step: &Step) -> Sites {
    let mut case = Case { met_sites: step.event.sites, ..Case::default() };
    // Whether nodes in the list are regional depends on the N beside them.
    case.sets[Basis::Single as usize].n = step.event.tnm.n;
    Sites::of(&case)
}

pub(crate) fn recurrence_at(rules: &AuditRules, subject: &Subject, step: &Step) -> Option<Recurrence> {
    let own = rules.recurrence.of(step.event.recurrence_type);
    let distant = |recurrence: &Recurrence| recurrence.kind == RecurrenceKind::Distant;
    own.or(subject.recurrence.filter(|recurrence| is_first(subject, step) && distant(recurrence)))
}

pub(crate) fn lesions_at(subject: &Subject, step: &Step) -> Option<u16> {
    step.event.lesions.value().or(subject.case.lesions.value().filter(|_| is_first(subject, step)))
}

/// Whether an event is the first metastasis of its record, which the record's own items speak of.
pub(crate) fn is_first(subject: &Subject, step: &Step) -> bool {
    !subject.metastasis_at_diagnosis()
        && subject.first_metastasis().is_some_and(|first| first.moment == step.moment)
}
