//! SEER's algorithms as the manifest names them.

use std::path::{Path, PathBuf};

use crate::input::{InputError, hash_file};
use crate::output::ManifestAlgorithm;
use crate::seer::Algorithms;

/// The algorithms of a run.
pub(in crate::pipeline) fn manifest_algorithms(
    algorithms: &Algorithms,
) -> Result<Vec<ManifestAlgorithm>, InputError> {
    let entry = |algorithm: &crate::seer::Algorithm| {
        Ok(ManifestAlgorithm {
            name: algorithm.name().to_owned(),
            version: algorithm.version().to_owned(),
            path: algorithm.path().display().to_string(),
            blake3: hash(algorithm.path())?,
            problems: algorithm.problems().len(),
        })
    };
    algorithms.iter().map(entry).collect()
}

/// The hash of a ZIP file, or over names and contents of the tables and schemas of a folder.
fn hash(path: &Path) -> Result<String, InputError> {
    if !path.is_dir() {
        return hash_file(path);
    }
    let mut files: Vec<PathBuf> = ["schemas", "tables"]
        .iter()
        .flat_map(|part| std::fs::read_dir(path.join(part)))
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let name = file.strip_prefix(path).unwrap_or(&file);
        hasher.update(name.to_string_lossy().as_bytes());
        hasher.update(b"\0");
        hasher.update(hash_file(&file)?.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}
