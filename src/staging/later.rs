//! Categories of a later time in the fields of the diagnosis, put where they belong.
//!
//! `ypT2` in the field of the pathologic T is the T after therapy and no T of the diagnosis; `rM1` is of
//! the restaging; what was first found at autopsy is neither.

use super::{Basis, Case, Tnm};
use crate::category::{Category, Cell, Examination, Prefix, Recorded};

/// The case with such categories moved; `None` where there are none. The recorded groups stay in place.
pub(super) fn sorted_by_time(case: &Case) -> Option<Case> {
    const AT_DIAGNOSIS: [Basis; 3] = [Basis::Single, Basis::Clinical, Basis::Pathologic];
    if AT_DIAGNOSIS.iter().all(|basis| parts(case.set(*basis)).iter().all(|part| part.prefix.at_diagnosis()))
    {
        return None;
    }
    let mut sorted = *case;
    for basis in AT_DIAGNOSIS {
        let set = case.set(basis);
        // N or M without a prefix of its own goes with T, else with N.
        let lead = [set.t, set.n].iter().find(|part| !part.cell.is_blank()).map(|part| part.prefix);
        for axis in 0..3 {
            let Some(part) = parts(set).get(axis).copied() else { continue };
            let prefix = if part.prefix.at_diagnosis() { lead.unwrap_or_default() } else { part.prefix };
            if prefix.at_diagnosis() {
                continue;
            }
            put(&mut sorted.sets[basis as usize], axis, Recorded::default());
            let Some(later) = later_set(prefix, basis) else { continue };
            let place = &mut sorted.sets[later as usize];
            if parts(place).get(axis).is_some_and(|there| there.cell.is_blank()) {
                put(place, axis, part);
            }
        }
    }
    Some(sorted)
}

fn later_set(prefix: Prefix, basis: Basis) -> Option<Basis> {
    if prefix.a {
        return None;
    }
    if prefix.r {
        return Some(Basis::Restaged);
    }
    let clinical = prefix.examination == Some(Examination::Clinical)
        || (prefix.examination.is_none() && basis == Basis::Clinical);
    Some(if clinical { Basis::PostClinical } else { Basis::PostTherapy })
}

fn parts(set: &Tnm) -> [Recorded<Category>; 3] {
    [set.t, set.n, set.m]
}

fn put(set: &mut Tnm, axis: usize, part: Recorded<Category>) {
    match axis {
        0 => set.t = part,
        1 => set.n = part,
        _ => set.m = part,
    }
}

/// Whether T0 N0 M0 is recorded: after therapy, that nothing is left of the tumor.
pub(super) fn is_complete_response(tnm: [Cell<Category>; 3]) -> bool {
    tnm.iter().all(|cell| cell.value().is_some_and(|category| matches!(category.label(), "T0" | "N0" | "M0")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::category::parse;
    use crate::fields::{Coding, Field};

    fn said(set: &Tnm) -> String {
        parts(set).map(|part| part.cell.value().map_or("-", Category::label)).join(" ")
    }

    #[test]
    fn later_categories_go_where_they_belong() {
        for (t, n, m, stays, after, restaged) in [
            ("ypT2", "ypN1", "cM0", "- - -", "T2 N1 M0", "- - -"),
            ("ypT2", "N1", "", "- - -", "T2 N1 -", "- - -"),
            ("pT2", "pN1", "rM1b", "T2 N1 -", "- - -", "- - M1b"),
            ("rT2", "rN0", "rM1", "- - -", "- - -", "T2 N0 M1"),
            ("aT2", "aN0", "aM0", "- - -", "- - -", "- - -"),
            ("", "ypN0", "M0", "- - -", "- N0 M0", "- - -"),
        ] {
            let mut case = Case::default();
            for (field, text) in [(Field::PathT, t), (Field::PathN, n), (Field::PathM, m)] {
                case.put(field, parse(field, Coding::Plain, text));
            }
            let sorted = sorted_by_time(&case).unwrap();
            let found = [Basis::Pathologic, Basis::PostTherapy, Basis::Restaged].map(|b| said(sorted.set(b)));
            assert_eq!(found, [stays, after, restaged], "{t} {n} {m}");
        }
        let mut case = Case::default();
        case.put(Field::PathT, parse(Field::PathT, Coding::Plain, "pT2"));
        assert_eq!(sorted_by_time(&case), None);
    }

    #[test]
    fn a_category_that_is_there_already_stays() {
        let mut case = Case::default();
        for (field, text) in [(Field::PathT, "ypT2"), (Field::PostT, "ypT1"), (Field::ClinT, "ycT3")] {
            case.put(field, parse(field, Coding::Plain, text));
        }
        let sorted = sorted_by_time(&case).unwrap();
        assert_eq!(said(sorted.set(Basis::PostTherapy)), "T1 - -");
        assert_eq!(said(sorted.set(Basis::PostClinical)), "T3 - -");
    }
}
