//! Which schema takes a tumor: site, histology, behavior, and what tells two schemas apart.

use super::error::{KnowledgeError, Problem};
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
    pub(super) fn of(edition: Edition) -> Self {
        match edition.0 {
            0..=7 => Self::Before8,
            8 => Self::Eighth,
            _ => Self::Version9,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "behavior" => Self::Behavior,
            "sex" => Self::Sex,
            "year" => Self::Year,
            "disc1" => Self::Disc1,
            "disc2" => Self::Disc2,
            "ssf25" => Self::Ssf25,
            "p16" => Self::P16,
            _ => return None,
        })
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
}

/// The selection rows of one family, reachable by site.
#[derive(Debug, Default)]
pub(super) struct Selection {
    rows: Vec<SelectRow>,
    by_site: Vec<Vec<u16>>,
    first_year: u16,
}

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

    /// The schema that takes a tumor.
    pub(super) fn select(&self, traits: &Traits) -> Selected {
        let candidates = self.by_site.get(usize::from(traits.site.0)).map_or(&[][..], Vec::as_slice);
        let mut missing = false;
        for row in candidates.iter().map(|&index| &self.rows[usize::from(index)]) {
            if !row.histologies.contains(traits.histology.0) {
                continue;
            }
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

/// Reads one `[[select]]` block: the families that it belongs to, and its rows.
pub(super) fn read(
    form: &SelectForm,
    schema: SchemaId,
    lists: &Lists,
    source: Source<'_>,
) -> Result<Vec<(Family, SelectRow)>, KnowledgeError> {
    let families = match form.editions.get_ref().as_str() {
        "6, 7" => Family::Before8,
        "8" => Family::Eighth,
        "9" => Family::Version9,
        other => {
            let line = source.line(&form.editions);
            return Err(source.wrong(line, format!("editions {other:?}: one of \"6, 7\", \"8\", \"9\"")));
        }
    };
    let block = Rows::split(form.rows.get_ref(), source.file, source.block_line(&form.rows))?;
    if block.heading != ["site", "histology", "when"] {
        return Err(
            source.wrong(source.block_line(&form.rows), "the heading must be: site | histology | when")
        );
    }
    let mut rows = Vec::new();
    for (line, cells) in &block.rows {
        let cell = |column: usize, wanted: &str| {
            Problem::Cell {
                column: block.heading[column].to_owned(),
                value: cells[column].to_owned(),
                wanted: wanted.to_owned(),
            }
            .at(source.file, *line)
        };
        let sites = Ranges::parse(cells[0]).ok_or_else(|| cell(0, "a list of topography codes"))?;
        let histologies = lists.ranges(cells[1]).ok_or_else(|| cell(1, "a list of histologies"))?;
        let mut when = Vec::new();
        for condition in cells[2].split(';').map(str::trim).filter(|condition| !condition.is_empty()) {
            let parsed = condition
                .split_once('=')
                .and_then(|(name, values)| Some((Trait::named(name.trim())?, Ranges::parse(values)?)))
                .ok_or_else(|| cell(2, "conditions such as: behavior = 3; year = 2018-2020"))?;
            when.push(parsed);
        }
        rows.push((families, SelectRow { sites, histologies, when, schema }));
    }
    Ok(rows)
}
