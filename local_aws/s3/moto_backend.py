"""Moto's S3 keeps the buckets and their settings; objects are ours. The hooks between the two."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3 import models, notifications

from local_aws.s3 import lifecycle, object_store
from local_aws.s3.errors import InvalidBucketName, NoSuchBucket, NoSuchKey, NotForReal
from local_aws.s3.index import Version

PARTITION = "aws"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


def bucket_names() -> list[str]:
    """Return the names of all buckets, in order."""
    return sorted(_backend().buckets)


def versioning(bucket: str) -> str | None:
    """Return a bucket's versioning status: None, Enabled or Suspended; raise NoSuchBucket."""
    return _bucket(bucket).versioning_status  # type: ignore[no-any-return]


def announce(event: str, version: Version) -> None:
    """Send an S3 event the way moto sends its own, so that hooks on moto's notifications see ours."""
    bucket = _bucket(version.bucket)
    notifications.send_event(bucket.account_id, notifications.S3NotificationEvent(event), bucket, StoredKey(version))


class StoredKey:
    """One of our versions as moto's own code wants to see it (not a moto model: moto keeps every one of those)."""

    def __init__(self, version: Version) -> None:
        """Wrap a version."""
        self.name = version.key
        self.bucket_name = version.bucket
        self.version_id = version.version_id
        self.size = version.size
        self.etag = f'"{version.etag}"'
        self.last_modified = version.last_modified.replace(tzinfo=None)
        self.event_seq = version.seq

    @property
    def value(self) -> bytes:
        """The object's bytes."""
        _, file = object_store.store().open(self.bucket_name, self.name, self.version_id)
        if file is None:
            raise NoSuchKey(self.name)
        with file:
            return file.read()


def _backend() -> Any:
    return models.s3_backends[DEFAULT_ACCOUNT_ID][PARTITION]


def _bucket(name: str) -> Any:
    found = _backend().buckets.get(name)
    if found is None:
        raise NoSuchBucket(name)
    return found


def _create_bucket(self: Any, bucket_name: str, *args: Any, **kwargs: Any) -> Any:
    if not BUCKET_NAME.fullmatch(bucket_name) or ".." in bucket_name or ADDRESS.fullmatch(bucket_name):
        raise InvalidBucketName(bucket_name)
    made = MOTO["create_bucket"](self, bucket_name, *args, **kwargs)
    object_store.store().make_bucket(bucket_name)
    return made


def _delete_bucket(self: Any, bucket_name: str) -> Any:
    self.get_bucket(bucket_name)
    if not object_store.store().bucket_is_empty(bucket_name):
        return None
    gone = MOTO["delete_bucket"](self, bucket_name)
    object_store.store().drop_bucket(bucket_name)
    return gone


def _put_bucket_encryption(self: Any, bucket_name: str, encryption: dict[str, Any]) -> None:
    algorithm = encryption["Rule"]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    if algorithm != "AES256":
        raise NotForReal(f"This server has no KMS: the default encryption of a bucket is AES256, not {algorithm}.")
    MOTO["put_bucket_encryption"](self, bucket_name, encryption)


def _put_bucket_lifecycle(self: Any, bucket_name: str, rules: list[dict[str, Any]]) -> None:
    lifecycle.check(rules)
    MOTO["put_bucket_lifecycle_configuration"](self, bucket_name, rules)


def lifecycle_rules() -> dict[str, list[lifecycle.Rule]]:
    """Return the enabled rules of each bucket that has some."""
    found = {name: [lifecycle.rule_of(rule) for rule in bucket.rules] for name, bucket in _backend().buckets.items()}
    return {name: [rule for rule in rules if rule is not None] for name, rules in found.items() if any(rules)}


def _get_object(self: Any, bucket_name: str, key_name: str, version_id: str | None = None, **_: Any) -> Any:
    self.get_bucket(bucket_name)
    version = object_store.store().find(bucket_name, key_name, version_id)
    return None if version is None or version.marker else StoredKey(version)


def _put_object(self: Any, bucket_name: str, key_name: str, value: bytes | str, **_: Any) -> Any:
    body = value.encode() if isinstance(value, str) else value
    self.get_bucket(bucket_name)
    return StoredKey(object_store.write(bucket_name, key_name, body))


def _list_objects(self: Any, bucket: Any, prefix: str | None, *_: Any, **__: Any) -> Any:
    raise NotImplementedError(f"moto's own S3 listing of {bucket.name}/{prefix or ''} is not used here")


HOOKS: dict[str, Callable[..., Any]] = {
    "create_bucket": _create_bucket,
    "delete_bucket": _delete_bucket,
    "get_object": _get_object,
    "head_object": _get_object,
    "put_bucket_encryption": _put_bucket_encryption,
    "put_bucket_lifecycle_configuration": _put_bucket_lifecycle,
    "put_object": _put_object,
    "list_objects": _list_objects,
}
MOTO: dict[str, Callable[..., Any]] = {name: getattr(models.S3Backend, name) for name in HOOKS}


def install(home: Path) -> None:
    """Open the store below `home` and point moto's S3 at it."""
    object_store.open_store(home, versioning, announce)
    for name, ours in HOOKS.items():
        setattr(models.S3Backend, name, ours)


def uninstall() -> None:
    """Close the store; moto's S3 is moto's again."""
    object_store.close_store()
    for name, theirs in MOTO.items():
        setattr(models.S3Backend, name, theirs)
