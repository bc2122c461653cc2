"""Figures of staging on Spark with one worker and with two: ``python tests/bench_spark.py REGISTRY.parquet``.

The package has to be installed as it is for use (``pip install ./python``): ``maturin develop`` leaves one that is not
optimised. Workers are processes of this machine with one core each. The records are read from Parquet in eight
partitions, staged, and every new column is looked at; starting the cluster is not counted, the first of three rounds is
thrown away."""

from __future__ import annotations

import os
import sys
import time


def main(source: str) -> None:
    from pyspark.sql import SparkSession, functions

    import rstage.spark

    os.environ["PYSPARK_PYTHON"] = sys.executable
    for workers in (1, 2):
        session = (
            SparkSession.builder.master(f"local-cluster[{workers},1,1024]")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.files.maxPartitionBytes", str(os.path.getsize(source) // 8 + 1))
            .config("spark.sql.files.openCostInBytes", "0")
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("OFF")
        frame = session.read.parquet(source)
        taken = []
        for _ in range(3):
            begin = time.perf_counter()
            staged = rstage.spark.stage(frame)
            new = [name for name in staged.columns if name.startswith("rstage_")]
            staged.agg(*(functions.sum(functions.length(name)) for name in new)).collect()
            taken.append(time.perf_counter() - begin)
        rows = frame.count()
        print(f"{workers} worker(s), {staged.rdd.getNumPartitions()} partitions, {rows} records: ", end="")
        print(", ".join(f"{seconds:.1f} s" for seconds in taken[1:]), flush=True)
        session.stop()


if __name__ == "__main__":
    main(sys.argv[1])
