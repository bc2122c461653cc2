//! Fingerprints of input files, for the manifest.

use std::fs::File;
use std::path::Path;

use super::InputError;

/// The BLAKE3 hash of a file's bytes as they lie on disk, in hexadecimal. Memory does not grow with the file.
pub fn hash_file(path: &Path) -> Result<String, InputError> {
    let file = File::open(path).map_err(|source| InputError::io(path, source))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(|source| InputError::io(path, source))?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_that_of_the_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let bytes = vec![b'7'; 300_000];
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(hash_file(&path).unwrap(), blake3::hash(&bytes).to_hex().to_string());
        assert!(matches!(hash_file(&folder.path().join("b.csv")), Err(InputError::NotFound { .. })));
    }
}
