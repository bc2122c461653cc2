//! The planted records: one known situation each, with what must be found in it.

use serde::Deserialize;

use super::error::SynthError;
use super::profile::{Profile, read};
use super::row::{Column, Row};
use super::spelling::{Date, Group};
use super::table::{Basis, Example, Organ, Reader};

/// A planted record.
pub(super) struct Scenario {
    pub(super) case: String,
    /// Index into the cancers of the profile.
    pub(super) cancer: usize,
    /// First and last year of diagnosis.
    pub(super) years: (u32, u32),
    pub(super) basis: Basis,
    pub(super) example: Example,
    /// What was recorded instead of the true group.
    pub(super) recorded: Option<Group>,
    /// Exactly these metastasis items are marked.
    pub(super) mets: Option<Vec<Organ>>,
    pub(super) origin: String,
    pub(super) oligo: String,
    /// Rule ids, `;` between.
    pub(super) findings: String,
    /// Cells written over what the record would hold.
    cells: Vec<(Column, CellText)>,
}

enum CellText {
    Literal(String),
    /// Months after diagnosis.
    AfterDiagnosis(i32),
}

impl Scenario {
    pub(super) fn write_cells(&self, row: &mut Row, dx: Date) {
        for (column, text) in &self.cells {
            match text {
                CellText::Literal(text) => row.set(*column, text),
                CellText::AfterDiagnosis(months) => {
                    row.set_args(*column, format_args!("{}", dx.plus(*months)));
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct ScenarioFile {
    scenario: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    case: String,
    cancer: String,
    years: (u32, u32),
    basis: String,
    stage: String,
    recorded: Option<String>,
    mets: Option<Vec<String>>,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    oligo: String,
    #[serde(default)]
    findings: Vec<String>,
    #[serde(default)]
    cells: toml::Table,
}

/// Reads the planted records that are built into the program.
pub(super) fn load(profile: &Profile) -> Result<Vec<Scenario>, SynthError> {
    let name = "scenarios.toml";
    let reader = Reader { file: name, factors: &profile.factors };
    let file: ScenarioFile = read(name, include_str!("scenarios.toml"))?;
    file.scenario.into_iter().map(|entry| scenario(entry, profile, &reader)).collect()
}

fn scenario(entry: Entry, profile: &Profile, reader: &Reader<'_>) -> Result<Scenario, SynthError> {
    let cancer = profile
        .cancers
        .iter()
        .position(|cancer| cancer.id == entry.cancer)
        .ok_or_else(|| reader.error(&entry.cancer, "cancer of the profile"))?;
    let basis = match entry.basis.as_str() {
        "clinical" => Basis::Clinical,
        "pathologic" => Basis::Pathologic,
        "both" => Basis::Both,
        other => return Err(reader.error(other, "basis")),
    };
    let cells = entry
        .cells
        .iter()
        .map(|(name, value)| {
            let value = value.as_str().ok_or_else(|| reader.error(name, "cell with a text in quotes"))?;
            let text = match value.strip_prefix("dx") {
                Some(months) => CellText::AfterDiagnosis(
                    months.parse().map_err(|_| reader.error(value, "number of months `dx+26`"))?,
                ),
                None => CellText::Literal(value.to_owned()),
            };
            Ok((reader.column(name)?, text))
        })
        .collect::<Result<_, SynthError>>()?;
    let mets =
        entry.mets.map(|organs| organs.iter().map(|organ| reader.organ(organ)).collect()).transpose()?;
    Ok(Scenario {
        case: entry.case,
        cancer,
        years: entry.years,
        basis,
        example: reader.example(&entry.stage)?,
        recorded: entry.recorded.as_deref().map(Group::new),
        mets,
        origin: entry.origin,
        oligo: entry.oligo,
        findings: entry.findings.join(";"),
        cells,
    })
}
