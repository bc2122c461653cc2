//! One line of NDJSON to what it tells of a staging.

use serde::{Deserialize, Serialize};

use super::codes::{Codes, Meaning, Tells};
use crate::category::{Cell, Parsed, Prefix, parse};
use crate::fields::{Coding, Field};

/// A group names its three categories; one that names more than this is no staging.
const MOST_MEMBERS: usize = 64;

/// An Observation of a stage group or category.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Observation {
    /// Empty where it has none.
    pub(super) id: String,
    pub(super) tells: Tells,
    /// Letters of the classification, empty where neither code nor value says it.
    pub(super) classification: String,
    pub(super) value: String,
    pub(super) date: String,
    /// Id of the condition that was staged, empty where none is named.
    pub(super) condition: String,
    /// Id of the patient.
    pub(super) subject: String,
    pub(super) edition: String,
    /// Ids of the Observations that a group names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) members: Vec<String>,
}

/// What a line holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Resource {
    /// A stage group or category.
    Staging(Box<Observation>),
    /// One that was withdrawn: entered in error or cancelled.
    Withdrawn,
    /// Another resource, or an Observation of something else.
    Other,
}

/// The field that a stage group or category goes to.
pub(super) fn field(tells: Tells) -> Field {
    match tells {
        Tells::Group => Field::RGroup,
        Tells::T => Field::RT,
        Tells::N => Field::RN,
        Tells::M => Field::RM,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    resource_type: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Told {
    id: String,
    status: String,
    code: Concept,
    focus: Vec<Reference>,
    subject: Reference,
    effective_date_time: String,
    effective_instant: String,
    effective_period: Period,
    value_codeable_concept: Concept,
    value_string: String,
    method: Concept,
    has_member: Vec<Reference>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Concept {
    text: String,
    coding: Vec<Coded>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Coded {
    system: String,
    code: String,
    display: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference {
    reference: String,
    identifier: Identifier,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Identifier {
    value: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Period {
    start: String,
}

/// Reads a line.
///
/// # Errors
/// Why it is no resource, or an Observation that cannot be used.
pub(super) fn read(line: &[u8]) -> Result<Resource, String> {
    let Head { resource_type } = serde_json::from_slice(line).map_err(|error| no_resource(&error))?;
    if resource_type != "Observation" {
        return Ok(Resource::Other);
    }
    let told: Told = serde_json::from_slice(line).map_err(|error| no_resource(&error))?;
    let codes = Codes::builtin();
    let meaning =
        |concept: &Concept| concept.coding.iter().find_map(|coded| codes.meaning(&coded.system, &coded.code));
    let Some(Meaning::Staging(tells, examination)) = meaning(&told.code) else { return Ok(Resource::Other) };
    if matches!(told.status.as_str(), "entered-in-error" | "cancelled") {
        return Ok(Resource::Withdrawn);
    }
    if told.has_member.len() > MOST_MEMBERS {
        return Err(format!("more than {MOST_MEMBERS} members"));
    }
    let value = value(codes, *tells, &told)?;
    let mut classification = prefix(*tells, &value);
    classification.examination = examination.or(classification.examination);
    let edition = match meaning(&told.method) {
        Some(Meaning::Edition(edition)) => edition.clone(),
        _ => String::new(),
    };
    let conditions = told.focus.iter().filter(|focus| focus.reference.contains("Condition"));
    let condition = conditions.chain(&told.focus).map(Reference::id).find(|id| !id.is_empty());
    let dates = [&told.effective_date_time, &told.effective_instant, &told.effective_period.start];
    let date = dates.into_iter().find(|date| !date.is_empty()).map_or("", String::as_str);
    Ok(Resource::Staging(Box::new(Observation {
        id: told.id,
        tells: *tells,
        classification: classification.to_string(),
        value,
        // The time of day and its zone say nothing of a stage.
        date: date.split('T').next().unwrap_or_default().trim().to_owned(),
        condition: condition.unwrap_or_default().to_owned(),
        subject: told.subject.id().to_owned(),
        edition,
        members: match tells {
            Tells::Group => told.has_member.iter().map(|member| member.id().to_owned()).collect(),
            Tells::T | Tells::N | Tells::M => Vec::new(),
        },
    })))
}

/// Of the text, the displays and the codes of a value the first that says a category, else the first that
/// can be read at all, such as "unknown"; empty where there is none.
fn value(codes: &Codes, tells: Tells, told: &Told) -> Result<String, String> {
    let concept = &told.value_codeable_concept;
    // Why there is no value is said by a code as well.
    let codings = || concept.coding.iter().filter(|coded| !coded.system.ends_with("/data-absent-reason"));
    let texts = std::iter::once(concept.text.as_str())
        .chain(codings().map(|coded| coded.display.as_str()))
        .chain(codings().map(|coded| coded.code.as_str()))
        .chain(std::iter::once(told.value_string.as_str()));
    let texts: Vec<&str> = texts.map(str::trim).filter(|text| !text.is_empty()).collect();
    let Some(first) = texts.first() else { return Ok(String::new()) };
    let forms = || texts.iter().flat_map(|&text| [text, codes.bare(text)]);
    let found = forms().find(|text| says(tells, text) == Some(true));
    let found = found.or_else(|| forms().find(|text| says(tells, text) == Some(false)));
    found.map(str::to_owned).ok_or_else(|| {
        format!("the value `{}` is no {tells} (hint: text or display must say it)", codes.bare(first))
    })
}

/// Whether a text is a category or group (true), or says that there is none (false); nothing where it
/// cannot be read.
fn says(tells: Tells, text: &str) -> Option<bool> {
    fn of<V>(cell: &Cell<V>) -> Option<bool> {
        match cell {
            Cell::Value(_) => Some(true),
            Cell::Invalid => None,
            Cell::Blank | Cell::Unknown | Cell::NotApplicable => Some(false),
        }
    }
    match parse(field(tells), Coding::Plain, text) {
        Parsed::Category(told) => of(&told.cell),
        Parsed::Group(told) => of(&told.cell),
        Parsed::Combined { .. } => Some(true),
        _ => None,
    }
}

/// The prefix of a value.
pub(super) fn prefix(tells: Tells, text: &str) -> Prefix {
    match parse(field(tells), Coding::Plain, text) {
        Parsed::Category(told) => told.prefix,
        Parsed::Group(told) => told.prefix,
        _ => Prefix::default(),
    }
}

impl Reference {
    /// The id behind the last slash, without a version; else the value of the identifier.
    fn id(&self) -> &str {
        if self.reference.trim().is_empty() {
            return self.identifier.value.trim();
        }
        let whole = self.reference.split("/_history/").next().unwrap_or_default();
        let id = whole.rsplit('/').next().unwrap_or_default();
        id.strip_prefix("urn:uuid:").unwrap_or(id).trim()
    }
}

fn no_resource(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let what = told.split(" at line ").next().unwrap_or_default();
    format!("no FHIR resource that can be read: {what} (column {})", error.column())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn observed(more: &Value) -> Observation {
        let mut all = json!({"resourceType": "Observation", "id": "o1", "status": "final"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match read(all.to_string().as_bytes()).unwrap() {
            Resource::Staging(told) => *told,
            other => panic!("{other:?}"),
        }
    }

    fn code(system: &str, code: &str) -> Value {
        json!({"coding": [{"system": system, "code": code}]})
    }

    #[test]
    fn codes_and_prefixes_classify() {
        for (system, what, value, classification) in [
            ("http://loinc.org", "21908-9", "Stage IIA", "c"),
            ("http://loinc.org", "21902-2", "ypIIA", "yp"),
            ("http://loinc.org", "21908-9", "rIVA", "rc"),
            ("http://loinc.org", "21914-7", "rpIVA", "rp"),
            ("http://snomed.info/sct", "399390009", "IVA", ""),
            ("http://snomed.info/sct", "399390009", "rStage IVA", "r"),
            ("http://snomed.info/sct", "399588009", "IVA", "p"),
        ] {
            let told =
                observed(&json!({"code": code(system, what), "valueCodeableConcept": {"text": value}}));
            assert_eq!((told.tells, told.classification.as_str()), (Tells::Group, classification), "{value}");
        }
    }

    #[test]
    fn values_are_text_display_or_code() {
        let t = code("http://loinc.org", "21905-5");
        let long = "American Joint Committee on Cancer cT3 (qualifier value)";
        for (value, told) in [
            (json!({"text": "see report", "coding": [{"code": "1228938002", "display": long}]}), "cT3"),
            (json!({"coding": [{"system": "http://cancerstaging.org", "code": "cT3"}]}), "cT3"),
            (json!({"text": "unknown", "coding": [{"code": "cT3"}]}), "cT3"),
            (json!({"text": "unknown"}), "unknown"),
            (
                json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]}),
                "",
            ),
        ] {
            let told_of = observed(&json!({"code": t, "valueCodeableConcept": value}));
            assert_eq!(told_of.value, told, "{value}");
        }
        assert_eq!(observed(&json!({"code": t, "valueString": "T2"})).value, "T2");
    }

    #[test]
    fn keys_dates_and_editions() {
        let told = observed(&json!({
            "code": code("http://loinc.org", "21908-9"),
            "focus": [{"reference": "BodyStructure/b"}, {"reference": "https://a.example/fhir/Condition/k1/_history/2"}],
            "subject": {"reference": "Patient/p1"},
            "effectivePeriod": {"start": "2020-03"},
            "method": code("http://snomed.info/sct", "443830009"),
            "hasMember": [{"reference": "Observation/t1"}, {"reference": "urn:uuid:n1"}, {"display": "M"}],
        }));
        assert_eq!((told.condition.as_str(), told.subject.as_str()), ("k1", "p1"));
        assert_eq!((told.date.as_str(), told.edition.as_str()), ("2020-03", "7"));
        assert_eq!(told.members, ["t1", "n1", ""]);
        let told = observed(&json!({
            "code": code("http://loinc.org", "21908-9"),
            "subject": {"identifier": {"system": "urn:oid:1.2.3", "value": "MRN 7"}},
            "effectiveDateTime": "2020-03-04T23:00:00+01:00",
        }));
        assert_eq!((told.condition.as_str(), told.subject.as_str()), ("", "MRN 7"));
        assert_eq!(told.date, "2020-03-04");
    }

    #[test]
    fn what_is_no_staging_is_told_from_what_cannot_be_read() {
        let stage = code("http://loinc.org", "21908-9");
        for (line, what) in [
            (json!({"resourceType": "Patient", "id": 7, "code": [[1e300]]}), Resource::Other),
            (
                json!({"resourceType": "Observation", "code": code("http://loinc.org", "718-7")}),
                Resource::Other,
            ),
            (json!({"resourceType": "Observation"}), Resource::Other),
            (
                json!({"resourceType": "Observation", "status": "entered-in-error", "code": stage}),
                Resource::Withdrawn,
            ),
        ] {
            assert_eq!(read(line.to_string().as_bytes()), Ok(what), "{line}");
        }
        let deep = [r#"{"resourceType":"Observation","code":"#, &"[".repeat(100_000)].concat();
        let many: Vec<Value> = (0..99).map(|at| json!({"reference": format!("Observation/{at}")})).collect();
        let many = json!({"resourceType": "Observation", "code": stage, "hasMember": many});
        let bare = json!({"resourceType": "Observation", "code": stage, "valueCodeableConcept":
            {"coding": [{"system": "http://snomed.info/sct", "code": "1222769001"}]}});
        for (line, why) in [
            ("{", "no FHIR resource that can be read: EOF"),
            ("[1]", "no FHIR resource that can be read: "),
            ("{}", "missing field `resourceType`"),
            (r#"{"resourceType":5}"#, "invalid type: integer `5`"),
            (r#"{"resourceType":"Observation","id":1e999}"#, "no FHIR resource that can be read: "),
            (r#"{"resourceType":"Observation","code":"x"}"#, "invalid type: string"),
            (r#"{"resourceType":"Observation","id":null}"#, "invalid type: null"),
            (deep.as_str(), "no FHIR resource that can be read: "),
            (many.to_string().as_str(), "more than 64 members"),
            (bare.to_string().as_str(), "the value `1222769001` is no stage group"),
        ] {
            let told = read(line.as_bytes()).unwrap_err();
            assert!(told.contains(why), "{}: {told}", line.get(..60).unwrap_or(line));
        }
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            prop::sample::select(vec![
                "Observation",
                "final",
                "http://loinc.org",
                "21908-9",
                "21905-5",
                "Condition/k1",
                "cT2",
                "r",
                "2020",
            ])
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            let name = prop::sample::select(vec![
                "resourceType",
                "id",
                "status",
                "code",
                "coding",
                "system",
                "display",
                "text",
                "focus",
                "subject",
                "reference",
                "effectiveDateTime",
                "effectivePeriod",
                "start",
                "valueCodeableConcept",
                "method",
                "hasMember",
                "x",
            ]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(name.prop_map(str::to_owned), inner, 0..8)
                    .prop_map(|all| Value::Object(all.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&line);
        }

        #[test]
        fn any_json_is_read_or_refused(mut value in anything()) {
            let _ = read(value.to_string().as_bytes());
            if let Some(fields) = value.as_object_mut() {
                fields.insert("resourceType".to_owned(), "Observation".into());
                fields.entry("code").or_insert_with(|| code("http://loinc.org", "21908-9"));
                let _ = read(value.to_string().as_bytes());
            }
        }
    }
}
