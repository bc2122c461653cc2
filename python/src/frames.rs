//! Frames through the library, with the interpreter free for other threads meanwhile.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use arrow_array::RecordBatch;
use pyo3::prelude::*;
use rstage::explain::{self, Asked};
use rstage::fields::{Field, parse_setting};
use rstage::knowledge::Rules;
use rstage::pipeline::{Frame, FrameStream, Progress, RunError, StagedFrame};

use crate::batches::{Batches, read, schema};
use crate::failed;
use crate::options::Options;
use crate::summary::Summary;

/// How often it is looked whether the user wants to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Stages a frame: its records with the new columns behind them, its findings, its counts.
#[pyfunction]
pub(crate) fn process(
    py: Python<'_>,
    frame: &Bound<'_, PyAny>,
    options: &str,
) -> PyResult<(Batches, Batches, Summary)> {
    let (schema, batches) = read(frame)?;
    let options = Options::read(options)?;
    let config = options.config()?;
    let frame = Frame::new(&options.name, &schema, &config).map_err(failed)?;
    let StagedFrame { records, findings, counts } =
        unless_stopped(py, |progress| frame.stage(batches, progress))?;
    Ok((Batches::new(frame.schema(), records), Batches::of(findings), Summary(counts)))
}

/// Works on another thread until it is done or the user presses Ctrl-C.
fn unless_stopped<R: Send>(
    py: Python<'_>,
    work: impl FnOnce(&Progress) -> Result<R, RunError> + Send,
) -> PyResult<R> {
    let progress = Progress::default();
    let (done, result) = channel();
    let result = Mutex::new(result);
    let wait = || match result.lock() {
        Ok(result) => result.recv_timeout(LOOK),
        Err(_) => Err(RecvTimeoutError::Disconnected),
    };
    std::thread::scope(|scope| {
        scope.spawn(|| done.send(work(&progress)));
        loop {
            match py.detach(wait) {
                Ok(result) => return result.map_err(failed),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(failed("staging ended unexpectedly; this is a fault of rstage"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Err(stopped) = py.check_signals() {
                progress.stop.store(2, Ordering::Relaxed);
                // The thread ends before its next chunk.
                return Err(stopped);
            }
        }
    })
}

/// The columns that staging adds to a frame, and the positions of those of its own that it keeps.
#[pyfunction]
pub(crate) fn added_columns(frame: &Bound<'_, PyAny>, options: &str) -> PyResult<(Vec<usize>, Vec<String>)> {
    let schema = schema(frame)?;
    let options = Options::read(options)?;
    let staged = Frame::new(&options.name, &schema, &options.config()?).map_err(failed)?;
    let (kept, after) = (staged.kept_columns(), staged.schema());
    let added = after.fields().iter().skip(kept.len()).map(|field| field.name().clone()).collect();
    Ok((kept, added))
}

/// The columns of the findings.
#[pyfunction]
pub(crate) fn finding_columns() -> Vec<String> {
    rstage::pipeline::findings_schema().fields().iter().map(|field| field.name().clone()).collect()
}

/// The columns of a frame that a field is taken from.
#[pyfunction]
pub(crate) fn columns_of(frame: &Bound<'_, PyAny>, field: &str, options: &str) -> PyResult<Vec<String>> {
    let Some(field) = Field::from_id(field) else {
        return Err(failed(format!("there is no field `{field}`")));
    };
    let options = Options::read(options)?;
    let frame = Frame::new(&options.name, &schema(frame)?, &options.config()?).map_err(failed)?;
    Ok(frame.columns_of(field).into_iter().map(str::to_owned).collect())
}

/// A record of a frame in words.
#[pyfunction]
pub(crate) fn explain_record(
    py: Python<'_>,
    frame: &Bound<'_, PyAny>,
    key: &str,
    options: &str,
) -> PyResult<String> {
    let (schema, batches) = read(frame)?;
    let options = Options::read(options)?;
    let frame = Frame::new(&options.name, &schema, &options.config()?).map_err(failed)?;
    let text = py.detach(|| frame.explain(&batches, key)).map_err(failed)?;
    text.ok_or_else(|| {
        failed(format!(
            "no record has the key {key:?}\nhint: the key is the tumor_key column, or registry, patient and tumor number joined by /"
        ))
    })
}

/// Some fields in words.
#[pyfunction]
pub(crate) fn explain_fields(fields: BTreeMap<String, String>, options: &str) -> PyResult<String> {
    let settings = fields.iter().map(|(field, text)| parse_setting(&format!("{field}={text}")));
    let given = settings.collect::<Result<BTreeMap<_, _>, _>>().map_err(failed)?;
    let options = Options::read(options)?;
    let (own, config, also) = (options.rules()?, options.audit()?, options.also_editions()?);
    let rules = match &own {
        Some(rules) => rules,
        None => Rules::builtin().map_err(failed)?,
    };
    let asked = Asked { rules, config: &config, policy: options.policy()?, also: &also };
    explain::explain_fields(asked, &given).map_err(failed)
}

/// A frame that comes batch by batch; what was learned from one batch is known for the next.
#[pyclass(module = "rstage")]
pub(crate) struct Stream(Mutex<FrameStream>);

#[pymethods]
impl Stream {
    /// `frame` tells the columns: anything that gives an Arrow stream of the same schema.
    #[new]
    fn new(frame: &Bound<'_, PyAny>, options: &str) -> PyResult<Self> {
        let schema = schema(frame)?;
        let options = Options::read(options)?;
        let frame = Frame::new(&options.name, &schema, &options.config()?).map_err(failed)?;
        FrameStream::new(frame).map(|stream| Self(Mutex::new(stream))).map_err(failed)
    }

    /// The records of the next batch with their new columns, and their findings.
    fn stage(&mut self, py: Python<'_>, batch: &Bound<'_, PyAny>) -> PyResult<(Batches, Batches)> {
        let (_, batches) = read(batch)?;
        let stream = self.0.get_mut().map_err(failed)?;
        let schema = stream.schema();
        let (mut records, mut findings) = (Vec::new(), Vec::new());
        for batch in batches {
            let staged = py.detach(|| stream.stage(batch)).map_err(failed)?;
            records.push(staged.records);
            findings.push(staged.findings);
        }
        let of_findings =
            findings.first().map_or_else(rstage::pipeline::findings_schema, RecordBatch::schema);
        Ok((Batches::new(schema, records), Batches::new(of_findings, findings)))
    }

    /// The findings that need all records of a patient, and the counts. Nothing can be staged afterwards.
    fn finish(&mut self, py: Python<'_>) -> PyResult<(Batches, Summary)> {
        let stream = self.0.get_mut().map_err(failed)?;
        let end = py.detach(|| stream.finish()).map_err(failed)?;
        Ok((Batches::of(end.findings), Summary(end.counts)))
    }
}
