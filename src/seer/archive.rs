//! The entries of an algorithm: from a ZIP file or from a folder, within bounds.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::error::SeerError;

/// Most entries that are read.
const MAX_ENTRIES: usize = 10_000;
/// Most bytes of one entry.
const MAX_ENTRY: u64 = 10 << 20;
/// Most bytes in all, unless another limit is given.
pub const MOST_UNPACKED: u64 = 100_000_000;

/// What an entry holds, by the folder it is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Table,
    Schema,
}

impl Kind {
    /// The glossary and all else are not needed for staging.
    fn of(name: &str) -> Option<Self> {
        let json = name.to_ascii_lowercase().ends_with(".json");
        match name {
            _ if !json => None,
            _ if name.starts_with("tables") => Some(Self::Table),
            _ if name.starts_with("schemas") => Some(Self::Schema),
            _ => None,
        }
    }
}

/// One JSON file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

/// Tables and schemas of a ZIP file, in its order, or of a folder, by name; they may have so many bytes.
pub(super) fn entries(path: &Path, most: u64) -> Result<Vec<Entry>, SeerError> {
    let read = |source| SeerError::Read { path: path.to_owned(), source };
    let mut bounded = Bounded { path, entries: Vec::new(), most, left: most };
    if fs::metadata(path).map_err(read)?.is_dir() {
        for folder in ["tables", "schemas"] {
            for file in json_files(&path.join(folder))? {
                let name = format!("{folder}/{}", file.file_name().unwrap_or_default().to_string_lossy());
                let content = File::open(&file).map_err(|source| SeerError::Read { path: file, source })?;
                bounded.add(name, content)?;
            }
        }
    } else {
        let zip = zip::ZipArchive::new(BufReader::new(File::open(path).map_err(read)?));
        let mut zip = zip.map_err(|error| bounded.archive(format!("is not a ZIP archive: {error}")))?;
        if zip.len() > 2 * MAX_ENTRIES {
            return Err(bounded.archive(format!("{} entries are too many", zip.len())));
        }
        for index in 0..zip.len() {
            let entry = zip
                .by_index(index)
                .map_err(|error| bounded.archive(format!("entry {}: {error}", index + 1)))?;
            let name = entry
                .name()
                .map_err(|error| bounded.archive(format!("entry {}: its name: {error}", index + 1)))?
                .into_owned();
            if entry.enclosed_name().is_none() || leads_out(&name) {
                return Err(bounded.wrong(name, "the name leads out of the archive"));
            }
            if entry.is_symlink() {
                return Err(bounded.wrong(name, "is a link, not a file"));
            }
            bounded.add(name, entry)?;
        }
    }
    if bounded.entries.iter().all(|entry| entry.kind == Kind::Table) {
        return Err(bounded.archive("has no schemas/*.json, so it is no algorithm".to_owned()));
    }
    Ok(bounded.entries)
}

/// Whether a name is not one below the folder that an archive would be unpacked to.
fn leads_out(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == ".." || part.ends_with(':'))
}

/// JSON files of a folder, sorted.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>, SeerError> {
    let read = |source| SeerError::Read { path: folder.to_owned(), source };
    let listing = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(read)?,
    };
    let mut files =
        listing.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(read)?;
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

struct Bounded<'a> {
    path: &'a Path,
    entries: Vec<Entry>,
    most: u64,
    left: u64,
}

impl Bounded<'_> {
    /// Reads an entry if staging needs it. Sizes are those that come out, not those that the archive claims.
    fn add(&mut self, name: String, content: impl Read) -> Result<(), SeerError> {
        let Some(kind) = Kind::of(&name) else { return Ok(()) };
        if self.entries.len() == MAX_ENTRIES {
            return Err(self.archive(format!("has more than {MAX_ENTRIES} tables and schemas")));
        }
        let mut bytes = Vec::new();
        let limit = MAX_ENTRY.min(self.left);
        if let Err(error) = content.take(limit + 1).read_to_end(&mut bytes) {
            return Err(self.wrong(name, &format!("cannot be read: {error}")));
        }
        let size = bytes.len() as u64;
        if size > self.left {
            return Err(SeerError::TooLarge { path: self.path.to_owned(), most: self.most });
        }
        if size > MAX_ENTRY {
            return Err(self.wrong(name, &format!("is larger than {MAX_ENTRY} bytes")));
        }
        self.left -= size;
        self.entries.push(Entry { kind, name, content: bytes });
        Ok(())
    }

    fn archive(&self, what: String) -> SeerError {
        SeerError::Archive { path: self.path.to_owned(), what }
    }

    fn wrong(&self, entry: String, what: &str) -> SeerError {
        SeerError::Entry { path: self.path.to_owned(), entry, what: what.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_of_an_archive_is_bounded_in_number_and_size() {
        let mut bounded = Bounded {
            path: Path::new("a.zip"),
            entries: Vec::new(),
            most: MOST_UNPACKED,
            left: MOST_UNPACKED,
        };
        let space = |bytes| io::repeat(b' ').take(bytes);
        for _ in 0..9 {
            bounded.add("tables/t.json".to_owned(), space(MAX_ENTRY)).unwrap();
            bounded.entries.clear();
        }
        let error = bounded.add("tables/t.json".to_owned(), space(MAX_ENTRY)).unwrap_err().to_string();
        assert!(error.contains("larger than 100000000 bytes"), "{error}");
        for _ in 0..MAX_ENTRIES {
            bounded.add("tables/t.json".to_owned(), io::empty()).unwrap();
        }
        assert!(bounded.add("tables/t.json".to_owned(), io::empty()).is_err());
        bounded.add("glossary/t.json".to_owned(), space(u64::MAX)).unwrap();
    }
}
