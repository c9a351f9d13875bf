"""Looking into one file: compressed or not, and what the first classifier that recognises it says."""

import bz2
import gzip
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from local_aws.glue import csv_files, json_files, parquet_files
from local_aws.glue.csv_files import SAMPLE_BYTES, CsvClassifier
from local_aws.glue.schema import Schema

_REMEMBERED = 20_000  # a file that has not changed is not read again


@lru_cache(maxsize=_REMEMBERED)
def schema_of(path: Path, etag: str, size: int, classifiers: tuple[CsvClassifier, ...]) -> Schema | None:
    """Return the schema of a file, or None when no classifier knows it.

    etag and size tell versions of one path apart. Custom classifiers come first, in their order, then Glue's own:
    Parquet, JSON, CSV. Source: the AWS Glue developer guide, "Built-in classifiers".
    """
    if size == 0:
        return None
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        return parquet_files.recognise(path)
    compression, sample, whole = _sample(path, start)
    for classifier in classifiers:
        schema = csv_files.recognise(sample, whole, compression, size, classifier)
        if schema is not None:
            return schema
    return json_files.recognise(sample, whole, compression, size) or csv_files.recognise(
        sample, whole, compression, size, None
    )


def _sample(path: Path, start: bytes) -> tuple[str, bytes, bool]:
    """Return compression, the first megabyte of content, and whether that was all."""
    if start[:2] == b"\x1f\x8b":
        with gzip.open(path) as zipped:
            return "gzip", *_first(zipped)
    if start[:3] == b"BZh":
        with bz2.open(path) as squeezed:
            return "bzip2", *_first(squeezed)
    with path.open("rb") as plain:
        return "none", *_first(plain)


def _first(file: BinaryIO | gzip.GzipFile | bz2.BZ2File) -> tuple[bytes, bool]:
    sample = file.read(SAMPLE_BYTES)
    return sample, not file.read(1)
