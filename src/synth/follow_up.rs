//! What happened after the first course: recurrence, restaging, last contact.

use super::profile::Profile;
use super::random::Random;
use super::row::{Column, Row};
use super::spelling::Date;
use super::table::Example;
use super::tumor::Tumor;

/// Longest follow-up in months.
const LONGEST: u32 = 120;
/// A relapse earlier than this would be part of the work-up at diagnosis.
const EARLIEST_RELAPSE: u32 = 8;

/// Writes the follow-up of an ordinary record and the truth about its metastasis.
pub(super) fn write(profile: &Profile, tumor: &Tumor<'_>, random: &mut Random, row: &mut Row) {
    let available = tumor.dx.months_to(profile.span.cut_off()).min(LONGEST);
    let last = random.below(u64::from(available) + 1) as u32;
    write_last_contact(profile, tumor.dx, last, row);
    if tumor.cancer.mets.is_empty() {
        row.set(Column::TruthOrigin, "not_applicable");
        row.set(Column::CancerStatus, if random.chance(0.6) { "1" } else { "2" });
        return;
    }
    if tumor.unstaged {
        // What is known from a death certificate or an autopsy alone has no clinical course.
        let clinical = !matches!(row.get(Column::ReportingSource), "6" | "7");
        row.set(Column::TruthOrigin, if clinical { "unknown" } else { "not_applicable" });
        row.set(Column::RecurrenceType, "99");
        row.set(Column::CancerStatus, "9");
        return;
    }
    if tumor.example.is_metastatic() {
        row.set(Column::TruthOrigin, "de_novo");
        row.set(Column::RecurrenceType, "70");
        row.set(Column::CancerStatus, "2");
        return;
    }
    let in_situ = tumor.example.is_in_situ();
    let (progression, recurrence) = (profile.follow_up.progression, profile.follow_up.recurrence);
    if last < EARLIEST_RELAPSE || in_situ || !random.chance(progression + recurrence) {
        // An in situ tumor cannot have spread.
        row.set(Column::TruthOrigin, if in_situ { "not_applicable" } else { "none_recorded" });
        row.set(Column::RecurrenceType, "00");
        row.set(Column::CancerStatus, "1");
        return;
    }
    row.set(Column::CancerStatus, "2");
    let event = tumor.dx.plus(random.between(EARLIEST_RELAPSE.into(), last.into()) as i32);
    if random.chance(progression / (progression + recurrence)) {
        row.set(Column::TruthOrigin, "progression");
        row.set(Column::RecurrenceType, "70");
        write_restaging(tumor, event, random, row);
    } else if random.chance(profile.follow_up.distant) {
        row.set(Column::TruthOrigin, "recurrent");
        row.set(Column::RecurrenceType, profile.follow_up.distant_codes.pick(random));
        row.set_args(Column::RecurrenceDate, format_args!("{event}"));
        if random.chance(profile.follow_up.restaged) {
            write_restaging(tumor, event, random, row);
        }
    } else {
        row.set(Column::TruthOrigin, "none_recorded");
        row.set(Column::RecurrenceType, profile.follow_up.local_codes.pick(random));
        row.set_args(Column::RecurrenceDate, format_args!("{event}"));
    }
}

/// The uneventful follow-up that planted records start from.
pub(super) fn write_free_of_disease(profile: &Profile, tumor: &Tumor<'_>, row: &mut Row) {
    let available = tumor.dx.months_to(profile.span.cut_off()).min(LONGEST);
    write_last_contact(profile, tumor.dx, available, row);
    let (kind, status) = match tumor.cancer.mets.is_empty() {
        true => ("", "2"),
        false if tumor.example.is_metastatic() => ("70", "2"),
        false => ("00", "1"),
    };
    row.set(Column::RecurrenceType, kind);
    row.set(Column::CancerStatus, status);
}

fn write_last_contact(profile: &Profile, dx: Date, months: u32, row: &mut Row) {
    let last = dx.plus(months.cast_signed()).end_of_month().min(profile.span.cut_off());
    row.set_args(Column::LastContact, format_args!("{last}"));
}

/// Restaged with the edition of the diagnosis: T and N as before, a new M1.
fn write_restaging(tumor: &Tumor<'_>, event: Date, random: &mut Random, row: &mut Row) {
    let year = tumor.dx.year();
    let fits = |example: &&Example| {
        let age_fits = match (example.age, tumor.example.age) {
            (Some(of_row), Some(of_tumor)) => of_row == of_tumor,
            (of_row, _) => of_row.is_none(),
        };
        example.is_metastatic() && age_fits
    };
    let Some(found) = tumor.stages.examples.items().iter().find(fits) else { return };
    for (category, column) in tumor.example.tnm.iter().zip([Column::RT, Column::RN]) {
        if let Some(category) = category {
            row.set_parts(column, &category.spelled("rc", year.max(2018)));
        }
    }
    row.set_parts(Column::RM, &["rc", found.m()]);
    row.set_args(Column::RDate, format_args!("{event}"));
    // A group that hangs on a factor would be a guess: the factor was not measured again.
    if found.factors.is_empty() {
        match random.below(3) {
            0 => row.set(Column::RGroup, found.group.code(year)),
            1 => row.set_parts(Column::RGroup, &["r", &found.group.label]),
            _ => row.set_parts(Column::RGroup, &["rStage ", &found.group.label]),
        }
    }
}
