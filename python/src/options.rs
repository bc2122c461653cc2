//! The options of a frame as Python hands them over: JSON with the names of the command's options.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::PyResult;
use rstage::audit::{Config, OligoConfig, SeveritySetting};
use rstage::category::Edition;
use rstage::course::OriginalWindow;
use rstage::fields::{MapFile, MapOptions, parse_setting};
use rstage::knowledge::{Overlay, Rules};
use rstage::output::Keys;
use rstage::pipeline::{DEFAULT_MEMORY, FrameConfig, Privacy};
use rstage::seer::{Algorithm, Algorithms, current_year};
use rstage::staging::{MxPolicy, NxPolicy, Policy};
use serde::Deserialize;

use crate::failed;

/// The options; each has the default of the command.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    pub(crate) name: String,
    map: Option<Map>,
    set: BTreeMap<String, String>,
    layout: Option<String>,
    rules: Option<PathBuf>,
    algorithm: Vec<PathBuf>,
    current_year: Option<u16>,
    mx: Mx,
    nx: Nx,
    edition: Option<u8>,
    also_edition: Vec<u8>,
    original_window: String,
    sync_months: u16,
    oligo_profiles: Vec<String>,
    oligometastasis: OligoConfig,
    findings: BTreeMap<String, SeveritySetting>,
    drop_identifiers: bool,
    key_file: Option<PathBuf>,
    threads: usize,
    memory_limit: usize,
}

/// A map file by its text, or what would stand in one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Map {
    Text { name: String, text: String },
    Table(toml::Table),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mx {
    M0,
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Nx {
    Unknown,
    N0,
}

impl Default for Options {
    fn default() -> Self {
        let config = Config::default();
        Self {
            name: "frame".to_owned(),
            map: None,
            set: BTreeMap::new(),
            layout: None,
            rules: None,
            algorithm: Vec::new(),
            current_year: None,
            mx: Mx::M0,
            nx: Nx::Unknown,
            edition: None,
            also_edition: Vec::new(),
            original_window: config.original_window.id().to_owned(),
            sync_months: config.sync_months,
            oligo_profiles: Vec::new(),
            oligometastasis: config.oligometastasis,
            findings: BTreeMap::new(),
            drop_identifiers: false,
            key_file: None,
            threads: 0,
            memory_limit: DEFAULT_MEMORY,
        }
    }
}

impl Options {
    /// Reads them.
    pub(crate) fn read(json: &str) -> PyResult<Self> {
        serde_json::from_str(json).map_err(|error| {
            // The place is one in JSON that nobody wrote.
            let message = error.to_string();
            failed(message.split(" at line ").next().unwrap_or(&message))
        })
    }

    /// The user's own rules, where there are any.
    pub(crate) fn rules(&self) -> PyResult<Option<Arc<Rules>>> {
        let Some(folder) = &self.rules else { return Ok(None) };
        let overlay = Overlay::read(folder).map_err(failed)?;
        Ok(Some(Arc::new(Rules::overlaid(overlay).map_err(failed)?)))
    }

    /// Settings of the audit.
    pub(crate) fn audit(&self) -> PyResult<Config> {
        let (original_window, days) = OriginalWindow::parse(&self.original_window)
            .map_err(|error| failed(format!("original_window: {error}")))?;
        let mut audit = Config {
            original_window,
            severities: self.findings.clone(),
            oligometastasis: self.oligometastasis.clone(),
            sync_months: self.sync_months,
            ..Config::default()
        };
        audit.original_window_days = days.unwrap_or(audit.original_window_days);
        if !self.oligo_profiles.is_empty() {
            audit.oligometastasis.beside.clone_from(&self.oligo_profiles);
        }
        Ok(audit)
    }

    /// Staging policies.
    pub(crate) fn policy(&self) -> PyResult<Policy> {
        Ok(Policy {
            mx: match self.mx {
                Mx::M0 => MxPolicy::M0,
                Mx::Unknown => MxPolicy::Unknown,
            },
            nx: match self.nx {
                Nx::Unknown => NxPolicy::Unknown,
                Nx::N0 => NxPolicy::N0,
            },
            edition: self.edition.map(|edition| known("edition", edition)).transpose()?,
        })
    }

    /// Further editions.
    pub(crate) fn also_editions(&self) -> PyResult<Vec<Edition>> {
        self.also_edition.iter().map(|&edition| known("also_edition", edition)).collect()
    }

    /// What the library is told.
    pub(crate) fn config(&self) -> PyResult<FrameConfig> {
        let (rules, audit) = (self.rules()?, self.audit()?);
        let known: &Rules = match &rules {
            Some(rules) => rules,
            None => Rules::builtin().map_err(failed)?,
        };
        for id in audit.oligometastasis.schemas.keys() {
            known.find(id).map_err(failed)?;
        }
        let keys = self.key_file.as_deref().map_or_else(|| Ok(Keys::default()), Keys::pseudonymised);
        let keys = keys.map_err(|error| failed(format!("key_file: {error}")))?;
        Ok(FrameConfig {
            map: self.mapping()?,
            rules,
            algorithms: self.algorithms()?,
            policy: self.policy()?,
            also_editions: self.also_editions()?,
            audit,
            privacy: Privacy { keys, drop_identifiers: self.drop_identifiers },
            threads: self.threads,
            memory: self.memory_limit,
        })
    }

    fn mapping(&self) -> PyResult<MapOptions> {
        let map = match &self.map {
            None => None,
            Some(Map::Text { name, text }) => Some(MapFile::parse(name, text)),
            Some(Map::Table(table)) => Some(MapFile::parse("map", &table.to_string())),
        };
        let set = self.set.iter().map(|(field, value)| parse_setting(&format!("{field}={value}")));
        let set = set.collect::<Result<_, _>>().map_err(|error| failed(format!("set: {error}")))?;
        Ok(MapOptions { layout: self.layout.clone(), map: map.transpose().map_err(failed)?, set })
    }

    fn algorithms(&self) -> PyResult<Option<Arc<Algorithms>>> {
        if self.algorithm.is_empty() {
            return Ok(None);
        }
        let year = self.current_year.unwrap_or_else(current_year);
        let opened = self.algorithm.iter().map(|path| Algorithm::open(path, year)).collect::<Result<_, _>>();
        Ok(Some(Arc::new(Algorithms::new(opened.map_err(failed)?).map_err(failed)?)))
    }
}

fn known(option: &str, edition: u8) -> PyResult<Edition> {
    if (6..=9).contains(&edition) {
        return Ok(Edition(edition));
    }
    Err(failed(format!("{option}: {edition} is not in 6..=9")))
}
