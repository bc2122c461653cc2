//! The tumors of each patient, brought together on disk, for the rule that asks about them (R14).
//!
//! A patient's records may stand anywhere in the inputs, and the records are streamed once. So what the rule
//! asks of each is sorted by patient beside the result, and its findings come after all others.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use super::RunError;
use super::decode::{cell_of, key_of};
use super::process::FINDING_COLUMNS;
use super::sorted::{Row, Sorter};
use crate::audit::{AuditRules, Config, HistologyFamilies, Severity, Tumor};
use crate::category::{Histology, PartialDate, Site};
use crate::fields::{Field, Mapping};
use crate::input::Chunk;
use crate::staging::Case;

/// The rule.
const RULE: &str = "R14";
/// What its findings are about.
const FIELDS: [Field; 4] = [Field::PatientId, Field::Site, Field::Histology, Field::DxDate];

/// The tumors of the run by patient.
pub(super) struct Patients {
    folder: PathBuf,
    sorter: Sorter,
    families: HistologyFamilies,
    severity: Severity,
    action: String,
}

impl Patients {
    /// Where the tumors are brought together; none where the rule is off or no input has patient numbers.
    pub(super) fn of<'m>(
        folder: &Path,
        audit: &AuditRules,
        config: &Config,
        mut mappings: impl Iterator<Item = &'m Mapping>,
    ) -> Result<Option<Self>, RunError> {
        let Some(severity) = audit.severity_of(RULE, config) else { return Ok(None) };
        if !mappings.any(|mapping| !mapping.sources(Field::PatientId).is_empty()) {
            return Ok(None);
        }
        Ok(Some(Self {
            folder: folder.to_owned(),
            sorter: Sorter::new(folder),
            families: HistologyFamilies::builtin()?,
            severity,
            action: audit.rule(RULE).map_or_else(String::new, |rule| rule.action.clone()),
        }))
    }

    /// Takes the tumors of a chunk.
    pub(super) fn take(&mut self, tumors: Vec<Row>) -> Result<(), RunError> {
        for (patient, tumor) in tumors {
            self.sorter.push(patient, tumor).map_err(|source| self.lost(source))?;
        }
        Ok(())
    }

    /// Calls `each` with the findings in the order of the records.
    pub(super) fn findings(
        self,
        paths: &[String],
        mut each: impl FnMut(Severity, &[String; FINDING_COLUMNS.len()]) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let Self { folder, sorter, families, severity, action } = self;
        let lost = |source| RunError::Events { path: folder.clone(), source };
        let mut found = Sorter::new(&folder);
        let mut patient: Vec<Stored> = Vec::new();
        for row in sorter.finish().map_err(lost)? {
            let tumor = Stored::read(&row.map_err(lost)?.1).map_err(lost)?;
            if patient.first().is_some_and(|first| first.patient != tumor.patient) {
                judge(&families, &patient, &mut found).map_err(lost)?;
                patient.clear();
            }
            patient.push(tumor);
        }
        judge(&families, &patient, &mut found).map_err(lost)?;
        let fields = FIELDS.map(Field::id).join(";");
        for row in found.finish().map_err(lost)? {
            let (place, text) = row.map_err(lost)?;
            let [key, recorded, expected]: [String; 3] =
                serde_json::from_slice(&text).map_err(|error| lost(error.into()))?;
            let file = paths.get((place >> LINE_BITS) as usize).cloned().unwrap_or_default();
            let line = (place & ((1 << LINE_BITS) - 1)).to_string();
            let severity_word = severity.as_str().to_owned();
            let cells = [
                key,
                file,
                line,
                RULE.to_owned(),
                severity_word,
                fields.clone(),
                recorded,
                expected,
                action.clone(),
            ];
            each(severity, &cells)?;
        }
        Ok(())
    }

    fn lost(&self, source: io::Error) -> RunError {
        RunError::Events { path: self.folder.clone(), source }
    }
}

/// Bits of a place that are the line; those above are the file.
const LINE_BITS: u32 = 44;

/// The tumors of one patient under the rule. Each is held against the first earlier one that it may have
/// come from.
fn judge(families: &HistologyFamilies, tumors: &[Stored], found: &mut Sorter) -> io::Result<()> {
    for later in tumors {
        let earlier = tumors.iter().find(|earlier| families.may_be_recurrence(&later.tumor, &earlier.tumor));
        let Some(earlier) = earlier else { continue };
        let Tumor { site, histology, dx, .. } = later.tumor;
        let recorded = format!("site={site}; histology={histology}; dx_date={dx}");
        let expected = format!("a recurrence of {} of {}", earlier.key, earlier.tumor.dx);
        let text = serde_json::to_vec(&[&later.key, &recorded, &expected])?;
        found.push((u64::from(later.file) << LINE_BITS) | later.line, text)?;
    }
    Ok(())
}

/// What is kept of a record; none where it has no patient number or says too little of its tumor.
pub(super) fn tumor(chunk: &Chunk, mapping: &Mapping, row: usize, case: &Case) -> Option<Row> {
    let tumor = Tumor::of(case)?;
    let number = cell_of(chunk, mapping, Field::PatientId, row)?;
    let registry = cell_of(chunk, mapping, Field::RegistryId, row).unwrap_or_default();
    let stored = Stored {
        patient: format!("{registry}/{number}"),
        tumor,
        file: u32::try_from(chunk.file).ok()?,
        line: chunk.line(row),
        key: key_of(chunk, mapping, row),
    };
    let mut hasher = DefaultHasher::new();
    stored.patient.hash(&mut hasher);
    Some((hasher.finish(), stored.bytes()))
}

/// The tumor of a record with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stored {
    patient: String,
    tumor: Tumor,
    file: u32,
    line: u64,
    key: String,
}

impl Stored {
    /// Its bytes, which sort by patient and place.
    fn bytes(&self) -> Vec<u8> {
        let Tumor { site, histology, dx, metastatic, confirmed } = self.tumor;
        let mut bytes = Vec::with_capacity(self.patient.len() + self.key.len() + 32);
        bytes.extend((self.patient.len() as u32).to_be_bytes());
        bytes.extend(self.patient.as_bytes());
        bytes.extend(self.file.to_be_bytes());
        bytes.extend(self.line.to_be_bytes());
        bytes.extend(site.0.to_be_bytes());
        bytes.extend(histology.0.to_be_bytes());
        bytes.extend(dx.year.to_be_bytes());
        bytes.extend([dx.month, dx.day, u8::from(metastatic), u8::from(confirmed)]);
        bytes.extend(self.key.as_bytes());
        bytes
    }

    /// What [`Stored::bytes`] wrote.
    fn read(bytes: &[u8]) -> io::Result<Self> {
        let short = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(io::Error::other);
        let (length, rest) = bytes.split_first_chunk().ok_or_else(short)?;
        let (patient, rest) =
            rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(short)?;
        let (file, rest) = rest.split_first_chunk().ok_or_else(short)?;
        let (line, rest) = rest.split_first_chunk().ok_or_else(short)?;
        let (site, rest) = rest.split_first_chunk().ok_or_else(short)?;
        let (histology, rest) = rest.split_first_chunk().ok_or_else(short)?;
        let (year, rest) = rest.split_first_chunk().ok_or_else(short)?;
        let (&[month, day, metastatic, confirmed], key) = rest.split_first_chunk().ok_or_else(short)?;
        Ok(Self {
            patient: text(patient)?,
            tumor: Tumor {
                site: Site(u16::from_be_bytes(*site)),
                histology: Histology(u16::from_be_bytes(*histology)),
                dx: PartialDate { year: u16::from_be_bytes(*year), month, day },
                metastatic: metastatic != 0,
                confirmed: confirmed != 0,
            },
            file: u32::from_be_bytes(*file),
            line: u64::from_be_bytes(*line),
            key: text(key)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_kept_comes_back(
            texts in (".{0,12}", ".{0,12}"),
            numbers in any::<(u16, u16, u16, u8, u8, bool, bool, u32, u64)>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let (site, histology, year, month, day, metastatic, confirmed, file, line) = numbers;
            let dx = PartialDate { year, month, day };
            let tumor = Tumor { site: Site(site), histology: Histology(histology), dx, metastatic, confirmed };
            let stored = Stored { patient: texts.0, tumor, file, line, key: texts.1 };
            let bytes = stored.bytes();
            prop_assert_eq!(Stored::read(&bytes).unwrap(), stored);
            // Cut short it is an error or another key, and never a panic.
            let _ = Stored::read(&bytes[..cut.index(bytes.len())]);
        }
    }
}
