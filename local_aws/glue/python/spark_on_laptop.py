"""The process of a job run: `python -m spark_on_laptop SCRIPT [ARGUMENT ...]` runs a script as Glue does.

Nothing here imports the local AWS: a script sees only what Glue has.
"""

import os
import runpy
import signal
import sys
import tempfile
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import boto3
from pyspark import SparkContext, context
from pyspark.sql import DataFrameWriter


def end_with_the_server() -> None:
    """Let this process end when the server goes away, which closes its end of our input."""
    source, nothing = os.fdopen(os.dup(0), "rb"), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)

    def read() -> None:
        source.read()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=read, daemon=True).start()


def message_of(error: BaseException) -> str:
    """Return one text for an error: Spark's without the query plan that follows its first line, and its root cause."""
    words, cause = str(error).strip(), getattr(error, "java_exception", None)
    if cause is not None:
        while cause.getCause() is not None:
            cause = cause.getCause()
        lines = [line for line in str(cause.toString()).splitlines() if line.strip()]
        words = f"{words.splitlines()[0]} {lines[-1] if 'Traceback' in lines[0] else lines[0]}"
    return f"{type(error).__name__}: {words}"


def run(script: str) -> int:
    """Run a script as `__main__`; return the exit status. The traceback of a failure begins with the script."""
    write_at_once()
    work_as_the_role()
    told = Path("error.txt").absolute()
    try:
        runpy.run_path(script, run_name="__main__")
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return 0
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != script:
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        told.write_text(message_of(error), "utf-8")
        return 1
    finally:
        leave_java()
    return 0


# --- Java serves one script after another, so each brings its keys and its environment and leaves nothing running.

KEYS = {"AWS_ACCESS_KEY_ID": "accessKeyId", "AWS_SECRET_ACCESS_KEY": "secretKey", "AWS_SESSION_TOKEN": "sessionToken"}


def work_as_the_role() -> None:
    """Let Java take this process's keys, and give Python workers its environment, once the script asks for Spark."""
    own: Any = context
    plain = own.launch_gateway

    def launch_gateway(*given: Any) -> Any:
        gateway = plain(*given)
        for name, value in os.environ.items():
            gateway.jvm.System.setProperty(f"spark.executorEnv.{name}", value)
        for name, java_name in KEYS.items():
            gateway.jvm.System.setProperty(f"aws.{java_name}", os.environ.get(name, ""))
        make_plain_files(gateway.jvm)
        return gateway

    own.launch_gateway = launch_gateway


def leave_java() -> None:
    """End what this script has running in Java."""
    if running := cast("Any", SparkContext)._active_spark_context:
        running.stop()


# --- Parquet that Spark writes to S3 is written beside the job first, and becomes objects when all files are there. No
# rename is needed and no file of a write that failed is seen (AWS Glue Developer Guide, "Using the EMRFS S3-optimized
# committer"). Spark's usual one, a dozen requests for each file on S3A, does everything but new folders of Parquet.
PLAIN = "org.apache.hadoop.fs.PlainFiles"
PLAIN_FILES = {"fs.file.impl": PLAIN, "fs.file.impl.disable.cache": "true"}


def write_at_once() -> None:
    """Let `DataFrame.write.parquet` write new folders on S3 in this way."""
    plain, own, s3 = DataFrameWriter.parquet, cast("Any", DataFrameWriter), boto3.client("s3")

    def parquet(self: Any, path: str, *given: Any, **named: Any) -> None:
        bucket, _, prefix = path.removeprefix("s3://").strip("/").partition("/")
        is_new = path.startswith("s3://") and not s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/")["KeyCount"]
        if given or named or not is_new:
            plain(self, path, *given, **named)
            return
        with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(4) as pool:
            folder = Path(temporary, "files")
            plain(self.options(**PLAIN_FILES), f"file:{folder}")
            files = {f"{prefix}/{file.relative_to(folder)}": file for file in folder.rglob("*.parquet")}
            list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=files[key].read_bytes()), files))

    own.parquet = parquet


def make_plain_files(java: Any) -> None:
    """Make, by Spark's javassist, files without modes: without its native library Hadoop starts `chmod` for each."""
    pool = java.javassist.ClassPool.getDefault()
    if pool.getOrNull(PLAIN) is None:
        raw = pool.get("org.apache.hadoop.fs.RawLocalFileSystem")
        plain = pool.makeClass(PLAIN, raw)
        plain.addMethod(java.javassist.CtNewMethod.copy(raw.getDeclaredMethod("setPermission"), plain, None))
        plain.getDeclaredMethod("setPermission").setBody(None)
        plain.toClass(java.Class.forName(raw.getName()))


if __name__ == "__main__":
    del sys.argv[0]
    end_with_the_server()
    status = run(sys.argv[0])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not held up by threads that the script left behind; the JVM follows its driver
