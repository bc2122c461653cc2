//! What can go wrong between a header and the fields.

/// Why the columns of a table could not be assigned to fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldsError {
    /// A map file that cannot be used.
    #[error("{file}, line {line}: {problem}{}", hint_line(hint.as_deref()))]
    MapFile {
        /// Name of the file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: Option<String>,
    },

    /// `--set` with something else than FIELD=VALUE.
    #[error("`--set {setting}`: {problem}{}", hint_line(hint.as_deref()))]
    Setting {
        /// As given.
        setting: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: Option<String>,
    },

    /// `--layout` with a name that no layout has.
    #[error("no layout is named `{name}`{}", hint_line(Some(hint.as_str())))]
    UnknownLayout {
        /// As given.
        name: String,
        /// The nearest name, or all of them.
        hint: String,
    },

    /// Several columns claim the same field, and nothing ranks one above the other.
    #[error(
        "`{field}` could be {}{}",
        column_list(columns),
        hint_line(Some(&format!(
            "name one in a map file (--map FILE): [columns] {field} = \"HEADER\", or its position without quotation marks"
        )))
    )]
    Ambiguous {
        /// Field id.
        field: &'static str,
        /// Position, from 1, and header of each candidate.
        columns: Vec<(usize, String)>,
    },

    /// Nothing in the header that could be staged.
    #[error("nothing to stage: no column for {missing}\n  looked for: {}{}", looked_for.join(", "), hint_line(Some(hint.as_str())))]
    NothingToStage {
        /// What is missing, in words.
        missing: &'static str,
        /// Names that would have been recognised.
        looked_for: Vec<String>,
        /// What to do.
        hint: String,
    },

    /// Nothing in the header of a table of events that tells of an event.
    #[error("no events: no column for {missing}\n  looked for: {}{}", looked_for.join(", "), hint_line(Some(hint.as_str())))]
    NoEvents {
        /// What is missing, in words.
        missing: &'static str,
        /// Names that would have been recognised.
        looked_for: Vec<String>,
        /// What to do.
        hint: String,
    },

    /// A layout that comes with rstage is broken.
    #[error("layout {layout}: {problem}")]
    Layout {
        /// File of the layout.
        layout: &'static str,
        /// What is wrong.
        problem: String,
    },
}

impl FieldsError {
    pub(super) fn map_file(file: &str, line: usize, problem: String, hint: Option<String>) -> Self {
        Self::MapFile { file: file.to_owned(), line, problem, hint }
    }
}

fn hint_line(hint: Option<&str>) -> String {
    hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default()
}

fn column_list(columns: &[(usize, String)]) -> String {
    let names: Vec<String> =
        columns.iter().map(|(position, header)| format!("column {position} `{header}`")).collect();
    names.join(" or ")
}
