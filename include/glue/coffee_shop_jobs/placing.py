"""Putting objects of tables in place by one request each: a reader sees the old one or the new, never half of it.

A partition folder, and the folder of a table without partitions, holds exactly one object: ``data.parquet``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError

from . import partitions

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

OBJECT = "data.parquet"
REQUESTS_AT_ONCE = 8  # of one process
STAGE_AGAIN = "Clear this job's task: it stages its rows again."
DELETES_AT_ONCE = 1000  # what one DeleteObjects call takes


def object_key(table: str, partition: str = "") -> str:
    """Return the key of a table's object in its zone, or of that of a partition such as ``date=2019-04-01``."""
    return "/".join(filter(None, (table, partition, OBJECT)))


@cache
def s3_client() -> Any:
    """Return this process's client of S3, with a connection for each request that it makes at once."""
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(max_pool_connections=REQUESTS_AT_ONCE))


os.register_at_fork(after_in_child=s3_client.cache_clear)  # two processes cannot share a connection


def unbroken(do: Callable[[], Answer]) -> Answer:
    """Return what is read of S3; read again, up to twice, when S3 breaks off in the middle, which no client does."""
    for is_last in (False, False, True):
        try:
            return do()
        except BotoCoreError:
            if is_last:
                raise
    raise AssertionError


class StagingError(Exception):
    """What a job has staged is gone; the message names it."""


def place_table(s3: Any, staged: tuple[str, str], target: tuple[str, str], staged_by: str = STAGE_AGAIN) -> bool:
    """Copy a staged object to a table's folder if its bytes differ; say whether they did.

    The same rows give the same bytes (``parquet_rows.put_rows``), so an object that stays says that nothing changed.

    Args:
        s3: boto3 client.
        staged: bucket and key.
        target: bucket and table.
        staged_by: what to do when the staged object is gone.

    Raises:
        StagingError: the staged object is gone.
    """
    key, new = object_key(target[1]), _body(s3, *staged)
    if new is None:
        raise StagingError(f"s3://{staged[0]}/{staged[1]} is not there. {staged_by}")
    if _body(s3, target[0], key) == new:
        return False
    copy_all(s3, [(*staged, target[0], key)])
    return True


def copy_all(s3: Any, copies: Iterable[tuple[str, str, str, str]]) -> None:
    """Copy objects (from bucket, key, to bucket, key), several at once."""

    def copy(places: tuple[str, str, str, str]) -> None:
        bucket, key, to_bucket, to_key = places
        s3.copy_object(CopySource={"Bucket": bucket, "Key": key}, Bucket=to_bucket, Key=to_key)

    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        list(pool.map(copy, copies))


def settle_days(
    clients: tuple[Any, Any],
    place: tuple[str, str],
    columns: Mapping[str, str],
    folder: tuple[str, str],
    touched: Sequence[str],
    held: Container[str],
) -> None:
    """Tell the catalog of the days that were put in place; take those without rows out of it, then out of S3.

    Twice does no harm.

    Args:
        clients: boto3 clients of S3 and Glue.
        place: the catalog's database and the table, which is also its folder's name.
        columns: the table's columns with their types, and the partition key.
        folder: the table's bucket, and the partition key.
        touched: ISO dates.
        held: those that hold rows.
    """
    (s3, glue), (database, table), (bucket, key_name) = clients, place, folder
    full = [day for day in touched if day in held]
    if full:
        partitions.register_days(glue, place, columns, key_name, full)
        log.info("%s: %s days written, %s to %s", table, len(full), full[0], full[-1])
    empty = [day for day in touched if day not in held]
    partitions.drop_days(glue, place, empty)
    delete_all(s3, bucket, [object_key(table, f"{key_name}={day}") for day in empty])
    if empty:
        log.info("%s.%s: removed %s days without rows: %s", database, table, len(empty), ", ".join(empty))


def delete_all(s3: Any, bucket: str, keys: Sequence[str]) -> None:
    """Delete objects; those that are not there do no harm."""
    for first in range(0, len(keys), DELETES_AT_ONCE):
        some = [{"Key": key} for key in keys[first : first + DELETES_AT_ONCE]]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True})
        for error in answer.get("Errors", []):
            raise RuntimeError(f"cannot delete s3://{bucket}/{error['Key']}: {error['Code']}: {error['Message']}")


def delete_below(s3: Any, bucket: str, prefix: str) -> None:
    """Delete all objects below a prefix: what a job staged and has put in place."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
    delete_all(s3, bucket, [entry["Key"] for page in pages for entry in page.get("Contents", [])])


def _body(s3: Any, bucket: str, key: str) -> bytes | None:
    try:
        body: bytes = unbroken(lambda: s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        return None
    return body
