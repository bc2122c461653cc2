//! Programs that read `records.csv` and label its columns. Each reads all columns as text first, so that no
//! leading zero of a key or a site is lost.

use std::fmt::Write as _;

use super::{Kind, Variable, named};

/// A SAS program: `%let records = ...; %include "rstage.sas";` makes `work.rstage`.
pub(super) fn sas(variables: &[Variable]) -> String {
    let mut text = String::from(
        "/* Reads records.csv of an rstage run into work.rstage and labels its columns.\n   \
         Usage: %let records = out/records.csv; %include \"rstage.sas\"; */\n\
         %macro rstage_default; %if not %symexist(records) %then %let records = records.csv; %mend;\n\
         %global records;\n%rstage_default\n\nproc format;\n",
    );
    let variables = named(variables);
    for variable in &variables {
        if variable.codes.is_empty() {
            continue;
        }
        let _ = writeln!(text, "  value ${}", format_name(&variable.name));
        for (code, label) in &variable.codes {
            let _ = writeln!(text, "    {} = {}", sas_text(code), sas_text(label));
        }
        text.push_str("  ;\n");
    }
    text.push_str(
        "run;\n\n/* guessingrows=max: a column whose first cells are short or empty is not cut. */\n\
         proc import datafile=\"&records\" out=work.rstage dbms=csv replace;\n  guessingrows=max;\n  getnames=yes;\nrun;\n\n\
         /* Labels and formats go to the columns that are there; formats only where a column was read as text. */\n\
         proc contents data=work.rstage out=work._rstage_columns(keep=name type) noprint;\nrun;\n\
         %macro rstage_label(name, label, format);\n  proc sql noprint;\n    select type into :rstage_type trimmed\n      \
         from work._rstage_columns where lowcase(name) = \"&name\";\n  quit;\n  %if &sqlobs %then %do;\n    \
         proc datasets library=work nolist;\n      modify rstage;\n      label &name = &label;\n      \
         %if &format ne and &rstage_type = 2 %then format &name $&format..;;\n    quit;\n  %end;\n%mend;\n",
    );
    for variable in &variables {
        let format = if variable.codes.is_empty() { String::new() } else { format_name(&variable.name) };
        let _ = writeln!(text, "%rstage_label({}, {}, {format})", variable.name, sas_text(&variable.label));
    }
    text
}

/// A format's name: at most 31 characters, not ending in a digit.
fn format_name(column: &str) -> String {
    let name = column.strip_prefix("rstage_").unwrap_or(column);
    format!("r_{}_f", name.chars().take(27).collect::<String>())
}

fn sas_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A Stata do-file: `do rstage.do out/records.csv`. Codes become labelled numbers in the order of the codebook.
pub(super) fn stata(variables: &[Variable]) -> String {
    let mut text = String::from(
        "* Reads records.csv of an rstage run and labels its columns.\n* Usage: do rstage.do out/records.csv\n\
         version 14\nargs records\nif \"`records'\" == \"\" local records \"records.csv\"\n\
         import delimited using \"`records'\", varnames(1) case(preserve) stringcols(_all) encoding(\"utf-8\") bindquote(strict) maxquotedrows(unlimited) clear\n\n",
    );
    for variable in named(variables) {
        let Variable { name, label, codes, kind, .. } = &variable;
        let _ = writeln!(text, "capture confirm variable {name}\nif !_rc {{");
        if !codes.is_empty() {
            let _ = writeln!(text, "    rename {name} _rstage_text\n    generate byte {name} = .");
            for (at, (code, label)) in codes.iter().enumerate() {
                let number = at + 1;
                let _ =
                    writeln!(text, "    replace {name} = {number} if _rstage_text == {}", stata_text(code));
                let value = stata_text(&format!("{label} ({code})"));
                let _ = writeln!(text, "    label define {name} {number} {value}, modify");
            }
            let _ = writeln!(
                text,
                "    assert !missing({name}) if _rstage_text != \"\"\n    label values {name} {name}\n    \
                 order {name}, after(_rstage_text)\n    drop _rstage_text"
            );
        } else if *kind == Kind::Number {
            let _ = writeln!(text, "    destring {name}, replace");
        }
        let _ = writeln!(text, "    label variable {name} {}\n}}", stata_text(label));
    }
    text
}

fn stata_text(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "'"))
}

/// An R script: `source("rstage.R"); records <- read_rstage("out/records.csv")`.
pub(super) fn r(variables: &[Variable]) -> String {
    let mut text = String::from(
        "# Reads records.csv of an rstage run and labels its columns; needs nothing but R itself.\n\
         # Usage: source(\"rstage.R\"); records <- read_rstage(\"out/records.csv\")\n\
         # Codes become factors in the order of the codebook; their labels are in rstage_codes.\n\nrstage_labels <- c(\n",
    );
    let variables = named(variables);
    let labels: Vec<String> = variables
        .iter()
        .map(|variable| format!("  {} = {}", variable.name, quoted(&variable.label)))
        .collect();
    let _ = writeln!(text, "{}\n)\n\nrstage_codes <- list(", labels.join(",\n"));
    let codes: Vec<String> = variables
        .iter()
        .filter(|variable| !variable.codes.is_empty())
        .map(|variable| {
            let codes =
                variable.codes.iter().map(|(code, label)| format!("{} = {}", quoted(code), quoted(label)));
            format!("  {} = c({})", variable.name, codes.collect::<Vec<_>>().join(", "))
        })
        .collect();
    let numbers: Vec<String> = of_kind(&variables, Kind::Number);
    let _ = write!(
        text,
        "{}\n)\n\nrstage_numbers <- c({})\n\n\
         read_rstage <- function(path) {{\n  \
         records <- read.csv(path, colClasses = \"character\", check.names = FALSE, encoding = \"UTF-8\",\n                      \
         na.strings = character())\n  \
         for (name in intersect(names(rstage_codes), names(records))) {{\n    \
         codes <- names(rstage_codes[[name]])\n    \
         strange <- setdiff(records[[name]], c(codes, \"\"))\n    \
         if (length(strange) > 0) stop(name, \" holds \", strange[1], \", which the codebook does not know\")\n    \
         records[[name]] <- factor(records[[name]], levels = codes)\n    \
         attr(records[[name]], \"labels\") <- rstage_codes[[name]]\n  }}\n  \
         for (name in intersect(rstage_numbers, names(records))) records[[name]] <- as.numeric(records[[name]])\n  \
         for (name in intersect(names(rstage_labels), names(records)))\n    \
         attr(records[[name]], \"label\") <- rstage_labels[[name]]\n  records\n}}\n",
        codes.join(",\n"),
        numbers.join(", "),
    );
    text
}

/// A Python module: `import rstage_labels; records = rstage_labels.read("out/records.csv")`.
pub(super) fn python(variables: &[Variable]) -> String {
    let mut text = String::from(
        "\"\"\"Reads records.csv or records.parquet of an rstage run and labels its columns.\n\n\
         records = read(\"out/records.csv\") gives a pandas table: codes as ordered categories, labels in\n\
         records.attrs[\"labels\"]. rows(path) gives plain dicts and needs nothing but Python.\n\"\"\"\n\n\
         import csv\nimport sys\n\nLABELS = {\n",
    );
    let variables = named(variables);
    for variable in &variables {
        let _ = writeln!(text, "    {}: {},", quoted(&variable.name), quoted(&variable.label));
    }
    text.push_str("}\n\nCODES = {\n");
    for variable in variables.iter().filter(|variable| !variable.codes.is_empty()) {
        let _ = writeln!(text, "    {}: {{", quoted(&variable.name));
        for (code, label) in &variable.codes {
            let _ = writeln!(text, "        {}: {},", quoted(code), quoted(label));
        }
        text.push_str("    },\n");
    }
    let _ = write!(text, "}}\n\nNUMBERS = [{}]\n", of_kind(&variables, Kind::Number).join(", "));
    text.push_str(
        r#"

def check(name, values):
    """Makes sure that a column holds no code but those of the codebook."""
    strange = sorted(set(values) - set(CODES[name]) - {""})
    if strange:
        raise ValueError(f"{name} holds {strange[0]!r}, which the codebook does not know")


def rows(path):
    """The records as dicts of text."""
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name in CODES:
                if name in row:
                    check(name, [row[name]])
            yield row


def read(path):
    """The records as a pandas table."""
    import pandas

    if str(path).endswith(".parquet"):
        records = pandas.read_parquet(path)
    else:
        records = pandas.read_csv(path, dtype=str, keep_default_na=False)
    for name, codes in CODES.items():
        if name in records:
            values = records[name].fillna("").astype(str)
            check(name, values.unique())
            records[name] = pandas.Categorical(values, categories=list(codes), ordered=True)
    for name in NUMBERS:
        if name in records:
            records[name] = pandas.to_numeric(records[name])
    records.attrs["labels"] = {name: LABELS[name] for name in records.columns if name in LABELS}
    return records


if __name__ == "__main__":
    counts = {}
    for row in rows(sys.argv[1] if len(sys.argv) > 1 else "records.csv"):
        stage = row["rstage_stage"]
        counts[stage] = counts.get(stage, 0) + 1
    for code, label in CODES["rstage_stage"].items():
        print(f"{counts.get(code, 0):>9}  {label}")
"#,
    );
    text
}

fn of_kind(variables: &[Variable], kind: Kind) -> Vec<String> {
    variables.iter().filter(|variable| variable.kind == kind).map(|variable| quoted(&variable.name)).collect()
}

/// A text between double quotes, as R and Python write it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
