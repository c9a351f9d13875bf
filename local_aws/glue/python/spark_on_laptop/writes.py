"""Parquet that Spark writes to S3 is written beside the job first, and becomes objects when all files are there.

No rename is needed and no file of a write that failed is seen (AWS Glue Developer Guide, "Using the EMRFS S3-optimized
committer"). Spark's usual one, a dozen requests for each file on S3A, does everything but new folders of Parquet.
"""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrameWriter


def install() -> None:
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

    def put(path: Path) -> None:
        s3.put_object(Bucket=bucket, Key=prefix + path.relative_to(folder).as_posix(), Body=path.read_bytes())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, sorted(folder.rglob("*.parquet"))))
