//! What the user says about columns: map files and `--set`.
//!
//! A map file is TOML with `[columns]` (field = "header", a list of headers of
//! which the first filled one counts, a position from 1, or `[]` for none),
//! `[constants]` (field = "value", in place of any column) and `[values.FIELD]`
//! (what a text of that field means).

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::document::{At, Document, did_you_mean};
use super::{Coding, Field, FieldsError};

/// A column as the user names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) column: ColumnRef,
    /// How its values are written, where the user says so.
    pub(super) coding: Option<Coding>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum ColumnRef {
    Header(String),
    /// From 1.
    Position(usize),
}

/// A map file that has been read; whether its headers exist is checked against a table by [`super::recognise`].
#[derive(Clone, Debug, Default)]
pub struct MapFile {
    pub(super) name: String,
    pub(super) columns: BTreeMap<Field, Vec<Named>>,
    pub(super) constants: BTreeMap<Field, String>,
    pub(super) values: BTreeMap<Field, BTreeMap<String, String>>,
}

impl MapFile {
    /// BLAKE3 hash over what it says: that of another file with the same columns, constants and values is the same.
    pub fn hash(&self) -> String {
        let columns: BTreeMap<&str, Vec<_>> = self
            .columns
            .iter()
            .map(|(field, named)| {
                (field.id(), named.iter().map(|named| (&named.column, named.coding)).collect())
            })
            .collect();
        let (constants, values) = (&self.constants, &self.values);
        blake3::hash(format!("{columns:?} {constants:?} {values:?}").as_bytes()).to_hex().to_string()
    }

    /// Reads the text of a map file; `name` is for messages.
    ///
    /// # Errors
    /// With the line: no TOML, an unknown section, field or coding, a value of the wrong
    /// kind, a field that is given both a column and a constant.
    pub fn parse(name: &str, text: &str) -> Result<Self, FieldsError> {
        let document = Document::new(name, text);
        let mut file = Self { name: name.to_owned(), ..Self::default() };
        let root = document.parse()?;
        for (section, value) in document.entries(&root) {
            match section.it {
                "columns" => {
                    for (key, value) in document.entries(document.table(section, value)?) {
                        file.columns.insert(known_field(&document, key)?, columns(&document, key, value)?);
                    }
                }
                "constants" => {
                    for (key, value) in document.entries(document.table(section, value)?) {
                        file.constants.insert(known_field(&document, key)?, constant(&document, key, value)?);
                    }
                }
                "values" => {
                    for (key, value) in document.entries(document.table(section, value)?) {
                        file.values.insert(known_field(&document, key)?, values(&document, key, value)?);
                    }
                }
                unknown => {
                    let hint =
                        did_you_mean(unknown, ["columns", "constants", "values"]).unwrap_or_else(|| {
                            "a map file holds [columns], [constants] and [values.FIELD]".to_owned()
                        });
                    return Err(document.error(section.line, format!("unknown key `{unknown}`"), Some(hint)));
                }
            }
        }
        file.check(&document)?;
        Ok(file)
    }

    fn check(&self, document: &Document) -> Result<(), FieldsError> {
        let both = self
            .columns
            .iter()
            .find(|(field, named)| self.constants.contains_key(field) && !named.is_empty());
        let Some((field, named)) = both else { return Ok(()) };
        let line = named.first().map_or(1, |named| named.line);
        let problem = format!("`{}` is given both a column and a constant", field.id());
        Err(document.error(
            line,
            problem,
            Some("a constant takes the place of the column; keep one".to_owned()),
        ))
    }
}

/// Reads a `--set FIELD=VALUE`.
///
/// # Errors
/// No `=`, an unknown field, no value.
pub fn parse_setting(setting: &str) -> Result<(Field, String), FieldsError> {
    let wrong = |problem: String, hint: Option<String>| FieldsError::Setting {
        setting: setting.to_owned(),
        problem,
        hint,
    };
    let (id, value) = setting.split_once('=').ok_or_else(|| {
        wrong("not of the form FIELD=VALUE".to_owned(), Some("for example --set site=C50.9".to_owned()))
    })?;
    let (id, value) = (id.trim(), value.trim());
    let field = Field::from_id(id).ok_or_else(|| {
        wrong(format!("no field is named `{id}`"), did_you_mean(id, Field::ALL.iter().map(|f| f.id())))
    })?;
    if value.is_empty() {
        return Err(wrong("the value is empty".to_owned(), None));
    }
    Ok((field, value.to_owned()))
}

fn known_field(document: &Document, key: At<&str>) -> Result<Field, FieldsError> {
    Field::from_id(key.it).ok_or_else(|| {
        let hint = did_you_mean(key.it, Field::ALL.iter().map(|field| field.id()));
        document.error(key.line, format!("no field is named `{}`", key.it), hint)
    })
}

fn columns(document: &Document, key: At<&str>, value: &Spanned<DeValue>) -> Result<Vec<Named>, FieldsError> {
    match value.get_ref() {
        DeValue::Array(list) => list.iter().map(|value| column(document, key, value)).collect(),
        _ => Ok(vec![column(document, key, value)?]),
    }
}

fn column(document: &Document, key: At<&str>, value: &Spanned<DeValue>) -> Result<Named, FieldsError> {
    let line = document.line(value.span().start);
    let wrong = |problem: String, hint: Option<String>| document.error(line, problem, hint);
    match value.get_ref() {
        DeValue::String(header) => {
            Ok(Named { line, column: ColumnRef::Header(header.trim().to_owned()), coding: None })
        }
        DeValue::Integer(number) => match number.as_str().parse() {
            Ok(position) if position > 0 => {
                Ok(Named { line, column: ColumnRef::Position(position), coding: None })
            }
            _ => Err(wrong("positions of columns count from 1".to_owned(), None)),
        },
        DeValue::Table(table) => {
            let mut named = None;
            let mut coding = None;
            for (inner, value) in document.entries(table) {
                match inner.it {
                    "header" => named = Some(column(document, key, value)?),
                    "coding" => coding = Some(known_coding(document, inner, value)?),
                    unknown => {
                        let hint = did_you_mean(unknown, ["header", "coding"]);
                        return Err(wrong(format!("unknown key `{unknown}`"), hint));
                    }
                }
            }
            let named = named.ok_or_else(|| wrong(format!("`{}` lacks a header", key.it), None))?;
            Ok(Named { coding, ..named })
        }
        _ => Err(wrong(
            format!("`{}` must be a header in quotation marks, a list of headers or a position", key.it),
            None,
        )),
    }
}

fn known_coding(document: &Document, key: At<&str>, value: &Spanned<DeValue>) -> Result<Coding, FieldsError> {
    let id = document.text(key, value)?;
    Coding::from_id(id).ok_or_else(|| {
        let known = Coding::ALL.map(Coding::id).join(", ");
        document.error(key.line, format!("no coding is named `{id}`"), Some(format!("codings are {known}")))
    })
}

/// Texts, and numbers and dates as they are written.
fn constant(document: &Document, key: At<&str>, value: &Spanned<DeValue>) -> Result<String, FieldsError> {
    let text = match value.get_ref() {
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Datetime(date) => date.to_string(),
        _ => document.text(key, value)?.trim().to_owned(),
    };
    if text.is_empty() {
        return Err(document.error(key.line, format!("the value of `{}` is empty", key.it), None));
    }
    Ok(text)
}

fn values(
    document: &Document,
    key: At<&str>,
    value: &Spanned<DeValue>,
) -> Result<BTreeMap<String, String>, FieldsError> {
    let mut map = BTreeMap::new();
    for (raw, value) in document.entries(document.table(key, value)?) {
        let meant = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().to_owned(),
            _ => document.text(raw, value)?.to_owned(),
        };
        if map.insert(raw.it.trim().to_lowercase(), meant).is_some() {
            let problem = format!("`{}` is given twice (case does not matter)", raw.it);
            return Err(document.error(raw.line, problem, None));
        }
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> String {
        MapFile::parse("map.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn the_hash_is_that_of_what_a_file_says() {
        let hash = |text: &str| MapFile::parse("map.toml", text).unwrap().hash();
        let text = "[columns]\npath_t = \"pT\"\n[values.sex]\nf = \"2\"\nm = \"1\"\n";
        let other = "# By hand.\n[values.sex]\nm = \"1\"\nf = \"2\"\n[columns]\npath_t = \"pT\"\n";
        assert_eq!(hash(text), hash(other));
        assert_ne!(hash(text), hash(&text.replace("\"2\"", "\"3\"")));
        assert_ne!(hash(text), hash(&text.replace("pT", "cT")));
    }

    #[test]
    fn a_whole_file() {
        let text = "\
[columns]
path_t = \"pT\"
path_n = [\"pN 8\", 12]
age = { header = \"age in days\", coding = \"days\" }
ldh = []

[constants]
edition = 8
site = \"C50.9\"

[values.sex]
F = \"2\"
\"M \" = 1
";
        let map = MapFile::parse("map.toml", text).unwrap();
        let header =
            |line, text: &str, coding| Named { line, column: ColumnRef::Header(text.to_owned()), coding };
        assert_eq!(map.columns[&Field::PathT], [header(2, "pT", None)]);
        assert_eq!(
            map.columns[&Field::PathN],
            [header(3, "pN 8", None), Named { line: 3, column: ColumnRef::Position(12), coding: None }]
        );
        assert_eq!(map.columns[&Field::Age], [header(4, "age in days", Some(Coding::Days))]);
        assert_eq!(map.columns[&Field::Ldh], []);
        assert_eq!(map.constants[&Field::Edition], "8");
        assert_eq!(map.constants[&Field::Site], "C50.9");
        assert_eq!(map.values[&Field::Sex]["f"], "2");
        assert_eq!(map.values[&Field::Sex]["m"], "1");
    }

    #[test]
    fn errors_name_the_line_and_the_remedy() {
        for (text, expected) in [
            ("\n[colums]\n", "map.toml, line 2: unknown key `colums`\nhint: did you mean `columns`?"),
            (
                "site = 'x'",
                "map.toml, line 1: unknown key `site`\nhint: a map file holds [columns], [constants] and [values.FIELD]",
            ),
            (
                "[columns]\n\npatht = 'x'",
                "map.toml, line 3: no field is named `patht`\nhint: did you mean `path_t`?",
            ),
            (
                "[columns]\nsite = true",
                "map.toml, line 2: `site` must be a header in quotation marks, a list of headers or a position",
            ),
            ("[columns]\nsite = 0", "map.toml, line 2: positions of columns count from 1"),
            (
                "[columns]\nage = {header='a', coding='weeks'}",
                "map.toml, line 2: no coding is named `weeks`\nhint: codings are plain, derived_ajcc6, derived_ajcc7, days",
            ),
            ("[columns]\nage = {coding='days'}", "map.toml, line 2: `age` lacks a header"),
            ("[constants]\nsite = ''", "map.toml, line 2: the value of `site` is empty"),
            (
                "[constants]\nsite = ['a']",
                "map.toml, line 2: the value of `site` must be text in quotation marks",
            ),
            ("columns = 3", "map.toml, line 1: `columns` must be a table"),
            ("[values.sex]\nF = '1'\nf = '2'", "map.toml, line 3: `f` is given twice (case does not matter)"),
            (
                "[columns]\nsite = 'a'\n[constants]\nsite = 'C50.9'",
                "map.toml, line 2: `site` is given both a column and a constant\nhint: a constant takes the place of the column; keep one",
            ),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
        assert!(error("[columns]\nsite = \n").starts_with("map.toml, line 2: "));
    }

    #[test]
    fn settings() {
        assert_eq!(parse_setting("site=C50.9").unwrap(), (Field::Site, "C50.9".to_owned()));
        assert_eq!(parse_setting(" edition = 8 ").unwrap(), (Field::Edition, "8".to_owned()));
        for (setting, expected) in [
            ("site", "`--set site`: not of the form FIELD=VALUE\nhint: for example --set site=C50.9"),
            ("sitee=C50", "`--set sitee=C50`: no field is named `sitee`\nhint: did you mean `site`?"),
            ("site=", "`--set site=`: the value is empty"),
        ] {
            assert_eq!(parse_setting(setting).unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(\\[(columns|constants|values\\.sex)\\]\n)?([a-z_]{1,6} ?= ?[\"'0-9a-z\\[\\]{},=]{0,12}\n){0,4}") {
            let _ = MapFile::parse("map.toml", &text);
            let _ = parse_setting(&text);
        }
    }
}
