//! The comparison as a table: what became of the records, the rules, the fields, older by newer stage.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{RULES, Tally};

/// Columns of `summary/nightly_change.csv`.
pub const NIGHTLY_COLUMNS: [&str; 6] = ["measure", "old", "new", "n", "denominator", "percent"];

/// The rows of `summary/nightly_change.csv`. Records and rules are shares of the export that they are
/// counted in, fields of the tumors in both exports, a pair of stages of the tumors with that older stage.
pub fn nightly(tally: &Tally) -> Vec<[String; 6]> {
    let counts = &tally.counts;
    let pairs = counts.same + counts.changed;
    let mut rows = Vec::new();
    for (name, n, of) in [
        ("old_read", counts.old_read, counts.old_read),
        ("new_read", counts.new_read, counts.new_read),
        ("same", counts.same, counts.new_read),
        ("changed", counts.changed, counts.new_read),
        ("added", counts.added, counts.new_read),
        ("gone", counts.gone, counts.old_read),
        ("duplicate_old", counts.duplicate_old, counts.old_read),
        ("duplicate_new", counts.duplicate_new, counts.new_read),
        ("unreadable_old", counts.unreadable_old, counts.old_read),
        ("unreadable_new", counts.unreadable_new, counts.new_read),
    ] {
        rows.push(row([&format!("records.{name}"), "", ""], n, of));
    }
    for rule in RULES {
        let of = if rule == "S07" { counts.old_read } else { counts.new_read };
        rows.push(row([&format!("rule.{rule}"), "", ""], findings(tally, rule), of));
    }
    for (field, &n) in &tally.fields {
        rows.push(row([&format!("field.{field}"), "", ""], n, pairs));
    }
    let mut by_old = BTreeMap::<&str, u64>::new();
    for ((old, _), n) in &tally.stages {
        *by_old.entry(old).or_default() += n;
    }
    for ((old, new), &n) in &tally.stages {
        rows.push(row(["stage", old, new], n, by_old.get(old.as_str()).copied().unwrap_or(0)));
    }
    rows
}

fn row([measure, old, new]: [&str; 3], n: u64, denominator: u64) -> [String; 6] {
    let percent = if denominator == 0 {
        String::new()
    } else {
        format!("{:.2}", 100.0 * n as f64 / denominator as f64)
    };
    [measure.to_owned(), old.to_owned(), new.to_owned(), n.to_string(), denominator.to_string(), percent]
}

fn findings(tally: &Tally, rule: &str) -> u64 {
    tally.findings.get(rule).map_or(0, |severities| severities.values().sum())
}

/// Rows of a section of the terminal table.
const SHOWN: usize = 10;

/// The comparison in a few lines; `meaning` says what a rule is called.
pub fn render(tally: &Tally, meaning: impl Fn(&str) -> String) -> String {
    let counts = &tally.counts;
    let mut text = String::new();
    for (name, n) in [
        ("Old export, rows", counts.old_read),
        ("New export, rows", counts.new_read),
        ("Same", counts.same),
        ("Changed", counts.changed),
        ("Added", counts.added),
        ("Gone", counts.gone),
        ("Duplicates, old", counts.duplicate_old),
        ("Duplicates, new", counts.duplicate_new),
        ("Unreadable or without key", counts.unreadable),
    ] {
        let _ = writeln!(text, " {name:<28}{n:>12}");
    }
    let raised: Vec<_> = RULES.iter().filter(|rule| findings(tally, rule) > 0).collect();
    if !raised.is_empty() {
        text.push('\n');
        for rule in raised {
            let _ = writeln!(text, " {:<28}{:>12}", meaning(rule), findings(tally, rule));
        }
    }
    let mut moves: Vec<_> = tally.stages.iter().filter(|((old, new), _)| old != new).collect();
    moves.sort_by_key(|&(stages, n)| (std::cmp::Reverse(*n), stages));
    if !moves.is_empty() {
        text.push('\n');
        for ((old, new), n) in moves.iter().take(SHOWN) {
            let _ = writeln!(text, " {:<28}{n:>12}", format!("Stage {old} -> {new}"));
        }
        if moves.len() > SHOWN {
            let _ = writeln!(text, " and {} more", moves.len() - SHOWN);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_their_own_export() {
        let mut tally = Tally::default();
        tally.counts.old_read = 4;
        tally.counts.new_read = 5;
        tally.counts.gone = 1;
        for (old, new) in [("I", "I"), ("I", "II"), ("IV", "IV")] {
            tally.add_stages(old, new);
        }
        tally.add_finding("S07", "warning");
        let rows = nightly(&tally);
        let find = |measure: &str, old: &str, new: &str| {
            let found = rows.iter().find(|row| row[..3] == [measure, old, new]).unwrap();
            found[3..].join(" ")
        };
        assert_eq!(find("records.gone", "", ""), "1 4 25.00");
        assert_eq!(find("records.added", "", ""), "0 5 0.00");
        assert_eq!(find("rule.S07", "", ""), "1 4 25.00");
        assert_eq!(find("rule.S01", "", ""), "0 5 0.00");
        assert_eq!(find("stage", "I", "II"), "1 2 50.00");
        assert!(render(&tally, str::to_owned).contains("Stage I -> II"));
    }
}
