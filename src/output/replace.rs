//! A single file, written whole or not at all.

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use super::OutputError;

/// Writes a file under a hidden name beside its place and moves it there; one that stands there is replaced.
pub fn replace(place: &Path, contents: &[u8]) -> Result<(), OutputError> {
    let failed = |source| OutputError::io(place, source);
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(contents).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(place).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("report.html");
        for contents in ["first", "second"] {
            replace(&place, contents.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&place).unwrap(), contents);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(replace(&folder.path().join("missing/report.html"), b"").is_err());
    }
}
