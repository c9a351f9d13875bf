"""The documents that one load keeps in the state bucket: its plan and its result."""

from typing import TYPE_CHECKING, cast

from coffee_shop.lake.documents import DAILY_DATASETS, FORMAT, Ledger, Pending, Plan, Result
from coffee_shop.lake.state import Json, read_json

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PENDING_KEY = "pending.json"


class LoadDocumentError(RuntimeError):
    """A document of a load is missing, or another version of this project wrote it."""


def plan_key(load_id: str) -> str:
    """Return where the plan of a load lies in the state bucket."""
    return f"loads/{load_id}/plan.json"


def result_key(load_id: str) -> str:
    """Return where the result of a load, with its control totals, lies in the state bucket."""
    return f"loads/{load_id}/result.json"


def read_plan(s3: "S3Client", state_bucket: str, load_id: str) -> Plan:
    """Return what a load is to do.

    Raises:
        LoadDocumentError: there is no such plan, or it has another format.
    """
    return cast("Plan", read_document(s3, state_bucket, plan_key(load_id), "the task plan_load"))


def read_result(s3: "S3Client", state_bucket: str, load_id: str) -> Result:
    """Return what the job ``partition_data`` found out.

    Raises:
        LoadDocumentError: it has not ended, or the result has another format.
    """
    return cast("Result", read_document(s3, state_bucket, result_key(load_id), "the job partition_data"))


def read_pending(s3: "S3Client", state_bucket: str) -> Pending:
    """Return the days that a load which is not published may have touched; none when there is no such load."""
    stored = read_json(s3, state_bucket, PENDING_KEY)
    if stored is None:
        return {"load_id": None, "days": {}, "left": False}
    if "days" not in stored.value:  # format 1: the days of each dataset beside the load's id
        return {"load_id": stored.value.pop("load_id"), "days": stored.value, "left": True}
    return cast("Pending", {"left": True} | stored.value)


def read_document(s3: "S3Client", bucket: str, key: str, written_by: str) -> Json:
    """Return a document of a load, which has a format.

    Raises:
        LoadDocumentError: it is missing, or has another format.
    """
    stored = read_json(s3, bucket, key)
    if stored is None:
        raise LoadDocumentError(
            f"s3://{bucket}/{key} is missing; {written_by} writes it. Clear this run from plan_load, with all that "
            "follows."
        )
    if stored.value.get("format") != FORMAT:
        raise LoadDocumentError(
            f"s3://{bucket}/{key} has format {stored.value.get('format')!r}; this program knows format {FORMAT}. "
            "Clear this run from plan_load, with all that follows."
        )
    return stored.value


def changed_dates(result: Result) -> list[str]:
    """Return the dates, ISO and in order, whose rows of sales or inventory a load changed."""
    return sorted({day for dataset in DAILY_DATASETS for day in result["changed"].get(dataset, ())})


def touched_dates(result: Result) -> list[str]:
    """Return the dates, ISO and in order, of sales or inventory that a load rebuilt."""
    return sorted({day for dataset in DAILY_DATASETS for day in result["touched"].get(dataset, ())})


def absent_datasets(ledger: Ledger, result: Result) -> list[str]:
    """Return the daily datasets without a row in the lake once a load is published: no crawl finds a table of them."""
    return [
        dataset
        for dataset in DAILY_DATASETS
        if not any((ledger["days"][dataset] | result["days"].get(dataset, {})).values())
    ]
