//! The codebook for people: a table of columns and codes.

use std::fmt::Write as _;

use super::Variable;

/// A row for each column, then one for each of its codes.
pub(super) fn csv(variables: &[Variable]) -> String {
    let mut text = String::from("column,label,kind,about,code,code_label\n");
    for variable in variables {
        let own = [&variable.name, &variable.label, variable.kind.as_str(), &variable.about];
        let own = own.map(cell).join(",");
        let _ = writeln!(text, "{own},,");
        for (code, label) in &variable.codes {
            let _ = writeln!(text, "{own},{},{}", cell(code), cell(label));
        }
    }
    text
}

fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A section for each column.
pub(super) fn markdown(variables: &[Variable]) -> String {
    let mut text = String::from("# Columns that rstage adds\n");
    for variable in variables {
        let Variable { name, label, about, .. } = variable;
        let _ = write!(text, "\n## {name}\n\n{label} ({}). {about}.\n", variable.kind.as_str());
        if !variable.codes.is_empty() {
            text.push_str("\n| code | meaning |\n|---|---|\n");
            for (code, label) in &variable.codes {
                let _ = writeln!(text, "| `{code}` | {label} |");
            }
        }
    }
    text
}
