//! What hostile bytes are put to, one function for each door that they can come in by.
//!
//! A function panics where the program would, and where an answer breaks a promise of the program: the same
//! table whatever the size of a chunk, the same filter when it is written out and read again. The fuzzer
//! calls them with what it makes up, and the tests (`cargo test --test it corpus`) with every kept input.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use rstage::category::{Cell, Parsed, PartialDate, parse};
use rstage::cohort::{Ask, Filter, Order, Test, Word};
use rstage::fields::{self, Coding, Field, MapFile, MapOptions};
use rstage::input::{Delimiter, InputFile, Options, Quoting};
use rstage::knowledge::{Overlay, Rules};
use rstage::seer::Algorithm;

/// A function and the name of the folder of its inputs.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 10] = [
    ("records", records),
    ("cells", cells),
    ("dates", dates),
    ("columns", columns),
    ("rules", rules),
    ("seer", seer),
    ("filter", filter),
    ("xml", xml),
    ("flat", flat),
    ("fhir", fhir),
];

/// Columns of the tables that [`records`] makes.
const HEADER: &[u8] = b"a,b,c\n";

/// Records of a text table: what is taken without a reject is what the `csv` crate reads.
pub fn records(data: &[u8]) {
    let bytes = [HEADER, data].concat();
    let options =
        Options { delimiter: Some(Delimiter::Comma), quoting: Some(Quoting::Csv), ..Options::default() };
    let Some(table) = table(&bytes, &options) else { return };
    let short = Options { max_record_bytes: 16, ..options };
    self::table(&bytes, &short);
    if !table.rejects.is_empty() {
        return;
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
    let expected: Vec<Vec<String>> = reader
        .byte_records()
        .map(|record| {
            let record = record.unwrap();
            record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
        })
        .skip(table.description_lines)
        .collect();
    let cells: Vec<Vec<String>> = table.rows.into_iter().map(|(_, cells)| cells).collect();
    assert_eq!(cells, expected);
}

/// A cell: `FIELD CODING TEXT`, read with and without blanks around it.
pub fn cells(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(3, ' ');
    let Some(field) = parts.next().and_then(Field::from_id) else { return };
    let Some(coding) = parts.next().and_then(Coding::from_id) else { return };
    let text = parts.next().unwrap_or_default();
    let parsed = format!("{:?}", parse(field, coding, text));
    assert_eq!(parsed, format!("{:?}", parse(field, coding, &format!(" {text}\t"))));
}

/// A date: written out it is the same date, and its days span it.
pub fn dates(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Parsed::Date(Cell::Value(date)) = parse(Field::DxDate, Coding::Plain, &text) else { return };
    assert!(date.earliest() <= date.latest());
    assert_eq!(PartialDate::spanning(date.earliest(), date.latest()), Some(date));
    assert_eq!(parse(Field::DxDate, Coding::Plain, &date.to_string()), Parsed::Date(Cell::Value(date)));
}

/// A header, one column a line, and below a blank line a map file for it.
pub fn columns(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (header, map) = text.split_once("\n\n").unwrap_or((&text, ""));
    let header: Vec<String> = header.split('\n').map(str::to_owned).collect();
    let set = header.iter().filter_map(|line| fields::parse_setting(line).ok()).collect();
    let options = MapOptions { map: MapFile::parse("map.toml", map).ok(), set, ..MapOptions::default() };
    fields::identifying_columns(&header);
    for options in [&MapOptions::default(), &options] {
        let tumors = fields::recognise_columns(&header, options).ok().map(|(mapping, _)| mapping);
        let events = fields::recognise_events(&header, options).ok();
        for mapping in tumors.iter().chain(&events) {
            if let Ok(report) = fields::report(mapping) {
                fields::render(&report);
            }
        }
        if let Some(mapping) = tumors {
            MapFile::parse("written.toml", &fields::mapping_file(&mapping)).unwrap();
        }
    }
}

/// A folder of own rules over the built-in ones.
pub fn rules(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    unpack(data, folder.path());
    match Overlay::read(folder.path()).and_then(Rules::overlaid) {
        Ok(rules) => assert!(rules.overlay().is_some()),
        Err(mistakes) => assert!(mistakes.count() > 0 && !mistakes.to_string().is_empty()),
    }
}

/// An algorithm of SEER, as a ZIP file or as the folder that it was unpacked to; it then stages a case.
pub fn seer(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = if data.starts_with(b"PK") {
        let path = folder.path().join("algorithm.zip");
        fs::write(&path, data).unwrap();
        path
    } else {
        unpack(data, folder.path());
        folder.path().to_owned()
    };
    let Ok(algorithm) = Algorithm::open(&path, 2026) else { return };
    let known = [("site", "C500"), ("hist", "8000"), ("year_dx", "2020")];
    let asked: Vec<String> = algorithm.inputs().iter().map(|item| item.key.to_string()).collect();
    for text in ["", "1", "C500", "ERROR:"] {
        let others = asked.iter().map(|key| (key.as_str(), text));
        let others = others.filter(|(key, _)| known.iter().all(|(own, _)| own != key));
        algorithm.stage(others.chain(known));
    }
    algorithm.lookup(known);
}

/// The filter of a cohort: written out it is read as the same filter.
pub fn filter(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Filter::parse(&text) {
        Ok(filter) => {
            let text = written(&filter);
            // What is written out may pass the limit of a filter's length.
            if text.len() < 10_000 {
                assert_eq!(Filter::parse(&text).map(|filter| written(&filter)).as_ref(), Ok(&text));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty() && error.at <= text.chars().count()),
    }
}

/// NAACCR XML.
pub fn xml(data: &[u8]) {
    table(data, &Options::default());
    table(data, &Options { max_record_bytes: 200, ..Options::default() });
}

/// NAACCR flat records: a first line of full length, and lines as they come.
pub fn flat(data: &[u8]) {
    let (kind, data) = data.split_first().unwrap_or((&0, data));
    let (letter, version, length) =
        [(b'I', "140", 3339), (b'I', "160", 3339), (b'I', "180", 4048), (b'C', "181", 6154)]
            [usize::from(kind % 4)];
    let mut line = [&[letter][..], &[b' '; 15], version.as_bytes()].concat();
    let split = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (first, rest) = data.split_at(split);
    line.extend(first);
    line.resize(length, b' ');
    line.extend(rest);
    table(&line, &Options::default());
}

/// Events as FHIR resources, one a line.
pub fn fhir(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.ndjson");
    fs::write(&path, data).unwrap();
    let options = Options::default();
    let Ok(file) = InputFile::probe(&path, 0, &options) else { return };
    let mut told = 0;
    rstage::pipeline::fhir_stagings(&file, &options, folder.path(), |staging| {
        match staging {
            Ok(cells) => assert!(!cells.is_empty()),
            Err(reject) => assert!(reject.line > 0),
        }
        told += 1;
    })
    .unwrap();
    let lines = data.split(|byte| *byte == b'\n').count();
    assert!(told <= lines, "{told} stagings and rejects of {lines} lines");
}

/// A table as it was read.
#[derive(PartialEq, Debug)]
struct Table {
    /// Line and cells.
    rows: Vec<(u64, Vec<String>)>,
    /// Line and cause.
    rejects: Vec<(u64, String)>,
    description_lines: usize,
}

/// Reads these bytes as a file of whatever form it is, in large chunks and record by record.
fn table(bytes: &[u8], options: &Options) -> Option<Table> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let found = InputFile::probe(file.path(), 0, options).ok()?;
    let whole = read(&found, options);
    let single = read(&found, &Options { chunk_rows: 1, ..options.clone() });
    assert_eq!(whole, single, "the size of chunks changes what is read");
    whole
}

fn read(file: &InputFile, options: &Options) -> Option<Table> {
    let (mut rows, mut rejects) = (Vec::new(), Vec::new());
    for chunk in file.open(options).ok()? {
        let chunk = chunk.ok()?;
        rejects.extend(chunk.rejects.iter().map(|reject| (reject.line, reject.cause.to_string())));
        for row in 0..chunk.rows() {
            let cells = (0..file.header.len()).map(|column| chunk.text(column, row).into_owned());
            rows.push((chunk.line(row), cells.collect()));
        }
    }
    assert!(rows.is_sorted_by_key(|(line, _)| *line), "lines go back");
    Some(Table { rows, rejects, description_lines: file.description_lines })
}

/// Writes the files of a text to a folder: each begins with a line `== NAME`, a plain name, within a
/// folder or not.
fn unpack(data: &[u8], folder: &Path) {
    let text = String::from_utf8_lossy(data);
    for file in text.split("== ").skip(1) {
        let (name, content) = file.split_once('\n').unwrap_or((file, ""));
        let plain = |part: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
            !part.starts_with('.') && part.len() < 40 && !part.is_empty() && part.bytes().all(known)
        };
        let parts: Vec<&str> = name.split('/').collect();
        if parts.len() > 2 || !parts.iter().all(|part| plain(part)) {
            continue;
        }
        let path = folder.join(name);
        // A name that is a folder already, or lies in a file, is left out.
        if path.parent().is_some_and(|parent| fs::create_dir_all(parent).is_ok()) {
            fs::write(path, content).ok();
        }
    }
}

/// A filter as text, with no more brackets than it needs.
fn written(filter: &Filter) -> String {
    let within = |inner: &Filter, bare: bool| {
        if bare { written(inner) } else { format!("({})", written(inner)) }
    };
    match filter {
        Filter::Or(left, right) => {
            format!("{} or {}", written(left), within(right, !matches!(**right, Filter::Or(..))))
        }
        Filter::And(left, right) => format!(
            "{} and {}",
            within(left, !matches!(**left, Filter::Or(..))),
            within(right, !matches!(**right, Filter::Or(..) | Filter::And(..)))
        ),
        Filter::Not(inner) => {
            format!("not {}", within(inner, matches!(**inner, Filter::Not(_) | Filter::Test(_))))
        }
        Filter::Test(Test { name, ask }) => match ask {
            Ask::Compare(order, value) => format!("{} {} {}", word(name), sign(*order), word(value)),
            Ask::In(values) => {
                let values: Vec<String> = values.iter().map(word).collect();
                format!("{} in ({})", word(name), values.join(", "))
            }
            Ask::Blank => format!("{} is blank", word(name)),
        },
    }
}

fn word(word: &Word) -> String {
    if word.quoted { format!("\"{}\"", word.text) } else { word.text.clone() }
}

const fn sign(order: Order) -> &'static str {
    match order {
        Order::Equal => "=",
        Order::Unequal => "!=",
        Order::Less => "<",
        Order::AtMost => "<=",
        Order::More => ">",
        Order::AtLeast => ">=",
    }
}
