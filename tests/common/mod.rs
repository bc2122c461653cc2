//! What the integration tests share.

use std::path::{Path, PathBuf};

/// A folder of the shared evidence (`$RSTAGE_SHARED`, else `../shared`); says so and gives none where it is absent.
pub fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RSTAGE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {} is absent, nothing was compared", folder.display());
    None
}
