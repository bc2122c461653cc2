//! How the keys of tumors are shown outside the records: as they are, or as pseudonyms that only the holder of a
//! secret can make.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes that a secret has at least.
const LEAST: usize = 16;
/// Bytes of a key file that are looked at; more would be a mistaken file.
const MOST: u64 = 64 << 10;

/// Keys of tumors as they are shown in findings, worklists and on the page.
///
/// A pseudonym is the HMAC-SHA-256 (RFC 2104, FIPS 180-4) of the key under the secret, in 64 hexadecimal digits: the
/// same key has the same pseudonym in every table and every run with this secret.
#[derive(Clone, Default)]
pub struct Keys(Option<Hmac<Sha256>>);

/// A file of a secret that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The system refused.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Guessed too easily.
    #[error(
        "{}: a secret of {bytes} bytes, which is too short\nhint: at least 16 bytes, such as `openssl rand -hex 32` prints",
        path.display()
    )]
    Short {
        /// File.
        path: PathBuf,
        /// Bytes without the line's end.
        bytes: usize,
    },
    /// No secret.
    #[error("{}: longer than 64 KiB, which is no secret", path.display())]
    Long {
        /// File.
        path: PathBuf,
    },
    /// Known to others already.
    #[error("{}: every user of this machine may read or change the secret (mode {mode:03o})\nhint: chmod 600 {}", path.display(), path.display())]
    Open {
        /// File.
        path: PathBuf,
        /// Permissions.
        mode: u32,
    },
}

impl Keys {
    /// Pseudonyms under the secret in a file: its bytes, one line's end left out.
    pub fn pseudonymised(path: &Path) -> Result<Self, KeyFileError> {
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        private(path, &file.metadata().map_err(io)?)?;
        let mut secret = Vec::new();
        file.take(MOST + 1).read_to_end(&mut secret).map_err(io)?;
        if secret.len() as u64 > MOST {
            return Err(KeyFileError::Long { path: path.to_owned() });
        }
        if secret.last() == Some(&b'\n') {
            secret.pop();
            secret.pop_if(|last| *last == b'\r');
        }
        if secret.len() < LEAST {
            return Err(KeyFileError::Short { path: path.to_owned(), bytes: secret.len() });
        }
        let mac = Hmac::new_from_slice(&secret).map_err(|error| io(io::Error::other(error)))?;
        Ok(Self(Some(mac)))
    }

    /// Whether keys are shown as pseudonyms.
    pub fn are_pseudonyms(&self) -> bool {
        self.0.is_some()
    }

    /// A key as it is shown; an empty one stays empty, and blanks around it do not count.
    pub fn shown(&self, key: String) -> String {
        match &self.0 {
            Some(mac) if !key.trim().is_empty() => digest(mac, key.trim().as_bytes()),
            _ => key,
        }
    }

    /// By what two runs are known to have used one secret; tells nothing of it.
    pub fn fingerprint(&self) -> Option<String> {
        let mut digits = digest(self.0.as_ref()?, b"rstage: which secret\n");
        digits.truncate(16);
        Some(digits)
    }
}

impl fmt::Debug for Keys {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.are_pseudonyms() { "Keys(pseudonyms)" } else { "Keys(plain)" })
    }
}

fn digest(mac: &Hmac<Sha256>, text: &[u8]) -> String {
    let bytes = mac.clone().chain_update(text).finalize().into_bytes();
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(unix)]
fn private(path: &Path, metadata: &fs::Metadata) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt;

    match metadata.permissions().mode() & 0o777 {
        mode if mode & 0o007 != 0 => Err(KeyFileError::Open { path: path.to_owned(), mode }),
        _ => Ok(()),
    }
}

/// Elsewhere permissions are lists that this program does not read.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
fn private(_: &Path, _: &fs::Metadata) -> Result<(), KeyFileError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(secret: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, secret).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        let _ = mode;
        (folder, path)
    }

    #[test]
    fn pseudonyms_are_those_of_the_standard() {
        // RFC 4231, case 1.
        let (_folder, path) = file(&[0x0b; 20], 0o600);
        let keys = Keys::pseudonymised(&path).unwrap();
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(keys.shown("Hi There".to_owned()), expected);
        assert_eq!(keys.shown(" Hi There ".to_owned()), expected);
        assert_eq!(keys.shown(String::new()), "");
        assert_eq!(keys.fingerprint().unwrap().len(), 16);
        assert!(!format!("{keys:?}").contains("11"));
        assert_eq!(Keys::default().shown("Hi There".to_owned()), "Hi There");
        assert_eq!(Keys::default().fingerprint(), None);
    }

    #[test]
    fn a_line_end_is_no_part_of_the_secret() {
        let (_a, plain) = file(b"0123456789abcdef", 0o640);
        for end in ["\n", "\r\n"] {
            let (_b, ended) = file(format!("0123456789abcdef{end}").as_bytes(), 0o400);
            let shown = |path| Keys::pseudonymised(path).unwrap().shown("k".to_owned());
            assert_eq!(shown(&plain), shown(&ended));
        }
    }

    #[test]
    fn a_secret_that_is_none_is_refused() {
        for (secret, mode, says) in [
            (&b"0123456789abcde\n"[..], 0o600, "15 bytes, which is too short\nhint: "),
            (b"", 0o600, "0 bytes"),
            (&vec![b'x'; (64 << 10) + 1], 0o600, "no secret"),
            (b"0123456789abcdef", 0o604, "(mode 604)\nhint: chmod 600 "),
            (b"0123456789abcdef", 0o662, "(mode 662)"),
        ] {
            let (_folder, path) = file(secret, mode);
            let error = Keys::pseudonymised(&path).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        assert!(Keys::pseudonymised(Path::new("/nonexistent")).is_err());
    }
}
