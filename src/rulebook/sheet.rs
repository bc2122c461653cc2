//! A page being written, for a terminal or as Markdown.

use std::fmt::Write as _;

/// The form of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// For a terminal.
    Text,
    /// Markdown.
    Markdown,
}

/// Widest line of a terminal page, where its words can be broken.
pub(crate) const WIDTH: usize = 100;

/// A page that grows from top to bottom.
pub(super) struct Sheet {
    form: Form,
    text: String,
}

impl Sheet {
    pub(super) fn new(form: Form, title: &str) -> Self {
        let text = match form {
            Form::Text => format!("{title}\n"),
            Form::Markdown => format!("# {title}\n\n"),
        };
        Self { form, text }
    }

    pub(super) fn finish(self) -> String {
        format!("{}\n", self.text.trim_end())
    }

    pub(super) fn heading(&mut self, title: &str) {
        let _ = match self.form {
            Form::Text => writeln!(self.text, "\n{title}"),
            Form::Markdown => writeln!(self.text, "\n## {title}\n"),
        };
    }

    /// A name with its value.
    pub(super) fn fact(&mut self, name: &str, value: &str) {
        match self.form {
            Form::Text => {
                for (at, line) in wrapped(value, WIDTH - 14).iter().enumerate() {
                    let _ = writeln!(self.text, "  {:<11} {line}", if at == 0 { name } else { "" });
                }
            }
            Form::Markdown => {
                let _ = writeln!(self.text, "- {name}: {}", value.replace('|', "\\|"));
            }
        }
    }

    /// What parts a paragraph of Markdown from what stands above it.
    fn gap(&self) -> &'static str {
        if self.text.ends_with("\n\n") { "" } else { "\n" }
    }

    /// What a table is called.
    pub(super) fn caption(&mut self, caption: &str) {
        let _ = match self.form {
            Form::Text => writeln!(self.text, "\n  {caption}"),
            Form::Markdown => writeln!(self.text, "{}**{caption}**", self.gap()),
        };
    }

    /// A line of its own.
    pub(super) fn line(&mut self, line: &str) {
        match self.form {
            Form::Text => {
                for line in wrapped(line, WIDTH - 2) {
                    let _ = writeln!(self.text, "  {line}");
                }
            }
            Form::Markdown => {
                let _ = writeln!(self.text, "{}{}", self.gap(), line.replace('|', "\\|"));
            }
        }
    }

    /// Rows as the manual prints them, numbered as `rstage_reason` numbers them.
    pub(super) fn table(&mut self, heading: &[String], rows: &[Vec<String>]) {
        self.rows(true, heading, rows);
    }

    /// Rows without numbers.
    pub(super) fn list(&mut self, heading: &[&str], rows: &[Vec<String>]) {
        let heading: Vec<String> = heading.iter().map(|name| (*name).to_owned()).collect();
        self.rows(false, &heading, rows);
    }

    fn rows(&mut self, numbered: bool, heading: &[String], rows: &[Vec<String>]) {
        let number = |at: usize| (at + 1).to_string();
        match self.form {
            Form::Text => {
                let width = |column: usize| {
                    let all = std::iter::once(heading).chain(rows.iter().map(Vec::as_slice));
                    all.filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
                };
                let widths: Vec<usize> = (0..heading.len()).map(width).collect();
                let mut row = |number: &str, cells: &[String]| {
                    let cells: Vec<String> =
                        cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
                    let number = if numbered { format!("{number:>3}  ") } else { String::new() };
                    let _ = writeln!(self.text, "  {number}{}", cells.join(" | ").trim_end());
                };
                row("", heading);
                for (at, cells) in rows.iter().enumerate() {
                    row(&number(at), cells);
                }
            }
            Form::Markdown => {
                let numbers = usize::from(numbered);
                let first = if numbered { "row | " } else { "" };
                let _ = writeln!(self.text, "{}| {first}{} |", self.gap(), heading.join(" | "));
                let _ = writeln!(self.text, "|{}", "---|".repeat(heading.len() + numbers));
                for (at, cells) in rows.iter().enumerate() {
                    let number = if numbered { format!("{} | ", number(at)) } else { String::new() };
                    let _ = writeln!(self.text, "| {number}{} |", cells.join(" | "));
                }
            }
        }
    }
}

/// Words in lines of at most so many letters; a longer word has its own line.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("8000-8576, 8940 9061", 12), ["8000-8576,", "8940 9061"]);
        assert_eq!(wrapped("verylongword a", 5), ["verylongword", "a"]);
        assert_eq!(wrapped("", 5), [""]);
    }
}
