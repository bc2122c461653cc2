//! What closes a result: every file on the disk for good, its size and hash in the manifest.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Digest, OutputError};

/// The manifest with what only the finished folder can tell.
#[derive(Debug, Serialize)]
pub(super) struct Sealed<'a, M> {
    #[serde(flatten)]
    pub(super) manifest: &'a M,
    pub(super) program: Program,
    /// Every other file of the folder by its path in it.
    pub(super) outputs: BTreeMap<String, Digest>,
}

/// Which build of rstage wrote a result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Program {
    /// Version of rstage.
    pub version: String,
    /// Commit of its source, where it was built from a checkout with git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

impl Program {
    /// This build.
    pub fn this() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("RSTAGE_COMMIT").filter(|commit| !commit.is_empty()).map(str::to_owned),
        }
    }
}

/// Makes sure that all files of a folder are on the disk, and gives their digests; those that are known already
/// are not read again.
pub(super) fn seal(
    root: &Path,
    mut known: BTreeMap<String, Digest>,
) -> Result<BTreeMap<String, Digest>, OutputError> {
    let mut names = files(root)?;
    // A folder for what a run needs only while it works may still be there; it is no part of the result.
    names.retain(|name| !name.starts_with('.'));
    let read: Vec<_> = names
        .par_iter()
        .map(|name| {
            let path = root.join(name);
            let io = |source| OutputError::io(&path, source);
            File::options().write(true).open(&path).and_then(|file| file.sync_all()).map_err(io)?;
            match known.get(name) {
                Some(digest) => Ok((name.clone(), digest.clone())),
                None => Ok((name.clone(), Digest::of_file(&path).map_err(io)?)),
            }
        })
        .collect::<Result<_, OutputError>>()?;
    known.clear();
    for folder in
        names.iter().filter_map(|name| Path::new(name).parent()).collect::<std::collections::BTreeSet<_>>()
    {
        sync_folder(&root.join(folder))?;
    }
    known.extend(read);
    Ok(known)
}

/// The files under a folder by their path in it, `/` between the names, sorted. Links are not followed.
pub(super) fn files(root: &Path) -> Result<Vec<String>, OutputError> {
    let mut found = Vec::new();
    let mut open = vec![(root.to_owned(), String::new())];
    while let Some((folder, before)) = open.pop() {
        let io = |source| OutputError::io(&folder, source);
        for entry in fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = format!("{before}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(io)?.is_dir() {
                open.push((entry.path(), format!("{name}/")));
            } else {
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Makes sure that the names in a folder are on the disk.
#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> Result<(), OutputError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(|source| OutputError::io(path, source))
}

/// Elsewhere a folder cannot be opened as a file, and the system writes names by itself.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
pub(super) fn sync_folder(_: &Path) -> Result<(), OutputError> {
    Ok(())
}
