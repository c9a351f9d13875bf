"""What the pages read of a bucket: keys, JSON documents and files; and where the reports lie in theirs."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

Json = dict[str, Any]

_KEPT: dict[tuple[str, str], tuple[str, Json]] = {}  # by bucket and key, the ETag and what was parsed
READERS = 8  # botocore keeps ten connections
_FILE = re.compile(r"(daily|weekly|monthly|custom|upload)(/[A-Za-z0-9_-]+){1,4}/[a-z0-9_]+\.(xlsx|json)")
_PERIOD = re.compile(r"(daily|weekly|monthly|custom|upload)/[A-Za-z0-9_-]+")
_FOLDER = re.compile(r"(daily|weekly|monthly|custom)/[A-Za-z0-9_-]+|upload/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+")


class Bucket:
    """A bucket, read through S3's client."""

    def __init__(self, s3: Any, name: str) -> None:
        self._s3 = s3
        self._name = name

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix."""
        for page in self._pages(Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", []))

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the folders that begin with a prefix, down to the next slash, without it."""
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            yield from (entry["Prefix"].rstrip("/") for entry in page.get("CommonPrefixes", []))

    def _pages(self, **wanted: str) -> Iterable[Json]:
        pages: Iterable[Json] = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name, **wanted)
        return pages

    def body(self, key: str) -> Any:
        """Return the stream of an object, None when it is not there."""
        try:
            return self._s3.get_object(Bucket=self._name, Key=key)["Body"]
        except self._s3.exceptions.NoSuchKey:
            return None

    def document(self, key: str) -> Json | None:
        """Return a JSON document, None when it is not there."""
        body = self.body(key)
        return json.loads(body.read()) if body else None

    def kept_document(self, key: str) -> Json | None:
        """Return a JSON document as `document` does, parsed once for all requests until it is written again.

        For a large one that most pages need. It is shared: do not change it.
        """
        etag, kept = _KEPT.get((self._name, key), ('"never read"', None))
        try:
            answer = self._s3.get_object(Bucket=self._name, Key=key, IfNoneMatch=etag)
        except self._s3.exceptions.NoSuchKey:
            return None
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_MODIFIED:
                raise
            return kept
        document: Json = json.loads(answer["Body"].read())
        _KEPT[self._name, key] = answer["ETag"], document
        return document

    def documents(self, keys: Iterable[str]) -> list[Json]:
        """Return those JSON documents that are there, in the order of the keys."""
        with ThreadPoolExecutor(READERS) as readers:
            return [document for document in readers.map(self.document, keys) if document]


def _bucket(variable: str) -> Bucket:
    """Return a bucket, through Airflow's AWS connection.

    Raises:
        RuntimeError: the API server was started without the bucket's name.
    """
    name = os.environ.get(variable)
    if not name:
        raise RuntimeError(
            f"{variable} is not set for Airflow's API server; the deploy writes it from the template's outputs."
        )
    return Bucket(_s3(), name)


@cache
def _s3() -> Any:
    """Return S3's client, made once: making one takes longer than most pages, and threads may share it."""
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    return S3Hook().get_conn()


def reports_bucket() -> Bucket:
    """Return the bucket of the reports."""
    return _bucket("COFFEE_SHOP_REPORTS_BUCKET")


def state_bucket() -> Bucket:
    """Return the bucket of the ledger and of what each load was to do and found out."""
    return _bucket("COFFEE_SHOP_STATE_BUCKET")


def is_folder(folder: str) -> bool:
    """Tell whether a text is the folder of a report."""
    return bool(_FOLDER.fullmatch(folder))


def is_file(key: str) -> bool:
    """Tell whether a key is a report's workbook or summary."""
    return bool(_FILE.fullmatch(key))


def period_folders(bucket: Bucket, *kinds: str) -> list[str]:
    """Return the folders of all periods of some kinds, kind by kind, newest period first.

    A period has one report. Only the days of uploads have a folder for each upload.
    """
    with ThreadPoolExecutor(READERS) as readers:
        listed = readers.map(lambda kind: sorted(bucket.folders(f"{kind}/"), reverse=True), kinds)
        return [folder for folders in listed for folder in folders if _PERIOD.fullmatch(folder)]


def summaries_of_periods(bucket: Bucket, periods: Iterable[str]) -> list[Json]:
    """Return the summaries of the reports of some periods, in their order, of uploads the newest first."""

    def folders_of(period: str) -> list[str]:
        return sorted(bucket.folders(f"{period}/"), reverse=True) if period.startswith("upload/") else [period]

    with ThreadPoolExecutor(READERS) as readers:
        folders = [folder for folders in readers.map(folders_of, periods) for folder in folders if is_folder(folder)]
    return summaries(bucket, folders)


def summaries(bucket: Bucket, folders: Iterable[str]) -> list[Json]:
    """Return the summaries of those folders that have one, in the order of the folders."""
    return bucket.documents(f"{folder}/summary.json" for folder in folders)


def versions(bucket: Bucket, folder: str) -> list[Json]:
    """Return the summaries of the earlier versions of a report, newest first."""
    earlier = summaries(bucket, bucket.folders(f"{folder}/versions/"))
    return sorted(earlier, key=lambda summary: int(summary["version"]), reverse=True)
