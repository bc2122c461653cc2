//! The tumors of each patient, brought together on disk, for the rule that asks about them (R14).
//!
//! A patient's records may stand anywhere in the inputs, and the records are streamed once. So what the rule
//! asks of each is brought together by patient beside the result, and its findings come after all others.

use std::borrow::Cow;
use std::hash::Hasher;
use std::io;
use std::path::{Path, PathBuf};

use rustc_hash::FxHasher;

use super::RunError;
use super::decode::key_of;
use super::finding_rows::FindingRow;
use super::partitions::Partitions;
use super::resume::RowLog;
use super::sorted::{Rows, Sorter};
use crate::audit::{AuditRules, Config, HistologyFamilies, Severity, Tumor};
use crate::category::{Histology, PartialDate, Site};
use crate::fields::{Field, Mapping, Source};
use crate::input::{Chunk, Column};
use crate::knowledge::SchemaId;
use crate::output::Keys;
use crate::summary::Counts;

/// The rule.
const RULE: &str = "R14";
/// What its findings are about.
const FIELDS: [Field; 4] = [Field::PatientId, Field::Site, Field::Histology, Field::DxDate];

/// The tumors of the run by patient.
pub(super) struct Patients {
    folder: PathBuf,
    tumors: Partitions,
    /// The tumors once more, where the run may have to be gone on with.
    log: Option<RowLog>,
    families: HistologyFamilies,
    severity: Severity,
    what: String,
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
            tumors: Partitions::new(folder),
            log: None,
            families: HistologyFamilies::builtin()?,
            severity,
            what: audit.rule(RULE).map_or_else(String::new, |rule| rule.meaning.clone()),
            action: audit.rule(RULE).map_or_else(String::new, |rule| rule.action.clone()),
        }))
    }

    /// Writes the tumors down as well, behind so many bytes of an earlier process.
    pub(super) fn logged(&mut self, bytes: u64) -> Result<(), RunError> {
        let tumors = &mut self.tumors;
        let log = RowLog::open(&self.folder.join(".tumors"), bytes, |(order, row)| tumors.push(order, &row));
        self.log = Some(log.map_err(|source| self.lost(source))?);
        Ok(())
    }

    /// Brings the tumors to the disk; their bytes.
    pub(super) fn sync(&mut self) -> Result<u64, RunError> {
        let synced = self.log.as_mut().map_or(Ok(0), RowLog::sync);
        synced.map_err(|source| self.lost(source))
    }

    /// Takes the tumors of a chunk.
    pub(super) fn take(&mut self, tumors: &Rows) -> Result<(), RunError> {
        let logged = self.log.as_mut().map_or(Ok(()), |log| log.take(tumors));
        logged.and_then(|()| self.tumors.take(tumors)).map_err(|source| self.lost(source))
    }

    /// Calls `each` with the findings in the order of the records, and counts them. Nothing is known any more of the
    /// facility of a record.
    pub(super) fn findings(
        self,
        paths: &[String],
        counts: &mut Counts,
        mut each: impl FnMut(&FindingRow) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let Self { folder, tumors, families, severity, what, action, .. } = self;
        let lost = |source| RunError::Events { path: folder.clone(), source };
        let mut found = Sorter::new(&folder);
        // Patients that have a hash in common lie one behind the other.
        let judge_all = |rows: &mut dyn Iterator<Item = &[u8]>, found: &mut Vec<Found>| {
            let mut patient: Vec<Stored> = Vec::new();
            for row in rows {
                let tumor = Stored::read(row)?;
                if patient.first().is_some_and(|first| first.patient != tumor.patient) {
                    judge(&families, &patient, found)?;
                    patient.clear();
                }
                patient.push(tumor);
            }
            judge(&families, &patient, found)
        };
        let sort = |some: Vec<Found>| some.iter().try_for_each(|(place, text)| found.push(*place, text));
        tumors.together(judge_all, sort).map_err(lost)?;
        let fields = FIELDS.map(Field::id).join(";");
        for row in found.finish().map_err(lost)? {
            let (place, text) = row.map_err(lost)?;
            let (schema, [key, recorded, expected]): (Option<u16>, [String; 3]) =
                serde_json::from_slice(&text).map_err(|error| lost(error.into()))?;
            counts.add_finding(schema.map(SchemaId), RULE, severity);
            let line = (place & ((1 << LINE_BITS) - 1)).to_string();
            each(&FindingRow {
                rule: RULE,
                severity,
                what: &what,
                action: &action,
                key: &key,
                file: paths.get((place >> LINE_BITS) as usize).map_or("", String::as_str),
                line: &line,
                fields: &fields,
                recorded: &recorded,
                derived: &expected,
                why: "",
                facility: "",
                group: "",
            })?;
        }
        Ok(())
    }

    fn lost(&self, source: io::Error) -> RunError {
        RunError::Events { path: self.folder.clone(), source }
    }
}

/// Bits of a place that are the line; those above are the file.
const LINE_BITS: u32 = 44;

/// The place of a record, and what is found there.
type Found = (u64, Vec<u8>);

/// The tumors of one patient under the rule. Each is held against the first earlier one that it may have
/// come from.
fn judge(families: &HistologyFamilies, tumors: &[Stored], found: &mut Vec<Found>) -> io::Result<()> {
    if tumors.len() < 2 {
        return Ok(());
    }
    let seen: Vec<_> = tumors.iter().map(|stored| stored.tumor).collect();
    for (later, earlier) in tumors.iter().zip(families.origins(&seen)) {
        let Some(earlier) = earlier.and_then(|at| tumors.get(at)) else { continue };
        let Tumor { site, histology, dx, .. } = later.tumor;
        let recorded = format!("site={site}; histology={histology}; dx_date={dx}");
        let expected = format!("a recurrence of {} of {}", earlier.key, earlier.tumor.dx);
        let text = serde_json::to_vec(&(later.schema.map(|id| id.0), [&later.key, &recorded, &expected]))?;
        found.push(((u64::from(later.file) << LINE_BITS) | later.line, text));
    }
    Ok(())
}

/// Where a file says whose a record is.
pub(super) struct Who<'m> {
    mapping: &'m Mapping,
    key: &'m [Source],
    registry: &'m [Source],
    patient: &'m [Source],
    number: &'m [Source],
}

impl<'m> Who<'m> {
    pub(super) fn new(mapping: &'m Mapping) -> Self {
        Self {
            mapping,
            key: mapping.sources(Field::TumorKey),
            registry: mapping.sources(Field::RegistryId),
            patient: mapping.sources(Field::PatientId),
            number: mapping.sources(Field::TumorNumber),
        }
    }

    /// The same for the records of a chunk.
    pub(super) fn in_chunk<'c>(&'c self, chunk: &'c Chunk) -> Whose<'c> {
        let texts = |sources: &'c [Source]| -> Vec<Text<'c>> {
            let text = |source: &'c Source| match source {
                Source::Constant(text) => Text::Constant(text.as_bytes()),
                Source::Column { index, .. } if chunk.is_utf8() => Text::Cells(chunk.column(*index)),
                Source::Column { index, .. } => Text::Decoded(chunk, *index),
            };
            sources.iter().map(text).collect()
        };
        Whose {
            mapping: self.mapping,
            chunk,
            key: texts(self.key),
            registry: texts(self.registry),
            patient: texts(self.patient),
            number: texts(self.number),
        }
    }
}

/// Whose the records of a chunk are.
pub(super) struct Whose<'c> {
    mapping: &'c Mapping,
    chunk: &'c Chunk,
    key: Vec<Text<'c>>,
    registry: Vec<Text<'c>>,
    patient: Vec<Text<'c>>,
    number: Vec<Text<'c>>,
}

/// A source of texts.
enum Text<'c> {
    Constant(&'c [u8]),
    Cells(Column<'c>),
    /// A column in another encoding than UTF-8.
    Decoded(&'c Chunk, usize),
}

/// The first text that a record has.
fn first<'c>(texts: &[Text<'c>], row: usize) -> Option<Cow<'c, [u8]>> {
    let texts = texts.iter().map(|text| match text {
        Text::Constant(text) => Cow::Borrowed(*text),
        Text::Cells(column) => column.cell(row),
        Text::Decoded(chunk, column) => match chunk.text(*column, row) {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
    });
    texts.into_iter().find(|text| !text.is_empty())
}

impl Whose<'_> {
    /// Keeps the tumor of a record, unless the record has no patient number.
    pub(super) fn keep(
        &self,
        rows: &mut Rows,
        row: usize,
        keys: &Keys,
        (tumor, schema): (Tumor, Option<SchemaId>),
    ) {
        let Some(number) = first(&self.patient, row) else { return };
        let registry = first(&self.registry, row);
        rows.add(|bytes| {
            let from = bytes.len();
            let file = self.chunk.file as u32;
            let patient = [registry.as_deref().unwrap_or_default(), b"/", &number];
            put(bytes, &patient, (&tumor, schema), (file, self.chunk.line(row)));
            let length: usize = patient.iter().map(|part| part.len()).sum();
            let patient = from + size_of::<u32>()..from + size_of::<u32>() + length;
            let mut hasher = FxHasher::default();
            hasher.write(bytes.get(patient).unwrap_or_default());
            if keys.are_pseudonyms() {
                bytes.extend_from_slice(keys.shown(key_of(self.chunk, self.mapping, row)).as_bytes());
            } else if let Some(key) = first(&self.key, row) {
                bytes.extend_from_slice(&key);
            } else {
                // As `key_of` has it.
                for part in registry.iter().chain([&number]).chain(&first(&self.number, row)) {
                    bytes.extend_from_slice(part);
                    bytes.push(b'/');
                }
                bytes.pop();
            }
            hasher.finish()
        });
    }
}

/// In the place of a schema where there is none; there are far fewer.
const NO_SCHEMA: u16 = u16::MAX;

/// The tumor of a record with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stored {
    patient: String,
    tumor: Tumor,
    schema: Option<SchemaId>,
    file: u32,
    line: u64,
    key: String,
}

/// Puts down a tumor but for its key, which comes last; the bytes sort by patient and place.
fn put(
    bytes: &mut Vec<u8>,
    patient: &[&[u8]],
    (tumor, schema): (&Tumor, Option<SchemaId>),
    (file, line): (u32, u64),
) {
    let &Tumor { site, histology, dx, metastatic, confirmed } = tumor;
    let length: usize = patient.iter().map(|part| part.len()).sum();
    bytes.extend((length as u32).to_be_bytes());
    for part in patient {
        bytes.extend_from_slice(part);
    }
    bytes.extend(file.to_be_bytes());
    bytes.extend(line.to_be_bytes());
    bytes.extend(schema.map_or(NO_SCHEMA, |id| id.0).to_be_bytes());
    bytes.extend(site.0.to_be_bytes());
    bytes.extend(histology.0.to_be_bytes());
    bytes.extend(dx.year.to_be_bytes());
    bytes.extend([dx.month, dx.day, u8::from(metastatic), u8::from(confirmed)]);
}

impl Stored {
    /// What [`put`] wrote, and a key.
    fn read(bytes: &[u8]) -> io::Result<Self> {
        let short = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(io::Error::other);
        let (length, rest) = bytes.split_first_chunk().ok_or_else(short)?;
        let (patient, rest) =
            rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(short)?;
        let (file, rest) = rest.split_first_chunk().ok_or_else(short)?;
        let (line, rest) = rest.split_first_chunk().ok_or_else(short)?;
        let (schema, rest) = rest.split_first_chunk().ok_or_else(short)?;
        let schema = u16::from_be_bytes(*schema);
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
            schema: (schema != NO_SCHEMA).then_some(SchemaId(schema)),
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
            schema in prop::option::of(0..NO_SCHEMA),
            cut in any::<prop::sample::Index>(),
        ) {
            let (site, histology, year, month, day, metastatic, confirmed, file, line) = numbers;
            let dx = PartialDate { year, month, day };
            let tumor = Tumor { site: Site(site), histology: Histology(histology), dx, metastatic, confirmed };
            let schema = schema.map(SchemaId);
            let stored = Stored { patient: texts.0, tumor, schema, file, line, key: texts.1 };
            let mut bytes = Vec::new();
            put(&mut bytes, &[stored.patient.as_bytes()], (&stored.tumor, schema), (file, line));
            bytes.extend_from_slice(stored.key.as_bytes());
            prop_assert_eq!(Stored::read(&bytes).unwrap(), stored);
            // Cut short it is an error or another key, and never a panic.
            let _ = Stored::read(&bytes[..cut.index(bytes.len())]);
        }
    }
}
