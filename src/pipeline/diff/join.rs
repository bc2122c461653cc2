//! The records of one partition, met by their keys: what each of them became.

use super::DiffConfig;
use super::plan::{FilePlan, STAND};
use super::record::{Record, moved, same_texts, shown};
use crate::audit::{AuditRules, Severity, Snapshot};
use crate::diff::{Entry, FOLLOW_UP, Moved, Order, Place, Rows, RowsOf, Side, Tally, judge};
use crate::fields::Field;
use crate::knowledge::Rules;
use crate::pipeline::decode::case_from;
use crate::staging::Stager;

/// Columns of `changes.csv`.
pub(super) const CHANGE_COLUMNS: [&str; 8] =
    ["key", "file_old", "line_old", "file_new", "line_new", "field", "old", "new"];

/// What applies to every partition.
pub(super) struct Joiner<'a> {
    pub(super) rules: &'a Rules,
    pub(super) audit: &'a AuditRules,
    pub(super) config: &'a DiffConfig,
    pub(super) plans: &'a [FilePlan],
}

/// What one partition came to.
#[derive(Default)]
pub(super) struct Joined {
    pub(super) tally: Tally,
    pub(super) rows: Rows,
}

/// The texts of a finding that depend on its record.
struct Found<'f> {
    rule: &'static str,
    fields: &'f [Field],
    recorded: String,
    derived: String,
}

impl Joiner<'_> {
    /// Meets the records of both exports, each sorted by key.
    pub(super) fn join(&self, stager: &mut Stager, mut old: &[Entry], mut new: &[Entry]) -> Joined {
        let mut joined = Joined::default();
        while let Some(key) = [old.first(), new.first()].into_iter().flatten().map(|entry| entry.key).min() {
            let olds = group(&mut old, key);
            let news = group(&mut new, key);
            self.tumor(stager, olds, news, &mut joined);
        }
        joined
    }

    /// The records of one key. Of several on one side, one is compared and the others are duplicates.
    fn tumor(&self, stager: &mut Stager, olds: &[Entry], news: &[Entry], joined: &mut Joined) {
        // An unchanged record is preferred, so that a duplicate does not look like a change as well.
        let twin = |new: &Entry| olds.iter().position(|old| self.alike(old, new));
        let compared_old = news.first().and_then(twin).unwrap_or(0);
        for (side, compared, older) in [(olds, compared_old, true), (news, 0, false)] {
            let Some(kept) = side.get(compared) else { continue };
            for entry in side.iter().enumerate().filter(|(at, _)| *at != compared).map(|(_, entry)| entry) {
                let counts = &mut joined.tally.counts;
                *(if older { &mut counts.duplicate_old } else { &mut counts.duplicate_new }) += 1;
                let recorded = format!("also at {}:{}", self.path(kept.place), kept.place.line);
                let found = Found { rule: "S08", fields: &[], recorded, derived: String::new() };
                self.find(entry, older, &found, joined);
            }
        }
        match (olds.get(compared_old), news.first()) {
            (Some(old), Some(new)) => self.pair(stager, old, new, joined),
            (Some(old), None) => {
                joined.tally.counts.gone += 1;
                self.change(joined, old.key, [Some(old.place), None], ["record", "present", ""]);
                let derived = old.stand.label().to_owned();
                let found = Found { rule: "S07", fields: &[], recorded: String::new(), derived };
                self.find(old, true, &found, joined);
            }
            (None, Some(new)) => {
                joined.tally.counts.added += 1;
                self.change(joined, new.key, [None, Some(new.place)], ["record", "", "present"]);
            }
            (None, None) => {}
        }
    }

    /// Whether two records hold the same texts in the same columns, and stand where they stood.
    fn alike(&self, old: &Entry, new: &Entry) -> bool {
        let shape = |entry: &Entry| self.plans.get(entry.place.file).map(|plan| plan.shape);
        shape(old) == shape(new) && old.texts == new.texts && old.stand == new.stand
    }

    /// The two records of one tumor.
    fn pair(&self, stager: &mut Stager, old: &Entry, new: &Entry, joined: &mut Joined) {
        joined.tally.add_stages(old.stand.stage, new.stand.stage);
        let (Some(old_plan), Some(new_plan)) =
            (self.plans.get(old.place.file), self.plans.get(new.place.file))
        else {
            return;
        };
        let (old_record, new_record) = (Record::of(old_plan, old), Record::of(new_plan, new));
        let written_alike = || {
            !self.config.all_columns
                && self.config.map_old.is_none()
                && old.stand == new.stand
                && same_texts(&old_record, &new_record)
        };
        if self.alike(old, new) || written_alike() {
            joined.tally.counts.same += 1;
            return;
        }
        let moved = moved(&old_record, &new_record);
        let rows = self.changes(&old_record, &new_record, &moved);
        if rows.is_empty() {
            joined.tally.counts.same += 1;
            return;
        }
        joined.tally.counts.changed += 1;
        for (name, old_text, new_text) in &rows {
            *joined.tally.fields.entry(name.clone()).or_default() += 1;
            self.change(joined, new.key, [Some(old.place), Some(new.place)], [name, old_text, new_text]);
        }
        // No rule speaks of follow-up alone.
        if old.stand == new.stand && moved.iter().all(|moved| FOLLOW_UP.contains(&moved.field)) {
            return;
        }
        let [old_side, new_side] = [&old_record, &new_record].map(|record| self.side(stager, record));
        let has = |field: Field| old_record.has(field) && new_record.has(field);
        for raised in judge(&old_side, &new_side, &moved, self.config.day, has) {
            let said = moved.iter().filter(|moved| raised.fields.contains(&moved.field)).map(|moved| {
                let [old, new] = shown(moved, false);
                format!("{}={old} -> {new}", moved.field.id())
            });
            let found = Found {
                rule: raised.rule,
                fields: &raised.fields,
                recorded: said.collect::<Vec<_>>().join("; "),
                derived: raised.derived,
            };
            self.find(new, false, &found, joined);
        }
    }

    fn side<'s>(&self, stager: &mut Stager, record: &Record<'s>) -> Side<'s> {
        let cells = record.cells(|_| true);
        let case = case_from(&cells);
        let staged = stager.stage(&case);
        Side {
            inputs: case_from(cells.iter().filter(|cell| !FOLLOW_UP.contains(&cell.field))),
            stand: record.stand,
            snapshot: Snapshot::of(self.rules, self.audit, &self.config.audit, &case, &staged),
            maker: &record.plan.maker,
        }
    }

    /// What changed: name, older text, newer text.
    fn changes(
        &self,
        old_record: &Record,
        new_record: &Record,
        moved: &[Moved],
    ) -> Vec<(String, String, String)> {
        let mut rows = Vec::new();
        let mut told: Vec<usize> = Vec::new();
        if self.config.all_columns {
            for (name, &at) in &new_record.plan.columns {
                let Some(&before) = old_record.plan.columns.get(name) else { continue };
                let (old_text, new_text) = (old_record.text(before), new_record.text(at));
                if old_text != new_text {
                    told.push(at);
                    let name = new_record.field_of(at).map_or(name.as_str(), |field| field.id());
                    rows.push((name.to_owned(), old_text.to_owned(), new_text.to_owned()));
                }
            }
        }
        for moved in moved.iter().filter(|moved| moved.shared) {
            if !new_record.columns_of(moved.field).any(|column| told.contains(&column)) {
                let [old, new] = shown(moved, self.config.all_columns);
                rows.push((moved.field.id().to_owned(), old.to_owned(), new.to_owned()));
            }
        }
        for ((name, old), new) in STAND.iter().zip(old_record.stand.words()).zip(new_record.stand.words()) {
            if old != new {
                rows.push(((*name).to_owned(), old.to_owned(), new.to_owned()));
            }
        }
        rows
    }

    /// Tells of a change, or of a record that one export lacks.
    fn change(
        &self,
        joined: &mut Joined,
        key: &str,
        [old, new]: [Option<Place>; 2],
        [name, old_text, new_text]: [&str; 3],
    ) {
        let path = |place: Option<Place>| place.map_or("", |place| self.path(place));
        let line = |place: Option<Place>| place.map(|place| place.line.to_string()).unwrap_or_default();
        let cells = [key, path(old), &line(old), path(new), &line(new), name, old_text, new_text];
        let Some(place) = new.or(old) else { return };
        joined.rows.push(Order { older: new.is_none(), place }, RowsOf::Changes, &cells);
    }

    fn find(&self, entry: &Entry, older: bool, found: &Found, joined: &mut Joined) {
        let Some(severity) = self.severity(found.rule) else { return };
        let fields: Vec<&str> = found.fields.iter().map(|field| field.id()).collect();
        joined.tally.add_finding(found.rule, severity.as_str());
        joined.rows.push(
            Order { older, place: entry.place },
            RowsOf::Findings,
            &[
                entry.key,
                self.path(entry.place),
                &entry.place.line.to_string(),
                found.rule,
                severity.as_str(),
                &fields.join(";"),
                &found.recorded,
                &found.derived,
                self.audit.rule(found.rule).map_or("", |rule| rule.action.as_str()),
            ],
        );
    }

    fn severity(&self, rule: &str) -> Option<Severity> {
        self.audit.severity_of(rule, &self.config.audit)
    }

    fn path(&self, place: Place) -> &str {
        self.plans.get(place.file).map_or("", |plan| plan.path.as_str())
    }
}

/// The entries at the front with this key, taken off.
fn group<'e, 'k>(entries: &mut &'e [Entry<'k>], key: &str) -> &'e [Entry<'k>] {
    let end = entries.iter().position(|entry| entry.key != key).unwrap_or(entries.len());
    let (group, rest) = entries.split_at(end);
    *entries = rest;
    group
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::RULES;

    #[test]
    fn every_rule_of_the_comparison_is_in_the_registry() {
        let audit = AuditRules::builtin().unwrap();
        for rule in RULES {
            assert!(audit.rule(rule).is_some(), "{rule}");
        }
    }
}
