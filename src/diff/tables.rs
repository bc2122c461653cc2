//! The comparison as a table: what became of the records, the rules, the fields, older by newer stage.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Count, Hidden, RULES, Tally};

/// A row of `summary/nightly_change`. A number that is hidden is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Nightly {
    /// What is counted: `records.gone`, `rule.S01`, `field.path_t`, `stage`.
    pub measure: String,
    /// Older stage, empty but for pairs of stages.
    pub old: String,
    /// Newer stage.
    pub new: String,
    /// How many.
    pub n: Option<u64>,
    /// What it is a share of.
    pub denominator: Option<u64>,
}

/// What stands for the fields that too few tumors changed in, where small numbers are hidden.
const FEWER: &str = "field.pooled";
/// Pairs of stages; where small numbers are hidden, one row says that they are.
const STAGE: &str = "stage";

/// The rows of `summary/nightly_change`. Records and rules are shares of the export that they are
/// counted in, fields of the tumors in both exports, a pair of stages of the tumors with that older stage.
pub fn nightly(tally: &Tally, hidden: &Hidden) -> Vec<Nightly> {
    let counts = &tally.counts;
    let mut rows = Vec::new();
    let mut add = |measure: String, [old, new]: [&str; 2], n, denominator| {
        rows.push(Nightly { measure, old: old.to_owned(), new: new.to_owned(), n, denominator });
    };
    let reads = |count| match count {
        Count::OldRead | Count::Gone | Count::DuplicateOld | Count::UnreadableOld => counts.old_read,
        _ => counts.new_read,
    };
    for count in Count::ALL.into_iter().filter(|&count| count != Count::Unreadable) {
        let n = hidden.count(counts, count);
        add(format!("records.{}", count.as_str()), ["", ""], n, Some(reads(count)));
    }
    for rule in RULES {
        let of = if rule == "S07" { counts.old_read } else { counts.new_read };
        add(format!("rule.{rule}"), ["", ""], hidden.findings(tally, rule), Some(of));
    }
    let pairs = hidden.pairs(counts);
    for (field, &n) in tally.fields.iter().filter(|&(_, &n)| hidden.shows_changed(counts, n)) {
        add(format!("field.{field}"), ["", ""], Some(n), pairs);
    }
    if hidden.is_on() {
        if hidden.count(counts, Count::Changed) != Some(0) {
            add(FEWER.to_owned(), ["", ""], None, pairs);
        }
        add(STAGE.to_owned(), ["", ""], None, pairs);
        return rows;
    }
    let mut by_old = BTreeMap::<&str, u64>::new();
    for ((old, _), n) in &tally.stages {
        *by_old.entry(old).or_default() += n;
    }
    for ((old, new), &n) in &tally.stages {
        add(STAGE.to_owned(), [old, new], Some(n), by_old.get(old.as_str()).copied());
    }
    rows
}

/// Rows of a section of the terminal table.
const SHOWN: usize = 10;

/// The comparison in a few lines, a hidden number as `*`; `meaning` says what a rule is called.
pub fn render(tally: &Tally, hidden: &Hidden, meaning: impl Fn(&str) -> String) -> String {
    let mut text = String::new();
    let mut line = |name: &str, n: Option<u64>| {
        let n = n.map_or_else(|| "*".to_owned(), |n| n.to_string());
        let _ = writeln!(text, " {name:<NAME$.NAME$}{n:>NUMBER$}");
    };
    for (name, count) in [
        ("Old export, rows", Count::OldRead),
        ("New export, rows", Count::NewRead),
        ("Same", Count::Same),
        ("Changed", Count::Changed),
        ("Added", Count::Added),
        ("Gone", Count::Gone),
        ("Duplicates, old", Count::DuplicateOld),
        ("Duplicates, new", Count::DuplicateNew),
        ("Unreadable or without key", Count::Unreadable),
    ] {
        line(name, hidden.count(&tally.counts, count));
    }
    let raised = RULES.map(|rule| (rule, hidden.findings(tally, rule)));
    let raised: Vec<_> = raised.into_iter().filter(|(_, n)| *n != Some(0)).collect();
    if !raised.is_empty() {
        text.push('\n');
        for (rule, n) in raised {
            let n = n.map_or_else(|| "*".to_owned(), |n| n.to_string());
            let _ = writeln!(text, " {:<NAME$.NAME$}{n:>NUMBER$}", meaning(rule));
        }
    }
    if hidden.is_on() {
        return text;
    }
    let mut moves: Vec<_> = tally.stages.iter().filter(|((old, new), _)| old != new).collect();
    moves.sort_by_key(|&(stages, n)| (std::cmp::Reverse(*n), stages));
    if !moves.is_empty() {
        text.push('\n');
        for ((old, new), n) in moves.iter().take(SHOWN) {
            let _ = writeln!(text, " {:<NAME$.NAME$}{n:>NUMBER$}", format!("Stage {old} -> {new}"));
        }
        if moves.len() > SHOWN {
            let _ = writeln!(text, " and {} more", moves.len() - SHOWN);
        }
    }
    text
}

/// Columns of a line of the terminal table.
const NAME: usize = 32;
const NUMBER: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn tally() -> Tally {
        let mut tally = Tally::default();
        tally.counts.old_read = 4;
        tally.counts.new_read = 5;
        tally.counts.same = 2;
        tally.counts.changed = 1;
        tally.counts.added = 2;
        tally.counts.gone = 1;
        for (old, new) in [("I", "I"), ("I", "II"), ("IV", "IV")] {
            tally.add_stages(old, new);
        }
        tally.fields.insert("path_t".to_owned(), 1);
        tally.add_finding("S07", "warning");
        tally
    }

    fn find(rows: &[Nightly], measure: &str, old: &str, new: &str) -> (Option<u64>, Option<u64>) {
        let found = rows.iter().find(|row| row.measure == measure && row.old == old && row.new == new);
        found.map(|row| (row.n, row.denominator)).unwrap()
    }

    #[test]
    fn shares_are_of_their_own_export() {
        let rows = nightly(&tally(), &Hidden::default());
        let find = |measure: &str, old: &str, new: &str| find(&rows, measure, old, new);
        assert_eq!(find("records.gone", "", ""), (Some(1), Some(4)));
        assert_eq!(find("records.added", "", ""), (Some(2), Some(5)));
        assert_eq!(find("rule.S07", "", ""), (Some(1), Some(4)));
        assert_eq!(find("rule.S01", "", ""), (Some(0), Some(5)));
        assert_eq!(find("field.path_t", "", ""), (Some(1), Some(3)));
        assert_eq!(find("stage", "I", "II"), (Some(1), Some(2)));
        let text = render(&tally(), &Hidden::default(), str::to_owned);
        assert!(text.contains("Stage I -> II") && !text.contains('*'), "{text}");
        let mut tally = tally();
        tally.add_stages("I", &"II".repeat(60));
        let text = render(&tally, &Hidden::default(), |rule| format!("{rule} {}", "name".repeat(30)));
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    }

    #[test]
    fn small_numbers_are_in_neither_table() {
        let tally = tally();
        let hidden = Hidden::of(&tally.counts, 11);
        let rows = nightly(&tally, &hidden);
        for (measure, denominator) in
            [("records.gone", Some(4)), ("rule.S07", Some(4)), ("field.pooled", None), ("stage", None)]
        {
            assert_eq!(find(&rows, measure, "", ""), (None, denominator), "{measure}");
        }
        assert!(rows.iter().all(|row| row.measure != "field.path_t" && row.old.is_empty()));
        let text = render(&tally, &hidden, str::to_owned);
        assert!(text.contains("Gone") && text.contains('*') && !text.contains("Stage"), "{text}");
    }
}
