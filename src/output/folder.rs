//! The folder of a run. It is filled under a hidden name beside its place and moved there when it is whole and
//! on the disk; a run that stops early leaves nothing behind, and an earlier result stays whole until the move.
//! What a killed run left is cleared, or put back, by the next one for the same place.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::lock::Lock;
use super::manifest::EventCounts;
use super::seal::{Program, Sealed, seal, sync_folder};
use super::{Digest, Manifest, OutputError};

/// The manifest's name, by which a folder is known as a run's.
pub(super) const MANIFEST: &str = "run.json";

/// Everything that a run writes; a folder with anything else is never overwritten.
const OWN: [&str; 14] = [
    MANIFEST,
    "records.csv",
    "records.parquet",
    "findings.csv",
    "findings.parquet",
    "changes.csv",
    "rejects.csv",
    "restagings.csv",
    "restagings.parquet",
    "events_unmatched.csv",
    "summary",
    "worklist.csv",
    "worklists",
    "report.html",
];

/// A run's folder while it is being filled. Dropped without [`RunFolder::finish`], it is removed.
#[derive(Debug)]
pub struct RunFolder {
    place: PathBuf,
    overwrite: bool,
    known: BTreeMap<String, Digest>,
    // Fields are dropped in this order: the parents can go once the folder in them is gone.
    temporary: TempDir,
    lock: Lock,
    parents: NewParents,
}

impl RunFolder {
    /// Prepares a folder. It must not exist or be empty; with `overwrite` it may also hold an earlier run and
    /// nothing else.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self, OutputError> {
        let place = place(path)?;
        let Some(parent) = place.parent().map(Path::to_owned) else {
            return Err(OutputError::NotEmpty { path: place });
        };
        let parents = NewParents::create(&parent)?;
        let lock = Lock::take(&place)?;
        recover(&place)?;
        check(&place, overwrite)?;
        let temporary = tempfile::Builder::new()
            .prefix(&hidden_prefix(&place))
            .tempdir_in(&parent)
            .map_err(|source| OutputError::io(&parent, source))?;
        Ok(Self { place, overwrite, known: BTreeMap::new(), temporary, lock, parents })
    }

    /// Whether a run could be put there: what [`RunFolder::create`] would say, with nothing left behind.
    pub fn check(path: &Path, overwrite: bool) -> Result<(), OutputError> {
        Self::create(path, overwrite).map(drop)
    }

    /// Notes the digest of a file that was hashed while it was written; the others are read when the run is finished.
    pub fn hashed(&mut self, (name, digest): (String, Digest)) {
        self.known.insert(name, digest);
    }

    /// The hidden folder itself, for what a run needs only while it works.
    pub fn hidden(&self) -> &Path {
        self.temporary.path()
    }

    /// Where a file is to be written until the run is finished. Its subfolder is made.
    pub fn file(&self, name: &str) -> Result<PathBuf, OutputError> {
        let path = self.temporary.path().join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| OutputError::io(folder, source))?;
        }
        Ok(path)
    }

    /// A folder beside the result for files that nobody gets to see; it goes when it is dropped.
    pub fn scratch(&self) -> Result<TempDir, OutputError> {
        let folder = self.temporary.path();
        tempfile::Builder::new()
            .prefix(".scratch-")
            .tempdir_in(folder)
            .map_err(|source| OutputError::io(folder, source))
    }

    /// Writes the manifest, checks its counts and moves the folder to its place; the path of the result.
    pub fn finish(self, manifest: &Manifest) -> Result<PathBuf, OutputError> {
        manifest.counts.check()?;
        manifest.events.as_ref().map_or(Ok(()), EventCounts::check)?;
        self.finish_with(manifest)
    }

    /// Writes a manifest whose counts are known to add up, and moves the folder to its place.
    pub fn finish_with(self, manifest: &impl serde::Serialize) -> Result<PathBuf, OutputError> {
        let path = self.file(MANIFEST)?;
        // Dropped from the right: should anything fail, the folder goes first, then the lock, then the parents.
        let Self { parents, lock, temporary, place, overwrite, known } = self;
        let outputs = seal(temporary.path(), known)?;
        let sealed = Sealed { manifest, program: Program::this(), outputs };
        let mut text = serde_json::to_vec_pretty(&sealed)
            .map_err(|error| OutputError::Io { path: path.clone(), source: error.into() })?;
        text.push(b'\n');
        let write = || {
            let mut file = fs::File::create(&path)?;
            file.write_all(&text)?;
            file.sync_all()
        };
        write().map_err(|source| OutputError::io(&path, source))?;
        sync_folder(temporary.path())?;

        check(&place, overwrite)?;
        let io = |source| OutputError::io(&place, source);
        let parent = place.parent().unwrap_or(&place);
        let replaced = place.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        if replaced {
            let prefix = format!("{}{OLD}", hidden_prefix(&place));
            let aside = tempfile::Builder::new().prefix(&prefix).tempdir_in(parent).map_err(io)?;
            let old = aside.path().join("run");
            fs::rename(&place, &old).map_err(io)?;
            if let Err(source) = fs::rename(temporary.path(), &place) {
                // The old result goes back; should that fail too, it must not be removed with its holder.
                if fs::rename(&old, &place).is_err() {
                    let _kept = aside.keep();
                }
                return Err(io(source));
            }
            // The new result has to be there for good before the old one goes.
            if let Err(error) = sync_folder(parent) {
                let (_kept, _moved) = (aside.keep(), temporary.keep());
                return Err(error);
            }
        } else {
            match fs::remove_dir(&place) {
                Err(source) if source.kind() != ErrorKind::NotFound => return Err(io(source)),
                _ => fs::rename(temporary.path(), &place).map_err(io)?,
            }
            sync_folder(parent)?;
        }
        let _moved = temporary.keep();
        drop(lock);
        parents.keep();
        Ok(place)
    }
}

/// The path of the result, the same however it was spelled.
fn place(path: &Path) -> Result<PathBuf, OutputError> {
    match path.canonicalize() {
        Ok(place) => Ok(place),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::path::absolute(path).map_err(|source| OutputError::io(path, source))
        }
        Err(source) => Err(OutputError::io(path, source)),
    }
}

/// What follows the prefix in the name of the folder that holds an earlier result during the move.
const OLD: &str = "old-";

/// How the names of all hidden folders of a place begin.
fn hidden_prefix(place: &Path) -> String {
    format!(".{}.rstage-", place.file_name().unwrap_or_default().to_string_lossy())
}

/// Clears what a killed run left beside a place whose lock is held: an earlier result that was just being replaced
/// goes back where nothing took its place, and half-filled folders are removed, since they hold records.
fn recover(place: &Path) -> Result<(), OutputError> {
    let (parent, prefix) = (place.parent().unwrap_or(place), hidden_prefix(place));
    for entry in fs::read_dir(parent).map_err(|source| OutputError::io(parent, source))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix(&prefix) else { continue };
        let (old, rest) = rest.strip_prefix(OLD).map_or((false, rest), |rest| (true, rest));
        // Such a name is made of six letters and digits; anything else, the lock among them, is another's.
        if rest.len() != 6 || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            continue;
        }
        let path = entry.path();
        let io = |source| OutputError::io(&path, source);
        if old && !place.exists() && path.join("run").join(MANIFEST).is_file() {
            fs::rename(path.join("run"), place).map_err(io)?;
        }
        fs::remove_dir_all(&path).map_err(io)?;
    }
    Ok(())
}

/// Whether a run may take this place.
fn check(place: &Path, overwrite: bool) -> Result<(), OutputError> {
    let path = place.to_owned();
    let entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(OutputError::NotAFolder { path });
        }
        Err(source) => return Err(OutputError::io(place, source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| OutputError::io(place, source))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    if names.is_empty() {
        return Ok(());
    }
    if !overwrite {
        return Err(OutputError::NotEmpty { path });
    }
    if !names.iter().any(|name| name == MANIFEST) {
        return Err(OutputError::NotARun { path });
    }
    if let Some(name) = names.into_iter().find(|name| !OWN.contains(&name.as_str())) {
        return Err(OutputError::Foreign { path, name });
    }
    let is_table = |name: &str| {
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
        matches!(ending, Some("csv" | "parquet")) || name == "counts.json"
    };
    for within in ["summary", "worklists"] {
        for entry in fs::read_dir(place.join(within)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !is_table(&name) {
                return Err(OutputError::Foreign { path, name: format!("{within}/{name}") });
            }
        }
    }
    Ok(())
}

/// Folders above the result that did not exist; removed again unless they are kept.
#[derive(Debug)]
struct NewParents(Vec<PathBuf>);

impl NewParents {
    fn create(parent: &Path) -> Result<Self, OutputError> {
        let missing = parent.ancestors().take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
        let parents = Self(missing);
        fs::create_dir_all(parent).map_err(|source| OutputError::io(parent, source))?;
        Ok(parents)
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for NewParents {
    fn drop(&mut self) {
        for folder in &self.0 {
            // Only empty folders go; another run may have put its result there meanwhile.
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::output::{Counts, ManifestRules};

    fn manifest(version: &str) -> Manifest {
        Manifest {
            run: String::new(),
            version: version.to_owned(),
            config: serde_json::Value::Null,
            inputs: Vec::new(),
            rules: ManifestRules { hash: String::new(), overlay: None },
            records: "encoded".to_owned(),
            counts: Counts { read: 2, written: 1, rejected: 1 },
            algorithms: Vec::new(),
            events: None,
            findings: BTreeMap::new(),
            durations: BTreeMap::new(),
            work: BTreeMap::new(),
            threads: 1,
            exit: 0,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn run(path: &Path, overwrite: bool, version: &str) -> Result<PathBuf, OutputError> {
        let folder = RunFolder::create(path, overwrite)?;
        fs::write(folder.file("records.csv")?, version).unwrap();
        fs::write(folder.file("summary/stages.csv")?, version).unwrap();
        folder.finish(&manifest(version))
    }

    #[test]
    fn a_run_is_there_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("a/b/out");
        let folder = RunFolder::create(&out, false).unwrap();
        fs::write(folder.file("summary/x.csv").unwrap(), "x").unwrap();
        assert!(!out.exists());
        drop(folder);
        assert!(names(root.path()).is_empty());

        let result = run(&out, false, "1").unwrap();
        assert_eq!(names(&result), ["records.csv", "run.json", "summary"]);
        assert_eq!(names(out.parent().unwrap()), ["out"]);
        let read: Manifest = serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
        assert_eq!(read, manifest("1"));
    }

    #[test]
    fn an_earlier_run_stays_whole_until_the_move() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("out");
        fs::create_dir(&out).unwrap();
        run(&out, false, "1").unwrap();
        assert!(matches!(run(&out, false, "2"), Err(OutputError::NotEmpty { .. })));

        drop(RunFolder::create(&out, true).unwrap());
        let mut unbalanced = manifest("2");
        unbalanced.counts.read = 9;
        let folder = RunFolder::create(&out, true).unwrap();
        assert!(matches!(folder.finish(&unbalanced), Err(OutputError::Unbalanced { .. })));
        assert_eq!(fs::read_to_string(out.join("records.csv")).unwrap(), "1");

        run(&out, true, "2").unwrap();
        assert_eq!(fs::read_to_string(out.join("records.csv")).unwrap(), "2");
        assert_eq!(names(root.path()), ["out"]);
    }

    #[test]
    fn what_is_not_of_a_run_is_never_touched() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("out");
        fs::create_dir(&out).unwrap();
        fs::write(out.join("thesis.docx"), "").unwrap();
        assert!(matches!(run(&out, true, "1"), Err(OutputError::NotARun { .. })));
        fs::write(out.join("run.json"), "").unwrap();
        assert!(
            matches!(run(&out, true, "1"), Err(OutputError::Foreign { name, .. }) if name == "thesis.docx")
        );
        fs::remove_file(out.join("thesis.docx")).unwrap();
        fs::create_dir(out.join("summary")).unwrap();
        fs::write(out.join("summary/notes.txt"), "").unwrap();
        assert!(
            matches!(run(&out, true, "1"), Err(OutputError::Foreign { name, .. }) if name == "summary/notes.txt")
        );
        assert_eq!(names(root.path()), ["out"]);

        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(run(&file, true, "1"), Err(OutputError::NotAFolder { .. })));
    }

    #[test]
    fn a_folder_that_was_filled_meanwhile_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("out");
        let folder = RunFolder::create(&out, false).unwrap();
        assert!(matches!(run(&out, false, "1"), Err(OutputError::Locked { .. })));
        fs::create_dir(&out).unwrap();
        fs::write(out.join("records.csv"), "1").unwrap();
        assert!(matches!(folder.finish(&manifest("2")), Err(OutputError::NotEmpty { .. })));
        assert_eq!(fs::read_to_string(out.join("records.csv")).unwrap(), "1");
    }

    /// What lies on disk when a run is killed between the two moves of an overwrite.
    #[test]
    fn a_result_that_was_just_being_replaced_is_put_back() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("out");
        run(&out, false, "1").unwrap();
        fs::create_dir(root.path().join(".out.rstage-old-Abc123")).unwrap();
        fs::rename(&out, root.path().join(".out.rstage-old-Abc123/run")).unwrap();
        fs::create_dir(root.path().join(".out.rstage-Xyz789")).unwrap();
        fs::write(root.path().join(".out.rstage-Xyz789/records.csv"), "half").unwrap();
        for others in [".out.rstage-notes", ".other.rstage-Xyz789", ".out.rstage-2.rstage-Xyz789"] {
            fs::create_dir(root.path().join(others)).unwrap();
        }
        assert!(matches!(run(&out, false, "2"), Err(OutputError::NotEmpty { .. })));
        assert_eq!(fs::read_to_string(out.join("records.csv")).unwrap(), "1");
        let left = [".other.rstage-Xyz789", ".out.rstage-2.rstage-Xyz789", ".out.rstage-notes", "out"];
        assert_eq!(names(root.path()), left);
        run(&out, true, "2").unwrap();
        assert_eq!(fs::read_to_string(out.join("records.csv")).unwrap(), "2");
    }
}
