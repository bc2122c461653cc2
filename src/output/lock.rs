//! One run at a time per output folder.
//!
//! The lock is a hidden file beside the folder, held by the operating system for as long as the process lives,
//! so that nothing has to be cleared after a kill or a power cut.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::OutputError;

/// The lock of an output folder; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock of a place, whose parent folder exists.
    pub(super) fn take(place: &Path) -> Result<Self, OutputError> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let path = place.with_file_name(format!(".{name}.rstage-lock"));
        loop {
            let file = File::options()
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(|source| OutputError::io(&path, source))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(OutputError::Locked { path: place.to_owned() }),
                // Some network drives know no locks; a run there is as safe as its schedule.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
                Err(TryLockError::Error(source)) => return Err(OutputError::io(&path, source)),
            }
            // The run before may have removed the file between opening and locking; a lock on it excludes nobody.
            if same_file(&file, &path) {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Still locked here, so that it is nobody else's.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let (Ok(open), Ok(named)) = (file.metadata(), fs::metadata(path)) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

#[cfg(not(unix))]
fn same_file(_: &File, path: &Path) -> bool {
    // Elsewhere an open file cannot be removed.
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_once_and_free_again_afterwards() {
        let root = tempfile::tempdir().unwrap();
        let (out, other) = (root.path().join("out"), root.path().join("other"));
        let lock = Lock::take(&out).unwrap();
        assert!(matches!(Lock::take(&out), Err(OutputError::Locked { path }) if path == out));
        drop(Lock::take(&other).unwrap());
        drop(lock);
        drop(Lock::take(&out).unwrap());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "no lock file is left");
    }

    #[test]
    fn a_lock_file_left_by_a_killed_run_is_no_lock() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(".out.rstage-lock"), "").unwrap();
        drop(Lock::take(&root.path().join("out")).unwrap());
    }

    #[test]
    fn many_at_once_never_hold_it_together() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("out");
        let held = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Ok(_lock) = Lock::take(&out) {
                            assert_eq!(held.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                            held.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        }
                    }
                });
            }
        });
    }
}
