//! The staging rules as text tables; loading and checking them.

use crate::category::{Category, Edition, Stage, StageGroup};

/// Index of a schema within the loaded rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SchemaId(pub u16);

/// The staging system of a schema.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum System {
    /// T, N, M to a stage group.
    Tnm,
    /// Lugano / Ann Arbor.
    Lugano,
    /// Rai and Binet.
    Rai,
    /// Revised International Staging System of myeloma.
    Iss,
    /// T, N, M without a stage group.
    TnmWithoutGroup,
    /// Central nervous system: graded, not staged.
    Cns,
    /// Leukemia and other hematologic disease.
    Heme,
    /// No system.
    None,
}

/// A staging schema: which cancers it takes and by which system they are staged.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Short id, `lung`.
    pub id: String,
    /// Title for people.
    pub title: String,
    system: System,
}

impl Schema {
    /// The staging system under an edition.
    pub fn system(&self, _edition: Edition) -> System {
        self.system
    }

    /// Lowest stage that M1 gives.
    pub fn m1_stage(&self, _edition: Edition) -> Option<Stage> {
        (self.system == System::Tnm).then_some(Stage::IV)
    }

    /// Whether some row gives stage IV without M1.
    pub fn has_iv_with_m0(&self, _edition: Edition) -> bool {
        true
    }

    /// Highest group of the edition.
    pub fn highest(&self, _edition: Edition) -> Option<StageGroup> {
        None
    }

    /// Whether the category exists in the tables of the edition.
    pub fn category_known(&self, _edition: Edition, _category: Category) -> bool {
        true
    }

    /// Whether it is staged as a solid tumor.
    pub fn is_solid(&self) -> bool {
        matches!(self.system, System::Tnm | System::TnmWithoutGroup)
    }
}

/// All loaded rules.
#[derive(Debug)]
pub struct Rules {
    schemas: Vec<Schema>,
}

impl Rules {
    /// A schema by its index.
    pub fn schema(&self, id: SchemaId) -> &Schema {
        &self.schemas[usize::from(id.0)]
    }

    /// Edition in force for a schema in a year of diagnosis.
    pub fn edition_of_year(&self, _schema: SchemaId, year: u16) -> Option<Edition> {
        match year {
            2003..=2009 => Some(Edition(6)),
            2010..=2017 => Some(Edition(7)),
            2018.. => Some(Edition(8)),
            _ => None,
        }
    }
}
