//! Files that are wrong, and what is said about them.

use std::io::Write as _;

use zip::write::SimpleFileOptions;

use super::*;

/// What opening says, for the tables and schemas given.
fn refused(schemas: &[Value], tables: &[Value], says: &[&str]) {
    let message = opened(schemas, tables).unwrap_err().to_string();
    for words in says {
        assert!(message.contains(words), "{words:?} is not in: {message}");
    }
}

#[test]
fn files_that_are_wrong_are_refused_with_the_place() {
    let good = || vec![schema("s", json!({}))];
    let bad_schema = |parts| vec![schema("s", parts)];
    refused(&[], &[], &["no schemas/*.json", "hint:"]);
    refused(
        &bad_schema(json!({"schema_selection_table": "nowhere"})),
        &[],
        &["schemas/s.json", "schema_selection_table: the table nowhere is missing"],
    );
    refused(
        &bad_schema(json!({"mappings": [{"id": "m", "inclusion_tables": [{"id": "gone"}]}]})),
        &[],
        &["schemas/s.json: mapping m: its condition is the table gone, which is missing"],
    );
    refused(
        &bad_schema(json!({"mappings": [{"initial_context": [{"key": "a", "value": "1"}]}]})),
        &[],
        &["mapping number 1: initial_context sets a, which is an input"],
    );
    refused(&bad_schema(json!({"on_invalid_input": "PANIC"})), &[], &["schemas/s.json", "PANIC", "FAIL"]);
    refused(&bad_schema(json!({"inputs": "a"})), &[], &["schemas/s.json", "invalid type: string", "line 1"]);
    refused(&bad_schema(json!({"inputs": [{"name": "a"}]})), &[], &["missing field `key`"]);
    refused(&good(), &[json!({"id": "t"})], &["tables/t.json", "missing field `algorithm`"]);
    refused(
        &good(),
        &[table("t", &["a INPUT"], &[&["1"], &["1", "2"]])],
        &["tables/t.json: row 2 has 2 cells"],
    );
    refused(
        &good(),
        &[table("t", &["r ENDPOINT"], &[&["MATCH"], &["GOTO:x"]])],
        &["tables/t.json: row 2, column r", "GOTO:x"],
    );
    refused(&good(), &[table("histology", &["hist INPUT"], &[&["80AA-80ZZ"]])], &["80AA-80ZZ"]);
    refused(
        &good(),
        &[table("histology", &["hist INPUT"], &[&["0-99999999999999999"]])],
        &["counted through"],
    );
    let mut other = table("t", &["a INPUT"], &[]);
    other["version"] = "1.1".into();
    refused(&good(), &[other], &["tables/t.json", "one file holds one algorithm"]);
}

#[test]
fn json_that_is_broken_or_too_deep_is_refused() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), &[schema("s", json!({}))], &common());
    let file = folder.path().join("tables/bad.json");
    let open = || Algorithm::open(folder.path(), 2026).unwrap_err().to_string();
    for content in ["", "{\n\"id\": ", "[]", "{\"id\": \"\u{1}\"}"] {
        fs::write(&file, content).unwrap();
        let message = open();
        assert!(message.contains("tables/bad.json: is not as expected"), "{content:?}: {message}");
    }
    fs::write(&file, b"{\"id\": \"\xff\"}").unwrap();
    assert!(open().contains("tables/bad.json"));
    for key in ["rows", "title", "unheard_of"] {
        fs::write(&file, format!("{{\"{key}\": {}", "[".repeat(500_000))).unwrap();
        assert!(open().contains("tables/bad.json"), "{key}");
    }
}

/// A ZIP file with these entries.
fn zipped(folder: &Path, entries: &[(&str, &[u8])]) -> std::path::PathBuf {
    let path = folder.join("algorithm.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
    path
}

#[test]
fn a_zip_is_read_like_its_folder_and_bad_ones_are_refused() {
    let folder = TempDir::new().unwrap();
    let forms: Vec<(String, String)> = common()
        .into_iter()
        .map(|form| (format!("tables/{}.json", form["id"].as_str().unwrap()), form.to_string()))
        .chain([("schemas/s.json".to_owned(), schema("s", json!({})).to_string())])
        .collect();
    let entries: Vec<(&str, &[u8])> =
        forms.iter().map(|(name, content)| (name.as_str(), content.as_bytes())).collect();
    let and = |more: (&'static str, &'static [u8])| [entries.clone(), vec![more]].concat();
    let algorithm =
        Algorithm::open(&zipped(folder.path(), &and(("glossary/x.json", b"no JSON"))), 2026).unwrap();
    assert_eq!((algorithm.name(), algorithm.version()), ("toy", "1.0"));
    assert_eq!(shown(&stage(&algorithm, &[])), "out= out2=two");

    let message = |path: &Path| Algorithm::open(path, 2026).unwrap_err().to_string();
    for name in ["../tables/x.json", "/tables/x.json", "tables/../../x.json"] {
        let refused = message(&zipped(folder.path(), &and((name, b"{}"))));
        assert!(refused.contains("leads out of the archive"), "{name}: {refused}");
    }
    assert!(message(&zipped(folder.path(), &[("readme.txt", b"hello")])).contains("no schemas/*.json"));
    let bomb = vec![b' '; (10 << 20) + 1];
    let refused =
        message(&zipped(folder.path(), &[entries.clone(), vec![("tables/bomb.json", &bomb)]].concat()));
    assert!(refused.contains("tables/bomb.json: is larger than 10485760 bytes"), "{refused}");
    let whole = fs::read(zipped(folder.path(), &entries)).unwrap();
    let path = folder.path().join("algorithm.zip");
    for content in [&b"not a ZIP"[..], b"", &whole[..whole.len() / 2]] {
        fs::write(&path, content).unwrap();
        assert!(message(&path).contains("is not a ZIP archive"), "{}", message(&path));
    }
    let mut damaged = whole.clone();
    damaged[60] ^= 0xFF;
    fs::write(&path, damaged).unwrap();
    assert!(message(&path).contains("algorithm.zip"));
    assert!(message(&folder.path().join("nosuch.zip")).contains("cannot be read"));
}

/// The entries of a good algorithm.
fn good_entries() -> Vec<(String, String)> {
    common()
        .into_iter()
        .map(|form| (format!("tables/{}.json", form["id"].as_str().unwrap()), form.to_string()))
        .chain([("schemas/s.json".to_owned(), schema("s", json!({})).to_string())])
        .collect()
}

fn opened_bytes(bytes: &[u8]) -> Result<Algorithm, SeerError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("algorithm.zip");
    fs::write(&path, bytes).unwrap();
    Algorithm::open(&path, 2026)
}

/// A ZIP file whose entries are stored, so that its bytes can be tampered with.
fn stored(entries: &[(String, String)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in entries {
        zip.start_file(name.as_str(), stored).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Puts other bytes of the same length in place of every one of these.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + from.len() <= bytes.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        at += 1;
    }
    bytes
}

#[test]
fn a_truncated_or_damaged_zip_is_refused_wherever_it_is_cut() {
    let whole = stored(&good_entries());
    assert!(opened_bytes(&whole).is_ok());
    for cut in (0..whole.len()).step_by(whole.len() / 40) {
        let message = opened_bytes(&whole[..cut]).unwrap_err().to_string();
        assert!(message.contains("is not a ZIP archive"), "{cut}: {message}");
    }
    // A byte that is wrong may be in a date; then the file is as good as before. It must not panic.
    for at in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        if let Err(error) = opened_bytes(&damaged) {
            assert!(error.to_string().contains("algorithm.zip"), "{at}: {error}");
        }
    }
}

#[test]
fn names_that_lead_elsewhere_links_and_strange_names_are_refused() {
    let entries = |name: &str| [good_entries(), vec![(name.to_owned(), "{}".to_owned())]].concat();
    for name in [
        "C:/tables/x.json",
        "..\\tables\\x.json",
        "tables\\..\\..\\x.json",
        "\\\\host\\x.json",
        "glossary/../../x",
    ] {
        let message = opened_bytes(&stored(&entries(name))).unwrap_err().to_string();
        assert!(message.contains("leads out of the archive"), "{name}: {message}");
    }
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.add_symlink("tables/link.json", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let message = opened_bytes(&zip.finish().unwrap().into_inner()).unwrap_err().to_string();
    assert!(message.contains("tables/link.json: is a link, not a file"), "{message}");
    let strange =
        replaced(&stored(&entries("tables/odd.json")), b"tables/odd.json", b"tables/\xff\xfe\xfd.json");
    let message = opened_bytes(&strange).unwrap_err().to_string();
    assert!(message.contains("algorithm.zip: "), "{message}");
}

#[test]
fn of_two_entries_of_one_name_or_one_id_the_later_counts() {
    let year = |years: &str| table("year", &["year_dx INPUT"], &[&[years]]).to_string();
    let two = |first: &str, second: &str| {
        let mut entries = good_entries();
        entries.retain(|(name, _)| name != "tables/year.json");
        entries.extend([(first.to_owned(), year("1990")), (second.to_owned(), year("2020"))]);
        stored(&entries)
    };
    let by_id = opened_bytes(&two("tables/a.json", "tables/b.json")).unwrap();
    assert_eq!(stage(&by_id, &[]).result, StageResult::Staged);
    let by_name = replaced(&two("tables/y1.json", "tables/y2.json"), b"tables/y1.json", b"tables/y2.json");
    assert_eq!(stage(&opened_bytes(&by_name).unwrap(), &[]).result, StageResult::Staged);
}

#[test]
fn an_empty_zip_one_with_a_folder_around_it_and_one_of_two_algorithms_are_refused() {
    let message = |entries: &[(String, String)]| opened_bytes(&stored(entries)).unwrap_err().to_string();
    assert!(message(&[]).contains("has no schemas/*.json, so it is no algorithm\nhint:"), "{}", message(&[]));
    let inside: Vec<_> =
        good_entries().into_iter().map(|(name, form)| (format!("eod/{name}"), form)).collect();
    assert!(message(&inside).contains("has no schemas/*.json"));
    let mut both = good_entries();
    let mut other = schema("other", json!({}));
    other["algorithm"] = "Other".into();
    both.push(("schemas/other.json".to_owned(), other.to_string()));
    let two = message(&both);
    assert!(
        two.contains("schemas/other.json: is of Other 1.0") && two.contains("one file holds one"),
        "{two}"
    );
    let no_codes: Vec<_> =
        good_entries().into_iter().filter(|(name, _)| name != "tables/primary_site.json").collect();
    assert!(message(&no_codes).contains("lacks the table primary_site"));
}

#[test]
fn an_entry_that_cannot_be_unpacked_is_refused() {
    // The method of compression stands at byte 8 of a local header and byte 10 of a central one.
    let mut unknown = stored(&good_entries());
    for (mark, at) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
        let place = unknown.windows(4).position(|window| window == mark).unwrap();
        unknown[place + at] = 99;
    }
    let message = opened_bytes(&unknown).unwrap_err().to_string();
    assert!(message.contains("algorithm.zip: "), "{message}");
    // The sizes that a header claims, 22 bytes after the method, are not believed.
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("schemas/bomb.json", SimpleFileOptions::default()).unwrap();
    zip.write_all(&vec![b' '; (10 << 20) + 1]).unwrap();
    let mut bomb = zip.finish().unwrap().into_inner();
    for (mark, at) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        let place = bomb.windows(4).position(|window| window == mark).unwrap();
        bomb[place + at..place + at + 4].copy_from_slice(&7_u32.to_le_bytes());
    }
    let message = opened_bytes(&bomb).unwrap_err().to_string();
    assert!(message.contains("schemas/bomb.json: "), "{message}");
}

#[test]
fn values_of_a_wrong_type_are_refused_with_their_place() {
    let table_with = |key: &str, value: Value| {
        let mut form = table("t", &["a INPUT"], &[&["1"]]);
        form[key] = value;
        form
    };
    for (key, value, says) in [
        ("rows", json!({}), "invalid type: map"),
        ("rows", json!([1]), "invalid type: integer `1`, expected a sequence"),
        ("rows", json!([[1]]), "invalid type: integer `1`, expected a string"),
        ("rows", json!([null]), "invalid type: null"),
        ("rows", Value::Null, ""),
        ("definition", json!([{"key": "a"}]), "missing field `type`"),
        ("definition", json!([{"key": 1, "type": "INPUT"}]), "invalid type: integer `1`"),
        ("definition", Value::Null, "row 1 has 1 cells, but there are 0 columns"),
        ("definition", json!("INPUT"), "invalid type: string"),
        ("version", Value::Null, "invalid type: null"),
    ] {
        match opened(&[schema("s", json!({}))], &[table_with(key, value.clone())]) {
            Ok(_) => assert!(says.is_empty(), "{key} {value} was taken"),
            Err(error) => {
                let message = error.to_string();
                assert!(
                    message.contains("tables/t.json: ") && message.contains(says),
                    "{key} {value}: {message}"
                );
                assert!(!says.is_empty(), "{key} {value} was refused: {message}");
            }
        }
    }
    for (parts, says) in [
        (json!({"mappings": {}}), "invalid type: map"),
        (json!({"mappings": [{"tables": ["t"]}]}), "invalid type: string \"t\""),
        (json!({"mappings": [{"tables": [{"input_mapping": []}]}]}), "missing field `id`"),
        (
            json!({"mappings": [{"tables": [{"id": "t", "input_mapping": [{"from": "a"}]}]}]}),
            "missing field `to`",
        ),
        (json!({"inputs": [{"key": "a", "naaccr_item": -1}]}), "invalid value: integer `-1`"),
        (json!({"inputs": [{"key": "a", "used_for_staging": "yes"}]}), "expected a boolean"),
        (json!({"outputs": [{"key": "a", "default": 9}]}), "invalid type: integer `9`"),
        (json!({"schema_selection_table": Value::Null}), "invalid type: null"),
        (json!({"initial_context": [{"value": "1"}]}), "missing field `key`"),
    ] {
        refused(&[schema("s", parts)], &[], &["schemas/s.json: is not as expected", says, "line 1"]);
    }
}

#[test]
fn a_table_of_too_many_rows_is_refused() {
    let rows: Vec<&[&str]> = vec![&["1"]; 70_000];
    refused(&[schema("s", json!({}))], &[table("t", &["a INPUT"], &rows)], &["tables/t.json", "70000"]);
}
