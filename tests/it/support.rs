//! What the tests share: a working folder, the built binary, the evidence beside the project.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of the shared evidence (`$RSTAGE_SHARED`, else `../shared`); says so and gives none where it is absent.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RSTAGE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {} is absent, nothing was compared", folder.display());
    None
}

/// A fixture of the project.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A folder of its own for one test.
pub(crate) struct Work {
    folder: tempfile::TempDir,
}

/// What a command printed, and its exit status.
pub(crate) struct Done {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Work {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).unwrap();
        }
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Runs rstage in this folder.
    pub(crate) fn rstage<S: AsRef<OsStr>>(&self, args: &[S]) -> Done {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_rstage"))
            .args(args)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        Done {
            status: status.code().unwrap_or(-1),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Whether nothing at all stands in the folder beside these names.
    pub(crate) fn holds_only(&self, names: &[&str]) -> bool {
        let mut found: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        found == names
    }
}

/// A row of a list, by the names of its columns.
pub(crate) type Row = BTreeMap<String, String>;

/// The rows of a list that is part of the tests; lines that begin with # are remarks.
pub(crate) fn embedded(text: &str) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// Whether a row of a list (`any`, or values apart by blanks, in each cell) takes in what was found.
pub(crate) fn takes(listed: &Row, found: &Row) -> bool {
    found.iter().all(|(column, value)| {
        listed[column] == "any" || listed[column].split(' ').any(|known| known == value)
    })
}

/// A text table as its header and rows.
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a comma-separated file.
    pub(crate) fn read(path: &Path) -> Self {
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_path(path).unwrap();
        let cells = |record: &csv::ByteRecord| {
            record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect::<Vec<_>>()
        };
        let header = cells(reader.byte_headers().unwrap());
        let rows = reader.byte_records().map(|record| cells(&record.unwrap())).collect();
        Self { header, rows }
    }

    /// Writes some records under its header.
    pub(crate) fn write(&self, path: &Path, records: &[Vec<String>]) {
        let mut writer = csv::Writer::from_path(path).unwrap();
        writer.write_record(&self.header).unwrap();
        for record in records {
            writer.write_record(record).unwrap();
        }
        writer.flush().unwrap();
    }

    /// A cell by the name of its column.
    pub(crate) fn cell(&self, row: usize, column: &str) -> &str {
        let at = self
            .header
            .iter()
            .position(|name| name == column)
            .unwrap_or_else(|| panic!("no column {column}"));
        &self.rows[row][at]
    }
}
