use std::fmt::Write as _;
use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::input::Kind;

struct Seen {
    header: Vec<String>,
    /// Line and cells.
    rows: Vec<(u64, Vec<String>)>,
    /// Line, cause and how the raw text begins.
    rejects: Vec<String>,
}

fn read_bytes(bytes: &[u8], options: &Options) -> Result<Seen, InputError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.dat");
    std::fs::write(&path, bytes).unwrap();
    let file = InputFile::probe(&path, 0, options)?;
    assert_eq!(file.form(), "naaccr_xml");
    assert!(matches!(file.kind, Kind::Csv(_)));
    let mut seen = Seen { header: file.header.clone(), rows: vec![], rejects: vec![] };
    for chunk in file.open(options)? {
        let chunk = chunk?;
        assert_eq!(chunk.first_record, seen.rows.len() as u64 + 1);
        for row in 0..chunk.rows() {
            let cells = (0..file.header.len()).map(|column| chunk.text(column, row).into_owned());
            seen.rows.push((chunk.line(row), cells.collect()));
        }
        seen.rejects.extend(chunk.rejects.iter().map(|reject| {
            let raw: String = reject.raw.chars().take(12).collect();
            format!("{}: {}: {raw}", reject.line, reject.cause)
        }));
    }
    Ok(seen)
}

fn read(text: &str) -> Result<Seen, InputError> {
    read_bytes(text.as_bytes(), &Options::default())
}

/// A file with these patients between the lines 2 and the last.
fn file(patients: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<NaaccrData xmlns=\"{}\">\n{patients}\n</NaaccrData>\n",
        element::NAACCR
    )
}

fn item(id: &str, text: &str) -> String {
    format!("<Item naaccrId=\"{id}\">{text}</Item>")
}

#[test]
fn levels_become_one_row_for_each_tumor() {
    let text = file(&format!(
        "{}\n<Patient>{}{}\n<Tumor>{}</Tumor>\n<Tumor>{}{}</Tumor></Patient>\n<Patient>{}</Patient>",
        item("registryId", "0001"),
        item("patientIdNumber", "1"),
        item("sex", " "),
        item("primarySite", "C619"),
        item("primarySite", "C509"),
        item("myOwnItem", "a,\"b\"\nc"),
        item("patientIdNumber", "2"),
    ));
    let rows = |chunk_rows| {
        let seen = read_bytes(text.as_bytes(), &Options { chunk_rows, ..Options::default() }).unwrap();
        assert_eq!(seen.header, ["registryId", "patientIdNumber", "sex", "primarySite", "myOwnItem"]);
        assert_eq!(seen.rejects, Vec::<String>::new());
        seen.rows
    };
    let cells = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
    let expected = [
        (5, cells(["0001", "1", " ", "C619", ""])),
        (6, cells(["0001", "1", " ", "C509", "a,\"b\"\nc"])),
        (8, cells(["0001", "2", "", "", ""])),
    ];
    for chunk_rows in [1, 2, 100] {
        assert_eq!(rows(chunk_rows), expected, "{chunk_rows} rows a chunk");
    }
}

#[test]
fn text_is_that_of_xml() {
    for (written, read_as) in [
        ("a &lt;b&gt; &amp;amp; &quot;&apos; &#65;&#x42;", "a <b> &amp; \"' AB"),
        ("<![CDATA[<b>&amp;]]>&amp;", "<b>&amp;&"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("<!-- no text -->T1<?x y?> ", "T1 "),
        ("", ""),
        ("Gr\u{f6}\u{df}e", "Gr\u{f6}\u{df}e"),
    ] {
        let text =
            file(&format!("<Patient><Tumor>{}{}</Tumor></Patient>", item("a", "1"), item("b", written)));
        let seen = read(&text).unwrap();
        assert_eq!(seen.rows, [(3, vec!["1".to_owned(), read_as.to_owned()])], "{written:?}");
    }
    let empty =
        file("<Patient><Tumor><Item naaccrId='a'/><Item naaccrNum='400'>C619</Item></Tumor></Patient>");
    assert_eq!(read(&empty).unwrap().header, ["a", "400"]);
}

#[test]
fn namespaces_and_extensions() {
    let prefixed = format!(
        "\u{feff}<n:NaaccrData xmlns:n=\"{}\" xmlns:x=\"urn:x\" xmlns=\"urn:y\"><x:Patient><Tumor/></x:Patient>\
         <n:Patient><Patient>1</Patient><x:Extra><n:Item naaccrId=\"no\">1</n:Item></x:Extra>\
         <n:Item x:naaccrId=\"no\" naaccrId=\"sex\">2</n:Item><n:Item xmlns:n=\"urn:z\" naaccrId=\"no\"/>\
         <n:Tumor/></n:Patient></n:NaaccrData>",
        element::NAACCR
    );
    let seen = read(&prefixed).unwrap();
    assert_eq!((seen.header, seen.rows), (vec!["sex".to_owned()], vec![(1, vec!["2".to_owned()])]));
    let none = "<NaaccrData><Patient><Item naaccrId=\"sex\">2</Item></Patient></NaaccrData>";
    assert_eq!(read(none).unwrap().rows.len(), 1);
}

#[test]
fn what_is_wrong_costs_a_tumor_or_a_patient() {
    let good = format!("<Patient><Tumor>{}</Tumor></Patient>", item("a", "1"));
    let within = |tumor: &str| {
        format!("<Patient>\n<Tumor>{}</Tumor>\n<Tumor>{tumor}</Tumor></Patient>", item("a", "2"))
    };
    for (patient, reject, kept) in [
        (within("<Item>1</Item>"), "5: an item without naaccrId or naaccrNum: <Tumor><Item", 3),
        (within("<Item naaccrId='a' naaccrId='b'/>"), "5: an item with two ids: <Tumor><Item", 3),
        (within(&item("a", "&evil;")), "5: unknown entity `&evil;`: <Tumor><Item", 3),
        (within(&item("a", "&#0;")), "5: unknown entity `&#0;`: <Tumor><Item", 3),
        (within(&item("a", "x\0y")), "5: a NUL byte: <Tumor><Item", 3),
        (
            within(&(item("a", "1") + &item("a", "2"))),
            "5: item `a` stands twice, with two values: <Tumor><Item",
            3,
        ),
        (within(&(item("a", "1") + &item("a", "1"))), "", 4),
        (within(&item("a", "b & c")), "3: entity or character reference not closed: ", 2),
        (within("<Item naaccrId='a'><b/></Item>"), "3: `<b>` stands within `<Item>`: <Patient>\n<T", 2),
        (within("<Item naaccrId='a'>1</Tumor>"), "3: `</Tumor>` closes `<Item>`: <Patient>\n<T", 2),
        ("<Patient>\n<Tumor>".to_owned(), "3: a patient starts within this one: <Patient>\n<T", 2),
        (format!("<Patient>{}</Patient>", "<x>".repeat(70)), "3: more than 64 elements", 2),
    ] {
        let text = file(&format!("{patient}\n{good}\n{good}"));
        let seen = read(&text).unwrap();
        let reject = if reject.is_empty() { vec![] } else { vec![reject] };
        assert_eq!(seen.rejects.len(), reject.len(), "{patient}: {:?}", seen.rejects);
        for (found, expected) in seen.rejects.iter().zip(reject) {
            assert!(found.starts_with(expected), "{patient}: {found}");
        }
        assert_eq!(seen.rows.len(), kept, "{patient}");
        assert!(seen.rows.iter().rev().take(2).all(|(_, cells)| cells[0] == "1"), "{patient}");
    }
    let mut latin = file(&within(&item("a", "Caf_"))).into_bytes();
    let at = latin.iter().position(|byte| *byte == b'_').unwrap();
    latin[at] = 0xe9;
    let seen = read_bytes(&latin, &Options::default()).unwrap();
    assert_eq!(seen.rows.len(), 1);
    assert!(seen.rejects[0].starts_with("5: invalid UTF-8 in column `a`"), "{:?}", seen.rejects);
}

#[test]
fn what_cannot_be_read_on_is_told_with_its_line() {
    let patient = "<Patient><Item naaccrId='a'>1</Item></Patient>";
    for (text, message) in [
        (
            format!("<!DOCTYPE NaaccrData [<!ENTITY e \"x\">]>\n<NaaccrData>{patient}</NaaccrData>"),
            ":1: the XML cannot be read: a document type",
        ),
        (
            format!("<?xml version='1.0' encoding='utf-16'?><NaaccrData>{patient}</NaaccrData>"),
            "the encoding is `utf-16`",
        ),
        (format!("<NaaccrData xmlns='urn:x'>{patient}</NaaccrData>"), "the namespace is `urn:x`"),
        (format!("<NaaccrData>\n{patient}\n"), ":3: the XML cannot be read: the file ends before"),
        ("<NaaccrData>\n<Item/></NaaccrData>".to_owned(), ":2: the XML cannot be read: an item without"),
        (
            format!("<NaaccrData>\n{patient}\n<Item naaccrId='b'/></NaaccrData>"),
            ":3: the XML cannot be read: item `b` of the whole file",
        ),
        (
            "<NaaccrData>\n<Tumor/></NaaccrData>".to_owned(),
            ":2: the XML cannot be read: `<Tumor>` stands within",
        ),
        (format!("<NaaccrData>{patient}\n<Patient a"), ":2: the XML cannot be read"),
        ("<NaaccrData></NaaccrData>".to_owned(), "a header but no records"),
        (
            format!("<NaaccrData><Patient>{}", "<x>".repeat(70_000)),
            "more than 65536 elements are never closed",
        ),
        ("<?xml version='1.0'?><Other/>".to_owned(), "looks like an XML file"),
    ] {
        let error = read(&text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(message), "{}: {error}", &text[..text.len().min(100)]);
    }
}

#[test]
fn long_text_is_bounded() {
    let options = Options { max_record_bytes: 2000, ..Options::default() };
    let patient = |text: &str| format!("<Patient><Tumor>{}</Tumor></Patient>\n", item("a", text));
    let many = format!("<Patient><Tumor>{}</Tumor></Patient>\n", item("a", "1").repeat(200));
    let text = file(&format!("{}{many}{}", patient("1"), patient("2")));
    let seen = read_bytes(text.as_bytes(), &options).unwrap();
    assert_eq!(seen.rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 5]);
    assert!(
        seen.rejects[0].starts_with("4: a record longer than 2000 bytes: <Patient>"),
        "{:?}",
        seen.rejects
    );
    let text = file(&patient(&"x".repeat(1 << 20)));
    let error = read_bytes(text.as_bytes(), &options).err().unwrap().to_string();
    assert!(
        error.contains(":3: the XML cannot be read: what begins here is longer than 2000 bytes"),
        "{error}"
    );
}

#[test]
fn compressed_files_are_read_and_truncated_ones_told() {
    let text = file(&format!("<Patient>{}</Patient>\n", item("a", "1")).repeat(5000));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let seen = read_bytes(&packed, &Options::default()).unwrap();
    assert_eq!((seen.rows.len(), seen.rows[4999].0), (5000, 5002));
    let error = read_bytes(&packed[..packed.len() / 2], &Options::default()).err().unwrap().to_string();
    assert!(error.contains("the gzip stream ends too early"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_comes_back(values in prop::collection::vec("[ -~\n\u{e9}]{0,12}", 1..20), chunk_rows in 1..5_usize) {
        let mut patients = String::new();
        for value in &values {
            let escaped = quick_xml::escape::escape(value.as_str());
            writeln!(patients, "<Patient><Tumor>{}{}</Tumor></Patient>", item("a", &escaped), item("b", "1")).unwrap();
        }
        let options = Options { chunk_rows, ..Options::default() };
        let seen = read_bytes(file(&patients).as_bytes(), &options).unwrap();
        let found: Vec<String> = seen.rows.into_iter().map(|(_, cells)| cells[0].clone()).collect();
        prop_assert_eq!(found, values);
    }

    #[test]
    fn damage_never_panics(at in 0..400_usize, byte in any::<u8>()) {
        let patient = format!("<Patient>{}<Tumor>{}</Tumor></Patient>\n", item("a", "1"), item("b", "2"));
        let mut bytes = file(&patient.repeat(4)).into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.xml");
        std::fs::write(&path, &bytes).unwrap();
        let options = Options::default();
        if let Ok(file) = InputFile::probe(&path, 0, &options) {
            for chunk in file.open(&options).into_iter().flatten() {
                let _ = chunk.map(|chunk| chunk.rows());
            }
        }
    }
}
