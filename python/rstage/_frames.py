"""Frames of several libraries, each given back as what it came as."""

from __future__ import annotations

import sys
from typing import Any

from ._rstage import Batches


class Kind:
    """Any object that gives an Arrow stream."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.stream = frame
        """What the library reads."""

    def staged(self, kept: list[int], new: Batches) -> Any:
        """The frame with columns of its own that are kept, and new ones behind them."""
        import pyarrow

        own = pyarrow.table(self.frame).select(kept)
        for name, column in zip(new.columns, pyarrow.table(new).columns):
            own = own.append_column(name, column)
        return own

    def new(self, table: Batches) -> Any:
        """A table of the same kind."""
        return table.to_arrow()


class _ArrowBatch(Kind):
    def __init__(self, frame: Any) -> None:
        import pyarrow

        super().__init__(pyarrow.table(frame))

    def staged(self, kept: list[int], new: Batches) -> Any:
        return _one_batch(super().staged(kept, new))

    def new(self, table: Batches) -> Any:
        return _one_batch(table.to_arrow())


def _one_batch(table: Any) -> Any:
    import pyarrow

    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pyarrow.RecordBatch.from_pylist([], schema=table.schema)


class _Polars(Kind):
    def staged(self, kept: list[int], new: Batches) -> Any:
        own = [self.frame.to_series(at) for at in kept]
        return type(self.frame)([*own, *self.new(new).get_columns()])

    def new(self, table: Batches) -> Any:
        return table.to_polars()


class _Pandas(Kind):
    def __init__(self, frame: Any) -> None:
        import pyarrow

        super().__init__(frame)
        self.stream = pyarrow.Table.from_pandas(frame, preserve_index=False)

    def staged(self, kept: list[int], new: Batches) -> Any:
        import pandas

        added = new.to_pandas()
        added.index = self.frame.index
        return pandas.concat([self.frame.iloc[:, kept], added], axis=1)

    def new(self, table: Batches) -> Any:
        return table.to_pandas()


class _Stream(Kind):
    """Something that may be read once only."""

    def __init__(self, frame: Any) -> None:
        import pyarrow

        super().__init__(pyarrow.table(frame))


def kind_of(frame: Any) -> Kind:
    """How a frame is read and given back."""
    library = type(frame).__module__.partition(".")[0]
    name = type(frame).__name__
    if library == "polars" and name == "LazyFrame":
        raise TypeError("a LazyFrame holds no records\nhint: give frame.collect(), or frame.collect_batches() one by one")
    if library == "polars" and name == "DataFrame":
        return _Polars(frame)
    if "pandas" in sys.modules and isinstance(frame, sys.modules["pandas"].DataFrame):
        return _Pandas(frame)
    if library == "pyarrow" and name == "Table":
        return Kind(frame)
    if library == "pyarrow" and name == "RecordBatch":
        return _ArrowBatch(frame)
    if hasattr(frame, "__arrow_c_stream__"):
        return _Stream(frame)
    raise TypeError(
        f"{type(frame).__module__}.{name} is no frame\nhint: give a frame of polars, pandas or pyarrow, or anything with __arrow_c_stream__"
    )
