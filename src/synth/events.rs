//! The events that the records of an export tell of, as a table beside it.
//!
//! Nothing is made up here: a staging at diagnosis, one after therapy, a recurrence and a restaging stand in
//! the table as they stand in the record, so that both say the same of every tumor.

use std::io::Write;
use std::ops::Range;

use rayon::prelude::*;

use super::write::{finish, split};
use super::{Column, Generator, Row, SynthError};

/// Header of the table, as the layout of rstage's own events knows it.
const HEADER: [&str; 12] = [
    "registryId",
    "patientIdNumber",
    "tumorRecordNumber",
    "event_date",
    "classification",
    "t",
    "n",
    "m",
    "group",
    "edition",
    "recurrence_type",
    "source",
];

/// Records whose events are made at once.
const CHUNK: u64 = 16_384;

/// Types of first recurrence that tell of no event: disease-free, never disease-free, unknown.
const NO_EVENT: [&str; 4] = ["", "00", "70", "99"];

/// Codes of what does not apply or is not known.
const UNKNOWN: [&str; 2] = ["88", "99"];

/// Writes `wanted` events, spread evenly over the records, as CSV; fewer where the records tell of fewer.
/// What came later goes before the stage at diagnosis. The number written.
///
/// # Errors
/// The table cannot be written.
pub fn write_events(generator: &Generator, wanted: u64, out: impl Write) -> Result<u64, SynthError> {
    let mut out = out;
    let mut header = csv::Writer::from_writer(Vec::new());
    header.write_record(HEADER)?;
    out.write_all(&finish(header)?)?;
    let rows = generator.rows();
    // Records done so far are to have had their share of events.
    let share = |done: u64| (u128::from(done) * u128::from(wanted) / u128::from(rows.max(1))) as u64;
    let chunks: Vec<Range<u64>> = split(0..rows, CHUNK).collect();
    let mut written = 0;
    for batch in chunks.chunks(rayon::current_num_threads().max(1) * 2) {
        let told: Vec<Vec<Vec<u8>>> = batch
            .par_iter()
            .map(|rows| rows.clone().map(|index| texts(generator, index)).collect())
            .collect::<Result<_, SynthError>>()?;
        let told = batch.iter().flat_map(Clone::clone).zip(told.into_iter().flatten());
        for (index, lines) in told {
            let room = share(index + 1).saturating_sub(written);
            let kept = lines.split_inclusive(|&byte| byte == b'\n').take(room as usize);
            for line in kept {
                out.write_all(line)?;
                written += 1;
            }
        }
    }
    out.flush()?;
    Ok(written)
}

/// The lines of one record.
fn texts(generator: &Generator, index: u64) -> Result<Vec<u8>, SynthError> {
    let mut row = Row::default();
    generator.fill(index, &mut row);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for cells in events(&row) {
        writer.write_record(cells)?;
    }
    finish(writer)
}

/// The events of one record, the later ones first.
fn events(row: &Row) -> impl Iterator<Item = [&str; HEADER.len()]> {
    use Column as C;
    let recurred = !NO_EVENT.contains(&row.get(C::RecurrenceType)) && !row.get(C::RecurrenceDate).is_empty();
    let one_day = row.get(C::RDate) == row.get(C::RecurrenceDate);
    let recurrence = if recurred { row.get(C::RecurrenceType) } else { "" };
    let edition = row.get(C::Edition);
    [
        ("r", C::RDate, [C::RT, C::RN, C::RM, C::RGroup], "", if one_day { recurrence } else { "" }),
        ("yp", C::DxDate, [C::PostT, C::PostN, C::PostM, C::PostGroup], edition, ""),
        ("p", C::DxDate, [C::PathT, C::PathN, C::PathM, C::PathGroup], edition, ""),
        ("c", C::DxDate, [C::ClinT, C::ClinN, C::ClinM, C::ClinGroup], edition, ""),
    ]
    .into_iter()
    .filter(move |(class, _, tnm, _, _)| {
        let cells = || tnm.iter().map(|&column| row.get(column)).filter(|cell| !cell.is_empty());
        // A value of another classification is a mistake that was planted in the record.
        let planted = ["c", "p"].contains(class) && cells().any(|cell| cell.starts_with(['y', 'r', 'a']));
        cells().any(|cell| !cell.ends_with('X') && !UNKNOWN.contains(&cell)) && !planted
    })
    .map(|(class, date, tnm, edition, recurrence)| {
        (class, row.get(date), tnm.map(|column| row.get(column)), edition, recurrence)
    })
    .chain((recurred && !one_day).then(|| ("", row.get(C::RecurrenceDate), [""; 4], "", recurrence)))
    .map(|(class, date, [t, n, m, group], edition, recurrence)| {
        // The day of a stage after therapy is not told.
        let date = if class == "yp" { "" } else { date };
        let [registry, patient, tumor] =
            [C::RegistryId, C::PatientId, C::TumorNumber].map(|key| row.get(key));
        [registry, patient, tumor, date, class, t, n, m, group, edition, recurrence, row.get(C::Facility)]
    })
}
