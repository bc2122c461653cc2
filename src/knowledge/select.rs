//! Which schema takes a tumor: site, histology, behavior, and what tells two schemas apart.

use std::fmt::Write as _;

use super::error::{KnowledgeError, Mistakes, Problem};
use super::file::{SelectForm, Source};
use super::ranges::Ranges;
use super::rows::Rows;
use super::{Lists, SchemaId};
use crate::category::{Behavior, Edition, Histology, Sex, Site};

/// What selection asks of a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Traits {
    /// Topography.
    pub site: Site,
    /// Histology.
    pub histology: Histology,
    /// Behavior; malignant is assumed where it is not recorded.
    pub behavior: Option<Behavior>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Year of diagnosis.
    pub year: Option<u16>,
    /// Schema discriminator 1 (NAACCR 3926).
    pub disc1: Option<u16>,
    /// Schema discriminator 2 (NAACCR 3927).
    pub disc2: Option<u16>,
    /// Collaborative Stage factor 25, the discriminator until 2017.
    pub ssf25: Option<u16>,
    /// p16: 1 negative, 2 positive, 9 unknown.
    pub p16: Option<u16>,
}

/// What selection comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selected {
    /// A schema.
    Schema {
        /// Which.
        id: SchemaId,
        /// A discriminator was missing and was taken as its code for "unknown".
        assumed: bool,
    },
    /// Several schemas share the site and histology, and what tells them apart is missing.
    DiscriminatorMissing,
    /// No schema takes this tumor.
    None,
}

/// Which family of selection rules an edition uses: the registries changed theirs with the 8th edition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Family {
    /// Editions up to the 7th.
    Before8 = 0,
    /// 8th edition.
    Eighth = 1,
    /// Version 9.
    Version9 = 2,
}

impl Family {
    pub(super) const ALL: [Self; 3] = [Self::Before8, Self::Eighth, Self::Version9];

    /// The editions as `[[select]]` blocks write them.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Before8 => "6, 7",
            Self::Eighth => "8",
            Self::Version9 => "9",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }

    pub(super) fn of(edition: Edition) -> Self {
        match edition.0 {
            0..=7 => Self::Before8,
            8 => Self::Eighth,
            _ => Self::Version9,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Trait {
    Behavior,
    Sex,
    Year,
    Disc1,
    Disc2,
    Ssf25,
    P16,
}

impl Trait {
    const ALL: [Self; 7] =
        [Self::Behavior, Self::Sex, Self::Year, Self::Disc1, Self::Disc2, Self::Ssf25, Self::P16];

    const fn name(self) -> &'static str {
        match self {
            Self::Behavior => "behavior",
            Self::Sex => "sex",
            Self::Year => "year",
            Self::Disc1 => "disc1",
            Self::Disc2 => "disc2",
            Self::Ssf25 => "ssf25",
            Self::P16 => "p16",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|asked| asked.name() == name)
    }

    /// Discriminator 2 of the oropharynx is the p16 status.
    const fn as_one(self) -> Self {
        match self {
            Self::P16 => Self::Disc2,
            other => other,
        }
    }

    /// The recorded value, the value that stands for "not known", and whether it is a discriminator.
    fn of(self, traits: &Traits, first_year: u16) -> (Option<u16>, u16, bool) {
        match self {
            // Registries collect malignant tumors unless they say otherwise.
            Self::Behavior => (traits.behavior.map(|b| u16::from(b.0)), 3, false),
            Self::Sex => (
                traits.sex.map(|sex| match sex {
                    Sex::Male => 1,
                    Sex::Female => 2,
                    Sex::Other => 9,
                }),
                9,
                false,
            ),
            // A record staged under another edition than its year's is judged as of that edition's first year.
            Self::Year => (Some(traits.year.unwrap_or(0).max(first_year)), first_year, false),
            Self::Disc1 => (traits.disc1, 9, true),
            Self::Disc2 => (traits.disc2, 9, true),
            Self::Ssf25 => (traits.ssf25, 999, true),
            Self::P16 => (traits.p16.or(traits.disc2), 9, true),
        }
    }
}

/// One row of selection.
#[derive(Debug)]
pub(super) struct SelectRow {
    sites: Ranges,
    histologies: Ranges,
    when: Vec<(Trait, Ranges)>,
    schema: SchemaId,
    /// Whether it comes from the user's own folder.
    local: bool,
    file: String,
    line: usize,
    /// Sites, histologies (lists spelled out) and conditions as the file prints them.
    printed: [String; 3],
}

impl SelectRow {
    /// The schema that it selects.
    pub(super) fn schema(&self) -> SchemaId {
        self.schema
    }

    /// Whether it asks for the sex.
    pub(super) fn asks_sex(&self) -> bool {
        self.when.iter().any(|(asked, _)| *asked == Trait::Sex)
    }

    /// Adds the years from which on it holds or no longer does.
    pub(super) fn years(&self, years: &mut Vec<u16>) {
        let of_year = self.when.iter().filter(|(asked, _)| *asked == Trait::Year);
        years.extend(of_year.flat_map(|(_, values)| values.steps()));
    }

    /// A tumor that both rows take, in words, if there is one.
    fn shared(&self, other: &Self, first_year: u16) -> Option<String> {
        let (site, _) = self.sites.common(&other.sites).next()?;
        let (histology, _) = self.histologies.common(&other.histologies).next()?;
        let mut tumor = format!("C{:02}.{} with histology {histology}", site / 10, site % 10);
        let conditions = || self.when.iter().chain(&other.when);
        let mut asked: Vec<Trait> = conditions().map(|(asked, _)| asked.as_one()).collect();
        asked.sort_unstable();
        asked.dedup();
        for asked in asked {
            let all = || conditions().filter(|(of, _)| of.as_one() == asked);
            let least = if asked == Trait::Year { first_year } else { 0 };
            let value = all().find_map(|(_, values)| {
                let mut numbers = values.common(values).flat_map(|(low, high)| low.max(least)..=high);
                numbers.find(|number| all().all(|(_, values)| values.contains(*number)))
            })?;
            let _ = write!(tumor, ", {} {value}", asked.name());
        }
        Some(tumor)
    }
}

/// The selection rows of one family, reachable by site.
#[derive(Debug, Default)]
pub(super) struct Selection {
    rows: Vec<SelectRow>,
    by_site: Vec<Vec<u16>>,
    first_year: u16,
}

/// Most rows of selection in one family.
const MAX_ROWS: usize = 10_000;

impl Selection {
    pub(super) fn new(first_year: u16) -> Self {
        Self { rows: Vec::new(), by_site: vec![Vec::new(); 1000], first_year }
    }

    pub(super) fn add(&mut self, row: SelectRow) {
        let index = self.rows.len() as u16;
        for (site, rows) in self.by_site.iter_mut().enumerate() {
            if row.sites.contains(site as u16) {
                rows.push(index);
            }
        }
        self.rows.push(row);
    }

    /// Leaves out the rows of a schema.
    pub(super) fn remove(&mut self, schema: SchemaId) {
        let rows = std::mem::take(&mut self.rows);
        self.by_site.iter_mut().for_each(Vec::clear);
        rows.into_iter().filter(|row| row.schema != schema).for_each(|row| self.add(row));
    }

    /// Whether there is room for as many rows more.
    pub(super) fn has_room(&self, rows: usize) -> bool {
        self.rows.len() + rows <= MAX_ROWS
    }

    /// The rows of a schema as its file prints them: sites, histologies, conditions.
    pub(super) fn printed(&self, schema: SchemaId) -> impl Iterator<Item = &[String; 3]> {
        self.rows.iter().filter(move |row| row.schema == schema).map(|row| &row.printed)
    }

    /// Whether a schema takes this site and this histology, as far as they are given.
    pub(super) fn takes(&self, schema: SchemaId, site: Option<Site>, histology: Option<Histology>) -> bool {
        self.rows.iter().filter(|row| row.schema == schema).any(|row| {
            site.is_none_or(|site| row.sites.contains(site.0))
                && histology.is_none_or(|histology| row.histologies.contains(histology.0))
        })
    }

    /// Rows of two schemas that take the same tumor; `all`, or those that the user's folder brings in.
    pub(super) fn overlaps<'s>(
        &'s self,
        all: bool,
        name: impl Fn(SchemaId) -> &'s str + Copy,
    ) -> impl Iterator<Item = KnowledgeError> {
        self.rows.iter().enumerate().filter(move |(_, row)| all || row.local).flat_map(move |(at, row)| {
            // Of two rows of the folder the later one is reported.
            let others = self.rows.iter().enumerate().filter(move |(before, other)| {
                other.schema != row.schema && (*before < at || !(all || other.local))
            });
            others.filter_map(move |(_, other)| {
                let tumors = row.shared(other, self.first_year)?;
                let own = name(row.schema).to_owned();
                let place = format!("{}:{}", other.file, other.line);
                let problem = Problem::Overlap { own, other: name(other.schema).to_owned(), place, tumors };
                Some(problem.at(&row.file, row.line).hint(
                    "tell them apart by a condition, or give the other schema [[select]] rows without these tumors",
                ))
            })
        })
    }

    /// Adds the years from which on it may select otherwise.
    pub(super) fn years(&self, years: &mut Vec<u16>) {
        self.rows.iter().for_each(|row| row.years(years));
    }

    /// The first year of its editions.
    pub(super) fn first_year(&self) -> u16 {
        self.first_year
    }

    /// The rows that may take a tumor, by their numbers, whatever else they ask.
    pub(super) fn candidates(
        &self,
        site: Site,
        histology: Histology,
    ) -> impl Iterator<Item = (u16, &SelectRow)> {
        let rows = self.by_site.get(usize::from(site.0)).map_or(&[][..], Vec::as_slice);
        let rows = rows.iter().filter_map(|&number| Some((number, self.rows.get(usize::from(number))?)));
        rows.filter(move |(_, row)| row.histologies.contains(histology.0))
    }

    /// The schema that takes a tumor.
    pub(super) fn select(&self, traits: &Traits) -> Selected {
        let mut missing = false;
        for (_, row) in self.candidates(traits.site, traits.histology) {
            let mut assumed = false;
            let mut lacks = false;
            let mut fits = true;
            for (wanted, values) in &row.when {
                let (value, unknown, discriminator) = wanted.of(traits, self.first_year);
                let taken = value.unwrap_or(unknown);
                if values.contains(taken) {
                    assumed |= discriminator && value.is_none();
                } else if discriminator && value.is_none_or(|value| value == unknown) {
                    lacks = true;
                } else {
                    fits = false;
                }
            }
            if fits && !lacks {
                return Selected::Schema { id: row.schema, assumed };
            }
            missing |= fits && lacks;
        }
        if missing { Selected::DiscriminatorMissing } else { Selected::None }
    }
}

/// The family that a `[[select]]` block belongs to.
pub(super) fn family(form: &SelectForm, source: Source<'_>) -> Result<Family, KnowledgeError> {
    Family::named(form.editions.get_ref()).ok_or_else(|| {
        let what = format!("editions {:?}: one of \"6, 7\", \"8\", \"9\"", form.editions.get_ref());
        source.wrong(source.line(&form.editions), what)
    })
}

/// Reads the rows of one `[[select]]` block.
pub(super) fn read(
    form: &SelectForm,
    schema: SchemaId,
    lists: &Lists,
    source: Source<'_>,
    local: bool,
) -> Result<Vec<SelectRow>, Mistakes> {
    let first_line = source.block_line(&form.rows);
    let block = Rows::split(form.rows.get_ref(), source.file, first_line)?;
    if block.heading != ["site", "histology", "when"] {
        return Err(source.wrong(first_line, "the heading must be: site | histology | when").into());
    }
    let mut rows = Vec::new();
    let mut mistakes = Mistakes::default();
    for (line, cells) in &block.rows {
        let cell = |column: usize, wanted: &str| {
            Problem::Cell {
                column: block.heading[column].to_owned(),
                value: cells[column].to_owned(),
                wanted: wanted.to_owned(),
            }
            .at(source.file, *line)
        };
        let sites = Ranges::parse(cells[0]).ok_or_else(|| cell(0, "a list of topography codes"));
        let histologies = lists.ranges(cells[1]).ok_or_else(|| cell(1, "a list of histologies"));
        let when =
            conditions(cells[2]).ok_or_else(|| cell(2, "conditions such as: behavior = 3; year = 2018-2020"));
        let (sites, histologies, when) =
            (mistakes.note(sites), mistakes.note(histologies), mistakes.note(when));
        if let (Some(sites), Some(histologies), Some(when)) = (sites, histologies, when) {
            let printed = [cells[0], lists.spelled_out(cells[1]), cells[2]].map(str::to_owned);
            let (file, line) = (source.file.to_owned(), *line);
            rows.push(SelectRow { sites, histologies, when, schema, local, file, line, printed });
        }
    }
    mistakes.none_or(rows)
}

fn conditions(text: &str) -> Option<Vec<(Trait, Ranges)>> {
    text.split(';')
        .map(str::trim)
        .filter(|condition| !condition.is_empty())
        .map(|condition| {
            let (name, values) = condition.split_once('=')?;
            Some((Trait::named(name.trim())?, Ranges::parse(values)?))
        })
        .collect()
}
