//! rstage for Python: Arrow in, Arrow out, by the `PyCapsule` interface.
//!
//! What is public stands in the Python files of the package; this module is what they call. All work is that of the
//! `rstage` library.

mod batches;
mod frames;
mod options;
mod summary;

use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

create_exception!(
    rstage,
    RstageError,
    PyValueError,
    "What stops rstage: what is wrong, where, and what to do about it."
);

/// An error of the library as Python sees it.
fn failed(error: impl ToString) -> PyErr {
    RstageError::new_err(error.to_string())
}

#[pymodule]
fn _rstage(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("RstageError", module.py().get_type::<RstageError>())?;
    module.add_class::<batches::Batches>()?;
    module.add_class::<frames::Stream>()?;
    module.add_class::<summary::Summary>()?;
    module.add_function(wrap_pyfunction!(frames::process, module)?)?;
    module.add_function(wrap_pyfunction!(frames::added_columns, module)?)?;
    module.add_function(wrap_pyfunction!(frames::finding_columns, module)?)?;
    module.add_function(wrap_pyfunction!(frames::columns_of, module)?)?;
    module.add_function(wrap_pyfunction!(frames::explain_record, module)?)?;
    module.add_function(wrap_pyfunction!(frames::explain_fields, module)?)
}
