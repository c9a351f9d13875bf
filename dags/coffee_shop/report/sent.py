"""Which reports went out: mails leave a marker for each version of a report in the state bucket."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from coffee_shop.periods import CALENDAR_KINDS, Period, period_around

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

ALARM = "-alarm"
MOST_RESTATED = 60  # reports that a load makes again: those of a month, with its weeks and days, and some more


def marker_of(once_as: str, own: str = "") -> str:
    """Return the key of a mail's marker.

    Args:
        once_as: folder and version of the report, such as ``weekly/2019-W17/1``, or what makes an upload mail once.
        own: what tells this mail from others about the same report, such as ``-outlet-3``.
    """
    return f"mails/{once_as}{own}.json"


def newest_sent_versions(s3: S3Client, state_bucket: str, folder: str) -> dict[str | None, int]:
    """Return the newest version of a report that was mailed: by the number of an outlet, for the whole shop by None."""
    prefix = marker_of(f"{folder}/").removesuffix(".json")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=state_bucket, Prefix=prefix)
    markers = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    matches = (re.fullmatch(r"(\d+)(-outlet-(\d+)|-.+)?\.json", key.removeprefix(prefix)) for key in markers)
    versions: dict[str | None, int] = {}
    for match in matches:
        if match and match[2] != ALARM:
            versions[match[3]] = max(int(match[1]), versions.get(match[3], 0))
    return versions


def reports_to_restate(s3: S3Client, state_bucket: str, events: Iterable[Mapping[str, Any]]) -> list[Period]:
    """Return the days, weeks and months that hold a date which loads changed, and whose report was mailed before.

    Args:
        s3: the client.
        state_bucket: where the mails' markers lie.
        events: what the events of the loads say: ``changed_dates`` are ISO dates.

    Returns:
        Months first, then weeks and days, the newest first of each; at most MOST_RESTATED.
    """
    changed = {date.fromisoformat(day) for event in events for day in event.get("changed_dates") or ()}
    days = sorted(changed, reverse=True)
    periods = dict.fromkeys(period_around(kind, day) for kind in reversed(CALENDAR_KINDS) for day in days)
    sent = [period for period in periods if newest_sent_versions(s3, state_bucket, period.folder)]
    if len(sent) > MOST_RESTATED:
        rest = ", ".join(period.folder for period in sent[MOST_RESTATED:])
        log.warning("Too many reports to make all of them again; press Make again, or back-fill, for %s.", rest)
    return sent[:MOST_RESTATED]
