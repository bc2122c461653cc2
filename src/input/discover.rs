//! Arguments to files: each is a file, a folder or a pattern.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{InputError, InputFile, Kind, Options};

/// Endings by which a folder's tables are known; what is in them is told from their content.
const TABLES: [&str; 4] = ["csv", "tsv", "txt", "parquet"];
const PACKED: [&str; 2] = ["gz", "zst"];

/// Endings by which a folder's files of JSON resources are known.
const RESOURCES: [&str; 2] = ["ndjson", "jsonl"];

/// Finds the inputs and looks into each, in the order of the arguments and by name within a folder or
/// pattern. The same file twice is an error, as are an argument that names nothing and a file that is no table.
pub fn discover(args: &[String], options: &Options) -> Result<Vec<InputFile>, InputError> {
    let files = find(args, options, &TABLES)?;
    match files.iter().find(|file| matches!(file.kind, Kind::Ndjson)) {
        Some(file) => Err(InputError::no_table(&file.path)),
        None => Ok(files),
    }
}

/// The same where a file may also hold JSON resources, one a line, as events come from FHIR.
///
/// # Errors
/// Those of [`discover`].
pub fn discover_events(args: &[String], options: &Options) -> Result<Vec<InputFile>, InputError> {
    find(args, options, &[&TABLES[..], &RESOURCES].concat())
}

fn find(args: &[String], options: &Options, endings: &[&str]) -> Result<Vec<InputFile>, InputError> {
    let mut paths = Vec::new();
    for arg in args {
        paths.extend(expand(arg, endings)?);
    }
    let mut seen: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    for path in &paths {
        let canonical = path.canonicalize().map_err(|source| InputError::io(path, source))?;
        if let Some(first) = seen.insert(canonical, path) {
            return Err(InputError::Twice { path: path.clone(), first: first.to_owned() });
        }
    }
    paths.iter().enumerate().map(|(index, path)| InputFile::probe(path, index, options)).collect()
}

fn expand(arg: &str, endings: &[&str]) -> Result<Vec<PathBuf>, InputError> {
    let path = Path::new(arg);
    if path.is_dir() {
        return tables_in(path, endings);
    }
    if path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    if !arg.contains(['*', '?', '[']) {
        return Err(InputError::NotFound { path: path.to_owned() });
    }
    let matches =
        glob::glob(arg).map_err(|source| InputError::Pattern { pattern: arg.to_owned(), source })?;
    let mut files = Vec::new();
    for found in matches {
        let found = found.map_err(|error| {
            let path = error.path().to_owned();
            InputError::io(&path, error.into())
        })?;
        if found.is_file() {
            files.push(found);
        }
    }
    if files.is_empty() {
        return Err(InputError::NoMatch { pattern: arg.to_owned() });
    }
    files.sort();
    Ok(files)
}

fn tables_in(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, InputError> {
    let io = |source| InputError::io(folder, source);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if is_table_name(&path, endings) && path.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(InputError::NoTables { path: folder.to_owned() });
    }
    files.sort();
    Ok(files)
}

fn is_table_name(path: &Path, endings: &[&str]) -> bool {
    let ending = |path: &Path| path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some(last) = ending(path).filter(|_| !name.starts_with('.')) else { return false };
    if PACKED.contains(&last.as_str()) {
        let inner = path.file_stem().map(Path::new).and_then(ending);
        return inner.is_some_and(|inner| inner != "parquet" && endings.contains(&inner.as_str()));
    }
    endings.contains(&last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(args: &[&str], folder: &Path) -> Result<Vec<String>, InputError> {
        let args: Vec<String> =
            args.iter().map(|arg| folder.join(arg).to_string_lossy().into_owned()).collect();
        let files = discover(&args, &Options::default())?;
        Ok(files.iter().map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned()).collect())
    }

    #[test]
    fn files_folders_and_patterns() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["b.csv", "a.TXT", "c.tsv.gz", "notes.md", ".hidden.csv", "x[1].csv", "d.parquet.gz"] {
            std::fs::write(root.join(name), "a,b\n1,2\n").unwrap();
        }
        std::fs::create_dir(root.join("sub.csv")).unwrap();
        assert_eq!(names(&[""], root).unwrap(), ["a.TXT", "b.csv", "c.tsv.gz", "x[1].csv"]);
        assert_eq!(names(&["*.csv"], root).unwrap(), [".hidden.csv", "b.csv", "x[1].csv"]);
        assert_eq!(names(&["x[1].csv", "notes.md"], root).unwrap(), ["x[1].csv", "notes.md"]);
        assert!(matches!(names(&["*.xls"], root), Err(InputError::NoMatch { .. })));
        assert!(matches!(names(&["b.tsv"], root), Err(InputError::NotFound { .. })));
        assert!(matches!(names(&["sub.csv"], root), Err(InputError::NoTables { .. })));
        assert!(matches!(
            names(&["b.csv", "../b.csv"], &root.join("sub.csv")),
            Err(InputError::NotFound { .. })
        ));
        let twice = names(&["b.csv", "sub.csv/../b.csv"], root).unwrap_err();
        assert!(twice.to_string().contains("the same file is given twice"), "{twice}");
    }
}
