//! One schema of an algorithm of SEER as a page: what it takes, asks and answers, and its tables in the
//! order in which they are asked.

use super::seer_list::tables_of;
use super::sheet::{Form, Sheet};
use crate::seer::{
    FromToForm, ItemForm, KeyValueForm, MappingForm, OnInvalidInput, PathForm, SchemaForm, Source, TableForm,
};

/// Rows of a table that a page shows unless the table is asked for by its id.
const FEW_ROWS: usize = 25;

/// Longest cell of a table; descriptions run to pages.
const LONGEST_CELL: usize = 60;

/// Which tables a page shows.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// The first rows of each that staging with the schema may ask.
    pub all: bool,
    /// All rows of these, by id.
    pub whole: Vec<String>,
}

/// What an algorithm does not have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotInAlgorithm {
    /// No such schema.
    #[error("{algorithm} has no schema {id}\nhint: {hint}")]
    Schema {
        /// The algorithm.
        algorithm: String,
        /// The id that was asked for.
        id: String,
        /// What to ask for.
        hint: String,
    },
    /// No such table.
    #[error("{algorithm} has no table {id}\nhint: the page of a schema names its tables")]
    Table {
        /// The algorithm.
        algorithm: String,
        /// The id that was asked for.
        id: String,
    },
}

/// The page of a schema.
pub fn seer_page(source: &Source, id: &str, tables: &Tables, form: Form) -> Result<String, NotInAlgorithm> {
    let schema = source.schema(id).ok_or_else(|| no_schema(source, id))?;
    let mut sheet = Sheet::new(form, &format!("{}: {}", schema.id, schema.title.as_deref().unwrap_or("")));
    let mut page = Page { source, sheet: &mut sheet, form };
    page.sheet.fact("Algorithm", &format!("{} {}", source.name(), source.version()));
    page.sheet.fact("Invalid", on_invalid(schema.on_invalid_input));
    page.selection(schema);
    page.inputs(schema);
    page.outputs(schema);
    for (at, mapping) in schema.mappings.iter().flatten().enumerate() {
        page.mapping(at, mapping);
    }
    let whole: Vec<&str> = tables.whole.iter().map(String::as_str).collect();
    if let Some(id) = whole.iter().find(|id| source.table(id).is_none()) {
        return Err(NotInAlgorithm::Table { algorithm: source.name().to_owned(), id: (*id).to_owned() });
    }
    let mut shown = if tables.all { tables_of(source, schema) } else { Vec::new() };
    shown.extend(whole.iter().filter(|id| !tables.all || !shown.contains(id)).copied().collect::<Vec<_>>());
    if !shown.is_empty() {
        page.sheet.heading("Tables");
    }
    for id in shown {
        page.table(id, if whole.contains(&id) { None } else { Some(FEW_ROWS) });
    }
    Ok(sheet.finish())
}

fn no_schema(source: &Source, id: &str) -> NotInAlgorithm {
    let wanted = id.to_lowercase();
    let like = source.schema_ids().filter(|own| own.contains(&wanted) || wanted.contains(own)).take(5);
    let like: Vec<String> = like.map(|own| format!("`{own}`")).collect();
    let hint = if like.is_empty() {
        "`rstage rules --algorithm` with the file and nothing else names all".to_owned()
    } else {
        format!("did you mean {}?", like.join(" or "))
    };
    NotInAlgorithm::Schema { algorithm: source.name().to_owned(), id: id.to_owned(), hint }
}

fn on_invalid(reaction: Option<OnInvalidInput>) -> &'static str {
    match reaction {
        None | Some(OnInvalidInput::Continue) => {
            "a value that is not valid is reported, and the case is staged with it"
        }
        Some(OnInvalidInput::Fail) => "a value that is not valid fails the case",
        Some(OnInvalidInput::FailWhenUsedForStaging) => {
            "a value that is not valid fails the case if the stage depends on it, else it is reported"
        }
    }
}

struct Page<'a> {
    source: &'a Source,
    sheet: &'a mut Sheet,
    form: Form,
}

impl Page<'_> {
    fn selection(&mut self, schema: &SchemaForm) {
        self.sheet.heading("Tumors that it takes");
        let id = &schema.schema_selection_table;
        self.table(id, None);
        let others: Vec<&str> = self.source.table(id).map(TableForm::input_keys).unwrap_or_default();
        let others: Vec<&str> = others.into_iter().filter(|key| !["site", "hist"].contains(key)).collect();
        if !others.is_empty() {
            self.sheet.line(&format!("told from its neighbours by {}", others.join(", ")));
        }
    }

    fn inputs(&mut self, schema: &SchemaForm) {
        self.sheet.heading("Inputs");
        let rows: Vec<Vec<String>> = schema.inputs.iter().flatten().map(|item| self.input(item)).collect();
        self.sheet.list(&["key", "NAACCR item", "name", "if not given", "valid codes", "stage"], &rows);
    }

    fn input(&self, item: &ItemForm) -> Vec<String> {
        let default = match (&item.default, &item.default_table) {
            (Some(value), _) => shown(value),
            (None, Some(table)) => format!("by table {table}"),
            (None, None) => "blank".to_owned(),
        };
        let used = if item.used_for_staging == Some(true) { "depends on it" } else { "" };
        vec![
            item.key.clone(),
            naaccr(item),
            self.cell(item.name.as_deref().unwrap_or("")),
            self.cell(&default),
            item.table.clone().unwrap_or_else(|| "any".to_owned()),
            used.to_owned(),
        ]
    }

    fn outputs(&mut self, schema: &SchemaForm) {
        self.sheet.heading("Outputs");
        let row = |item: &ItemForm| {
            vec![
                item.key.clone(),
                naaccr(item),
                self.cell(item.name.as_deref().unwrap_or("")),
                self.cell(&item.default.as_deref().map_or_else(|| "blank".to_owned(), shown)),
                item.table.clone().unwrap_or_else(|| "any".to_owned()),
            ]
        };
        let rows: Vec<Vec<String>> = schema.outputs.iter().flatten().map(row).collect();
        self.sheet.list(&["key", "NAACCR item", "name", "before the tables", "valid codes"], &rows);
        self.set_first(schema.initial_context.as_deref());
    }

    /// Keys that get a value before the tables are asked.
    fn set_first(&mut self, context: Option<&[KeyValueForm]>) {
        let set = context.into_iter().flatten().map(|set| match set.value.as_deref() {
            Some("") => format!("{} blank", set.key),
            Some(value) => format!("{} = {value}", set.key),
            None => format!("{} empty", set.key),
        });
        let set: Vec<String> = set.collect();
        if !set.is_empty() {
            self.sheet.line(&format!("first {}", set.join(", ")));
        }
    }

    fn mapping(&mut self, at: usize, mapping: &MappingForm) {
        let name = mapping.id.clone().unwrap_or_else(|| format!("number {}", at + 1));
        self.sheet.heading(&format!("Mapping {name}"));
        let conditions = [(&mapping.inclusion_tables, "if"), (&mapping.exclusion_tables, "unless")];
        for (paths, word) in conditions {
            for path in paths.iter().flatten() {
                let asked = self.path(path);
                self.sheet.line(&format!("only {word} the case is in {asked}"));
            }
        }
        self.set_first(mapping.initial_context.as_deref());
        for (at, path) in mapping.tables.iter().flatten().enumerate() {
            let asked = self.path(path);
            self.sheet.line(&format!("{}. {asked}", at + 1));
        }
    }

    /// A table with other names for its keys, its rows counted, and where it may jump.
    fn path(&self, path: &PathForm) -> String {
        let pairs = |word: &str, pairs: &Option<Vec<FromToForm>>| {
            let pairs: Vec<String> =
                pairs.iter().flatten().map(|pair| format!("{} as {}", pair.from, pair.to)).collect();
            if pairs.is_empty() { String::new() } else { format!("; {word} {}", pairs.join(", ")) }
        };
        let Some(table) = self.source.table(&path.id) else {
            return format!("{}, which the file lacks", path.id);
        };
        let rows = table.rows.as_ref().map_or(0, Vec::len);
        let title = table.title.as_deref().map(|title| format!(": {title}")).unwrap_or_default();
        let jumps = table.jumps();
        let jumps =
            if jumps.is_empty() { String::new() } else { format!("; may go on to {}", jumps.join(", ")) };
        format!(
            "{} ({rows} {}){title}{}{}{jumps}",
            path.id,
            if rows == 1 { "row" } else { "rows" },
            pairs("takes", &path.input_mapping),
            pairs("gives", &path.output_mapping)
        )
    }

    /// A table, its first rows or all.
    fn table(&mut self, id: &str, few: Option<usize>) {
        let Some(table) = self.source.table(id) else { return };
        let title = table.title.as_deref().map(|title| format!(": {title}")).unwrap_or_default();
        self.sheet.caption(&format!("Table {id}{title}"));
        let definition = table.definition.as_deref().unwrap_or_default();
        let heading: Vec<String> = definition.iter().map(|column| self.cell(&column.key)).collect();
        let all = table.rows.as_deref().unwrap_or_default();
        let rows: Vec<Vec<String>> = all
            .iter()
            .take(few.unwrap_or(all.len()))
            .map(|row| row.iter().map(|cell| self.cell(cell.as_deref().unwrap_or("*"))).collect())
            .collect();
        self.sheet.table(&heading, &rows);
        if rows.len() < all.len() {
            self.sheet.line(&format!("and {} more rows: --table {id}", all.len() - rows.len()));
        }
    }

    /// A cell on one line, cut where it is long.
    fn cell(&self, text: &str) -> String {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut = text.char_indices().nth(LONGEST_CELL).map(|(at, _)| format!("{}…", &text[..at]));
        let text = cut.unwrap_or(text);
        if self.form == Form::Markdown { text.replace('|', "\\|") } else { text }
    }
}

/// Number and XML id of an item in the NAACCR standard.
fn naaccr(item: &ItemForm) -> String {
    let number = item.naaccr_item.map(|number| number.to_string());
    [number, item.naaccr_xml_id.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn shown(value: &str) -> String {
    if value.is_empty() { "blank".to_owned() } else { value.to_owned() }
}
