"""Life-cycle rules, carried out: objects, old versions, lone markers, unfinished uploads go when their days are over.

Days count from the midnight (UTC) after the upload, or after a version was replaced:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html. AWS looks once a day, this server once
an hour and when it starts.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.s3.errors import NotForReal
from local_aws.s3.index import Version
from local_aws.s3.object_store import Store

DAY = 24 * 3600
HOUR = 3600
KNOWN = {
    "ID",
    "Prefix",
    "Filter",
    "Status",
    "Expiration",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
}

log = logging.getLogger("local_aws")


@dataclass(frozen=True)
class Rule:
    """An enabled rule: days after which things below a prefix go; None leaves them."""

    prefix: str = ""
    expire: int | None = None
    expire_old: int | None = None
    abort: int | None = None
    drop_markers: bool = False


def check(rules: list[dict[str, Any]]) -> None:
    """Refuse by name what is not carried out; rules as S3's XML has them."""
    for rule in rules:
        filtered = rule.get("Filter") or {}
        expiration = rule.get("Expiration") or {}
        old = rule.get("NoncurrentVersionExpiration") or {}
        unknown = [
            *(set(rule) - KNOWN),
            *(f"Filter.{name}" for name in set(filtered) - {"Prefix"}),
            *(f"Expiration.{name}" for name in set(expiration) - {"Days", "ExpiredObjectDeleteMarker"}),
            *(f"NoncurrentVersionExpiration.{name}" for name in set(old) - {"NoncurrentDays"}),
        ]
        if unknown:
            raise NotForReal(f"Life-cycle rule {rule.get('ID')}: {', '.join(sorted(unknown))} is not for real here.")


def rule_of(rule: Any) -> Rule | None:
    """Return moto's rule as ours, None when it is disabled."""
    if rule.status != "Enabled":
        return None
    prefix = rule.prefix if rule.prefix is not None else getattr(rule.filter, "prefix", None)
    return Rule(
        prefix or "",
        _days(rule.expiration_days),
        _days(rule.nve_noncurrent_days),
        _days(rule.aimu_days),
        str(rule.expired_object_delete_marker).lower() == "true",
    )


def sweep(store: Store, bucket: str, rules: list[Rule], now: float) -> int:
    """Carry out a bucket's rules at a time (seconds since 1970); return how many things went."""
    return sum(_carry_out(store, bucket, rule, now) for rule in rules)


def start(store: Store, rules: Callable[[], dict[str, list[Rule]]], stop: threading.Event) -> threading.Thread:
    """Sweep all buckets now and every hour until told to stop."""

    def run() -> None:
        while not stop.is_set():
            for bucket, wanted in rules().items():
                try:
                    sweep(store, bucket, wanted, time.time())
                except Exception:
                    log.exception("life-cycle of %s", bucket)
            stop.wait(HOUR)

    thread = threading.Thread(target=run, name="s3-life-cycle", daemon=True)
    thread.start()
    return thread


def _carry_out(store: Store, bucket: str, rule: Rule, now: float) -> int:
    with store.lock:
        newest = list(store.newest(bucket, rule.prefix)) if rule.expire is not None else []
        old = _old_versions(store, bucket, rule.prefix)
        uploads = [one for one in store.index.open_uploads(bucket) if one.key.startswith(rule.prefix)]
    gone = 0
    for version in newest:
        if _over(version.modified, rule.expire, now):
            store.delete(bucket, version.key, by_rule=True)
            gone += 1
    for version, replaced_at in old:
        if _over(replaced_at, rule.expire_old, now):
            store.delete_version(bucket, version.key, version.version_id, by_rule=True)
            gone += 1
    for upload in uploads:
        if _over(upload.initiated, rule.abort, now):
            with store.lock:
                parts = store.index.parts(upload.upload_id)
                store.index.remove_upload(upload.upload_id)
            store.drop_parts(parts)
            gone += 1
    return gone + (_drop_lone_markers(store, bucket, rule.prefix) if rule.drop_markers else 0)


def _old_versions(store: Store, bucket: str, prefix: str) -> list[tuple[Version, float]]:
    """Return what is not the newest of its key, with the time at which it was replaced."""
    found: list[tuple[Version, float]] = []
    newer: Version | None = None
    for version in store.index.all_versions(bucket, prefix):
        if not version.key.startswith(prefix):
            break
        if newer is not None and newer.key == version.key:
            found.append((version, newer.modified))
        newer = version
    return found


def _drop_lone_markers(store: Store, bucket: str, prefix: str) -> int:
    with store.lock:
        versions = [one for one in store.index.all_versions(bucket, prefix) if one.key.startswith(prefix)]
    counts: dict[str, int] = {}
    for version in versions:
        counts[version.key] = counts.get(version.key, 0) + 1
    lone = [one for one in versions if one.marker and counts[one.key] == 1]
    for marker in lone:
        store.delete_version(bucket, marker.key, marker.version_id, by_rule=True)
    return len(lone)


def _over(since: float, days: int | None, now: float) -> bool:
    """Tell whether so many whole days have passed since the midnight that follows a time."""
    return days is not None and now >= (since // DAY + 1 + days) * DAY


def _days(given: Any) -> int | None:
    return None if given is None else int(given)
