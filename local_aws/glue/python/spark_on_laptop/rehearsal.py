"""What most jobs do once, done for nobody: Java loads Spark's classes, for the class archive or ahead of a job."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def rehearse(is_enough: Callable[[], bool]) -> None:
    """Start Spark, use it on files of this process alone, and stop it. `is_enough` is asked between the steps."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    folder = Path(tempfile.mkdtemp(prefix="rehearsal-"))
    try:
        for step in (open_s3, write_and_read, relate):
            if is_enough():
                break
            step(session, f"file:{folder}")
    finally:
        session.stop()
        shutil.rmtree(folder, ignore_errors=True)


def open_s3(session: Any, _: str) -> None:
    """Load S3A without a request and without credentials."""
    hadoop = session._jvm.org.apache.hadoop
    settings = hadoop.conf.Configuration(session._jsc.hadoopConfiguration())
    for name, value in {
        "fs.s3a.bucket.probe": "0",
        "fs.s3a.endpoint": "http://127.0.0.1:9",
        "fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider",
    }.items():
        settings.set(name, value)
    file_system = session._jvm.java.lang.Class.forName("org.apache.hadoop.fs.s3a.S3AFileSystem").newInstance()
    file_system.initialize(hadoop.fs.Path("s3a://rehearsal/").toUri(), settings)
    file_system.close()


def write_and_read(session: Any, place: str) -> None:
    """Rows from Python to Parquet by folders, and back through a table of the catalog."""
    rows = session.createDataFrame(
        [(n, str(n % 7), "ab"[n % 2]) for n in range(200)], "n int, name string, kind string"
    )
    rows.write.partitionBy("kind").parquet(f"{place}/rows")
    session.sql("create database rehearsal")
    columns = "n int, name string, kind string"
    session.sql(f"create table rehearsal.t ({columns}) using parquet partitioned by (kind) location '{place}/rows'")
    session.sql(f"alter table rehearsal.t add partition (kind = 'a') location '{place}/rows/kind=a'")
    session.table("rehearsal.t").where("kind = 'a'").groupBy("name").count().collect()


def relate(session: Any, place: str) -> None:
    """Do what jobs do with rows: joins, windows, text and numbers, Python in executors."""
    from pyspark.sql import Observation, Window
    from pyspark.sql import functions as f

    rows = session.read.parquet(f"{place}/rows")
    wide = rows.withColumn("place", f.row_number().over(Window.partitionBy("name").orderBy("n")))
    wide = wide.withColumn("id", f.md5("name")).withColumn("price", f.col("n").cast("decimal(12,2)"))
    seen = Observation("rehearsal")
    found = wide.join(rows.select("name").distinct(), "name", "left_semi").observe(seen, f.count(f.lit(1)).alias("n"))
    found.repartition(2, "name").sortWithinPartitions("n").write.parquet(f"{place}/wide")
    wide.groupBy("name").agg(f.sum("price"), f.max("id")).orderBy("name").collect()
    session.sparkContext.parallelize([1, 2], 2).map(str).collect()


def end_of_java() -> int:
    """Let Java end by itself; returns its exit status."""
    from pyspark import SparkContext

    java: Any = SparkContext._gateway
    java.proc.stdin.close()
    return int(java.proc.wait())
