//! One input file: what it is, told from its first bytes, and how it is opened.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow_schema::SchemaRef;

use super::csv::CsvReader;
use super::fixed_width::{Flat, FlatReader, flat};
use super::header::{is_ndjson, read_top, sample};
use super::parquet::{ParquetLayout, ParquetReader, read_layout};
use super::xml::{self, XmlReader};
use super::{Chunk, Compression, Dialect, InputError, Lines, Options, source};

/// A file whose header is known.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// Position among the inputs of a run.
    pub index: usize,
    /// Path as given or found.
    pub path: PathBuf,
    /// Size on disk.
    pub bytes: u64,
    /// What is in it.
    pub kind: Kind,
    /// Compression around it.
    pub compression: Compression,
    /// Column names as they stand in the file: duplicates, empty ones and blanks around them included.
    pub header: Vec<String>,
    /// Lines with `#` above the header.
    pub preamble_lines: usize,
    /// Describing lines below the header.
    pub description_lines: usize,
    /// The header record of a text table as it stands in the file, without its terminator.
    pub header_line: Vec<u8>,
    pub(super) layout: Layout,
}

/// What is in a file.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text table, or records of another form that are handed on as the lines of one.
    Csv(Dialect),
    /// Parquet.
    Parquet(ParquetLayout),
    /// Record batches in memory, which are handed over and not opened.
    Frame(SchemaRef),
    /// JSON resources, one a line: no table until they are brought together.
    Ndjson,
}

/// Where the records of a text table begin, and how they are written down.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    form: Form,
    pub(super) data_start: u64,
    pub(super) data_line: u64,
}

/// How the records of a text file are written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Form {
    #[default]
    Table,
    NaaccrXml,
    NaaccrFlat(Flat),
}

/// Whether a table is not too wide.
pub(super) fn within_columns(path: &Path, found: usize, options: &Options) -> Result<(), InputError> {
    if found > options.max_columns {
        return Err(InputError::TooManyColumns { path: path.to_owned(), found, limit: options.max_columns });
    }
    Ok(())
}

impl InputFile {
    /// Looks into a file: what it is, and its header.
    pub fn probe(path: &Path, index: usize, options: &Options) -> Result<Self, InputError> {
        let file = Self::recognise(path, index, options)?;
        within_columns(path, file.header.len(), options)?;
        Ok(file)
    }

    fn recognise(path: &Path, index: usize, options: &Options) -> Result<Self, InputError> {
        let io = |error| InputError::io(path, error);
        let metadata = std::fs::metadata(path).map_err(io)?;
        if !metadata.is_file() {
            return Err(InputError::NotAFile { path: path.to_owned() });
        }
        let mut magic = Vec::new();
        File::open(path).and_then(|file| file.take(4).read_to_end(&mut magic)).map_err(io)?;
        if magic == b"PAR1" {
            return Self::probe_parquet(path, index, metadata.len());
        }
        let compression = Compression::of(&magic);
        let count = Arc::new(AtomicU64::new(0));
        let stream = source::open(path, compression, Arc::clone(&count), options)?;
        let (sample, whole) = sample(stream, options).map_err(|error| {
            let byte = count.load(std::sync::atomic::Ordering::Relaxed);
            source::read_error(path, compression, 0, byte, error)
        })?;
        if sample.starts_with(b"PAR1") {
            return Err(InputError::PackedParquet { path: path.to_owned(), compression });
        }
        if xml::is_naaccr_xml(path, &sample)? {
            let columns = xml::read_columns(path, compression, options)?;
            return Ok(Self::as_table(path, index, metadata.len(), compression, columns, Form::NaaccrXml));
        }
        if let Some(flat) = flat(&sample) {
            let form = Form::NaaccrFlat(flat);
            return Ok(Self::as_table(path, index, metadata.len(), compression, flat.names(), form));
        }
        if is_ndjson(path, &sample)? {
            return Ok(Self {
                index,
                path: path.to_owned(),
                bytes: metadata.len(),
                kind: Kind::Ndjson,
                compression,
                header: Vec::new(),
                preamble_lines: 0,
                description_lines: 0,
                header_line: Vec::new(),
                layout: Layout::default(),
            });
        }
        let top = read_top(path, &sample, whole, options)?;
        Ok(Self {
            index,
            path: path.to_owned(),
            bytes: metadata.len(),
            kind: Kind::Csv(top.dialect),
            compression,
            header: top.header,
            preamble_lines: top.preamble_lines,
            description_lines: top.description_lines,
            header_line: top.header_line,
            layout: Layout { data_start: top.data_start, data_line: top.data_line, ..Layout::default() },
        })
    }

    /// A file whose records are handed on as the lines of a table with these columns.
    fn as_table(
        path: &Path,
        index: usize,
        bytes: u64,
        compression: Compression,
        columns: Vec<String>,
        form: Form,
    ) -> Self {
        Self {
            index,
            path: path.to_owned(),
            bytes,
            kind: Kind::Csv(Dialect::default()),
            compression,
            header_line: xml::header_line(&columns),
            header: columns,
            preamble_lines: 0,
            description_lines: 0,
            layout: Layout { form, ..Layout::default() },
        }
    }

    /// How the records are written down: `csv`, `naaccr_xml`, `naaccr_flat`, `parquet`, `frame` or `ndjson`.
    pub fn form(&self) -> &'static str {
        match (&self.kind, self.layout.form) {
            (Kind::Parquet(_), _) => "parquet",
            (Kind::Frame(_), _) => "frame",
            (Kind::Ndjson, _) => "ndjson",
            (Kind::Csv(_), Form::Table) => "csv",
            (Kind::Csv(_), Form::NaaccrXml) => "naaccr_xml",
            (Kind::Csv(_), Form::NaaccrFlat(_)) => "naaccr_flat",
        }
    }

    fn probe_parquet(path: &Path, index: usize, bytes: u64) -> Result<Self, InputError> {
        let layout = read_layout(path)?;
        Ok(Self {
            index,
            path: path.to_owned(),
            bytes,
            header: layout.schema.fields().iter().map(|field| field.name().clone()).collect(),
            kind: Kind::Parquet(layout),
            compression: Compression::None,
            preamble_lines: 0,
            description_lines: 0,
            header_line: Vec::new(),
            layout: Layout::default(),
        })
    }

    /// Header cells in the bytes of the file, without quotes.
    pub fn header_cells(&self) -> Vec<Vec<u8>> {
        match &self.kind {
            Kind::Csv(dialect) => {
                let rules = dialect.rules();
                rules
                    .raw_cells(&self.header_line)
                    .into_iter()
                    .map(|raw| rules.unquote(raw).into_owned())
                    .collect()
            }
            Kind::Parquet(_) | Kind::Frame(_) | Kind::Ndjson => {
                self.header.iter().map(|name| name.clone().into_bytes()).collect()
            }
        }
    }

    /// Opens the file at its first record, with the options that it was found with.
    pub fn open(&self, options: &Options) -> Result<Reader, InputError> {
        self.open_columns(options, None, Held::InOwnType)
    }

    /// The same for a reader who looks at some columns only: of Parquet no others are read, and their cells
    /// are empty.
    pub fn open_columns(
        &self,
        options: &Options,
        columns: Option<&BTreeSet<usize>>,
        held: Held,
    ) -> Result<Reader, InputError> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&bytes_read);
        let inner = match (&self.kind, self.layout.form) {
            (Kind::Csv(_), Form::NaaccrXml) => Inner::Xml(Box::new(XmlReader::open(self, options, count)?)),
            (Kind::Csv(_), Form::NaaccrFlat(flat)) => {
                Inner::Flat(FlatReader::open(self, flat, options, count)?)
            }
            (Kind::Csv(dialect), Form::Table) => {
                Inner::Csv(CsvReader::open(self, *dialect, &self.layout, options, count)?)
            }
            (Kind::Parquet(layout), _) => {
                Inner::Parquet(ParquetReader::open(self, layout, options.chunk_rows, (columns, held), count)?)
            }
            (Kind::Frame(_) | Kind::Ndjson, _) => return Err(InputError::no_table(&self.path)),
        };
        Ok(Reader { inner, bytes_read, ended: false })
    }

    /// Opens a text file at its first line, whatever is in it.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn lines(&self, options: &Options) -> Result<Lines, InputError> {
        Lines::open(self, options)
    }
}

/// How columns of Parquet are held until they are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// In their own type, for whoever writes them again.
    InOwnType,
    /// Texts as entries of their dictionaries where the file has them so, for whoever looks at cells only.
    AsEntries,
}

/// The chunks of one file. After an error there are no more.
pub struct Reader {
    inner: Inner,
    bytes_read: Arc<AtomicU64>,
    ended: bool,
}

enum Inner {
    Csv(CsvReader),
    Xml(Box<XmlReader>),
    Flat(FlatReader),
    Parquet(ParquetReader),
}

impl Reader {
    /// Bytes of the file that have been read so far, to be watched from another thread.
    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
    }
}

impl Iterator for Reader {
    type Item = Result<Chunk, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = match &mut self.inner {
            Inner::Csv(reader) => reader.next_chunk(),
            Inner::Xml(reader) => reader.next_chunk(),
            Inner::Flat(reader) => reader.next_chunk(),
            Inner::Parquet(reader) => reader.next_chunk(),
        };
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::input::{Delimiter, Encoding, Quoting};

    struct Seen {
        file: InputFile,
        rows: Vec<(u64, Vec<String>)>,
        raw: Vec<Vec<u8>>,
        rejects: Vec<String>,
    }

    fn read(path: &Path, options: &Options) -> Result<Seen, InputError> {
        let file = InputFile::probe(path, 0, options)?;
        let mut seen = Seen { file: file.clone(), rows: vec![], raw: vec![], rejects: vec![] };
        for chunk in file.open(options)? {
            let chunk = chunk?;
            assert_eq!(chunk.first_record, seen.rows.len() as u64 + 1);
            let columns: Vec<_> = (0..file.header.len()).map(|column| chunk.coded(column)).collect();
            for row in 0..chunk.rows() {
                let cells: Vec<String> = columns.iter().map(|column| column.text(row).to_owned()).collect();
                for (column, cell) in cells.iter().enumerate() {
                    assert_eq!(&chunk.text(column, row), cell);
                }
                seen.rows.push((chunk.line(row), cells));
                seen.raw.push(chunk.raw_line(row).unwrap_or_default().to_vec());
            }
            seen.rejects.extend(chunk.rejects.iter().map(|r| format!("{}: {}: {}", r.line, r.cause, r.raw)));
        }
        Ok(seen)
    }

    fn read_bytes(bytes: &[u8], options: &Options) -> Result<Seen, InputError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, bytes).unwrap();
        read(&path, options)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn cells(row: &[&str]) -> Vec<String> {
        row.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn the_top_is_told_from_the_records() {
        let biotab = "id\tstage\nid2\tstage2\nCDE_ID:\tCDE_ID:12\nP1\tIIA\n";
        let portal = "#Id\tStage\n#long\tlong\n#STRING\tSTRING\n#1\t1\nID\tSTAGE\nP1\tIIA\n";
        for (text, header, preamble, description, line) in [
            ("id,stage\nP1,IIA\n", ["id", "stage"], 0, 0, 2),
            (biotab, ["id", "stage"], 0, 2, 4),
            (portal, ["ID", "STAGE"], 4, 0, 6),
            ("\u{feff}\"id\";stage \r\nP1;IIA", ["id", "stage "], 0, 0, 2),
            ("#id|stage\nP1|IIA\n", ["#id", "stage"], 0, 0, 2),
            ("# exported by hand\n\nid,id\nP1,IIA\n", ["id", "id"], 1, 0, 4),
            (",\nP1,IIA\n", ["", ""], 0, 0, 2),
            ("\"a\nb\",c\nP1,IIA\n", ["a\nb", "c"], 0, 0, 3),
        ] {
            let seen = read_bytes(text.as_bytes(), &Options::default()).unwrap();
            assert_eq!(seen.file.header, header, "{text:?}");
            assert_eq!(
                (seen.file.preamble_lines, seen.file.description_lines),
                (preamble, description),
                "{text:?}"
            );
            assert_eq!(seen.rows, [(line, cells(&["P1", "IIA"]))], "{text:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_told() {
        for (bytes, message) in [
            (b"".as_slice(), "the file is empty"),
            (b"\n\r\n", "the file is empty"),
            (b"a,b\n", "a header but no records"),
            (b"a\tb\nx\ty\nCDE_ID:\tCDE_ID:1\n\n", "a header but no records"),
            (b"<!DOCTYPE html PUBLIC>\n<html>", "looks like an HTML page, not a table"),
            (b" \n<HTML>", "looks like an HTML page"),
            (b"\xff\xfea\0,\0b\0", "looks like UTF-16 text"),
            (b"a\0,\0b\0\n\0", "looks like UTF-16 text"),
            (b"\x7fELF....\0.....,.....\n", "looks like a binary file"),
            (b"PK\x03\x04....", "looks like an Excel workbook"),
            (b"Caf\xe9,b\n1,2\n", "invalid UTF-8 in column `number 1` (hint: --encoding windows-1252)"),
            (b"\"a,b\n1,2\n", "the header cannot be read: a quote opens"),
            (b"PAR1abcd", "not a whole Parquet file"),
            (b"\x1f\x8b\x08", "the gzip stream ends too early"),
        ] {
            let error = read_bytes(bytes, &Options::default()).err().map(|error| error.to_string());
            let error = error.unwrap_or_default();
            assert!(error.contains(message), "{bytes:?}: {error}");
        }
        let packed = read_bytes(&gzip(b"PAR1...."), &Options::default()).err().unwrap();
        assert!(matches!(packed, InputError::PackedParquet { .. }));
        let long = Options { max_record_bytes: 10, ..Options::default() };
        let error = read_bytes(b"a,b,c,d,e,f,g\n1\n", &long).err().unwrap().to_string();
        assert!(error.contains("longer than 10 bytes"), "{error}");
    }

    #[test]
    fn unreadable_rows_are_rejected_in_order() {
        let text = b"a,b\n1,2\n1\n\"x,2\nCaf\xe9,2\n\xc3,2\n\xa9,2\n1,\0\n3,4";
        let options = Options { chunk_rows: 100, ..Options::default() };
        let seen = read_bytes(text, &options).unwrap();
        assert_eq!(seen.rows, [(2, cells(&["1", "2"])), (9, cells(&["3", "4"]))]);
        let causes: Vec<_> = seen.rejects.iter().map(|text| text.rsplit_once(": ").unwrap().0).collect();
        let utf8 = "invalid UTF-8 in column `a` (hint: --encoding windows-1252)";
        assert_eq!(
            causes,
            [
                "3: 1 fields instead of 2".to_owned(),
                "4: a quote opens on this line and never closes".to_owned(),
                format!("5: {utf8}"),
                format!("6: {utf8}"),
                format!("7: {utf8}"),
                "8: a NUL byte".to_owned(),
            ]
        );
        for chunk_rows in 1..8 {
            let options = Options { chunk_rows, ..Options::default() };
            let again = read_bytes(text, &options).unwrap();
            assert_eq!((again.rows, again.rejects), (seen.rows.clone(), seen.rejects.clone()));
        }
    }

    #[test]
    fn windows_1252_is_decoded_and_its_bytes_are_kept() {
        let options = Options { encoding: Encoding::Windows1252, ..Options::default() };
        let seen = read_bytes(b"Gr\xf6\xdfe,b\nCaf\xe9,\"x\"\n", &options).unwrap();
        assert_eq!(seen.file.header[0], "Gr\u{f6}\u{df}e");
        assert_eq!(seen.rows, [(2, cells(&["Caf\u{e9}", "x"]))]);
        assert_eq!(seen.raw, [b"Caf\xe9,\"x\"".to_vec()]);
        assert_eq!(seen.file.header_cells()[0], b"Gr\xf6\xdfe");
    }

    #[test]
    fn quotes_in_tables_cut_by_tabs() {
        let literal = read_bytes(b"a\tb\n\"x\ty\n", &Options::default()).unwrap();
        assert_eq!(literal.rows[0].1, cells(&["\"x", "y"]));
        let forced = Options { quoting: Some(Quoting::Literal), ..Options::default() };
        assert_eq!(read_bytes(b"a\tb\n\"x\"\ty\n", &forced).unwrap().rows[0].1, cells(&["\"x\"", "y"]));
        let forced = Options { delimiter: Some(Delimiter::Comma), ..Options::default() };
        assert_eq!(read_bytes(b"a\tb\nx\ty\n", &forced).unwrap().rows[0].1, cells(&["x\ty"]));
    }

    #[test]
    fn compressed_tables() {
        let mut text = b"a,b\n".to_vec();
        for row in 0..40_000 {
            writeln!(text, "{row},{}", row * 7919 % 1013).unwrap();
        }
        let plain = read_bytes(&text, &Options::default()).unwrap();
        let (first, second) = text.split_at(text.len() / 3);
        let members = [gzip(first), gzip(second)].concat();
        let zstd = zstd::encode_all(&text[..], 3).unwrap();
        for (packed, compression) in [(&members, Compression::Gzip), (&zstd, Compression::Zstd)] {
            let seen = read_bytes(packed, &Options::default()).unwrap();
            assert_eq!(seen.file.compression, compression);
            assert!(seen.rows == plain.rows && seen.raw == plain.raw);
            let error = read_bytes(&packed[..packed.len() - 9], &Options::default()).err().unwrap();
            assert!(matches!(error, InputError::Truncated { byte, .. } if byte > 0), "{error}");
            let mut damaged = packed.clone();
            let middle = damaged.len() / 2;
            damaged[middle..middle + 40].fill(0x55);
            assert!(read_bytes(&damaged, &Options::default()).is_err());
        }
    }

    #[test]
    fn real_tables_are_read_as_the_csv_crate_reads_them() {
        let shared = std::env::var("RSTAGE_SHARED")
            .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
        let root = shared.join("realdata");
        if !root.is_dir() {
            println!("skipped: no real tables at {}", root.display());
            return;
        }
        let mut tables = 0;
        for kind in ["tcga_biotab", "cbioportal", "gdc_clinical_tsv", "xena", "lydata", "mcode_csv"] {
            for entry in std::fs::read_dir(root.join(kind)).unwrap() {
                let path = entry.unwrap().path();
                if !path.is_file() {
                    continue;
                }
                let seen = match read(&path, &Options::default()) {
                    Ok(seen) => seen,
                    Err(InputError::NotATable { what: "an HTML page", .. }) => continue,
                    Err(error) => panic!("{error}"),
                };
                let Kind::Csv(dialect) = seen.file.kind else { panic!("{}", path.display()) };
                assert!(seen.file.header.len() > 5, "{}: {:?}", path.display(), seen.file.header);
                let text = std::fs::read(&path).unwrap();
                let mut reader = csv::ReaderBuilder::new()
                    .has_headers(false)
                    .flexible(true)
                    .delimiter(dialect.delimiter.byte())
                    .quoting(dialect.quoting == Quoting::Csv)
                    .from_reader(&text[..]);
                let theirs = reader.byte_records().count();
                let top = 1 + seen.file.preamble_lines + seen.file.description_lines;
                assert_eq!(theirs, top + seen.rows.len() + seen.rejects.len(), "{}", path.display());
                let few = seen.rows.len() / 20;
                assert!(seen.rejects.len() <= few, "{}: {:?}", path.display(), seen.rejects.first());
                tables += 1;
            }
        }
        assert!(tables > 20);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn cells_are_those_of_the_csv_crate(
            rows in prop::collection::vec(prop::collection::vec("[ab ,\"\n\r;\u{e9}]{0,5}", 3), 1..10),
            crlf in any::<bool>(),
            chunk_rows in 1..5_usize,
        ) {
            let mut writer = csv::WriterBuilder::new()
                .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
                .from_writer(b"x,y,z\n".to_vec());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let options = Options { chunk_rows, delimiter: Some(Delimiter::Comma), ..Options::default() };
            let seen = read_bytes(&text, &options).unwrap();
            let ours: Vec<_> = seen.rows.into_iter().map(|(_, cells)| cells).collect();
            prop_assert_eq!(ours, rows);
            prop_assert!(seen.rejects.is_empty());
        }
    }
}
