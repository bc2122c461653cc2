//! One table of a chapter: an edition, a basis, its axes, and its rows in compiled form.

use std::collections::BTreeMap;

use super::SchemaId;
use super::category_axis::CategoryAxis;
use super::error::{Mistakes, Problem};
use super::factor::{Classes, Factor, FactorAxis};
use super::file::{Source, TableForm};
use super::grid::Grid;
use super::ranges::Ranges;
use crate::category::{Axis, Category, Edition, Site, Stage, StageGroup};
use crate::decision::{Pattern, Table};

/// The classification that a table is printed for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TableBasis {
    /// One table for all.
    Any,
    /// Clinical.
    Clinical,
    /// Pathologic.
    Pathologic,
    /// After neoadjuvant therapy (yc, yp).
    PostTherapy,
}

impl TableBasis {
    /// As the knowledge files write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Clinical => "clinical",
            Self::Pathologic => "pathologic",
            Self::PostTherapy => "post-therapy",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Any, Self::Clinical, Self::Pathologic, Self::PostTherapy]
            .into_iter()
            .find(|b| b.name() == name)
    }
}

/// What one axis of a table is about.
#[derive(Debug)]
pub enum TableAxis {
    /// T, N or M.
    Category(CategoryAxis),
    /// A prognostic factor.
    Factor(FactorAxis),
}

/// A stage table.
#[derive(Debug)]
pub struct StageTable {
    /// Its schema.
    pub schema: SchemaId,
    /// Edition.
    pub edition: Edition,
    /// Classification.
    pub basis: TableBasis,
    /// Which of several systems of one chapter (prognostic, anatomic, rai, lugano), if it has several.
    pub system: Option<String>,
    /// Its axes, in the order of the decision table's.
    pub axes: Vec<TableAxis>,
    /// The compiled rows.
    pub decision: Table,
    /// Stage group of each row.
    pub groups: Vec<StageGroup>,
    /// Each row as the file prints it, cells by column.
    pub printed: Vec<Vec<String>>,
    /// Column headings.
    pub heading: Vec<String>,
    /// Whether it comes from the user's own folder of rules.
    pub local: bool,
    /// File and line of its rows.
    pub place: (String, usize),
    /// Classifications for which a table of the user's own folder stands in its stead.
    pub(super) replaced_for: Vec<TableBasis>,
    /// Whether the row's group is a roman alone while the table has lettered groups of that stage.
    pub without_letter: Vec<bool>,
    /// Axes of the factors of which one at least must be known, or else the next table is read.
    pub only_with: Vec<usize>,
    site: Option<Ranges>,
}

impl StageTable {
    /// Whether the table holds for a site (the Rai table is for the marrow, the Lugano table for the rest).
    pub fn holds_for(&self, site: Site) -> bool {
        self.site.as_ref().is_none_or(|sites| sites.contains(site.0))
    }

    /// The axis of T, N or M, if the table has it.
    pub fn category_axis(&self, axis: Axis) -> Option<(usize, &CategoryAxis)> {
        self.axes.iter().enumerate().find_map(|(at, own)| match own {
            TableAxis::Category(own) if own.axis == axis => Some((at, own)),
            _ => None,
        })
    }

    /// Whether T, N or M matters to the table at all.
    pub fn uses_categories(&self) -> bool {
        self.axes.iter().any(|axis| matches!(axis, TableAxis::Category(_)))
    }

    /// The stages that rows give to a metastasis category accepted by `wanted`.
    pub(super) fn stages_where(
        &self,
        wanted: impl Fn(Category) -> bool,
    ) -> impl Iterator<Item = (StageGroup, bool)> {
        let m = self.category_axis(Axis::M);
        self.groups.iter().enumerate().filter_map(move |(row, group)| {
            let Some((at, axis)) = m else { return Some((*group, false)) };
            match self.decision.pattern(row, at) {
                Pattern::Any => Some((*group, false)),
                Pattern::OneOf(set) => axis
                    .tokens
                    .iter()
                    .enumerate()
                    .any(|(token, category)| set >> token & 1 == 1 && wanted(*category))
                    .then_some((*group, true)),
            }
        })
    }

    /// Reads one `[[table]]` block.
    pub(super) fn read(
        form: &TableForm,
        schema: SchemaId,
        factors: &[Factor],
        classes: (&BTreeMap<String, Classes>, &BTreeMap<String, Classes>),
        source: Source<'_>,
    ) -> Result<Self, Mistakes> {
        let basis = TableBasis::named(form.basis.get_ref()).ok_or_else(|| {
            source.wrong(source.line(&form.basis), "basis: one of any, clinical, pathologic, post-therapy")
        })?;
        let site = match &form.site {
            None => None,
            Some(text) => Some(
                Ranges::parse(text.get_ref())
                    .ok_or_else(|| source.wrong(source.line(text), "site: a list of topography codes"))?,
            ),
        };
        let grid = Grid::read(&form.grid(), "group", factors, classes, source)?;
        let mut only_with = Vec::new();
        if let Some(text) = &form.only_with {
            for factor in text.get_ref().split_whitespace() {
                let at = grid.heading.iter().position(|column| column == factor);
                let what = || format!("only_with: {factor} is no column of the table");
                only_with.push(at.ok_or_else(|| source.wrong(source.line(text), what()))?);
            }
        }
        let mut groups = Vec::with_capacity(grid.results.len());
        let mut mistakes = Mistakes::default();
        for (line, group) in &grid.results {
            let read = StageGroup::from_label(group).ok_or_else(|| {
                Problem::Cell { column: "group".into(), value: group.clone(), wanted: "a stage group".into() }
                    .at(source.file, *line)
            });
            groups.extend(mistakes.note(read));
        }
        mistakes.none_or(())?;
        let without_letter = groups.iter().map(|group| lacks_letter(*group, &groups)).collect();
        Ok(Self {
            schema,
            edition: Edition(form.edition),
            basis,
            system: form.system.clone(),
            axes: grid.axes,
            decision: grid.decision,
            groups,
            printed: grid.printed,
            heading: grid.heading,
            local: false,
            place: (source.file.to_owned(), source.block_line(&form.rows)),
            replaced_for: Vec::new(),
            without_letter,
            only_with,
            site,
        })
    }
}

/// Whether a group is a bare roman number beside lettered groups of the same stage.
fn lacks_letter(group: StageGroup, groups: &[StageGroup]) -> bool {
    let bare = ["I", "II", "III", "IV"].contains(&group.label());
    bare && groups
        .iter()
        .any(|other| other.stage() == group.stage() && *other != group && group.stage() > Stage::Zero)
}
