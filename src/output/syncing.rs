//! Large files on their way to the disk while smaller ones are made.

use std::fs::File;
use std::path::PathBuf;
use std::thread::{Builder, JoinHandle};

use super::{Digest, OutputError};

/// A file by its name in the folder, with what it holds where that was found out.
type Synced = (String, Option<Digest>);

/// Files that are being brought to the disk, each by a thread that waits for it. None is open once this is dropped.
#[derive(Debug, Default)]
pub(super) struct Syncing(Vec<JoinHandle<Result<Synced, OutputError>>>);

impl Syncing {
    /// Begins with a file; it is read for its digest, unless that is known. Without a thread for it, the folder's end
    /// waits for the file as for any other.
    pub(super) fn begin(&mut self, name: &str, path: PathBuf, is_known: bool) {
        let name = name.to_owned();
        let sync = move || {
            let digest = if is_known { Ok(None) } else { Digest::of_file(&path).map(Some) };
            let synced = File::options().write(true).open(&path).and_then(|file| file.sync_all());
            match synced.and(digest) {
                Ok(digest) => Ok((name, digest)),
                Err(source) => Err(OutputError::io(&path, source)),
            }
        };
        self.0.extend(Builder::new().spawn(sync));
    }

    /// Waits for all of them; the digests that were found out. What went wrong is told here alone: the system tells it
    /// once.
    pub(super) fn end(&mut self) -> Result<Vec<(String, Digest)>, OutputError> {
        let ended: Vec<_> = self.0.drain(..).flat_map(JoinHandle::join).collect();
        let synced = ended.into_iter().collect::<Result<Vec<Synced>, _>>()?;
        Ok(synced.into_iter().filter_map(|(name, digest)| Some((name, digest?))).collect())
    }
}

impl Drop for Syncing {
    fn drop(&mut self) {
        // Whoever gives up has an error of their own.
        let _ = self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_told_and_only_once() {
        let folder = tempfile::tempdir().unwrap();
        let (good, missing) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&good, "a").unwrap();
        let mut syncing = Syncing::default();
        syncing.begin("a", good.clone(), false);
        let digests = syncing.end().unwrap();
        assert_eq!(digests, [("a".to_owned(), Digest::of_file(&good).unwrap())]);
        syncing.begin("b", missing, true);
        syncing.begin("a", good, true);
        let told = syncing.end().unwrap_err().to_string();
        assert!(told.contains("b: "), "{told}");
        assert!(syncing.end().unwrap().is_empty());
    }
}
