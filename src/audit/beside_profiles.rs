//! One record under several definitions of oligometastasis, side by side.
//!
//! Published definitions differ in how many lesions and organs they allow, and none of them is the right
//! one. Where a study has to show what follows from the choice, every record is graded under each.

use super::config::{Config, OligoConfig};
use super::definitions::{Definitions, ProfileId};
use super::oligometastasis::{LadderRule, first_event};
use super::registry::{AuditError, AuditRules};
use super::states::Grader;
use super::subject::Subject;

/// Most profiles side by side.
pub(crate) const BESIDE: usize = 8;
/// Longest name of a profile that can be part of a column's name of 32 characters.
const NAME: usize = 18;

/// The profiles that every record is graded under, each once, in the order in which they were named.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BesideProfiles([Option<ProfileId>; BESIDE]);

impl BesideProfiles {
    /// The profiles of these names; `all` stands for all.
    pub(crate) fn named(definitions: &Definitions, names: &[String]) -> Result<Self, AuditError> {
        let mut ids: Vec<ProfileId> = Vec::new();
        for name in names {
            if name == OligoConfig::ALL {
                ids.extend(definitions.profile_ids());
            } else {
                let id = definitions.profile_id(name);
                ids.push(id.ok_or_else(|| AuditError::UnknownProfile(name.clone()))?);
            }
        }
        let mut seen = Vec::new();
        ids.retain(|id| {
            !seen.contains(id) && {
                seen.push(*id);
                true
            }
        });
        if ids.len() > BESIDE {
            return Err(AuditError::TooManyProfiles(ids.len()));
        }
        let usable = |name: &str| {
            name.len() <= NAME && name.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        };
        if let Some(name) = ids.iter().map(|&id| definitions.profile_name(id)).find(|name| !usable(name)) {
            return Err(AuditError::ProfileName(name.to_owned()));
        }
        let mut profiles = Self::default();
        profiles.0.iter_mut().zip(ids).for_each(|(slot, id)| *slot = Some(id));
        Ok(profiles)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ProfileId> {
        self.0.into_iter().flatten()
    }
}

/// The rules of the ladder that a record meets under each of the profiles, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BesideGrades([Option<LadderRule>; BESIDE]);

impl BesideGrades {
    pub(crate) fn of(rules: &AuditRules, config: &Config, subject: &Subject, late: bool) -> Self {
        let mut grades = Self::default();
        for (slot, profile) in grades.0.iter_mut().zip(rules.beside.ids()) {
            let profile = rules.definitions.profile(profile);
            let grader = Grader::new(rules, config, subject, profile, late);
            *slot = Some(grader.rule_and_timing(first_event(subject)).0);
        }
        grades
    }

    /// The rules, one for each profile.
    pub fn rules(&self) -> impl Iterator<Item = LadderRule> {
        self.0.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::super::AuditRules;
    use super::super::config::Config;

    fn beside(config: &str) -> Result<Vec<&'static str>, String> {
        let config: Config = toml::from_str(config).unwrap();
        AuditRules::configured(&config)
            .map(|rules| rules.profiles_beside().collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn profiles_stand_in_the_order_in_which_they_are_named_and_once() {
        let named = |names: &str| beside(&format!("[oligometastasis]\nbeside = [{names}]"));
        assert_eq!(named("").unwrap(), [""; 0]);
        assert_eq!(named("\"nsclc\", \"generic\", \"nsclc\"").unwrap(), ["nsclc", "generic"]);
        let all = ["colorectal", "generic", "nsclc", "oesophagogastric", "prostate"];
        assert_eq!(named("\"all\"").unwrap(), all);
        assert_eq!(named("\"prostate\", \"all\"").unwrap()[0], "prostate");
        assert!(named("\"lavish\"").unwrap_err().contains("no profile `lavish`"));
    }

    #[test]
    fn what_cannot_be_a_column_is_refused() {
        let own = |name: &str| {
            beside(&format!(
                "[oligometastasis]\nbeside = [\"{name}\"]\n\
                 [oligometastasis.profiles.\"{name}\"]\nmax_lesions = 3\nmax_organs = 1"
            ))
        };
        assert_eq!(own("trial_7").unwrap(), ["trial_7"]);
        for name in ["Trial", "a-b", "a_very_long_name_of_a_trial", "a,b"] {
            assert!(own(name).unwrap_err().contains("part of a column"), "{name}");
        }
        let many = (0..9)
            .map(|n| format!("[oligometastasis.profiles.p{n}]\nmax_lesions = {n}\nmax_organs = 1\n"))
            .collect::<Vec<_>>()
            .concat();
        let error = beside(&format!("[oligometastasis]\nbeside = [\"all\"]\n{many}")).unwrap_err();
        assert!(error.contains("14 profiles") && error.contains("at most 8"), "{error}");
    }
}
