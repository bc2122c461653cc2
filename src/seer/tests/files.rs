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
