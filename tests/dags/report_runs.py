"""Runs of the report DAGs in this process, and what they left: objects of the reports bucket, mails."""

import email
import email.policy
from pathlib import Path
from typing import Any

import boto3

from tests.dags import report_lake
from tests.dags.lake import parsed


def run(dag_id: str, **conf: Any) -> Any:
    return parsed(dag_id).test(logical_date=None, run_conf=conf)


def body(key: str) -> bytes:
    return bytes(boto3.client("s3").get_object(Bucket=report_lake.REPORTS, Key=key)["Body"].read())


def keys(prefix: str) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=report_lake.REPORTS, Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", [])]


def new_mails(home: Path, before: list[Path]) -> list[Any]:
    """The mails sent since those of before, oldest first."""
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in report_lake.mails(home)[len(before) :]
    ]
