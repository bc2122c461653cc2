//! One schema as a page: what it takes, what its editions say as a whole, and its tables.

use super::sheet::{Form, Sheet};
use crate::category::{Edition, Stage};
use crate::fields::Field;
use crate::knowledge::{Factor, Origin, Rules, Schema, SchemaId, StageTable, TableAxis};

/// An edition that was asked for and that the schema does not have.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{schema} has no chapter of edition {edition}\nhint: it has {known}")]
pub struct NoSuchEdition {
    /// The schema.
    pub schema: String,
    /// The edition.
    pub edition: Edition,
    /// The editions that it has.
    pub known: String,
}

/// The page of a schema, in one edition or in all of them.
///
/// # Errors
/// The schema has no chapter of the edition.
pub fn page(
    rules: &Rules,
    id: SchemaId,
    edition: Option<Edition>,
    form: Form,
) -> Result<String, NoSuchEdition> {
    let schema = rules.schema(id);
    let mut editions: Vec<Edition> = schema.chapters.keys().map(|edition| Edition(*edition)).collect();
    editions.extend(schema.editions());
    editions.sort_unstable();
    editions.dedup();
    if let Some(wanted) = edition {
        if !editions.contains(&wanted) {
            let known = editions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(NoSuchEdition { schema: schema.id.clone(), edition: wanted, known });
        }
        editions.retain(|own| *own == wanted);
    }
    let mut sheet = Sheet::new(form, &format!("{}: {}", schema.id, schema.title));
    if schema.local {
        sheet.fact("Rules", "your own, over the built-in ones");
    }
    sheet.fact("Behaviors", &format!("{} are staged", schema.behaviors()));
    if let Some(codes) = schema.not_staged_discriminators() {
        sheet.fact("Not staged", &format!("with schema discriminator 1 (NAACCR 3926) = {codes}"));
    }
    if let Some(year) = schema.version_9_from {
        sheet.fact("Version 9", &format!("from {year} on"));
    }
    selection(&mut sheet, rules, id, edition);
    for (of, eligible, rows) in schema.histologies().filter(|(of, ..)| editions.contains(of)) {
        let verb = if eligible { "stages only" } else { "does not stage" };
        sheet.heading(&format!("Histologies that edition {of} {verb}"));
        for [site, histology] in rows {
            sheet.fact(site, histology);
        }
    }
    for edition in editions {
        of_edition(&mut sheet, rules, id, schema, edition);
    }
    Ok(sheet.finish())
}

fn selection(sheet: &mut Sheet, rules: &Rules, id: SchemaId, edition: Option<Edition>) {
    let mut last = "";
    for (family, [sites, histologies, when]) in rules.selection(id) {
        if edition.is_some_and(|edition| !family.contains(&edition.to_string())) {
            continue;
        }
        if family != last {
            let editions = if family.contains(',') { "editions" } else { "edition" };
            sheet.heading(&format!("Tumors that it takes, {editions} {family}"));
            last = family;
        }
        let when = if when.is_empty() { String::new() } else { format!(" where {when}") };
        sheet.line(&format!("{sites} with histology {histologies}{when}"));
    }
}

fn of_edition(sheet: &mut Sheet, rules: &Rules, id: SchemaId, schema: &Schema, edition: Edition) {
    let chapter = schema.chapters.get(&edition.0).map_or("no chapter of its own", String::as_str);
    sheet.heading(&format!("Edition {edition}: {chapter}"));
    sheet.fact("System", schema.system(edition).name());
    let Some(highest) = schema.highest(edition) else {
        sheet.fact("Groups", "none");
        return;
    };
    sheet.fact("Highest", highest.label());
    if let Some(stage) = schema.m1_stage(edition) {
        sheet.fact("M1", &format!("stage {stage} at the lowest"));
    }
    let stage_iv = match (highest.stage() == Stage::IV, schema.has_iv_with_m0(edition)) {
        (false, _) => "does not exist",
        (true, false) => "only with M1",
        (true, true) => "without M1 as well",
    };
    sheet.fact("Stage IV", stage_iv);
    for (_, table) in rules.tables_of(id).filter(|(_, table)| table.edition == edition) {
        of_table(sheet, rules, schema, table);
    }
}

fn of_table(sheet: &mut Sheet, rules: &Rules, schema: &Schema, table: &StageTable) {
    let system = table.system.as_deref().map(|system| format!(":{system}")).unwrap_or_default();
    let local = if table.local { "local/" } else { "" };
    let basis = table.basis.name();
    sheet.caption(&format!("Table {local}{}:{}:{basis}{system}", schema.id, table.edition));
    sheet.table(&table.heading, &table.printed);
    for axis in &table.axes {
        if let TableAxis::Factor(axis) = axis {
            sheet.line(&of_factor(rules.factor(axis.factor)));
        }
    }
    match table.gaps() {
        Ok(gaps) => gaps.iter().for_each(|gap| {
            let reason = rules.gap_reason(table, gap).unwrap_or("the table has no row for it");
            sheet.line(&format!("not grouped: {} ({reason})", gap.cells.join(" | ")));
        }),
        Err(error) => sheet.line(&format!("what is not grouped cannot be told: {error}")),
    }
}

/// A factor and where a record holds it.
fn of_factor(factor: &Factor) -> String {
    format!("{}: {}, read from {}", factor.name, factor.title, places(factor).join("; "))
}

fn places(factor: &Factor) -> Vec<String> {
    let names = |fields: &[Field]| {
        let name = |field: &Field| match field.naaccr_item() {
            0 => field.id().to_owned(),
            item => format!("{} (NAACCR {item})", field.id()),
        };
        fields.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let mut places = Vec::new();
    for (fields, of) in [(&factor.clinical, "clinical: "), (&factor.pathologic, "pathologic: ")] {
        if !fields.is_empty() {
            places.push(format!("{of}{}", names(fields)));
        }
    }
    if !factor.fields.is_empty() {
        let then = if places.is_empty() { "" } else { "then: " };
        places.push(format!("{then}{}", names(&factor.fields)));
    }
    places.extend(factor.from.map(|origin| match origin {
        Origin::RecordedGroup => "the recorded stage group".to_owned(),
        Origin::Age => "the age at diagnosis".to_owned(),
        Origin::Histology => "the histology, by the classes of the schema file".to_owned(),
        Origin::Site => "the site, by the classes of the schema file".to_owned(),
    }));
    for (parts, how) in [(&factor.instead, "else by"), (&factor.highest_of, "else the highest by")] {
        for part in parts {
            places.push(format!("{how} {} from {}", part.title, self::places(part).join(", ")));
        }
    }
    places
}
