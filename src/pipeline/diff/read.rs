//! One chunk of either export: each record becomes an entry of its partition.

use super::plan::FilePlan;
use crate::diff::{Entry, Partitions, Place, Stand};
use crate::input::Chunk;
use crate::knowledge::Rules;
use crate::pipeline::decode::Cases;
use crate::staging::Stager;
use crate::staging::words::{group_of, stage_of};

/// A chunk in pieces.
pub(super) struct Taken {
    pub(super) file: usize,
    /// Records with a key.
    pub(super) rows: u64,
    /// Bytes of entries by partition.
    pub(super) buffers: Vec<Vec<u8>>,
    /// Rows that cannot be compared: line, cause, raw text.
    pub(super) rejects: Vec<(u64, String, String)>,
}

/// Takes one chunk apart.
pub(super) fn take(
    rules: &Rules,
    plan: &FilePlan,
    stager: &mut Stager,
    chunk: &Chunk,
    partitions: usize,
) -> Taken {
    let mut rejects: Vec<_> = chunk
        .rejects
        .iter()
        .map(|reject| (reject.line, reject.cause.to_string(), reject.raw.clone()))
        .collect();
    let mut buffers = vec![Vec::new(); partitions];
    let mut rows = 0;
    let cases = plan.stand.is_none().then(|| Cases::read(chunk, &plan.mapping));
    for row in 0..chunk.rows() {
        let Some(key) = plan.key(chunk, row) else {
            let raw = chunk.raw_line(row).map(|raw| String::from_utf8_lossy(raw).into_owned());
            rejects.push((chunk.line(row), "the key is blank".to_owned(), raw.unwrap_or_default()));
            continue;
        };
        rows += 1;
        let staged = cases.as_ref().map(|cases| stager.stage(&cases.case(row)));
        let edition = staged.and_then(|staged| staged.edition).map(|edition| edition.to_string());
        let said = plan.stand.map(|columns| columns.map(|column| chunk.text(column, row)));
        let stand = match (&said, &staged) {
            (Some([schema, edition, group, stage]), _) => Stand {
                schema: schema.trim(),
                edition: edition.trim(),
                group: group.trim(),
                stage: stage.trim(),
            },
            (None, Some(staged)) => Stand {
                schema: staged.schema.map_or("", |schema| rules.schema(schema).id.as_str()),
                edition: edition.as_deref().unwrap_or_default(),
                group: group_of(staged.original.outcome),
                stage: stage_of(staged.original.outcome),
            },
            (None, None) => Stand::default(),
        };
        let place =
            Place { file: chunk.file, record: chunk.first_record + row as u64, line: chunk.line(row) };
        let entry = Entry { key: &key, place, stand, texts: &[] };
        let texts = plan.kept.iter().map(|&column| trimmed(chunk.text(column, row)));
        if let Some(buffer) = buffers.get_mut(Partitions::of(&key, partitions)) {
            entry.put(texts, buffer);
        }
    }
    rejects.sort_by_key(|(line, ..)| *line);
    Taken { file: chunk.file, rows, buffers, rejects }
}

fn trimmed(text: std::borrow::Cow<'_, str>) -> std::borrow::Cow<'_, str> {
    match text {
        std::borrow::Cow::Borrowed(text) => text.trim().into(),
        std::borrow::Cow::Owned(text) if text.trim().len() == text.len() => text.into(),
        std::borrow::Cow::Owned(text) => text.trim().to_owned().into(),
    }
}
