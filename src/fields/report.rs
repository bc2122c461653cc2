//! What was recognised in a header, for people: which column plays which role and how
//! sure that is, what is missing and what that costs, what was not used.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::mapping::{Confidence, Mapping, Source};
use super::{Field, FieldsError, layout};

/// Answer of `rstage columns`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnReport {
    /// Id of the layout that the table follows.
    pub layout: String,
    /// The layout in words.
    pub layout_title: String,
    /// Number of columns.
    pub columns: usize,
    /// What was assigned, in the order of the fields and of the sources of a field.
    pub rows: Vec<ColumnRow>,
    /// Fields left open because several columns had equal claims.
    pub undecided: Vec<UndecidedField>,
    /// What the table lacks.
    pub missing: Vec<MissingField>,
    /// Headers that no field uses, in the order of the table.
    pub unused: Vec<String>,
}

/// One column or constant and its role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnRow {
    /// Field id.
    pub field: &'static str,
    /// The role in words.
    pub meaning: &'static str,
    /// Header, or `None` for a constant.
    pub header: Option<String>,
    /// Position of the column, from 1.
    pub position: Option<usize>,
    /// Code system of the values, where it is not the plain one.
    pub coding: Option<&'static str>,
    /// The constant.
    pub constant: Option<String>,
    /// How sure.
    pub confidence: Confidence,
}

/// A field for which several columns had equal claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UndecidedField {
    /// Field id.
    pub field: &'static str,
    /// Position, from 1, and header of each.
    pub columns: Vec<(usize, String)>,
}

/// Fields that the table lacks, one of which would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MissingField {
    /// Field ids.
    pub any_of: Vec<&'static str>,
    /// What that costs.
    pub cost: String,
}

#[derive(Deserialize)]
struct Costs {
    cost: Vec<Cost>,
}

#[derive(Deserialize)]
struct Cost {
    any_of: Vec<String>,
    cost: String,
}

/// Reports on a mapping.
///
/// # Errors
/// Only where the list of costs that comes with rstage is broken.
pub fn report(mapping: &Mapping) -> Result<ColumnReport, FieldsError> {
    let columns = 0..mapping.headers.len();
    let name = |index: usize| mapping.header(index).unwrap_or_default().to_owned();
    let undecided = mapping.undecided().map(|(field, columns)| UndecidedField {
        field: field.id(),
        columns: columns.iter().map(|&index| (index + 1, name(index))).collect(),
    });
    Ok(ColumnReport {
        layout: mapping.layout().to_owned(),
        layout_title: mapping.layout_title().to_owned(),
        columns: mapping.headers.len(),
        rows: mapping.mapped_fields().flat_map(|field| rows(mapping, field)).collect(),
        undecided: undecided.collect(),
        missing: missing(mapping)?,
        unused: columns.filter(|&index| !mapping.uses(index)).map(name).collect(),
    })
}

fn rows(mapping: &Mapping, field: Field) -> impl Iterator<Item = ColumnRow> {
    mapping.sources(field).iter().zip(mapping.confidence(field)).map(move |(source, &confidence)| {
        let row = ColumnRow {
            field: field.id(),
            meaning: field.meaning(),
            header: None,
            position: None,
            coding: None,
            constant: None,
            confidence,
        };
        match source {
            Source::Constant(value) => ColumnRow { constant: Some(value.clone()), ..row },
            Source::Column { index, coding } => ColumnRow {
                header: mapping.header(*index).map(str::to_owned),
                position: Some(index + 1),
                coding: (*coding != super::Coding::Plain).then(|| coding.id()),
                ..row
            },
        }
    })
}

fn missing(mapping: &Mapping) -> Result<Vec<MissingField>, FieldsError> {
    const FILE: &str = "costs.toml";
    let costs: Costs = toml::from_str(include_str!("costs.toml"))
        .map_err(|error| FieldsError::Layout { layout: FILE, problem: error.to_string() })?;
    let mut missing = Vec::new();
    for Cost { any_of, cost } in costs.cost {
        let fields: Vec<Field> = any_of.iter().map(|id| layout::field(id, FILE)).collect::<Result<_, _>>()?;
        if fields.iter().all(|&field| mapping.sources(field).is_empty()) {
            missing.push(MissingField { any_of: fields.iter().map(|field| field.id()).collect(), cost });
        }
    }
    Ok(missing)
}

/// The report as plain text for a terminal.
pub fn render(report: &ColumnReport) -> String {
    let mut out = format!("layout: {} ({})\n", report.layout, report.layout_title);
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let fields = width(&mut report.rows.iter().map(|row| row.field.len()));
    let shown: Vec<String> = report.rows.iter().map(shown).collect();
    let sources = width(&mut shown.iter().map(|text| text.chars().count()));
    out.push_str("\nfields:\n");
    for (row, text) in report.rows.iter().zip(&shown) {
        let _ = writeln!(out, "  {:fields$}  {text:sources$}  {}", row.field, in_words(row.confidence));
    }
    if !report.undecided.is_empty() {
        out.push_str("\nundecided (name one with --map):\n");
    }
    for open in &report.undecided {
        let columns: Vec<String> =
            open.columns.iter().map(|(position, header)| format!("column {position} `{header}`")).collect();
        let _ = writeln!(out, "  {}: {}", open.field, columns.join(" or "));
    }
    if !report.missing.is_empty() {
        out.push_str("\nmissing:\n");
    }
    for missing in &report.missing {
        let _ = writeln!(out, "  {}: {}", missing.any_of.join(" or "), missing.cost);
    }
    let _ = writeln!(out, "\nnot used: {} of {} columns", report.unused.len(), report.columns);
    if !report.unused.is_empty() {
        let _ = writeln!(out, "  {}", report.unused.join(", "));
    }
    out
}

fn shown(row: &ColumnRow) -> String {
    let coding = row.coding.map(|coding| format!(", coding {coding}")).unwrap_or_default();
    match (&row.header, row.position, &row.constant) {
        (Some(header), Some(position), _) => format!("column {position} `{header}`{coding}"),
        (_, _, Some(value)) => format!("\"{value}\" for every record"),
        _ => String::new(),
    }
}

fn in_words(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::User => "as you said",
        Confidence::Exact => "sure",
        Confidence::Normalised => "sure but for spelling",
        Confidence::OtherLayout => "likely: a name from another layout",
    }
}

/// The mapping as a map file to edit: what was recognised, and every other field as a comment.
pub fn mapping_file(mapping: &Mapping) -> String {
    let mut out = format!(
        "# Columns of a table of the layout {}: which column plays which role.\n\
         # A list: the first filled column of a record counts. A number: the position of the column, from 1.\n\n\
         [columns]\n",
        mapping.layout()
    );
    for &field in Field::ALL.iter().filter(|field| !field.is_of_events()) {
        let columns: Vec<String> = mapping
            .sources(field)
            .iter()
            .filter_map(|source| match source {
                Source::Column { index, coding } => Some((*index, *coding)),
                Source::Constant(_) => None,
            })
            .map(|(index, coding)| entry(mapping, index, coding))
            .collect();
        let _ = match columns.as_slice() {
            [] if !mapping.sources(field).is_empty() => continue,
            [] if mapping.has(field) => writeln!(out, "{} = []", field.id()),
            [] => writeln!(out, "# {} = \"\"  # {}", field.id(), field.meaning()),
            [one] => writeln!(out, "{} = {one}", field.id()),
            many => writeln!(out, "{} = [{}]", field.id(), many.join(", ")),
        };
    }
    out.push_str("\n[constants]\n");
    for field in mapping.mapped_fields() {
        if let [Source::Constant(value)] = mapping.sources(field) {
            let _ = writeln!(out, "{} = {}", field.id(), quoted(value));
        }
    }
    out.push_str("# edition = \"8\"\n\n# [values.sex]\n# \"F\" = \"2\"\n");
    out
}

fn entry(mapping: &Mapping, index: usize, coding: super::Coding) -> String {
    let header = mapping.header(index).unwrap_or_default();
    let twins = (0..mapping.headers.len()).filter(|&other| mapping.header(other) == Some(header)).count();
    let name = if twins == 1 { quoted(header) } else { (index + 1).to_string() };
    if coding == super::Coding::Plain {
        name
    } else {
        format!("{{ header = {name}, coding = \"{}\" }}", coding.id())
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
