//! The counts behind summary tables, which can be added up.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use rstage::summary::{Partial, SmallCells, render, render_tables, tables};

use crate::batches::Batches;
use crate::failed;

/// Columns of text of a printed summary.
const WIDTH: u16 = 80;

/// Counts of the records of one frame or several.
///
/// Two can be added with `+`; the same frame cannot be added twice, and frames that were staged by other rules or
/// settings cannot be added at all. `rstage summary` takes what `write` leaves.
#[pyclass(frozen, module = "rstage")]
pub(crate) struct Summary(pub(crate) Partial);

#[pymethods]
impl Summary {
    /// Reads what `write` or a run left (`summary/counts.json`).
    #[classmethod]
    fn read(_: &Bound<'_, PyType>, path: PathBuf) -> PyResult<Self> {
        Partial::read(&path).map(Self).map_err(failed)
    }

    /// The counts of a text that `to_json` gave.
    #[classmethod]
    fn from_json(_: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        serde_json::from_str(text).map(Self).map_err(failed)
    }

    /// The counts as text.
    fn to_json(&self) -> String {
        String::from_utf8_lossy(&self.0.to_json()).into_owned()
    }

    /// Writes the counts to a file, which hides no small numbers.
    fn write(&self, path: PathBuf) -> PyResult<()> {
        Ok(std::fs::write(path, self.0.to_json())?)
    }

    /// Number of records counted.
    #[getter]
    fn records(&self) -> u64 {
        self.0.records()
    }

    /// The summary tables by name. With `min_cell`, numbers of records below it are hidden, and whatever they could
    /// be worked out from; with `min_cell_rate`, no percent or rate of fewer records is shown.
    #[pyo3(signature = (*, min_cell = None, min_cell_rate = None))]
    fn tables<'py>(
        &self,
        py: Python<'py>,
        min_cell: Option<u64>,
        min_cell_rate: Option<u64>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let by_name = PyDict::new(py);
        for table in py.detach(|| tables(&self.0, small(min_cell, min_cell_rate))) {
            by_name.set_item(table.name, Batches::of(table.batch().map_err(failed)?))?;
        }
        Ok(by_name)
    }

    /// The main tables as text, as the command prints them.
    #[pyo3(signature = (*, min_cell = None, min_cell_rate = None))]
    fn text(&self, py: Python<'_>, min_cell: Option<u64>, min_cell_rate: Option<u64>) -> String {
        py.detach(|| match small(min_cell, min_cell_rate) {
            None => render(&self.0, WIDTH),
            hidden => render_tables(&tables(&self.0, hidden), WIDTH),
        })
    }

    fn __add__(&self, other: &Self) -> PyResult<Self> {
        let mut sum = self.0.clone();
        sum.merge(other.0.clone()).map_err(failed)?;
        Ok(Self(sum))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __str__(&self, py: Python<'_>) -> String {
        self.text(py, None, None)
    }

    fn __repr__(&self) -> String {
        format!("<rstage.Summary: {} records>", self.0.records())
    }

    fn __reduce__(slf: Bound<'_, Self>) -> PyResult<(Bound<'_, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("from_json")?, (slf.get().to_json(),)))
    }
}

fn small(count: Option<u64>, rate: Option<u64>) -> Option<SmallCells> {
    count.or(rate)?;
    Some(SmallCells { count: count.unwrap_or_default(), rate: rate.unwrap_or_default() })
}
