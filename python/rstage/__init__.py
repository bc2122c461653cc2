"""Staging, restaging audit and oligometastasis grading of tumor-registry data, on data frames.

What the command ``rstage`` does with files, these functions do with frames of polars, pandas and pyarrow, by the
same program: the same columns, findings and counts.

>>> import polars, rstage
>>> records = polars.DataFrame({
...     "primarySite": ["C621"], "histologicTypeIcdO3": ["9061"], "behaviorCodeIcdO3": ["3"],
...     "dateOfDiagnosis": ["20200105"], "sCategoryClinical": ["1"],
...     "ajccTnmClinT": ["cT2"], "ajccTnmClinN": ["cN1"], "ajccTnmClinM": ["cM1a"]})
>>> rstage.stage(records)["rstage_group"].to_list()
['IIIA']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, Unpack, overload

from . import _frames, _rstage
from ._options import Options, encoded
from ._rstage import Batches, RstageError, Summary, __version__

__all__ = [
    "Batches",
    "Options",
    "Processed",
    "RstageError",
    "Summary",
    "__version__",
    "audit",
    "explain",
    "process",
    "stage",
    "summary",
]

Frame = TypeVar("Frame")


@dataclass(frozen=True)
class Processed(Generic[Frame]):
    """All that is made of a frame at once."""

    records: Frame
    """The records with their new columns, as :func:`stage` gives them."""
    findings: Frame
    """The findings, as :func:`audit` gives them."""
    summary: Summary
    """The counts, as :func:`summary` gives them."""


def process(frame: Frame, **options: Unpack[Options]) -> Processed[Frame]:
    """Stages and audits a frame: its records, its findings and its counts, for one reading of it."""
    kind = _frames.kind_of(frame)
    records, findings, counts = _rstage.process(kind.stream, encoded(options))
    return Processed(_with_new(kind, records, options), kind.new(findings), counts)


def stage(frame: Frame, **options: Unpack[Options]) -> Frame:
    """The same frame with the columns of ``rstage run`` behind its own.

    ``frame`` is a frame of polars, pandas or pyarrow, and so is the result; for any other object that gives an
    Arrow stream it is :class:`Batches`. Columns are recognised by their names as in a file, or told with ``map``,
    ``layout`` and ``set``. Columns that came are not touched; the new ones are texts and never null, and begin with
    ``rstage_`` (``rstage codebook`` says what stands in them). Codes are texts: read files so that ``"C07.9"`` stays
    what it is and ``"0"`` before a number is not lost.

    Other Python threads run meanwhile; Ctrl-C stops it.

    Raises :class:`RstageError` where the columns cannot be told or an option is wrong, as the command does.
    """
    return process(frame, **options).records


def audit(frame: Frame, **options: Unpack[Options]) -> Frame:
    """The findings of a frame: one row each, with the key of the record, the rule, its severity, the fields, what is
    recorded in them, what was derived, and what to do. ``line`` is the number of the record in the frame, from 1,
    ``file`` the option ``name``. Findings that hold a patient's several tumors against each other come last."""
    return process(frame, **options).findings


def summary(frame: Any, **options: Unpack[Options]) -> Summary:
    """The counts behind the summary tables. Those of several frames can be added with ``+``, if each was given a
    ``name`` of its own."""
    kind = _frames.kind_of(frame)
    return _rstage.process(kind.stream, encoded(options))[2]


@overload
def explain(frame: Any, /, *, key: str, **options: Unpack[Options]) -> str: ...
@overload
def explain(record: Mapping[str, object], /, **options: Unpack[Options]) -> str: ...
@overload
def explain(**fields: object) -> str: ...
def explain(record: Any = None, /, *, key: str | None = None, **given: Any) -> str:
    """How a record comes to its stage, step by step, in words.

    Either of a frame, ``explain(frame, key="12345")``, or of fields by their names as ``rstage columns`` lists
    them, ``explain(site="C62.1", histology="9061", t="T2", n="N1", m="M1a", s="1", year=2020)`` or the same as a
    mapping, ``explain({"site": "C62.1", ...})``; options can follow either.
    """
    if key is not None:
        return _rstage.explain_record(_frames.kind_of(record).stream, key, encoded(given))
    options = {name: given.pop(name) for name in list(given) if name in Options.__annotations__ and name != "edition"}
    fields = {**(record or {}), **given}
    return _rstage.explain_fields(
        {_SHORT.get(name, name): str(value) for name, value in fields.items() if value is not None}, encoded(options)
    )


_SHORT = {"year": "dx_year", "s": "s_category", "group": "stage_group"}
"""Names of fields as the options of ``rstage explain`` have them."""


def _with_new(kind: _frames.Kind, records: Batches, options: Options) -> Any:
    kept, added = _rstage.added_columns(kind.stream, encoded(options))
    return kind.staged(kept, records.select(list(range(len(kept), len(kept) + len(added)))))
