//! The records of one partition, met by their keys: what each of them became.

use std::collections::BTreeMap;

use super::DiffConfig;
use super::plan::{FilePlan, STAND};
use crate::audit::{AuditRules, Severity, Snapshot};
use crate::category::{Cell, Examination, Parsed, Prefix, Recorded};
use crate::diff::{Entry, FOLLOW_UP, Moved, Order, Place, Rows, RowsOf, Side, Tally, judge, texts};
use crate::fields::{Field, Source};
use crate::knowledge::Rules;
use crate::pipeline::decode::{ReadCell, case_from, read_cells, state};
use crate::staging::{Basis, Stager, fields_of};

/// Columns of `changes.csv`.
pub(super) const CHANGE_COLUMNS: [&str; 8] =
    ["key", "file_old", "line_old", "file_new", "line_new", "field", "old", "new"];

/// What `changes.csv` says in the place of a date of birth.
const WITHHELD: &str = "(not shown)";

/// Classifications whose name says how the tumor was examined.
const BASES: [Basis; 4] = [Basis::Clinical, Basis::Pathologic, Basis::PostClinical, Basis::PostTherapy];

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
                self.find(entry, Order { older, place: entry.place }, found, joined);
            }
        }
        match (olds.get(compared_old), news.first()) {
            (Some(old), Some(new)) => self.pair(stager, old, new, joined),
            (Some(old), None) => {
                joined.tally.counts.gone += 1;
                let order = Order { older: true, place: old.place };
                change(self, joined, old.key, (Some(old.place), None), order, ["record", "present", ""]);
                let derived = old.stand.label().to_owned();
                let found = Found { rule: "S07", fields: &[], recorded: String::new(), derived };
                self.find(old, order, found, joined);
            }
            (None, Some(new)) => {
                joined.tally.counts.added += 1;
                let order = Order { older: false, place: new.place };
                change(self, joined, new.key, (None, Some(new.place)), order, ["record", "", "present"]);
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
        if self.alike(old, new) {
            joined.tally.counts.same += 1;
            return;
        }
        let (old_texts, new_texts) = (texts(old.texts), texts(new.texts));
        let (old_record, new_record) =
            (Record { plan: old_plan, texts: &old_texts }, Record { plan: new_plan, texts: &new_texts });
        if !self.config.all_columns
            && self.config.map_old.is_none()
            && old.stand == new.stand
            && same_texts(&old_record, &new_record)
        {
            joined.tally.counts.same += 1;
            return;
        }
        let (old_cells, new_cells) = (old_record.cells(), new_record.cells());
        let moved = moved(&old_cells, &new_cells, &old_record, &new_record);
        let rows = self.changes(old, new, &old_record, &new_record, &moved);
        if rows.is_empty() {
            joined.tally.counts.same += 1;
            return;
        }
        joined.tally.counts.changed += 1;
        let order = Order { older: false, place: new.place };
        for (name, old_text, new_text) in &rows {
            let places = (Some(old.place), Some(new.place));
            change(self, joined, new.key, places, order, [name.as_str(), old_text, new_text]);
        }
        let old_side = self.side(stager, old_plan, old, &old_cells);
        let new_side = self.side(stager, new_plan, new, &new_cells);
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
            self.find(new, order, found, joined);
        }
    }

    fn side<'s>(
        &self,
        stager: &mut Stager,
        plan: &'s FilePlan,
        entry: &Entry<'s>,
        cells: &[ReadCell],
    ) -> Side<'s> {
        let case = case_from(cells);
        let staged = stager.stage(&case);
        Side {
            inputs: case_from(cells.iter().filter(|cell| !FOLLOW_UP.contains(&cell.field))),
            stand: entry.stand,
            snapshot: Snapshot::of(self.rules, self.audit, &self.config.audit, &case, &staged),
            maker: &plan.maker,
        }
    }

    /// What changed: name, older text, newer text.
    fn changes(
        &self,
        old: &Entry,
        new: &Entry,
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
        let stands = [old, new]
            .map(|entry| [entry.stand.schema, entry.stand.edition, entry.stand.group, entry.stand.stage]);
        for ((name, old), new) in STAND.iter().zip(stands[0]).zip(stands[1]) {
            if old != new {
                rows.push(((*name).to_owned(), old.to_owned(), new.to_owned()));
            }
        }
        rows
    }

    fn find(&self, entry: &Entry, order: Order, found: Found, joined: &mut Joined) {
        let Some(severity) = self.severity(found.rule) else { return };
        let fields: Vec<&str> = found.fields.iter().map(|field| field.id()).collect();
        joined.tally.add_finding(found.rule, severity.as_str());
        joined.rows.push(
            order,
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
        match self.config.audit.severities.get(rule) {
            Some(setting) => setting.severity(),
            None => self.audit.rule(rule).map(|rule| rule.severity),
        }
    }

    fn path(&self, place: Place) -> &str {
        self.plans.get(place.file).map_or("", |plan| plan.path.as_str())
    }
}

fn change(
    joiner: &Joiner,
    joined: &mut Joined,
    key: &str,
    (old, new): (Option<Place>, Option<Place>),
    order: Order,
    [name, old_text, new_text]: [&str; 3],
) {
    *joined.tally.fields.entry(name.to_owned()).or_default() += 1;
    let path = |place: Option<Place>| place.map_or("", |place| joiner.path(place));
    let line = |place: Option<Place>| place.map(|place| place.line.to_string()).unwrap_or_default();
    let cells = [key, path(old), &line(old), path(new), &line(new), name, old_text, new_text];
    joined.rows.push(order, RowsOf::Changes, &cells);
}

/// A record with the plan of its file.
struct Record<'r> {
    plan: &'r FilePlan,
    texts: &'r [&'r str],
}

impl<'r> Record<'r> {
    fn text(&self, column: usize) -> &'r str {
        self.plan.slot(column).and_then(|slot| self.texts.get(slot)).copied().unwrap_or_default()
    }

    fn cells(&self) -> Vec<ReadCell<'r>> {
        let mut cells = read_cells(&self.plan.mapping, |column| self.text(column));
        for cell in &mut cells {
            cell.value = without_own_prefix(cell.field, cell.value);
        }
        cells
    }

    fn has(&self, field: Field) -> bool {
        !self.plan.mapping.sources(field).is_empty()
    }

    fn columns_of(&self, field: Field) -> impl Iterator<Item = usize> {
        self.plan.mapping.sources(field).iter().filter_map(|source| match source {
            Source::Column { index, .. } => Some(*index),
            Source::Constant(_) => None,
        })
    }

    fn field_of(&self, column: usize) -> Option<Field> {
        self.plan.mapping.mapped_fields().find(|field| self.columns_of(*field).any(|own| own == column))
    }
}

/// A category or group without the prefix that its field says already: `pT2` in the pathologic T is `T2`.
fn without_own_prefix(field: Field, value: Parsed) -> Parsed {
    let examination = match BASES.into_iter().find(|basis| fields_of(*basis).contains(&field)) {
        Some(Basis::Clinical | Basis::PostClinical) => Some(Examination::Clinical),
        Some(Basis::Pathologic | Basis::PostTherapy) => Some(Examination::Pathologic),
        _ => None,
    };
    let strip = |prefix: Prefix| Prefix {
        examination: prefix.examination.filter(|own| Some(*own) != examination),
        ..prefix
    };
    match value {
        Parsed::Category(recorded) => {
            Parsed::Category(Recorded { prefix: strip(recorded.prefix), ..recorded })
        }
        Parsed::Group(recorded) => Parsed::Group(Recorded { prefix: strip(recorded.prefix), ..recorded }),
        other => other,
    }
}

/// Whether every field that both records have was written alike, which is told without reading any value.
fn same_texts(old: &Record, new: &Record) -> bool {
    let alike = |field: Field| {
        let (before, after) = (old.plan.mapping.sources(field), new.plan.mapping.sources(field));
        before.len() == after.len()
            && before.iter().zip(after).all(|pair| match pair {
                (
                    Source::Column { index: before, coding: as_before },
                    Source::Column { index: after, coding: as_after },
                ) => as_before == as_after && old.text(*before) == new.text(*after),
                (before, after) => before == after,
            })
    };
    // Layouts may say what a text means, so that only the texts of one layout can be held side by side.
    old.plan.mapping.layout() == new.plan.mapping.layout()
        && new.plan.mapping.mapped_fields().filter(|field| old.has(*field)).all(alike)
}

/// The fields whose values differ, in the order of the fields.
fn moved<'t>(
    old_cells: &[ReadCell<'t>],
    new_cells: &[ReadCell<'t>],
    old: &Record,
    new: &Record,
) -> Vec<Moved<'t>> {
    let mut fields = BTreeMap::<Field, [Option<&ReadCell<'t>>; 2]>::new();
    for (at, cells) in [old_cells, new_cells].into_iter().enumerate() {
        for cell in cells {
            if let Some(slot) = fields.entry(cell.field).or_default().get_mut(at) {
                *slot = Some(cell);
            }
        }
    }
    let differ = |pair: [Option<&ReadCell>; 2]| match pair {
        [Some(old), Some(new)] => {
            let unread = matches!(state(old.value), Cell::Invalid);
            old.value != new.value || (unread && old.text != new.text)
        }
        [Some(only), None] | [None, Some(only)] => !state(only.value).is_blank(),
        [None, None] => false,
    };
    let text = |cell: Option<&ReadCell<'t>>| cell.map_or("", |cell| cell.text);
    let moved = fields.into_iter().filter(|(_, pair)| differ(*pair));
    moved
        .map(|(field, [before, after])| Moved {
            field,
            old: text(before),
            new: text(after),
            shared: old.has(field) && new.has(field),
        })
        .collect()
}

/// The texts of a changed field; those of a date of birth only where they are asked for.
fn shown<'t>(moved: &Moved<'t>, everything: bool) -> [&'t str; 2] {
    if moved.field == Field::BirthDate && !everything { [WITHHELD, WITHHELD] } else { [moved.old, moved.new] }
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
