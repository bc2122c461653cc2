//! From schema files to rules: a file brings in a schema, or, from the user's folder, changes one.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::error::{KnowledgeError, Mistakes};
use super::factor::Factor;
use super::file::{HistologyForm, SchemaForm, Source, toml_error};
use super::ranges::Ranges;
use super::schema::{EditionFacts, HistologyRule, Schema, System};
use super::select::Family;
use super::table::{StageTable, TableBasis};
use super::{FACTORS, HISTOLOGIES, Lists, Overlay, Rules, SchemaId, rows, select};
use crate::category::{Axis, Cell, Edition, Parsed, Site, Stage, parse};
use crate::fields::{Coding, Field, did_you_mean};

/// The named lists of histologies, with those of the user's folder in place of the built-in ones.
pub(super) fn lists(overlay: Option<&Overlay>, mistakes: &mut Mistakes) -> Result<Lists, KnowledgeError> {
    let mut lists = BTreeMap::new();
    let own = overlay.and_then(|overlay| overlay.file(HISTOLOGIES.0));
    for (file, text) in [Some(HISTOLOGIES), own].into_iter().flatten() {
        let source = Source { file, text };
        let read: BTreeMap<String, Spanned<String>> =
            toml::from_str(text).map_err(|error| toml_error(&error, text, file))?;
        for (name, list) in read {
            if Ranges::parse(list.get_ref()).is_none() {
                mistakes.push(source.wrong(source.line(&list), format!("{name}: not a list of histologies")));
            }
            lists.insert(name, list.into_inner());
        }
    }
    Ok(Lists(lists))
}

/// The factors, with those of the user's folder in place of the built-in ones.
pub(super) fn factors(
    overlay: Option<&Overlay>,
    mistakes: &mut Mistakes,
) -> Result<Vec<Factor>, KnowledgeError> {
    let mut factors = Factor::read_all(FACTORS.1, FACTORS.0)?;
    if let Some((file, text)) = overlay.and_then(|overlay| overlay.file(FACTORS.0)) {
        for factor in mistakes.note(Factor::read_all(text, file)).into_iter().flatten() {
            match factors.iter_mut().find(|known| known.name == factor.name) {
                Some(known) => *known = factor,
                None => factors.push(factor),
            }
        }
    }
    Ok(factors)
}

impl Rules {
    /// Reads one schema file. One of the user's folder (`local`) may change a schema that exists.
    pub(super) fn read_schema(
        &mut self,
        source: Source<'_>,
        lists: &Lists,
        local: bool,
    ) -> Result<(), Mistakes> {
        let mut mistakes = Mistakes::default();
        let form: SchemaForm =
            toml::from_str(source.text).map_err(|e| toml_error(&e, source.text, source.file))?;
        let known = self.schemas.iter().position(|schema| schema.id == *form.id.get_ref());
        if let Some(schema) = known.map(|at| &self.schemas[at]).filter(|schema| !local || schema.local) {
            let what = format!("the schema {:?} stands in {} already", schema.id, schema.file);
            let twice = source.wrong(source.line(&form.id), what);
            return Err(twice.hint("put everything about a schema into one file").into());
        }
        let id = SchemaId(known.unwrap_or(self.schemas.len()) as u16);
        let mut schema = match known {
            Some(at) => self.schemas[at].clone(),
            None => self.new_schema(&form, source)?,
        };
        schema.local = local;
        source.file.clone_into(&mut schema.file);
        mistakes.note(change(&mut schema, &form, source));
        mistakes.note(change_histologies(&mut schema, &form, lists, source));
        mistakes.note(self.read_selection(id, &form, lists, source, local));
        let mut seen: Vec<(Edition, TableBasis, Option<String>)> = Vec::new();
        for block in &form.table {
            let classes = (&form.by_histology, &form.by_site);
            let table = StageTable::read(block, id, &self.factors, classes, source);
            let Some(mut table) = mistakes.note(table) else { continue };
            table.local = local;
            mistakes.note(fits(&schema, &table, source, &seen));
            seen.push((table.edition, table.basis, table.system.clone()));
            self.put_table(&mut schema, table);
        }
        schema.facts.clear();
        for table in schema.tables.iter().map(|&index| &self.tables[usize::from(index)]) {
            add_facts(schema.facts.entry(table.edition.0).or_default(), table);
        }
        match known {
            Some(at) => self.schemas[at] = schema,
            None => self.schemas.push(schema),
        }
        mistakes.none_or(())
    }

    /// Reads the selection of a schema; in place of what it had for the same editions.
    fn read_selection(
        &mut self,
        id: SchemaId,
        form: &SchemaForm,
        lists: &Lists,
        source: Source<'_>,
        local: bool,
    ) -> Result<(), Mistakes> {
        let mut mistakes = Mistakes::default();
        let mut replaced: Vec<Family> = Vec::new();
        for block in &form.select {
            let Some(family) = mistakes.note(select::family(block, source)) else { continue };
            let rows = select::read(block, id, lists, source, local);
            let Some(rows) = mistakes.note(rows) else { continue };
            let selection = &mut self.selections[family as usize];
            if local && !replaced.contains(&family) {
                selection.remove(id);
                replaced.push(family);
            }
            if selection.has_room(rows.len()) {
                for row in rows {
                    selection.add(row);
                }
            } else {
                mistakes.push(source.wrong(source.block_line(&block.rows), "too many rows of selection"));
            }
        }
        mistakes.none_or(())
    }

    /// An empty schema for a file whose id is new.
    fn new_schema(&self, form: &SchemaForm, source: Source<'_>) -> Result<Schema, KnowledgeError> {
        let given = [
            ("title", form.title.is_some()),
            ("system", form.system.is_some()),
            ("behavior", form.behavior.is_some()),
        ];
        let lacking: Vec<&str> = given.into_iter().filter(|(_, given)| !given).map(|(key, _)| key).collect();
        let id = form.id.get_ref();
        let line = source.line(&form.id);
        if !lacking.is_empty() {
            let what = format!("the schema {id:?} is new and lacks {}", lacking.join(", "));
            let meant = did_you_mean(id, self.schemas.iter().map(|schema| schema.id.as_str()));
            return Err(source.wrong(line, what).hint(
                meant.unwrap_or_else(|| "only a schema that exists already may leave them out".to_owned()),
            ));
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if id.is_empty() || !id.bytes().all(plain) {
            return Err(source.wrong(line, format!("id {id:?}: lower-case letters, digits and _")));
        }
        Ok(Schema { id: id.clone(), ..Schema::default() })
    }

    /// Adds a table to a schema. One of the user's folder takes the place of the table of the same edition,
    /// system and classification; `any` that of all, and a single classification its part of an `any`.
    fn put_table(&mut self, schema: &mut Schema, table: StageTable) {
        let mut kept = Vec::new();
        let mut place = None;
        for index in std::mem::take(&mut schema.tables) {
            let own = &mut self.tables[usize::from(index)];
            let rivals =
                table.local && !own.local && own.edition == table.edition && own.system == table.system;
            if rivals && (own.basis == table.basis || table.basis == TableBasis::Any) {
                place.get_or_insert(kept.len());
                continue;
            }
            if rivals && own.basis == TableBasis::Any {
                own.replaced_for.push(table.basis);
            }
            kept.push(index);
        }
        kept.insert(place.unwrap_or(kept.len()), self.tables.len() as u16);
        schema.tables = kept;
        self.tables.push(table);
    }
}

/// Takes over what a file says of a schema as a whole.
fn change(schema: &mut Schema, form: &SchemaForm, source: Source<'_>) -> Result<(), Mistakes> {
    let mut mistakes = Mistakes::default();
    let mut system = |text: &Spanned<String>| {
        let named = System::named(text.get_ref()).ok_or_else(|| {
            let names = System::ALL.map(System::name);
            let hint = did_you_mean(text.get_ref(), names)
                .unwrap_or_else(|| format!("the systems are {}", names.join(", ")));
            let what = format!("{:?} is no staging system", text.get_ref());
            source.wrong(source.line(text), what).hint(hint)
        });
        mistakes.note(named)
    };
    schema.system = form.system.as_ref().and_then(&mut system).unwrap_or(schema.system);
    schema.system_before_8 = form.system_before_8.as_ref().and_then(&mut system).or(schema.system_before_8);
    schema.system_until_6 = form.system_until_6.as_ref().and_then(&mut system).or(schema.system_until_6);
    if let Some(title) = &form.title {
        title.clone_into(&mut schema.title);
    }
    schema.version_9_from = form.version_9_from.or(schema.version_9_from);
    if let Some(text) = &form.site_when_missing {
        schema.site_when_missing = mistakes.note(one_site(text, source));
    }
    for (given, own) in [
        (&form.no_group_after_therapy, &mut schema.no_group_after_therapy),
        (&form.n_tells_classification, &mut schema.n_tells_classification),
    ] {
        if let Some(editions) = given {
            own.clone_from(editions);
        }
    }
    if let Some(behavior) = &form.behavior {
        let digits = Ranges::parse(behavior.get_ref())
            .ok_or_else(|| source.wrong(source.line(behavior), "behavior: a list of digits"));
        schema.behaviors = mistakes.note(digits).unwrap_or_default();
        behavior.get_ref().clone_into(&mut schema.behaviors_printed);
    }
    if let Some(codes) = &form.not_staged_where_disc1 {
        let read = Ranges::parse(codes.get_ref())
            .ok_or_else(|| source.wrong(source.line(codes), "not_staged_where_disc1: a list of codes"));
        schema.not_staged_disc1 = mistakes.note(read).map(|ranges| (ranges, codes.get_ref().clone()));
    }
    for (edition, title) in &form.chapter {
        match edition.parse() {
            Ok(edition @ 6..=9) => {
                schema.chapters.insert(edition, title.clone());
            }
            _ => mistakes.push(source.wrong(1, format!("[chapter]: {edition} is no edition, 6 to 9"))),
        }
    }
    mistakes.none_or(())
}

fn one_site(text: &Spanned<String>, source: Source<'_>) -> Result<Site, KnowledgeError> {
    match parse(Field::Site, Coding::Plain, text.get_ref()) {
        Parsed::Site(Cell::Value(site)) => Ok(site),
        _ => Err(source.wrong(source.line(text), "site_when_missing: one topography code")),
    }
}

/// Takes over which histologies the chapters stage; in place of what was said of the same edition.
fn change_histologies(
    schema: &mut Schema,
    form: &SchemaForm,
    lists: &Lists,
    source: Source<'_>,
) -> Result<(), Mistakes> {
    let blocks = form.eligible.iter().map(|b| (true, b)).chain(form.excluded.iter().map(|b| (false, b)));
    let given: BTreeSet<u8> = blocks.clone().map(|(_, block)| block.edition).collect();
    schema.histology_rules.retain(|rule| !given.contains(&rule.edition.0));
    let mut mistakes = Mistakes::default();
    for (eligible, block) in blocks {
        let rule = read_histologies(eligible, block, lists, source);
        schema.histology_rules.extend(mistakes.note(rule));
    }
    mistakes.none_or(())
}

fn read_histologies(
    eligible: bool,
    block: &HistologyForm,
    lists: &Lists,
    source: Source<'_>,
) -> Result<HistologyRule, Mistakes> {
    let first_line = source.block_line(&block.rows);
    let table = rows::Rows::split(block.rows.get_ref(), source.file, first_line)?;
    if table.heading != ["site", "histology"] {
        return Err(source.wrong(first_line, "the heading must be: site | histology").into());
    }
    let mut rule =
        HistologyRule { edition: Edition(block.edition), eligible, rows: Vec::new(), printed: Vec::new() };
    let mut mistakes = Mistakes::default();
    for (line, cells) in &table.rows {
        let wrong = |what: &str| source.wrong(*line, what);
        let sites = match cells[0] {
            "any" => Ok(None),
            list => Ranges::parse(list).map(Some).ok_or_else(|| wrong("site: any, or topography codes")),
        };
        let histologies = lists.ranges(cells[1]).ok_or_else(|| wrong("histology: codes or @list"));
        if let (Some(sites), Some(histologies)) = (mistakes.note(sites), mistakes.note(histologies)) {
            rule.rows.push((sites, histologies));
            rule.printed.push([cells[0], lists.spelled_out(cells[1])].map(str::to_owned));
        }
    }
    mistakes.none_or(rule)
}

/// Whether a table can stand in its schema.
fn fits(
    schema: &Schema,
    table: &StageTable,
    source: Source<'_>,
    seen: &[(Edition, TableBasis, Option<String>)],
) -> Result<(), KnowledgeError> {
    let line = table.place.1;
    if !(6..=9).contains(&table.edition.0) {
        return Err(source.wrong(line, format!("edition {}: one of 6, 7, 8, 9", table.edition)));
    }
    if seen.contains(&(table.edition, table.basis, table.system.clone())) {
        let what = format!(
            "a table of edition {}, {}, stands in this file already",
            table.edition,
            table.basis.name()
        );
        return Err(source.wrong(line, what).hint("tell them apart by basis or system"));
    }
    let system = schema.system(table.edition);
    if schema.local && matches!(system, System::TnmWithoutGroup | System::Cns | System::Heme | System::None) {
        let what = format!("the table is never read: the staging system is {}", system.name());
        return Err(source
            .wrong(line, what)
            .hint("name the system that groups by this table, system = \"tnm\""));
    }
    Ok(())
}

fn add_facts(facts: &mut EditionFacts, table: &StageTable) {
    let is_m1 = |label: &str| label.starts_with("M1");
    let explicit: Vec<_> = table.stages_where(|m| is_m1(m.label())).collect();
    let named = explicit.iter().any(|(_, explicit)| *explicit);
    let m1 =
        explicit.iter().filter(|(_, explicit)| *explicit || !named).map(|(group, _)| group.stage()).min();
    facts.m1 = [facts.m1, m1.filter(|_| named)].into_iter().flatten().min();
    facts.iv_with_m0 |=
        table.stages_where(|m| !is_m1(m.label())).any(|(group, _)| group.stage() == Stage::IV);
    facts.highest = facts.highest.max(table.groups.iter().copied().max());
    let categories = facts.categories.get_or_insert_default();
    for axis in [Axis::T, Axis::N, Axis::M] {
        match table.category_axis(axis) {
            Some((_, own)) => categories.extend(own.tokens.iter().copied()),
            None => facts.any_axis[axis as usize] = true,
        }
    }
}
