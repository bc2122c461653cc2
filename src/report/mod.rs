//! `report.html`: one page that a person opens in the morning to see what the night found.
//!
//! It is made of the tables that a run left, never of its records, so that its size does not grow with them
//! and nothing that small-cell suppression hid can come back. The file needs no network, no other file and no
//! server; without scripts it still shows everything, and prints.

mod causes;
mod chart;
mod facilities;
mod figures;
mod flow;
mod folder;
mod matrix;
mod sections;
mod stages;
mod sum;
mod worklist;

use std::fmt::Write as _;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;

use crate::audit::AuditRules;
use figures::Figures;

pub use folder::{Folder, ReportError};

/// Findings that the page lists; the others stand in the findings table alone.
pub const WORKLIST: usize = 500;

/// Makes the page of a finished run from what its folder holds.
///
/// `previous` is an earlier run whose key figures are set beside this one's. `audit` says what each rule
/// means and where it comes from. The page holds at most [`WORKLIST`] findings, the severest first.
pub fn page(run: &Folder, previous: Option<&Folder>, audit: &AuditRules) -> Result<String, ReportError> {
    let page = Page {
        style: Value::from_safe_string(include_str!("page.css").to_owned()),
        script: Value::from_safe_string(include_str!("page.js").to_owned()),
        run: sections::run_card(run),
        hides: run.hides(),
        figures: Figures::of(run, previous)?,
        stages: stages::charts(run)?,
        matrix: matrix::agreement(run)?,
        flow: flow::restaging(run)?,
        agreement: sections::agreement(run)?,
        facilities: facilities::agreement(run)?,
        causes: causes::causes(run)?,
        oligo: sections::oligometastasis(run)?,
        rules: sections::rules(run, audit),
        worklist: worklist::worklist(run, WORKLIST)?,
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("visible", visible);
    environment
        .add_template("page.html", include_str!("page.html"))
        .map_err(|error| ReportError::template(&error))?;
    let template = environment.get_template("page.html").map_err(|error| ReportError::template(&error))?;
    template.render(Value::from(Serde(&page))).map_err(|error| ReportError::template(&error))
}

/// Everything on the page, in the order of its sections.
#[derive(Serialize)]
struct Page {
    style: Value,
    script: Value,
    run: sections::RunCard,
    /// Whether small numbers are hidden.
    hides: bool,
    figures: Figures,
    stages: Vec<stages::StageChart>,
    matrix: Option<matrix::Matrix>,
    flow: Option<flow::Flow>,
    agreement: Vec<sections::Share>,
    facilities: Option<facilities::Facilities>,
    causes: causes::Causes,
    oligo: Vec<sections::Bounds>,
    rules: Vec<sections::RuleRow>,
    worklist: worklist::Worklist,
}

/// Text with its invisible and direction-changing characters written out, so that what is read is what is
/// there.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) {
            let _ = write!(shown, "\u{27e8}U+{:04X}\u{27e9}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        for (text, shown) in [
            ("IIIA", "IIIA"),
            ("Müller-Straße 5", "Müller-Straße 5"),
            ("a\u{202e}b", "a\u{27e8}U+202E\u{27e9}b"),
            ("a\u{200f}\tb", "a\u{27e8}U+200F\u{27e9}\u{27e8}U+0009\u{27e9}b"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
