//! Whether a result is still what the run wrote: every file against its hash, and every record accounted for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Deserialize;

use super::folder::MANIFEST;
use super::seal::{Program, files};
use super::{Counts, Digest, EventCounts, ManifestInput, OutputError};
use crate::input::{Encoding, InputError, InputFile, Kind, Options};

/// What came of looking at a result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Which rstage wrote it.
    pub program: Program,
    /// Digest of the manifest itself, which nothing in the folder can vouch for.
    pub manifest: Digest,
    /// Files that were compared, the inputs among them where they were asked for.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Records that were counted, those of a comparison of exports not.
    pub records: Option<u64>,
    /// What is not as the run left it, by file.
    pub mismatches: Vec<Mismatch>,
}

/// Something that is not as the run left it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// The file, by its path in the folder; that of an input as the run was given it.
    pub file: String,
    /// What is wrong with it.
    pub what: Wrong,
}

/// What can be wrong with a file of a result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// It is not there.
    Missing,
    /// No run wrote it.
    Added,
    /// It is a link or a device.
    NoFile,
    /// It cannot be read.
    Unreadable(String),
    /// It is longer or shorter.
    Size {
        /// Bytes of the file.
        found: u64,
        /// Bytes that the run wrote or read.
        expected: u64,
    },
    /// As long as it was, with other bytes.
    Changed,
    /// It holds another number of rows than the manifest counts.
    Rows {
        /// Rows of the file.
        found: u64,
        /// Rows by the manifest.
        expected: u64,
    },
    /// The counts of the manifest do not add up.
    Counts(String),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        match &self.what {
            Wrong::Missing => f.write_str("is missing"),
            Wrong::Added => f.write_str("was not written by the run"),
            Wrong::NoFile => f.write_str("is no plain file"),
            Wrong::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Wrong::Size { found, expected } => write!(f, "{found} bytes instead of {expected}"),
            Wrong::Changed => f.write_str("its bytes have changed"),
            Wrong::Rows { found, expected } => write!(f, "{found} rows instead of {expected}"),
            Wrong::Counts(error) => f.write_str(error),
        }
    }
}

/// What has to be known of a manifest, of a run or of a comparison of two exports.
#[derive(Deserialize)]
struct Known {
    program: Program,
    outputs: BTreeMap<String, Digest>,
    counts: serde_json::Value,
    /// `diff` for a comparison.
    command: Option<String>,
    events: Option<EventCounts>,
    #[serde(default)]
    inputs: Vec<ManifestInput>,
    #[serde(default)]
    old: Vec<ManifestInput>,
    #[serde(default)]
    new: Vec<ManifestInput>,
}

/// Compares the folder of a result with its manifest, and the inputs where they are asked for.
///
/// # Errors
/// A folder without a manifest that can be read, or that cannot be listed.
pub fn verify(folder: &Path, inputs: bool) -> Result<Verified, OutputError> {
    let path = folder.join(MANIFEST);
    let no_manifest = |message: String| OutputError::NoManifest { path: path.clone(), message };
    let text = fs::read(&path).map_err(|error| no_manifest(error.to_string()))?;
    let known: Known = serde_json::from_slice(&text).map_err(|error| no_manifest(error.to_string()))?;
    let manifest = Digest { bytes: text.len() as u64, blake3: blake3::hash(&text).to_hex().to_string() };

    let mut mismatches = Vec::new();
    let found: BTreeSet<String> = files(folder)?.into_iter().filter(|name| name != MANIFEST).collect();
    for name in found.iter().filter(|name| !known.outputs.contains_key(*name)) {
        mismatches.push(Mismatch { file: name.clone(), what: Wrong::Added });
    }
    let mut compared: Vec<(String, PathBuf, &Digest)> = Vec::new();
    for (name, digest) in &known.outputs {
        // Only what lies in the folder is opened, whatever the manifest names.
        if found.contains(name) {
            compared.push((name.clone(), folder.join(name), digest));
        } else {
            mismatches.push(Mismatch { file: name.clone(), what: Wrong::Missing });
        }
    }
    let of_inputs: Vec<(String, Digest)> = known
        .inputs
        .iter()
        .chain(&known.old)
        .chain(&known.new)
        .chain(known.events.iter().flat_map(|events| &events.inputs))
        .filter(|_| inputs)
        .map(|input| (input.path.clone(), Digest { bytes: input.bytes, blake3: input.blake3.clone() }))
        .collect();
    for (name, digest) in &of_inputs {
        compared.push((name.clone(), PathBuf::from(name), digest));
    }
    let bytes = compared.iter().map(|(_, _, digest)| digest.bytes).sum();
    let files = compared.len();
    let checked: Vec<Option<Wrong>> = compared
        .par_iter()
        .map(|(name, path, digest)| compare(path, digest, of_inputs.iter().any(|(input, _)| input == name)))
        .collect();
    let whole =
        |name: &str| compared.iter().zip(&checked).any(|((of, ..), wrong)| of == name && wrong.is_none());

    let mut records = None;
    if known.command.is_none() {
        let counts: Counts =
            serde_json::from_value(known.counts).map_err(|error| no_manifest(error.to_string()))?;
        if let Err(error) = counts.check() {
            let what = Wrong::Counts(error.to_string().lines().next().unwrap_or_default().to_owned());
            mismatches.push(Mismatch { file: MANIFEST.to_owned(), what });
        }
        let rejected = counts.rejected + known.events.as_ref().map_or(0, |events| events.rejected);
        for (name, expected) in
            [("records.csv", counts.written), ("records.parquet", counts.written), ("rejects.csv", rejected)]
        {
            // The rows of a file that is not the run's own say nothing.
            if !whole(name) {
                continue;
            }
            let rows = count_rows(&folder.join(name));
            let what = match rows {
                Ok(found) if found == expected => None,
                Ok(found) => Some(Wrong::Rows { found, expected }),
                Err(error) => Some(Wrong::Unreadable(error.to_string())),
            };
            if name.starts_with("records") {
                records = Some(expected);
            }
            mismatches.extend(what.map(|what| Mismatch { file: name.to_owned(), what }));
        }
    }
    for ((file, ..), what) in compared.into_iter().zip(checked) {
        mismatches.extend(what.map(|what| Mismatch { file, what }));
    }
    mismatches.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(Verified { program: known.program, manifest, files, bytes, records, mismatches })
}

/// What is wrong with a file; nothing where it is what its digest says. An input may be a link.
fn compare(path: &Path, expected: &Digest, input: bool) -> Option<Wrong> {
    let metadata = if input { fs::metadata(path) } else { fs::symlink_metadata(path) };
    let found = match metadata {
        Ok(metadata) if !metadata.is_file() => return Some(Wrong::NoFile),
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Wrong::Missing),
        Err(error) => return Some(Wrong::Unreadable(error.to_string())),
    };
    if found != expected.bytes {
        return Some(Wrong::Size { found, expected: expected.bytes });
    }
    match Digest::of_file(path) {
        Ok(digest) if digest == *expected => None,
        Ok(_) => Some(Wrong::Changed),
        Err(error) => Some(Wrong::Unreadable(error.to_string())),
    }
}

/// Rows of a table, its header not counted.
fn count_rows(path: &Path) -> Result<u64, InputError> {
    // Any byte is a character of this encoding, so that no row is refused for the encoding of the input.
    let options = Options { encoding: Encoding::Windows1252, ..Options::default() };
    let file = match InputFile::probe(path, 0, &options) {
        Err(InputError::NoRecords { .. }) => return Ok(0),
        other => other?,
    };
    if let Kind::Parquet(layout) = &file.kind {
        return Ok(layout.rows);
    }
    file.open(&options)?.try_fold(0, |rows, chunk| {
        let chunk = chunk?;
        Ok(rows + (chunk.rows() + chunk.rejects.len()) as u64)
    })
}
