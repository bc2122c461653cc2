//! Who may read a result.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use super::OutputError;

/// Permissions of the files of a result; a folder may be entered by who may read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Access {
    /// Its owner: files 0600, folders 0700.
    #[default]
    Owner,
    /// Its group as well, without writing: files 0640, folders 0750.
    Group,
}

/// Permissions that no result has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no mode of a result\nhint: 0600 for its owner alone, 0640 for its group as well")]
pub struct UnknownAccess(String);

impl FromStr for Access {
    type Err = UnknownAccess;

    fn from_str(text: &str) -> Result<Self, UnknownAccess> {
        match text.trim_start_matches('0') {
            "600" => Ok(Self::Owner),
            "640" => Ok(Self::Group),
            _ => Err(UnknownAccess(text.to_owned())),
        }
    }
}

impl Access {
    /// Gives a file or folder these permissions, whatever the umask is.
    #[cfg(unix)]
    pub(super) fn give(self, path: &Path) -> Result<(), OutputError> {
        use std::os::unix::fs::PermissionsExt;

        let io = |source| OutputError::io(path, source);
        let is_folder = fs::symlink_metadata(path).map_err(io)?.is_dir();
        let mode = match (self, is_folder) {
            (Self::Owner, false) => 0o600,
            (Self::Owner, true) => 0o700,
            (Self::Group, false) => 0o640,
            (Self::Group, true) => 0o750,
        };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(io)
    }

    /// Elsewhere files have the permissions of their folder.
    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "it does something on Unix")]
    pub(super) fn give(self, _: &Path) -> Result<(), OutputError> {
        Ok(())
    }
}
