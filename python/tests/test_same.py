"""Frames come to what the command makes of the same records in files."""

from __future__ import annotations

import json

import pandas
import polars
import polars.testing
import pyarrow
import pyarrow.parquet
import pytest
from conftest import FIXTURES

import rstage

PLACE = ("file",)
OPTIONS = {"also_edition": [7, 8], "oligo_profiles": "all", "mx": "unknown", "findings": {"D01": "warning"}}
ARGUMENTS = ["--also-edition", "7,8", "--oligo-profiles", "all", "--mx", "unknown"]


@pytest.fixture
def severities(tmp_path):
    config = tmp_path / "job.toml"
    config.write_text('[findings]\nD01 = "warning"\n')
    return ["--config", str(config)]


@pytest.fixture
def table():
    return pyarrow.parquet.read_table(FIXTURES / "registry.parquet")


def test_arrow_is_what_the_command_writes_to_parquet(run, table, severities):
    out = run(*ARGUMENTS, *severities)
    done = rstage.process(table, name="registry", **OPTIONS)
    records = pyarrow.parquet.read_table(out / "records.parquet")
    assert done.records.column_names == records.column_names
    assert done.records.schema.types == records.schema.types
    for name in records.column_names:
        assert done.records[name].combine_chunks().equals(records[name].combine_chunks()), name
    findings = pyarrow.parquet.read_table(out / "findings.parquet").drop_columns(PLACE)
    assert findings.num_rows > 50
    assert done.findings.drop_columns(PLACE).combine_chunks().equals(findings.combine_chunks())
    assert done.findings["file"].unique().to_pylist() == ["registry"]
    assert rstage.stage(table, **OPTIONS).equals(done.records)
    assert rstage.audit(table, name="registry", **OPTIONS).equals(done.findings)


def test_summaries_are_those_of_the_command_and_add_up(run, table):
    counts = json.loads((run() / "summary" / "counts.json").read_text())
    half = table.num_rows // 2
    parts = [rstage.summary(table[:half], name="first"), rstage.summary(table[half:], name="second")]
    for summary in (rstage.summary(table), parts[0] + parts[1]):
        ours = json.loads(summary.to_json())
        ours["origin"]["runs"] = counts["origin"]["runs"]
        assert ours == counts
    assert str(parts[0] + parts[1]) == str(rstage.summary(table))
    with pytest.raises(rstage.RstageError, match="twice|same run|already"):
        parts[0] + parts[0]
    with pytest.raises(rstage.RstageError, match="settings"):
        parts[0] + rstage.summary(table[half:], mx="unknown")


def test_summary_tables_are_those_of_the_command(run, table):
    out = run()
    tables = rstage.summary(table).tables()
    assert len(tables) > 10
    for name, batches in tables.items():
        written = pyarrow.parquet.read_table(out / "summary" / f"{name}.parquet")
        # The last column is the id of the run.
        own, written = (table.drop_columns(table.column_names[-1:]) for table in (batches.to_arrow(), written))
        assert own.equals(written), name


def as_texts(frame) -> list[list[str]]:
    """The cells of a frame as texts, nulls as empty ones."""
    columns = frame.to_dict(as_series=False).values() if isinstance(frame, polars.DataFrame) else [
        frame[name].tolist() for name in frame.columns
    ]
    empty = lambda cell: cell is None or cell != cell
    return [["" if empty(cell) else str(cell) for cell in column] for column in columns]


@pytest.mark.parametrize("library", ["polars", "pandas"])
def test_frames_of_texts_are_what_the_command_writes_to_csv(run, library):
    source = FIXTURES / "registry.csv"
    out = run("--also-edition", "7,8", source=source)
    if library == "polars":
        read = lambda path: polars.read_csv(path, infer_schema=False)
    else:
        read = lambda path: pandas.read_csv(path, dtype=str, keep_default_na=False)
    frame = read(source)
    staged = rstage.stage(frame, also_edition=(7, 8))
    assert type(staged) is type(frame)
    written = read(out / "records.csv")
    assert list(staged.columns) == list(written.columns)
    assert as_texts(staged) == as_texts(written)
    findings = rstage.audit(frame, also_edition=(7, 8))
    table = read(out / "findings.csv")
    # A text table counts lines, of which a record may take several, and a frame counts records.
    ours, theirs = as_texts(findings), as_texts(table)
    assert ours[0] == theirs[0] and ours[3:] == theirs[3:]


def test_columns_that_came_are_not_touched(table):
    frame = table.to_pandas()
    frame["other"] = [{"any": "thing"}] * len(frame)
    frame["visits"] = pandas.date_range("2020-01-01", periods=len(frame))
    frame.index = [f"row {number}" for number in range(len(frame))]
    staged = rstage.stage(frame)
    pandas.testing.assert_frame_equal(staged[frame.columns], frame)
    assert (staged["rstage_schema"].astype(str) != "").sum() > 2000

    frame = polars.from_arrow(table).with_columns(
        polars.int_range(polars.len()).alias("number"), polars.lit([1, 2]).alias("list")
    )
    staged = rstage.stage(frame)
    polars.testing.assert_frame_equal(staged.select(frame.columns), frame)
    assert rstage.stage(table.to_batches()[0]).column_names == rstage.stage(table).column_names
    assert isinstance(rstage.stage(table.to_batches()[0]), pyarrow.RecordBatch)


def test_numbers_dates_and_categories_are_read_like_texts(table):
    plain = polars.from_arrow(table)
    typed = plain.with_columns(
        polars.col("primarySite").cast(polars.Categorical),
        polars.col("sex").cast(polars.Int32),
        polars.col("dateOfDiagnosis").str.to_date("%Y%m%d", strict=False).alias("dateOfDiagnosis"),
    )
    whole = plain["dateOfDiagnosis"].str.len_chars() == 8
    ours, theirs = rstage.stage(typed.filter(whole)), rstage.stage(plain.filter(whole))
    assert ours["rstage_group"].to_list() == theirs["rstage_group"].to_list()


def test_identifiers_can_be_left_out(run, table):
    out = run("--drop-identifiers")
    staged = rstage.stage(table.append_column("nameLast", table["primarySite"]), drop_identifiers=True)
    records = pyarrow.parquet.read_table(out / "records.parquet")
    assert staged.column_names == records.column_names
    assert "nameLast" not in staged.column_names


def test_own_names_by_map(table, tmp_path):
    frame = polars.from_arrow(table).rename({"primarySite": "tumour place"})
    map = {"columns": {"site": "tumour place"}}
    expected = rstage.stage(polars.from_arrow(table))["rstage_group"]
    assert rstage.stage(frame, map=map)["rstage_group"].equals(expected)
    place = tmp_path / "columns.toml"
    place.write_text('[columns]\nsite = "tumour place"\n')
    assert rstage.stage(frame, map=place)["rstage_group"].equals(expected)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (polars.DataFrame({"a": ["1"]}), {}, "frame: .*hint"),
        (None, {"mxx": "m0"}, "unknown field `mxx`"),
        (None, {"mx": "m1"}, "m1"),
        (None, {"edition": 5}, "edition: 5 is not in 6..=9"),
        (None, {"set": {"sit": "C50"}}, "set: "),
        (None, {"findings": {"D01": "of"}}, "of"),
        (None, {"map": {"columns": {"site": "nowhere"}}}, "nowhere"),
        (None, {"layout": "no such layout"}, "no such layout"),
    ],
)
def test_mistakes_are_told(table, frame, options, message):
    with pytest.raises(rstage.RstageError, match=f"(?s){message}"):
        rstage.stage(table if frame is None else frame, **options)


def test_what_is_no_frame_is_told(table):
    for wrong in (polars.from_arrow(table).lazy(), [1, 2], None):
        with pytest.raises(TypeError, match="hint"):
            rstage.stage(wrong)


def test_a_record_is_explained_as_by_the_command(command, table):
    import subprocess

    def said(*arguments):
        return subprocess.run([command, "explain", *arguments], check=True, capture_output=True, text=True).stdout

    key = rstage.audit(table)["key"][0].as_py()
    assert rstage.explain(table, key=key) == said(str(FIXTURES / "registry.parquet"), "--key", key)
    fields = {"site": "C62.1", "histology": "9061", "t": "T2", "n": "N1", "m": "M1a", "s": "S1", "year": 2020}
    text = said(*[part for name, value in fields.items() for part in (f"--{name}", str(value))])
    assert rstage.explain(**fields) == rstage.explain(fields) == text
    with pytest.raises(rstage.RstageError, match="no record has the key"):
        rstage.explain(table, key="nobody")


def test_other_threads_run_meanwhile(table):
    import threading
    import time

    large = pyarrow.concat_tables([table] * 20)
    turns, done = [], threading.Event()

    def count():
        while not done.is_set():
            turns.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    begin = time.perf_counter()
    rstage._rstage.process(large, "{}")
    took = time.perf_counter() - begin
    done.set()
    thread.join()
    longest = max(later - earlier for earlier, later in zip(turns, turns[1:]))
    assert longest < took / 2, (longest, took)


def test_batches_are_taken_by_any_library(table):
    import pickle

    records, findings, counts = rstage._rstage.process(table, "{}")
    assert len(records) == table.num_rows and records.columns[-1] == "rstage_beside_reason"
    assert len(findings.to_polars()) == len(findings.to_pandas()) == len(findings)
    assert pickle.loads(pickle.dumps(counts)) == counts
    stream = pyarrow.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=500))
    assert rstage.stage(stream).equals(rstage.stage(table))
