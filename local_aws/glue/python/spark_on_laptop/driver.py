"""Gets a job as a line of JSON on standard input, makes the catalog visible to Spark, and runs the job's script.

`python -m spark_on_laptop.driver [ahead | rehearse]`. With `ahead` Spark is loaded before the job is known; `rehearse`
does only that, and lets Java end by itself, so that it writes its class archive.
"""

import json
import os
import queue
import runpy
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import Any

Task = dict[str, Any]
"""folder: of the run; script: its path; arguments: sys.argv after it; libraries: for sys.path; environment: variables
for boto3; catalog: whether Spark sees the Glue catalog; settings: Spark's."""


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
    from pyspark.sql import SparkSession, Window
    from pyspark.sql import functions as f

    session = SparkSession.builder.getOrCreate()
    folder = tempfile.mkdtemp(prefix="rehearsal-")
    java: Any = session._jvm
    settings = java.org.apache.hadoop.conf.Configuration(session._jsc.hadoopConfiguration())
    for name, value in {
        "fs.s3a.bucket.probe": "0",
        "fs.s3a.endpoint": "http://127.0.0.1:9",
        "fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider",
    }.items():
        settings.set(name, value)
    files = java.java.lang.Class.forName("org.apache.hadoop.fs.s3a.S3AFileSystem").newInstance()
    files.initialize(java.org.apache.hadoop.fs.Path("s3a://rehearsal/").toUri(), settings)
    files.close()
    rows = session.createDataFrame([(n, str(n % 7), "ab"[n % 2]) for n in range(99)], "n int, name string, kind string")
    rows.write.partitionBy("kind").parquet(f"file:{folder}/rows")
    rows = session.read.parquet(f"file:{folder}/rows").where("kind = 'a'")
    wide = rows.withColumn("place", f.row_number().over(Window.partitionBy("name").orderBy("n")))
    wide = wide.withColumn("id", f.md5("name")).withColumn("price", f.col("n").cast("decimal(12,2)"))
    wide.join(rows.select("name").distinct(), "name", "left_semi").write.parquet(f"file:{folder}/wide")
    wide.groupBy("name").agg(f.sum("price"), f.max("id")).orderBy("name").collect()
    session.sparkContext.parallelize([1, 2], 2).map(str).collect()
    session.stop()
    shutil.rmtree(folder, ignore_errors=True)


def prepare(task: Task) -> None:
    """Make this process that of a job: its credentials, its folder, its modules, its settings of Spark."""
    from pyspark import SparkContext

    folder = Path(task["folder"])
    python_path = os.pathsep.join([*task["libraries"], os.environ["PYTHONPATH"]])
    own = {"PYTHONPATH": python_path, "HOME": str(folder), "TMPDIR": str(folder / "tmp")} | task["environment"]
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
    from . import catalog, writes

    prepare(task)
    writes.install()
    if task["catalog"]:
        catalog.show()
    try:
        runpy.run_path(task["script"], run_name="__main__")
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return 0
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != task["script"]:
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        (Path(task["folder"]) / "error.txt").write_text(message_of(error), "utf-8")
        return 1
    return 0


def main(mode: str) -> int:
    """Run one job; return the process's exit status."""
    if mode == "rehearse":
        from pyspark import SparkContext

        rehearse()
        java: Any = SparkContext._gateway
        java.proc.stdin.close()
        return int(java.proc.wait())
    arrived = receive_until_the_end()
    if mode == "ahead":
        rehearse()
    return run(arrived.get())


if __name__ == "__main__":
    status = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not held up by threads that the script left behind; the JVM follows its driver
