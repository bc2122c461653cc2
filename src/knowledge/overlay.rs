//! A user's own folder of rules (licensed or local tables) that is laid over the built-in ones.
//!
//! Only the folder itself and its `schemas/` are read, so that no link can lead anywhere else for long,
//! and only as much as tables can reasonably hold.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::error::{KnowledgeError, Mistakes, Problem};

/// Largest file, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// Most files.
const MAX_FILES: usize = 500;

/// The files of a folder of rules.
#[derive(Clone, Debug)]
pub struct Overlay {
    path: PathBuf,
    hash: String,
    files: Vec<File>,
}

#[derive(Clone, Debug)]
struct File {
    /// Within the folder, with `/`.
    name: String,
    /// For messages.
    place: String,
    text: String,
}

impl Overlay {
    /// Reads `*.toml` of the folder and of its `schemas/`.
    ///
    /// # Errors
    /// Every file that cannot be read, is too large, is no UTF-8, or a folder without any.
    pub fn read(folder: &Path) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let mut names = names(folder, "", &mut mistakes);
        if folder.join("schemas").is_dir() {
            names.extend(self::names(folder, "schemas/", &mut mistakes));
        }
        if names.is_empty() && mistakes.count() == 0 {
            mistakes.push(about(folder, "holds no *.toml file").hint(
                "a folder of rules holds schemas/*.toml, and factors.toml and histologies.toml where needed",
            ));
        }
        if names.len() > MAX_FILES {
            let what = format!("holds {} *.toml files, at most {MAX_FILES} are read", names.len());
            mistakes.push(about(folder, &what));
            return Err(mistakes);
        }
        let mut files = Vec::new();
        let mut hasher = blake3::Hasher::new();
        for name in names {
            let path = folder.join(&name);
            if let Some(text) = mistakes.note(read_file(&path)) {
                for part in [&name, &text] {
                    hasher.update(&(part.len() as u64).to_le_bytes());
                    hasher.update(part.as_bytes());
                }
                files.push(File { name, place: path.display().to_string(), text });
            }
        }
        let hash = hasher.finalize().to_hex().to_string();
        mistakes.none_or(Self { path: folder.to_owned(), hash, files })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Hash (BLAKE3) over names and contents of the files.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The files that were read, by their names within the folder.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// Place and text of a file that is no schema.
    pub(super) fn file(&self, name: &str) -> Option<(&str, &str)> {
        self.files.iter().find(|file| file.name == name).map(File::parts)
    }

    /// Place and text of the schema files.
    pub(super) fn schemas(&self) -> impl Iterator<Item = (&str, &str)> {
        let others = [super::FACTORS.0, super::HISTOLOGIES.0];
        self.files.iter().filter(move |file| !others.contains(&file.name.as_str())).map(File::parts)
    }
}

impl File {
    fn parts(&self) -> (&str, &str) {
        (&self.place, &self.text)
    }
}

/// The names of the `*.toml` files of a folder, in order; files that begin with a dot are an editor's.
fn names(folder: &Path, within: &str, mistakes: &mut Mistakes) -> Vec<String> {
    let place = folder.join(within);
    let entries = fs::read_dir(&place).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| Problem::Io(error).at(&place.display().to_string(), 0));
    let mut names = Vec::new();
    for entry in mistakes.note(entries).unwrap_or_default() {
        let Ok(name) = entry.file_name().into_string() else {
            mistakes.push(about(&entry.path(), "the file name is no UTF-8"));
            continue;
        };
        let is_toml = Path::new(&name).extension().is_some_and(|extension| extension == "toml");
        if is_toml && !name.starts_with('.') {
            names.push(format!("{within}{name}"));
        }
    }
    names.sort();
    names
}

fn read_file(path: &Path) -> Result<String, KnowledgeError> {
    let place = path.display().to_string();
    let io = |error| Problem::Io(error).at(&place, 0);
    // A pipe or a device would be waited for without end.
    if !fs::metadata(path).map_err(io)?.is_file() {
        return Err(about(path, "is no regular file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path).map_err(io)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(about(path, &format!("is larger than {} KiB, too large for tables", MAX_BYTES >> 10)));
    }
    match String::from_utf8(bytes) {
        // Some editors put a mark in front of the text.
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.split(|byte| *byte == b'\n').count();
            Err(Problem::Form("not UTF-8".to_owned()).at(&place, line).hint("save the file as UTF-8"))
        }
    }
}

fn about(path: &Path, what: &str) -> KnowledgeError {
    Problem::Form(what.to_owned()).at(&path.display().to_string(), 0)
}
