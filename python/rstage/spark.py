"""The same on Spark: each partition of a frame is staged where it lies, by ``mapInArrow``.

    import rstage.spark
    staged = rstage.spark.stage(spark.read.parquet("registry/"))

The package has to be installed where the workers run (``pip install rstage`` on every node, or an archive of a virtual
environment given to ``spark-submit --archives``). Map files are read where the program starts; folders of own rules,
algorithm files and key files must be where every worker finds them.

Every column that :func:`stage` adds follows from the record alone, so that partitions and their order make no
difference. What asks about a patient's several tumors stands in :func:`audit` only, which brings the records of each
patient into one partition first. Tables of later events beside the records (``rstage run --events``) are not taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Unpack

import pyarrow

from . import _rstage
from ._options import Options, encoded
from ._rstage import Summary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["audit", "stage", "summary"]

_FINDINGS = [name for name in _rstage.finding_columns() if name not in ("file", "line")]
"""A record has neither file nor line on a cluster."""


def stage(frame: DataFrame, **options: Unpack[Options]) -> DataFrame:
    """The same frame with the columns of ``rstage run`` behind its own, as :func:`rstage.stage` gives them."""
    from pyspark.sql.types import StringType, StructField, StructType

    told = _told(options)
    kept, added = _rstage.added_columns(_empty(frame), told)
    fields = [frame.schema.fields[at] for at in kept]
    schema = StructType([*fields, *(StructField(name, StringType(), False) for name in added)])

    def staged(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        for records, _ in _each(_Partition(told), batches):
            yield from records

    return frame.mapInArrow(staged, schema)


def audit(frame: DataFrame, **options: Unpack[Options]) -> DataFrame:
    """The findings of a frame, as :func:`rstage.audit` gives them but for ``file`` and ``line``. Records of one patient
    are brought into one partition, where the frame has numbers of patients; where a tumor may have come from several
    earlier ones, the one that is named depends on their order."""
    from pyspark.sql.types import StringType, StructField, StructType

    told = _told(options)
    schema = StructType([StructField(name, StringType(), False) for name in _FINDINGS])

    def found(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        partition = _Partition(told)
        for _, findings in _each(partition, batches):
            yield from _of_records(findings)
        if (end := partition.finish()) is not None:
            yield from _of_records(pyarrow.table(end[0]).to_batches())

    return _by_patient(frame, told).mapInArrow(found, schema)


def summary(frame: DataFrame, **options: Unpack[Options]) -> Summary:
    """The counts behind the summary tables. Each partition is counted where it lies, and Spark adds the counts up in
    two steps, so that few of them come to the program that asked. A task that is done twice is counted once.

    With the option ``name`` they can be added to those of other frames."""
    told = _told(options)
    name = options.get("name", "frame")

    def counted(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        partition = _Partition(_told({**options, "name": f"{name} {_partition()}"}))
        for _ in _each(partition, batches):
            pass
        if (end := partition.finish()) is not None:
            yield _one_text(end[1].to_json())

    def added(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        if (total := _sum(text.as_py() for batch in batches for text in batch.column(0))) is not None:
            yield _one_text(total.to_json())

    _rstage.added_columns(_empty(frame), told)
    counts = frame.mapInArrow(counted, "counts string")
    groups = max(1, math.isqrt(_partitions(frame)))
    texts = counts.repartition(groups).mapInArrow(added, "counts string").collect()
    total = _sum(row[0] for row in texts)
    return total if total is not None else _rstage.process(_empty(frame), told)[2]


class _Partition:
    """The records of one partition on their way; what was learned from one batch is known for the next."""

    def __init__(self, told: str) -> None:
        self.told = told
        self.stream: _rstage.Stream | None = None

    def stage(self, batch: pyarrow.RecordBatch) -> tuple[list[pyarrow.RecordBatch], list[pyarrow.RecordBatch]]:
        if self.stream is None:
            self.stream = _rstage.Stream(batch.schema.empty_table(), self.told)
        records, findings = self.stream.stage(pyarrow.Table.from_batches([batch]))
        return pyarrow.table(records).to_batches(), pyarrow.table(findings).to_batches()

    def finish(self) -> tuple[Any, Summary] | None:
        """Nothing where the partition has no records."""
        return None if self.stream is None else self.stream.finish()


def _each(partition: _Partition, batches: Iterable[pyarrow.RecordBatch]) -> Iterator[tuple[list, list]]:
    return (partition.stage(batch) for batch in batches if batch.num_rows)


def _told(options: Options) -> str:
    # A worker of Spark has one core to itself.
    return encoded({**options, "threads": 1})


def _empty(frame: DataFrame) -> pyarrow.Table:
    """The columns of a frame."""
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(frame.schema).empty_table()


def _partition() -> int:
    from pyspark import TaskContext

    return TaskContext.get().partitionId()


def _partitions(frame: DataFrame) -> int:
    """Partitions of a frame, about; it decides only in how many steps counts are added up."""
    try:
        return frame.rdd.getNumPartitions()
    except Exception:  # Spark Connect knows no partitions.
        return 16


def _by_patient(frame: DataFrame, told: str) -> DataFrame:
    """A frame with the records of each patient in one partition."""
    from pyspark.sql import functions

    patient = _rstage.columns_of(_empty(frame), "patient_id", told)
    if not patient:
        return frame
    registry = _rstage.columns_of(_empty(frame), "registry_id", told)
    columns = [functions.col(f"`{name.replace('`', '``')}`") for name in [*registry, *patient]]
    return frame.repartition(*columns)


def _of_records(batches: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    return (batch.select(_FINDINGS) for batch in batches)


def _one_text(text: str) -> pyarrow.RecordBatch:
    return pyarrow.RecordBatch.from_pydict({"counts": [text]})


def _sum(texts: Iterable[str]) -> Summary | None:
    total = None
    for text in texts:
        counts = Summary.from_json(text)
        total = counts if total is None else total + counts
    return total
