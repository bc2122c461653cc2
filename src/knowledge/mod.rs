//! The staging rules as text tables; loading and checking them.

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
    /// Staging system.
    pub system: System,
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
}
