//! NAACCR's own files, XML and flat: the same records give the same staging in every form.

use std::fmt::Write as _;
use std::path::Path;

use rstage::input::{InputFile, Options};

use crate::support::{Table, Work, fixture, shared};

fn run(work: &Work, input: &Path, out: &str, more: &[&str]) -> Table {
    let args = [&["run", input.to_str().unwrap(), "--out", out, "--quiet"], more].concat();
    let done = work.rstage(&args);
    assert_eq!((done.status, done.out.as_str()), (0, ""), "{}", done.err);
    Table::read(&work.path(&format!("{out}/records.csv")))
}

/// Holds every added column of two results against each other.
fn same_staging(ours: &Table, theirs: &Table) {
    assert_eq!(ours.rows.len(), theirs.rows.len());
    let added: Vec<&str> =
        ours.header.iter().map(String::as_str).filter(|name| name.starts_with("rstage_")).collect();
    assert!(added.len() > 40);
    for row in 0..ours.rows.len() {
        for column in &added {
            assert_eq!(ours.cell(row, column), theirs.cell(row, column), "record {row}, {column}");
        }
    }
}

/// A table as NAACCR XML, one patient for each record.
fn as_xml(table: &Table) -> String {
    let mut xml = "<?xml version=\"1.0\"?>\n<NaaccrData xmlns=\"http://naaccr.org/naaccrxml\">\n".to_owned();
    for row in &table.rows {
        xml.push_str("<Patient><Tumor>\n");
        for (name, cell) in table.header.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            let cell = cell.replace('&', "&amp;").replace('<', "&lt;").replace('\r', "&#13;");
            writeln!(xml, "<Item naaccrId=\"{name}\">{cell}</Item>").unwrap();
        }
        xml.push_str("</Tumor></Patient>\n");
    }
    xml.push_str("</NaaccrData>\n");
    xml
}

#[test]
fn xml_gives_what_a_table_of_the_same_records_gives() {
    let work = Work::new();
    let table = Table::read(&fixture("registry.csv"));
    let xml = work.write("registry.xml", as_xml(&table));
    let from_xml = run(&work, &xml, "xml", &[]);
    let from_table = run(&work, &fixture("registry.csv"), "csv", &[]);
    same_staging(&from_xml, &from_table);
    for (row, cells) in table.rows.iter().enumerate() {
        for (name, cell) in table.header.iter().zip(cells) {
            // What is empty in all records is no item of the XML.
            let found = from_xml.header.contains(name).then(|| from_xml.cell(row, name));
            assert_eq!(found.unwrap_or_default(), cell, "record {row}, {name}");
        }
    }
    let one = run(&work, &xml, "one", &["--threads", "1"]);
    assert_eq!((one.header, one.rows), (from_xml.header, from_xml.rows));
    let manifest = std::fs::read_to_string(work.path("xml/run.json")).unwrap();
    assert!(manifest.contains("\"format\": \"naaccr_xml\""), "{manifest}");
    let done = work.rstage(&["verify", "xml"]);
    assert_eq!(done.status, 0, "{}", done.err);
}

#[test]
fn the_items_of_an_xml_file_come_out_as_they_went_in() {
    let work = Work::new();
    let table = run(&work, &fixture("naaccr_v18.xml"), "out", &[]);
    let column = |name: &str| (0..table.rows.len()).map(|row| table.cell(row, name)).collect::<Vec<_>>();
    assert_eq!(column("rstage_group"), column("truthGroup"));
    assert_eq!(column("naaccrRecordVersion"), ["180"; 6]);
    assert_eq!(column("tumorRecordNumber"), ["01", "01", "01", "01", "01", "02"]);
    assert_eq!(column("patientIdNumber")[4], column("patientIdNumber")[5]);
    let remarks = column("textRemarks");
    assert_eq!(
        (remarks[0], remarks[5]),
        ("T & N from the \"board\",\n seen twice", "a second tumor, <not> the first")
    );
    assert!(!table.header.iter().any(|name| name.contains("note")));

    let done = work.rstage(&[
        "run",
        fixture("naaccr_v18.xml").to_str().unwrap(),
        "--out",
        "parquet",
        "--format",
        "parquet",
        "--quiet",
    ]);
    assert_eq!(done.status, 0, "{}", done.err);
    let path = work.path("parquet/records.parquet");
    let parquet = InputFile::probe(&path, 0, &Options::default()).unwrap();
    assert_eq!(parquet.header, table.header);
    let chunk = parquet.open(&Options::default()).unwrap().next().unwrap().unwrap();
    for (row, cells) in table.rows.iter().enumerate() {
        let found: Vec<_> = (0..cells.len()).map(|column| chunk.text(column, row).into_owned()).collect();
        assert_eq!(&found, cells, "record {row}");
    }
}

#[test]
fn a_tumor_that_cannot_be_read_is_told_with_its_line() {
    let work = Work::new();
    let text = std::fs::read_to_string(fixture("naaccr_v18.xml")).unwrap();
    let broken = text.replacen("C629</Item>", "&site;</Item>", 1);
    let line = 1 + text.lines().position(|line| line.contains("<Tumor>")).unwrap();
    let path = work.write("broken.xml", broken);
    let done = work.rstage(&["run", path.to_str().unwrap(), "--out", "out", "--max-rejects", "1", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    assert_eq!(Table::read(&work.path("out/records.csv")).rows.len(), 5);
    let rejects = Table::read(&work.path("out/rejects.csv"));
    assert_eq!(rejects.rows.len(), 1);
    assert_eq!(rejects.cell(0, "line"), line.to_string());
    assert!(
        rejects.rows[0].iter().any(|cell| cell.contains("unknown entity `&site;`")),
        "{:?}",
        rejects.rows
    );
}

#[test]
fn a_flat_file_gives_what_the_xml_of_the_same_records_gives() {
    let Some(folder) = shared("realdata/naaccr_werthpadoh") else { return };
    let work = Work::new();
    let xml = run(&work, &folder.join("synthetic-naaccr-18-incidence.xml"), "xml", &["--max-rejects", "0"]);
    let flat = run(&work, &folder.join("synthetic-naaccr-18-incidence.txt"), "flat", &["--max-rejects", "0"]);
    same_staging(&flat, &xml);
    let mut compared = 0;
    for name in flat.header.iter().filter(|name| xml.header.contains(name)) {
        for row in 0..flat.rows.len() {
            assert_eq!(flat.cell(row, name).trim(), xml.cell(row, name).trim(), "record {row}, {name}");
            compared += usize::from(!xml.cell(row, name).trim().is_empty());
        }
    }
    assert!(compared > 1500, "{compared} cells that hold anything");
}

#[test]
fn flat_files_of_every_version_are_read_whole() {
    for (folder, file) in [
        ("naaccr_werthpadoh", "synthetic-naaccr-16-incidence.txt"),
        ("naaccr_werthpadoh", "synthetic-naaccr-18-abstract.txt"),
        ("naaccr_kumc", "naaccr-xml-sample-v180-incidence-100.txt"),
        ("naaccr_kumc", "valid_standard-file-1.txt"),
    ] {
        let Some(folder) = shared(&format!("realdata/{folder}")) else { return };
        let work = Work::new();
        let path = folder.join(file);
        let table = run(&work, &path, "out", &["--max-rejects", "0"]);
        let text = std::fs::read(&path).unwrap();
        let lines: Vec<_> = text.split(|byte| *byte == b'\n').filter(|line| line.len() > 2).collect();
        assert_eq!(table.rows.len(), lines.len(), "{file}");
        let own = table.header.iter().position(|name| name == "rstage_schema").unwrap();
        for (row, line) in table.rows.iter().zip(lines) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            assert_eq!(row[..own].concat().as_bytes(), line, "{file}");
        }
        let staged = table.rows.iter().filter(|row| !row[own].is_empty()).count();
        println!("{file}: {staged} of {} records have a schema", table.rows.len());
        assert!(staged * 2 >= table.rows.len() || file.starts_with("valid"), "{file}: {staged}");
    }
}

#[test]
fn names_between_the_items_of_a_flat_record_can_be_left_out() {
    let work = Work::new();
    let mut line = format!("{:<41}00000007", "A               180          9900000003 01");
    line.replace_range(40..41, "1");
    line = format!("{line:<553}C619");
    line = format!("{line:<4048}Doe");
    let path = work.write("flat.txt", format!("{line:<24194}\n"));
    let whole = run(&work, &path, "whole", &[]);
    assert!(whole.rows[0].iter().any(|cell| cell.contains("Doe")));
    let without = run(&work, &path, "without", &["--drop-identifiers"]);
    assert_eq!(without.cell(0, "primarySite"), "C619");
    assert!(!without.rows[0].iter().any(|cell| cell.contains("Doe")), "{:?}", without.header);
    assert!(!without.header.iter().any(|name| name.starts_with("columns_")), "{:?}", without.header);
}

/// The text of every cell of a file in its order, by a plain pass over the XML.
fn items(path: &Path) -> (usize, Vec<String>) {
    use quick_xml::events::Event;
    use std::io::{BufReader, Read};

    let file = std::fs::File::open(path).unwrap();
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let source: Box<dyn Read> =
        if packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut reader = quick_xml::Reader::from_reader(BufReader::new(source));
    let (mut tumors, mut names, mut bytes) = (0, std::collections::BTreeSet::new(), Vec::new());
    loop {
        match reader.read_event_into(&mut bytes).unwrap() {
            Event::Start(element) if element.local_name().as_ref() == "Tumor" => tumors += 1,
            Event::Start(element) if element.local_name().as_ref() == "Item" => {
                if let Some(id) = element.try_get_attribute("naaccrId").unwrap() {
                    names.insert(id.value.into_owned());
                }
            }
            Event::Eof => break,
            _ => {}
        }
        bytes.clear();
    }
    (tumors, names.into_iter().collect())
}

#[test]
fn the_samples_of_every_version_are_read_whole() {
    let Some(folder) = shared("realdata/naaccr_xml_samples") else { return };
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains(".xml") {
            continue;
        }
        let work = Work::new();
        let table = run(&work, &file, "out", &["--max-rejects", "0"]);
        let (tumors, items) = items(&file);
        assert_eq!(table.rows.len(), tumors, "{name}");
        for item in &items {
            let column = table.header.iter().position(|column| column == item);
            let column = column.unwrap_or_else(|| panic!("{name}: {item} is no column"));
            assert!(
                table.rows.iter().any(|row| !row[column].is_empty()),
                "{name}: {item} is empty throughout"
            );
        }
        let own = table.header.iter().position(|column| column == "rstage_schema").unwrap();
        let staged = table.rows.iter().filter(|row| !row[own].is_empty()).count();
        println!("{name}: {tumors} tumors, {} items, {staged} with a schema", items.len());
        assert!(staged * 10 >= tumors * 9, "{name}: {staged} of {tumors}");
        files += 1;
    }
    assert!(files >= 5, "{files}");
}

/// The columns of a file are known only once all of it was read; a run listens meanwhile.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_is_heard_while_the_columns_are_looked_for() {
    use std::process::{Command, Stdio};

    let work = Work::new();
    let whole = as_xml(&Table::read(&fixture("registry.csv")));
    let patients = &whole[whole.find("<Patient>").unwrap()..whole.rfind("</NaaccrData>").unwrap()];
    // Without its end: read through, it would be refused with 3.
    let mut text = whole[..whole.find("<Patient>").unwrap()].to_owned();
    text.push_str(&patients.repeat(60_000_000 / patients.len()));
    work.write("large.xml", text);
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstage"));
    command.args(["run", "large.xml", "--out", "out"]).current_dir(work.path(""));
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let read = |id| {
        let counts = std::fs::read_to_string(format!("/proc/{id}/io")).unwrap();
        counts.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse::<u64>().unwrap()
    };
    while read(run.id()) < 5_000_000 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap().success());
    assert_eq!(run.wait().unwrap().code(), Some(143));
    let mut told = String::new();
    std::io::Read::read_to_string(&mut run.stderr.take().unwrap(), &mut told).unwrap();
    assert!(told.contains("stopped by signal 15"), "{told}");
    assert!(work.holds_only(&["large.xml"]));
}
