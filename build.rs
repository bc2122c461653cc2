//! Lists the schema files of `knowledge/`, so that adding a schema is adding a file, and notes the commit.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    note_commit(&root);
    let folder = Path::new(&root).join("knowledge/schemas");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            names.push(path);
        }
    }
    names.sort();
    let mut list = String::from("&[\n");
    for path in names {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", path.to_string_lossy());
    }
    list.push(']');
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("schemas.rs"), list)
}

/// The commit of the source, for the manifest of a run; nothing where the source is no checkout or git is absent.
fn note_commit(root: &str) {
    let git = |args: &[&str]| {
        let done = Command::new("git").args(["-C", root]).args(args).output().ok()?;
        let said = String::from_utf8(done.stdout).ok()?.trim().to_owned();
        (done.status.success() && !said.is_empty()).then_some(said)
    };
    // A source unpacked inside somebody else's repository has no commit.
    let top = git(&["rev-parse", "--show-toplevel"]).and_then(|top| fs::canonicalize(top).ok());
    if top.is_none() || top != fs::canonicalize(root).ok() {
        return;
    }
    // The log of HEAD grows with every commit and checkout.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={}", Path::new(root).join(log).display());
    }
    if let Some(commit) = git(&["rev-parse", "HEAD"]) {
        println!("cargo::rustc-env=RSTAGE_COMMIT={commit}");
    }
}
