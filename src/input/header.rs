//! The top of a text table: what stands above the records, told from content.
//!
//! Above the header there may be lines that begin with `#` (cBioPortal writes four); below it there may be
//! lines that describe the columns (TCGA biotab repeats the names and then gives the `CDE_ID` of each).

use std::io::Read;
use std::path::Path;

use memchr::memchr;

use super::dialect::{detect_delimiter, detect_quoting};
use super::records::{Piece, Records};
use super::{Dialect, Encoding, InputError, Options, RejectCause};

/// What was found above the records.
#[derive(Debug)]
pub(super) struct Top {
    pub(super) dialect: Dialect,
    /// Header cells as text, without quotes.
    pub(super) header: Vec<String>,
    /// The header record as it stands in the file.
    pub(super) header_line: Vec<u8>,
    /// Lines with `#` above the header.
    pub(super) preamble_lines: usize,
    /// Describing lines below it.
    pub(super) description_lines: usize,
    /// Bytes of the decompressed stream above the first record.
    pub(super) data_start: u64,
    /// Physical line on which the first record may start.
    pub(super) data_line: u64,
}

/// Bytes that are read to tell the dialect.
const SAMPLE_BYTES: u64 = 1 << 20;

/// Records below the header among which a line of `CDE_ID`s is looked for.
const DESCRIPTION_RECORDS: usize = 5;

/// The beginning of a stream: a megabyte, or more if the lines are very long. Tells whether that is all.
pub(super) fn sample(mut source: impl Read, options: &Options) -> std::io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    let most = (options.max_record_bytes as u64).saturating_add(SAMPLE_BYTES);
    loop {
        let wanted = SAMPLE_BYTES.max(bytes.len() as u64);
        let read = source.by_ref().take(wanted).read_to_end(&mut bytes)? as u64;
        if read < wanted {
            return Ok((bytes, true));
        }
        let line_ends = memchr::memchr2_iter(b'\n', b'\r', &bytes).take(16).count();
        if line_ends == 16 || bytes.len() as u64 > most {
            return Ok((bytes, false));
        }
    }
}

/// Reads the top of a table from its beginning; `whole` says that the sample is the whole file.
pub(super) fn read_top(
    path: &Path,
    sample: &[u8],
    whole: bool,
    options: &Options,
) -> Result<Top, InputError> {
    not_something_else(path, sample)?;
    let body = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample);
    let (preamble_lines, table) = skip_preamble(body, options);
    let first_line = 1 + line_count(&body[..body.len() - table.len()]);

    let delimiter = options.delimiter.unwrap_or_else(|| detect_delimiter(table));
    let quoting = options.quoting.unwrap_or_else(|| detect_quoting(table, delimiter));
    let dialect = Dialect { delimiter, quoting, encoding: options.encoding };
    let above = (sample.len() - table.len()) as u64;

    let mut records = Records::new(table, dialect.rules(), options.max_record_bytes, first_line);
    let header_error = |line, cause| InputError::Header { path: path.to_owned(), line, cause };
    let (line, header_line) = match next(&mut records) {
        None => return Err(InputError::Empty { path: path.to_owned() }),
        Some(Piece::Broken { line, cause, .. }) => return Err(header_error(line, cause)),
        Some(Piece::Record { line, bytes, .. }) => (line, bytes.to_vec()),
    };
    if memchr(0, &header_line).is_some() {
        return Err(binary(path, &header_line));
    }
    let header = decode_header(&header_line, dialect)
        .map_err(|column| header_error(line, RejectCause::NotUtf8 { column }))?;
    let mut data_start = above + records.consumed();
    let mut data_line = records.line();

    let mut description_lines = 0;
    for below in 1..=DESCRIPTION_RECORDS {
        // A line that cannot be read is a reject, and is not passed over with what describes the columns.
        let Some(Piece::Record { bytes, .. }) = next(&mut records) else { break };
        if is_description(bytes, dialect) {
            description_lines = below;
            data_start = above + records.consumed();
            data_line = records.line();
            break;
        }
    }

    let rest = sample.get(data_start as usize..).unwrap_or_default();
    if whole && rest.iter().all(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err(InputError::NoRecords { path: path.to_owned() });
    }
    Ok(Top { dialect, header, header_line, preamble_lines, description_lines, data_start, data_line })
}

/// Whether a file begins with a JSON object on a line of its own.
pub(super) fn is_ndjson(path: &Path, sample: &[u8]) -> Result<bool, InputError> {
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
    let Some(rest) = text.strip_prefix(b"{") else { return Ok(false) };
    let first = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if first.trim_ascii().is_empty() {
        return Err(InputError::NotATable {
            path: path.to_owned(),
            what: "a JSON document over many lines",
            hint: "FHIR is read as NDJSON, one resource a line, as a bulk export gives it",
        });
    }
    Ok(first.trim_ascii_start().starts_with(b"\"") || first.trim_ascii().starts_with(b"}"))
}

/// The next piece of a sample in memory, whose reading cannot fail.
fn next<'a>(records: &'a mut Records<&[u8]>) -> Option<Piece<'a>> {
    records.next(None).ok().flatten()
}

fn line_count(bytes: &[u8]) -> u64 {
    let returns = memchr::memchr_iter(b'\r', bytes).filter(|at| bytes.get(at + 1) != Some(&b'\n')).count();
    (memchr::memchr_iter(b'\n', bytes).count() + returns) as u64
}

/// The number of `#` lines on top and what is below them. A single one with as many cells as the line below
/// it is no remark but the header.
fn skip_preamble<'a>(body: &'a [u8], options: &Options) -> (usize, &'a [u8]) {
    let mut rest = body;
    let mut lines = 0;
    loop {
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let line = &rest[blank..];
        if !line.starts_with(b"#") {
            break;
        }
        let Some(end) = memchr::memchr2(b'\n', b'\r', line) else { break };
        rest = &line[end..];
        lines += 1;
    }
    if lines == 1 {
        let delimiter = options.delimiter.unwrap_or_else(|| detect_delimiter(body));
        let rules = Dialect { delimiter, ..Dialect::default() }.rules();
        let mut cells = body
            .split(|byte| matches!(byte, b'\n' | b'\r'))
            .filter(|line| !line.is_empty())
            .map(|line| rules.count(line));
        let (first, second) = (cells.next().flatten(), cells.next().flatten());
        if first == second && first > Some(1) {
            return (0, body);
        }
    }
    (lines, rest)
}

fn decode_header(line: &[u8], dialect: Dialect) -> Result<Vec<String>, String> {
    let rules = dialect.rules();
    let mut names = Vec::new();
    for (index, raw) in rules.raw_cells(line).into_iter().enumerate() {
        let cell = rules.unquote(raw);
        if dialect.encoding == Encoding::Utf8 && std::str::from_utf8(&cell).is_err() {
            return Err(format!("number {}", index + 1));
        }
        names.push(dialect.encoding.decode(&cell).into_owned());
    }
    Ok(names)
}

fn is_description(record: &[u8], dialect: Dialect) -> bool {
    let cells = dialect.rules().raw_cells(record);
    let filled = cells.iter().filter(|cell| !cell.trim_ascii().is_empty()).count();
    let marked = cells.iter().filter(|cell| cell.trim_ascii_start().starts_with(b"CDE_ID:")).count();
    marked * 2 > filled
}

fn not_something_else(path: &Path, sample: &[u8]) -> Result<(), InputError> {
    let (what, hint) = match sample {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(utf16(path)),
        [b'P', b'K', 3, 4, ..] => {
            ("an Excel workbook or a ZIP archive", "export the sheet as CSV, or unpack it")
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => ("an old Excel workbook", "export the sheet as CSV"),
        [b'%', b'P', b'D', b'F', ..] => ("a PDF document", "export the table as CSV"),
        _ => {
            let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
            let begins = |word: &str| {
                text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            };
            if begins("<!doctype html") || begins("<html") {
                ("an HTML page", "a saved error or login page looks like this; fetch the table again")
            } else if begins("<?xml") {
                ("an XML file", "convert it to CSV or Parquet first")
            } else {
                return Ok(());
            }
        }
    };
    Err(InputError::NotATable { path: path.to_owned(), what, hint })
}

/// A NUL within the header: text in two-byte units has one beside each letter.
fn binary(path: &Path, header: &[u8]) -> InputError {
    if memchr::memchr_iter(0, header).count() * 3 > header.len() {
        return utf16(path);
    }
    let hint = "save the table as CSV in UTF-8";
    InputError::NotATable { path: path.to_owned(), what: "a binary file", hint }
}

fn utf16(path: &Path) -> InputError {
    InputError::NotATable {
        path: path.to_owned(),
        what: "UTF-16 text",
        hint: "save the table as CSV in UTF-8",
    }
}
