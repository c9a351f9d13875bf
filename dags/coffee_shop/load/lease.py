"""One load at a time, whoever started it: a lease in the state bucket.

``lease.json`` names the run that holds it and when it ends by itself. It is taken, renewed and given back by
conditional writes, so two runs can never both hold it. Airflow's ``max_active_runs`` is not enough: back-fill runs do
not count there.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from coffee_shop.lake.state import ChangedMeanwhileError, Json, Stored, read_json, replace_json

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LEASE_KEY = "lease.json"
_ATTEMPTS = 5


def take_lease(
    s3: "S3Client",
    bucket: str,
    run_id: str,
    *,
    now: datetime,
    lasts: timedelta,
    has_ended: Callable[[str], bool] = lambda run_id: False,
) -> str | None:
    """Take the lease for a run, or renew it, until ``now + lasts``; return None, or the run that holds it.

    ``has_ended`` is asked about a holder: a lease that an ended run left behind is free.

    Raises:
        ChangedMeanwhileError: too many runs took it at the same time.
    """
    for _ in range(_ATTEMPTS):
        found = read_json(s3, bucket, LEASE_KEY)
        holder = _holder(found, now)
        if holder not in (None, run_id) and not has_ended(str(holder)):
            return holder
        mine: Json = {
            "run_id": run_id,
            "taken_at": found.value["taken_at"] if found and holder == run_id else _text(now),
            "renewed_at": _text(now),
            "expires_at": _text(now + lasts),
        }
        try:
            replace_json(s3, bucket, LEASE_KEY, mine, found.etag if found else None)
        except ChangedMeanwhileError:
            continue
        return None
    raise ChangedMeanwhileError(f"s3://{bucket}/{LEASE_KEY} changed {_ATTEMPTS} times in a row; try again.")


def release_lease(s3: "S3Client", bucket: str, run_id: str, *, now: datetime) -> bool:
    """Give the lease back if this run holds it; return whether it did."""
    found = read_json(s3, bucket, LEASE_KEY)
    if found is None or found.value["run_id"] != run_id:
        return False
    try:
        given_back = {"run_id": None, "last_run_id": run_id, "taken_at": None, "expires_at": _text(now)}
        replace_json(s3, bucket, LEASE_KEY, given_back, found.etag)
    except ChangedMeanwhileError:
        return False
    return True


def _holder(found: Stored[Json] | None, now: datetime) -> str | None:
    if found is None or found.value["run_id"] is None:
        return None
    return str(found.value["run_id"]) if datetime.fromisoformat(found.value["expires_at"]) > now else None


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
