//! Staging all batches of a frame, by as many workers as there may be.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::thread::available_parallelism;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;

use super::super::finding_rows::FindingRows;
use super::super::memory::Memory;
use super::super::patients::Patients;
use super::super::process::{FilePlan, Processed, Shared};
use super::super::seer::{SeerPlan, manifest_algorithms};
use super::super::worker::Worker;
use super::super::{
    EventTables, Progress, Release, RunConfig, RunError, also_editions, columns, plan, refuse_clash,
    seer_plan, tabulate,
};
use super::{FrameConfig, FrameEnd, StagedFrame, findings_batch, staged, uneven};
use crate::audit::{ADULT_FROM, AuditRules, SeerGroups};
use crate::category::Edition;
use crate::fields::{Field, Source};
use crate::input::{Chunk, InputError, InputFile, Options, is_flat};
use crate::knowledge::Rules;
use crate::output::{Access, LeftOut, RecordsEncoder};
use crate::summary::{Counts, Facilities, Origin, Partial};

/// Records that a worker takes at a time.
const CHUNK_ROWS: usize = 16_384;

/// A frame whose columns are known and recognised, ready to be staged any number of times.
pub struct Frame {
    name: String,
    config: RunConfig,
    files: [InputFile; 1],
    plan: FilePlan,
    audit: AuditRules,
    also_editions: Vec<Edition>,
    groups: SeerGroups,
    own_columns: Vec<String>,
    left_out: LeftOut,
    encoder: RecordsEncoder,
    memory: usize,
}

impl Frame {
    /// Recognises the columns of a frame. Its name stands in findings and messages where the path of a file would,
    /// and tells its counts apart from those of others.
    ///
    /// # Errors
    /// What stops a run before its first record: columns that cannot be told, columns of rstage's own, settings that
    /// are wrong; a field in a column of nested values. Columns that no field is taken from may be of any type.
    pub fn new(name: &str, schema: &SchemaRef, config: &FrameConfig) -> Result<Self, RunError> {
        let memory = config.memory;
        let config = run_config(config);
        let files = [InputFile::frame(name, SchemaRef::clone(schema))];
        let plan =
            plan(&files, &[], &config)?.pop().ok_or_else(|| RunError::Lost { frame: name.to_owned() })?;
        let plans = std::slice::from_ref(&plan);
        let also_editions = also_editions(&config);
        let audit = AuditRules::configured(&config.audit)?;
        let groups = SeerGroups::builtin()?;
        let own_columns = columns::added(&audit.profiles_beside().collect::<Vec<_>>(), &also_editions);
        let (added, reads) = {
            let seer = seer_plan(&config, &groups, &files, plans);
            let more = seer.iter().flat_map(SeerPlan::columns).map(str::to_owned);
            let added: Vec<String> = own_columns.iter().cloned().chain(more).collect();
            let mapped = plans.iter().flat_map(|plan| plan.mapping.columns());
            let reads: BTreeSet<usize> = mapped.chain(seer.iter().flat_map(|seer| seer.reads(0))).collect();
            (added, reads)
        };
        let nested = schema.fields().iter().enumerate();
        if let Some((_, field)) =
            nested.filter(|(at, _)| reads.contains(at)).find(|(_, f)| !is_flat(f.data_type()))
        {
            let (column, kind) = (field.name().clone(), field.data_type().to_string());
            return Err(InputError::Nested { path: name.into(), column, kind }.into());
        }
        refuse_clash(&files, &added)?;
        let left_out = config.privacy.left_out(&files, plans)?;
        let encoder = RecordsEncoder::of_frame(&files[0], &added, &left_out);
        Ok(Self {
            name: name.to_owned(),
            config,
            files,
            plan,
            audit,
            also_editions,
            groups,
            own_columns,
            left_out,
            encoder,
            memory,
        })
    }

    /// The columns of the records as they will be.
    pub fn schema(&self) -> SchemaRef {
        self.encoder.frame_schema().unwrap_or_else(|| SchemaRef::new(arrow_schema::Schema::empty()))
    }

    /// The positions of the columns that the records keep: all, unless those that name a person are left out.
    pub fn kept_columns(&self) -> Vec<usize> {
        (0..self.files[0].header.len()).filter(|&column| !self.left_out.contains(&(0, column))).collect()
    }

    /// Stages batches of the frame's schema. Where `progress` is told to stop, it stops between two chunks.
    ///
    /// # Errors
    /// A batch has other columns; it was stopped; the temporary folder cannot be written, where the tumors of
    /// patients with many records are brought together.
    pub fn stage(&self, batches: Vec<RecordBatch>, progress: &Progress) -> Result<StagedFrame, RunError> {
        let chunks = self.chunks(batches)?;
        let threads = self.threads().min(chunks.len()).max(1);
        self.with_shared(threads, |shared, patients| {
            let chunks = Mutex::new(chunks.into_iter().enumerate());
            let done = std::thread::scope(|scope| {
                let work = || self.work(shared, &chunks, progress);
                let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
                let first = work();
                let others =
                    others.into_iter().map(|other| other.join().unwrap_or_else(|_| Err(self.lost())));
                std::iter::once(first).chain(others).collect::<Result<Vec<_>, _>>()
            })?;
            let mut end = End { patients, ..End::default() };
            let mut processed = Vec::new();
            for (chunks, counts) in done {
                processed.extend(chunks);
                end.counts.merge(counts);
            }
            processed.sort_unstable_by_key(|(at, _)| *at);
            let (mut records, mut findings) = (Vec::new(), Vec::new());
            for (_, chunk) in processed {
                end.take(&chunk)?;
                let (batch, found) = staged(&self.name, chunk)?;
                records.push(batch);
                findings.push(found);
            }
            if records.is_empty() {
                records.push(RecordBatch::new_empty(self.schema()));
            }
            let FrameEnd { findings: of_patients, counts } = self.end(shared, end)?;
            let findings = concat_batches(&of_patients.schema(), findings.iter().chain([&of_patients]));
            let findings = findings.map_err(|error| uneven("findings", error.to_string()))?;
            Ok(StagedFrame { records, findings, counts })
        })
    }

    /// The batches cut to what a worker takes at a time; nothing is copied.
    fn chunks(&self, batches: Vec<RecordBatch>) -> Result<Vec<Chunk>, RunError> {
        let mut chunks = Vec::new();
        let mut first_record = 1;
        for batch in batches {
            self.fits(&batch)?;
            for start in (0..batch.num_rows()).step_by(CHUNK_ROWS) {
                let rows = CHUNK_ROWS.min(batch.num_rows() - start);
                chunks.push(Chunk::of_batch(batch.slice(start, rows), first_record));
                first_record += rows as u64;
            }
        }
        Ok(chunks)
    }

    /// Whether a batch has the columns that were announced.
    pub(super) fn fits(&self, batch: &RecordBatch) -> Result<(), RunError> {
        let own = batch.schema();
        let names = || own.fields().iter().map(|field| field.name());
        if names().eq(&self.files[0].header) {
            return Ok(());
        }
        Err(uneven(&self.name, format!("found {}", names().cloned().collect::<Vec<_>>().join(", "))))
    }

    /// A worker's thread: chunk by chunk until there are no more.
    fn work(
        &self,
        shared: &Shared,
        chunks: &Mutex<impl Iterator<Item = (usize, Chunk)>>,
        progress: &Progress,
    ) -> Result<(Vec<(usize, Processed)>, Counts), RunError> {
        let mut worker = Worker::new(shared, self.config.policy);
        let mut done = Vec::new();
        loop {
            match progress.stop.load(Ordering::Relaxed) {
                0 => {}
                signal => return Err(RunError::Stopped(signal)),
            }
            let next = chunks.lock().map_err(|_| self.lost())?.next();
            let Some((at, chunk)) = next else { break };
            let processed = worker.process(chunk)?;
            progress.records.fetch_add(processed.rows, Ordering::Relaxed);
            done.push((at, processed));
        }
        Ok((done, worker.settle()))
    }

    pub(super) fn threads(&self) -> usize {
        match self.config.threads {
            0 => available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn config(&self) -> &RunConfig {
        &self.config
    }

    pub(super) fn also_editions(&self) -> &[Edition] {
        &self.also_editions
    }

    /// What applies to every record.
    pub(super) fn plan(&self) -> &FilePlan {
        &self.plan
    }

    /// Names of the columns that a field is taken from, in the order in which they count.
    pub fn columns_of(&self, field: Field) -> Vec<&str> {
        let mapping = &self.plan().mapping;
        let columns = mapping.sources(field).iter().filter_map(|source| match source {
            Source::Column { index, .. } => mapping.header(*index),
            Source::Constant(_) => None,
        });
        columns.collect()
    }

    pub(super) fn worker<'a>(&self, shared: &'a Shared<'a>) -> Worker<'a> {
        Worker::new(shared, self.config.policy)
    }

    pub(super) fn lost(&self) -> RunError {
        RunError::Lost { frame: self.name.clone() }
    }

    /// Lends what workers need, and what brings a patient's tumors together where a rule asks about them.
    pub(super) fn with_shared<R>(
        &self,
        threads: usize,
        work: impl FnOnce(&Shared, Option<Patients>) -> Result<R, RunError>,
    ) -> Result<R, RunError> {
        let rules = self.rules()?;
        let plans = std::slice::from_ref(&self.plan);
        let seer = seer_plan(&self.config, &self.groups, &self.files, plans);
        let mappings = plans.iter().map(|plan| &plan.mapping);
        let patients = Patients::of(&std::env::temp_dir(), &self.audit, &self.config.audit, mappings)?;
        let facilities = Facilities::default();
        let paths = [self.name.clone()];
        let shared = Shared {
            rules,
            files: &self.files,
            plans,
            config: &self.config.audit,
            columns: &self.own_columns,
            seer: seer.as_ref(),
            also_editions: &self.also_editions,
            encoder: self.encoder.clone(),
            findings: FindingRows::of_columns(),
            paths: &paths,
            keys: &self.config.privacy.keys,
            patients: patients.is_some(),
            events: None,
            facilities: &facilities,
            steps: rules.steps(
                &[self.config.audit.oligometastasis.flags_complete_from],
                &[ADULT_FROM],
                &self.audit.histologies(),
            ),
            memo: Memory::share(self.memory, threads).memo,
            answers: None,
            distinct: self.config.read.max_distinct,
        };
        work(&shared, patients)
    }

    pub(super) fn rules(&self) -> Result<&Rules, RunError> {
        match &self.config.rules {
            Some(rules) => Ok(rules),
            None => Rules::builtin().map_err(RunError::Knowledge),
        }
    }

    /// What is known once all is staged.
    pub(super) fn end(&self, shared: &Shared, mut end: End) -> Result<FrameEnd, RunError> {
        let mut findings = shared.findings.clone();
        if let Some(patients) = end.patients.take() {
            patients.findings(shared.paths, &mut end.counts, |finding| {
                findings.push(finding);
                Ok(())
            })?;
        }
        let schemas: Vec<&str> = shared.rules.schemas().map(|(_, schema)| schema.id.as_str()).collect();
        let algorithms =
            self.config.algorithms.as_deref().map_or_else(|| Ok(Vec::new()), manifest_algorithms)?;
        let origin = Origin {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rules: shared.rules.hash().to_owned(),
            settings: tabulate::shared_settings(&self.config, &algorithms),
            read: end.records,
            written: end.records,
            ..Origin::default()
        };
        let mut counts = Partial::new(&end.counts, &schemas, shared.facilities, origin)?;
        // A frame has no file to tell it by: its name and what was counted stand for it.
        let mut told = self.name.clone().into_bytes();
        told.push(b'\n');
        told.extend(counts.to_json());
        let id: String = blake3::hash(&told).to_hex().chars().take(16).collect();
        counts.origin.runs.insert(id);
        Ok(FrameEnd { findings: findings_batch(findings)?, counts })
    }
}

/// What grows from chunk to chunk.
#[derive(Default)]
pub(super) struct End {
    pub(super) counts: Counts,
    pub(super) patients: Option<Patients>,
    records: u64,
}

impl End {
    pub(super) fn of(patients: Option<Patients>) -> Self {
        Self { patients, ..Self::default() }
    }

    /// Takes what of a chunk outlasts it.
    pub(super) fn take(&mut self, chunk: &Processed) -> Result<(), RunError> {
        self.records += chunk.rows;
        self.patients.as_mut().map_or(Ok(()), |patients| patients.take(&chunk.tumors))
    }
}

/// The run that would do the same.
fn run_config(config: &FrameConfig) -> RunConfig {
    RunConfig {
        inputs: Vec::new(),
        out: std::path::PathBuf::new(),
        overwrite: false,
        format: None,
        delimiter: None,
        events: EventTables::default(),
        read: Options::default(),
        map: config.map.clone(),
        rules: config.rules.clone(),
        algorithms: config.algorithms.clone(),
        policy: config.policy,
        also_editions: config.also_editions.clone(),
        audit: config.audit.clone(),
        threads: config.threads,
        memory: config.memory,
        previous: None,
        fail_on: None,
        max_rejects: 0,
        resume: None,
        access: Access::Owner,
        privacy: config.privacy.clone(),
        worklist_by: None,
        release: Release::default(),
        since: None,
        keep_answers: false,
        options: std::collections::BTreeMap::new(),
    }
}
