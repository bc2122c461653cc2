//! The rules of the audit as data: what each finding means, how bad it is, what to do about it.

use serde::Deserialize;
use thiserror::Error;

use super::Severity;
use super::beside_profiles::{BESIDE, BesideProfiles};
use super::config::{Config, OligoConfig};
use super::definitions::{Definitions, ProfileId};
use super::exceptions::Exceptions;
use super::recurrence::{RecurrenceKind, RecurrenceTypes};
use crate::category::Cell;
use crate::course::Recurred;
use crate::fields::Field;

/// Everything that the audit reads from data files: the registry of rules, the code lists, and the
/// oligometastasis definitions, with a run's configuration applied.
#[derive(Debug)]
pub struct AuditRules {
    rules: Vec<Rule>,
    /// Severities by [`RuleId`]: the usual one and the one "otherwise".
    severities: [[Option<Severity>; 2]; RuleId::ALL.len()],
    pub(crate) recurrence: RecurrenceTypes,
    pub(crate) definitions: Definitions,
    pub(crate) exceptions: Exceptions,
    /// The profile for every record, where the configuration names one.
    pub(crate) forced_profile: Option<ProfileId>,
    /// The profiles that every record is graded under as well.
    pub(crate) beside: BesideProfiles,
}

impl AuditRules {
    /// The rules that come with the program.
    pub fn builtin() -> Result<Self, AuditError> {
        Self::configured(&Config::default())
    }

    /// The histologies that rules of the audit tell from others, as ranges.
    pub fn histologies(&self) -> Vec<[u16; 2]> {
        let single = self.exceptions.histologies().iter().map(|&code| [code, code]);
        self.definitions.histologies().chain(single).collect()
    }

    /// The rules that come with the program, with the severities and profiles of a configuration.
    pub fn configured(config: &Config) -> Result<Self, AuditError> {
        let file: File = AuditError::parse("rules.toml", include_str!("rules.toml"))?;
        let mut severities = [[None; 2]; RuleId::ALL.len()];
        for (slot, id) in severities.iter_mut().zip(RuleId::ALL) {
            let rule = file
                .rule
                .iter()
                .find(|rule| rule.id == id.as_str() && rule.evaluated == Evaluated::Record)
                .ok_or_else(|| AuditError::RuleWithoutEntry(id.as_str()))?;
            let set = |severity| match config.severities.get(&rule.id) {
                Some(setting) => setting.severity(),
                None => Some(severity),
            };
            *slot = [set(rule.severity), set(rule.otherwise.unwrap_or(rule.severity))];
        }
        if let Some(id) = config.severities.keys().find(|&id| file.rule.iter().all(|rule| rule.id != *id)) {
            return Err(AuditError::UnknownRule(id.clone()));
        }
        let definitions = Definitions::builtin(&config.oligometastasis)?;
        let profile = &config.oligometastasis.profile;
        let forced_profile = match profile.as_str() {
            OligoConfig::AUTO => None,
            name => Some(
                definitions.profile_id(name).ok_or_else(|| AuditError::UnknownProfile(name.to_owned()))?,
            ),
        };
        let beside = BesideProfiles::named(&definitions, &config.oligometastasis.beside)?;
        Ok(Self {
            beside,
            rules: file.rule,
            severities,
            recurrence: RecurrenceTypes::builtin()?,
            definitions,
            exceptions: Exceptions::builtin()?,
            forced_profile,
        })
    }

    /// Every rule, in the order of the registry.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A rule by its id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Severity of a rule that is not evaluated from one record, under a run's configuration; `None` where it
    /// is off or unknown.
    pub fn severity_of(&self, id: &str, config: &Config) -> Option<Severity> {
        match config.severities.get(id) {
            Some(setting) => setting.severity(),
            None => self.rule(id).map(|rule| rule.severity),
        }
    }

    /// Name of an oligometastasis profile.
    pub fn profile_name(&self, id: ProfileId) -> &'static str {
        self.definitions.profile_name(id)
    }

    /// Names of a profile with the lower numbers of lesions that it is reported with as well
    /// (`prostate_max3`), in the order of the grades.
    pub fn also_names(&self, id: ProfileId) -> &[&'static str] {
        self.definitions.also_names(id)
    }

    /// Names of the oligometastasis profiles, those of the configuration among them.
    pub fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.definitions.profile_names()
    }

    /// Names of the profiles that every record is graded under as well, in the order of its grades.
    pub fn profiles_beside(&self) -> impl Iterator<Item = &'static str> {
        self.beside.ids().map(|id| self.profile_name(id))
    }

    /// What a rule of the oligometastasis ladder means, by its id (`O-C1`).
    pub fn ladder_meaning(&self, id: &str) -> Option<&str> {
        self.definitions.ladder_meaning(id)
    }

    /// Schema ids that the definitions speak of, for a check against the loaded knowledge.
    pub fn schema_ids(&self) -> impl Iterator<Item = &str> {
        self.definitions.schema_ids()
    }

    /// What a type of recurrence (NAACCR 1880) says of the course of a tumor.
    pub fn recurred(&self, recurrence_type: Cell<u16>) -> Recurred {
        match self.recurrence.of(recurrence_type).map(|says| says.kind) {
            Some(RecurrenceKind::Distant) => Recurred::Distant,
            Some(RecurrenceKind::NeverDiseaseFree) => Recurred::Progressed,
            Some(
                RecurrenceKind::InSitu
                | RecurrenceKind::Local
                | RecurrenceKind::Regional
                | RecurrenceKind::SiteUnknown,
            ) => Recurred::Recurred,
            Some(RecurrenceKind::DiseaseFree | RecurrenceKind::Unknown) | None => Recurred::No,
        }
    }

    /// Switches off the rules that a blank would set off in an export without the column, except those
    /// whose severity the configuration names.
    pub fn mute_absent(&mut self, config: &Config, has_column: impl Fn(Field) -> bool) {
        for (slot, id) in self.severities.iter_mut().zip(RuleId::ALL) {
            let Some(rule) = self.rules.iter().find(|rule| rule.id == id.as_str()) else { continue };
            let asks = &rule.needs_any;
            let absent =
                !asks.is_empty() && !asks.iter().filter_map(|field| Field::from_id(field)).any(&has_column);
            if absent && !config.severities.contains_key(&rule.id) {
                *slot = [None; 2];
            }
        }
    }

    /// Severity of a finding; `None` where the rule is off.
    pub(crate) fn severity(&self, id: RuleId, strength: Strength) -> Option<Severity> {
        self.severities[id as usize][strength as usize]
    }
}

/// One rule of the registry.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Id, `D01`.
    pub id: String,
    /// Short name.
    pub name: String,
    /// What it says of a record.
    pub meaning: String,
    /// When it is raised, in terms of the record's values.
    pub condition: String,
    /// Usual severity, before any override.
    pub severity: Severity,
    /// Severity in the case of `otherwise_when`.
    pub otherwise: Option<Severity>,
    /// When the other severity applies.
    pub otherwise_when: Option<String>,
    /// What to do.
    pub action: String,
    /// Where it comes from.
    pub source: String,
    /// What it is evaluated from.
    pub evaluated: Evaluated,
    /// What is missing to evaluate it from one record.
    pub needs: Option<String>,
    /// Fields of which at least one must be a column of the export.
    #[serde(default)]
    pub needs_any: Vec<String>,
}

/// What a rule is evaluated from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evaluated {
    /// One record.
    Record,
    /// All tumors of a patient.
    Patient,
    /// Two snapshots.
    Snapshots,
    /// Not evaluated.
    No,
}

/// Which of a rule's two severities applies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Strength {
    /// The usual one.
    Usual,
    /// The one of `otherwise_when`.
    Otherwise,
}

/// Generates the ids of the rules that are evaluated per record.
macro_rules! rule_ids {
    ($($id:ident)*) => {
        /// A rule that is evaluated per record; each has an entry in `rules.toml`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(crate) enum RuleId { $(#[doc = stringify!($id)] $id,)* }

        impl RuleId {
            /// All of them.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$id,)*];

            /// The id in findings.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$id => stringify!($id),)* }
            }
        }
    };
}

rule_ids! {
    D01 D02 D03 D04 D05 D06 D07 D08 D09 D10 D11 D12 D13 D14 D15 D16 D17 D18 D19 D20
    R01 R02 R03 R04 R05 R06 R07 R08 R09 R10 R11 R12 R13 R15
}

/// What can be wrong with the data files or with a configuration that names their entries.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuditError {
    /// A data file is not what it should be.
    #[error("{file}: {source}")]
    Data {
        /// Name of the file.
        file: &'static str,
        /// What the parser says, with line and column.
        source: Box<toml::de::Error>,
    },
    /// A table is not what it should be.
    #[error("{file}: {source}")]
    Table {
        /// Name of the file.
        file: &'static str,
        /// What the reader says, with the line.
        source: csv::Error,
    },
    /// An entry names what does not exist.
    #[error("{file}: schema {schema}: `{value}` is no {what}\nhint: correct the entry in the data file")]
    Entry {
        /// Name of the file.
        file: &'static str,
        /// Schema of the entry.
        schema: String,
        /// The text.
        value: String,
        /// What it should be.
        what: &'static str,
    },
    /// A data file names a category that does not exist.
    #[error("{file}: `{label}` is no category\nhint: correct the entry in the data file")]
    Category {
        /// Name of the file.
        file: &'static str,
        /// The text.
        label: String,
    },
    /// A rule that the code evaluates is not in the registry, or not as evaluated per record.
    #[error("rules.toml: rule {0} has no entry with evaluated = \"record\"")]
    RuleWithoutEntry(&'static str),
    /// A rule of the oligometastasis ladder has no entry.
    #[error("oligometastasis.toml: rule {0} has no entry with its level")]
    LadderRuleWithoutEntry(&'static str),
    /// A configured severity names no rule.
    #[error("severities: there is no rule `{0}`\nhint: ids look like D01, R05, S03")]
    UnknownRule(String),
    /// More profiles side by side than a record has grades for.
    #[error(
        "oligometastasis: {0} profiles side by side, at most {BESIDE} are possible\nhint: name those that matter"
    )]
    TooManyProfiles(usize),
    /// A profile's name cannot be part of a column's.
    #[error(
        "oligometastasis: the profile `{0}` cannot be graded beside others\nhint: its name becomes part of a column; use at most 18 of a-z, 0-9 and _"
    )]
    ProfileName(String),
    /// A profile is named and not defined.
    #[error(
        "oligometastasis: there is no profile `{0}`\nhint: define it under [oligometastasis.profiles] or use `auto`"
    )]
    UnknownProfile(String),
}

impl AuditError {
    /// Reads a data file.
    pub(crate) fn parse<T: for<'de> Deserialize<'de>>(file: &'static str, text: &str) -> Result<T, Self> {
        toml::from_str(text).map_err(|source| Self::Data { file, source: Box::new(source) })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Rule>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::audit::SeveritySetting;

    #[test]
    fn the_registry_holds_every_rule_once_and_whole() {
        let rules = AuditRules::builtin().unwrap();
        let ids: BTreeSet<_> = rules.rules().iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids.len(), rules.rules().len(), "an id stands twice");
        let expected = (1..=15).map(|n| format!("R{n:02}"));
        let expected = expected.chain((1..=20).map(|n| format!("D{n:02}")));
        let expected: BTreeSet<_> = expected.chain((1..=8).map(|n| format!("S{n:02}"))).collect();
        assert_eq!(ids, expected.iter().map(String::as_str).collect());
        for rule in rules.rules() {
            let evaluated = RuleId::ALL.iter().any(|id| id.as_str() == rule.id);
            assert_eq!(evaluated, rule.evaluated == Evaluated::Record, "{}", rule.id);
            assert_eq!(evaluated, rule.needs.is_none(), "{}: `needs` says what is missing", rule.id);
            assert_eq!(rule.otherwise.is_some(), rule.otherwise_when.is_some(), "{}", rule.id);
            for field in &rule.needs_any {
                assert!(Field::from_id(field).is_some(), "{}: no field {field}", rule.id);
            }
        }
        assert_eq!(rules.rule("D01").map(|rule| rule.name.as_str()), Some("major_mismatch"));
        assert!(rules.rule("D99").is_none());
    }

    #[test]
    fn a_configuration_changes_severities_and_is_checked() {
        let configured = |text: &str| AuditRules::configured(&toml::from_str(text).unwrap());
        let rules = configured("severities = { D01 = \"warning\", D02 = \"off\" }").unwrap();
        for (id, strength, severity) in [
            (RuleId::D01, Strength::Usual, Some(Severity::Warning)),
            (RuleId::D01, Strength::Otherwise, Some(Severity::Warning)),
            (RuleId::D02, Strength::Usual, None),
            (RuleId::R03, Strength::Usual, Some(Severity::Error)),
            (RuleId::R03, Strength::Otherwise, Some(Severity::Warning)),
        ] {
            assert_eq!(rules.severity(id, strength), severity, "{}", id.as_str());
        }
        for (text, message) in [
            ("severities = { D99 = \"off\" }", "no rule `D99`"),
            ("[oligometastasis]\nprofile = \"lavish\"", "no profile `lavish`"),
        ] {
            let error = configured(text).unwrap_err().to_string();
            assert!(error.contains(message) && error.contains("hint:"), "{error}");
        }
    }

    #[test]
    fn rules_about_blanks_are_silent_where_the_column_is_missing() {
        let mut config = Config::default();
        config.severities.insert("R08".to_owned(), SeveritySetting::Error);
        let mut rules = AuditRules::configured(&config).unwrap();
        rules.mute_absent(&config, |field| field == Field::PathGroup);
        assert!(rules.severity(RuleId::D03, Strength::Usual).is_some(), "one of its columns is there");
        assert!(rules.severity(RuleId::R15, Strength::Usual).is_none(), "its column is missing");
        assert!(rules.severity(RuleId::R08, Strength::Usual).is_some(), "the configuration asks for it");
        assert!(rules.severity(RuleId::D01, Strength::Usual).is_some(), "it needs no column");
    }
}
