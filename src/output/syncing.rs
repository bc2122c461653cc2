//! Large files on their way to the disk while smaller ones are made.

use std::fs::File;
use std::path::PathBuf;
use std::thread::{Builder, JoinHandle};

use super::OutputError;

/// Files that are being brought to the disk, each by a thread that waits for it. None is open once this is dropped.
#[derive(Debug, Default)]
pub(super) struct Syncing(Vec<JoinHandle<Result<(), OutputError>>>);

impl Syncing {
    /// Begins with a file. Without a thread for it, the folder's end waits for the file as for any other.
    pub(super) fn begin(&mut self, path: PathBuf) {
        let sync = move || {
            let synced = File::options().write(true).open(&path).and_then(|file| file.sync_all());
            synced.map_err(|source| OutputError::io(&path, source))
        };
        self.0.extend(Builder::new().spawn(sync));
    }

    /// Waits for all of them. What went wrong is told here alone: the system tells it once.
    pub(super) fn end(&mut self) -> Result<(), OutputError> {
        self.0.drain(..).flat_map(JoinHandle::join).fold(Ok(()), Result::and)
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
        syncing.begin(good.clone());
        syncing.end().unwrap();
        syncing.begin(missing);
        syncing.begin(good);
        let told = syncing.end().unwrap_err().to_string();
        assert!(told.contains("b: "), "{told}");
        syncing.end().unwrap();
    }
}
