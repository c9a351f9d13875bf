"""Where reports lie: the newest version in its period's folder, earlier ones below in `versions/<n>/`.

One report is put in place at a time and summary.json last, so that what it lists is there. A version belongs to a run:
the same run with the same workbooks, tried again, adds at most the reports of outlets that were listed since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from coffee_shop.lake.state import ChangedMeanwhileError, read_json, replace_json
from coffee_shop.report.documents import Draft, FileOfReport, RunOfReport, Staged, Summary

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUMMARY = "summary.json"
TURN = timedelta(minutes=10)


class ReportStoreError(RuntimeError):
    """Another run is putting the same report in place; the message says which, and to try again."""


def stage(s3: S3Client, bucket: str, run: RunOfReport, report: str, file: str, body: bytes) -> Staged:
    """Keep a workbook in the state bucket until all of its run are there.

    Returns:
        What `store_report` needs of it: report, file, bucket, key, size, sha256.
    """
    key = f"staging/reports/{run['dag_id']}/{run['run_id']}/{file}"
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=XLSX_TYPE)
    return {
        "report": report,
        "file": file,
        "bucket": bucket,
        "key": key,
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }


def store_report(
    s3: S3Client,
    *,
    reports_bucket: str,
    state_bucket: str,
    draft: Draft,
    staged: list[Staged],
    made_reports: list[str],
    now: Callable[[], datetime],
) -> Summary:
    """Make the staged workbooks the newest version of their period's report, unless one of newer data lies there.

    Args:
        s3: boto3 client of S3.
        reports_bucket: where reports lie.
        state_bucket: where the turn is taken.
        draft: the summary without version and files.
        staged: what `stage` returned for each workbook.
        made_reports: the reports that this run was to make; workbooks of others stay as they are.
        now: the clock.

    Returns:
        The summary as it now lies beside the workbooks; another run's when that one saw a newer load.

    Raises:
        ReportStoreError: another run is at it.
    """
    folder = draft["period"]["folder"]
    with _turn(s3, state_bucket, folder, draft["run"]["run_id"], now):
        current = read_summary(s3, reports_bucket, folder)
        if current and _is_same(current, draft, staged, made_reports):
            return _with_outlets(s3, reports_bucket, current, draft)
        if current and _saw_newer_data(current, draft):
            return current
        version = current["version"] + 1 if current else 1
        if current:
            _keep(s3, reports_bucket, folder, current)
        put = [_put(s3, reports_bucket, folder, each, version) for each in staged]
        files = sorted([*_carried(current, made_reports), *put], key=lambda file: file["file"])
        summary: Summary = {**draft, "version": version, "made_at": now().isoformat(), "files": files}
        put_json(s3, reports_bucket, f"{folder}/{SUMMARY}", summary)
        _remove_others(s3, reports_bucket, current, files)
        return summary


def read_summary(s3: S3Client, bucket: str, folder: str) -> Summary | None:
    """Return the summary in a folder, None when there is none; that of format 1 lacks what format 2 brought."""
    stored = read_json(s3, bucket, f"{folder}/{SUMMARY}")
    return cast("Summary", stored.value) if stored else None


def put_json(s3: S3Client, bucket: str, key: str, value: Summary) -> None:
    """Write a JSON object, UTF-8 and indented: people read these too."""
    body = json.dumps(value, indent=1, ensure_ascii=False).encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")


def _is_same(current: Summary, draft: Draft, staged: list[Staged], made_reports: list[str]) -> bool:
    """Tell whether the newest version is this run's, with these very workbooks."""
    there = {file["file"]: file["sha256"] for file in current["files"] if file["report"] in made_reports}
    return (
        bool(current["run"] == draft["run"] and current["format"] == draft["format"])
        and current["status"] == draft["status"]
        and there == {each["file"]: each["sha256"] for each in staged}
    )


def _saw_newer_data(current: Summary, draft: Draft) -> bool:
    """Tell whether a run that was slower than another comes with older data; what counts is when it was published."""
    there, ours = (each["data"]["published_at"] for each in (current, draft))
    return bool(there and ours) and datetime.fromisoformat(str(there)) > datetime.fromisoformat(str(ours))


def _with_outlets(s3: S3Client, bucket: str, current: Summary, draft: Draft) -> Summary:
    """Return the stored summary with the reports of outlets that only the draft has, and store it if there are any."""
    there = current["outlet_reports"]
    if draft["outlet_reports"].keys() <= there.keys():
        return current
    summary = current | {"outlet_reports": draft["outlet_reports"] | there}
    put_json(s3, bucket, f"{current['period']['folder']}/{SUMMARY}", summary)
    return summary


def _keep(s3: S3Client, bucket: str, folder: str, current: Summary) -> None:
    """Copy the newest version below versions/<n>/, its summary last: once that is there, the version is whole."""
    below = f"{folder}/versions/{current['version']}"
    if read_summary(s3, bucket, below):
        return
    kept = [file | {"key": f"{below}/{file['file']}"} for file in current["files"]]
    for old, new in zip(current["files"], kept, strict=True):
        s3.copy_object(Bucket=bucket, Key=new["key"], CopySource={"Bucket": bucket, "Key": old["key"]})
    put_json(s3, bucket, f"{below}/{SUMMARY}", current | {"files": kept})


def _carried(current: Summary | None, made_reports: list[str]) -> list[FileOfReport]:
    """Return the files of reports that this run was not asked for."""
    return [file for file in current["files"] if file["report"] not in made_reports] if current else []


def _put(s3: S3Client, bucket: str, folder: str, staged: Staged, version: int) -> FileOfReport:
    """Copy a staged workbook into its report's folder; return what a summary says of it."""
    key = f"{folder}/{staged['file']}"
    s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": staged["bucket"], "Key": staged["key"]})
    return {
        "report": staged["report"],
        "file": staged["file"],
        "size": staged["size"],
        "sha256": staged["sha256"],
        "key": key,
        "version": version,
    }


def _remove_others(s3: S3Client, bucket: str, current: Summary | None, files: list[FileOfReport]) -> None:
    """Remove the workbooks that the newest version has no longer; they are kept with the version before."""
    keys = {file["key"] for file in files}
    for file in current["files"] if current else []:
        if file["key"] not in keys:
            s3.delete_object(Bucket=bucket, Key=file["key"])


@contextmanager
def _turn(s3: S3Client, bucket: str, folder: str, run_id: str, now: Callable[[], datetime]) -> Iterator[None]:
    """Hold the right to put a report in its folder; it runs out, so that a killed run blocks nobody for long."""
    key = f"publishing/{folder}.json"
    held = read_json(s3, bucket, key)
    if held and held.value["run_id"] != run_id and datetime.fromisoformat(held.value["until"]) > now():
        raise ReportStoreError(
            f"Run {held.value['run_id']} is putting the report {folder} in place; its turn ends at "
            f"{held.value['until']}. This task tries again."
        )
    mine = {"run_id": run_id, "until": (now() + TURN).isoformat()}
    try:
        replace_json(s3, bucket, key, mine, held.etag if held else None)
    except ChangedMeanwhileError as error:
        raise ReportStoreError(
            f"Another run took its turn at the report {folder} at the same moment. This task tries again."
        ) from error
    try:
        yield
    finally:
        s3.delete_object(Bucket=bucket, Key=key)
