//! The worklist: findings for people, the worst first, in one file and on request in one for each facility.
//!
//! Rows come in the order of the input. They wait on disk, by severity, until all are known, so that memory
//! does not grow with them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::PathBuf;

use super::csv_cell::CellStyle;
use super::records::Mark;
use super::{OutputError, RunFolder, TableFormat, TableRows, TableWriter};
use crate::audit::Severity;

/// Files that are open at a time.
const MOST_OPEN: usize = 64;
/// Worklists of their own; rows of further groups stand in [`REST`].
const MOST_LISTS: usize = 5_000;
const REST: &str = "other-groups.csv";
/// Characters of a group's name that its file name keeps.
const MOST_NAME: usize = 60;

/// The worst first.
const ORDER: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

/// Gathers a worklist row by row.
pub struct WorklistWriter {
    header: Vec<String>,
    spools: Vec<(PathBuf, TableWriter)>,
    grouped: bool,
}

/// How far a worklist is written, by severity.
pub type WorklistMark = Vec<Mark>;

impl WorklistWriter {
    /// Prepares the files. Where it is `grouped`, the first column says which worklist a row belongs to.
    pub fn create(folder: &RunFolder, header: &[&str], grouped: bool) -> Result<Self, OutputError> {
        let spool = |severity: &Severity| {
            let path = spool_path(folder, *severity);
            Ok((path.clone(), TableWriter::create(path, header, TableFormat::Csv)?))
        };
        let spools = ORDER.iter().map(spool).collect::<Result<_, OutputError>>()?;
        Ok(Self { header: owned(header), spools, grouped })
    }

    /// Opens what a process that is gone wrote up to a mark.
    pub fn reopen(
        folder: &RunFolder,
        header: &[&str],
        grouped: bool,
        mark: WorklistMark,
    ) -> Result<Self, OutputError> {
        let spool = |(severity, mark): (&Severity, Mark)| {
            let path = spool_path(folder, *severity);
            Ok((path.clone(), TableWriter::reopen(path, header.len(), mark)?))
        };
        let spools = ORDER.iter().zip(mark).map(spool).collect::<Result<_, OutputError>>()?;
        Ok(Self { header: owned(header), spools, grouped })
    }

    /// Brings what was written to the disk.
    pub fn mark(&mut self) -> Result<WorklistMark, OutputError> {
        let marks: Result<Vec<_>, _> = self.spools.iter_mut().map(|(_, spool)| spool.mark()).collect();
        Ok(marks?.into_iter().flatten().collect())
    }

    /// No rows yet.
    pub fn rows(&self) -> WorklistRows {
        let of_severity = ORDER.map(|_| TableRows::new(self.header.len(), TableFormat::Csv));
        WorklistRows { of_severity, grouped: self.grouped }
    }

    /// Adds rows.
    pub fn append(&mut self, rows: &WorklistRows) -> Result<(), OutputError> {
        let mut spools = self.spools.iter_mut().zip(&rows.of_severity);
        spools.try_for_each(|((_, spool), rows)| spool.append(rows))
    }

    /// Writes `worklist.csv` and, where it is grouped, a file for each group under `worklists/`.
    pub fn finish(self, folder: &RunFolder) -> Result<(), OutputError> {
        let Self { header, spools, grouped } = self;
        let all = folder.file("worklist.csv")?;
        let failed = |source| OutputError::io(&all, source);
        let mut file = BufWriter::new(File::create(&all).map_err(failed)?);
        let mut line = Vec::new();
        put(&mut line, header.iter().map(String::as_str));
        file.write_all(&line).map_err(failed)?;
        let lists = grouped.then(|| Lists::new(folder.hidden().join("worklists"), line.clone()));
        let mut lists = lists.transpose()?;
        for (path, spool) in spools {
            spool.finish()?;
            if !grouped {
                // The rows are as they will be, behind the same header.
                let copied = File::open(&path).and_then(|mut rows| {
                    rows.seek(SeekFrom::Start(line.len() as u64))?;
                    io::copy(&mut rows, &mut file)
                });
                copied.map_err(|source| OutputError::io(&path, source))?;
                continue;
            }
            let io = |error: csv::Error| OutputError::io(&path, error.into());
            let mut reader = csv::Reader::from_path(&path).map_err(io)?;
            let mut row = csv::StringRecord::new();
            while reader.read_record(&mut row).map_err(io)? {
                line.clear();
                put(&mut line, &row);
                file.write_all(&line).map_err(failed)?;
                if let Some(lists) = &mut lists {
                    lists.add(row.get(0).unwrap_or_default(), &line)?;
                }
            }
        }
        file.flush().map_err(failed)?;
        lists.map_or(Ok(()), Lists::finish)
    }
}

/// Rows of a worklist that are put together on any thread, before they are written.
#[derive(Clone, Debug)]
pub struct WorklistRows {
    of_severity: [TableRows; ORDER.len()],
    grouped: bool,
}

impl WorklistRows {
    /// Whether the first cell of a row says which worklist it belongs to.
    pub const fn is_grouped(&self) -> bool {
        self.grouped
    }

    /// Adds a row.
    pub fn push(&mut self, severity: Severity, cells: &[&str]) {
        let at = ORDER.iter().position(|known| *known == severity).unwrap_or_default();
        let Some(rows) = self.of_severity.get_mut(at) else { return };
        if self.grouped {
            // Worklists are told apart by the group as it stands.
            rows.push(cells);
        } else {
            rows.push(&cells.iter().map(|cell| harmless(cell)).collect::<Vec<_>>());
        }
    }
}

/// Where the rows of a severity wait.
fn spool_path(folder: &RunFolder, severity: Severity) -> PathBuf {
    folder.hidden().join(format!(".worklist-{}", severity.as_str()))
}

fn owned(header: &[&str]) -> Vec<String> {
    header.iter().map(|&name| name.to_owned()).collect()
}

fn put<'c>(line: &mut Vec<u8>, cells: impl IntoIterator<Item = &'c str>) {
    let cells = cells.into_iter().map(|cell| harmless(cell).into_owned());
    CellStyle::PLAIN.record(line, cells);
}

/// A cell that no spreadsheet takes for a formula: an apostrophe before the signs that begin one.
fn harmless(cell: &str) -> Cow<'_, str> {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            Cow::Owned(format!("'{cell}"))
        }
        _ => Cow::Borrowed(cell),
    }
}

/// The worklists of the groups, few of them open at a time.
struct Lists {
    folder: PathBuf,
    header: Vec<u8>,
    names: HashMap<String, String>,
    taken: HashSet<String>,
    open: BTreeMap<String, BufWriter<File>>,
}

impl Lists {
    /// Lists in a folder that is made anew: a killed run may have left it half filled.
    fn new(folder: PathBuf, header: Vec<u8>) -> Result<Self, OutputError> {
        let make = || {
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            fs::create_dir(&folder)
        };
        make().map_err(|source| OutputError::io(&folder, source))?;
        let taken = HashSet::from([REST.to_owned()]);
        Ok(Self { folder, header, names: HashMap::new(), taken, open: BTreeMap::new() })
    }

    fn add(&mut self, group: &str, line: &[u8]) -> Result<(), OutputError> {
        let name = self.name(group);
        let path = self.folder.join(&name);
        let failed = |source| OutputError::io(&path, source);
        if !self.open.contains_key(&name) {
            if self.open.len() >= MOST_OPEN {
                self.close()?;
            }
            let mut file = OpenOptions::new().append(true).create(true).open(&path).map_err(failed)?;
            let fresh = file.metadata().map_err(failed)?.len() == 0;
            if fresh {
                file.write_all(&self.header).map_err(failed)?;
            }
            self.open.insert(name.clone(), BufWriter::new(file));
        }
        self.open.get_mut(&name).map_or(Ok(()), |file| file.write_all(line)).map_err(failed)
    }

    /// The file of a group: of its own, whatever the system thinks of capitals.
    fn name(&mut self, group: &str) -> String {
        if let Some(name) = self.names.get(group) {
            return name.clone();
        }
        if self.names.len() >= MOST_LISTS {
            return REST.to_owned();
        }
        let stem = safe_stem(group);
        let numbered = |number: usize| match number {
            1 => format!("{stem}.csv"),
            _ => format!("{stem}-{number}.csv"),
        };
        let free = |name: &String| !self.taken.contains(&name.to_lowercase());
        let name = (1..=MOST_LISTS + 1).map(numbered).find(free).unwrap_or_else(|| REST.to_owned());
        self.taken.insert(name.to_lowercase());
        self.names.insert(group.to_owned(), name.clone());
        name
    }

    fn close(&mut self) -> Result<(), OutputError> {
        for (name, mut file) in std::mem::take(&mut self.open) {
            file.flush().map_err(|source| OutputError::io(&self.folder.join(name), source))?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), OutputError> {
        self.close()
    }
}

/// A name that is safe in any file system: letters, digits, hyphens and underscores only, and none that a
/// system keeps for itself.
fn safe_stem(group: &str) -> String {
    const KEPT: [&str; 4] = ["con", "prn", "aux", "nul"];
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let stem: String = group.trim().chars().take(MOST_NAME).map(plain).collect();
    let lower = stem.to_lowercase();
    let device = KEPT.contains(&lower.as_str())
        || (lower.len() == 4 && (lower.starts_with("com") || lower.starts_with("lpt")));
    match stem.as_str() {
        "" => "blank".to_owned(),
        _ if device || stem.starts_with('-') => format!("_{stem}"),
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for (cell, written) in [
            ("=cmd()", "'=cmd()"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("a=1", "a=1"),
            ("'=1", "'=1"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), written, "{cell:?}");
        }
    }

    #[test]
    fn names_of_files_are_safe() {
        for (group, stem) in [
            ("0012", "0012"),
            ("../../etc/passwd", "______etc_passwd"),
            ("C:\\x", "C__x"),
            (" ", "blank"),
            ("nul", "_nul"),
            ("Com1", "_Com1"),
            ("-rf", "_-rf"),
            (".hidden", "_hidden"),
            ("Sankt Jörg", "Sankt_J_rg"),
        ] {
            assert_eq!(safe_stem(group), stem);
        }
        assert_eq!(safe_stem(&"x".repeat(300)).len(), MOST_NAME);
    }

    #[test]
    fn many_groups_have_files_of_their_own_and_the_worst_comes_first() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&root.path().join("out"), false).unwrap();
        let mut list = WorklistWriter::create(&folder, &["facility", "key"], true).unwrap();
        let mut rows = list.rows();
        for round in 0..2 {
            for at in 0..200 {
                let severity = if round == 1 && at == 7 { Severity::Error } else { Severity::Info };
                let group = if at == 8 { "h 7".to_owned() } else { format!("H_{at}") };
                rows.push(severity, &[group.as_str(), &format!("=k{round}")]);
            }
            list.append(&std::mem::replace(&mut rows, list.rows())).unwrap();
        }
        rows.push(Severity::Warning, &["h_7", "lower"]);
        list.append(&rows).unwrap();
        list.finish(&folder).unwrap();
        let read = |name: &str| fs::read_to_string(folder.file(name).unwrap()).unwrap();
        assert_eq!(read("worklists/H_7.csv"), "facility,key\nH_7,'=k1\nH_7,'=k0\n");
        // The same name but for capitals or signs: a file of its own, in the order of the worklist.
        assert_eq!(read("worklists/h_7-2.csv"), "facility,key\nh_7,lower\n");
        assert_eq!(read("worklists/h_7-3.csv"), "facility,key\nh 7,'=k0\nh 7,'=k1\n");
        assert_eq!(fs::read_dir(folder.hidden().join("worklists")).unwrap().count(), 201);
        let all = read("worklist.csv");
        assert_eq!(all.lines().count(), 402);
        assert!(all.starts_with("facility,key\nH_7,'=k1\nh_7,lower\nH_0,'=k0\n"), "{all}");
    }
}
