"""Files that Spark writes to S3 are written beside the job first, and become objects when all of them are there.

As with Glue's own committer no rename is needed and no file of a write that failed is ever seen (AWS Glue developer
guide, "Using the EMRFS S3-optimized committer"). Spark's usual one renames, which S3A does by copies: a dozen requests
for each file. It stays in use for what is not written by a DataFrame's `write`.
"""

import functools
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrameWriter

UPLOADS_AT_ONCE = 4
DELETED_AT_ONCE = 1000
FORMATS = ("parquet", "csv", "json", "orc", "text", "save")


def install() -> None:
    """Let `DataFrame.write` write to S3 in this way."""
    plain_mode = DataFrameWriter.mode

    def mode(self: Any, saveMode: str | None) -> Any:  # noqa: N803 (Spark's name)
        self._mode = saveMode or getattr(self, "_mode", None)
        return plain_mode(self, saveMode)

    changed: Any = DataFrameWriter
    changed.mode = mode
    for name in FORMATS:
        setattr(DataFrameWriter, name, _to_s3(getattr(DataFrameWriter, name)))


def _to_s3(plain: Any) -> Any:
    @functools.wraps(plain)
    def write(self: Any, path: str | None = None, *given: Any, **named: Any) -> None:
        if path is None or not path.startswith(("s3://", "s3a://")):
            plain(self, path, *given, **named)
            return
        folder, spark = Path(tempfile.mkdtemp(prefix="write-")), self._spark
        local = spark._jvm.org.apache.hadoop.fs.FileSystem.getLocal(spark._jsc.hadoopConfiguration())
        local.setWriteChecksum(False)  # no second file beside each
        try:
            plain(self, f"file:{folder}/files", *given, **named)
            dynamic = spark.conf.get("spark.sql.sources.partitionOverwriteMode").lower() == "dynamic"
            put_in_place(folder / "files", path, (getattr(self, "_mode", None) or "error").lower(), dynamic)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return write


def put_in_place(folder: Path, address: str, mode: str, dynamic: bool) -> None:
    """Make objects of files.

    Args:
        folder: of the files.
        address: the folder of the objects, ``s3://bucket/prefix``.
        mode: Spark's: append, overwrite, error, ignore.
        dynamic: an overwrite leaves partitions alone that are not written.
    """
    bucket, _, prefix = address.partition("://")[2].partition("/")
    prefix = prefix.strip("/") + "/"
    s3: Any = boto3.client("s3", config=Config(max_pool_connections=UPLOADS_AT_ONCE))
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    if mode != "append":
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        there = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        if there and mode == "ignore":
            return
        if there and mode != "overwrite":
            raise AnalysisException(f"[PATH_ALREADY_EXISTS] Path {address} already exists. Set mode as overwrite.")
        written = {prefix + name.rpartition("/")[0] for name in files}
        gone = [key for key in there if not dynamic or key.rpartition("/")[0] in written]
        for first in range(0, len(gone), DELETED_AT_ONCE):
            some = [{"Key": key} for key in gone[first : first + DELETED_AT_ONCE]]
            for error in s3.delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True}).get("Errors", []):
                raise PermissionError("{Code}: {Message}: {Key}".format(**error))

    def put(name: str) -> None:
        with (folder / name).open("rb") as body:
            s3.put_object(Bucket=bucket, Key=prefix + name, Body=body)

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        list(pool.map(put, files))
