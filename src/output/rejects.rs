//! The rows that could not be read, for the person who repairs them.

use std::path::PathBuf;

use super::{Mark, OutputError, TableFormat, TableWriter};
use crate::input::{InputFile, Reject};

const COLUMNS: [&str; 4] = ["file", "line", "cause", "raw"];

/// Writes `rejects.csv`: file, line, cause, raw.
pub struct RejectsWriter {
    table: TableWriter,
    files: Vec<String>,
}

impl RejectsWriter {
    /// Creates the file with its header.
    pub fn create(path: PathBuf, files: &[InputFile]) -> Result<Self, OutputError> {
        let table = TableWriter::create(path, &COLUMNS, TableFormat::Csv)?;
        Ok(Self { table, files: files.iter().map(|file| file.path.display().to_string()).collect() })
    }

    /// Opens the file to go on from a mark.
    pub fn reopen(path: PathBuf, files: &[InputFile], mark: Mark) -> Result<Self, OutputError> {
        let table = TableWriter::reopen(path, COLUMNS.len(), mark)?;
        Ok(Self { table, files: files.iter().map(|file| file.path.display().to_string()).collect() })
    }

    /// Brings what was written to the disk.
    pub fn mark(&mut self) -> Result<Option<Mark>, OutputError> {
        self.table.mark()
    }

    /// Adds the rejects of a chunk.
    pub fn write(&mut self, rejects: &[Reject]) -> Result<(), OutputError> {
        for reject in rejects {
            let file = self.files.get(reject.file).map_or("", String::as_str);
            self.table.row(&[file, &reject.line.to_string(), &reject.cause.to_string(), &reject.raw])?;
        }
        Ok(())
    }

    /// Completes the file; the number of rejects.
    pub fn finish(self) -> Result<u64, OutputError> {
        self.table.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Options, discover};

    #[test]
    fn a_reject_names_its_place_and_keeps_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("a.csv");
        std::fs::write(&input, "a,b\n1,2\n\"x,3\n4\n").unwrap();
        let name = input.to_string_lossy().into_owned();
        let options = Options::default();
        let files = discover(std::slice::from_ref(&name), &options).unwrap();
        let path = folder.path().join("rejects.csv");
        let mut writer = RejectsWriter::create(path.clone(), &files).unwrap();
        for chunk in files[0].open(&options).unwrap() {
            writer.write(&chunk.unwrap().rejects).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), 2);
        let expected = [
            "file,line,cause,raw".to_owned(),
            format!("{name},3,a quote opens on this line and never closes,\"\"\"x,3\""),
            format!("{name},4,1 fields instead of 2,4\n"),
        ];
        assert_eq!(std::fs::read_to_string(path).unwrap(), expected.join("\n"));
    }
}
