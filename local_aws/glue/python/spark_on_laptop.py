"""The process of a job run: `python -m spark_on_laptop SCRIPT [ARGUMENT ...]` runs a script as Glue does.

Nothing here imports the local AWS: a script sees only what Glue has.
"""

import os
import re
import runpy
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partialmethod
from pathlib import Path
from typing import Any, cast

import boto3
from pyspark import SparkContext
from pyspark.sql import DataFrameReader, DataFrameWriter


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
    told = Path("error.txt").absolute()
    try:
        prepare_spark()
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
        if running := cast("Any", SparkContext)._active_spark_context:
            running.stop()
    return 0


def prepare_spark() -> None:
    """Give Spark its way to S3, for a script that starts it: its Java is prepared when that is there."""
    spark, folder = cast("Any", SparkContext), Path("s3").absolute()
    start = spark._ensure_initialized

    def prepared(*given: Any, **named: Any) -> None:
        start(*given, **named)
        make_plain_files(spark._jvm)

    spark._ensure_initialized = prepared
    mirror_s3(folder)


def make_plain_files(java: Any) -> None:
    """Make, by Spark's javassist, files without modes: without its native library Hadoop starts `chmod` for each."""
    pool, name = java.javassist.ClassPool.getDefault(), "org.apache.hadoop.fs.PlainFiles"
    if pool.getOrNull(name) is None:
        raw = pool.get("org.apache.hadoop.fs.RawLocalFileSystem")
        plain = pool.makeClass(name, raw)
        plain.addMethod(java.javassist.CtNewMethod.copy(raw.getDeclaredMethod("setPermission"), plain, None))
        plain.getDeclaredMethod("setPermission").setBody(None)
        plain.toClass(java.Class.forName(raw.getName()))


# --- To Java a bucket is a folder (Hadoop, "View File System Overload Scheme Guide"). What a DataFrame reads is fetched
# there first, by one request an object where Hadoop's S3A makes ten; what it writes becomes objects when all files are
# there, so nothing of a write that failed is seen (AWS Glue Developer Guide, "Using the EMRFS S3-optimized committer").
Place = tuple[str, str, Path]  # a bucket, a key, and where Java looks for it
AT_ONCE = ThreadPoolExecutor(8)
S3: Any = boto3.client("s3")


def mirror_s3(folder: Path) -> None:
    """Let DataFrames read and write S3 by a folder of buckets. What an RDD writes there is not put."""
    for kind, name, way in (DataFrameReader, "load", read), (DataFrameWriter, "save", write):
        for method in ("parquet", "csv", "json", "orc", "text", name):
            setattr(kind, method, partialmethod(cast("Any", way), folder, getattr(kind, method)))


def read(reader: Any, folder: Path, plain: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Fetch what a reader reads, and read."""
    list(AT_ONCE.map(fetch, places(reader, folder, given, named)))
    return plain(reader, *given, **named)


def write(writer: Any, folder: Path, plain: Callable[..., Any], *given: Any, **named: Any) -> None:
    """Write, then put what is new and delete what is gone."""
    to = places(writer, folder, given, named)
    before = {each for place in to for each in fetch(place)}
    plain(writer, *given, **named)
    files = [(*place, file) for place in to for file in place[2].rglob("*") if file.is_file()]
    after = {(bucket, f"{key}/{file.relative_to(path)}", file) for bucket, key, path, file in files}
    list(AT_ONCE.map(lambda x: S3.put_object(Bucket=x[0], Key=x[1], Body=x[2].read_bytes()), after - before))
    list(AT_ONCE.map(lambda x: S3.delete_object(Bucket=x[0], Key=x[1]), before - after))


def places(asks: Any, folder: Path, given: Any, named: Any) -> list[Place]:
    """Return each address among some arguments; of a pattern, that of its folder."""
    texts = [text for each in (*given, *named.values()) for text in (each if isinstance(each, list) else [each])]
    matches = [re.match(r"s3a?://([^/]+)/*([^*?{[]*$|[^*?{[]*(?=/))", text) for text in texts if isinstance(text, str)]
    found = {(match[1], match[2].strip("/")) for match in matches if match}
    for bucket in {bucket for bucket, _ in found}:
        settings = asks._spark._jsc.hadoopConfiguration()
        settings.set(f"fs.viewfs.mounttable.{bucket}.linkFallback", (folder / bucket).as_uri())
    return [(bucket, key, folder / bucket / key) for bucket, key in found]


def fetch(place: Place) -> list[Place]:
    """Copy an object, or a folder's objects, to where Java looks for them; return them."""
    bucket, key, path = place
    try:
        body = S3.get_object(Bucket=bucket, Key=key or "/")["Body"]
    except S3.exceptions.NoSuchKey:
        path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
        pages = S3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{key}/".lstrip("/"))
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", []) if entry["Size"]]
        return [copy for each in keys for copy in fetch((bucket, each, path / each.removeprefix(f"{key}/")))]
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{threading.get_ident()}")  # Java may be reading what was there
    with half.open("wb") as file:
        shutil.copyfileobj(body, file)
    half.replace(path)
    return [place]


if __name__ == "__main__":
    del sys.argv[0]
    end_with_the_server()
    status = run(sys.argv[0])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not held up by threads that the script left behind; Java follows its driver
