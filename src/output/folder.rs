//! The folder of a run. It is filled under a hidden name beside its place and moved there when it is whole and
//! on the disk; a run that stops early leaves nothing behind, and an earlier result stays whole until the move.
//! What a killed run left is cleared, or put back, by the next one for the same place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::TempDir;

use super::access::Access;
use super::lock::Lock;
use super::manifest::EventCounts;
use super::seal::{Program, Sealed, seal, sync_folder};
use super::syncing::Syncing;
use super::{Digest, Manifest, OutputError};

/// The manifest's name, by which a folder is known as a run's.
pub(super) const MANIFEST: &str = "run.json";

/// Everything that a run writes; a folder with anything else is never overwritten.
const OWN: [&str; 15] = [
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
    "answers.zst",
];

/// By what a run can be gone on with.
const CHECKPOINT: &str = ".checkpoint";

/// What becomes of what killed runs left beside a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Cleared,
    TakenOver,
    Kept,
}

/// A run's folder while it is being filled. Dropped without [`RunFolder::finish`], it is removed.
#[derive(Debug)]
pub struct RunFolder {
    place: PathBuf,
    overwrite: bool,
    access: Access,
    known: BTreeMap<String, Digest>,
    /// Files that were asked for, which all have to be there in the end.
    given: Mutex<BTreeSet<String>>,
    // Fields are dropped in this order: no file of the folder is open when it goes, and the parents can go once the
    // folder in them is gone.
    syncing: Syncing,
    temporary: TempDir,
    lock: Lock,
    parents: NewParents,
}

impl RunFolder {
    /// Prepares a folder. It must not exist or be empty; with `overwrite` it may also hold an earlier run and
    /// nothing else.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self, OutputError> {
        Ok(Self::prepare(path, overwrite, Left::Cleared)?.0)
    }

    /// The same, but what a killed run left with a [checkpoint](RunFolder::checkpoint) is taken over: then the folder
    /// holds what that run wrote, and the checkpoint's text is given.
    pub fn resume(path: &Path, overwrite: bool) -> Result<(Self, Option<String>), OutputError> {
        Self::prepare(path, overwrite, Left::TakenOver)
    }

    fn prepare(path: &Path, overwrite: bool, left: Left) -> Result<(Self, Option<String>), OutputError> {
        let place = place(path)?;
        let Some(parent) = place.parent().map(Path::to_owned) else {
            return Err(OutputError::NotEmpty { path: place });
        };
        let parents = NewParents::create(&parent)?;
        let lock = Lock::take(&place)?;
        let half = match left {
            Left::TakenOver => half_filled(&place)?,
            Left::Cleared | Left::Kept => None,
        };
        if left != Left::Kept {
            recover(&place, half.as_deref())?;
        }
        check(&place, overwrite)?;
        let io = |source| OutputError::io(&parent, source);
        let temporary =
            tempfile::Builder::new().prefix(&hidden_prefix(&place)).tempdir_in(&parent).map_err(io)?;
        let mut checkpoint = None;
        if let Some(half) = half {
            fs::rename(&half, temporary.path()).map_err(io)?;
            checkpoint = fs::read_to_string(temporary.path().join(CHECKPOINT)).ok();
        }
        let folder = Self {
            place,
            overwrite,
            access: Access::default(),
            known: BTreeMap::new(),
            given: Mutex::default(),
            syncing: Syncing::default(),
            temporary,
            lock,
            parents,
        };
        Ok((folder, checkpoint))
    }

    /// Keeps a text by which the run can be gone on with, on the disk for good once what it speaks of is.
    pub fn checkpoint(&self, text: &[u8]) -> Result<(), OutputError> {
        let path = self.temporary.path().join(CHECKPOINT);
        let new = path.with_extension("new");
        let write = || {
            let mut file = fs::File::create(&new)?;
            file.write_all(text)?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        write().map_err(|source| OutputError::io(&path, source))?;
        sync_folder(self.temporary.path())?;
        sync_folder(self.place.parent().unwrap_or(&self.place))
    }

    /// Removes everything that was taken over.
    pub fn clear(&self) -> Result<(), OutputError> {
        let root = self.temporary.path();
        for entry in fs::read_dir(root).map_err(|source| OutputError::io(root, source))?.flatten() {
            let path = entry.path();
            let removed = if is_folder(&path) { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(|source| OutputError::io(&path, source))?;
        }
        Ok(())
    }

    /// Leaves everything where it is, for a later run to take over.
    pub fn leave(self) {
        let _kept = self.temporary.keep();
        self.parents.keep();
    }

    /// Whether a run could be put there: what [`RunFolder::create`] would say, with nothing left behind, and with
    /// nothing done to what a killed run left.
    pub fn check(path: &Path, overwrite: bool) -> Result<(), OutputError> {
        Self::prepare(path, overwrite, Left::Kept).map(drop)
    }

    /// Says who may read the result once it is in place.
    pub fn readable_by(&mut self, access: Access) {
        self.access = access;
    }

    /// Notes the digest of a large file that was hashed while it was written, and begins to bring it to the disk;
    /// the others are read when the run is finished.
    pub fn hashed(&mut self, (name, digest): (String, Digest)) {
        self.syncing.begin(&name, self.temporary.path().join(&name), true);
        self.known.insert(name, digest);
    }

    /// Notes that a larger file is complete: it is read for its digest and brought to the disk while others are made.
    pub fn complete(&mut self, name: &str) {
        self.syncing.begin(name, self.temporary.path().join(name), false);
    }

    /// The hidden folder itself, for what a run needs only while it works.
    pub fn hidden(&self) -> &Path {
        self.temporary.path()
    }

    /// Where a file is to be written until the run is finished. Its subfolder is made.
    pub fn file(&self, name: &str) -> Result<PathBuf, OutputError> {
        let root = self.temporary.path();
        let path = root.join(name);
        // The folder itself is never made anew: what was in it would be missing.
        if let Some(folder) = path.parent().filter(|folder| *folder != root && !folder.is_dir()) {
            match fs::create_dir(folder) {
                // Another file of it may be asked for at the same time.
                Err(source) if source.kind() != ErrorKind::AlreadyExists => {
                    return Err(OutputError::io(folder, source));
                }
                _ => {}
            }
        }
        if let Ok(mut given) = self.given.lock() {
            given.insert(name.to_owned());
        }
        Ok(path)
    }

    /// Makes sure that every file that was asked for is still there.
    pub fn is_whole(&self) -> Result<(), OutputError> {
        let given = self.given.lock().map(|given| given.clone()).unwrap_or_default();
        let missing =
            given.into_iter().map(|name| self.temporary.path().join(name)).find(|path| !path.is_file());
        missing.map_or(Ok(()), |path| Err(OutputError::Vanished { path }))
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
        let Self { parents, lock, temporary, given, mut syncing, place, overwrite, access, mut known } = self;
        // Nothing can be gone on with once what it needs goes.
        let _none = fs::remove_file(temporary.path().join(CHECKPOINT));
        for name in fs::read_dir(temporary.path()).into_iter().flatten().flatten() {
            // What was needed only on the way there.
            if name.file_name().to_string_lossy().starts_with('.') && name.path().is_file() {
                fs::remove_file(name.path()).map_err(|source| OutputError::io(&name.path(), source))?;
            }
        }
        known.extend(syncing.end()?);
        let outputs = seal(temporary.path(), known, access)?;
        for name in given.into_inner().unwrap_or_default() {
            if name != MANIFEST && !outputs.contains_key(&name) {
                return Err(OutputError::Vanished { path: temporary.path().join(name) });
            }
        }
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
        access.give(&path)?;
        access.give(temporary.path())?;
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
            if path.is_symlink() {
                return Err(OutputError::Link { path: path.to_owned() });
            }
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
fn recover(place: &Path, but: Option<&Path>) -> Result<(), OutputError> {
    for (path, old) in left_behind(place)? {
        if but == Some(&path) {
            continue;
        }
        let io = |source| OutputError::io(&path, source);
        let whole = is_folder(&path) && is_folder(&path.join("run"));
        if old && whole && !place.exists() && path.join("run").join(MANIFEST).is_file() {
            fs::rename(path.join("run"), place).map_err(io)?;
        }
        if is_folder(&path) { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.map_err(io)?;
    }
    Ok(())
}

/// The hidden folders of a place, and whether they hold an earlier result during the move.
fn left_behind(place: &Path) -> Result<Vec<(PathBuf, bool)>, OutputError> {
    let (parent, prefix) = (place.parent().unwrap_or(place), hidden_prefix(place));
    let mut found = Vec::new();
    for entry in fs::read_dir(parent).map_err(|source| OutputError::io(parent, source))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix(&prefix) else { continue };
        let (old, rest) = rest.strip_prefix(OLD).map_or((false, rest), |rest| (true, rest));
        // Such a name is made of six letters and digits; anything else, the lock among them, is another's.
        if rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            found.push((entry.path(), old));
        }
    }
    Ok(found)
}

/// The folder of a killed run that has a checkpoint.
fn half_filled(place: &Path) -> Result<Option<PathBuf>, OutputError> {
    let with_checkpoint = |(path, old): &(PathBuf, bool)| {
        let checkpoint = fs::symlink_metadata(path.join(CHECKPOINT));
        !old && is_folder(path) && checkpoint.is_ok_and(|checkpoint| checkpoint.is_file())
    };
    Ok(left_behind(place)?.into_iter().find(with_checkpoint).map(|(path, _)| path))
}

/// Whether it is a folder itself. A link is nothing that a run left, and what it leads to is not looked at.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
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
            options: BTreeMap::new(),
            inputs: Vec::new(),
            rules: ManifestRules { hash: String::new(), overlay: None },
            records: "encoded".to_owned(),
            left_out: Vec::new(),
            since: None,
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
