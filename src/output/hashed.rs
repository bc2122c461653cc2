//! A file that is hashed on its way to the disk, so that a large table need not be read a second time.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// What a file held when it was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Digest {
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 hash in hexadecimal.
    pub blake3: String,
}

impl Digest {
    /// The digest of a file as it lies on disk. Memory does not grow with the file.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file)?;
        Ok(Self { bytes, blake3: hasher.finalize().to_hex().to_string() })
    }
}

/// A new file whose bytes are hashed as they are written.
pub(super) struct HashedFile {
    file: File,
    // Two kilobytes that are better not moved about.
    hasher: Box<blake3::Hasher>,
}

impl HashedFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, hasher: Box::default() })
    }

    /// The digest of what was written so far.
    pub(super) fn digest(&self) -> Digest {
        Digest { bytes: self.hasher.count(), blake3: self.hasher.finalize().to_hex().to_string() }
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_digests_are_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut file = HashedFile::create(&path).unwrap();
        for piece in [&b"site,t\n"[..], &vec![b'7'; 100_000], b""] {
            file.write_all(piece).unwrap();
        }
        file.flush().unwrap();
        assert_eq!(file.digest(), Digest::of_file(&path).unwrap());
        assert_eq!(file.digest().bytes, 100_007);
        std::fs::write(&path, b"site,T\n").unwrap();
        assert_ne!(file.digest(), Digest::of_file(&path).unwrap());
    }
}
