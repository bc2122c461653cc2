//! Whether a mapping holds enough to stage anything at all.

use super::layout::Layout;
use super::mapping::Mapping;
use super::{Field, FieldsError};

/// Fields of which at least one is needed besides the site.
const STAGEABLE: &[Field] = &[
    Field::PathT,
    Field::PathN,
    Field::PathM,
    Field::PathGroup,
    Field::ClinT,
    Field::ClinN,
    Field::ClinM,
    Field::ClinGroup,
    Field::T,
    Field::N,
    Field::M,
    Field::StageGroup,
    Field::PostT,
    Field::PostN,
    Field::PostM,
    Field::PostGroup,
    Field::PostClinT,
    Field::PostClinN,
    Field::PostClinM,
    Field::PostClinGroup,
    Field::RT,
    Field::RN,
    Field::RM,
    Field::RGroup,
    Field::AnnArbor,
    Field::Lymphocytosis,
    Field::B2m,
    Field::MetsBone,
    Field::MetsBrain,
    Field::MetsDistantLn,
    Field::MetsLiver,
    Field::MetsLung,
    Field::MetsOther,
    Field::MetSites,
    Field::MetPresent,
    Field::EodMets,
    Field::SummaryStage,
    // A histology tells leukemia, brain tumors and other disease that has no stage group.
    Field::Histology,
    Field::Morphology,
];

/// A site, and something to stage it by.
pub(super) fn stageable(mapping: &Mapping, ruling: &Layout, layouts: &[Layout]) -> Result<(), FieldsError> {
    let has = |field: Field| !mapping.sources(field).is_empty();
    if !has(Field::Site) {
        return Err(FieldsError::NothingToStage {
            missing: "the primary site",
            looked_for: looked_for(&[Field::Site], ruling, layouts),
            hint: "name the column in a map file (--map FILE): [columns] site = \"HEADER\", or give one site for all \
                   records: --set site=C50.9"
                .to_owned(),
        });
    }
    if !STAGEABLE.iter().any(|&field| has(field)) {
        return Err(FieldsError::NothingToStage {
            missing: "histology, T, N, M, a stage group or metastasis at diagnosis",
            looked_for: looked_for(
                &[Field::PathT, Field::ClinT, Field::T, Field::PathGroup, Field::StageGroup],
                ruling,
                layouts,
            ),
            hint: "name the columns in a map file (--map FILE), for example [columns] path_t = \"HEADER\""
                .to_owned(),
        });
    }
    Ok(())
}

/// Fields that name the tumor of an event.
const KEYS: &[Field] = &[Field::TumorKey, Field::RegistryId, Field::PatientId, Field::TumorNumber];

/// Fields of which a table of events needs at least one.
const TOLD: &[Field] =
    &[Field::RGroup, Field::RT, Field::RN, Field::RM, Field::RecurrenceType, Field::MetSites, Field::Lesions];

/// A key of the tumor, and something that an event can tell.
pub(super) fn events_told(mapping: &Mapping, ruling: &Layout, layouts: &[Layout]) -> Result<(), FieldsError> {
    let has_any = |fields: &[Field]| fields.iter().any(|&field| !mapping.sources(field).is_empty());
    let lack = |missing, fields: &[Field], field: Field| {
        Err(FieldsError::NoEvents {
            missing,
            looked_for: looked_for(fields, ruling, layouts),
            hint: format!(
                "name the column in a map file (--events-map FILE): [columns] {} = \"HEADER\"",
                field.id()
            ),
        })
    };
    if !has_any(KEYS) {
        return lack("the key of the tumor", KEYS, Field::TumorKey);
    }
    if !has_any(TOLD) {
        return lack("a stage group, T, N, M, a type of recurrence or metastatic sites", TOLD, Field::RGroup);
    }
    Ok(())
}

/// The names that the ruling layout and then the others know best for some fields, at most twelve.
fn looked_for(fields: &[Field], ruling: &Layout, layouts: &[Layout]) -> Vec<String> {
    let mut names = Vec::new();
    for layout in std::iter::once(ruling).chain(layouts) {
        for field in fields {
            let name = layout.claims.get(field).and_then(|claim| claim.expected().next());
            if let Some(name) = name.map(|expected| expected.name.to_string())
                && !names.contains(&name)
                && names.len() < 12
            {
                names.push(name);
            }
        }
    }
    names
}
