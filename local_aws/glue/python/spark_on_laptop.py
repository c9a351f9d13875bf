"""The process of a job run: gets a job as a line of JSON, makes the catalog visible to Spark, and runs the script.

Nothing here imports the local AWS: a script sees only what Glue has.
`python -m spark_on_laptop [ahead | rehearse]`. With `ahead` Spark is loaded before the job is known; `rehearse`
does only that, and lets Java end by itself, so that it writes its class archive.
"""

import json
import os
import queue
import re
import runpy
import signal
import sys
import tempfile
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from pyspark import SparkContext
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrameWriter, SparkSession, Window
from pyspark.sql import functions as f
from pyspark.sql.catalog import Catalog as SparkCatalog

Task = dict[str, Any]  # see jobs._task


def receive_until_the_end() -> "queue.Queue[Task]":
    """Return where the job arrives. When the server goes away its end of our input closes: then this process ends."""
    source, nothing = os.fdopen(os.dup(0)), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    arrived: queue.Queue[Task] = queue.Queue()

    def read() -> None:
        for line in source:
            arrived.put(json.loads(line))
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=read, daemon=True).start()
    return arrived


def rehearse() -> None:
    """Start Spark and do once what most jobs do, with rows of its own, so that Java loads the classes for it."""
    session = SparkSession.builder.getOrCreate()
    java: Any = session._jvm
    settings = java.org.apache.hadoop.conf.Configuration(session._jsc.hadoopConfiguration())
    settings.set("fs.s3a.bucket.probe", "0")
    settings.set("fs.s3a.endpoint", "http://127.0.0.1:9")
    settings.set("fs.s3a.aws.credentials.provider", "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider")
    java.org.apache.hadoop.fs.FileSystem.newInstance(java.java.net.URI("s3a://rehearsal/"), settings).close()
    rows = session.createDataFrame([(n, str(n % 7), "ab"[n % 2]) for n in range(99)], "n int, name string, kind string")
    with tempfile.TemporaryDirectory() as folder:
        rows.write.partitionBy("kind").parquet(f"file:{folder}/rows")
        rows = session.read.parquet(f"file:{folder}/rows").where("kind = 'a'")
        wide = rows.withColumn("place", f.row_number().over(Window.partitionBy("name").orderBy("n")))
        wide = wide.withColumn("id", f.md5("name")).withColumn("price", f.col("n").cast("decimal(12,2)"))
        wide.join(rows.select("name").distinct(), "name", "left_semi").write.parquet(f"file:{folder}/wide")
        wide.groupBy("name").agg(f.sum("price"), f.max("id")).orderBy("name").collect()
    session.sparkContext.parallelize([1, 2], 2).map(str).collect()
    session.stop()


def prepare(task: Task) -> None:
    """Make this process that of a job: its credentials, its folder, its modules, its settings of Spark."""
    folder, python_path = task["folder"], os.pathsep.join([*task["libraries"], os.environ["PYTHONPATH"]])
    own = {"PYTHONPATH": python_path, "HOME": folder, "TMPDIR": str(Path(folder, "tmp"))} | task["environment"]
    SparkContext._ensure_initialized()  # starts Java, unless it was started ahead
    java: Any = SparkContext._jvm
    for name, value in (task["settings"] | {f"spark.executorEnv.{name}": value for name, value in own.items()}).items():
        java.java.lang.System.setProperty(name, value)
    os.environ.update(own)
    sys.path[:0] = task["libraries"]
    sys.argv = [task["script"], *task["arguments"]]
    os.chdir(folder)


def message_of(error: BaseException) -> str:
    """Return one text for an error: Spark's without the query plan that follows its first line, and its root cause."""
    words, cause = str(error).strip(), getattr(error, "java_exception", None)
    if cause is not None:
        while cause.getCause() is not None:
            cause = cause.getCause()
        lines = [line for line in str(cause.toString()).splitlines() if line.strip()]
        words = f"{words.splitlines()[0]} {lines[-1] if 'Traceback' in lines[0] else lines[0]}"
    return f"{type(error).__name__}: {words}"


def run(task: Task) -> int:
    """Run the script as `__main__`; return the exit status. The traceback of a failure begins with the script."""
    prepare(task)
    write_at_once()
    if task["catalog"]:
        show_catalog()
    try:
        runpy.run_path(task["script"], run_name="__main__")
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return 0
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != task["script"]:
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        Path(task["folder"], "error.txt").write_text(message_of(error), "utf-8")
        return 1
    return 0


# --- the Glue catalog in Spark: a job sees the tables that it names, each asked for with the role's credentials. As on
# Glue, what a job does not name it does not meet: a raw table in odd folders stops no job.


def show_catalog() -> set[tuple[str, ...]]:
    """Let `spark.table` and `spark.catalog.tableExists` look in the Glue catalog first; return what was looked for."""
    catalog, known = boto3.client("glue"), set[tuple[str, ...]]()
    sessions: Any = SparkSession
    catalogs: Any = SparkCatalog
    plain_table, plain_exists = sessions.table, catalogs.tableExists

    def look(session: Any, name: str) -> None:
        parts = tuple(re.findall(r"[^.`]+", name.lower()))
        if len(parts) == 2 and parts not in known:  # database and table; other names are Spark's own
            known.add(parts)
            _register(session, catalog, *parts)

    def table(session: Any, tableName: str) -> Any:  # noqa: N803 (Spark's name)
        look(session, tableName)
        return plain_table(session, tableName)

    def exists(spark: Any, tableName: str) -> Any:  # noqa: N803 (Spark's name)
        look(spark._sparkSession, tableName)
        return plain_exists(spark, tableName)

    sessions.table, catalogs.tableExists = table, exists
    return known


def _register(session: Any, catalog: Any, database: str, name: str) -> None:
    """Make a table of Parquet files known to Spark, with its partitions; one that is not there stays unknown."""
    try:
        catalog.get_database(Name=database)
        described = catalog.get_table(DatabaseName=database, Name=name)["Table"]
    except catalog.exceptions.EntityNotFoundException:
        return
    storage, keys = described["StorageDescriptor"], described.get("PartitionKeys") or []
    if "ParquetHiveSerDe" not in storage["SerdeInfo"]["SerializationLibrary"]:
        raise NotImplementedError(f"{database}.{name}: Spark in the local AWS reads tables of Parquet files only")
    columns = ", ".join(f"`{column['Name']}` {column['Type']}" for column in storage["Columns"] + keys)
    by = f"partitioned by ({', '.join(key['Name'] for key in keys)})" if keys else ""
    session.sql(f"create database if not exists `{database}`")
    session.sql(
        f"create table `{database}`.`{name}` ({columns}) using parquet {by} location {json.dumps(storage['Location'])}"
    )
    pages = catalog.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name) if keys else []
    clauses = ""
    for partition in (partition for page in pages for partition in page["Partitions"]):
        values = zip(keys, partition["Values"], strict=True)
        pairs = ", ".join(f"`{key['Name']}` = {json.dumps(value)}" for key, value in values)
        clauses += f" partition ({pairs}) location {json.dumps(partition['StorageDescriptor']['Location'])}"
    if clauses:
        session.sql(f"alter table `{database}`.`{name}` add{clauses}")


# --- Parquet that Spark writes to S3 is written beside the job first, and becomes objects when all files are there. No
# rename is needed and no file of a write that failed is seen (AWS Glue Developer Guide, "Using the EMRFS S3-optimized
# committer"). Spark's usual one, a dozen requests for each file on S3A, does everything but new folders of Parquet.


def write_at_once() -> None:
    """Let `DataFrame.write.parquet` write new folders on S3 in this way."""
    plain_parquet, plain_mode = DataFrameWriter.parquet, DataFrameWriter.mode

    def mode(self: Any, saveMode: str | None) -> Any:  # noqa: N803 (Spark's name)
        self._has_mode = True
        return plain_mode(self, saveMode)

    def parquet(self: Any, path: str, *given: Any, **named: Any) -> None:
        if not path.startswith("s3://") or given or named or hasattr(self, "_has_mode"):
            plain_parquet(self, path, *given, **named)
            return
        local = self._spark._jvm.org.apache.hadoop.fs.FileSystem.getLocal(self._spark._jsc.hadoopConfiguration())
        local.setWriteChecksum(False)  # no second file beside each
        with tempfile.TemporaryDirectory() as folder:
            plain_parquet(self, f"file:{folder}/files")
            upload(Path(folder, "files"), path)

    own: Any = DataFrameWriter
    own.mode, own.parquet = mode, parquet


def upload(folder: Path, address: str) -> None:
    """Make objects of files below an address such as ``s3://bucket/folder``, where nothing may be yet."""
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    prefix, s3 = prefix.strip("/") + "/", boto3.client("s3")
    if s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"]:
        raise AnalysisException(f"[PATH_ALREADY_EXISTS] Path {address} already exists.")
    files = {prefix + path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.parquet"))}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=files[key].read_bytes()), files))


if __name__ == "__main__":
    if sys.argv[1] == "rehearse":
        rehearse()
        gateway: Any = SparkContext._gateway
        gateway.proc.stdin.close()
        sys.exit(gateway.proc.wait())
    jobs = receive_until_the_end()
    if sys.argv[1] == "ahead":
        rehearse()
    status = run(jobs.get())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not held up by threads that the script left behind; the JVM follows its driver
