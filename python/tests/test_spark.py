"""Partitions on a cluster of this machine come to what one run of the command makes of them.

The cluster is a real one, with workers in processes of their own: one of them is killed in the middle."""

from __future__ import annotations

import json
import os
import shutil
import sys

import pyarrow.parquet
import pytest
from conftest import FIXTURES

pyspark = pytest.importorskip("pyspark", reason="pyspark is absent, Spark was not tested")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("Java is absent, Spark was not tested", allow_module_level=True)

import rstage
import rstage.spark

SOURCE = FIXTURES / "registry.parquet"
PARTITIONS = 4


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    scratch = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .appName("rstage")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "200")
        .config("spark.local.dir", str(scratch / "local"))
        .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture
def frame(spark):
    return spark.read.parquet(str(SOURCE)).repartition(PARTITIONS)


@pytest.fixture
def table():
    return pyarrow.parquet.read_table(SOURCE)


def sorted_rows(table: pyarrow.Table) -> list[tuple]:
    return sorted(zip(*(column.to_pylist() for column in table.columns)))


def test_partitions_are_what_one_run_writes(run, frame):
    out = run("--also-edition", "8")
    staged = rstage.spark.stage(frame, also_edition=8)
    assert staged.rdd.getNumPartitions() == PARTITIONS
    ours, theirs = staged.toArrow(), pyarrow.parquet.read_table(out / "records.parquet")
    assert ours.column_names == theirs.column_names
    assert staged.schema.fields[: len(frame.columns)] == frame.schema.fields
    assert sorted_rows(ours) == sorted_rows(theirs)


def test_findings_are_those_of_one_run(run, spark, table, tmp_path):
    # Later tumors of some patients, which stand in other partitions before they are brought together.
    first = table[:300].to_pylist()
    later = [
        record | {"tumorRecordNumber": "99", "dateOfDiagnosis": f"{int(record['dateOfDiagnosis'][:4]) + 5}0301"}
        for record in first
        if record["dateOfDiagnosis"][:4].isdigit() and record["tumorRecordNumber"] != "99"
    ]
    both = tmp_path / "both.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(first + later, schema=table.schema), both)
    theirs = run(source=both) / "findings.parquet"
    theirs = pyarrow.parquet.read_table(theirs).drop_columns(["file", "line"])
    found = rstage.spark.audit(spark.read.parquet(str(both)).repartition(PARTITIONS))
    assert "R14" in theirs["rule"].to_pylist()
    assert sorted_rows(found.toArrow()) == sorted_rows(theirs)


def test_counts_are_those_of_one_run(run, frame, table):
    theirs = json.loads((run() / "summary" / "counts.json").read_text())
    counts = rstage.spark.summary(frame)
    ours = json.loads(counts.to_json())
    assert len(ours["origin"]["runs"]) == PARTITIONS
    ours["origin"]["runs"] = theirs["origin"]["runs"]
    assert ours == theirs
    empty = rstage.spark.summary(frame.limit(0))
    assert empty.records == 0 and str(counts) == str(rstage.summary(table))


def killing(marker: str):
    """Passes batches on; the first time, the worker on which the third partition lies is killed after its first
    batch, with everything that it has done so far."""

    def passed(batches):
        import os
        import signal
        from pathlib import Path

        from pyspark import TaskContext

        for number, batch in enumerate(batches):
            yield batch
            if number == 0 and TaskContext.get().partitionId() == 2:
                try:
                    Path(marker).touch(exist_ok=False)
                except FileExistsError:
                    continue
                # A worker's Python is a child of a daemon, and that of the worker itself.
                daemon = os.getppid()
                with open(f"/proc/{daemon}/stat") as stat:
                    worker = int(stat.read().rpartition(")")[2].split()[1])
                with open(f"/proc/{worker}/cmdline") as line:
                    assert "CoarseGrainedExecutorBackend" in line.read()
                os.kill(worker, signal.SIGKILL)

    return passed


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no /proc: the worker cannot be found to be killed")
def test_a_killed_worker_loses_and_doubles_nothing(frame, table, tmp_path):
    marker = tmp_path / "killed"
    dying = frame.mapInArrow(killing(str(marker)), frame.schema)
    staged = rstage.spark.stage(dying)
    staged.write.parquet(str(tmp_path / "staged"))
    assert marker.exists()
    ours = pyarrow.parquet.read_table(tmp_path / "staged")
    assert sorted_rows(ours) == sorted_rows(rstage.stage(table))
    marker.unlink()
    counts = rstage.spark.summary(dying)
    assert marker.exists()
    assert str(counts) == str(rstage.summary(table)) and counts.records == table.num_rows


def test_mistakes_are_told_before_anything_runs(frame):
    with pytest.raises(rstage.RstageError, match="unknown field"):
        rstage.spark.stage(frame, mxx="m0")
    with pytest.raises(rstage.RstageError, match="hint"):
        rstage.spark.stage(frame.select("sex"))
