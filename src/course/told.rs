//! A record completed by its events, and the events staged.

use super::event::{Event, Recurred};
use super::moment::Moment;
use super::roles::{Course, Role, RoleReason, Step, order};
use crate::category::{Cell, Examination, Prefix};
use crate::staging::{Basis, Case, Staged, Stager, Tnm};

impl Course {
    /// Puts into the case what the events tell and the record does not.
    pub(super) fn tell(&mut self) {
        self.original();
        self.post_therapy();
        self.restaging();
        self.recurrence();
    }

    /// The last event of each classification within the window is the stage at diagnosis of a record
    /// that has none.
    fn original(&mut self) {
        let own = [Basis::Single, Basis::Clinical, Basis::Pathologic]
            .iter()
            .any(|&basis| is_filled(self.case.set(basis)));
        let mut last: [Option<usize>; 6] = [None; 6];
        for (at, step) in self.steps.iter_mut().enumerate() {
            if step.role != Role::WithinWindow {
                continue;
            }
            if own || !step.event.is_staged() {
                step.reason = if own { RoleReason::RecordStaged } else { RoleReason::NotStaged };
                continue;
            }
            last[basis(step.event.classification) as usize] = Some(at);
        }
        for at in last.into_iter().flatten() {
            let Some(step) = self.steps.get_mut(at) else { continue };
            (step.role, step.reason) = (Role::Original, RoleReason::LastInWindow);
            let (case, event) = (&mut self.case, &step.event);
            case.sets[basis(event.classification) as usize] = event.tnm;
            case.edition = case.edition.or(event.edition);
            case.met_sites = case.met_sites.or(event.sites);
            case.lesions = case.lesions.or(event.lesions);
            case.estro[2] = case.estro[2].or(event.on_therapy);
            case.estro[3] = case.estro[3].or(event.progressing);
        }
    }

    fn post_therapy(&mut self) {
        let filled = [Basis::PostClinical, Basis::PostTherapy].map(|basis| is_filled(self.case.set(basis)));
        let steps = self.steps.iter().filter(|step| step.role == Role::PostTherapy && step.event.is_staged());
        // In the order of their dates, so that the last one stays.
        for step in steps {
            let basis = basis(step.event.classification);
            if !filled[usize::from(basis == Basis::PostTherapy)] {
                self.case.sets[basis as usize] = step.event.tnm;
            }
        }
    }

    /// The latest of the restagings, the record's own among them.
    fn restaging(&mut self) {
        let case = &mut self.case;
        let own = is_filled(case.set(Basis::Restaged)) || case.r_date.value().is_some();
        let dx = Moment::diagnosis(case.dx);
        let own_at = Moment::of(case.r_date.or(case.recurrence_date), dx);
        // Those without a date count as the earliest here: nothing says that they are the latest.
        let late = |moment: Option<Moment>| (moment.is_some(), order(moment));
        let staged = |step: &&(usize, &Step)| step.1.role == Role::Restaging && step.1.event.is_staged();
        let steps: Vec<(usize, &Step)> = self.steps.iter().enumerate().collect();
        let latest = steps.iter().filter(staged).max_by_key(|(at, step)| (late(step.moment), *at));
        let Some(&(at, step)) = latest.filter(|(_, step)| !own || late(step.moment) >= late(own_at)) else {
            return;
        };
        put_restaging(case, step);
        self.restaging = Some(at);
    }

    /// The first recurrence or progression, where the record tells of none.
    fn recurrence(&mut self) {
        let first = self.steps.iter().find(|step| step.event.recurred != Recurred::No);
        let Some(step) = first.filter(|_| self.case.recurrence_type.value().is_none()) else { return };
        self.case.recurrence_type = step.event.recurrence_type;
        // A date of recurrence supposes a time without disease.
        if step.event.recurred != Recurred::Progressed {
            self.case.recurrence_date = self.case.recurrence_date.or(step.date);
        }
    }

    /// Stages the completed record and each event under the edition of its own.
    pub fn stage(&mut self, stager: &mut Stager) -> Staged {
        let staged = stager.stage(&self.case);
        // An event that stages nothing must not be given the group of the record's other items.
        for step in self.steps.iter_mut().filter(|step| step.event.is_staged()) {
            let mut case = self.case;
            match step.role {
                Role::Restaging | Role::Autopsy => {
                    put_restaging(&mut case, step);
                    case.recurrence_date = Cell::Blank;
                    let restaged = stager.restaged(&case, staged.edition);
                    step.edition = restaged.and_then(|(edition, _)| edition);
                    step.derived = restaged.map(|(_, derived)| derived);
                }
                Role::Original | Role::WithinWindow | Role::PostTherapy | Role::Unknown => {
                    let basis = basis(step.event.classification);
                    case.sets[basis as usize] = step.event.tnm;
                    case.edition = step.event.edition.or(case.edition);
                    let staged = stager.stage(&case);
                    step.derived = staged.derived(basis).copied();
                    step.edition = step.derived.and(staged.edition);
                }
            }
        }
        staged
    }
}

/// The set of a case that a classification is recorded under, for everything that is no restaging.
fn basis(classification: Prefix) -> Basis {
    match (classification.y, classification.examination) {
        (true, Some(Examination::Clinical)) => Basis::PostClinical,
        (true, _) => Basis::PostTherapy,
        (false, Some(Examination::Clinical)) => Basis::Clinical,
        (false, Some(Examination::Pathologic)) => Basis::Pathologic,
        (false, None) => Basis::Single,
    }
}

fn put_restaging(case: &mut Case, step: &Step) {
    let Event { mut tnm, classification, edition, .. } = step.event;
    // The examination decides on the table; a category that names its own keeps it.
    for prefix in [&mut tnm.t.prefix, &mut tnm.n.prefix, &mut tnm.group.prefix] {
        prefix.examination = prefix.examination.or(classification.examination);
    }
    case.sets[Basis::Restaged as usize] = tnm;
    case.r_date = step.date;
    case.r_edition = edition;
}

fn is_filled(set: &Tnm) -> bool {
    let Tnm { t, n, m, group } = set;
    [t, n, m].iter().any(|category| category.cell.value().is_some()) || group.cell.value().is_some()
}
