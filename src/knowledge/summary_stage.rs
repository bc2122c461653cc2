//! What T, N and M mean for the SEER summary stage, schema by schema.
//!
//! A category stands for one or several extents of disease: it may be a matter of size, where the
//! summary stage asks how far the tumor reaches. What the extents of T, N and M come to together
//! is the same for every cancer.

use serde::Deserialize;
use toml::Spanned;

use super::SchemaId;
use super::category_axis::CategoryAxis;
use super::error::Mistakes;
use super::file::{Source, toml_error};
use super::ranges::Ranges;
use super::rows::Rows;
use super::schema::Schema;
use crate::category::{Axis, Category, Cell, Edition};

/// Labels of the summary stage, from the lowest to the highest.
pub const SUMMARY_LABELS: [&str; 4] = ["in_situ", "localized", "regional", "distant"];

/// A set of extents, bit by position in [`SUMMARY_LABELS`]; the first bit means *none* for N and M.
pub(super) type Extents = u8;

const NONE: Extents = 1;
const LOCALIZED: Extents = 1 << 1;
const REGIONAL: Extents = 1 << 2;
const DISTANT: Extents = 1 << 3;
const ALL: Extents = 0b1111;

/// The meanings of one schema under some editions.
#[derive(Debug)]
pub struct SummaryRow {
    editions: Ranges,
    axes: [Option<SummaryAxis>; 3],
    /// Row in the file, from 1.
    pub row: usize,
}

#[derive(Debug)]
struct SummaryAxis {
    categories: CategoryAxis,
    extents: Vec<Extents>,
    /// What a category that is not known may mean.
    all: Extents,
}

/// The meanings of every schema.
#[derive(Debug, Default)]
pub struct SummaryStage {
    rows: Vec<SummaryRow>,
    by_schema: Vec<Vec<u16>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SummaryForm {
    rows: Spanned<String>,
}

impl SummaryStage {
    /// The row of a schema under an edition.
    pub fn row(&self, schema: SchemaId, edition: Edition) -> Option<&SummaryRow> {
        self.by_schema
            .get(usize::from(schema.0))?
            .iter()
            .map(|&row| &self.rows[usize::from(row)])
            .find(|row| row.editions.contains(u16::from(edition.0)))
    }

    pub(super) fn read(source: Source<'_>, schemas: &[Schema]) -> Result<Self, Mistakes> {
        let form: SummaryForm =
            toml::from_str(source.text).map_err(|e| toml_error(&e, source.text, source.file))?;
        let block = Rows::split(form.rows.get_ref(), source.file, source.block_line(&form.rows))?;
        let mut summary = Self { rows: Vec::new(), by_schema: vec![Vec::new(); schemas.len()] };
        for (line, cells) in &block.rows {
            let wrong = |what: String| source.wrong(*line, what);
            let [names, editions, t, n, m] = cells.as_slice() else {
                return Err(wrong("the columns must be: schemas | editions | T | N | M".into()).into());
            };
            let index = summary.rows.len() as u16;
            let editions = Ranges::parse(editions).ok_or_else(|| wrong("editions: such as 6-7".into()))?;
            for name in names.split_whitespace() {
                let at = schemas.iter().position(|schema| schema.id == name);
                let at = at.ok_or_else(|| wrong(format!("{name} is no schema")))?;
                summary.by_schema[at].push(index);
            }
            let axis = |axis: Axis, text: &str| SummaryAxis::read(axis, text).map_err(wrong);
            let axes = [axis(Axis::T, t)?, axis(Axis::N, n)?, axis(Axis::M, m)?];
            summary.rows.push(SummaryRow { editions, axes, row: summary.rows.len() + 1 });
        }
        Ok(summary)
    }
}

impl SummaryAxis {
    /// Reads `Tis=i T1=l T3=lr`; `-` is an axis that says nothing.
    fn read(axis: Axis, text: &str) -> Result<Option<Self>, String> {
        if text == "-" {
            return Ok(None);
        }
        let (mut tokens, mut extents) = (Vec::new(), Vec::new());
        let mut waiting = 0;
        for word in text.split_whitespace() {
            let (label, letters) = word.split_once('=').map_or((word, None), |(l, e)| (l, Some(e)));
            tokens.push(Category::from_label(axis, label).ok_or_else(|| format!("{label} is no category"))?);
            waiting += 1;
            let Some(letters) = letters else { continue };
            let mut set = 0;
            for letter in letters.chars() {
                set |= match letter {
                    'i' | 'n' => NONE,
                    'l' => LOCALIZED,
                    'r' => REGIONAL,
                    'd' => DISTANT,
                    _ => return Err(format!("{word}: an extent is i, l, r, d or n")),
                };
            }
            extents.extend(std::iter::repeat_n(set, waiting));
            waiting = 0;
        }
        if waiting > 0 || tokens.is_empty() {
            return Err(format!("{text}: categories before = and extents behind it"));
        }
        // A tumor of unknown T may reach anywhere; nodes and metastases only where the chapter counts them.
        let least = if axis == Axis::T { ALL & !NONE } else { NONE };
        let all = extents.iter().fold(least, |all, set| all | set);
        Ok(Some(Self { categories: CategoryAxis::new(axis, tokens), extents, all }))
    }

    /// What a recorded category may mean; `None` where it is known and the table does not have it.
    fn extents(&self, cell: Cell<Category>) -> Option<Extents> {
        let Cell::Value(category) = cell else { return Some(self.all) };
        if category.label().ends_with('X') {
            return Some(self.all);
        }
        let worlds = self.categories.read(category).worlds;
        let set = self.extents.iter().enumerate().filter(|(at, _)| worlds >> at & 1 == 1);
        Some(set.fold(0, |all, (_, set)| all | set)).filter(|set| *set != 0)
    }
}

impl SummaryRow {
    /// The summary stages that T, N and M leave possible, bit by position in [`SUMMARY_LABELS`].
    pub fn possible(&self, cells: [Cell<Category>; 3]) -> Extents {
        let mut sets = [ALL, ALL & !LOCALIZED, NONE | DISTANT];
        for ((set, axis), cell) in sets.iter_mut().zip(&self.axes).zip(cells) {
            let stated = axis.as_ref().and_then(|axis| axis.extents(cell));
            *set = match (stated, cell.value()) {
                (Some(stated), _) => stated,
                // N0 and M0 are none unless a row says otherwise.
                (None, Some(category))
                    if category.axis() != Axis::T && category.label().as_bytes().get(1) == Some(&b'0') =>
                {
                    NONE
                }
                _ => *set,
            };
        }
        let [t, n, m] = sets;
        let mut possible = 0;
        for t in bits(t) {
            for n in bits(n) {
                for m in bits(m) {
                    possible |= together(t, n, m);
                }
            }
        }
        possible
    }
}

fn bits(set: Extents) -> impl Iterator<Item = Extents> {
    (0..4).map(|bit| 1 << bit).filter(move |bit| set & bit != 0)
}

/// The summary stage of one extent of each (SEER Summary Stage 2018, general instructions): distant
/// disease anywhere is distant, involved nodes (what TNM calls M1 included) are at least regional, else the
/// tumor decides.
fn together(t: Extents, n: Extents, m: Extents) -> Extents {
    if [t, n, m].contains(&DISTANT) {
        DISTANT
    } else if [n, m].contains(&REGIONAL) {
        REGIONAL
    } else {
        t
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{Rules, SchemaId};

    fn rows() -> impl Iterator<Item = &'static SummaryRow> {
        Rules::builtin().unwrap().beside().summary().rows.iter()
    }

    fn category(axis: Axis, label: &str) -> Cell<Category> {
        Category::from_label(axis, label).map_or(Cell::Unknown, Cell::Value)
    }

    /// The categories that a row prints for an axis, and "not known".
    fn printed(row: &SummaryRow, axis: Axis) -> Vec<Cell<Category>> {
        let own = row.axes[axis as usize].as_ref();
        let tokens = own.iter().flat_map(|own| own.categories.tokens.iter().copied().map(Cell::Value));
        tokens.chain([Cell::Blank]).collect()
    }

    fn lowest(set: Extents) -> u32 {
        set.trailing_zeros()
    }

    fn highest(set: Extents) -> u32 {
        Extents::BITS - set.leading_zeros()
    }

    #[test]
    fn involved_nodes_and_metastasis_never_lower_the_stage_and_unknown_only_widens() {
        let (n0, m0) = (category(Axis::N, "N0"), category(Axis::M, "M0"));
        for row in rows() {
            for t in printed(row, Axis::T) {
                for n in printed(row, Axis::N) {
                    for m in printed(row, Axis::M) {
                        let here = row.possible([t, n, m]);
                        assert_ne!(here, 0, "row {}", row.row);
                        for less in [[t, n0, m], [t, n, m0]] {
                            let below = row.possible(less);
                            let lower = lowest(here) < lowest(below) || highest(here) < highest(below);
                            // A row that says of N1 or M1 what may be none can only be as low as N0 and M0.
                            assert!(!lower, "row {}: {t:?} {n:?} {m:?}", row.row);
                        }
                        for hidden in [[Cell::Blank, n, m], [t, Cell::Blank, m], [t, n, Cell::Blank]] {
                            assert_eq!(
                                row.possible(hidden) & here,
                                here,
                                "row {}: {t:?} {n:?} {m:?}",
                                row.row
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_schema_has_at_most_one_row_for_an_edition() {
        let rules = Rules::builtin().unwrap();
        let summary = rules.beside().summary();
        for (SchemaId(at), schema) in rules.schemas() {
            for edition in 6..=9 {
                let of = |row: &&u16| summary.rows[usize::from(**row)].editions.contains(edition);
                let count = summary.by_schema[usize::from(at)].iter().filter(of).count();
                let staged =
                    schema.is_solid() && schema.editions().any(|known| u16::from(known.0) == edition);
                assert!(count <= 1 && (count == 1 || !staged), "{} {edition}: {count} rows", schema.id);
            }
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (cells, problem) in [
            ("nowhere | 8 | - | - | -", "x.toml:3: nowhere is no schema"),
            ("lung | 8 | T1=q | - | -", "x.toml:3: T1=q: an extent is i, l, r, d or n"),
            ("lung | 8 | T1 | - | -", "x.toml:3: T1: categories before = and extents behind it"),
            ("lung | eight | - | - | -", "x.toml:3: editions: such as 6-7"),
        ] {
            let text = format!("rows = \"\"\"\nschemas | editions | T | N | M\n{cells}\n\"\"\"\n");
            let rules = Rules::builtin().unwrap();
            let schemas: Vec<Schema> = rules.schemas().map(|(_, schema)| schema.clone()).collect();
            let error = SummaryStage::read(Source { file: "x.toml", text: &text }, &schemas).unwrap_err();
            assert_eq!(error.to_string(), problem);
        }
    }
}
