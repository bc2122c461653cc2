"""What a run leaves opens without options in the programs of those who read it."""

from __future__ import annotations

import shutil
import subprocess

import polars
import pyarrow.csv
import pyarrow.parquet
import pytest
from conftest import FIXTURES

RECORDS = 3000


@pytest.fixture(params=["csv", "parquet"])
def result(request, run):
    out = run("--format", request.param, "--also-edition", "8", source=FIXTURES / "registry.csv")
    files = [out / f"{name}.{request.param}" for name in ("records", "findings")]
    files += sorted((out / "summary").glob(f"*.{request.param}"))
    assert len(files) > 12
    return files


@pytest.fixture
def shapes(result):
    """Columns and rows of each file by a reader of our own tests, which knows quotes and line breaks."""
    import csv

    def shape(file):
        if file.suffix == ".parquet":
            metadata = pyarrow.parquet.read_metadata(file)
            return metadata.num_columns, metadata.num_rows
        with open(file, encoding="utf-8", newline="") as text:
            rows = list(csv.reader(text))
        assert {len(row) for row in rows} == {len(rows[0])}
        return len(rows[0]), len(rows) - 1

    shapes = {file: shape(file) for file in result}
    assert shapes[result[0]][1] == RECORDS
    return shapes


def test_polars(shapes):
    for file, (columns, rows) in shapes.items():
        frame = polars.read_csv(file, infer_schema_length=None) if file.suffix == ".csv" else polars.read_parquet(file)
        assert (frame.width, frame.height) == (columns, rows), file.name


def test_pyarrow(shapes):
    for file, (columns, rows) in shapes.items():
        # A record may hold a line break of its own, which is told to this reader alone.
        parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
        read = (lambda file: pyarrow.csv.read_csv(file, parse_options=parse)) if file.suffix == ".csv" else pyarrow.parquet.read_table
        table = read(file)
        assert (table.num_columns, table.num_rows) == (columns, rows), file.name


def test_duckdb(shapes):
    duckdb = pytest.importorskip("duckdb", reason="duckdb is absent, its reading was not tested")
    for file, (columns, rows) in shapes.items():
        table = duckdb.sql(f"select * from '{file}'")
        assert (len(table.columns), len(table.fetchall())) == (columns, rows), file.name
    records = next(iter(shapes))
    ((found, stages),) = duckdb.sql(
        f"select count(*), count(distinct rstage_stage) from '{records}' where rstage_group <> ''"
    ).fetchall()
    assert found > 2000 and stages > 4


def test_pandas(shapes):
    import pandas

    for file, (columns, rows) in shapes.items():
        frame = pandas.read_csv(file, low_memory=False) if file.suffix == ".csv" else pandas.read_parquet(file)
        assert frame.shape == (rows, columns), file.name


def test_r(shapes):
    interpreter = shutil.which("Rscript")
    if interpreter is None:
        pytest.skip("R is absent, its reading was not tested")
    for file, (columns, rows) in shapes.items():
        if file.suffix == ".parquet":
            continue
        program = f"cat(dim(read.csv('{file}')))"
        said = subprocess.run([interpreter, "-e", program], check=True, capture_output=True, text=True).stdout
        assert said.split() == [str(rows), str(columns)], file.name
