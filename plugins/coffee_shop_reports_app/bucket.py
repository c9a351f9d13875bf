"""What lies in the reports bucket, as the page shows it."""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

KINDS = {
    "daily": "Daily",
    "weekly": "Weekly",
    "monthly": "Monthly",
    "custom": "Chosen dates",
    "upload": "Uploads",
}
_FILE = re.compile(r"(daily|weekly|monthly|custom|upload)(/[A-Za-z0-9_-]+){1,4}/[a-z0-9_]+\.(xlsx|json)")
_FOLDER = re.compile(r"(daily|weekly|monthly|custom)/[A-Za-z0-9_-]+|upload/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+")


class ReportsBucket:
    """What the page reads: summaries and files in the reports bucket."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix."""
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield entry["Key"]

    def folders(self, kind: str) -> list[str]:
        """Return the folders of all reports of a kind, newest period first."""
        found = (key.removesuffix("/summary.json") for key in self.keys(f"{kind}/") if key.endswith("/summary.json"))
        return sorted((folder for folder in found if _FOLDER.fullmatch(folder)), reverse=True)

    def summary(self, key: str) -> dict[str, Any] | None:
        """Return a summary.json, None when it is not there."""
        body = self.body(key)
        return json.loads(body.read()) if body else None

    def versions(self, folder: str) -> list[dict[str, Any]]:
        """Return the summaries of the earlier versions of a report, newest first."""
        keys = [key for key in self.keys(f"{folder}/versions/") if key.endswith("/summary.json")]
        found = [summary for summary in map(self.summary, keys) if summary]
        return sorted(found, key=lambda summary: summary["version"], reverse=True)

    def body(self, key: str) -> Any:
        """Return the stream of an object, None when it is not there or not a report's."""
        if not _FILE.fullmatch(key):
            return None
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        except self._s3.exceptions.NoSuchKey:
            return None


def reports_bucket() -> ReportsBucket:
    """Return the reports bucket, through Airflow's AWS connection.

    Raises:
        RuntimeError: the API server was started without the bucket's name.
    """
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    bucket = os.environ.get("COFFEE_SHOP_REPORTS_BUCKET")
    if not bucket:
        raise RuntimeError(
            "COFFEE_SHOP_REPORTS_BUCKET is not set for Airflow's API server; the deploy writes it from the "
            "template's outputs."
        )
    return ReportsBucket(S3Hook().get_conn(), bucket)


def is_folder(folder: str) -> bool:
    """Tell whether a text is the folder of a report."""
    return bool(_FOLDER.fullmatch(folder))
