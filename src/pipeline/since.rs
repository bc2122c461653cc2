//! Answers of an earlier run: what it said of each kind of record, for a later run to take over.
//!
//! A record is known by a hash over all that its answer depends on: what its fields hold once they are read, as far
//! as the rules can tell it apart, and the seed, which stands for the program, the rules, the settings and which
//! fields there are. A record that is known needs no staging and no audit; everything else is done anew, so that the
//! result is that of a full run wherever the records come from and in whatever order they stand.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use super::memo::{Judged, TumorTraits};
use super::process::FilePlan;
use super::sorted::{Rows, Sorter};
use super::tallies::Tallies;
use super::{RunConfig, RunError};
use crate::audit::{Expected, Finding, Severity};
use crate::fields::Field;
use crate::knowledge::Rules;
use crate::output::{Digest, ManifestSince, OutputError, Program, RowCells};
use crate::summary::{Moved, Tally};

/// The file of a result that holds its answers.
pub(super) const ANSWERS: &str = "answers.zst";

/// What a record is known by.
pub(super) type Known = [u8; 16];

/// Distinct answers that are told from each other while a file is written; further ones stand there again.
const MOST_DISTINCT: usize = 1 << 18;

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Answer {
    findings: Vec<(&'static str, Severity, Vec<Field>, String)>,
    why: String,
    tally: Tally,
    profiles: Vec<(&'static str, &'static str)>,
    moved: Vec<Moved>,
    tumor: Option<(bool, bool)>,
    cells: Vec<String>,
}

/// Answers that are taken over, and those that are kept for a later run.
pub(super) struct Store {
    /// What stands for everything but the record, by file.
    seeds: Vec<[u8; 32]>,
    /// Place of the answer by what the record is known by.
    known: HashMap<Known, (u32, u32), FxBuildHasher>,
    text: &'static str,
    /// The run that they come from.
    run: Option<String>,
    fields: Mutex<Vec<&'static [Field]>>,
    taken_over: AtomicU64,
    restaged: AtomicU64,
}

impl Store {
    /// For a run that takes over or keeps answers; those of the earlier run as far as they fit into so many bytes.
    pub(super) fn of(
        config: &RunConfig,
        rules: &Rules,
        plans: &[FilePlan],
        (in_events, columns): (impl Fn(Field) -> bool, &[String]),
        bytes: usize,
    ) -> Result<Option<Self>, RunError> {
        if config.since.is_none() && !config.keep_answers {
            return Ok(None);
        }
        // SEER's answers are of each record alone, and a checkpoint does not hold what was gathered.
        if config.algorithms.is_some() || config.resume.is_some() {
            return Err(RunError::NotWithAnswers);
        }
        let mut answers = Self {
            seeds: plans.iter().map(|plan| seed(config, rules, plan, &in_events, columns)).collect(),
            known: HashMap::default(),
            text: "",
            run: None,
            fields: Mutex::default(),
            taken_over: AtomicU64::new(0),
            restaged: AtomicU64::new(0),
        };
        if let Some(folder) = &config.since {
            answers.run = Some(promised(folder)?);
            let path = folder.join(ANSWERS);
            let (known, text) = read(&path, bytes).map_err(|source| OutputError::io(&path, source))?;
            (answers.known, answers.text) = (known, Box::leak(text.into_boxed_str()));
        }
        Ok(Some(answers))
    }

    /// What stands for everything but the record.
    pub(super) fn seed(&self, file: usize) -> &[u8; 32] {
        self.seeds.get(file).unwrap_or(&[0; 32])
    }

    /// The answer to a record, where there is one: as it was kept, and what is to be said.
    pub(super) fn find(
        &self,
        known: &Known,
        tallies: &mut Tallies,
    ) -> Option<(&'static str, Judged, RowCells)> {
        let &(start, end) = self.known.get(known)?;
        let text = self.text.get(start as usize..end as usize)?;
        let Answer { findings, why, tally, profiles, moved, tumor, cells: texts } =
            serde_json::from_str(text).ok()?;
        let mut cells = RowCells::default();
        for text in &texts {
            cells.push(text);
        }
        let finding = |(rule, severity, fields, expected): (_, _, Vec<Field>, _)| {
            let fields = self.fields(&fields);
            (Finding { rule, severity, fields, expected: Expected::Nothing }, expected)
        };
        let judged = Judged {
            findings: findings.into_iter().map(finding).collect(),
            why,
            kind: tallies.kind(&tally),
            agreement: tallies.agreement(tally.agreement),
            tally,
            profiles,
            moved,
            tumor: tumor.map(|(metastatic, confirmed)| TumorTraits { metastatic, confirmed }),
            staged: None,
        };
        Some((text, judged, cells))
    }

    /// A list of fields that lasts; there are as many as rules.
    fn fields(&self, fields: &[Field]) -> &'static [Field] {
        let mut known = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.iter().find(|known| **known == fields) {
            return known;
        }
        let new: &'static [Field] = Box::leak(fields.to_vec().into_boxed_slice());
        known.push(new);
        new
    }

    /// Counts records.
    pub(super) fn count(&self, taken_over: u64, restaged: u64) {
        self.taken_over.fetch_add(taken_over, Ordering::Relaxed);
        self.restaged.fetch_add(restaged, Ordering::Relaxed);
    }

    /// What the manifest says of it; nothing where no run was taken over.
    pub(super) fn manifest(&self) -> Option<ManifestSince> {
        Some(ManifestSince {
            run: self.run.clone()?,
            taken_over: self.taken_over.load(Ordering::Relaxed),
            restaged: self.restaged.load(Ordering::Relaxed),
        })
    }
}

/// Adds an answer to those that are kept.
pub(super) fn keep(rows: &mut Rows, known: &Known, judged: &Judged, cells: &RowCells) {
    let answer = Answer {
        findings: judged
            .findings
            .iter()
            .map(|(Finding { rule, severity, fields, .. }, expected)| {
                (*rule, *severity, fields.to_vec(), expected.clone())
            })
            .collect(),
        why: judged.why.clone(),
        tally: judged.tally,
        profiles: judged.profiles.clone(),
        moved: judged.moved.clone(),
        tumor: judged.tumor.map(|TumorTraits { metastatic, confirmed }| (metastatic, confirmed)),
        cells: cells.iter().map(str::to_owned).collect(),
    };
    if let Ok(text) = serde_json::to_string(&answer) {
        keep_text(rows, known, &text);
    }
}

/// Adds one that is as it was.
pub(super) fn keep_text(rows: &mut Rows, known: &Known, text: &str) {
    let (&first, rest) = known.split_first_chunk().unwrap_or((&[0; 8], &[]));
    rows.add(|bytes| {
        bytes.extend_from_slice(rest);
        bytes.extend_from_slice(text.as_bytes());
        u64::from_be_bytes(first)
    });
}

/// Writes all answers that were gathered, each record's once, in an order of their own.
pub(super) fn write(path: &Path, answers: Sorter) -> Result<(), RunError> {
    let put = || -> io::Result<()> {
        let mut file = zstd::Encoder::new(File::create(path)?, 3)?;
        let mut numbers: HashMap<[u8; 32], usize, FxBuildHasher> = HashMap::default();
        let (mut written, mut last) = (0, None);
        for row in answers.finish()? {
            let (first, row) = row?;
            let Some((rest, text)) = row.split_first_chunk::<8>() else { continue };
            if last.replace((first, *rest)) == Some((first, *rest)) {
                continue;
            }
            write!(file, "{first:016x}{:016x} ", u64::from_be_bytes(*rest))?;
            let hash = *blake3::hash(text).as_bytes();
            if let Some(number) = numbers.get(&hash) {
                writeln!(file, "{number}")?;
                continue;
            }
            if numbers.len() < MOST_DISTINCT {
                numbers.insert(hash, written);
            }
            written += 1;
            file.write_all(text)?;
            file.write_all(b"\n")?;
        }
        file.finish()?.sync_all()
    };
    Ok(put().map_err(|source| OutputError::io(path, source))?)
}

/// Places of the answers in a text, by what their records are known by.
type Places = HashMap<Known, (u32, u32), FxBuildHasher>;

/// Reads answers until they fill so many bytes.
fn read(path: &Path, most: usize) -> io::Result<(Places, String)> {
    let most = most.min(u32::MAX as usize);
    let mut lines = BufReader::new(zstd::Decoder::new(File::open(path)?)?);
    let (mut known, mut text, mut places) = (Places::default(), String::new(), Vec::new());
    let mut line = String::new();
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "not a file of answers");
    while text.len() + 64 * known.len() < most {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            break;
        }
        let (key, answer) = line.trim_end_matches('\n').split_once(' ').ok_or_else(damaged)?;
        let key = u128::from_str_radix(key, 16).map_err(|_| damaged())?.to_be_bytes();
        let place = if let Ok(number) = answer.parse::<usize>() {
            *places.get(number).ok_or_else(damaged)?
        } else {
            let start = text.len() as u32;
            text.push_str(answer);
            places.push((start, text.len() as u32));
            (start, text.len() as u32)
        };
        known.insert(key, place);
    }
    Ok((known, text))
}

/// The id of the run in a folder, whose answers are those that its manifest promises.
fn promised(folder: &Path) -> Result<String, RunError> {
    let no_answers = || RunError::NoAnswers { path: folder.to_owned() };
    let manifest = std::fs::read(folder.join("run.json")).map_err(|_| no_answers())?;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).map_err(|_| no_answers())?;
    let promised = manifest.pointer(&format!("/outputs/{ANSWERS}/blake3")).and_then(|hash| hash.as_str());
    let path: PathBuf = folder.join(ANSWERS);
    let found = Digest::of_file(&path).map_err(|_| no_answers())?;
    if promised.ok_or_else(no_answers)? != found.blake3 {
        return Err(RunError::OtherAnswers { path });
    }
    Ok(manifest.get("run").and_then(|run| run.as_str()).unwrap_or_default().to_owned())
}

/// A hash over everything but the records that an answer depends on.
fn seed(
    config: &RunConfig,
    rules: &Rules,
    plan: &FilePlan,
    in_events: &impl Fn(Field) -> bool,
    columns: &[String],
) -> [u8; 32] {
    let program = Program::this();
    // A build from changed sources has the same version and commit.
    let own = std::env::current_exe().ok().and_then(|own| crate::input::hash_file(&own).ok());
    // The audit leaves out rules about fields that no column holds.
    let there: Vec<&str> = Field::ALL
        .iter()
        .filter(|field| !plan.mapping.sources(**field).is_empty() || in_events(**field))
        .map(|field| field.id())
        .collect();
    let parts = [
        format!("{} {:?} {own:?}", program.version, program.commit),
        rules.hash().to_owned(),
        format!("{:?} {:?}", config.policy, super::also_editions(config)),
        format!("{:?}", config.audit),
        format!("{columns:?} {there:?}"),
    ];
    *blake3::hash(format!("{parts:?}").as_bytes()).as_bytes()
}
