//! One row of an event table on its way to the disk and back: the texts of its cells, by field.

use crate::audit::AuditRules;
use crate::category::{Cell, Parsed, Prefix, parse};
use crate::course::{Event, Recurred, When};
use crate::fields::{Coding, Field};

/// The fields of an event, in the order in which their texts are kept.
pub(super) const FIELDS: [Field; 14] = [
    Field::RDate,
    Field::EventDays,
    Field::Classification,
    Field::RT,
    Field::RN,
    Field::RM,
    Field::RGroup,
    Field::REdition,
    Field::MetSites,
    Field::Lesions,
    Field::OnSystemicTherapy,
    Field::Progressing,
    Field::RecurrenceType,
    Field::EventSource,
];

/// The word by which a layout marks an event that belongs to another tumor.
const OTHER_TUMOR: &str = "new_primary";

/// The texts of one event, with how each is written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Texts(pub(super) [(Coding, String); FIELDS.len()]);

/// An event as it was told, with its place.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::pipeline) struct Told {
    pub(in crate::pipeline) event: Event,
    /// Where it was documented, as its table says.
    pub(in crate::pipeline) source: String,
    /// Index of its file among all inputs.
    pub(in crate::pipeline) file: usize,
    pub(in crate::pipeline) line: u64,
}

/// Why a row is no event of a tumor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum NoEvent {
    /// It tells nothing, or of another tumor: a visit without findings.
    Nothing,
    /// It cannot be taken as it stands.
    Wrong(String),
}

impl Texts {
    fn get(&self, field: Field) -> (Coding, &str) {
        let at = FIELDS.iter().position(|&own| own == field);
        at.and_then(|at| self.0.get(at))
            .map_or((Coding::Plain, ""), |(coding, text)| (*coding, text.as_str()))
    }

    /// The text of the source.
    pub(super) fn source(&self) -> &str {
        self.get(Field::EventSource).1.trim()
    }

    /// The typed event.
    pub(super) fn event(&self, audit: &AuditRules) -> Result<Event, NoEvent> {
        let read = |field: Field| {
            let (coding, text) = self.get(field);
            parse(field, coding, text)
        };
        if self.of_other_tumor() {
            return Err(NoEvent::Nothing);
        }
        let mut event = Event {
            when: self.when()?,
            recurrence_type: match self.recurrence_types() {
                Some(types) => worst(audit, &types),
                None => Cell::Blank,
            },
            ..Event::default()
        };
        for field in FIELDS {
            match (field, read(field)) {
                (Field::RT, Parsed::Category(t)) => event.tnm.t = t,
                (Field::RN, Parsed::Category(n)) => event.tnm.n = n,
                (Field::RM, Parsed::Category(m)) => event.tnm.m = m,
                (_, Parsed::Group(group)) => event.tnm.group = group,
                (_, Parsed::Combined { t, n, m }) => {
                    let own = &mut event.tnm;
                    for (own, told) in [(&mut own.t, t), (&mut own.n, n), (&mut own.m, m)] {
                        if own.cell.is_blank() {
                            *own = told;
                        }
                    }
                }
                (_, Parsed::Edition(edition)) => event.edition = edition,
                (_, Parsed::Organs(sites)) => event.sites = sites,
                (Field::Lesions, Parsed::Count(lesions)) => event.lesions = lesions,
                (Field::OnSystemicTherapy, Parsed::Flag(answer)) => event.on_therapy = answer,
                (Field::Progressing, Parsed::Flag(answer)) => event.progressing = answer,
                (_, Parsed::Classification(Cell::Invalid)) => {
                    let problem = "the classification is none of c, p, yc, yp, r, rc, rp, a";
                    return Err(NoEvent::Wrong(problem.to_owned()));
                }
                (_, Parsed::Classification(classification)) => {
                    event.classification = classification.value().unwrap_or_default();
                }
                _ => {}
            }
        }
        event.recurred = audit.recurred(event.recurrence_type);
        mark(&mut event)?;
        let tells = event.is_staged()
            || event.recurred != Recurred::No
            || event.is_metastatic()
            || event.progressing.value().is_some()
            || has_unreadable(&event);
        if tells { Ok(event) } else { Err(NoEvent::Nothing) }
    }

    /// The date, or else the days since diagnosis.
    fn when(&self) -> Result<When, NoEvent> {
        let (coding, text) = self.get(Field::RDate);
        match parse(Field::RDate, coding, text) {
            Parsed::Date(Cell::Value(date)) => return Ok(When::Date(date)),
            Parsed::Date(Cell::Invalid) => return Err(NoEvent::Wrong("the date cannot be read".to_owned())),
            _ => {}
        }
        let (coding, text) = self.get(Field::EventDays);
        match parse(Field::EventDays, coding, text) {
            Parsed::Days(Cell::Value(days)) => Ok(When::AfterDiagnosis(days)),
            Parsed::Days(Cell::Invalid) => {
                Err(NoEvent::Wrong("the days since diagnosis are no whole number".to_owned()))
            }
            _ => Ok(When::Unknown),
        }
    }

    /// The types of recurrence in a cell, which may hold several of one date.
    fn recurrence_types(&self) -> Option<Vec<Cell<u16>>> {
        let (coding, text) = self.get(Field::RecurrenceType);
        let types = text.split('|').filter(|text| text.trim() != OTHER_TUMOR);
        let types: Vec<Cell<u16>> = types
            .filter_map(|text| match parse(Field::RecurrenceType, coding, text) {
                Parsed::Count(code) => Some(code),
                _ => None,
            })
            .collect();
        (!types.is_empty()).then_some(types)
    }

    fn of_other_tumor(&self) -> bool {
        let (_, text) = self.get(Field::RecurrenceType);
        !text.is_empty() && text.split('|').all(|text| text.trim() == OTHER_TUMOR)
    }
}

/// Takes y, r and a of the values where the classification is not told, and the examination of T.
fn mark(event: &mut Event) -> Result<(), NoEvent> {
    let tnm = &event.tnm;
    let marks = [tnm.group.prefix, tnm.t.prefix, tnm.n.prefix, tnm.m.prefix];
    let any = |test: fn(Prefix) -> bool| marks.iter().any(|&prefix| test(prefix));
    let told = Prefix {
        examination: marks.iter().find_map(|prefix| prefix.examination),
        y: any(|prefix| prefix.y),
        r: any(|prefix| prefix.r),
        a: any(|prefix| prefix.a),
    };
    let own = &mut event.classification;
    if *own == Prefix::default() {
        *own = told;
        return Ok(());
    }
    for (marked, classified, letter) in [(told.y, own.y, 'y'), (told.r, own.r, 'r'), (told.a, own.a, 'a')] {
        if marked && !classified {
            return Err(NoEvent::Wrong(format!("classified as {own}, but a value is marked {letter}")));
        }
    }
    own.examination = own.examination.or(told.examination);
    Ok(())
}

/// A value that is there and cannot be read still makes an event, so that it is not lost unseen.
fn has_unreadable(event: &Event) -> bool {
    let tnm = &event.tnm;
    [tnm.t, tnm.n, tnm.m].iter().any(|category| category.cell == Cell::Invalid)
        || tnm.group.cell == Cell::Invalid
        || event.recurrence_type == Cell::Invalid
        || event.sites == Cell::Invalid
}

/// The type that says most where a cell lists several.
fn worst(audit: &AuditRules, types: &[Cell<u16>]) -> Cell<u16> {
    types.iter().copied().max_by_key(|&code| (audit.recurred(code), code.value())).unwrap_or_default()
}
