"""Parquet that Spark writes to S3 is written beside the job first, and becomes objects when all files are there.

As with Glue's own committer no rename is needed and no file of a write that failed is ever seen (AWS Glue Developer
Guide, "Using the EMRFS S3-optimized committer"). Spark's usual one renames, which S3A does by copies: a dozen requests
for each file. It stays in use for everything but new folders of Parquet.
"""

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
        folder, spark = Path(tempfile.mkdtemp(prefix="write-")), self._spark
        local = spark._jvm.org.apache.hadoop.fs.FileSystem.getLocal(spark._jsc.hadoopConfiguration())
        local.setWriteChecksum(False)  # no second file beside each
        try:
            plain_parquet(self, f"file:{folder}/files")
            upload(folder / "files", path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    for own in (mode, parquet):
        setattr(DataFrameWriter, own.__name__, own)


def upload(folder: Path, address: str) -> None:
    """Make objects of files below an address such as ``s3://bucket/folder``, where nothing may be yet."""
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    prefix = prefix.strip("/") + "/"
    s3: Any = boto3.client("s3", config=Config(max_pool_connections=UPLOADS_AT_ONCE))
    if s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"]:
        raise AnalysisException(f"[PATH_ALREADY_EXISTS] Path {address} already exists.")

    def put(path: Path) -> None:
        with path.open("rb") as body:
            s3.put_object(Bucket=bucket, Key=prefix + path.relative_to(folder).as_posix(), Body=body)

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        list(pool.map(put, sorted(path for path in folder.rglob("*.parquet"))))
