//! S01-S06 and R01: the two records of one tumor against each other.

use super::stand::{Known, Shift, Stand};
use crate::audit::Snapshot;
use crate::category::{Cell, Recorded, StageGroup};
use crate::fields::Field;
use crate::staging::{Basis, Case, fields_of};

/// Fields that tell what came after the diagnosis or who looked at it; the stage at diagnosis does not
/// depend on them.
pub const FOLLOW_UP: &[Field] = &[
    Field::RT,
    Field::RN,
    Field::RM,
    Field::RGroup,
    Field::RDate,
    Field::REdition,
    Field::MetDate,
    Field::DistantSurgery,
    Field::SummaryStage,
    Field::RecurrenceType,
    Field::RecurrenceDate,
    Field::CancerStatus,
    Field::LastContact,
    Field::FirstCourseDate,
    Field::SurgeryDate,
    Field::ReportingSource,
    Field::OverrideTnm,
    Field::OriginFlag,
    Field::PriorPolymetastatic,
    Field::PriorOligometastatic,
    Field::OnSystemicTherapy,
    Field::Progressing,
];

/// The classifications of the diagnosis.
const ORIGINAL: [Basis; 3] = [Basis::Single, Basis::Clinical, Basis::Pathologic];
/// The stage group among the fields of a classification.
const GROUP: usize = 3;

/// The recorded group of one classification, before and after.
type Groups = [Recorded<StageGroup>; 2];

/// One of the two records.
pub struct Side<'a> {
    /// The record without its [`FOLLOW_UP`] fields: the inputs of its stage.
    pub inputs: Case,
    /// Where it stands.
    pub stand: Stand<'a>,
    /// What else the rules ask.
    pub snapshot: Snapshot,
    /// Which version of rstage derived the stand, by which rules.
    pub maker: &'a str,
}

/// A field whose value is another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved<'a> {
    /// The field.
    pub field: Field,
    /// Text in the older export.
    pub old: &'a str,
    /// Text in the newer export.
    pub new: &'a str,
    /// Whether both exports have the field.
    pub shared: bool,
}

/// A rule that speaks up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Raised {
    /// Its id.
    pub rule: &'static str,
    /// The fields to look at.
    pub fields: Vec<Field>,
    /// What was derived, before and after.
    pub derived: String,
}

/// Compares the two records of a tumor. `day` is the day of the newer export (from 1970-01-01); without
/// it an export is only known to be no older than what its record tells. `has` says whether both exports
/// have a field.
pub fn judge(
    old: &Side,
    new: &Side,
    moved: &[Moved],
    day: Option<i32>,
    has: impl Fn(Field) -> bool,
) -> Vec<Raised> {
    let groups: Vec<Groups> = ORIGINAL
        .into_iter()
        .filter(|basis| has(fields_of(*basis)[GROUP]))
        .map(|basis| [old, new].map(|side| side.inputs.set(basis).group))
        .collect();
    let recorded_shift = recorded_shift(&groups);
    let derived_shift = old.stand.known().then(new.stand.known());
    let same_inputs = old.inputs == new.inputs;
    let stages = stages(old, new);

    let mut raised = Vec::new();
    let mut raise = |rule: &'static str, fields: Vec<Field>, derived: String| {
        raised.push(Raised { rule, fields, derived });
    };
    let m_to_m1 = matches!((old.snapshot.m, new.snapshot.m), (Some((false, _)), Some((true, _))));
    if overwritten(old, new, &groups, derived_shift, m_to_m1) {
        raise("R01", fields_among(moved, |_| true), stages.clone());
    }
    if !same_inputs {
        for (rule, shift) in [("S01", Shift::Changed), ("S04", Shift::Lost), ("S05", Shift::Gained)] {
            if [recorded_shift, derived_shift].contains(&shift) {
                let fields = fields_among(moved, |field| !FOLLOW_UP.contains(&field));
                raise(rule, fields, stages.clone());
            }
        }
    }
    if m_to_m1 && late(new, day) {
        let fields = [old.snapshot.m, new.snapshot.m].into_iter().flatten().map(|(_, field)| field);
        let mut fields: Vec<Field> = fields.collect();
        fields.dedup();
        raise("S02", fields, stages.clone());
    }
    let chapter = |side: &Side| (side.stand.schema.to_owned(), side.stand.edition.to_owned());
    if chapter(old) != chapter(new) && another_tumor(&old.inputs, &new.inputs) {
        let by =
            [Field::Site, Field::Histology, Field::Morphology, Field::Behavior, Field::DxDate, Field::DxYear];
        let name = |side: &Side| format!("{} {}", side.stand.schema, side.stand.edition);
        raise(
            "S03",
            fields_among(moved, |field| by.contains(&field)),
            format!("{} -> {}", name(old), name(new)),
        );
    }
    if same_inputs && old.stand.label() != new.stand.label() {
        let name = |side: &Side| format!("{} ({})", side.stand.label(), side.maker);
        raise("S06", Vec::new(), format!("{} -> {}", name(old), name(new)));
    }
    raised.sort_by_key(|raised| raised.rule);
    raised
}

/// How the groups of the diagnosis changed as a whole: one that moved to another classification is not
/// lost.
fn recorded_shift(groups: &[Groups]) -> Shift {
    let any = |at: usize| groups.iter().any(|pair| matches!(known(pair[at]), Known::As(_)));
    if groups.iter().any(|[old, new]| known(*old).then(known(*new)) == Shift::Changed) {
        return Shift::Changed;
    }
    match (any(0), any(1)) {
        (true, false) => Shift::Lost,
        (false, true) => Shift::Gained,
        _ => Shift::None,
    }
}

/// R01: the stage of the diagnosis became that of a later restaging, or M1 after a recurrence.
fn overwritten(old: &Side, new: &Side, groups: &[Groups], derived: Shift, m_to_m1: bool) -> bool {
    if !new.snapshot.event_after_window {
        return false;
    }
    let became = |shift: Shift| matches!(shift, Shift::Changed | Shift::Gained);
    let is_restaged = |restaged: StageGroup| {
        let recorded = |[before, after]: &Groups| {
            became(known(*before).then(known(*after))) && after.cell == Cell::Value(restaged)
        };
        groups.iter().any(recorded) || (became(derived) && new.stand.group == restaged.label())
    };
    let restaged = new.snapshot.restaging.group.or(old.snapshot.restaging.group);
    restaged.is_some_and(is_restaged) || (m_to_m1 && new.snapshot.recurred)
}

/// S02: whether the window had surely closed when the newer export was made, and the metastasis is not
/// dated within it.
fn late(new: &Side, day: Option<i32>) -> bool {
    let day = day.or(new.snapshot.known_until);
    !new.snapshot.found_in_window
        && matches!((day, new.snapshot.window_end), (Some(day), Some(end)) if day > end)
}

fn another_tumor(old: &Case, new: &Case) -> bool {
    (old.site, old.histology, old.behavior, old.dx) != (new.site, new.histology, new.behavior, new.dx)
}

fn known(recorded: Recorded<StageGroup>) -> Known<'static> {
    match recorded.cell {
        Cell::Value(group) => Known::As(group.label()),
        Cell::NotApplicable => Known::NotApplicable,
        Cell::Blank | Cell::Unknown | Cell::Invalid => Known::Unknown,
    }
}

fn stages(old: &Side, new: &Side) -> String {
    let (before, after) = (old.stand.label(), new.stand.label());
    if before == after { before.to_owned() } else { format!("{before} -> {after}") }
}

fn fields_among(moved: &[Moved], wanted: impl Fn(Field) -> bool) -> Vec<Field> {
    moved.iter().map(|moved| moved.field).filter(|&field| wanted(field)).collect()
}
