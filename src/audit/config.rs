//! What a run may decide for itself: windows, severities, oligometastasis profiles.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use super::Severity;
use crate::course::OriginalWindow;

/// Settings of the audit. Every setting has a default.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What belongs to the original stage.
    #[serde(skip_serializing_if = "is_default")]
    pub original_window: OriginalWindow,
    /// Days from diagnosis of that window; treatment may move its end as the window says, and a
    /// recurrence ends it.
    pub original_window_days: u16,
    /// Months from diagnosis up to which metastasis is synchronous (ESTRO/EORTC question 3).
    pub sync_months: u16,
    /// Months of follow-up that the origin `none_recorded` asks for; 0 asks for none.
    pub none_recorded_months: u16,
    /// Severity by rule id, in place of the registry's.
    pub severities: BTreeMap<String, SeveritySetting>,
    /// Oligometastasis.
    pub oligometastasis: OligoConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            original_window: OriginalWindow::default(),
            original_window_days: 120,
            sync_months: 6,
            none_recorded_months: 0,
            severities: BTreeMap::new(),
            oligometastasis: OligoConfig::default(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_default(window: &OriginalWindow) -> bool {
    *window == OriginalWindow::default()
}

/// A severity, or no finding at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeveritySetting {
    /// The rule is switched off.
    Off,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warning,
    /// Wrong.
    Error,
}

impl SeveritySetting {
    /// The severity; `None` where the rule is off.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// Settings of the oligometastasis ladder.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OligoConfig {
    /// Name of the profile for every record, or `auto`: the one that the schema's block names.
    pub profile: String,
    /// Profiles that every record is graded under as well, in columns of their own; `all` stands for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
    /// Settings that rule oligometastasis out.
    pub exclude: Vec<Setting>,
    /// Whether distant lymph nodes count as an organ.
    pub distant_ln_counts_as_organ: bool,
    /// What metastasis within the chest alone (M1a of the lung) comes to.
    pub lung_m1a: Intrathoracic,
    /// Whether the weakest level is given; otherwise such records are not assessable.
    pub allow_possible_weak: bool,
    /// First year of diagnosis from which all six organ flags are collected (NAACCR 1114 and 1117: 2016).
    pub flags_complete_from: u16,
    /// Further profiles, or other caps for one that exists.
    pub profiles: BTreeMap<String, Profile>,
    /// Profile by schema id, in place of the one that the schema's block names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub schemas: BTreeMap<String, String>,
}

impl Default for OligoConfig {
    fn default() -> Self {
        Self {
            profile: Self::AUTO.to_owned(),
            beside: Vec::new(),
            exclude: vec![
                Setting::Effusion,
                Setting::Peritoneal,
                Setting::Leptomeningeal,
                Setting::Carcinomatosis,
                Setting::Marrow,
            ],
            distant_ln_counts_as_organ: true,
            lung_m1a: Intrathoracic::Excluded,
            allow_possible_weak: true,
            flags_complete_from: 2016,
            profiles: BTreeMap::new(),
            schemas: BTreeMap::new(),
        }
    }
}

impl OligoConfig {
    /// The word for "by schema".
    pub const AUTO: &str = "auto";
    /// The word for every profile.
    pub const ALL: &str = "all";

    /// Whether a setting rules oligometastasis out.
    pub(crate) fn excludes(&self, setting: Setting) -> bool {
        self.exclude.contains(&setting)
    }
}

/// A diffuse way of spreading that the usual definitions do not call oligometastatic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Malignant pleural or pericardial effusion.
    Effusion,
    /// Peritoneal carcinomatosis.
    Peritoneal,
    /// Leptomeningeal disease.
    Leptomeningeal,
    /// Bone-marrow involvement.
    Marrow,
    /// Generalised disease.
    Carcinomatosis,
}

impl Setting {
    /// The settings that have a field of their own, in the order of a case's `diffuse` cells.
    pub(crate) const RECORDED: [Self; 4] =
        [Self::Effusion, Self::Peritoneal, Self::Leptomeningeal, Self::Marrow];
}

/// What metastasis within the chest alone comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intrathoracic {
    /// Never oligometastatic.
    Excluded,
    /// Says nothing of number; the other fields decide.
    Unspecified,
}

/// A published definition of oligometastasis as caps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Most lesions.
    pub max_lesions: u16,
    /// Most organs.
    pub max_organs: u16,
    /// Whether `confirmed` asks for every site recorded as treatable.
    #[serde(default)]
    pub needs_all_treatable: bool,
    /// Whether one extra-regional node station is enough, however many nodes it holds.
    #[serde(default)]
    pub one_node_station: bool,
    /// Lower numbers of lesions that a record is graded under as well, where the literature does not agree.
    #[serde(default, skip_serializing_if = "LesionCaps::is_empty")]
    pub also_report: LesionCaps,
}

impl Profile {
    /// The same definition with fewer lesions, and so no more organs than that.
    pub(crate) fn capped(self, lesions: u16) -> Self {
        Self {
            max_lesions: lesions,
            max_organs: self.max_organs.min(lesions),
            also_report: LesionCaps::default(),
            ..self
        }
    }
}

/// A few numbers of lesions, at most four, none of them 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<u16>", into = "Vec<u16>")]
pub struct LesionCaps([Option<NonZeroU16>; LesionCaps::MOST]);

impl LesionCaps {
    /// The most numbers.
    pub const MOST: usize = 4;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The numbers as they were given.
    pub fn iter(self) -> impl Iterator<Item = u16> {
        self.0.into_iter().flatten().map(NonZeroU16::get)
    }
}

impl TryFrom<Vec<u16>> for LesionCaps {
    type Error = String;

    fn try_from(numbers: Vec<u16>) -> Result<Self, String> {
        let mut caps = Self::default();
        if numbers.len() > Self::MOST {
            return Err(format!("also_report: at most {} numbers of lesions", Self::MOST));
        }
        for (slot, number) in caps.0.iter_mut().zip(numbers) {
            *slot = Some(NonZeroU16::new(number).ok_or("also_report: a number of lesions is 1 or more")?);
        }
        Ok(caps)
    }
}

impl From<LesionCaps> for Vec<u16> {
    fn from(caps: LesionCaps) -> Self {
        caps.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_defaults_and_refuse_what_they_do_not_know() {
        assert_eq!(toml::from_str::<Config>("").unwrap(), Config::default());
        let config: Config = toml::from_str(
            "sync_months = 12\nseverities = { D02 = \"off\" }\n\
             [oligometastasis]\nprofile = \"strict\"\n\
             [oligometastasis.profiles.strict]\nmax_lesions = 3\nmax_organs = 1",
        )
        .unwrap();
        assert_eq!(config.sync_months, 12);
        assert_eq!(config.severities["D02"].severity(), None);
        assert_eq!(config.oligometastasis.profiles["strict"].max_lesions, 3);
        assert!(toml::from_str::<Config>("sync_month = 12").is_err());
        let also = |caps: &str| {
            toml::from_str::<Profile>(&format!("max_lesions = 5\nmax_organs = 2\nalso_report = {caps}"))
        };
        assert_eq!(also("[3, 4]").unwrap().also_report.iter().collect::<Vec<_>>(), [3, 4]);
        assert!(also("[1, 2, 3, 4, 5]").unwrap_err().to_string().contains("at most 4 numbers"));
        assert!(also("[0]").unwrap_err().to_string().contains("1 or more"));
        let capped = also("[1]").unwrap().capped(1);
        assert_eq!((capped.max_lesions, capped.max_organs, capped.also_report.is_empty()), (1, 1, true));
        assert!(toml::from_str::<Config>("[oligometastasis]\nexclude = [\"brain\"]").is_err());
    }

    #[test]
    fn settings_survive_being_written_down() {
        let text = toml::to_string(&Config::default()).unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), Config::default());
    }
}
