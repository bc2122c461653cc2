//! What the type of first recurrence (NAACCR 1880) says; the codes stand in `recurrence.toml`.

use serde::Deserialize;

use super::config::Setting;
use super::organs::Organ;
use super::registry::AuditError;
use crate::category::Cell;

/// The kind of a recurrence code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecurrenceKind {
    /// Became and stayed disease-free.
    DiseaseFree,
    /// In situ recurrence.
    InSitu,
    /// Local.
    Local,
    /// Regional, or local and regional.
    Regional,
    /// Distant.
    Distant,
    /// Never disease-free: later spread is progression.
    NeverDiseaseFree,
    /// Recurred, site unknown.
    SiteUnknown,
    /// Unknown whether it recurred.
    Unknown,
}

impl RecurrenceKind {
    /// The word in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DiseaseFree => "disease_free",
            Self::InSitu => "in_situ",
            Self::Local => "local",
            Self::Regional => "regional",
            Self::Distant => "distant",
            Self::NeverDiseaseFree => "never_disease_free",
            Self::SiteUnknown => "site_unknown",
            Self::Unknown => "unknown",
        }
    }
}

/// What one code says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Recurrence {
    /// Kind.
    pub kind: RecurrenceKind,
    /// The one organ group that it names.
    pub organ: Option<Organ>,
    /// The diffuse setting that it stands for.
    pub setting: Option<Setting>,
}

impl Recurrence {
    /// Whether the disease came back after a disease-free period.
    pub(crate) fn recurred(self) -> bool {
        use RecurrenceKind::{Distant, InSitu, Local, Regional, SiteUnknown};
        matches!(self.kind, InSitu | Local | Regional | Distant | SiteUnknown)
    }

    /// Whether a disease-free period is documented.
    pub(crate) fn was_disease_free(self) -> bool {
        self.recurred() || self.kind == RecurrenceKind::DiseaseFree
    }

    /// Whether the recurrence is known not to be distant.
    pub(crate) fn only_local_or_regional(self) -> bool {
        use RecurrenceKind::{InSitu, Local, Regional};
        matches!(self.kind, InSitu | Local | Regional)
    }
}

/// The code list.
#[derive(Debug)]
pub(crate) struct RecurrenceTypes {
    by_code: Vec<(u16, Recurrence)>,
}

impl RecurrenceTypes {
    /// The list that comes with the program.
    pub(crate) fn builtin() -> Result<Self, AuditError> {
        let file: File = AuditError::parse("recurrence.toml", include_str!("recurrence.toml"))?;
        let mut by_code: Vec<_> = file
            .r#type
            .iter()
            .flat_map(|entry| {
                let says = Recurrence { kind: entry.kind, organ: entry.organ, setting: entry.setting };
                entry.codes.iter().map(move |&code| (code, says))
            })
            .collect();
        by_code.sort_unstable_by_key(|&(code, _)| code);
        Ok(Self { by_code })
    }

    /// What a cell says; `None` where it is blank or no code of the list.
    pub(crate) fn of(&self, cell: Cell<u16>) -> Option<Recurrence> {
        match cell {
            Cell::Value(code) => {
                let at = self.by_code.binary_search_by_key(&code, |&(code, _)| code).ok()?;
                self.by_code.get(at).map(|&(_, says)| says)
            }
            Cell::Unknown | Cell::NotApplicable => {
                Some(Recurrence { kind: RecurrenceKind::Unknown, organ: None, setting: None })
            }
            Cell::Blank | Cell::Invalid => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    r#type: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    codes: Vec<u16>,
    kind: RecurrenceKind,
    organ: Option<Organ>,
    setting: Option<Setting>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_the_item_says() {
        let types = RecurrenceTypes::builtin().unwrap();
        for (code, kind) in [
            (0, RecurrenceKind::DiseaseFree),
            (4, RecurrenceKind::InSitu),
            (10, RecurrenceKind::Local),
            (36, RecurrenceKind::Regional),
            (40, RecurrenceKind::Distant),
            (62, RecurrenceKind::Distant),
            (70, RecurrenceKind::NeverDiseaseFree),
            (88, RecurrenceKind::SiteUnknown),
            (99, RecurrenceKind::Unknown),
        ] {
            assert_eq!(types.of(Cell::Value(code)).map(|says| says.kind), Some(kind), "code {code}");
        }
        assert_eq!(types.of(Cell::Value(55)).and_then(|says| says.organ), Some(Organ::Bone));
        assert_eq!(types.of(Cell::Value(51)).and_then(|says| says.setting), Some(Setting::Peritoneal));
        assert_eq!(types.of(Cell::Value(61)), None);
        assert_eq!(types.of(Cell::Blank), None);
    }

    #[test]
    fn no_code_stands_twice() {
        let types = RecurrenceTypes::builtin().unwrap();
        assert!(types.by_code.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
