//! What the keys of the counts are called: numbers of schemas, facilities and editions to labels.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Counts;
use super::counts::Numbers;
use super::cube::Cube;
use super::facility::{Facility, FacilityNames};
use crate::category::{Edition, Sex};
use crate::knowledge::SchemaId;

/// What the keys of the counts are called.
pub(super) struct Labels<'a> {
    /// Ids of the schemas by their index.
    pub(super) schemas: &'a [&'a str],
    pub(super) facilities: FacilityNames,
}

type Named = (&'static str, Cube);

impl Labels<'_> {
    /// All counts under their labels.
    pub(super) fn cubes(&self, counts: &Counts) -> BTreeMap<String, Cube> {
        let cubes = self
            .by_patient(counts)
            .into_iter()
            .chain(self.compared(counts))
            .chain(self.audited(counts))
            .chain(self.spread(counts))
            .chain([completeness(counts)]);
        cubes.map(|(name, cube)| (name.to_owned(), cube)).collect()
    }

    fn schema(&self, id: Option<SchemaId>) -> Cow<'_, str> {
        let known = id.and_then(|SchemaId(at)| self.schemas.get(usize::from(at)).copied());
        text(known.unwrap_or("none"))
    }

    fn facility(&self, facility: Facility) -> Cow<'_, str> {
        text(self.facilities.of(facility))
    }

    /// Cubes by year, age and reporting source.
    fn by_patient(&self, counts: &Counts) -> [Named; 4] {
        [
            (
                "records",
                Cube::of(["schema", "year", "reporting_source"], pairs(&counts.records), |key| {
                    [self.schema(key.schema), number(key.year), number(key.source)]
                }),
            ),
            (
                "stages",
                Cube::of(
                    ["schema", "year", "sex", "age_band", "recorded_stage", "derived_stage"],
                    pairs(&counts.stages),
                    |key| {
                        [
                            self.schema(key.schema),
                            number(key.year),
                            text(sex(key.sex)),
                            text(key.age.label()),
                            text(key.recorded),
                            text(key.derived),
                        ]
                    },
                ),
            ),
            (
                "causes",
                Cube::of(
                    ["schema", "year", "reporting_source", "cause", "derived_stage"],
                    pairs(&counts.causes),
                    |key| {
                        let record = key.record;
                        [
                            self.schema(record.schema),
                            number(record.year),
                            number(record.source),
                            text(key.cause),
                            text(key.derived),
                        ]
                    },
                ),
            ),
            (
                "origins",
                Cube::of(["schema", "year", "origin"], pairs(&counts.origins), |key| {
                    [self.schema(key.schema), number(key.year), text(key.origin)]
                }),
            ),
        ]
    }

    /// Recorded beside derived stage, and the own beside another edition.
    fn compared(&self, counts: &Counts) -> [Named; 3] {
        [
            (
                "agreement",
                Cube::of(
                    [
                        "schema",
                        "edition",
                        "basis",
                        "recorded_stage",
                        "recorded",
                        "derived_stage",
                        "derived",
                        "agreement",
                        "detail",
                    ],
                    pairs(&counts.agreement),
                    |key| {
                        [
                            self.schema(key.schema),
                            edition(key.edition),
                            text(key.basis),
                            text(key.recorded.stage),
                            text(key.recorded.label()),
                            text(key.derived.stage),
                            text(key.derived.label()),
                            text(key.agreement),
                            text(key.detail.unwrap_or_default()),
                        ]
                    },
                ),
            ),
            (
                "facilities",
                Cube::of(["facility", "year", "agreement"], pairs(&counts.facilities), |key| {
                    [self.facility(key.facility), number(key.year), text(key.agreement)]
                }),
            ),
            (
                "moved",
                Cube::of(
                    [
                        "schema",
                        "from_edition",
                        "to_edition",
                        "from_stage",
                        "from_group",
                        "to_stage",
                        "to_group",
                        "change",
                        "cause",
                    ],
                    pairs(&counts.moved),
                    |key| {
                        [
                            self.schema(key.schema),
                            edition(key.from),
                            edition(Some(key.to)),
                            text(key.own.stage),
                            text(key.own.label()),
                            text(key.other.stage),
                            text(key.other.label()),
                            text(key.change),
                            text(key.cause.unwrap_or_default()),
                        ]
                    },
                ),
            ),
        ]
    }

    /// Findings.
    fn audited(&self, counts: &Counts) -> [Named; 2] {
        [
            (
                "findings",
                Cube::of(["rule", "severity", "schema"], pairs(&counts.findings), |key| {
                    [text(key.rule), text(key.severity.as_str()), self.schema(key.schema)]
                }),
            ),
            (
                "facility_findings",
                Cube::of(["rule", "severity", "facility", "year"], pairs(&counts.facility_findings), |key| {
                    let who = self.facility(key.facility);
                    [text(key.rule), text(key.severity.as_str()), who, number(key.year)]
                }),
            ),
        ]
    }

    /// Metastases and restaging.
    fn spread(&self, counts: &Counts) -> [Named; 4] {
        [
            (
                "oligometastasis",
                Cube::of(["schema", "profile", "level", "timing", "state"], pairs(&counts.oligo), |key| {
                    let oligo = key.oligo;
                    [
                        self.schema(key.schema),
                        text(oligo.profile),
                        text(oligo.level),
                        text(oligo.timing),
                        Cow::Owned(key.state.to_string()),
                    ]
                }),
            ),
            (
                "profiles",
                Cube::of(["schema", "beside", "level"], pairs(&counts.profiles), |key| {
                    [self.schema(key.schema), text(key.profile), text(key.level)]
                }),
            ),
            (
                "restaging",
                Cube::of(
                    ["schema", "original", "restaged", "change", "months", "recurrence_type"],
                    pairs(&counts.restaging),
                    |key| {
                        let it = key.restaging;
                        [
                            self.schema(key.schema),
                            text(it.original),
                            text(it.restaged),
                            text(it.change),
                            text(it.months.label()),
                            text(it.recurrence),
                        ]
                    },
                ),
            ),
            (
                "mets",
                Cube::of(["schema", "pattern"], pairs(&counts.mets), |key| {
                    [self.schema(key.schema), Cow::Owned(String::from_utf8_lossy(&key.mets.0).into_owned())]
                }),
            ),
        ]
    }
}

fn completeness(counts: &Counts) -> Named {
    (
        "completeness",
        Cube::of(["field", "year", "state"], pairs(&counts.filled), |key| {
            [text(key.field.id()), number(key.year), text(key.state)]
        }),
    )
}

fn text(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

fn pairs<K: Copy>(numbers: &Numbers<K>) -> impl Iterator<Item = (K, u64)> {
    numbers.iter().map(|(&key, &n)| (key, n))
}

fn number(number: Option<u16>) -> Cow<'static, str> {
    number.map_or(Cow::Borrowed(""), |number| Cow::Owned(number.to_string()))
}

fn edition(edition: Option<Edition>) -> Cow<'static, str> {
    number(edition.map(|edition| u16::from(edition.0)))
}

fn sex(sex: Option<Sex>) -> &'static str {
    match sex {
        Some(Sex::Male) => "male",
        Some(Sex::Female) => "female",
        Some(Sex::Other) => "other",
        None => "unknown",
    }
}
