//! What the comparison of two exports asks of one record beside its stage, so that it looks at a
//! record with the same eyes as the rules about a single one.

use super::registry::AuditRules;
use super::restaging::compare_stages;
use super::subject::{Distant, SetFields, Subject};
use super::{Config, Restaging};
use crate::course::Days;
use crate::fields::Field;
use crate::knowledge::Rules;
use crate::staging::{Basis, Case, Staged};

/// One record of an export as the comparison with another export sees it. Days count from 1970-01-01.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Snapshot {
    /// Whether the original stage is M1 (true) or M0 (false), and the field that says so.
    pub m: Option<(bool, Field)>,
    /// The last day that may belong to the window of the original stage.
    pub window_end: Option<i32>,
    /// The latest day that the record surely knows of: last contact, restaging, recurrence, metastasis.
    pub known_until: Option<i32>,
    /// Whether the record dates its metastasis within the window.
    pub found_in_window: bool,
    /// Whether restaging or recurrence surely lies after the window.
    pub event_after_window: bool,
    /// Whether a first recurrence is dated (NAACCR 1860).
    pub recurred: bool,
    /// The restaged group.
    pub restaging: Restaging,
}

impl Snapshot {
    /// Looks a record over.
    pub fn of(rules: &Rules, audit: &AuditRules, config: &Config, case: &Case, staged: &Staged) -> Self {
        let subject = Subject::new(rules, audit, config, case, staged);
        let m_field = |basis: Basis| SetFields::of(basis).m().first().copied().unwrap_or(Field::M);
        let days = [case.last_contact, case.r_date, case.recurrence_date, case.met_date];
        Self {
            m: match subject.distant {
                Distant::M1(basis) => Some((true, m_field(basis))),
                Distant::M0(basis) => Some((false, m_field(basis))),
                Distant::Unknown => None,
            },
            window_end: subject.window_end.map(|days| days.last),
            known_until: days.into_iter().filter_map(Days::of).map(|days| days.first).max(),
            found_in_window: matches!(
                (Days::of(case.met_date), subject.window_end),
                (Some(found), Some(end)) if found.surely_not_after(end)
            ),
            event_after_window: subject.event_after_window(),
            recurred: case.recurrence_date.value().is_some(),
            restaging: compare_stages(&subject),
        }
    }
}
