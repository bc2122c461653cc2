//! Published definitions of oligometastasis and what the codes of each schema say of the number of
//! lesions and organs, read from `oligometastasis.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::config::{LesionCaps, OligoConfig, Profile, Setting};
use super::oligometastasis::LadderRule;
use super::registry::AuditError;
use crate::category::{Axis, Category, Cell, Edition, Histology};
use crate::knowledge::{EOD_METS, EodMets};

const FILE: &str = "oligometastasis.toml";

/// Index of a profile within the loaded definitions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ProfileId(u8);

/// The definitions.
#[derive(Debug)]
pub(crate) struct Definitions {
    eod_mets: EodMets,
    lymphomas: Vec<String>,
    /// Sorted by name.
    profiles: Vec<(String, Profile)>,
    /// Their names by the same index.
    labels: Vec<&'static str>,
    /// Names of each with the lower numbers of lesions that it is reported with as well, in their order.
    also: Vec<Vec<&'static str>>,
    generic: ProfileId,
    /// The profiles that a configuration gives to schemas, sorted.
    assigned: Vec<(String, ProfileId)>,
    blocks: Vec<Block>,
    /// Schema id to block, sorted.
    by_schema: Vec<(String, usize)>,
    ladder: Vec<Rung>,
}

/// A profile's name as a label, for counts that outlive the settings it came from. A process
/// meets a handful of names, which are kept until it ends.
fn label(name: &str) -> &'static str {
    static LABELS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut labels = LABELS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = labels.get(name) {
        return known;
    }
    let label: &'static str = name.to_owned().leak();
    labels.insert(label);
    label
}

/// What one block says of its schemas.
#[derive(Debug)]
struct Block {
    profile: Option<ProfileId>,
    not_histology: Vec<[u16; 2]>,
    flagless: Vec<Category>,
    m_codes: Vec<Coded<Category>>,
    eod_codes: Vec<Coded<u16>>,
}

#[derive(Debug)]
struct Coded<C> {
    code: C,
    editions: Vec<u8>,
    statement: Statement,
}

/// What a code states.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Statement {
    /// Number or manner of spread.
    pub says: Says,
    /// Whether only distant nodes are meant.
    pub nodes_only: bool,
}

/// Number or manner of spread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Says {
    /// A diffuse setting.
    Diffuse(Setting),
    /// Effusion, pleural or contralateral nodules.
    Intrathoracic,
    /// One lesion.
    SingleLesion,
    /// No more lesions than this.
    AtMost(u16),
    /// More lesions than this.
    MoreThan(u16),
    /// One organ, any number of lesions.
    OneOrgan,
    /// Two or more organs.
    SeveralOrgans,
    /// An organ and distant nodes, or several node stations.
    OrganAndNodes,
    /// Neither number nor organs.
    Unspecified,
}

impl Definitions {
    /// The definitions that come with the program, with the profiles of a configuration.
    pub(crate) fn builtin(config: &OligoConfig) -> Result<Self, AuditError> {
        let file: File = AuditError::parse(FILE, include_str!("oligometastasis.toml"))?;
        let mut profiles = file.profiles;
        profiles.extend(config.profiles.iter().map(|(name, &profile)| (name.clone(), profile)));
        let profiles: Vec<_> = profiles.into_iter().collect();
        let id_of = |name: &str| {
            profiles
                .binary_search_by(|(known, _)| known.as_str().cmp(name))
                .ok()
                .and_then(|at| u8::try_from(at).ok())
                .map(ProfileId)
                .ok_or_else(|| AuditError::UnknownProfile(name.to_owned()))
        };
        let generic = id_of("generic")?;
        let assigned = config
            .schemas
            .iter()
            .map(|(schema, name)| Ok((schema.clone(), id_of(name)?)))
            .collect::<Result<_, AuditError>>()?;
        let mut by_schema = Vec::new();
        let mut blocks = Vec::with_capacity(file.schema.len());
        for entry in file.schema {
            let profile = entry.profile.as_deref().map(id_of).transpose()?;
            by_schema.extend(entry.ids.iter().map(|id| (id.clone(), blocks.len())));
            blocks.push(entry.block(profile)?);
        }
        by_schema.sort_unstable();
        for rule in LadderRule::ALL {
            let known = |rung: &Rung| rung.id == rule.as_str() && rung.level == rule.level().as_str();
            if !file.rule.iter().any(known) {
                return Err(AuditError::LadderRuleWithoutEntry(rule.as_str()));
            }
        }
        Ok(Self {
            eod_mets: AuditError::parse(EOD_METS.0, EOD_METS.1)?,
            lymphomas: file.lymphomas,
            labels: profiles.iter().map(|(name, _)| label(name)).collect(),
            also: profiles
                .iter()
                .map(|(name, profile)| {
                    profile.also_report.iter().map(|lesions| label(&format!("{name}_max{lesions}"))).collect()
                })
                .collect(),
            profiles,
            generic,
            assigned,
            blocks,
            by_schema,
            ladder: file.rule,
        })
    }

    /// The histologies of which schemas ask for another profile, as ranges.
    pub(crate) fn histologies(&self) -> impl Iterator<Item = [u16; 2]> {
        self.blocks.iter().flat_map(|block| &block.not_histology).copied()
    }

    /// Name of a profile.
    pub(crate) fn profile_name(&self, id: ProfileId) -> &'static str {
        self.labels.get(usize::from(id.0)).copied().unwrap_or("")
    }

    /// Names of a profile with the lower numbers of lesions of its `also_report`, in their order.
    pub(crate) fn also_names(&self, id: ProfileId) -> &[&'static str] {
        self.also.get(usize::from(id.0)).map_or(&[], Vec::as_slice)
    }

    /// Names of all profiles.
    pub(crate) fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().map(|(name, _)| name.as_str())
    }

    /// The profile with this name.
    pub(crate) fn profile_id(&self, name: &str) -> Option<ProfileId> {
        let at = self.profiles.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        u8::try_from(at).ok().map(ProfileId)
    }

    /// All profiles, by name.
    pub(crate) fn profile_ids(&self) -> impl Iterator<Item = ProfileId> {
        (0_u8..).zip(&self.profiles).map(|(at, _)| ProfileId(at))
    }

    /// The caps of a profile.
    pub(crate) fn profile(&self, id: ProfileId) -> Profile {
        // Ids come from this list only, so that the fallback of no lesions at all is never taken.
        self.profiles.get(usize::from(id.0)).map_or(
            Profile {
                max_lesions: 0,
                max_organs: 0,
                needs_all_treatable: true,
                one_node_station: false,
                also_report: LesionCaps::default(),
            },
            |&(_, profile)| profile,
        )
    }

    /// The profile that a schema and histology use.
    pub(crate) fn profile_of(&self, schema: Option<&str>, histology: Cell<Histology>) -> ProfileId {
        let Some(schema) = schema else { return self.generic };
        let block = self.block(schema);
        let other_histology = histology.value().is_some_and(|Histology(code)| {
            let ranges = block.map_or(&[][..], |block| &block.not_histology);
            ranges.iter().any(|&[low, high]| (low..=high).contains(&code))
        });
        let assigned = self.assigned.binary_search_by(|(id, _)| id.as_str().cmp(schema)).ok();
        let assigned = assigned.and_then(|at| self.assigned.get(at)).map(|&(_, profile)| profile);
        let profile = assigned.or_else(|| block?.profile);
        profile.filter(|_| !other_histology).unwrap_or(self.generic)
    }

    /// Whether a schema is a lymphoma although it is staged by T, N, M.
    pub(crate) fn is_lymphoma(&self, schema: &str) -> bool {
        self.lymphomas.iter().any(|id| id == schema)
    }

    /// Whether an EOD Mets code shows distant metastasis: `None` where the cell tells nothing.
    pub(crate) fn eod_shows_metastasis(&self, schema: Option<&str>, eod: Cell<u16>) -> Option<bool> {
        let code = eod.value()?;
        Some(self.eod_mets.shows_metastasis(schema, code))
    }

    /// Whether metastasis of this category can lie outside the six organ groups.
    pub(crate) fn flagless(&self, schema: &str, category: Category) -> bool {
        self.block(schema).is_some_and(|block| block.flagless.contains(&category))
    }

    /// What an M category states in a schema's edition.
    pub(crate) fn of_category(
        &self,
        schema: &str,
        edition: Edition,
        category: Category,
    ) -> Option<Statement> {
        find(&self.block(schema)?.m_codes, edition, category)
    }

    /// What an EOD Mets code states in a schema's edition.
    pub(crate) fn of_eod(&self, schema: &str, edition: Edition, code: u16) -> Option<Statement> {
        find(&self.block(schema)?.eod_codes, edition, code)
    }

    /// What a rule of the ladder means.
    pub(crate) fn ladder_meaning(&self, id: &str) -> Option<&str> {
        self.ladder.iter().find(|rung| rung.id == id).map(|rung| rung.meaning.as_str())
    }

    /// Every schema id that the file names.
    pub(crate) fn schema_ids(&self) -> impl Iterator<Item = &str> {
        self.by_schema.iter().map(|(id, _)| id.as_str()).chain(self.lymphomas.iter().map(String::as_str))
    }

    fn block(&self, schema: &str) -> Option<&Block> {
        let at = self.by_schema.binary_search_by(|(id, _)| id.as_str().cmp(schema)).ok()?;
        self.blocks.get(self.by_schema.get(at)?.1)
    }
}

fn find<C: Copy + PartialEq>(codes: &[Coded<C>], edition: Edition, code: C) -> Option<Statement> {
    codes
        .iter()
        .find(|known| known.code == code && known.editions.contains(&edition.0))
        .map(|known| known.statement)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lymphomas: Vec<String>,
    profiles: BTreeMap<String, Profile>,
    schema: Vec<SchemaEntry>,
    rule: Vec<Rung>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rung {
    id: String,
    level: String,
    meaning: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaEntry {
    ids: Vec<String>,
    profile: Option<String>,
    #[serde(default)]
    not_histology: Vec<[u16; 2]>,
    #[serde(default)]
    flagless: Vec<String>,
    #[serde(default)]
    codes: Vec<CodeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeEntry {
    field: CodeField,
    editions: Vec<u8>,
    code: String,
    says: SaysWord,
    lesions: Option<u16>,
    setting: Option<Setting>,
    #[serde(default)]
    nodes_only: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CodeField {
    M,
    Eod,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SaysWord {
    Diffuse,
    Intrathoracic,
    SingleLesion,
    AtMost,
    MoreThan,
    OneOrgan,
    SeveralOrgans,
    OrganAndNodes,
    Unspecified,
}

impl SchemaEntry {
    fn block(self, profile: Option<ProfileId>) -> Result<Block, AuditError> {
        let schema = self.ids.join(", ");
        let wrong = |value: &str, what| AuditError::Entry {
            file: FILE,
            schema: schema.clone(),
            value: value.to_owned(),
            what,
        };
        let category =
            |label: &str| Category::from_label(Axis::M, label).ok_or_else(|| wrong(label, "M category"));
        let (mut m_codes, mut eod_codes) = (Vec::new(), Vec::new());
        for entry in self.codes {
            let says = entry.says().ok_or_else(|| wrong(&entry.code, "complete entry"))?;
            let statement = Statement { says, nodes_only: entry.nodes_only };
            let editions = entry.editions;
            match entry.field {
                CodeField::M => {
                    m_codes.push(Coded { code: category(&entry.code)?, editions, statement });
                }
                CodeField::Eod => {
                    let code = entry.code.parse().map_err(|_| wrong(&entry.code, "EOD code"))?;
                    eod_codes.push(Coded { code, editions, statement });
                }
            }
        }
        Ok(Block {
            profile,
            not_histology: self.not_histology,
            flagless: self.flagless.iter().map(|label| category(label)).collect::<Result<_, _>>()?,
            m_codes,
            eod_codes,
        })
    }
}

impl CodeEntry {
    /// The statement; `None` where its number or setting is missing or has no place.
    fn says(&self) -> Option<Says> {
        let bare = self.lesions.is_none() && self.setting.is_none();
        match (self.says, self.lesions, self.setting) {
            (SaysWord::Diffuse, None, Some(setting)) => Some(Says::Diffuse(setting)),
            (SaysWord::AtMost, Some(lesions), None) => Some(Says::AtMost(lesions)),
            (SaysWord::MoreThan, Some(lesions), None) => Some(Says::MoreThan(lesions)),
            (SaysWord::Intrathoracic, ..) => bare.then_some(Says::Intrathoracic),
            (SaysWord::SingleLesion, ..) => bare.then_some(Says::SingleLesion),
            (SaysWord::OneOrgan, ..) => bare.then_some(Says::OneOrgan),
            (SaysWord::SeveralOrgans, ..) => bare.then_some(Says::SeveralOrgans),
            (SaysWord::OrganAndNodes, ..) => bare.then_some(Says::OrganAndNodes),
            (SaysWord::Unspecified, ..) => bare.then_some(Says::Unspecified),
            (SaysWord::Diffuse | SaysWord::AtMost | SaysWord::MoreThan, ..) => None,
        }
    }
}
