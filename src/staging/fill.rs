//! Typed cells put in their places of a [`Case`].

use super::case::{Basis, Case, FACTORS, Tnm};
use crate::category::{Cell, Parsed, PartialDate, Recorded};
use crate::fields::Field;

/// The classification and place that a category or group field belongs to.
fn place(field: Field) -> Option<(Basis, Place)> {
    use Field as F;
    use Place::{Group, M, N, T};
    Some(match field {
        F::T => (Basis::Single, T),
        F::N => (Basis::Single, N),
        F::M => (Basis::Single, M),
        F::StageGroup => (Basis::Single, Group),
        F::ClinT => (Basis::Clinical, T),
        F::ClinN => (Basis::Clinical, N),
        F::ClinM => (Basis::Clinical, M),
        F::ClinGroup => (Basis::Clinical, Group),
        F::PathT => (Basis::Pathologic, T),
        F::PathN => (Basis::Pathologic, N),
        F::PathM => (Basis::Pathologic, M),
        F::PathGroup => (Basis::Pathologic, Group),
        F::PostClinT => (Basis::PostClinical, T),
        F::PostClinN => (Basis::PostClinical, N),
        F::PostClinM => (Basis::PostClinical, M),
        F::PostClinGroup => (Basis::PostClinical, Group),
        F::PostT => (Basis::PostTherapy, T),
        F::PostN => (Basis::PostTherapy, N),
        F::PostM => (Basis::PostTherapy, M),
        F::PostGroup => (Basis::PostTherapy, Group),
        F::RT => (Basis::Restaged, T),
        F::RN => (Basis::Restaged, N),
        F::RM => (Basis::Restaged, M),
        F::RGroup => (Basis::Restaged, Group),
        _ => return None,
    })
}

#[derive(Clone, Copy)]
enum Place {
    T,
    N,
    M,
    Group,
}

/// The fields of one classification: T, N, M, stage group.
pub fn fields_of(basis: Basis) -> [Field; 4] {
    use Field as F;
    match basis {
        Basis::Single => [F::T, F::N, F::M, F::StageGroup],
        Basis::Clinical => [F::ClinT, F::ClinN, F::ClinM, F::ClinGroup],
        Basis::Pathologic => [F::PathT, F::PathN, F::PathM, F::PathGroup],
        Basis::PostClinical => [F::PostClinT, F::PostClinN, F::PostClinM, F::PostClinGroup],
        Basis::PostTherapy => [F::PostT, F::PostN, F::PostM, F::PostGroup],
        Basis::Restaged => [F::RT, F::RN, F::RM, F::RGroup],
    }
}

/// Fills a blank place; a value that is there already stays.
fn fill<V: Copy>(place: &mut Recorded<V>, value: Recorded<V>) {
    if place.cell.is_blank() {
        *place = value;
    }
}

impl Case {
    /// Puts the typed cell of a field in its place.
    pub fn put(&mut self, field: Field, parsed: Parsed) {
        match parsed {
            Parsed::Site(site) => self.site = site,
            Parsed::Morphology(histology, behavior) => {
                self.histology = self.histology.or(histology);
                self.behavior = self.behavior.or(behavior);
            }
            // The behavior column is the word on behavior, whatever the morphology cell says beside it.
            Parsed::Behavior(behavior) => self.behavior = behavior.or(self.behavior),
            Parsed::Sex(sex) => self.sex = sex,
            Parsed::Age(age) => self.age = age,
            Parsed::Edition(edition) if field == Field::REdition => self.r_edition = edition,
            Parsed::Edition(edition) => self.edition = edition,
            Parsed::Category(value) => {
                if let Some((basis, place)) = place(field) {
                    let set = &mut self.sets[basis as usize];
                    match place {
                        Place::T => set.t = value,
                        // A cell of T, N and M together may have filled them before.
                        Place::N | Place::M if value.cell.is_blank() => {}
                        Place::N => set.n = value,
                        Place::M => set.m = value,
                        Place::Group => {}
                    }
                }
            }
            Parsed::Group(group) => {
                if let Some((basis, _)) = place(field) {
                    self.sets[basis as usize].group = group;
                }
            }
            Parsed::Combined { t, n, m } => {
                if let Some((basis, _)) = place(field) {
                    let Tnm { t: own_t, n: own_n, m: own_m, .. } = &mut self.sets[basis as usize];
                    fill(own_t, t);
                    fill(own_n, n);
                    fill(own_m, m);
                }
            }
            Parsed::Factor(value) => {
                if let Some(at) = FACTORS.iter().position(|&factor| factor == field) {
                    self.factors.0[at] = value;
                }
            }
            Parsed::Met(flag) => self.put_flag(field, flag),
            Parsed::Organs(organs) => self.met_sites = organs,
            Parsed::Date(date) => self.put_date(field, date),
            Parsed::Count(count) => self.put_count(field, count),
            Parsed::Flag(flag) => self.put_answer(field, flag),
            Parsed::Classification(_) | Parsed::Days(_) | Parsed::Text => {}
        }
    }

    /// Completes what follows from several cells: the age, from full dates of birth and diagnosis.
    pub fn complete(&mut self) {
        self.age = completed_age(self.age, self.birth, self.dx);
    }

    fn put_flag(&mut self, field: Field, flag: Cell<crate::category::MetFlag>) {
        use Field as F;
        let organs = [F::MetsBone, F::MetsBrain, F::MetsDistantLn, F::MetsLiver, F::MetsLung, F::MetsOther];
        if let Some(at) = organs.iter().position(|&organ| organ == field) {
            self.mets[at] = flag;
        }
    }

    fn put_date(&mut self, field: Field, date: Cell<PartialDate>) {
        match field {
            // The full date says more than the year column beside it.
            Field::DxDate => self.dx = date.or(self.dx),
            Field::DxYear => self.dx = self.dx.or(date),
            Field::BirthDate => self.birth = date,
            Field::RDate => self.r_date = date,
            Field::MetDate => self.met_date = date,
            Field::RecurrenceDate => self.recurrence_date = date,
            Field::LastContact => self.last_contact = date,
            Field::FirstCourseDate => self.first_course_date = date,
            Field::SurgeryDate => self.surgery_date = date,
            _ => {}
        }
    }

    fn put_count(&mut self, field: Field, count: Cell<u16>) {
        match field {
            Field::EodMets => self.eod_mets = count,
            Field::Lesions => self.lesions = count,
            Field::DistantSurgery => self.distant_surgery = count,
            Field::SummaryStage => self.summary_stage = count,
            Field::RecurrenceType => self.recurrence_type = count,
            Field::CancerStatus => self.cancer_status = count,
            Field::ReportingSource => self.reporting_source = count,
            _ => {}
        }
    }

    fn put_answer(&mut self, field: Field, answer: Cell<bool>) {
        match field {
            Field::MetPresent => self.met_present = answer,
            Field::AllTreatable => self.all_treatable = answer,
            Field::Effusion => self.diffuse[0] = answer,
            Field::Peritoneal => self.diffuse[1] = answer,
            Field::Leptomeningeal => self.diffuse[2] = answer,
            Field::Marrow => self.diffuse[3] = answer,
            Field::PriorPolymetastatic => self.estro[0] = answer,
            Field::PriorOligometastatic => self.estro[1] = answer,
            Field::OnSystemicTherapy => self.estro[2] = answer,
            Field::Progressing => self.estro[3] = answer,
            Field::Neoadjuvant => self.neoadjuvant = answer,
            Field::OverrideTnm => self.override_tnm = answer,
            Field::OverridePediatric => self.override_pediatric = answer,
            Field::OverrideNewPrimary => self.override_new_primary = answer,
            Field::OriginFlag => self.origin_de_novo = answer,
            _ => {}
        }
    }
}

/// The age as recorded, or else from full dates of birth and diagnosis.
pub(crate) fn completed_age(age: Cell<u8>, birth: Cell<PartialDate>, dx: Cell<PartialDate>) -> Cell<u8> {
    match (age, birth.value(), dx.value()) {
        (Cell::Blank | Cell::Unknown, Some(birth), Some(dx)) => {
            full_years(birth, dx).map_or(age, Cell::Value)
        }
        _ => age,
    }
}

/// Completed years between two full dates.
fn full_years(birth: PartialDate, dx: PartialDate) -> Option<u8> {
    if birth.day == 0 || dx.day == 0 {
        return None;
    }
    let before_birthday = (dx.month, dx.day) < (birth.month, birth.day);
    dx.year.checked_sub(birth.year)?.checked_sub(u16::from(before_birthday))?.try_into().ok()
}
