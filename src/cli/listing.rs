//! Lists as a table for the terminal, Markdown or CSV.

use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle};

/// The form of a list.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For the terminal
    Text,
    /// Markdown
    Markdown,
    /// CSV
    Csv,
}

/// Writes rows below a heading, for a terminal of this width.
pub(crate) fn write_list<const N: usize>(
    out: &mut impl Write,
    format: Format,
    width: u16,
    heading: [&str; N],
    rows: Vec<[String; N]>,
) -> io::Result<()> {
    match format {
        Format::Text => {
            const STYLE: TableStyle =
                TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
            let mut table = Table::new();
            table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
            table.set_header(heading).add_rows(rows);
            // An id that is broken in two cannot be copied.
            if let Some(ids) = table.column_mut(0) {
                ids.set_constraint(ColumnConstraint::ContentWidth);
            }
            for line in table.to_string().lines() {
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        Format::Markdown => {
            writeln!(out, "| {} |", heading.join(" | "))?;
            writeln!(out, "|{}", "---|".repeat(N))?;
            for row in rows {
                writeln!(out, "| {} |", row.map(|cell| cell.replace('|', "\\|")).join(" | "))?;
            }
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(out);
            writer.write_record(heading).map_err(io::Error::from)?;
            for row in rows {
                writer.write_record(row).map_err(io::Error::from)?;
            }
            writer.flush()?;
        }
    }
    Ok(())
}
